//! Looks at sockets of which nobody knows what they missed: what may their persons still see, and
//! do their tokens stand? The store says so, and whoever lost something is cut off.
//!
//! Done by dispatch itself, so that nothing is told meanwhile. If the store does not say so in time,
//! all of the firm's sockets here have to come back and say who they are.

use super::Dispatch;
use crate::people::{Peer, look_again};
use crate::settle::Settling;
use futures_util::future::join_all;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tidings_protocol::{CloseCode, FirmId, ThreadId};
use tidings_storage::{Access, Epoch, Reader, Unavailable};

/// How long the store may take; nobody hears anything meanwhile.
const PATIENCE: Duration = Duration::from_secs(2);

/// Sockets that one visit to the store asks for; several visits are made side by side.
const PEERS_PER_VISIT: usize = 64;

/// What the store says of a socket.
enum Verdict {
    Stays(Access),
    Ends(CloseCode),
}

impl Dispatch {
    /// Looks at sockets because of what somebody has read who wants to hand it on.
    pub(super) async fn settle(&self, settling: Settling) {
        let unknown = |(firm, epoch): &(FirmId, Epoch)| !self.people.knows(*firm, *epoch);
        self.look_at_all(settling.epochs.into_iter().filter(unknown).collect()).await;
        // Who no longer waits has nothing to hand on.
        let _ = settling.done.send(());
    }

    /// Looks at the sockets of each of these firms, up to those epochs at least.
    pub(super) async fn look_at_all(&self, firms: Vec<(FirmId, Epoch)>) {
        for (firm, epoch) in firms {
            self.metrics.access_checks_total.inc();
            let looked = tokio::time::timeout(PATIENCE, self.look_at(firm, epoch)).await;
            let Ok(Ok(())) = looked else {
                tracing::warn!(%firm, "the store does not say who may still see what: all have to come back");
                for peer in self.people.to_look_at(firm, epoch) {
                    peer.outbound.cut(CloseCode::AccessChanged);
                }
                self.people.looked_at(firm, epoch);
                continue;
            };
        }
    }

    async fn look_at(&self, firm: FirmId, heard: Epoch) -> Result<(), Unavailable> {
        // There may be more of it by now, and one look is enough for all.
        let epochs = self.store.read(move |reader| reader.epochs(&[firm])).await??;
        let epoch = epochs.first().map_or(heard, |(_, epoch)| heard.max(*epoch));
        let peers = self.people.to_look_at(firm, epoch);
        let visits = peers.chunks(PEERS_PER_VISIT).map(|some| {
            let some = some.to_vec();
            self.store.read(move |reader| judge(reader, some))
        });
        for judged in join_all(visits).await {
            for (peer, verdict) in judged?? {
                match verdict {
                    Verdict::Ends(code) => peer.outbound.cut(code),
                    Verdict::Stays(now) => {
                        if peer.sees_now(now, epoch) {
                            self.feed.welcome_again(peer.actor);
                        }
                    }
                }
            }
        }
        self.people.looked_at(firm, epoch);
        Ok(())
    }
}

fn judge(
    reader: &mut dyn Reader,
    peers: Vec<Arc<Peer>>,
) -> Result<Vec<(Arc<Peer>, Verdict)>, Unavailable> {
    let judged = peers.into_iter().map(|peer| {
        let now = reader.access(peer.actor)?;
        let mut stands = true;
        for identity in peer.identities() {
            stands &= reader.token_stands(identity.actor, identity.token, identity.issued)?;
        }
        let sees_joined = match &now {
            Some(now) => sees_all(reader, now, &peer.live_threads())?,
            None => false,
        };
        let ends = look_again(peer.access().as_deref(), now.as_ref(), stands, sees_joined);
        let verdict = match (ends, now) {
            (None, Some(now)) => Verdict::Stays(now),
            (code, _) => Verdict::Ends(code.unwrap_or(CloseCode::AccessEnded)),
        };
        Ok((peer, verdict))
    });
    judged.collect()
}

/// Whether somebody sees each of some threads.
fn sees_all(
    reader: &mut dyn Reader,
    access: &Access,
    threads: &[ThreadId],
) -> Result<bool, Unavailable> {
    if threads.is_empty() || access.sees_all_accounts() {
        return Ok(true);
    }
    let summaries = reader.summaries(threads)?;
    let accounts: HashMap<_, _> = summaries.into_iter().map(|s| (s.thread, s.account)).collect();
    // One that was asked for and does not exist is nobody's.
    Ok(accounts.into_iter().all(|(thread, account)| access.sees_thread(account, thread)))
}
