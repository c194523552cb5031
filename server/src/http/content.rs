//! The contents of requests and responses: the headers of tus, chunks, forms with files, seats, and representations to
//! download.

pub(crate) mod announcement;
pub(crate) mod archive_layout;
pub(crate) mod chunk;
pub(crate) mod file_representation;
pub(crate) mod form_data;
pub(crate) mod problem_redirect;
pub(crate) mod representation;
pub(crate) mod seat;
pub(crate) mod tus;
pub(crate) mod upload_headers;
