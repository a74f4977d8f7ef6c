//! Memories that several stores, and so several threads, share.
//!
//! A shared memory belongs to no store: it lives as long as somebody has it. Its bytes never move and it
//! only grows, in place, in address space that was reserved for its greatest length from the start. It
//! grows under a lock; its length is published when the bytes are accessible, so that whoever reads the
//! length may touch what lies below.
//!
//! # Safety contract
//!
//! The definition has one address for the life of the memory, and the reservation is unmapped after its
//! last user. Nothing here or elsewhere makes a reference to the bytes that is not to atomics.

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aot_format::abi::Guard;
use aot_format::types::MemoryType;

use crate::error::Error;
use crate::interrupt::{is_interrupted, waiting};
use crate::parking::{ParkingLot, WaitResult};
use crate::sys::memory::Reservation;
use crate::trap::{Trap, TrapCode};
use crate::vm::racy;
use crate::vm::structs::{VMMemory, VMSharedMemory};

use super::memory;

/// Address space for a memory whose type lets it grow further than anything can: what stands in reserve must
/// leave room for others.
const MOST_RESERVED_BYTES: u64 = 1 << 40;

/// A memory for any number of stores of any engine; clones are the same memory.
#[derive(Clone, Debug)]
pub struct SharedMemory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ty: MemoryType,
    definition: VMSharedMemory,
    /// Addresses that are its own, accessible or not: for the signal handler, which takes no lock.
    span_bytes: usize,
    parked: ParkingLot,
    growth: Mutex<Reservation>,
}

// SAFETY: the base address never changes, the length is atomic, the bytes are accessed atomically.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

/// What a waiter expects to find.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    Word(u32),
    Double(u64),
}

impl Expected {
    fn width(self) -> u64 {
        match self {
            Expected::Word(_) => 4,
            Expected::Double(_) => 8,
        }
    }
}

impl SharedMemory {
    /// A memory of this type, zeroed. Its greatest length is reserved, or as much of it as the system has
    /// address space for: growing past that fails.
    ///
    /// # Errors
    ///
    /// [`Error::BadValue`] if there are no shared memories of this type, [`Error::Resource`] if the system has
    /// no room.
    pub fn new(ty: MemoryType) -> Result<SharedMemory, Error> {
        let invalid = memory::invalid(&ty).or((!ty.shared).then_some("it is not shared"));
        if let Some(reason) = invalid {
            return Err(Error::BadValue { what: "memory type", reason: reason.into() });
        }
        SharedMemory::make(ty, u64::MAX).map_err(|reason| Error::Resource {
            module: "<host>".into(),
            what: format!("shared memory of {} pages", ty.min),
            reason,
        })
    }

    /// The same for a type that is known to be valid, with address space for at most `most_bytes`; the reason if
    /// there can be none.
    pub(crate) fn make(ty: MemoryType, most_bytes: u64) -> Result<SharedMemory, String> {
        let bytes = |pages: u64| pages.checked_mul(1 << ty.page_size_log2).and_then(|all| usize::try_from(all).ok());
        let too_long = "it is longer than the address space".to_owned();
        let length = bytes(ty.min).ok_or(too_long)?;
        let mut reservation = match Guard::of(&ty) {
            Guard::Reservation => Reservation::guarded(),
            Guard::Fence | Guard::None => {
                let limit = usize::try_from(most_bytes.min(MOST_RESERVED_BYTES)).unwrap_or(usize::MAX);
                Reservation::shared(length, ty.max.and_then(bytes).map_or(limit, |most| most.min(limit)))
            }
        }
        .map_err(|error| error.to_string())?;
        reservation.grow_to(length).map_err(|error| error.to_string())?;
        let definition = VMSharedMemory { base: reservation.base(), length: AtomicU64::new(length as u64) };
        let (span_bytes, growth) = (reservation.span_bytes(), Mutex::new(reservation));
        Ok(SharedMemory(Arc::new(Inner { ty, definition, span_bytes, parked: ParkingLot::default(), growth })))
    }

    /// Its type; `min` is its current length in pages.
    pub fn ty(&self) -> MemoryType {
        MemoryType { min: self.size(), ..self.0.ty }
    }

    /// Its length in pages.
    pub fn size(&self) -> u64 {
        self.bytes() >> self.0.ty.page_size_log2
    }

    /// Whether both are the same memory.
    pub fn same(&self, other: &SharedMemory) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Grows it; the previous length in pages. Other threads may grow it, too, before and afterwards.
    ///
    /// # Errors
    ///
    /// [`Error::Resource`] if its type or the system do not allow it.
    pub fn grow(&self, delta_pages: u64) -> Result<u64, Error> {
        self.grow_within(delta_pages, u64::MAX).ok_or_else(|| Error::Resource {
            module: "<host>".into(),
            what: format!("shared memory of {} pages", self.size()),
            reason: format!("it cannot grow by {delta_pages} pages"),
        })
    }

    /// The same up to a limit of bytes.
    pub(crate) fn grow_within(&self, delta_pages: u64, max_bytes: u64) -> Option<u64> {
        let mut reservation = self.0.growth.lock().unwrap_or_else(PoisonError::into_inner);
        // Only under the lock does it change.
        let old = self.size();
        if delta_pages == 0 {
            return Some(old);
        }
        let bytes = memory::grown_bytes(&self.0.ty, old, delta_pages, max_bytes)?;
        reservation.grow_to(usize::try_from(bytes).ok()?).ok()?;
        self.0.definition.length.store(bytes, Ordering::SeqCst);
        Some(old)
    }

    /// Its bytes so far. It may be longer by the time this returns, but never shorter.
    pub fn data(&self) -> &[AtomicU8] {
        let bytes = self.bytes() as usize;
        // SAFETY: so many bytes are accessible, stay so as long as the memory, and are atomics to everyone.
        unsafe { std::slice::from_raw_parts(self.base().cast_const().cast::<AtomicU8>(), bytes) }
    }

    /// Copies bytes out of it. What other threads write meanwhile is seen in part or not at all.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`], and nothing is copied.
    pub fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), Error> {
        let range = memory::range(self.bytes() as usize, offset, into.len())?;
        // SAFETY: the range lies in the memory, and the slice is the caller's own.
        unsafe { racy::copy(self.base().add(range.start), into.as_mut_ptr(), range.len()) };
        Ok(())
    }

    /// Copies bytes into it.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`], and nothing is copied.
    pub fn write(&self, offset: u64, from: &[u8]) -> Result<(), Error> {
        let range = memory::range(self.bytes() as usize, offset, from.len())?;
        // SAFETY: the range lies in the memory, and the slice is not changed.
        unsafe { racy::copy(from.as_ptr(), self.base().add(range.start), range.len()) };
        Ok(())
    }

    /// `memory.atomic.notify`: wakes up to `count` threads that wait at an address; how many there were.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`] if no aligned word lies there.
    pub fn notify(&self, address: u64, count: u32) -> Result<u32, Error> {
        self.check_word(address, 4).ok_or_else(|| self.out_of_bounds(address, 4))?;
        Ok(self.0.parked.notify(address, count))
    }

    /// `memory.atomic.wait32`: if the word at an address is the expected one, waits until it is notified or
    /// the time is up.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`] if no aligned word lies there; the trap of an interruption, of a store that this
    /// thread runs in.
    pub fn wait32(&self, address: u64, expected: u32, timeout: Option<Duration>) -> Result<WaitResult, Error> {
        let waited = self.wait(address, Expected::Word(expected), timeout);
        let waited = waited.ok_or_else(|| self.out_of_bounds(address, 4))?;
        waited.ok_or(Error::Trap(Trap::new(TrapCode::Interrupted)))
    }

    fn out_of_bounds(&self, offset: u64, len: u64) -> Error {
        Error::OutOfBounds { what: "shared memory", offset, len, size: self.bytes() }
    }

    fn check_word(&self, address: u64, width: u64) -> Option<()> {
        let end = address.checked_add(width)?;
        (end <= self.bytes() && address.is_multiple_of(width)).then_some(())
    }

    /// Waits. The outer option is empty for a bad address, the inner one for an interruption.
    pub(crate) fn wait(
        &self,
        address: u64,
        expected: Expected,
        timeout: Option<Duration>,
    ) -> Option<Option<WaitResult>> {
        self.check_word(address, expected.width())?;
        let place = self.base().wrapping_add(address as usize);
        let as_expected = || {
            // SAFETY: an aligned word within the memory.
            unsafe {
                match expected {
                    Expected::Word(value) => AtomicU32::from_ptr(place.cast()).load(Ordering::SeqCst) == value,
                    Expected::Double(value) => AtomicU64::from_ptr(place.cast()).load(Ordering::SeqCst) == value,
                }
            }
        };
        Some(waiting(|waiter| self.0.parked.wait(address, as_expected, timeout, waiter, is_interrupted)))
    }

    /// Wakes waiters; nothing for a bad address.
    pub(crate) fn wake(&self, address: u64, count: u32) -> Option<u32> {
        self.check_word(address, 4)?;
        Some(self.0.parked.notify(address, count))
    }

    /// Current length in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.definition.length.load(Ordering::SeqCst)
    }

    /// Address of byte 0.
    pub(crate) fn base(&self) -> *mut u8 {
        self.0.definition.base
    }

    /// What compiled code finds it by.
    pub(crate) fn definition(&self) -> *mut VMMemory {
        (&raw const self.0.definition).cast_mut().cast()
    }

    /// Whether a fault at this address is one of a guest's access out of bounds: whatever was accessible by the
    /// time of the access would not have faulted, though it may be accessible by now. Async-signal-safe.
    pub(crate) fn faulted_at(&self, address: usize) -> bool {
        address.wrapping_sub(self.0.definition.base.addr()) < self.0.span_bytes
    }

    /// Puts initial contents there, for whoever makes it and has told nobody yet.
    pub(crate) fn map_image(
        &self,
        offset: usize,
        image: &crate::sys::mapping::Image<'_>,
    ) -> Result<(), crate::sys::memory::MemoryError> {
        self.0.growth.lock().unwrap_or_else(PoisonError::into_inner).map_image(offset, image)
    }
}
