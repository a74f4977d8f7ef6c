//! The services compiled code calls through `Vmctx::builtins`: growing, copying, filling and
//! initialising memories and tables, dropping segments, subtype tests, throwing, and waiting and notifying
//! in shared memories. What is here is the
//! arithmetic: every bounds check, and every write through a raw pointer. What they work on comes
//! from a [`BuiltinHost`], which the runtime's instance implements.
//!
//! # Safety contract
//!
//! The functions in a [`VMBuiltins`] are called by compiled code only, with the vmctx of the
//! calling instance and with indices that the compiler took from a validated module. Lengths and
//! offsets come from the guest and are never trusted: each is checked in 64-bit arithmetic that
//! cannot wrap, against the length that holds at the time of the call, before any byte is touched.
//! The ranges that memories are copied to and from, and filled, are addresses, checked by compiled
//! code as those of its own loads and stores are. Nothing here panics; a [`BuiltinHost`] that
//! panics aborts the process, for the functions have the C ABI.

use core::ptr;

use aot_format::abi::{Builtin, TrapCode};

use super::objects::{VMObject, VMTypeDescriptor};
use super::racy;
use super::structs::{VMException, VMMemory, VMTable, Vmctx};
use crate::externs::shared_memory::Expected;

mod arrays;

/// What the built-in functions need of the runtime's instance.
///
/// # Safety
///
/// Implementations must return, for any index that is valid in the module of `vmctx`:
/// from `memory` and `table`, pointers to live definitions whose base and length describe memory
/// that may be read and written; from `data_segment`, bytes that stay in place until the segment is
/// dropped and that lie in none of the store's memories. They must not touch the memories and
/// tables of the store from other threads meanwhile, nor unwind.
pub(crate) unsafe trait BuiltinHost {
    /// Grows a memory; its previous length in pages, or -1.
    ///
    /// # Safety
    /// `vmctx` is that of the calling instance and `memory` is valid in its module. The same holds
    /// for all other functions of this trait.
    unsafe fn memory_grow(vmctx: *mut Vmctx, memory: u32, delta_pages: u64) -> i64;
    /// The definition of a memory, wherever it lives.
    unsafe fn memory(vmctx: *mut Vmctx, memory: u32) -> *mut VMMemory;
    /// Whether other threads may access the memory.
    unsafe fn is_shared(vmctx: *mut Vmctx, memory: u32) -> bool;
    /// Whether the store is to be stopped. If so, it notes that the builtin gives up: compiled code then
    /// traps, and that becomes an interruption.
    unsafe fn gives_up(vmctx: *mut Vmctx) -> bool;
    /// Waits at an address of a shared memory, which is aligned and, so far, not checked: 0 woken, 1 not the
    /// expected value, 2 timed out, or -1 if it is out of bounds, or gave up.
    unsafe fn memory_wait(vmctx: *mut Vmctx, memory: u32, address: u64, expected: Expected, timeout: i64) -> i64;
    /// Wakes waiters at an address: their number, or -1 if it is out of bounds.
    unsafe fn memory_notify(vmctx: *mut Vmctx, memory: u32, address: u64, count: u32) -> i64;
    /// The bytes of a data segment; none when it has been dropped.
    unsafe fn data_segment(vmctx: *mut Vmctx, segment: u32) -> *const [u8];
    /// Drops a data segment.
    unsafe fn data_drop(vmctx: *mut Vmctx, segment: u32);
    /// Grows a table, filling the new elements with `init`; its previous length, or -1.
    unsafe fn table_grow(vmctx: *mut Vmctx, table: u32, delta: u64, init: u64) -> i64;
    /// The definition of a table, wherever it lives.
    unsafe fn table(vmctx: *mut Vmctx, table: u32) -> *mut VMTable;
    /// Number of elements of an element segment; zero when it has been dropped.
    unsafe fn elem_length(vmctx: *mut Vmctx, segment: u32) -> u64;
    /// Writes `len` elements of a segment, from element `first` on, to `into`. The range has been
    /// checked against [`BuiltinHost::elem_length`], and `into` has room for them.
    unsafe fn elem_read(vmctx: *mut Vmctx, segment: u32, first: u64, len: u64, into: *mut u64);
    /// Drops an element segment.
    unsafe fn elem_drop(vmctx: *mut Vmctx, segment: u32);
    /// Whether the type with canonical id `actual` is a subtype of the one with id `expected`.
    unsafe fn is_subtype(vmctx: *mut Vmctx, actual: u32, expected: u32) -> bool;
    /// A new object of so many bytes, a multiple of [`OBJECT_ALIGN`], that are right for its descriptor, or
    /// for an array of this length: with its head and length, and zeros. Null if the heap is exhausted.
    /// All other objects may have moved. The service trampoline has recorded the caller's frame.
    unsafe fn object_new(
        vmctx: *mut Vmctx,
        descriptor: *const VMTypeDescriptor,
        bytes: u64,
        array: Option<u32>,
    ) -> *mut VMObject;
    /// Goes on at the handler of an exception, or where the host entered wasm. Its service trampoline
    /// has recorded the thrower's frame; `exception` is one of this store, and alive.
    unsafe fn throw(vmctx: *mut Vmctx, exception: *mut VMException) -> !;
}

const COUNT: usize = Builtin::ALL.len();

/// The array at `Vmctx::builtins`: the address of each [`Builtin`] at its index.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct VMBuiltins([*const (); COUNT]);

// SAFETY: the pointers are addresses of functions, which any thread may read and call.
unsafe impl Sync for VMBuiltins {}

impl VMBuiltins {
    /// The table for one kind of instance. The runtime has one, in a `static`.
    pub(crate) const fn of<H: BuiltinHost>() -> VMBuiltins {
        let mut table = [ptr::null(); COUNT];
        let mut i = 0;
        while i < COUNT {
            table[i] = match Builtin::ALL[i] {
                Builtin::MemoryGrow => memory_grow::<H> as *const (),
                Builtin::MemoryCopy => memory_copy::<H> as *const (),
                Builtin::MemoryFill => memory_fill::<H> as *const (),
                Builtin::MemoryInit => memory_init::<H> as *const (),
                Builtin::DataDrop => data_drop::<H> as *const (),
                Builtin::TableGrow => table_grow::<H> as *const (),
                Builtin::TableFill => table_fill::<H> as *const (),
                Builtin::TableCopy => table_copy::<H> as *const (),
                Builtin::TableInit => table_init::<H> as *const (),
                Builtin::ElemDrop => elem_drop::<H> as *const (),
                Builtin::IsSubtype => is_subtype::<H> as *const (),
                Builtin::ObjectNew => arrays::object_new::<H> as *const (),
                Builtin::Throw => throw::<H> as *const (),
                Builtin::ArrayNew => arrays::array_new::<H> as *const (),
                Builtin::ArrayNewData => arrays::array_new_data::<H> as *const (),
                Builtin::ArrayNewElem => arrays::array_new_elem::<H> as *const (),
                Builtin::ArrayCopy => arrays::array_copy as *const (),
                Builtin::ArrayFill => arrays::array_fill as *const (),
                Builtin::ArrayInitData => arrays::array_init_data::<H> as *const (),
                Builtin::ArrayInitElem => arrays::array_init_elem::<H> as *const (),
                Builtin::MemoryWait32 => memory_wait32::<H> as *const (),
                Builtin::MemoryWait64 => memory_wait64::<H> as *const (),
                Builtin::MemoryNotify => memory_notify::<H> as *const (),
            };
            i += 1;
        }
        VMBuiltins(table)
    }

    /// The address of one function.
    #[cfg(test)]
    pub(crate) fn address(&self, builtin: Builtin) -> *const () {
        self.0[builtin as usize]
    }
}

const OK: u32 = 0;
const MEMORY_OUT_OF_BOUNDS: u32 = TrapCode::MemoryOutOfBounds as u32;
const TABLE_OUT_OF_BOUNDS: u32 = TrapCode::TableOutOfBounds as u32;

/// The one bounds check: whether `[start, start + len)` lies in `[0, length)`.
fn in_bounds(start: u64, len: u64, length: u64) -> bool {
    start.checked_add(len).is_some_and(|end| end <= length)
}

/// Bytes that are copied or filled between two looks at whether to give up: some tens of microseconds.
const CHUNK_BYTES: usize = 1 << 20;

/// Does something to `len` bytes, chunk by chunk, given as start and length, the last chunk first if it goes
/// backwards. Gives up where the store is to be stopped: what is done is done, as with a trap.
fn for_chunks<H: BuiltinHost>(
    vmctx: *mut Vmctx,
    len: usize,
    backwards: bool,
    mut act: impl FnMut(usize, usize),
) -> u32 {
    let mut done = 0;
    while len - done > CHUNK_BYTES {
        act(if backwards { len - done - CHUNK_BYTES } else { done }, CHUNK_BYTES);
        done += CHUNK_BYTES;
        // SAFETY: the caller got the vmctx from compiled code.
        if unsafe { H::gives_up(vmctx) } {
            return MEMORY_OUT_OF_BOUNDS;
        }
    }
    act(if backwards { 0 } else { done }, len - done);
    OK
}

/// Bytes up to which a copy or fill is made here, by two loads and stores that overlap: calling `memmove` costs more.
const FEW_BYTES: usize = 16;

/// Copies some bytes; the ranges may overlap.
///
/// # Safety
///
/// Both ranges are valid.
#[inline]
unsafe fn copy_chunk(from: *const u8, to: *mut u8, len: usize) {
    /// The first and the last of the words that cover a range.
    ///
    /// # Safety
    ///
    /// Both ranges are valid, and at least as long as a word.
    #[inline(always)]
    unsafe fn ends<W>(from: *const u8, to: *mut u8, len: usize) {
        let last = len - size_of::<W>();
        // SAFETY: by the caller. Both are read before one is written.
        unsafe {
            let words = (from.cast::<W>().read_unaligned(), from.add(last).cast::<W>().read_unaligned());
            to.cast::<W>().write_unaligned(words.0);
            to.add(last).cast::<W>().write_unaligned(words.1);
        }
    }
    // SAFETY: by the caller, and the lengths are as `ends` wants.
    unsafe {
        match len {
            0 => {}
            1 => to.write(from.read()),
            2..4 => ends::<u16>(from, to, len),
            4..8 => ends::<u32>(from, to, len),
            8..=FEW_BYTES => ends::<u64>(from, to, len),
            _ => ptr::copy(from, to, len),
        }
    }
}

/// Sets some bytes.
///
/// # Safety
///
/// The range is valid.
#[inline]
unsafe fn fill_chunk(to: *mut u8, value: u8, len: usize) {
    let pattern = u64::from_ne_bytes([value; 8]);
    // SAFETY: by the caller: words at both ends lie within the range.
    unsafe {
        match len {
            0 => {}
            1 => to.write(value),
            2..4 => {
                to.cast::<u16>().write_unaligned(pattern as u16);
                to.add(len - 2).cast::<u16>().write_unaligned(pattern as u16);
            }
            4..8 => {
                to.cast::<u32>().write_unaligned(pattern as u32);
                to.add(len - 4).cast::<u32>().write_unaligned(pattern as u32);
            }
            8..=FEW_BYTES => {
                to.cast::<u64>().write_unaligned(pattern);
                to.add(len - 8).cast::<u64>().write_unaligned(pattern);
            }
            _ => ptr::write_bytes(to, value, len),
        }
    }
}

unsafe extern "C" fn memory_grow<H: BuiltinHost>(vmctx: *mut Vmctx, memory: u32, delta_pages: u64) -> i64 {
    // SAFETY: compiled code passes its own vmctx and an index of its module.
    unsafe { H::memory_grow(vmctx, memory, delta_pages) }
}

unsafe extern "C" fn memory_copy<H: BuiltinHost>(
    vmctx: *mut Vmctx,
    to: *mut u8,
    from: *const u8,
    len: u64,
    shared: u32,
) -> u32 {
    if shared == 0 && len <= CHUNK_BYTES as u64 {
        // SAFETY: compiled code found that both ranges lie within memories of its instance; they may overlap.
        unsafe { copy_chunk(from, to, len as usize) };
        return OK;
    }
    // Away from the overlap, so that no chunk overwrites what a later one reads.
    let backwards = to.addr() > from.addr() && to.addr() - from.addr() < len as usize;
    for_chunks::<H>(vmctx, len as usize, backwards, |start, len| {
        // SAFETY: compiled code found that both ranges lie within memories of its instance; both copies allow them to
        // overlap.
        unsafe {
            match shared {
                0 => ptr::copy(from.add(start), to.add(start), len),
                _ => racy::copy(from.add(start), to.add(start), len),
            }
        }
    })
}

unsafe extern "C" fn memory_fill<H: BuiltinHost>(
    vmctx: *mut Vmctx,
    to: *mut u8,
    value: u32,
    len: u64,
    shared: u32,
) -> u32 {
    if shared == 0 && len <= CHUNK_BYTES as u64 {
        // SAFETY: compiled code found that the range lies within a memory of its instance.
        unsafe { fill_chunk(to, value as u8, len as usize) };
        return OK;
    }
    for_chunks::<H>(vmctx, len as usize, false, |start, len| {
        // SAFETY: compiled code found that the range lies within a memory of its instance.
        unsafe {
            match shared {
                0 => ptr::write_bytes(to.add(start), value as u8, len),
                _ => racy::fill(to.add(start), value as u8, len),
            }
        }
    })
}

unsafe extern "C" fn memory_init<H: BuiltinHost>(
    vmctx: *mut Vmctx,
    memory: u32,
    segment: u32,
    dst: u64,
    src: u64,
    len: u64,
) -> u32 {
    // SAFETY: compiled code passes its own vmctx and indices of its module; definitions are live.
    let (to, data, racy) = unsafe {
        let to = VMMemory::load(H::memory(vmctx, memory));
        (to, H::data_segment(vmctx, segment), H::is_shared(vmctx, memory))
    };
    if !in_bounds(dst, len, to.length) || !in_bounds(src, len, data.len() as u64) {
        return MEMORY_OUT_OF_BOUNDS;
    }
    // SAFETY: both ranges were checked, and a segment lies in no memory, so they do not overlap.
    unsafe {
        let (from, to) = (data.cast::<u8>().add(src as usize), to.base.add(dst as usize));
        match racy {
            true => racy::copy(from, to, len as usize),
            false => ptr::copy_nonoverlapping(from, to, len as usize),
        }
    }
    OK
}

unsafe extern "C" fn data_drop<H: BuiltinHost>(vmctx: *mut Vmctx, segment: u32) {
    // SAFETY: compiled code passes its own vmctx and an index of its module.
    unsafe { H::data_drop(vmctx, segment) }
}

unsafe extern "C" fn table_grow<H: BuiltinHost>(vmctx: *mut Vmctx, table: u32, delta: u64, init: u64) -> i64 {
    // SAFETY: compiled code passes its own vmctx and an index of its module.
    unsafe { H::table_grow(vmctx, table, delta, init) }
}

unsafe extern "C" fn table_fill<H: BuiltinHost>(vmctx: *mut Vmctx, table: u32, dst: u64, value: u64, len: u64) -> u32 {
    // SAFETY: compiled code passes its own vmctx and an index of its module; definitions are live.
    let to = unsafe { H::table(vmctx, table).read() };
    if !in_bounds(dst, len, to.length) {
        return TABLE_OUT_OF_BOUNDS;
    }
    for index in dst..dst + len {
        // SAFETY: the whole range lies within the table.
        unsafe { to.elements.add(index as usize).write(value) };
    }
    OK
}

unsafe extern "C" fn table_copy<H: BuiltinHost>(
    vmctx: *mut Vmctx,
    dst_table: u32,
    src_table: u32,
    dst: u64,
    src: u64,
    len: u64,
) -> u32 {
    // SAFETY: compiled code passes its own vmctx and indices of its module; definitions are live.
    let (to, from) = unsafe { (H::table(vmctx, dst_table).read(), H::table(vmctx, src_table).read()) };
    if !in_bounds(dst, len, to.length) || !in_bounds(src, len, from.length) {
        return TABLE_OUT_OF_BOUNDS;
    }
    // SAFETY: both ranges lie within their tables; `copy` allows them to overlap.
    unsafe { ptr::copy(from.elements.add(src as usize), to.elements.add(dst as usize), len as usize) };
    OK
}

unsafe extern "C" fn table_init<H: BuiltinHost>(
    vmctx: *mut Vmctx,
    table: u32,
    segment: u32,
    dst: u64,
    src: u64,
    len: u64,
) -> u32 {
    // SAFETY: compiled code passes its own vmctx and indices of its module; definitions are live.
    let (to, length) = unsafe { (H::table(vmctx, table).read(), H::elem_length(vmctx, segment)) };
    if !in_bounds(dst, len, to.length) || !in_bounds(src, len, length) {
        return TABLE_OUT_OF_BOUNDS;
    }
    // SAFETY: both ranges were checked.
    unsafe { H::elem_read(vmctx, segment, src, len, to.elements.add(dst as usize)) };
    OK
}

unsafe extern "C" fn elem_drop<H: BuiltinHost>(vmctx: *mut Vmctx, segment: u32) {
    // SAFETY: compiled code passes its own vmctx and an index of its module.
    unsafe { H::elem_drop(vmctx, segment) }
}

unsafe extern "C" fn is_subtype<H: BuiltinHost>(vmctx: *mut Vmctx, actual: u32, expected: u32) -> u32 {
    // SAFETY: compiled code passes its own vmctx and ids of its engine.
    u32::from(unsafe { H::is_subtype(vmctx, actual, expected) })
}

unsafe extern "C" fn throw<H: BuiltinHost>(vmctx: *mut Vmctx, exception: *mut VMException) -> ! {
    // SAFETY: compiled code passes its own vmctx, and what it throws is not null.
    unsafe { H::throw(vmctx, exception) }
}

unsafe extern "C" fn memory_wait32<H: BuiltinHost>(
    vmctx: *mut Vmctx,
    memory: u32,
    address: u64,
    expected: u32,
    timeout: i64,
) -> i64 {
    // SAFETY: compiled code passes its own vmctx and an index of its module.
    unsafe { H::memory_wait(vmctx, memory, address, Expected::Word(expected), timeout) }
}

unsafe extern "C" fn memory_wait64<H: BuiltinHost>(
    vmctx: *mut Vmctx,
    memory: u32,
    address: u64,
    expected: u64,
    timeout: i64,
) -> i64 {
    // SAFETY: compiled code passes its own vmctx and an index of its module.
    unsafe { H::memory_wait(vmctx, memory, address, Expected::Double(expected), timeout) }
}

unsafe extern "C" fn memory_notify<H: BuiltinHost>(vmctx: *mut Vmctx, memory: u32, address: u64, count: u32) -> i64 {
    // SAFETY: compiled code passes its own vmctx and an index of its module.
    unsafe { H::memory_notify(vmctx, memory, address, count) }
}

#[cfg(test)]
mod tests;
