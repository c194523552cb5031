//! What the names of members and of files have in common: why one is refused, the marks that change the direction of
//! text, and the conversions from and to text.

/// Why a name is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// There is nothing to see in the name: it has only white space and invisible characters.
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

/// Whether a character is a mark that changes the direction of the text after it. With such marks the name "gpj.exe"
/// could be shown as "exe.jpg".
pub(super) const fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a text shows nothing: it has nothing but white space and characters that are drawn as nothing. These are the
/// default ignorable code points of Unicode (`DerivedCoreProperties.txt`), the blank Braille pattern, the marks of annotations
/// and the marks that put hieroglyphs together.
pub(super) fn shows_nothing(text: &str) -> bool {
    const fn is_invisible(c: char) -> bool {
        matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
    }
    text.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

/// Implements the conversions from and to text for a name: a type that wraps a `String` and has a function `stored`.
macro_rules! text_conversions {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = $crate::room::InvalidName;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::stored(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(super) use text_conversions;
