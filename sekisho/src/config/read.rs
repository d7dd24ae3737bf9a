//! Reads the file's text. Knows the keys, their shapes and their advice.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::{
    Account, BlobPlace, Bucket, Certificate, Config, ExportPlace, Host, LISTEN, Limits, NAME,
};
use crate::words::Lang;

/// Something wrong in the file, with its place and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(crate) file: PathBuf,
    /// From 1; 0 where the whole file is meant.
    pub(crate) line: usize,
    pub(crate) what: Said,
}

/// A sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) ja: String,
    pub(crate) en: String,
}

impl Said {
    pub(crate) fn new(ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { ja: ja.into(), en: en.into() }
    }

    pub(crate) fn pick(&self, lang: Lang) -> &str {
        lang.pick(&self.ja, &self.en)
    }
}

impl Complaint {
    pub(crate) fn unreadable(file: &Path, error: &std::io::Error) -> Self {
        let what = Said::new(
            format!("読めません({error})。場所と権限を確かめてください"),
            format!("cannot be read ({error}): check its place and rights"),
        );
        Self { file: file.to_owned(), line: 0, what }
    }

    pub(crate) fn say(&self, lang: Lang) -> String {
        format!("{}:{}: {}", self.file.display(), self.line, self.what.pick(lang))
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Lang::En))
    }
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Written {
    data: Option<PathBuf>,
    listen: Option<Spanned<String>>,
    name: Option<Spanned<String>>,
    public_port: Option<u16>,
    database: Option<Spanned<String>>,
    database_trust: Option<PathBuf>,
    database_password_file: Option<PathBuf>,
    database_owner: Option<Spanned<String>>,
    database_owner_password_file: Option<PathBuf>,
    language: Option<Spanned<String>>,
    limits: Limits,
    blobs: Option<WrittenBlobs>,
    exports: Option<WrittenExports>,
    oidc: Option<super::oidc::Written>,
    icap: Option<super::icap::Written>,
    mail: Option<super::mail::Written>,
    mail_gate: Option<super::mail_gate::Written>,
    outer: Option<super::outer::Written>,
    transfer: Option<super::transfer::Written>,
    scanners: super::scanners::Written,
    tls: Option<WrittenTls>,
    wall: Option<super::wall::Written>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "place")]
enum WrittenBlobs {
    Disk(WrittenNothing),
    S3(WrittenBucket),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "place")]
enum WrittenExports {
    Folder(WrittenFolder),
    S3(WrittenBucket),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenNothing {}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFolder {
    folder: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenBucket {
    endpoint: String,
    bucket: String,
    region: String,
    key_id_file: PathBuf,
    key_file: PathBuf,
    trust: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenTls {
    certificate: PathBuf,
    key: PathBuf,
}

/// Reads a file. Paths in it are taken from the file's folder.
pub(super) fn read(file: &Path, text: &str, data: PathBuf) -> Result<Config, Vec<Complaint>> {
    let mut reader = Reader { file, text, complaints: Vec::new() };
    let written: Written = match toml::from_str(text) {
        Ok(written) => written,
        Err(error) => return Err(vec![reader.broken(&error)]),
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    let usual = |text: &str| Spanned::new(0..0, text.to_owned());
    let listen = reader.listen(&written.listen.unwrap_or_else(|| usual(LISTEN)));
    let name = reader.name(&written.name.unwrap_or_else(|| usual(NAME)));
    let database = written.database.and_then(|database| reader.database(database));
    let password_file = written.database_owner_password_file.map(|file| folder.join(file));
    let owner = written.database_owner.and_then(|owner| reader.database(owner));
    let database_owner = owner.map(|url| Account { url, password_file });
    let oidc =
        written.oidc.and_then(|oidc| oidc.read(folder, |at, what| reader.complain(at, what)));
    let icap = written.icap.and_then(|icap| icap.read(|at, what| reader.complain(at, what)));
    let mail =
        written.mail.and_then(|mail| mail.read(folder, |at, what| reader.complain(at, what)));
    let mail_gate =
        written.mail_gate.and_then(|gate| gate.read(folder, |at, what| reader.complain(at, what)));
    let scanners = written.scanners.read(folder, |at, what| reader.complain(at, what));
    let transfer = written
        .transfer
        .map(|transfer| transfer.read(folder, |at, what| reader.complain(at, what)))
        .unwrap_or_default();
    let outer = written.outer.and_then(|outer| outer.read(|at, what| reader.complain(at, what)));
    let wall =
        written.wall.and_then(|wall| wall.read(folder, |at, what| reader.complain(at, what)));
    let language = written.language.map_or(Some(Lang::Ja), |language| reader.language(&language));
    let certificate = written
        .tls
        .map(|tls| Certificate { chain: folder.join(tls.certificate), key: folder.join(tls.key) });
    match (listen, name, language) {
        (Some(listen), Some(name), Some(language)) if reader.complaints.is_empty() => Ok(Config {
            data: written.data.map_or(data, |data| folder.join(data)),
            listen,
            name,
            public_port: written.public_port,
            database,
            database_trust: written.database_trust.map(|file| folder.join(file)),
            database_password: written.database_password_file.map(|file| folder.join(file)),
            database_owner,
            blobs: written.blobs.map_or(BlobPlace::Disk, |blobs| place(blobs, folder)),
            exports: written.exports.map(|place| exports(place, folder)),
            certificate,
            oidc,
            icap,
            mail,
            mail_gate,
            outer,
            transfer,
            wall,
            scanners,
            limits: written.limits,
            language,
        }),
        _ => Err(reader.complaints),
    }
}

impl WrittenBucket {
    fn in_folder(self, folder: &Path) -> Bucket {
        Bucket {
            endpoint: self.endpoint,
            bucket: self.bucket,
            region: self.region,
            key_id_file: folder.join(self.key_id_file),
            key_file: folder.join(self.key_file),
            trust: self.trust.map(|trust| folder.join(trust)),
        }
    }
}

fn place(written: WrittenBlobs, folder: &Path) -> BlobPlace {
    match written {
        WrittenBlobs::Disk(WrittenNothing {}) => BlobPlace::Disk,
        WrittenBlobs::S3(bucket) => BlobPlace::S3(bucket.in_folder(folder)),
    }
}

fn exports(written: WrittenExports, folder: &Path) -> ExportPlace {
    match written {
        WrittenExports::Folder(place) => ExportPlace::Folder(folder.join(place.folder)),
        WrittenExports::S3(bucket) => ExportPlace::S3(bucket.in_folder(folder)),
    }
}

struct Reader<'a> {
    file: &'a Path,
    text: &'a str,
    complaints: Vec<Complaint>,
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        1 + self.text.as_bytes().iter().take(at).filter(|&&byte| byte == b'\n').count()
    }

    fn complain(&mut self, at: usize, what: Said) {
        let line = self.line(at);
        self.complaints.push(Complaint { file: self.file.to_owned(), line, what });
    }

    /// What the TOML reader says, with our advice where we have one.
    fn broken(&self, error: &toml::de::Error) -> Complaint {
        let message = error.message();
        let advice = if message.contains("unknown field") {
            "綴りを確かめるか、その行を消してください"
        } else if message.contains("missing field") {
            "足りない項目を書き足してください"
        } else if message.contains("invalid type") {
            "値の書き方を確かめてください"
        } else {
            "TOMLとして読めません。引用符と角かっこを確かめてください"
        };
        let line = error.span().map_or(0, |span| self.line(span.start));
        Complaint {
            file: self.file.to_owned(),
            line,
            what: Said::new(format!("{advice}({message})"), message.replace('\n', " ")),
        }
    }

    fn listen(&mut self, written: &Spanned<String>) -> Option<SocketAddr> {
        let address = written.get_ref().parse().ok();
        if address.is_none() {
            let what = Said::new(
                format!(
                    "listen が「アドレス:ポート」ではありません。\"{LISTEN}\" のように書いてください"
                ),
                format!("listen is not ADDRESS:PORT: write it like \"{LISTEN}\""),
            );
            self.complain(written.span().start, what);
        }
        address
    }

    fn name(&mut self, written: &Spanned<String>) -> Option<Host> {
        match Host::parse(written.get_ref()) {
            Ok(name) => Some(name),
            Err(error) => {
                let what = Said::new(
                    format!("name: {}", error.say(Lang::Ja)),
                    format!("name: {}", error.say(Lang::En)),
                );
                self.complain(written.span().start, what);
                None
            }
        }
    }

    fn database(&mut self, written: Spanned<String>) -> Option<String> {
        if store::Address::parse(written.get_ref()).is_ok() {
            return Some(written.into_inner());
        }
        let what = Said::new(
            "database には postgres://… か sqlite:ファイル名 を書いてください",
            "database: write postgres://… or sqlite:FILE",
        );
        self.complain(written.span().start, what);
        None
    }

    fn language(&mut self, written: &Spanned<String>) -> Option<Lang> {
        match written.get_ref().as_str() {
            "ja" => Some(Lang::Ja),
            "en" => Some(Lang::En),
            _ => {
                let what = Said::new(
                    "language には \"ja\" か \"en\" を書いてください",
                    "language: write \"ja\" or \"en\"",
                );
                self.complain(written.span().start, what);
                None
            }
        }
    }
}
