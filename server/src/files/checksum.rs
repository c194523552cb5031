//! What a chunk's bytes must sum to, as its sender says (`Upload-Checksum` of tus 1.0.0).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

/// Why a checksum cannot be read; completes "Upload-Checksum … ".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidChecksum(pub &'static str);

/// A sum that the sender made, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// SHA-1, which every server of the extension has.
    Sha1([u8; 20]),
    /// SHA-256, which browsers compute themselves.
    Sha256([u8; 32]),
    /// CRC-32C (Castagnoli), the cheapest; four bytes, the highest first.
    Crc32c(u32),
}

/// The sum of the bytes seen so far.
#[derive(Clone)]
pub(super) struct Running(Sum);

#[derive(Clone)]
enum Sum {
    Sha1(Sha1, [u8; 20]),
    Sha256(Sha256, [u8; 32]),
    Crc32c(u32, u32),
}

impl Checksum {
    /// What `Tus-Checksum-Algorithm` says.
    pub const ALGORITHMS: &str = "sha1,sha256,crc32c";

    /// Reads the name of an algorithm and a base64 value of its length.
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

    /// Whether these are the bytes that the sender summed.
    #[must_use]
    pub fn matches(&self, bytes: &[u8]) -> bool {
        let mut sum = self.running();
        sum.update(bytes);
        sum.matches()
    }

    /// The sum of no bytes yet.
    pub(super) fn running(&self) -> Running {
        Running(match *self {
            Self::Sha1(expected) => Sum::Sha1(Sha1::new(), expected),
            Self::Sha256(expected) => Sum::Sha256(Sha256::new(), expected),
            Self::Crc32c(expected) => Sum::Crc32c(0, expected),
        })
    }
}

impl Running {
    /// Adds bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Sum::Sha1(sum, _) => sum.update(bytes),
            Sum::Sha256(sum, _) => sum.update(bytes),
            Sum::Crc32c(sum, _) => *sum = crc32c::crc32c_append(*sum, bytes),
        }
    }

    /// Whether the bytes are those that the sender summed.
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
