//! What other nodes say, and what becomes of it here: commits go the way of this node's own, and
//! where something may have been missed the store is looked at.

use super::{Dispatch, Round};
use crate::bus::{Heard, Payload};
use crate::clock::monotonic;
use tidings_storage::Commit;

impl Dispatch {
    /// Takes what was heard, in its order.
    pub(super) async fn hear(&self, heard: &mut Vec<Heard>) {
        // Commits that follow each other are told together.
        let mut commits = Vec::new();
        for heard in heard.drain(..) {
            match heard {
                Heard::Payload { payload: Payload::Committed(commit), .. } => commits.push(commit),
                other => {
                    // An end of access among them comes before what is told of others.
                    self.hear_commits(std::mem::take(&mut commits)).await;
                    self.neighbours.hear(&other);
                    self.doubt(&other);
                }
            }
        }
        self.hear_commits(commits).await;
    }

    async fn hear_commits(&self, mut commits: Vec<Commit>) {
        // The bus is heard a while longer than there are sockets.
        commits.retain(|commit| self.people.has_firm(commit.firm));
        if commits.is_empty() {
            return;
        }
        self.look_at_all(self.people.missing(commits.iter())).await;
        let mut round = Round::new(self, monotonic());
        for commit in commits {
            self.people.hear(&commit);
            self.feed.committed(&commit);
            if let Some(thread) = commit.thread {
                round.to_room(thread, None);
            }
        }
        round.finish();
    }

    /// Something that was committed may have been missed.
    fn doubt(&self, heard: &Heard) {
        match heard {
            Heard::Watching(firm) | Heard::Missed { firm, .. } => self.look_over.firm(*firm),
            // Of what it committed last nobody may have been told.
            Heard::Gone(_) => self.look_over.everything(),
            Heard::Down => self.look_over.bus_is(false),
            Heard::Up => self.look_over.bus_is(true),
            Heard::Unwatched(_) | Heard::Payload { .. } => {}
        }
    }
}
