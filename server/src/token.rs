//! Session tokens: 256 random bits for the client, a SHA-256 of them for the server.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};

use crate::journal::TokenHash;

/// A token nobody can guess, as 43 letters, digits, hyphens and underscores.
#[must_use]
pub(crate) fn new() -> String {
    URL_SAFE_NO_PAD.encode(rand::rng().random::<[u8; 32]>())
}

/// What the server keeps of a token. A plain hash is enough: there is no shorter way to a token than
/// trying all of them, so slowing a guess down would protect nothing.
#[must_use]
pub(crate) fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}
