//! The facts about a finished file.

/// What is known of a file once all of its bytes are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinishedFile {
    /// Its length in bytes.
    pub size_bytes: u64,
    /// CRC-32 (ISO-HDLC) of all its bytes.
    pub crc32: u32,
}
