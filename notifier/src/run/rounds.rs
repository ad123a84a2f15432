//! Asking what is due, over and over, and keeping so many mails under way.

use super::Notifier;
use super::patience::varied;
use super::post::Progress;
use super::untaken::Line;
use super::watch::Seen;
use crate::store::Store;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use tidings_protocol::{FirmId, NoticeId, ThreadId};
use tidings_storage::{DueWork, NoticesOf, Operation};
use tokio::task::{Id, JoinError, JoinSet};

/// Most looks and reminders in hand at a time: what stands in a batch together is held together, and
/// those who write in these threads wait for it.
const DECIDED_AT_ONCE: usize = 32;

/// What a run has at hand.
struct Rounds<S> {
    notifier: Arc<Notifier<S>>,
    /// Mails that were due when it was last asked.
    waiting: VecDeque<NoticesOf>,
    /// Whether more were due than that.
    more: bool,
    /// Mails under way, and the notices of each.
    under_way: JoinSet<Progress>,
    of_task: HashMap<Id, Vec<NoticeId>>,
}

/// Works until it is to stop.
pub(super) async fn run<S: Store>(
    notifier: Arc<Notifier<S>>,
    stop: impl Future<Output = ()> + Send,
) {
    let mut stop = std::pin::pin!(stop);
    let mut rounds = Rounds {
        notifier,
        waiting: VecDeque::new(),
        more: false,
        under_way: JoinSet::new(),
        of_task: HashMap::new(),
    };
    loop {
        tokio::select! {
            () = &mut stop => break,
            () = rounds.round() => {}
        }
    }
    rounds.end().await;
}

impl<S: Store> Rounds<S> {
    /// Does what is due, until it is time to ask again. May be broken off anywhere.
    async fn round(&mut self) {
        let every = self.notifier.options.every;
        let mut pause = std::pin::pin!(tokio::time::sleep(varied(every, fastrand::u32(..))));
        self.tell_untaken();
        let decided_more = self.ask().await;
        let mut progress = decided_more;
        loop {
            self.launch();
            // Who gets nowhere does not hurry.
            let may_be_more = decided_more || (self.more && self.waiting.is_empty());
            if may_be_more && progress {
                return;
            }
            tokio::select! {
                () = &mut pause => return,
                Some(ended) = self.under_way.join_next_with_id(), if !self.under_way.is_empty() => {
                    progress |= self.ended(ended) == Progress::Made;
                }
            }
        }
    }

    /// Asks what is due and has decided what there is to decide. Says whether there is more to be
    /// decided, and it is worth to go on with that at once.
    async fn ask(&mut self) -> bool {
        let (now, limit) = (self.notifier.clock.now(), self.notifier.options.batch);
        let asked = self.notifier.store.read(move |reader| reader.due(now, limit)).await;
        let due = match asked.and_then(|due| due) {
            Ok(due) => due,
            Err(error) => {
                tracing::debug!(%error, "can't read what is due now");
                return false;
            }
        };
        let DueWork { look, remind, mails, urgent } = due;
        let is_full = |len: usize| len >= limit as usize;
        self.more = is_full(mails.iter().map(|mail| mail.notices.len()).sum());
        self.wait_for(mails, urgent);
        let full = is_full(look.len()) || is_full(remind.len());
        let any = self.decide(look, remind).await;
        full && any
    }

    /// Has all of it decided, some at a time. Says whether the store took any of it.
    async fn decide(&self, look: Vec<(FirmId, ThreadId)>, remind: Vec<(FirmId, ThreadId)>) -> bool {
        let looks =
            look.into_iter().map(|(firm, thread)| (Operation::Look { firm, thread }, Seen::Looked));
        let reminders = remind
            .into_iter()
            .map(|(firm, thread)| (Operation::Remind { firm, thread }, Seen::Reminded));
        let mut all = looks.chain(reminders);
        let mut any = false;
        loop {
            let some: Vec<_> = all.by_ref().take(DECIDED_AT_ONCE).collect();
            if some.is_empty() {
                return any;
            }
            any |= self.decide_together(some).await;
        }
    }

    async fn decide_together(&self, some: Vec<(Operation, Seen)>) -> bool {
        let mut deciding = JoinSet::new();
        for (operation, seen) in some {
            let notifier = Arc::clone(&self.notifier);
            deciding.spawn(async move {
                match notifier.store.apply(operation).await {
                    Ok(_) => {
                        notifier.options.watch.saw(seen);
                        true
                    }
                    Err(refusal) => {
                        tracing::debug!(code = refusal.code.name(), "can't decide a notice now");
                        false
                    }
                }
            });
        }
        let mut any = false;
        while let Some(decided) = deciding.join_next().await {
            any |= decided.unwrap_or(false);
        }
        any
    }

    /// Puts mails by for sending, in another order than other notifiers do: they would run after each
    /// other's. Those that somebody waits for stay at the front.
    fn wait_for(&mut self, mut mails: Vec<NoticesOf>, urgent: usize) {
        let busy: HashSet<&NoticeId> = self.of_task.values().flatten().collect();
        let is_free = |mail: &NoticesOf| !mail.notices.iter().any(|(id, _)| busy.contains(id));
        let others = mails.split_off(urgent.min(mails.len()));
        self.waiting.clear();
        for mut some in [mails, others] {
            some.retain(is_free);
            fastrand::shuffle(&mut some);
            self.waiting.extend(some);
        }
    }

    /// Begins as many as may be under way.
    fn launch(&mut self) {
        while self.under_way.len() < self.notifier.options.mails_at_once {
            let Some(mail) = self.waiting.pop_front() else { return };
            let ids = mail.notices.iter().map(|(id, _)| *id).collect();
            let notifier = Arc::clone(&self.notifier);
            let task = self.under_way.spawn(async move { notifier.post(mail).await });
            self.of_task.insert(task.id(), ids);
        }
    }

    fn tell_untaken(&self) {
        let due = self.notifier.untaken().due(self.notifier.clock.now());
        due.iter().for_each(Line::log);
    }

    fn ended(&mut self, ended: Result<(Id, Progress), JoinError>) -> Progress {
        let (task, progress) = ended.unwrap_or_else(|error| {
            // What it had claimed comes back when the lease is over.
            tracing::error!(%error, "sending a mail broke off");
            (error.id(), Progress::None)
        });
        self.of_task.remove(&task);
        progress
    }

    /// Gives what is under way its time. What does not end is left as a notifier leaves it that dies.
    async fn end(mut self) {
        let goodbye = self.notifier.options.goodbye;
        let all = async { while self.under_way.join_next().await.is_some() {} };
        if tokio::time::timeout(goodbye, all).await.is_err() {
            tracing::warn!("some mails are not settled: they are tried again later");
        }
        let rest = self.notifier.untaken().rest();
        rest.iter().for_each(Line::log);
    }
}
