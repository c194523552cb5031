//! The problems with which the server refuses requests: `application/problem+json` documents (RFC 9457) with a stable
//! `code`.

use serde::{Deserialize, Serialize};

/// Why a request or a message was refused, for programs and for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{detail}")]
pub struct Problem {
    /// A short heading, the same for every problem of this code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The kind of problem, by which programs decide what to do. The meaning of a code never changes.
    pub code: ProblemCode,
    /// What happened in this case, and what can be done about it, in one or two sentences.
    pub detail: String,
    /// The offset in bytes at which the upload continues, with [`ProblemCode::OffsetMismatch`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_bytes: Option<u64>,
    /// In how many seconds to try again, with the codes of status 429.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_secs: Option<u64>,
    /// When the room was closed, in milliseconds since 1970, with [`ProblemCode::RoomClosed`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at_ms: Option<u64>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $title:literal;)*) => {
        /// The kinds of problems. On the wire a code is its name in `snake_case`.
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
    /// The request is malformed or broke off, or contradicts what was sent before.
    MalformedRequest = 400, "The request cannot be read";
    /// The request does not prove a seat in this room.
    NotAMember = 401, "You are not in this room";
    /// The request comes from a guest, and only the owner may do this.
    OwnerOnly = 403, "Only the owner may do this";
    /// The file was joined from parts (tus concatenation) and takes no bytes itself.
    FinalUpload = 403, "This upload takes no bytes";
    /// The request was sent by another site's page.
    CrossSite = 403, "Requests from other sites are refused";
    /// A page of this server sent the request, as far as can be told, but the request names another host than the page: a
    /// proxy has changed it. The server sends [`Self::CrossSite`], because it cannot tell the one from the other; pages use
    /// this code, because they can.
    HostHidden = 403, "A proxy hides the host";
    /// The browser does not send the cookies back that it gets, so that it cannot prove a seat. Pages also use the code
    /// when they find that out.
    CookiesBlocked = 403, "Cookies are blocked";
    /// The owner wants to leave. The owner can only close the room.
    OwnerStays = 403, "The owner cannot leave the room";
    /// The room does not exist, or not any more.
    NoSuchRoom = 404, "There is no room with this PIN";
    /// The room was closed within the last 24 hours.
    RoomClosed = 410, "This room was closed";
    /// The file does not exist, or not any more.
    NoSuchFile = 404, "There is no such file";
    /// The text does not exist, or not any more.
    NoSuchSnippet = 404, "There is no such text";
    /// There is nothing at this address.
    NotFound = 404, "There is nothing here";
    /// The address exists, but does not take this method.
    MethodNotAllowed = 405, "This cannot be done here";
    /// The body of the request took too long to arrive.
    RequestTimeout = 408, "The request took too long";
    /// The chunk does not begin at the upload's offset.
    OffsetMismatch = 409, "The chunk does not begin where the file ends";
    /// One of the parts that are to be joined is not complete.
    PartUnfinished = 409, "A part is not complete";
    /// Another request took the upload over.
    UploadTakenOver = 409, "Another request continues this upload";
    /// The request names no tus version, or one that the server does not support.
    TusVersion = 412, "This tus version is not spoken here";
    /// The file is not the one that the request names in `If-Match`.
    PreconditionFailed = 412, "This is not the file that was meant";
    /// The file is larger than the server accepts.
    FileTooLarge = 413, "The file is too large";
    /// Something between the page and the server, such as a proxy, refuses a body of this size. Only pages use this code: they get
    /// an answer that is not the server's.
    PieceRefused = 413, "A proxy refuses so much at once";
    /// The file or the text does not fit into the room.
    RoomFull = 413, "The room is full";
    /// The room has as many files as it may have.
    TooManyFiles = 413, "The room has too many files";
    /// The text is longer than [`SnippetText::MAX_BYTES`](crate::room::SnippetText::MAX_BYTES).
    SnippetTooLong = 413, "The text is too long";
    /// The chunk has more bytes than the file was declared to have, or may have.
    BodyTooLong = 413, "More bytes than declared";
    /// The body is larger than this kind of request may have.
    RequestTooLarge = 413, "The request is too large";
    /// The body, or the file that is asked for, is not of the expected media type.
    UnsupportedMediaType = 415, "This media type is not taken here";
    /// The requested range lies outside the file.
    RangeNotSatisfiable = 416, "The range lies outside the file";
    /// A value in the request is out of range. Pages also use the code for a file that the device does not let them
    /// read any more.
    OutOfRange = 422, "A value is out of range";
    /// The text is empty.
    EmptySnippet = 422, "The text is empty";
    /// The name is not valid for a member.
    InvalidName = 422, "This name cannot be used";
    /// The name is not valid for a file.
    InvalidFileName = 422, "This file name cannot be used";
    /// The owner locked the room.
    RoomLocked = 423, "The room is locked";
    /// The client's address has sent more requests or messages of this kind than it may for now.
    TooManyRequests = 429, "Too many requests";
    /// As many rooms that were created from the client's address are open as may be.
    TooManyRooms = 429, "Too many rooms are open";
    /// The member, or the room, has as many live sockets as it may have.
    TooManySockets = 429, "Too many tabs are open";
    /// Files are added to the room faster than it takes them.
    TooManyNewFiles = 429, "Files are added too fast";
    /// As many requests of this kind are running as may run at the same time: of the member, or in all.
    TooManyAtOnce = 429, "Too many of these at the same time";
    /// The bytes of the chunk do not match the checksum that was sent with them.
    ChecksumMismatch = 460, "The checksum does not match";
    /// All seats of the room have been given out.
    TooManyMembers = 429, "The room has no free seat";
    /// The message on the live socket cannot be read.
    MalformedMessage = 400, "The message cannot be read";
    /// The client's address, or all clients together, have as many connections open as the server takes.
    TooManyConnections = 503, "Too many connections are open";
    /// The request names a host that this server does not serve.
    UnknownHost = 421, "This host is not served here";
    /// Something failed on the server.
    Internal = 500, "Something broke on the server";
    /// The server has no free PIN for another room.
    ServerFull = 503, "The server is full";
    /// The server cannot do this at the moment, for example because it is stopping. Pages also use the code when they
    /// cannot reach the server.
    Unavailable = 503, "The server is not ready";
    /// The server has no space for more bytes, because its disk is full or its storage limit is reached.
    NoSpace = 507, "The server is out of space";
}

impl Problem {
    /// The problem with this code. `detail` says what happened.
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: detail.into(),
            offset_bytes: None,
            closed_at_ms: None,
            retry_after_secs: None,
        }
    }

    /// The problem [`ProblemCode::NoSuchRoom`], for a PIN that no open room has.
    #[must_use]
    pub fn no_such_room() -> Self {
        Self::new(ProblemCode::NoSuchRoom, "There is no room with this PIN. It may have been closed; ask its owner for the current one.")
    }
}
