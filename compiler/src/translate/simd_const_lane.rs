//! Vectors from constants and scalars, and single lanes: `v128.const`, splats, `extract_lane`,
//! `replace_lane`. Small lanes are an i32 outside the vector.

use cranelift_codegen::ir::{InstBuilder, types};

use super::function::FuncTranslator;
use crate::error::BodyError;

/// Splats, whose scalar is narrowed to the lane where it is wider.
macro_rules! splats {
    ($($visit:ident => $lanes:ident $(of $narrow:ident)?;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let scalar = self.pop();
            $( let scalar = self.builder.ins().ireduce(types::$narrow, scalar); )?
            let vector = self.builder.ins().splat(types::$lanes, scalar);
            self.push_lanes(vector);
            Ok(())
        }
    )* };
}

/// Extractions, whose lane is extended to an i32 where it is narrower.
macro_rules! extractions {
    ($($visit:ident => $lanes:ident $(then $extend:ident)?;)*) => { $(
        pub(super) fn $visit(&mut self, lane: u8) -> Result<(), BodyError> {
            let vector = self.pop_lanes(types::$lanes);
            let scalar = self.lane(vector, lane);
            $( let scalar = self.builder.ins().$extend(types::I32, scalar); )?
            self.push(scalar);
            Ok(())
        }
    )* };
}

/// Replacements, whose scalar is narrowed to the lane where it is wider.
macro_rules! replacements {
    ($($visit:ident => $lanes:ident $(of $narrow:ident)?;)*) => { $(
        pub(super) fn $visit(&mut self, lane: u8) -> Result<(), BodyError> {
            let scalar = self.pop();
            let vector = self.pop_lanes(types::$lanes);
            $( let scalar = self.builder.ins().ireduce(types::$narrow, scalar); )?
            let vector = self.builder.ins().insertlane(vector, scalar, lane);
            self.push_lanes(vector);
            Ok(())
        }
    )* };
}

impl FuncTranslator<'_, '_> {
    pub(super) fn visit_v128_const(&mut self, value: wasmparser::V128) -> Result<(), BodyError> {
        let vector = self.vector_const(*value.bytes());
        self.push(vector);
        Ok(())
    }

    splats! {
        visit_i8x16_splat => I8X16 of I8;
        visit_i16x8_splat => I16X8 of I16;
        visit_i32x4_splat => I32X4;
        visit_i64x2_splat => I64X2;
        visit_f32x4_splat => F32X4;
        visit_f64x2_splat => F64X2;
    }

    extractions! {
        visit_i8x16_extract_lane_s => I8X16 then sextend;
        visit_i8x16_extract_lane_u => I8X16 then uextend;
        visit_i16x8_extract_lane_s => I16X8 then sextend;
        visit_i16x8_extract_lane_u => I16X8 then uextend;
        visit_i32x4_extract_lane => I32X4;
        visit_i64x2_extract_lane => I64X2;
        visit_f32x4_extract_lane => F32X4;
        visit_f64x2_extract_lane => F64X2;
    }

    replacements! {
        visit_i8x16_replace_lane => I8X16 of I8;
        visit_i16x8_replace_lane => I16X8 of I16;
        visit_i32x4_replace_lane => I32X4;
        visit_i64x2_replace_lane => I64X2;
        visit_f32x4_replace_lane => F32X4;
        visit_f64x2_replace_lane => F64X2;
    }
}
