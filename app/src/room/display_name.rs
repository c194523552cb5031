//! [`DisplayName`]: the name that a member goes by. It is text to show; the member's id identifies the member.

use serde::{Deserialize, Serialize};

use super::name::{InvalidName, is_direction_mark, shows_nothing, text_conversions};

/// A member's name: 1 to 40 characters, without control characters, marks that change the direction of text, and
/// surrounding white space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DisplayName(String);

impl DisplayName {
    /// The greatest length of a member's name, in characters.
    pub const MAX_CHARS: usize = 40;

    /// Trims and checks a name.
    ///
    /// # Errors
    /// [`InvalidName`] when the name is empty, is too long, or contains control characters or direction marks.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if shows_nothing(text) { Err(InvalidName::Empty) } else { Self::stored(text) }
    }

    /// Takes a name that was accepted before. It does not refuse invisible names, as earlier versions did not: a room that
    /// has one must stay readable.
    fn stored(text: &str) -> Result<Self, InvalidName> {
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

text_conversions!(DisplayName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_display_names_that_nobody_could_read() {
        assert_eq!(DisplayName::parse("  "), Err(InvalidName::Empty));
        for invisible in ["\u{200b}\u{2060}", "\u{fffa}\u{13430}", "\u{3164}", "\u{2800} \u{2800}", "\u{ad}\u{fe0f}", "\u{e0020}\u{e007f}"]
        {
            assert_eq!(DisplayName::parse(invisible), Err(InvalidName::Empty), "{invisible:?}");
        }
        // A room that an earlier version wrote is read all the same.
        assert!(DisplayName::try_from("\u{3164}".to_owned()).is_ok());
        assert!(DisplayName::parse("👩\u{200d}💻").is_ok());
        assert_eq!(DisplayName::parse("a\u{7}b"), Err(InvalidName::Control));
        assert_eq!(DisplayName::parse("a\u{202e}b"), Err(InvalidName::Control));
        assert_eq!(DisplayName::parse(&"x".repeat(10_240)), Err(InvalidName::TooLong { most: 40, unit: "characters" }));
        assert_eq!(DisplayName::parse(" Ånna 🚀 ").unwrap().as_str(), "Ånna 🚀");
        assert_eq!(DisplayName::parse(&"é".repeat(40)).unwrap().as_str().chars().count(), 40);
    }
}
