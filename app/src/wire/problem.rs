//! Refusals: `application/problem+json` documents (RFC 9457) with a stable `code`.

use serde::{Deserialize, Serialize};

/// Why something was refused, for machines and for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{detail}")]
pub struct Problem {
    /// A short heading, the same for every problem of this code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What a client may branch on; never changes its meaning.
    pub code: ProblemCode,
    /// What happened here, and what can be done, in one sentence.
    pub detail: String,
    /// The true offset in bytes, with [`ProblemCode::OffsetMismatch`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_bytes: Option<u64>,
    /// When to try again, with [`ProblemCode::TooManyRequests`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_secs: Option<u64>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $title:literal;)*) => {
        /// The stable codes of the wire.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ProblemCode {
            $($(#[$doc])* $name,)*
        }

        impl ProblemCode {
            /// The HTTP status that goes with the code.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The heading that goes with the code.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    /// The request cannot be read.
    MalformedRequest = 400, "The request cannot be read";
    /// No session of this room.
    NotAMember = 401, "You are not in this room";
    /// A session of this room whose role is too small.
    OwnerOnly = 403, "Only the owner may do this";
    /// The file was joined from parts and takes no bytes itself.
    FinalUpload = 403, "This upload takes no bytes";
    /// The request was sent by another site's page.
    CrossSite = 403, "Requests from other sites are refused";
    /// There is no such room, or there is none any more.
    NoSuchRoom = 404, "There is no room with this PIN";
    /// There is no such file, or there is none any more.
    NoSuchFile = 404, "There is no such file";
    /// There is no such text, or there is none any more.
    NoSuchSnippet = 404, "There is no such text";
    /// There is nothing at this address.
    NotFound = 404, "There is nothing here";
    /// The address exists, the method does not.
    MethodNotAllowed = 405, "This cannot be done here";
    /// The chunk does not begin where the file ends.
    OffsetMismatch = 409, "The chunk does not begin where the file ends";
    /// A part that is to be joined is not complete.
    PartUnfinished = 409, "A part is not complete";
    /// Another request took the upload over.
    UploadTakenOver = 409, "Another request continues this upload";
    /// A tus version that is not spoken here.
    TusVersion = 412, "This tus version is not spoken here";
    /// The file is not the one that the request means.
    PreconditionFailed = 412, "This is not the file that was meant";
    /// The file is larger than this server takes.
    FileTooLarge = 413, "The file is too large";
    /// The file does not fit into the room.
    RoomFull = 413, "The room is full";
    /// The text is longer than a room takes.
    SnippetTooLong = 413, "The text is too long";
    /// More bytes than the file was declared to have.
    BodyTooLong = 413, "More bytes than declared";
    /// The body of a request that should be small is not.
    RequestTooLarge = 413, "The request is too large";
    /// Another media type is expected.
    UnsupportedMediaType = 415, "This media type is not taken here";
    /// The range lies outside the file.
    RangeNotSatisfiable = 416, "The range lies outside the file";
    /// A number outside what it may be.
    OutOfRange = 422, "A value is out of range";
    /// A text with nothing in it.
    EmptySnippet = 422, "The text is empty";
    /// A member's name that cannot be used.
    InvalidName = 422, "This name cannot be used";
    /// A file's name that cannot be used.
    InvalidFileName = 422, "This file name cannot be used";
    /// The owner locked the room.
    RoomLocked = 423, "The room is locked";
    /// More requests than anyone needs.
    TooManyRequests = 429, "Too many requests";
    /// The bytes of a chunk are not those that its checksum was made of.
    ChecksumMismatch = 460, "The checksum does not match";
    /// The room has no free seat.
    TooManyMembers = 429, "The room has no free seat";
    /// A message on the live socket that cannot be read.
    MalformedMessage = 400, "The message cannot be read";
    /// Something broke on the server.
    Internal = 500, "Something broke on the server";
    /// The server has as many rooms as it can keep apart.
    ServerFull = 503, "The server is full";
    /// The server is stopping or cannot write.
    Unavailable = 503, "The server is not ready";
    /// The server has no room for more bytes.
    NoSpace = 507, "The server is out of space";
}

impl Problem {
    /// The problem with this code and a sentence on what happened.
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: detail.into(),
            offset_bytes: None,
            retry_after_secs: None,
        }
    }

    /// Nobody lives at this PIN, now at least.
    #[must_use]
    pub fn no_such_room() -> Self {
        Self::new(ProblemCode::NoSuchRoom, "There is no room with this PIN. It may have been closed; ask its owner for the current one.")
    }
}
