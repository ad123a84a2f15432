//! Raises inbox items, and puts down who gets an email: who is told is decided in `notice`, from what
//! the directory says of them.

use crate::notice::{Happened, recipients};
use crate::sql::rows::{self, OpError};
use crate::sql::thread::{STANDS_IN, Thread};
use crate::sql::work::{InboxRow, Made, Work};
use tidings_protocol::{MemberId, Person, Seq};

impl Work<'_> {
    /// Tells the team of an event. Everybody's strongest reason counts that is to go to their
    /// inbox; who wants none of them there is not told there.
    pub(in crate::sql) fn notify(
        &mut self,
        thread: &mut Thread,
        happened: &Happened<'_>,
        seq: Seq,
        made: &mut Made,
    ) -> Result<(), OpError> {
        if happened.kinds.is_empty() && happened.mentioned.is_empty() {
            return Ok(());
        }
        let mut followers = Vec::new();
        if !happened.kinds.is_empty() {
            for member in thread.followers() {
                if self.sees(thread, member)? {
                    followers.push(member);
                }
            }
        }
        let firm = self.memory.firm(self.db, thread.firm)?;
        let delay = firm.as_ref().map_or(0, |firm| firm.mail_delay_ms);
        let owner = firm.and_then(|firm| firm.owner);
        // A call of somebody who was called before is no event, nor is a mail that failed.
        let event = (!made.events.is_empty()).then_some(seq);
        for (member, reasons) in recipients(happened, &followers, owner) {
            let Some(facts) = self.memory.person(self.db, Person::Member(member))? else {
                continue;
            };
            let mut by_mail = rows::kinds_by_mail(facts.channels, &reasons);
            if by_mail != 0 {
                let is_concerned =
                    followers.contains(&member) || happened.mentioned.contains(&member);
                if owner == Some(member) && !is_concerned {
                    by_mail |= STANDS_IN;
                }
                thread.mail_to(Person::Member(member), event, by_mail, self.now, delay);
            }
            let wanted = |kind: &_| rows::channels_of(facts.channels, *kind).inbox;
            let Some(kind) = reasons.into_iter().find(wanted) else { continue };
            let row = InboxRow { kind, actor: happened.actor, seq, at: self.now, archived: false };
            let item = self.put_inbox(member, thread, row);
            made.inbox.push((member, item));
        }
        Ok(())
    }

    fn sees(&mut self, thread: &Thread, member: MemberId) -> Result<bool, OpError> {
        let person = Person::Member(member);
        let facts = self.memory.person(self.db, person)?;
        Ok(facts.is_some_and(|facts| thread.seen_by(person, &facts)))
    }
}
