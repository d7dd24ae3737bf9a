//! Cutting a zone off at the gateway with live sessions, and restoring it: with
//! nothing but the site's file and `nft`. `SEKISHO_CUTS=20` does it so often;
//! without it, twice.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use base::SystemClock;
use wall_engine::{Open, Opening, Picture, Ruleset, Serving, compile, differences, prove};
use wall_room::cutoff::local::Local;
use wall_room::lab::{Lab, probe};
use wall_room::scratch::read_back;
use wall_room::{Kernel, KernelError};
use zones::{Site, Zone, read_site};

/// The most that a session may live on.
const LATE_MAX: Duration = Duration::from_secs(5);
const BEAT: Duration = Duration::from_millis(20);

struct Up {
    lab: Lab,
    site: Site,
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.lab.down();
    }
}

fn everything(site: &Site) -> (Vec<Opening>, Vec<Serving>) {
    let flows = (0..site.flows.len()).map(|flow| Opening { flow, seconds: Some(3_600) });
    let services =
        (0..site.services.len()).map(|service| Serving { service, seconds: Some(3_600) });
    (flows.collect(), services.collect())
}

fn local<'a>(up: &'a Up, kernel: &'a Kernel, notes: &'a Path) -> Local<'a> {
    Local {
        site: &up.site,
        kernel,
        notes,
        clock: Box::leak(Box::<SystemClock>::default()),
        operator: "test".to_owned(),
        reason: "訓練".to_owned(),
    }
}

fn up(name: &str) -> Option<Up> {
    let text = include_str!("../../../../examples/midori-city/site.toml");
    let site = read_site(text).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let lab = Lab::named(&format!("{name}{}", std::process::id())).unwrap();
    match lab.up(&site) {
        Ok(()) => Some(Up { lab, site }),
        Err(why) => {
            eprintln!("skipped: {why}");
            None
        }
    }
}

impl Up {
    fn namespace(&self, host: &str) -> String {
        let host = self.site.hosts.iter().find(|one| one.name == host).unwrap();
        self.lab.namespace(host)
    }

    fn picture(&self) -> Picture {
        Picture::read(&self.lab.kernel().ruleset().unwrap()).unwrap()
    }
}

/// One end of a session, and whether the other is asked by TCP.
struct Talk {
    from: &'static str,
    to: &'static str,
    place: &'static str,
    is_tcp: bool,
    /// True where it goes on while personal numbers are cut off.
    is_elsewhere: bool,
}

const TALKS: [Talk; 3] = [
    Talk {
        from: "renkei-lg",
        to: "counter-01",
        place: "10.1.1.101:9100",
        is_tcp: true,
        is_elsewhere: false,
    },
    Talk {
        from: "renkei-lg",
        to: "renkei-mn",
        place: "10.1.0.20:5140",
        is_tcp: false,
        is_elsewhere: false,
    },
    Talk {
        from: "breakout",
        to: "cloud-proxy",
        place: "203.0.113.10:8080",
        is_tcp: true,
        is_elsewhere: true,
    },
];

fn serve(up: &Up, talk: &Talk) {
    let place: SocketAddr = talk.place.parse().unwrap();
    if talk.is_tcp {
        let listen = || TcpListener::bind(place).unwrap();
        let listener = platform::in_network(&up.namespace(talk.to), listen).unwrap();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                thread::spawn(move || {
                    let mut bytes = [0; 64];
                    while let Ok(count) = stream.read(&mut bytes) {
                        if count == 0 || stream.write_all(&bytes[..count]).is_err() {
                            break;
                        }
                    }
                });
            }
        });
    } else {
        let bind = || UdpSocket::bind(place).unwrap();
        let socket = platform::in_network(&up.namespace(talk.to), bind).unwrap();
        thread::spawn(move || {
            let mut bytes = [0; 64];
            while let Ok((count, from)) = socket.recv_from(&mut bytes) {
                let _ = socket.send_to(&bytes[..count], from);
            }
        });
    }
}

/// Talks until it is over; says when the last answer came.
fn talk(talk: &Talk, stop: &AtomicBool) -> Option<Instant> {
    let place: SocketAddr = talk.place.parse().unwrap();
    let mut last = None;
    let mut once: Box<dyn FnMut() -> bool> = if talk.is_tcp {
        let mut stream = TcpStream::connect_timeout(&place, Duration::from_secs(2)).ok()?;
        stream.set_read_timeout(Some(BEAT)).unwrap();
        stream.set_nodelay(true).unwrap();
        Box::new(move || {
            let _ = stream.write_all(b"beat");
            stream.read(&mut [0; 64]).is_ok_and(|count| count > 0)
        })
    } else {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.connect(place).unwrap();
        socket.set_read_timeout(Some(BEAT)).unwrap();
        Box::new(move || {
            let _ = socket.send(b"beat");
            socket.recv(&mut [0; 64]).is_ok()
        })
    };
    while !stop.load(Ordering::Relaxed) {
        if once() {
            last = Some(Instant::now());
        }
        thread::sleep(BEAT);
    }
    last
}

#[test]
fn live_sessions_end_with_the_cut_and_restoring_is_exact() {
    let Some(up) = up("cutoff") else { return };
    let wanted: usize =
        std::env::var("SEKISHO_CUTS").ok().and_then(|count| count.parse().ok()).unwrap_or(2);
    let (flows, services) = everything(&up.site);
    let open = Open { flows: &flows, services: &services, cut: &[] };
    let kernel = up.lab.kernel();
    kernel.apply(&compile(&up.site, open)).unwrap();
    up.lab.unbolt().unwrap();
    TALKS.iter().for_each(|one| serve(&up, one));
    let notes = tempfile::tempdir().unwrap();
    let local = local(&up, &kernel, notes.path());
    let before = up.picture().canonical();
    let (mut latest, mut cut_max, mut restore_max) =
        (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for _ in 0..wanted {
        let stop = AtomicBool::new(false);
        let (cut_at, lasts) = thread::scope(|scope| {
            let talking: Vec<_> = TALKS
                .iter()
                .map(|one| {
                    let (client, stop) = (up.namespace(one.from), &stop);
                    scope.spawn(move || platform::in_network(&client, || talk(one, stop)).unwrap())
                })
                .collect();
            thread::sleep(Duration::from_millis(700));
            let cut_at = Instant::now();
            let done = local.cut(Zone::MyNumber).unwrap();
            cut_max = cut_max.max(done.took);
            assert_eq!(done.cut, [Zone::MyNumber]);
            thread::sleep(Duration::from_millis(1_500));
            stop.store(true, Ordering::Relaxed);
            let lasts: Vec<_> = talking.into_iter().map(|one| one.join().unwrap()).collect();
            (cut_at, lasts)
        });
        for (one, last) in TALKS.iter().zip(lasts) {
            let last = last.unwrap_or_else(|| panic!("{} never lived", one.place));
            let lived_on = last.saturating_duration_since(cut_at);
            if one.is_elsewhere {
                assert!(
                    lived_on > Duration::from_secs(1),
                    "{} has nothing to do with it",
                    one.place
                );
            } else {
                assert!(lived_on <= LATE_MAX, "{} lived on for {lived_on:?}", one.place);
                latest = latest.max(lived_on);
            }
        }
        // The proof agrees, and so do packets.
        let cut = [Zone::MyNumber];
        let ruleset = Ruleset::read(&kernel.ruleset().unwrap()).unwrap();
        let proof = prove(&up.site, Open { cut: &cut, ..open }, &ruleset);
        assert!(proof.is_proven(), "{proof:#?}");
        let done = local.restore(Zone::MyNumber).unwrap();
        restore_max = restore_max.max(done.took);
        assert!(done.cut.is_empty());
        assert_eq!(up.picture().canonical(), before, "restored to the letter");
    }
    println!(
        "{wanted} times: cut in at most {cut_max:?}, sessions over {latest:?} after the order, restored in at most {restore_max:?}, the ruleset the same to the letter"
    );
    assert!(local.restore(Zone::Lgwan).is_err(), "what is not cut off is not restored");
    assert_eq!(std::fs::read_dir(notes.path()).unwrap().count(), wanted * 2);
}

/// α: every flow touches LGWAN. Cut off, nothing is left of all pairs but the
/// services that stay.
#[test]
fn of_all_pairs_only_the_services_that_stay_are_reached() {
    let Some(up) = up("refused") else { return };
    let (flows, services) = everything(&up.site);
    let open = Open { flows: &flows, services: &services, cut: &[] };
    let kernel = up.lab.kernel();
    kernel.apply(&compile(&up.site, open)).unwrap();
    up.lab.unbolt().unwrap();
    let notes = tempfile::tempdir().unwrap();
    let local = local(&up, &kernel, notes.path());
    local.cut(Zone::Lgwan).unwrap();
    let stay: Vec<Serving> = services
        .iter()
        .filter(|one| {
            let service = &up.site.services[one.service];
            service.stays_in_cutoff || service.zone != Zone::Lgwan
        })
        .copied()
        .collect();
    let probed = probe(&up.lab, &up.site, Open { services: &stay, ..Open::default() }).unwrap();
    println!("cut off: {} reached, {} refused", probed.reached, probed.refused);
    assert!(probed.wrong.is_empty(), "{:#?}", probed.wrong);
    assert!(probed.reached > 0 && probed.refused > 500);
}

#[test]
fn a_disk_that_takes_no_note_stops_no_cut_and_opens_nothing() {
    let Some(up) = up_small("nonote") else { return };
    let kernel = up.lab.kernel();
    let file = tempfile::NamedTempFile::new().unwrap();
    // A folder cannot be made where a file is.
    let notes = file.path().join("notes");
    let local = local(&up, &kernel, &notes);
    let done = local.cut(Zone::Lgwan).unwrap();
    assert!(done.note.is_err() && done.cut == [Zone::Lgwan]);
    assert!(local.restore(Zone::Lgwan).is_err());
    assert_eq!(local.zones_cut().unwrap(), [Zone::Lgwan], "still cut off");
}

/// What `zones diff` compares with: what the kernel would hold, known before it
/// does.
#[test]
fn a_script_is_read_back_as_the_kernel_would_hold_it() {
    let Some(up) = up_small("readback") else { return };
    let (flows, services) = everything(&up.site);
    let script = compile(&up.site, Open { flows: &flows, services: &services, cut: &[] });
    let before = Picture::read(&read_back(&script).unwrap()).unwrap();
    up.lab.kernel().apply(&format!("flush ruleset\n{script}")).unwrap();
    assert!(differences(&up.picture(), &before).is_empty());
    assert!(before.canonical().len() > 1_000);
    let refused = read_back("table inet t { chain c { nonsense } }\n");
    assert!(matches!(refused, Err(KernelError::Refused(_))), "{refused:?}");
}

fn up_small(name: &str) -> Option<Up> {
    let site = read_site(include_str!("../../engine/tests/kernel/site.toml")).unwrap();
    let lab = Lab::named(&format!("{name}{}", std::process::id())).unwrap();
    lab.up(&site).ok().map(|()| Up { lab, site })
}
