//! What an email says, and what it does not.

use crate::mailer::{GATHERED, HOLDER};
use crate::office::{Office, contact, member, new_contact};
use crate::world::World;
use tidings_protocol::{
    Command, ContactPatch, ContactState, InboxKind, Language, MailPatch, MessageId, NoticeKind,
    ThreadId,
};
use tidings_storage::letter::{Letter, Part, QUOTE_BYTES_MAX, QUOTES_MAX, TASKS_LISTED_MAX};
use tidings_storage::{Actor, DirectoryChange};

/// The firm has emails show what is said.
pub fn shown() -> MailPatch {
    MailPatch { show_content: Some(true), ..MailPatch::default() }
}

fn letter_to(w: &mut World, who: Actor) -> Letter {
    w.passes(GATHERED);
    let mut letters = w.delivers_to(who);
    assert_eq!(letters.len(), 1, "{letters:?}");
    letters.remove(0)
}

fn bodies(part: &Part) -> Vec<&str> {
    let content = part.content.as_ref().expect("it shows its content");
    content.quotes.iter().map(|quote| &quote.body[..]).collect()
}

pub fn content_is_hidden_until_somebody_wants_it_shown(w: &mut World) {
    let o = Office::new(w);
    let secret = "the word is swordfish";
    let (thread, _) = w.starts_with_tasks(o.anna, o.acme, &[secret]);
    w.posts(o.anna, thread, secret);
    let letter = letter_to(w, o.carol);
    let part = &letter.parts[0];
    assert_eq!((part.messages, part.tasks_open, part.tasks_total), (2, 1, 1));
    assert!(part.new_thread);
    assert_eq!((&part.content, &part.account), (&None, &None));
    let text = format!("{letter:?}");
    for hidden in [secret, "please", "Anna", "Acme"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    // Nor is it shown to the team.
    w.posts(o.carol, thread, secret);
    let text = format!("{:?}", letter_to(w, o.anna));
    for hidden in [secret, "please", "Carol", "Acme"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
}

pub fn the_firm_shows_content_and_a_thread_may_differ(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    let show = |shown| Command::ShowContent { thread, shown };
    let table = [
        (false, None, false),
        (true, None, true),
        (true, Some(false), false),
        (false, Some(true), true),
        (true, Some(true), true),
        (false, Some(false), false),
    ];
    for (firm, own, expected) in table {
        let show_content = Some(firm);
        w.sets_mail(o.firm, MailPatch { show_content, ..MailPatch::default() });
        w.writes(o.anna, show(own));
        assert_eq!(w.view(o.carol, thread).item.summary.show_content, own);
        w.posts(o.anna, thread, "more");
        let part = w.gets_one(o.carol);
        assert_eq!(part.content.is_some(), expected, "{firm} {own:?}");
    }
}

pub fn a_letter_says_who_writes_and_how_it_looks(w: &mut World) {
    let o = Office::new(w);
    let text = |text: &str| Some(text.to_owned());
    let mail = MailPatch {
        portal_url: text("https://firm.example/{thread}"),
        colour: text("#123456"),
        logo_url: text("https://firm.example/logo.png"),
        footer: text("Office, 1 Street"),
        ..MailPatch::default()
    };
    w.sets_mail(o.firm, mail);
    let patch = ContactPatch {
        language: Some(Language::Nl),
        time_zone: text("Europe/Amsterdam"),
        ..ContactPatch::default()
    };
    w.change(o.firm, DirectoryChange::PatchContact(contact(o.carol), patch)).unwrap();
    let thread = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    w.decides();
    let mail = w.the_mail();
    let claimed = w.claims(&mail, HOLDER);
    let date = w.now;
    w.passes(GATHERED);
    let letter = w.letter(&claimed);
    assert_eq!((letter.mail, letter.date), (claimed[0], date));
    let firm = &letter.firm;
    assert_eq!((firm.firm, &firm.name[..], &firm.colour[..]), (o.firm, "Office", "#123456"));
    assert_eq!(firm.portal_url, "https://firm.example/{thread}");
    assert_eq!((&firm.footer[..], firm.login_links), ("Office, 1 Street", true));
    assert_eq!(firm.logo_url, "https://firm.example/logo.png");
    let to = &letter.to;
    assert_eq!((to.person, &to.name[..]), (o.carol.person, "Carol"));
    assert_eq!((&to.email[..], to.language), ("carol@client.example", Language::Nl));
    assert_eq!(to.time_zone, "Europe/Amsterdam");
    let part = &letter.parts[0];
    assert_eq!((part.notice, part.kind), (claimed[0], NoticeKind::Activity));
    assert_eq!((part.thread, part.reminder, part.refused), (Some(thread), None, None));
    assert_eq!(part.reasons, []);
}

pub fn the_newest_ten_unread_messages_are_quoted_the_oldest_first(w: &mut World) {
    let o = Office::new(w);
    w.sets_mail(o.firm, shown());
    let thread = w.starts(o.anna, o.acme, "0");
    for number in 1..=13 {
        let who = if number == 5 { o.admin } else { o.anna };
        w.posts(who, thread, &number.to_string());
    }
    // 12 stands at 14.
    w.writes(o.anna, Command::DeleteMessage { thread, message: MessageId(14) });
    w.writes(
        o.anna,
        Command::EditMessage { thread, message: MessageId(15), body: "better".to_owned() },
    );
    let part = w.gets_one(o.carol);
    assert_eq!(part.messages, 13, "what was taken back is not counted");
    assert!(part.new_thread);
    assert_eq!(bodies(&part), ["3", "4", "5", "6", "7", "8", "9", "10", "11", "better"]);
    assert_eq!(bodies(&part).len(), QUOTES_MAX);
    let content = part.content.unwrap();
    assert_eq!(content.subject, "0");
    assert_eq!((&content.quotes[0].author[..], &content.quotes[2].author[..]), ("Anna", "Ada"));
    let log = w.log(o.carol, thread);
    assert_eq!(content.quotes[0].at, log[4].at_ms);
}

pub fn ones_own_messages_are_not_quoted(w: &mut World) {
    let o = Office::new(w);
    w.sets_mail(o.firm, shown());
    let erin = w.contact(o.firm, o.acme, "Erin");
    let thread = w.starts(o.anna, o.acme, "one");
    w.posts(o.carol, thread, "two");
    w.posts(erin, thread, "three");
    w.passes(GATHERED);
    let letters = w.delivers();
    let of = |who: Actor| {
        let mut all = letters.iter().filter(|letter| letter.to.person == who.person);
        all.next().map(|letter| bodies(&letter.parts[0]))
    };
    assert_eq!(of(o.carol), Some(vec!["three"]), "she has read what was before hers");
    assert_eq!(of(erin), None);
    assert_eq!(of(o.anna), Some(vec!["two", "three"]));
}

pub fn a_long_message_is_cut_between_its_letters(w: &mut World) {
    let o = Office::new(w);
    w.sets_mail(o.firm, shown());
    let whole = "x".repeat(QUOTE_BYTES_MAX);
    let over = format!("{}\u{1f600}", "x".repeat(QUOTE_BYTES_MAX - 1));
    let thread = w.starts(o.anna, o.acme, &whole);
    w.posts(o.anna, thread, &over);
    let part = w.gets_one(o.carol);
    let quotes = part.content.unwrap().quotes;
    assert_eq!((&quotes[0].body, quotes[0].cut), (&whole, false));
    assert_eq!((quotes[1].body.len(), quotes[1].cut), (QUOTE_BYTES_MAX - 1, true));
}

pub fn open_tasks_are_listed_in_their_order(w: &mut World) {
    let o = Office::new(w);
    w.sets_mail(o.firm, shown());
    let texts: Vec<String> = (0..25).map(|number| number.to_string()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &texts);
    let order = Command::MoveTask { thread, task: tasks[4], before: Some(tasks[0]) };
    w.writes(o.anna, order);
    w.writes(o.anna, Command::TickTask { thread, task: tasks[1] });
    let part = w.gets_one(o.carol);
    assert_eq!((part.tasks_open, part.tasks_total), (24, 25));
    let listed = part.content.unwrap().tasks;
    assert_eq!(
        (listed.len(), &listed[..4]),
        (TASKS_LISTED_MAX, &["4", "0", "2", "3"].map(str::to_owned)[..])
    );
}

/// A contact of another client with Carol's address.
fn carol_elsewhere(w: &mut World, o: &Office, state: ContactState) -> Actor {
    let new = new_contact(o.beta, "Carol", state);
    match w.change(o.firm, DirectoryChange::CreateContact(new)) {
        Ok(tidings_storage::Done::Contact(made)) => {
            Actor { firm: o.firm, person: tidings_protocol::Person::Contact(made.contact) }
        }
        other => panic!("{other:?}"),
    }
}

pub fn the_client_is_named_to_who_is_a_contact_of_several(w: &mut World) {
    let o = Office::new(w);
    Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    assert_eq!(w.gets_one(o.carol).account, None, "another firm does not matter");
    let other = carol_elsewhere(w, &o, ContactState::Invited);
    w.posts(o.anna, thread, "two");
    assert_eq!(w.gets_one(o.carol).account, None, "she has only one");
    w.sets_state(other, ContactState::Active);
    w.posts(o.anna, thread, "three");
    let part = w.gets_one(o.carol);
    assert_eq!((part.account.as_deref(), part.content), (Some("Acme"), None));
    let elsewhere = w.starts(o.owner, o.beta, "one");
    w.passes(GATHERED);
    let letters = w.delivers_to(other);
    assert_eq!(letters[0].parts[0].account.as_deref(), Some("Beta"));
    assert_eq!(letters[0].parts[0].thread, Some(elsewhere));
}

pub fn the_team_sees_of_which_client_it_is_when_content_is_shown(w: &mut World) {
    let o = Office::new(w);
    w.sets_mail(o.firm, shown());
    let thread = w.starts(o.anna, o.acme, "one");
    w.posts(o.carol, thread, "two");
    w.passes(GATHERED);
    let letters = w.delivers();
    let of = |who: Actor| {
        letters.iter().find(|letter| letter.to.person == who.person).unwrap().parts[0].clone()
    };
    assert_eq!(of(o.anna).account.as_deref(), Some("Acme"));
    assert!(letters.iter().all(|letter| letter.to.person != o.carol.person), "she answered");
}

pub fn reasons_stand_in_the_order_of_their_strength(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["a"]);
    w.posts(o.admin, thread, "I add");
    w.writes(o.carol, Command::TickTask { thread, task: tasks[0] });
    w.posts(o.carol, thread, "done, @Anna");
    let part = w.gets_one(o.anna);
    let all = [
        InboxKind::Mentioned,
        InboxKind::ContactAnswered,
        InboxKind::AllTasksCompleted,
        InboxKind::TasksChanged,
        InboxKind::ColleagueAnswered,
    ];
    assert_eq!(part.reasons, all);
    assert_eq!((part.messages, part.tasks_open, part.tasks_total), (2, 0, 1));
    assert!(!part.new_thread);
}

pub fn tasks_that_are_open_again_are_not_all_done(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["a"]);
    w.writes(o.carol, Command::TickTask { thread, task: tasks[0] });
    w.writes(o.carol, Command::UntickTask { thread, task: tasks[0] });
    let part = w.gets_one(o.anna);
    assert_eq!((part.reasons, part.tasks_open), (vec![InboxKind::TasksChanged], 1));
    // What a colleague did, the client has not changed.
    w.writes(o.admin, Command::TickTask { thread, task: tasks[0] });
    w.writes(o.admin, Command::UntickTask { thread, task: tasks[0] });
    let part = w.gets_one(o.anna);
    assert_eq!((part.reasons, part.tasks_open), (Vec::new(), 1));
}

pub fn a_new_thread_says_so_until_its_first_message_is_read(w: &mut World) {
    let o = Office::new(w);
    let started = w.starts(o.carol, o.acme, "hello");
    let part = w.gets_one(o.owner);
    assert!(part.new_thread);
    assert_eq!((part.thread, &part.reasons[..]), (Some(started), &[InboxKind::ThreadStarted][..]));
    w.posts(o.carol, started, "more");
    assert!(!w.gets_one(o.owner).new_thread, "the first one was told of");
    let called = w.starts(o.anna, o.acme, "one");
    w.posts(o.anna, called, "two");
    w.writes(o.anna, Command::Mention { thread: called, member: member(o.bob) });
    w.passes(GATHERED);
    let part = w.delivers_to(o.bob).remove(0).parts.remove(0);
    assert!(!part.new_thread && part.messages == 0, "called in behind it: {part:?}");
}

pub fn what_is_sent_or_not_taken_has_no_letter(w: &mut World) {
    let o = Office::new(w);
    let thread: ThreadId = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    let mail = w.the_mail();
    let ids: Vec<_> = mail.notices.iter().map(|(id, _)| *id).collect();
    assert_eq!(w.read().letter(&ids).unwrap(), None);
    assert_eq!(w.delivers().len(), 1);
    assert_eq!(w.read().letter(&ids).unwrap(), None);
    assert_eq!(w.read().letter(&[]).unwrap(), None);
    assert_eq!(w.told(o.carol, thread).len(), 1);
}
