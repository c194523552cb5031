//! Sends one file, chunk after chunk, until the server has all of it.

use futures::join;
use gloo_timers::future::sleep;

use super::{Source, UploadState, Uploads, chunk::Chunk, pace::ChunkSize, protocol, slice_of};
use crate::browser::system::{backoff, clock};
use crate::{
    browser::system::page,
    room::FileId,
    wire::{self, Problem, ProblemCode},
};

/// After this many failures in a row the upload fails, unless the browser is offline. The person then decides whether
/// to go on. What the server refuses for good fails at once, and a wait that the server asks for is no failure.
const MAX_FAILURES: u32 = 7;

/// Sends the bytes that the server does not have yet. While a chunk is being sent, the checksum of the next one is
/// computed.
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
    // The length of the chunk that was sent last.
    let mut length = 0;
    loop {
        let step = match (offset, ready.take()) {
            (None, _) => protocol::ask_offset(&address).await,
            (Some(at), prepared) => {
                let chunk = match prepared.filter(|chunk| chunk.offset == at) {
                    Some(chunk) => chunk,
                    None => next(at).await?,
                };
                uploads.set(id, UploadState::Sending);
                length = chunk.length;
                let end = at + length;
                let begun = clock::now_secs();
                let sending = protocol::send(&address, &chunk, move |sent| uploads.record_sent(id, at + sent));
                let following = async { if end < size { Some(next(end).await) } else { None } };
                // A failure to read ahead does not affect the chunk that is being sent; the next round reads again.
                let (sent, following) = join!(sending, following);
                if sent.is_ok() {
                    uploads.adapt_chunks(|size| size.took(length, clock::now_secs() - begun));
                    ready = following.and_then(Result::ok);
                } else {
                    uploads.adapt_chunks(ChunkSize::failed);
                }
                sent
            }
        };
        match step {
            Ok(reached) if reached >= size => return Ok(()),
            Ok(reached) => {
                uploads.record_arrived(id, reached);
                offset = Some(reached);
                // An answer whose offset is no larger than before is no progress, so the failures keep counting.
                if reached > furthest {
                    (furthest, failures) = (reached, 0);
                }
            }
            // Smaller chunks may come through. The next round asks for the offset, though nothing of this one has arrived.
            Err(problem)
                if problem.code == ProblemCode::PieceRefused && uploads.adapt_chunks(|size| size.refused(length)).unwrap_or(false) =>
            {
                offset = None;
            }
            Err(problem) if !backoff::is_temporary(&problem) => return Err(problem),
            Err(problem) => {
                let asked = backoff::asked(&problem);
                failures += u32::from(asked.is_none());
                if failures >= MAX_FAILURES && page::is_online() {
                    return Err(problem);
                }
                uploads.set(id, UploadState::Retrying);
                match asked {
                    Some(wait) => sleep(wait).await,
                    None => backoff::wait(failures).await,
                }
                // Some of the chunk may have arrived, so the next round asks the server for the offset.
                offset = None;
            }
        }
    }
}
