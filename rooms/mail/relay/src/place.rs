//! Where two programs of one machine meet: a socket in a folder, or a port of
//! the loopback, perhaps of a named network namespace.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// Connections that wait to be taken.
const BACKLOG: u32 = 128;

/// A place to meet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// A socket in a folder; who may open the folder may speak.
    Socket(PathBuf),
    /// A port of 127.0.0.1.
    Loopback {
        /// The port; 0 takes a free one.
        port: u16,
        /// The namespace whose loopback it is; this one's without a name.
        netns: Option<String>,
    },
    /// An address that others reach too. Only for who was told so.
    Address(SocketAddr),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "{}", path.display()),
            Self::Loopback { port, netns: None } => write!(f, "127.0.0.1:{port}"),
            Self::Loopback { port, netns: Some(name) } => write!(f, "127.0.0.1:{port} in {name}"),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}

/// Opens a socket of a runtime on a thread that has entered a namespace.
fn within<T: Send>(
    netns: Option<&str>,
    open: impl FnOnce() -> io::Result<T> + Send,
) -> io::Result<T> {
    match netns {
        Some(name) => platform::in_network(name, open)?,
        None => open(),
    }
}

impl Place {
    /// Opens it for others. A socket that a dead program left behind is taken
    /// over; one that still answers is not.
    ///
    /// # Errors
    /// If it is in use or cannot be opened.
    pub(crate) async fn listen(&self) -> io::Result<Listener> {
        match self {
            Self::Socket(path) => {
                if UnixStream::connect(path).await.is_ok() {
                    return Err(io::ErrorKind::AddrInUse.into());
                }
                match std::fs::remove_file(path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    Ok(()) | Err(_) => {}
                }
                let listener = UnixListener::bind(path)?;
                // Its folder says who may come; Postfix's account is not ours.
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))?;
                Ok(Listener::Unix(listener))
            }
            Self::Loopback { port, netns } => {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
                listen_tcp(address, netns.as_deref())
            }
            Self::Address(address) => listen_tcp(*address, None),
        }
    }

    /// Goes there.
    ///
    /// # Errors
    /// If nobody is there.
    pub(crate) async fn connect(&self) -> io::Result<Stream> {
        match self {
            Self::Socket(path) => UnixStream::connect(path).await.map(Stream::Unix),
            Self::Loopback { port, netns: None } => {
                TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).await.map(Stream::Tcp)
            }
            Self::Loopback { port, netns: Some(name) } => {
                let (name, port) = (name.clone(), *port);
                let opened = tokio::task::spawn_blocking(move || {
                    within(Some(&name), || {
                        std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))
                    })
                });
                let stream = opened.await.map_err(io::Error::other)??;
                stream.set_nonblocking(true)?;
                TcpStream::from_std(stream).map(Stream::Tcp)
            }
            Self::Address(address) => TcpStream::connect(address).await.map(Stream::Tcp),
        }
    }
}

fn listen_tcp(address: SocketAddr, netns: Option<&str>) -> io::Result<Listener> {
    let runtime = tokio::runtime::Handle::current();
    let open = || {
        let _entered = runtime.enter();
        let socket = if address.is_ipv4() {
            tokio::net::TcpSocket::new_v4()?
        } else {
            tokio::net::TcpSocket::new_v6()?
        };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    within(netns, open).map(Listener::Tcp)
}

/// An open place.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// The next who comes, and from where if that is known.
    pub(crate) async fn accept(&self) -> io::Result<(Stream, Option<SocketAddr>)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, from) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok((Stream::Tcp(stream), Some(from)))
            }
            Self::Unix(listener) => {
                listener.accept().await.map(|(stream, _)| (Stream::Unix(stream), None))
            }
        }
    }

    /// The port, of one that has one.
    pub(crate) fn port(&self) -> Option<u16> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok().map(|address| address.port()),
            Self::Unix(_) => None,
        }
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Self::Unix(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
