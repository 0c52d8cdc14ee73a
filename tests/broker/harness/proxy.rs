//! A TCP proxy before the broker that can hold back one request, as a network that has hiccups does.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use super::Broker;

/// A request of Kafka's protocol, by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i16)]
pub enum Request {
    EndTxn = 26,
    TxnOffsetCommit = 28,
}

/// What is held back, and what was.
#[derive(Default)]
struct Hold {
    /// The next request of this kind is held.
    armed: Mutex<Option<Request>>,
    /// Requests held so far.
    held: AtomicUsize,
    released: Mutex<bool>,
    release: Condvar,
    stopped: AtomicBool,
}

/// A proxy at the port where the broker tells its clients to find one.
pub struct Proxy {
    port: u16,
    hold: Arc<Hold>,
}

impl Proxy {
    /// Begins to forward.
    pub fn start(broker: &Broker) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", broker.proxy_port())).unwrap();
        let (hold, behind) = (Arc::<Hold>::default(), broker.behind_proxy_port());
        let proxy = Proxy { port: broker.proxy_port(), hold: hold.clone() };
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if hold.stopped.load(Ordering::Acquire) {
                    return;
                }
                if let Ok(broker) = TcpStream::connect(("127.0.0.1", behind)) {
                    forward(client, broker, hold.clone());
                }
            }
        });
        proxy
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Holds back the next request of this kind until `release`.
    pub fn hold_next(&self, request: Request) {
        *self.hold.released.lock().unwrap() = false;
        *self.hold.armed.lock().unwrap() = Some(request);
    }

    /// How many requests were held back.
    pub fn held(&self) -> usize {
        self.hold.held.load(Ordering::Acquire)
    }

    /// Lets what is held back reach the broker, late.
    pub fn release(&self) {
        *self.hold.released.lock().unwrap() = true;
        self.hold.release.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.hold.stopped.store(true, Ordering::Release);
        self.release();
        // Wakes the listener, so that the port is free again.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// Forwards one connection, either way in a thread of its own.
fn forward(client: TcpStream, broker: TcpStream, hold: Arc<Hold>) {
    for stream in [&client, &broker] {
        stream.set_nodelay(true).unwrap();
    }
    let (mut answers, mut to_client) = (broker.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || {
        let _ = io::copy(&mut answers, &mut to_client);
        let _ = to_client.shutdown(std::net::Shutdown::Both);
    });
    thread::spawn(move || {
        // A client that gave up hangs up; what it has sent before still arrives.
        let _ = requests(client, broker, &hold);
    });
}

fn requests(mut client: TcpStream, mut broker: TcpStream, hold: &Hold) -> io::Result<()> {
    loop {
        let mut length = [0; 4];
        client.read_exact(&mut length)?;
        let mut request = vec![0; u32::from_be_bytes(length) as usize];
        client.read_exact(&mut request)?;
        let key = i16::from_be_bytes([request[0], request[1]]);
        let holds = {
            let mut armed = hold.armed.lock().unwrap();
            let holds = armed.is_some_and(|wanted| wanted as i16 == key);
            if holds {
                *armed = None;
            }
            holds
        };
        if holds {
            hold.held.fetch_add(1, Ordering::AcqRel);
            let mut released = hold.released.lock().unwrap();
            while !*released {
                released = hold.release.wait(released).unwrap();
            }
        }
        broker.write_all(&length)?;
        broker.write_all(&request)?;
    }
}
