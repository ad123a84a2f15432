//! Secrets of API keys: shown once, kept as a hash. They are random, so a plain hash is enough:
//! there is nothing to guess that salt or slowness would protect.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;

/// How secrets begin, so that people and secret scanners know them by sight.
pub(super) const PREFIX: &str = "tk_";

/// Random bytes in a secret: nobody guesses 256 bits.
const SECRET_BYTES: usize = 32;

/// A new secret, to be shown once, and its hash, to be kept. An error means that the machine has
/// no randomness to give.
pub fn new_api_key() -> Result<(String, [u8; 32]), getrandom::Error> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes)?;
    let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
    let hash = hash_api_key(&secret);
    Ok((secret, hash))
}

/// What is kept of a secret: SHA-256 of all its characters.
pub fn hash_api_key(secret: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_are_found_by_their_hash() {
        let (first, hash) = new_api_key().unwrap();
        let (second, _) = new_api_key().unwrap();
        assert_ne!(first, second);
        assert_eq!(hash_api_key(&first), hash);
        assert_eq!(first.len(), PREFIX.len() + 43);
    }
}
