//! Admission: how many connections may be open, in all and from one address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use crate::{locks::lock, network::network};

/// How many connections may be open at the same time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectionLimits {
    /// In all.
    pub(crate) total: usize,
    /// From one address; all addresses of an IPv6 /64 network count as one.
    pub(crate) per_address: usize,
}

/// Counts the open connections.
#[derive(Clone, Debug)]
pub(super) struct Admission {
    limits: ConnectionLimits,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// An open connection that was admitted. Dropping it makes room for another one.
#[derive(Debug)]
pub(super) struct Admitted {
    open: Arc<Mutex<Open>>,
    address: IpAddr,
}

impl Admission {
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        Self { limits, open: Arc::default() }
    }

    /// Counts a connection from `peer`; `None` if there are too many already.
    pub(super) fn admit(&self, peer: IpAddr) -> Option<Admitted> {
        let address = network(peer, 64);
        let mut open = lock(&self.open);
        let here = open.by_address.get(&address).copied().unwrap_or(0);
        if open.total >= self.limits.total || here >= self.limits.per_address {
            return None;
        }
        open.total += 1;
        open.by_address.insert(address, here + 1);
        Some(Admitted { open: Arc::clone(&self.open), address })
    }

    /// How many connections are open.
    pub(super) fn open(&self) -> usize {
        lock(&self.open).total
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        open.total -= 1;
        let left = open.by_address.get(&self.address).map_or(0, |here| here - 1);
        if left == 0 {
            open.by_address.remove(&self.address);
        } else {
            open.by_address.insert(self.address, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(admission: &Admission, address: &str) -> Option<Admitted> {
        admission.admit(address.parse().unwrap())
    }

    #[test]
    fn each_address_and_all_together_have_a_limit_and_whoever_leaves_makes_room() {
        let admission = Admission::new(ConnectionLimits { total: 3, per_address: 2 });
        let first = admit(&admission, "192.0.2.1").unwrap();
        let _second = admit(&admission, "::ffff:192.0.2.1").unwrap();
        assert!(admit(&admission, "192.0.2.1").is_none());
        let _other = admit(&admission, "192.0.2.2").unwrap();
        assert!(admit(&admission, "192.0.2.3").is_none());
        drop(first);
        assert!(admit(&admission, "192.0.2.1").is_some());
        assert_eq!(admission.open(), 2);
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let admission = Admission::new(ConnectionLimits { total: 9, per_address: 1 });
        let _first = admit(&admission, "2001:db8::1").unwrap();
        assert!(admit(&admission, "2001:db8::ffff").is_none());
        assert!(admit(&admission, "2001:db8:0:1::1").is_some());
    }
}
