//! Listening, and serving each connection within its limits.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tracing::{debug, warn};

use super::{Surface, pages};

/// Connections at a time; the next ones wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 64;
/// A client that has not sent its headers by then is let go; so is a connection kept open without a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection of any kind is closed after this.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(600);
/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// Headers of a request.
const HEADERS_MAX: usize = 64;
/// Answers under way when the service stops have so long.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);
/// After a failed accept, when file descriptors have run out for example.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);

/// Why there is nobody listening.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Somebody else has the address.
    #[error("cannot listen on {0}: the address is in use; stop the other process, or set `http.listen`")]
    InUse(SocketAddr),
    /// Anything else.
    #[error("cannot listen on {address}")]
    Other {
        /// Where it should have been.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
}

/// A socket that is bound, so that nobody else can take the address.
pub struct Listening {
    socket: TcpListener,
    address: SocketAddr,
}

/// Binds `address`; port 0 takes a free one.
///
/// # Errors
/// The address is in use, not of this machine, or not allowed.
pub async fn listen(address: SocketAddr) -> Result<Listening, ListenError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::InUse(address),
        _ => ListenError::Other { address, source },
    };
    let socket = TcpListener::bind(address).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    Ok(Listening { socket, address })
}

impl Listening {
    /// The address, with the port that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests until `stop` is done, then finishes the answers under way.
    pub async fn serve(self, surface: Surface, stop: impl Future<Output = ()>) {
        let pages = pages(Arc::new(surface), self.address.ip().is_loopback());
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let (stopping, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            let place = tokio::select! {
                place = places.clone().acquire_owned() => place.expect("nobody closes the semaphore"),
                () = &mut stop => break,
            };
            let stream = tokio::select! {
                accepted = self.socket.accept() => accepted.map(|(stream, _)| stream),
                () = &mut stop => break,
            };
            match stream {
                Ok(stream) => {
                    let connection = serve(stream, pages.clone(), stopped.clone());
                    connections.spawn(async move {
                        connection.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    warn!(%error, "could not accept a connection");
                    tokio::time::sleep(ACCEPT_BACKOFF).await;
                }
            }
            while connections.try_join_next().is_some() {}
        }
        drop(self.socket);
        stopping.send_replace(true);
        let drained = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(DRAIN_TIMEOUT, drained).await;
    }
}

async fn serve(stream: TcpStream, pages: axum::Router, mut stopped: watch::Receiver<bool>) {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(pages)));
    let mut deadline = pin!(tokio::time::sleep(CONNECTION_TIMEOUT));
    let ended = tokio::select! {
        ended = &mut connection => Some(ended),
        () = &mut deadline => return,
        () = async { drop(stopped.wait_for(|stopped| *stopped).await) } => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "connection ended");
    }
}
