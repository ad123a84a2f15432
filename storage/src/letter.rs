//! What an email says: everything that whoever writes it needs, read at once when it is about to be
//! sent. What its reader is not to see in it is not in here.

use tidings_protocol::{
    Answers, FirmId, InboxKind, Language, NoticeId, NoticeKind, Person, ThreadId, Timestamp,
};

/// Most messages that one part of a letter quotes: the newest ones.
pub const QUOTES_MAX: usize = 10;

/// Most bytes of one message that are quoted.
pub const QUOTE_BYTES_MAX: usize = 2 * 1024;

/// Most tasks that are listed.
pub const TASKS_LISTED_MAX: usize = 20;

/// Most names of people whose mails were not delivered.
pub const UNDELIVERED_NAMES_MAX: usize = 5;

/// One email, to one person, about one thread; or about several of them in a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Names the mail: its `Message-ID` is made of it, and stays the same however often it is sent.
    pub mail: NoticeId,
    /// When it was first about to be sent: its date.
    pub date: Timestamp,
    /// Who sends it.
    pub firm: FirmLook,
    /// Who gets it.
    pub to: Addressee,
    /// What it tells of; never empty.
    pub parts: Vec<Part>,
}

/// How a firm shows itself in its emails. Texts may be empty: then it has set none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirmLook {
    /// Which.
    pub firm: FirmId,
    /// Its name.
    pub name: String,
    /// Colour of buttons, as `#rrggbb`.
    pub colour: String,
    /// Where its logo is.
    pub logo_url: String,
    /// A line or two at the end.
    pub footer: String,
    /// Where a thread is opened, `{thread}` standing for its id.
    pub portal_url: String,
    /// Whether links log in.
    pub login_links: bool,
    /// What becomes of an answer by email.
    pub answers: Answers,
}

/// Whoever gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// Who.
    pub person: Person,
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
    /// The language it is written in.
    pub language: Language,
    /// IANA name of the time zone of its dates.
    pub time_zone: String,
}

/// What one notice tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The notice; links are made of it.
    pub notice: NoticeId,
    /// What it tells of.
    pub kind: NoticeKind,
    /// The thread, if it is about one.
    pub thread: Option<ThreadId>,
    /// The account's name: for a contact whose address other accounts of the firm have too, and
    /// whenever content is shown to the team.
    pub account: Option<String>,
    /// Messages of others that its reader has neither read nor been told of by another email; deleted
    /// ones are not counted.
    pub messages: u64,
    /// Whether the thread itself is new: its first message is among them.
    pub new_thread: bool,
    /// Open tasks.
    pub tasks_open: u32,
    /// Tasks, done or not.
    pub tasks_total: u32,
    /// For a member: what happened, the strongest first. Empty for a contact.
    pub reasons: Vec<InboxKind>,
    /// For a reminder: which one of how many.
    pub reminder: Option<(u16, u16)>,
    /// For a member, of a mail that was not delivered and wherever content is shown: names of the
    /// contacts whose last mails about the thread failed, the latest first; at most
    /// [`UNDELIVERED_NAMES_MAX`].
    pub undelivered: Vec<String>,
    /// For an answer that was refused: why.
    pub refused: Option<AnswerProblem>,
    /// What is said there, if emails of the thread show it.
    pub content: Option<Content>,
}

/// What is said in a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The subject.
    pub subject: String,
    /// The newest of those messages, oldest first; at most [`QUOTES_MAX`].
    pub quotes: Vec<Quote>,
    /// Texts of open tasks in their order; at most [`TASKS_LISTED_MAX`].
    pub tasks: Vec<String>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Who wrote it.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// Markdown, cut at [`QUOTE_BYTES_MAX`].
    pub body: String,
    /// Whether it was cut.
    pub cut: bool,
}

/// Why an answer by email was not posted, or not wholly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnswerProblem {
    /// The firm takes no answers by email.
    NotTaken,
    /// The thread is archived.
    Archived,
    /// The reply address has run out.
    Expired,
    /// Nothing was left once quoted text and signature were cut.
    Empty,
    /// It is longer than a message may be.
    TooLong,
    /// It was posted, but its attachments were not.
    AttachmentsLeftOut,
    /// Members answer in the thread itself.
    Team,
}

impl AnswerProblem {
    /// Every one, in the order of the numbers that stand for them in the store: append only.
    pub(crate) const ALL: [Self; 7] = [
        Self::NotTaken,
        Self::Archived,
        Self::Expired,
        Self::Empty,
        Self::TooLong,
        Self::AttachmentsLeftOut,
        Self::Team,
    ];
}
