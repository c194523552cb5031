//! Numbers as people read them. Pure, so that the server's first paint and the browser agree.

/// A number of bytes with three significant digits: "4.2 MB". Powers of 1000, as file managers and
/// shops count.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut number = bytes as f64 / 1000.0;
    let mut unit = 0;
    while number >= 999.5 {
        number /= 1000.0;
        unit += 1;
    }
    let unit = UNITS[unit];
    if number < 9.95 { format!("{number:.1} {unit}") } else { format!("{number:.0} {unit}") }
}

/// How much of a whole has arrived, in whole percent; 100 only when all of it has.
#[must_use]
pub fn percent(part: u64, whole: u64) -> u64 {
    match whole {
        0 => 100,
        _ => u64::try_from(u128::from(part.min(whole)) * 100 / u128::from(whole)).unwrap_or(100),
    }
}

/// A span of time in its largest unit, rounded up: "24 hours", "1 minute". Days begin after two of them,
/// as people speak.
#[must_use]
pub fn duration(secs: u64) -> String {
    let (count, unit) = match secs {
        0..60 => (secs, "second"),
        60..3600 => (secs.div_ceil(60), "minute"),
        3600..172_800 => (secs.div_ceil(3600), "hour"),
        _ => (secs.div_ceil(86_400), "day"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

/// A number of things: "1 file", "3 files".
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A PIN in groups of three, as people read numbers aloud: "482 913".
#[must_use]
pub fn pin(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 3 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_keep_to_three_digits() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (4_200_000, "4.2 MB"),
            (9_949, "9.9 kB"),
            (9_951, "10 kB"),
            (999_499, "999 kB"),
            (999_500, "1.0 MB"),
            (2_400_000_000, "2.4 GB"),
            (u64::MAX, "18 EB"),
        ];
        for (bytes, text) in cases {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn a_hundred_percent_is_all_of_it() {
        assert_eq!((percent(0, 0), percent(0, 7), percent(6, 7), percent(7, 7)), (100, 0, 85, 100));
        assert_eq!(percent(u64::MAX - 1, u64::MAX), 99);
    }

    #[test]
    fn durations_are_said_in_one_unit() {
        for (secs, text) in [(1, "1 second"), (90, "2 minutes"), (3600, "1 hour"), (86_400, "24 hours"), (604_800, "7 days")] {
            assert_eq!(duration(secs), text);
        }
    }

    #[test]
    fn a_pin_is_read_in_groups() {
        assert_eq!((pin("482913"), pin("4829"), pin("48")), ("482 913".to_owned(), "482 9".to_owned(), "48".to_owned()));
    }
}
