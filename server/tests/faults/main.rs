//! Tests that expose the real program to faults: broken connections, kills, full disks, and many clients at once.
//!
//! The program is the one at `SNAPDROP_BIN`, or the one that was built with these tests. Every random choice
//! follows from the seed `SNAPDROP_FAULT_SEED`, which each test that uses it prints.

#![expect(clippy::cast_possible_truncation, reason = "the sizes here fit into `usize`, and noise is cut to bytes on purpose")]
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
mod killed_rooms;
mod killed_server;
mod lossy_network;
