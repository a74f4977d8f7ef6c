//! The heap's two spaces. New objects go into one, one behind the other; a collection moves what is alive
//! to the other ([`super::collect`]) and they change places.
//!
//! Address space for each is reserved once, as much as the store may use, so that the space in use can
//! grow where it stands: making an object never moves another unless a collection was asked for. How much
//! is used before the next collection depends on what the last one left.
//!
//! # Safety contract
//!
//! Between the start of the space in use and the store's `heap_top` stand objects, and between them what an
//! interrupted function left unfinished, which nothing refers to: the space is not to be walked. Above it, up to `heap_end`, is memory that may be written. Compiled code moves `heap_top`, everything else is
//! done here, while it waits.

use aot_format::abi::OBJECT_ALIGN;

use crate::sys::memory::Reservation;
use crate::vm::objects::VMObject;
use crate::vm::structs::VMStoreContext;

/// Bytes that are used at least between two collections.
const MIN_ALLOCATED_BYTES: u64 = 1 << 20;
/// Less address space than this is not worth having.
const MIN_RESERVATION_BYTES: u64 = 1 << 16;

/// A store's heap.
#[derive(Default)]
pub(crate) struct Heap {
    spaces: Option<Spaces>,
    /// Bytes in use at which a collection is due.
    threshold: u64,
    /// Collects before every object, for tests.
    pub(crate) stress: bool,
    /// How often it was collected.
    pub(crate) collections: u64,
}

/// Two reservations of one size.
pub(super) struct Spaces {
    pub(super) active: Reservation,
    pub(super) idle: Reservation,
}

impl Heap {
    pub(crate) fn new(stress: bool) -> Heap {
        Heap { threshold: MIN_ALLOCATED_BYTES, stress, ..Heap::default() }
    }

    /// Bytes of objects.
    pub(crate) fn used_bytes(&self, vm: &VMStoreContext) -> u64 {
        self.spaces.as_ref().map_or(0, |spaces| (vm.heap_top - spaces.active.base().addr()) as u64)
    }

    /// Whether there should be a collection before so many more bytes are used.
    pub(super) fn is_due(&self, vm: &VMStoreContext, bytes: u64) -> bool {
        self.spaces.is_some() && (self.stress || self.used_bytes(vm).saturating_add(bytes) > self.threshold)
    }

    /// Room for an object of so many bytes, whose head is not written yet; nothing past `max_bytes` in all,
    /// or where the system has no more.
    pub(crate) fn allocate(&mut self, vm: &mut VMStoreContext, bytes: u64, max_bytes: u64) -> Option<*mut VMObject> {
        debug_assert!(bytes.is_multiple_of(u64::from(OBJECT_ALIGN)));
        let used = self.used_bytes(vm);
        let end = used.checked_add(bytes).filter(|end| *end <= max_bytes)?;
        if self.spaces.is_none() {
            self.spaces = Spaces::reserve(max_bytes);
        }
        let active = &mut self.spaces.as_mut()?.active;
        // Compiled code may go on up to here.
        let open = if self.stress { end } else { self.threshold.min(max_bytes).max(end) };
        let open = open.min(active.reserved_bytes() as u64);
        if open < end {
            return None;
        }
        active.grow_to(usize::try_from(open).ok()?).ok()?;
        let base = active.base();
        vm.heap_top = base.expose_provenance() + end as usize;
        vm.heap_end = base.addr() + open as usize;
        Some(base.wrapping_add(used as usize).cast())
    }

    /// The two spaces, with as much room as `max_bytes` where that can be had.
    pub(super) fn spaces_for_collection(&mut self, max_bytes: u64) -> Option<&mut Spaces> {
        let spaces = self.spaces.as_mut()?;
        // The limit may have been raised since.
        if (spaces.idle.reserved_bytes() as u64) < max_bytes
            && let Some(larger) = Spaces::one(max_bytes)
            && larger.reserved_bytes() > spaces.idle.reserved_bytes()
        {
            spaces.idle = larger;
        }
        Some(spaces)
    }

    /// The spaces have changed places, and `live` bytes are in use.
    pub(super) fn collected(&mut self, vm: &mut VMStoreContext, live: u64) {
        self.collections += 1;
        self.threshold = live.saturating_add(live.max(MIN_ALLOCATED_BYTES));
        let Some(spaces) = &mut self.spaces else { return };
        // What the next collection will probably fill stays; having it anew costs as much as copying it.
        spaces.idle.discard_from(live.max(MIN_ALLOCATED_BYTES) as usize);
        vm.heap_top = spaces.active.base().expose_provenance() + live as usize;
        // Nothing more without asking: that opens what there is.
        vm.heap_end = vm.heap_top;
    }

    /// Whether an address is that of an object.
    pub(crate) fn contains(&self, vm: &VMStoreContext, address: u64) -> bool {
        let start = self.spaces.as_ref().map_or(vm.heap_top, |spaces| spaces.active.base().addr());
        (start as u64..vm.heap_top as u64).contains(&address)
    }
}

impl Spaces {
    fn reserve(max_bytes: u64) -> Option<Spaces> {
        let active = Spaces::one(max_bytes)?;
        let idle = Spaces::one(active.reserved_bytes() as u64)?;
        Some(Spaces { active, idle })
    }

    /// Address space for so many bytes, or for as many as can be had.
    fn one(max_bytes: u64) -> Option<Reservation> {
        let mut bytes = max_bytes;
        loop {
            if let Some(reservation) = usize::try_from(bytes).ok().and_then(|bytes| Reservation::fixed(bytes).ok()) {
                return Some(reservation);
            }
            bytes /= 2;
            if bytes < MIN_RESERVATION_BYTES {
                return None;
            }
        }
    }
}
