//! A member's download of a file.

use serde::{Deserialize, Serialize};

use super::{FileId, MemberId};

/// How far one member is with downloading one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Download {
    /// The file that is downloaded.
    pub file: FileId,
    /// The member who downloads it.
    pub member: MemberId,
    /// How many bytes of the file were sent to the member, in this download and in earlier ones.
    pub received_bytes: u64,
}
