//! A file over HTTP, whole or a part of it (RFC 9110 §14), read as it is sent.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use diemcau_protocol::ErrorCode;
use diemcau_recorder::Content;
use diemcau_recorder::library::Opened;
use futures_util::stream;

use crate::problem::problem;

/// Sent at a time, in bytes.
const CHUNK: u64 = 256 << 10;

/// What is asked for of a file.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Part(Range<u64>),
    /// A part that it does not have.
    Nowhere,
}

/// Answers with a file.
pub(super) fn answer(opened: Opened, headers: &HeaderMap) -> Response {
    let Opened {
        name,
        length,
        content,
    } = opened;
    let asked = headers.get(header::RANGE);
    let asked = asked.and_then(|value| value.to_str().ok());
    let (status, range) = match asked.map_or(Wanted::Whole, |asked| wanted(asked, length)) {
        Wanted::Whole => (StatusCode::OK, 0..length),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Nowhere => {
            let mut response = problem(
                StatusCode::RANGE_NOT_SATISFIABLE,
                ErrorCode::OutOfRange,
                "the file has no such part",
            );
            if let Ok(value) = format!("bytes */{length}").parse() {
                response.headers_mut().insert(header::CONTENT_RANGE, value);
            }
            return response;
        }
    };
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let head = [
        (header::CONTENT_TYPE, kind.to_string()),
        (
            header::CONTENT_LENGTH,
            (range.end - range.start).to_string(),
        ),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
    ];
    let part = format!("bytes {}-{}/{length}", range.start, range.end.max(1) - 1);
    let body = Body::from_stream(read(content, range));
    let mut response = (status, head, body).into_response();
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(value) = part.parse()
    {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    response
}

/// What a `Range` asks for. Several parts at once, and what is not understood,
/// get the whole.
fn wanted(asked: &str, length: u64) -> Wanted {
    let Some((first, last)) = asked.strip_prefix("bytes=").and_then(|r| r.split_once('-')) else {
        return Wanted::Whole;
    };
    let range = match (first.trim().parse::<u64>(), last.trim()) {
        (Ok(first), "") => first..length,
        (Ok(first), last) => match last.parse::<u64>() {
            Ok(last) if last >= first => first..last.saturating_add(1).min(length),
            Ok(_) | Err(_) => return Wanted::Whole,
        },
        (Err(_), last) if first.trim().is_empty() => match last.parse::<u64>() {
            Ok(last) => length.saturating_sub(last)..length,
            Err(_) => return Wanted::Whole,
        },
        (Err(_), _) => return Wanted::Whole,
    };
    if range.is_empty() {
        Wanted::Nowhere
    } else {
        Wanted::Part(range)
    }
}

fn read(
    content: Box<dyn Content>,
    range: Range<u64>,
) -> impl stream::Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold((content, range), |(mut content, left)| async move {
        if left.is_empty() {
            return Ok(None);
        }
        let size = CHUNK.min(left.end - left.start);
        let at = left.start;
        let read = tokio::task::spawn_blocking(move || {
            // At most a chunk.
            let mut bytes = vec![0; size as usize];
            content.seek(SeekFrom::Start(at))?;
            content.read_exact(&mut bytes)?;
            Ok::<_, io::Error>((bytes, content))
        });
        let (bytes, content) = read.await.map_err(io::Error::other)??;
        Ok(Some((Bytes::from(bytes), (content, at + size..left.end))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_what_is_there_of_it() {
        let cases = [
            ("bytes=0-", Wanted::Part(0..100)),
            ("bytes=0-0", Wanted::Part(0..1)),
            ("bytes=90-200", Wanted::Part(90..100)),
            ("bytes=-10", Wanted::Part(90..100)),
            ("bytes=-200", Wanted::Part(0..100)),
            ("bytes=100-", Wanted::Nowhere),
            ("bytes=-0", Wanted::Nowhere),
            ("bytes=9-3", Wanted::Whole),
            ("bytes=0-1,5-6", Wanted::Whole),
            ("lines=0-1", Wanted::Whole),
        ];
        for (asked, expected) in cases {
            assert_eq!(wanted(asked, 100), expected, "{asked}");
        }
    }
}
