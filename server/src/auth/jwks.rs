//! Public keys of the host application, from a JWK Set (RFC 7517). What could only be there by
//! mistake is refused loudly; what a set may hold for others is passed over.

use super::jws::Key;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Most keys of a set; nobody rotates through more.
const KEYS_MAX: usize = 32;

#[derive(Deserialize)]
struct Set {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    x: Option<String>,
    y: Option<String>,
    /// Of a private key.
    d: Option<IgnoredAny>,
    /// Of a symmetric key.
    k: Option<IgnoredAny>,
}

/// The keys of a set that check signatures, or why there are none.
pub(super) fn parse(json: &[u8]) -> Result<Vec<Key>, String> {
    let set: Set =
        serde_json::from_slice(json).map_err(|error| format!("not a JWK Set: {error}"))?;
    if set.keys.len() > KEYS_MAX {
        return Err(format!("{} keys; at most {KEYS_MAX}", set.keys.len()));
    }
    let mut keys: Vec<Key> = Vec::new();
    let mut passed_over = Vec::new();
    for (index, jwk) in set.keys.into_iter().enumerate() {
        let name = jwk.kid.clone().unwrap_or_else(|| format!("number {}", index + 1));
        match key(jwk).map_err(|reason| format!("key {name}: {reason}"))? {
            Usable::Yes(key) if keys.iter().any(|other| other.kid() == key.kid()) => {
                return Err(format!("key {name}: two keys of that `kid`, or two without any"));
            }
            Usable::Yes(key) => keys.push(key),
            Usable::No(reason) => passed_over.push(format!("key {name}: {reason}")),
        }
    }
    if keys.is_empty() {
        let why =
            if passed_over.is_empty() { "it has none".to_owned() } else { passed_over.join("; ") };
        return Err(format!("no usable key in it: {why}"));
    }
    Ok(keys)
}

enum Usable {
    Yes(Key),
    /// For somebody else (RFC 7517, 5).
    No(&'static str),
}

fn key(jwk: Jwk) -> Result<Usable, String> {
    if jwk.d.is_some() {
        return Err("is a private key; only its public half belongs here".to_owned());
    }
    if jwk.k.is_some() || jwk.kty == "oct" {
        return Err("is a shared secret; give it as auth.host_secret_file".to_owned());
    }
    if jwk.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
        return Ok(Usable::No("its `use` is not sig"));
    }
    if jwk.key_ops.as_ref().is_some_and(|ops| !ops.iter().any(|op| op == "verify")) {
        return Ok(Usable::No("its `key_ops` have no verify"));
    }
    match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("EC", Some("P-256")) => {
            agrees(jwk.alg.as_deref(), &["ES256"])?;
            let (x, y) = (coordinate("x", jwk.x)?, coordinate("y", jwk.y)?);
            Ok(Usable::Yes(Key::es256(jwk.kid, &x, &y)))
        }
        ("OKP", Some("Ed25519")) => {
            agrees(jwk.alg.as_deref(), &["EdDSA", "Ed25519"])?;
            Ok(Usable::Yes(Key::ed25519(jwk.kid, coordinate("x", jwk.x)?)))
        }
        _ => Ok(Usable::No("neither P-256 nor Ed25519")),
    }
}

fn agrees(named: Option<&str>, expected: &[&str]) -> Result<(), String> {
    match named {
        Some(named) if !expected.contains(&named) => {
            Err(format!("its `alg` is {named}, its curve is for {}", expected[0]))
        }
        _ => Ok(()),
    }
}

fn coordinate(field: &str, text: Option<String>) -> Result<[u8; 32], String> {
    let text = text.ok_or_else(|| format!("has no `{field}`"))?;
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| format!("its `{field}` is not base64url without padding"))?;
    bytes.try_into().map_err(|_| format!("its `{field}` has not 32 bytes"))
}
