//! YARA itself, where Debian's package `yara` is installed, and programs that
//! only look like it.

use std::os::unix::fs::PermissionsExt;
use std::time::Instant;

use super::*;

const YARA: &str = "/usr/bin/yara";
const NEEDLE: &str =
    "rule Needle { strings: $a = \"NEEDLE\" condition: $a }\nrule Never { condition: false }\n";

/// A bench with one body, and folders outside /tmp, which a caged program does
/// not see.
struct Place {
    _bench: testbed::Bench,
    store: Store,
    body: BodyId,
    folder: tempfile::TempDir,
}

impl Place {
    async fn new() -> Self {
        let all = [records::MIGRATIONS, jobs::MIGRATIONS, identity::MIGRATIONS];
        let migrations: Vec<store::Migration> = all.into_iter().flatten().copied().collect();
        let bench = testbed::benches(&migrations).await.into_iter().next().unwrap();
        let body = bench.body();
        let mut across = bench.store.across("make a body").await.unwrap();
        let sql =
            "INSERT INTO bodies (body, code, name, kana, founded_at) VALUES ($1, $2, $3, $3, 0)";
        across.run(sql, store::args![body, "131016", "緑市"]).await.unwrap();
        across.commit().await.unwrap();
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        Self { store: bench.store.clone(), _bench: bench, body, folder }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// A script that stands in for the program; `looks` is what it does when it
    /// is asked about a file.
    fn program(&self, looks: &str) -> PathBuf {
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 4.9.9; exit; fi\n\
             if grep -q sekisho /tmp/file; then echo sekisho_has_looked /tmp/file; exit; fi\n{looks}\n"
        );
        fs::create_dir_all(self.folder.path().join("bin")).unwrap();
        let path = self.write("bin/yara", &script);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    async fn open(&self, program: PathBuf, rules: &Path) -> Yara {
        let settings = YaraSettings {
            program,
            rules: Some(rules.to_owned()),
            bodies: Vec::new(),
            seconds_max: 2,
        };
        Yara::open(settings, self.folder.path(), self.store.clone()).await.unwrap()
    }

    fn lying(&self) -> usize {
        fs::read_dir(self.folder.path().join(SCRATCH)).unwrap().count()
    }
}

async fn scan(yara: &Yara, body: BodyId, bytes: &[u8]) -> Result<Vec<String>> {
    let mut session = yara.begin(body).await?;
    session.add(bytes).await;
    Ok(session.end().await?.into_iter().collect())
}

fn is_there() -> bool {
    let is_there = Path::new(YARA).exists();
    if !is_there {
        eprintln!("skipped: no yara (Debian: yara)");
    }
    is_there
}

#[tokio::test]
async fn yara_itself_knows_what_its_rules_say_and_nothing_else() {
    if !is_there() {
        return;
    }
    let place = Place::new().await;
    let rules = place.write("house.yar", NEEDLE);
    let yara = place.open(YARA.into(), &rules).await;
    assert_eq!(yara.alarms(), []);
    for (bytes, wanted) in [
        (b"hay NEEDLE hay".to_vec(), vec!["Needle (house.yar)".to_owned()]),
        (b"hay".to_vec(), vec![]),
        (Vec::new(), vec![]),
        ([vec![0; 20_000_000], b"NEEDLE".to_vec()].concat(), vec!["Needle (house.yar)".into()]),
    ] {
        assert_eq!(scan(&yara, place.body, &bytes).await.unwrap(), wanted);
    }
    assert_eq!(place.lying(), 0, "nothing of a file stays behind");
}

#[tokio::test]
async fn rules_are_swapped_while_it_runs_and_wrong_ones_change_nothing() {
    if !is_there() {
        return;
    }
    let place = Place::new().await;
    let rules = place.write("house.yar", NEEDLE);
    let yara = place.open(YARA.into(), &rules).await;
    place.write("house.yar", "rule Other { strings: $a = \"OTHER\" condition: $a }\n");
    assert_eq!(scan(&yara, place.body, b"OTHER").await.unwrap(), ["Other (house.yar)"]);
    assert!(scan(&yara, place.body, b"NEEDLE").await.unwrap().is_empty());

    for wrong in [
        "rule Broken { strings: $a = \"x\" condition: $b }",
        "include \"/etc/passwd\"\n",
        "rule sekisho_has_looked { condition: true }",
        "rule Half {",
    ] {
        place.write("house.yar", wrong);
        assert_eq!(scan(&yara, place.body, b"OTHER").await.unwrap(), ["Other (house.yar)"]);
        let alarm = format!("{:?}", yara.alarms());
        assert!(alarm.contains("transfer-yara-rules-stay"), "{wrong}: {alarm}");
    }
    assert!(yara.0.house.as_ref().unwrap().trouble().unwrap().said.contains("house.yar"));
    // Gone is as wrong as broken; a start on wrong rules has those before them.
    fs::remove_file(&rules).unwrap();
    assert_eq!(scan(&yara, place.body, b"OTHER").await.unwrap(), ["Other (house.yar)"]);
    place.write("house.yar", "rule Half {");
    drop(yara);
    let yara = place.open(YARA.into(), &rules).await;
    assert_eq!(scan(&yara, place.body, b"OTHER").await.unwrap(), ["Other (house.yar)"]);
    assert!(!yara.alarms().is_empty());
    place.write("house.yar", NEEDLE);
    assert_eq!(scan(&yara, place.body, b"NEEDLE").await.unwrap(), ["Needle (house.yar)"]);
    assert_eq!(yara.alarms(), []);
}

#[tokio::test]
async fn a_bodys_own_rules_stand_beside_those_of_the_house() {
    if !is_there() {
        return;
    }
    let place = Place::new().await;
    let house = place.write("house.yar", NEEDLE);
    let own = place.write("own.yar", "rule Own { strings: $a = \"OWN\" condition: $a }");
    let settings = YaraSettings {
        program: YARA.into(),
        rules: Some(house),
        bodies: vec![(BodyCode::parse("131016").unwrap(), own)],
        seconds_max: 10,
    };
    let yara = Yara::open(settings, place.folder.path(), place.store.clone()).await.unwrap();
    let hits = scan(&yara, place.body, b"NEEDLE OWN").await.unwrap();
    assert_eq!(hits, ["Needle (house.yar)", "Own (own.yar)"]);
    let another = base::Id::new(base::Timestamp::from_millis(1), &base::SystemRandom);
    let hits = scan(&yara, another, b"NEEDLE OWN").await.unwrap();
    assert_eq!(hits, ["Needle (house.yar)"]);
}

#[tokio::test]
async fn a_rule_that_takes_too_long_is_no_answer() {
    if !is_there() {
        return;
    }
    let place = Place::new().await;
    let slow = "rule Slow { condition: \
        for all i in (0..filesize) : (for all j in (0..filesize) : (uint8(j) == 0x61)) }";
    let rules = place.write("house.yar", slow);
    let yara = place.open(YARA.into(), &rules).await;
    let start = Instant::now();
    let late = scan(&yara, place.body, &vec![b'a'; 200_000]).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::TimedOut, "{late}");
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!(place.lying(), 0);
}

#[tokio::test]
async fn no_rules_at_all_let_nothing_through() {
    if !is_there() {
        return;
    }
    let place = Place::new().await;
    let rules = place.write("house.yar", "rule Half {");
    let yara = place.open(YARA.into(), &rules).await;
    assert!(scan(&yara, place.body, b"hay").await.is_err());
    assert!(format!("{:?}", yara.alarms()).contains("transfer-yara-rules-none"));
}

#[tokio::test]
async fn a_program_that_fails_hangs_or_talks_nonsense_lets_nothing_through() {
    let place = Place::new().await;
    let rules = place.write("house.yar", NEEDLE);
    for (looks, kind) in [
        ("exit 0", ErrorKind::InvalidData),
        ("exit 3", ErrorKind::InvalidData),
        ("kill -9 $$", ErrorKind::Other),
        ("sleep 60", ErrorKind::TimedOut),
        ("echo sekisho_has_looked /tmp/file; echo ok", ErrorKind::InvalidData),
        ("echo sekisho_has_looked /tmp/file; echo warning: x >&2", ErrorKind::InvalidData),
        ("while :; do echo sekisho_has_looked /tmp/file; done", ErrorKind::Other),
        ("rm -f /tmp/said; ln -s /etc/passwd /tmp/said", ErrorKind::Other),
        ("rm -f /tmp/said; mkfifo /tmp/said", ErrorKind::InvalidData),
    ] {
        let yara = place.open(place.program(looks), &rules).await;
        assert_eq!(yara.alarms(), [], "{looks}");
        let said = scan(&yara, place.body, b"hay").await.unwrap_err();
        let is_it =
            said.kind() == kind || (kind == ErrorKind::Other && said.kind() != ErrorKind::TimedOut);
        assert!(is_it, "{looks}: {said:?}");
        assert_eq!(place.lying(), 0, "{looks}");
    }
    let gone = place.open(place.folder.path().join("nothing"), &rules).await;
    assert!(scan(&gone, place.body, b"hay").await.is_err());
    assert!(format!("{:?}", gone.alarms()).contains("transfer-yara-program"));
    let other = place.write("other", "#!/bin/sh\necho ClamAV 1.0\n");
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(scan(&place.open(other, &rules).await, place.body, b"hay").await.is_err());
}

#[tokio::test]
async fn the_program_sees_one_file_and_no_network() {
    let place = Place::new().await;
    let rules = place.write("house.yar", NEEDLE);
    let secret = place.write("secret", "secret");
    // Each attempt that succeeds says so in place of the answer.
    let looks = format!(
        "cat {} >/dev/null 2>&1 && echo read; ls /root /home /var /etc >/dev/null 2>&1 && echo listed; \
         [ -n \"$HOME$PATH_OF_HOUSE\" ] && echo environment; \
         echo x 2>/dev/null >{}/new && echo wrote; \
         [ $(ls /tmp | wc -l) -gt 5 ] && echo many; \
         grep -qv lo: /proc/net/dev && [ $(wc -l </proc/net/dev) -gt 3 ] && echo network; \
         echo sekisho_has_looked /tmp/file",
        secret.display(),
        place.folder.path().display(),
    );
    let yara = place.open(place.program(&looks), &rules).await;
    assert!(scan(&yara, place.body, b"hay").await.unwrap().is_empty());
}

/// YARA-X is not at hand: a program that speaks as it is documented stands in.
#[tokio::test]
async fn yara_x_is_asked_and_heard_as_it_is_documented() {
    let place = Place::new().await;
    let rules = place.write("house.yar", NEEDLE);
    let looked = "{\"identifier\":\"sekisho_has_looked\"}";
    let script = format!(
        "#!/bin/sh\n\
         case \"$1\" in\n\
         --version) echo yara-x-cli 1.10.0;;\n\
         compile) [ \"$2 $3\" = '-w -o' ] && cat \"$5\" \"$6\" >\"$4\";;\n\
         scan) grep -q sekisho_has_looked /tmp/compiled || exit 1\n\
         [ \"$2 $3\" = '--output-format ndjson' ] || exit 1\n\
         if grep -q NEEDLE /tmp/file; then hit=',{{\"identifier\":\"Needle\"}}'; fi\n\
         echo '{{\"path\":\"/tmp/file\",\"rules\":[{looked}'\"$hit]}}\";;\n\
         esac\n"
    );
    fs::create_dir_all(place.folder.path().join("bin")).unwrap();
    let program = place.write("bin/yr", &script);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let yara = place.open(program, &rules).await;
    assert_eq!(yara.alarms(), []);
    assert!(scan(&yara, place.body, b"hay").await.unwrap().is_empty());
    assert_eq!(scan(&yara, place.body, b"NEEDLE").await.unwrap(), ["Needle (house.yar)"]);
}
