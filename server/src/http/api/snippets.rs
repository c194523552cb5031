//! `/api/rooms/{pin}/snippets`: the texts that the owner shares with the room.

use app::{
    room::{InvalidSnippet, SnippetId, SnippetText},
    wire::{AddSnippet, ProblemCode, SnippetAdded},
};
use axum::{
    Json,
    extract::{
        Path,
        rejection::{JsonRejection, PathRejection},
    },
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    http::{Refusal, State, guard::Owner},
    rooms::{MAX_SNIPPETS, NoSuchSnippet, RoomHasNoSpace},
    uploads::UploadError,
};

/// `POST /api/rooms/{pin}/snippets`: adds a text, which everybody in the room gets.
pub(crate) async fn add(
    services: State,
    Owner(session): Owner,
    body: Result<Json<AddSnippet>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(AddSnippet { text }) = body.map_err(unreadable)?;
    let text = SnippetText::parse(&text)?;
    services.files.check_disk(text.as_str().len() as u64)?;
    session.room.count_creation().map_err(UploadError::from)?;
    let id = session.room.add_snippet(text).await?;
    let location = format!("{}/{id}", app::wire::paths::snippets(session.room.pin()));
    let headers = [(header::LOCATION, HeaderValue::try_from(location).expect("a path of digits"))];
    Ok((StatusCode::CREATED, headers, Json(SnippetAdded { id })).into_response())
}

/// `DELETE /api/rooms/{pin}/snippets/{id}`: removes a text from the room.
pub(crate) async fn remove(Owner(session): Owner, path: Result<Path<(String, String)>, PathRejection>) -> Result<StatusCode, Refusal> {
    let id: Option<SnippetId> = path.ok().and_then(|Path((_, id))| id.parse().ok());
    let id = id.ok_or(NoSuchSnippet)?;
    session.room.remove_snippet(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<InvalidSnippet> for Refusal {
    fn from(invalid: InvalidSnippet) -> Self {
        let code = match invalid {
            InvalidSnippet::Empty => ProblemCode::EmptySnippet,
            InvalidSnippet::TooLong => ProblemCode::SnippetTooLong,
        };
        Self::new(code, format!("This text cannot be added: {invalid}."))
    }
}

impl From<RoomHasNoSpace> for Refusal {
    fn from(reason: RoomHasNoSpace) -> Self {
        match reason {
            RoomHasNoSpace::TooManySnippets => {
                Self::new(ProblemCode::RoomFull, format!("A room holds {MAX_SNIPPETS} texts. Remove one first."))
            }
            RoomHasNoSpace::TooMuchText(most) => Self::too_much_text(most),
        }
    }
}

impl From<NoSuchSnippet> for Refusal {
    fn from(_: NoSuchSnippet) -> Self {
        Self::new(ProblemCode::NoSuchSnippet, "There is no such text in this room. It may have been removed.")
    }
}

/// The refusal of a body that is not the expected JSON.
fn unreadable(rejection: JsonRejection) -> Refusal {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => {
            Refusal::new(ProblemCode::UnsupportedMediaType, "Send JSON (Content-Type: application/json).")
        }
        JsonRejection::BytesRejection(rejection) => rejection.into(),
        _ => Refusal::new(ProblemCode::MalformedRequest, r#"The body is not JSON of the form {"text": "…"}."#),
    }
}
