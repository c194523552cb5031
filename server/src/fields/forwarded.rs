//! What proxies say of a request that they pass on: `Forwarded` (RFC 7239), and the older `X-Forwarded-For`, `-Host`,
//! `-Proto` and `-Port`.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::Unreadable;

/// The most proxies that a request may have passed. Nobody has more, and each costs time.
const MAX_HOPS: usize = 32;

/// How a browser talks to the proxy, or to this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Without encryption.
    Http,
    /// With TLS.
    Https,
}

impl Scheme {
    /// The scheme as it stands in addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    fn parse(text: &str) -> Result<Self, Unreadable> {
        // Some proxies name the protocol of a WebSocket.
        match text.to_ascii_lowercase().as_str() {
            "http" | "ws" => Ok(Self::Http),
            "https" | "wss" => Ok(Self::Https),
            _ => Err(Unreadable("names a protocol that is neither http nor https")),
        }
    }
}

/// What one proxy says of the request that came to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hop {
    /// The address that the request came from; `None` if the proxy does not tell.
    pub address: Option<IpAddr>,
    /// The host that the request named, with the port if there was one.
    pub host: Option<String>,
    /// How the request came.
    pub scheme: Option<Scheme>,
}

/// Reads `Forwarded`, whose lines are joined with commas: one hop for each proxy, and the nearest one last.
///
/// # Errors
/// [`Unreadable`] if the text does not have the form of this header, or has too many hops.
pub fn forwarded(text: &str) -> Result<Vec<Hop>, Unreadable> {
    let elements = split(text, ',')?;
    if elements.len() > MAX_HOPS {
        return Err(TOO_MANY);
    }
    elements.into_iter().filter(|element| !element.trim().is_empty()).map(element).collect()
}

fn element(text: &str) -> Result<Hop, Unreadable> {
    let mut hop = Hop::default();
    for pair in split(text, ';')?.into_iter().filter(|pair| !pair.trim().is_empty()) {
        let (name, value) = pair.split_once('=').ok_or(Unreadable("has something in it that is not name=value"))?;
        let value = unquoted(value.trim())?;
        match name.trim().to_ascii_lowercase().as_str() {
            "for" => hop.address = address(&value)?,
            "host" => hop.host = Some(host(&value)?),
            "proto" => hop.scheme = Some(Scheme::parse(&value)?),
            _ => {}
        }
    }
    Ok(hop)
}

/// Reads `X-Forwarded-For`, `-Host`, `-Proto` and `-Port`, each with its lines joined with commas. A list that is shorter than
/// that of the addresses was written by the nearest proxies; a single value counts for all.
///
/// # Errors
/// [`Unreadable`] if one of them does not have the form of its header, or has too many hops.
pub fn x_forwarded(addresses: &str, hosts: &str, schemes: &str, ports: &str) -> Result<Vec<Hop>, Unreadable> {
    let list = |text: &str| -> Vec<String> { text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect() };
    let [addresses, hosts, schemes, ports] = [addresses, hosts, schemes, ports].map(list);
    if [&addresses, &hosts, &schemes, &ports].into_iter().any(|list| list.len() > MAX_HOPS) {
        return Err(TOO_MANY);
    }
    let hops = addresses.len().max(usize::from(!(hosts.is_empty() && schemes.is_empty())));
    let of = |list: &[String], from_the_end: usize| match list {
        [only] => Some(only.clone()),
        list => list.iter().rev().nth(from_the_end).cloned(),
    };
    let hop = |from_the_end: usize| {
        let scheme = of(&schemes, from_the_end).map(|scheme| Scheme::parse(&scheme)).transpose()?;
        let named = of(&hosts, from_the_end).map(|named| host(&named)).transpose()?;
        let port = of(&ports, from_the_end).map(|port| port.parse::<u16>().map_err(|_| Unreadable("names a port that is not a number")));
        let port = port.transpose()?.filter(|port| scheme.is_none_or(|scheme| scheme.default_port() != *port));
        Ok(Hop {
            address: addresses.iter().rev().nth(from_the_end).map(|text| address(text)).transpose()?.flatten(),
            host: named.map(|named| match port {
                Some(port) if !has_port(&named) => format!("{named}:{port}"),
                _ => named,
            }),
            scheme,
        })
    };
    (0..hops).rev().map(hop).collect()
}

const TOO_MANY: Unreadable = Unreadable("names more proxies than a request passes");

/// Splits a text at a separator that is not between quotes.
fn split(text: &str, separator: char) -> Result<Vec<&str>, Unreadable> {
    let (mut parts, mut start, mut is_quoted, mut is_escaped) = (Vec::new(), 0, false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if letter == separator && !is_quoted => {
                parts.push(&text[start..at]);
                start = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    if is_quoted {
        return Err(Unreadable("has quotes that do not end"));
    }
    parts.push(&text[start..]);
    Ok(parts)
}

/// A value without its quotes.
fn unquoted(value: &str) -> Result<String, Unreadable> {
    let Some(quoted) = value.strip_prefix('"') else {
        return if value.contains('"') { Err(Unreadable("has quotes in the middle of a value")) } else { Ok(value.to_owned()) };
    };
    let (mut text, mut letters) = (String::new(), quoted.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => text.extend(letters.next()),
            '"' if letters.as_str().is_empty() => return Ok(text),
            '"' => break,
            letter => text.push(letter),
        }
    }
    Err(Unreadable("has quotes in the middle of a value"))
}

/// The address of a node, with or without a port. `None` for "unknown" and for the names that proxies make up, which begin
/// with an underscore.
fn address(node: &str) -> Result<Option<IpAddr>, Unreadable> {
    if node.eq_ignore_ascii_case("unknown") || node.starts_with('_') {
        return Ok(None);
    }
    if let Ok(address) = node.parse::<SocketAddr>() {
        return Ok(Some(address.ip().to_canonical()));
    }
    let bare = node.strip_prefix('[').and_then(|node| node.strip_suffix(']')).unwrap_or(node);
    // The zone of a link-local address means something only to the machine that wrote it.
    let without_zone = bare.split_once('%').map_or(bare, |(address, _)| address);
    let address = match bare.parse::<IpAddr>() {
        Ok(address) => Ok(address),
        Err(_) => without_zone.parse::<Ipv6Addr>().map(IpAddr::from),
    };
    // A port may also be a made-up name.
    let address = address.or_else(|error| match node.rsplit_once(":_") {
        Some((node, _)) => node.trim_matches(['[', ']']).parse(),
        None => Err(error),
    });
    address.map(|address| Some(address.to_canonical())).map_err(|_| Unreadable("names something that is not an address"))
}

/// A host, which may have a port, as it may stand in a `Host` header field.
fn host(text: &str) -> Result<String, Unreadable> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~:[]".contains(letter);
    let is_host = !text.is_empty() && text.len() <= 255 && text.chars().all(plain);
    if is_host { Ok(text.to_owned()) } else { Err(Unreadable("names something that is not a host")) }
}

fn has_port(host: &str) -> bool {
    host.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(address: &str, host: &str, scheme: Option<Scheme>) -> Hop {
        Hop { address: address.parse().ok(), host: Some(host.to_owned()).filter(|host| !host.is_empty()), scheme }
    }

    #[test]
    fn reads_what_proxies_say_in_the_standard_form() {
        let https = Some(Scheme::Https);
        for (text, hops) in [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", vec![hop("192.0.2.60", "", Some(Scheme::Http))]),
            (
                "For=\"[2001:db8:cafe::17]:4711\"; Host=\"drop.example:8443\";PROTO=HTTPS",
                vec![hop("2001:db8:cafe::17", "drop.example:8443", https)],
            ),
            ("for=192.0.2.43, for=198.51.100.17", vec![hop("192.0.2.43", "", None), hop("198.51.100.17", "", None)]),
            ("for=unknown, for=_hidden, for=\"_SEVKISEK\"", vec![Hop::default(), Hop::default(), Hop::default()]),
            ("for=\"[fe80::1%25eth0]\";ext=\"a,b;c\\\"d\"", vec![hop("fe80::1", "", None)]),
            ("for=\"192.0.2.7:_port\"", vec![hop("192.0.2.7", "", None)]),
            ("for=\"[::ffff:192.0.2.9]\"", vec![hop("192.0.2.9", "", None)]),
            (" , ;", vec![Hop::default()]),
            ("", vec![]),
        ] {
            assert_eq!(forwarded(text), Ok(hops), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_such_header() {
        for text in [
            "for",
            "for=\"192.0.2.1",
            "for=192.0.2.1\"",
            "for=\"a\"b\"",
            "for=300.1.1.1",
            "for=drop.example",
            "proto=gopher",
            "host=\"a b\"",
            "host=",
            "host=\"evil.example/path\"",
            &"for=192.0.2.1,".repeat(10_000),
        ] {
            assert!(forwarded(text).is_err(), "{}", &text[..text.len().min(40)]);
        }
    }

    #[test]
    fn reads_the_older_headers_from_the_nearest_proxy_on() {
        let https = Some(Scheme::Https);
        for (addresses, hosts, schemes, ports, hops) in [
            ("203.0.113.9", "drop.example", "https", "443", vec![hop("203.0.113.9", "drop.example", https)]),
            ("203.0.113.9", "drop.example", "https", "8443", vec![hop("203.0.113.9", "drop.example:8443", https)]),
            ("203.0.113.9", "drop.example:1234", "https", "8443", vec![hop("203.0.113.9", "drop.example:1234", https)]),
            ("::1, 10.0.0.2", "a, b", "wss", "", vec![hop("::1", "a", https), hop("10.0.0.2", "b", https)]),
            ("10.9.9.9, 10.0.0.2", "b", "", "", vec![hop("10.9.9.9", "b", None), hop("10.0.0.2", "b", None)]),
            ("", "drop.example", "", "", vec![hop("", "drop.example", None)]),
            ("", "", "https", "", vec![hop("", "", https)]),
            ("[2001:db8::1]:80, 192.0.2.1:4000", "", "", "", vec![hop("2001:db8::1", "", None), hop("192.0.2.1", "", None)]),
            ("", "", "", "", vec![]),
        ] {
            assert_eq!(x_forwarded(addresses, hosts, schemes, ports), Ok(hops), "{addresses} {hosts} {schemes} {ports}");
        }
        assert!(x_forwarded("nobody", "", "", "").is_err());
        assert!(x_forwarded("10.0.0.1", "a b", "", "").is_err());
        assert!(x_forwarded("10.0.0.1", "a", "", "70000").is_err());
        assert!(x_forwarded(&"10.0.0.1,".repeat(10_000), "", "", "").is_err());
    }
}
