//! Loads and stores of linear memory, and how their bounds are checked.
//!
//! * **Known to be in bounds.** A constant address below the memory's minimum length needs no check
//!   and cannot trap: memories never shrink.
//! * **Guarded.** A 32-bit memory with 64 KiB pages reserves all that 32 bits can address and a guard
//!   behind it. `base + index + offset` lies in there for every index as long as offset and width
//!   are within the guard, so the hardware finds what is out of bounds.
//! * **Fenced.** A 64-bit memory with 64 KiB pages has a guard behind its last byte. An index that is
//!   at most the length, plus an offset and width within the guard, is in bounds or faults there, so
//!   only the index is compared: nothing is added that could overflow, and accesses to several fields
//!   of one structure share the comparison.
//! * **Checked.** Everything else compares the end of the access with the current length: memories
//!   with other pages, whose length need not end where a page of the host does, offsets past the
//!   guard, and all memories where guards are not to be relied on.
//!
//! With the Spectre mitigation the address of what is out of bounds becomes null by a select that the
//! processor cannot predict, and the access traps; without, a branch does.

use aot_format::abi::{GUARD_BYTES, GUARDED_RESERVATION_BYTES, Guard, Memory, TrapCode};
use aot_format::types::{ExternKind, MemoryType};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::{Inst, InstBuilder, MemFlagsData, Value, types};
use wasmparser::{MemArg, MemArgTarget};

use super::function::FuncTranslator;
use super::regions::{self, Region};
use super::scaled::Scaled;
use super::signature::POINTER;
use super::trap;
use super::vmctx::Place;
use crate::error::BodyError;

/// Memories that are preloaded at the beginning of a loop: the first of the module.
const MAX_PRELOADED: usize = 2;

/// Operands of a CLIF load or store.
pub(super) struct Access {
    pub(super) flags: MemFlagsData,
    pub(super) address: Value,
    pub(super) offset: Offset32,
}

/// Where a checked access out of bounds traps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trapping {
    /// At the access itself, if its address is masked.
    Access,
    /// At a branch before it.
    Branch,
}

/// The static part of an access: what the instruction says.
struct Static {
    memory: u32,
    offset: u64,
    /// Offset of the first byte after the access, from the index.
    end: Option<u64>,
}

impl FuncTranslator<'_, '_> {
    fn memory_type(&self, index: u32) -> MemoryType {
        let own = self.module.memories[index as usize];
        // What is defined may be known to be larger than what is asked for.
        self.definition(ExternKind::Memory, index).map_or(own, |definition| self.set.memory_type(definition))
    }

    fn memory(&mut self, index: u32) -> Place {
        match self.definition(ExternKind::Memory, index) {
            Some(definition) => {
                let offset = self.set.module(definition.member).layout.memory(definition.index);
                let place = self.place_of(definition.member, offset);
                if !self.memory_type(index).shared {
                    return place;
                }
                // It is nobody's own.
                Place { base: self.load_constant(place, POINTER), offset: 0 }
            }
            None => self.imported(self.module.layout.imported_memory(index)),
        }
    }

    /// Whether an index of 32 bits cannot leave the reservation.
    fn is_guarded(&self, index: u32) -> bool {
        self.settings.guarded_memories && Guard::of(&self.memory_type(index)) == Guard::Reservation
    }

    /// Whether a guard begins where the memory ends.
    fn is_fenced(&self, index: u32) -> bool {
        self.settings.guarded_memories && Guard::of(&self.memory_type(index)) == Guard::Fence
    }

    /// Address of byte 0. It never changes if the memory is guarded, shared, or cannot grow.
    fn memory_base(&mut self, index: u32) -> Value {
        let ty = self.memory_type(index);
        let fixed = self.is_guarded(index) || ty.shared || fixed_length(ty).is_some();
        let base = self.memory(index).field(Memory::BASE);
        let flags =
            if fixed { regions::constant() } else { regions::trusted(self.builder.func, Region::MemoryDefinitions) };
        self.load_at(base, POINTER, flags)
    }

    /// Current length in bytes.
    pub(super) fn memory_length(&mut self, index: u32) -> Value {
        if let Some(length) = fixed_length(self.memory_type(index)) {
            return self.i64_const(length);
        }
        let length = self.memory(index).field(Memory::LENGTH);
        let flags = regions::trusted(self.builder.func, Region::MemoryDefinitions);
        if self.memory_type(index).shared {
            // Another thread may have grown it since the last load.
            let address = self.address(length);
            return self.builder.ins().atomic_load(POINTER, flags, address);
        }
        self.load_at(length, POINTER, flags)
    }

    /// Loads, before a loop begins, what accesses in it would load each time: base and length of
    /// memories where these can change. Where nothing in the loop calls or grows, the code generator
    /// finds the values known and loads nothing there; otherwise this was for nothing, once a loop.
    pub(super) fn preload_memories(&mut self) {
        let count = self.module.memories.len().min(MAX_PRELOADED);
        for index in 0..count as u32 {
            // The length of a shared memory is another thread's to change.
            if !self.is_guarded(index) && !self.memory_type(index).shared {
                self.memory_length(index);
                self.memory_base(index);
            }
        }
    }

    fn heap_flags(&mut self, memory: u32, code: Option<cranelift_codegen::ir::TrapCode>) -> MemFlagsData {
        let region = match self.definition(ExternKind::Memory, memory) {
            Some(definition) => Region::Memory(definition),
            None => Region::ImportedMemories,
        };
        regions::heap(self.builder.func, region, code)
    }

    /// The memory that an instruction names.
    pub(super) fn memory_of(&self, memarg: &MemArg) -> Result<u32, BodyError> {
        match memarg.target {
            MemArgTarget::Memory(memory) => Ok(memory),
            _ => Err(BodyError::Unsupported { feature: "multibyte array access", offset: self.offset }),
        }
    }

    /// Pops the index and checks the access. `None` if it traps whatever the index is; the trap has
    /// then been emitted.
    pub(super) fn access(&mut self, memarg: MemArg, width: u8) -> Result<Option<Access>, BodyError> {
        let index = self.pop();
        self.access_at(memarg, width, index, Trapping::Access)
    }

    /// The same at an index that was popped, and where an access out of bounds is to trap.
    pub(super) fn access_at(
        &mut self,
        memarg: MemArg,
        width: u8,
        index: Value,
        trapping: Trapping,
    ) -> Result<Option<Access>, BodyError> {
        let memory = self.memory_of(&memarg)?;
        let what = Static { memory, offset: memarg.offset, end: memarg.offset.checked_add(u64::from(width)) };
        if let Some(access) = self.constant_access(&what, index) {
            return Ok(Some(access));
        }
        match what.end {
            Some(end) if self.is_guarded(memory) && end <= GUARD_BYTES => Ok(Some(self.guarded_access(&what, index))),
            Some(end) => {
                let index = self.extend_index(index);
                let outside = self.is_outside(memory, index, end);
                Ok(Some(self.checked_access(&what, index, outside, trapping)))
            }
            None => {
                self.trap(TrapCode::MemoryOutOfBounds);
                Ok(None)
            }
        }
    }

    /// An access at a constant index that needs no check.
    fn constant_access(&mut self, what: &Static, index: Value) -> Option<Access> {
        let index = self.constant(index)?;
        let (start, end) = (index.checked_add(what.offset)?, index.checked_add(what.end?)?);
        let code = if end <= min_length(self.memory_type(what.memory)) {
            None
        } else if self.is_guarded(what.memory) && end <= GUARDED_RESERVATION_BYTES + GUARD_BYTES {
            Some(trap::RESERVATION_FAULT)
        } else {
            return None;
        };
        let base = self.memory_base(what.memory);
        let flags = self.heap_flags(what.memory, code);
        Some(match i32::try_from(start) {
            Ok(offset) => Access { flags, address: base, offset: offset.into() },
            Err(_) => {
                let start = self.i64_const(start);
                Access { flags, address: self.builder.ins().iadd(base, start), offset: 0.into() }
            }
        })
    }

    fn guarded_access(&mut self, what: &Static, index: Value) -> Access {
        let ends_in_guard = |scaled: &Scaled| what.end.is_some_and(|end| end + u64::from(scaled.added) <= GUARD_BYTES);
        let (index, added) = match Scaled::of(&self.builder.func.dfg, index).filter(ends_in_guard) {
            Some(scaled) => (scaled.product(&mut self.builder), scaled.added),
            None => (self.extend_index(index), 0),
        };
        let base = self.memory_base(what.memory);
        let flags = self.heap_flags(what.memory, Some(trap::RESERVATION_FAULT));
        // At most the size of the guard: fits.
        let offset = Offset32::new((what.offset + u64::from(added)) as i32);
        Access { flags, address: self.builder.ins().iadd(base, index), offset }
    }

    /// Whether an access that ends `end` bytes after an index is out of bounds. For a fenced memory the
    /// answer may be no where the access faults.
    fn is_outside(&mut self, memory: u32, index: Value, end: u64) -> Value {
        if self.is_fenced(memory) && end <= GUARD_BYTES {
            let length = self.memory_length(memory);
            return self.builder.ins().icmp(IntCC::UnsignedGreaterThan, index, length);
        }
        self.exceeds(memory, index, end)
    }

    /// The same, and the answer is never no for what is out of bounds.
    fn exceeds(&mut self, memory: u32, index: Value, end: u64) -> Value {
        let ty = self.memory_type(memory);
        let length = self.memory_length(memory);
        let end_bytes = self.i64_const(end);
        if end <= min_length(ty) {
            // What is subtracted is there, and does not depend on the index.
            let last = self.builder.ins().isub(length, end_bytes);
            return self.builder.ins().icmp(IntCC::UnsignedGreaterThan, index, last);
        }
        let end = self.end_of(ty, index, end_bytes);
        self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, length)
    }

    /// An index plus a length, both of 64 bits. Two 32-bit numbers do not overflow these; two 64-bit numbers do, and trap.
    fn end_of(&mut self, ty: MemoryType, index: Value, length: Value) -> Value {
        if !ty.index64 {
            return self.builder.ins().iadd(index, length);
        }
        let end = self.builder.ins().uadd_overflow_trap(index, length, trap::to_clif(TrapCode::MemoryOutOfBounds));
        self.locate_value(end)
    }

    /// The address of a range that begins at an index and has so many bytes, 64 bits, once it was found to be in bounds.
    pub(super) fn checked_range(&mut self, memory: u32, index: Value, bytes: Value) -> Value {
        let index = self.extend_index(index);
        let end = self.end_of(self.memory_type(memory), index, bytes);
        let length = self.memory_length(memory);
        let outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, length);
        self.trap_if(outside, TrapCode::MemoryOutOfBounds);
        let base = self.memory_base(memory);
        self.builder.ins().iadd(base, index)
    }

    /// An access to any part of a range that begins at an index and has so many bytes, at most [`GUARD_BYTES`]. If its
    /// flags have a trap code, what is out of bounds faults; otherwise all of it is in bounds.
    pub(super) fn range(&mut self, memory: u32, index: Value, bytes: u64) -> Access {
        let what = Static { memory, offset: 0, end: Some(bytes) };
        if let Some(access) = self.constant_access(&what, index)
            && i32::from(access.offset).checked_add(GUARD_BYTES as i32).is_some()
        {
            return access;
        }
        if self.is_guarded(memory) {
            return self.guarded_access(&what, index);
        }
        let index = self.extend_index(index);
        let outside = self.exceeds(memory, index, bytes);
        let access = self.checked_access(&what, index, outside, Trapping::Branch);
        Access { flags: self.heap_flags(memory, None), ..access }
    }

    fn checked_access(&mut self, what: &Static, index: Value, outside: Value, trapping: Trapping) -> Access {
        let masked = self.settings.spectre_heap;
        let branch = !masked || trapping == Trapping::Branch;
        if branch {
            self.trap_if(outside, TrapCode::MemoryOutOfBounds);
        }
        let base = self.memory_base(what.memory);
        let mut address = self.builder.ins().iadd(base, index);
        let mut offset = i32::try_from(what.offset).unwrap_or(0);
        if what.offset != 0 && (masked || offset == 0) {
            let bytes = self.i64_const(what.offset);
            address = self.builder.ins().iadd(address, bytes);
            offset = 0;
        }
        if masked {
            let null = self.i64_const(0);
            address = self.builder.ins().select_spectre_guard(outside, null, address);
        }
        let code = if !branch {
            Some(trap::to_clif(TrapCode::MemoryOutOfBounds))
        } else {
            self.is_fenced(what.memory).then_some(trap::FENCE_FAULT)
        };
        Access { flags: self.heap_flags(what.memory, code), address, offset: offset.into() }
    }

    /// Gives a load its place in the wasm, if it can trap.
    pub(super) fn locate_access(&mut self, flags: MemFlagsData, loaded: Value) {
        if flags.trap_code().is_some() {
            self.locate_value(loaded);
        }
    }

    pub(super) fn finish_load(&mut self, flags: MemFlagsData, value: Value) {
        self.locate_access(flags, value);
        self.push(value);
    }

    pub(super) fn finish_store(&mut self, flags: MemFlagsData, store: Inst) {
        if flags.trap_code().is_some() {
            self.locate(store);
        }
    }
}

/// The length in bytes below which a memory of this type never is. One of 2^64 bytes is never made, so
/// what its code says does not matter.
fn min_length(ty: MemoryType) -> u64 {
    ty.min_bytes().unwrap_or(u64::MAX)
}

/// The length in bytes of a memory that cannot grow, its own or imported.
fn fixed_length(ty: MemoryType) -> Option<u64> {
    (ty.max == Some(ty.min)).then(|| min_length(ty))
}

macro_rules! loads {
    ($($visit:ident => $inst:ident($($ty:ident)?), $width:literal;)*) => { $(
        pub(super) fn $visit(&mut self, memarg: MemArg) -> Result<(), BodyError> {
            if let Some(Access { flags, address, offset }) = self.access(memarg, $width)? {
                let value = self.builder.ins().$inst($(types::$ty,)? flags, address, offset);
                self.finish_load(flags, value);
            }
            Ok(())
        }
    )* };
}

macro_rules! stores {
    ($($visit:ident => $inst:ident, $width:literal;)*) => { $(
        pub(super) fn $visit(&mut self, memarg: MemArg) -> Result<(), BodyError> {
            let value = self.pop();
            if let Some(Access { flags, address, offset }) = self.access(memarg, $width)? {
                let store = self.builder.ins().$inst(flags, value, address, offset);
                self.finish_store(flags, store);
            }
            Ok(())
        }
    )* };
}

impl FuncTranslator<'_, '_> {
    loads! {
        visit_i32_load => load(I32), 4;
        visit_i64_load => load(I64), 8;
        visit_f32_load => load(F32), 4;
        visit_f64_load => load(F64), 8;
        visit_i32_load8_s => sload8(I32), 1;
        visit_i32_load8_u => uload8(I32), 1;
        visit_i32_load16_s => sload16(I32), 2;
        visit_i32_load16_u => uload16(I32), 2;
        visit_i64_load8_s => sload8(I64), 1;
        visit_i64_load8_u => uload8(I64), 1;
        visit_i64_load16_s => sload16(I64), 2;
        visit_i64_load16_u => uload16(I64), 2;
        visit_i64_load32_s => sload32(), 4;
        visit_i64_load32_u => uload32(), 4;
    }

    stores! {
        visit_i32_store => store, 4;
        visit_i64_store => store, 8;
        visit_f32_store => store, 4;
        visit_f64_store => store, 8;
        visit_i32_store8 => istore8, 1;
        visit_i32_store16 => istore16, 2;
        visit_i64_store8 => istore8, 1;
        visit_i64_store16 => istore16, 2;
        visit_i64_store32 => istore32, 4;
    }
}
