//! Comparisons: CLIF compares to an i8, wasm to an i32. Instruction selection folds the extension away where a branch or
//! `select` consumes it.

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
    /// A condition, as a branch or `select` had better ask it: `eqz` of a comparison of floats, which would be made a value
    /// of and compared with zero, as the comparison that is true otherwise. (Of less and greater, none of wasm's is that,
    /// because of NaNs.) Cranelift finds all else that there is to find, the extension to an i32 included.
    pub(super) fn condition(&mut self, condition: Value) -> Value {
        let negated = |value| {
            let InstructionData::IntCompare { cond: IntCC::Equal, args: [operand, zero], .. } = self.defining(value)?
            else {
                return None;
            };
            match self.defining(zero)? {
                InstructionData::UnaryImm { imm, .. } if imm.bits() == 0 => self.unextended(operand),
                _ => None,
            }
        };
        let comparison = self.unextended(condition).and_then(negated).and_then(|value| self.defining(value));
        match comparison {
            Some(InstructionData::FloatCompare { opcode: Opcode::Fcmp, cond, args: [lhs, rhs] }) => {
                self.builder.ins().fcmp(cond.complement(), lhs, rhs)
            }
            _ => condition,
        }
    }

    /// What a value is the zero extension of.
    fn unextended(&self, value: Value) -> Option<Value> {
        match self.defining(value)? {
            InstructionData::Unary { opcode: Opcode::Uextend, arg } => Some(arg),
            _ => None,
        }
    }

    /// The instruction that a value is a result of; none that an alias stands for, since chains of these can be as long as
    /// the function.
    fn defining(&self, value: Value) -> Option<InstructionData> {
        let dfg = &self.builder.func.dfg;
        match dfg.value_is_alias(value) {
            true => None,
            false => dfg.value_def(value).inst().map(|inst| dfg.insts[inst]),
        }
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
