//! The rules of the languages in browsers: from their own `Intl`. The texts come with the page.

use std::cell::{Cell, RefCell};

use js_sys::{Array, Intl, JSON, Object};
use wasm_bindgen::{JsCast as _, JsValue};

use super::{Language, Messages};

/// The categories in the order of the table.
const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

thread_local! {
    static MESSAGES: Cell<Messages> = const { Cell::new(Messages { language: Language::English, texts: &[] }) };
    static RULES: RefCell<Option<Rules>> = const { RefCell::new(None) };
}

/// What the browser knows of the language. Making these takes longer than using them.
struct Rules {
    plurals: Intl::PluralRules,
    whole: js_sys::Function,
    tenths: js_sys::Function,
}

impl Rules {
    fn of(language: Language) -> Self {
        let tags = Array::of1(&language.tag().into());
        let numbers = |options: &str| Intl::NumberFormat::new(&tags, &options_from(options)).format();
        Self {
            plurals: Intl::PluralRules::new(&tags, &Object::new()),
            whole: numbers(r#"{"maximumFractionDigits":0}"#),
            tenths: numbers(r#"{"minimumFractionDigits":1,"maximumFractionDigits":1}"#),
        }
    }
}

fn options_from(json: &str) -> Object {
    JSON::parse(json).map(JsValue::unchecked_into).unwrap_or_default()
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
    RULES.replace(None);
}

fn with_rules<T>(language: Language, ask: impl FnOnce(&Rules) -> T) -> T {
    RULES.with_borrow_mut(|rules| ask(rules.get_or_insert_with(|| Rules::of(language))))
}

/// Which of the forms a number takes, in the order of the table.
pub(super) fn plural(language: Language, count: usize) -> usize {
    #[expect(clippy::cast_precision_loss, reason = "nobody counts beyond 2^52 of anything")]
    let category = with_rules(language, |rules| rules.plurals.select(count as f64));
    CATEGORIES.iter().position(|name| category == *name).unwrap_or(CATEGORIES.len() - 1)
}

pub(super) fn number(language: Language, number: f64, fraction_digits: u8) -> String {
    let text = with_rules(language, |rules| {
        let format = if fraction_digits == 0 { &rules.whole } else { &rules.tenths };
        format.call1(&JsValue::UNDEFINED, &number.into())
    });
    text.ok().and_then(|text| text.as_string()).unwrap_or_default()
}
