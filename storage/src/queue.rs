//! A bounded queue between many submitters and the store's threads. Of its own, because the
//! writer wants what channels don't give: to sleep until a number of items wait, and to take them
//! all under one lock, so that a sender wakes it seldom.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The queue. Shared by reference or `Arc`.
pub(crate) struct Queue<T> {
    inner: Mutex<Inner<T>>,
    ready: Condvar,
    max: usize,
}

struct Inner<T> {
    items: VecDeque<T>,
    open: bool,
    /// Takers sleep until so many wait.
    wanted: usize,
    /// Takers that sleep, or have not yet noticed that they were woken.
    sleepers: usize,
    /// How many of those were woken: each wake-up is a system call, so none is made in vain.
    woken: usize,
}

/// What a taker does with the number of waiting items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Take {
    /// Take now.
    Now,
    /// Sleep until so many wait, but no longer than that.
    When {
        /// Items.
        waiting: usize,
        /// At the latest.
        within: Duration,
    },
}

/// What a taker got.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken<T> {
    /// Items, oldest first.
    Items(Vec<T>),
    /// None came in time.
    Nothing,
    /// None will come any more.
    Closed,
}

impl<T> Queue<T> {
    /// An open queue of at most `max` items.
    pub(crate) fn new(max: usize) -> Self {
        let inner = Inner { items: VecDeque::new(), open: true, wanted: 1, sleepers: 0, woken: 0 };
        Self { inner: Mutex::new(inner), ready: Condvar::new(), max }
    }

    /// Adds an item, or gives it back if the queue is full or closed. Never blocks for longer
    /// than another's push or take.
    pub(crate) fn push(&self, item: T) -> Result<(), T> {
        self.add(item, VecDeque::push_back)
    }

    /// As [`Self::push`], before all that wait.
    pub(crate) fn push_first(&self, item: T) -> Result<(), T> {
        self.add(item, VecDeque::push_front)
    }

    fn add(&self, item: T, add: impl FnOnce(&mut VecDeque<T>, T)) -> Result<(), T> {
        let mut inner = self.lock();
        if !inner.open || inner.items.len() >= self.max {
            return Err(item);
        }
        add(&mut inner.items, item);
        let wake = inner.items.len() >= inner.wanted && inner.sleepers > inner.woken;
        inner.woken += usize::from(wake);
        drop(inner);
        if wake {
            self.ready.notify_one();
        }
        Ok(())
    }

    /// Takes up to `most` items as soon as `decide`, asked with the number of those that wait (at
    /// least one), says so. Gives up after `patience` without any.
    pub(crate) fn take(
        &self,
        most: usize,
        patience: Duration,
        decide: impl FnMut(usize) -> Take,
    ) -> Taken<T> {
        self.take_alike(most, patience, decide, |_, _| true)
    }

    /// As [`Self::take`], the first and no more than those behind it that are like it.
    pub(crate) fn take_alike(
        &self,
        most: usize,
        patience: Duration,
        mut decide: impl FnMut(usize) -> Take,
        alike: impl Fn(&T, &T) -> bool,
    ) -> Taken<T> {
        let mut inner = self.lock();
        loop {
            let waiting = inner.items.len();
            if waiting == 0 {
                if !inner.open {
                    return Taken::Closed;
                }
                inner.wanted = 1;
                let (guard, timeout) = self.sleep(inner, patience);
                inner = guard;
                if timeout && inner.items.is_empty() && inner.open {
                    return Taken::Nothing;
                }
                continue;
            }
            match if inner.open { decide(waiting) } else { Take::Now } {
                Take::Now => {
                    let first = &inner.items[0];
                    let others = inner.items.iter().take(most).skip(1);
                    let count = 1 + others.take_while(|other| alike(first, other)).count();
                    return Taken::Items(inner.items.drain(..count).collect());
                }
                Take::When { waiting, within } => {
                    inner.wanted = waiting;
                    (inner, _) = self.sleep(inner, within);
                }
            }
        }
    }

    /// Takes no more items; those that wait can still be taken.
    pub(crate) fn close(&self) {
        self.lock().open = false;
        self.ready.notify_all();
    }

    /// Closes and gives what still waits to whoever has to refuse it.
    pub(crate) fn abandon(&self) -> Vec<T> {
        let mut inner = self.lock();
        inner.open = false;
        let left = inner.items.drain(..).collect();
        drop(inner);
        self.ready.notify_all();
        left
    }

    /// Whether it takes items.
    pub(crate) fn is_open(&self) -> bool {
        self.lock().open
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.lock().items.len()
    }

    /// Nothing of ours panics under the lock, so what a poisoned one guards is whole.
    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep<'a>(
        &'a self,
        mut guard: MutexGuard<'a, Inner<T>>,
        at_most: Duration,
    ) -> (MutexGuard<'a, Inner<T>>, bool) {
        guard.sleepers += 1;
        let (mut guard, timeout) =
            self.ready.wait_timeout(guard, at_most).unwrap_or_else(PoisonError::into_inner);
        guard.sleepers -= 1;
        guard.woken = guard.woken.saturating_sub(1);
        (guard, timeout.timed_out())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_TIME: Duration = Duration::ZERO;

    #[test]
    fn a_full_queue_gives_the_item_back() {
        let queue = Queue::new(2);
        assert_eq!(queue.push(1), Ok(()));
        assert_eq!(queue.push(2), Ok(()));
        assert_eq!(queue.push(3), Err(3));
        assert_eq!(queue.take(1, NO_TIME, |_| Take::Now), Taken::Items(vec![1]));
        assert_eq!(queue.push(3), Ok(()));
        assert_eq!(queue.take(9, NO_TIME, |_| Take::Now), Taken::Items(vec![2, 3]));
        assert_eq!(queue.push(4), Ok(()));
        assert_eq!(queue.push_first(5), Ok(()));
        assert_eq!(queue.push_first(6), Err(6));
        assert_eq!(queue.take(9, NO_TIME, |_| Take::Now), Taken::Items(vec![5, 4]));
        assert_eq!(queue.take(9, NO_TIME, |_| Take::Now), Taken::Nothing);
    }

    #[test]
    fn what_is_alike_is_taken_together() {
        let queue = Queue::new(8);
        for item in [1, 3, 2, 4, 5] {
            queue.push(item).unwrap();
        }
        let take = |most| {
            queue.take_alike(most, NO_TIME, |_| Take::Now, |one, other| one % 2 == other % 2)
        };
        assert_eq!(take(9), Taken::Items(vec![1, 3]));
        assert_eq!(take(1), Taken::Items(vec![2]));
        assert_eq!(take(9), Taken::Items(vec![4]));
        assert_eq!(take(9), Taken::Items(vec![5]));
    }

    #[test]
    fn a_closed_queue_is_emptied_without_asking() {
        let queue = Queue::new(2);
        queue.push(1).unwrap();
        queue.close();
        assert_eq!(queue.push(2), Err(2));
        let never = |_| Take::When { waiting: 9, within: Duration::from_hours(1) };
        assert_eq!(queue.take(9, NO_TIME, never), Taken::Items(vec![1]));
        assert_eq!(queue.take(9, NO_TIME, never), Taken::Closed);
    }

    #[test]
    fn a_taker_sleeps_until_enough_wait() {
        let queue = Queue::new(8);
        std::thread::scope(|scope| {
            let taker = scope.spawn(|| {
                queue.take(8, Duration::from_mins(1), |waiting| match waiting {
                    3.. => Take::Now,
                    _ => Take::When { waiting: 3, within: Duration::from_mins(1) },
                })
            });
            for item in 0..3 {
                queue.push(item).unwrap();
            }
            assert_eq!(taker.join().unwrap(), Taken::Items(vec![0, 1, 2]));
        });
    }
}
