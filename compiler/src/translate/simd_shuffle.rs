//! Lanes from anywhere: `shuffle`, with constant indices, and `swizzle`, with indices that are known
//! at run time. An index past the end gives zero, in CLIF as in wasm.

use cranelift_codegen::ir::{InstBuilder, types};

use super::function::FuncTranslator;
use crate::error::BodyError;

impl FuncTranslator<'_, '_> {
    pub(super) fn visit_i8x16_shuffle(&mut self, lanes: [u8; 16]) -> Result<(), BodyError> {
        let (first, second) = self.pop2_lanes(types::I8X16);
        let lanes = self.builder.func.dfg.immediates.push(lanes.as_slice().into());
        let vector = self.builder.ins().shuffle(first, second, lanes);
        self.push_lanes(vector);
        Ok(())
    }

    pub(super) fn visit_i8x16_swizzle(&mut self) -> Result<(), BodyError> {
        let (vector, indices) = self.pop2_lanes(types::I8X16);
        let vector = self.builder.ins().swizzle(vector, indices);
        self.push_lanes(vector);
        Ok(())
    }

    /// Where an index is out of bounds, the deterministic choice is that of the strict operator.
    pub(super) fn visit_i8x16_relaxed_swizzle(&mut self) -> Result<(), BodyError> {
        self.visit_i8x16_swizzle()
    }
}
