//! What exists only for speed. Without this module the server would do the same, more slowly: each module says how
//! much, and `docs/performance.md` says how that was measured.

mod buffers;
mod inline_work;
mod traffic;

pub(crate) use buffers::{Buffer, Buffers};
pub(crate) use inline_work::InlineWork;
pub(crate) use traffic::{Traffic, TrafficWatch};
