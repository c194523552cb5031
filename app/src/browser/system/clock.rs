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
    let (tag, options) = (regional_tag(), clock_options());
    date(unix_ms).to_locale_time_string_with_options(&tag, &options).into()
}

/// A moment as people write it: the time of day and, if it is not today, the day before it, without the year.
#[must_use]
pub fn moment(unix_ms: u64) -> String {
    let date = date(unix_ms);
    if date.to_date_string() == js_sys::Date::new_0().to_date_string() {
        return time_of_day(unix_ms);
    }
    let (tag, options) = (regional_tag(), clock_options());
    set(&options, "month", "short");
    set(&options, "day", "numeric");
    date.to_locale_string(&tag, &options).into()
}

/// The day and the time of day of the moment now in figures, which sort like time and may be in the name of a file:
/// "2026-11-27" and "13.05.22".
pub(crate) fn now_in_figures() -> (String, String) {
    let now = js_sys::Date::new_0();
    let two = |number: u32| format!("{number:02}");
    let day = [now.get_full_year().to_string(), two(now.get_month() + 1), two(now.get_date())].join("-");
    (day, [two(now.get_hours()), two(now.get_minutes()), two(now.get_seconds())].join("."))
}

fn date(unix_ms: u64) -> js_sys::Date {
    #[expect(clippy::cast_precision_loss, reason = "exact until the year 287396")]
    let unix_ms = unix_ms as f64;
    js_sys::Date::new(&unix_ms.into())
}

/// How times of day are written.
fn clock_options() -> Object {
    let tag = regional_tag();
    let options = Object::new();
    set(&options, "hour", "numeric");
    set(&options, "minute", "2-digit");
    set(&options, "numberingSystem", "latn");
    if !has_twelve_hours(&tag, &options) {
        set(&options, "hour", "2-digit");
    }
    options
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
