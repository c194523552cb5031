//! `Cookie` (RFC 6265, section 4.2): the names and values that a browser sends back.

use axum::http::{HeaderMap, HeaderValue, header};

/// Each cookie of a request, as its name and value with `=` between them. Other programs of the same host may set cookies of any
/// bytes; what is no text is left out alone, so that it hides no cookie beside it.
pub fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(|pair| std::str::from_utf8(pair).ok()).map(str::trim)
}

/// Lets a request have these cookies, each as its name and value, in place of those that it came with.
pub fn replace_cookies(headers: &mut HeaderMap, cookies: &[String]) {
    headers.remove(header::COOKIE);
    if let Ok(line) = HeaderValue::try_from(cookies.join("; "))
        && !line.is_empty()
    {
        headers.insert(header::COOKIE, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_that_is_no_text_hides_no_other_one() {
        let mut headers = HeaderMap::new();
        for line in [&b"name=Zo\xeb; theme=dark"[..], "name=Zo\u{eb};a=1".as_bytes()] {
            headers.append(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        assert_eq!(cookies(&headers).collect::<Vec<_>>(), ["theme=dark", "name=Zoë", "a=1"]);
    }
}
