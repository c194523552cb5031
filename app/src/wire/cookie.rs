//! Cookies that remember what a visitor chose (RFC 6265): set by the server and by scripts, read by the server.

use super::base_path;

/// The attributes of a cookie that lasts a year, beside its path.
pub const REMEMBER: &str = "; Max-Age=31536000; SameSite=Lax";
/// The attributes that make the browser delete a cookie.
const ERASE: &str = "; Max-Age=0; SameSite=Lax";

/// The cookie that remembers a value, in the form that `Set-Cookie` and `document.cookie` take. Without a value it
/// erases the cookie with this name.
#[must_use]
pub fn remember(name: &str, value: Option<&str>) -> String {
    let base = base_path();
    let path = if base.is_empty() { "/" } else { base.as_str() };
    // Joining texts takes less room in the browser's module than formatting them does.
    [name, "=", value.unwrap_or_default(), "; Path=", path, if value.is_some() { REMEMBER } else { ERASE }].concat()
}

/// The beginning of the name of a cookie that browsers take only over TLS, from this host alone and for all its paths (RFC
/// 6265bis, section 4.1.3.2). Neither a neighbour in the network nor another program of the domain can make one.
pub const HOST_ONLY: &str = "__Host-";
/// The same where the server shares its host with other programs, so that a cookie is for its own paths only (section 4.1.3.1).
pub const TLS_ONLY: &str = "__Secure-";

/// The form that a cookie has over TLS.
#[must_use]
pub fn protected(cookie: &str) -> String {
    [if base_path().is_empty() { HOST_ONLY } else { TLS_ONLY }, cookie, "; Secure"].concat()
}

/// The value of the cookie with this name in a `Cookie` header field (section 4.2).
#[must_use]
pub fn value_of<'a>(cookies: &'a str, name: &str) -> Option<&'a str> {
    cookies.split(';').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_among_other_cookies() {
        let cases = [
            ("theme=dark", Some("dark")),
            ("snapdrop-482913=x; theme=light", Some("light")),
            ("theme=dark;other=light", Some("dark")),
            ("themes=dark; theme=light", Some("light")),
            ("my-theme=dark", None),
            ("theme=", Some("")),
            ("theme", None),
            ("", None),
        ];
        for (cookies, value) in cases {
            assert_eq!(value_of(cookies, "theme"), value, "{cookies}");
        }
    }

    #[test]
    fn what_is_remembered_is_what_is_read() {
        let cookie = remember("theme", Some("dark"));
        assert_eq!(cookie, "theme=dark; Path=/; Max-Age=31536000; SameSite=Lax");
        assert_eq!(value_of(&cookie, "theme"), Some("dark"));
        assert_eq!(remember("theme", None), "theme=; Path=/; Max-Age=0; SameSite=Lax");
    }
}
