//! Wide arithmetic: 128-bit integers as two i64 operands each, the low half first.
//!
//! All of it goes through CLIF's i128, which never reaches a register: instruction selection takes a
//! pair apart again. What comes out is what one would write by hand:
//!
//! | | x86-64 | aarch64 | riscv64 |
//! |---|---|---|---|
//! | `i64.add128` | `add`, `adc` | `adds`, `adc` | `add`, `sltu`, `add`, `add` |
//! | `i64.sub128` | `sub`, `sbb` | `subs`, `sbc` | `sub`, `sltu`, `sub`, `sub` |
//! | `i64.mul_wide_u` | `mul` | `mul`, `umulh` | `mul`, `mulhu` |
//! | `i64.mul_wide_s` | `imul` | `mul`, `smulh` | `mul`, `mulh` |
//!
//! The product needs both operands extended to i128, which is the shape that instruction selection
//! knows as a 64 by 64 bit multiplication; a high half of constant zero in a sum becomes an addition of
//! the carry alone. A half that nobody uses costs nothing on aarch64 and riscv64. (Carry chains by
//! `uadd_overflow` are no alternative: their flag is a register, made with `setb` and compared again.)

use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::function::FuncTranslator;
use crate::error::BodyError;

impl FuncTranslator<'_, '_> {
    /// Pops a high half, then a low one.
    fn pop_wide(&mut self) -> Value {
        let (low, high) = self.state.stack.pop2();
        self.builder.ins().iconcat(low, high)
    }

    fn push_wide(&mut self, wide: Value) {
        let (low, high) = self.builder.ins().isplit(wide);
        self.push(low);
        self.push(high);
    }
}

macro_rules! sums {
    ($($visit:ident => $inst:ident;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let right = self.pop_wide();
            let left = self.pop_wide();
            let result = self.builder.ins().$inst(left, right);
            self.push_wide(result);
            Ok(())
        }
    )* };
}

macro_rules! products {
    ($($visit:ident => $extend:ident;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let (left, right) = self.state.stack.pop2();
            let left = self.builder.ins().$extend(types::I128, left);
            let right = self.builder.ins().$extend(types::I128, right);
            let result = self.builder.ins().imul(left, right);
            self.push_wide(result);
            Ok(())
        }
    )* };
}

impl FuncTranslator<'_, '_> {
    sums! {
        visit_i64_add128 => iadd;
        visit_i64_sub128 => isub;
    }

    products! {
        visit_i64_mul_wide_s => sextend;
        visit_i64_mul_wide_u => uextend;
    }
}
