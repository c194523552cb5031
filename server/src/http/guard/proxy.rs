//! Proxies: takes the word of those that are trusted for who sent a request, and which host and scheme it named.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use app::wire::ProblemCode;
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use ipnet::IpNet;
use serde::Serialize;

use super::Client;
use crate::{
    fields::{Hop, Scheme, Unreadable, forwarded, x_forwarded},
    http::{Refusal, Services},
};

/// The header fields of the older kind, in the order in which [`x_forwarded`] takes them.
const X_FORWARDED: [HeaderName; 4] = [
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-port"),
];

/// What is known of the sender of a request and of what it asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    address: IpAddr,
    /// Whether a header field names the address. Otherwise it is that of the proxy.
    is_named: bool,
    host: Option<String>,
    scheme: Option<Scheme>,
}

/// Whether the sender of a request was taken from its header fields, for the page that helps to set a proxy up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Forwarding {
    /// There are none of these fields, and the peer is no trusted proxy.
    None,
    /// There are some, and they were ignored, because the peer is no trusted proxy.
    Ignored,
    /// The peer is a trusted proxy, and does not say whose request it passes on.
    Silent,
    /// The peer is a trusted proxy, and its word was taken.
    Believed,
}

/// Gives a request that comes over a trusted proxy the address of its client, the host that the client named and the scheme
/// by which it came, for everything that follows. What others say in these header fields is ignored: anybody can send
/// them.
///
/// Each proxy adds who it got the request from. The client is the last of these, from the nearest proxy on, that is not a
/// trusted proxy itself; what stands before it may be made up. A request in which both kinds of header fields say different
/// things is refused: a proxy writes one of them, and passes on whatever a client put into the other.
pub(crate) async fn apply(State(services): State<Arc<Services>>, mut request: Request, next: Next) -> Response {
    let trusted = &services.config.trusted_proxy;
    let peer = Client::address_of(request.extensions());
    let mut scheme = request.extensions().get().copied().unwrap_or(Scheme::Http);
    let headers = request.headers();
    let says_something = headers.contains_key(header::FORWARDED) || X_FORWARDED.iter().any(|name| headers.contains_key(name));
    let mut forwarding = match (is_trusted(trusted, peer), says_something) {
        // A PROXY header has named the peer, who is the client then.
        (false, true) if !services.config.proxy_protocol => Forwarding::Ignored,
        (false, _) => Forwarding::None,
        (true, _) => Forwarding::Silent,
    };
    if forwarding == Forwarding::Silent && says_something {
        match origin(trusted, peer, request.headers()) {
            Ok(origin) => {
                if origin.is_named {
                    forwarding = Forwarding::Believed;
                }
                request.extensions_mut().insert(ConnectInfo(SocketAddr::new(origin.address, 0)));
                if let Some(host) = origin.host {
                    request.headers_mut().insert(header::HOST, HeaderValue::try_from(host).expect("a host is visible ASCII"));
                }
                scheme = origin.scheme.unwrap_or(scheme);
            }
            Err(refusal) => return refusal.into_response(),
        }
    }
    request.extensions_mut().insert(scheme);
    request.extensions_mut().insert(forwarding);
    next.run(request).await
}

/// Whether the word of this address is taken.
fn is_trusted(trusted: &[IpNet], address: IpAddr) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// Who sent a request that `peer`, a trusted proxy, passed on with these header fields.
fn origin(trusted: &[IpNet], peer: IpAddr, headers: &HeaderMap) -> Result<Origin, Refusal> {
    let unreadable = |name: &str, reason: Unreadable| Refusal::new(ProblemCode::MalformedRequest, format!("The header {name} {reason}."));
    let new = forwarded(&joined(headers, &header::FORWARDED)).map_err(|reason| unreadable("Forwarded", reason))?;
    let [addresses, hosts, schemes, ports] = X_FORWARDED.map(|name| joined(headers, &name));
    let old = x_forwarded(&addresses, &hosts, &schemes, &ports)
        .map_err(|reason| unreadable("X-Forwarded-For, -Host, -Proto or -Port", reason))?;
    let (new, old) = (client(trusted, peer, &new), client(trusted, peer, &old));
    match (new, old) {
        (Some(new), Some(old)) if contradicts(&new, &old) => Err(Refusal::new(
            ProblemCode::MalformedRequest,
            "The headers Forwarded and X-Forwarded-For say different things. The proxy has to remove the one that it does not write.",
        )),
        (Some(new), Some(old)) => Ok(Origin { host: new.host.or(old.host), scheme: new.scheme.or(old.scheme), ..new }),
        (Some(origin), None) | (None, Some(origin)) => Ok(origin),
        (None, None) => Ok(Origin { address: peer, is_named: false, host: None, scheme: None }),
    }
}

/// The client as the trusted proxies among these hops tell; `None` if there are no hops.
fn client(trusted: &[IpNet], peer: IpAddr, hops: &[Hop]) -> Option<Origin> {
    let mut origin: Option<Origin> = None;
    let mut address = Some(peer);
    for hop in hops.iter().rev() {
        let Some(from) = address.filter(|address| is_trusted(trusted, *address)) else { break };
        address = hop.address;
        let is_named = address.is_some();
        origin = Some(Origin { address: address.unwrap_or(from), is_named, host: hop.host.clone(), scheme: hop.scheme });
    }
    origin
}

fn contradicts(one: &Origin, other: &Origin) -> bool {
    let differ =
        |one: Option<&str>, other: Option<&str>| matches!((one, other), (Some(one), Some(other)) if !one.eq_ignore_ascii_case(other));
    one.address != other.address
        || differ(one.host.as_deref(), other.host.as_deref())
        || differ(one.scheme.map(Scheme::as_str), other.scheme.map(Scheme::as_str))
}

/// All lines of a header field in one. A line that is no text makes the whole unreadable.
fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("\"")).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "127.0.0.1";

    /// The address, host and scheme that are taken from these header fields of a trusted proxy, as text.
    fn taken(lines: &[(&'static str, &str)]) -> Result<(String, String, String), String> {
        let trusted = ["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        let origin = origin(&trusted, PROXY.parse().unwrap(), &headers).map_err(|Refusal(problem)| problem.detail)?;
        Ok((
            origin.address.to_string(),
            origin.host.unwrap_or_default(),
            origin.scheme.map_or_else(String::new, |scheme| scheme.as_str().to_owned()),
        ))
    }

    fn is(address: &str, host: &str, scheme: &str) -> Result<(String, String, String), String> {
        Ok((address.to_owned(), host.to_owned(), scheme.to_owned()))
    }

    #[test]
    fn the_client_is_the_nearest_address_that_is_no_proxy() {
        assert_eq!(taken(&[]), is(PROXY, "", ""));
        assert_eq!(taken(&[("x-forwarded-for", "203.0.113.9")]), is("203.0.113.9", "", ""));
        assert_eq!(taken(&[("x-forwarded-for", "1.1.1.1, 203.0.113.9, 10.2.3.4")]), is("203.0.113.9", "", ""));
        assert_eq!(taken(&[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.9")]), is("203.0.113.9", "", ""));
        assert_eq!(
            taken(&[("forwarded", "for=1.1.1.1, for=203.0.113.9;host=drop.example;proto=https")]),
            is("203.0.113.9", "drop.example", "https")
        );
        // The outermost of the trusted proxies knows what the client asked for.
        let two = "for=9.9.9.9;host=evil.example, for=203.0.113.9;host=drop.example;proto=https, for=10.0.0.5;host=inner;proto=http";
        assert_eq!(taken(&[("forwarded", two)]), is("203.0.113.9", "drop.example", "https"));
        // All are proxies: the outermost one counts.
        assert_eq!(taken(&[("x-forwarded-for", "10.0.0.1, 10.0.0.2")]), is("10.0.0.1", "", ""));
        assert_eq!(taken(&[("forwarded", "for=1.2.3.4, for=unknown;proto=https")]), is(PROXY, "", "https"));
    }

    #[test]
    fn two_kinds_that_differ_are_refused() {
        let both = [("forwarded", "for=203.0.113.9;proto=https"), ("x-forwarded-for", "203.0.113.9"), ("x-forwarded-host", "drop.example")];
        assert_eq!(taken(&both), is("203.0.113.9", "drop.example", "https"));
        for other in [("forwarded", "for=1.1.1.1"), ("forwarded", "for=203.0.113.9;host=evil.example")] {
            let headers = [other, ("x-forwarded-for", "203.0.113.9"), ("x-forwarded-host", "drop.example")];
            assert!(taken(&headers).unwrap_err().contains("say different things"), "{other:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_its_name() {
        assert_eq!(taken(&[("forwarded", "for=nobody")]), Err("The header Forwarded names something that is not an address.".to_owned()));
        assert!(
            taken(&[("x-forwarded-proto", "gopher")]).unwrap_err().starts_with("The header X-Forwarded-For, -Host, -Proto or -Port names")
        );
    }
}
