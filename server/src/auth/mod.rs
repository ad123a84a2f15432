//! Who is asking: people by JSON Web Token, host applications by API key.
//!
//! [`Auth`] knows keys and claims and nothing else: no store, no clock. Whether a good token still
//! stands, and whether its person still has access, only the store knows; [`authenticate`] asks it.
//!
//! Signatures are made and checked by `ring` alone. The parsing around them is short, and written
//! here so that a key decides its algorithm (RFC 8725, 3.1) and time is given, not read from the
//! machine's clock; a general JWT library would bring RSA and three more hash crates along.

mod api_key;
mod authenticate;
mod claims;
mod identity;
mod jwks;
mod jws;
#[cfg(test)]
mod tests;

pub use api_key::{hash_api_key, new_api_key};
pub use authenticate::{Principal, authenticate, principal};
pub(crate) use authenticate::{ask, bearer, hyphenated, person_named};
pub use claims::{HOST_LIFETIME_MS_MAX, LEEWAY_MS, OWN_LIFETIME_MS_MAX};
pub use identity::Identity;

use crate::config::AuthConfig;
use jws::{Key, Parsed};
use ring::hmac;
use std::path::{Path, PathBuf};
use tidings_protocol::limits::TOKEN_BYTES_MAX;
use tidings_protocol::{IssuedToken, Timestamp, TokenId};
use tidings_storage::Actor;

/// `typ` of the tokens that Tidings signs, so that nothing else it may ever sign passes for one
/// (RFC 8725, 3.11).
pub const TOKEN_TYPE: &str = "tidings+jwt";

/// `typ` that a host application's tokens may have. They may do without: not every library writes
/// one, and their keys sign for this audience alone.
const HOST_TOKEN_TYPES: [&str; 3] = ["JWT", "at+jwt", TOKEN_TYPE];

/// Least bytes of an HS256 secret: as many as the hash has (RFC 7518, 3.2).
const SECRET_BYTES_MIN: usize = 32;

/// Most bytes of a key file; a set of thirty keys has a tenth of it.
const KEY_FILE_BYTES_MAX: usize = 64 * 1024;

/// The keys that tokens are checked with, and the one they are signed with.
pub struct Auth {
    audience: String,
    signer: hmac::Key,
    own: Issuer,
    host: Option<Issuer>,
}

/// Whoever signs tokens: a name and its keys.
struct Issuer {
    name: String,
    keys: Vec<Key>,
}

/// The keys can't be used; the server must not start.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A key file could not be read.
    #[error("{path}: {error}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A key file holds no usable keys.
    #[error("{path}: {reason}")]
    Bad {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Settings that contradict each other.
    #[error("{0}")]
    Settings(&'static str),
}

/// Why a token is not good. Its text tells the token's owner what to change, and nothing about
/// keys or other people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Longer than any token need be; not looked at.
    #[error("the token has {bytes} bytes; at most {TOKEN_BYTES_MAX}")]
    TooBig {
        /// How long it is.
        bytes: usize,
    },
    /// Not three parts of base64url, or its header or claims are no JSON object.
    #[error("not a JSON Web Token: {0}")]
    NotAToken(&'static str),
    /// Its header asks for something that is not done here.
    #[error("the token's header {0}")]
    Header(&'static str),
    /// Nobody that is trusted has signed it: unknown issuer or key, wrong algorithm, bad signature.
    /// Which of them is not told.
    #[error("the token is not signed by a key that this server trusts for its issuer")]
    Untrusted,
    /// A claim that must be there is not.
    #[error("the token has no `{0}` claim")]
    Missing(&'static str),
    /// A claim that does not say what it must.
    #[error("the token's `{0}` claim {1}")]
    Claim(&'static str, &'static str),
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
}

impl Auth {
    /// Reads the keys that the settings name.
    pub fn load(config: &AuthConfig, signing_secret: [u8; 32]) -> Result<Self, KeyError> {
        let signer = jws::secret(&signing_secret);
        let own = Issuer { name: config.issuer.clone(), keys: vec![Key::hs256(signer.clone())] };
        let host = match &config.host_issuer {
            Some(name) if *name == config.issuer => {
                return Err(KeyError::Settings("auth.host_issuer must differ from auth.issuer"));
            }
            Some(name) => Some(Issuer { name: name.clone(), keys: host_keys(config)? }),
            None if config.host_secret_file.is_some() || config.host_jwks_file.is_some() => {
                return Err(KeyError::Settings("a host key file needs auth.host_issuer beside it"));
            }
            None => None,
        };
        Ok(Self { audience: config.audience.clone(), signer, own, host })
    }

    /// Checks a token (RFC 7519, RFC 8725). Pure: whether it was revoked is the store's to say.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Identity, TokenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::TooBig { bytes: token.len() });
        }
        let parsed = Parsed::of(token)?;
        let named = claims::issuer(&parsed.payload)?;
        let own = named == self.own.name;
        let issuer = if own { Some(&self.own) } else { self.host.as_ref() };
        let issuer = issuer.filter(|issuer| issuer.name == named).ok_or(TokenError::Untrusted)?;
        let key = issuer.key(parsed.header.kid.as_deref()).ok_or(TokenError::Untrusted)?;
        parsed.check_signature(key)?;
        let types: &[&str] = if own { &[TOKEN_TYPE] } else { &HOST_TOKEN_TYPES };
        parsed.check_type(types, own)?;
        claims::check(&parsed.payload, &self.audience, own, now)
    }

    /// Signs a token for a person. `ttl_s` is at most a day, `token` a fresh random id.
    pub fn mint(&self, actor: Actor, ttl_s: u32, now: Timestamp, token: TokenId) -> IssuedToken {
        let lifetime_ms = (i64::from(ttl_s) * 1000).min(OWN_LIFETIME_MS_MAX);
        let expires_ms = now.plus_millis(lifetime_ms);
        let payload = claims::write(&self.own.name, &self.audience, actor, token, now, expires_ms);
        let token_text = jws::sign(&self.signer, TOKEN_TYPE, &payload);
        IssuedToken { token_id: token, token: token_text, expires_ms }
    }
}

impl Issuer {
    /// The key that a token means: the one of that name, or the only one.
    fn key(&self, kid: Option<&str>) -> Option<&Key> {
        match (self.keys.as_slice(), kid) {
            ([only], None) => Some(only),
            // A shared secret has no name; what libraries write there says nothing.
            ([only], Some(_)) if only.kid().is_none() => Some(only),
            (keys, Some(kid)) => keys.iter().find(|key| key.kid() == Some(kid)),
            (_, None) => None,
        }
    }
}

fn host_keys(config: &AuthConfig) -> Result<Vec<Key>, KeyError> {
    match (&config.host_secret_file, &config.host_jwks_file) {
        (Some(path), None) => {
            let bytes = read(path)?;
            let secret = bytes.trim_ascii_end();
            if secret.len() < SECRET_BYTES_MIN {
                let (has, least) = (secret.len(), SECRET_BYTES_MIN);
                let reason = format!("an HS256 secret of {has} bytes; at least {least}");
                return Err(KeyError::Bad { path: path.clone(), reason });
            }
            Ok(vec![Key::hs256(jws::secret(secret))])
        }
        (None, Some(path)) => {
            jwks::parse(&read(path)?).map_err(|reason| KeyError::Bad { path: path.clone(), reason })
        }
        (Some(_), Some(_)) => Err(KeyError::Settings(
            "auth.host_secret_file and auth.host_jwks_file exclude each other",
        )),
        (None, None) => Err(KeyError::Settings(
            "auth.host_issuer needs auth.host_secret_file or auth.host_jwks_file",
        )),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, KeyError> {
    let bytes =
        std::fs::read(path).map_err(|error| KeyError::Read { path: path.to_owned(), error })?;
    if bytes.len() > KEY_FILE_BYTES_MAX {
        let reason = format!("{} bytes long; at most {KEY_FILE_BYTES_MAX}", bytes.len());
        return Err(KeyError::Bad { path: path.to_owned(), reason });
    }
    Ok(bytes)
}
