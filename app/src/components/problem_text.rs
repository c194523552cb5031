//! What a problem means for the person in front of the page.

use crate::wire::ProblemCode;

/// What happened and what to do next, when only the code is known: after a plain form.
#[must_use]
pub fn problem_text(code: ProblemCode) -> &'static str {
    match code {
        ProblemCode::NoSuchRoom => {
            "There is no room with this PIN. Check the digits, or ask for the current ones: it may have been closed."
        }
        ProblemCode::RoomLocked => "The owner has locked this room. Ask to be let in.",
        ProblemCode::TooManyRequests => "Too many tries from your network. Wait a minute and try again.",
        ProblemCode::TooManyMembers => "Every seat in this room is taken.",
        ProblemCode::InvalidName => "This name cannot be used. Take one of up to 40 characters.",
        ProblemCode::ServerFull => "This server has no room left at the moment. Try again later.",
        _ => "That did not work. Try again.",
    }
}
