//! Integer arithmetic, constants and sign extension. Division traps are CLIF's own: its `sdiv`,
//! `udiv`, `srem` and `urem` trap exactly when wasm's do, with the codes that [`super::trap`] maps.

use cranelift_codegen::ir::{InstBuilder, types};

use super::function::FuncTranslator;
use crate::error::BodyError;

/// Operators that are one CLIF instruction on two operands and cannot trap.
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

/// The same for those that can trap.
macro_rules! trapping_binary {
    ($($visit:ident => $inst:ident;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let (lhs, rhs) = self.state.stack.pop2();
            let result = self.builder.ins().$inst(lhs, rhs);
            self.locate_value(result);
            self.push(result);
            Ok(())
        }
    )* };
}

/// Operators that are one CLIF instruction on one operand.
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

/// Sign extension of the low bits of an operand.
macro_rules! sign_extend {
    ($($visit:ident => $from:ident to $to:ident;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let operand = self.pop();
            let low = self.builder.ins().ireduce(types::$from, operand);
            let result = self.builder.ins().sextend(types::$to, low);
            self.push(result);
            Ok(())
        }
    )* };
}

impl FuncTranslator<'_, '_> {
    pub(super) fn visit_i32_const(&mut self, value: i32) -> Result<(), BodyError> {
        // CLIF wants narrow constants zero-extended.
        let value = self.builder.ins().iconst(types::I32, i64::from(value as u32));
        self.push(value);
        Ok(())
    }

    pub(super) fn visit_i64_const(&mut self, value: i64) -> Result<(), BodyError> {
        let value = self.builder.ins().iconst(types::I64, value);
        self.push(value);
        Ok(())
    }

    binary! {
        visit_i32_add => iadd;
        visit_i32_sub => isub;
        visit_i32_mul => imul;
        visit_i32_and => band;
        visit_i32_or => bor;
        visit_i32_xor => bxor;
        visit_i32_shl => ishl;
        visit_i32_shr_s => sshr;
        visit_i32_shr_u => ushr;
        visit_i32_rotl => rotl;
        visit_i32_rotr => rotr;
        visit_i64_add => iadd;
        visit_i64_sub => isub;
        visit_i64_mul => imul;
        visit_i64_and => band;
        visit_i64_or => bor;
        visit_i64_xor => bxor;
        visit_i64_shl => ishl;
        visit_i64_shr_s => sshr;
        visit_i64_shr_u => ushr;
        visit_i64_rotl => rotl;
        visit_i64_rotr => rotr;
    }

    trapping_binary! {
        visit_i32_div_s => sdiv;
        visit_i32_div_u => udiv;
        visit_i32_rem_s => srem;
        visit_i32_rem_u => urem;
        visit_i64_div_s => sdiv;
        visit_i64_div_u => udiv;
        visit_i64_rem_s => srem;
        visit_i64_rem_u => urem;
    }

    unary! {
        visit_i32_clz => clz;
        visit_i32_ctz => ctz;
        visit_i32_popcnt => popcnt;
        visit_i64_clz => clz;
        visit_i64_ctz => ctz;
        visit_i64_popcnt => popcnt;
    }

    sign_extend! {
        visit_i32_extend8_s => I8 to I32;
        visit_i32_extend16_s => I16 to I32;
        visit_i64_extend8_s => I8 to I64;
        visit_i64_extend16_s => I16 to I64;
        visit_i64_extend32_s => I32 to I64;
    }
}
