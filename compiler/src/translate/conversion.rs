//! Conversions between number types. The trapping ones trap in CLIF as in wasm: NaN is an invalid
//! conversion, everything else out of range an integer overflow.

use cranelift_codegen::ir::{InstBuilder, MemFlagsData, types};

use super::function::FuncTranslator;
use crate::error::BodyError;

macro_rules! convert {
    ($($visit:ident => $inst:ident to $to:ident;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let operand = self.pop();
            let result = self.builder.ins().$inst(types::$to, operand);
            self.push(result);
            Ok(())
        }
    )* };
}

macro_rules! trapping_convert {
    ($($visit:ident => $inst:ident to $to:ident;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let operand = self.pop();
            let result = self.builder.ins().$inst(types::$to, operand);
            self.locate_value(result);
            self.push(result);
            Ok(())
        }
    )* };
}

macro_rules! reinterpret {
    ($($visit:ident to $to:ident;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let operand = self.pop();
            let result = self.builder.ins().bitcast(types::$to, MemFlagsData::new(), operand);
            self.push(result);
            Ok(())
        }
    )* };
}

impl FuncTranslator<'_, '_> {
    convert! {
        visit_i32_wrap_i64 => ireduce to I32;
        visit_i64_extend_i32_s => sextend to I64;
        visit_i64_extend_i32_u => uextend to I64;
        visit_f32_convert_i32_s => fcvt_from_sint to F32;
        visit_f32_convert_i32_u => fcvt_from_uint to F32;
        visit_f32_convert_i64_s => fcvt_from_sint to F32;
        visit_f32_convert_i64_u => fcvt_from_uint to F32;
        visit_f64_convert_i32_s => fcvt_from_sint to F64;
        visit_f64_convert_i32_u => fcvt_from_uint to F64;
        visit_f64_convert_i64_s => fcvt_from_sint to F64;
        visit_f64_convert_i64_u => fcvt_from_uint to F64;
        visit_f32_demote_f64 => fdemote to F32;
        visit_f64_promote_f32 => fpromote to F64;
        visit_i32_trunc_sat_f32_s => fcvt_to_sint_sat to I32;
        visit_i32_trunc_sat_f32_u => fcvt_to_uint_sat to I32;
        visit_i32_trunc_sat_f64_s => fcvt_to_sint_sat to I32;
        visit_i32_trunc_sat_f64_u => fcvt_to_uint_sat to I32;
        visit_i64_trunc_sat_f32_s => fcvt_to_sint_sat to I64;
        visit_i64_trunc_sat_f32_u => fcvt_to_uint_sat to I64;
        visit_i64_trunc_sat_f64_s => fcvt_to_sint_sat to I64;
        visit_i64_trunc_sat_f64_u => fcvt_to_uint_sat to I64;
    }

    trapping_convert! {
        visit_i32_trunc_f32_s => fcvt_to_sint to I32;
        visit_i32_trunc_f32_u => fcvt_to_uint to I32;
        visit_i32_trunc_f64_s => fcvt_to_sint to I32;
        visit_i32_trunc_f64_u => fcvt_to_uint to I32;
        visit_i64_trunc_f32_s => fcvt_to_sint to I64;
        visit_i64_trunc_f32_u => fcvt_to_uint to I64;
        visit_i64_trunc_f64_s => fcvt_to_sint to I64;
        visit_i64_trunc_f64_u => fcvt_to_uint to I64;
    }

    reinterpret! {
        visit_i32_reinterpret_f32 to I32;
        visit_i64_reinterpret_f64 to I64;
        visit_f32_reinterpret_i32 to F32;
        visit_f64_reinterpret_i64 to F64;
    }
}
