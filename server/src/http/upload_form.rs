//! `/r/{pin}/upload`: the plain form with which the owner adds files where no script runs.
//!
//! Each of its files goes the way of every other upload. How long it is shows only at the end of its part.

use std::sync::Arc;

use app::{
    room::{FileEntry, FileId, FileState, PassingEvent, Pin},
    wire::{self, Problem, ProblemCode},
};
use axum::{
    extract::Request,
    http::request,
    response::{IntoResponse as _, Redirect, Response},
};
use tokio::time::timeout;

use super::{
    Owner, PathText, Refusal, Services, State, file, files,
    form_data::{self, Form, FormBody, Part},
    forms, reception,
};
use crate::{fields::Metadata, rooms::RoomHandle};

/// `POST`: the files, one after another, and back to the room's page, which says why when not all of them were taken.
pub(crate) async fn upload(services: State, owner: Result<Owner, Refusal>, PathText(pin): PathText, request: Request) -> Response {
    let Ok(pin) = pin.parse::<Pin>() else { return Refusal::from(Problem::no_such_room()).into_response() };
    let page = wire::room_page(&pin);
    let (head, body) = request.into_parts();
    let body = FormBody::new(body);
    let taken = match owner {
        Ok(Owner(session)) => take(&services, session.room, head, body.clone()).await,
        Err(refusal) => Err(refusal),
    };
    body.read_away().await;
    match taken {
        Ok(()) => Redirect::to(&page).into_response(),
        Err(refusal) => forms::back_to(&page, &refusal),
    }
}

async fn take(services: &Arc<Services>, room: RoomHandle, head: request::Parts, body: FormBody) -> Result<(), Refusal> {
    let form = Form::open(head, body).await?;
    let services = Arc::clone(services);
    // In a task of its own, as every chunk: what arrived is finished even if its sender leaves right after it.
    let taking = tokio::spawn(async move { take_files(&services, &room, form).await });
    taking.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

async fn take_files(services: &Arc<Services>, room: &RoomHandle, mut form: Form) -> Result<(), Refusal> {
    let idle = services.config.pace.idle_upload;
    loop {
        let next = timeout(idle, form.next_part()).await.map_err(|_| form_data::unreadable())?;
        let Some(part) = next? else { return Ok(()) };
        if let Some(name) = part.file_name()? {
            take_file(services, room, part, name).await?;
        }
    }
}

/// Takes one file in. With its last byte it is complete.
async fn take_file(services: &Arc<Services>, room: &RoomHandle, mut part: Part<'_>, name: String) -> Result<(), Refusal> {
    let metadata = Metadata { filename: Some(name), filetype: part.media_type(), modified_at_ms: None };
    let mut file = files::new_entry(files::random_id(), metadata)?;
    files::add(services, room, &file, false).await?;
    let Err(refusal) = take_bytes(services, room, &mut file, &mut part).await else { return Ok(()) };

    let has_no_room = matches!(refusal.0.code, ProblemCode::BodyTooLong | ProblemCode::RoomFull | ProblemCode::NoSpace);
    // A form cannot be continued, so that what has no room here would only take the room of others.
    if !has_no_room || file::erase(services, room, file.id).await.is_err() {
        tell_stopped(services, room, file.id);
    }
    Err(if refusal.0.code == ProblemCode::BodyTooLong { too_long(services, room, &part) } else { refusal })
}

async fn take_bytes(services: &Arc<Services>, room: &RoomHandle, file: &mut FileEntry, part: &mut Part<'_>) -> Result<(), Refusal> {
    let chunk = reception::chunk(services, room, file, 0, None);
    let size_bytes = reception::take_in(services, room, file.id, chunk, part).await?;
    file::declare(services, room, file, size_bytes).await?;
    Ok(services.completion.complete(room, file.id).await?)
}

/// What arrived is kept, and nothing follows by itself.
fn tell_stopped(services: &Services, room: &RoomHandle, id: FileId) {
    if let Ok(offset_bytes) = services.files.length(id) {
        room.pass(PassingEvent::FileProgress { id, offset_bytes, state: FileState::Stopped });
    }
}

/// Which of its limits a file went beyond: nobody had declared its length.
fn too_long(services: &Services, room: &RoomHandle, part: &Part<'_>) -> Refusal {
    if part.came_bytes() > services.config.max_file_size.as_u64() {
        return reception::too_large(services);
    }
    let taken = room.read(|room| room.size_bytes());
    Refusal::room_full(services.config.max_room_size.as_u64().saturating_sub(taken))
}
