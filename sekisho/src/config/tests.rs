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
        [limits]
        requests-a-minute = 5000
        [blobs]
        place = "s3"
        endpoint = "https://s3.example"
        bucket = "sekisho"
        region = "ap-northeast-1"
        key-id-file = "s3.id"
        key-file = "/run/keys/s3"
        [oidc]
        name = "県の認証基盤"
        issuer = "https://id.pref.example.lg.jp/realms/shi"
        client-id = "sekisho"
        client-secret-file = "oidc.secret"
        [tls]
        certificate = "own.pem"
        key = "own.key"
    "#;
    let config = read(text).unwrap();
    assert_eq!(config.origin(config.listen), "https://sekisho.midori.example");
    assert_eq!(config.limits.requests_a_minute.map(NonZero::get), Some(5_000));
    assert_eq!(config.limits.sign_in_steps_a_minute, None);
    let BlobPlace::S3(bucket) = config.blobs else { panic!("no bucket") };
    assert_eq!(bucket.key_id_file, Path::new("/etc/sekisho/s3.id"));
    assert_eq!(bucket.key_file, Path::new("/run/keys/s3"));
    let oidc = config.oidc.unwrap();
    assert_eq!(oidc.client_secret.as_deref(), Some(Path::new("/etc/sekisho/oidc.secret")));
    assert_eq!((oidc.client_id.as_str(), oidc.trust), ("sekisho", None));
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
    let oidc = |name: &str, issuer: &str, id: &str| {
        format!("[oidc]\nname = \"{name}\"\nissuer = \"{issuer}\"\nclient-id = \"{id}\"")
    };
    let issuer = "https://id.example";
    refused(&oidc("", issuer, "a"), "toml:2: oidc: name is what a button says");
    refused(&oidc("県", "http://id.example", "a"), "toml:3: oidc: issuer begins with https://");
    refused(&oidc("県", "id.example", "a"), "toml:3: oidc: issuer is no address");
    refused(&oidc("県", "https://id.example?x=1", "a"), "toml:3: oidc: issuer is no address");
    refused(&oidc("県", issuer, ""), "toml:4: oidc: client-id is our name");
    refused("[oidc]\nname = \"県\"", "missing field");
    refused("\n[limits]\nrequests-a-minute = 0", "toml:3: invalid value");
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

#[test]
fn icap_is_off_and_names_its_clients_when_on() {
    assert_eq!(read("").unwrap().icap, None);
    let icap = read("[icap]\nclients = [\"10.1.2.0/24\"]\nbody = \"198013\"\npages = \"disarm\"");
    let icap = icap.unwrap().icap.unwrap();
    assert_eq!(icap.listen.to_string(), "127.0.0.1:1344");
    assert!(icap.clients.admit("10.1.2.9".parse().unwrap()));
    assert!(!icap.clients.admit("127.0.0.1".parse().unwrap()));
    assert_eq!(icap.pages, transfer_icap::meaning::Treatable::Disarm);
    refused("[icap]\nbody = \"198013\"", "missing field `clients`");
    refused("[icap]\nclients = []\nbody = \"198013\"", ":2: icap: clients: no client is named");
    refused("[icap]\nclients = [\"10.1.2.3/8\"]\nbody = \"198013\"", "behind its length");
    refused("[icap]\nclients = [\"10.1.2.3\"]\nbody = \"198014\"", ":3: icap: body");
    refused(
        "[icap]\nclients = [\"::1\"]\nbody = \"198013\"\nlisten = \"here\"",
        ":4: icap: listen",
    );
}

#[test]
fn folders_are_named_one_by_one_and_kept_apart() {
    let folder = |path: &str, more: &str| {
        format!(
            "[[transfer.folder]]\npath = \"{path}\"\nbody = \"198013\"\n\
             crossing = \"internet-lgwan\"\nto = \"zei\"\npurpose = \"受付\"\n{more}\n"
        )
    };
    let delivery = |path: &str| {
        format!("[[transfer.delivery]]\npath = \"{path}\"\nbody = \"198013\"\nto = \"zei\"\n")
    };
    let person = "sender = \"yamada.hanako\"";
    let both =
        folder("in", person) + &folder("/srv/scan", "machine = \"複合機\"") + &delivery("out");
    let read_both = read(&both).unwrap().transfer;
    assert_eq!(read_both.folders[0].path, Path::new("/etc/sekisho/in"), "from the file's folder");
    assert_eq!(read_both.folders[0].settled.as_secs(), 5);
    assert_eq!((read_both.folders.len(), read_both.deliveries.len()), (2, 1));
    assert!(read("").unwrap().transfer.folders.is_empty());
    refused(&folder("in", ""), ":2: transfer: write either sender");
    refused(&folder("in", &format!("{person}\nmachine = \"a\"")), "write either sender");
    refused(&folder("in", "sender = \"Yamada Hanako\""), "write either sender");
    refused(&folder("in", &format!("{person}\nclass = \"9\"")), ":8: transfer: class");
    refused(&(folder("in", person) + &delivery("in/out")), "keep them apart");
    refused(&(folder("in", person) + &folder("in", person)), "keep them apart");
    refused(
        &folder("in", person).replace("internet-lgwan", "internet-mynumber"),
        ":4: transfer: crossing",
    );
    refused(&folder("in", person).replace("198013", "198014"), ":3: transfer: body");
}

const MAIL: &str = "[mail]\nfrom = \"gate@midori.example\"\ndomains = [\"midori.example\"]\n";

#[test]
fn notices_go_out_by_tls_unless_the_relay_is_this_machine() {
    let mail = |more: &str| read(&format!("{MAIL}{more}")).unwrap().mail.unwrap();
    let usual = mail("relay = \"mail.midori.example:587\"");
    assert_eq!(
        (usual.tls, usual.relay()),
        (notices::Tls::StartTls, "mail.midori.example:587".into())
    );
    assert_eq!(mail("relay = \"127.0.0.1:25\"\ntls = \"none\"").tls, notices::Tls::None);
    assert_eq!(mail("relay = \"[::1]:25\"\ntls = \"none\"").relay(), "[::1]:25");
    assert_eq!(mail("relay = \"m:25\"\ntls = \"none-outside\"").tls, notices::Tls::None);
    let login =
        mail("relay = \"m:465\"\ntls = \"tls\"\nusername = \"gate\"\npassword-file = \"p\"");
    assert_eq!(login.login, Some(("gate".to_owned(), "/etc/sekisho/p".into())));
    assert_eq!(read("").unwrap().mail, None, "off if left out");
}

#[test]
fn wrong_mail_is_told_with_its_line() {
    for (text, wanted) in [
        ("relay = \"m:25\"\ntls = \"none\"", ":5: mail: tls = \"none\""),
        ("relay = \"m\"", ":4: mail: relay is NAME:PORT"),
        ("relay = \"m:0\"", ":4: mail: relay is NAME:PORT"),
        ("relay = \"m:587\"\nusername = \"gate\"", ":5: mail: write both"),
        ("relay = \"m:587\"\nusername = \"a b\"\npassword-file = \"p\"", ":5: mail: username"),
        (
            "relay = \"m:25\"\ntls = \"none-outside\"\nusername = \"a\"\npassword-file = \"p\"",
            ":6: mail: a password does not go",
        ),
        ("relay = \"m:587\"\ntls = \"maybe\"", ":5: "),
    ] {
        refused(&format!("{MAIL}{text}"), wanted);
    }
    let relay = "[mail]\nrelay = \"m:587\"\n";
    refused(
        &format!("{relay}from = \"a@b\\r\\nBcc: c@d\"\ndomains = [\"b\"]"),
        ":3: mail: from is the sender's address",
    );
    refused(&format!("{relay}from = \"a@b\"\ndomains = []"), ":4: mail: domains is empty");
    refused(&format!("{relay}from = \"a@b\"\ndomains = [\"x y\"]"), ":4: mail: \"x y\" in domains");
}
