//! Writes numbers as a language does, after an example in that language, such as "1.234.567.890,5" and "1000".

/// Writes a decimal number, given as ASCII digits with or without a point. `example` is how the language writes
/// 1234567890.5 and 1000, separated by a tab; when it is empty, the digits stay as they are.
pub(super) fn write(digits: &str, example: &str) -> String {
    let (large, thousand) = example.split_once('\t').unwrap_or_default();
    // The example contains all ten digits of the language, in the order 1 to 9 and 0.
    let own: Vec<char> = large.chars().filter(|c| c.is_numeric()).collect();
    let own = |digit: u8| own.get((digit + 9) as usize % 10).copied().unwrap_or(char::from(b'0' + digit));
    let signs: Vec<char> = large.chars().filter(|c| !c.is_numeric()).collect();
    let (separator, point) = (signs.first().copied(), signs.last().copied().unwrap_or('.'));
    let mut groups = large.split(|c: char| !c.is_numeric()).map(|group| group.chars().count()).rev().skip(1);
    let (last, others) = (groups.next().unwrap_or(usize::MAX), groups.next().unwrap_or(usize::MAX));
    // A language that writes 1000 without a separator groups only numbers with one digit more.
    let is_grouped = digits.split('.').next().is_some_and(|whole| whole.len() > last + usize::from(thousand.chars().count() == 4));

    let mut text = String::with_capacity(2 * digits.len());
    let mut left = digits.find('.').unwrap_or(digits.len());
    for c in digits.bytes() {
        match c {
            b'0'..=b'9' => text.push(own(c - b'0')),
            _ => text.push(point),
        }
        left = left.saturating_sub(1);
        if is_grouped && left >= last && (left - last).is_multiple_of(others) {
            text.extend(separator);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::i18n::{Language, Messages, NUMBERS};

    proptest! {
        #[test]
        fn browsers_write_every_number_as_the_server_does(number in any::<u64>(), cut in 0_u32..64) {
            for language in Language::ALL {
                let messages = Messages::of(language);
                let example = messages.text(NUMBERS);
                let whole = usize::try_from(number >> cut).unwrap();
                prop_assert_eq!(write(&whole.to_string(), example), messages.whole(whole), "{:?}", language);
                let tenths = format!("{}.{}", whole / 10, whole % 10);
                prop_assert_eq!(write(&tenths, example), messages.tenths(whole as u64), "{:?}", language);
            }
        }
    }

    #[test]
    fn a_page_without_an_example_has_plain_digits() {
        assert_eq!(write("12345.6", ""), "12345.6");
    }
}
