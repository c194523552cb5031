//! Cookies that remember what a visitor chose (RFC 6265): set by the server and by scripts, read by the server.

/// How long browsers remember a choice: a year.
const MAX_AGE_SECS: u32 = 365 * 24 * 3600;

/// What remembers a value, as `Set-Cookie` and `document.cookie` take it; nothing is remembered any more without one.
#[must_use]
pub fn remember(name: &str, value: Option<&str>) -> String {
    let max_age_secs = value.map_or(0, |_| MAX_AGE_SECS);
    format!("{name}={}; Path=/; Max-Age={max_age_secs}; SameSite=Lax", value.unwrap_or_default())
}

/// The value of a cookie in a `Cookie` field.
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
