//! Runs the outer half: the public door, and the one connection of the inner
//! half. Knows no row, no person and no key that opens what it keeps.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use base::{Clock, Random, SystemClock, SystemRandom};
use tokio::net::TcpListener;
use tokio::sync::watch;
use transfer_halves::outer::{Outer, Shelf, Window};

use super::Serving;
use super::door::Door;
use crate::commands::up::{start_log_text, told, wait_for_signal};
use crate::config::Certificate;
use crate::exit::Exit;
use crate::folder::Folder;
use crate::halves;
use crate::serve::{Drained, Failures, Limits, Server};
use crate::tls::{self, Tls};

/// Where sealed files wait.
const SHELF: &str = "shelf";
/// The longest time between two looks at the certificate's age.
const LOOK_PAUSE: Duration = Duration::from_secs(3_600);

/// Serves until told to stop.
pub(super) async fn run(serving: Serving) -> Result<Exit> {
    start_log_text();
    let folder = Folder::make(&serving.data)?;
    let lock = folder.lock()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let enrolled = halves::enrolled(&folder)?;
    let shelf = Shelf::open(&folder.join(SHELF)).await;
    let shelf =
        Arc::new(shelf.context("受け付けたファイルの置き場を開けません / cannot open the shelf")?);
    let window = Window::new(clock.clone(), shelf.by_link());
    let public = bind(serving.listen).await?;
    let inner = bind(serving.inner_listen).await?;
    let listening = public.local_addr()?;
    let (stopping, stop) = watch::channel(false);
    let place = folder.path().to_owned();
    let outer = Arc::new(Outer {
        tls: enrolled.tls,
        pin: enrolled.inner,
        shelf: shelf.clone(),
        window: window.clone(),
        clock: clock.clone(),
        free_bytes: Arc::new(move || platform::space(&place).map_or(0, |space| space.free_bytes)),
    });
    println!("外側の受付を開きました / the outer half is open: https://{}", serving.name.as_str());
    println!("  待ち受け / listening: {listening}");
    println!("  内側を待つところ / waiting for the inner half: {}", inner.local_addr()?);
    let talking = tokio::spawn(outer.run(inner, stop.clone()));
    let door = Door::new(shelf, window, enrolled.seal, clock.clone(), random.clone())?;
    let tls_now = certificates(&serving, &folder, clock, random)?;
    let server = Server {
        listener: public,
        tls: tls_now,
        router: door.router(),
        limits: Limits::default(),
        failures: Failures::default(),
    };
    let server = tokio::spawn(server.run(stop.clone()));
    wait_for_signal().await?;
    eprintln!("処理中のものを終えて止まります… / stopping after what is running…");
    let _ = stopping.send(true);
    told(stop).await;
    if let Drained::Cut(count) = server.await? {
        tracing::warn!(count, "connections were cut at the deadline");
    }
    talking.abort();
    drop(lock);
    Ok(Exit::Done)
}

async fn bind(address: std::net::SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("{address} で待ち受けられません / cannot listen there"))
}

/// The public certificate, looked at each hour.
fn certificates(
    serving: &Serving,
    folder: &Folder,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<watch::Receiver<Arc<rustls::ServerConfig>>> {
    let given = serving.certificate.clone().zip(serving.key.clone());
    let given = given.map(|(chain, key)| Certificate { chain, key });
    let authority = tls::authority(folder, &serving.name, clock.now(), &*random)?;
    let tls = Tls::new(authority, serving.name.clone(), given, (clock.clone(), random))
        .kept_in(folder.clone())
        .without_people();
    let current = tls.current()?;
    let (renewing, now) = watch::channel(current.config);
    tokio::spawn(async move {
        let mut renew_at = current.renew_at;
        loop {
            tokio::time::sleep(LOOK_PAUSE).await;
            if clock.now() < renew_at {
                continue;
            }
            match tls.current() {
                Ok(current) => {
                    renew_at = current.renew_at;
                    let _ = renewing.send(current.config);
                }
                Err(error) => tracing::error!("cannot renew the public certificate: {error:#}"),
            }
        }
    });
    Ok(now)
}
