//! The vector as 128 bits: logic, selection bit by bit, and whether any bit is set.

use cranelift_codegen::ir::InstBuilder;

use super::function::FuncTranslator;
use super::vector::VECTOR;
use crate::error::BodyError;

macro_rules! binary {
    ($($visit:ident => $inst:ident;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let (lhs, rhs) = self.pop2_lanes(VECTOR);
            let result = self.builder.ins().$inst(lhs, rhs);
            self.push_lanes(result);
            Ok(())
        }
    )* };
}

/// The relaxed selections look at one bit of each lane or at all of them, as the target likes. The
/// deterministic choice is all of them.
macro_rules! relaxed_selections {
    ($($visit:ident;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            self.visit_v128_bitselect()
        }
    )* };
}

impl FuncTranslator<'_, '_> {
    binary! {
        visit_v128_and => band;
        visit_v128_or => bor;
        visit_v128_xor => bxor;
    }

    pub(super) fn visit_v128_not(&mut self) -> Result<(), BodyError> {
        let operand = self.pop_lanes(VECTOR);
        let result = self.builder.ins().bnot(operand);
        self.push_lanes(result);
        Ok(())
    }

    /// Instruction selection has one instruction for the pair.
    pub(super) fn visit_v128_andnot(&mut self) -> Result<(), BodyError> {
        let (lhs, rhs) = self.pop2_lanes(VECTOR);
        let rhs = self.builder.ins().bnot(rhs);
        let result = self.builder.ins().band(lhs, rhs);
        self.push_lanes(result);
        Ok(())
    }

    pub(super) fn visit_v128_bitselect(&mut self) -> Result<(), BodyError> {
        let (if_set, if_clear, mask) = self.pop3_lanes(VECTOR);
        let result = self.builder.ins().bitselect(mask, if_set, if_clear);
        self.push_lanes(result);
        Ok(())
    }

    pub(super) fn visit_v128_any_true(&mut self) -> Result<(), BodyError> {
        let operand = self.pop_lanes(VECTOR);
        let truth = self.builder.ins().vany_true(operand);
        self.push_bool(truth);
        Ok(())
    }

    relaxed_selections! {
        visit_i8x16_relaxed_laneselect;
        visit_i16x8_relaxed_laneselect;
        visit_i32x4_relaxed_laneselect;
        visit_i64x2_relaxed_laneselect;
    }
}
