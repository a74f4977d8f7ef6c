//! What 32-bit values of a function can be: each a [`Range`], by abstract interpretation (Cousot and Cousot, 1977) with
//! conditions of branches, where these decide.
//!
//! Blocks are gone through in their order until nothing changes. What a block's parameter can be is what its edges have
//! brought so far; at a loop's head it is widened to the next number that something is compared with, so that this ends.
//! Only the last round is the truth.
//!
//! Absent on purpose: what is done with it (`addresses`).

use std::collections::HashMap;

use cranelift_codegen::entity::{EntitySet, SecondaryMap};
use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::{
    Block, BlockArg, BlockCall, DataFlowGraph, Function, Inst, InstructionData, Opcode, Type, Value, ValueDef, types,
};

use super::range::Range;
use crate::translate::long_inverse;

/// Rounds after which nothing is known. Each level of loops takes some.
const MOST_ROUNDS: usize = 24;
/// Rounds after which a widened bound goes as far as numbers do.
const ROUNDS_OF_BOUNDS: usize = 16;
/// How far up conditions are looked for.
const MOST_CONDITIONS: usize = 12;
/// Values and arguments of branches that are looked at in all rounds, beside twice as many as a function has instructions.
const SMALL_WORK: usize = 4000;
/// Rounds that loops take, as a rule.
const USUAL_ROUNDS: usize = 6;
/// Most sums of sums that are one.
const MOST_SUMS: usize = 8;

/// What an edge says of a value.
type Fact = (Value, Range);

/// What a branch asks.
enum Compared {
    /// How two values compare.
    Sides(IntCC, [Value; 2]),
    /// Whether a value is not zero.
    Zero(Value),
}

/// What is known of a function.
pub struct Ranges<'f> {
    func: &'f Function,
    values: SecondaryMap<Value, Range>,
    /// What holds in a block by the one edge to it, and where that comes from.
    facts: SecondaryMap<Block, Vec<Fact>>,
    above: SecondaryMap<Block, Option<Block>>,
    /// Values of which there is a fact anywhere.
    is_decided: SecondaryMap<Value, bool>,
    /// Place in the order of blocks.
    places: SecondaryMap<Block, u32>,
    /// Edges that lead to a block: the branch, and which of its edges it is.
    before: SecondaryMap<Block, Vec<(Inst, usize)>>,
    /// Values that are asked for, and those that these depend on.
    needed: EntitySet<Value>,
    /// What is gone through in a round, in order.
    steps: Vec<(Block, Inst)>,
    /// Where bounds are widened to, in order.
    bounds: Vec<i64>,
    /// Edges of the branches in these steps, and their arguments.
    args: usize,
    /// What may still be done.
    left: usize,
    changed: bool,
}

impl<'f> Ranges<'f> {
    /// Those of some values; nothing if it takes too long to find them.
    pub fn of(func: &'f Function, wanted: impl IntoIterator<Item = Value>) -> Option<Ranges<'f>> {
        let mut ranges = Ranges {
            func,
            values: SecondaryMap::with_default(Range::NONE),
            facts: SecondaryMap::new(),
            above: SecondaryMap::new(),
            is_decided: SecondaryMap::new(),
            places: SecondaryMap::new(),
            before: SecondaryMap::new(),
            needed: EntitySet::new(),
            steps: Vec::new(),
            bounds: Vec::new(),
            args: 0,
            left: 2 * func.dfg.num_insts() + SMALL_WORK,
            changed: false,
        };
        ranges.find_edges();
        ranges.find_steps(wanted.into_iter().collect())?;
        // Rather than half of it for nothing.
        let round_work = ranges.steps.len() + ranges.args;
        if round_work * USUAL_ROUNDS > ranges.left {
            return None;
        }
        for round in 0..MOST_ROUNDS {
            ranges.work(round_work)?;
            ranges.changed = false;
            for step in 0..ranges.steps.len() {
                let (block, inst) = ranges.steps[step];
                ranges.pass(inst, block, round);
            }
            if !ranges.changed {
                return Some(ranges);
            }
        }
        None
    }

    fn find_edges(&mut self) {
        for (place, block) in self.func.layout.blocks().enumerate() {
            self.places[block] = place as u32;
            let Some(last) = self.func.layout.last_inst(block) else { continue };
            for (index, edge) in self.destinations(last).iter().enumerate() {
                self.before[edge.block(&self.func.dfg.value_lists)].push((last, index));
            }
        }
        for block in self.func.layout.blocks() {
            if let [(only, _)] = self.before[block][..] {
                self.above[block] = self.func.layout.inst_block(only);
            }
        }
    }

    /// Finds what the values depend on, and with that what has to be gone through.
    fn find_steps(&mut self, wanted: Vec<Value>) -> Option<()> {
        let (func, dfg) = (self.func, &self.func.dfg);
        let mut conditions: HashMap<Value, Vec<(Block, [Value; 2])>> = HashMap::new();
        for (block, sides) in func.layout.blocks().filter_map(|block| self.decided_by(block)) {
            sides.iter().for_each(|side| conditions.entry(*side).or_default().push((block, sides)));
        }
        let mut decides: EntitySet<Block> = EntitySet::new();
        let mut open = wanted;
        while let Some(value) = open.pop() {
            let value = dfg.resolve_aliases(value);
            if !is_narrow(dfg.value_type(value)) || !self.needed.insert(value) {
                continue;
            }
            self.depends_on(value, &mut open)?;
            for (block, sides) in conditions.remove(&value).unwrap_or_default() {
                if decides.insert(block) {
                    open.extend(sides);
                    let bounds = sides.iter().filter_map(|side| constant(dfg, *side)).map(i64::from);
                    self.bounds.extend(bounds.flat_map(|bound| [bound - 1, bound, bound + 1]));
                }
            }
        }
        for block in func.layout.blocks() {
            let needs = |inst: &Inst| dfg.inst_results(*inst).iter().any(|result| self.needed.contains(*result));
            let last = func.layout.last_inst(block);
            let body = func.layout.block_insts(block).filter(|inst| Some(*inst) != last && needs(inst));
            self.steps.extend(body.map(|inst| (block, inst)));
            let brings = |edge: &BlockCall| {
                dfg.block_params(edge.block(&dfg.value_lists)).iter().any(|param| self.needed.contains(*param))
            };
            if let Some(last) = last
                && (decides.contains(block) || needs(&last) || self.destinations(last).iter().any(brings))
            {
                self.steps.push((block, last));
                let args = self.destinations(last).iter().map(|edge| 1 + edge.args(&dfg.value_lists).count());
                self.args += args.sum::<usize>();
            }
        }
        // What is less than something else can be added to, and what is greater subtracted from.
        self.bounds.extend([i64::from(i32::MIN) + 1, -1, 0, 1, i64::from(i32::MAX) - 1]);
        self.bounds.retain(|bound| i32::try_from(*bound).is_ok());
        self.bounds.sort_unstable();
        self.bounds.dedup();
        if let Some(entry) = func.layout.entry_block() {
            for param in dfg.block_params(entry) {
                self.values[*param] = Range::ALL;
            }
        }
        Some(())
    }

    /// Adds what a value depends on.
    fn depends_on(&mut self, value: Value, open: &mut Vec<Value>) -> Option<()> {
        let dfg = &self.func.dfg;
        match dfg.value_def(value) {
            ValueDef::Param(block, number) => {
                // An argument is found by counting.
                self.work(self.before[block].len() * (1 + number / 8))?;
                for (before, index) in &self.before[block] {
                    let arg = self.destinations(*before)[*index].args(&dfg.value_lists).nth(number);
                    open.extend(arg.and_then(|arg| arg.as_value()));
                }
            }
            ValueDef::Result(inst, _) => {
                self.work(1)?;
                let data = &dfg.insts[inst];
                if !data.opcode().can_load() && !data.opcode().is_call() {
                    open.extend(data.arguments(&dfg.value_lists));
                }
            }
            ValueDef::Union(..) => {}
        }
        Some(())
    }

    /// Notes work that is done.
    fn work(&mut self, amount: usize) -> Option<()> {
        self.left = self.left.checked_sub(amount)?;
        Some(())
    }

    /// The two sides of the comparison that the branch at a block's end is decided by; of other values, this and this.
    fn decided_by(&self, block: Block) -> Option<(Block, [Value; 2])> {
        let dfg = &self.func.dfg;
        let InstructionData::Brif { arg, .. } = dfg.insts[self.func.layout.last_inst(block)?] else { return None };
        let sides = match self.compared(arg)? {
            (Compared::Sides(_, sides), _) => sides,
            (Compared::Zero(value), _) => [value, value],
        };
        Some((block, sides))
    }

    fn destinations(&self, inst: Inst) -> &'f [BlockCall] {
        destinations(&self.func.dfg, inst)
    }

    /// One instruction in one round.
    fn pass(&mut self, inst: Inst, block: Block, round: usize) {
        let data = &self.func.dfg.insts[inst];
        if data.opcode().is_branch() {
            return self.leave(inst, block, round);
        }
        let (results, lists) = (self.func.dfg.inst_results(inst), &self.func.dfg.value_lists);
        match results {
            [result] if is_narrow(self.func.dfg.value_type(*result)) => {
                let range = self.result(data, data.arguments(lists), block);
                self.set(*result, range);
            }
            _ => results.iter().for_each(|result| self.set(*result, Range::ALL)),
        }
    }

    fn set(&mut self, value: Value, range: Range) {
        self.changed |= std::mem::replace(&mut self.values[value], range) != range;
    }

    /// What an instruction gives.
    fn result(&self, data: &InstructionData, args: &[Value], block: Block) -> Range {
        let arg = |index: usize| args.get(index).map_or(Range::ALL, |value| self.at(*value, block));
        match data.opcode() {
            Opcode::Iconst => match *data {
                InstructionData::UnaryImm { imm, .. } => Range::one(imm.bits() as i32),
                _ => Range::ALL,
            },
            Opcode::Iadd => arg(0).add(arg(1)),
            Opcode::Isub => match rest_by(&self.func.dfg, args) {
                Some(divisor) => Range::between(0, i64::from(divisor) - 1),
                None => arg(0).sub(arg(1)),
            },
            Opcode::Imul => arg(0).mul(arg(1)),
            Opcode::Ishl => arg(0).shl(arg(1)),
            Opcode::Ushr => arg(0).ushr(arg(1)),
            Opcode::Sshr => arg(0).sshr(arg(1)),
            Opcode::Band => arg(0).and(arg(1)),
            Opcode::Bor | Opcode::Bxor => arg(0).or(arg(1)),
            Opcode::Urem => arg(0).urem(arg(1)),
            Opcode::Select => arg(1).join(arg(2)),
            Opcode::Uload8 => Range::between(0, 0xff),
            Opcode::Uload16 => Range::between(0, 0xffff),
            Opcode::Sload8 => Range::between(-0x80, 0x7f),
            Opcode::Sload16 => Range::between(-0x8000, 0x7fff),
            Opcode::Ireduce => args.first().map_or(Range::ALL, |arg| self.low_half(*arg)),
            Opcode::Clz | Opcode::Ctz | Opcode::Popcnt => Range::between(0, 32),
            Opcode::Uextend => match args.first() {
                Some(arg) if self.is_condition(*arg) => Range::between(0, 1),
                Some(arg) if self.func.dfg.value_type(*arg) == types::I8 => Range::between(0, 0xff),
                _ => Range::between(0, 0xffff),
            },
            _ => Range::ALL,
        }
    }

    /// What the low half of a value of 64 bits can be: of a half that was shifted there, and of a whole that was extended.
    fn low_half(&self, value: Value) -> Range {
        let dfg = &self.func.dfg;
        let definition = |value| dfg.value_def(dfg.resolve_aliases(value)).inst().map(|inst| dfg.insts[inst]);
        let number = |value| match definition(value) {
            Some(InstructionData::UnaryImm { opcode: Opcode::Iconst, imm }) => Some(imm.bits()),
            _ => None,
        };
        if dfg.value_type(value) != types::I64 {
            return Range::ALL;
        }
        match definition(value) {
            Some(InstructionData::Binary { opcode: Opcode::Ushr, args: [_, bits] }) => match number(bits) {
                Some(bits @ 33..64) => Range::between(0, (1 << (64 - bits)) - 1),
                _ => Range::ALL,
            },
            Some(InstructionData::Binary { opcode: Opcode::Band, args }) => match args.map(number) {
                [Some(mask @ 0..=0x7fff_ffff), _] | [_, Some(mask @ 0..=0x7fff_ffff)] => Range::between(0, mask),
                _ => Range::ALL,
            },
            _ => Range::ALL,
        }
    }

    /// What is brought along the edges out of a block.
    fn leave(&mut self, inst: Inst, block: Block, round: usize) {
        let dfg = &self.func.dfg;
        // Their results are the edges', too.
        for result in dfg.inst_results(inst) {
            self.set(*result, Range::ALL);
        }
        let condition = match dfg.insts[inst] {
            InstructionData::Brif { arg, .. } => Some(arg),
            _ => None,
        };
        for (index, edge) in self.destinations(inst).iter().enumerate() {
            let facts = condition.map_or_else(Vec::new, |condition| self.facts_of(condition, index == 0, block));
            for (value, _) in &facts {
                // It was looked up without them until now.
                self.changed |= !std::mem::replace(&mut self.is_decided[*value], true);
            }
            // What cannot be is not gone along.
            if facts.iter().any(|(_, range)| range.is_none()) {
                continue;
            }
            let target = edge.block(&dfg.value_lists);
            let is_back = self.places[target] <= self.places[block];
            for (param, arg) in dfg.block_params(target).iter().zip(edge.args(&dfg.value_lists)) {
                if !self.needed.contains(*param) {
                    continue;
                }
                let brought = match arg {
                    BlockArg::Value(value) => self.by_facts(value, &facts, block),
                    _ => Range::ALL,
                };
                let old = self.values[*param];
                let mut new = old.join(brought);
                if new != old && is_back && round > 1 {
                    let bounds = if round < ROUNDS_OF_BOUNDS { &self.bounds[..] } else { &[] };
                    new = old.widened(new, bounds);
                }
                self.set(*param, new);
            }
            if self.above[target] == Some(block) && self.facts[target] != facts {
                self.facts[target] = facts;
                self.changed = true;
            }
        }
    }

    /// What a value can be in a block.
    pub fn at(&self, value: Value, block: Block) -> Range {
        self.by_facts(value, &[], block)
    }

    /// The same, where more is known.
    fn by_facts(&self, value: Value, facts: &[Fact], block: Block) -> Range {
        let value = self.func.dfg.resolve_aliases(value);
        if !self.needed.contains(value) {
            return Range::ALL;
        }
        let known = self.decided(value, facts, block);
        // What is known of something is known of its sum with a number.
        match sum_of(&self.func.dfg, value) {
            Some((of, added)) if self.is_decided[of] => {
                let sum = self.decided(of, facts, block).add(Range::one(added));
                if sum == Range::ALL { known } else { known.meet(sum) }
            }
            _ => known,
        }
    }

    fn decided(&self, value: Value, facts: &[Fact], block: Block) -> Range {
        let mut known = self.values[value];
        if !self.is_decided[value] {
            return known;
        }
        let mut meet = |facts: &[Fact]| {
            for (_, range) in facts.iter().filter(|(decided, _)| *decided == value) {
                known = known.meet(*range);
            }
        };
        meet(facts);
        let mut place = Some(block);
        for _ in 0..MOST_CONDITIONS {
            let Some(block) = place else { break };
            meet(&self.facts[block]);
            place = self.above[block];
        }
        known
    }

    /// What holds where a condition does (or does not).
    fn facts_of(&self, condition: Value, holds: bool, block: Block) -> Vec<Fact> {
        match self.compared(condition) {
            Some((Compared::Sides(cond, [lhs, rhs]), turned)) => {
                let cond = if holds != turned { cond } else { cond.complement() };
                let (left, right) = (self.at(lhs, block), self.at(rhs, block));
                let both = [(lhs, left, right, cond), (rhs, right, left, cond.swap_args())];
                let said = both.map(|(value, own, other, cond)| (value, own, compared(own, other, cond)));
                let new = said.into_iter().filter(|(value, own, range)| own != range && self.needed.contains(*value));
                new.map(|(value, _, range)| (value, range)).collect()
            }
            Some((Compared::Zero(value), turned)) if self.needed.contains(value) => {
                let own = self.at(value, block);
                let zero = Range::one(0);
                let range = if holds != turned { own.without(zero) } else { own.meet(zero) };
                if range == own { Vec::new() } else { vec![(value, range)] }
            }
            _ => Vec::new(),
        }
    }

    /// What a condition compares, and whether it holds where that does not.
    fn compared(&self, condition: Value) -> Option<(Compared, bool)> {
        let dfg = &self.func.dfg;
        let (mut condition, mut turned) = (dfg.resolve_aliases(condition), false);
        for _ in 0..MOST_CONDITIONS {
            match dfg.value_def(condition).inst().map(|inst| dfg.insts[inst]) {
                Some(InstructionData::Unary { opcode: Opcode::Uextend, arg }) => condition = dfg.resolve_aliases(arg),
                Some(InstructionData::IntCompare { cond, args, .. }) => {
                    let [lhs, rhs] = args.map(|arg| dfg.resolve_aliases(arg));
                    // Whether another condition does not hold.
                    if matches!(cond, IntCC::Equal | IntCC::NotEqual) && self.is_zero(rhs) && self.is_condition(lhs) {
                        turned ^= cond == IntCC::Equal;
                        condition = lhs;
                    } else {
                        let sides = Compared::Sides(cond, [lhs, rhs]);
                        return is_narrow(dfg.value_type(lhs)).then_some((sides, turned));
                    }
                }
                _ => break,
            }
        }
        is_narrow(dfg.value_type(condition)).then_some((Compared::Zero(condition), turned))
    }

    /// Whether it is zero, of any width.
    fn is_zero(&self, value: Value) -> bool {
        let dfg = &self.func.dfg;
        let inst = dfg.value_def(value).inst();
        inst.is_some_and(|inst| matches!(dfg.insts[inst], InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } if imm.bits() == 0))
    }

    /// Whether it is the outcome of a comparison.
    fn is_condition(&self, value: Value) -> bool {
        let dfg = &self.func.dfg;
        match dfg.value_def(dfg.resolve_aliases(value)).inst().map(|inst| dfg.insts[inst]) {
            Some(InstructionData::IntCompare { .. } | InstructionData::FloatCompare { .. }) => true,
            Some(InstructionData::Unary { opcode: Opcode::Uextend, arg }) => self.is_condition(arg),
            _ => false,
        }
    }
}

/// What is left of one side of a comparison, where it holds.
fn compared(own: Range, other: Range, cond: IntCC) -> Range {
    match cond {
        IntCC::Equal => own.meet(other),
        IntCC::NotEqual => own.without(other),
        IntCC::SignedLessThan => own.below(other, false),
        IntCC::SignedLessThanOrEqual => own.below(other, true),
        IntCC::SignedGreaterThan => own.above(other, false),
        IntCC::SignedGreaterThanOrEqual => own.above(other, true),
        IntCC::UnsignedLessThan => own.below_as_natural(other, false),
        IntCC::UnsignedLessThanOrEqual => own.below_as_natural(other, true),
        IntCC::UnsignedGreaterThan => own.above_as_natural(other, false),
        IntCC::UnsignedGreaterThanOrEqual => own.above_as_natural(other, true),
    }
}

/// The edges out of a branch.
pub fn destinations(dfg: &DataFlowGraph, branch: Inst) -> &[BlockCall] {
    dfg.insts[branch].branch_destination(&dfg.jump_tables, &dfg.exception_tables)
}

/// The divisor, if a difference is what is left of a division that was translated to a product (`translate::long_inverse`).
fn rest_by(dfg: &DataFlowGraph, operands: &[Value]) -> Option<i32> {
    let definition = |value| dfg.value_def(dfg.resolve_aliases(value)).inst().map(|inst| dfg.insts[inst]);
    let [dividend, product] = operands else { return None };
    let InstructionData::Binary { opcode: Opcode::Imul, args: [quotient, divisor] } = definition(*product)? else {
        return None;
    };
    let InstructionData::Unary { opcode: Opcode::Ireduce, arg } = definition(quotient)? else { return None };
    let InstructionData::Binary { opcode: Opcode::Umulhi, args: [extended, inverse] } = definition(arg)? else {
        return None;
    };
    let InstructionData::Unary { opcode: Opcode::Uextend, arg: divided } = definition(extended)? else { return None };
    let InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } = definition(inverse)? else { return None };
    let divisor = constant(dfg, divisor).filter(|divisor| *divisor > 0)?;
    let is_rest = dfg.resolve_aliases(divided) == dfg.resolve_aliases(*dividend)
        && long_inverse(divisor.cast_unsigned()) == Some(imm.bits().cast_unsigned());
    is_rest.then_some(divisor)
}

fn is_narrow(ty: Type) -> bool {
    ty == types::I32
}

/// The number that a value of 32 bits is.
fn constant(dfg: &DataFlowGraph, value: Value) -> Option<i32> {
    match dfg.insts[dfg.value_def(dfg.resolve_aliases(value)).inst()?] {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } if is_narrow(dfg.value_type(value)) => {
            Some(imm.bits() as i32)
        }
        _ => None,
    }
}

/// The value and the number that another one of 32 bits is the sum of; a few sums of sums are one.
pub fn sum_of(dfg: &DataFlowGraph, value: Value) -> Option<(Value, i32)> {
    let (mut of, mut added, mut found) = (dfg.resolve_aliases(value), 0i32, false);
    for _ in 0..MOST_SUMS {
        let Some(inst) = dfg.value_def(of).inst() else { break };
        let InstructionData::Binary { opcode: Opcode::Iadd, args: [lhs, rhs] } = dfg.insts[inst] else { break };
        let (other, number) = match (constant(dfg, lhs), constant(dfg, rhs)) {
            (_, Some(number)) => (lhs, number),
            (Some(number), _) => (rhs, number),
            _ => break,
        };
        (of, added, found) = (dfg.resolve_aliases(other), added.wrapping_add(number), true);
    }
    found.then_some((of, added))
}
