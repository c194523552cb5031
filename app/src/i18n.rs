//! The texts of the interface, in the reader's language.
//!
//! The catalogues are in `app/locales`; `app/build.rs` turns each of their keys into a method of [`Messages`]. The
//! server contains the texts of all languages and writes those of one language into each page. The program in the
//! browser contains none and reads them from the page.
//!
//! The rules for plurals and numbers come from ICU on the server (`i18n/icu.rs`). In browsers (`i18n/intl.rs`) the
//! plural rules come from `Intl`, and the module `numbers` writes the numbers.

pub mod problem_text;

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

/// The id of the element in which a page carries the texts of its language.
pub const ELEMENT_ID: &str = "messages";

/// The texts of one language. [`t`] returns those of the reader's language.
#[derive(Clone, Copy, Debug)]
pub struct Messages {
    language: Language,
    texts: &'static [&'static str],
}

impl Messages {
    /// The language of these texts.
    #[must_use]
    pub const fn spoken(self) -> Language {
        self.language
    }

    /// A whole number, written as the language writes it.
    #[must_use]
    pub fn whole(self, number: usize) -> String {
        rules::number(self, &number.to_string())
    }

    /// A number of tenths as a decimal number, written as the language writes it: "4.2" for 42.
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

/// Replaces the placeholders of a text: `{0}` by `count`, `{1}` by the first of `values`, and so on. A value with
/// letters that run from right to left, or every value if `isolates` is set, is put between isolate characters, so that
/// it does not reorder the words around it (Unicode Bidirectional Algorithm, UAX #9).
fn fill(text: &str, count: &str, values: &[&str], isolates: bool) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut parts = text.split('{');
    filled.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (placeholder, rest) = part.split_once('}').unwrap_or_default();
        match placeholder.parse::<usize>() {
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

/// Whether a character is in one of the Unicode blocks of Hebrew, Arabic and other scripts that run from right to left.
const fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests;
