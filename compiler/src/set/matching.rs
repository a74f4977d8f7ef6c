//! Types of several modules held against each other: identical ones get one number, by their structure; and import
//! matching by the rules of the specification.

use std::collections::HashMap;

use aot_format::types::{
    CompositeType, ExternType, FieldType, FuncType, HeapType, RefType, StorageType, TypeDef, TypeIndex, ValType,
};

/// Canonical types: of each recursion group that differs from all others, one after the other.
pub struct Canonical {
    /// With canonical indices.
    types: Vec<TypeDef>,
    /// The canonical index of each type of each module.
    ids: Vec<Vec<u32>>,
}

/// Stands before the position of a type in its own group.
const INSIDE: u32 = 1 << 31;

impl Canonical {
    /// Those of the types of these modules.
    pub fn new<'a>(modules: impl Iterator<Item = &'a [TypeDef]>) -> Canonical {
        let mut groups: HashMap<Vec<TypeDef>, u32> = HashMap::new();
        let mut canonical = Canonical { types: Vec::new(), ids: Vec::new() };
        for types in modules {
            let mut ids: Vec<u32> = Vec::with_capacity(types.len());
            while let Some(first) = types.get(ids.len()) {
                let start = ids.len() as u32;
                let len = first.group_len.max(1);
                let group = &types[start as usize..(start + len) as usize];
                // A type of the same group by its position there, any other by its canonical index.
                let relative = |index: TypeIndex| match index.0.checked_sub(start) {
                    Some(inside) => TypeIndex(INSIDE | inside),
                    None => TypeIndex(ids[index.0 as usize]),
                };
                let key: Vec<TypeDef> = group.iter().map(|ty| renumbered(ty, relative)).collect();
                let id = *groups.entry(key).or_insert_with_key(|key| {
                    let id = canonical.types.len() as u32;
                    let absolute = |index: TypeIndex| match index.0 & INSIDE {
                        0 => index,
                        _ => TypeIndex(id + (index.0 & !INSIDE)),
                    };
                    canonical.types.extend(key.iter().map(|ty| renumbered(ty, absolute)));
                    id
                });
                ids.extend(id..id + len);
            }
            canonical.ids.push(ids);
        }
        canonical
    }

    /// The number of a type of a module: that of any identical one, whichever module has it.
    pub fn id(&self, module: usize, ty: TypeIndex) -> u32 {
        self.ids[module][ty.0 as usize]
    }

    /// Whether something of one type, of one module, can be imported as another, of another module.
    pub fn matches(&self, found: (usize, &ExternType), wanted: (usize, &ExternType)) -> bool {
        let id = |(module, index): (usize, TypeIndex)| TypeIndex(self.id(module, index));
        let val = |module: usize, ty: ValType| renumbered_val(ty, &|index| id((module, index)));
        let same = |a: ValType, b: ValType| self.val_matches(a, b) && self.val_matches(b, a);
        match (found.1, wanted.1) {
            (ExternType::Func(a), ExternType::Func(b)) => self.is_subtype(id((found.0, *a)), id((wanted.0, *b))),
            (ExternType::Tag(a), ExternType::Tag(b)) => id((found.0, *a)) == id((wanted.0, *b)),
            (ExternType::Global(a), ExternType::Global(b)) => {
                let (content, wanted) = (val(found.0, a.content), val(wanted.0, b.content));
                a.mutable == b.mutable
                    && if a.mutable { same(content, wanted) } else { self.val_matches(content, wanted) }
            }
            (ExternType::Table(a), ExternType::Table(b)) => {
                let (element, wanted) = (val(found.0, ValType::Ref(a.element)), val(wanted.0, ValType::Ref(b.element)));
                a.index64 == b.index64 && limits_match((a.min, a.max), (b.min, b.max)) && same(element, wanted)
            }
            (ExternType::Memory(a), ExternType::Memory(b)) => {
                let kind = (a.index64, a.shared, a.page_size_log2);
                kind == (b.index64, b.shared, b.page_size_log2) && limits_match((a.min, a.max), (b.min, b.max))
            }
            _ => false,
        }
    }

    fn is_subtype(&self, mut sub: TypeIndex, sup: TypeIndex) -> bool {
        // Supertypes stand before their subtypes, so that this ends.
        while sub != sup {
            match self.types.get(sub.0 as usize).and_then(|ty| ty.supertype) {
                Some(supertype) => sub = supertype,
                None => return false,
            }
        }
        true
    }

    fn val_matches(&self, sub: ValType, sup: ValType) -> bool {
        match (sub, sup) {
            (ValType::Ref(sub), ValType::Ref(sup)) => {
                (sup.nullable || !sub.nullable) && self.heap_matches(sub.heap, sup.heap)
            }
            (sub, sup) => sub == sup,
        }
    }

    fn heap_matches(&self, sub: HeapType, sup: HeapType) -> bool {
        use HeapType::{Any, Array, Concrete, Eq, Exn, Extern, Func, I31, NoExn, NoExtern, NoFunc, Struct};
        let composite = |index: TypeIndex| self.types.get(index.0 as usize).map(|ty| &ty.composite);
        let is_func = |index: TypeIndex| matches!(composite(index), Some(CompositeType::Func(_)));
        match (sub, sup) {
            (Concrete(sub), Concrete(sup)) => self.is_subtype(sub, sup),
            (Concrete(sub), sup) => match composite(sub) {
                Some(CompositeType::Func(_)) => sup == Func,
                Some(CompositeType::Struct(_)) => matches!(sup, Struct | Eq | Any),
                Some(CompositeType::Array(_)) => matches!(sup, Array | Eq | Any),
                None => false,
            },
            (NoFunc, Concrete(sup)) => is_func(sup),
            (HeapType::None, Concrete(sup)) => !is_func(sup),
            (I31 | Struct | Array | HeapType::None, Eq | Any) | (Eq, Any) => true,
            (HeapType::None, I31 | Struct | Array) | (NoFunc, Func) | (NoExtern, Extern) | (NoExn, Exn) => true,
            (sub, sup) => sub == sup,
        }
    }
}

fn limits_match(found: (u64, Option<u64>), wanted: (u64, Option<u64>)) -> bool {
    let most = match (found.1, wanted.1) {
        (_, None) => true,
        (Some(found), Some(wanted)) => found <= wanted,
        (None, Some(_)) => false,
    };
    found.0 >= wanted.0 && most
}

/// A type with other indices, in a group that begins at 0.
fn renumbered(ty: &TypeDef, index: impl Fn(TypeIndex) -> TypeIndex) -> TypeDef {
    let field = |field: &FieldType| FieldType {
        storage: match field.storage {
            StorageType::Val(ty) => StorageType::Val(renumbered_val(ty, &index)),
            storage => storage,
        },
        ..*field
    };
    let list = |types: &[ValType]| types.iter().map(|ty| renumbered_val(*ty, &index)).collect();
    TypeDef {
        supertype: ty.supertype.map(&index),
        composite: match &ty.composite {
            CompositeType::Func(func) => {
                CompositeType::Func(FuncType { params: list(&func.params), results: list(&func.results) })
            }
            CompositeType::Struct(fields) => CompositeType::Struct(fields.iter().map(field).collect()),
            CompositeType::Array(element) => CompositeType::Array(field(element)),
        },
        group_start: TypeIndex(0),
        ..ty.clone()
    }
}

fn renumbered_val(ty: ValType, index: &impl Fn(TypeIndex) -> TypeIndex) -> ValType {
    match ty {
        ValType::Ref(RefType { heap: HeapType::Concrete(ty), nullable }) => {
            ValType::Ref(RefType { heap: HeapType::Concrete(index(ty)), nullable })
        }
        ty => ty,
    }
}
