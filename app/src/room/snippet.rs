//! Text that the owner hands out as it is: a note, an address, a password to type.

use serde::{Deserialize, Serialize};

use super::SnippetId;

/// One piece of text in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snippet {
    /// Names it on the wire.
    pub id: SnippetId,
    /// What it says.
    pub text: SnippetText,
    /// When it was added, in milliseconds since the Unix epoch.
    pub added_at_ms: u64,
}

/// 1 to 16,384 bytes of text, as its sender wrote it but for the space around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SnippetText(String);

/// Why a text is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSnippet {
    /// Nothing but space.
    #[error("there is no text")]
    Empty,
    /// Longer than anyone would copy by hand.
    #[error("a text has at most {} bytes", SnippetText::MAX_BYTES)]
    TooLong,
}

/// A stretch of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// To be read.
    Words(&'a str),
    /// To be opened: an address that begins with `http://` or `https://`.
    Link(&'a str),
}

impl SnippetText {
    /// The most bytes in a text.
    pub const MAX_BYTES: usize = 16 * 1024;

    /// Trims and checks a text.
    ///
    /// # Errors
    /// [`InvalidSnippet`] when it is empty or too long.
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

    /// The text in stretches: words, and the links between them. Other kinds of addresses are words: following one
    /// could run a script or start a program.
    #[must_use]
    pub fn parts(&self) -> Vec<Part<'_>> {
        let mut parts = Vec::new();
        let mut rest = self.as_str();
        while let Some((start, end)) = first_link(rest) {
            if start > 0 {
                parts.push(Part::Words(&rest[..start]));
            }
            parts.push(Part::Link(&rest[start..end]));
            rest = &rest[end..];
        }
        if !rest.is_empty() {
            parts.push(Part::Words(rest));
        }
        parts
    }
}

/// Where the first link of a text begins and ends.
fn first_link(text: &str) -> Option<(usize, usize)> {
    const SCHEMES: [&str; 2] = ["https://", "http://"];
    let mut from = 0;
    loop {
        let (start, scheme) = SCHEMES.iter().filter_map(|scheme| Some((from + text[from..].find(scheme)?, scheme))).min()?;
        let address = &text[start..];
        let length = address.find(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"')).unwrap_or(address.len());
        let address = trim_punctuation(&address[..length]);
        // "xhttp://" is no scheme, and a scheme alone is no address.
        let begins = text[..start].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
        if begins && address.len() > scheme.len() {
            return Some((start, start + address.len()));
        }
        from = start + scheme.len();
    }
}

/// An address without what belongs to the sentence around it.
fn trim_punctuation(address: &str) -> &str {
    let mut address = address;
    while let Some(last) = address.chars().next_back() {
        let closes = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '”' | '“' | '»' | '。' | '、' | '，' => true,
            // A bracket is a part of the address only if it was opened in it.
            ')' => !address.contains('('),
            ']' => !address.contains('['),
            '）' => true,
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
        let told = text.parts().into_iter().map(|part| match part {
            Part::Words(words) => (false, words.to_owned()),
            Part::Link(link) => (true, link.to_owned()),
        });
        told.collect()
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
