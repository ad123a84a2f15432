//! Which firms a node wants to hear of: a state, not a queue of wishes, so it can't overflow.

use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};
use tidings_protocol::FirmId;
use tokio::sync::Notify;

/// What is wanted.
pub(super) struct Watching {
    state: Mutex<State>,
    changed: Notify,
    /// How long a firm is watched on after its last socket.
    linger: Duration,
}

#[derive(Default)]
struct State {
    firms: HashMap<FirmId, Watched>,
    /// Firms that are wanted since [`Watching::fresh`] was last asked.
    fresh: HashSet<FirmId>,
}

#[derive(Default)]
struct Watched {
    sockets: usize,
    unused_since: Option<Instant>,
    /// Whether those who hear know that it is watched.
    known: bool,
}

impl Watching {
    /// Nothing is.
    pub(super) fn new(linger: Duration) -> Self {
        Self { state: Mutex::default(), changed: Notify::new(), linger }
    }

    /// One socket more.
    pub(super) fn watch(&self, firm: FirmId) {
        let mut state = self.state.lock();
        let State { firms, fresh } = &mut *state;
        let watched = firms.entry(firm).or_insert_with(|| {
            fresh.insert(firm);
            Watched::default()
        });
        watched.sockets += 1;
        watched.unused_since = None;
        drop(state);
        self.changed.notify_one();
    }

    /// One socket less.
    pub(super) fn unwatch(&self, firm: FirmId, now: Instant) {
        if let Some(watched) = self.state.lock().firms.get_mut(&firm) {
            watched.sockets = watched.sockets.saturating_sub(1);
            if watched.sockets == 0 {
                watched.unused_since = Some(now);
            }
        }
    }

    /// Waits until there may be fresh ones.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Firms that are wanted since this was last asked.
    pub(super) fn fresh(&self) -> Vec<FirmId> {
        self.state.lock().fresh.drain().collect()
    }

    /// All firms that are wanted; none of them is fresh any more.
    pub(super) fn all(&self) -> Vec<FirmId> {
        let mut state = self.state.lock();
        state.fresh.clear();
        state.firms.keys().copied().collect()
    }

    /// Takes away firms that nobody has used for long.
    pub(super) fn expire(&self, now: Instant) -> Vec<FirmId> {
        let mut state = self.state.lock();
        let State { firms, fresh } = &mut *state;
        let old = |watched: &Watched| {
            let unused = watched.unused_since;
            unused.is_some_and(|since| now.saturating_duration_since(since) >= self.linger)
        };
        let expired: Vec<_> =
            firms.extract_if(|_, watched| old(watched)).map(|(firm, _)| firm).collect();
        fresh.retain(|firm| firms.contains_key(firm));
        expired
    }

    /// These are being heard of now. Those of them of which that is news.
    pub(super) fn confirm(&self, firms: &[FirmId]) -> Vec<FirmId> {
        let mut state = self.state.lock();
        let mut news = |firm: &&FirmId| {
            let watched = state.firms.get_mut(firm);
            watched.is_some_and(|watched| !std::mem::replace(&mut watched.known, true))
        };
        firms.iter().filter(|firm| news(firm)).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::monotonic;
    use uuid::Uuid;

    const LINGER: Duration = Duration::from_mins(1);
    const FIRM: FirmId = FirmId(Uuid::from_u128(1));

    #[test]
    fn a_firm_is_watched_from_its_first_socket_until_long_after_its_last() {
        let (watching, now) = (Watching::new(LINGER), monotonic());
        watching.watch(FIRM);
        watching.watch(FIRM);
        assert_eq!((watching.fresh(), watching.fresh()), (vec![FIRM], vec![]));
        watching.unwatch(FIRM, now);
        assert_eq!(watching.expire(now + LINGER * 9), []);
        watching.unwatch(FIRM, now);
        assert_eq!(watching.expire(now + LINGER / 2), []);
        watching.watch(FIRM);
        assert_eq!(watching.fresh(), []);
        assert_eq!(watching.expire(now + LINGER * 9), []);
        watching.unwatch(FIRM, now);
        assert_eq!(watching.expire(now + LINGER), [FIRM]);
        assert_eq!(watching.all(), []);
        watching.watch(FIRM);
        assert_eq!(watching.fresh(), [FIRM]);
    }

    #[test]
    fn that_it_is_heard_of_is_news_once() {
        let watching = Watching::new(LINGER);
        assert_eq!(watching.confirm(&[FIRM]), []);
        watching.watch(FIRM);
        assert_eq!(watching.all(), [FIRM]);
        assert_eq!(watching.fresh(), []);
        assert_eq!(watching.confirm(&[FIRM]), [FIRM]);
        assert_eq!(watching.confirm(&[FIRM]), []);
    }
}
