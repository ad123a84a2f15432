//! API keys, revoked tokens, the secret that signs.

use crate::office::{Office, contact, member};
use crate::world::World;
use tidings_protocol::{
    ApiKey, Command, FirmId, MemberPatch, Person, Refusal, RefusalCode, Revocation, Timestamp,
    TokenId, limits,
};
use tidings_storage::{AccessChange, Actor, Claim, DirectoryChange, Done, Standing};

fn issue(w: &mut World, firm: FirmId, number: u8) -> Result<ApiKey, Refusal> {
    let label = format!("key {number}");
    match w.change(firm, DirectoryChange::CreateApiKey { label, hash: [number; 32] })? {
        Done::ApiKey(key) => Ok(key),
        other => panic!("{other:?}"),
    }
}

fn revoke(w: &mut World, firm: FirmId, revocation: Revocation) {
    let remember_until = w.now.plus_millis(60_000);
    w.change(firm, DirectoryChange::Revoke { revocation, remember_until }).unwrap();
}

fn told(w: &World) -> Vec<AccessChange> {
    w.last.as_ref().map(|commit| commit.access.clone()).unwrap_or_default()
}

pub fn an_api_key_names_its_firm_until_it_is_deleted(w: &mut World) {
    let (ours, theirs) = (Office::new(w), Office::new(w));
    let (first, second) = (issue(w, ours.firm, 1).unwrap(), issue(w, ours.firm, 2).unwrap());
    issue(w, theirs.firm, 3).unwrap();
    assert_eq!(w.read().firm_of_api_key(&[1; 32]).unwrap(), Some(ours.firm));
    assert_eq!(w.read().firm_of_api_key(&[3; 32]).unwrap(), Some(theirs.firm));
    assert_eq!(w.read().firm_of_api_key(&[4; 32]).unwrap(), None);
    assert_eq!(w.read().api_keys(ours.firm).unwrap(), [first.clone(), second.clone()]);
    assert_eq!(w.change(ours.firm, DirectoryChange::DeleteApiKey(first.key)), Ok(Done::Nothing));
    assert_eq!(w.read().firm_of_api_key(&[1; 32]).unwrap(), None);
    assert_eq!(w.read().api_keys(ours.firm).unwrap(), [second]);
}

pub fn a_firm_has_a_bounded_number_of_api_keys(w: &mut World) {
    let o = Office::new(w);
    for number in 0..limits::API_KEYS_PER_FIRM_MAX {
        issue(w, o.firm, u8::try_from(number).unwrap()).unwrap();
    }
    let refusal = issue(w, o.firm, 255).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::TooMany);
    assert_eq!(refusal.limit, Some(limits::API_KEYS_PER_FIRM_MAX));
    assert_eq!(w.read().firm_of_api_key(&[255; 32]).unwrap(), None);
}

pub fn a_revoked_token_is_void_and_no_other(w: &mut World) {
    let (o, theirs) = (Office::new(w), Office::new(w));
    let (token, other) = (TokenId(w.nobody()), TokenId(w.nobody()));
    let issued = w.now;
    assert!(w.read().token_stands(o.anna, Some(token), issued).unwrap());
    revoke(w, o.firm, Revocation::Token(token));
    assert_eq!(told(w), [AccessChange::TokenRevoked(token)]);
    assert!(!w.read().token_stands(o.anna, Some(token), issued).unwrap());
    assert!(w.read().token_stands(o.anna, Some(other), issued).unwrap());
    assert!(w.read().token_stands(o.anna, None, issued).unwrap());
    assert!(w.read().token_stands(theirs.anna, Some(token), issued).unwrap());
    w.reopen();
    assert!(!w.read().token_stands(o.anna, Some(token), issued).unwrap());
}

pub fn one_firm_can_not_keep_another_from_revoking(w: &mut World) {
    let (ours, theirs) = (Office::new(w), Office::new(w));
    let token = TokenId(w.nobody());
    revoke(w, theirs.firm, Revocation::Token(token));
    revoke(w, ours.firm, Revocation::Token(token));
    let issued = w.now;
    assert!(!w.read().token_stands(ours.anna, Some(token), issued).unwrap());
}

pub fn many_stand_as_each_of_them_does(w: &mut World) {
    let (o, theirs) = (Office::new(w), Office::new(w));
    let thread = w.starts(o.owner, o.beta, "for Bob");
    w.does(o.owner, Command::Mention { thread, member: member(o.bob) });
    let issued = w.now;
    let (token, other, elsewhere) = (TokenId(w.nobody()), TokenId(w.nobody()), TokenId(w.nobody()));
    revoke(w, o.firm, Revocation::Token(token));
    revoke(w, theirs.firm, Revocation::Token(elsewhere));
    revoke(w, o.firm, Revocation::Person(o.dave.person));
    let inactive = MemberPatch { active: Some(false), ..MemberPatch::default() };
    w.change(o.firm, DirectoryChange::PatchMember(member(o.admin), inactive)).unwrap();
    let foreign = Actor { firm: theirs.firm, person: o.anna.person };
    let later = w.now.plus_millis(1_000);
    let tokens =
        [(None, issued), (Some(token), issued), (Some(other), later), (Some(elsewhere), later)];
    let mut claims = Vec::new();
    for actor in [&o.people()[..], &[foreign, theirs.anna, theirs.carol]].concat() {
        claims.push(Claim { actor, tokens: Vec::new() });
        claims.extend(tokens.map(|token| Claim { actor, tokens: vec![token] }));
        claims.push(Claim { actor, tokens: vec![tokens[0], tokens[2]] });
        claims.push(Claim { actor, tokens: vec![tokens[0], tokens[1]] });
    }
    let standings = w.read().standings(&claims).unwrap();
    let each = claims.iter().map(|Claim { actor, tokens }| Standing {
        access: w.read().access(*actor).unwrap(),
        tokens_stand: tokens
            .iter()
            .all(|(token, issued)| w.read().token_stands(*actor, *token, *issued).unwrap()),
    });
    let mut each: Vec<_> = each.collect();
    for (standing, claim) in each.iter_mut().zip(&claims) {
        // Of who does not exist nothing stands, with tokens or without.
        standing.tokens_stand &= claim.actor != foreign || !claim.tokens.is_empty();
    }
    assert_eq!(standings.len(), each.len());
    for ((standing, each), claim) in standings.iter().zip(&each).zip(&claims) {
        assert_eq!(standing, each, "{claim:?}");
    }
    assert!(standings.iter().any(|standing| !standing.tokens_stand));
    assert_eq!(w.read().standings(&[]).unwrap(), []);
}

pub fn a_revocation_is_remembered_until_the_token_has_run_out(w: &mut World) {
    let o = Office::new(w);
    let (token, other) = (TokenId(w.nobody()), TokenId(w.nobody()));
    revoke(w, o.firm, Revocation::Token(token));
    let issued = w.now;
    w.now = w.now.plus_millis(58_000);
    revoke(w, o.firm, Revocation::Token(other));
    assert!(!w.read().token_stands(o.anna, Some(token), issued).unwrap());
}

pub fn revoking_a_person_voids_what_was_issued_until_then(w: &mut World) {
    let o = Office::new(w);
    for who in [o.anna, o.carol] {
        let issued = w.now;
        revoke(w, o.firm, Revocation::Person(who.person));
        assert_eq!(told(w), [AccessChange::TokensRevoked(who.person)]);
        let second = Timestamp(w.now.0 / 1_000 * 1_000);
        assert!(!w.read().token_stands(who, None, issued).unwrap());
        assert!(!w.read().token_stands(who, None, second).unwrap(), "tokens count whole seconds");
        assert!(w.read().token_stands(who, None, second.plus_millis(1_000)).unwrap());
        assert!(w.read().access(who).unwrap().is_some(), "it may come back with a new one");
    }
    assert!(w.read().token_stands(o.owner, None, Timestamp(0)).unwrap());
}

pub fn the_signing_secret_is_the_stores_own(w: &mut World) {
    let secret = w.read().signing_secret().unwrap();
    assert_ne!(secret, [0; 32]);
    w.reopen();
    assert_eq!(w.read().signing_secret().unwrap(), secret);
}

pub fn a_person_is_of_one_firm(w: &mut World) {
    let o = Office::new(w);
    assert_eq!(w.read().firm_of(o.anna.person).unwrap(), Some(o.firm));
    assert_eq!(w.read().firm_of(o.carol.person).unwrap(), Some(o.firm));
    let swapped = Person::Member(tidings_protocol::MemberId(contact(o.carol).0));
    assert_eq!(w.read().firm_of(swapped).unwrap(), None);
    let swapped = Person::Contact(tidings_protocol::ContactId(member(o.anna).0));
    assert_eq!(w.read().firm_of(swapped).unwrap(), None);
}
