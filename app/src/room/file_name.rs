//! [`FileName`]: the name that a sender gives a file. It is text to show; the file's id identifies the file.

use serde::{Deserialize, Serialize};

use super::name::{InvalidName, is_direction_mark, shows_nothing, text_conversions};

/// A file's name as its sender gave it, possibly with folders: 1 to 1,024 bytes of any text that is not only white
/// space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileName(String);

impl FileName {
    /// The greatest length of a file's name with its folders, in bytes.
    pub const MAX_BYTES: usize = 1024;

    /// Checks a name, and keeps it unchanged.
    ///
    /// # Errors
    /// [`InvalidName`] when the name is empty or too long.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if shows_nothing(text) { Err(InvalidName::Empty) } else { Self::stored(text) }
    }

    /// Takes a name that was accepted before. It does not refuse invisible names, as earlier versions did not: a room that
    /// has one must stay readable.
    fn stored(text: &str) -> Result<Self, InvalidName> {
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

    /// The folders and the file name in a form that is safe to use elsewhere, as in an archive: the [`path_segments`] of
    /// the name. There is always at least one segment.
    #[must_use]
    pub fn segments(&self) -> Vec<String> {
        let segments = path_segments(&self.0);
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

    /// The folders of the file, separated by `/`, without what is left out of [`Self::segments`]. Empty when the file is
    /// in no folder.
    #[must_use]
    pub fn folder_path(&self) -> String {
        let mut segments = self.segments();
        segments.pop();
        segments.join("/")
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

text_conversions!(FileName);

/// The segments of a path in a form that is safe to use elsewhere. Invisible segments, `.`, `..` and direction marks are
/// left out, and control characters are replaced by `_`. The path of a folder is read in the same way as the names of the
/// files in it.
#[must_use]
pub fn path_segments(path: &str) -> Vec<String> {
    path.split(['/', '\\'])
        .map(|segment| {
            let clean = segment.chars().filter(|c| !is_direction_mark(*c)).map(|c| if c.is_control() { '_' } else { c });
            clean.collect::<String>().trim().to_owned()
        })
        .filter(|segment| !shows_nothing(segment) && segment != "." && segment != "..")
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_a_senders_file_name_but_offers_only_safe_segments_of_it() {
        let cases: [(&str, &[&str]); 8] = [
            ("../../etc/passwd", &["etc", "passwd"]),
            ("C:\\temp\\a.txt", &["C:", "temp", "a.txt"]),
            ("photos//day 1/./b.jpg", &["photos", "day 1", "b.jpg"]),
            ("line\nbreak\0.txt", &["line_break_.txt"]),
            ("invoice\u{202e}fdp.exe", &["invoicefdp.exe"]),
            ("../..", &["file"]),
            ("☕ \"quoted\".md", &["☕ \"quoted\".md"]),
            ("./\u{200b}/\u{3164}", &["file"]),
        ];
        for (given, safe) in cases {
            let name = FileName::parse(given).unwrap();
            assert_eq!(name.as_str(), given);
            assert_eq!(name.segments(), safe, "{given:?}");
        }
    }

    #[test]
    fn a_folder_is_read_like_the_names_of_its_files() {
        assert_eq!(path_segments("/Holiday//2019/"), ["Holiday", "2019"]);
        assert_eq!(path_segments("..\\Holiday/./2019"), ["Holiday", "2019"]);
        for nothing in ["", "/", "..", "./..//", " ", "\u{200b}"] {
            assert!(path_segments(nothing).is_empty(), "{nothing:?}");
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
}
