//! Comparisons: CLIF compares to an i8, wasm to an i32. A branch or `select` asks the comparison itself.

use cranelift_codegen::ir::condcodes::{CondCode, FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, InstructionData, Opcode, Value};

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
    /// A condition, as a branch or `select` had better ask it: without the extension to an i32; and `eqz` of a comparison
    /// of floats, which would be made a value of and compared with zero, as the comparison that is true otherwise. (None of
    /// wasm's is that, because of NaNs; of integers, Cranelift finds it.)
    pub(super) fn condition(&mut self, value: Value) -> Value {
        let value = self.unextended(value).unwrap_or(value);
        let Some(InstructionData::IntCompare { cond: IntCC::Equal, args: [operand, zero], .. }) = self.defining(value)
        else {
            return value;
        };
        let is_zero = matches!(self.defining(zero), Some(InstructionData::UnaryImm { imm, .. }) if imm.bits() == 0);
        match self.unextended(operand).and_then(|operand| self.defining(operand)) {
            Some(InstructionData::FloatCompare { opcode: Opcode::Fcmp, cond, args: [lhs, rhs] }) if is_zero => {
                self.builder.ins().fcmp(cond.complement(), lhs, rhs)
            }
            _ => value,
        }
    }

    /// What a value is the zero extension of.
    fn unextended(&self, value: Value) -> Option<Value> {
        match self.defining(value)? {
            InstructionData::Unary { opcode: Opcode::Uextend, arg } => Some(arg),
            _ => None,
        }
    }

    /// The instruction that a value is a result of.
    fn defining(&self, value: Value) -> Option<InstructionData> {
        let dfg = &self.builder.func.dfg;
        dfg.value_def(dfg.resolve_aliases(value)).inst().map(|inst| dfg.insts[inst])
    }

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
