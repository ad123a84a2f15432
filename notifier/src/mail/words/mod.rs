//! Everything that emails say, in five languages. A language is one table, and a table that lacks a
//! sentence does not compile. Sentences are whole: none is put together from pieces, so each language
//! has its own order of words and its own plural.

mod de;
mod en;
mod es;
mod fr;
mod nl;

use tidings_protocol::{InboxKind, Language};
use tidings_storage::letter::AnswerProblem;

/// The words of one language.
pub(super) struct Words {
    /// As `lang` of a page names it.
    pub(super) code: &'static str,
    /// Names of the months.
    pub(super) months: [&'static str; 12],
    /// A date: day, name of the month, year.
    pub(super) date: fn(i8, &str, i16) -> String,
    /// What stands first, by the reader's name.
    pub(super) hello: fn(&str) -> String,
    /// The same, if there is no name.
    pub(super) hello_you: &'static str,
    /// Subjects.
    pub(super) subject: Subjects,
    /// What a contact is told of.
    pub(super) contact: ToContact,
    /// What a member is told of.
    pub(super) member: ToMember,
    /// A link to log in by.
    pub(super) login: Login,
    /// An answer by email that was not posted, or not wholly; by the firm's name.
    pub(super) refused: fn(AnswerProblem, &str) -> String,
    /// What is quoted.
    pub(super) content: Said,
    /// The end of a mail.
    pub(super) end: End,
}

/// Subjects that say nothing of what is said in a thread.
pub(super) struct Subjects {
    /// To a contact, by the firm's name.
    pub(super) contact: fn(&str) -> String,
    /// To a member.
    pub(super) member: &'static str,
    /// Of a digest.
    pub(super) digest: &'static str,
    /// Of a link to log in by, by the firm's name.
    pub(super) login: fn(&str) -> String,
    /// An email was not delivered.
    pub(super) undelivered: &'static str,
    /// An answer by email was not posted.
    pub(super) refused: &'static str,
    /// It was, but not its attachments.
    pub(super) attachments: &'static str,
}

/// Sentences to a contact. The text is the firm's name, the number that of messages.
pub(super) struct ToContact {
    /// A new thread.
    pub(super) started: fn(&str, u64) -> String,
    /// Messages in one that was there.
    pub(super) messages: fn(&str, u64) -> String,
    /// Neither.
    pub(super) changed: fn(&str) -> String,
    /// Open tasks; there is at least one.
    pub(super) tasks: fn(u32) -> String,
    /// A reminder: which of how many.
    pub(super) reminder: fn(&str, u16, u16) -> String,
    /// What stops reminders: an answer.
    pub(super) stops_by_answer: &'static str,
    /// What stops reminders: tasks and reading.
    pub(super) stops_by_tasks: &'static str,
    /// What stops reminders: reading.
    pub(super) stops_by_reading: &'static str,
    /// Sent once more by hand.
    pub(super) resent: fn(&str) -> String,
}

/// Sentences to a member of the team.
pub(super) struct ToMember {
    /// What happened.
    pub(super) happened: fn(InboxKind) -> &'static str,
    /// Unread messages; there is at least one.
    pub(super) unread: fn(u64) -> String,
    /// Open tasks of the client; there is at least one.
    pub(super) tasks: fn(u32) -> String,
    /// An email to somebody of the client was not delivered, and what to do about it. Who that is,
    /// this mail does not say.
    pub(super) undelivered: [&'static str; 2],
    /// The same, by names.
    pub(super) undelivered_to: fn(&str) -> [String; 2],
}

/// Sentences around a link to log in by.
pub(super) struct Login {
    /// What it is, by the firm's name.
    pub(super) what: fn(&str) -> String,
    /// Once, and soon.
    pub(super) once: &'static str,
    /// For whoever did not ask for it.
    pub(super) ignore: &'static str,
    /// The button.
    pub(super) button: &'static str,
}

/// Words around what is quoted.
pub(super) struct Said {
    /// Whose thread it is: the account's name.
    pub(super) client: fn(&str) -> String,
    /// A message goes on in the thread.
    pub(super) cut: &'static str,
    /// So many messages before the first that is quoted.
    pub(super) earlier: fn(u64) -> String,
    /// Above the tasks.
    pub(super) tasks: &'static str,
    /// So many tasks after the last that is listed.
    pub(super) more_tasks: fn(u32) -> String,
    /// The button.
    pub(super) button: &'static str,
    /// So many threads in a digest.
    pub(super) threads: fn(usize) -> String,
}

/// What stands at the end.
pub(super) struct End {
    /// An answer by email is posted.
    pub(super) answer: &'static str,
    /// It is not.
    pub(super) no_answer: &'static str,
    /// Its links log in whoever follows them.
    pub(super) secret: &'static str,
    /// Why a contact gets it, by the firm's name.
    pub(super) why_contact: fn(&str) -> String,
    /// Why a member gets it, by the firm's name.
    pub(super) why_member: fn(&str) -> String,
    /// Ends such mails.
    pub(super) unsubscribe: &'static str,
}

/// The table of a language.
pub(super) fn words(language: Language) -> &'static Words {
    match language {
        Language::En => &en::WORDS,
        Language::Nl => &nl::WORDS,
        Language::Fr => &fr::WORDS,
        Language::De => &de::WORDS,
        Language::Es => &es::WORDS,
    }
}
