//! Budgets, which limit how often a client address may do something: a number of times at once, and then at a steady
//! rate (a token bucket for each address).

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::Mutex,
};

use app::wire::{Problem, ProblemCode};
use tokio::time::Instant;

use crate::locks::lock;

/// How many addresses are remembered before those whose budget is full again are dropped.
const MANY: usize = 10_000;

/// How often an address may do something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    /// The most actions at once, after a long pause.
    pub(crate) burst: f64,
    /// How many actions are added to the budget each second, up to `burst`.
    pub(crate) per_second: f64,
}

/// What each address may still do.
#[derive(Debug)]
pub(crate) struct Budget {
    rate: Rate,
    /// How many times each address has left, and when that was counted. An address that is missing has a full budget.
    left: Mutex<HashMap<IpAddr, (f64, Instant)>>,
}

impl Budget {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, left: Mutex::default() }
    }

    /// Checks that the address has something left, without taking anything.
    ///
    /// # Errors
    /// [`ProblemCode::TooManyRequests`] with the time to wait, in whole seconds.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), Problem> {
        self.take(address, 0.0, Instant::now())
    }

    /// Takes one from what the address has left.
    ///
    /// # Errors
    /// [`ProblemCode::TooManyRequests`] with the time to wait, in whole seconds.
    pub(crate) fn spend(&self, address: IpAddr) -> Result<(), Problem> {
        self.take(address, 1.0, Instant::now())
    }

    fn take(&self, address: IpAddr, amount: f64, now: Instant) -> Result<(), Problem> {
        let Rate { burst, per_second } = self.rate;
        let refilled = |(left, at): (f64, Instant)| (left + now.duration_since(at).as_secs_f64() * per_second).min(burst);
        let mut all = lock(&self.left);
        if all.len() > MANY {
            all.retain(|_, state| refilled(*state) < burst);
        }
        let left = all.get(&network(address)).map_or(burst, |state| refilled(*state));
        if left >= 1.0 {
            if amount > 0.0 {
                all.insert(network(address), (left - amount, now));
            }
            return Ok(());
        }
        let wait = ((1.0 - left) / per_second).ceil();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few seconds, never negative")]
        let wait = (wait as u64).max(1);
        let mut problem =
            Problem::new(ProblemCode::TooManyRequests, format!("Too many tries from your address. Try again in {wait} seconds."));
        problem.retry_after_secs = Some(wait);
        Err(problem)
    }
}

/// The address under which a budget is counted. An IPv6 client usually controls a whole /64 network, so all addresses
/// of one /64 share a budget.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_spent_budget_says_when_to_come_back_and_refills() {
        let budget = Budget::new(Rate { burst: 2.0, per_second: 0.5 });
        let address: IpAddr = "192.0.2.7".parse().unwrap();
        let start = Instant::now();
        let spend = |after_secs| budget.take(address, 1.0, start + Duration::from_secs(after_secs));
        assert!(spend(0).is_ok() && spend(0).is_ok());
        assert_eq!(spend(0).unwrap_err().retry_after_secs, Some(2));
        assert!(budget.check("192.0.2.8".parse().unwrap()).is_ok());
        assert!(spend(1).is_err());
        assert!(spend(2).is_ok());
    }

    #[test]
    fn addresses_of_one_ipv6_network_share_a_budget() {
        let budget = Budget::new(Rate { burst: 1.0, per_second: 0.1 });
        budget.spend("2001:db8::1".parse().unwrap()).unwrap();
        assert!(budget.spend("2001:db8::ffff".parse().unwrap()).is_err());
        assert!(budget.spend("2001:db8:0:1::1".parse().unwrap()).is_ok());
    }
}
