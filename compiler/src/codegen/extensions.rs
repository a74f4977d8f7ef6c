//! Values of 32 bits that are needed with 64, once Cranelift has optimised a function for x86-64.
//!
//! Indices are extended before they are added to a memory's base. What computes with 32 bits clears the upper half of a
//! register in passing, and Cranelift knows that of sums, products, shifts and masks, but not of what is loaded and needed
//! twice, nor of what comes around in a loop: there it copies, and both copies are kept. So these are had with 64 bits from
//! the start, as loads can give them and as edges can bring them, and what needs 32 takes the lower half, which costs
//! nothing. Masks of whole bytes become the extensions that they are: one short instruction instead of two.
//!
//! A guest stays in its memory by the upper half of indices being zero. Here it is: of a load of 32 bits or less, and of an
//! extension, by what these are; of a parameter, since each edge brings one of these, a number of 32 bits, or another
//! parameter of which that holds. So nothing may change what edges bring after this.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::{EntitySet, SecondaryMap};
use cranelift_codegen::ir::{
    Block, BlockArg, DataFlowGraph, Function, Inst, InstBuilder, InstBuilderBase, InstructionData, Opcode, Type, Value,
    ValueDef, types,
};

use super::back_edges::constant;
use super::ranges::destinations;

/// Rounds after which no parameter is widened: each rules out some by what the last one ruled out.
const MOST_ROUNDS: usize = 8;

/// What there is to do in a function.
#[derive(Default)]
struct Found {
    /// Extensions from 32 bits to 64.
    extensions: Vec<Inst>,
    /// Masks of whole bytes.
    masks: Vec<Inst>,
    /// What is compared with zero: a mask is an operand of that.
    tested: EntitySet<Value>,
}

/// Values with 64 bits, by those with 32.
type Wide = SecondaryMap<Value, Option<Value>>;

/// Rewrites a function.
pub fn widen(func: &mut Function) {
    let Found { extensions, masks, tested } = find(func);
    let params = params_to_widen(func, &extensions);
    let mut wide = Wide::new();
    let mut again = Vec::new();
    for extension in extensions {
        let value = func.dfg.inst_args(extension)[0];
        if let Some(wide) = wide[value] {
            again.push((extension, wide));
            continue;
        }
        let ValueDef::Result(inst, _) = func.dfg.value_def(value) else {
            wide[value] = params.contains(value).then(|| take_result(func, extension));
            continue;
        };
        match func.dfg.insts[inst].opcode() {
            Opcode::Load | Opcode::Uload8 | Opcode::Uload16 => {
                let result = take_result(func, extension);
                wide[value] = Some(widen_load(func, inst, Some(result)));
            }
            Opcode::Band if !tested.contains(value) => {
                if let Some(of) = masked(&func.dfg, inst) {
                    let result = take_result(func, extension);
                    wide[value] = Some(widen_masked(func, inst, of, result));
                }
            }
            _ => {}
        }
    }
    for inst in masks {
        if !tested.contains(func.dfg.first_result(inst))
            && let Some(of) = masked(&func.dfg, inst)
        {
            extend_masked(func, inst, of);
        }
    }
    if !params.is_empty() {
        widen_params(func, &wide);
        bring(func, &mut wide);
    }
    if again.is_empty() {
        return;
    }
    for (extension, wide) in again {
        let result = take_result(func, extension);
        func.dfg.change_to_alias(result, wide);
    }
    func.dfg.resolve_all_aliases();
}

fn find(func: &Function) -> Found {
    let (mut found, dfg) = (Found::default(), &func.dfg);
    for inst in func.layout.blocks().flat_map(|block| func.layout.block_insts(block)) {
        match dfg.insts[inst] {
            // Wide arithmetic extends to 128.
            InstructionData::Unary { opcode: Opcode::Uextend, arg }
                if is_narrow(dfg, arg) && dfg.value_type(dfg.first_result(inst)) == types::I64 =>
            {
                found.extensions.push(inst);
            }
            InstructionData::Binary { opcode: Opcode::Band, .. } if masked(dfg, inst).is_some() => {
                found.masks.push(inst);
            }
            InstructionData::IntCompare { args: [tested, zero], .. } if constant(dfg, zero) == Some(0) => {
                found.tested.insert(tested);
            }
            InstructionData::Brif { arg: tested, .. }
            | InstructionData::CondTrap { arg: tested, .. }
            | InstructionData::Ternary { args: [tested, ..], .. } => {
                found.tested.insert(tested);
            }
            _ => {}
        }
    }
    found
}

/// The parameters that are extended and can be had with 64 bits for nothing, at least where a loop goes back.
fn params_to_widen(func: &Function, extensions: &[Inst]) -> EntitySet<Value> {
    let dfg = &func.dfg;
    let mut params = EntitySet::new();
    for extension in extensions {
        let value = dfg.inst_args(*extension)[0];
        if let ValueDef::Param(block, _) = dfg.value_def(value)
            && func.layout.entry_block() != Some(block)
        {
            params.insert(value);
        }
    }
    if params.is_empty() {
        return params;
    }
    let mut places: SecondaryMap<Block, u32> = SecondaryMap::new();
    for (place, block) in func.layout.blocks().enumerate() {
        places[block] = place as u32;
    }
    let mut edges: Vec<(Value, BlockArg, bool)> = Vec::new();
    let mut comes_around: EntitySet<Value> = EntitySet::new();
    for block in func.layout.blocks() {
        let Some(branch) = func.layout.last_inst(block) else { continue };
        for edge in destinations(dfg, branch) {
            let target = edge.block(&dfg.value_lists);
            let is_back = places[target] <= places[block];
            for (param, arg) in dfg.block_params(target).iter().zip(edge.args(&dfg.value_lists)) {
                if params.contains(*param) {
                    edges.push((*param, arg, is_back));
                    if is_back {
                        comes_around.insert(*param);
                    }
                }
            }
        }
    }
    for _ in 0..MOST_ROUNDS {
        let mut is_done = true;
        for (param, arg, is_back) in &edges {
            let stays = match arg {
                BlockArg::Value(value) if is_free(dfg, *value, &params) => true,
                // An extension in front of a loop is one less in it.
                BlockArg::Value(_) => !is_back && comes_around.contains(*param),
                _ => false,
            };
            is_done &= stays || !params.remove(*param);
        }
        if is_done {
            return params;
        }
    }
    EntitySet::new()
}

/// Whether the extension of a value costs nothing.
fn is_free(dfg: &DataFlowGraph, value: Value, params: &EntitySet<Value>) -> bool {
    let ValueDef::Result(inst, _) = dfg.value_def(value) else { return params.contains(value) };
    matches!(
        dfg.insts[inst].opcode(),
        Opcode::Iconst
            | Opcode::Iadd
            | Opcode::Isub
            | Opcode::Imul
            | Opcode::Band
            | Opcode::Bor
            | Opcode::Bxor
            | Opcode::Ishl
            | Opcode::Ushr
            | Opcode::Load
            | Opcode::Uload8
            | Opcode::Uload16
    )
}

/// Has the edges bring 64 bits for the parameters that want them.
fn bring(func: &mut Function, wide: &mut Wide) {
    let blocks: Vec<Block> = func.layout.blocks().collect();
    for block in blocks {
        let Some(branch) = func.layout.last_inst(block) else { continue };
        for index in 0..destinations(&func.dfg, branch).len() {
            let dfg = &func.dfg;
            let edge = destinations(dfg, branch)[index];
            let params = dfg.block_params(edge.block(&dfg.value_lists));
            let wants = |(param, arg): (&Value, &BlockArg)| match arg {
                BlockArg::Value(value) => dfg.value_type(*param) == types::I64 && is_narrow(dfg, *value),
                _ => false,
            };
            let mut args: Vec<BlockArg> = edge.args(&dfg.value_lists).collect();
            let wanting: Vec<usize> = (0..args.len()).filter(|index| wants((&params[*index], &args[*index]))).collect();
            if wanting.is_empty() {
                continue;
            }
            for index in wanting {
                if let BlockArg::Value(value) = args[index] {
                    args[index] = BlockArg::Value(widened(func, branch, value, wide));
                }
            }
            let mut args = args.into_iter();
            let dfg = &mut func.dfg;
            let edges = dfg.insts[branch].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
            edges[index].update_args(&mut dfg.value_lists, |old| args.next().unwrap_or(old));
        }
    }
}

/// A value with 64 bits, in front of a branch.
fn widened(func: &mut Function, branch: Inst, value: Value, wide: &mut Wide) -> Value {
    if let Some(value) = wide[value] {
        return value;
    }
    if let Some(inst) = func.dfg.value_def(value).inst()
        && matches!(func.dfg.insts[inst].opcode(), Opcode::Load | Opcode::Uload8 | Opcode::Uload16)
    {
        return *wide[value].insert(widen_load(func, inst, None));
    }
    let number = constant(&func.dfg, value);
    // A mask that has become an extension is extended at once.
    let value = match func.dfg.value_def(value).inst().map(|inst| func.dfg.insts[inst]) {
        Some(InstructionData::Unary { opcode: Opcode::Uextend, arg }) => arg,
        _ => value,
    };
    let mut cursor = FuncCursor::new(func).at_inst(branch);
    match number {
        Some(number) => cursor.ins().iconst(types::I64, i64::from(number as u32)),
        None => cursor.ins().uextend(types::I64, value),
    }
}

/// Has blocks take the parameters that are wide now in the place of those that were not.
fn widen_params(func: &mut Function, wide: &Wide) {
    let blocks: Vec<Block> = func.layout.blocks().collect();
    for block in blocks {
        if !func.dfg.block_params(block).iter().any(|param| wide[*param].is_some()) {
            continue;
        }
        let params = func.dfg.detach_block_params(block).as_slice(&func.dfg.value_lists).to_vec();
        let mut cursor = FuncCursor::new(func).at_first_insertion_point(block);
        for param in params {
            cursor.func.dfg.attach_block_param(block, wide[param].unwrap_or(param));
            if let Some(wide) = wide[param] {
                cursor.ins().with_result(param).ireduce(types::I32, wide);
            }
        }
    }
}

/// Has an instruction load with 64 bits, to `result` if there is one, and its value be the half of that.
fn widen_load(func: &mut Function, inst: Inst, result: Option<Value>) -> Value {
    let mut data = func.dfg.insts[inst];
    if let InstructionData::Load { opcode, .. } = &mut data
        && *opcode == Opcode::Load
    {
        *opcode = Opcode::Uload32;
    }
    let mut cursor = at(func, inst);
    let (load, dfg) = cursor.ins().with_results([result]).build(data, types::I64);
    let wide = dfg.first_result(load);
    take_half(dfg, inst, wide);
    wide
}

/// Makes an instruction the lower half of a value.
fn take_half(dfg: &mut DataFlowGraph, inst: Inst, wide: Value) {
    dfg.insts[inst] = InstructionData::Unary { opcode: Opcode::Ireduce, arg: wide };
}

fn widen_masked(func: &mut Function, inst: Inst, (value, to): (Value, Type), result: Value) -> Value {
    let mut cursor = at(func, inst);
    let low = cursor.ins().ireduce(to, value);
    let wide = cursor.ins().with_result(result).uextend(types::I64, low);
    take_half(&mut func.dfg, inst, wide);
    wide
}

fn extend_masked(func: &mut Function, inst: Inst, (value, to): (Value, Type)) {
    let low = at(func, inst).ins().ireduce(to, value);
    func.dfg.insts[inst] = InstructionData::Unary { opcode: Opcode::Uextend, arg: low };
}

/// In front of an instruction, of which it takes the location.
fn at(func: &mut Function, inst: Inst) -> FuncCursor<'_> {
    let location = func.srcloc(inst);
    FuncCursor::new(func).at_inst(inst).with_srcloc(location)
}

/// The value of which an instruction keeps the lowest bytes, and the type that has these.
fn masked(dfg: &DataFlowGraph, inst: Inst) -> Option<(Value, Type)> {
    let InstructionData::Binary { opcode: Opcode::Band, args: [value, mask] } = dfg.insts[inst] else { return None };
    let (ty, mask) = (dfg.value_type(value), constant(dfg, mask)?);
    match (ty.bits(), mask) {
        (32 | 64, 0xff) => Some((value, types::I8)),
        (32 | 64, 0xffff) => Some((value, types::I16)),
        (64, 0xffff_ffff) => Some((value, types::I32)),
        _ => None,
    }
}

/// Takes an extension away, for something else to have its result.
fn take_result(func: &mut Function, extension: Inst) -> Value {
    let result = func.dfg.first_result(extension);
    func.dfg.clear_results(extension);
    func.layout.remove_inst(extension);
    result
}

fn is_narrow(dfg: &DataFlowGraph, value: Value) -> bool {
    dfg.value_type(value) == types::I32
}

#[cfg(test)]
mod tests {
    use aot_format::cpu::Isa;

    use crate::codegen::test_support::assembly;

    /// The assembly of a function with an `i32` parameter and result, and a local `$v`.
    fn text(body: &str) -> String {
        let wat = format!(
            "(module (memory 1) (func (export \"f\") (param $p i32) (result i32) (local $v i32) (local $sum i32) {body}))"
        );
        assembly(Isa::X86_64, &wat)
    }

    /// Instructions that extend by copying.
    fn copies(text: &str) -> usize {
        text.lines().filter(|line| line.trim_start().starts_with("movl %")).filter(|line| !line.contains('(')).count()
    }

    #[test]
    fn what_comes_around_is_extended_in_front() {
        let counting = text(
            "(loop (i32.store (local.get $v) (local.get $p))
               (br_if 0 (i32.lt_u (local.tee $v (i32.add (local.get $v) (i32.const 4))) (local.get $p))))
             (local.get $v)",
        );
        assert_eq!(copies(&counting), 0, "{counting}");
        let chasing = text(
            "(loop (local.set $sum (i32.add (local.get $sum) (local.get $p)))
               (br_if 0 (local.tee $p (i32.load (local.get $p)))))
             (local.get $sum)",
        );
        // The parameter, once.
        assert_eq!(copies(&chasing), 1, "{chasing}");
        assert!(chasing.contains("movl (%"), "{chasing}");
    }

    #[test]
    fn what_would_be_extended_each_time_is_not() {
        // Turned round, which Cranelift does not know to clear the upper half.
        let text = text(
            "(loop (i32.store8 (local.get $v) (local.get $p))
               (br_if 0 (local.tee $v (i32.rotl (local.get $v) (i32.const 3)))))
             (local.get $v)",
        );
        assert_eq!(copies(&text), 1, "{text}");
    }

    #[test]
    fn what_is_loaded_for_several_is_loaded_extended() {
        let several =
            text("(local.set $v (i32.load (local.get $p))) (i32.store (local.get $v) (local.get $v)) (local.get $v)");
        assert_eq!(copies(&several), 1, "{several}");
        let byte = text("(i32.load (i32.load8_u (local.get $p)))");
        assert_eq!(copies(&byte), 1, "{byte}");
    }

    #[test]
    fn masks_of_bytes_are_extensions() {
        for (mask, instruction) in [(255, "movzbl %"), (65535, "movzwl %")] {
            let masked = text(&format!("(i32.add (i32.and (local.get $p) (i32.const {mask})) (i32.const 1))"));
            assert!(masked.contains(instruction) && !masked.contains("andl"), "{masked}");
            // One instruction tests as well as masks.
            let tested = text(&format!("(i32.eqz (i32.and (local.get $p) (i32.const {mask})))"));
            assert!(tested.contains(&format!("testl ${mask:#x}, %")), "{tested}");
        }
        assert!(text("(i32.and (local.get $p) (i32.const 254))").contains("andl"));
    }
}
