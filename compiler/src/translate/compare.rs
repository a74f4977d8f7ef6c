//! Comparisons: CLIF compares to an i8, wasm to an i32. Instruction selection folds the extension
//! away where a branch or `select` consumes it.

use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};

use super::function::FuncTranslator;
use crate::error::BodyError;

macro_rules! compare {
    ($inst:ident $codes:ident: $($visit:ident => $code:ident;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let (lhs, rhs) = self.state.stack.pop2();
            let truth = self.builder.ins().$inst($codes::$code, lhs, rhs);
            self.push_bool(truth);
            Ok(())
        }
    )* };
}

impl FuncTranslator<'_, '_> {
    pub(super) fn visit_i32_eqz(&mut self) -> Result<(), BodyError> {
        let operand = self.pop();
        let truth = self.builder.ins().icmp_imm_u(IntCC::Equal, operand, 0);
        self.push_bool(truth);
        Ok(())
    }

    pub(super) fn visit_i64_eqz(&mut self) -> Result<(), BodyError> {
        self.visit_i32_eqz()
    }

    compare! { icmp IntCC:
        visit_i32_eq => Equal;
        visit_i32_ne => NotEqual;
        visit_i32_lt_s => SignedLessThan;
        visit_i32_lt_u => UnsignedLessThan;
        visit_i32_gt_s => SignedGreaterThan;
        visit_i32_gt_u => UnsignedGreaterThan;
        visit_i32_le_s => SignedLessThanOrEqual;
        visit_i32_le_u => UnsignedLessThanOrEqual;
        visit_i32_ge_s => SignedGreaterThanOrEqual;
        visit_i32_ge_u => UnsignedGreaterThanOrEqual;
        visit_i64_eq => Equal;
        visit_i64_ne => NotEqual;
        visit_i64_lt_s => SignedLessThan;
        visit_i64_lt_u => UnsignedLessThan;
        visit_i64_gt_s => SignedGreaterThan;
        visit_i64_gt_u => UnsignedGreaterThan;
        visit_i64_le_s => SignedLessThanOrEqual;
        visit_i64_le_u => UnsignedLessThanOrEqual;
        visit_i64_ge_s => SignedGreaterThanOrEqual;
        visit_i64_ge_u => UnsignedGreaterThanOrEqual;
    }

    compare! { fcmp FloatCC:
        visit_f32_eq => Equal;
        visit_f32_ne => NotEqual;
        visit_f32_lt => LessThan;
        visit_f32_gt => GreaterThan;
        visit_f32_le => LessThanOrEqual;
        visit_f32_ge => GreaterThanOrEqual;
        visit_f64_eq => Equal;
        visit_f64_ne => NotEqual;
        visit_f64_lt => LessThan;
        visit_f64_gt => GreaterThan;
        visit_f64_le => LessThanOrEqual;
        visit_f64_ge => GreaterThanOrEqual;
    }
}
