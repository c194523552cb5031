//! Networks: a client often controls more than one address, so whatever is counted for an address is counted for its
//! network.

use std::net::{IpAddr, Ipv6Addr};

/// The network of an address. An IPv4 address is a network of its own; of an IPv6 address, the first `prefix` bits name
/// the network. A /64 is the least that a client usually controls.
pub(crate) fn network(address: IpAddr, prefix: u32) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let others = u128::MAX.checked_shr(prefix).unwrap_or(0);
            Ipv6Addr::from_bits(address.to_bits() & !others).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_what_one_client_may_control() {
        for (address, prefix, expected) in [
            ("192.0.2.7", 64, "192.0.2.7"),
            ("::ffff:192.0.2.7", 48, "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", 64, "2001:db8:1:2::"),
            ("2001:db8:1:22ff:3:4:5:6", 56, "2001:db8:1:2200::"),
            ("2001:db8:1:2:3:4:5:6", 48, "2001:db8:1::"),
            ("2001:db8::1", 128, "2001:db8::1"),
        ] {
            assert_eq!(network(address.parse().unwrap(), prefix), expected.parse::<IpAddr>().unwrap());
        }
    }
}
