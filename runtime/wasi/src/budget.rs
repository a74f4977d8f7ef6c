//! What a guest can make the host keep in memory for it, counted and limited.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::errno::Errno;

/// Bytes of the host's that are kept for a guest. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Count>);

#[derive(Debug)]
struct Count {
    used: AtomicUsize,
    limit: usize,
}

/// Bytes that are paid for, until it is dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    budget: Budget,
    bytes: usize,
}

impl Budget {
    pub(crate) fn new(limit_bytes: usize) -> Budget {
        Budget(Arc::new(Count { used: AtomicUsize::new(0), limit: limit_bytes }))
    }

    /// Pays for bytes that are about to be kept; `ENOMEM` if that is over the limit.
    pub(crate) fn charge(&self, bytes: usize) -> Result<Charge, Errno> {
        let add = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.0.limit);
        match self.0.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add) {
            Ok(_) => Ok(Charge { budget: self.clone(), bytes }),
            Err(_) => Err(Errno::Nomem),
        }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.0.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_can_be_spent_again() {
        let budget = Budget::new(100);
        let first = budget.charge(60);
        assert!(first.is_ok());
        assert_eq!(budget.clone().charge(41).err(), Some(Errno::Nomem));
        assert!(budget.charge(40).is_ok());
        assert_eq!(budget.charge(usize::MAX).err(), Some(Errno::Nomem));
        drop(first);
        assert!(budget.charge(100).is_ok());
    }
}
