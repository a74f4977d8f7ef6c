//! Address space for linear memories: reserving it, making it accessible as a memory grows, and
//! putting initial contents there. Knows bytes and pages of the host, and not what a wasm page, a
//! limit or an instance is.
//!
//! A **guarded** memory reserves all that a 32-bit address can reach and a guard behind it, so that
//! compiled code needs no checks: what is not accessible faults. It never moves. A **fenced** or
//! **checked** memory reserves what its owner asks for and moves when it outgrows that; compiled code
//! checks every access, and behind a fenced one there is a guard, too. One of these that is shared cannot
//! move: it is **fixed** in all that it may grow to.
//! Each costs one `mmap`, and one `mprotect` for each growth; no page is touched
//! before the guest touches it, and fresh pages are zero. A guarded memory that is given up leaves its
//! reservation behind, emptied ([`KEPT`]), where the next one finds it, often with as much accessible as it wants.
//!
//! # Safety contract
//!
//! A [`Reservation`] owns its address range: nothing else is mapped in it, and nothing of it is
//! accessible except `[base, base + accessible)`. Pointers into it are valid until it is dropped or,
//! for a checked memory, grown. Those who write through such pointers do so under the rules of the
//! store that owns the memory: one thread at a time, or atomically. What is accessible in a kept one is zero.

use core::ptr::{self, NonNull};
use std::io;
use std::sync::{Mutex, OnceLock, PoisonError};

use aot_format::abi::{GUARD_BYTES, GUARDED_RESERVATION_BYTES};
use rustix::mm::{MapFlags, MprotectFlags, MremapFlags, ProtFlags};

use super::mapping::Image;
use super::round_up_to_page;

/// Why a memory could not be had, or could not grow.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// No room in the address space.
    #[error("cannot reserve {bytes} bytes of address space: {source}")]
    Reserve {
        /// What was asked for.
        bytes: usize,
        /// What the system says.
        source: io::Error,
    },
    /// No memory, or more than the process may have.
    #[error("cannot make {bytes} bytes of a memory accessible: {source}")]
    Commit {
        /// The whole length asked for.
        bytes: usize,
        /// What the system says.
        source: io::Error,
    },
    /// A memory that cannot move would outgrow its reservation.
    #[error("a memory of {bytes} bytes does not fit in its reservation of {reserved} bytes")]
    Outgrown {
        /// The whole length asked for.
        bytes: usize,
        /// What there is.
        reserved: usize,
    },
    /// The initial contents do not lie within the memory.
    #[error("an image of {bytes} bytes at {offset} does not lie within the memory")]
    ImageOutOfBounds {
        /// Where it should go.
        offset: usize,
        /// Its length.
        bytes: usize,
    },
    /// The initial contents could not be mapped.
    #[error("cannot map an image of {bytes} bytes over a memory")]
    MapImage {
        /// Its length.
        bytes: usize,
        /// What the system says.
        source: io::Error,
    },
}

/// How many reservations are kept, of [`GUARDED_RESERVATION_BYTES`] each and a guard: some address spaces are of 38 bits.
const MOST_KEPT: usize = 8;
/// Bytes that may stay accessible in one of them. What was ever written there costs the system a page for each 2 MiB.
const MOST_KEPT_BYTES: usize = 16 << 20;

/// Reservations of guarded memories that were given up, for those that come.
static KEPT: Mutex<Vec<Reservation>> = Mutex::new(Vec::new());

/// Gives the system back what is kept; whether anything was.
pub(crate) fn give_back() -> bool {
    let kept = std::mem::take(&mut *KEPT.lock().unwrap_or_else(PoisonError::into_inner));
    !kept.is_empty()
}

/// Asks the system for address space, or for access to it; where there is none, again without what is kept.
fn asking<T>(mut ask: impl FnMut() -> rustix::io::Result<T>) -> rustix::io::Result<T> {
    ask().or_else(|errno| if give_back() { ask() } else { Err(errno) })
}

/// Whether a memory may move when it grows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Growth {
    InPlace,
    MayMove,
}

/// The address space of one linear memory.
#[derive(Debug)]
pub(crate) struct Reservation {
    /// Dangling while nothing is reserved.
    base: NonNull<u8>,
    /// Bytes that may become accessible, a multiple of the page size.
    reserved: usize,
    /// Bytes behind them that never will.
    guard: usize,
    /// Bytes that are accessible, a multiple of the page size.
    accessible: usize,
    growth: Growth,
    /// Whether the system has the accessible range as one mapping, which it then can move as a whole.
    one_mapping: bool,
    /// Whether it is kept when it is given up.
    is_kept: bool,
}

// SAFETY: a reservation is an address range without ties to a thread.
unsafe impl Send for Reservation {}
// SAFETY: nothing changes through a shared reference.
unsafe impl Sync for Reservation {}

impl Reservation {
    /// Address space for a guarded memory; nothing is accessible yet.
    pub(crate) fn guarded() -> Result<Reservation, MemoryError> {
        Reservation::new(GUARDED_RESERVATION_BYTES as usize, GUARD_BYTES as usize, Growth::InPlace)
    }

    /// The same, kept when it is given up, and perhaps one that was: at most the first `bytes` bytes are accessible, which is
    /// whole pages, and zero.
    pub(crate) fn reused(bytes: usize) -> Result<Reservation, MemoryError> {
        let kept = {
            let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
            let best = kept.iter().position(|kept| kept.accessible == bytes).or(kept.len().checked_sub(1));
            best.map(|best| kept.swap_remove(best))
        };
        let kept = kept.and_then(|mut kept| kept.hide_from(bytes).then_some(kept));
        let mut reservation = kept.map_or_else(Reservation::guarded, Ok)?;
        reservation.is_kept = true;
        Ok(reservation)
    }

    /// Address space for a memory that moves when it outgrows `reserve_bytes`, with a guard behind it.
    pub(crate) fn fenced(reserve_bytes: usize) -> Result<Reservation, MemoryError> {
        Reservation::new(reserve_bytes, GUARD_BYTES as usize, Growth::MayMove)
    }

    /// Address space for a checked memory that moves when it outgrows `reserve_bytes`. Zero reserves
    /// nothing.
    pub(crate) fn checked(reserve_bytes: usize) -> Result<Reservation, MemoryError> {
        Reservation::new(reserve_bytes, 0, Growth::MayMove)
    }

    /// Address space that grows in place, up to `reserve_bytes`.
    pub(crate) fn fixed(reserve_bytes: usize) -> Result<Reservation, MemoryError> {
        Reservation::new(reserve_bytes, 0, Growth::InPlace)
    }

    /// Address space for a shared memory, which never moves: what it may grow to, or where there is no room
    /// for that, half of it, and so on down to the initial length; with a guard behind it.
    pub(crate) fn shared(initial_bytes: usize, most_bytes: usize) -> Result<Reservation, MemoryError> {
        let mut bytes = most_bytes.max(initial_bytes);
        loop {
            match Reservation::new(bytes, GUARD_BYTES as usize, Growth::InPlace) {
                Err(_) if bytes > initial_bytes => bytes = (bytes / 2).max(initial_bytes),
                done => return done,
            }
        }
    }

    fn new(reserve_bytes: usize, guard: usize, growth: Growth) -> Result<Reservation, MemoryError> {
        let too_large = || MemoryError::Reserve { bytes: reserve_bytes, source: io::ErrorKind::OutOfMemory.into() };
        let reserved = round_up_to_page(reserve_bytes).ok_or_else(too_large)?;
        let bytes = reserved.checked_add(guard).ok_or_else(too_large)?;
        let base = if bytes == 0 {
            NonNull::dangling()
        } else {
            let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
            // SAFETY: the system chooses the place, so no existing mapping is touched.
            let map = || unsafe { rustix::mm::mmap_anonymous(ptr::null_mut(), bytes, ProtFlags::empty(), flags) };
            let base = asking(map).map_err(|errno| MemoryError::Reserve { bytes, source: errno.into() })?;
            // `mmap` places nothing at address zero unless it is asked to.
            NonNull::new(base.cast()).ok_or_else(too_large)?
        };
        Ok(Reservation { base, reserved, guard, accessible: 0, growth, one_mapping: true, is_kept: false })
    }

    /// Address of byte 0. That of a guarded memory never changes.
    pub(crate) fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    /// Bytes of address space from the base on, guard included.
    pub(crate) fn span_bytes(&self) -> usize {
        self.reserved + self.guard
    }

    /// Bytes that are accessible: at least what was last asked for.
    #[cfg(test)]
    pub(crate) fn accessible_bytes(&self) -> usize {
        self.accessible
    }

    /// Bytes this memory can grow to without moving.
    pub(crate) fn reserved_bytes(&self) -> usize {
        self.reserved
    }

    /// Whether growing can change the base.
    #[cfg(test)]
    pub(crate) fn may_move(&self) -> bool {
        self.growth == Growth::MayMove
    }

    /// Whether an address lies in this memory's address space, guard included. Async-signal-safe.
    pub(crate) fn contains(&self, address: usize) -> bool {
        address.wrapping_sub(self.base.as_ptr().addr()) < self.reserved + self.guard
    }

    /// Whether a fault at this address means that the guest went out of bounds: it lies in this
    /// memory's address space, and not in the part that is accessible, where nothing faults for a
    /// reason of the guest's. Async-signal-safe.
    pub(crate) fn is_inaccessible(&self, address: usize) -> bool {
        self.contains(address) && address - self.base.as_ptr().addr() >= self.accessible
    }

    /// Makes at least the first `bytes` bytes accessible; new ones are zero. Nothing changes when it
    /// fails. A memory never shrinks.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> Result<(), MemoryError> {
        if bytes <= self.accessible {
            return Ok(());
        }
        let too_large = || MemoryError::Commit { bytes, source: io::ErrorKind::OutOfMemory.into() };
        let accessible = round_up_to_page(bytes).ok_or_else(too_large)?;
        if accessible <= self.reserved {
            return self.make_accessible(accessible);
        }
        match self.growth {
            Growth::InPlace => Err(MemoryError::Outgrown { bytes, reserved: self.reserved }),
            Growth::MayMove => self.relocate(accessible),
        }
    }

    fn make_accessible(&mut self, accessible: usize) -> Result<(), MemoryError> {
        // SAFETY: the range lies in our reservation, behind what is accessible already.
        asking(|| unsafe {
            let start = self.base.as_ptr().add(self.accessible);
            rustix::mm::mprotect(start.cast(), accessible - self.accessible, MprotectFlags::READ | MprotectFlags::WRITE)
        })
        .map_err(|errno| MemoryError::Commit { bytes: accessible, source: errno.into() })?;
        self.accessible = accessible;
        Ok(())
    }

    /// Gives the system back what stands from `offset` on: it is zero when it is next read.
    pub(crate) fn discard_from(&mut self, offset: usize) {
        let Some(start) = round_up_to_page(offset).filter(|start| *start < self.accessible) else { return };
        // SAFETY: the range lies in the accessible part of our reservation, which the caller owns.
        let _ = unsafe {
            let address = self.base.as_ptr().add(start).cast();
            rustix::mm::madvise(address, self.accessible - start, rustix::mm::Advice::LinuxDontNeed)
        };
    }

    /// Moves to a reservation with room to double, so that growing page by page moves few times.
    fn relocate(&mut self, accessible: usize) -> Result<(), MemoryError> {
        let reserve = |bytes| Reservation::new(bytes, self.guard, self.growth);
        let mut target = reserve(accessible.saturating_mul(2)).or_else(|_| reserve(accessible))?;
        target.make_accessible(accessible)?;
        if self.one_mapping && self.move_pages_to(&target) {
            target.one_mapping = false;
        } else {
            // SAFETY: both ranges are accessible, at least this long, and different mappings.
            unsafe { ptr::copy_nonoverlapping(self.base(), target.base(), self.accessible) };
        }
        *self = target;
        Ok(())
    }

    /// Moves the accessible pages to the start of another reservation, without copying and without
    /// touching those that were never touched. False if nothing was done.
    fn move_pages_to(&mut self, target: &Reservation) -> bool {
        if self.accessible == 0 {
            return true;
        }
        // SAFETY: the pages are one mapping and ours, and so is the place they go to, which has room.
        let moved = unsafe {
            let (from, to) = (self.base().cast(), target.base().cast());
            rustix::mm::mremap_fixed(from, self.accessible, self.accessible, MremapFlags::empty(), to)
        };
        if moved.is_err() {
            return false;
        }
        // The place the pages left is no longer ours: others may be mapped there from now on.
        // SAFETY: stays within what was the reservation, or at its end.
        self.base = unsafe { self.base.add(self.accessible) };
        self.reserved -= self.accessible;
        self.accessible = 0;
        true
    }

    /// Puts initial contents at `offset`, which must lie in the accessible part. Whole pages of a
    /// file are mapped copy-on-write, everything else is copied.
    pub(crate) fn map_image(&mut self, offset: usize, image: &Image<'_>) -> Result<(), MemoryError> {
        let bytes = image.bytes.len();
        if offset.checked_add(bytes).is_none_or(|end| end > self.accessible) {
            return Err(MemoryError::ImageOutOfBounds { offset, bytes });
        }
        let page = super::page_size();
        let mut mapped = 0;
        if let Some((fd, file_offset)) = image.file
            && offset.is_multiple_of(page)
            && file_offset.is_multiple_of(page as u64)
            && bytes >= page
        {
            mapped = bytes - bytes % page;
            // SAFETY: the range lies in the accessible part of our reservation, and replacing what
            // is mapped there is what we are for.
            unsafe {
                let address = self.base.as_ptr().add(offset).cast();
                let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE | MapFlags::FIXED);
                rustix::mm::mmap(address, mapped, protection, flags, fd, file_offset)
            }
            .map_err(|errno| MemoryError::MapImage { bytes, source: errno.into() })?;
            self.one_mapping = false;
        }
        let rest = &image.bytes[mapped..];
        // SAFETY: checked above to lie in the accessible part; an image never lies in a memory.
        unsafe { ptr::copy_nonoverlapping(rest.as_ptr(), self.base.as_ptr().add(offset + mapped), rest.len()) };
        Ok(())
    }
}

impl Reservation {
    /// Takes back the right to access what stands behind `bytes` bytes, if they are whole pages; whether that is so now.
    fn hide_from(&mut self, bytes: usize) -> bool {
        if bytes >= self.accessible {
            return true;
        }
        // SAFETY: the range lies in the accessible part of our reservation, which nobody uses.
        let hidden = unsafe {
            rustix::mm::mprotect(self.base().add(bytes).cast(), self.accessible - bytes, MprotectFlags::empty())
        };
        self.accessible = bytes;
        hidden.is_ok()
    }

    /// Whether pages that the system is given back are zero next, which some emulators forget. Asked once, of the first
    /// accessible page here, which nobody uses any more.
    fn gives_zeros(&self) -> bool {
        static GIVES: OnceLock<bool> = OnceLock::new();
        *GIVES.get_or_init(|| {
            let page = self.base();
            // SAFETY: the page is accessible and unused. What the system does to it, the compiler does not know.
            unsafe {
                page.write_volatile(1);
                let given = rustix::mm::madvise(page.cast(), super::page_size(), rustix::mm::Advice::LinuxDontNeed);
                given.is_ok() && page.read_volatile() == 0
            }
        })
    }

    /// Makes all that is accessible zero, or inaccessible if it is much or has images; whether the system did.
    fn clear(&mut self) -> bool {
        let (base, bytes) = (self.base().cast(), self.accessible);
        if bytes == 0 {
            return true;
        }
        if self.one_mapping && bytes <= MOST_KEPT_BYTES && self.gives_zeros() {
            // SAFETY: nobody uses the memory any more. All of it is anonymous and private, so that it is zero next.
            return unsafe { rustix::mm::madvise(base, bytes, rustix::mm::Advice::LinuxDontNeed) }.is_ok();
        }
        (self.accessible, self.one_mapping) = (0, true);
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
        // SAFETY: the range is the accessible part of our reservation, which nobody uses any more.
        let is_clear = unsafe { rustix::mm::mmap_anonymous(base, bytes, ProtFlags::empty(), flags) }.is_ok();
        if !is_clear {
            // The range may not be ours any more: it is not touched again.
            (self.reserved, self.guard) = (0, 0);
        }
        is_clear
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if std::mem::take(&mut self.is_kept) && self.clear() {
            let Reservation { base, reserved, guard, accessible, growth, one_mapping, .. } = *self;
            let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() < MOST_KEPT {
                (self.reserved, self.guard) = (0, 0);
                return kept.push(Reservation {
                    base,
                    reserved,
                    guard,
                    accessible,
                    growth,
                    one_mapping,
                    is_kept: false,
                });
            }
        }
        let bytes = self.reserved + self.guard;
        if bytes != 0 {
            // SAFETY: the range is ours, and those who hold pointers into it know that it goes.
            let _ = unsafe { rustix::mm::munmap(self.base.as_ptr().cast(), bytes) };
        }
    }
}

#[cfg(test)]
mod tests;
