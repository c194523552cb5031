//! `Upload-Metadata`: checks that parsed metadata, written as a field again, is valid text for a header and is parsed
//! to the same metadata.

#![no_main]

use libfuzzer_sys::fuzz_target;
use server::fields::Metadata;

/// The longest field that is parsed, in bytes.
const MAX_BYTES: usize = 8 * 1024;

fuzz_target!(|field: &str| {
    let Ok(metadata) = Metadata::parse(field) else { return };
    let again = metadata.to_field();
    assert!(again.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{again:?} is no header's text");
    // The written field may be longer than the input, because it has a space after a key without a value.
    if again.len() <= MAX_BYTES {
        assert_eq!(Metadata::parse(&again), Ok(metadata), "{again:?}");
    }
});
