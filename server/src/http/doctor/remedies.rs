//! What is missing in a proxy's configuration when a check fails: lines of the configurations in `deploy/`, which the tests run.

use app::wire::BasePath;
use axum::http::{HeaderMap, HeaderName, header};
use serde::Serialize;

/// The proxies for which `deploy/` has a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Proxy {
    Nginx,
    Caddy,
    Traefik,
    Apache,
    Haproxy,
}

/// The checks for which a proxy may need other lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    Host,
    Address,
    Socket,
    Idle,
    Cap,
    Requests,
    Responses,
    Window,
}

impl Proxy {
    pub(super) const ALL: [Self; 5] = [Self::Nginx, Self::Caddy, Self::Traefik, Self::Apache, Self::Haproxy];

    /// The proxy that passed on a request with these header fields, if it can be told from what it adds.
    pub(super) fn of_request(headers: &HeaderMap) -> Option<Self> {
        let via = headers.get(header::VIA).and_then(|via| via.to_str().ok()).unwrap_or_default();
        let has = |name: &'static str| headers.contains_key(HeaderName::from_static(name));
        if via.to_ascii_lowercase().contains("caddy") {
            Some(Self::Caddy)
        } else if has("x-forwarded-server") {
            // Traefik and Apache name themselves in this field, and only Traefik adds X-Real-IP.
            Some(if has("x-real-ip") { Self::Traefik } else { Self::Apache })
        } else {
            None
        }
    }

    /// The name that people know it by.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "Caddy",
            Self::Traefik => "Traefik",
            Self::Apache => "Apache",
            Self::Haproxy => "HAProxy",
        }
    }

    /// The name as the page's script knows it.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
            Self::Traefik => "traefik",
            Self::Apache => "apache",
            Self::Haproxy => "haproxy",
        }
    }

    /// The whole configuration.
    const fn configuration(self) -> &'static str {
        match self {
            Self::Nginx => include_str!("../../../../deploy/nginx.conf"),
            Self::Caddy => include_str!("../../../../deploy/Caddyfile"),
            Self::Traefik => include_str!("../../../../deploy/traefik.yml"),
            Self::Apache => include_str!("../../../../deploy/apache.conf"),
            Self::Haproxy => include_str!("../../../../deploy/haproxy.cfg"),
        }
    }

    /// The beginnings of the lines that help when a check fails. Where there are none, the proxy does the right thing by itself, and
    /// only its whole configuration can tell what is wrong.
    const fn needed(self, check: Check) -> &'static [&'static str] {
        match (self, check) {
            (Self::Nginx, Check::Host) => {
                &["proxy_set_header Host", "proxy_set_header X-Forwarded-Host", "proxy_set_header X-Forwarded-Proto"]
            }
            (Self::Nginx, Check::Address) => &["proxy_set_header X-Forwarded-For", "proxy_set_header Forwarded"],
            (Self::Nginx, Check::Socket) => &["proxy_http_version", "proxy_set_header Upgrade", "proxy_set_header Connection"],
            (Self::Nginx, Check::Idle) => &["proxy_read_timeout", "proxy_send_timeout"],
            (Self::Nginx, Check::Cap) => &["client_max_body_size"],
            (Self::Nginx, Check::Requests) => &["proxy_http_version", "proxy_request_buffering"],
            (Self::Nginx, Check::Responses) => &["proxy_buffering"],
            (Self::Nginx, Check::Window) => &["http2_body_preread_size"],
            (Self::Apache, Check::Host) => &["ProxyPreserveHost", "RequestHeader set X-Forwarded-Proto"],
            (Self::Apache, Check::Address) => &["RequestHeader unset X-Forwarded-For", "RequestHeader unset Forwarded"],
            (Self::Apache, Check::Socket | Check::Responses) => &["ProxyPass "],
            (Self::Apache, Check::Idle) => &["ProxyTimeout"],
            (Self::Apache, Check::Cap) => &["LimitRequestBody"],
            (Self::Haproxy, Check::Host) => &["http-request set-header X-Forwarded-Host", "http-request set-header X-Forwarded-Proto"],
            (Self::Haproxy, Check::Address) => &["http-request set-header X-Forwarded-For", "http-request del-header Forwarded"],
            (Self::Haproxy, Check::Idle) => &["timeout client", "timeout server", "timeout tunnel"],
            (Self::Caddy, Check::Responses) => &["flush_interval"],
            (Self::Traefik, Check::Host) => &["passHostHeader"],
            (Self::Traefik, Check::Responses) => &["responseForwarding", "flushInterval"],
            _ => &[],
        }
    }

    /// The line that is another one for a server below a path, and the lines in its place (`deploy/README.md`).
    fn below(self, base: &BasePath) -> (&'static str, String) {
        match self {
            Self::Nginx => ("location / {", format!("location {base}/ {{")),
            Self::Caddy => ("reverse_proxy 127.0.0.1:3000 {", format!("redir {base} {base}/\n\treverse_proxy {base}/* 127.0.0.1:3000 {{")),
            Self::Traefik => ("Host(`drop.example`)", format!("Host(`drop.example`) && (Path(`{base}`) || PathPrefix(`{base}/`))")),
            Self::Apache => {
                ("ProxyPass \"/\" \"http://127.0.0.1:3000/\"", format!("ProxyPass \"{base}/\" \"http://127.0.0.1:3000{base}/\""))
            }
            Self::Haproxy => ("default_backend snapdrop", format!("use_backend snapdrop if {{ path {base} }} or {{ path_beg {base}/ }}")),
        }
    }

    /// What to put into the proxy's configuration when a check fails, for a server that is reached below a path.
    pub(super) fn remedy(self, check: Check, base: &BasePath) -> String {
        let needed = self.needed(check);
        let mut configuration = self.configuration().to_owned();
        if !base.is_empty() {
            let (line, other) = self.below(base);
            configuration = configuration.replace(line, &other);
        }
        if needed.is_empty() {
            return configuration;
        }
        let lines = configuration.lines().map(str::trim).filter(|line| needed.iter().any(|start| line.starts_with(start)));
        // What nginx says of connections that are not upgraded is a definition outside of the server.
        let definition = match (self, check) {
            (Self::Nginx, Check::Socket) => configuration.split("\n\n").find(|part| part.starts_with("map ")),
            _ => None,
        };
        let lines: Vec<&str> = lines.collect();
        definition.into_iter().map(|definition| format!("{definition}\n\n")).collect::<String>() + &lines.join("\n")
    }
}

impl Check {
    #[cfg(test)]
    pub(super) const ALL: [Self; 8] =
        [Self::Host, Self::Address, Self::Socket, Self::Idle, Self::Cap, Self::Requests, Self::Responses, Self::Window];

    /// The name as the page's script knows it.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Address => "address",
            Self::Socket => "socket",
            Self::Idle => "idle",
            Self::Cap => "cap",
            Self::Requests => "requests",
            Self::Responses => "responses",
            Self::Window => "window",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_that_helps_is_in_the_configuration_that_the_tests_run() {
        for (proxy, check) in Proxy::ALL.iter().flat_map(|proxy| Check::ALL.map(|check| (*proxy, check))) {
            let remedy = proxy.remedy(check, &BasePath::default());
            for start in proxy.needed(check) {
                assert!(remedy.lines().any(|line| line.starts_with(start)), "{proxy:?} has no {start}");
            }
            assert!(!remedy.trim().is_empty(), "{proxy:?} {check:?}");
        }
        assert_eq!(Proxy::Nginx.remedy(Check::Cap, &BasePath::default()), "client_max_body_size 0;");
        let socket = Proxy::Nginx.remedy(Check::Socket, &BasePath::default());
        assert!(
            socket.starts_with("map $http_upgrade") && socket.ends_with("proxy_set_header Connection $snapdrop_connection;"),
            "{socket}"
        );
    }

    #[test]
    fn a_whole_configuration_is_for_the_path_alone() {
        let base = "/drop".parse().unwrap();
        let readme = include_str!("../../../../deploy/README.md");
        for proxy in Proxy::ALL {
            let (line, other) = proxy.below(&base);
            assert!(proxy.configuration().contains(line), "{proxy:?}");
            for line in [line].into_iter().chain(other.lines().map(str::trim)) {
                assert!(readme.contains(line), "deploy/README.md does not say {line}");
            }
            assert!(Check::ALL.iter().all(|check| !proxy.remedy(*check, &base).contains("ProxyPass \"/\"")), "{proxy:?}");
        }
        assert!(Proxy::Caddy.remedy(Check::Socket, &base).contains("reverse_proxy /drop/* 127.0.0.1:3000 {"));
    }

    #[test]
    fn a_proxy_is_known_by_what_it_adds_to_requests() {
        let of = |lines: &[(&'static str, &str)]| {
            Proxy::of_request(&lines.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect())
        };
        assert_eq!(of(&[("via", "1.1 Caddy")]), Some(Proxy::Caddy));
        assert_eq!(of(&[("x-forwarded-server", "drop.example"), ("x-forwarded-for", "192.0.2.7")]), Some(Proxy::Apache));
        assert_eq!(of(&[("x-forwarded-server", "edge"), ("x-real-ip", "192.0.2.7")]), Some(Proxy::Traefik));
        assert_eq!(of(&[("via", "1.1 squid"), ("x-real-ip", "192.0.2.7")]), None);
    }
}
