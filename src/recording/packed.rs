//! A whole archive as a zip file, made while it is sent: at most a few pages
//! wait for whoever takes it.

use std::io::{self, Write};

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use diemcau_protocol::MeetingId;
use futures_util::stream;
use tokio::sync::mpsc;

use super::access::on_disk;
use crate::wire::Services;

/// So many pages may wait.
const WAITING: usize = 4;

type Page = io::Result<Bytes>;

/// Hands each page on; waits where too many wait.
struct Line(mpsc::Sender<Page>);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let page = Bytes::copy_from_slice(bytes);
        let sent = self.0.blocking_send(Ok(page));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Answers with an archive.
pub(super) async fn answer(services: &Services, meeting: MeetingId) -> Result<Response, Response> {
    let library = services.archives.library.clone();
    let (asked, known) = (meeting.clone(), library.clone());
    on_disk(move || known.manifest(&asked).map(|_| ())).await?;
    let name = library.name_of(&meeting);
    let (pages, taken) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        if let Err(error) = library.pack(&meeting, Line(pages.clone())) {
            if error.kind() != io::ErrorKind::BrokenPipe {
                tracing::error!(%meeting, %error, "an archive cannot be packed");
            }
            // The line breaks off, so that nobody takes a part for the whole.
            let _ = pages.blocking_send(Err(error));
        }
    });
    let body = stream::unfold(taken, |mut taken| async {
        let page = taken.recv().await?;
        Some((page, taken))
    });
    let head = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.zip\""),
        ),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
    ];
    Ok((head, Body::from_stream(body)).into_response())
}
