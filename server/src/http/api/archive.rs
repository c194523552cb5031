//! `/api/rooms/{pin}/archive.zip`: complete files of the room in one zip archive: all of them, those of a folder, or those
//! that somebody chose.

use std::collections::HashSet;

use app::{
    room::{FileId, path_segments},
    wire::ProblemCode,
};
use axum::{
    extract::{
        DefaultBodyLimit, FromRequest as _, FromRequestParts as _, Query, RawForm, Request,
        rejection::{QueryRejection, RawFormRejection},
    },
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::Response,
};
use serde::Deserialize;

use crate::http::{
    Refusal, State,
    content::{
        archive_layout::Selection,
        representation::{Purpose, Representation, Source},
    },
    guard::{Running, Session},
};

/// The longest form with chosen files, in bytes. A file takes 39 of them, and a room has 5,000 files unless its server is
/// told otherwise.
const MAX_FORM_BYTES: usize = 512 * 1024;

/// The query of the address.
#[derive(Debug, Deserialize)]
struct OfFolder {
    /// The path of the folder; without it, all files of the room are asked for.
    folder: Option<String>,
}

/// `GET`: the archive of the room or of a folder, or the ranges of it that the request asks for. Refused for anyone who is
/// not a member.
pub(crate) async fn get(services: State, request: Request) -> Result<Response, Refusal> {
    let (mut parts, _) = request.into_parts();
    let session = Session::from_request_parts(&mut parts, &services).await?;
    let running = services.archives.begin(session.member)?;
    let Query(OfFolder { folder }) = Query::try_from_uri(&parts.uri).map_err(|_: QueryRejection| unreadable_query())?;
    let (selection, name) = match folder.map(|folder| path_segments(&folder)) {
        None => (Selection::Room, name_of(&session)),
        Some(folder) => {
            let name = folder.last().ok_or_else(no_such_folder)?;
            let name = format!("{name}.zip");
            (Selection::Folder(folder), name)
        }
    };
    send(&services, &session, running, &parts, &selection, name).await
}

/// `POST`: the archive of the files that a plain form names in its fields `files`, in each of them one or several with
/// commas between them. Files that were removed meanwhile are left out.
pub(crate) async fn choose(services: State, request: Request) -> Result<Response, Refusal> {
    let (mut parts, body) = request.into_parts();
    let session = Session::from_request_parts(&mut parts, &services).await?;
    // A body is taken only from those who may have another archive now.
    let running = services.archives.begin(session.member)?;
    let mut request = Request::from_parts(parts.clone(), body);
    DefaultBodyLimit::max(MAX_FORM_BYTES).apply(&mut request);
    let RawForm(form) = RawForm::from_request(request, &services).await.map_err(unreadable_form)?;
    let selection = Selection::Files(chosen(&form)?);
    // Another request cannot ask for the same bytes, so there are no pieces of them and no conditions.
    parts.headers = HeaderMap::new();
    let name = name_of(&session);
    let mut response = send(&services, &session, running, &parts, &selection, name).await?;
    response.headers_mut().remove(header::ETAG);
    response.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("none"));
    Ok(response)
}

/// The response with the archive of the selected files.
async fn send(
    services: &State,
    session: &Session,
    running: Running,
    request: &Parts,
    selection: &Selection,
    name: String,
) -> Result<Response, Refusal> {
    let layout = services.archive_layouts.of(&session.room, selection).await;
    if layout.is_empty {
        match selection {
            Selection::Room => {}
            Selection::Folder(_) => return Err(no_such_folder()),
            Selection::Files(_) => {
                return Err(Refusal::new(ProblemCode::NoSuchFile, "None of these files is here. They may have been removed."));
            }
        }
    }
    let representation = Representation {
        etag: format!("\"{}\"", layout.fingerprint).parse().expect("quoted hexadecimal digits"),
        length: Some(layout.archive.size_bytes),
        changed_at: None,
        media_type: HeaderValue::from_static("application/zip"),
        name,
        headers: HeaderMap::new(),
        purpose: Purpose::Download,
        source: Source::Archive(layout),
    };
    Ok(running.until_sent(representation.respond(services, session, request).await?))
}

/// The name under which a browser saves an archive that is not of a folder.
fn name_of(session: &Session) -> String {
    format!("SnapDrop {}.zip", session.room.pin())
}

/// The files that a form names.
fn chosen(form: &[u8]) -> Result<HashSet<FileId>, Refusal> {
    let mut files = HashSet::new();
    for (_, ids) in form_urlencoded::parse(form).filter(|(name, _)| name == "files") {
        for id in ids.split(',').map(str::trim).filter(|id| !id.is_empty()) {
            let is_none =
                |_| Refusal::new(ProblemCode::MalformedRequest, "A field \"files\" names something that is not the id of a file.");
            files.insert(id.parse().map_err(is_none)?);
        }
    }
    Ok(files)
}

fn no_such_folder() -> Refusal {
    Refusal::new(ProblemCode::NoSuchFile, "There is no such folder with files in this room. They may have been removed.")
}

fn unreadable_query() -> Refusal {
    Refusal::new(ProblemCode::MalformedRequest, "The address may name one folder, as in ?folder=Holiday/2019.")
}

/// The refusal of a body that is not a plain form.
fn unreadable_form(rejection: RawFormRejection) -> Refusal {
    match rejection {
        RawFormRejection::BytesRejection(rejection) => rejection.into(),
        _ => Refusal::new(ProblemCode::UnsupportedMediaType, "Send a form (Content-Type: application/x-www-form-urlencoded)."),
    }
}
