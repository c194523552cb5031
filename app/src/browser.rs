//! What the pages do in a browser: requests, uploads, the live socket, and the system around the page, by web-sys.
//! Components draw, and call these modules for what people do.
//!
//! The modules are compiled for the server, too, so that no component needs a second version for the server. On the
//! server, no event handler and no effect of theirs ever runs.
//!
//! Dependencies point one way: `installed_app → room → files → api → system`. A module uses only modules to its right.

pub mod api;
pub mod files;
pub mod installed_app;
pub mod room;
pub mod system;
