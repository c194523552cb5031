//! Sending one file, chunk after chunk, until all of it is there.

use futures::{FutureExt as _, StreamExt as _, channel::mpsc::unbounded, join, select};
use gloo_events::EventListener;
use gloo_timers::future::sleep;

use super::{Source, Transfer, Uploads, chunk::Chunk, protocol, slice_of};
use crate::{
    browser::{backoff, page},
    room::FileId,
    wire::{self, Problem, ProblemCode},
};

/// Failures in a row, with a network, after which the person decides whether to go on.
const MAX_FAILURES: u32 = 7;

/// Sends what the server does not have yet. The next chunk is summed while one is on its way.
pub(super) async fn send(uploads: Uploads, id: FileId, source: &Source) -> Result<(), Problem> {
    let address = wire::file(&source.pin, id);
    let blob = slice_of(&source.file);
    let size = blob.size();
    let next = async |offset: u64| {
        let length = uploads.chunk_bytes().min(size - offset);
        Chunk::prepare(&blob, offset, length).await
    };
    let mut ready: Option<Chunk> = None;
    let (mut offset, mut furthest, mut failures) = (source.offset, 0, 0);
    loop {
        let step = match (offset, ready.take()) {
            (None, _) => protocol::ask_offset(&address).await,
            (Some(at), prepared) => {
                let chunk = match prepared.filter(|chunk| chunk.offset == at) {
                    Some(chunk) => chunk,
                    None => next(at).await?,
                };
                uploads.set(id, Transfer::Sending);
                let end = at + chunk.length;
                let begun = page::now_secs();
                let sending = protocol::send(&address, &chunk, move |sent| uploads.moved(id, at + sent));
                let following = async { if end < size { Some(next(end).await) } else { None } };
                // Reading ahead may fail without any harm to what is on its way; it is tried again then.
                let (sent, following) = join!(sending, following);
                if sent.is_ok() {
                    uploads.chunk_took(chunk.length, page::now_secs() - begun);
                    ready = following.and_then(Result::ok);
                } else {
                    uploads.chunk_failed();
                }
                sent
            }
        };
        match step {
            Ok(reached) if reached >= size => return Ok(()),
            Ok(reached) => {
                uploads.arrived(id, reached);
                offset = Some(reached);
                // An answer that only tells how far it is does not get it any further.
                if reached > furthest {
                    (furthest, failures) = (reached, 0);
                }
            }
            Err(problem) if !is_temporary(&problem) => return Err(problem),
            Err(problem) => {
                failures += 1;
                if failures >= MAX_FAILURES && page::is_online() {
                    return Err(problem);
                }
                uploads.set(id, Transfer::Retrying);
                wait(failures).await;
                // The server knows best how much arrived.
                offset = None;
            }
        }
    }
}

/// Whether the same request may succeed later.
pub(super) fn is_temporary(problem: &Problem) -> bool {
    let code = problem.code;
    problem.status >= 500 || matches!(code, ProblemCode::UploadTakenOver | ProblemCode::TooManyRequests | ProblemCode::ChecksumMismatch)
}

/// Waits for the next try, or for the network to come back.
pub(super) async fn wait(failures: u32) {
    let (online, mut came_back) = unbounded();
    let _listener = EventListener::new(&page::window(), "online", move |_| drop(online.unbounded_send(())));
    let mut wait = sleep(backoff::after(failures)).fuse();
    select! {
        () = wait => {}
        _ = came_back.next() => {}
    }
}
