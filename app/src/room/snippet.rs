//! A snippet: a text that the owner shares for members to copy, such as a note, a link or a password.

use serde::{Deserialize, Serialize};

use super::SnippetId;

/// One text of the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snippet {
    /// Identifies the text on the wire.
    pub id: SnippetId,
    /// The text itself.
    pub text: SnippetText,
    /// When the text was added, in milliseconds since the Unix epoch.
    pub added_at_ms: u64,
}

/// 1 to 16,384 bytes of text, as the sender wrote it, without the white space around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SnippetText(String);

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSnippet {
    /// There is nothing in the text but white space.
    #[error("there is no text")]
    Empty,
    /// The text is longer than [`SnippetText::MAX_BYTES`].
    #[error("a text has at most {} bytes", SnippetText::MAX_BYTES)]
    TooLong,
}

/// A stretch of a text: [`SnippetText::parts`] splits a text into these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnippetPart<'a> {
    /// Text that is only read.
    Words(&'a str),
    /// A link to open: an address that begins with `http://` or `https://`.
    Link(&'a str),
}

impl SnippetText {
    /// The greatest length of a text, in bytes.
    pub const MAX_BYTES: usize = 16 * 1024;

    /// Trims and checks a text.
    ///
    /// # Errors
    /// [`InvalidSnippet`] when the text is empty or too long.
    pub fn parse(text: &str) -> Result<Self, InvalidSnippet> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidSnippet::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidSnippet::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Splits the text into links and the words between them. Addresses with other schemes count as words, because
    /// opening one could run a script or start a program.
    #[must_use]
    pub fn parts(&self) -> Vec<SnippetPart<'_>> {
        let mut parts = Vec::new();
        let mut rest = self.as_str();
        while let Some((start, end)) = first_link(rest) {
            if start > 0 {
                parts.push(SnippetPart::Words(&rest[..start]));
            }
            parts.push(SnippetPart::Link(&rest[start..end]));
            rest = &rest[end..];
        }
        if !rest.is_empty() {
            parts.push(SnippetPart::Words(rest));
        }
        parts
    }
}

/// The positions in bytes at which the first link of a text begins and ends.
fn first_link(text: &str) -> Option<(usize, usize)> {
    const SCHEMES: [&str; 2] = ["https://", "http://"];
    let mut from = 0;
    loop {
        let (start, scheme) = SCHEMES.iter().filter_map(|scheme| Some((from + text[from..].find(scheme)?, scheme))).min()?;
        let address = &text[start..];
        let length = address.find(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"')).unwrap_or(address.len());
        let address = trim_punctuation(&address[..length]);
        // "xhttp://" does not begin with one of the schemes, and a scheme alone is not an address.
        let begins = text[..start].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
        if begins && address.len() > scheme.len() {
            return Some((start, start + address.len()));
        }
        from = start + scheme.len();
    }
}

/// An address without the punctuation at its end that belongs to the sentence around it.
fn trim_punctuation(address: &str) -> &str {
    let mut address = address;
    while let Some(last) = address.chars().next_back() {
        let closes = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '”' | '“' | '»' | '。' | '、' | '，' | '）' => true,
            // A closing bracket belongs to the address only if the address contains an opening one.
            ')' => !address.contains('('),
            ']' => !address.contains('['),
            _ => false,
        };
        if !closes {
            break;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    address
}

impl TryFrom<String> for SnippetText {
    type Error = InvalidSnippet;

    fn try_from(text: String) -> Result<Self, InvalidSnippet> {
        Self::parse(&text)
    }
}

impl From<SnippetText> for String {
    fn from(text: SnippetText) -> Self {
        text.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<(bool, String)> {
        let text = SnippetText::parse(text).unwrap();
        let parts = text.parts().into_iter().map(|part| match part {
            SnippetPart::Words(words) => (false, words.to_owned()),
            SnippetPart::Link(link) => (true, link.to_owned()),
        });
        parts.collect()
    }

    #[test]
    fn addresses_in_a_text_are_links() {
        let words = |text: &str| (false, text.to_owned());
        let link = |text: &str| (true, text.to_owned());
        assert_eq!(parts("https://example.org/a?b=c#d"), [link("https://example.org/a?b=c#d")]);
        assert_eq!(parts("See http://a.example, then."), [words("See "), link("http://a.example"), words(", then.")]);
        assert_eq!(
            parts("(https://a.example/b) or https://a.example/(b)!"),
            [words("("), link("https://a.example/b"), words(") or "), link("https://a.example/(b)"), words("!")]
        );
        assert_eq!(parts("“https://čeština.example”"), [words("“"), link("https://čeština.example"), words("”")]);
        assert_eq!(parts("https://a.example\nhttp://b.example").len(), 3);
    }

    #[test]
    fn what_could_run_is_never_a_link() {
        for text in [
            "javascript:alert(1)",
            "data:text/html,<script>",
            "file:///etc/passwd",
            "JAVASCRIPT://x",
            "xhttp://a.example",
            "http://",
            "https://.",
            "see https:// and http://",
        ] {
            assert!(parts(text).iter().all(|(is_link, _)| !is_link), "{text}");
        }
        assert_eq!(parts("https://a.example\"onclick=").first(), Some(&(true, "https://a.example".to_owned())));
    }

    #[test]
    fn a_text_is_neither_empty_nor_endless() {
        assert_eq!(SnippetText::parse(" \n "), Err(InvalidSnippet::Empty));
        assert_eq!(SnippetText::parse(&"é".repeat(SnippetText::MAX_BYTES / 2 + 1)), Err(InvalidSnippet::TooLong));
        assert_eq!(SnippetText::parse("  two\n  lines \n").unwrap().as_str(), "two\n  lines");
    }
}
