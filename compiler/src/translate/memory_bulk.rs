//! Operations on whole memories and ranges of them, all but `memory.size` through the runtime.

use aot_format::abi::{Builtin, TrapCode};
use cranelift_codegen::ir::{InstBuilder, Value};

use super::function::FuncTranslator;
use crate::error::BodyError;

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

    pub(super) fn visit_memory_copy(&mut self, dst_mem: u32, src_mem: u32) -> Result<(), BodyError> {
        let args = self.bulk_args(dst_mem, src_mem);
        self.call_trapping_builtin(Builtin::MemoryCopy, &args, TrapCode::MemoryOutOfBounds);
        Ok(())
    }

    pub(super) fn visit_memory_fill(&mut self, mem: u32) -> Result<(), BodyError> {
        let (dst, value, len) = self.state.stack.pop3();
        let args = [self.index_const(mem), self.extend_index(dst), value, self.extend_index(len)];
        self.call_trapping_builtin(Builtin::MemoryFill, &args, TrapCode::MemoryOutOfBounds);
        Ok(())
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
