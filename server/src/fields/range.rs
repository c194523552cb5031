//! `Range` (RFC 9110, section 14.2): which byte ranges of a representation a client wants.

use std::ops::Range;

/// The most ranges of one request. A client that asks for more gets the whole representation.
pub const MAX_RANGES: usize = 64;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The whole representation.
    Whole,
    /// These ranges, none of them empty or overlapping another. They are in the order of the request, or in ascending
    /// order where some had to be joined.
    Ranges(Vec<Range<u64>>),
    /// Only ranges that lie beyond the end.
    Nothing,
}

impl Wanted {
    /// Parses the field for a representation of `length` bytes. A field that is not a list of byte ranges is ignored,
    /// as section 14.2 allows. If any ranges overlap or touch, they are joined (section 15.3.7.2), so that a client
    /// cannot ask for the same bytes a hundred times.
    #[must_use]
    pub fn parse(text: &str, length: u64) -> Self {
        let Some(asked) = byte_ranges(text) else { return Self::Whole };
        let mut ranges: Vec<Range<u64>> = asked.iter().filter_map(|range| range.within(length)).collect();
        let mut ascending = ranges.clone();
        ascending.sort_unstable_by_key(|range| range.start);
        if ascending.windows(2).any(|pair| pair[1].start <= pair[0].end) {
            ranges = joined(ascending);
        }
        if ranges.is_empty() { Self::Nothing } else { Self::Ranges(ranges) }
    }
}

/// One range as it is written in the field.
enum WrittenRange {
    FromTo(u64, u64),
    From(u64),
    Last(u64),
}

impl WrittenRange {
    fn parse(text: &str) -> Option<Self> {
        let (start, end) = text.split_once('-')?;
        match (start, end) {
            ("", length) => Some(Self::Last(number(length)?)),
            (start, "") => Some(Self::From(number(start)?)),
            (start, last) => {
                let (start, last) = (number(start)?, number(last)?);
                (start <= last).then_some(Self::FromTo(start, last))
            }
        }
    }

    /// The bytes of the range that exist; `None` when there are none.
    fn within(&self, length: u64) -> Option<Range<u64>> {
        let range = match *self {
            Self::FromTo(start, last) => start..last.saturating_add(1).min(length),
            Self::From(start) => start..length,
            Self::Last(count) => length.saturating_sub(count)..length,
        };
        (range.start < range.end).then_some(range)
    }
}

fn byte_ranges(text: &str) -> Option<Vec<WrittenRange>> {
    let (unit, list) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let mut ranges = Vec::new();
    for element in list.split(',').map(|element| element.trim_matches([' ', '\t'])).filter(|element| !element.is_empty()) {
        if ranges.len() == MAX_RANGES {
            return None;
        }
        ranges.push(WrittenRange::parse(element)?);
    }
    (!ranges.is_empty()).then_some(ranges)
}

/// Parses a text that consists of digits only. A number that is too large for a `u64` becomes the largest `u64`, which
/// is beyond the end of every file, too.
fn number(digits: &str) -> Option<u64> {
    let valid = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| digits.parse().unwrap_or(u64::MAX))
}

fn joined(ascending: Vec<Range<u64>>) -> Vec<Range<u64>> {
    let mut joined: Vec<Range<u64>> = Vec::with_capacity(ascending.len());
    for range in ascending {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_are_cut_to_what_exists() {
        let ranges = |text: &str| match Wanted::parse(text, 10) {
            Wanted::Ranges(ranges) => ranges.into_iter().map(|range| (range.start, range.end)).collect::<Vec<_>>(),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(ranges("bytes=2-4"), [(2, 5)]);
        assert_eq!(ranges("Bytes = 7-"), [(7, 10)]);
        assert_eq!(ranges("bytes=-3"), [(7, 10)]);
        assert_eq!(ranges("bytes=-99"), [(0, 10)]);
        assert_eq!(ranges("bytes=5-99999999999999999999999"), [(5, 10)]);
        assert_eq!(ranges("bytes=6-7, 0-1,,20-"), [(6, 8), (0, 2)]);
        assert_eq!(ranges("bytes=4-6,0-1,2-5"), [(0, 7)]);
    }

    #[test]
    fn what_lies_beyond_the_end_is_nothing() {
        for text in ["bytes=10-", "bytes=-0", "bytes=10-20,30-"] {
            assert_eq!(Wanted::parse(text, 10), Wanted::Nothing, "{text}");
        }
        assert_eq!(Wanted::parse("bytes=0-", 0), Wanted::Nothing);
    }

    #[test]
    fn what_is_no_range_is_ignored() {
        let many = format!("bytes={}", "0-0,".repeat(10_000));
        for text in
            ["", "bytes", "bytes=", "lines=1-2", "bytes=4-2", "bytes=-", "bytes=five", "bytes=+1-2", "bytes=1-2-3", "bytes=0-1,x", &many]
        {
            assert_eq!(Wanted::parse(text, 10), Wanted::Whole, "{text}");
        }
    }

    proptest! {
        #[test]
        fn parts_are_exactly_the_bytes_that_were_asked_for(asked in prop::collection::vec((0u64..60, 0u64..60), 1..20), length in 0u64..50) {
            let text: Vec<String> = asked.iter().map(|(start, more)| format!("{start}-{}", start + more)).collect();
            let text = format!("bytes={}", text.join(","));
            let expected: Vec<u64> = (0..length).filter(|byte| asked.iter().any(|(start, more)| (*start..=start + more).contains(byte))).collect();
            let mut given: Vec<u64> = match Wanted::parse(&text, length) {
                Wanted::Whole => (0..length).collect(),
                Wanted::Ranges(ranges) => ranges.into_iter().flatten().collect(),
                Wanted::Nothing => Vec::new(),
            };
            given.sort_unstable();
            prop_assert_eq!(given, expected);
        }

        #[test]
        fn no_text_gives_a_part_outside(text in "(bytes=)?[-0-9, a]{0,40}", length: u64) {
            if let Wanted::Ranges(ranges) = Wanted::parse(&text, length) {
                prop_assert!(ranges.iter().all(|range| range.start < range.end && range.end <= length));
            }
        }
    }
}
