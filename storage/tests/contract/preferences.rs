//! What people choose for themselves, and whom the picker of mentions shows.

use crate::office::{Office, member};
use crate::world::World;
use tidings_protocol::{
    Channels, Command, InboxKind, KindChannels, Language, MemberPatch, Page, Preferences,
    RefusalCode, Reply,
};
use tidings_storage::Actor;

fn preferences(w: &mut World, who: Actor) -> Preferences {
    match w.does(who, Command::GetPreferences {}) {
        Reply::Preferences(preferences) => preferences,
        other => panic!("{other:?}"),
    }
}

fn nothing() -> (Option<Language>, Option<String>, Option<bool>, Vec<KindChannels>) {
    (None, None, None, Vec::new())
}

pub fn everything_is_on_until_somebody_chooses(w: &mut World) {
    let o = Office::new(w);
    let of_member = preferences(w, o.anna);
    assert_eq!((of_member.language, of_member.time_zone.as_str()), (Language::En, "UTC"));
    assert!(of_member.notify);
    let kinds: Vec<_> = of_member.kinds.iter().map(|line| line.kind).collect();
    assert_eq!(kinds, InboxKind::ALL);
    assert!(of_member.kinds.iter().all(|line| line.channels.inbox && line.channels.email));
    let of_contact = preferences(w, o.carol);
    assert!(of_contact.notify && of_contact.kinds.is_empty());
}

pub fn what_is_not_named_stays(w: &mut World) {
    let o = Office::new(w);
    let before = preferences(w, o.anna);
    let (_, _, notify, kinds) = nothing();
    let (language, time_zone) = (Some(Language::De), Some("Europe/Berlin".to_owned()));
    let set = Command::SetPreferences { language, time_zone, notify, kinds };
    let Reply::Preferences(told) = w.does(o.anna, set) else { panic!() };
    assert_eq!((told.language, told.time_zone.as_str()), (Language::De, "Europe/Berlin"));
    assert_eq!(told.kinds, before.kinds);
    let channels = Channels { inbox: false, email: true };
    let kinds = vec![KindChannels { kind: InboxKind::Mentioned, channels }];
    let (language, time_zone, notify, _) = nothing();
    let set = Command::SetPreferences { language, time_zone, notify, kinds };
    let Reply::Preferences(told) = w.does(o.anna, set) else { panic!() };
    assert_eq!(told.language, Language::De);
    for line in &told.kinds {
        let all = Channels { inbox: true, email: true };
        let expected = if line.kind == InboxKind::Mentioned { channels } else { all };
        assert_eq!(line.channels, expected);
    }
    w.reopen();
    assert_eq!(preferences(w, o.anna), told);
    assert_eq!(preferences(w, o.owner), before);
}

pub fn contacts_choose_whether_to_get_emails(w: &mut World) {
    let o = Office::new(w);
    let (language, time_zone, _, kinds) = nothing();
    let set = Command::SetPreferences { language, time_zone, notify: Some(false), kinds };
    w.does(o.carol, set.clone());
    assert!(!preferences(w, o.carol).notify);
    assert!(w.act(o.anna, set).is_err(), "members choose by kind");
    let (language, time_zone, notify, _) = nothing();
    let channels = Channels { inbox: false, email: false };
    let kinds = vec![KindChannels { kind: InboxKind::Mentioned, channels }];
    let set = Command::SetPreferences { language, time_zone, notify, kinds };
    assert!(w.act(o.carol, set).is_err(), "contacts have no inbox");
}

pub fn the_active_team_is_listed_by_name_for_members(w: &mut World) {
    let o = Office::new(w);
    let inactive = MemberPatch { active: Some(false), ..MemberPatch::default() };
    w.patches(o.admin, inactive).unwrap();
    let list = Command::ListMembers { page: Page::default() };
    let Reply::Members { items, next } = w.does(o.bob, list.clone()) else { panic!() };
    let names: Vec<_> = items.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["Anna", "Bob", "Olga"]);
    assert_eq!((items[1].member, next), (member(o.bob), None));
    assert_eq!(w.refused(o.carol, list), RefusalCode::NotAllowed);
}
