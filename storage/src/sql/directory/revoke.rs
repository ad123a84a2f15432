//! The end of tokens before their time.

use super::Changed;
use crate::operation::{AccessChange, Done};
use crate::sql::{Db, params};
use tidings_protocol::{FirmId, Person, Refusal, RefusalCode, Revocation, Timestamp, TokenId};

/// Revokes. What has run out is forgotten in `jobs`.
pub(super) fn revoke(
    db: Db<'_>,
    firm: FirmId,
    revocation: &Revocation,
    remember_until: Timestamp,
    now: Timestamp,
) -> Changed {
    match revocation {
        Revocation::Token(token) => one(db, firm, *token, remember_until),
        Revocation::Person(person) => all_of(db, firm, *person, now),
    }
}

fn one(db: Db<'_>, firm: FirmId, token: TokenId, remember_until: Timestamp) -> Changed {
    db.write(
        "INSERT INTO revoked_tokens (firm, id, expires_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (firm, id) DO UPDATE SET expires_ms =
             CASE WHEN excluded.expires_ms > revoked_tokens.expires_ms
                 THEN excluded.expires_ms ELSE revoked_tokens.expires_ms END",
        params![firm.0, token.0, remember_until.0],
    )?;
    Ok((Done::Nothing, vec![AccessChange::TokenRevoked(token)]))
}

fn all_of(db: Db<'_>, firm: FirmId, person: Person, now: Timestamp) -> Changed {
    let sql = match person {
        Person::Member(_) => {
            "UPDATE members SET tokens_from_ms =
                 CASE WHEN tokens_from_ms < ?3 THEN ?3 ELSE tokens_from_ms END
             WHERE id = ?1 AND firm = ?2"
        }
        Person::Contact(_) => {
            "UPDATE contacts SET tokens_from_ms =
                 CASE WHEN tokens_from_ms < ?3 THEN ?3 ELSE tokens_from_ms END
             WHERE id = ?1 AND firm = ?2"
        }
    };
    let found = db.change(sql, params![person.uuid(), firm.0, next_second(now).0])?;
    if found == 0 {
        return Err(Refusal::new(RefusalCode::NotFound).at("person").into());
    }
    Ok((Done::Nothing, vec![AccessChange::TokensRevoked(person)]))
}

/// A token says when it was issued in whole seconds (RFC 7519, 4.1.6). One of this second may be
/// older than the revocation, so all of them are void; the next good one is a second away at most.
fn next_second(now: Timestamp) -> Timestamp {
    Timestamp((now.0.div_euclid(1_000) + 1).saturating_mul(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_the_second_of_a_revocation_are_void() {
        for (now, from) in [(0, 1_000), (999, 1_000), (1_000, 2_000), (1_001, 2_000)] {
            assert_eq!(next_second(Timestamp(now)), Timestamp(from));
        }
    }
}
