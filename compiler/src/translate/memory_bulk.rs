//! Operations on whole memories and ranges of them.
//!
//! Copies and fills of few bytes, their number known, are loads and stores: all loads before the first store, for what is
//! copied may overlap what it is copied to. Of others the bounds are checked here, and the runtime moves the bytes.
//! Nothing is written by an operation that traps, so that the last byte is looked at before the first is written: even
//! one store may write a part of what it has room for and then fault, on aarch64 and riscv64.

use aot_format::abi::{Builtin, TrapCode};
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};

use super::function::FuncTranslator;
use super::memory_access::Access;
use super::vector::VECTOR;
use crate::error::BodyError;

/// Most loads, and stores, that a copy becomes: as many registers as hold what was loaded.
const MAX_CHUNKS: u64 = 8;

/// A part of a range that is loaded or stored at once.
struct Chunk {
    offset: i32,
    bytes: u64,
}

/// The parts of a range of so many bytes, each a power of two of at most `widest`. The last may overlap the one before.
fn chunks(bytes: u64, widest: u64, narrowest: u64) -> impl Iterator<Item = Chunk> {
    let width = widest.min(1 << bytes.ilog2());
    let (whole, rest) = (bytes / width, bytes % width);
    let last = (rest != 0).then(|| rest.next_power_of_two().max(narrowest));
    let last = last.map(|width| Chunk { offset: (bytes - width) as i32, bytes: width });
    (0..whole).map(move |number| Chunk { offset: (number * width) as i32, bytes: width }).chain(last)
}

impl FuncTranslator<'_, '_> {
    /// Arguments of an operation `(dst, src, len)` on two indexed things.
    pub(super) fn bulk_args(&mut self, first: u32, second: u32) -> [Value; 5] {
        let (dst, src, len) = self.state.stack.pop3();
        [
            self.index_const(first),
            self.index_const(second),
            self.extend_index(dst),
            self.extend_index(src),
            self.extend_index(len),
        ]
    }

    pub(super) fn visit_memory_size(&mut self, mem: u32) -> Result<(), BodyError> {
        let ty = self.module.memories[mem as usize];
        let bytes = self.memory_length(mem);
        let pages = match ty.page_size_log2 {
            0 => bytes,
            log2 => self.builder.ins().ushr_imm_u(bytes, i64::from(log2)),
        };
        let pages = self.reduce_to_index(pages, ty.index64);
        self.push(pages);
        Ok(())
    }

    pub(super) fn visit_memory_grow(&mut self, mem: u32) -> Result<(), BodyError> {
        let delta = self.pop();
        let args = [self.index_const(mem), self.extend_index(delta)];
        self.push_builtin_index(Builtin::MemoryGrow, &args, self.module.memories[mem as usize].index64);
        Ok(())
    }

    /// Bytes that are loaded or stored at once, at most.
    fn widest_chunk(&self) -> u64 {
        let widest = if self.module.admitted.lacks_vectors { types::I64 } else { VECTOR };
        widest.bytes().into()
    }

    /// A length that is known, and small enough for loads and stores.
    fn known_length(&self, len: Value) -> Option<u64> {
        self.constant(len).filter(|len| (1..=MAX_CHUNKS * self.widest_chunk()).contains(len))
    }

    pub(super) fn visit_memory_copy(&mut self, dst_mem: u32, src_mem: u32) -> Result<(), BodyError> {
        let (dst, src, len) = self.state.stack.pop3();
        if let Some(len) = self.known_length(len) {
            self.copy_known(dst_mem, src_mem, dst, src, len);
            return Ok(());
        }
        let len = self.extend_index(len);
        let to = self.checked_range(dst_mem, dst, len);
        let from = self.checked_range(src_mem, src, len);
        let shared = [dst_mem, src_mem].into_iter().any(|mem| self.module.memories[mem as usize].shared);
        let args = [to, from, len, self.index_const(shared.into())];
        self.call_trapping_builtin(Builtin::MemoryCopy, &args, TrapCode::MemoryOutOfBounds);
        Ok(())
    }

    fn copy_known(&mut self, dst_mem: u32, src_mem: u32, dst: Value, src: Value, len: u64) {
        let widest = self.widest_chunk();
        let from = self.range(src_mem, src, len);
        let to = self.range(dst_mem, dst, len);
        let loaded: Vec<(Chunk, Value)> = chunks(len, widest, 1)
            .map(|chunk| {
                let value = self.load_chunk(&from, &chunk);
                (chunk, value)
            })
            .collect();
        self.probe(&to, len);
        for (chunk, value) in loaded {
            self.store_chunk(&to, &chunk, value);
        }
    }

    pub(super) fn visit_memory_fill(&mut self, mem: u32) -> Result<(), BodyError> {
        let (dst, value, len) = self.state.stack.pop3();
        if let Some(len) = self.known_length(len) {
            self.fill_known(mem, dst, value, len);
            return Ok(());
        }
        let len = self.extend_index(len);
        let to = self.checked_range(mem, dst, len);
        let shared = self.module.memories[mem as usize].shared;
        let args = [to, value, len, self.index_const(shared.into())];
        self.call_trapping_builtin(Builtin::MemoryFill, &args, TrapCode::MemoryOutOfBounds);
        Ok(())
    }

    fn fill_known(&mut self, mem: u32, dst: Value, value: Value, len: u64) {
        let widest = self.widest_chunk();
        let is_vector = widest == VECTOR.bytes().into() && len >= widest;
        let to = self.range(mem, dst, len);
        let pattern = match (self.constant(value), is_vector) {
            (Some(value), true) => self.vector_const([value as u8; 16]),
            (None, true) => {
                let byte = self.builder.ins().ireduce(types::I8, value);
                self.builder.ins().splat(VECTOR, byte)
            }
            (Some(value), false) => self.i64_const(u64::from_le_bytes([value as u8; 8])),
            (None, false) => {
                let byte = self.builder.ins().ireduce(types::I8, value);
                let byte = self.builder.ins().uextend(types::I64, byte);
                self.builder.ins().imul_imm_u(byte, i64::from_le_bytes([1; 8]))
            }
        };
        // All chunks have the same bytes: that they overlap costs less than another pattern.
        let narrowest = if is_vector { widest } else { 1 };
        self.probe(&to, len);
        for chunk in chunks(len, widest, narrowest) {
            let value = match chunk.bytes {
                16 | 8 => pattern,
                bytes => self.builder.ins().ireduce(integer(bytes), pattern),
            };
            self.store_chunk(&to, &chunk, value);
        }
    }

    /// Traps where the last byte of a range is out of bounds, if the accesses to it are to find that out, and there is
    /// another byte.
    fn probe(&mut self, range: &Access, len: u64) {
        if range.flags.trap_code().is_some() && len > 1 {
            let last = Chunk { offset: len as i32 - 1, bytes: 1 };
            self.load_chunk(range, &last);
        }
    }

    fn load_chunk(&mut self, range: &Access, chunk: &Chunk) -> Value {
        let offset = offset_in(range, chunk);
        let value = self.builder.ins().load(integer(chunk.bytes), range.flags, range.address, offset);
        self.locate_access(range.flags, value);
        value
    }

    fn store_chunk(&mut self, range: &Access, chunk: &Chunk, value: Value) {
        let offset = offset_in(range, chunk);
        let store = self.builder.ins().store(range.flags, value, range.address, offset);
        self.finish_store(range.flags, store);
    }

    pub(super) fn visit_memory_init(&mut self, data_index: u32, mem: u32) -> Result<(), BodyError> {
        let args = self.bulk_args(mem, data_index);
        self.call_trapping_builtin(Builtin::MemoryInit, &args, TrapCode::MemoryOutOfBounds);
        Ok(())
    }

    pub(super) fn visit_data_drop(&mut self, data_index: u32) -> Result<(), BodyError> {
        let args = [self.index_const(data_index)];
        self.call_builtin(Builtin::DataDrop, &args);
        Ok(())
    }
}

/// The type of a chunk of so many bytes.
fn integer(bytes: u64) -> Type {
    match bytes {
        1 => types::I8,
        2 => types::I16,
        4 => types::I32,
        8 => types::I64,
        _ => VECTOR,
    }
}

/// Where a chunk of a range is: a range has no offset of its own that is not small.
fn offset_in(range: &Access, chunk: &Chunk) -> Offset32 {
    Offset32::new(i32::from(range.offset) + chunk.offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_a_range_and_nothing_else() {
        for (widest, narrowest) in [(16, 1), (16, 16), (8, 1)] {
            for bytes in narrowest..=MAX_CHUNKS * widest {
                let mut covered = vec![false; bytes as usize];
                let all: Vec<Chunk> = chunks(bytes, widest, narrowest).collect();
                for chunk in &all {
                    assert!(chunk.bytes.is_power_of_two() && (narrowest..=widest).contains(&chunk.bytes));
                    covered[chunk.offset as usize..][..chunk.bytes as usize].fill(true);
                }
                assert!(covered.iter().all(|is_covered| *is_covered), "{bytes} of {widest}");
                assert!(all.len() as u64 <= MAX_CHUNKS, "{bytes} of {widest}");
            }
        }
    }
}
