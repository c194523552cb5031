//! The PIN in what people type or paste: digits of any script, with spaces or words around them, or a link.

use super::ids::PIN_DIGITS;

/// The zeros of all decimal digits in Unicode (general category `Nd`). Nine further digits follow each.
const ZEROS: [u32; 66] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090,
    0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
    0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950,
    0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

/// What precedes the PIN in the addresses of a room's pages.
const IN_LINKS: [&str; 2] = ["/join/", "/r/"];

/// The digits of the PIN in `text`, as ASCII. A PIN of `digits` digits is found among others. Where there are no more digits
/// than that, or nothing but digits, the text may be half typed or misspelt, so all of them are returned. No digits are
/// returned if there is nothing like a PIN.
#[must_use]
pub fn typed_pin(text: &str, digits: usize) -> String {
    if let Some(found) = linked_pin(text) {
        return found;
    }
    // Digits as ASCII, a space for whatever people put between them, and a letter for everything else.
    let plain: String = text.chars().map(|c| digit(c).unwrap_or(if is_between_digits(c) { ' ' } else { 'x' })).collect();
    let all = plain.replace([' ', 'x'], "");
    if !plain.contains('x') {
        return all;
    }
    let mut likely = String::new();
    for run in plain.split('x') {
        let found = run.replace(' ', "");
        if found.len() == digits {
            return found;
        }
        if let Some(exact) = run.split(' ').find(|part| part.len() == digits) {
            return exact.to_owned();
        }
        if PIN_DIGITS.contains(&found.len()) && found.len() > likely.len() {
            likely = found;
        }
    }
    if likely.is_empty() && all.len() <= digits { all } else { likely }
}

/// The digits of the PIN in the first link to a room in `text`, as ASCII. Whatever digits the link's host has do not matter.
#[must_use]
pub fn linked_pin(text: &str) -> Option<String> {
    let found = |mark| text.split(mark).skip(1).map(|rest: &str| rest.chars().map_while(digit).collect::<String>());
    IN_LINKS.into_iter().flat_map(found).find(|found| PIN_DIGITS.contains(&found.len()))
}

/// What the digits of a PIN become when `after` stands in the field in which `before` stood. No more than `most` digits
/// fit: one more changes nothing. After a PIN that was refused, the digit that was typed begins another one, wherever in
/// the field it was typed.
#[must_use]
pub fn next_digits(before: &str, mut after: String, most: usize, is_refused: bool) -> String {
    let is_one_more = before.len() >= most && after.len() == before.len() + 1;
    let at = before.bytes().zip(after.bytes()).take_while(|(old, new)| old == new).count();
    if is_one_more && after[at + 1..] == before[at..] {
        return if is_refused { after[at..=at].to_owned() } else { before.to_owned() };
    }
    after.truncate(most);
    after
}

/// The digit as ASCII, if the character is one in any script.
fn digit(c: char) -> Option<char> {
    let c = u32::from(c);
    let zero = ZEROS.iter().rfind(|zero| **zero <= c)?;
    char::from_digit(c - zero, 10)
}

/// Whether people put this character between the digits of one number: a space, a hyphen or an invisible mark.
fn is_between_digits(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_found_in_whatever_people_give() {
        for text in [
            "711065",
            " 711 065\n",
            "711-065",
            "٧١١٠٦٥",
            "۷۱۱۰۶۵",
            "७११०६५",
            "７１１０６５",
            "\u{200f}٧١١ ٠٦٥\u{200e}",
            "PIN: 711 065.",
            "The PIN of room 12 is 711065, come in!",
            "Table 7: 711065 (until 18:30)",
            "PINは７１１０６５です",
            "http://192.168.1.20:3000/join/711065",
            "https://drop.example/r/711065?x=1#top",
            "Join here: http://10.0.0.7:8080/join/711065.",
            "https://example.com/r/5 http://10.0.0.7/join/711065",
            "https://482913.example/r/5 http://10.0.0.7/r/711065",
            "http://482913.example:123456/join/711065",
            "As seen on https://example.com/r/snapdrop: PIN 711065",
        ] {
            assert_eq!(typed_pin(text, 6), "711065", "{text}");
        }
    }

    #[test]
    fn what_is_half_typed_stays_and_what_has_another_length_is_taken_where_nothing_fits_better() {
        assert_eq!(["", "7", "71 ", "7110651"].map(|text| typed_pin(text, 6)), ["", "7", "71", "7110651"]);
        assert_eq!(typed_pin("PIN 4829", 6), "4829");
        assert_eq!(["hello", "7a1", "711o065", "at 192.168.1.20:80"].map(|text| typed_pin(text, 6)), ["", "71", "711065", ""]);
    }

    #[test]
    fn there_are_never_more_digits_than_fit_and_after_a_refusal_the_next_one_begins_anew() {
        let next = |before: &str, after: &str, is_refused| next_digits(before, after.to_owned(), 6, is_refused);
        assert_eq!(next("", "7110651234", false), "711065");
        assert_eq!(next("71106", "711065", false), "711065");
        for (before, after, digit) in
            [("711065", "7110659", "9"), ("711065", "9711065", "9"), ("711065", "7119065", "9"), ("000000", "0000000", "0")]
        {
            assert_eq!(next(before, after, false), before, "{after}");
            assert_eq!(next(before, after, true), digit, "{after}");
        }
        // A refused PIN can be corrected, too.
        assert_eq!(next("711065", "71106", true), "71106");
        assert_eq!(next("711065", "482913", true), "482913");
        assert_eq!(next("711065", "4829135", true), "482913");
    }

    #[test]
    fn ten_digits_belong_to_each_zero_and_nothing_else_is_a_digit() {
        for zero in ZEROS {
            let digits: String = (zero..zero + 10).filter_map(char::from_u32).filter_map(digit).collect();
            assert_eq!(digits, "0123456789", "U+{zero:04X}");
        }
        assert!(ZEROS.is_sorted());
        assert_eq!(['a', '/', ':', '²', '½', '四', '\u{66a}'].map(digit), [None; 7]);
    }
}
