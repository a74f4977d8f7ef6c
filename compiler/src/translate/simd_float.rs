//! Float lanes: arithmetic and rounding, each one CLIF instruction with wasm's semantics.
//!
//! The relaxed operators do the same on every target: minimum and maximum are the strict ones, and
//! products and sums are rounded separately, because not every CPU of a baseline can fuse them.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{InstBuilder, types};

use super::function::FuncTranslator;
use super::vector::{binary, unary};
use crate::error::BodyError;

/// `pmin` gives the second operand where it is less than the first, otherwise the first, also for
/// zeros and NaN. `pmax` gives it where the first is less.
macro_rules! pseudo_extrema {
    ($($visit:ident => ($lhs:tt < $rhs:tt) of $lanes:ident;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let operands = self.pop2_lanes(types::$lanes);
            let second_wins = self.builder.ins().fcmp(FloatCC::LessThan, operands.$lhs, operands.$rhs);
            let second_wins = self.recast(second_wins, types::$lanes);
            let result = self.builder.ins().bitselect(second_wins, operands.1, operands.0);
            self.push_lanes(result);
            Ok(())
        }
    )* };
}

/// A product, negated or not, plus the third operand.
macro_rules! products_and_sums {
    ($($visit:ident($lanes:ident) $(with $negate:ident)?;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let (lhs, rhs, addend) = self.pop3_lanes(types::$lanes);
            $( let lhs = self.builder.ins().$negate(lhs); )?
            let product = self.builder.ins().fmul(lhs, rhs);
            let result = self.builder.ins().fadd(product, addend);
            self.push_lanes(result);
            Ok(())
        }
    )* };
}

impl FuncTranslator<'_, '_> {
    unary! {
        visit_f32x4_abs => fabs(F32X4);
        visit_f32x4_neg => fneg(F32X4);
        visit_f32x4_sqrt => sqrt(F32X4);
        visit_f32x4_ceil => ceil(F32X4);
        visit_f32x4_floor => floor(F32X4);
        visit_f32x4_trunc => trunc(F32X4);
        visit_f32x4_nearest => nearest(F32X4);
        visit_f64x2_abs => fabs(F64X2);
        visit_f64x2_neg => fneg(F64X2);
        visit_f64x2_sqrt => sqrt(F64X2);
        visit_f64x2_ceil => ceil(F64X2);
        visit_f64x2_floor => floor(F64X2);
        visit_f64x2_trunc => trunc(F64X2);
        visit_f64x2_nearest => nearest(F64X2);
    }

    binary! {
        visit_f32x4_add => fadd(F32X4);
        visit_f32x4_sub => fsub(F32X4);
        visit_f32x4_mul => fmul(F32X4);
        visit_f32x4_div => fdiv(F32X4);
        visit_f32x4_min => fmin(F32X4);
        visit_f32x4_max => fmax(F32X4);
        visit_f32x4_relaxed_min => fmin(F32X4);
        visit_f32x4_relaxed_max => fmax(F32X4);
        visit_f64x2_add => fadd(F64X2);
        visit_f64x2_sub => fsub(F64X2);
        visit_f64x2_mul => fmul(F64X2);
        visit_f64x2_div => fdiv(F64X2);
        visit_f64x2_min => fmin(F64X2);
        visit_f64x2_max => fmax(F64X2);
        visit_f64x2_relaxed_min => fmin(F64X2);
        visit_f64x2_relaxed_max => fmax(F64X2);
    }

    pseudo_extrema! {
        visit_f32x4_pmin => (1 < 0) of F32X4;
        visit_f32x4_pmax => (0 < 1) of F32X4;
        visit_f64x2_pmin => (1 < 0) of F64X2;
        visit_f64x2_pmax => (0 < 1) of F64X2;
    }

    products_and_sums! {
        visit_f32x4_relaxed_madd(F32X4);
        visit_f32x4_relaxed_nmadd(F32X4) with fneg;
        visit_f64x2_relaxed_madd(F64X2);
        visit_f64x2_relaxed_nmadd(F64X2) with fneg;
    }
}
