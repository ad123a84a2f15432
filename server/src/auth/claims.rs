//! What a token says, and whether that may be believed now (RFC 7519, 4.1; RFC 8725, 3.8-3.10).

use super::jws::object;
use super::{Identity, TokenError, hyphenated, person_named};
use serde::{Deserialize, Serialize};
use tidings_protocol::{FirmId, Person, Timestamp, TokenId};
use tidings_storage::Actor;

/// How far the signer's clock may be ahead, for `iat` and `nbf`. `exp` gets none: an access that
/// has ended has ended.
pub const LEEWAY_MS: i64 = 60 * 1000;

/// Longest life of a token that Tidings signs: a working day, and a new one next morning.
pub const OWN_LIFETIME_MS_MAX: i64 = 24 * 60 * 60 * 1000;

/// Longest life of a token that the host application signs. Revocations of people are
/// remembered as long.
pub const HOST_LIFETIME_MS_MAX: i64 = 30 * 24 * 60 * 60 * 1000;

#[derive(Deserialize)]
struct OnlyIssuer {
    iss: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    aud: Option<Audience>,
    sub: Option<String>,
    firm: Option<String>,
    exp: Option<NumericDate>,
    iat: Option<NumericDate>,
    nbf: Option<NumericDate>,
    jti: Option<String>,
}

/// One audience or several (RFC 7519, 4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Seconds since 1970, with a fraction if one likes (RFC 7519, 2).
#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(transparent)]
struct NumericDate(f64);

impl NumericDate {
    /// Within ten thousand years, so that sums can't overflow.
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    fn millis(self, claim: &'static str) -> Result<Timestamp, TokenError> {
        let millis = (self.0 * 1000.0).round();
        if (0.0..=300_000_000_000_000.0).contains(&millis) {
            Ok(Timestamp(millis as i64))
        } else {
            Err(TokenError::Claim(claim, "is no time in seconds since 1970"))
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit 53 bits")]
    fn of(time: Timestamp) -> Self {
        Self(time.0 as f64 / 1000.0)
    }
}

/// The issuer that a token names, not yet believed: it only picks the keys.
pub(super) fn issuer(payload: &[u8]) -> Result<String, TokenError> {
    let named: OnlyIssuer =
        object(payload).ok_or(TokenError::NotAToken("its claims are not a JSON object"))?;
    named.iss.ok_or(TokenError::Missing("iss"))
}

/// Checks the claims of a token whose signature and issuer were.
pub(super) fn check(
    payload: &[u8],
    audience: &str,
    own: bool,
    now: Timestamp,
) -> Result<Identity, TokenError> {
    use TokenError::{Claim, Missing};
    let claims: Claims = serde_json::from_slice(payload)
        .map_err(|_| TokenError::NotAToken("a claim has the wrong type"))?;
    match claims.aud.ok_or(Missing("aud"))? {
        Audience::One(one) if one == audience => {}
        Audience::Several(several) if several.iter().any(|one| one == audience) => {}
        _ => return Err(Claim("aud", "does not name this server")),
    }
    let expires = claims.exp.ok_or(Missing("exp"))?.millis("exp")?;
    let issued = claims.iat.ok_or(Missing("iat"))?.millis("iat")?;
    let lifetime_ms_max = if own { OWN_LIFETIME_MS_MAX } else { HOST_LIFETIME_MS_MAX };
    if expires <= issued {
        return Err(Claim("exp", "is not after `iat`"));
    }
    if expires.0 - issued.0 > lifetime_ms_max {
        return Err(Claim("exp", "is further from `iat` than this issuer's tokens may live"));
    }
    if expires <= now {
        return Err(TokenError::Expired);
    }
    if issued > now.plus_millis(LEEWAY_MS) {
        return Err(Claim("iat", "is in the future"));
    }
    let from = claims.nbf.map(|nbf| nbf.millis("nbf")).transpose()?;
    if from.is_some_and(|from| from > now.plus_millis(LEEWAY_MS)) {
        return Err(Claim("nbf", "is in the future"));
    }
    let person = person(&claims.sub.ok_or(Missing("sub"))?)?;
    let firm = claims.firm.ok_or(Missing("firm"))?;
    let firm = hyphenated(&firm).map(FirmId).ok_or(Claim("firm", "is no UUID"))?;
    // Only our own ids can be revoked one by one; what a host writes there is its own affair.
    let token = match (own, claims.jti) {
        (true, Some(id)) => Some(TokenId(hyphenated(&id).ok_or(Claim("jti", "is no UUID"))?)),
        (true, None) => return Err(Missing("jti")),
        (false, _) => None,
    };
    Ok(Identity { actor: Actor { firm, person }, token, issued, expires })
}

fn person(subject: &str) -> Result<Person, TokenError> {
    person_named(subject).ok_or(TokenError::Claim("sub", "is neither member:UUID nor contact:UUID"))
}

/// The claims of a token of our own, as JSON. Times have milliseconds, so that a token made just
/// after a revocation is not taken for one made before.
pub(super) fn write(
    issuer: &str,
    audience: &str,
    actor: Actor,
    token: TokenId,
    now: Timestamp,
    expires: Timestamp,
) -> String {
    serde_json::json!({
        "iss": issuer,
        "aud": audience,
        "sub": actor.person.to_string(),
        "firm": actor.firm.to_string(),
        "jti": token.to_string(),
        "iat": NumericDate::of(now),
        "exp": NumericDate::of(expires),
    })
    .to_string()
}
