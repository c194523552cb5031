//! `Upload-Concat`: checks that a parsed field has as many parts as it names, that they are all different, and that
//! their addresses are parsed to the same parts again.

#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use server::fields::Concat;

fuzz_target!(|field: &str| {
    let Ok(concat) = Concat::parse(field) else { return };
    let Concat::Final(parts) = &concat else {
        assert_eq!(field, "partial");
        return;
    };
    let named = field.strip_prefix("final;").expect("only a field with this prefix is parsed as final");
    assert_eq!(parts.len(), named.split_ascii_whitespace().count());
    assert!((1..=1000).contains(&parts.len()), "{} parts", parts.len());
    let different: HashSet<_> = parts.iter().map(|part| (part.pin.as_str(), part.id)).collect();
    assert_eq!(different.len(), parts.len(), "{parts:?}");

    let addresses: Vec<String> = parts.iter().map(|part| format!("/api/rooms/{}/files/{}", part.pin, part.id)).collect();
    assert!(addresses.iter().zip(named.split_ascii_whitespace()).all(|(address, given)| given.ends_with(address)), "{parts:?}");
    assert_eq!(Concat::parse(&format!("final;{}", addresses.join(" "))), Ok(concat));
});
