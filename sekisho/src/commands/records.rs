//! `sekisho records verify|export`: proves the ledger, and takes it out.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use base::BodyId;
use clap::{Args, Subcommand};
use identity::{BodyCode, BodyRecord};
use records::{
    Break, Export, FileError, PublicKey, Range, Sequence, Verified, Verify, VerifyError,
};
use serde_json::{Value, json};

use super::{Speech, Where};
use crate::exit::Exit;
use crate::house::{self, House, LEDGER_PUBLIC};
use crate::wiring;
use crate::words::Lang;

/// What `sekisho records` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// 記録簿が書き換えられていないことを確かめる / prove that the ledger was not changed
    #[command(
        after_help = "--export を付けると、書き出したファイルだけを、データベースなしで確かめます。
With --export, only the file is verified, without a database.

例 / examples:
  sekisho records verify --data /var/lib/sekisho
  sekisho records verify --export 2026-04-01.jsonl --key ledger.pub --json"
    )]
    Verify(VerifyArguments),
    /// 記録簿をJSON Linesに書き出す / write the ledger as JSON Lines
    #[command(after_help = "例 / examples:
  sekisho records export --data /var/lib/sekisho --body 131016 ledger.jsonl
  sekisho records export --from 1 --to 5000 --body 131016 part.jsonl --json")]
    Export(ExportArguments),
}

#[derive(Debug, Args)]
struct VerifyArguments {
    /// 書き出したファイル / a file that was exported
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// 記録簿の公開鍵 / the ledger's public key
    #[arg(long, value_name = "FILE")]
    key: Vec<PathBuf>,
    /// 団体コード(省くとすべて)/ one body's code; all if left out
    #[arg(long, value_name = "CODE")]
    body: Option<String>,
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    speech: Speech,
}

#[derive(Debug, Args)]
struct ExportArguments {
    /// 書き出すファイル(まだないもの)/ the file to write; it must not be there
    file: PathBuf,
    /// 団体コード / the body's code
    #[arg(long, value_name = "CODE")]
    body: String,
    /// はじめの番号 / the first place
    #[arg(long, value_name = "N", default_value_t = 1)]
    from: i64,
    /// おわりの番号 / the last place; the newest if left out
    #[arg(long, value_name = "N")]
    to: Option<i64>,
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    speech: Speech,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments) -> Result<Exit> {
    match &arguments.verb {
        Verb::Verify(arguments) => match &arguments.export {
            Some(file) => verify_file(file, arguments),
            None => verify_store(arguments).await,
        },
        Verb::Export(arguments) => export(arguments).await,
    }
}

fn keys(arguments: &VerifyArguments) -> Result<Vec<PublicKey>> {
    let files = if arguments.key.is_empty() {
        let data = arguments.place.load(arguments.speech.lang)?.data;
        vec![data.join(LEDGER_PUBLIC)]
    } else {
        arguments.key.clone()
    };
    files.iter().map(|file| house::public_key(file)).collect()
}

fn verify_file(file: &Path, arguments: &VerifyArguments) -> Result<Exit> {
    let verify = Verify { keys: keys(arguments)?, witnesses: Vec::new() };
    let opened = File::open(file).with_context(|| file.display().to_string())?;
    let name = file.display().to_string();
    let found = match records::verify_export(BufReader::new(opened), &verify) {
        Ok(verified) => Found { name, result: Ok(verified), unfounded: Vec::new() },
        Err(FileError::Broken(broken)) => {
            Found { name, result: Err(broken), unfounded: Vec::new() }
        }
        Err(FileError::Io(error)) => return Err(error).with_context(|| file.display().to_string()),
    };
    Ok(tell(&arguments.speech, &[found]))
}

async fn verify_store(arguments: &VerifyArguments) -> Result<Exit> {
    let house = House::open(&arguments.place.load(arguments.speech.lang)?).await?;
    let verify = Verify { keys: keys(arguments)?, witnesses: Vec::new() };
    let mut bodies = identity::bodies::all(&house.store).await?;
    if let Some(code) = &arguments.body {
        bodies.retain(|body| body.code.to_string() == *code);
        if bodies.is_empty() {
            bail!("団体コード {code} はありません / there is no body {code}");
        }
    }
    let permits = wiring::permits(&[], house.clock.clone())?;
    let mut found = Vec::new();
    for body in bodies {
        let mut work = house.store.read(body.id).await?;
        let result = match records::verify_rows(&mut work, &verify).await {
            Ok(verified) => Ok(verified),
            Err(VerifyError::Broken(broken)) => Err(broken),
            Err(VerifyError::Store(error)) => return Err(error.into()),
        };
        let unfounded = permits.unfounded(&mut work).await?;
        let unfounded = unfounded.iter().map(ToString::to_string).collect();
        found.push(Found { name: shown(&body), result, unfounded });
    }
    house.store.close().await;
    Ok(tell(&arguments.speech, &found))
}

/// What was found in one ledger.
struct Found {
    name: String,
    result: Result<Verified, Break>,
    /// Permits that stand as granted and that this ledger does not grant.
    unfounded: Vec<String>,
}

impl Found {
    fn is_whole(&self) -> bool {
        self.result.is_ok() && self.unfounded.is_empty()
    }

    fn say_unfounded(&self, lang: Lang) -> Option<String> {
        let ids = self.unfounded.join(", ");
        let words = lang.pick(
            "× 記録簿に承認の記録がない許可があります。効力はありません。触らずに監査人へ知らせてください",
            "× permits that the ledger does not grant; they open nothing: leave everything as it is and tell the auditor",
        );
        (!ids.is_empty()).then(|| format!("{words}: {}: {ids}", self.name))
    }

    fn json(&self) -> Value {
        match &self.result {
            Ok(verified) => json!({
                "name": self.name, "ok": self.is_whole(), "unfounded_permits": self.unfounded, "body": verified.body,
                "entries": verified.entries(), "first": verified.first.number(),
                "last": verified.end.sequence.number(), "hash": verified.end.hash.to_string(),
                "checkpoints": verified.checkpoints, "signed_to": verified.signed_to.number(),
                "clock_went_back": verified.times_back, "sealed_at": verified.sealed_at,
            }),
            Err(broken) => json!({
                "name": self.name, "ok": false, "sequence": broken.sequence.number(),
                "what": broken.kind.to_string(),
            }),
        }
    }

    fn say(&self, lang: Lang) -> String {
        match (&self.result, lang) {
            (Ok(verified), Lang::Ja) => format!(
                "○ {}: {}件、変更なし(署名済み {} 番まで)",
                self.name,
                verified.entries(),
                verified.signed_to.number()
            ),
            (Ok(verified), Lang::En) => format!(
                "○ {}: {} entries, unchanged (signed up to {})",
                self.name,
                verified.entries(),
                verified.signed_to.number()
            ),
            (Err(broken), Lang::Ja) => format!(
                "× {}: {} 番が書いたときと違います({})。触らずに監査人へ知らせてください",
                self.name,
                broken.sequence.number(),
                broken.kind
            ),
            (Err(broken), Lang::En) => format!(
                "× {}: entry {} is not as it was written ({}): leave everything as it is and tell the auditor",
                self.name,
                broken.sequence.number(),
                broken.kind
            ),
        }
    }
}

fn tell(speech: &Speech, found: &[Found]) -> Exit {
    let is_whole = found.iter().all(Found::is_whole);
    if speech.json {
        let ledgers: Vec<Value> = found.iter().map(Found::json).collect();
        println!("{}", json!({ "ok": is_whole, "ledgers": ledgers }));
    } else {
        for one in found {
            println!("{}", one.say(speech.lang));
            if let Some(words) = one.say_unfounded(speech.lang) {
                println!("{words}");
            }
        }
        if found.is_empty() {
            println!("{}", speech.lang.pick("○ 記録簿はまだありません", "○ no ledger yet"));
        }
    }
    if is_whole { Exit::Done } else { Exit::Failed }
}

async fn export(arguments: &ExportArguments) -> Result<Exit> {
    let ExportArguments { file, body, from, to, place, speech } = arguments;
    let house = House::open(&place.load(speech.lang)?).await?;
    let body = find(&house, body).await?;
    let mut work = house.store.read(body).await?;
    let head = records::head(&mut work).await?.sequence;
    let range = Range { first: Sequence::new(*from), last: to.map_or(head, Sequence::new) };
    let key = house.keys()?.ledger;
    let export = Export::begin(work, range, key)
        .await
        .context("その範囲の記録はありません / the ledger does not hold that stretch")?;
    let bytes = write(export, file).await?;
    house.store.close().await;
    let entries = range.last.number() - range.first.number() + 1;
    let json = json!({
        "ok": true, "file": file, "body": body, "first": range.first.number(),
        "last": range.last.number(), "entries": entries, "bytes": bytes,
    });
    let shown = file.display();
    super::tell(
        speech,
        &json,
        &format!("○ {shown}: {entries}件を書き出しました"),
        &format!("○ {shown}: {entries} entries written"),
    );
    Ok(Exit::Done)
}

/// Writes an export to a new file, to the disk itself; returns its length.
pub(crate) async fn write(mut export: Export, file: &Path) -> Result<u64> {
    let said = || file.display().to_string();
    let mut out = File::create_new(file).with_context(said)?;
    let mut bytes = 0;
    while let Some(chunk) = export.chunk().await? {
        out.write_all(chunk.as_bytes()).with_context(said)?;
        bytes += chunk.len() as u64;
    }
    out.sync_all().with_context(said)?;
    Ok(bytes)
}

async fn find(house: &House, code: &str) -> Result<BodyId> {
    let parsed = BodyCode::parse(code).map_err(|error| {
        anyhow!("団体コードではありません / not a body's code: {code}: {error}")
    })?;
    let found = identity::bodies::by_code(&house.store, parsed).await?;
    found.ok_or_else(|| anyhow!("団体コード {code} はありません / there is no body {code}"))
}

fn shown(body: &BodyRecord) -> String {
    format!("{} {}", body.code, body.name)
}
