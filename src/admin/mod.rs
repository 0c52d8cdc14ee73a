//! What an operator and Prometheus ask over HTTP: `/metrics`, `/livez`, `/readyz` and `/version`.

mod server;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, X_CONTENT_TYPE_OPTIONS};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

pub use server::{ListenError, Listening, listen};

const TEXT: &str = "text/plain; charset=utf-8";
/// The format that every Prometheus reads.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What is shown. Both functions are called for each request, on a thread that must not wait.
pub struct Surface {
    /// Why the service is not ready; empty if it is.
    pub reasons: Box<dyn Fn() -> Vec<String> + Send + Sync>,
    /// Every metric, in Prometheus' text format.
    pub metrics: Box<dyn Fn() -> String + Send + Sync>,
    /// The build, as a JSON object.
    pub version: String,
}

/// The pages. With `only_local`, requests must be for a name of this machine: a web page whose own name was pointed at
/// 127.0.0.1 must not read them (DNS rebinding).
fn pages(surface: Arc<Surface>, only_local: bool) -> Router {
    let pages = Router::new()
        .route("/livez", get(async || text(StatusCode::OK, TEXT, "ok\n")))
        .route("/readyz", get(ready))
        .route("/metrics", get(async |State(at): State<Arc<Surface>>| text(StatusCode::OK, PROMETHEUS, (at.metrics)())))
        .route(
            "/version",
            get(async |State(at): State<Arc<Surface>>| text(StatusCode::OK, "application/json", at.version.clone())),
        )
        .method_not_allowed_fallback(async || text(StatusCode::METHOD_NOT_ALLOWED, TEXT, "only GET and HEAD\n"))
        .fallback(async || {
            text(StatusCode::NOT_FOUND, TEXT, "not found; there are /metrics, /livez, /readyz and /version\n")
        })
        .with_state(surface)
        .layer(map_response(for_machines));
    if only_local { pages.layer(from_fn(local_names)) } else { pages }
}

async fn ready(State(surface): State<Arc<Surface>>) -> Response {
    let reasons = (surface.reasons)();
    if reasons.is_empty() {
        return text(StatusCode::OK, TEXT, "ok\n");
    }
    let lines: String = reasons.iter().map(|reason| format!("{reason}\n")).collect();
    text(StatusCode::SERVICE_UNAVAILABLE, TEXT, lines)
}

fn text(status: StatusCode, content_type: &'static str, body: impl Into<String>) -> Response {
    (status, [(CONTENT_TYPE, content_type)], body.into()).into_response()
}

/// No answer is kept, or taken for something to run.
async fn for_machines(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

async fn local_names(request: Request, next: Next) -> Response {
    if asks_locally(&request) {
        return next.run(request).await;
    }
    text(StatusCode::FORBIDDEN, TEXT, "only requests for localhost are answered; http.listen sets another address\n")
}

/// Whether the request is for a loopback name. One without a name comes from no browser.
fn asks_locally(request: &Request) -> bool {
    let named = request.headers().get(HOST).map(|host| host.as_bytes());
    let Some(host) = named.or(request.uri().authority().map(|authority| authority.as_str().as_bytes())) else {
        return true;
    };
    let Ok(authority) = Authority::try_from(host) else { return false };
    let host = authority.host();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests;
