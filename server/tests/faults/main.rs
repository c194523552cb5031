//! Faults against the real program: links that break, kills, full disks, and a crowd.
//!
//! The program is the one at `SNAPDROP_BIN`, or the one that was built with these tests. What is random
//! hangs on `SNAPDROP_FAULT_SEED`, which every test that uses it prints.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod client;
mod faulty_link;
mod fuse;
mod ledger;
mod pattern;
mod program;
mod seed;

mod flat_memory;
mod full_disk;
mod killed_server;
mod lossy_network;
