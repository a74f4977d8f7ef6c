//! Numbers that are added to an index of 32 bits before a memory is accessed, made part of the access.
//!
//! An access to what begins at 1024 is `load (i + 1024)` in wasm, since the sum goes around at 2^32 and the offset of an
//! access does not. Where [`Ranges`] shows that the sum does not go around, it is `load offset=1024 i`: an addition less, and
//! what is left is the same for all accesses with that index. Where only the sum is known to be a natural number, as with
//! an index that counts up to zero, accesses with that index take one sum, and the rest as an offset.
//!
//! Should that ever be wrong, a guest reads or writes other bytes of its own, or traps, and nothing else: the index is
//! still extended from 32 bits, and offsets stay within the guard behind the reservation. So memories without a
//! reservation are left alone.

use aot_format::abi::GUARD_BYTES;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::{EntitySet, SecondaryMap};
use cranelift_codegen::ir::{Block, Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef, types};

use super::ranges::{Ranges, sum_of};
use crate::translate::trap::RESERVATION_FAULT;

/// Instructions of a function that is too large: what its indices depend on is much of it, and seldom leads to anything.
const LARGE: usize = 2500;
/// Bytes of the widest access.
const WIDEST: i64 = 16;
/// Numbers up to here can be indices.
const MOST: i64 = u32::MAX as i64;

/// An access whose index is a sum.
struct Access {
    inst: Inst,
    base: Value,
    sum: Value,
    /// The sum, of 64 bits.
    extended: Value,
    index: Value,
    added: i32,
    offset: i64,
}

/// What an access is to be.
struct Rewrite {
    inst: Inst,
    base: Value,
    /// The index is this, and a number.
    index: Value,
    added: i32,
    offset: i32,
}

/// Rewrites the accesses of a function in which no value is the alias of another.
pub fn fold_sums(func: &mut Function) {
    if func.dfg.num_insts() > LARGE {
        return;
    }
    let blocks = blocks_of_loops(func);
    if blocks.is_empty() {
        return;
    }
    let mut accesses: Vec<(Block, Access)> = Vec::new();
    for block in blocks {
        let found = func.layout.block_insts(block).filter_map(|inst| access(func, inst));
        accesses.extend(found.map(|access| (block, access)));
    }
    keep_lone_sums(func, &mut accesses);
    if accesses.is_empty() {
        return;
    }
    let Some(ranges) = Ranges::of(func, accesses.iter().map(|(_, access)| access.index)) else { return };
    let mut rewrites = Vec::new();
    // Those whose index alone says nothing, by the index.
    let mut others: Vec<(Block, Access)> = Vec::new();
    for (block, access) in accesses {
        let range = ranges.at(access.index, block);
        let offset = access.offset + i64::from(access.added);
        if range.low >= 0 && range.low + i64::from(access.added) >= 0 && is_offset(offset) {
            let Access { inst, base, index, .. } = access;
            rewrites.push(Rewrite { inst, base, index, added: 0, offset: offset as i32 });
        } else {
            others.push((block, access));
        }
    }
    others.sort_by_key(|(_, access)| (access.index, access.added));
    for group in others.chunk_by(|(_, a), (_, b)| a.index == b.index) {
        let mut least: Option<i32> = None;
        for (block, access) in group {
            let (range, added) = (ranges.at(access.index, *block), i64::from(access.added));
            let sum = range.low + added..=range.high + added;
            // Nothing is known of it, or it may go around: it is no reason to take another one's sum.
            if range.is_none() || *sum.start() < 0 || *sum.end() > MOST {
                continue;
            }
            match least {
                Some(from)
                    if range.low + i64::from(from) >= 0 && is_offset(access.offset + added - i64::from(from)) =>
                {
                    let Access { inst, base, index, .. } = *access;
                    let offset = (access.offset + added - i64::from(from)) as i32;
                    rewrites.push(Rewrite { inst, base, index, added: from, offset });
                }
                _ => least = Some(access.added),
            }
        }
    }
    for rewrite in rewrites {
        apply(func, rewrite);
    }
}

/// Blocks from the head of a loop to where it goes back, in the layout. Elsewhere it is not worth the time.
fn blocks_of_loops(func: &Function) -> Vec<Block> {
    let dfg = &func.dfg;
    let mut places: SecondaryMap<Block, Option<usize>> = SecondaryMap::new();
    let mut blocks: Vec<Block> = Vec::new();
    // Up to where blocks are known to be in loops, from each head on.
    let mut ends: Vec<usize> = Vec::new();
    for (place, block) in func.layout.blocks().enumerate() {
        places[block] = Some(place);
        blocks.push(block);
        ends.push(0);
        let Some(last) = func.layout.last_inst(block) else { continue };
        for edge in dfg.insts[last].branch_destination(&dfg.jump_tables, &dfg.exception_tables) {
            if let Some(head) = places[edge.block(&dfg.value_lists)] {
                ends[head] = place + 1;
            }
        }
    }
    let mut end = 0;
    let in_loop = |(place, block): (usize, Block)| {
        end = end.max(ends[place]);
        (place < end).then_some(block)
    };
    blocks.into_iter().enumerate().filter_map(in_loop).collect()
}

/// Keeps those whose sums nothing else needs: where a sum has to be there in any case, its index had better not be.
fn keep_lone_sums(func: &Function, accesses: &mut Vec<(Block, Access)>) {
    if accesses.is_empty() {
        return;
    }
    let mut others: SecondaryMap<Value, i32> = SecondaryMap::new();
    let mut seen: EntitySet<Value> = EntitySet::new();
    for (_, access) in &*accesses {
        // Several accesses may extend a sum once.
        others[access.sum] -= i32::from(seen.insert(access.extended));
    }
    for inst in func.layout.blocks().flat_map(|block| func.layout.block_insts(block)) {
        for value in func.dfg.inst_values(inst) {
            others[func.dfg.resolve_aliases(value)] += 1;
        }
    }
    accesses.retain(|(_, access)| others[access.sum] == 0);
}

/// Whether an access at this offset ends within the guard.
fn is_offset(offset: i64) -> bool {
    (0..=GUARD_BYTES as i64 - WIDEST).contains(&offset)
}

/// The access that an instruction is, if its index is a sum with a number.
fn access(func: &Function, inst: Inst) -> Option<Access> {
    let dfg = &func.dfg;
    let (address, flags, offset) = match dfg.insts[inst] {
        InstructionData::Load { arg, flags, offset, .. } => (arg, flags, offset),
        InstructionData::Store { args: [_, address], flags, offset, .. } => (address, flags, offset),
        _ => return None,
    };
    if dfg.mem_flags[flags].trap_code() != Some(RESERVATION_FAULT) {
        return None;
    }
    let definition = |value| dfg.value_def(dfg.resolve_aliases(value)).inst().map(|inst| dfg.insts[inst]);
    let InstructionData::Binary { opcode: Opcode::Iadd, args: [base, extended] } = definition(address)? else {
        return None;
    };
    let InstructionData::Unary { opcode: Opcode::Uextend, arg } = definition(extended)? else { return None };
    if dfg.value_type(arg) != types::I32 {
        return None;
    }
    let sum = dfg.resolve_aliases(arg);
    let (index, added) = sum_of(dfg, sum)?;
    // Of what comes from elsewhere nothing is known, as a rule.
    let is_computed = match dfg.value_def(index) {
        ValueDef::Param(block, _) => func.layout.entry_block() != Some(block),
        ValueDef::Result(inst, _) => {
            let opcode = dfg.insts[inst].opcode();
            opcode != Opcode::Load && !opcode.is_call()
        }
        ValueDef::Union(..) => false,
    };
    is_computed.then(|| Access { inst, base, sum, extended, index, added, offset: i32::from(offset).into() })
}

fn apply(func: &mut Function, Rewrite { inst, base, index, added, offset: new }: Rewrite) {
    let mut cursor = FuncCursor::new(func).at_inst(inst);
    let index = match added {
        0 => index,
        _ => cursor.ins().iadd_imm_s(index, i64::from(added)),
    };
    let index = cursor.ins().uextend(types::I64, index);
    let sum = cursor.ins().iadd(base, index);
    match &mut func.dfg.insts[inst] {
        InstructionData::Load { arg: address, offset, .. }
        | InstructionData::Store { args: [_, address], offset, .. } => {
            (*address, *offset) = (sum, new.into());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use aot_format::cpu::Isa;

    use crate::codegen::test_support::assembly;

    /// A loop over `$i` from a number, with an access in it that reads what is 1000 behind that, while a condition holds.
    fn counting(from: i32, step: i32, condition: &str) -> String {
        format!(
            "(module (memory 1) (func (export \"f\") (param $n i32) (local $i i32)
               (local.set $i (i32.const {from}))
               (loop
                 (i64.store (i32.add (local.get $i) (i32.const 1000)) (i64.const 1))
                 (i64.store (i32.add (local.get $i) (i32.const 3000)) (i64.const 1))
                 (local.set $i (i32.add (local.get $i) (i32.const {step})))
                 (br_if 0 {condition}))))"
        )
    }

    /// Offsets of 1000 and 3000.
    fn offsets(text: &str) -> [bool; 2] {
        ["0x3e8(%", "0xbb8(%"].map(|offset| text.lines().any(|line| line.contains(offset) && line.contains("movq")))
    }

    #[test]
    fn sums_that_do_not_go_around_are_offsets() {
        for (from, step, condition) in [
            (0, 8, "(i32.ne (local.get $i) (i32.const 800))"),
            (0, 8, "(i32.lt_s (local.get $i) (i32.const 900))"),
            (8, 8, "(i32.lt_u (local.get $i) (i32.const 900))"),
            (0, 1, "(i32.lt_s (local.get $i) (local.get $n))"),
            (800, -8, "(i32.ne (local.get $i) (i32.const -8))"),
            (800, -8, "(i32.ge_s (local.get $i) (i32.const 0))"),
            (800, -8, "(i32.gt_s (local.get $i) (i32.const -1))"),
            (800, -8, "(local.get $i)"),
        ] {
            let text = assembly(Isa::X86_64, &counting(from, step, condition));
            assert_eq!(offsets(&text), [true, true], "{from} {step} {condition}:\n{text}");
        }
    }

    #[test]
    fn what_is_left_of_a_division_is_less_than_the_divisor() {
        for divisor in [10, 20011] {
            let text = assembly(
                Isa::X86_64,
                &format!(
                    "(module (memory 1) (func (export \"f\") (param $n i32) (local $i i32)
                       (loop (i64.store (i32.add (i32.rem_u (local.get $i) (i32.const {divisor})) (i32.const 1000)) (i64.const 1))
                         (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))))"
                ),
            );
            assert!(offsets(&text)[0], "{divisor}:\n{text}");
        }
    }

    #[test]
    fn sums_that_may_go_around_are_not() {
        for (from, step, condition) in [
            (0, 8, "(i32.ne (local.get $i) (i32.const 801))"),
            (-8, 8, "(i32.ne (local.get $i) (i32.const 800))"),
            (0, 8, "(i32.lt_u (local.get $i) (local.get $n))"),
            (0, 8, "(i32.ne (local.get $i) (local.get $n))"),
            (0, 8, "(i32.lt_s (local.get $i) (local.get $n))"),
            (800, -8, "(i32.ge_s (local.get $i) (local.get $n))"),
        ] {
            let text = assembly(Isa::X86_64, &counting(from, step, condition));
            assert_eq!(offsets(&text), [false, false], "{from} {step} {condition}:\n{text}");
        }
    }

    #[test]
    fn offsets_end_within_the_guard() {
        let last = super::GUARD_BYTES - super::WIDEST as u64;
        for (added, folds) in [(last, true), (last + 1, false)] {
            let text = assembly(
                Isa::X86_64,
                &format!(
                    "(module (memory 1) (func (export \"f\") (local $i i32)
                       (loop (i64.store (i32.add (local.get $i) (i32.const {added})) (i64.const 1))
                         (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 800))))))"
                ),
            );
            let offset = format!("{added:#x}(%");
            assert_eq!(text.lines().any(|line| line.contains("movq") && line.contains(&offset)), folds, "{text}");
        }
    }

    #[test]
    fn sums_that_are_needed_elsewhere_stay() {
        let going_on = "(i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 800))";
        let of = |used: &str| {
            let text = format!(
                "(module (memory 1) (func (export \"f\") (param i32) (result i32) (local $i i32) (local $s i32) (local $h i32)
                   (loop (memory.fill (local.tee $s (i32.add (local.get $i) (i32.const 1000))) (local.get 0) (i32.const 16))
                     {used} (br_if 0 {going_on}))
                   (local.get $h)))"
            );
            assembly(Isa::X86_64, &text).contains("leal 0x3e8(%")
        };
        assert!(!of(""));
        assert!(of("(local.set $h (i32.xor (local.get $h) (local.get $s)))"));
    }

    #[test]
    fn what_counts_up_to_zero_takes_one_sum() {
        let text = assembly(Isa::X86_64, &counting(-800, 8, "(local.get $i)"));
        assert!(text.contains("leal 0x3e8(%") && text.contains("movq") && text.contains("0x7d0(%"), "{text}");
        assert!(!text.contains("0xbb8"), "{text}");
    }
}
