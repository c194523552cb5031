//! Taking a chunk in: the bytes to disk, and the room told how far they are.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use app::{
    room::{FileEntry, FileId, FileState, PassingEvent},
    wire::ProblemCode,
};
use axum::{
    body::{Body, HttpBody as _},
    http::HeaderMap,
};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Refusal, Services, Session, tus};
use crate::{
    completion::CompletionError,
    files::{AppendError, Checksum, Chunk, MayGrow},
    rooms::RoomHandle,
};

/// Up to this size, a file that comes with its announcement is taken in before it is announced: one
/// write and one record instead of three of each.
const SMALL_BYTES: u64 = 256 * 1024;
/// How long such a file may take.
const AT_ONCE: Duration = Duration::from_millis(20);
/// How often the room hears of a running upload at most.
const PROGRESS_PERIOD: Duration = Duration::from_millis(100);

/// A chunk as its sender announced it.
pub(super) struct Announced {
    /// Where it begins.
    pub(super) offset: u64,
    /// What it must sum to.
    pub(super) checksum: Option<Checksum>,
    /// Its bytes.
    pub(super) body: Body,
}

/// A small file that was announced with its bytes.
pub(super) enum Whole {
    /// All of them came at once.
    Here(Bytes),
    /// They take longer.
    Later(Announced),
}

impl Announced {
    pub(super) fn new(offset: u64, headers: &HeaderMap, body: Body) -> Result<Self, Refusal> {
        Ok(Self { offset, checksum: tus::checksum(headers)?, body })
    }

    /// All of its bytes, when they are that few and come at once. What takes longer is given back, with
    /// what came of it in front, to be taken in like every other chunk: others can see it arrive then.
    pub(super) async fn read_at_once(self) -> Result<Whole, Refusal> {
        let Self { offset, checksum, body } = self;
        let announced = body.size_hint().exact();
        let mut frames = body.into_data_stream();
        let mut came = Vec::new();
        let mut length = 0;
        let reading = async {
            while let Some(Ok(frame)) = frames.next().await {
                length += frame.len() as u64;
                came.push(frame);
            }
        };
        drop(tokio::time::timeout(AT_ONCE, reading).await);
        if announced != Some(length) {
            let body = Body::from_stream(stream::iter(came).map(Ok).chain(frames));
            return Ok(Whole::Later(Self { offset, checksum, body }));
        }
        let bytes = match came.as_slice() {
            [all] => all.clone(),
            several => Bytes::from(several.concat()),
        };
        match checksum {
            Some(checksum) if !checksum.matches(&bytes) => Err(AppendError::ChecksumMismatch.into()),
            _ => Ok(Whole::Here(bytes)),
        }
    }

    /// Whether it is a whole file of `size_bytes`, so small that it may come at once.
    pub(super) fn is_small_whole(&self, size_bytes: Option<u64>) -> bool {
        let announced = self.body.size_hint().exact();
        self.offset == 0 && announced.is_some() && announced == size_bytes && size_bytes.is_some_and(|size| size <= SMALL_BYTES)
    }

    /// Refuses a chunk that is too long before a byte of it is taken. `limit_bytes` is where the file
    /// must end at the latest.
    pub(super) fn check(&self, limit_bytes: u64) -> Result<(), AppendError> {
        let announced = self.body.size_hint().lower();
        if self.offset.checked_add(announced).is_some_and(|end| end <= limit_bytes) { Ok(()) } else { Err(AppendError::TooLong) }
    }
}

/// Takes a chunk in and returns the new offset. With the last byte the file is complete before that.
pub(super) async fn receive(services: &Arc<Services>, session: &Session, file: &FileEntry, announced: Announced) -> Result<u64, Refusal> {
    let (room, id) = (&session.room, file.id);
    if let Err(too_long) = announced.check(limit_bytes(services, file)) {
        // Of two reasons, a wrong offset is the more helpful answer.
        let length = services.files.length(id)?;
        return Err(if announced.offset == length { too_long } else { AppendError::OffsetMismatch(length) }.into());
    }
    let Announced { offset, checksum, body } = announced;
    let chunk = chunk(services, room, file, offset, checksum);
    let (services, room, departure) = (Arc::clone(services), room.clone(), room.departure(session.member));
    let member = session.member;
    // In a task of its own: a sender who leaves right after the last byte ends the request, but what
    // arrived has to be finished all the same. The body ends with the connection, and the task with it.
    let receiving = tokio::spawn(async move {
        let offset = take_in(&services, &room, id, chunk, body.into_data_stream()).await?;
        if room.read(|room| room.upload(id).is_some_and(|file| file.size_bytes == Some(offset))) {
            services.completion.complete(&room, id).await?;
        } else {
            // Whoever is back by now may leave again; whoever never had a page does not.
            let departure = room.departure(member).or(departure).unwrap_or_default();
            watch_for_silence(&services, &room, departure, id, offset);
        }
        Ok(offset)
    });
    receiving.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// What comes of a file from `offset` on, within its limits.
pub(super) fn chunk(services: &Services, room: &RoomHandle, file: &FileEntry, offset: u64, checksum: Option<Checksum>) -> Chunk {
    let id = file.id;
    let may_grow = file.size_bytes.is_none().then(|| {
        let (room, most_bytes) = (room.clone(), services.config.max_room_size.as_u64());
        Box::new(move |bytes| room.grow(id, bytes, most_bytes)) as MayGrow
    });
    Chunk { offset, limit_bytes: limit_bytes(services, file), may_grow, checksum }
}

/// Where a file must end at the latest.
fn limit_bytes(services: &Services, file: &FileEntry) -> u64 {
    file.size_bytes.unwrap_or(services.config.max_file_size.as_u64())
}

/// Brings a chunk to the disk while the room hears how far it is, and returns the new offset.
pub(super) async fn take_in<E: Send>(
    services: &Services,
    room: &RoomHandle,
    id: FileId,
    chunk: Chunk,
    frames: impl Stream<Item = Result<Bytes, E>> + Send + Unpin,
) -> Result<u64, Refusal> {
    let reception = Reception::start(room.clone(), id);
    let appended = services.files.append(id, chunk, frames, reception.progress()).await;
    if appended.is_err() && room.read(|room| room.upload(id).is_none()) {
        return Err(Refusal::no_such_file());
    }
    match &appended {
        Ok(offset) => reception.end(*offset, FileState::Arriving),
        // Not all that came counts.
        Err(_) => reception.end(services.files.length(id)?, FileState::Stopped),
    }
    Ok(appended?)
}

/// Tells the room that an upload stopped when its next chunk does not come: after a while, or as soon as the
/// page is gone that sent the chunk before.
pub(super) fn watch_for_silence(services: &Arc<Services>, room: &RoomHandle, departure: CancellationToken, id: FileId, offset_bytes: u64) {
    let (room, idle) = (room.clone(), services.config.pace.idle_upload);
    tokio::spawn(async move {
        let silence = async { drop(tokio::time::timeout(idle, departure.cancelled()).await) };
        let Some(()) = room.until_ended(silence).await else { return };
        let silent = room.read(|room| room.upload(id).is_some_and(|file| file.offset_bytes == offset_bytes));
        if silent {
            room.pass(PassingEvent::FileProgress { id, offset_bytes, state: FileState::Stopped });
        }
    });
}

impl From<CompletionError> for Refusal {
    fn from(error: CompletionError) -> Self {
        match error {
            CompletionError::Gone => Self::no_such_file(),
            CompletionError::Journal(error) => error.into(),
            CompletionError::Disk(error) => error.into(),
        }
    }
}

/// What is wrong with a length that nobody may have.
pub(super) fn too_large(services: &Services) -> Refusal {
    let detail = format!("The file is larger than the {} that this server takes.", services.config.max_file_size);
    Refusal::new(ProblemCode::FileTooLarge, detail)
}

/// A chunk on its way in. However it ends, also when the request is dropped, the room hears of it.
struct Reception {
    room: RoomHandle,
    id: FileId,
    /// The length on disk, once anything was written.
    offset: watch::Sender<Option<u64>>,
    /// Held while the room is told, so that nothing is told of a chunk after its end.
    ended: Arc<Mutex<bool>>,
}

impl Reception {
    /// Tells the room of every write from now on: at once, but not more often than anyone can see.
    fn start(room: RoomHandle, id: FileId) -> Self {
        let (offset, mut news) = watch::channel(None);
        let reception = Self { room: room.clone(), id, offset, ended: Arc::default() };
        let ended = Arc::clone(&reception.ended);
        tokio::spawn(async move {
            while news.changed().await.is_ok() {
                let Some(offset_bytes) = *news.borrow_and_update() else { continue };
                {
                    let ended = ended.lock().expect("no holder panics");
                    if *ended {
                        return;
                    }
                    room.pass(PassingEvent::FileProgress { id, offset_bytes, state: FileState::Arriving });
                }
                tokio::time::sleep(PROGRESS_PERIOD).await;
            }
        });
        reception
    }

    /// Called after every write.
    fn progress(&self) -> impl Fn(u64) + Send + 'static {
        let offset = self.offset.clone();
        move |offset_bytes| {
            offset.send_replace(Some(offset_bytes));
        }
    }

    /// The chunk is over, and the file has `offset_bytes`.
    fn end(&self, offset_bytes: u64, state: FileState) {
        let mut ended = self.ended.lock().expect("no holder panics");
        if !std::mem::replace(&mut *ended, true) && self.offset.borrow().is_some() {
            self.room.pass(PassingEvent::FileProgress { id: self.id, offset_bytes, state });
        }
    }
}

impl Drop for Reception {
    fn drop(&mut self) {
        let offset = *self.offset.borrow();
        if let Some(offset_bytes) = offset {
            self.end(offset_bytes, FileState::Stopped);
        }
    }
}
