//! The time: for measuring durations, and as text for people.

use super::page::window;
use crate::i18n::{Language, t};

/// The current time for measuring durations, in seconds since 1970.
pub(crate) fn now_secs() -> f64 {
    js_sys::Date::now() / 1000.0
}

/// The time of day of a moment, in the page's language and as it is written in the reader's region.
#[must_use]
pub fn time_of_day(unix_ms: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "exact until the year 287396")]
    let date = js_sys::Date::new(&(unix_ms as f64).into());
    let options = js_sys::Object::new();
    for part in ["hour", "minute"] {
        #[expect(clippy::let_underscore_must_use, reason = "setting a property of a plain object cannot fail")]
        let _ = js_sys::Reflect::set(&options, &part.into(), &"2-digit".into());
    }
    date.to_locale_time_string_with_options(&regional_tag(), &options).into()
}

/// The first of the browser's language tags that is in the page's language. Its region decides whether the clock has
/// twelve hours. If there is none, this is the tag of the language itself.
fn regional_tag() -> String {
    let language = t().spoken();
    let tags = window().navigator().languages();
    let own = tags.iter().filter_map(|tag| tag.as_string()).find(|tag| Language::from_tag(tag) == Some(language));
    own.unwrap_or_else(|| language.tag().to_owned())
}
