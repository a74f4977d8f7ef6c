//! What the host holds references by: places of the store that a collection keeps up to date. A handle
//! made while a host function runs is given up when that function returns, so that a guest that calls
//! the host in a loop does not fill the store; any other lives as long as its store, or as the
//! [`Store::scoped`](crate::Store::scoped) it was made in.

use std::cell::RefCell;

use crate::store::StoreId;

/// The name of one place. It is stale when the place was given up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Handle {
    pub(crate) store: StoreId,
    index: u32,
    /// Tells apart those that had the same place one after the other.
    serial: u64,
}

/// The places, the oldest first.
#[derive(Default)]
pub(crate) struct Handles {
    // A cell, since reading a global of a store gives a handle.
    places: RefCell<Places>,
}

#[derive(Default)]
struct Places {
    entries: Vec<Entry>,
    serial: u64,
}

struct Entry {
    reference: u64,
    serial: u64,
}

impl Handles {
    /// A new place for a reference.
    pub(crate) fn make(&self, store: StoreId, reference: u64) -> Handle {
        let mut places = self.places.borrow_mut();
        places.serial += 1;
        let (index, serial) = (places.entries.len() as u32, places.serial);
        places.entries.push(Entry { reference, serial });
        Handle { store, index, serial }
    }

    /// The reference of a handle of this store.
    pub(crate) fn get(&self, handle: Handle) -> Option<u64> {
        let places = self.places.borrow();
        let entry = places.entries.get(handle.index as usize)?;
        (entry.serial == handle.serial).then_some(entry.reference)
    }

    /// How many there are, to go back to.
    #[inline]
    pub(crate) fn mark(&mut self) -> usize {
        self.places.get_mut().entries.len()
    }

    /// Gives up those made since a mark.
    #[inline]
    pub(crate) fn release(&mut self, mark: usize) {
        let places = self.places.get_mut();
        if places.entries.len() > mark {
            places.entries.truncate(mark);
        }
    }

    /// All references.
    pub(crate) fn references(&self) -> Vec<u64> {
        self.places.borrow().entries.iter().map(|entry| entry.reference).collect()
    }

    /// Their places, for a collection to write them anew.
    pub(super) fn places_mut(&mut self) -> impl Iterator<Item = &mut u64> {
        self.places.get_mut().entries.iter_mut().map(|entry| &mut entry.reference)
    }
}
