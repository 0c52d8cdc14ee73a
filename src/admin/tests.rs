//! The pages over a real socket of this machine.

use std::net::SocketAddr;
use std::sync::Mutex;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::*;

/// Serves on a free port of `address` while `test` runs.
fn with_server<T>(address: &str, reasons: Vec<String>, test: impl AsyncFnOnce(SocketAddr) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listening = listen(address.parse().unwrap()).await.unwrap();
        let at = listening.address();
        let surface = Surface {
            reasons: Box::new(move || reasons.clone()),
            metrics: Box::new(|| "churn_up 1\n".into()),
            version: r#"{"version":"0"}"#.into(),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(listening.serve(surface, async { drop(stopped.await) }));
        let result = test(at).await;
        stop.send(()).unwrap();
        server.await.unwrap();
        assert!(TcpStream::connect(at).await.is_err(), "it has stopped listening");
        result
    })
}

/// Sends `request` as it is and reads to the end.
async fn raw(at: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A server that refuses a request may reset the connection under what it has not read.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

async fn request(at: SocketAddr, line: &str, host: &str) -> (String, String, String) {
    let answer = raw(at, &format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).unwrap_or_default().to_owned();
    (status, head.to_lowercase(), body.to_owned())
}

#[test]
fn each_page_has_its_status_and_its_type() {
    with_server("127.0.0.1:0", vec![], async |at| {
        for (line, status, content_type, body) in [
            ("GET /livez", "200", "text/plain; charset=utf-8", "ok\n"),
            ("GET /readyz", "200", "text/plain; charset=utf-8", "ok\n"),
            ("GET /metrics", "200", "text/plain; version=0.0.4; charset=utf-8", "churn_up 1\n"),
            ("GET /metrics?x=1", "200", "text/plain; version=0.0.4; charset=utf-8", "churn_up 1\n"),
            ("HEAD /metrics", "200", "text/plain; version=0.0.4; charset=utf-8", ""),
            ("GET /version", "200", "application/json", r#"{"version":"0"}"#),
            (
                "GET /",
                "404",
                "text/plain; charset=utf-8",
                "not found; there are /metrics, /livez, /readyz and /version\n",
            ),
            ("POST /livez", "405", "text/plain; charset=utf-8", "only GET and HEAD\n"),
        ] {
            let (got, head, got_body) = request(at, line, "localhost").await;
            assert_eq!((got.as_str(), got_body.as_str()), (status, body), "{line}");
            assert!(head.contains(&format!("content-type: {content_type}\r\n")), "{line}: {head}");
            assert!(head.contains("cache-control: no-store"), "{head}");
        }
    });
}

#[test]
fn what_is_not_ready_says_why_a_reason_a_line() {
    let reasons = vec!["worker 0: restoring partition 3".to_owned(), "worker 1: no connection to Kafka".to_owned()];
    with_server("127.0.0.1:0", reasons, async |at| {
        let (status, _, body) = request(at, "GET /readyz", "localhost").await;
        assert_eq!(status, "503");
        assert_eq!(body, "worker 0: restoring partition 3\nworker 1: no connection to Kafka\n");
        assert_eq!(request(at, "GET /livez", "localhost").await.0, "200");
    });
}

#[test]
fn on_loopback_only_requests_for_this_machine_are_answered() {
    with_server("127.0.0.1:0", vec![], async |at| {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:8080", "127.9.9.9", "[::1]", "[::1]:1"] {
            assert_eq!(request(at, "GET /metrics", host).await.0, "200", "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "10.0.0.1", "127.0.0.1.evil.example:80", "", "a b", "0"]
        {
            assert_ne!(request(at, "GET /metrics", host).await.0, "200", "{host}");
        }
        assert_eq!(request(at, "GET /metrics", "evil.example:8080").await.0, "403");
        assert!(raw(at, "GET /livez HTTP/1.0\r\n\r\n").await.ends_with("ok\n"), "a probe without a name is no browser");
    });
    with_server("0.0.0.0:0", vec![], async |at| {
        let local = SocketAddr::new("127.0.0.1".parse().unwrap(), at.port());
        assert_eq!(request(local, "GET /metrics", "churnwatch.example").await.0, "200");
    });
}

#[test]
fn a_request_beyond_the_limits_is_refused() {
    with_server("127.0.0.1:0", vec![], async |at| {
        let long = "x".repeat(20_000);
        let many: String = (0..100).map(|n| format!("x{n}: 1\r\n")).collect();
        for request in [
            format!("GET /livez HTTP/1.1\r\nHost: localhost\r\nx: {long}\r\n\r\n"),
            format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            format!("GET /livez HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"),
            "nonsense\r\n\r\n".to_owned(),
        ] {
            let answer = raw(at, &request).await;
            assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
        assert_eq!(request(at, "GET /livez", "localhost").await.0, "200");
    });
}

#[test]
fn a_client_that_says_nothing_is_let_go() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let listening = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let at = listening.address();
        let surface = Surface { reasons: Box::new(Vec::new), metrics: Box::new(String::new), version: String::new() };
        let server = tokio::spawn(listening.serve(surface, std::future::pending()));
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost: localh").await.unwrap();
        let before = tokio::time::Instant::now();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
        assert!(before.elapsed() < std::time::Duration::from_secs(15), "{:?}", before.elapsed());
        server.abort();
    });
}

#[test]
fn an_address_in_use_is_a_clear_error() {
    with_server("127.0.0.1:0", vec![], async |at| {
        let error = listen(at).await.err().unwrap();
        let meant =
            format!("cannot listen on {at}: the address is in use; stop the other process, or set `http.listen`");
        assert_eq!(error.to_string(), meant);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(listen("192.0.2.1:1".parse().unwrap())).err().unwrap();
    assert_eq!(error.to_string(), "cannot listen on 192.0.2.1:1");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn every_request_asks_anew() {
    let count = Mutex::new(0);
    let surface = Surface {
        reasons: Box::new(Vec::new),
        metrics: Box::new(move || {
            *count.lock().unwrap() += 1;
            format!("n {}\n", count.lock().unwrap())
        }),
        version: String::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listening = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let at = listening.address();
        let server = tokio::spawn(listening.serve(surface, std::future::pending()));
        assert_eq!(request(at, "GET /metrics", "localhost").await.2, "n 1\n");
        assert_eq!(request(at, "GET /metrics", "localhost").await.2, "n 2\n");
        server.abort();
    });
}
