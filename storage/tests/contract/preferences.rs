//! What people choose for themselves, and whom the picker of mentions shows.

use crate::office::{Office, member};
use crate::world::World;
use tidings_protocol::{
    Channels, Command, InboxKind, KindChannels, Language, MemberPatch, Page, Preferences,
    QuietHours, RefusalCode, Reply,
};
use tidings_storage::Actor;

fn preferences(w: &mut World, who: Actor) -> Preferences {
    match w.does(who, Command::GetPreferences {}) {
        Reply::Preferences(preferences) => preferences,
        other => panic!("{other:?}"),
    }
}

/// What somebody chooses: the fields of the command. Nothing, unless said.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    pub language: Option<Language>,
    pub time_zone: Option<&'static str>,
    pub notify: Option<bool>,
    pub kinds: Vec<KindChannels>,
    pub quiet: Option<QuietHours>,
    pub digest_min: Option<u16>,
}

impl Choice {
    /// `set_preferences`.
    pub fn command(self) -> Command {
        let Self { language, time_zone, notify, kinds, quiet, digest_min } = self;
        let time_zone = time_zone.map(str::to_owned);
        Command::SetPreferences { language, time_zone, notify, kinds, quiet, digest_min }
    }
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
    let (language, time_zone) = (Some(Language::De), Some("Europe/Berlin"));
    let set = Choice { language, time_zone, ..Choice::default() };
    let Reply::Preferences(told) = w.does(o.anna, set.command()) else { panic!() };
    assert_eq!((told.language, told.time_zone.as_str()), (Language::De, "Europe/Berlin"));
    assert_eq!(told.kinds, before.kinds);
    let channels = Channels { inbox: false, email: true };
    let kinds = vec![KindChannels { kind: InboxKind::Mentioned, channels }];
    let set = Choice { kinds, ..Choice::default() };
    let Reply::Preferences(told) = w.does(o.anna, set.command()) else { panic!() };
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
    let set = Choice { notify: Some(false), ..Choice::default() }.command();
    w.does(o.carol, set.clone());
    assert!(!preferences(w, o.carol).notify);
    assert!(w.act(o.anna, set).is_err(), "members choose by kind");
    let channels = Channels { inbox: false, email: false };
    let kinds = vec![KindChannels { kind: InboxKind::Mentioned, channels }];
    let set = Choice { kinds, ..Choice::default() }.command();
    assert!(w.act(o.carol, set).is_err(), "contacts have no inbox");
}

pub fn a_time_zone_that_nobody_knows_is_not_chosen(w: &mut World) {
    let o = Office::new(w);
    let zone = |name| Choice { time_zone: Some(name), ..Choice::default() }.command();
    for who in [o.anna, o.carol] {
        for nowhere in ["Europe/Nowhere", "Etc/Unknown", "nowhere", "../etc/passwd"] {
            assert_eq!(w.refused(who, zone(nowhere)), RefusalCode::Invalid, "{nowhere}");
        }
        assert_eq!(preferences(w, who).time_zone, "UTC");
        w.does(who, zone("Asia/Kathmandu"));
        assert_eq!(preferences(w, who).time_zone, "Asia/Kathmandu");
    }
}

pub fn quiet_hours_and_digests_are_kept(w: &mut World) {
    let o = Office::new(w);
    for who in [o.anna, o.carol] {
        let before = preferences(w, who);
        assert_eq!((before.quiet, before.digest_min), (QuietHours::default(), 0));
        let quiet = Some(QuietHours { from_min: 22 * 60, to_min: 7 * 60 });
        w.does(who, Choice { quiet, ..Choice::default() }.command());
        let language = Some(Language::Fr);
        w.does(who, Choice { language, ..Choice::default() }.command());
        let now = preferences(w, who);
        assert_eq!((Some(now.quiet), now.language), (quiet, Language::Fr));
    }
    let digest = Choice { digest_min: Some(60), ..Choice::default() }.command();
    w.does(o.anna, digest.clone());
    assert_eq!(preferences(w, o.anna).digest_min, 60);
    assert!(w.act(o.carol, digest).is_err(), "contacts get an email for each thread");
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
