//! `Range`: checks that parsed ranges lie within the content, do not overlap or touch, and are parsed to the same
//! ranges when they are written again.
//!
//! An input is the length of the content, a line break, and the field.

#![no_main]

use libfuzzer_sys::fuzz_target;
use server::fields::{MAX_RANGES, Wanted};

fuzz_target!(|input: &str| {
    let Some((length, field)) = input.split_once('\n') else { return };
    let Ok(length) = length.parse() else { return };
    let wanted = Wanted::parse(field, length);
    let Wanted::Ranges(parts) = &wanted else { return };

    assert!((1..=MAX_RANGES).contains(&parts.len()), "{} parts", parts.len());
    let mut ascending = parts.clone();
    ascending.sort_unstable_by_key(|part| part.start);
    assert!(ascending.iter().all(|part| part.start < part.end && part.end <= length), "{parts:?} of {length}");
    assert!(ascending.windows(2).all(|pair| pair[0].end < pair[1].start), "{parts:?} overlap or touch");
    let total: u128 = parts.iter().map(|part| u128::from(part.end - part.start)).sum();
    assert!(total <= length.into(), "{total} bytes of {length}");

    let again: Vec<String> = parts.iter().map(|part| format!("{}-{}", part.start, part.end - 1)).collect();
    assert_eq!(Wanted::parse(&format!("bytes={}", again.join(",")), length), wanted);
});
