//! Parsers for the values of header fields. They are pure: each takes a text and returns its meaning, or the reason why
//! it cannot be read.
//!
//! All of these texts come from clients and are not trusted. How the server reacts to them is decided in `http`.

mod concat;
mod cookies;
mod forwarded;
mod languages;
mod metadata;
mod range;

pub use concat::{Concat, PartUrl};
pub use cookies::{cookies, replace_cookies};
pub use forwarded::{Hop, Scheme, forwarded, x_forwarded};
pub use languages::preferred;
pub use metadata::Metadata;
pub use range::{MAX_RANGES, Wanted};

/// The version of the tus protocol that this server speaks.
pub const TUS_VERSION: &str = "1.0.0";

/// Why a field cannot be read. The text completes a sentence that begins with "The header …".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub &'static str);

/// Whether `Want-Repr-Digest` (RFC 9530, section 4) asks for SHA-256. A field that cannot be read asks for nothing.
#[must_use]
pub fn wants_sha256(text: &str) -> bool {
    let Ok(wishes) = sfv::Parser::new(text).parse::<sfv::Dictionary>() else { return false };
    let weight = match wishes.get("sha-256") {
        Some(sfv::ListEntry::Item(item)) => item.bare_item.as_integer(),
        _ => None,
    };
    weight.is_some_and(|weight| (1..=10).contains(&i64::from(weight)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_wanted_with_a_weight_from_one_to_ten() {
        for text in ["sha-256=1", "sha-512=3, sha-256=10", "sha-256=5;x=1"] {
            assert!(wants_sha256(text), "{text}");
        }
        for text in ["", "sha-256=0", "sha-256=11", "sha-256", "sha-256=:AA==:", "sha-512=3", "sha-256=1,,", "sha-256=-1"] {
            assert!(!wants_sha256(text), "{text}");
        }
    }
}
