//! The time: for measuring durations, and as text for people.

use js_sys::{Array, Intl::DateTimeFormat, Object, Reflect};

use super::page::window;
use crate::i18n::{Language, t};

/// The current time for measuring durations, in seconds since 1970.
pub(crate) fn now_secs() -> f64 {
    js_sys::Date::now() / 1000.0
}

/// The time of day of a moment, in the page's language and as it is written in the reader's region: "1:13 PM", or
/// "09:05" where the clock has 24 hours. Its digits are Latin in every region, as in all numbers on the page: an Arabic
/// page would otherwise have two kinds of digits in one sentence when the reader is in Egypt.
#[must_use]
pub fn time_of_day(unix_ms: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "exact until the year 287396")]
    let date = js_sys::Date::new(&(unix_ms as f64).into());
    let tag = regional_tag();
    let options = Object::new();
    set(&options, "hour", "numeric");
    set(&options, "minute", "2-digit");
    set(&options, "numberingSystem", "latn");
    if !has_twelve_hours(&tag, &options) {
        set(&options, "hour", "2-digit");
    }
    date.to_locale_time_string_with_options(&tag, &options).into()
}

/// Whether times that are written with these options have twelve hours and say which half of the day it is.
fn has_twelve_hours(tag: &str, options: &Object) -> bool {
    let resolved = DateTimeFormat::new(&Array::of1(&tag.into()), options).resolved_options();
    Reflect::get(&resolved, &"hour12".into()).is_ok_and(|twelve| twelve.is_truthy())
}

fn set(options: &Object, name: &str, value: &str) {
    #[expect(clippy::let_underscore_must_use, reason = "setting a property of a plain object cannot fail")]
    let _ = Reflect::set(options, &name.into(), &value.into());
}

/// The first of the browser's language tags that is in the page's language. Its region decides whether the clock has
/// twelve hours. If there is none, this is the tag of the language itself.
fn regional_tag() -> String {
    let language = t().spoken();
    let tags = window().navigator().languages();
    let own = tags.iter().filter_map(|tag| tag.as_string()).find(|tag| Language::from_tag(tag) == Some(language));
    own.unwrap_or_else(|| language.tag().to_owned())
}
