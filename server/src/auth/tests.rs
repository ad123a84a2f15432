//! Every attack of RFC 8725, and what hosts get wrong.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use std::io::Write;
use tidings_protocol::{ContactId, FirmId, MemberId, Person};
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const NOW_S: i64 = NOW.0 / 1000;
const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const OWN_SECRET: [u8; 32] = [7; 32];

fn config() -> AuthConfig {
    AuthConfig {
        audience: "tidings".to_owned(),
        issuer: "tidings-itself".to_owned(),
        host_issuer: None,
        host_secret_file: None,
        host_jwks_file: None,
    }
}

fn file(content: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    file
}

fn with_secret(secret: &[u8]) -> Result<Auth, KeyError> {
    let file = file(secret);
    let config = AuthConfig {
        host_issuer: Some("host".to_owned()),
        host_secret_file: Some(file.path().to_owned()),
        ..config()
    };
    Auth::load(&config, OWN_SECRET)
}

fn with_jwks(keys: &Value) -> Result<Auth, KeyError> {
    let file = file(json!({ "keys": keys }).to_string().as_bytes());
    let config = AuthConfig {
        host_issuer: Some("host".to_owned()),
        host_jwks_file: Some(file.path().to_owned()),
        ..config()
    };
    Auth::load(&config, OWN_SECRET)
}

fn actor() -> Actor {
    let person = Person::Contact(ContactId(Uuid::from_u128(2)));
    Actor { firm: FirmId(Uuid::from_u128(1)), person }
}

fn claims() -> Value {
    json!({
        "iss": "host", "aud": "tidings", "iat": NOW_S, "exp": NOW_S + 600,
        "sub": format!("contact:{}", Uuid::from_u128(2)),
        "firm": Uuid::from_u128(1).to_string(),
    })
}

fn changed(change: &Value) -> Value {
    let mut claims = claims();
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

fn token(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn mac(secret: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    move |message| hmac::sign(&key, message).as_ref().to_vec()
}

fn hs256(claims: &Value) -> String {
    token(&json!({"alg": "HS256", "typ": "JWT"}), claims, mac(SECRET))
}

struct Pair {
    p256: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
}

impl Pair {
    fn new() -> Self {
        let (rng, alg) = (SystemRandom::new(), &signature::ECDSA_P256_SHA256_FIXED_SIGNING);
        let document = EcdsaKeyPair::generate_pkcs8(alg, &rng).unwrap();
        let p256 = EcdsaKeyPair::from_pkcs8(alg, document.as_ref(), &rng).unwrap();
        let document = Ed25519KeyPair::generate_pkcs8(&rng).unwrap();
        Self { p256, ed25519: Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap() }
    }

    fn jwks(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let point = self.p256.public_key().as_ref();
        json!([
            {"kty": "EC", "crv": "P-256", "kid": "ec", "use": "sig", "alg": "ES256",
             "x": encode(&point[1..33]), "y": encode(&point[33..])},
            {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "key_ops": ["verify"],
             "x": encode(self.ed25519.public_key().as_ref())},
            {"kty": "RSA", "kid": "rsa", "n": "AQAB", "e": "AQAB"},
        ])
    }

    fn es256(&self, message: &[u8]) -> Vec<u8> {
        self.p256.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }

    fn eddsa(&self, message: &[u8]) -> Vec<u8> {
        self.ed25519.sign(message).as_ref().to_vec()
    }
}

#[test]
fn own_tokens_are_good_until_they_expire() {
    let auth = Auth::load(&config(), OWN_SECRET).unwrap();
    let id = TokenId(Uuid::from_u128(9));
    let now = NOW.plus_millis(123);
    let issued = auth.mint(actor(), 60, now, id);
    let identity = auth.verify(&issued.token, now).unwrap();
    assert_eq!(identity.actor, actor());
    assert_eq!((identity.token, identity.issued), (Some(id), now));
    assert_eq!((identity.expires, issued.expires_ms), (now.plus_millis(60_000), identity.expires));
    assert!(auth.verify(&issued.token, now.plus_millis(59_999)).is_ok());
    assert_eq!(auth.verify(&issued.token, now.plus_millis(60_000)), Err(TokenError::Expired));
    let other = Auth::load(&config(), [8; 32]).unwrap();
    assert_eq!(other.verify(&issued.token, now), Err(TokenError::Untrusted));
}

#[test]
fn no_own_token_lives_longer_than_a_day() {
    let auth = Auth::load(&config(), OWN_SECRET).unwrap();
    let issued = auth.mint(actor(), u32::MAX, NOW, TokenId(Uuid::nil()));
    assert_eq!(issued.expires_ms, NOW.plus_millis(OWN_LIFETIME_MS_MAX));
    assert!(auth.verify(&issued.token, NOW).is_ok());
}

#[test]
fn a_host_tokens_claims_are_checked_one_by_one() {
    let auth = with_secret(SECRET).unwrap();
    let identity = auth.verify(&hs256(&claims()), NOW).unwrap();
    assert_eq!((identity.actor, identity.token), (actor(), None));
    let day_s = 24 * 3600;
    let good = [
        json!({"aud": ["other", "tidings"]}),
        json!({"iat": NOW_S + 60}),
        json!({"nbf": NOW_S + 60}),
        json!({"iat": f64::from(1_800_000_000) - 0.5}),
        json!({"exp": NOW_S + 30 * day_s}),
        json!({"jti": "anything"}),
        json!({"sub": format!("member:{}", Uuid::from_u128(2))}),
        json!({"more": {"a": 1}}),
    ];
    for change in good {
        let verified = auth.verify(&hs256(&changed(&change)), NOW);
        assert!(verified.is_ok(), "{change}: {verified:?}");
    }
    let bad = [
        (json!({"iss": null}), "iss"),
        (json!({"aud": null}), "aud"),
        (json!({"iat": null}), "iat"),
        (json!({"exp": null}), "exp"),
        (json!({"sub": null}), "sub"),
        (json!({"firm": null}), "firm"),
        (json!({"aud": "other"}), "aud"),
        (json!({"aud": []}), "aud"),
        (json!({"aud": ["tidings2", "tiding"]}), "aud"),
        (json!({"exp": NOW_S, "iat": NOW_S - 60}), "expired"),
        (json!({"exp": NOW_S - 60}), "exp"),
        (json!({"exp": NOW_S + 30 * day_s + 1}), "exp"),
        (json!({"exp": "tomorrow"}), "type"),
        (json!({"exp": 1e300}), "exp"),
        (json!({"exp": -1}), "exp"),
        (json!({"iat": NOW_S + 61}), "iat"),
        (json!({"nbf": NOW_S + 61}), "nbf"),
        (json!({"sub": Uuid::from_u128(2).to_string()}), "sub"),
        (json!({"sub": "owner:00000000-0000-0000-0000-000000000002"}), "sub"),
        (json!({"sub": "contact:2"}), "sub"),
        (json!({"firm": "acme"}), "firm"),
        (json!({"firm": "00000000000000000000000000000001"}), "firm"),
        (json!({"firm": 1}), "type"),
    ];
    for (change, word) in bad {
        let error = auth.verify(&hs256(&changed(&change)), NOW).unwrap_err();
        assert!(error.to_string().contains(word), "{change}: {error}");
    }
}

#[test]
fn only_the_issuers_own_keys_count() {
    let auth = with_secret(SECRET).unwrap();
    let untrusted = Err(TokenError::Untrusted);
    let stranger = hs256(&changed(&json!({"iss": "stranger"})));
    assert_eq!(auth.verify(&stranger, NOW), untrusted);
    // The host speaks for the host only, not for Tidings.
    let posing = changed(&json!({"iss": "tidings-itself", "jti": Uuid::nil().to_string()}));
    assert_eq!(auth.verify(&hs256(&posing), NOW), untrusted);
    let header = json!({"alg": "HS256", "typ": TOKEN_TYPE});
    let with_own_secret = token(&header, &claims(), mac(&OWN_SECRET));
    assert_eq!(auth.verify(&with_own_secret, NOW), untrusted);
    // Without a host, nobody but Tidings is believed.
    let alone = Auth::load(&config(), OWN_SECRET).unwrap();
    assert_eq!(alone.verify(&hs256(&claims()), NOW), untrusted);
}

#[test]
fn own_tokens_need_their_type_and_their_id() {
    let auth = Auth::load(&config(), OWN_SECRET).unwrap();
    let claims = |more: Value| {
        let mut all = changed(&json!({"iss": "tidings-itself", "jti": Uuid::nil().to_string()}));
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let made = |typ: &str, claims: &Value| {
        token(&json!({"alg": "HS256", "typ": typ}), claims, mac(&OWN_SECRET))
    };
    assert!(auth.verify(&made(TOKEN_TYPE, &claims(json!({}))), NOW).is_ok());
    assert!(auth.verify(&made("application/Tidings+JWT", &claims(json!({}))), NOW).is_ok());
    let bad = [
        made("JWT", &claims(json!({}))),
        made(TOKEN_TYPE, &claims(json!({"jti": "x"}))),
        made(TOKEN_TYPE, &changed(&json!({"iss": "tidings-itself"}))),
        made(TOKEN_TYPE, &claims(json!({"exp": NOW_S + 24 * 3600 + 1}))),
    ];
    for token in bad {
        assert!(auth.verify(&token, NOW).is_err());
    }
}

#[test]
fn the_key_decides_the_algorithm() {
    let pair = Pair::new();
    let auth = with_jwks(&pair.jwks()).unwrap();
    let header = |alg: &str, kid: &str| json!({"alg": alg, "typ": "JWT", "kid": kid});
    let es256 = |message: &[u8]| pair.es256(message);
    let eddsa = |message: &[u8]| pair.eddsa(message);
    assert!(auth.verify(&token(&header("ES256", "ec"), &claims(), es256), NOW).is_ok());
    assert!(auth.verify(&token(&header("EdDSA", "ed"), &claims(), eddsa), NOW).is_ok());

    let untrusted = Err(TokenError::Untrusted);
    for alg in ["none", "None", "NONE", "", "RS256", "HS256", "ES384", "es256", "EdDSA"] {
        let unsigned = token(&header(alg, "ec"), &claims(), |_| Vec::new());
        assert_eq!(auth.verify(&unsigned, NOW), untrusted, "{alg}");
        let signed = token(&header(alg, "ec"), &claims(), es256);
        assert_eq!(auth.verify(&signed, NOW), untrusted, "{alg}");
    }
    // The public key as an HMAC secret, in the forms an attacker would try.
    let point = pair.p256.public_key().as_ref().to_vec();
    let jwk = pair.jwks()[0].to_string();
    let ed = pair.ed25519.public_key().as_ref().to_vec();
    for (kid, secret) in [("ec", point), ("ec", jwk.into_bytes()), ("ed", ed)] {
        let confused = token(&header("HS256", kid), &claims(), mac(&secret));
        assert_eq!(auth.verify(&confused, NOW), untrusted);
    }
    // A key for another, no key, an unknown key, one that was passed over.
    let crossed = token(&header("ES256", "ed"), &claims(), es256);
    let unnamed = token(&json!({"alg": "ES256", "typ": "JWT"}), &claims(), es256);
    let unknown = token(&header("ES256", "../../dev/null"), &claims(), es256);
    let rsa = token(&header("RS256", "rsa"), &claims(), |_| vec![0; 256]);
    for token in [crossed, unnamed, unknown, rsa] {
        assert_eq!(auth.verify(&token, NOW), untrusted);
    }
    // A key that the token brings along is not looked at.
    let stranger = Pair::new();
    let mut carrying = header("ES256", "ec");
    carrying["jwk"] = stranger.jwks()[0].clone();
    carrying["jku"] = json!("https://evil.example/jwks.json");
    let carried = token(&carrying, &claims(), |message| stranger.es256(message));
    assert_eq!(auth.verify(&carried, NOW), untrusted);
}

#[test]
fn a_changed_token_is_refused() {
    let auth = with_secret(SECRET).unwrap();
    let good = hs256(&claims());
    let parts: Vec<&str> = good.split('.').collect();
    let other = hs256(&changed(&json!({"firm": Uuid::from_u128(5).to_string()})));
    let swapped = format!("{}.{}.{}", parts[0], other.split('.').nth(1).unwrap(), parts[2]);
    assert_eq!(auth.verify(&swapped, NOW), Err(TokenError::Untrusted));
    let cut = &good[..good.len() - 1];
    assert!(auth.verify(cut, NOW).is_err());
    let short_tag = token(&json!({"alg": "HS256", "typ": "JWT"}), &claims(), |message| {
        mac(SECRET)(message)[..16].to_vec()
    });
    assert_eq!(auth.verify(&short_tag, NOW), Err(TokenError::Untrusted));
}

#[test]
fn headers_that_ask_for_more_are_refused() {
    let auth = with_secret(SECRET).unwrap();
    let headers = [
        json!({"alg": "HS256", "typ": "JWT", "crit": ["exp"], "exp": 1}),
        json!({"alg": "HS256", "typ": "JWT", "crit": []}),
        json!({"alg": "HS256", "typ": "JWT", "b64": false}),
        json!({"alg": "HS256", "typ": "dpop+jwt"}),
        json!({"typ": "JWT"}),
        json!(["HS256"]),
    ];
    for header in headers {
        assert!(auth.verify(&token(&header, &claims(), mac(SECRET)), NOW).is_err(), "{header}");
    }
    let listed = token(&json!({"alg": "HS256"}), &json!(["host"]), mac(SECRET));
    assert!(matches!(auth.verify(&listed, NOW), Err(TokenError::NotAToken(_))));
    // Not every library of a host writes a type.
    let untyped = token(&json!({"alg": "HS256"}), &claims(), mac(SECRET));
    assert!(auth.verify(&untyped, NOW).is_ok());
}

#[test]
fn garbage_is_refused_whatever_its_size() {
    let auth = with_secret(SECRET).unwrap();
    let long = "a".repeat(TOKEN_BYTES_MAX + 1);
    assert_eq!(auth.verify(&long, NOW), Err(TokenError::TooBig { bytes: TOKEN_BYTES_MAX + 1 }));
    let nested = URL_SAFE_NO_PAD.encode("[".repeat(2000));
    let good = hs256(&claims());
    let garbage = [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        "a.b.c.d".to_owned(),
        "é.é.é".to_owned(),
        "e30.e30.e30".to_owned(),
        format!("{nested}.{nested}."),
        format!("{good}="),
        format!(" {good}"),
        format!("{good}.{good}"),
        "a".repeat(TOKEN_BYTES_MAX),
    ];
    for token in garbage {
        assert!(auth.verify(&token, NOW).is_err(), "{token}");
    }
}

#[test]
fn key_files_that_are_a_mistake_stop_the_start() {
    let refused = |auth: Result<Auth, KeyError>, word: &str| {
        let error = auth.err().expect("keys should have been refused").to_string();
        assert!(error.contains(word), "{error}");
    };
    refused(with_secret(b"too short"), "at least 32");
    // A line break at the end of the file is the editor's, not the secret's.
    refused(with_secret(&[&SECRET[..31], b"\n\n"].concat()), "at least 32");
    refused(with_secret(&vec![b'a'; KEY_FILE_BYTES_MAX + 1]), "at most");
    let keys = Pair::new().jwks();
    let changed = |index: usize, field: &str, value: Value| {
        let mut one = keys[index].clone();
        one[field] = value;
        json!([one])
    };
    refused(with_jwks(&changed(0, "d", json!("AAAA"))), "private");
    refused(with_jwks(&json!([{"kty": "oct", "k": "AAAA"}])), "shared secret");
    refused(with_jwks(&changed(0, "alg", json!("HS256"))), "alg");
    refused(with_jwks(&changed(0, "x", json!("AAAA"))), "32 bytes");
    refused(with_jwks(&changed(0, "x", Value::Null)), "has no `x`");
    refused(with_jwks(&changed(0, "use", json!("enc"))), "no usable key");
    refused(with_jwks(&changed(1, "key_ops", json!(["sign"]))), "no usable key");
    refused(with_jwks(&json!([keys[2]])), "no usable key");
    refused(with_jwks(&json!([])), "no usable key");
    refused(with_jwks(&json!([keys[0], keys[0]])), "two keys");
    refused(with_jwks(&json!(7)), "not a JWK Set");

    let both = AuthConfig {
        host_issuer: Some("host".to_owned()),
        host_secret_file: Some("a".into()),
        host_jwks_file: Some("b".into()),
        ..config()
    };
    refused(Auth::load(&both, OWN_SECRET), "exclude each other");
    let keyless = AuthConfig { host_issuer: Some("host".to_owned()), ..config() };
    refused(Auth::load(&keyless, OWN_SECRET), "needs");
    let nameless = AuthConfig { host_secret_file: Some("a".into()), ..config() };
    refused(Auth::load(&nameless, OWN_SECRET), "host_issuer");
    let twin = AuthConfig { host_issuer: Some("tidings-itself".to_owned()), ..keyless };
    refused(Auth::load(&twin, OWN_SECRET), "differ");
    let absent = AuthConfig {
        host_issuer: Some("host".to_owned()),
        host_secret_file: Some("/nonexistent/secret".into()),
        ..config()
    };
    refused(Auth::load(&absent, OWN_SECRET), "/nonexistent/secret");
}

#[test]
fn members_are_not_contacts() {
    let auth = Auth::load(&config(), OWN_SECRET).unwrap();
    let member = Actor { person: Person::Member(MemberId(Uuid::from_u128(2))), ..actor() };
    let issued = auth.mint(member, 60, NOW, TokenId(Uuid::nil()));
    assert_eq!(auth.verify(&issued.token, NOW).unwrap().actor, member);
}
