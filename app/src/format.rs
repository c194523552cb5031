//! Sizes, percentages, durations and PINs as text, in the reader's language.

use crate::i18n::t;

/// A number of bytes as text: "4.2 MB", "43 MB". It has at most three digits, with one decimal place below ten. The
/// units are powers of 1000, as in file managers and shops.
#[must_use]
pub fn size(bytes: u64) -> String {
    if bytes < 1000 {
        return t().bytes(&whole(bytes));
    }
    let mut unit = 1000;
    // A number that would be rounded to 1000 is written as 1.0 of the next unit.
    while bytes / (unit / 2) >= 1999 {
        unit *= 1000;
    }
    let rounded = |to: u64| bytes.saturating_add(to / 2) / to;
    let tenths = rounded(unit / 10);
    let number = if tenths < 100 { t().tenths(tenths) } else { whole(rounded(unit)) };
    match unit.ilog10() {
        3 => t().kilobytes(&number),
        6 => t().megabytes(&number),
        9 => t().gigabytes(&number),
        12 => t().terabytes(&number),
        15 => t().petabytes(&number),
        _ => t().exabytes(&number),
    }
}

fn whole(number: u64) -> String {
    t().whole(saturated(number))
}

fn saturated(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// How much of a whole has arrived, in percent, rounded down: 100 only when all of it has arrived. A whole of zero
/// bytes counts as arrived.
#[must_use]
pub fn percent(part: u64, whole: u64) -> u64 {
    match whole {
        0 => 100,
        _ => u64::try_from(u128::from(part.min(whole)) * 100 / u128::from(whole)).unwrap_or(100),
    }
}

/// [`percent`] as text: "43 %".
#[must_use]
pub fn percent_of(part: u64, whole: u64) -> String {
    percent_text(percent(part, whole))
}

/// A percentage as text: "43 %".
#[must_use]
pub fn percent_text(percent: u64) -> String {
    t().percent(&whole(percent))
}

/// A span of time in its largest unit, rounded up: "1 minute", "24 hours". The unit is days only from two days on,
/// because people say "24 hours" rather than "1 day".
#[must_use]
pub fn duration(secs: u64) -> String {
    match secs {
        0..60 => t().seconds(saturated(secs)),
        60..3600 => t().minutes(saturated(secs.div_ceil(60))),
        3600..172_800 => t().hours(saturated(secs.div_ceil(3600))),
        _ => t().days(saturated(secs.div_ceil(86_400))),
    }
}

/// The time of day of a moment in UTC: "13:05 UTC". It is for pages that are painted for somebody whose time zone is not
/// known.
#[must_use]
pub fn utc_time_of_day(unix_ms: u64) -> String {
    let minutes = unix_ms / 60_000;
    let time = format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
    [time.as_str(), "UTC"].join(" ")
}

/// A PIN in groups of three digits, as people read numbers aloud: "482 913".
#[must_use]
pub fn pin(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 3 == 0 {
            // A no-break space keeps the PIN on one line, and its groups in order on pages that run from right to left.
            text.push('\u{a0}');
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
        assert_eq!((pin("482913"), pin("4829"), pin("48")), ("482\u{a0}913".to_owned(), "482\u{a0}9".to_owned(), "48".to_owned()));
    }

    #[test]
    fn a_time_without_a_zone_is_in_utc() {
        assert_eq!([0, 47_100_000, 86_399_999, 86_400_000].map(utc_time_of_day), ["00:00 UTC", "13:05 UTC", "23:59 UTC", "00:00 UTC"]);
    }
}
