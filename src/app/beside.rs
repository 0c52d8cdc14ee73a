//! What runs beside the workers, on a thread of its own: HTTP, and the signals that ask for a stop.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tracing::{info, warn};

use crate::admin::{ListenError, Listening, Surface, listen};
use crate::runtime::Stop;

/// Why it cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Unable {
    /// The address cannot be had.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The system has no room for another thread, or the like.
    #[error("cannot serve HTTP and signals")]
    System(#[from] io::Error),
}

/// HTTP and signals, until told to end.
pub(super) struct Beside {
    address: Option<SocketAddr>,
    end: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Beside {
    /// Listens on `address`, if any. From here on a signal requests `stop`, and a second one leaves the process.
    pub(super) fn start(address: Option<SocketAddr>, surface: Surface, stop: &Arc<Stop>) -> Result<Beside, Unable> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (listening, signals) = runtime.block_on(async {
            let listening = match address {
                Some(address) => Some(listen(address).await?),
                None => None,
            };
            Ok::<_, Unable>((listening, [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?]))
        })?;
        let address = listening.as_ref().map(Listening::address);
        let (end, ended) = oneshot::channel();
        let stop = stop.clone();
        let body = move || beside(&runtime, listening, surface, signals, &stop, ended);
        let thread = thread::Builder::new().name("beside".into()).spawn(body)?;
        Ok(Beside { address, end, thread })
    }

    /// Where HTTP listens, with the port that was taken.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Finishes the answers under way.
    pub(super) fn end(self) {
        // It fails only if the thread is gone already.
        let _ = self.end.send(());
        let _ = self.thread.join();
    }
}

fn beside(
    runtime: &Runtime,
    listening: Option<Listening>,
    surface: Surface,
    signals: [Signal; 2],
    stop: &Stop,
    ended: oneshot::Receiver<()>,
) {
    let ended = async { drop(ended.await) };
    runtime.block_on(async {
        tokio::select! {
            () = serve(listening, surface, ended) => {}
            () = listen_to(signals, stop) => {}
        }
    });
}

async fn serve(listening: Option<Listening>, surface: Surface, ended: impl Future<Output = ()>) {
    match listening {
        Some(listening) => listening.serve(surface, ended).await,
        None => ended.await,
    }
}

/// Never returns: the second signal ends the process.
async fn listen_to([mut terminate, mut interrupt]: [Signal; 2], stop: &Stop) {
    let mut next = async || {
        tokio::select! {
            _ = terminate.recv() => ("SIGTERM", 143),
            _ = interrupt.recv() => ("SIGINT", 130),
        }
    };
    let (name, _) = next().await;
    info!("{name}: finishing; a second one leaves at once");
    stop.request();
    let (name, code) = next().await;
    warn!("{name} again: leaving at once; what is not committed is done again by the next start");
    std::process::exit(code);
}
