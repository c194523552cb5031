//! The path below which a server is reached that shares its host with other programs.

use std::{
    fmt,
    str::FromStr,
    sync::{Arc, OnceLock},
};

/// The most letters of a base path.
const MAX_LENGTH: usize = 200;

/// The path below which the server is reached, such as `/drop`; empty when it has the host for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BasePath(Arc<str>);

impl BasePath {
    /// The base path that a server has written into its page.
    #[must_use]
    pub fn in_page(written: &str) -> Self {
        Self(written.into())
    }

    /// The base path without a `/` at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the server has the host for itself.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The address of `path`, which begins with a `/` like the paths of a server that has the host for itself.
    #[must_use]
    pub fn address(&self, path: &str) -> String {
        // Joining texts takes less room in the browser's module than formatting them does.
        [&*self.0, path].concat()
    }

    /// What follows the base path in an address, with the `/` before it; `None` if the address is not below the base path.
    #[must_use]
    pub fn strip<'a>(&self, address: &'a str) -> Option<&'a str> {
        address.strip_prefix(&*self.0).filter(|path| path.starts_with('/'))
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BasePath {
    type Err = &'static str;

    /// Reads a base path. A `/` at its end is left out. Its segments are of letters that mean themselves in every address
    /// (RFC 3986, section 2.3), so that browsers, proxies and cookies write it in one way only.
    ///
    /// # Errors
    /// The reason why the text is none.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = text.strip_suffix('/').unwrap_or(text);
        if !text.starts_with('/') {
            return Err("must begin with a slash, such as /drop");
        }
        if path.len() > MAX_LENGTH {
            return Err("is too long");
        }
        let means_itself = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        for segment in path.split('/').skip(1) {
            if segment.is_empty() {
                return Err("has two slashes in a row");
            }
            if matches!(segment, "." | "..") {
                return Err("must not have . or .. between slashes");
            }
            if !segment.bytes().all(means_itself) {
                return Err("may have letters, digits and - . _ ~ between slashes only");
            }
        }
        Ok(Self(path.into()))
    }
}

/// Says the base path for the addresses of a page.
static SOURCE: OnceLock<fn() -> BasePath> = OnceLock::new();

/// Lets `source` say the base path for all addresses of this module. The first call counts. In the browser, `source` reads it from
/// the page. On the server, it reads it from the context of the page that is being rendered. Handlers must not ask for addresses: the
/// context of a page may still be there when the same thread goes on with another request. They have [`super::paths`].
pub fn take_base_path_from(source: fn() -> BasePath) {
    SOURCE.get_or_init(|| source);
}

/// The base path of the page, for what is no address, such as the names of what the browser stores.
#[must_use]
pub fn base_path() -> BasePath {
    SOURCE.get().map(|source| source()).unwrap_or_default()
}

/// The address of a path of the server, such as `/create`, for a link or a request.
#[must_use]
pub fn address(path: &str) -> String {
    base_path().address(path)
}

#[cfg(test)]
mod tests {
    use leptos::prelude::{Owner, provide_context, use_context};

    use super::*;
    use crate::wire;

    #[test]
    fn a_base_path_has_no_slash_at_its_end() {
        for (text, base) in [("/", ""), ("/drop", "/drop"), ("/drop/", "/drop"), ("/a/b-c.d_e~f", "/a/b-c.d_e~f"), ("/.well", "/.well")] {
            assert_eq!(text.parse::<BasePath>().unwrap().as_str(), base, "{text}");
        }
    }

    #[test]
    fn what_browsers_would_write_otherwise_is_no_base_path() {
        let long = format!("/{}", "a".repeat(MAX_LENGTH));
        for text in [
            "", "drop", "//", "/a//b", "//drop", "/drop//", "/.", "/..", "/a/../b", "/./a", "/a b", "/drop?x", "/#", "/%64", "/č", "/a\\b",
            "/a;b", &long,
        ] {
            assert!(text.parse::<BasePath>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_what_is_below_it_is_stripped() {
        let base: BasePath = "/drop".parse().unwrap();
        assert_eq!(base.strip("/drop/r/482913"), Some("/r/482913"));
        assert_eq!(base.strip("/drop/"), Some("/"));
        for address in ["/drop", "/dropped/r/1", "/r/482913", "/", "", "/Drop/"] {
            assert_eq!(base.strip(address), None, "{address}");
        }
        assert_eq!(BasePath::default().strip("/r/482913"), Some("/r/482913"));
    }

    #[test]
    fn the_addresses_of_a_rendered_page_are_below_it() {
        let pin: crate::room::Pin = "482913".parse().unwrap();
        assert_eq!(wire::room(&pin), "/api/rooms/482913");
        take_base_path_from(|| use_context().unwrap_or_default());
        Owner::new().with(|| {
            provide_context("/drop".parse::<BasePath>().unwrap());
            assert_eq!(wire::room(&pin), "/drop/api/rooms/482913");
            assert_eq!(wire::paths::room(&pin), "/api/rooms/482913", "a handler may run beside a page");
            assert_eq!(wire::Place::at_path("/drop/r/482913"), wire::Place::Nowhere);
            assert_eq!(wire::join_page(&pin), "/drop/join/482913");
            assert_eq!(wire::address("/"), "/drop/");
            for place in [wire::Place::Home, wire::Place::Room(pin.clone()), wire::Place::Join(pin)] {
                assert!(place.address().starts_with("/drop/"));
                assert_eq!(wire::Place::at(&place.address()), place);
            }
            assert_eq!(wire::cookie::remember("theme", Some("dark")), "theme=dark; Path=/drop; Max-Age=31536000; SameSite=Lax");
            assert_eq!(wire::cookie::protected("theme=dark; Path=/drop"), "__Secure-theme=dark; Path=/drop; Secure");
        });
    }
}
