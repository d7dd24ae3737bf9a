//! The server's certificate over starts, years and renewed files.

use base::{ManualClock, SystemRandom};

use super::*;

const NAME: &str = "sekisho.localhost";
const DAY: Duration = Duration::from_secs(86_400);

struct Place {
    folder: Folder,
    clock: Arc<ManualClock>,
    _temporary: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::make(temporary.path()).unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::parse(testbed::START).unwrap()));
        Self { folder, clock, _temporary: temporary }
    }

    /// As a start of the program does.
    fn start_as(&self, name: &str, given: Option<Certificate>) -> Result<Current> {
        let name = Host::parse(name).unwrap();
        let authority = authority(&self.folder, &name, self.clock.now(), &SystemRandom)?;
        let means: (Arc<dyn Clock>, Arc<dyn Random>) = (self.clock.clone(), Arc::new(SystemRandom));
        Tls::new(authority, name, given, means).kept_in(self.folder.clone()).current()
    }

    fn start(&self) -> Current {
        self.start_as(NAME, None).unwrap()
    }

    fn file(&self) -> String {
        std::fs::read_to_string(self.folder.join(SERVER)).unwrap()
    }
}

#[test]
fn a_start_shows_the_certificate_that_it_showed_before() {
    let place = Place::new();
    let first = place.start();
    let shown = place.file();
    place.clock.advance(DAY * 100);
    let again = place.start();
    assert_eq!(place.file(), shown);
    assert_eq!((again.ends_at, again.renew_at), (first.ends_at, first.renew_at));
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(place.folder.join(SERVER_KEY)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn it_is_renewed_while_a_third_of_its_time_is_left() {
    let place = Place::new();
    let first = place.start();
    let (renew_at, ends_at) = (first.renew_at, first.ends_at.unwrap());
    assert!(ends_at.since(renew_at) > DAY * 120, "{renew_at} {ends_at}");
    place.clock.jump(renew_at.minus(Duration::from_secs(1)));
    assert_eq!(place.start().ends_at, Some(ends_at));
    place.clock.jump(renew_at);
    let second = place.start();
    assert!(second.ends_at.unwrap() > ends_at);
    assert_eq!(place.start().ends_at, second.ends_at, "the new one is kept");
    // A clock set back before its time makes another, rather than one not yet valid.
    place.clock.jump(Timestamp::parse(testbed::START).unwrap());
    assert!(place.start().ends_at < second.ends_at);
}

#[test]
fn what_does_not_fit_is_made_anew() {
    let spoil: [&dyn Fn(&Place); 4] = [
        &|place| place.folder.write(SERVER, "").unwrap(),
        &|place| std::fs::remove_file(place.folder.join(SERVER_KEY)).unwrap(),
        &|place| {
            // Another certificate's key.
            let key = std::fs::read_to_string(place.folder.join(AUTHORITY_KEY)).unwrap();
            place.folder.write(SERVER_KEY, &key).unwrap();
        },
        &|place| {
            // Another authority of the same name.
            std::fs::remove_file(place.folder.join(AUTHORITY_KEY)).unwrap();
        },
    ];
    for (number, spoil) in spoil.iter().enumerate() {
        let place = Place::new();
        place.start();
        let shown = place.file();
        spoil(&place);
        place.start();
        assert_ne!(place.file(), shown, "{number}");
        let kept = place.file();
        place.start();
        assert_eq!(place.file(), kept, "{number}");
    }
    // Under the authority's name lies another host: its own certificate.
    let place = Place::new();
    place.start();
    let shown = place.file();
    place.start_as(&format!("tegami.{NAME}"), None).unwrap();
    assert_ne!(place.file(), shown);
    let error = place.start_as("other.example", None).map(drop).unwrap_err();
    assert!(format!("{error:#}").contains("not made for other.example"), "{error:#}");
}

#[test]
fn a_towns_own_certificate_is_read_again_when_its_file_is_renewed() {
    let place = Place::new();
    let made = Authority::create("town", &[NAME], place.clock.now(), &SystemRandom).unwrap();
    let (chain, key) = (place.folder.join("own.pem"), place.folder.join("own.key"));
    let put = || {
        let issued = made.issue_server(&[NAME], place.clock.now(), &SystemRandom).unwrap();
        std::fs::write(&chain, issued.certificate.pem()).unwrap();
        std::fs::write(&key, issued.key_pem.reveal()).unwrap();
        issued.certificate.der
    };
    let given = || Some(Certificate { chain: chain.clone(), key: key.clone() });
    let first = put();
    let current = place.start_as(NAME, given()).unwrap();
    assert_eq!(current.ends_at, None);
    assert!(!place.folder.join(SERVER).exists(), "ours is not made beside it");
    assert_eq!(read(&given().unwrap()).unwrap().0[0].as_ref(), first);
    // Looked at again within the hour; until then the old one serves.
    assert_eq!(current.renew_at.since(place.clock.now()), LOOK_PAUSE);
    let second = put();
    assert_ne!(first, second);
    place.start_as(NAME, given()).unwrap();
    assert_eq!(read(&given().unwrap()).unwrap().0[0].as_ref(), second);
    // A key that is another's, and a file that is not there, are said.
    std::fs::copy(place.folder.join(AUTHORITY_KEY), &key).unwrap();
    assert!(place.start_as(NAME, given()).is_err());
    std::fs::remove_file(&key).unwrap();
    let error = place.start_as(NAME, given()).map(drop).unwrap_err();
    assert!(
        format!("{error:#}").contains("cannot read") && format!("{error:#}").contains("own.key")
    );
}
