//! Tests of the server over real sockets: one binary, with one module for each topic.
//!
//! Most tests start a server of their own ([`test_app::TestApp`]) and end with `finish`, which closes the rooms and
//! checks that nothing is left of them. Tests that kill or restart the real program use [`process::Process`].

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bundle;
mod byteranges;
mod door;
mod file_dates;
mod file_form;
mod live_socket;
mod pebble;
mod process;
mod proxy_program;
mod raw;
mod seat;
mod test_app;

mod acme;
mod archive;
mod archive_names;
mod archive_ranges;
mod archive_selections;
mod base_path;
mod batches;
mod behind_proxies;
mod checksums;
mod claims;
mod closing;
mod concatenation;
mod concatenation_refusals;
mod connections;
mod cors;
mod creation_with_upload;
mod cross_site;
mod crowds;
mod damage;
mod deferred_length;
mod digests;
mod doctor;
mod downloads;
mod erasure;
mod expiration;
mod following;
mod form_upload_refusals;
mod form_uploads;
mod forms;
mod guess_log;
mod hand_over;
mod idempotency;
mod lagging;
mod languages;
mod limits;
mod live;
mod live_frames;
mod members;
mod method_override;
mod names;
mod pages;
mod presence;
mod previews;
mod proxies;
mod proxy_protocol;
mod quotas;
mod ranges;
mod receipts;
mod refusals;
mod restart;
mod resuming;
mod rooms;
mod running_downloads;
mod snippets;
mod socket_file;
mod startup;
mod stopping;
mod thumbnails;
mod tls;
mod tls_files;
mod tls_http_2;
mod trust;
mod tus_discovery;
mod unwritten;
mod upload_refusals;
mod uploads;
mod use_of_room;
mod user_agents;
