//! `Accept-Language` (RFC 9110, section 12.5.4): finds the interface language that a reader prefers.

use app::i18n::Language;

/// How many languages of a list are read. No real list is longer.
const MAX_LANGUAGES: usize = 32;

/// The interface language that a reader prefers; `None` when the list has no language of the interface.
///
/// Entries that cannot be read are skipped: a page in another language is better than no page.
#[must_use]
pub fn preferred(text: &str) -> Option<Language> {
    let mut best: Option<(Language, f32)> = None;
    for item in text.split(',').take(MAX_LANGUAGES) {
        let (tag, parameter) = item.split_once(';').unwrap_or((item, "q=1"));
        let weight = parameter.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        let (Some(language), Some(weight)) = (Language::from_tag(tag.trim()), weight) else { continue };
        // Of languages with the same weight, the first one wins.
        if (0.001..=1.0).contains(&weight) && best.is_none_or(|(_, before)| weight > before) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_liked_language_that_is_spoken_here_wins() {
        let cases = [
            ("cs", Some(Language::Czech)),
            ("pt-BR,pt;q=0.9,en;q=0.8", Some(Language::Portuguese)),
            ("sk,cs;q=0.8,en;q=0.6", Some(Language::Czech)),
            ("en;q=0.5, uk;q=0.7", Some(Language::Ukrainian)),
            ("de , en", Some(Language::German)),
            ("en;q=0, ja;q=0.1", Some(Language::Japanese)),
            ("zh-Hans-CN", Some(Language::Chinese)),
            ("sk, tlh", None),
            ("*", None),
            ("", None),
            ("de;q=abc, fr;q=NaN, it;q=7, es;level=1", None),
        ];
        for (text, language) in cases {
            assert_eq!(preferred(text), language, "{text}");
        }
        assert_eq!(preferred(&"xx,".repeat(100_000)), None);
    }
}
