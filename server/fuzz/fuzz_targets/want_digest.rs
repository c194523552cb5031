//! `Want-Repr-Digest`: a wish stands until a later one of the same algorithm, and no other changes it.

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
