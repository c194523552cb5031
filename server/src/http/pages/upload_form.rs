//! `/r/{pin}/upload`: the plain HTML form with which the owner adds files when no script runs.
//!
//! Each file in the form becomes an ordinary upload, whose length is known only when the whole file has arrived.

use std::sync::Arc;

use app::{
    room::Pin,
    wire::{self, Problem},
};
use axum::{
    extract::Request,
    http::request,
    response::{IntoResponse as _, Redirect, Response},
};
use tokio::time::timeout;

use crate::{
    fields::Metadata,
    http::{
        Refusal, Services, State,
        content::{
            announcement::announcement,
            form_data::{self, Form, FormBody},
            problem_redirect::back_to,
        },
        guard::{Owner, PathText, Session},
    },
    tasks::detached,
    uploads::new_file_id,
};

/// `POST`: receives the files, one after another, and redirects to the room's page. If a file was refused, the page
/// says why.
pub(crate) async fn upload(services: State, owner: Result<Owner, Refusal>, PathText(pin): PathText, request: Request) -> Response {
    let Ok(pin) = pin.parse::<Pin>() else { return Refusal::from(Problem::no_such_room()).into_response() };
    let page = wire::paths::room_page(&pin);
    let (head, body) = request.into_parts();
    let body = FormBody::new(body);
    let received = match owner {
        Ok(Owner(session)) => receive(&services, session, head, body.clone()).await,
        Err(refusal) => Err(refusal),
    };
    body.read_away().await;
    match received {
        Ok(()) => Redirect::to(&page).into_response(),
        Err(refusal) => back_to(&page, &refusal),
    }
}

/// Receives the files of a form. A file that has arrived completely is recorded even when its sender disconnects right
/// after it.
async fn receive(services: &Arc<Services>, session: Session, head: request::Parts, body: FormBody) -> Result<(), Refusal> {
    let mut form = Form::open(head, body).await?;
    let (uploads, idle) = (Arc::clone(&services.uploads), services.config.timeouts.idle_upload);
    detached(async move {
        loop {
            let next = timeout(idle, form.next_part()).await.map_err(|_| form_data::unreadable())?;
            let Some(part) = next? else { return Ok(()) };
            if let Some(name) = part.file_name()? {
                let metadata = Metadata { filename: Some(name), filetype: part.media_type(), modified_at_ms: None };
                let announcement = announcement(new_file_id(session.member, None), metadata)?;
                uploads.receive_unresumable(&session.room, announcement, part).await?;
            }
        }
    })
    .await
}
