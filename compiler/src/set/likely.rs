//! Which functions a call through a table likely reaches, going by what the set's element segments put there: the one at an
//! index that is known, or those of the call's type, if they are few. They are likely and no more, for a table may change,
//! at the host's hands or others', and the code is right whatever it holds (`translate/call.rs` has the comparisons). So
//! what is looked at here is only what is easily known.

use std::collections::HashMap;

use aot_format::types::{ExternKind, TypeIndex};
use aot_format::write::{ConstOp, ElementItems, SegmentMode};

use super::matching::Canonical;
use super::{Definition, Set};
use crate::module::index_of;

/// A function by the number of a member, and its index there.
pub type Function = (usize, u32);

/// The most functions of a type that are told apart: the last of them is reached by as many comparisons.
const MAX_OF_TYPE: usize = 4;

/// See the top of the file.
#[derive(Default)]
pub struct Likely {
    /// By table and index.
    at: HashMap<(Definition, u64), Function>,
    /// By table and canonical type, in the order of members and segments; one more than [`MAX_OF_TYPE`] if there are more
    /// than that.
    of_type: HashMap<(Definition, u32), Vec<Function>>,
}

impl Likely {
    /// What the element segments of a set that is linked say.
    pub fn of(set: &Set<'_>, canonical: &Canonical) -> Likely {
        let mut likely = Likely::default();
        for (member, of) in set.members().iter().enumerate() {
            for segment in &of.module.elements {
                let SegmentMode::Active { index, offset } = &segment.mode else { continue };
                let Some(table) = set.definition(member, ExternKind::Table, *index) else { continue };
                let start = constant(set, member, offset);
                for (position, function) in functions(&segment.items).enumerate() {
                    let Some(function) = function.map(|function| (member, function)) else { continue };
                    if let Some(index) = start.and_then(|start| start.checked_add(position as u64)) {
                        likely.at.insert((table, index), function);
                    }
                    let ty = of.module.functions[function.1 as usize];
                    let of_type = likely.of_type.entry((table, canonical.id(member, ty))).or_default();
                    if of_type.len() <= MAX_OF_TYPE && !of_type.contains(&function) {
                        of_type.push(function);
                    }
                }
            }
        }
        likely
    }

    /// The function at an index of a table.
    fn at(&self, table: Definition, index: u64) -> &[Function] {
        self.at.get(&(table, index)).map_or(&[], std::slice::from_ref)
    }

    /// The functions of a type, by its canonical number, in a table; none if there are too many.
    fn of_type(&self, table: Definition, ty: u32) -> &[Function] {
        self.of_type.get(&(table, ty)).filter(|of_type| of_type.len() <= MAX_OF_TYPE).map_or(&[], Vec::as_slice)
    }
}

/// The functions of a segment's elements, where they are simply said.
fn functions(items: &ElementItems) -> Box<dyn Iterator<Item = Option<u32>> + '_> {
    match items {
        ElementItems::Functions(functions) => Box::new(functions.iter().copied().map(Some)),
        ElementItems::Exprs(exprs) => Box::new(exprs.iter().map(|expr| match expr.as_slice() {
            [ConstOp::RefFunc(function)] => Some(*function),
            _ => None,
        })),
    }
}

/// The value of an offset that is one constant.
fn constant(set: &Set<'_>, member: usize, offset: &[ConstOp]) -> Option<u64> {
    let op = match *offset {
        [ConstOp::GlobalGet(global)] => set.literal(member, global)?.1,
        [op] => op,
        _ => return None,
    };
    index_of(&op)
}

impl Set<'_> {
    /// The functions that a call of a type through a table of a member likely reaches, at this index if that is known.
    pub fn likely(&self, (member, table): (usize, u32), ty: TypeIndex, index: Option<u64>) -> Vec<Function> {
        let Some(table) = self.definition(member, ExternKind::Table, table) else { return Vec::new() };
        let ty = self.canonical.id(member, ty);
        let functions = match index {
            Some(index) => self.likely.at(table, index),
            None => self.likely.of_type(table, ty),
        };
        let is_of_type = |(member, index): &Function| {
            self.canonical.id(*member, self.module(*member).functions[*index as usize]) == ty
        };
        functions.iter().copied().filter(is_of_type).collect()
    }
}
