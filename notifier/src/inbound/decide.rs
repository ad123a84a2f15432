//! What to do with an answer by email, given all that is known of it: pure, with its table as tests.

use super::read::Answer;
use tidings_protocol::limits::MESSAGE_BODY_BYTES_MAX;
use tidings_protocol::{Answers, ClientKey, NoticeId, NoticeKind, Person, ThreadId, Timestamp};
use tidings_storage::NoticeFacts;
use tidings_storage::letter::AnswerProblem;
use uuid::Builder;

/// How long an email can be answered, in milliseconds: 30 days. Later the conversation has gone on.
pub(super) const ANSWERABLE_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// What to do with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is to the address of no thread: told to the sender's own mail server.
    NoThread,
    /// It is not from the person whom the email was sent to: told to the sender's own mail server,
    /// in words that say nothing of who that is.
    WrongSender,
    /// Nothing is posted, and the person gets an email that says why, if [`may_explain`].
    Explain {
        /// The same for the same mail, however often it is brought.
        key: ClientKey,
        /// Why.
        problem: AnswerProblem,
    },
    /// It is posted. If something was left out, the person gets an email that says so.
    Post {
        /// The same for the same mail, however often it is brought.
        key: ClientKey,
        /// What to post.
        body: String,
        /// Whether there were attachments.
        attachments_left_out: bool,
    },
}

/// Decides over an answer to a notice.
pub(super) fn decide(
    notice: NoticeId,
    facts: &NoticeFacts,
    answer: Answer,
    now: Timestamp,
) -> Verdict {
    let Some(thread) = facts.thread else { return Verdict::NoThread };
    if !same_address(&answer.from, &facts.email) {
        return Verdict::WrongSender;
    }
    let key = key(notice, thread, &answer);
    match problem(facts, &answer, now) {
        Some(problem) => Verdict::Explain { key, problem },
        None => {
            Verdict::Post { key, body: answer.text, attachments_left_out: answer.attachments > 0 }
        }
    }
}

/// Whether we say by email what became of an answer: not if it answers such an email of ours. Else
/// a machine that answers everything, and does not say that it is one, would be answered for ever.
pub(super) fn may_explain(facts: &NoticeFacts) -> bool {
    facts.kind != NoticeKind::AnswerRefused
}

/// Why it is not posted.
fn problem(facts: &NoticeFacts, answer: &Answer, now: Timestamp) -> Option<AnswerProblem> {
    let sent = facts.mailed.unwrap_or(facts.created);
    if matches!(facts.actor.person, Person::Member(_)) {
        Some(AnswerProblem::Team)
    } else if facts.answers == Answers::Reject {
        Some(AnswerProblem::NotTaken)
    } else if now.0.saturating_sub(sent.0) > ANSWERABLE_MS {
        Some(AnswerProblem::Expired)
    } else if answer.cut || answer.text.len() > MESSAGE_BODY_BYTES_MAX {
        Some(AnswerProblem::TooLong)
    } else if answer.text.trim().is_empty() {
        Some(AnswerProblem::Empty)
    } else {
        None
    }
}

/// Whether two addresses are one: without regard to case, which nobody keeps to, and to how a
/// domain is written, which is up to programs and servers.
fn same_address(one: &str, other: &str) -> bool {
    let plain = |address: &str| {
        let (local, domain) = address.trim().rsplit_once('@')?;
        let domain = idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_lowercase());
        Some((local.to_lowercase(), domain))
    };
    plain(one).is_some_and(|one| plain(other) == Some(one))
}

/// The client key of the post. The text is in it, for there are programs that use a `Message-ID`
/// twice; the notice is not enough, for one email may be answered twice.
fn key(notice: NoticeId, thread: ThreadId, answer: &Answer) -> ClientKey {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    context.update(b"an answer by email, 1\0");
    for part in [
        notice.0.as_bytes().as_slice(),
        thread.0.as_bytes(),
        answer.message_id.as_bytes(),
        answer.date.as_bytes(),
        answer.text.as_bytes(),
    ] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut bytes = [0; 16];
    for (byte, hashed) in bytes.iter_mut().zip(context.finish().as_ref()) {
        *byte = *hashed;
    }
    ClientKey(Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::fixture::{NOW, facts, notice};

    fn answer() -> Answer {
        Answer {
            from: "ann@client.example".to_owned(),
            text: "Yes, on Friday.".to_owned(),
            cut: false,
            attachments: 0,
            message_id: "1@client.example".to_owned(),
            date: "Mon, 4 Mar 2024 10:15:00 +0100".to_owned(),
        }
    }

    fn verdict(change: impl FnOnce(&mut NoticeFacts, &mut Answer)) -> Verdict {
        let (mut facts, mut answer) = (facts(), answer());
        change(&mut facts, &mut answer);
        decide(notice(), &facts, answer, NOW)
    }

    fn key_of(verdict: Verdict) -> ClientKey {
        match verdict {
            Verdict::Post { key, .. } => key,
            other => panic!("not posted: {other:?}"),
        }
    }

    #[test]
    fn a_contact_of_a_firm_that_takes_answers_posts() {
        let Verdict::Post { body, attachments_left_out, .. } = verdict(|_, _| ()) else { panic!() };
        assert_eq!((body.as_str(), attachments_left_out), ("Yes, on Friday.", false));
        let with = verdict(|_, answer| answer.attachments = 2);
        assert!(matches!(with, Verdict::Post { attachments_left_out: true, .. }));
    }

    #[test]
    fn why_it_is_not_posted() {
        type Change = fn(&mut NoticeFacts, &mut Answer);
        let refused = [
            verdict(|_, answer| answer.from = "eve@x.example".into()),
            verdict(|_, answer| answer.from = String::new()),
            verdict(|facts, _| facts.thread = None),
        ];
        assert_eq!(refused, [Verdict::WrongSender, Verdict::WrongSender, Verdict::NoThread]);
        let table: [(&str, Change, Option<AnswerProblem>); 6] = [
            ("not taken", |f, _| f.answers = Answers::Reject, Some(AnswerProblem::NotTaken)),
            (
                "a day too late",
                |f, _| f.mailed = Some(NOW.plus_millis(-ANSWERABLE_MS - 1)),
                Some(AnswerProblem::Expired),
            ),
            (
                "a member",
                |f, _| {
                    f.actor.person = Person::Member(tidings_protocol::MemberId(uuid::Uuid::nil()));
                },
                Some(AnswerProblem::Team),
            ),
            ("nothing", |_, a| a.text = " \n".into(), Some(AnswerProblem::Empty)),
            (
                "too long",
                |_, a| a.text = "a".repeat(MESSAGE_BODY_BYTES_MAX + 1),
                Some(AnswerProblem::TooLong),
            ),
            ("longer than was read", |_, a| a.cut = true, Some(AnswerProblem::TooLong)),
        ];
        for (name, change, expected) in table {
            let problem = match verdict(change) {
                Verdict::Explain { problem, .. } => Some(problem),
                _ => None,
            };
            assert_eq!(problem, expected, "{name}");
        }
    }

    #[test]
    fn what_we_explained_is_not_explained_again() {
        for kind in [NoticeKind::Activity, NoticeKind::Reminder, NoticeKind::AnswerRefused] {
            let facts = NoticeFacts { kind, ..facts() };
            assert_eq!(may_explain(&facts), kind != NoticeKind::AnswerRefused);
        }
        let answered = verdict(|facts, _| facts.kind = NoticeKind::AnswerRefused);
        assert!(matches!(answered, Verdict::Post { .. }), "it can be answered");
    }

    #[test]
    fn case_and_the_last_moment_do_not_matter() {
        let shouted = verdict(|_, answer| answer.from = " ANN@Client.Example".to_owned());
        assert!(matches!(shouted, Verdict::Post { .. }));
        let late = verdict(|facts, _| facts.mailed = Some(NOW.plus_millis(-ANSWERABLE_MS)));
        assert!(matches!(late, Verdict::Post { .. }));
        let ahead = verdict(|facts, _| facts.mailed = Some(NOW.plus_millis(1)));
        assert!(matches!(ahead, Verdict::Post { .. }));
        let long = "a".repeat(MESSAGE_BODY_BYTES_MAX);
        assert!(matches!(verdict(|_, answer| answer.text = long), Verdict::Post { .. }));
    }

    #[test]
    fn a_domain_is_the_same_however_it_is_written() {
        let (unicode, ascii) = ("a@bücher.example", "A@xn--bcher-kva.example");
        for (stored, from) in [(unicode, ascii), (ascii, unicode), (unicode, "a@BÜCHER.example")] {
            let answered = verdict(|facts, answer| {
                stored.clone_into(&mut facts.email);
                from.clone_into(&mut answer.from);
            });
            assert!(matches!(answered, Verdict::Post { .. }), "{stored} {from}");
        }
        for (one, other) in
            [(unicode, "b@xn--bcher-kva.example"), (unicode, "a@bucher.example"), ("", "")]
        {
            assert!(!same_address(one, other), "{one} {other}");
        }
    }

    #[test]
    fn the_same_mail_has_the_same_key_and_no_other_mail_has_it() {
        let first = key_of(verdict(|_, _| ()));
        assert_eq!(first, key_of(verdict(|_, answer| answer.attachments = 1)));
        assert_ne!(first, key_of(verdict(|_, answer| answer.message_id = "2@x".to_owned())));
        assert_ne!(first, key_of(verdict(|_, answer| answer.text = "No.".to_owned())));
        assert_ne!(first, key_of(verdict(|_, answer| answer.date = String::new())));
        let other = decide(NoticeId(uuid::Uuid::max()), &facts(), answer(), NOW);
        assert_ne!(first, key_of(other));
    }
}
