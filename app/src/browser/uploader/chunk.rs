//! One chunk of a file: cut out, checked and summed.

use gloo_file::Blob;
use js_sys::ArrayBuffer;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;

use super::sum::Sum;
use crate::{
    i18n::t,
    wire::{Problem, ProblemCode},
};

/// A part of a file, ready to be sent.
#[derive(Debug)]
pub(super) struct Chunk {
    /// Where it begins in the file.
    pub(super) offset: u64,
    /// Its length in bytes.
    pub(super) length: u64,
    /// The bytes, which the browser reads from the file when it sends them.
    pub(super) bytes: Blob,
    /// What `Upload-Checksum` says.
    pub(super) checksum: String,
}

impl Chunk {
    /// Cuts `length` bytes out of a file and sums them.
    ///
    /// # Errors
    /// That the device does not hand the bytes out any more.
    pub(super) async fn prepare(file: &Blob, offset: u64, length: u64) -> Result<Self, Problem> {
        let bytes = file.slice(offset, offset + length);
        if bytes.size() != length {
            return Err(taken_back());
        }
        // Phones may hand out nothing at all for a file that the page held while it was in the background, and call
        // that a success.
        let sum = Sum::of(&bytes).await.map_err(|_| taken_back())?;
        if sum.length != length {
            return Err(taken_back());
        }
        Ok(Self { offset, length, bytes, checksum: sum.header() })
    }
}

/// The bytes of a part of a file: exactly as many as it has.
///
/// # Errors
/// That the device does not hand the bytes out any more.
pub(super) async fn read(bytes: &Blob, length: u64) -> Result<ArrayBuffer, Problem> {
    let blob: &web_sys::Blob = bytes.as_ref();
    let content = JsFuture::from(blob.array_buffer()).await.map_err(|_| taken_back())?;
    let content: ArrayBuffer = content.unchecked_into();
    if u64::from(content.byte_length()) == length { Ok(content) } else { Err(taken_back()) }
}

/// What is said when a file cannot be read any more.
pub(super) fn taken_back() -> Problem {
    Problem::new(ProblemCode::OutOfRange, t().problem_taken_back())
}
