//! Budgets, which limit how often a client address may do something: a number of times at once, and then at a steady
//! rate.

use std::{collections::HashMap, net::IpAddr, sync::Mutex, time::Duration};

use app::wire::{Problem, ProblemCode};
use tokio::time::Instant;

use crate::{
    locks::lock,
    network::network,
    token_bucket::{Rate, TokenBucket},
};

/// The most networks that are remembered. When so many have spent something lately, new ones are refused.
const MAX_NETWORKS: usize = 1_000_000;
/// How many networks are remembered before those whose budget is full again are dropped for the first time.
const FIRST_SWEEP: usize = 10_000;

/// How many times as much an IPv6 /56 network may do as a /64 network, and a /48 network as a /56 network.
const NESTING: f64 = 4.0;
/// The shortest time between two searches for buckets that can be dropped when there are as many as there may be.
const SWEEP_PAUSE: Duration = Duration::from_secs(1);

/// What each address may still do.
///
/// A client often controls a whole IPv6 network, so the addresses of a network share a budget, and networks of a larger
/// network share one, too: the budgets are nested. An IPv4 address has a budget of its own.
#[derive(Debug)]
pub(crate) struct Budget {
    /// The budget of each network with this prefix, from the smallest network to the largest.
    levels: Vec<(u32, Rate)>,
    spent: Mutex<Spent>,
}

#[derive(Debug)]
struct Spent {
    /// The bucket of each network, by its address and level. One that is missing is full.
    buckets: HashMap<(IpAddr, usize), TokenBucket>,
    /// The number of buckets at which the full ones are dropped.
    sweep_at: usize,
    /// When they were dropped last.
    swept_at: Option<Instant>,
}

impl Budget {
    /// This rate for each IPv4 address and each IPv6 /64 network, and [`NESTING`] times as much for each larger network.
    pub(crate) fn new(rate: Rate) -> Self {
        let times = |times| Rate { burst: rate.burst * times, per_second: rate.per_second * times };
        Self::nested(vec![(64, rate), (56, times(NESTING)), (48, times(NESTING * NESTING))])
    }

    /// A rate for the IPv6 networks of each of these prefixes, from the smallest network to the largest. The first is
    /// also that of an IPv4 address.
    fn nested(levels: Vec<(u32, Rate)>) -> Self {
        Self { levels, spent: Mutex::new(Spent { buckets: HashMap::new(), sweep_at: FIRST_SWEEP, swept_at: None }) }
    }

    /// Checks that the address has something left, without taking anything.
    ///
    /// # Errors
    /// [`ProblemCode::TooManyRequests`] with the time to wait, in whole seconds.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), Problem> {
        self.check_at(&lock(&self.spent), address, Instant::now()).map_err(too_many)
    }

    /// Takes one from what the address has left. Returns whether that was the last one.
    ///
    /// # Errors
    /// [`ProblemCode::TooManyRequests`] with the time to wait, in whole seconds.
    pub(crate) fn spend(&self, address: IpAddr) -> Result<bool, Problem> {
        self.spend_at(address, Instant::now()).map_err(too_many)
    }

    fn spend_at(&self, address: IpAddr, now: Instant) -> Result<bool, Duration> {
        let mut spent = lock(&self.spent);
        spent.sweep(now);
        self.check_at(&spent, address, now)?;
        for (level, (prefix, rate)) in self.levels_of(address) {
            let bucket = spent.buckets.entry((network(address, prefix), level)).or_insert_with(|| TokenBucket::full(rate, now));
            bucket.spend(now)?;
        }
        Ok(self.check_at(&spent, address, now).is_err())
    }

    fn check_at(&self, spent: &Spent, address: IpAddr, now: Instant) -> Result<(), Duration> {
        for (level, (prefix, rate)) in self.levels_of(address) {
            match spent.buckets.get(&(network(address, prefix), level)) {
                Some(bucket) => bucket.check(now)?,
                None if spent.buckets.len() >= MAX_NETWORKS => return Err(Duration::from_secs_f64(1.0 / rate.per_second)),
                None => {}
            }
        }
        Ok(())
    }

    fn levels_of(&self, address: IpAddr) -> impl Iterator<Item = (usize, (u32, Rate))> + '_ {
        let count = if address.to_canonical().is_ipv4() { 1 } else { self.levels.len() };
        self.levels.iter().copied().enumerate().take(count)
    }
}

impl Spent {
    /// Drops the buckets that are full again, when there are twice as many as after the last time. So each bucket costs
    /// the same on average, however many there are.
    fn sweep(&mut self, now: Instant) {
        let was_just_swept = self.swept_at.is_some_and(|swept_at| now.duration_since(swept_at) < SWEEP_PAUSE);
        if self.buckets.len() >= self.sweep_at && !was_just_swept {
            self.buckets.retain(|_, bucket| !bucket.is_full(now));
            self.sweep_at = (2 * self.buckets.len()).clamp(FIRST_SWEEP, MAX_NETWORKS);
            self.swept_at = Some(now);
        }
    }
}

/// The problem of somebody who has to wait so long before the next try.
pub(crate) fn too_many(wait: Duration) -> Problem {
    let secs = wait.as_secs_f64().ceil().max(1.0);
    let span = if secs < 120.0 { format!("{secs} seconds") } else { format!("{} minutes", (secs / 60.0).ceil()) };
    let mut problem = Problem::new(ProblemCode::TooManyRequests, format!("Too many tries from your address. Try again in {span}."));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of seconds, never negative")]
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
        let budget = Budget::new(Rate { burst: 2.0, per_second: 0.001 });
        let address: IpAddr = "192.0.2.7".parse().unwrap();
        budget.check(address).unwrap();
        assert!(!budget.spend(address).unwrap());
        assert!(budget.spend(address).unwrap());
        for refusal in [budget.check(address).map(|()| true), budget.spend(address)] {
            let problem = refusal.unwrap_err();
            assert_eq!(problem.retry_after_secs, Some(1000));
            assert!(problem.detail.ends_with("Try again in 17 minutes."), "{}", problem.detail);
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

    #[test]
    fn networks_of_a_larger_network_share_a_budget_too() {
        let rate = |burst| Rate { burst, per_second: 0.001 };
        let budget = Budget::nested(vec![(64, rate(1.0)), (56, rate(2.0)), (48, rate(3.0))]);
        let spend = |address: &str| budget.spend(address.parse().unwrap()).is_ok();
        assert!(spend("2001:db8:0:1::1") && spend("2001:db8:0:2::1"));
        // The /56 network is spent, its neighbour in the same /48 network is not.
        assert!(!spend("2001:db8:0:3::1"));
        assert!(spend("2001:db8:0:100::1"));
        assert!(!spend("2001:db8:0:200::1"));
        assert!(spend("2001:db8:1::1"));
        // Addresses of IPv4 do not share anything.
        assert!((1..=9).all(|last| spend(&format!("192.0.2.{last}"))));
    }

    #[test]
    fn budgets_that_are_full_again_are_forgotten() {
        let budget = Budget::new(Rate { burst: 1.0, per_second: 1.0 });
        let start = Instant::now();
        for number in 0..u32::try_from(FIRST_SWEEP).unwrap() {
            budget.spend_at(std::net::Ipv4Addr::from_bits(number).into(), start).unwrap();
        }
        budget.spend_at("192.0.2.7".parse().unwrap(), start + Duration::from_secs(2)).unwrap();
        assert_eq!(lock(&budget.spent).buckets.len(), 1);
    }
}
