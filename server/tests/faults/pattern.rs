//! The contents of the test files. Each byte is computed from its position, so that no file has to be kept to compare
//! it later.

use std::{ops::Range, sync::LazyLock};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

/// The noise repeats after this many bytes. The number is a prime, so that no two chunks or pages look the same.
const PERIOD: u64 = 1_048_573;
/// The most bytes of one frame.
const FRAME_BYTES: u64 = 64 * 1024;

/// Two periods of the noise, so that a slice of a whole period can begin anywhere in the first one.
static NOISE: LazyLock<Bytes> = LazyLock::new(|| {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let once: Vec<u8> = (0..PERIOD)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect();
    Bytes::from([once.as_slice(), once.as_slice()].concat())
});

/// The contents of one file. Different numbers give different contents.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pattern(pub(crate) u64);

impl Pattern {
    /// Up to `most` bytes of the file from `offset` on, but never more than a period of them. They are not copied.
    fn piece(self, offset: u64, most: u64) -> Bytes {
        let start = (self.0 * 7919 + offset) % PERIOD;
        NOISE.slice(start as usize..(start + most.min(PERIOD)) as usize)
    }

    /// The bytes of a part of the file, in frames.
    pub(crate) fn frames(self, part: Range<u64>) -> impl Iterator<Item = Bytes> {
        let Range { start, end } = part;
        (start..end).step_by(FRAME_BYTES as usize).map(move |offset| self.piece(offset, FRAME_BYTES.min(end - offset)))
    }

    /// Whether these are the file's bytes from `offset` on.
    pub(crate) fn has(self, offset: u64, bytes: &[u8]) -> bool {
        let mut pieces = bytes.chunks(FRAME_BYTES as usize).zip((offset..).step_by(FRAME_BYTES as usize));
        pieces.all(|(piece, offset)| self.piece(offset, piece.len() as u64) == piece)
    }

    /// SHA-256 of a part of the file.
    pub(crate) fn sha256(self, part: Range<u64>) -> [u8; 32] {
        let mut sum = Sha256::new();
        self.frames(part).for_each(|frame| sum.update(&frame));
        sum.finalize().into()
    }
}
