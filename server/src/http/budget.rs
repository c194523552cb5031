//! Budgets per address: so many at once, then so many a minute.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::Mutex,
};

use app::wire::{Problem, ProblemCode};
use tokio::time::Instant;

/// How many addresses are remembered before those with a full budget are dropped.
const MANY: usize = 10_000;

/// How much an address may do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    /// At once, after a long silence.
    pub(crate) burst: f64,
    /// Every second from then on.
    pub(crate) per_second: f64,
}

/// What each address has left.
#[derive(Debug)]
pub(crate) struct Budget {
    rate: Rate,
    left: Mutex<HashMap<IpAddr, (f64, Instant)>>,
}

impl Budget {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, left: Mutex::default() }
    }

    /// Whether the address has anything left; takes nothing.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), Problem> {
        self.take(address, 0.0, Instant::now())
    }

    /// Takes one.
    pub(crate) fn spend(&self, address: IpAddr) -> Result<(), Problem> {
        self.take(address, 1.0, Instant::now())
    }

    fn take(&self, address: IpAddr, amount: f64, now: Instant) -> Result<(), Problem> {
        let Rate { burst, per_second } = self.rate;
        let refilled = |(left, at): (f64, Instant)| (left + now.duration_since(at).as_secs_f64() * per_second).min(burst);
        let mut all = self.left.lock().expect("no holder panics");
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

/// Whoever has one IPv6 address has its /64.
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
