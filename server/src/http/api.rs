//! The handlers of the API: one file for each resource under `/api/rooms`.

pub(crate) mod archive;
pub(crate) mod download;
pub(crate) mod file;
pub(crate) mod files;
pub(crate) mod live;
pub(crate) mod members;
pub(crate) mod rooms;
pub(crate) mod snippets;
pub(crate) mod thumbnail;
