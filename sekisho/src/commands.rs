//! The program's own commands, beside those of the rooms.

pub(crate) mod backup;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod inbox;
pub(crate) mod mail;
pub(crate) mod order;
pub(crate) mod outer;
pub(crate) mod records;
pub(crate) mod send;
pub(crate) mod up;

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use clap::Args;

use crate::config::{Config, Told};
use crate::words::Lang;

/// Where the store is.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Where {
    /// 設定ファイル / the configuration
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// データフォルダー / where everything lies
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// データベース(postgres://…)/ the database, if it is not in the data folder
    #[arg(long, value_name = "URL", env = "SEKISHO_DATABASE", hide_env_values = true)]
    pub(crate) database: Option<String>,
}

/// How a command speaks.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Speech {
    /// JSONで1行に / one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// 文の言語 / language of the sentences
    #[arg(long, value_enum, default_value = "ja")]
    pub(crate) lang: Lang,
}

impl Where {
    pub(crate) fn told(&self) -> Told {
        Told {
            config: self.config.clone(),
            data: self.data.clone(),
            database: self.database.clone(),
            ..Told::default()
        }
    }

    /// The configuration, or all complaints as one error.
    pub(crate) fn load(&self, lang: Lang) -> Result<Config> {
        load(&self.told(), lang)
    }
}

/// Reads the configuration.
pub(crate) fn load(told: &Told, lang: Lang) -> Result<Config> {
    Config::load(told).map_err(|complaints| {
        let said: Vec<String> = complaints.iter().map(|complaint| complaint.say(lang)).collect();
        anyhow!(said.join("\n"))
    })
}

/// Prints a result: a JSON object, or a sentence.
pub(crate) fn tell(speech: &Speech, json: &serde_json::Value, ja: &str, en: &str) {
    if speech.json {
        println!("{json}");
    } else {
        println!("{}", speech.lang.pick(ja, en));
    }
}
