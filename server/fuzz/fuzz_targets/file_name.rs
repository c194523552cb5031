//! File names: checks that the names which the server offers for a file are safe to use on a disk, whatever text its
//! sender gave.

#![no_main]

use app::room::FileName;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(name) = FileName::parse(text) else {
        assert!(!text.contains(|c: char| c.is_ascii_graphic()) || text.len() > FileName::MAX_BYTES);
        return;
    };
    assert_eq!(name.as_str(), text);

    let parts = name.segments();
    assert!(!parts.is_empty());
    for part in &parts {
        assert!(!matches!(part.as_str(), "" | "." | ".."), "{parts:?}");
        assert!(!part.contains(|c: char| matches!(c, '/' | '\\') || c.is_control()), "{parts:?}");
        assert!(!part.contains(['\u{200e}', '\u{200f}', '\u{61c}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}']), "{parts:?}");
        assert_eq!(part.trim(), part);
    }
    assert_eq!(parts.last(), Some(&name.base()));
    let kind = name.kind();
    assert!(kind.len() <= 4 && kind.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9')), "{kind:?}");

    // A name that is safe already stays unchanged.
    let safe = FileName::parse(&parts.join("/")).expect("a cleaned name is short enough to be parsed again");
    assert_eq!((safe.segments(), safe.kind()), (parts, kind));
});
