//! Types as errors show them: written out, with the defined types that they refer to behind them, since
//! an index of the engine's says nothing to anyone.

use std::fmt::Write;

use aot_format::types::*;

use super::registry::{CanonicalId, TypeRegistry};

/// Defined types that are written out behind a type; a group of recursive types can be large.
const SHOWN_TYPES: usize = 8;

/// A type, with canonical ids, as errors show it: `(func (param (ref null 3))) where 3 is (struct (field i32))`.
pub(crate) fn describe(types: &TypeRegistry, ty: &ExternType) -> String {
    let mut text = String::new();
    let mut listed: Vec<CanonicalId> = Vec::new();
    match ty {
        ExternType::Func(id) => text.push_str(&definition(types, id.0, &mut listed)),
        ExternType::Tag(id) => {
            let _ = write!(text, "(tag {})", definition(types, id.0, &mut listed));
        }
        ExternType::Global(global) => {
            note(global.content, &mut listed);
            text.push_str(&global.to_string());
        }
        ExternType::Table(table) => {
            note(ValType::Ref(table.element), &mut listed);
            text.push_str(&table.to_string());
        }
        ExternType::Memory(memory) => text.push_str(&memory.to_string()),
    }
    let mut next = 0;
    while let Some(id) = listed.get(next).copied() {
        if next == SHOWN_TYPES {
            text.push_str(", and so on");
            break;
        }
        let separator = if next == 0 { " where" } else { "," };
        let _ = write!(text, "{separator} {id} is {}", definition(types, id, &mut listed));
        next += 1;
    }
    text
}

/// A defined type written out; those it refers to are added to `listed`.
fn definition(types: &TypeRegistry, id: CanonicalId, listed: &mut Vec<CanonicalId>) -> String {
    let Some((composite, is_final, supertype)) = types.definition(id) else { return "unknown".to_string() };
    let field = |field: &FieldType, listed: &mut Vec<CanonicalId>| {
        if let StorageType::Val(ty) = field.storage {
            note(ty, listed);
        }
    };
    match &composite {
        CompositeType::Func(func) => func.params.iter().chain(&func.results).for_each(|ty| note(*ty, listed)),
        CompositeType::Struct(fields) => fields.iter().for_each(|ty| field(ty, listed)),
        CompositeType::Array(element) => field(element, listed),
    }
    match (is_final, supertype) {
        (true, None) => composite.to_string(),
        (is_final, supertype) => {
            listed.extend(supertype.filter(|id| !listed.contains(id)));
            let parent = supertype.map(|id| format!("{id} ")).unwrap_or_default();
            format!("(sub {}{parent}{composite})", if is_final { "final " } else { "" })
        }
    }
}

fn note(ty: ValType, listed: &mut Vec<CanonicalId>) {
    if let ValType::Ref(RefType { heap: HeapType::Concrete(id), .. }) = ty
        && !listed.contains(&id.0)
    {
        listed.push(id.0);
    }
}
