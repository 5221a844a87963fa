//! The web client, embedded in the binary, and the headers that every answer
//! carries.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use diemcau_protocol::ErrorCode;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::RustEmbed;

use crate::problem::problem;

const INDEX: &str = "index.html";
/// What the build tool puts here carries its hash in its name.
const HASHED: &str = "assets/";

const NOT_BUILT: &str = "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\">\
<title>Điểm Cầu</title><h1>Điểm Cầu</h1>\
<p>Bản này được dựng khi chưa có giao diện web. Hãy chạy <code>make build</code>.</p>\
<p lang=\"en\">This binary was built without the web client. Run <code>make build</code>.</p>\n";

#[derive(RustEmbed)]
#[folder = "web-client/dist"]
#[allow_missing = true]
struct Embedded;

/// The files of the web client, ready to be sent.
#[derive(Debug, Default)]
pub struct WebClient {
    files: BTreeMap<String, WebFile>,
}

#[derive(Debug)]
struct WebFile {
    content_type: HeaderValue,
    hash: String,
    plain: Bytes,
    gzipped: Option<Bytes>,
}

impl WebClient {
    /// Takes the embedded files and compresses those that gain by it.
    pub fn embedded() -> Self {
        let mut files = BTreeMap::new();
        for path in Embedded::iter() {
            let Some(file) = Embedded::get(&path) else {
                continue;
            };
            let hash = file.metadata.sha256_hash();
            let hash = hash[..16]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            files.insert(path.to_string(), WebFile::new(&path, hash, file.data));
        }
        Self { files }
    }

    fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response {
        let path = path.trim_start_matches('/');
        if path == "api" || path.starts_with("api/") {
            let detail = format!("there is no /{path}");
            return problem(StatusCode::NOT_FOUND, ErrorCode::NotFound, detail);
        }
        if method != Method::GET && method != Method::HEAD {
            return not_allowed();
        }
        match self.files.get(path) {
            Some(file) => file.answer(path, headers),
            None if is_page(path) => match self.files.get(INDEX) {
                Some(file) => file.answer(INDEX, headers),
                None => page(StatusCode::OK, NOT_BUILT),
            },
            None => (StatusCode::NOT_FOUND, "Not found\n").into_response(),
        }
    }
}

/// Whether the client's own router takes the path: everything that does not
/// look like a file.
fn is_page(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or(path);
    !path.starts_with(HASHED) && !last.contains('.')
}

impl WebFile {
    fn new(path: &str, hash: String, data: Cow<'static, [u8]>) -> Self {
        let kind = mime_guess::from_path(path).first_or_octet_stream();
        let is_text = kind.type_() == mime_guess::mime::TEXT
            || ["javascript", "json", "wasm", "xml"]
                .iter()
                .any(|part| kind.as_ref().contains(part));
        let content_type = if kind.type_() == mime_guess::mime::TEXT {
            format!("{}; charset=utf-8", kind.essence_str())
        } else {
            kind.essence_str().to_owned()
        };
        let plain = match data {
            Cow::Borrowed(data) => Bytes::from_static(data),
            Cow::Owned(data) => Bytes::from(data),
        };
        Self {
            content_type: HeaderValue::try_from(content_type)
                .unwrap_or(HeaderValue::from_static("application/octet-stream")),
            hash,
            gzipped: is_text.then(|| gzip(&plain)).flatten(),
            plain,
        }
    }

    fn answer(&self, path: &str, headers: &HeaderMap) -> Response {
        let gzipped = self.gzipped.as_ref().filter(|_| takes_gzip(headers));
        let tag = match gzipped {
            Some(_) => format!("\"{}-gzip\"", self.hash),
            None => format!("\"{}\"", self.hash),
        };
        let cache = if path.starts_with(HASHED) {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        let mut response = Response::builder()
            .header(header::ETAG, &tag)
            .header(header::CACHE_CONTROL, cache)
            .header(header::VARY, "accept-encoding");
        let known = headers
            .get(header::IF_NONE_MATCH)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.split(',').any(|known| known.trim() == tag));
        let body = if known {
            response = response.status(StatusCode::NOT_MODIFIED);
            Bytes::new()
        } else {
            response = response.header(header::CONTENT_TYPE, self.content_type.clone());
            match gzipped {
                Some(gzipped) => {
                    response = response.header(header::CONTENT_ENCODING, "gzip");
                    gzipped.clone()
                }
                None => self.plain.clone(),
            }
        };
        response
            .body(Body::from(body))
            .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
}

fn gzip(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).ok()?;
    let gzipped = encoder.finish().ok()?;
    (gzipped.len() < plain.len()).then(|| Bytes::from(gzipped))
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value.split(',').any(|part| {
                let (name, quality) = part.split_once(';').unwrap_or((part, ""));
                name.trim() == "gzip" && quality.replace(' ', "") != "q=0"
            })
        })
}

fn page(status: StatusCode, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, text).into_response()
}

fn not_allowed() -> Response {
    problem(
        StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::NotFound,
        "the address does not know the method",
    )
}

/// Adds the web client behind the given routes, and the headers around all.
///
/// `strict_transport` tells browsers to come by HTTPS only; it must be off
/// where the same host also serves plain HTTP.
pub fn serve_with(routes: Router, client: WebClient, strict_transport: bool) -> Router {
    let client = Arc::new(client);
    routes
        .method_not_allowed_fallback(async || not_allowed())
        .fallback(async move |request: Request| {
            client.answer(request.method(), request.uri().path(), request.headers())
        })
        .layer(middleware::from_fn_with_state(
            strict_transport,
            add_headers,
        ))
}

async fn add_headers(
    State(strict_transport): State<bool>,
    request: Request,
    next: Next,
) -> Response {
    let policy = content_policy(host(&request));
    let is_api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // A document has a stricter one of its own.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(policy);
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in [
        (
            "permissions-policy",
            "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), \
             screen-wake-lock=(self), speaker-selection=(self), autoplay=(self), \
             geolocation=(), payment=(), usb=()",
        ),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_api && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if strict_transport {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    response
}

/// The host and port that the browser asked for: the `Host` header, or
/// `:authority` in HTTP/2.
pub(crate) fn host(request: &Request) -> Option<&str> {
    request
        .headers()
        .get(header::HOST)
        .and_then(|value| value.to_str().ok())
        .or_else(|| {
            request
                .uri()
                .authority()
                .map(|authority| authority.as_str())
        })
}

/// The policy names the WebSocket's address too, because not every browser
/// counts it as `'self'`.
fn content_policy(host: Option<&str>) -> HeaderValue {
    let host = host.filter(|host| {
        host.chars()
            .all(|c| c.is_ascii_alphanumeric() || ".:-[]".contains(c))
    });
    let sockets = match host {
        Some(host) => format!(" ws://{host} wss://{host}"),
        None => String::new(),
    };
    let policy = format!(
        "default-src 'self'; connect-src 'self'{sockets}; img-src 'self' data: blob:; \
         media-src 'self' blob: mediastream:; style-src 'self' 'unsafe-inline'; \
         font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(
        "default-src 'self'; frame-ancestors 'none'",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> WebClient {
        let script = "let a = 1;".repeat(100).into_bytes();
        let files = [
            ("index.html", b"<!doctype html>".to_vec()),
            ("assets/main-1a2b.js", script),
            ("assets/face.woff2", vec![0; 64]),
        ];
        WebClient {
            files: files
                .into_iter()
                .map(|(path, data)| {
                    let file = WebFile::new(path, "c0ffee".to_owned(), Cow::Owned(data));
                    (path.to_owned(), file)
                })
                .collect(),
        }
    }

    fn ask(path: &str, headers: &[(header::HeaderName, &str)]) -> Response {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()))
            .collect();
        client().answer(&Method::GET, path, &headers)
    }

    fn value(response: &Response, name: header::HeaderName) -> &str {
        response.headers()[name].to_str().unwrap()
    }

    #[test]
    fn hashed_files_are_kept_for_ever_and_the_page_is_asked_for_each_time() {
        let script = ask("/assets/main-1a2b.js", &[]);
        assert!(value(&script, header::CACHE_CONTROL).contains("immutable"));
        for page in ["/", "/index.html", "/m/hop-giao-ban"] {
            let page = ask(page, &[]);
            assert_eq!(page.status(), StatusCode::OK);
            assert_eq!(value(&page, header::CACHE_CONTROL), "no-cache");
            assert_eq!(
                value(&page, header::CONTENT_TYPE),
                "text/html; charset=utf-8"
            );
        }
    }

    #[test]
    fn what_does_not_exist_is_not_the_page() {
        for path in ["/assets/gone-ffff.js", "/favicon.png"] {
            assert_eq!(ask(path, &[]).status(), StatusCode::NOT_FOUND, "{path}");
        }
        let api = ask("/api/v1/nothing", &[]);
        assert_eq!(api.status(), StatusCode::NOT_FOUND);
        assert_eq!(
            value(&api, header::CONTENT_TYPE),
            "application/problem+json"
        );
    }

    #[test]
    fn text_is_compressed_for_who_takes_it() {
        let script = "/assets/main-1a2b.js";
        let gzipped = ask(script, &[(header::ACCEPT_ENCODING, "br, gzip;q=0.8")]);
        assert_eq!(value(&gzipped, header::CONTENT_ENCODING), "gzip");
        let refused = ask(script, &[(header::ACCEPT_ENCODING, "gzip;q=0")]);
        assert!(!refused.headers().contains_key(header::CONTENT_ENCODING));
        let face = ask("/assets/face.woff2", &[(header::ACCEPT_ENCODING, "gzip")]);
        assert!(!face.headers().contains_key(header::CONTENT_ENCODING));
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        let known = [(header::IF_NONE_MATCH, "\"other\", \"c0ffee\"")];
        assert_eq!(ask("/", &known).status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn a_strange_host_does_not_reach_the_policy() {
        let policy = content_policy(Some("hop.example.vn:8443"));
        assert!(
            policy
                .to_str()
                .unwrap()
                .contains("wss://hop.example.vn:8443;")
        );
        let policy = content_policy(Some("a; script-src *"));
        assert!(!policy.to_str().unwrap().contains("script-src"));
    }
}
