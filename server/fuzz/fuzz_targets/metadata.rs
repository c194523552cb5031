//! `Upload-Metadata`: what is told again is a header's text and means the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use server::fields::Metadata;

/// The longest field that is read.
const MAX_BYTES: usize = 8 * 1024;

fuzz_target!(|field: &str| {
    let Ok(metadata) = Metadata::parse(field) else { return };
    let again = metadata.to_field();
    assert!(again.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{again:?} is no header's text");
    // A key without a value gets a space on the way.
    if again.len() <= MAX_BYTES {
        assert_eq!(Metadata::parse(&again), Ok(metadata), "{again:?}");
    }
});
