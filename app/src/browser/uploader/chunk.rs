//! One chunk of a file: cut out, checked and summed.

use gloo_file::Blob;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::MessageChannel;

use crate::{
    browser::page,
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
    /// What `Upload-Checksum` says; none where the browser sums nothing, which is on pages without TLS.
    pub(super) checksum: Option<String>,
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
        let checksum = match page::subtle_crypto() {
            Some(crypto) => {
                let content = read(&bytes, length).await?;
                let sum = crypto.digest_with_str_and_buffer_source("SHA-256", &content);
                let sum = JsFuture::from(sum.map_err(|_| taken_back())?).await.map_err(|_| taken_back())?;
                release(&content);
                Some(format!("sha256 {}", page::base64(Uint8Array::new(&sum).to_vec().into_iter())))
            }
            None => None,
        };
        Ok(Self { offset, length, bytes, checksum })
    }
}

/// The bytes of a part of a file: exactly as many as it has. Phones may hand out none at all for a file
/// that the page held while it was in the background, and call that a success.
///
/// # Errors
/// That the device does not hand the bytes out any more.
pub(super) async fn read(bytes: &Blob, length: u64) -> Result<ArrayBuffer, Problem> {
    let blob: &web_sys::Blob = bytes.as_ref();
    let content = JsFuture::from(blob.array_buffer()).await.map_err(|_| taken_back())?;
    let content: ArrayBuffer = content.unchecked_into();
    if u64::from(content.byte_length()) == length { Ok(content) } else { Err(taken_back()) }
}

/// Gives the memory back now, not when the browser gets around to it: sends it to where nobody listens.
/// (`ArrayBuffer.prototype.transfer` leaves it to Chromium's collector, which lets a gibibyte pile up.)
fn release(content: &ArrayBuffer) {
    if let Ok(channel) = MessageChannel::new() {
        let port = channel.port1();
        channel.port2().close();
        // If it is not sent it stays until it is collected.
        drop(port.post_message_with_transferable(&JsValue::NULL, &Array::of1(content)));
        port.close();
    }
}

/// What is said when a file cannot be read any more.
pub(super) fn taken_back() -> Problem {
    Problem::new(ProblemCode::OutOfRange, t().problem_taken_back())
}
