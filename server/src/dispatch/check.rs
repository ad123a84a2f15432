//! Looks at sockets of which nobody knows what they missed: what may their persons still see, and
//! do their tokens stand? The store says so, and whoever lost something is cut off.
//!
//! Done by dispatch itself, so that nothing is told meanwhile. If the store does not say so in time,
//! all sockets that it was asked about have to come back and say who they are.

use super::Dispatch;
use super::hear::MOMENT;
use crate::bus::Heard;
use crate::clock::monotonic;
use crate::people::{Peer, look_again};
use crate::settle::Settling;
use futures_util::future::join_all;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tidings_protocol::{CloseCode, FirmId, ThreadId};
use tidings_storage::{Access, Claim, Epoch, Reader, Standing, Unavailable};
use tokio::sync::mpsc;
use tokio::time::timeout_at;

/// How long the store may take over all that is looked at together; nobody hears anything meanwhile.
const CHECK_MAX: Duration = Duration::from_secs(2);

/// Sockets that one visit to the store asks for; several visits are made side by side.
const PEERS_PER_VISIT: usize = 64;

/// A socket, and how often access had ended when it was looked at.
type Looked = (Arc<Peer>, Epoch);

/// What the store says of a socket.
enum Verdict {
    Stays(Access),
    Ends(CloseCode),
}

impl Dispatch {
    /// Looks at sockets because of what somebody has read who wants to hand it on.
    pub(super) async fn settle(&self, settling: Settling, heard: &mut mpsc::Receiver<Heard>) {
        match settling {
            Settling::UpTo { epochs, done } => {
                let unknown = |(firm, epoch): &(FirmId, Epoch)| !self.people.knows(*firm, *epoch);
                self.catch_up(heard, || epochs.iter().copied().filter(unknown).collect()).await;
                // Who no longer waits has nothing to hand on.
                let _ = done.send(());
            }
            Settling::StartOver { firm, had_to_know } => self.people.start_over(firm, had_to_know),
        }
    }

    /// Looks at what is `missing`, as far as the other nodes do not tell it in a moment: what is
    /// in the store already is often still on its way.
    pub(super) async fn catch_up(
        &self,
        heard: &mut mpsc::Receiver<Heard>,
        missing: impl Fn() -> Vec<(FirmId, Epoch)>,
    ) {
        let until = monotonic() + MOMENT;
        let (mut missed, mut more) = (missing(), Vec::new());
        while !missed.is_empty() && self.hears_more(heard, until, &mut more).await {
            self.hear_now(&mut more).await;
            missed = missing();
        }
        self.look_at_all(missed).await;
    }

    /// Looks at the sockets of these firms, up to those epochs at least.
    pub(super) async fn look_at_all(&self, mut firms: Vec<(FirmId, Epoch)>) {
        if firms.is_empty() {
            return;
        }
        self.metrics.access_checks_total.inc_by(firms.len() as u64);
        let deadline = monotonic() + CHECK_MAX;
        // There may be more of it by now, and one look is enough for all.
        let ids: Vec<FirmId> = firms.iter().map(|(firm, _)| *firm).collect();
        let asked = self.store.read_first(move |reader| reader.epochs(&ids));
        let Ok(Ok(Ok(epochs))) = timeout_at(deadline.into(), asked).await else {
            self.give_up(&firms);
            return;
        };
        let epochs: HashMap<FirmId, Epoch> = epochs.into_iter().collect();
        firms.retain_mut(|(firm, epoch)| {
            let heard = *epoch;
            *epoch = epochs.get(firm).copied().unwrap_or(heard);
            let gone_back = *epoch < heard;
            if gone_back {
                self.people.start_over(*firm, heard);
            }
            !gone_back
        });
        let unknown = self.look_at(self.people.to_look_at(&firms), deadline).await;
        let (failed, looked_at): (Vec<_>, Vec<_>) =
            firms.into_iter().partition(|(firm, _)| unknown.contains(firm));
        self.people.looked_at(&looked_at);
        self.give_up(&failed);
    }

    /// Looks at sockets. Returns the firms of those of which the store says nothing in time.
    async fn look_at(&self, peers: Vec<Looked>, deadline: Instant) -> HashSet<FirmId> {
        let visits = peers.chunks(PEERS_PER_VISIT).map(|some| async move {
            let asked = some.to_vec();
            let judged = self.store.read_first(move |reader| judge(reader, asked));
            match timeout_at(deadline.into(), judged).await {
                Ok(Ok(Ok(judged))) => Ok(judged),
                _ => Err(some),
            }
        });
        let mut unknown = HashSet::new();
        for judged in join_all(visits).await {
            match judged {
                Ok(judged) => {
                    for (peer, verdict) in judged {
                        self.end(&peer, verdict);
                    }
                }
                Err(some) => unknown.extend(some.iter().map(|(peer, _)| peer.actor.firm)),
            }
        }
        unknown
    }

    fn end(&self, (peer, epoch): &Looked, verdict: Verdict) {
        match verdict {
            Verdict::Ends(code) => peer.outbound.cut(code),
            Verdict::Stays(now) => {
                if peer.sees_now(now, *epoch) {
                    self.feed.welcome_again(peer.actor);
                }
            }
        }
    }

    /// What was not looked at by now has to come back.
    fn give_up(&self, firms: &[(FirmId, Epoch)]) {
        for (firm, _) in firms {
            tracing::warn!(%firm, "the store does not say who may still see what: who may not have to come back");
        }
        self.people.cut(firms);
        self.people.looked_at(firms);
    }
}

/// Judges sockets, of several firms maybe: a handful of questions for all of them together.
fn judge(
    reader: &mut dyn Reader,
    peers: Vec<Looked>,
) -> Result<Vec<(Looked, Verdict)>, Unavailable> {
    let claims: Vec<Claim> = peers.iter().map(|(peer, _)| claim(peer)).collect();
    let standings = reader.standings(&claims)?;
    let mut live: HashMap<ThreadId, Vec<usize>> = HashMap::new();
    for (index, (peer, _)) in peers.iter().enumerate() {
        let access = standings.get(index).and_then(|standing| standing.access.as_ref());
        if access.is_some_and(|access| !access.sees_all_accounts()) {
            for thread in peer.live_threads() {
                live.entry(thread).or_default().push(index);
            }
        }
    }
    let threads: Vec<ThreadId> = live.keys().copied().collect();
    let mut blind = HashSet::new();
    // One that was asked for and does not exist is nobody's.
    for summary in reader.summaries(&threads)? {
        for index in live.remove(&summary.thread).unwrap_or_default() {
            let access = standings[index].access.as_ref();
            let sees = |access: &Access| access.sees_thread(summary.account, summary.thread);
            if !access.is_some_and(sees) {
                blind.insert(index);
            }
        }
    }
    let judged = peers.into_iter().zip(standings).enumerate();
    let judged = judged.map(|(index, (looked, standing))| {
        let verdict = verdict(&looked.0, standing, !blind.contains(&index));
        (looked, verdict)
    });
    Ok(judged.collect())
}

fn claim(peer: &Peer) -> Claim {
    let tokens = peer.identities().into_iter();
    let tokens = tokens.map(|identity| (identity.token, identity.issued)).collect();
    Claim { actor: peer.actor, tokens }
}

fn verdict(peer: &Peer, Standing { access: now, tokens_stand }: Standing, sees: bool) -> Verdict {
    let ends = look_again(peer.access().as_deref(), now.as_ref(), tokens_stand, sees);
    match (ends, now) {
        (None, Some(now)) => Verdict::Stays(now),
        (code, _) => Verdict::Ends(code.unwrap_or(CloseCode::AccessEnded)),
    }
}
