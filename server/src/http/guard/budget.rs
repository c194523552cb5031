//! Budgets, which limit how often a client address may do something: a number of times at once, and then at a steady
//! rate (a token bucket for each address).

use std::{collections::HashMap, net::IpAddr, sync::Mutex, time::Duration};

use app::wire::{Problem, ProblemCode};
use tokio::time::Instant;

use crate::{
    locks::lock,
    network::network,
    token_bucket::{Rate, TokenBucket},
};

/// How many addresses are remembered before those whose budget is full again are dropped.
const MANY: usize = 10_000;

/// All addresses of an IPv6 network with this prefix share a budget.
const PREFIX: u32 = 64;

/// What each address may still do.
#[derive(Debug)]
pub(crate) struct Budget {
    rate: Rate,
    /// The bucket of each address. An address that is missing has a full one.
    buckets: Mutex<HashMap<IpAddr, TokenBucket>>,
}

impl Budget {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, buckets: Mutex::default() }
    }

    /// Checks that the address has something left, without taking anything.
    ///
    /// # Errors
    /// [`ProblemCode::TooManyRequests`] with the time to wait, in whole seconds.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), Problem> {
        let bucket = lock(&self.buckets).get(&network(address, PREFIX)).copied();
        bucket.map_or(Ok(()), |bucket| bucket.check(Instant::now())).map_err(too_many)
    }

    /// Takes one from what the address has left.
    ///
    /// # Errors
    /// [`ProblemCode::TooManyRequests`] with the time to wait, in whole seconds.
    pub(crate) fn spend(&self, address: IpAddr) -> Result<(), Problem> {
        let now = Instant::now();
        let mut buckets = lock(&self.buckets);
        if buckets.len() > MANY {
            buckets.retain(|_, bucket| !bucket.is_full(now));
        }
        buckets.entry(network(address, PREFIX)).or_insert_with(|| TokenBucket::full(self.rate, now)).spend(now).map_err(too_many)
    }
}

fn too_many(wait: Duration) -> Problem {
    let secs = wait.as_secs_f64().ceil().max(1.0);
    let mut problem = Problem::new(ProblemCode::TooManyRequests, format!("Too many tries from your address. Try again in {secs} seconds."));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few seconds, never negative")]
    {
        problem.retry_after_secs = Some(secs as u64);
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_nothing_left_is_told_when_to_come_back_and_others_go_on() {
        let budget = Budget::new(Rate { burst: 1.0, per_second: 0.001 });
        let address: IpAddr = "192.0.2.7".parse().unwrap();
        budget.check(address).unwrap();
        budget.spend(address).unwrap();
        for refusal in [budget.check(address), budget.spend(address)] {
            assert_eq!(refusal.unwrap_err().retry_after_secs, Some(1000));
        }
        budget.check("192.0.2.8".parse().unwrap()).unwrap();
    }

    #[test]
    fn addresses_of_one_ipv6_network_share_a_budget() {
        let budget = Budget::new(Rate { burst: 1.0, per_second: 0.1 });
        budget.spend("2001:db8::1".parse().unwrap()).unwrap();
        assert!(budget.spend("2001:db8::ffff".parse().unwrap()).is_err());
        assert!(budget.spend("2001:db8:0:1::1".parse().unwrap()).is_ok());
    }
}
