//! The checksum that a sender declares for a chunk, and its verification (`Upload-Checksum`, the checksum extension of
//! tus 1.0.0).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

/// Why a checksum cannot be read. The text completes a sentence that begins with "Upload-Checksum".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidChecksum(pub &'static str);

/// A checksum with its algorithm, as the sender declared it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// SHA-1, which the extension requires of every server.
    Sha1([u8; 20]),
    /// SHA-256, which browsers have built in.
    Sha256([u8; 32]),
    /// CRC-32C (Castagnoli), which is the cheapest to compute. Its value is sent as four bytes, the highest first.
    Crc32c(u32),
}

/// The checksum of the bytes seen so far, and the one that is expected in the end.
#[derive(Clone)]
pub(super) struct Running(Sum);

#[derive(Clone)]
enum Sum {
    Sha1(Sha1, [u8; 20]),
    Sha256(Sha256, [u8; 32]),
    Crc32c(u32, u32),
}

impl Checksum {
    /// The value of `Tus-Checksum-Algorithm`: all supported algorithms.
    pub const ALGORITHMS: &str = "sha1,sha256,crc32c";

    /// Parses the value of `Upload-Checksum`: the name of an algorithm, a space, and a base64 value of its length.
    ///
    /// # Errors
    /// [`InvalidChecksum`] with the reason.
    pub fn parse(text: &str) -> Result<Self, InvalidChecksum> {
        let (algorithm, value) = text.split_once(' ').ok_or(InvalidChecksum("is not an algorithm and a value"))?;
        let value = STANDARD.decode(value).map_err(|_| InvalidChecksum("has a value that is not base64"))?;
        let length = |_| InvalidChecksum("has a value of the wrong length");
        match algorithm {
            "sha1" => Ok(Self::Sha1(value.as_slice().try_into().map_err(length)?)),
            "sha256" => Ok(Self::Sha256(value.as_slice().try_into().map_err(length)?)),
            "crc32c" => Ok(Self::Crc32c(u32::from_be_bytes(value.as_slice().try_into().map_err(length)?))),
            _ => Err(InvalidChecksum("names an algorithm that is not known here (sha1, sha256 and crc32c are)")),
        }
    }

    /// Returns whether these bytes have this checksum.
    #[must_use]
    pub fn matches(&self, bytes: &[u8]) -> bool {
        let mut sum = self.running();
        sum.update(bytes);
        sum.matches()
    }

    /// Starts to compute the checksum; no bytes are seen yet.
    pub(super) fn running(&self) -> Running {
        Running(match *self {
            Self::Sha1(expected) => Sum::Sha1(Sha1::new(), expected),
            Self::Sha256(expected) => Sum::Sha256(Sha256::new(), expected),
            Self::Crc32c(expected) => Sum::Crc32c(0, expected),
        })
    }
}

impl Running {
    /// Adds the next bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Sum::Sha1(sum, _) => sum.update(bytes),
            Sum::Sha256(sum, _) => sum.update(bytes),
            Sum::Crc32c(sum, _) => *sum = crc32c::crc32c_append(*sum, bytes),
        }
    }

    /// Returns whether the bytes seen have the expected checksum.
    pub(super) fn matches(self) -> bool {
        match self.0 {
            Sum::Sha1(sum, expected) => <[u8; 20]>::from(sum.finalize()) == expected,
            Sum::Sha256(sum, expected) => <[u8; 32]>::from(sum.finalize()) == expected,
            Sum::Crc32c(sum, expected) => sum == expected,
        }
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_knows_its_bytes() {
        let sums = ["sha1 Lve95gjOVATpfV8EL5X4nxwjKHE=", "sha256 f4OxZX/x/FO5LcGBSKHWXfwtSx+j1ncoSt3SABJtkGk=", "crc32c /mzx3A=="];
        for sum in sums {
            let verdict = |bytes: &[u8]| {
                let mut running = Checksum::parse(sum).unwrap().running();
                bytes.chunks(5).for_each(|part| running.update(part));
                running.matches()
            };
            assert_eq!((verdict(b"Hello World!"), verdict(b"Hello World?")), (true, false), "{sum}");
        }
    }

    #[test]
    fn what_is_no_checksum_is_refused() {
        for text in [
            "",
            "sha1",
            "sha1 ",
            "sha1 AA==",
            "sha1  Lve95gjOVATpfV8EL5X4nxwjKHE=",
            "md5 Lve95gjOVATpfV8EL5X4nxwjKHE=",
            "SHA1 Lve95gjOVATpfV8EL5X4nxwjKHE=",
            "sha256 !",
            "crc32c AAA=",
        ] {
            assert!(Checksum::parse(text).is_err(), "{text}");
        }
    }
}
