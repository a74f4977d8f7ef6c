//! Import matching, by the rules of the specification: whether something of one external type can
//! stand where another is wanted. Function and tag types are canonical ids here.

use aot_format::types::{ExternType, GlobalType, MemoryType, TableType, ValType};

use super::registry::{CanonicalId, TypeRegistry, canonical_ref, canonical_val};

/// `ty` of an artifact with canonical ids.
pub(crate) fn canonical_extern(ty: ExternType, ids: &[CanonicalId]) -> ExternType {
    use aot_format::types::TypeIndex;
    let canonical = |index: TypeIndex| TypeIndex(ids.get(index.0 as usize).copied().unwrap_or(index.0));
    match ty {
        ExternType::Func(index) => ExternType::Func(canonical(index)),
        ExternType::Tag(index) => ExternType::Tag(canonical(index)),
        ExternType::Global(global) => {
            ExternType::Global(GlobalType { content: canonical_val(global.content, ids), ..global })
        }
        ExternType::Table(table) => {
            ExternType::Table(TableType { element: canonical_ref(table.element, ids), ..table })
        }
        ExternType::Memory(memory) => ExternType::Memory(memory),
    }
}

/// Whether something of type `found` can be imported as `wanted`. Both have canonical ids; `min` of
/// a memory or table that exists already is its current length.
pub(crate) fn extern_matches(registry: &TypeRegistry, found: &ExternType, wanted: &ExternType) -> bool {
    match (found, wanted) {
        (ExternType::Func(found), ExternType::Func(wanted)) => registry.is_subtype(found.0, wanted.0),
        (ExternType::Tag(found), ExternType::Tag(wanted)) => found == wanted,
        (ExternType::Global(found), ExternType::Global(wanted)) => global_matches(registry, found, wanted),
        (ExternType::Table(found), ExternType::Table(wanted)) => table_matches(registry, found, wanted),
        (ExternType::Memory(found), ExternType::Memory(wanted)) => memory_matches(found, wanted),
        _ => false,
    }
}

fn both_ways(registry: &TypeRegistry, a: ValType, b: ValType) -> bool {
    registry.val_matches(a, b) && registry.val_matches(b, a)
}

fn global_matches(registry: &TypeRegistry, found: &GlobalType, wanted: &GlobalType) -> bool {
    found.mutable == wanted.mutable
        && match found.mutable {
            true => both_ways(registry, found.content, wanted.content),
            false => registry.val_matches(found.content, wanted.content),
        }
}

fn limits_match(found: (u64, Option<u64>), wanted: (u64, Option<u64>)) -> bool {
    found.0 >= wanted.0
        && match (found.1, wanted.1) {
            (_, None) => true,
            (Some(found), Some(wanted)) => found <= wanted,
            (None, Some(_)) => false,
        }
}

fn table_matches(registry: &TypeRegistry, found: &TableType, wanted: &TableType) -> bool {
    found.index64 == wanted.index64
        && limits_match((found.min, found.max), (wanted.min, wanted.max))
        && both_ways(registry, ValType::Ref(found.element), ValType::Ref(wanted.element))
}

/// Whether a memory of type `found` is one of type `wanted`.
pub(crate) fn memory_matches(found: &MemoryType, wanted: &MemoryType) -> bool {
    found.index64 == wanted.index64
        && found.shared == wanted.shared
        && found.page_size_log2 == wanted.page_size_log2
        && limits_match((found.min, found.max), (wanted.min, wanted.max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_follow_the_specification() {
        assert!(limits_match((2, Some(3)), (1, Some(4))));
        assert!(limits_match((2, None), (2, None)));
        assert!(limits_match((2, Some(3)), (0, None)));
        assert!(!limits_match((1, None), (2, None)));
        assert!(!limits_match((2, None), (2, Some(9))));
        assert!(!limits_match((2, Some(9)), (2, Some(8))));
    }
}
