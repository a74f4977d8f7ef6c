//! `wasm_runtime_malloc` and its like: memory for C programs, from where `wasm_runtime_full_init` said. What the runtime
//! itself needs comes from the system: it is freed after the program's own allocator or pool may be gone.

use std::ffi::c_void;

use crate::heap::Heap;

type Malloc = unsafe extern "C" fn(u32) -> *mut c_void;
type Realloc = unsafe extern "C" fn(*mut c_void, u32) -> *mut c_void;
type Free = unsafe extern "C" fn(*mut c_void);

/// Where memory comes from.
#[derive(Default)]
pub enum Allocator {
    /// The system.
    #[default]
    System,
    /// A buffer of the program's.
    Pool(Pool),
    /// Functions of the program's.
    Functions {
        /// As `malloc`.
        malloc: Malloc,
        /// As `realloc`; none if the program has none.
        realloc: Option<Realloc>,
        /// As `free`.
        free: Free,
    },
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

impl Allocator {
    /// Memory, or null.
    pub fn malloc(&mut self, size: u32) -> *mut c_void {
        match self {
            // SAFETY: any size is fine.
            Allocator::System => unsafe { libc::malloc(size.max(1) as usize) },
            Allocator::Pool(pool) => match pool.heap.allocate(u64::from(size)) {
                Some(offset) => std::ptr::with_exposed_provenance_mut(pool.start + offset as usize),
                None => std::ptr::null_mut(),
            },
            // SAFETY: what the program gave as its malloc.
            Allocator::Functions { malloc, .. } => unsafe { malloc(size) },
        }
    }

    /// Memory that was got here, larger or smaller; null, and the old memory stays, if there is no room.
    ///
    /// # Safety
    ///
    /// `old` is null or came from here.
    pub unsafe fn realloc(&mut self, old: *mut c_void, size: u32) -> *mut c_void {
        match self {
            // SAFETY: by the caller.
            Allocator::System => unsafe { libc::realloc(old, size.max(1) as usize) },
            // SAFETY: by the caller.
            Allocator::Functions { realloc: Some(realloc), .. } => unsafe { realloc(old, size) },
            Allocator::Functions { .. } => std::ptr::null_mut(),
            Allocator::Pool(pool) => {
                let offset = (old.addr() as u64).wrapping_sub(pool.start as u64);
                let known = if old.is_null() { Some(0) } else { pool.heap.size_of(offset) };
                let Some(known) = known else { return std::ptr::null_mut() };
                let new = self.malloc(size);
                if !new.is_null() && !old.is_null() {
                    // SAFETY: both are blocks of the pool, and not the same.
                    unsafe {
                        std::ptr::copy_nonoverlapping(old.cast::<u8>(), new.cast(), known.min(u64::from(size)) as usize)
                    };
                    // SAFETY: by the caller.
                    unsafe { self.free(old) };
                }
                new
            }
        }
    }

    /// Gives memory back.
    ///
    /// # Safety
    ///
    /// `old` is null or came from here.
    pub unsafe fn free(&mut self, old: *mut c_void) {
        match self {
            // SAFETY: by the caller.
            Allocator::System => unsafe { libc::free(old) },
            // SAFETY: by the caller.
            Allocator::Functions { free, .. } if !old.is_null() => unsafe { free(old) },
            Allocator::Functions { .. } => {}
            Allocator::Pool(pool) => {
                pool.heap.free((old.addr() as u64).wrapping_sub(pool.start as u64));
            }
        }
    }
}
