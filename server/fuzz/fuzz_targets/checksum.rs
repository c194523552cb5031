//! `Upload-Checksum`: what is read is exactly what was written, so no two texts mean the same sum.

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
