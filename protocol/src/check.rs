//! Bounds of commands, checked once. A [`Checked`] command is the proof; nothing acts on less.

use crate::command::{Command, Page};
use crate::ids::MemberId;
use crate::limits as max;
use crate::refusal::{Refusal, RefusalCode};
use crate::thread::{QuietHours, Reminder};
use std::fmt::Display;

/// A command all of whose fields keep their bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked(Command);

impl Checked {
    /// The command.
    pub fn get(&self) -> &Command {
        &self.0
    }

    /// The command, taken out.
    pub fn into_inner(self) -> Command {
        self.0
    }
}

impl TryFrom<Command> for Checked {
    type Error = Refusal;

    /// Refuses with `invalid`, naming the field and, where there is one, the limit.
    fn try_from(command: Command) -> Result<Self, Refusal> {
        let name = command.name();
        check(&command).map_err(|mut refusal| {
            refusal.field = refusal.field.map(|field| format!("{name}.{field}"));
            refusal
        })?;
        Ok(Self(command))
    }
}

fn check(command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Authenticate { token } => filled("token", token, max::TOKEN_BYTES_MAX),
        Command::CreateThread { subject, body, tasks, reminder, mentions, .. } => {
            at_most("subject", subject, max::SUBJECT_BYTES_MAX)?;
            one_line("subject", subject)?;
            prose("body", body, max::MESSAGE_BODY_BYTES_MAX)?;
            few("tasks", tasks.len(), max::TASKS_PER_THREAD_MAX)?;
            for (index, text) in tasks.iter().enumerate() {
                prose(&format!("tasks[{index}]"), text, max::TASK_TEXT_BYTES_MAX)?;
            }
            reminder.map_or(Ok(()), check_reminder)?;
            check_mentions(mentions)
        }
        Command::PostMessage { body, mentions, .. } => {
            prose("body", body, max::MESSAGE_BODY_BYTES_MAX)?;
            check_mentions(mentions)
        }
        Command::EditMessage { body, .. } => prose("body", body, max::MESSAGE_BODY_BYTES_MAX),
        Command::AddTask { text, .. } | Command::RewordTask { text, .. } => {
            prose("text", text, max::TASK_TEXT_BYTES_MAX)
        }
        Command::SetReminder { reminder, .. } => check_reminder(*reminder),
        Command::History { limit, .. } | Command::TaskHistory { limit, .. } => check_limit(*limit),
        Command::ListThreads { page, .. }
        | Command::ListInbox { page, .. }
        | Command::WaitingForAction { page }
        | Command::TaskProgress { page, .. }
        | Command::ListMembers { page }
        | Command::ListAccounts { page } => check_page(page),
        Command::SetPreferences { time_zone, kinds, quiet, digest_min, .. } => {
            if let Some(zone) = time_zone {
                filled("time_zone", zone, max::NAME_BYTES_MAX)?;
            }
            quiet.map_or(Ok(()), check_quiet)?;
            if let Some(minutes) = digest_min.filter(|minutes| *minutes > 0) {
                number("digest_min", minutes.into())?;
            }
            few("kinds", kinds.len(), crate::thread::InboxKind::ALL.len())
        }
        Command::Render { markdown } => at_most("markdown", markdown, max::RENDER_BYTES_MAX),
        Command::Join { .. }
        | Command::Leave { .. }
        | Command::Typing { .. }
        | Command::Presence { .. }
        | Command::DeleteMessage { .. }
        | Command::Read { .. }
        | Command::MoveTask { .. }
        | Command::TickTask { .. }
        | Command::UntickTask { .. }
        | Command::RemoveTask { .. }
        | Command::Mention { .. }
        | Command::Archive { .. }
        | Command::Reopen { .. }
        | Command::Follow { .. }
        | Command::Resend { .. }
        | Command::Mute { .. }
        | Command::ShowContent { .. }
        | Command::GetThread { .. }
        | Command::ArchiveInboxItem { .. }
        | Command::GetPreferences {} => Ok(()),
    }
}

fn invalid(field: &str, message: String) -> Refusal {
    Refusal::new(RefusalCode::Invalid).at(field).because(message)
}

/// Text of at most `limit` bytes; may be empty.
pub fn at_most(field: &str, text: &str, limit: usize) -> Result<(), Refusal> {
    if text.len() > limit {
        let message = format!("{} bytes long; at most {limit}", text.len());
        return Err(invalid(field, message).limit(limit as u64));
    }
    Ok(())
}

/// Text of at most `limit` bytes that says something: not only white space.
pub fn filled(field: &str, text: &str, limit: usize) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(invalid(field, "empty; at least 1 character".to_owned()).limit(1));
    }
    at_most(field, text, limit)
}

/// Text of a person: it says something, and of control characters has only line breaks and tabs.
/// So one byte of it is at most two in JSON, and a page that fits a queue in one encoding fits it
/// in the other.
fn prose(field: &str, text: &str, limit: usize) -> Result<(), Refusal> {
    filled(field, text, limit)?;
    plain(field, text)
}

/// Text that of control characters has only line breaks and tabs.
pub(crate) fn plain(field: &str, text: &str) -> Result<(), Refusal> {
    if text.chars().any(|c| c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t')) {
        let message = "has a control character that is no line break or tab".to_owned();
        return Err(invalid(field, message));
    }
    Ok(())
}

/// Text without line breaks or other control characters.
pub fn one_line(field: &str, text: &str) -> Result<(), Refusal> {
    if text.chars().any(char::is_control) {
        return Err(invalid(field, "has a line break or another control character".to_owned()));
    }
    Ok(())
}

/// A name that could be in the IANA database: `UTC`, or parts with a `/` between them. Whether it
/// is in there is for whoever computes with it; an unknown one counts as UTC there.
pub fn time_zone(zone: &str) -> Result<(), Refusal> {
    filled("time_zone", zone, max::NAME_BYTES_MAX)?;
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-+".contains(c))
    };
    if zone == "UTC" || (zone.contains('/') && zone.split('/').all(part)) {
        return Ok(());
    }
    let expected = "not the name of a time zone: expected one such as Europe/Amsterdam, or UTC";
    Err(invalid("time_zone", expected.to_owned()))
}

fn few(field: &str, count: usize, limit: usize) -> Result<(), Refusal> {
    if count > limit {
        let message = format!("{count} of them; at most {limit}");
        return Err(invalid(field, message).limit(limit as u64));
    }
    Ok(())
}

/// The least and the most that a number may be, by the name of its field, which means the same wherever
/// it stands.
pub(crate) fn bounds_of(field: &str) -> Option<(u64, u64)> {
    let name = field.rsplit('.').next().unwrap_or(field);
    Some(match name {
        "days" => (1, max::REMINDER_DAYS_MAX.into()),
        "count" => (1, max::REMINDER_COUNT_MAX.into()),
        "digest_min" => (max::DIGEST_MINUTES_MIN.into(), max::DIGEST_MINUTES_MAX.into()),
        "from_min" | "to_min" => (0, u64::from(max::DAY_MINUTES) - 1),
        "delay_s" => (0, max::MAIL_DELAY_SECONDS_MAX.into()),
        "ttl_s" => (1, max::TOKEN_SECONDS_MAX.into()),
        "limit" => (1, max::PAGE_ITEMS_MAX.into()),
        _ => return None,
    })
}

/// A number within the bounds of its field.
pub fn number(field: &str, value: u64) -> Result<(), Refusal> {
    let (least, most) = bounds_of(field).expect("the table has every field that is checked");
    if value < least || value > most {
        let bound = if value < least { least } else { most };
        return Err(out_of_bounds(field, value, bound, (least, most)));
    }
    Ok(())
}

/// The refusal of a number. `bound` is the one it misses.
pub(crate) fn out_of_bounds(
    field: &str,
    value: impl Display,
    bound: u64,
    (least, most): (u64, u64),
) -> Refusal {
    invalid(field, format!("{value}; must be {least} to {most}")).limit(bound)
}

fn check_reminder(reminder: Reminder) -> Result<(), Refusal> {
    number("reminder.days", reminder.days.into())?;
    number("reminder.count", reminder.count.into())
}

fn check_quiet(quiet: QuietHours) -> Result<(), Refusal> {
    number("quiet.from_min", quiet.from_min.into())?;
    number("quiet.to_min", quiet.to_min.into())
}

fn check_mentions(mentions: &[MemberId]) -> Result<(), Refusal> {
    few("mentions", mentions.len(), max::MENTIONS_PER_MESSAGE_MAX)
}

fn check_limit(limit: Option<u32>) -> Result<(), Refusal> {
    let limit = limit.unwrap_or(max::PAGE_ITEMS_DEFAULT);
    number("limit", limit.into())
}

fn check_page(page: &Page) -> Result<(), Refusal> {
    let limit = page.limit.unwrap_or(max::PAGE_ITEMS_DEFAULT);
    number("page.limit", limit.into())?;
    page.cursor.as_ref().map_or(Ok(()), |c| at_most("page.cursor", c, max::CURSOR_BYTES_MAX))
}

#[cfg(test)]
mod tests {
    use super::time_zone;

    #[test]
    fn time_zones_look_like_iana_names() {
        for zone in ["UTC", "Europe/Amsterdam", "America/Argentina/Buenos_Aires", "Etc/GMT+8"] {
            assert!(time_zone(zone).is_ok(), "{zone}");
        }
        for zone in ["", "CET", "/", "Europe/", "/Paris", "Europe//Paris", "../etc", "A/B C", "1/2"]
        {
            let refusal = time_zone(zone).unwrap_err();
            assert_eq!(refusal.field.as_deref(), Some("time_zone"), "{zone}");
        }
    }
}
