//! The names that people give themselves and their files. Both are text to show; ids identify members and files.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A member's name: 1 to 40 characters, without control characters, marks that change the direction of text, and
/// surrounding white space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DisplayName(String);

/// A file's name as its sender gave it, possibly with folders: 1 to 1,024 bytes of any text that is not only white
/// space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileName(String);

/// Why a name is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// There is nothing in the name but white space.
    #[error("a name needs at least one character")]
    Empty,
    /// The name is too long.
    #[error("a name has at most {most} {unit}")]
    TooLong {
        /// The greatest length that is allowed.
        most: usize,
        /// What the length is counted in: "characters" or "bytes".
        unit: &'static str,
    },
    /// The name contains a control character, such as a line break, or a mark that changes the direction of text.
    #[error("a name has no control characters")]
    Control,
}

impl DisplayName {
    /// The greatest length of a member's name, in characters.
    pub const MAX_CHARS: usize = 40;

    /// Trims and checks a name.
    ///
    /// # Errors
    /// [`InvalidName`] when the name is empty, is too long, or contains control characters or direction marks.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidName::Empty);
        }
        if text.chars().nth(Self::MAX_CHARS).is_some() {
            return Err(InvalidName::TooLong { most: Self::MAX_CHARS, unit: "characters" });
        }
        if text.chars().any(|c| c.is_control() || is_direction_mark(c)) {
            return Err(InvalidName::Control);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FileName {
    /// The greatest length of a file's name with its folders, in bytes.
    pub const MAX_BYTES: usize = 1024;

    /// Checks a name, and keeps it unchanged.
    ///
    /// # Errors
    /// [`InvalidName`] when the name is empty or too long.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.trim().is_empty() {
            return Err(InvalidName::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidName::TooLong { most: Self::MAX_BYTES, unit: "bytes" });
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as its sender gave it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folders and the file name in a form that is safe to use elsewhere, as in an archive. Empty segments, `.`, `..`
    /// and direction marks are left out, and control characters are replaced by `_`. There is always at least one segment.
    #[must_use]
    pub fn segments(&self) -> Vec<String> {
        let segments: Vec<String> = self
            .0
            .split(['/', '\\'])
            .map(|part| {
                let clean = part.chars().filter(|c| !is_direction_mark(*c)).map(|c| if c.is_control() { '_' } else { c });
                clean.collect::<String>().trim().to_owned()
            })
            .filter(|part| !part.is_empty() && part != "." && part != "..")
            .collect();
        if segments.is_empty() { vec!["file".to_owned()] } else { segments }
    }

    /// The folders of the file as people read them: "assets / icons". Empty when the file is in no folder.
    #[must_use]
    pub fn folders(&self) -> String {
        if !self.0.contains(['/', '\\']) {
            return String::new();
        }
        let mut segments = self.segments();
        segments.pop();
        segments.join(" / ")
    }

    /// The name under which the file is saved: the last of [`Self::segments`].
    #[must_use]
    pub fn base(&self) -> String {
        self.segments().pop().expect("a name has at least one segment")
    }

    /// The ending of the file name in upper case, which tells people the kind of file. It is one to four ASCII letters
    /// or digits, or empty when the name has no such ending.
    #[must_use]
    pub fn kind(&self) -> String {
        let base = self.base();
        match base.rsplit_once('.') {
            Some((stem, ending))
                if !stem.is_empty() && (1..=4).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric()) =>
            {
                ending.to_ascii_uppercase()
            }
            _ => String::new(),
        }
    }
}

/// Whether a character is a mark that changes the direction of the text after it. With such marks the name "gpj.exe"
/// could be shown as "exe.jpg".
const fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

macro_rules! text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, InvalidName> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text!(DisplayName);
text!(FileName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_a_senders_file_name_but_offers_only_safe_segments_of_it() {
        let cases: [(&str, &[&str]); 7] = [
            ("../../etc/passwd", &["etc", "passwd"]),
            ("C:\\temp\\a.txt", &["C:", "temp", "a.txt"]),
            ("photos//day 1/./b.jpg", &["photos", "day 1", "b.jpg"]),
            ("line\nbreak\0.txt", &["line_break_.txt"]),
            ("invoice\u{202e}fdp.exe", &["invoicefdp.exe"]),
            ("../..", &["file"]),
            ("☕ \"quoted\".md", &["☕ \"quoted\".md"]),
        ];
        for (given, safe) in cases {
            let name = FileName::parse(given).unwrap();
            assert_eq!(name.as_str(), given);
            assert_eq!(name.segments(), safe, "{given:?}");
        }
    }

    #[test]
    fn tells_the_kind_of_a_file_by_its_ending() {
        for (given, kind) in [("a/b.tar.gz", "GZ"), ("README", ""), (".bashrc", ""), ("x.verylong", ""), ("clip.mp4", "MP4")] {
            assert_eq!(FileName::parse(given).unwrap().kind(), kind, "{given:?}");
        }
    }

    #[test]
    fn folders_are_read_with_room_between_them() {
        let folders = |name| FileName::parse(name).unwrap().folders();
        assert_eq!(folders("assets/icons/export@3x.zip"), "assets / icons");
        assert_eq!(folders("..\\photos\\./one.jpg"), "photos");
        assert_eq!((folders("one.jpg"), folders("/one.jpg"), folders("a ∕ b.txt")), (String::new(), String::new(), String::new()));
    }

    #[test]
    fn refuses_display_names_that_nobody_could_read() {
        assert_eq!(DisplayName::parse("  "), Err(InvalidName::Empty));
        assert_eq!(DisplayName::parse("a\u{7}b"), Err(InvalidName::Control));
        assert_eq!(DisplayName::parse("a\u{202e}b"), Err(InvalidName::Control));
        assert_eq!(DisplayName::parse(&"x".repeat(10_240)), Err(InvalidName::TooLong { most: 40, unit: "characters" }));
        assert_eq!(DisplayName::parse(" Ånna 🚀 ").unwrap().as_str(), "Ånna 🚀");
        assert_eq!(DisplayName::parse(&"é".repeat(40)).unwrap().as_str().chars().count(), 40);
    }
}
