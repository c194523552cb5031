//! The texts of all languages and their rules for plurals and numbers, for everything that does not run in a browser.
//! The rules come from ICU, whose data is compiled in.

use std::{collections::HashMap, sync::LazyLock};

use icu_decimal::{DecimalFormatter, input::Decimal};
use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules};
use leptos::prelude::{provide_context, use_context};

use super::{Language, Messages, TABLES};

/// The texts, plural rules and number format of one language.
struct Known {
    texts: Vec<&'static str>,
    plurals: PluralRules,
    numbers: DecimalFormatter,
}

static KNOWN: LazyLock<HashMap<Language, Known>> = LazyLock::new(|| {
    let known = |language: Language| {
        let locale: Locale = language.tag().parse().expect("every tag is well-formed");
        let known = Known {
            texts: [table(language), server_table(language)].into_iter().flat_map(|table| table.split('\n')).collect(),
            plurals: PluralRules::try_new_cardinal((&locale).into()).expect("the locale data is compiled in"),
            numbers: DecimalFormatter::try_new((&locale).into(), Default::default()).expect("the locale data is compiled in"),
        };
        (language, known)
    };
    Language::ALL.map(known).into()
});

/// The messages in the reader's language, which is in the context; in English when there is none.
#[must_use]
pub fn t() -> Messages {
    use_context().unwrap_or_else(|| Messages::of(Language::default()))
}

/// Sets the language of everything that is rendered under the current owner, by putting it into the context.
pub fn provide(language: Language) {
    provide_context(Messages::of(language));
}

/// The texts of a language in the form in which pages carry them: one on each line.
#[must_use]
pub fn table(language: Language) -> &'static str {
    tables(language).0
}

/// The texts of a language that only the server shows, in the same form.
fn server_table(language: Language) -> &'static str {
    tables(language).1
}

fn tables(language: Language) -> (&'static str, &'static str) {
    let found = TABLES.iter().find(|(code, _)| *code == language.code());
    found.map(|(_, tables)| *tables).expect("every language has a catalogue")
}

impl Messages {
    /// The messages in this language.
    #[must_use]
    pub fn of(language: Language) -> Self {
        Self { language, texts: &KNOWN[&language].texts }
    }
}

/// The index of the plural form that a number takes, in the order in which the table has the forms.
pub(super) fn plural(language: Language, count: usize) -> usize {
    match KNOWN[&language].plurals.category_for(count) {
        PluralCategory::Zero => 0,
        PluralCategory::One => 1,
        PluralCategory::Two => 2,
        PluralCategory::Few => 3,
        PluralCategory::Many => 4,
        PluralCategory::Other => 5,
    }
}

/// Writes a decimal number, given as ASCII digits with or without a point, as the language writes it.
pub(super) fn number(messages: Messages, digits: &str) -> String {
    let decimal: Decimal = digits.parse().unwrap_or_default();
    KNOWN[&messages.language].numbers.format(&decimal).to_string()
}
