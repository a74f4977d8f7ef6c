//! What a guest can make the host keep for it, counted and limited: memory, and open descriptors.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::errno::Errno;
use crate::limits::{DESCRIPTOR_BYTES, LISTING_BYTES};

/// What is kept for a guest. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    bytes: Count,
    descriptors: Count,
}

#[derive(Debug)]
struct Count {
    used: AtomicUsize,
    limit: usize,
}

impl Count {
    fn new(limit: usize) -> Count {
        Count { used: AtomicUsize::new(0), limit }
    }

    fn take(&self, amount: usize) -> bool {
        let add = |used: usize| used.checked_add(amount).filter(|sum| *sum <= self.limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
    }

    fn give_back(&self, amount: usize) {
        self.used.fetch_sub(amount, Ordering::Relaxed);
    }
}

/// What is paid for, until it is dropped. Whoever keeps something keeps this beside it: so what a call still uses is
/// counted after its number has been closed.
#[derive(Debug)]
pub(crate) struct Charge {
    budget: Budget,
    bytes: usize,
    descriptors: usize,
}

impl Budget {
    pub(crate) fn new(limit_bytes: usize, limit_descriptors: usize) -> Budget {
        let counts = Counts { bytes: Count::new(limit_bytes), descriptors: Count::new(limit_descriptors) };
        Budget(Arc::new(counts))
    }

    /// Pays for bytes that are about to be kept; `ENOMEM` if that is over the limit.
    pub(crate) fn memory(&self, bytes: usize) -> Result<Charge, Errno> {
        self.charge(bytes, 0)
    }

    /// Pays for a descriptor that is about to be opened; `EMFILE` over the limit.
    pub(crate) fn descriptor(&self) -> Result<Charge, Errno> {
        self.charge(DESCRIPTOR_BYTES, 1)
    }

    /// Pays for listing a directory, which takes a descriptor besides the directory's own.
    pub(crate) fn listing(&self) -> Result<Charge, Errno> {
        self.charge(LISTING_BYTES, 1)
    }

    fn charge(&self, bytes: usize, descriptors: usize) -> Result<Charge, Errno> {
        let Counts { bytes: memory, descriptors: open } = &*self.0;
        if !open.take(descriptors) {
            return Err(Errno::Mfile);
        }
        if !memory.take(bytes) {
            open.give_back(descriptors);
            return Err(Errno::Nomem);
        }
        Ok(Charge { budget: self.clone(), bytes, descriptors })
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.0.bytes.give_back(self.bytes);
        self.budget.0.descriptors.give_back(self.descriptors);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_can_be_spent_again() {
        let budget = Budget::new(100, 0);
        let first = budget.memory(60);
        assert!(first.is_ok());
        assert_eq!(budget.clone().memory(41).err(), Some(Errno::Nomem));
        assert!(budget.memory(40).is_ok());
        assert_eq!(budget.memory(usize::MAX).err(), Some(Errno::Nomem));
        drop(first);
        assert!(budget.memory(100).is_ok());
        assert_eq!(budget.descriptor().err(), Some(Errno::Mfile));
    }

    #[test]
    fn one_limit_takes_nothing_of_the_other() {
        let budget = Budget::new(DESCRIPTOR_BYTES, 2);
        let first = budget.descriptor();
        assert!(first.is_ok());
        assert_eq!(budget.descriptor().err(), Some(Errno::Nomem));
        drop(first);
        let budget = Budget::new(3 * DESCRIPTOR_BYTES, 1);
        let first = budget.descriptor();
        assert_eq!(budget.descriptor().err(), Some(Errno::Mfile));
        assert!(budget.memory(2 * DESCRIPTOR_BYTES).is_ok());
        drop(first);
        assert!(budget.descriptor().is_ok());
    }
}
