//! What a mail says, in its reader's language and in order; how that looks is up to the templates.

use super::words::Words;
use super::{Links, clean, colour, date, lines, markdown, words};
use serde::Serialize;
use std::collections::BTreeSet;
use tidings_protocol::{Answers, NoticeKind, Person};
use tidings_storage::letter::{Content, Letter, Part, Quote};

/// Longest name that is shown, in characters.
pub(super) const NAME_CHARS_MAX: usize = 100;

/// Longest subject that is shown, in characters.
pub(super) const SUBJECT_CHARS_MAX: usize = 150;

/// Longest task that is listed, in characters.
const TASK_CHARS_MAX: usize = 500;

/// Longest address of a link or logo, in bytes: what browsers and servers agree on.
const ADDRESS_BYTES_MAX: usize = 2048;

/// The firm's name, if it has none.
const NAMELESS: &str = "Tidings";

/// A whole mail.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    /// The language, as HTML names it.
    pub(super) language: &'static str,
    /// The subject.
    pub(super) subject: String,
    /// What a list of mails shows after the subject.
    pub(super) preview: String,
    /// The firm's name.
    pub(super) firm: String,
    /// Its logo, if it has one.
    pub(super) logo: Option<Address>,
    /// Its buttons.
    pub(super) paint: colour::Paint,
    /// What stands first.
    pub(super) hello: String,
    /// What is said before the sections.
    pub(super) intro: Option<String>,
    /// One a part.
    pub(super) sections: Vec<Section>,
    /// What is said after them.
    pub(super) notes: Vec<&'static str>,
    /// The firm's own lines at the end.
    pub(super) footer: Vec<String>,
    /// Why its reader gets it.
    pub(super) why: Option<String>,
    /// Ends such mails.
    pub(super) unsubscribe: Option<Button>,
}

/// One part.
#[derive(Debug, Serialize)]
pub(super) struct Section {
    /// The thread's subject, if it is shown.
    title: Option<String>,
    /// Whose thread it is, if it is said.
    client: Option<String>,
    /// What happened.
    lines: Vec<String>,
    /// Messages before the first that is quoted.
    earlier: Option<String>,
    /// Messages.
    quotes: Vec<Quoted>,
    /// Open tasks, if their texts are shown.
    tasks: Option<Tasks>,
    /// What opens it.
    button: Option<Button>,
    /// What is to be known after it.
    after: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Quoted {
    author: String,
    at: String,
    /// Its lines as they were written.
    text: Vec<String>,
    /// The same for the HTML part; safe as it stands.
    html: String,
    cut: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Tasks {
    title: &'static str,
    texts: Vec<String>,
    more: Option<String>,
}

/// A link.
#[derive(Debug, Serialize)]
pub(super) struct Button {
    label: &'static str,
    address: Address,
}

/// A web address that ends neither an attribute nor a line.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Address(pub(super) String);

impl Address {
    pub(super) fn new(url: &str) -> Option<Self> {
        let web = url.starts_with("https://") || url.starts_with("http://");
        let plain = url.chars().all(|c| c.is_ascii_graphic() && !"\"'<>\\`".contains(c));
        (web && plain && url.len() <= ADDRESS_BYTES_MAX).then(|| Self(url.to_owned()))
    }
}

/// Puts the letter into words.
pub(super) fn of(letter: &Letter, links: &Links) -> Page {
    let words = words::words(letter.to.language);
    let named = clean::line(&letter.firm.name, NAME_CHARS_MAX);
    let firm = if named.is_empty() { NAMELESS.to_owned() } else { named };
    let name = clean::line(&letter.to.name, NAME_CHARS_MAX);
    let opens = links.open.iter().map(|url| Address::new(url)).chain(std::iter::repeat(None));
    let sections: Vec<Section> = letter
        .parts
        .iter()
        .zip(opens)
        .map(|(part, open)| section(part, open, letter, &firm, words))
        .collect();
    // Two sections may be about one thread: an answer there, and an email from there that came back.
    let threads: BTreeSet<_> = letter.parts.iter().map(|part| part.thread).collect();
    let intro = (threads.len() > 1).then(|| (words.content.threads)(threads.len()));
    let first = sections.first().and_then(|section| section.lines.first());
    Page {
        language: words.code,
        subject: subject(letter, &firm, words),
        preview: intro.as_ref().or(first).cloned().unwrap_or_default(),
        logo: Address::new(&letter.firm.logo_url),
        paint: colour::paint(&letter.firm.colour),
        hello: if name.is_empty() { words.hello_you.to_owned() } else { (words.hello)(&name) },
        intro,
        notes: notes(letter, links, words),
        footer: clean::block(&letter.firm.footer).lines().map(str::to_owned).collect(),
        why: why(letter, &firm, words),
        unsubscribe: links
            .unsubscribe
            .as_deref()
            .filter(|_| may_unsubscribe(letter))
            .and_then(Address::new)
            .map(|address| Button { label: words.end.unsubscribe, address }),
        sections,
        firm,
    }
}

/// Whether it tells of threads: news, reminders, failures. Others were asked for or caused by their
/// reader, who cannot end them.
pub(crate) fn may_unsubscribe(letter: &Letter) -> bool {
    letter
        .parts
        .iter()
        .all(|part| !matches!(part.kind, NoticeKind::Login | NoticeKind::AnswerRefused))
}

/// Whether it tells of what is said and to be done in a thread.
fn is_news(kind: NoticeKind) -> bool {
    matches!(kind, NoticeKind::Activity | NoticeKind::Reminder | NoticeKind::Resent)
}

/// What is shown of a thread in a mail of that kind.
fn shown(part: &Part) -> Option<&Content> {
    part.content.as_ref().filter(|_| part.kind != NoticeKind::Login)
}

/// The same for every mail about what happens in a thread, for mail programs take another subject
/// for another conversation. What went wrong is said in the subject.
fn subject(letter: &Letter, firm: &str, words: &Words) -> String {
    let subjects = &words.subject;
    let [part] = letter.parts.as_slice() else { return subjects.digest.to_owned() };
    match part.kind {
        NoticeKind::Activity | NoticeKind::Reminder | NoticeKind::Resent => {
            let shown = shown(part).map(|content| clean::line(&content.subject, SUBJECT_CHARS_MAX));
            shown.filter(|subject| !subject.is_empty()).unwrap_or_else(|| match letter.to.person {
                Person::Contact(_) => (subjects.contact)(firm),
                Person::Member(_) => subjects.member.to_owned(),
            })
        }
        NoticeKind::DeliveryFailed => subjects.undelivered.to_owned(),
        NoticeKind::Login => (subjects.login)(firm),
        NoticeKind::AnswerRefused if lines::was_posted(part) => subjects.attachments.to_owned(),
        NoticeKind::AnswerRefused => subjects.refused.to_owned(),
    }
}

fn section(
    part: &Part,
    open: Option<Address>,
    letter: &Letter,
    firm: &str,
    words: &Words,
) -> Section {
    let content = shown(part);
    let said = content.filter(|_| is_news(part.kind));
    let quotes = said.map_or(&[][..], |content| &content.quotes);
    let earlier = part.messages.saturating_sub(quotes.len() as u64);
    let label = match part.kind {
        NoticeKind::Login => words.login.button,
        _ => words.content.button,
    };
    let account = part.account.as_deref().filter(|_| part.kind != NoticeKind::Login);
    Section {
        title: content
            .map(|content| clean::line(&content.subject, SUBJECT_CHARS_MAX))
            .filter(|subject| !subject.is_empty()),
        client: account
            .map(|name| clean::line(name, NAME_CHARS_MAX))
            .filter(|name| !name.is_empty())
            .map(|name| (words.content.client)(&name)),
        lines: lines::before(part, letter.to.person, firm, words),
        earlier: (!quotes.is_empty() && earlier > 0).then(|| (words.content.earlier)(earlier)),
        quotes: quotes.iter().map(|quote| quoted(quote, letter, words)).collect(),
        tasks: said.and_then(|content| tasks(part, content, words)),
        button: open.map(|address| Button { label, address }),
        after: lines::after(part, letter.to.person, words),
    }
}

fn quoted(quote: &Quote, letter: &Letter, words: &Words) -> Quoted {
    let body = clean::block(&quote.body);
    Quoted {
        author: clean::line(&quote.author, NAME_CHARS_MAX),
        at: date::moment(quote.at, &letter.to.time_zone, words),
        html: markdown::render(&body),
        text: body.lines().map(str::to_owned).collect(),
        cut: quote.cut.then_some(words.content.cut),
    }
}

fn tasks(part: &Part, content: &Content, words: &Words) -> Option<Tasks> {
    let texts: Vec<String> =
        content.tasks.iter().map(|task| clean::line(task, TASK_CHARS_MAX)).collect();
    let listed = u32::try_from(texts.len()).unwrap_or(u32::MAX);
    let more = part.tasks_open.saturating_sub(listed);
    (!texts.is_empty()).then(|| Tasks {
        title: words.content.tasks,
        more: (more > 0).then(|| (words.content.more_tasks)(more)),
        texts,
    })
}

/// Where to answer, and what not to do with the links.
fn notes(letter: &Letter, links: &Links, words: &Words) -> Vec<&'static str> {
    let mut notes = Vec::new();
    if letter.parts.iter().any(|part| is_news(part.kind)) {
        let contact = matches!(letter.to.person, Person::Contact(_));
        let taken = contact && letter.firm.answers == Answers::Deliver && links.reply_to.is_some();
        notes.push(if taken { words.end.answer } else { words.end.no_answer });
    }
    // A mail with a link to log in by says it already.
    let login = letter.parts.iter().any(|part| part.kind == NoticeKind::Login);
    let leads = links.open.iter().any(|url| Address::new(url).is_some());
    if letter.firm.login_links && leads && !login {
        notes.push(words.end.secret);
    }
    notes
}

fn why(letter: &Letter, firm: &str, words: &Words) -> Option<String> {
    may_unsubscribe(letter).then(|| match letter.to.person {
        Person::Contact(_) => (words.end.why_contact)(firm),
        Person::Member(_) => (words.end.why_member)(firm),
    })
}
