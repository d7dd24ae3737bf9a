//! Another desk: connections that reach the program from an address of their
//! own on the loopback network.

use std::net::{Ipv4Addr, SocketAddr};

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

async fn pass(mut near: TcpStream, from: Ipv4Addr, to: u16) -> std::io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    let near_end = if from.is_loopback() { Ipv4Addr::LOCALHOST } else { from };
    let mut far = socket.connect(SocketAddr::from((near_end, to))).await?;
    tokio::io::copy_bidirectional(&mut near, &mut far).await.map(|_| ())
}
