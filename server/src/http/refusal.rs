//! Refusals: responses with a problem document (RFC 9457), and the problem codes for the errors of the domain modules.
//! The HTTP status of each code is in `app::wire`.

use std::io;

use app::wire::{Problem, ProblemCode};
use axum::{
    Json,
    extract::rejection::BytesRejection,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use bytesize::ByteSize;
use tokio::time::error::Elapsed;

use crate::{
    fields::TUS_VERSION,
    files::{AppendError, CreateError as FileCreateError, NoSpace, ReadError},
    journal::JournalError,
    rooms::{CreateError, NoSeat, NoSocket, OwnerStays, RecordError},
    uploads::UploadError,
};

/// The response to a request that is not carried out: a problem document.
#[derive(Clone, Debug)]
pub(crate) struct Refusal(pub(crate) Problem);

impl Refusal {
    /// A refusal with this code. `detail` is a sentence that tells the reader what is wrong.
    pub(crate) fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self(Problem::new(code, detail))
    }

    /// The refusal of a name or a text that would be too much for the room, which may have `most` bytes of them.
    pub(crate) fn too_much_text(most: usize) -> Self {
        let most = app::format::size(most as u64);
        Self::new(ProblemCode::RoomFull, format!("All names and texts of a room have at most {most} together. Remove something first."))
    }

    /// The refusal of a request for a room that was closed meanwhile.
    pub(crate) fn room_closed() -> Self {
        Self::new(ProblemCode::RoomClosed, "This room was closed just now.")
    }

    /// The refusal of a request for a file that is not in the room.
    pub(crate) fn no_such_file() -> Self {
        Self::new(ProblemCode::NoSuchFile, "There is no such file in this room. It may have been removed.")
    }

    /// The refusal for an error that the client did not cause. The error is logged here and nowhere else.
    fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(ProblemCode::Internal, "The server could not do this. Nothing was changed; try again.")
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self(problem) = self;
        let status = StatusCode::from_u16(problem.status).expect("every code has a valid status");
        let code = problem.code;
        let offset = problem.offset_bytes;
        let retry_after = problem.retry_after_secs;
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(offset) = offset {
            headers.insert("upload-offset", offset.into());
        }
        if let Some(secs) = retry_after {
            headers.insert(header::RETRY_AFTER, secs.into());
        }
        if code == ProblemCode::TusVersion {
            headers.insert("tus-version", HeaderValue::from_static(TUS_VERSION));
        }
        // A browser that shows the response to a person gets a page in its place (`pages::refused`).
        response.extensions_mut().insert(code);
        response
    }
}

impl From<BytesRejection> for Refusal {
    fn from(rejection: BytesRejection) -> Self {
        if took_too_long(&rejection) {
            Self::new(ProblemCode::RequestTimeout, "The body of the request took too long to arrive. Send it again.")
        } else if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Self::new(ProblemCode::RequestTooLarge, "The body is larger than anything that is expected here.")
        } else {
            Self::new(ProblemCode::MalformedRequest, "The body broke off.")
        }
    }
}

/// Whether reading a body failed because its deadline was over.
fn took_too_long(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(<dyn std::error::Error>::is::<Elapsed>)
}

impl From<JournalError> for Refusal {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::NoSpace => {
                Self::new(ProblemCode::NoSpace, "The server's disk is full. Nothing was changed; try again when there is room.")
            }
            JournalError::Stopped => Self::new(ProblemCode::Unavailable, "The server is stopping. Try again in a moment."),
            error => Self::internal(&error),
        }
    }
}

impl<R: Into<Self>> From<RecordError<R>> for Refusal {
    fn from(error: RecordError<R>) -> Self {
        match error {
            RecordError::Closed => Self::room_closed(),
            RecordError::Journal(error) => error.into(),
            RecordError::Refused(reason) => reason.into(),
        }
    }
}

impl From<std::convert::Infallible> for Refusal {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl From<NoSeat> for Refusal {
    fn from(reason: NoSeat) -> Self {
        match reason {
            NoSeat::Locked => Self::new(ProblemCode::RoomLocked, "The owner has locked this room. Ask to be let in."),
            NoSeat::Full(most) => {
                let detail = format!("All {most} seats of this room are taken. Try again when somebody has left.");
                let mut problem = Problem::new(ProblemCode::TooManyMembers, detail);
                problem.retry_after_secs = Some(60);
                problem.into()
            }
        }
    }
}

impl From<OwnerStays> for Refusal {
    fn from(OwnerStays: OwnerStays) -> Self {
        Self::new(ProblemCode::OwnerStays, "The owner cannot leave the room, only close it.")
    }
}

impl From<NoSocket> for Refusal {
    fn from(reason: NoSocket) -> Self {
        let detail = match reason {
            NoSocket::OfMember(most) => format!("This room is open in {most} tabs of yours already. Close one of them."),
            NoSocket::NoSeat => "Your seat in this room was given to somebody else. Join again.".to_owned(),
            NoSocket::OfRoom(most) => format!("{most} tabs are open in this room, which is the most. Try again when some are closed."),
        };
        Self::new(ProblemCode::TooManySockets, detail)
    }
}

impl From<CreateError> for Refusal {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Full => Self::new(ProblemCode::ServerFull, "This server can open no more rooms at the moment. Try again later."),
            CreateError::TooManyOfAddress(most) => Self::new(
                ProblemCode::TooManyRooms,
                format!("{most} rooms that were created from your address are open. Close one that is not needed any more."),
            ),
            CreateError::Journal(error) => error.into(),
        }
    }
}

impl From<AppendError> for Refusal {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::OffsetMismatch(offset) => {
                let mut problem =
                    Problem::new(ProblemCode::OffsetMismatch, format!("The file has {offset} bytes so far; continue from there."));
                problem.offset_bytes = Some(offset);
                problem.into()
            }
            AppendError::TooLong => {
                Self::new(ProblemCode::BodyTooLong, "The chunk goes beyond what the file was declared to have or may have.")
            }
            AppendError::ChecksumMismatch => {
                Self::new(ProblemCode::ChecksumMismatch, "The bytes are not those that Upload-Checksum was made of. Send the chunk again.")
            }
            AppendError::NoSpace(error) => error.into(),
            AppendError::TakenOver => Self::new(ProblemCode::UploadTakenOver, "Another request continues this upload."),
            AppendError::Interrupted => Self::new(ProblemCode::MalformedRequest, "The chunk broke off. What arrived is kept."),
            AppendError::Disk(error) => error.into(),
        }
    }
}

impl From<UploadError> for Refusal {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::NoSuchFile => Self::no_such_file(),
            UploadError::RoomClosed => Self::room_closed(),
            UploadError::FileTooLarge(most) => {
                Self::new(ProblemCode::FileTooLarge, format!("The file is larger than the {} that this server takes.", ByteSize(most)))
            }
            UploadError::RoomFull(left) => {
                let left = app::format::size(left);
                Self::new(ProblemCode::RoomFull, format!("The file does not fit into this room: {left} are left. Remove something first."))
            }
            UploadError::TooManyFiles(most) => Self::new(
                ProblemCode::TooManyFiles,
                format!("A room holds {most} files. Add a folder as one archive, or remove something first."),
            ),
            UploadError::TooFast(wait) => {
                let mut problem =
                    Problem::new(ProblemCode::TooManyNewFiles, "Files are added faster than a room takes them. Go on in a moment.");
                problem.retry_after_secs = Some(wait.as_secs() + 1);
                Self(problem)
            }
            UploadError::AlreadyAnnounced => {
                Self::new(ProblemCode::Unavailable, "Another request with this Idempotency-Key is under way. Try again in a moment.")
            }
            UploadError::TooMuchText(most) => Self::too_much_text(most),
            UploadError::OtherSize(known) => {
                Self::new(ProblemCode::MalformedRequest, format!("The header upload-length was {known} before and cannot change."))
            }
            UploadError::Joined => Self::new(ProblemCode::FinalUpload, "This file was joined from parts and takes no bytes itself."),
            UploadError::NotAPart => {
                Self::new(ProblemCode::MalformedRequest, "The header upload-concat names an upload that was not created as a part.")
            }
            UploadError::PartUnfinished => Self::new(ProblemCode::PartUnfinished, "A part is not complete yet. Send the rest of it first."),
            UploadError::Create(error) => error.into(),
            UploadError::Append(error) => error.into(),
            UploadError::Journal(error) => error.into(),
            UploadError::Disk(error) => error.into(),
        }
    }
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Disk(error) => error.into(),
            ReadError::Stalled => Self::new(ProblemCode::Unavailable, "The upload of this file has stalled. Try again later."),
        }
    }
}

impl From<NoSpace> for Refusal {
    fn from(error: NoSpace) -> Self {
        let detail = match error {
            NoSpace::Storage(most) => {
                format!(
                    "The server keeps at most {} of files, and this one does not fit. Try again when some are gone.",
                    app::format::size(most)
                )
            }
            NoSpace::Disk(_) => "The server's disk is almost full. Try again when there is room.".to_owned(),
        };
        Self::new(ProblemCode::NoSpace, detail)
    }
}

impl From<FileCreateError> for Refusal {
    fn from(error: FileCreateError) -> Self {
        match error {
            FileCreateError::NoSpace(error) => error.into(),
            FileCreateError::Disk(error) => error.into(),
        }
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::no_such_file(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::new(ProblemCode::NoSpace, "The server's disk is full. What arrived is kept; continue when there is room.")
            }
            _ => Self::internal(&error),
        }
    }
}
