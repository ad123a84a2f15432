//! Headers and envelope, sort by sort.

use crate::{checks, samples};
use lettre::Address;
use mail_parser::{Message, MessageParser};
use std::collections::{BTreeMap, BTreeSet};
use tidings_notifier::mail::{self, Links, Mail, Unwritable};
use tidings_protocol::{Language, NoticeKind, Person};
use tidings_storage::letter::Letter;

fn written(letter: &Letter) -> Mail {
    mail::write(letter, &samples::links(letter), &samples::sender()).expect("an address")
}

fn parsed(mail: &Mail) -> Message<'_> {
    MessageParser::default().parse(&mail.bytes).expect("a mail")
}

fn raw<'a>(message: &'a Message<'_>, name: &'static str) -> Option<&'a str> {
    message.header_raw(name).map(str::trim)
}

/// Every sort in every language, hidden and shown.
fn everything() -> impl Iterator<Item = (String, Letter)> {
    let all = samples::LANGUAGES.into_iter().flat_map(samples::all);
    all.flat_map(|(name, letter)| [(name.clone(), letter.clone()), (name, samples::show(letter))])
        .chain(samples::looks())
}

#[test]
fn every_mail_is_one_by_the_standards() {
    for (_, letter) in everything() {
        let mail = written(&letter);
        checks::seen(&mail);
        let message = parsed(&mail);
        let date = message.date().expect("a date");
        assert_eq!(date.to_timestamp() * 1000, letter.date.0);
        let from = message.from().and_then(|from| from.first()).expect("one");
        assert_eq!(from.address.as_deref(), Some("notify@mail.example.org"));
        let to = message.to().and_then(|to| to.first()).expect("one");
        assert_eq!(to.name.as_deref(), Some(letter.to.name.as_str()));
        assert_eq!(to.address.as_deref(), Some(letter.to.email.as_str()));
        let answers = message.reply_to().and_then(|to| to.first()).expect("one");
        assert_eq!(answers.address.as_deref(), Some("reply-abcdefgh@in.example.org"));
        assert_eq!(message.message_id(), Some(mail.message_id.as_str()));
        let id = format!("{}@mail.example.org", letter.mail.0.simple());
        assert_eq!(mail.message_id, id);
        assert_eq!(raw(&message, "MIME-Version"), Some("1.0"));
        assert_eq!(raw(&message, "X-Auto-Response-Suppress"), Some("OOF, AutoReply"));
        assert!(message.subject().is_some_and(|subject| !subject.is_empty()));
    }
}

#[test]
fn machines_are_told_that_a_machine_wrote_it_and_never_answer_an_answer() {
    for (_, letter) in everything() {
        let mail = written(&letter);
        let message = parsed(&mail);
        let to: Address = letter.to.email.parse().expect("an address");
        assert_eq!(mail.envelope.to(), [to]);
        if letter.parts[0].kind == NoticeKind::AnswerRefused {
            assert_eq!(raw(&message, "Auto-Submitted"), Some("auto-replied"));
            assert_eq!(mail.envelope.from(), None, "RFC 3834 § 3.3: a null return path");
        } else {
            assert_eq!(raw(&message, "Auto-Submitted"), Some("auto-generated"));
            assert_eq!(mail.envelope.from(), Some(&samples::sender().from));
        }
    }
}

#[test]
fn whoever_gets_news_can_unsubscribe_by_one_click() {
    for (_, letter) in everything() {
        let mail = written(&letter);
        let message = parsed(&mail);
        let kind = letter.parts[0].kind;
        let news = !matches!(kind, NoticeKind::Login | NoticeKind::AnswerRefused);
        let url = samples::links(&letter).unsubscribe.expect("a link");
        let bracketed = format!("<{url}>");
        assert_eq!(raw(&message, "List-Unsubscribe"), news.then_some(bracketed.as_str()));
        let post = "List-Unsubscribe=One-Click";
        assert_eq!(raw(&message, "List-Unsubscribe-Post"), news.then_some(post));
        let list = format!("<{}.mail.example.org>", letter.firm.firm.0.simple());
        assert_eq!(raw(&message, "List-Id"), news.then_some(list.as_str()));
        assert_eq!(checks::seen(&mail).text.contains(&url), news);
    }
}

/// RFC 8058, 3.1: one click is promised of HTTPS alone.
#[test]
fn without_https_one_unsubscribes_by_a_page() {
    let (_, letter) = samples::all(Language::En).swap_remove(0);
    let mut links = samples::links(&letter);
    links.unsubscribe = Some("http://chat.example/v1/unsubscribe/1".to_owned());
    let mail = mail::write(&letter, &links, &samples::sender()).expect("an address");
    let message = parsed(&mail);
    let link = "<http://chat.example/v1/unsubscribe/1>";
    assert_eq!(raw(&message, "List-Unsubscribe"), Some(link));
    assert_eq!(raw(&message, "List-Unsubscribe-Post"), None);
}

#[test]
fn one_thread_is_one_conversation_under_one_subject() {
    let mut subjects: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for (name, letter) in everything() {
        let mail = written(&letter);
        let message = parsed(&mail);
        let root = raw(&message, "References");
        assert_eq!(root, raw(&message, "In-Reply-To"));
        let person = letter.to.person.uuid().simple();
        let expected = match letter.parts.as_slice() {
            [part] if part.kind == NoticeKind::Login => None,
            [part] => part.thread.map(|thread| format!("thread.{}.{person}", thread.0.simple())),
            _ => Some(format!("digest.{person}")),
        };
        assert_eq!(
            root,
            expected.map(|id| format!("<{id}@mail.example.org>")).as_deref(),
            "{name}"
        );
        let kind = letter.parts[0].kind;
        if matches!(kind, NoticeKind::Activity | NoticeKind::Reminder | NoticeKind::Resent) {
            let sort = format!("{:?} {}", letter.to.language, letter.parts[0].content.is_some());
            let subject = message.subject().expect("a subject").to_owned();
            subjects.entry((root.expect("a root").to_owned(), sort)).or_default().insert(subject);
        }
    }
    for ((root, sort), subjects) in subjects {
        assert_eq!(subjects.len(), 1, "{root} {sort}: {subjects:?}");
    }
}

#[test]
fn the_same_letter_gives_the_same_bytes() {
    for (_, letter) in samples::all(Language::De) {
        assert_eq!(written(&letter), written(&letter));
    }
}

#[test]
fn without_links_nothing_leads_anywhere() {
    for (name, letter) in samples::all(Language::En) {
        for open in [vec![], vec![String::new()], vec!["javascript:alert(1)".to_owned()]] {
            let links = Links { open, unsubscribe: None, reply_to: None };
            let mail = mail::write(&letter, &links, &samples::sender()).expect("an address");
            let seen = checks::seen(&mail);
            assert!(!seen.html.contains("<a "), "{name}");
            let message = parsed(&mail);
            for header in ["Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post"] {
                assert_eq!(raw(&message, header), None);
            }
        }
    }
}

#[test]
fn addresses_beyond_ascii_are_written_as_servers_take_them() {
    let (_, mut letter) = samples::all(Language::En).swap_remove(0);
    letter.to.email = "anna@bücher.example".to_owned();
    let mail = written(&letter);
    assert_eq!(mail.envelope.to()[0].to_string(), "anna@xn--bcher-kva.example");
    assert!(mail.bytes.is_ascii());
    letter.to.email = "ännä@bücher.example".to_owned();
    let mail = written(&letter);
    assert_eq!(mail.envelope.to()[0].to_string(), "ännä@xn--bcher-kva.example");
    let message = parsed(&mail);
    let to = message.to().and_then(|to| to.first()).expect("one");
    assert_eq!(to.address.as_deref(), Some("ännä@xn--bcher-kva.example"), "RFC 6532");
    letter.to.email = "anna@client.example\r\nBcc: all@client.example".to_owned();
    let refused = mail::write(&letter, &Links::default(), &samples::sender());
    assert_eq!(refused, Err(Unwritable::Address));
}

#[test]
fn a_contact_may_answer_where_answers_are_posted() {
    let (_, mut letter) = samples::all(Language::En).swap_remove(2);
    assert!(checks::seen(&written(&letter)).text.contains("answers to this email are not posted"));
    letter.firm.answers = tidings_protocol::Answers::Deliver;
    assert!(checks::seen(&written(&letter)).text.contains("You can simply answer this email"));
    let no_address = Links { reply_to: None, ..samples::links(&letter) };
    let mail = mail::write(&letter, &no_address, &samples::sender()).expect("an address");
    assert!(checks::seen(&mail).text.contains("answers to this email are not posted"));
    letter.to.person = Person::Member(tidings_protocol::MemberId(letter.to.person.uuid()));
    assert!(checks::seen(&written(&letter)).text.contains("answers to this email are not posted"));
}
