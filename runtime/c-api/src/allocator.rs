//! `wasm_runtime_malloc` and its like: memory for C programs, from where `wasm_runtime_full_init` said. What the runtime
//! itself needs comes from the system: it is freed after the program's own allocator or pool may be gone.

use std::ffi::c_void;

use crate::heap::Heap;

/// Where memory comes from.
#[derive(Default)]
pub enum Allocator {
    /// The system.
    #[default]
    System,
    /// A buffer of the program's.
    Pool(Pool),
    /// Functions of the program's.
    Functions(Functions),
}

/// Functions of the program's, which may call the runtime: they are copied out of the lock before they are called.
#[derive(Clone, Copy)]
pub struct Functions {
    /// As `malloc`.
    pub malloc: unsafe extern "C" fn(u32) -> *mut c_void,
    /// As `realloc`; none if the program has none.
    pub realloc: Option<unsafe extern "C" fn(*mut c_void, u32) -> *mut c_void>,
    /// As `free`.
    pub free: unsafe extern "C" fn(*mut c_void),
}

/// A buffer that is divided up.
pub struct Pool {
    start: usize,
    heap: Heap,
}

impl Pool {
    /// A pool of a buffer.
    pub fn new(start: *mut c_void, size: u32) -> Pool {
        // Addresses are multiples of 16.
        let lost = start.addr().next_multiple_of(16) - start.addr();
        let size = u64::from(size).saturating_sub(lost as u64);
        Pool { start: start.expose_provenance() + lost, heap: Heap::new(0, size) }
    }

    /// Bytes in all, free, and the most that were used.
    pub fn figures(&self) -> [u64; 3] {
        [self.heap.size(), self.heap.free_bytes(), self.heap.most_used()]
    }
}

impl Pool {
    /// Memory, or null.
    pub fn malloc(&mut self, size: u32) -> *mut c_void {
        match self.heap.allocate(u64::from(size)) {
            Some(offset) => std::ptr::with_exposed_provenance_mut(self.start + offset as usize),
            None => std::ptr::null_mut(),
        }
    }

    /// Memory that was got here, larger or smaller; null, and the old memory stays, if there is no room.
    ///
    /// # Safety
    ///
    /// `old` is null or came from here.
    pub unsafe fn realloc(&mut self, old: *mut c_void, size: u32) -> *mut c_void {
        let offset = (old.addr() as u64).wrapping_sub(self.start as u64);
        let known = if old.is_null() { Some(0) } else { self.heap.size_of(offset) };
        let Some(known) = known else { return std::ptr::null_mut() };
        let new = self.malloc(size);
        if !new.is_null() && !old.is_null() {
            let kept = known.min(u64::from(size)) as usize;
            // SAFETY: both are blocks of the pool, and not the same.
            unsafe { std::ptr::copy_nonoverlapping(old.cast::<u8>(), new.cast(), kept) };
            self.free(old);
        }
        new
    }

    /// Gives memory back; what is none of the pool's is left alone.
    pub fn free(&mut self, old: *mut c_void) {
        self.heap.free((old.addr() as u64).wrapping_sub(self.start as u64));
    }
}
