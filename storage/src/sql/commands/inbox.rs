//! Putting inbox items away and bringing them back.

use crate::sql::rows::OpError;
use crate::sql::work::{Answer, InboxRow, Made, Who, Work, not_allowed, not_found};
use tidings_protocol::{Person, Reply, ThreadId};

impl Work<'_> {
    /// Archives a member's own item, or brings it back.
    pub(super) fn archive_inbox_item(
        &mut self,
        who: &Who,
        thread: ThreadId,
        archived: bool,
    ) -> Result<Answer, OpError> {
        let Person::Member(member) = who.actor.person else {
            return Err(not_allowed("thread"));
        };
        self.in_thread(who, thread, |work, thread| {
            let Some(row) = work.inbox_row(member, thread.num)? else {
                return Err(not_found("thread"));
            };
            if row.archived == archived {
                return Ok(Answer::quiet(Reply::Done {}));
            }
            let item = work.put_inbox(member, thread, InboxRow { archived, ..row });
            let made = Made { inbox: vec![(member, item)], ..Made::default() };
            Ok(Answer { reply: Reply::Done {}, commit: Some(made.commit(thread)) })
        })
    }
}
