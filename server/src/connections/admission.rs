//! Admission: how many connections may be open, in all and from one address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use ipnet::IpNet;

use crate::{locks::lock, network::network};

/// The prefixes of the networks that a client may control, and how many times as many connections as a single address each
/// of them may have. An IPv4 address is a network of its own.
const NETWORKS: [(u32, usize); 3] = [(64, 1), (56, 4), (48, 16)];

/// How many connections may be open at the same time.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionLimits {
    /// In all.
    pub(crate) total: usize,
    /// From one IPv4 address or IPv6 /64 network. Larger IPv6 networks may have [more](NETWORKS).
    pub(crate) per_address: usize,
    /// Proxies, which have the connections of many clients and are therefore only counted in all.
    pub(crate) proxies: Vec<IpNet>,
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
    /// By the network of the client, and by the prefix of that network.
    by_network: HashMap<(IpAddr, u32), usize>,
}

/// An open connection that was admitted. Dropping it makes room for another one.
#[derive(Debug)]
pub(super) struct Admitted {
    open: Arc<Mutex<Open>>,
    peer: IpAddr,
}

impl Admission {
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        Self { limits, open: Arc::default() }
    }

    /// Counts a connection from `peer`; `None` if there are too many already.
    pub(super) fn admit(&self, peer: IpAddr) -> Option<Admitted> {
        let mut open = lock(&self.open);
        let is_proxy = self.limits.proxies.iter().any(|proxies| proxies.contains(&peer.to_canonical()));
        let is_full = |(prefix, times)| {
            let here = open.by_network.get(&(network(peer, prefix), prefix)).copied().unwrap_or(0);
            here >= self.limits.per_address.saturating_mul(times)
        };
        if open.total >= self.limits.total || (!is_proxy && networks_of(peer).any(is_full)) {
            return None;
        }
        open.total += 1;
        for (prefix, _) in networks_of(peer) {
            *open.by_network.entry((network(peer, prefix), prefix)).or_default() += 1;
        }
        Some(Admitted { open: Arc::clone(&self.open), peer })
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
        for (prefix, _) in networks_of(self.peer) {
            let network = (network(self.peer, prefix), prefix);
            let left = open.by_network.get(&network).map_or(0, |here| here - 1);
            if left == 0 {
                open.by_network.remove(&network);
            } else {
                open.by_network.insert(network, left);
            }
        }
    }
}

/// The networks in which a client counts.
fn networks_of(peer: IpAddr) -> impl Iterator<Item = (u32, usize)> {
    NETWORKS.into_iter().take(if peer.to_canonical().is_ipv4() { 1 } else { NETWORKS.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(total: usize, per_address: usize) -> ConnectionLimits {
        ConnectionLimits { total, per_address, proxies: vec!["10.0.0.0/8".parse().unwrap()] }
    }

    #[test]
    fn a_proxy_has_the_connections_of_many_clients() {
        let admission = Admission::new(limits(3, 1));
        let _all = ["10.1.2.3", "10.1.2.3", "::ffff:10.1.2.3"].map(|proxy| admit(&admission, proxy).unwrap());
        assert!(admit(&admission, "10.1.2.3").is_none(), "it counts in all");
    }

    fn admit(admission: &Admission, address: &str) -> Option<Admitted> {
        admission.admit(address.parse().unwrap())
    }

    #[test]
    fn each_address_and_all_together_have_a_limit_and_whoever_leaves_makes_room() {
        let admission = Admission::new(limits(3, 2));
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
        let admission = Admission::new(limits(9, 1));
        let _first = admit(&admission, "2001:db8::1").unwrap();
        assert!(admit(&admission, "2001:db8::ffff").is_none());
        assert!(admit(&admission, "2001:db8:0:1::1").is_some());
    }

    #[test]
    fn a_larger_ipv6_network_has_a_limit_of_its_own_and_is_forgotten_when_everybody_left() {
        let admission = Admission::new(limits(99, 1));
        let inside: Vec<Admitted> = (0..4).map(|subnet| admit(&admission, &format!("2001:db8:0:{subnet}::1")).unwrap()).collect();
        assert!(admit(&admission, "2001:db8:0:9::1").is_none());
        let elsewhere: Vec<Admitted> = (1..4u32)
            .flat_map(|site| (0..4u32).map(move |subnet| format!("2001:db8:0:{site:x}0{subnet}::1")))
            .map(|address| admit(&admission, &address).unwrap())
            .collect();
        assert!(admit(&admission, "2001:db8:0:900::1").is_none(), "the /48 network has 16");
        assert!(admit(&admission, "2001:db8:1::1").is_some());
        drop((inside, elsewhere));
        assert!(lock(&admission.open).by_network.is_empty());
    }
}
