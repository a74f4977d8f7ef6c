//! Which way branches usually go: the custom section `metadata.code.branch_hint`, as the
//! branch-hinting proposal has it, wherever it stands. It is advice: a section that is malformed gives
//! no hints, hints that contradict one another are left out, and a hint about anything but an `if` or a
//! conditional branch is never asked for.

use std::collections::HashMap;

use wasmparser::BranchHintSectionReader;

/// One hint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BranchHint {
    /// Offset of the instruction from the start of its function's body, where the locals are declared.
    pub func_offset: u32,
    /// Whether it usually branches; nothing where hints contradict one another.
    taken: Option<bool>,
}

/// All hints of a module.
#[derive(Clone, Debug, Default)]
pub struct BranchHints {
    /// By function, and once they are [settled](Self::settle) by ascending offset, each offset once.
    functions: HashMap<u32, Vec<BranchHint>>,
}

impl BranchHints {
    /// Takes in a section.
    pub fn read(&mut self, section: BranchHintSectionReader<'_>) {
        let Ok(functions) = parse(section) else { return };
        for (func_index, hints) in functions {
            self.functions.entry(func_index).or_default().extend(hints);
        }
    }

    /// Orders what all sections said, in time that their size bounds, and finds contradictions.
    pub fn settle(&mut self) {
        for hints in self.functions.values_mut() {
            hints.sort_by_key(|hint| hint.func_offset);
            hints.dedup_by(|again, kept| {
                let same = again.func_offset == kept.func_offset;
                if same && again.taken != kept.taken {
                    kept.taken = None;
                }
                same
            });
        }
    }

    /// The hints about a function's body.
    pub fn of(&self, func_index: u32) -> &[BranchHint] {
        self.functions.get(&func_index).map_or(&[], Vec::as_slice)
    }
}

/// Whether the branch at an offset in its body is usually taken, if that is known.
pub fn usually_taken(hints: &[BranchHint], func_offset: u64) -> Option<bool> {
    let position = hints.binary_search_by_key(&func_offset, |hint| u64::from(hint.func_offset)).ok()?;
    hints.get(position)?.taken
}

fn parse(section: BranchHintSectionReader<'_>) -> wasmparser::Result<Vec<(u32, Vec<BranchHint>)>> {
    let mut functions = Vec::new();
    for function in section {
        let function = function?;
        let mut hints = Vec::new();
        for hint in function.hints {
            let hint = hint?;
            hints.push(BranchHint { func_offset: hint.func_offset, taken: Some(hint.taken) });
        }
        functions.push((function.func, hints));
    }
    Ok(functions)
}
