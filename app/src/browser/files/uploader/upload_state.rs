//! [`UploadState`]: the state of one upload of this browser.

use crate::wire::ProblemCode;

/// The state of one upload of this browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadState {
    /// It waits in the queue.
    Waiting,
    /// It is being sent.
    Sending,
    /// It was interrupted, and is retried soon.
    Retrying,
    /// The person has paused it.
    Paused,
    /// It has failed, and does not go on by itself.
    Failed {
        /// The reason, which is shown in the language of the page.
        code: ProblemCode,
    },
}
