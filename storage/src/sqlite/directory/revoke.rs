//! The end of tokens before their time.

use super::Changed;
use crate::operation::{AccessChange, Done};
use rusqlite::{Connection, params};
use tidings_protocol::{FirmId, Person, Refusal, RefusalCode, Revocation, Timestamp, TokenId};

/// Revokes, and forgets revocations of tokens that have run out by now.
pub(super) fn revoke(
    db: &Connection,
    firm: FirmId,
    revocation: &Revocation,
    remember_until: Timestamp,
    now: Timestamp,
) -> Changed {
    db.prepare_cached("DELETE FROM revoked_tokens WHERE expires_ms < ?1")?.execute([now.0])?;
    match revocation {
        Revocation::Token(token) => one(db, firm, *token, remember_until),
        Revocation::Person(person) => all_of(db, firm, *person, now),
    }
}

fn one(db: &Connection, firm: FirmId, token: TokenId, remember_until: Timestamp) -> Changed {
    db.prepare_cached(
        "INSERT INTO revoked_tokens (firm, id, expires_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (firm, id) DO UPDATE SET expires_ms = max(expires_ms, excluded.expires_ms)",
    )?
    .execute(params![firm.0.as_bytes(), token.0.as_bytes(), remember_until.0])?;
    Ok((Done::Nothing, vec![AccessChange::TokenRevoked(token)]))
}

fn all_of(db: &Connection, firm: FirmId, person: Person, now: Timestamp) -> Changed {
    let sql = match person {
        Person::Member(_) => {
            "UPDATE members SET tokens_from_ms = max(tokens_from_ms, ?3)
             WHERE id = ?1 AND firm = ?2"
        }
        Person::Contact(_) => {
            "UPDATE contacts SET tokens_from_ms = max(tokens_from_ms, ?3)
             WHERE id = ?1 AND firm = ?2"
        }
    };
    let found = db.prepare_cached(sql)?.execute(params![
        person.uuid().into_bytes(),
        firm.0.as_bytes(),
        next_second(now).0
    ])?;
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
