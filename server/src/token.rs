//! Session tokens: the client has 256 random bits, the server keeps only their SHA-256.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};

/// The SHA-256 of a token. The server does not keep the token itself.
pub type TokenHash = [u8; 32];

/// Makes a token that nobody can guess: 43 letters, digits, hyphens and underscores.
#[must_use]
pub(crate) fn new() -> String {
    URL_SAFE_NO_PAD.encode(rand::rng().random::<[u8; 32]>())
}

/// The hash of a token, which is what the server keeps. A plain hash is enough: the only way to find a token is to try
/// all of them, so a slow hash would protect nothing.
#[must_use]
pub(crate) fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}
