//! What a function's body asks of the SSA builder, counted before it is translated: whether its locals can be variables
//! of the builder, or live in the frame.
//!
//! The builder remembers, for each variable, a value in each block it is looked up in, and gives each block that is
//! begun before all its predecessors are known a parameter for each variable used in it; those that turn out to be
//! needless are removed one by one, each of which moves the rest. What is left are parameters of blocks in which branches
//! meet, which the register allocator must place. All three are few in code that compilers make; modules of less than
//! half a MiB that were made for them took eight gigabytes or many minutes.

use std::collections::HashSet;

use wasmparser::{BinaryReaderError, FunctionBody, Operator};

/// Locals below this are variables, whatever else there is.
const FEW: usize = 16;
/// Most pairs of a local and a block: some 50 MB of what the builder remembers. Of the functions of quickjs, resvg, boolector
/// and componentize-py's 38 modules, none has more than 190 000.
const MAX_PAIRS: u64 = 1 << 22;
/// Most moves of parameters of loop headers: a quarter of a second. Those functions have at most 1.6 million.
const MAX_MOVES: u64 = 1 << 28;

/// Most block parameters that are not needless, of a body of so many bytes. Those functions have at most a sixth.
fn max_merges(body_bytes: u64) -> u64 {
    8192 + 2 * body_bytes
}

/// Counts of a body.
#[derive(Default)]
pub struct Survey {
    /// Whether each local, parameters first, is read or written.
    used: Vec<bool>,
    /// Blocks that translation may make, and edges to them.
    blocks: u64,
    /// Loops.
    loops: u64,
    /// Pairs of a frame and a local that is written in it: parameters of blocks in which branches meet, at most.
    merges: u64,
    max_merges: u64,
    /// The locals written so far in each open frame.
    written: Vec<HashSet<u32>>,
}

impl Survey {
    /// Counts what a body with so many parameters and locals does; none if those are few. What cannot be read ends it:
    /// translation will come to it and say so.
    pub fn of(body: &FunctionBody<'_>, parameters: usize) -> Option<Survey> {
        let range = body.range();
        let mut survey = Survey { max_merges: max_merges(range.end - range.start), ..Survey::default() };
        match survey.count(body, parameters) {
            Ok(()) | Err(_) if survey.used.len() >= FEW => Some(survey),
            _ => None,
        }
    }

    fn count(&mut self, body: &FunctionBody<'_>, parameters: usize) -> Result<(), BinaryReaderError> {
        let mut locals = parameters;
        for declared in body.get_locals_reader()? {
            locals = locals.saturating_add(declared?.0 as usize);
        }
        // Validation refuses more.
        if !(FEW..1 << 16).contains(&locals) {
            return Ok(());
        }
        self.used = vec![false; locals];
        let mut catches = false;
        for operator in body.get_operators_reader()? {
            let operator = operator?;
            self.frame(&operator);
            if self.merges > self.max_merges {
                break;
            }
            match operator {
                Operator::LocalGet { local_index }
                | Operator::LocalSet { local_index }
                | Operator::LocalTee { local_index } => {
                    if let Some(used) = self.used.get_mut(local_index as usize) {
                        *used = true;
                    }
                }
                Operator::Loop { .. } => {
                    self.loops += 1;
                    self.blocks += 1;
                }
                Operator::TryTable { try_table } => {
                    catches = true;
                    self.blocks += 1 + try_table.catches.len() as u64;
                }
                Operator::Try { .. } => {
                    catches = true;
                    self.blocks += 1;
                }
                Operator::BrTable { targets } => self.blocks += 1 + u64::from(targets.len()),
                // Each makes a block for what comes after it, where it can throw to a handler.
                Operator::Call { .. } | Operator::CallRef { .. } => self.blocks += u64::from(catches),
                operator if makes_blocks(&operator) => self.blocks += 1,
                _ => {}
            }
        }
        Ok(())
    }

    /// Keeps the account of what is written in which frame.
    fn frame(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. }
            | Operator::Try { .. } => {
                self.written.push(HashSet::new());
            }
            Operator::End | Operator::Delegate { .. } => {
                let Some(mut inner) = self.written.pop() else { return };
                self.merges += inner.len() as u64;
                if let Some(outer) = self.written.last_mut() {
                    // The smaller set goes into the larger.
                    if outer.len() < inner.len() {
                        std::mem::swap(outer, &mut inner);
                    }
                    outer.extend(inner);
                }
            }
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                if let Some(innermost) = self.written.last_mut() {
                    innermost.insert(*local_index);
                }
            }
            _ => {}
        }
    }

    /// Whether the body uses a local. Of a body that was not looked at to its end, any may be used.
    pub fn uses(&self, local: usize) -> bool {
        self.merges > self.max_merges || self.used.get(local).copied().unwrap_or(false)
    }

    /// Whether locals had better live in the frame.
    pub fn is_costly(&self) -> bool {
        self.is_costly_for(self.used.iter().filter(|used| **used).count() as u64)
    }

    /// As many variables as are not too many.
    pub fn most_variables(&self) -> u64 {
        let by_pairs = MAX_PAIRS / self.blocks.max(1);
        by_pairs.min((2 * MAX_MOVES / self.loops.max(1)).isqrt())
    }

    /// Whether so many variables are too many.
    pub fn is_costly_for(&self, variables: u64) -> bool {
        let moves = (variables * variables / 2).saturating_mul(self.loops);
        self.merges > self.max_merges || variables.saturating_mul(self.blocks) > MAX_PAIRS || moves > MAX_MOVES
    }
}

/// Whether translation may make blocks for an operator that is not counted otherwise.
fn makes_blocks(operator: &Operator<'_>) -> bool {
    use Operator as Op;
    matches!(
        operator,
        Op::Block { .. }
            | Op::If { .. }
            | Op::Else
            | Op::Br { .. }
            | Op::BrIf { .. }
            | Op::BrOnNull { .. }
            | Op::BrOnNonNull { .. }
            | Op::BrOnCast { .. }
            | Op::BrOnCastFail { .. }
            | Op::Return
            | Op::Catch { .. }
            | Op::CatchAll
            | Op::Delegate { .. }
            | Op::StructNew { .. }
            | Op::StructNewDefault { .. }
            | Op::RefCastNonNull { .. }
            | Op::RefCastNullable { .. }
            | Op::RefTestNonNull { .. }
            | Op::RefTestNullable { .. }
            | Op::ArrayNew { .. }
            | Op::ArrayNewFixed { .. }
            | Op::ArrayNewDefault { .. }
            | Op::ArrayFill { .. }
            | Op::CallIndirect { .. }
            | Op::TableGet { .. }
            | Op::Throw { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(text: &str) -> Option<Survey> {
        let wasm = wat::parse_str(text).unwrap();
        let body = wasmparser::Parser::new(0).parse_all(&wasm).find_map(|payload| match payload.unwrap() {
            wasmparser::Payload::CodeSectionEntry(body) => Some(body),
            _ => None,
        });
        Survey::of(&body.unwrap(), 0)
    }

    #[test]
    fn ordinary_functions_are_cheap() {
        assert!(survey("(module (func (local i32) loop end))").is_none(), "few locals");
        let many = |count: usize, body: &str| {
            survey(&format!("(module (func (local {}) {body}))", "i32 ".repeat(count))).unwrap()
        };
        assert!(!many(50_000, &"loop end ".repeat(1000)).is_costly(), "nobody uses them");
        let use_of =
            |count: usize| (0..count).map(|index| format!("(local.set {index} (i32.const 0))")).collect::<String>();
        let seldom = many(500, &format!("{} {}", use_of(500), "loop end ".repeat(1000)));
        assert!(!seldom.is_costly() && seldom.uses(499) && !seldom.uses(500));
        assert!(many(5000, &format!("{} {}", use_of(5000), "loop end ".repeat(100))).is_costly(), "moves");
        assert!(many(5000, &format!("{} {}", use_of(5000), "block end ".repeat(3400))).is_costly(), "pairs");
    }
}
