//! Indices that are something times two, four or eight, and perhaps a number: what machines compute when they access.
//!
//! A table of words that begins at 1024 and is read by a byte has, in wasm, the index `(b << 2) + 1024` or, by one byte
//! of several, `((x << 2) & 1020) + 1024`. Machines do that as part of an access, but with 64 bits, where nothing is cut off.
//! So `b` has to be so small that nothing is in 32 bits either. The instructions that it comes from tell: loads of few
//! bytes, masks, shifts to the right; or a mask behind the factor, which is taken in front of it.
//!
//! An index that was taken for small and is not would lead out of a memory's reservation. So nothing is relied on but what
//! single instructions give, whatever their operands are.

use cranelift_codegen::ir::{DataFlowGraph, InstBuilder, InstructionData, Opcode, Value, types};
use cranelift_frontend::FunctionBuilder;

/// How deep operands of operands are looked at.
const MOST_OPERANDS: usize = 2;

/// An index that is a factor, shifted to the left, and a number; of 64 bits, it is no greater than 32 bits hold.
pub struct Scaled {
    factor: Factor,
    shift: u32,
    /// What is added.
    pub added: u32,
}

/// What an index is before it is multiplied.
enum Factor {
    /// A value as it is.
    Value(Value),
    /// Some bits of one.
    Masked(Value, u32),
    /// The uppermost bits of one, from this on.
    Upper(Value, u32),
}

impl Scaled {
    /// What an index of 32 bits is, if it is a product that cannot be cut off.
    pub fn of(dfg: &DataFlowGraph, index: Value) -> Option<Scaled> {
        let (product, added) = match definition(dfg, index)? {
            (Opcode::Iadd, [product, number]) => (product, constant(dfg, number)?),
            _ => (index, 0),
        };
        let (factor, shift) = factor_of(dfg, product)?;
        let most = u64::from(factor.most(dfg)) << shift;
        // Nor is the sum.
        (most + u64::from(added) <= u64::from(u32::MAX)).then_some(Scaled { factor, shift, added })
    }

    /// The product, of 64 bits.
    pub fn product(&self, builder: &mut FunctionBuilder<'_>) -> Value {
        let factor = match self.factor {
            Factor::Value(value) => value,
            Factor::Masked(value, mask) => builder.ins().band_imm_u(value, i64::from(mask)),
            Factor::Upper(value, from) => builder.ins().ushr_imm_u(value, i64::from(from)),
        };
        let extended = builder.ins().uextend(types::I64, factor);
        builder.ins().ishl_imm_u(extended, i64::from(self.shift))
    }
}

impl Factor {
    /// The most that it can be.
    fn most(&self, dfg: &DataFlowGraph) -> u32 {
        match *self {
            Factor::Value(value) => most_of(dfg, value, MOST_OPERANDS),
            Factor::Masked(_, mask) => mask,
            Factor::Upper(_, from) => u32::MAX >> from,
        }
    }
}

/// The factor of a product of 32 bits, and how far it is shifted.
fn factor_of(dfg: &DataFlowGraph, product: Value) -> Option<(Factor, u32)> {
    let scales = |shift: &u32| (1..=3).contains(shift);
    match definition(dfg, product)? {
        (Opcode::Ishl, [value, shift]) => Some((Factor::Value(value), constant(dfg, shift).filter(scales)?)),
        (Opcode::Band, [value, mask]) => {
            let mask = constant(dfg, mask)?;
            match definition(dfg, value)? {
                (Opcode::Ishl, [value, shift]) => {
                    let shift = constant(dfg, shift).filter(scales)?;
                    Some((Factor::Masked(value, mask >> shift), shift))
                }
                (Opcode::Ushr, [value, right]) => {
                    let shift = Some(mask.trailing_zeros()).filter(scales)?;
                    let from = constant(dfg, right)?.checked_add(shift).filter(|from| *from < 32)?;
                    (mask == u32::MAX >> from << shift).then_some((Factor::Upper(value, from), shift))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The most that a value of 32 bits can be by what it comes from; of that, `depth` deep.
fn most_of(dfg: &DataFlowGraph, value: Value, depth: usize) -> u32 {
    let Some(inst) = dfg.value_def(value).inst() else { return u32::MAX };
    match (dfg.insts[inst].opcode(), definition(dfg, value)) {
        (Opcode::Uload8, _) => 0xff,
        (Opcode::Uload16, _) => 0xffff,
        (Opcode::Iconst, _) => constant(dfg, value).unwrap_or(u32::MAX),
        (Opcode::Band, Some((_, [_, mask]))) => constant(dfg, mask).unwrap_or(u32::MAX),
        (Opcode::Ushr, Some((_, [_, bits]))) => u32::MAX >> (constant(dfg, bits).unwrap_or(0) % 32),
        // All bits up to the uppermost of both.
        (Opcode::Bxor | Opcode::Bor, Some((_, operands))) if depth > 0 => {
            let [left, right] = operands.map(|operand| most_of(dfg, operand, depth - 1));
            u32::MAX.checked_shr((left | right).leading_zeros()).unwrap_or(0)
        }
        _ => u32::MAX,
    }
}

/// The operation of which a value is the result, and its operands.
fn definition(dfg: &DataFlowGraph, value: Value) -> Option<(Opcode, [Value; 2])> {
    match dfg.insts[dfg.value_def(value).inst()?] {
        InstructionData::Binary { opcode, args } => Some((opcode, args)),
        _ => None,
    }
}

/// The number that a value of 32 bits is.
fn constant(dfg: &DataFlowGraph, value: Value) -> Option<u32> {
    match dfg.insts[dfg.value_def(value).inst()?] {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits() as u32),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use aot_format::cpu::Isa;

    use crate::codegen::test_support::assembly;

    /// Whether an access at an index multiplies by `times`, at `offset`.
    fn multiplies(index: &str, times: u32, offset: &str) -> bool {
        let wat = format!(
            "(module (memory 1) (func (export \"f\") (param $x i32) (result i64) (i64.load offset=16 {index})))"
        );
        let access = format!(", {times}), ");
        let text = assembly(Isa::X86_64, &wat);
        text.lines().any(|line| line.contains(&access) && line.contains(&format!("{offset}(%")))
    }

    #[test]
    fn factors_that_are_small_are_part_of_the_access() {
        for (index, times, offset) in [
            ("(i32.shl (i32.load8_u (local.get $x)) (i32.const 3))", 8, "0x10"),
            ("(i32.shl (i32.load16_u (local.get $x)) (i32.const 2))", 4, "0x10"),
            ("(i32.shl (i32.and (local.get $x) (i32.const 0x7fffffff)) (i32.const 1))", 2, "0x10"),
            ("(i32.shl (i32.shr_u (local.get $x) (i32.const 3)) (i32.const 3))", 8, "0x10"),
            ("(i32.and (i32.shl (local.get $x) (i32.const 2)) (i32.const 1020))", 4, "0x10"),
            ("(i32.and (i32.shr_u (local.get $x) (i32.const 22)) (i32.const 1020))", 4, "0x10"),
            ("(i32.add (i32.shl (i32.load8_u (local.get $x)) (i32.const 2)) (i32.const 1024))", 4, "0x410"),
        ] {
            assert!(multiplies(index, times, offset), "{index}");
        }
    }

    #[test]
    fn what_may_be_cut_off_is_cut_off() {
        for index in [
            "(i32.shl (local.get $x) (i32.const 2))",
            "(i32.shl (i32.load8_s (local.get $x)) (i32.const 2))",
            "(i32.shl (i32.and (local.get $x) (i32.const 0x40000000)) (i32.const 2))",
            "(i32.shl (i32.shr_u (local.get $x) (i32.const 2)) (i32.const 3))",
            "(i32.shl (i32.load8_u (local.get $x)) (i32.const 4))",
            // Not all that is left of the bits.
            "(i32.and (i32.shr_u (local.get $x) (i32.const 21)) (i32.const 1020))",
            // The sum goes around.
            "(i32.add (i32.shl (i32.load8_u (local.get $x)) (i32.const 2)) (i32.const -1020))",
        ] {
            for times in [2, 4, 8] {
                assert!(!multiplies(index, times, ""), "{index}");
            }
        }
    }
}
