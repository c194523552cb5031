//! The checksum of a chunk: CRC-32C, which the server verifies.
//!
//! This does not use WebCrypto, which pages without TLS do not have, and which needs all bytes in memory at once. Here
//! the bytes pass through one small buffer, so that the memory in use does not depend on the size of the chunk.

use std::sync::LazyLock;

use crc::{CRC_32_ISCSI, Crc, Table};
use gloo_file::Blob;
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamByobReader, ReadableStreamDefaultReader, ReadableStreamReadResult};

use crate::browser::system::page;

/// The most bytes of one read. Browsers return fewer than that at a time.
const BUFFER_BYTES: u32 = 256 << 10;

/// The tables are computed when the first file is sent, so that their 16 KiB are not part of the download.
static CRC32C: LazyLock<Crc<u32, Table<16>>> = LazyLock::new(|| Crc::<u32, Table<16>>::new(&CRC_32_ISCSI));

/// How many bytes could be read, and their checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) length: u64,
    pub(super) crc32c: u32,
}

impl Sum {
    /// Reads all that the device hands out of a part of a file, which may be fewer bytes than the part has.
    ///
    /// # Errors
    /// The browser's error for a file that cannot be read.
    pub(super) async fn of(part: &Blob) -> Result<Self, JsValue> {
        let mut pieces = Pieces::of(part)?;
        let mut digest = CRC32C.digest();
        let (mut length, mut buffer) = (0, Vec::new());
        while let Some(piece) = pieces.next().await? {
            length += u64::from(piece.byte_length());
            buffer.resize(piece.byte_length() as usize, 0);
            piece.copy_to(&mut buffer);
            digest.update(&buffer);
            pieces.reuse(&piece);
        }
        Ok(Self { length, crc32c: digest.finalize() })
    }

    /// Sums bytes that are in memory.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        Self { length: bytes.len() as u64, crc32c: CRC32C.checksum(bytes) }
    }

    /// The value of the `Upload-Checksum` header field.
    pub(super) fn header(self) -> String {
        format!("crc32c {}", page::base64(self.crc32c.to_be_bytes().into_iter()))
    }
}

/// Reads the bytes of a part of a file, one piece after the other. Dropping it cancels the stream.
struct Pieces {
    reader: Reader,
    /// Whether everything has been read, or reading has failed.
    is_over: bool,
}

enum Reader {
    /// Fills the same memory with each piece.
    Filling { reader: ReadableStreamByobReader, memory: Option<Uint8Array> },
    /// Returns each piece in new memory. This is for browsers that have no BYOB readers.
    Giving(ReadableStreamDefaultReader),
}

impl Pieces {
    fn of(part: &Blob) -> Result<Self, JsValue> {
        let blob: &web_sys::Blob = part.as_ref();
        let stream = blob.stream();
        let reader = match ReadableStreamByobReader::new(&stream) {
            Ok(reader) => Reader::Filling { reader, memory: None },
            Err(_) => Reader::Giving(ReadableStreamDefaultReader::new(&stream)?),
        };
        Ok(Self { reader, is_over: false })
    }

    async fn next(&mut self) -> Result<Option<Uint8Array>, JsValue> {
        let reading = match &mut self.reader {
            Reader::Filling { reader, memory } => {
                let memory = memory.take().unwrap_or_else(|| Uint8Array::new_with_length(BUFFER_BYTES));
                reader.read_with_array_buffer_view(&memory)
            }
            Reader::Giving(reader) => reader.read(),
        };
        let read = JsFuture::from(reading).await.inspect_err(|_| self.is_over = true)?;
        let read: ReadableStreamReadResult = read.unchecked_into();
        self.is_over = read.get_done() == Some(true);
        Ok(if self.is_over { None } else { Some(read.get_value().unchecked_into()) })
    }

    /// Reuses the memory of a piece for the next read. The caller does not need the piece any more.
    fn reuse(&mut self, piece: &Uint8Array) {
        if let Reader::Filling { memory, .. } = &mut self.reader {
            // The piece covers only the bytes that were read; the buffer behind it may be longer.
            *memory = Some(Uint8Array::new(&piece.buffer()));
        }
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        #[expect(clippy::let_underscore_must_use, reason = "cancelling fails only for a stream that has failed already")]
        let _ = match &self.reader {
            Reader::Filling { reader, .. } => reader.cancel(),
            Reader::Giving(reader) => reader.cancel(),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_the_one_that_the_standard_checks_with() {
        // The check value of CRC-32/ISCSI in the catalogue of CRC algorithms.
        assert_eq!(CRC32C.checksum(b"123456789"), 0xe306_9283);
    }
}
