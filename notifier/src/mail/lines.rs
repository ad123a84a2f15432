//! The sentences of one part: what happened, and what stops it.

use super::clean;
use super::page::NAME_CHARS_MAX;
use super::words::Words;
use tidings_protocol::{InboxKind, NoticeKind, Person};
use tidings_storage::letter::{AnswerProblem, Part};

/// Whether the answer was posted after all, but for its attachments.
pub(super) fn was_posted(part: &Part) -> bool {
    part.refused == Some(AnswerProblem::AttachmentsLeftOut)
}

/// What stands before the button.
pub(super) fn before(part: &Part, reader: Person, firm: &str, words: &Words) -> Vec<String> {
    match (part.kind, reader) {
        (NoticeKind::Login, _) => vec![(words.login.what)(firm)],
        (NoticeKind::AnswerRefused, _) => {
            let problem = part.refused.unwrap_or(AnswerProblem::NotTaken);
            vec![(words.refused)(problem, firm)]
        }
        (NoticeKind::DeliveryFailed, _) => undelivered(part, words).to_vec(),
        (NoticeKind::Reminder, Person::Contact(_)) => {
            let (which, of) = part.reminder.unwrap_or((1, 1));
            with_counts((words.contact.reminder)(firm, which, of), part, firm, words)
        }
        (NoticeKind::Resent, Person::Contact(_)) => {
            with_counts((words.contact.resent)(firm), part, firm, words)
        }
        (NoticeKind::Activity, Person::Contact(_)) => {
            let contact = &words.contact;
            let news = match part.messages {
                messages if part.new_thread => (contact.started)(firm, messages),
                0 => (contact.changed)(firm),
                messages => (contact.messages)(firm, messages),
            };
            with_tasks(vec![news], part, words)
        }
        (_, Person::Member(_)) => to_member(part, words),
    }
}

fn with_counts(line: String, part: &Part, firm: &str, words: &Words) -> Vec<String> {
    let mut lines = vec![line];
    if part.messages > 0 {
        lines.push((words.contact.messages)(firm, part.messages));
    }
    with_tasks(lines, part, words)
}

fn with_tasks(mut lines: Vec<String>, part: &Part, words: &Words) -> Vec<String> {
    if part.tasks_open > 0 {
        lines.push((words.contact.tasks)(part.tasks_open));
    }
    lines
}

fn to_member(part: &Part, words: &Words) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for &reason in &part.reasons {
        if reason == InboxKind::DeliveryFailed {
            lines.extend(undelivered(part, words));
            continue;
        }
        let line = (words.member.happened)(reason);
        if !lines.iter().any(|other| other == line) {
            lines.push(line.to_owned());
        }
    }
    if part.messages > 0 {
        lines.push((words.member.unread)(part.messages));
    }
    if part.tasks_open > 0 {
        lines.push((words.member.tasks)(part.tasks_open));
    }
    if lines.is_empty() {
        lines.push((words.content.threads)(1));
    }
    lines
}

/// Whose mail did not arrive, if that may be told here; otherwise where it stands.
fn undelivered(part: &Part, words: &Words) -> [String; 2] {
    let names = part.undelivered.iter().map(|name| clean::line(name, NAME_CHARS_MAX));
    let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        return words.member.undelivered.map(str::to_owned);
    }
    (words.member.undelivered_to)(&names.join(", "))
}

/// What stands after it.
pub(super) fn after(part: &Part, reader: Person, words: &Words) -> Vec<String> {
    match (part.kind, reader) {
        (NoticeKind::Login, _) => vec![words.login.once.to_owned(), words.login.ignore.to_owned()],
        (NoticeKind::Reminder, Person::Contact(_)) => vec![stops(part, words).to_owned()],
        _ => Vec::new(),
    }
}

/// What its reader does to get no more reminders: with tasks, doing them and reading; without, answering.
fn stops(part: &Part, words: &Words) -> &'static str {
    match (part.tasks_total, part.tasks_open) {
        (0, _) => words.contact.stops_by_answer,
        (_, 0) => words.contact.stops_by_reading,
        _ => words.contact.stops_by_tasks,
    }
}
