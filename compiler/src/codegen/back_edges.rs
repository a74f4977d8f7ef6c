//! Loop counters that are compared after they were added to, once Cranelift has optimised a function.
//!
//! Its simplification turns `i + 4 != 400` into `i != 396`. In a loop that goes back with `i + 4`, both are needed at the end
//! then: two registers, and a move, with a jump around it, in each turn. Compared with the sum, the old value is not needed any
//! more, and the sum can take its register.
//!
//! Absent on purpose: comparisons by order, which such a simplification would make wrong, so none was.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::immediates::Imm64;
use cranelift_codegen::ir::{
    Block, BlockArg, BlockCall, DataFlowGraph, Function, Inst, InstBuilder, InstructionData, Opcode, Type, Value,
};

/// Rewrites the comparisons of branches back.
pub fn compare_sums(func: &mut Function) {
    let blocks: Vec<Block> = func.layout.blocks().collect();
    for block in blocks {
        if let Some(branch) = func.layout.last_inst(block)
            && let Some(sum) = compared_sum(&func.dfg, branch)
        {
            let mut cursor = FuncCursor::new(func).at_inst(branch);
            let location = cursor.func.srcloc(branch);
            cursor.set_srcloc(location);
            let bound = cursor.ins().iconst(sum.ty, sum.bound);
            let condition = cursor.ins().icmp(sum.cond, sum.value, bound);
            if let InstructionData::Brif { arg, .. } = &mut cursor.func.dfg.insts[branch] {
                *arg = condition;
            }
        }
    }
}

/// What a branch may be decided by: `value` compared with `bound`.
struct Sum {
    ty: Type,
    cond: IntCC,
    value: Value,
    bound: Imm64,
}

/// The sum that a branch back takes along, where the branch compares what it was added to.
fn compared_sum(dfg: &DataFlowGraph, branch: Inst) -> Option<Sum> {
    let InstructionData::Brif { arg: condition, blocks, .. } = dfg.insts[branch] else { return None };
    let InstructionData::IntCompare { opcode: Opcode::Icmp, cond, args: [counter, bound] } = *defining(dfg, condition)?
    else {
        return None;
    };
    if !matches!(cond, IntCC::Equal | IntCC::NotEqual) {
        return None;
    }
    let ty = dfg.value_type(counter);
    let old = constant(dfg, bound)?;
    let value = blocks.iter().find_map(|edge| taken_along(dfg, edge, counter))?;
    let bound = old.wrapping_add(added(dfg, value, counter)?);
    let (bound, fits) = match ty.bits() {
        32 => (i64::from(bound as u32), true),
        // What does not fit a comparison had better stay. That is as x86-64 has it; elsewhere it costs what it saves, at
        // most.
        64 => (bound, i32::try_from(bound).is_ok()),
        _ => return None,
    };
    fits.then_some(Sum { ty, cond, value, bound: Imm64::new(bound) })
}

/// What an edge gives the parameter `counter` of the block it leads to.
fn taken_along(dfg: &DataFlowGraph, edge: &BlockCall, counter: Value) -> Option<Value> {
    let params = dfg.block_params(edge.block(&dfg.value_lists)).iter();
    let mut pairs = params.zip(edge.args(&dfg.value_lists));
    pairs.find_map(|(param, arg)| match arg {
        BlockArg::Value(value) if *param == counter => Some(value),
        _ => None,
    })
}

/// The constant that `sum` is `counter` and.
fn added(dfg: &DataFlowGraph, sum: Value, counter: Value) -> Option<i64> {
    match *defining(dfg, sum)? {
        InstructionData::Binary { opcode: Opcode::Iadd, args: [lhs, rhs] } if lhs == counter => constant(dfg, rhs),
        _ => None,
    }
}

/// The number that a value is.
pub fn constant(dfg: &DataFlowGraph, value: Value) -> Option<i64> {
    match *defining(dfg, value)? {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits()),
        _ => None,
    }
}

fn defining(dfg: &DataFlowGraph, value: Value) -> Option<&InstructionData> {
    dfg.value_def(value).inst().map(|inst| &dfg.insts[inst])
}

#[cfg(test)]
mod tests {
    use aot_format::cpu::Isa;

    use crate::codegen::test_support::assembly;

    /// A loop from 0 in steps of 4 while `condition`, of the sum `$i`, holds.
    fn counting(ty: &str, condition: &str) -> String {
        format!(
            "(module (memory 1) (func (export \"f\") (local $i {ty})
               (loop (i32.store8 (i32.const 9) (i32.const 1))
                 (local.set $i ({ty}.add (local.get $i) ({ty}.const 4)))
                 (br_if 0 {condition}))))"
        )
    }

    #[test]
    fn the_sum_is_compared_and_takes_the_counters_register() {
        for (ty, isa, compared) in [
            ("i32", Isa::X86_64, "cmpl $0x190, "),
            ("i64", Isa::X86_64, "cmpq $0x190, "),
            ("i32", Isa::Aarch64, ", #400"),
            ("i64", Isa::Aarch64, ", #400"),
            ("i32", Isa::Riscv64, ",400"),
        ] {
            let condition = format!("({ty}.ne (local.get $i) ({ty}.const 400))");
            let text = assembly(isa, &counting(ty, &condition));
            assert!(text.contains(compared), "{ty} on {}:\n{text}", isa.name());
        }
    }

    #[test]
    fn sums_wrap_around() {
        let text = assembly(Isa::X86_64, &counting("i32", "(i32.ne (local.get $i) (i32.const -4))"));
        assert!(text.contains("cmpl $0xfffffffc, "), "{text}");
        // 2^31 is no immediate of a comparison of 64 bits, 2^31 - 4 is.
        let text = assembly(Isa::X86_64, &counting("i64", "(i64.ne (local.get $i) (i64.const 0x80000000))"));
        assert!(text.contains("cmpq $0x7ffffffc, "), "{text}");
    }
}
