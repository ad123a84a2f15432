//! What a join reads, on a reader's thread: the thread as it stands, and what the client has missed
//! of it, made into frames there, page by page, so that no more than a page is held as values.

use crate::rooms::Reminding;
use crate::session::joining::{Joining, Next, Plan};
use crate::socket;
use bytes::Bytes;
use tidings_protocol::limits::{PAGE_ITEMS_MAX, RESUME_EVENTS_MAX};
use tidings_protocol::{
    Checked, Command, Encoding, HistoryFrom, Person, Reply, RequestId, Seq, ServerFrame,
    SharedJoined, ThreadId, Timestamp,
};
use tidings_storage::{Actor, Entrance, QueryError, Reader, Unavailable};

/// A visit to the store ends with the page that reaches so many bytes: longer ones cost less, but
/// make others wait for the reader.
const VISIT_BYTES: usize = 64 * 1024;

/// Who reads what, and for what socket.
#[derive(Clone, Copy)]
pub(super) struct Asking {
    pub(super) actor: Actor,
    pub(super) thread: ThreadId,
    pub(super) encoding: Encoding,
    pub(super) now: Timestamp,
}

/// What one visit to the store brought.
pub(super) struct Visit {
    /// To be sent.
    pub(super) frames: Vec<Bytes>,
    /// How far that gets the join.
    pub(super) joining: Joining,
}

impl Asking {
    /// The answer to a join, and the beginning of what was missed; and what the answer says of
    /// reminders.
    pub(super) fn begin(
        self,
        reader: &mut dyn Reader,
        id: RequestId,
        after: Option<Seq>,
        present: &[Person],
    ) -> Result<(Visit, Reminding), QueryError> {
        let Entrance { item, tasks, people } = reader.entrance(self.actor, self.thread)?;
        let joining = Joining::new(after, item.summary.head, RESUME_EVENTS_MAX);
        let Plan { from, complete } = joining.plan();
        let joined =
            SharedJoined { item: &item, tasks: &tasks, people: &people, from, complete, present };
        let answer = socket::encode_by(self.encoding, |buffer| {
            self.encoding.encode_joined_into(id, &joined, buffer);
        });
        let reminder = Reminding { head: item.summary.head, state: item.summary.reminder_state };
        Ok((self.pages(reader, vec![answer], joining)?, reminder))
    }

    /// More of what was missed.
    pub(super) fn go_on(
        self,
        reader: &mut dyn Reader,
        joining: Joining,
    ) -> Result<Visit, QueryError> {
        self.pages(reader, Vec::new(), joining)
    }

    fn pages(
        self,
        reader: &mut dyn Reader,
        mut frames: Vec<Bytes>,
        mut joining: Joining,
    ) -> Result<Visit, QueryError> {
        let mut bytes = 0;
        while let Next::Send { after } = joining.next() {
            let from = HistoryFrom::After(after);
            let page = Command::History { thread: self.thread, from, limit: Some(PAGE_ITEMS_MAX) };
            let Reply::History { events, .. } = self.ask(reader, page)? else {
                return Err(unexpected());
            };
            let last = events.last().ok_or_else(unexpected)?.seq;
            let more = joining.sent(last);
            let frame = ServerFrame::Events { thread: self.thread, events, more };
            let frame = socket::encode(self.encoding, &frame);
            bytes += frame.len();
            frames.push(frame);
            if bytes >= VISIT_BYTES {
                break;
            }
        }
        Ok(Visit { frames, joining })
    }

    fn ask(self, reader: &mut dyn Reader, command: Command) -> Result<Reply, QueryError> {
        reader.answer(self.actor, &Checked::try_from(command)?, self.now)
    }
}

fn unexpected() -> QueryError {
    QueryError::Unavailable(Unavailable("the log does not reach to its head".to_owned()))
}
