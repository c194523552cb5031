//! `/api/rooms/{pin}/files/{id}` for the owner: offset, append, remove (tus core and termination).

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use app::{
    room::{FileEntry, FileId, FileState, PassingEvent, RoomEvent},
    wire::ProblemCode,
};
use axum::{
    body::Body,
    extract::{FromRequestParts as _, Path, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use tokio::sync::watch;

use super::{Owner, Refusal, Services, State, download, tus};
use crate::{
    files::AppendError,
    rooms::{RecordError, RoomHandle},
};

/// How often the room hears of a running upload at most.
const PROGRESS_PERIOD: Duration = Duration::from_millis(100);

/// `HEAD`: how much has arrived, for a tus client that wants to continue; for everybody else the
/// headers of the download.
pub(crate) async fn head(services: State, Path((_, id)): Path<(String, String)>, request: Request) -> Result<Response, Refusal> {
    let (mut parts, _) = request.into_parts();
    if !tus::is_spoken(&parts.headers) {
        return download::respond(&services, &mut parts, &id).await;
    }
    let Owner(session) = Owner::from_request_parts(&mut parts, &services).await?;
    tus::check_version(&parts.headers)?;
    let file = find(&session.room, &id)?;
    let offset = match file.state {
        FileState::Complete => file.size_bytes,
        FileState::Arriving | FileState::Stopped => services.files.offset(file.id).await?,
    };
    if file.state != FileState::Complete && offset == file.size_bytes {
        // The last byte came with a chunk that was refused; whoever asks will not send another.
        complete(&services, &session.room, file.id).await?;
    }
    let headers = [
        tus::resumable(),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("upload-offset"), offset.into()),
        (HeaderName::from_static("upload-length"), file.size_bytes.into()),
        (HeaderName::from_static("upload-metadata"), tus::Metadata::header(&file)),
    ];
    Ok((StatusCode::OK, headers).into_response())
}

/// `PATCH`: a chunk.
pub(crate) async fn append(
    services: State,
    Owner(session): Owner,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    tus::check_version(&headers)?;
    if headers.get(header::CONTENT_TYPE).is_none_or(|value| value != tus::CHUNK_MEDIA_TYPE) {
        return Err(Refusal::new(ProblemCode::UnsupportedMediaType, format!("A chunk has Content-Type: {}.", tus::CHUNK_MEDIA_TYPE)));
    }
    let offset = tus::number(&headers, "upload-offset")?;
    let file = find(&session.room, &id)?;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok()).unwrap_or(0);
    let offset = receive(&services, &session.room, &file, offset, announced, body).await?;
    let offset = (HeaderName::from_static("upload-offset"), HeaderValue::from(offset));
    Ok((StatusCode::NO_CONTENT, [tus::resumable(), offset]).into_response())
}

/// `DELETE`: the row vanishes everywhere, the bytes from disk.
pub(crate) async fn remove(
    services: State,
    Owner(session): Owner,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if tus::is_spoken(&headers) {
        tus::check_version(&headers)?;
    }
    let id = find(&session.room, &id)?.id;
    session.room.record(|room| room.file(id).map(|_| RoomEvent::FileRemoved { id }).ok_or_else(Refusal::no_such_file)).await?;
    services.files.remove(id).await?;
    Ok((StatusCode::NO_CONTENT, [tus::resumable()]).into_response())
}

/// The row of the file in the path.
pub(super) fn find(room: &RoomHandle, id: &str) -> Result<FileEntry, Refusal> {
    let id: FileId = id.parse().map_err(|_| Refusal::no_such_file())?;
    room.read(|room| room.file(id).cloned()).ok_or_else(Refusal::no_such_file)
}

async fn receive(
    services: &Arc<Services>,
    room: &RoomHandle,
    file: &FileEntry,
    offset: u64,
    announced: u64,
    body: Body,
) -> Result<u64, Refusal> {
    let (id, size_bytes) = (file.id, file.size_bytes);
    if offset.checked_add(announced).is_none_or(|end| end > size_bytes) {
        // Refused before a byte is taken; a wrong offset is the more helpful answer of the two.
        let length = services.files.length(id)?;
        return Err(if offset == length { AppendError::TooLong } else { AppendError::OffsetMismatch(length) }.into());
    }
    let reception = Reception::start(room.clone(), id);
    let (services, room) = (Arc::clone(services), room.clone());
    // In a task of its own: a sender who leaves right after the last byte ends the request, but what
    // arrived has to be finished all the same. The body ends with the connection, and the task with it.
    let receiving = tokio::spawn(async move {
        let appended = services.files.append(id, offset, size_bytes, body.into_data_stream(), reception.progress()).await;
        if appended.is_err() && room.read(|room| room.file(id).is_none()) {
            return Err(Refusal::no_such_file());
        }
        let offset = appended?;
        reception.end(offset);
        if offset == size_bytes {
            complete(&services, &room, id).await?;
        } else {
            watch_for_silence(&services, &room, id, offset);
        }
        Ok(offset)
    });
    receiving.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// The last byte is here: on disk, then in the list.
pub(super) async fn complete(services: &Services, room: &RoomHandle, id: FileId) -> Result<(), Refusal> {
    let finished = services.files.finish(id).await?;
    let completed = room
        .record(|room| match room.file(id) {
            Some(file) if file.state == FileState::Complete => Err(None),
            Some(file) if file.size_bytes == finished.size_bytes => Ok(RoomEvent::FileCompleted { id, crc32: finished.crc32 }),
            _ => Err(Some(Refusal::no_such_file())),
        })
        .await;
    match completed {
        Ok(()) | Err(RecordError::Refused(None)) => Ok(()),
        Err(RecordError::Refused(Some(refusal))) => Err(refusal),
        Err(RecordError::Closed) => Err(RecordError::<Refusal>::Closed.into()),
        Err(RecordError::Journal(error)) => Err(error.into()),
    }
}

/// Tells the room that an upload stopped when its next chunk does not come.
pub(super) fn watch_for_silence(services: &Arc<Services>, room: &RoomHandle, id: FileId, offset_bytes: u64) {
    let (room, idle) = (room.clone(), services.config.pace.idle_upload);
    tokio::spawn(async move {
        let Some(()) = room.until_ended(tokio::time::sleep(idle)).await else { return };
        let silent = room.read(|room| room.file(id).is_some_and(|file| file.offset_bytes == offset_bytes));
        if silent {
            room.pass(PassingEvent::FileProgress { id, offset_bytes, state: FileState::Stopped });
        }
    });
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

    /// The chunk arrived whole, up to `offset_bytes`.
    fn end(self, offset_bytes: u64) {
        self.tell_the_end(offset_bytes, FileState::Arriving);
    }

    fn tell_the_end(&self, offset_bytes: u64, state: FileState) {
        let mut ended = self.ended.lock().expect("no holder panics");
        if !std::mem::replace(&mut *ended, true) {
            self.room.pass(PassingEvent::FileProgress { id: self.id, offset_bytes, state });
        }
    }
}

impl Drop for Reception {
    fn drop(&mut self) {
        let offset = *self.offset.borrow();
        if let Some(offset_bytes) = offset {
            self.tell_the_end(offset_bytes, FileState::Stopped);
        }
    }
}
