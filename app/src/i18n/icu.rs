//! The rules of the languages outside browsers: from ICU, with the data in the program.

use std::{collections::HashMap, sync::LazyLock};

use icu_decimal::{DecimalFormatter, input::Decimal};
use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules};
use leptos::prelude::{provide_context, use_context};

use super::{Language, Messages, TABLES};

/// What is known of one language.
struct Known {
    texts: Vec<&'static str>,
    plurals: PluralRules,
    numbers: DecimalFormatter,
}

static KNOWN: LazyLock<HashMap<Language, Known>> = LazyLock::new(|| {
    let known = |language: Language| {
        let locale: Locale = language.tag().parse().expect("every tag is well-formed");
        let known = Known {
            texts: table(language).split('\n').collect(),
            plurals: PluralRules::try_new_cardinal((&locale).into()).expect("the data is in the program"),
            numbers: DecimalFormatter::try_new((&locale).into(), Default::default()).expect("the data is in the program"),
        };
        (language, known)
    };
    Language::ALL.map(known).into()
});

/// The messages in the reader's language; in English outside a page.
#[must_use]
pub fn t() -> Messages {
    use_context().unwrap_or_else(|| Messages::of(Language::default()))
}

/// Everything below is said in this language.
pub fn provide(language: Language) {
    provide_context(Messages::of(language));
}

/// The texts of a language, as pages bring them along: one on each line.
#[must_use]
pub fn table(language: Language) -> &'static str {
    let found = TABLES.iter().find(|(code, _)| *code == language.code());
    found.map(|(_, table)| *table).expect("every language has a catalogue")
}

impl Messages {
    /// The messages in a language.
    #[must_use]
    pub fn of(language: Language) -> Self {
        Self { language, texts: &KNOWN[&language].texts }
    }
}

/// Which of the forms a number takes, in the order of the table.
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

/// Writes digits, perhaps with a point, the way of the language.
pub(super) fn number(messages: Messages, digits: &str) -> String {
    let decimal: Decimal = digits.parse().unwrap_or_default();
    KNOWN[&messages.language].numbers.format(&decimal).to_string()
}
