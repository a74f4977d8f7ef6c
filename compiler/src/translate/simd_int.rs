//! Integer lanes: arithmetic, shifts, tests, and the products and sums that widen.
//!
//! CLIF shifts take the amount modulo the width of a lane, as wasm's do. The relaxed operators do
//! what their strict ones do: the same on every target.

use cranelift_codegen::ir::{InstBuilder, Type, Value, types};

use super::function::FuncTranslator;
use super::vector::{binary, unary};
use crate::error::BodyError;

/// Shifts of every lane by one amount, an i32.
macro_rules! shifts {
    ($($visit:ident => $inst:ident($lanes:ident);)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let amount = self.pop();
            let vector = self.pop_lanes(types::$lanes);
            let result = self.builder.ins().$inst(vector, amount);
            self.push_lanes(result);
            Ok(())
        }
    )* };
}

macro_rules! all_true {
    ($($visit:ident($lanes:ident);)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let operand = self.pop_lanes(types::$lanes);
            let truth = self.builder.ins().vall_true(operand);
            self.push_bool(truth);
            Ok(())
        }
    )* };
}

macro_rules! bitmasks {
    ($($visit:ident($lanes:ident);)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let operand = self.pop_lanes(types::$lanes);
            let bits = self.builder.ins().vhigh_bits(types::I32, operand);
            self.push(bits);
            Ok(())
        }
    )* };
}

/// Products of the lower or upper lanes, twice as wide.
macro_rules! extended_products {
    ($($visit:ident => $widen:ident($lanes:ident);)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let (lhs, rhs) = self.pop2_lanes(types::$lanes);
            let lhs = self.builder.ins().$widen(lhs);
            let rhs = self.builder.ins().$widen(rhs);
            let result = self.builder.ins().imul(lhs, rhs);
            self.push_lanes(result);
            Ok(())
        }
    )* };
}

/// Sums of neighbours, twice as wide.
macro_rules! extended_sums {
    ($($visit:ident => $low:ident, $high:ident($lanes:ident);)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let operand = self.pop_lanes(types::$lanes);
            let low = self.builder.ins().$low(operand);
            let high = self.builder.ins().$high(operand);
            let result = self.builder.ins().iadd_pairwise(low, high);
            self.push_lanes(result);
            Ok(())
        }
    )* };
}

impl FuncTranslator<'_, '_> {
    unary! {
        visit_i8x16_abs => iabs(I8X16);
        visit_i8x16_neg => ineg(I8X16);
        visit_i8x16_popcnt => popcnt(I8X16);
        visit_i16x8_abs => iabs(I16X8);
        visit_i16x8_neg => ineg(I16X8);
        visit_i32x4_abs => iabs(I32X4);
        visit_i32x4_neg => ineg(I32X4);
        visit_i64x2_abs => iabs(I64X2);
        visit_i64x2_neg => ineg(I64X2);
    }

    binary! {
        visit_i8x16_add => iadd(I8X16);
        visit_i8x16_sub => isub(I8X16);
        visit_i8x16_add_sat_s => sadd_sat(I8X16);
        visit_i8x16_sub_sat_s => ssub_sat(I8X16);
        visit_i8x16_add_sat_u => uadd_sat(I8X16);
        visit_i8x16_sub_sat_u => usub_sat(I8X16);
        visit_i8x16_avgr_u => avg_round(I8X16);
        visit_i8x16_min_s => smin(I8X16);
        visit_i8x16_min_u => umin(I8X16);
        visit_i8x16_max_s => smax(I8X16);
        visit_i8x16_max_u => umax(I8X16);
        visit_i16x8_add => iadd(I16X8);
        visit_i16x8_sub => isub(I16X8);
        visit_i16x8_mul => imul(I16X8);
        visit_i16x8_add_sat_s => sadd_sat(I16X8);
        visit_i16x8_sub_sat_s => ssub_sat(I16X8);
        visit_i16x8_add_sat_u => uadd_sat(I16X8);
        visit_i16x8_sub_sat_u => usub_sat(I16X8);
        visit_i16x8_avgr_u => avg_round(I16X8);
        visit_i16x8_q15mulr_sat_s => sqmul_round_sat(I16X8);
        visit_i16x8_relaxed_q15mulr_s => sqmul_round_sat(I16X8);
        visit_i16x8_min_s => smin(I16X8);
        visit_i16x8_min_u => umin(I16X8);
        visit_i16x8_max_s => smax(I16X8);
        visit_i16x8_max_u => umax(I16X8);
        visit_i32x4_add => iadd(I32X4);
        visit_i32x4_sub => isub(I32X4);
        visit_i32x4_mul => imul(I32X4);
        visit_i32x4_min_s => smin(I32X4);
        visit_i32x4_min_u => umin(I32X4);
        visit_i32x4_max_s => smax(I32X4);
        visit_i32x4_max_u => umax(I32X4);
        visit_i64x2_add => iadd(I64X2);
        visit_i64x2_sub => isub(I64X2);
        visit_i64x2_mul => imul(I64X2);
    }

    shifts! {
        visit_i8x16_shl => ishl(I8X16);
        visit_i8x16_shr_s => sshr(I8X16);
        visit_i8x16_shr_u => ushr(I8X16);
        visit_i16x8_shl => ishl(I16X8);
        visit_i16x8_shr_s => sshr(I16X8);
        visit_i16x8_shr_u => ushr(I16X8);
        visit_i32x4_shl => ishl(I32X4);
        visit_i32x4_shr_s => sshr(I32X4);
        visit_i32x4_shr_u => ushr(I32X4);
        visit_i64x2_shl => ishl(I64X2);
        visit_i64x2_shr_s => sshr(I64X2);
        visit_i64x2_shr_u => ushr(I64X2);
    }

    all_true! {
        visit_i8x16_all_true(I8X16);
        visit_i16x8_all_true(I16X8);
        visit_i32x4_all_true(I32X4);
        visit_i64x2_all_true(I64X2);
    }

    bitmasks! {
        visit_i8x16_bitmask(I8X16);
        visit_i16x8_bitmask(I16X8);
        visit_i32x4_bitmask(I32X4);
        visit_i64x2_bitmask(I64X2);
    }

    extended_products! {
        visit_i16x8_extmul_low_i8x16_s => swiden_low(I8X16);
        visit_i16x8_extmul_low_i8x16_u => uwiden_low(I8X16);
        visit_i16x8_extmul_high_i8x16_s => swiden_high(I8X16);
        visit_i16x8_extmul_high_i8x16_u => uwiden_high(I8X16);
        visit_i32x4_extmul_low_i16x8_s => swiden_low(I16X8);
        visit_i32x4_extmul_low_i16x8_u => uwiden_low(I16X8);
        visit_i32x4_extmul_high_i16x8_s => swiden_high(I16X8);
        visit_i32x4_extmul_high_i16x8_u => uwiden_high(I16X8);
        visit_i64x2_extmul_low_i32x4_s => swiden_low(I32X4);
        visit_i64x2_extmul_low_i32x4_u => uwiden_low(I32X4);
        visit_i64x2_extmul_high_i32x4_s => swiden_high(I32X4);
        visit_i64x2_extmul_high_i32x4_u => uwiden_high(I32X4);
    }

    extended_sums! {
        visit_i16x8_extadd_pairwise_i8x16_s => swiden_low, swiden_high(I8X16);
        visit_i16x8_extadd_pairwise_i8x16_u => uwiden_low, uwiden_high(I8X16);
        visit_i32x4_extadd_pairwise_i16x8_s => swiden_low, swiden_high(I16X8);
        visit_i32x4_extadd_pairwise_i16x8_u => uwiden_low, uwiden_high(I16X8);
    }

    /// Sums of two neighbouring products, twice as wide and wrapping.
    fn dot(&mut self, lanes: Type) -> Value {
        let (lhs, rhs) = self.pop2_lanes(lanes);
        let lhs_low = self.builder.ins().swiden_low(lhs);
        let rhs_low = self.builder.ins().swiden_low(rhs);
        let low = self.builder.ins().imul(lhs_low, rhs_low);
        let lhs_high = self.builder.ins().swiden_high(lhs);
        let rhs_high = self.builder.ins().swiden_high(rhs);
        let high = self.builder.ins().imul(lhs_high, rhs_high);
        self.builder.ins().iadd_pairwise(low, high)
    }

    pub(super) fn visit_i32x4_dot_i16x8_s(&mut self) -> Result<(), BodyError> {
        let result = self.dot(types::I16X8);
        self.push_lanes(result);
        Ok(())
    }

    /// The deterministic choice takes the second operand as signed, too, and wraps. With its top bit
    /// clear, which is what the operator is for, no sum can overflow.
    pub(super) fn visit_i16x8_relaxed_dot_i8x16_i7x16_s(&mut self) -> Result<(), BodyError> {
        let result = self.dot(types::I8X16);
        self.push_lanes(result);
        Ok(())
    }

    pub(super) fn visit_i32x4_relaxed_dot_i8x16_i7x16_add_s(&mut self) -> Result<(), BodyError> {
        let sum = self.pop_lanes(types::I32X4);
        let products = self.dot(types::I8X16);
        let low = self.builder.ins().swiden_low(products);
        let high = self.builder.ins().swiden_high(products);
        let products = self.builder.ins().iadd_pairwise(low, high);
        let result = self.builder.ins().iadd(products, sum);
        self.push_lanes(result);
        Ok(())
    }
}
