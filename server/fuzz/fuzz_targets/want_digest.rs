//! `Want-Repr-Digest`: checks that a preference for SHA-256 holds until a later one for SHA-256 replaces it, and that
//! preferences for other algorithms do not change it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use server::fields::wants_sha256;

fuzz_target!(|field: &str| {
    if let Ok(weight) = field.parse::<i64>() {
        assert_eq!(wants_sha256(&format!("sha-256={weight}")), (1..=10).contains(&weight), "{weight}");
    }
    if wants_sha256(field) {
        assert!(field.contains("sha-256"));
        assert!(wants_sha256(&format!("sha-512=10, {}", field.trim_start_matches(' '))), "a wish before it");
        assert!(wants_sha256(&format!("sha-256=0, {}", field.trim_start_matches(' '))), "a wish that it replaces");
        assert!(wants_sha256(&format!("{field}, sha-512=10")), "another wish after it");
        assert!(!wants_sha256(&format!("{field}, sha-256=0")), "a wish that replaces it");
        assert!(!wants_sha256(&format!("{field},")), "an unfinished list");
    }
});
