//! What the interface says, in the reader's language.
//!
//! The catalogues are in `app/locales`; the build turns each of their keys into a method of [`Messages`]. The server
//! carries all languages and writes one of them into the page; the browser's module has none built in.

mod language;
#[cfg(any(target_arch = "wasm32", test))]
mod numbers;

#[cfg(not(target_arch = "wasm32"))]
#[path = "i18n/icu.rs"]
mod rules;
#[cfg(target_arch = "wasm32")]
#[path = "i18n/intl.rs"]
mod rules;

pub use language::Language;
#[cfg(target_arch = "wasm32")]
pub use rules::install;
pub use rules::t;
#[cfg(not(target_arch = "wasm32"))]
pub use rules::{provide, table};

include!(concat!(env!("OUT_DIR"), "/messages.rs"));

/// The id of the element in which the page brings its language's texts.
pub const ELEMENT_ID: &str = "messages";

/// The texts of one language.
#[derive(Clone, Copy, Debug)]
pub struct Messages {
    language: Language,
    texts: &'static [&'static str],
}

impl Messages {
    /// The language that they are in.
    #[must_use]
    pub const fn spoken(self) -> Language {
        self.language
    }

    /// A whole number, as the language writes it.
    #[must_use]
    pub fn whole(self, number: usize) -> String {
        rules::number(self, &number.to_string())
    }

    /// So many tenths, as the language writes them: "4.2" for 42.
    #[must_use]
    pub fn tenths(self, tenths: u64) -> String {
        rules::number(self, &format!("{}.{}", tenths / 10, tenths % 10))
    }

    fn text(self, index: usize) -> &'static str {
        self.texts.get(index).copied().unwrap_or_default()
    }

    fn filled(self, index: usize, values: &[&str]) -> String {
        fill(self.text(index), "", values, self.language.is_right_to_left())
    }

    fn counted(self, index: usize, count: usize, values: &[&str]) -> String {
        let form = self.text(index).split('|').nth(rules::plural(self.language, count)).unwrap_or_default();
        fill(form, &self.whole(count), values, self.language.is_right_to_left())
    }
}

/// Puts values into the places of a text. A value that may run the other way is kept from turning the words around it
/// (Unicode Bidirectional Algorithm, isolates).
fn fill(text: &str, count: &str, values: &[&str], isolates: bool) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut parts = text.split('{');
    filled.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (place, rest) = part.split_once('}').unwrap_or_default();
        match place.parse::<usize>() {
            Ok(0) => filled.push_str(count),
            Ok(number) => {
                let value = values.get(number - 1).copied().unwrap_or_default();
                if isolates || value.contains(is_right_to_left) {
                    filled.extend(["\u{2068}", value, "\u{2069}"]);
                } else {
                    filled.push_str(value);
                }
            }
            Err(_) => {}
        }
        filled.push_str(rest);
    }
    filled
}

/// Letters of Hebrew, Arabic and their neighbours.
const fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests;
