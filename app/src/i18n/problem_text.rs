//! The texts that explain a [`ProblemCode`] to the person in front of the page.

use super::t;
use crate::wire::ProblemCode;

/// What happened and what to do next, in the reader's language, as far as the code tells.
#[must_use]
pub fn problem_text(code: ProblemCode) -> &'static str {
    let t = t();
    match code {
        ProblemCode::NoSuchRoom => t.problem_no_such_room(),
        ProblemCode::CookiesBlocked => t.problem_cookies_blocked(),
        ProblemCode::CrossSite => t.problem_cross_site(),
        ProblemCode::HostHidden => t.problem_host_hidden(),
        ProblemCode::RoomClosed => t.closed_heading(),
        ProblemCode::RoomLocked => t.problem_room_locked(),
        ProblemCode::TooManyRequests => t.problem_too_many_requests(),
        ProblemCode::TooManyMembers => t.problem_too_many_members(),
        ProblemCode::InvalidName => t.problem_invalid_name(),
        ProblemCode::InvalidFileName => t.problem_invalid_file_name(),
        ProblemCode::ServerFull => t.problem_server_full(),
        ProblemCode::NotAMember => t.problem_not_a_member(),
        ProblemCode::OwnerOnly => t.problem_owner_only(),
        ProblemCode::FinalUpload => t.problem_refused(),
        ProblemCode::NoSuchFile => t.problem_no_such_file(),
        ProblemCode::FileTooLarge => t.problem_file_too_large(),
        ProblemCode::PieceRefused => t.problem_piece_refused(),
        ProblemCode::RoomFull => t.problem_room_full(),
        ProblemCode::TooManyFiles => t.problem_too_many_files(),
        ProblemCode::TooManyRooms => t.problem_too_many_rooms(),
        ProblemCode::TooManySockets => t.problem_too_many_tabs(),
        ProblemCode::TooManyConnections | ProblemCode::TooManyAtOnce | ProblemCode::TooManyNewFiles => t.problem_busy(),
        ProblemCode::SnippetTooLong => t.text_too_long(),
        ProblemCode::NoSpace => t.problem_no_space(),
        ProblemCode::ChecksumMismatch => t.problem_checksum(),
        // This text fits only the problem that the page itself creates when a file cannot be read any more
        // (`uploader::chunk`). The server uses the code for requests that pages do not send.
        ProblemCode::OutOfRange => t.problem_taken_back(),
        ProblemCode::UploadTakenOver => t.problem_other_tab(),
        ProblemCode::Unavailable => t.problem_unreachable(),
        _ => t.problem_other(),
    }
}
