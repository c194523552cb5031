//! What the pages need beside their HTML: the bundle, the public files, and what makes them an installable app
//! (manifest, service worker, offline page, share target).

pub(crate) mod assets;
pub(crate) mod bare_page;
pub(crate) mod manifest;
pub(crate) mod offline;
pub(crate) mod service_worker;
pub(crate) mod share;
