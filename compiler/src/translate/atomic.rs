//! Atomic accesses, fences, and `wait` and `notify`, which are the runtime's.
//!
//! An atomic access first checks that its address is a multiple of its width, then its bounds, and is
//! valid on memories that are not shared, too. What CLIF's atomic instructions want:
//!
//! * They take an address and no offset, so that the offset is added here.
//! * They are fences to alias analysis: nothing that was loaded before one is known behind it. All of
//!   wasm's are sequentially consistent, as they are.
//! * On riscv64 they drop the trap code of their flags. A fault in the guard of a memory needs none (its
//!   address says what it is), but one at null does: the address that replaces one out of bounds under the
//!   Spectre mitigation. So a checked atomic access traps at a branch, and its address is masked as well,
//!   for nothing to speculate past the branch.
//! * On x86-64 they are `lock` instructions and `mov` with `mfence`, on aarch64 instructions of LSE where the
//!   CPU has them and exclusive loads and stores where not. riscv64 has neither for less than a word and
//!   works on the aligned word around: its `atomic_rmw` is one load-reserved and store-conditional, but its
//!   `atomic_cas` loads the word twice and compares only the first, so that it can overwrite what another
//!   thread stored between. [`FuncTranslator::narrow_cas`] takes its place there, a loop over words.
//! * On aarch64 without LSE, `atomic_cas` of 32 bits compares 64 of the expected value's register, and whatever
//!   stands in its upper half. [`FuncTranslator::word_cas`] expects only what was loaded.

use aot_format::abi::{Builtin, TrapCode};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{AtomicRmwOp, InstBuilder, MemFlagsData, Type, Value, types};
use wasmparser::{MemArg, Ordering};

use super::function::FuncTranslator;
use super::memory_access::{Access, Trapping};
use crate::error::BodyError;

impl FuncTranslator<'_, '_> {
    /// Pops the index and checks alignment and bounds. `None` if it traps whatever the index is.
    fn atomic_access(&mut self, memarg: MemArg, ty: Type) -> Result<Option<(MemFlagsData, Value)>, BodyError> {
        let index = self.pop();
        self.check_alignment(&memarg, index, ty);
        let width = ty.bytes() as u8;
        let Some(Access { flags, address, offset }) = self.access_at(memarg, width, index, Trapping::Branch)? else {
            return Ok(None);
        };
        let address = match i64::from(offset) {
            0 => address,
            offset => self.builder.ins().iadd_imm_s(address, offset),
        };
        Ok(Some((flags, address)))
    }

    /// Traps unless index and offset are a multiple of the width of `ty`. A sum that wraps has the same low
    /// bits as one that does not.
    fn check_alignment(&mut self, memarg: &MemArg, index: Value, ty: Type) {
        let low_bits = u64::from(ty.bytes()) - 1;
        let misaligned = match self.constant(index) {
            _ if low_bits == 0 => return,
            Some(index) if index.wrapping_add(memarg.offset) & low_bits == 0 => return,
            _ => {
                let index = self.extend_index(index);
                let address = match memarg.offset & low_bits {
                    0 => index,
                    offset => self.builder.ins().iadd_imm_u(index, offset as i64),
                };
                self.builder.ins().band_imm_u(address, low_bits as i64)
            }
        };
        self.trap_if(misaligned, TrapCode::UnalignedAtomic);
    }

    /// An operand as what is stored of it.
    fn narrow(&mut self, value: Value, ty: Type) -> Value {
        match self.builder.func.dfg.value_type(value) == ty {
            true => value,
            false => self.builder.ins().ireduce(ty, value),
        }
    }

    /// Pushes what was loaded, zero-extended.
    fn push_extended(&mut self, loaded: Value, wide: Type) {
        let value = match self.builder.func.dfg.value_type(loaded) == wide {
            true => loaded,
            false => self.builder.ins().uextend(wide, loaded),
        };
        self.push(value);
    }

    fn atomic_load(&mut self, memarg: MemArg, wide: Type, ty: Type) -> Result<(), BodyError> {
        if let Some((flags, address)) = self.atomic_access(memarg, ty)? {
            let loaded = self.builder.ins().atomic_load(ty, flags, address);
            self.locate_access(flags, loaded);
            self.push_extended(loaded, wide);
        }
        Ok(())
    }

    fn atomic_store(&mut self, memarg: MemArg, ty: Type) -> Result<(), BodyError> {
        let value = self.pop();
        if let Some((flags, address)) = self.atomic_access(memarg, ty)? {
            let value = self.narrow(value, ty);
            let store = self.builder.ins().atomic_store(flags, value, address);
            self.finish_store(flags, store);
        }
        Ok(())
    }

    fn atomic_rmw(&mut self, memarg: MemArg, wide: Type, ty: Type, op: AtomicRmwOp) -> Result<(), BodyError> {
        let operand = self.pop();
        if let Some((flags, address)) = self.atomic_access(memarg, ty)? {
            let operand = self.narrow(operand, ty);
            let loaded = self.builder.ins().atomic_rmw(ty, flags, op, address, operand);
            self.locate_access(flags, loaded);
            self.push_extended(loaded, wide);
        }
        Ok(())
    }

    /// Compares as many bits as are loaded: the rest of what is expected means nothing.
    fn atomic_cmpxchg(&mut self, memarg: MemArg, wide: Type, ty: Type) -> Result<(), BodyError> {
        let replacement = self.pop();
        let expected = self.pop();
        if let Some((flags, address)) = self.atomic_access(memarg, ty)? {
            let (expected, replacement) = (self.narrow(expected, ty), self.narrow(replacement, ty));
            let loaded = match ty.bytes() {
                1 | 2 if !self.settings.narrow_cas => self.narrow_cas(flags, address, expected, replacement),
                4 if !self.settings.word_cas => self.word_cas(flags, address, expected, replacement),
                _ => {
                    let loaded = self.builder.ins().atomic_cas(flags, address, expected, replacement);
                    self.locate_access(flags, loaded);
                    loaded
                }
            };
            self.push_extended(loaded, wide);
        }
        Ok(())
    }

    /// Compare and exchange of less than a word by that of the aligned word around it. A memory has whole
    /// words: it is whole pages of 64 KiB, or its bytes up to the end of a host page are mapped.
    fn narrow_cas(&mut self, flags: MemFlagsData, address: Value, expected: Value, replacement: Value) -> Value {
        let ty = self.builder.func.dfg.value_type(expected);
        let ones = (1 << ty.bits()) - 1;
        let [attempt, exchange, done] = [(); 3].map(|()| self.builder.create_block());
        let word = self.builder.ins().band_imm_s(address, -4);
        let shift = self.builder.ins().band_imm_u(address, 3);
        let shift = self.builder.ins().ishl_imm_u(shift, 3);
        let mask = self.builder.ins().iconst(types::I32, ones);
        let mask = self.builder.ins().ishl(mask, shift);
        let wide = self.builder.ins().uextend(types::I32, replacement);
        let replacement = self.builder.ins().ishl(wide, shift);
        self.builder.ins().jump(attempt, &[]);

        self.builder.switch_to_block(attempt);
        let old = self.builder.ins().atomic_load(types::I32, flags, word);
        self.locate_access(flags, old);
        let loaded = self.builder.ins().ushr(old, shift);
        let loaded = self.builder.ins().ireduce(ty, loaded);
        let same = self.builder.ins().icmp(IntCC::Equal, loaded, expected);
        self.builder.ins().brif(same, exchange, &[], done, &[]);

        self.continue_in(exchange);
        let rest = self.builder.ins().band_not(old, mask);
        let new = self.builder.ins().bor(rest, replacement);
        let found = self.builder.ins().atomic_cas(flags, word, old, new);
        let stored = self.builder.ins().icmp(IntCC::Equal, found, old);
        self.builder.ins().brif(stored, done, &[], attempt, &[]);

        self.builder.seal_block(attempt);
        self.continue_in(done);
        loaded
    }

    /// Compare and exchange of a word where the upper half of the expected value's register has to be zero: it
    /// is that of a word that was loaded, and found to be what is expected.
    fn word_cas(&mut self, flags: MemFlagsData, address: Value, expected: Value, replacement: Value) -> Value {
        let [attempt, exchange, done] = [(); 3].map(|()| self.builder.create_block());
        self.builder.ins().jump(attempt, &[]);

        self.builder.switch_to_block(attempt);
        let loaded = self.builder.ins().atomic_load(types::I32, flags, address);
        self.locate_access(flags, loaded);
        let same = self.builder.ins().icmp(IntCC::Equal, loaded, expected);
        self.builder.ins().brif(same, exchange, &[], done, &[]);

        self.continue_in(exchange);
        let found = self.builder.ins().atomic_cas(flags, address, loaded, replacement);
        let stored = self.builder.ins().icmp(IntCC::Equal, found, loaded);
        self.builder.ins().brif(stored, done, &[], attempt, &[]);

        self.builder.seal_block(attempt);
        self.continue_in(done);
        loaded
    }

    pub(super) fn visit_atomic_fence(&mut self, _: Ordering) -> Result<(), BodyError> {
        self.builder.ins().fence();
        Ok(())
    }

    /// The memory as an argument, and the address: index and offset.
    fn parking_address(&mut self, memarg: &MemArg, index: Value) -> Result<[Value; 2], BodyError> {
        let memory = self.memory_of(memarg)?;
        let index64 = self.module.memories[memory as usize].index64;
        let index = self.extend_index(index);
        let address = match memarg.offset {
            0 => index,
            offset if index64 => {
                let offset = self.i64_const(offset);
                let code = super::trap::to_clif(TrapCode::MemoryOutOfBounds);
                let sum = self.builder.ins().uadd_overflow_trap(index, offset, code);
                self.locate_value(sum)
            }
            offset => {
                let offset = self.i64_const(offset);
                self.builder.ins().iadd(index, offset)
            }
        };
        Ok([self.index_const(memory), address])
    }

    /// Calls a builtin that gives a number, or less than zero to trap, and pushes the number.
    fn push_parked(&mut self, builtin: Builtin, args: &[Value]) {
        if let Some(result) = self.call_builtin(builtin, args) {
            let failed = self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, result, 0);
            self.trap_if(failed, TrapCode::MemoryOutOfBounds);
            let result = self.builder.ins().ireduce(types::I32, result);
            self.push(result);
        }
    }

    fn wait(&mut self, memarg: MemArg, ty: Type, builtin: Builtin) -> Result<(), BodyError> {
        let (timeout, expected) = (self.pop(), self.pop());
        let memory = self.memory_of(&memarg)?;
        if !self.module.memories[memory as usize].shared {
            // Nobody could wake it. What it would compare is loaded, for the traps that come first.
            if let Some((flags, address)) = self.atomic_access(memarg, ty)? {
                let loaded = self.builder.ins().atomic_load(ty, flags, address);
                self.locate_access(flags, loaded);
                self.trap(TrapCode::ExpectedSharedMemory);
            }
            return Ok(());
        }
        let index = self.pop();
        self.check_alignment(&memarg, index, ty);
        let [memory, address] = self.parking_address(&memarg, index)?;
        self.push_parked(builtin, &[memory, address, expected, timeout]);
        Ok(())
    }

    pub(super) fn visit_memory_atomic_wait32(&mut self, memarg: MemArg) -> Result<(), BodyError> {
        self.wait(memarg, types::I32, Builtin::MemoryWait32)
    }

    pub(super) fn visit_memory_atomic_wait64(&mut self, memarg: MemArg) -> Result<(), BodyError> {
        self.wait(memarg, types::I64, Builtin::MemoryWait64)
    }

    pub(super) fn visit_memory_atomic_notify(&mut self, memarg: MemArg) -> Result<(), BodyError> {
        let (count, index) = (self.pop(), self.pop());
        self.check_alignment(&memarg, index, types::I32);
        let [memory, address] = self.parking_address(&memarg, index)?;
        self.push_parked(Builtin::MemoryNotify, &[memory, address, count]);
        Ok(())
    }
}

macro_rules! atomics {
    ($($visit:ident => $translate:ident($($arg:expr),*);)*) => { $(
        pub(super) fn $visit(&mut self, memarg: MemArg) -> Result<(), BodyError> {
            self.$translate(memarg, $($arg),*)
        }
    )* };
}

/// The seven widths of one read-modify-write operator.
macro_rules! rmw {
    ($op:ident: $($visit:ident)*) => { rmw!(@ $op: $($visit)*; (I32 I32) (I64 I64) (I32 I8) (I32 I16) (I64 I8) (I64 I16) (I64 I32)); };
    (@ $op:ident: $($visit:ident)*; $(($wide:ident $ty:ident))*) => {
        atomics! { $($visit => atomic_rmw(types::$wide, types::$ty, AtomicRmwOp::$op);)* }
    };
}

impl FuncTranslator<'_, '_> {
    atomics! {
        visit_i32_atomic_load => atomic_load(types::I32, types::I32);
        visit_i64_atomic_load => atomic_load(types::I64, types::I64);
        visit_i32_atomic_load8_u => atomic_load(types::I32, types::I8);
        visit_i32_atomic_load16_u => atomic_load(types::I32, types::I16);
        visit_i64_atomic_load8_u => atomic_load(types::I64, types::I8);
        visit_i64_atomic_load16_u => atomic_load(types::I64, types::I16);
        visit_i64_atomic_load32_u => atomic_load(types::I64, types::I32);
        visit_i32_atomic_store => atomic_store(types::I32);
        visit_i64_atomic_store => atomic_store(types::I64);
        visit_i32_atomic_store8 => atomic_store(types::I8);
        visit_i32_atomic_store16 => atomic_store(types::I16);
        visit_i64_atomic_store8 => atomic_store(types::I8);
        visit_i64_atomic_store16 => atomic_store(types::I16);
        visit_i64_atomic_store32 => atomic_store(types::I32);
        visit_i32_atomic_rmw_cmpxchg => atomic_cmpxchg(types::I32, types::I32);
        visit_i64_atomic_rmw_cmpxchg => atomic_cmpxchg(types::I64, types::I64);
        visit_i32_atomic_rmw8_cmpxchg_u => atomic_cmpxchg(types::I32, types::I8);
        visit_i32_atomic_rmw16_cmpxchg_u => atomic_cmpxchg(types::I32, types::I16);
        visit_i64_atomic_rmw8_cmpxchg_u => atomic_cmpxchg(types::I64, types::I8);
        visit_i64_atomic_rmw16_cmpxchg_u => atomic_cmpxchg(types::I64, types::I16);
        visit_i64_atomic_rmw32_cmpxchg_u => atomic_cmpxchg(types::I64, types::I32);
    }
    rmw! { Add: visit_i32_atomic_rmw_add visit_i64_atomic_rmw_add visit_i32_atomic_rmw8_add_u visit_i32_atomic_rmw16_add_u
    visit_i64_atomic_rmw8_add_u visit_i64_atomic_rmw16_add_u visit_i64_atomic_rmw32_add_u }
    rmw! { Sub: visit_i32_atomic_rmw_sub visit_i64_atomic_rmw_sub visit_i32_atomic_rmw8_sub_u visit_i32_atomic_rmw16_sub_u
    visit_i64_atomic_rmw8_sub_u visit_i64_atomic_rmw16_sub_u visit_i64_atomic_rmw32_sub_u }
    rmw! { And: visit_i32_atomic_rmw_and visit_i64_atomic_rmw_and visit_i32_atomic_rmw8_and_u visit_i32_atomic_rmw16_and_u
    visit_i64_atomic_rmw8_and_u visit_i64_atomic_rmw16_and_u visit_i64_atomic_rmw32_and_u }
    rmw! { Or: visit_i32_atomic_rmw_or visit_i64_atomic_rmw_or visit_i32_atomic_rmw8_or_u visit_i32_atomic_rmw16_or_u
    visit_i64_atomic_rmw8_or_u visit_i64_atomic_rmw16_or_u visit_i64_atomic_rmw32_or_u }
    rmw! { Xor: visit_i32_atomic_rmw_xor visit_i64_atomic_rmw_xor visit_i32_atomic_rmw8_xor_u visit_i32_atomic_rmw16_xor_u
    visit_i64_atomic_rmw8_xor_u visit_i64_atomic_rmw16_xor_u visit_i64_atomic_rmw32_xor_u }
    rmw! { Xchg: visit_i32_atomic_rmw_xchg visit_i64_atomic_rmw_xchg visit_i32_atomic_rmw8_xchg_u visit_i32_atomic_rmw16_xchg_u
    visit_i64_atomic_rmw8_xchg_u visit_i64_atomic_rmw16_xchg_u visit_i64_atomic_rmw32_xchg_u }
}
