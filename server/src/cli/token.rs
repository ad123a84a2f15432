//! `tidings token`: a token for a person, signed by the store's own secret.

use super::{Operator, say};
use crate::auth::Auth;
use crate::clock::SystemClock;
use crate::config::{AuthConfig, Config, duration};
use anyhow::{Context as _, bail};
use clap::ArgMatches;
use std::time::Duration;
use tidings_protocol::{ContactId, MemberId, Person, TokenId};
use tidings_storage::Actor;
use uuid::Uuid;

/// The longest a token is good.
const TTL_MAX: Duration = Duration::from_hours(24);

/// Prints a token for `--person`.
pub(super) fn print(config: &Config, args: &ArgMatches) -> anyhow::Result<()> {
    let person = *args.get_one::<Person>("person").context("clap asks for it")?;
    let ttl = *args.get_one::<Duration>("ttl").context("it has a default")?;
    let mut operator = Operator::open_existing(config, Box::new(SystemClock))?;
    let firm = operator.reader.firm_of(person)?;
    let firm = firm.with_context(|| format!("{person}: there is nobody with this id"))?;
    let actor = Actor { firm, person };
    if operator.reader.access(actor)?.is_none() {
        bail!("{person}: may not log in; a member or contact must be active");
    }
    let token = mint(&mut operator, &config.auth, actor, ttl)?;
    say(&format!("{token}\n"))
}

/// A token that is good for `ttl`.
pub(crate) fn mint(
    operator: &mut Operator,
    config: &AuthConfig,
    actor: Actor,
    ttl: Duration,
) -> anyhow::Result<String> {
    // Without the host's keys, which only check tokens: the command does not take their settings.
    let auth = Auth::load(config, operator.reader.signing_secret()?)?;
    let ttl_s = u32::try_from(ttl.as_secs())?;
    Ok(auth.mint(actor, ttl_s, operator.now(), TokenId(Uuid::new_v4())).token)
}

/// `member:UUID` or `contact:UUID`.
pub(super) fn parse_person(text: &str) -> Result<Person, String> {
    let (kind, id) = text.split_once(':').unwrap_or((text, ""));
    match (kind, Uuid::parse_str(id)) {
        ("member", Ok(id)) => Ok(Person::Member(MemberId(id))),
        ("contact", Ok(id)) => Ok(Person::Contact(ContactId(id))),
        _ => Err("must be member:UUID or contact:UUID".to_owned()),
    }
}

/// `1s` to `24h`.
pub(super) fn parse_ttl(text: &str) -> Result<Duration, String> {
    let ttl = duration(text)?;
    if ttl < Duration::from_secs(1) || ttl > TTL_MAX {
        return Err("must be 1s to 24h".to_owned());
    }
    Ok(ttl)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_named_by_kind_and_id() {
        let id = "0198c2f6-6c1f-7cc0-8000-000000000001";
        let person = parse_person(&format!("contact:{id}")).unwrap();
        assert_eq!(person.to_string(), format!("contact:{id}"));
        for wrong in ["", id, "member:", "member:1", &format!("owner:{id}")] {
            assert!(parse_person(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn tokens_are_good_for_a_second_to_a_day() {
        assert_eq!(parse_ttl("1h"), Ok(Duration::from_hours(1)));
        for wrong in ["0s", "999ms", "25h", "2d", "3600"] {
            assert!(parse_ttl(wrong).is_err(), "{wrong}");
        }
    }
}
