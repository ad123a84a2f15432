//! Where a mail leads: links that log in or to the firm's own pages, the end of such mails, and the
//! address that takes an answer. Pure.

use crate::mail::{Links, may_unsubscribe};
use crate::signed::{Purpose, Signer};
use tidings_protocol::{NoticeId, NoticeKind, ThreadId};
use tidings_storage::letter::{FirmLook, Letter, Part};

/// What stands for a thread's id in the address of a firm's own pages.
const THREAD: &str = "{thread}";

/// Makes them.
#[derive(Clone, Debug)]
pub struct Office {
    /// Signs what is in them.
    pub signer: Signer,
    /// How links begin, without a slash at the end.
    pub public_url: String,
    /// The domain of the addresses that take answers, if anything does.
    pub reply_domain: Option<String>,
}

impl Office {
    /// All links of a letter.
    pub(super) fn links(&self, letter: &Letter) -> Links {
        let about_thread = letter.parts.iter().find(|part| is_of_thread(part));
        let unsubscribed = letter.parts.first().filter(|_| may_unsubscribe(letter));
        Links {
            open: letter.parts.iter().map(|part| self.open(&letter.firm, part)).collect(),
            unsubscribe: unsubscribed
                .map(|part| self.link("unsubscribe", Purpose::Unsubscribe, part.notice)),
            reply_to: about_thread.and_then(|part| self.reply_to(part.notice)),
        }
    }

    fn open(&self, firm: &FirmLook, part: &Part) -> String {
        if firm.login_links || part.kind == NoticeKind::Login {
            return self.link("login", Purpose::Login, part.notice);
        }
        // Of somebody else's page only what stands in it is known: without a thread it can't be named.
        let thread = part.thread.map(|ThreadId(thread)| thread.to_string());
        firm.portal_url.replace(THREAD, &thread.unwrap_or_default())
    }

    fn link(&self, page: &str, purpose: Purpose, notice: NoticeId) -> String {
        format!("{}/v1/{page}/{}", self.public_url, self.signer.sign(purpose, notice))
    }

    fn reply_to(&self, notice: NoticeId) -> Option<String> {
        let domain = self.reply_domain.as_ref()?;
        Some(format!("{}@{domain}", self.signer.sign(Purpose::Reply, notice)))
    }
}

/// Whether there is something to answer to.
fn is_of_thread(part: &Part) -> bool {
    part.thread.is_some() && part.kind != NoticeKind::Login
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_protocol::{Answers, ContactId, FirmId, Language, Person, Timestamp};
    use tidings_storage::letter::Addressee;
    use uuid::Uuid;

    const THREAD_7: ThreadId = ThreadId(Uuid::from_u128(7));

    fn office() -> Office {
        Office {
            signer: Signer::new([7; 32]),
            public_url: "https://chat.example".to_owned(),
            reply_domain: Some("reply.example".to_owned()),
        }
    }

    fn part(number: u128, kind: NoticeKind, thread: Option<ThreadId>) -> Part {
        Part {
            notice: NoticeId(Uuid::from_u128(number)),
            kind,
            thread,
            account: None,
            messages: 1,
            new_thread: false,
            tasks_open: 0,
            tasks_total: 0,
            reasons: Vec::new(),
            reminder: None,
            undelivered: Vec::new(),
            refused: None,
            content: None,
        }
    }

    fn letter(login_links: bool, parts: Vec<Part>) -> Letter {
        Letter {
            mail: parts[0].notice,
            date: Timestamp(0),
            firm: FirmLook {
                firm: FirmId(Uuid::from_u128(1)),
                name: "Bright".to_owned(),
                colour: String::new(),
                logo_url: String::new(),
                footer: String::new(),
                portal_url: "https://bright.example/t/{thread}?from=mail".to_owned(),
                login_links,
                answers: Answers::Reject,
            },
            to: Addressee {
                person: Person::Contact(ContactId(Uuid::from_u128(2))),
                name: "Carla".to_owned(),
                email: "carla@client.example".to_owned(),
                language: Language::En,
                time_zone: "UTC".to_owned(),
            },
            parts,
        }
    }

    #[test]
    fn links_log_in_end_the_mails_and_take_answers_each_by_a_token_of_its_own() {
        let office = office();
        let parts = vec![
            part(3, NoticeKind::Activity, Some(THREAD_7)),
            part(4, NoticeKind::Activity, Some(THREAD_7)),
        ];
        let links = office.links(&letter(true, parts));
        for (index, link) in links.open.iter().enumerate() {
            let token = link.strip_prefix("https://chat.example/v1/login/").unwrap();
            let notice = NoticeId(Uuid::from_u128(3 + index as u128));
            assert_eq!(office.signer.open(Purpose::Login, token), Some(notice));
        }
        let unsubscribe = links.unsubscribe.unwrap();
        let token = unsubscribe.strip_prefix("https://chat.example/v1/unsubscribe/").unwrap();
        assert!(office.signer.open(Purpose::Unsubscribe, token).is_some());
        let reply_to = links.reply_to.unwrap();
        let token = reply_to.strip_suffix("@reply.example").unwrap();
        assert!(office.signer.open(Purpose::Reply, token).is_some());
    }

    #[test]
    fn without_login_links_the_firms_own_page_opens() {
        let parts = vec![part(3, NoticeKind::Reminder, Some(THREAD_7))];
        let links = office().links(&letter(false, parts));
        let id = THREAD_7.0;
        assert_eq!(links.open, [format!("https://bright.example/t/{id}?from=mail")]);
    }

    #[test]
    fn a_login_mail_logs_in_whatever_the_firm_says_and_cannot_be_ended_or_answered() {
        let links = office().links(&letter(false, vec![part(3, NoticeKind::Login, None)]));
        assert!(links.open[0].starts_with("https://chat.example/v1/login/"));
        assert_eq!((links.unsubscribe, links.reply_to), (None, None));
    }

    #[test]
    fn nothing_takes_answers_unless_it_is_set_up() {
        let office = Office { reply_domain: None, ..office() };
        let parts = vec![part(3, NoticeKind::Activity, Some(THREAD_7))];
        assert_eq!(office.links(&letter(true, parts)).reply_to, None);
    }
}
