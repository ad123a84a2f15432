//! Whose inbox a change of a thread goes to, and why. Pure.

use std::collections::BTreeMap;
use tidings_protocol::{InboxKind, MemberId, Person};

/// What happened, as far as inboxes are concerned.
pub(crate) struct Happened<'a> {
    /// Who did it; nobody is told of their own actions.
    pub(crate) actor: Person,
    /// What it means to the followers, the strongest meaning first.
    pub(crate) kinds: &'a [InboxKind],
    /// Members called in by it.
    pub(crate) mentioned: &'a [MemberId],
}

/// Everybody to be told and the reasons, the strongest first. `followers` are those who still see
/// the thread; the firm's owner stands in when they are nobody, but not for a colleague's answer,
/// which concerns followers only.
pub(crate) fn recipients(
    happened: &Happened<'_>,
    followers: &[MemberId],
    owner: Option<MemberId>,
) -> BTreeMap<MemberId, Vec<InboxKind>> {
    let is_actor = |member: &MemberId| happened.actor == Person::Member(*member);
    let mut told: BTreeMap<MemberId, Vec<InboxKind>> = BTreeMap::new();
    for member in happened.mentioned.iter().filter(|member| !is_actor(member)) {
        told.insert(*member, vec![InboxKind::Mentioned]);
    }
    if happened.kinds.is_empty() {
        return told;
    }
    for member in followers.iter().filter(|member| !is_actor(member)) {
        told.entry(*member).or_default().extend(happened.kinds);
    }
    let for_followers_only = happened.kinds == [InboxKind::ColleagueAnswered];
    if told.is_empty() && !for_followers_only {
        for member in owner.iter().filter(|member| !is_actor(member)) {
            told.insert(*member, happened.kinds.to_vec());
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use InboxKind as K;
    use tidings_protocol::ContactId;
    use uuid::Uuid;

    const OWNER: MemberId = MemberId(Uuid::from_u128(1));
    const ANNA: MemberId = MemberId(Uuid::from_u128(2));
    const BOB: MemberId = MemberId(Uuid::from_u128(3));
    const CLIENT: Person = Person::Contact(ContactId(Uuid::from_u128(4)));

    type Told<'a> = &'a [(MemberId, &'a [InboxKind])];
    /// Actor, kinds, mentioned, followers; and then who is told of what.
    type Case<'a> = (Person, &'a [InboxKind], &'a [MemberId], &'a [MemberId], Told<'a>);

    #[test]
    fn followers_are_told_and_the_owner_stands_in() {
        let all_done: &[InboxKind] = &[K::AllTasksCompleted, K::TasksChanged];
        let anna = Person::Member(ANNA);
        let table: &[Case<'_>] = &[
            (CLIENT, &[K::ContactAnswered], &[], &[ANNA], &[(ANNA, &[K::ContactAnswered])]),
            (CLIENT, &[K::ThreadStarted], &[], &[], &[(OWNER, &[K::ThreadStarted])]),
            (CLIENT, all_done, &[], &[BOB], &[(BOB, all_done)]),
            (
                CLIENT,
                &[K::ContactAnswered],
                &[BOB],
                &[BOB],
                &[(BOB, &[K::Mentioned, K::ContactAnswered])],
            ),
            (anna, &[K::ColleagueAnswered], &[], &[ANNA], &[]),
            (anna, &[K::ColleagueAnswered], &[], &[ANNA, BOB], &[(BOB, &[K::ColleagueAnswered])]),
            (anna, &[], &[BOB, ANNA], &[BOB], &[(BOB, &[K::Mentioned])]),
            (anna, &[K::AllTasksCompleted], &[], &[ANNA], &[(OWNER, &[K::AllTasksCompleted])]),
            (Person::Member(OWNER), &[K::AllTasksCompleted], &[], &[], &[]),
        ];
        for (index, (actor, kinds, mentioned, followers, expected)) in table.iter().enumerate() {
            let happened = Happened { actor: *actor, kinds, mentioned };
            let told = recipients(&happened, followers, Some(OWNER));
            let told: Vec<_> = told.iter().map(|(member, kinds)| (*member, &kinds[..])).collect();
            assert_eq!(told, *expected, "row {index}");
        }
    }
}
