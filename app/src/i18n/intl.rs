//! The rules of the languages in browsers: plurals from their own `Intl`. The texts come with the page.

use std::cell::{Cell, RefCell};

use js_sys::{Array, Intl::PluralRules, Object};

use super::{Language, Messages, NUMBERS, numbers};

/// The categories in the order of the table.
const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

thread_local! {
    static MESSAGES: Cell<Messages> = const { Cell::new(Messages { language: Language::English, texts: &[] }) };
    /// Making these takes longer than using them.
    static PLURALS: RefCell<Option<PluralRules>> = const { RefCell::new(None) };
}

/// The messages in the reader's language.
#[must_use]
pub fn t() -> Messages {
    MESSAGES.get()
}

/// Says everything in a language from now on. `table` is what the server has for it.
pub fn install(language: Language, table: &str) {
    // Kept for as long as the page lives: it may be on the page anywhere.
    let table: &'static str = Box::leak(table.to_owned().into_boxed_str());
    let texts: Vec<&'static str> = table.split('\n').collect();
    MESSAGES.set(Messages { language, texts: Vec::leak(texts) });
    PLURALS.replace(None);
}

/// Which of the forms a number takes, in the order of the table.
pub(super) fn plural(language: Language, count: usize) -> usize {
    let category = PLURALS.with_borrow_mut(|rules| {
        let rules = rules.get_or_insert_with(|| PluralRules::new(&Array::of1(&language.tag().into()), &Object::new()));
        #[expect(clippy::cast_precision_loss, reason = "nobody counts beyond 2^52 of anything")]
        rules.select(count as f64)
    });
    CATEGORIES.iter().position(|name| category == *name).unwrap_or(CATEGORIES.len() - 1)
}

/// Writes digits, perhaps with a point, the way of the language. Not by `Intl`, whose first number takes a browser 10 to
/// 25 ms: a third of what it takes to bring a page to life.
pub(super) fn number(messages: Messages, digits: &str) -> String {
    numbers::write(digits, messages.text(NUMBERS))
}
