//! The server over real sockets: one binary, one file per resource.
//!
//! Every test starts a server of its own ([`test_app::TestApp`]) and ends with `finish`, which closes
//! the rooms and looks for leftovers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod door;
mod live_socket;
mod process;
mod raw;
mod seat;
mod test_app;

mod archive;
mod closing;
mod cross_site;
mod downloads;
mod following;
mod forms;
mod lagging;
mod live;
mod members;
mod names;
mod pages;
mod presence;
mod refusals;
mod restart;
mod resuming;
mod rooms;
mod running_downloads;
mod startup;
mod stopping;
mod unwritten;
mod upload_refusals;
mod uploads;
mod user_agents;
