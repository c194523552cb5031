//! Medians, percentiles and ratios.

use std::time::Duration;

/// The value below which so many per cent of the samples are. There has to be a sample.
pub(crate) fn percentile(samples: &[f64], percent: usize) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() * percent).div_ceil(100)).clamp(1, sorted.len()) - 1]
}

/// The middle sample, or the mean of the two in the middle. There has to be a sample.
pub(crate) fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2])
}

/// The mean of samples. There has to be one.
pub(crate) fn mean(samples: &[f64]) -> f64 {
    samples.iter().sum::<f64>() / number(samples.len())
}

/// Milliseconds, with their fraction.
pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// A count as a number to compute with.
#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^53")]
pub(crate) fn number(count: impl TryInto<u64>) -> f64 {
    count.try_into().map_or(f64::NAN, |count: u64| count as f64)
}

/// How much a quantity in KiB has grown, for each of `count` things.
pub(crate) fn growth_each(before: u64, after: u64, count: usize) -> f64 {
    (number(after) - number(before)) / number(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_found() {
        let samples = [4.0, 1.0, 3.0, 2.0];
        assert_eq!((median(&samples), median(&samples[..3])), (2.5, 3.0));
        assert_eq!([1, 50, 75, 99, 100].map(|percent| percentile(&samples, percent)), [1.0, 2.0, 3.0, 4.0, 4.0]);
    }
}
