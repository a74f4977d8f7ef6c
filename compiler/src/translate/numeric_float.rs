//! Float arithmetic and constants. Each operator is one CLIF instruction with wasm's semantics:
//! `fmin` and `fmax` propagate NaN and order zeros, `nearest` rounds ties to even.

use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};

use super::function::FuncTranslator;
use crate::error::BodyError;

macro_rules! unary {
    ($($visit:ident => $inst:ident;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let operand = self.pop();
            let result = self.builder.ins().$inst(operand);
            self.push(result);
            Ok(())
        }
    )* };
}

macro_rules! binary {
    ($($visit:ident => $inst:ident;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let (lhs, rhs) = self.state.stack.pop2();
            let result = self.builder.ins().$inst(lhs, rhs);
            self.push(result);
            Ok(())
        }
    )* };
}

impl FuncTranslator<'_, '_> {
    pub(super) fn visit_f32_const(&mut self, value: wasmparser::Ieee32) -> Result<(), BodyError> {
        let value = self.builder.ins().f32const(Ieee32::with_bits(value.bits()));
        self.push(value);
        Ok(())
    }

    pub(super) fn visit_f64_const(&mut self, value: wasmparser::Ieee64) -> Result<(), BodyError> {
        let value = self.builder.ins().f64const(Ieee64::with_bits(value.bits()));
        self.push(value);
        Ok(())
    }

    unary! {
        visit_f32_abs => fabs;
        visit_f32_neg => fneg;
        visit_f32_ceil => ceil;
        visit_f32_floor => floor;
        visit_f32_trunc => trunc;
        visit_f32_nearest => nearest;
        visit_f32_sqrt => sqrt;
        visit_f64_abs => fabs;
        visit_f64_neg => fneg;
        visit_f64_ceil => ceil;
        visit_f64_floor => floor;
        visit_f64_trunc => trunc;
        visit_f64_nearest => nearest;
        visit_f64_sqrt => sqrt;
    }

    binary! {
        visit_f32_add => fadd;
        visit_f32_sub => fsub;
        visit_f32_mul => fmul;
        visit_f32_div => fdiv;
        visit_f32_min => fmin;
        visit_f32_max => fmax;
        visit_f32_copysign => fcopysign;
        visit_f64_add => fadd;
        visit_f64_sub => fsub;
        visit_f64_mul => fmul;
        visit_f64_div => fdiv;
        visit_f64_min => fmin;
        visit_f64_max => fmax;
        visit_f64_copysign => fcopysign;
    }
}
