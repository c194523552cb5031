//! What travels between browser and server: messages of the live socket, bodies of requests and answers, addresses,
//! cookies and problems.

pub mod cookie;
pub mod paths;

mod addresses;
mod base_path;
mod bodies;
mod messages;
mod place;
mod problem;

pub use addresses::{
    CREATE_FORM, DOCTOR_PAGE, JOIN_FORM, LANGUAGE_FORM, TRUST_PAGE, archive, file, files, folder_archive, join_page, join_qr, leave_form,
    live, live_in_batches, manifest, members, messages, preview, room, room_page, snippet, snippets, thumbnail, upload_form, view,
};
pub use base_path::{BasePath, address, base_path, take_base_path_from};
pub use bodies::{AddSnippet, Entered, JoinRequest, KnownRoom, RoomView, SnippetAdded};
pub use messages::{CLOSE_RESTART, CLOSE_ROOM_CLOSED, ClientMessage, HEARTBEAT_SECS, ServerMessage};
pub use paths::ROOMS;
pub use place::Place;
pub use problem::{Problem, ProblemCode};
