//! The names and addresses under which the local network reaches this machine.

use std::{collections::BTreeSet, net::IpAddr};

use rcgen::SanType;

use super::TlsError;
use crate::config::is_host_name;

/// Names and addresses of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    names: BTreeSet<String>,
    addresses: BTreeSet<IpAddr>,
}

/// The names and addresses of this machine, and `extra` ones under which clients reach it all the same.
#[must_use]
pub fn server_names(extra: &[String]) -> Names {
    let host = host_name();
    let resolver = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let domains = search_domains(&resolver);
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    // Addresses with a zone (link-local ones of IPv6) cannot be in a certificate.
    let addresses = interfaces.into_iter().map(|interface| interface.ip()).filter(|ip| !is_link_local_v6(*ip));
    let mut names = Names::of(extra.iter().map(String::as_str).chain(["localhost", "127.0.0.1", "::1", &host]));
    names.addresses.extend(addresses);
    for domain in domains.chain(["local"]) {
        // A name that has its domain already gets no second one.
        if !host.contains('.') {
            names.add(&format!("{host}.{domain}"));
        }
    }
    names
}

/// The name that this machine gives itself.
pub(super) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().to_ascii_lowercase()
}

/// The domains in which short names are looked for, as the resolver's configuration lists them (resolv.conf(5)).
fn search_domains(resolver: &str) -> impl Iterator<Item = &str> {
    let lines = resolver.lines().map(str::split_whitespace);
    lines.filter_map(|mut words| matches!(words.next(), Some("search" | "domain")).then_some(words)).flatten()
}

fn is_link_local_v6(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.is_unicast_link_local())
}

impl Names {
    /// These names and addresses. An IPv6 address may be in brackets. What is neither is left out.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names = Self::default();
        for text in texts {
            names.add(text);
        }
        names
    }

    fn add(&mut self, text: &str) {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            self.addresses.insert(address.to_canonical());
        } else if is_host_name(text.trim_end_matches('.')) {
            self.names.insert(text.trim_end_matches('.').to_ascii_lowercase());
        }
    }

    /// What stands in a certificate for these (RFC 5280, section 4.2.1.6).
    pub(super) fn subject_alternatives(&self) -> Result<Vec<SanType>, TlsError> {
        let names = self.names.iter().map(|name| Ok(SanType::DnsName(name.as_str().try_into()?)));
        let addresses = self.addresses.iter().map(|address| Ok(SanType::IpAddress(*address)));
        names.chain(addresses).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_told_apart_and_nonsense_is_left_out() {
        let names = Names::of(["Drop.LAN.", "192.168.1.20", "[fd00::1]", "::ffff:10.0.0.1", "", "a b", "-x", "*.lan", "under_score"]);
        assert_eq!(names.names.iter().collect::<Vec<_>>(), ["drop.lan"]);
        assert_eq!(names.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.1", "192.168.1.20", "fd00::1"]);
    }

    #[test]
    fn this_machine_is_reached_as_localhost_and_by_its_own_name() {
        let names = server_names(&["drop.example".to_owned()]);
        assert!(names.names.contains("localhost") && names.names.contains("drop.example"));
        assert!(names.addresses.contains(&"127.0.0.1".parse().unwrap()) && names.addresses.contains(&"::1".parse().unwrap()));
    }

    #[test]
    fn search_domains_are_read_as_the_resolver_reads_them() {
        let resolver = "# search no.example\nnameserver 192.168.1.1\nsearch fritz.box lan\ndomain home.arpa\nsearching x\n";
        assert_eq!(search_domains(resolver).collect::<Vec<_>>(), ["fritz.box", "lan", "home.arpa"]);
    }
}
