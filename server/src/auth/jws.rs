//! Compact JSON Web Signatures (RFC 7515) of the three kinds that are taken here. The key decides
//! the algorithm; the header only has to agree.

use super::TokenError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::{hmac, signature};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A key with its algorithm, which never changes.
pub(super) struct Key {
    kid: Option<String>,
    material: Material,
}

enum Material {
    /// HMAC with SHA-256, of a shared secret.
    Hs256(hmac::Key),
    /// ECDSA on P-256 with SHA-256: an uncompressed point.
    Es256([u8; 65]),
    /// Ed25519.
    EdDsa([u8; 32]),
}

impl Key {
    pub(super) fn hs256(secret: hmac::Key) -> Self {
        Self { kid: None, material: Material::Hs256(secret) }
    }

    pub(super) fn es256(kid: Option<String>, x: &[u8; 32], y: &[u8; 32]) -> Self {
        let mut point = [4; 65];
        point[1..33].copy_from_slice(x);
        point[33..].copy_from_slice(y);
        Self { kid, material: Material::Es256(point) }
    }

    pub(super) fn ed25519(kid: Option<String>, x: [u8; 32]) -> Self {
        Self { kid, material: Material::EdDsa(x) }
    }

    pub(super) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// What a header may call its algorithm (RFC 7518, 3.1; RFC 8037, 3.1; RFC 9864, 2.2).
    fn algorithms(&self) -> &'static [&'static str] {
        match &self.material {
            Material::Hs256(_) => &["HS256"],
            Material::Es256(_) => &["ES256"],
            Material::EdDsa(_) => &["EdDSA", "Ed25519"],
        }
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Hs256(key) => hmac::verify(key, message, signature).is_ok(),
            Material::Es256(point) => {
                let key = signature::UnparsedPublicKey::new(
                    &signature::ECDSA_P256_SHA256_FIXED,
                    point.as_slice(),
                );
                key.verify(message, signature).is_ok()
            }
            Material::EdDsa(x) => {
                let key = signature::UnparsedPublicKey::new(&signature::ED25519, x.as_slice());
                key.verify(message, signature).is_ok()
            }
        }
    }
}

/// A shared secret, to check with and to sign with.
pub(super) fn secret(bytes: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, bytes)
}

/// The part of a header that is looked at. Keys and addresses of keys in it (`jwk`, `jku`, `x5u`)
/// are not: a token does not say who is to be trusted.
#[derive(Deserialize)]
pub(super) struct Header {
    alg: String,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    pub(super) kid: Option<String>,
    #[serde(default)]
    crit: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    b64: Option<serde::de::IgnoredAny>,
}

/// A token taken apart, not yet believed.
pub(super) struct Parsed<'a> {
    pub(super) header: Header,
    pub(super) payload: Vec<u8>,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Parsed<'a> {
    pub(super) fn of(token: &'a str) -> Result<Self, TokenError> {
        use TokenError::NotAToken;
        let (signed, signature) = token.rsplit_once('.').ok_or(NotAToken("not three parts"))?;
        let (header, payload) = signed.split_once('.').ok_or(NotAToken("not three parts"))?;
        if payload.contains('.') {
            return Err(NotAToken("not three parts"));
        }
        let decode = |part: &str| {
            URL_SAFE_NO_PAD.decode(part).map_err(|_| NotAToken("a part is not base64url"))
        };
        let header: Header =
            object(&decode(header)?).ok_or(NotAToken("its header is not the JSON of one"))?;
        if header.crit.is_some() || header.b64.is_some() {
            return Err(TokenError::Header("has a critical extension that is not known here"));
        }
        let (payload, signature) = (decode(payload)?, decode(signature)?);
        Ok(Self { header, payload, signed, signature })
    }

    pub(super) fn check_signature(&self, key: &Key) -> Result<(), TokenError> {
        let agrees = key.algorithms().contains(&self.header.alg.as_str());
        if agrees && key.verifies(self.signed.as_bytes(), &self.signature) {
            return Ok(());
        }
        Err(TokenError::Untrusted)
    }

    /// `typ` is a media type, whose case does not matter (RFC 7515, 4.1.9).
    pub(super) fn check_type(&self, allowed: &[&str], required: bool) -> Result<(), TokenError> {
        let Some(named) = self.header.typ.as_deref() else {
            return if required { Err(TokenError::Header("has no `typ`")) } else { Ok(()) };
        };
        let short = match named.get(..12) {
            Some(prefix) if prefix.eq_ignore_ascii_case("application/") => &named[12..],
            _ => named,
        };
        if allowed.iter().any(|typ| typ.eq_ignore_ascii_case(short)) {
            return Ok(());
        }
        Err(TokenError::Header("has a `typ` of another kind of token"))
    }
}

/// Reads a JSON object. An array is none, which `serde` would take for one in the order of fields.
pub(super) fn object<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    let named = json.trim_ascii_start().starts_with(b"{");
    named.then(|| serde_json::from_slice(json).ok()).flatten()
}

/// A token over a payload of JSON, signed with a shared secret.
pub(super) fn sign(secret: &hmac::Key, typ: &str, payload: &str) -> String {
    let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"HS256","typ":"{typ}"}}"#));
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
    let tag = hmac::sign(secret, signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}
