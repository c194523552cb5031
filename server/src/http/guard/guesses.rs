//! Guessing PINs: how many wrong ones an address may try, and what the log says of those who try many.

use std::{net::IpAddr, sync::Mutex};

use app::wire::Problem;
use tokio::time::Instant;

use super::Budget;
use crate::{
    locks::lock,
    token_bucket::{Rate, TokenBucket},
};

/// How many wrong PINs are added each hour to what an address may try.
const PER_HOUR: f64 = 2.75;
/// How many wrong PINs all addresses together may try before the log says that the server is being guessed at.
const BY_ALL: Rate = Rate { burst: 300.0, per_second: 0.1 };

/// What every address may still guess.
#[derive(Debug)]
pub(crate) struct Guesses {
    budget: Budget,
    by_all: Mutex<TokenBucket>,
}

impl Guesses {
    /// Lets each address try `at_once` wrong PINs, and then a few in each hour.
    pub(crate) fn new(at_once: usize) -> Self {
        Self { budget: Budget::new(rate(at_once)), by_all: Mutex::new(TokenBucket::full(BY_ALL, Instant::now())) }
    }

    /// Checks that the address may try a PIN.
    ///
    /// # Errors
    /// The problem with the time to wait.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), Problem> {
        self.budget.check(address)
    }

    /// Counts a wrong PIN. The log names an address that has used up its guesses; a program such as fail2ban can read
    /// it there. The PIN is not in the log.
    ///
    /// # Errors
    /// The problem with the time to wait, when the address has no guess left.
    pub(crate) fn spend(&self, address: IpAddr) -> Result<(), Problem> {
        if self.budget.spend(address)? {
            tracing::warn!(client.address = %address.to_canonical(), "too many wrong PINs");
        }
        let mut by_all = lock(&self.by_all);
        let now = Instant::now();
        if by_all.spend(now).is_err() {
            // The bucket is filled again, so that the log does not say this for each wrong PIN.
            *by_all = TokenBucket::full(BY_ALL, now);
            tracing::warn!("this server is being guessed at: hundreds of wrong PINs from all addresses together");
        }
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "a limit so high that it loses digits is no limit")]
fn rate(at_once: usize) -> Rate {
    Rate { burst: at_once as f64, per_second: PER_HOUR / 3600.0 }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::rooms::pin_digits_for;

    /// How many wrong PINs one address gets answered within this time, if it tries again and again.
    fn tries_within(hours: u64) -> u32 {
        let mut bucket = TokenBucket::full(rate(30), Instant::now());
        let start = Instant::now();
        let mut tries = 0;
        for second in 0..hours * 3600 {
            while bucket.spend(start + Duration::from_secs(second)).is_ok() {
                tries += 1;
            }
        }
        tries
    }

    /// The chance that one guess finds one of these rooms, each of which has the PIN that it gets when it is opened. A
    /// guesser knows how many digits are the best choice.
    fn odds_of_a_guess(rooms: usize, digits: usize) -> f64 {
        let mut by_digits = std::collections::HashMap::<usize, f64>::new();
        for open in 0..rooms {
            *by_digits.entry(pin_digits_for(digits, open, 0)).or_default() += 1.0;
        }
        by_digits.into_iter().map(|(digits, rooms)| rooms / 10f64.powi(i32::try_from(digits).unwrap())).fold(0.0, f64::max)
    }

    /// The rows of the table in `SECURITY.md`.
    fn table() -> Vec<String> {
        let mut rows = Vec::new();
        for (addresses, name) in [(1, "1"), (100, "100"), (1000, "1,000")] {
            for (hours, time) in [(1, "an hour"), (24, "a day")] {
                let tries = f64::from(tries_within(hours)) * f64::from(addresses);
                let chance = |one: f64| format!("{:.3} %", 100.0 * (1.0 - (1.0 - one).powf(tries)));
                let (given, any) = (odds_of_a_guess(1, 6), odds_of_a_guess(1000, 6));
                rows.push(format!("| {name} | {time} | {tries} | {} | {} |", chance(given), chance(any)));
            }
        }
        rows
    }

    #[test]
    fn one_address_finds_none_of_a_thousand_rooms_in_a_day_but_once_in_a_hundred() {
        let tries = f64::from(tries_within(24));
        assert!(1.0 - (1.0 - odds_of_a_guess(1000, 6)).powf(tries) <= 0.01);
    }

    #[test]
    fn the_table_of_odds_in_the_documents_is_that_of_these_limits() {
        let document = include_str!("../../../../SECURITY.md");
        let table = table();
        for row in &table {
            assert!(document.contains(row), "SECURITY.md should have these rows:\n{}", table.join("\n"));
        }
    }
}
