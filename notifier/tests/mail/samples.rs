//! One letter of every sort, for tests and for looking at.

use tidings_notifier::mail::{Links, Sender};
use tidings_protocol::{
    Answers, ContactId, FirmId, InboxKind, Language, MemberId, NoticeId, NoticeKind, Person,
    ThreadId, Timestamp,
};
use tidings_storage::letter::{Addressee, AnswerProblem, Content, FirmLook, Letter, Part, Quote};

/// 2026-03-02T08:15:00Z.
const DATE: Timestamp = Timestamp(1_772_439_300_000);

/// Every language.
pub(crate) const LANGUAGES: [Language; 5] =
    [Language::En, Language::Nl, Language::Fr, Language::De, Language::Es];

/// The operator's address.
pub(crate) fn sender() -> Sender {
    Sender { from: "notify@mail.example.org".parse().expect("an address") }
}

/// Links for so many parts.
pub(crate) fn links(letter: &Letter) -> Links {
    let open = |part: &Part| format!("https://portal.example.org/t/{}?a=1&b=2", part.notice);
    Links {
        open: letter.parts.iter().map(open).collect(),
        unsubscribe: Some("https://portal.example.org/unsubscribe/abc?x=1&y=2".to_owned()),
        reply_to: Some("reply-abcdefgh@in.example.org".to_owned()),
    }
}

/// An id that is the same each time.
fn uuid(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0000 + number)
}

/// The firm.
pub(crate) fn firm() -> FirmLook {
    FirmLook {
        firm: FirmId(uuid(1)),
        name: "Baker & Partners".to_owned(),
        colour: "#1a7f5a".to_owned(),
        logo_url: String::new(),
        footer: "Baker & Partners Tax Advisers, Keizersgracht 1, Amsterdam\nTel. +31 20 123 4567"
            .to_owned(),
        portal_url: "https://portal.example.org/t/{thread}".to_owned(),
        login_links: true,
        answers: Answers::Reject,
    }
}

fn contact(language: Language) -> Addressee {
    Addressee {
        person: Person::Contact(ContactId(uuid(2))),
        name: "Anna de Vries".to_owned(),
        email: "anna@client.example".to_owned(),
        language,
        time_zone: "Europe/Amsterdam".to_owned(),
    }
}

fn member(language: Language) -> Addressee {
    Addressee {
        person: Person::Member(MemberId(uuid(3))),
        name: "Tom Baker".to_owned(),
        email: "tom@firm.example".to_owned(),
        ..contact(language)
    }
}

fn part(number: u128, kind: NoticeKind) -> Part {
    Part {
        notice: NoticeId(uuid(100 + number)),
        kind,
        thread: Some(ThreadId(uuid(200 + number))),
        account: None,
        messages: 3,
        new_thread: false,
        tasks_open: 2,
        tasks_total: 4,
        reasons: Vec::new(),
        reminder: None,
        undelivered: Vec::new(),
        refused: None,
        content: None,
    }
}

/// What is said in a thread, if it is shown.
pub(crate) fn content() -> Content {
    let quote = |author: &str, minutes: i64, body: &str, cut| Quote {
        author: author.to_owned(),
        at: Timestamp(DATE.0 - minutes * 60_000),
        body: body.to_owned(),
        cut,
    };
    Content {
        subject: "VAT return, first quarter of 2026".to_owned(),
        quotes: vec![
            quote(
                "Tom Baker",
                95,
                "Dear Anna,\n\nfor the **VAT return** of the first quarter we still need:\n\n- the \
                 bank statements of *March*\n- the invoices of your supplier in Spain\n\nThe rules \
                 are at [the tax office](https://tax.example.org/vat?year=2026&quarter=1).",
                false,
            ),
            quote("Ingrid Sørensen", 20, "> by Friday?\n\nYes, by Friday, please. 😀", true),
        ],
        tasks: vec![
            "Send the bank statements of March".to_owned(),
            "Sign the annual accounts of 2025 & return them".to_owned(),
        ],
    }
}

fn letter(to: Addressee, parts: Vec<Part>) -> Letter {
    Letter { mail: NoticeId(uuid(300)), date: DATE, firm: firm(), to, parts }
}

/// Every sort of letter in a language, under a name. Nothing is shown that threads say; see [`show`].
pub(crate) fn all(language: Language) -> Vec<(String, Letter)> {
    use NoticeKind::{Activity, DeliveryFailed, Login, Reminder, Resent};
    let client = |part| letter(contact(language), vec![part]);
    let team = |part| letter(member(language), vec![part]);
    let reasons = vec![InboxKind::Mentioned, InboxKind::ContactAnswered, InboxKind::TasksChanged];
    let mut samples = vec![
        ("new", client(Part { new_thread: true, messages: 1, ..part(1, Activity) })),
        (
            "message",
            client(Part { messages: 1, tasks_open: 0, tasks_total: 0, ..part(1, Activity) }),
        ),
        ("messages", client(part(1, Activity))),
        ("tasks", client(Part { messages: 0, tasks_open: 1, ..part(1, Activity) })),
        ("account", client(Part { account: Some("De Vries Holding".into()), ..part(1, Activity) })),
        ("reminder", client(Part { reminder: Some((2, 3)), ..part(1, Reminder) })),
        (
            "reminder-answer",
            client(Part {
                reminder: Some((1, 1)),
                messages: 1,
                tasks_open: 0,
                tasks_total: 0,
                ..part(1, Reminder)
            }),
        ),
        (
            "reminder-read",
            client(Part { reminder: Some((3, 3)), tasks_open: 0, ..part(1, Reminder) }),
        ),
        ("resent", client(part(1, Resent))),
        ("team", team(Part { reasons: reasons.clone(), ..part(1, Activity) })),
        (
            "undelivered",
            team(Part {
                messages: 0,
                reasons: vec![InboxKind::DeliveryFailed],
                ..part(1, DeliveryFailed)
            }),
        ),
        (
            "undelivered-too",
            team(Part {
                reasons: vec![InboxKind::ContactAnswered, InboxKind::DeliveryFailed],
                ..part(1, Activity)
            }),
        ),
        ("login", client(Part { thread: None, messages: 0, ..part(1, Login) })),
        (
            "digest",
            letter(
                member(language),
                vec![
                    Part { reasons: reasons.clone(), ..part(1, Activity) },
                    Part {
                        reasons: vec![InboxKind::ThreadStarted],
                        messages: 1,
                        tasks_open: 0,
                        ..part(2, Activity)
                    },
                    Part {
                        reasons: vec![InboxKind::AllTasksCompleted],
                        messages: 0,
                        tasks_open: 0,
                        ..part(3, Activity)
                    },
                ],
            ),
        ),
    ];
    for (name, problem) in PROBLEMS {
        let refused =
            Part { messages: 0, refused: Some(problem), ..part(1, NoticeKind::AnswerRefused) };
        samples.push((name, client(refused)));
    }
    samples.into_iter().map(|(name, letter)| (name.to_owned(), letter)).collect()
}

/// Firms that look as firms seldom do.
pub(crate) fn looks() -> Vec<(String, Letter)> {
    let look = |name: &str, firm: FirmLook| {
        let (_, letter) = all(Language::En).swap_remove(2);
        (name.to_owned(), show(Letter { firm, ..letter }))
    };
    let long = "Donaudampfschifffahrtsgesellschaftskapitän ".repeat(4);
    vec![
        look("look-white", FirmLook { colour: "#fffbe6".to_owned(), ..firm() }),
        look("look-black", FirmLook { colour: "#101010".to_owned(), ..firm() }),
        look("look-yellow", FirmLook { colour: "#ffd500".to_owned(), ..firm() }),
        look("look-own", FirmLook { colour: String::new(), footer: String::new(), ..firm() }),
        look(
            "look-logo",
            FirmLook { logo_url: "https://firm.example/logo.png".to_owned(), ..firm() },
        ),
        look("look-long", FirmLook { name: long.repeat(4).replace(' ', ""), ..firm() }),
    ]
}

/// Every reason for which an answer is not posted.
const PROBLEMS: [(&str, AnswerProblem); 7] = [
    ("refused-not-taken", AnswerProblem::NotTaken),
    ("refused-archived", AnswerProblem::Archived),
    ("refused-expired", AnswerProblem::Expired),
    ("refused-empty", AnswerProblem::Empty),
    ("refused-too-long", AnswerProblem::TooLong),
    ("refused-attachments", AnswerProblem::AttachmentsLeftOut),
    ("refused-team", AnswerProblem::Team),
];

/// The same letter with what the threads say.
pub(crate) fn show(mut letter: Letter) -> Letter {
    let team = matches!(letter.to.person, Person::Member(_));
    for part in &mut letter.parts {
        if part.reasons.contains(&InboxKind::DeliveryFailed) {
            part.undelivered = vec!["Anna Smit".to_owned(), "Luc Dubois".to_owned()];
        }
        let mut content = content();
        content.tasks.truncate(part.tasks_open as usize);
        content.quotes.truncate(usize::try_from(part.messages).unwrap_or_default());
        part.content = Some(content);
        if team {
            part.account = Some("De Vries Holding".to_owned());
        }
    }
    letter
}
