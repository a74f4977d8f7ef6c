//! Integer arithmetic, constants and sign extension. Division traps are CLIF's own: its `sdiv`,
//! `udiv`, `srem` and `urem` trap exactly when wasm's do, with the codes that [`super::trap`] maps. By
//! some numbers, 32 bits are divided by a product, which cannot trap.

use cranelift_codegen::ir::{InstBuilder, Value, types};

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
        visit_i32_rem_s => srem;
        visit_i64_div_s => sdiv;
        visit_i64_div_u => udiv;
        visit_i64_rem_s => srem;
        visit_i64_rem_u => urem;
    }

    pub(super) fn visit_i32_div_u(&mut self) -> Result<(), BodyError> {
        let (lhs, rhs) = self.state.stack.pop2();
        let result = match self.quotient(lhs, rhs) {
            Some(quotient) => quotient,
            None => {
                let result = self.builder.ins().udiv(lhs, rhs);
                self.locate_value(result);
                result
            }
        };
        self.push(result);
        Ok(())
    }

    pub(super) fn visit_i32_rem_u(&mut self) -> Result<(), BodyError> {
        let (lhs, rhs) = self.state.stack.pop2();
        let result = match self.quotient(lhs, rhs) {
            Some(quotient) => {
                let product = self.builder.ins().imul(quotient, rhs);
                self.builder.ins().isub(lhs, product)
            }
            None => {
                let result = self.builder.ins().urem(lhs, rhs);
                self.locate_value(result);
                result
            }
        };
        self.push(result);
        Ok(())
    }

    /// A quotient of 32 bits by a number, where the inverse of that has more than 32 bits.
    fn quotient(&mut self, dividend: Value, divisor: Value) -> Option<Value> {
        let divisor = u32::try_from(self.constant(divisor)?).ok()?;
        let inverse = long_inverse(divisor)?;
        let wide = self.builder.ins().uextend(types::I64, dividend);
        let inverse = self.builder.ins().iconst(types::I64, inverse.cast_signed());
        let quotient = self.builder.ins().umulhi(wide, inverse);
        Some(self.builder.ins().ireduce(types::I32, quotient))
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

/// 2^64 divided by a number, rounded up, if the inverse to divide 32 bits by it would need 33: Cranelift makes such a one up by
/// additions, which take longer than one product of 64 bits.
///
/// The upper half of the product of this and `x` is `x / divisor`: it is more by less than `x / 2^64`, and so by less than
/// what is missing from one quotient to the next, `1 / divisor`. Which numbers these are: Warren, Hacker's Delight, 10-9.
pub fn long_inverse(divisor: u32) -> Option<u64> {
    if divisor < 3 || divisor.is_power_of_two() {
        return None;
    }
    let divisor = u128::from(divisor);
    let is_short = (32..64).any(|bits| {
        let inverse = (1u128 << bits).div_ceil(divisor);
        inverse < 1 << 32 && inverse * divisor - (1 << bits) <= 1 << (bits - 32)
    });
    (!is_short).then(|| (1u128 << 64).div_ceil(divisor) as u64)
}

#[cfg(test)]
mod tests {
    use super::long_inverse;

    #[test]
    fn products_with_long_inverses_are_quotients() {
        let divisors = (1..5000).chain((0..31).flat_map(|bit| [(1 << bit) - 1, (1 << bit) + 1, u32::MAX - (1 << bit)]));
        let mut long = Vec::new();
        for divisor in divisors.chain([u32::MAX]) {
            let Some(inverse) = long_inverse(divisor) else { continue };
            long.push(divisor);
            for quotient in [0, 1, 2, u32::MAX / divisor / 2, u32::MAX / divisor] {
                let multiple = quotient.saturating_mul(divisor);
                for dividend in [multiple, multiple.wrapping_sub(1), multiple.saturating_add(1), u32::MAX, 1 << 31] {
                    let product = (u128::from(dividend) * u128::from(inverse)) >> 64;
                    assert_eq!(product, u128::from(dividend / divisor), "{dividend} by {divisor}");
                }
            }
        }
        // As Hacker's Delight has it; 10 has an inverse of 32 bits.
        assert!([7, 19, 21, 27, 28, 31].iter().all(|divisor| long.contains(divisor)), "{:?}", &long[..9]);
        assert!([1, 2, 3, 5, 6, 9, 10, 64, 1000].iter().all(|divisor| !long.contains(divisor)));
    }
}
