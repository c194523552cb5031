//! [`Chunk`]: a part of a file that is sent in one request, with its checksum, and [`Content`]: all of a small file.

use gloo_file::Blob;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;

use super::sum::Sum;
use crate::{
    i18n::t,
    wire::{Problem, ProblemCode},
};

/// A part of a file that is ready to be sent.
#[derive(Debug)]
pub(super) struct Chunk {
    /// The offset in the file at which the chunk begins, in bytes.
    pub(super) offset: u64,
    /// Its length in bytes.
    pub(super) length: u64,
    /// The bytes, which the browser reads from the file when it sends them.
    pub(super) bytes: Blob,
    /// The value of its `Upload-Checksum` header field.
    pub(super) checksum: String,
}

impl Chunk {
    /// Cuts `length` bytes out of a file and computes their checksum.
    ///
    /// # Errors
    /// [`file_unreadable`] if the device does not hand out the bytes any more.
    pub(super) async fn prepare(file: &Blob, offset: u64, length: u64) -> Result<Self, Problem> {
        let bytes = file.slice(offset, offset + length);
        if bytes.size() != length {
            return Err(file_unreadable());
        }
        // If the page was in the background, a phone may report a successful read that returns no bytes.
        let sum = Sum::of(&bytes).await.map_err(|_| file_unreadable())?;
        if sum.length != length {
            return Err(file_unreadable());
        }
        Ok(Self { offset, length, bytes, checksum: sum.header() })
    }
}

/// All bytes of a small file, with their checksum. They are read into memory at once: a stream, and a second reading when
/// they are sent, would take longer than the bytes themselves.
#[derive(Debug)]
pub(super) struct Content {
    /// The bytes.
    pub(super) bytes: Uint8Array,
    /// The value of their `Upload-Checksum` header field.
    pub(super) checksum: String,
}

impl Content {
    /// Reads a file of `length` bytes.
    ///
    /// # Errors
    /// [`file_unreadable`] if the device does not hand out exactly that many bytes any more.
    pub(super) async fn read(file: &Blob, length: u64) -> Result<Self, Problem> {
        let content = read(file, length).await?;
        let bytes = Uint8Array::new(&content);
        let checksum = Sum::of_bytes(&bytes.to_vec()).header();
        Ok(Self { bytes, checksum })
    }
}

/// Reads a part of a file that is `length` bytes long into memory.
///
/// # Errors
/// [`file_unreadable`] if the device does not hand out exactly that many bytes any more.
pub(super) async fn read(bytes: &Blob, length: u64) -> Result<ArrayBuffer, Problem> {
    let blob: &web_sys::Blob = bytes.as_ref();
    let content = JsFuture::from(blob.array_buffer()).await.map_err(|_| file_unreadable())?;
    let content: ArrayBuffer = content.unchecked_into();
    if u64::from(content.byte_length()) == length { Ok(content) } else { Err(file_unreadable()) }
}

/// The problem for a file that the device does not allow to be read any more.
pub(super) fn file_unreadable() -> Problem {
    Problem::new(ProblemCode::OutOfRange, t().problem_taken_back())
}
