//! Conversions between kinds of lanes. Those to integers saturate and make zero of NaN, in CLIF as in
//! wasm; the relaxed ones do the same, so that results do not depend on the target.

use cranelift_codegen::ir::{InstBuilder, types};

use super::function::FuncTranslator;
use super::vector::binary;
use crate::error::BodyError;

/// Conversions whose CLIF instruction knows the result's lanes from the operand's.
macro_rules! convert {
    ($($visit:ident => $inst:ident($lanes:ident);)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let operand = self.pop_lanes(types::$lanes);
            let result = self.builder.ins().$inst(operand);
            self.push_lanes(result);
            Ok(())
        }
    )* };
}

/// Conversions lane by lane.
macro_rules! convert_to {
    ($($visit:ident => $inst:ident($lanes:ident) to $to:ident;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let operand = self.pop_lanes(types::$lanes);
            let result = self.builder.ins().$inst(types::$to, operand);
            self.push_lanes(result);
            Ok(())
        }
    )* };
}

/// Two f64 become the low two of four i32, by way of i64: saturating twice is saturating once.
macro_rules! truncate_f64x2 {
    ($($visit:ident => $truncate:ident, $narrow:ident;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let operand = self.pop_lanes(types::F64X2);
            let wide = self.builder.ins().$truncate(types::I64X2, operand);
            let zero = self.vector_zero(types::I64X2);
            let result = self.builder.ins().$narrow(wide, zero);
            self.push_lanes(result);
            Ok(())
        }
    )* };
}

/// The low two of four i32 become f64, by way of i64.
macro_rules! convert_low_i32x4 {
    ($($visit:ident => $widen:ident, $convert:ident;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let operand = self.pop_lanes(types::I32X4);
            let wide = self.builder.ins().$widen(operand);
            let result = self.builder.ins().$convert(types::F64X2, wide);
            self.push_lanes(result);
            Ok(())
        }
    )* };
}

impl FuncTranslator<'_, '_> {
    convert! {
        visit_i16x8_extend_low_i8x16_s => swiden_low(I8X16);
        visit_i16x8_extend_low_i8x16_u => uwiden_low(I8X16);
        visit_i16x8_extend_high_i8x16_s => swiden_high(I8X16);
        visit_i16x8_extend_high_i8x16_u => uwiden_high(I8X16);
        visit_i32x4_extend_low_i16x8_s => swiden_low(I16X8);
        visit_i32x4_extend_low_i16x8_u => uwiden_low(I16X8);
        visit_i32x4_extend_high_i16x8_s => swiden_high(I16X8);
        visit_i32x4_extend_high_i16x8_u => uwiden_high(I16X8);
        visit_i64x2_extend_low_i32x4_s => swiden_low(I32X4);
        visit_i64x2_extend_low_i32x4_u => uwiden_low(I32X4);
        visit_i64x2_extend_high_i32x4_s => swiden_high(I32X4);
        visit_i64x2_extend_high_i32x4_u => uwiden_high(I32X4);
        visit_f32x4_demote_f64x2_zero => fvdemote(F64X2);
        visit_f64x2_promote_low_f32x4 => fvpromote_low(F32X4);
    }

    convert_to! {
        visit_f32x4_convert_i32x4_s => fcvt_from_sint(I32X4) to F32X4;
        visit_f32x4_convert_i32x4_u => fcvt_from_uint(I32X4) to F32X4;
        visit_i32x4_trunc_sat_f32x4_s => fcvt_to_sint_sat(F32X4) to I32X4;
        visit_i32x4_trunc_sat_f32x4_u => fcvt_to_uint_sat(F32X4) to I32X4;
        visit_i32x4_relaxed_trunc_f32x4_s => fcvt_to_sint_sat(F32X4) to I32X4;
        visit_i32x4_relaxed_trunc_f32x4_u => fcvt_to_uint_sat(F32X4) to I32X4;
    }

    // Two vectors become one, its lanes saturated to half the width.
    binary! {
        visit_i8x16_narrow_i16x8_s => snarrow(I16X8);
        visit_i8x16_narrow_i16x8_u => unarrow(I16X8);
        visit_i16x8_narrow_i32x4_s => snarrow(I32X4);
        visit_i16x8_narrow_i32x4_u => unarrow(I32X4);
    }

    truncate_f64x2! {
        visit_i32x4_trunc_sat_f64x2_s_zero => fcvt_to_sint_sat, snarrow;
        visit_i32x4_trunc_sat_f64x2_u_zero => fcvt_to_uint_sat, uunarrow;
        visit_i32x4_relaxed_trunc_f64x2_s_zero => fcvt_to_sint_sat, snarrow;
        visit_i32x4_relaxed_trunc_f64x2_u_zero => fcvt_to_uint_sat, uunarrow;
    }

    convert_low_i32x4! {
        visit_f64x2_convert_low_i32x4_s => swiden_low, fcvt_from_sint;
        visit_f64x2_convert_low_i32x4_u => uwiden_low, fcvt_from_uint;
    }
}
