//! Another desk: connections that reach the program from an address of their
//! own on the loopback network.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// An address of this machine outside of the loopback network, which a program
/// that listens on all of them is reached by.
#[must_use]
pub fn own_address() -> Option<Ipv4Addr> {
    // Nothing is sent: the kernel only says which address it would send from.
    let socket = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    match socket.local_addr().ok()? {
        SocketAddr::V4(own) if !own.ip().is_loopback() => Some(*own.ip()),
        SocketAddr::V4(_) | SocketAddr::V6(_) => None,
    }
}

/// Passes connections on, so that the program sees `from` as their source.
/// Returns the port to connect to. It lasts as long as the test.
///
/// # Panics
/// If no port is free.
#[must_use]
pub fn relay(from: Ipv4Addr, to: u16) -> u16 {
    let (said, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async move {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
            let port = listener.local_addr().expect("bound").port();
            let _ = said.send(port);
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let _ = pass(near, from, to).await;
                });
            }
        });
    });
    heard.recv().expect("the relay listens")
}

/// A line that breaks: passes connections on to a port, and each is cut after so
/// many bytes of its caller's.
#[derive(Clone, Debug)]
pub struct Frail {
    /// The port to connect to.
    pub port: u16,
    after: Arc<AtomicU64>,
}

impl Frail {
    /// A line to a port, which holds until it is told otherwise.
    ///
    /// # Panics
    /// If no port is free.
    #[must_use]
    pub fn to(port: u16) -> Self {
        let after = Arc::new(AtomicU64::new(u64::MAX));
        let (said, heard) = std::sync::mpsc::channel();
        let told = after.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async move {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
                let _ = said.send(listener.local_addr().expect("bound").port());
                while let Ok((near, _)) = listener.accept().await {
                    let after = told.load(Ordering::SeqCst);
                    tokio::spawn(async move {
                        let _ = pass_until(near, port, after).await;
                    });
                }
            });
        });
        Self { port: heard.recv().expect("the line listens"), after }
    }

    /// Cuts each connection made from now on after so many bytes.
    pub fn cut_after(&self, bytes: u64) {
        self.after.store(bytes, Ordering::SeqCst);
    }
}

async fn pass_until(mut near: TcpStream, to: u16, after: u64) -> std::io::Result<()> {
    let mut far = TcpStream::connect((Ipv4Addr::LOCALHOST, to)).await?;
    let ((mut near_in, mut near_out), (mut far_in, mut far_out)) = (near.split(), far.split());
    let there = async {
        let mut said = (&mut near_in).take(after);
        tokio::io::copy(&mut said, &mut far_out).await
    };
    let back = tokio::io::copy(&mut far_in, &mut near_out);
    // Whichever ends first ends both.
    tokio::select! {
        done = there => done.map(|_| ()),
        done = back => done.map(|_| ()),
    }
}

async fn pass(mut near: TcpStream, from: Ipv4Addr, to: u16) -> std::io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    let near_end = if from.is_loopback() { Ipv4Addr::LOCALHOST } else { from };
    let mut far = socket.connect(SocketAddr::from((near_end, to))).await?;
    tokio::io::copy_bidirectional(&mut near, &mut far).await.map(|_| ())
}
