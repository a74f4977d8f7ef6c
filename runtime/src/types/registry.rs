//! The canonical types of an engine: recursion groups with equal structure get equal ids, whatever
//! artifact they come from. Ids are interned by structure, never hashed down: two types with one id
//! are the same type. Types live as long as their engine.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use aot_format::Artifact;
use aot_format::types::*;

use super::descriptor::Descriptor;
use crate::vm::objects::{Holds, Shape, VMTypeDescriptor};

/// The id of a canonical type; compiled code compares these.
pub(crate) type CanonicalId = u32;

/// One canonical type.
#[derive(Debug)]
struct Entry {
    /// Its structure, with canonical ids as concrete heap types.
    composite: CompositeType,
    /// Its supertypes, outermost last.
    ancestors: Vec<CanonicalId>,
    is_final: bool,
    /// Of its objects; of a function type, of the exceptions whose tags have it, once there are any.
    descriptor: Option<Descriptor>,
}

#[derive(Default, Debug)]
struct Types {
    entries: Vec<Entry>,
    /// Structure of a recursion group → id of its first type.
    groups: HashMap<Vec<u64>, CanonicalId>,
}

/// The canonical types of one engine.
#[derive(Default, Debug)]
pub(crate) struct TypeRegistry {
    types: RwLock<Types>,
}

/// Marks a reference to an earlier canonical type in a group's key.
const OUTER: u64 = 1 << 32;
/// Marks a reference into the group itself, counted from its start.
const INNER: u64 = 1 << 33;

impl TypeRegistry {
    /// Canonical ids of an artifact's type definitions, in order.
    pub(crate) fn intern(&self, artifact: &Artifact<impl AsRef<[u8]>>) -> Vec<CanonicalId> {
        let mut types = self.types.write().unwrap_or_else(PoisonError::into_inner);
        let count = artifact.type_count();
        let mut ids: Vec<CanonicalId> = Vec::with_capacity(count as usize);
        let mut key = Vec::with_capacity(32);
        while ids.len() < count as usize {
            let start = ids.len() as u32;
            // Most are known: nothing of them is decoded.
            if let Some((params, results)) = artifact.plain_func_type(TypeIndex(start)) {
                key.clear();
                put_func_key(&mut key, params.iter().map(u64::from), results.iter().map(u64::from));
                if let Some(id) = types.groups.get(&key) {
                    ids.push(*id);
                    continue;
                }
            }
            let def = |index| artifact.type_def(TypeIndex(index));
            let Some(first) = def(start) else { break };
            let end = start + first.group_len.clamp(1, count - start);
            let group: Vec<TypeDef> = [first].into_iter().chain((start + 1..end).filter_map(def)).collect();
            types.intern_group(&group, ids.len(), &mut key, &mut ids);
        }
        ids
    }

    /// The canonical id of a function type that the host makes: final, alone in its group. Its
    /// concrete heap types are canonical already.
    pub(crate) fn intern_func(&self, func: &FuncType) -> CanonicalId {
        let key = {
            let mut key = Vec::with_capacity(4 + func.params.len() + func.results.len());
            let FuncType { params, results } = func;
            put_func_key(&mut key, params.iter().map(|ty| host_code(*ty)), results.iter().map(|ty| host_code(*ty)));
            key
        };
        let mut types = self.types.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = types.groups.get(&key) {
            return *id;
        }
        let id = types.entries.len() as CanonicalId;
        let composite = CompositeType::Func(func.clone());
        types.entries.push(Entry { composite, ancestors: Vec::new(), is_final: true, descriptor: None });
        types.groups.insert(key, id);
        id
    }

    /// The function type with this id, if it is one.
    pub(crate) fn func_type(&self, id: CanonicalId) -> Option<FuncType> {
        let types = self.types.read().unwrap_or_else(PoisonError::into_inner);
        match &types.entries.get(id as usize)?.composite {
            CompositeType::Func(func) => Some(func.clone()),
            _ => None,
        }
    }

    /// The structure of the type with this id, with canonical ids.
    pub(crate) fn composite(&self, id: CanonicalId) -> Option<CompositeType> {
        let types = self.types.read().unwrap_or_else(PoisonError::into_inner);
        types.entries.get(id as usize).map(|entry| entry.composite.clone())
    }

    /// The structure of the type with this id, whether it is final, and its supertype.
    pub(super) fn definition(&self, id: CanonicalId) -> Option<(CompositeType, bool, Option<CanonicalId>)> {
        let types = self.types.read().unwrap_or_else(PoisonError::into_inner);
        let entry = types.entries.get(id as usize)?;
        Some((entry.composite.clone(), entry.is_final, entry.ancestors.first().copied()))
    }

    /// Whether the type with this id is a function type.
    pub(crate) fn is_func(&self, id: CanonicalId) -> bool {
        self.types.read().unwrap_or_else(PoisonError::into_inner).is_func(id)
    }

    /// What references values of a type are.
    pub(crate) fn holds(&self, ty: ValType) -> Holds {
        Holds::of(ty, |id| self.is_func(id))
    }

    /// Addresses of the descriptors of these types; null for function types.
    pub(crate) fn descriptors(&self, ids: &[CanonicalId]) -> Box<[*const VMTypeDescriptor]> {
        let types = self.types.read().unwrap_or_else(PoisonError::into_inner);
        let descriptor = |id: &CanonicalId| match types.entries.get(*id as usize) {
            Some(Entry { composite: CompositeType::Struct(_) | CompositeType::Array(_), descriptor, .. }) => {
                descriptor.as_ref().map_or(std::ptr::null(), Descriptor::as_ptr)
            }
            _ => std::ptr::null(),
        };
        ids.iter().map(descriptor).collect()
    }

    /// The descriptor of exceptions whose tags have this function type.
    pub(crate) fn exception_descriptor(&self, id: CanonicalId) -> *const VMTypeDescriptor {
        let mut types = self.types.write().unwrap_or_else(PoisonError::into_inner);
        let Some(Entry { composite: CompositeType::Func(func), descriptor, .. }) = types.entries.get(id as usize)
        else {
            return std::ptr::null();
        };
        if let Some(descriptor) = descriptor {
            return descriptor.as_ptr();
        }
        let descriptor = Descriptor::new(Shape::of_exception(id, &func.params, |id| types.is_func(id)), &[]);
        let address = descriptor.as_ptr();
        types.entries[id as usize].descriptor = Some(descriptor);
        address
    }

    /// Whether the first type is the second or declares it as a supertype.
    pub(crate) fn is_subtype(&self, sub: CanonicalId, sup: CanonicalId) -> bool {
        if sub == sup {
            return true;
        }
        let types = self.types.read().unwrap_or_else(PoisonError::into_inner);
        types.entries.get(sub as usize).is_some_and(|entry| entry.ancestors.contains(&sup))
    }

    /// Whether a value of the first type is one of the second.
    pub(crate) fn val_matches(&self, sub: ValType, sup: ValType) -> bool {
        match (sub, sup) {
            (ValType::Ref(sub), ValType::Ref(sup)) => self.ref_matches(sub, sup),
            (sub, sup) => sub == sup,
        }
    }

    /// Whether a reference of the first type is one of the second.
    pub(crate) fn ref_matches(&self, sub: RefType, sup: RefType) -> bool {
        (sup.nullable || !sub.nullable) && self.heap_matches(sub.heap, sup.heap)
    }

    fn heap_matches(&self, sub: HeapType, sup: HeapType) -> bool {
        use HeapType::*;
        match (sub, sup) {
            (sub, sup) if sub == sup => true,
            (Concrete(sub), Concrete(sup)) => self.is_subtype(sub.0, sup.0),
            (Concrete(sub), sup) => {
                let types = self.types.read().unwrap_or_else(PoisonError::into_inner);
                match types.entries.get(sub.0 as usize).map(|entry| &entry.composite) {
                    Some(CompositeType::Func(_)) => sup == Func,
                    Some(CompositeType::Struct(_)) => matches!(sup, Struct | Eq | Any),
                    Some(CompositeType::Array(_)) => matches!(sup, Array | Eq | Any),
                    Option::None => false,
                }
            }
            (NoFunc, Concrete(sup)) => self.is_func(sup.0),
            (None, Concrete(sup)) => !self.is_func(sup.0),
            (I31 | Struct | Array, Eq | Any) | (Eq, Any) => true,
            (None, I31 | Struct | Array | Eq | Any) => true,
            (NoFunc, Func) | (NoExtern, Extern) | (NoExn, Exn) => true,
            _ => false,
        }
    }
}

/// Key words for the three kinds of composite type.
const TYPE_KEYS: (u64, u64, u64) = (0, 1, 2);

/// A value type's word in a key, for types whose concrete indices are canonical.
fn host_code(ty: ValType) -> u64 {
    match ty {
        ValType::Ref(RefType { nullable, heap: HeapType::Concrete(id) }) => {
            OUTER | u64::from(id.0) << 1 | u64::from(nullable)
        }
        ty => u64::from(ty.code()),
    }
}

impl Types {
    fn is_func(&self, id: CanonicalId) -> bool {
        matches!(self.entries.get(id as usize).map(|entry| &entry.composite), Some(CompositeType::Func(_)))
    }

    /// Makes the descriptor of a structure or array type.
    fn describe(&mut self, id: CanonicalId) {
        let Some(entry) = self.entries.get(id as usize) else { return };
        let Some(shape) = Shape::of_type(id, &entry.composite, |id| self.is_func(id)) else { return };
        let above = entry.ancestors.iter().rev().filter_map(|id| self.entries.get(*id as usize));
        let above: Vec<u64> = above.filter_map(|entry| Some(entry.descriptor.as_ref()?.address())).collect();
        self.entries[id as usize].descriptor = Some(Descriptor::new(shape, &above));
    }

    /// Interns `group`, whose first type has index `start` in its artifact; `ids` holds the ids of
    /// all types before it and gets those of the group. `key` is room for its structure.
    fn intern_group(&mut self, group: &[TypeDef], start: usize, key: &mut Vec<u64>, ids: &mut Vec<CanonicalId>) {
        key.clear();
        put_group_key(key, group, start, ids);
        if let Some(base) = self.groups.get(key) {
            ids.extend((0..group.len() as u32).map(|offset| base + offset));
            return;
        }
        let base = self.entries.len() as CanonicalId;
        ids.extend((0..group.len() as u32).map(|offset| base + offset));
        for def in group {
            let ancestors = match def.supertype.and_then(|parent| ids.get(parent.0 as usize)) {
                None => Vec::new(),
                Some(parent) => {
                    let above = self.entries.get(*parent as usize).map(|entry| entry.ancestors.as_slice());
                    [&[*parent], above.unwrap_or(&[])].concat()
                }
            };
            let composite = canonical_composite(&def.composite, ids);
            self.entries.push(Entry { composite, ancestors, is_final: def.is_final, descriptor: None });
        }
        // Fields may be of any type of the group.
        for id in base..base + group.len() as u32 {
            self.describe(id);
        }
        self.groups.insert(key.clone(), base);
    }
}

/// The key of a final function type, alone in its group and without supertype.
fn put_func_key(
    key: &mut Vec<u64>,
    params: impl ExactSizeIterator<Item = u64>,
    results: impl ExactSizeIterator<Item = u64>,
) {
    key.extend([TYPE_KEYS.0, u64::MAX, params.len() as u64]);
    key.extend(params);
    key.push(results.len() as u64);
    key.extend(results);
}

/// The structure of a group as words, references to earlier types by canonical id and references
/// within the group by position.
fn put_group_key(key: &mut Vec<u64>, group: &[TypeDef], start: usize, ids: &[CanonicalId]) {
    let index_word = |index: TypeIndex| match ids.get(index.0 as usize) {
        Some(id) => OUTER | u64::from(*id) << 1,
        None => INNER | (u64::from(index.0) - start as u64) << 1,
    };
    let val_word = |ty: ValType| match ty {
        ValType::Ref(RefType { nullable, heap: HeapType::Concrete(index) }) => index_word(index) | u64::from(nullable),
        ty => u64::from(ty.code()),
    };
    let field_word = |field: FieldType| match field.storage {
        StorageType::Val(ty) => val_word(ty) | u64::from(field.mutable) << 63,
        _ => u64::from(field.code()),
    };
    for def in group {
        let finality = if def.is_final { 0 } else { 1 << 8 };
        let supertype = def.supertype.map_or(u64::MAX, index_word);
        match &def.composite {
            CompositeType::Func(func) => {
                key.extend([TYPE_KEYS.0 | finality, supertype, func.params.len() as u64]);
                key.extend(func.params.iter().map(|ty| val_word(*ty)));
                key.push(func.results.len() as u64);
                key.extend(func.results.iter().map(|ty| val_word(*ty)));
            }
            CompositeType::Struct(fields) => {
                key.extend([TYPE_KEYS.1 | finality, supertype, fields.len() as u64]);
                key.extend(fields.iter().map(|field| field_word(*field)));
            }
            CompositeType::Array(field) => key.extend([TYPE_KEYS.2 | finality, supertype, field_word(*field)]),
        }
    }
}

/// A value type with canonical ids; `ids` are those of the artifact's types.
pub(crate) fn canonical_val(ty: ValType, ids: &[CanonicalId]) -> ValType {
    match ty {
        ValType::Ref(reference) => ValType::Ref(canonical_ref(reference, ids)),
        ty => ty,
    }
}

/// A reference type with canonical ids.
pub(crate) fn canonical_ref(ty: RefType, ids: &[CanonicalId]) -> RefType {
    match ty.heap {
        HeapType::Concrete(index) => match ids.get(index.0 as usize) {
            Some(id) => RefType { heap: HeapType::Concrete(TypeIndex(*id)), ..ty },
            None => ty,
        },
        _ => ty,
    }
}

fn canonical_composite(composite: &CompositeType, ids: &[CanonicalId]) -> CompositeType {
    let val = |ty: &ValType| canonical_val(*ty, ids);
    let field = |field: &FieldType| FieldType {
        storage: match field.storage {
            StorageType::Val(ty) => StorageType::Val(canonical_val(ty, ids)),
            packed => packed,
        },
        mutable: field.mutable,
    };
    match composite {
        CompositeType::Func(func) => CompositeType::Func(FuncType {
            params: func.params.iter().map(val).collect(),
            results: func.results.iter().map(val).collect(),
        }),
        CompositeType::Struct(fields) => CompositeType::Struct(fields.iter().map(field).collect()),
        CompositeType::Array(element) => CompositeType::Array(field(element)),
    }
}

#[cfg(test)]
mod tests {
    use aot_format::Integrity;
    use aot_format::cpu::Isa;
    use aot_format::write::Contents;

    use super::*;

    /// Canonical ids of the types of an artifact that has nothing else.
    fn intern(registry: &TypeRegistry, types: &[TypeDef]) -> Vec<CanonicalId> {
        let contents = Contents { types: types.to_vec(), ..Contents::empty(Isa::X86_64) };
        let artifact = contents.write().and_then(|bytes| Artifact::verify(bytes, Integrity::Full));
        registry.intern(&artifact.unwrap_or_else(|error| panic!("{error}")))
    }

    fn func(params: &[ValType], group_start: u32, group_len: u32) -> TypeDef {
        TypeDef {
            is_final: true,
            supertype: None,
            composite: CompositeType::Func(FuncType { params: params.to_vec(), results: Vec::new() }),
            group_start: TypeIndex(group_start),
            group_len,
        }
    }

    fn concrete(index: u32) -> ValType {
        ValType::Ref(RefType { nullable: true, heap: HeapType::Concrete(TypeIndex(index)) })
    }

    #[test]
    fn equal_structures_are_one_type() {
        let registry = TypeRegistry::default();
        let a = intern(&registry, &[func(&[ValType::I32], 0, 1), func(&[concrete(0)], 1, 1)]);
        let b = intern(&registry, &[func(&[], 0, 1), func(&[ValType::I32], 1, 1), func(&[concrete(1)], 2, 1)]);
        assert_eq!(a[0], b[1]);
        assert_eq!(a[1], b[2]);
        assert_ne!(a[0], b[0]);
        assert_eq!(registry.intern_func(&FuncType { params: vec![ValType::I32], results: vec![] }), a[0]);
    }

    #[test]
    fn the_group_is_part_of_the_identity() {
        let registry = TypeRegistry::default();
        let alone = intern(&registry, &[func(&[], 0, 1)]);
        let grouped = intern(&registry, &[func(&[], 0, 2), func(&[concrete(0)], 0, 2)]);
        assert_ne!(alone[0], grouped[0]);
        // Within a group a reference to itself is by position, so a shifted copy is the same group.
        let shifted = intern(&registry, &[func(&[ValType::F64], 0, 1), func(&[], 1, 2), func(&[concrete(1)], 1, 2)]);
        assert_eq!(shifted[1..], grouped[..]);
    }

    #[test]
    fn declared_supertypes_match() {
        let registry = TypeRegistry::default();
        let open = TypeDef { is_final: false, ..func(&[], 0, 1) };
        let sub = TypeDef { supertype: Some(TypeIndex(0)), ..func(&[], 1, 1) };
        let ids = intern(&registry, &[open, sub]);
        assert!(registry.is_subtype(ids[1], ids[0]));
        assert!(!registry.is_subtype(ids[0], ids[1]));
    }
}
