//! `Upload-Checksum`: checks that a parsed checksum gives exactly the parsed text when it is written again, so that no
//! two texts stand for the same checksum.

#![no_main]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use libfuzzer_sys::fuzz_target;
use server::files::Checksum;

fuzz_target!(|field: &str| {
    let Ok(checksum) = Checksum::parse(field) else { return };
    let (algorithm, sum) = match checksum {
        Checksum::Sha1(sum) => ("sha1", STANDARD.encode(sum)),
        Checksum::Sha256(sum) => ("sha256", STANDARD.encode(sum)),
        Checksum::Crc32c(sum) => ("crc32c", STANDARD.encode(sum.to_be_bytes())),
    };
    assert_eq!(format!("{algorithm} {sum}"), field);
    assert!(Checksum::ALGORITHMS.split(',').any(|known| known == algorithm), "{algorithm} is not announced");
});
