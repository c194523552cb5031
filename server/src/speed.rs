//! The modules that exist only for speed. Without them the server would do the same, more slowly: each of them says how
//! much, and `docs/performance.md` says how that was measured. What other modules do for speed on the way, such as
//! gathering writes, has its figures there, too.

mod buffers;
mod inline_work;
mod traffic;

pub(crate) use buffers::{Buffer, Buffers};
pub(crate) use inline_work::InlineWork;
pub(crate) use traffic::{Traffic, TrafficWatch};
