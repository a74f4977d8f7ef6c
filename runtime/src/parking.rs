//! Where threads wait for each other: `memory.atomic.wait` and `notify` of one shared memory.
//!
//! A waiter compares the value in memory and queues itself under the lock that a notifier takes, so a
//! wake-up between the two cannot be lost: a notifier that comes before finds the value changed by whoever
//! it speaks for, one that comes after finds the waiter. Waiters of an address are woken in the order
//! in which they came. A waiter leaves the queue under the same lock, so it is counted by a notifier
//! exactly if it reports that it was woken.
//!
//! Not here: bounds and alignment, and who interrupts.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How a wait ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitResult {
    /// By a notification.
    Woken,
    /// At once: the value was not the expected one.
    Mismatch,
    /// The time was up.
    TimedOut,
}

/// A thread that waits.
#[derive(Debug, Default)]
pub(crate) struct Waiter {
    woken: Mutex<bool>,
    changed: Condvar,
}

/// Nothing that is done under these locks panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Waiter {
    fn wake(&self) {
        *lock(&self.woken) = true;
        self.changed.notify_one();
    }

    /// Lets it look again at why it should stop.
    pub(crate) fn nudge(&self) {
        drop(lock(&self.woken));
        self.changed.notify_one();
    }

    /// Sleeps until it is woken, the time is up, or it is to stop; whether it was woken.
    fn sleep(&self, deadline: Option<Instant>, stop: impl Fn() -> bool) -> bool {
        let mut woken = lock(&self.woken);
        while !*woken && !stop() {
            woken = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => self.changed.wait(woken).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => return false,
                Some(left) => self.changed.wait_timeout(woken, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        *woken
    }
}

/// The waiters of one memory.
#[derive(Debug, Default)]
pub(crate) struct ParkingLot {
    /// Each with its address, first come first: no more than there are threads.
    queue: Mutex<Vec<(u64, Arc<Waiter>)>>,
}

impl ParkingLot {
    /// Waits at an address for at most `timeout`, if `as_expected` finds the value there that is. `stop` is
    /// asked before each sleep; who makes it true nudges the waiter. Gives nothing if it stopped.
    pub(crate) fn wait(
        &self,
        address: u64,
        as_expected: impl FnOnce() -> bool,
        timeout: Option<Duration>,
        waiter: &Arc<Waiter>,
        stop: impl Fn() -> bool,
    ) -> Option<WaitResult> {
        // A time too far away to be one is none.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        {
            let mut queue = lock(&self.queue);
            if !as_expected() {
                return Some(WaitResult::Mismatch);
            }
            queue.push((address, waiter.clone()));
        }
        if waiter.sleep(deadline, &stop) {
            return Some(WaitResult::Woken);
        }
        match self.leave(waiter) {
            // Whoever took it from the queue has counted it.
            false => Some(WaitResult::Woken),
            true if stop() => None,
            true => Some(WaitResult::TimedOut),
        }
    }

    /// Takes a waiter from the queue; false if it is not there any more.
    fn leave(&self, waiter: &Arc<Waiter>) -> bool {
        let mut queue = lock(&self.queue);
        let place = queue.iter().position(|(_, queued)| Arc::ptr_eq(queued, waiter));
        place.map(|place| queue.remove(place)).is_some()
    }

    /// Wakes the first `count` waiters at an address; how many there were.
    pub(crate) fn notify(&self, address: u64, count: u32) -> u32 {
        let mut woken = 0;
        lock(&self.queue).retain(|(at, waiter)| {
            let is_woken = *at == address && woken < count;
            if is_woken {
                waiter.wake();
                woken += 1;
            }
            !is_woken
        });
        woken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(lot: &ParkingLot, timeout: Option<Duration>) -> Option<WaitResult> {
        lot.wait(8, || true, timeout, &Arc::default(), || false)
    }

    #[test]
    fn nobody_is_woken_or_queued_in_vain() {
        let lot = ParkingLot::default();
        assert_eq!(lot.notify(8, u32::MAX), 0);
        assert_eq!(lot.wait(8, || false, None, &Arc::default(), || false), Some(WaitResult::Mismatch));
        assert_eq!(wait(&lot, Some(Duration::ZERO)), Some(WaitResult::TimedOut));
        assert_eq!(wait(&lot, Some(Duration::from_millis(1))), Some(WaitResult::TimedOut));
        assert_eq!(lot.wait(8, || true, None, &Arc::default(), || true), None);
        assert_eq!(lot.notify(8, u32::MAX), 0);
        assert!(lock(&lot.queue).is_empty());
    }

    #[test]
    fn as_many_are_woken_as_are_counted() {
        let lot = ParkingLot::default();
        std::thread::scope(|scope| {
            let waiters: Vec<_> = (0..4).map(|_| scope.spawn(|| wait(&lot, None))).collect();
            while lock(&lot.queue).len() < 4 {
                std::thread::yield_now();
            }
            assert_eq!(lot.notify(0, 9), 0);
            assert_eq!(lot.notify(8, 0), 0);
            assert_eq!(lot.notify(8, 3), 3);
            assert_eq!(lot.notify(8, 3), 1);
            for waiter in waiters {
                assert!(matches!(waiter.join(), Ok(Some(WaitResult::Woken))));
            }
        });
    }
}
