//! The texts of the reader's language and its rules for plurals and numbers, in browsers. The texts come with the page,
//! the plural rules from the browser's `Intl`, and numbers are written after an example in the texts.

use std::cell::{Cell, RefCell};

use js_sys::{Array, Intl::PluralRules, Object};

use super::{Language, Messages, NUMBERS, numbers};

/// The plural categories (CLDR), in the order in which the table has the forms of a message.
const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

thread_local! {
    static MESSAGES: Cell<Messages> = const { Cell::new(Messages { language: Language::English, texts: &[] }) };
    /// Kept, because creating the rules takes longer than using them.
    static PLURALS: RefCell<Option<PluralRules>> = const { RefCell::new(None) };
}

/// The messages in the reader's language.
#[must_use]
pub fn t() -> Messages {
    MESSAGES.get()
}

/// Sets the language for everything that is drawn from now on. `table` holds its texts in the form in which the server
/// has them: one on each line, and the examples of numbers on the last.
pub fn install(language: Language, table: &str) {
    // Leaked, because `Messages` hands out texts as `&'static str`, and they may be in use anywhere on the page.
    let table: &'static str = Box::leak(table.to_owned().into_boxed_str());
    let texts: Vec<&'static str> = table.split('\n').collect();
    MESSAGES.set(Messages { language, texts: Vec::leak(texts) });
    PLURALS.replace(None);
}

/// The index of the plural form that a number takes, in the order in which the table has the forms.
pub(super) fn plural(language: Language, count: usize) -> usize {
    let category = PLURALS.with_borrow_mut(|rules| {
        let rules = rules.get_or_insert_with(|| PluralRules::new(&Array::of1(&language.tag().into()), &Object::new()));
        #[expect(clippy::cast_precision_loss, reason = "counts stay below 2^52, where an f64 is still exact")]
        rules.select(count as f64)
    });
    CATEGORIES.iter().position(|name| category == *name).unwrap_or(CATEGORIES.len() - 1)
}

/// Writes a decimal number, given as ASCII digits with or without a point, as the language writes it. `Intl` is not
/// used for this, because its first number takes a browser 10 to 25 ms, which is a third of the time that it takes to
/// hydrate a page.
pub(super) fn number(messages: Messages, digits: &str) -> String {
    numbers::write(digits, messages.text(NUMBERS))
}
