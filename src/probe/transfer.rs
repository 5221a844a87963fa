//! Time there and back, and what the line carries each way, by HTTP.

use std::time::{Duration, Instant};

use axum::body::Bytes;
use diemcau_protocol::{LineTest, LineTestCount};
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::Method;
use hyper::body::Frame;

use crate::load::client::{Client, ClientError, empty};

/// Questions for the time there and back.
const PINGS: usize = 12;
/// Uploads come in pieces of so many bytes.
const PIECE: usize = 4 * 1_024;
/// A small send buffer: what lies in it when the time is up goes out later.
const SEND_BUFFER: usize = 64 * 1_024;
/// What the line may take beyond the time to begin and to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// Times by HTTP, in ms.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ping {
    pub(super) rtt_ms: f64,
    pub(super) jitter_ms: f64,
}

/// Asks again and again over one connection.
pub(super) async fn ping(client: &Client, token: &str) -> Option<Ping> {
    let mut channel = client.channel(None).await.ok()?;
    let mut times = Vec::new();
    for _ in 0..PINGS {
        let began = Instant::now();
        let path = "/api/v1/line-test/ping";
        let asked = channel.ask(Method::GET, path, token, empty());
        let answer = tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()?;
        answer.into_body().collect().await.ok()?;
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    // The first one waits for the connection's encryption.
    times.remove(0);
    Some(Ping {
        jitter_ms: jitter(&times),
        rtt_ms: median(times),
    })
}

/// The one in the middle; 0 of none.
pub(super) fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(0.0)
}

/// How much one differs from the next, in the middle: one late answer is no
/// uneven line.
fn jitter(times: &[f64]) -> f64 {
    let differences = times.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    median(differences.collect())
}

/// What the line carries from the server, in kbit/s.
pub(super) async fn down(
    client: &Client,
    token: &str,
    test: &LineTest,
    seconds: u32,
) -> Result<f64, ClientError> {
    let mut channel = client.channel(None).await?;
    let path = format!(
        "/api/v1/line-test/down?seconds={seconds}&kbps={}",
        test.most_kbps
    );
    let mut body = channel
        .ask(Method::GET, &path, token, empty())
        .await?
        .into_body();
    let (mut began, mut bytes) = (None, 0);
    let end = Instant::now() + Duration::from_secs(seconds.into());
    while let Ok(Some(frame)) = tokio::time::timeout_at(end.into(), body.frame()).await {
        let frame = frame.map_err(|error| ClientError::Connection(error.to_string()))?;
        // What came at first had gathered on its way.
        match began {
            None => began = Some(Instant::now()),
            Some(_) => bytes += frame.data_ref().map_or(0, Bytes::len),
        }
    }
    let passed = began.map_or(f64::MAX, |began| began.elapsed().as_secs_f64());
    Ok(bytes as f64 * 8.0 / 1_000.0 / passed.max(0.001))
}

/// What the line carries to the server, in kbit/s.
pub(super) async fn up(
    client: &Client,
    token: &str,
    test: &LineTest,
    seconds: u32,
) -> Result<f64, ClientError> {
    let mut channel = client.channel(Some(SEND_BUFFER)).await?;
    let began = Instant::now();
    let end = began + Duration::from_secs(seconds.into());
    let distance = Duration::from_secs_f64(PIECE as f64 / (f64::from(test.most_kbps) * 125.0));
    let most = test.most_bytes as usize / PIECE;
    // What is sent must not shrink on its way; the server's noise is as good.
    let piece = Bytes::from(noise());
    let pieces = stream::unfold((0, began), move |(sent, due)| {
        let piece = piece.clone();
        async move {
            if sent >= most || Instant::now() >= end {
                return None;
            }
            tokio::time::sleep_until(due.into()).await;
            let frame = Ok::<_, std::io::Error>(Frame::data(piece));
            Some((frame, (sent + 1, due + distance)))
        }
    });
    let body = BodyExt::boxed_unsync(StreamBody::new(pieces));
    let path = "/api/v1/line-test/up";
    let asked = channel.ask(Method::POST, path, token, body);
    let patience = Duration::from_secs(seconds.into()) + PATIENCE;
    let lost = |error: &dyn std::fmt::Display| ClientError::Connection(error.to_string());
    let answer = tokio::time::timeout(patience, asked)
        .await
        .map_err(|late| lost(&late))??;
    let body = answer.into_body().collect().await.map_err(|e| lost(&e))?;
    let count: LineTestCount =
        serde_json::from_slice(&body.to_bytes()).map_err(|error| lost(&error))?;
    Ok(f64::from(count.bytes) * 8.0 / f64::from(count.milliseconds.max(1)))
}

/// Bytes that cannot be compressed well.
fn noise() -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    })
    .flatten()
    .take(PIECE)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_the_difference_from_one_to_the_next() {
        assert_eq!(jitter(&[10.0, 14.0, 10.0]), 4.0);
        assert_eq!(jitter(&[10.0, 12.0, 10.0, 500.0, 12.0, 10.0]), 2.0);
        assert_eq!(jitter(&[]), 0.0);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(Vec::new()), 0.0);
    }
}
