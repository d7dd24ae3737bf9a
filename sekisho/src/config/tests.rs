//! What the file may say, and what is said about mistakes in it.

use super::*;

fn read(text: &str) -> Result<Config, Vec<String>> {
    let config = Config::read(Path::new("/etc/sekisho/sekisho.toml"), text, &Told::default());
    config.map_err(|complaints| complaints.iter().map(ToString::to_string).collect())
}

#[track_caller]
fn refused(text: &str, wanted: &str) {
    let complaints = read(text).expect_err(text);
    assert!(complaints.iter().any(|said| said.contains(wanted)), "{complaints:?} lacks {wanted}");
}

#[test]
fn an_empty_file_gives_the_usual() {
    let config = read("").unwrap();
    assert_eq!(config.origin(config.listen), "https://sekisho.localhost:8443");
    assert_eq!(config.data, Path::new("sekisho-data"));
    assert_eq!((config.database, config.blobs), (None, BlobPlace::Disk));
}

#[test]
fn everything_can_be_said() {
    let text = r#"
        data = "/var/lib/sekisho"
        listen = "0.0.0.0:443"
        name = "Sekisho.Midori.example"
        database = "postgres://sekisho@db/sekisho"
        language = "en"
        [blobs]
        place = "s3"
        endpoint = "https://s3.example"
        bucket = "sekisho"
        region = "ap-northeast-1"
        key-id-file = "s3.id"
        key-file = "/run/keys/s3"
        [tls]
        certificate = "own.pem"
        key = "own.key"
    "#;
    let config = read(text).unwrap();
    assert_eq!(config.origin(config.listen), "https://sekisho.midori.example");
    let BlobPlace::S3(bucket) = config.blobs else { panic!("no bucket") };
    assert_eq!(bucket.key_id_file, Path::new("/etc/sekisho/s3.id"));
    assert_eq!(bucket.key_file, Path::new("/run/keys/s3"));
    assert_eq!(config.certificate.unwrap().chain, Path::new("/etc/sekisho/own.pem"));
}

#[test]
fn the_command_line_goes_before_the_file() {
    let told = Told { name: Host::parse("b.example").ok(), ..Told::default() };
    let config = Config::read(Path::new("x"), "name = \"a.example\"", &told).unwrap();
    assert_eq!(config.name.as_str(), "b.example");
}

#[test]
fn mistakes_are_told_with_their_line_and_all_at_once() {
    refused("\n\nlisten = \"8443\"", "sekisho.toml:3: listen is not ADDRESS:PORT");
    refused("name = \"192.0.2.1\"", "toml:1: name: an IP address");
    refused("name = \"nas.local\"", "name: a name under .local");
    refused("name = \"a b\"", "name: not a host name");
    refused("database = \"mysql://x\"", "database: write postgres://");
    refused("\nlanguage = \"fr\"", "toml:2: language: write");
    refused("\n\nlisen = 1", "toml:3: unknown field");
    refused("[blobs]\nplace = \"s3\"", "missing field");
    refused("data = [", "toml:1");
    let both = read("listen = \"x\"\nname = \"::1\"").unwrap_err();
    assert_eq!(both.len(), 2, "{both:?}");
}

#[test]
fn the_example_that_the_page_shows_can_be_read() {
    let page = include_str!("../../../docs/config.md");
    let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
    let config = read(example.expect("docs/config.md has an example"));
    assert!(config.is_ok(), "{config:?}");
}

#[test]
fn a_database_elsewhere_and_its_two_accounts_can_be_named() {
    let text = r#"
        database = "postgres://worker@db.example/sekisho"
        database-password-file = "db.password"
        database-owner = "postgres://owner@db.example/sekisho"
        database-owner-password-file = "/run/keys/owner"
        database-trust = "db-ca.pem"
        [exports]
        place = "folder"
        folder = "/mnt/ledger"
    "#;
    let config = read(text).unwrap();
    assert_eq!(config.database_trust.unwrap(), Path::new("/etc/sekisho/db-ca.pem"));
    assert_eq!(config.database_password.unwrap(), Path::new("/etc/sekisho/db.password"));
    let owner = config.database_owner.unwrap();
    assert_eq!(owner.password_file.unwrap(), Path::new("/run/keys/owner"));
    assert_eq!(config.exports, Some(ExportPlace::Folder("/mnt/ledger".into())));
    refused("[exports]\nplace = \"folder\"\nfolder = \"a\"\nbucket = \"b\"", "unknown field");
    refused("database-owner = \"mysql://a@b/c\"", "write postgres://");
}
