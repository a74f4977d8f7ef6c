//! wasmparser's types → the artifact's types. Indices stay the module's own: two identical
//! definitions keep their two indices, and the runtime decides about identity.

use aot_format::types::{
    CompositeType, ExternType, FieldType, FuncType, GlobalType, HeapType, MemoryType, RefType, StorageType, TableType,
    TypeDef, TypeIndex, ValType,
};
use wasmparser::types::CoreTypeId;
use wasmparser::{AbstractHeapType, CompositeInnerType, PackedIndex, RecGroup, TypeRef, UnpackedIndex};

use crate::error::BodyError;

const SHARED: &str = "shared-everything threads";
const STACK_SWITCHING: &str = "stack switching";
const DESCRIPTORS: &str = "custom descriptors";

/// Converts types that stand at `offset` of the wasm. `index_of` resolves canonical ids, which
/// stand in types that the validator has seen; types as they are read have module indices.
#[derive(Clone, Copy)]
pub struct TypeConverter<F> {
    /// Where the type stands in the wasm, for errors.
    pub offset: u64,
    /// Type index of a canonical id.
    pub index_of: F,
}

/// A converter for types as they are read from the wasm.
pub fn raw(offset: u64) -> TypeConverter<impl Fn(CoreTypeId) -> Option<TypeIndex> + Copy> {
    TypeConverter { offset, index_of: |_| None }
}

impl<F: Fn(CoreTypeId) -> Option<TypeIndex>> TypeConverter<F> {
    fn unsupported<T>(&self, feature: &'static str) -> Result<T, BodyError> {
        Err(BodyError::Unsupported { feature, offset: self.offset })
    }

    fn index(&self, index: UnpackedIndex) -> Result<TypeIndex, BodyError> {
        let index = match index {
            UnpackedIndex::Module(index) => Some(TypeIndex(index)),
            UnpackedIndex::Id(id) => (self.index_of)(id),
            UnpackedIndex::RecGroup(_) => None,
        };
        index.ok_or(BodyError::Internal { what: "a type without an index in its module", offset: self.offset })
    }

    fn packed(&self, index: PackedIndex) -> Result<TypeIndex, BodyError> {
        self.index(index.unpack())
    }

    /// A heap type.
    pub fn heap(&self, heap: wasmparser::HeapType) -> Result<HeapType, BodyError> {
        use AbstractHeapType as A;
        match heap {
            wasmparser::HeapType::Concrete(index) => Ok(HeapType::Concrete(self.index(index)?)),
            wasmparser::HeapType::Exact(_) => self.unsupported(DESCRIPTORS),
            wasmparser::HeapType::Abstract { shared: true, .. } => self.unsupported(SHARED),
            wasmparser::HeapType::Abstract { shared: false, ty } => match ty {
                A::Func => Ok(HeapType::Func),
                A::Extern => Ok(HeapType::Extern),
                A::NoFunc => Ok(HeapType::NoFunc),
                A::NoExtern => Ok(HeapType::NoExtern),
                A::Any => Ok(HeapType::Any),
                A::Eq => Ok(HeapType::Eq),
                A::I31 => Ok(HeapType::I31),
                A::Struct => Ok(HeapType::Struct),
                A::Array => Ok(HeapType::Array),
                A::None => Ok(HeapType::None),
                A::Exn => Ok(HeapType::Exn),
                A::NoExn => Ok(HeapType::NoExn),
                A::Cont | A::NoCont => self.unsupported(STACK_SWITCHING),
            },
        }
    }

    /// A reference type.
    pub fn reference(&self, ty: wasmparser::RefType) -> Result<RefType, BodyError> {
        Ok(RefType { nullable: ty.is_nullable(), heap: self.heap(ty.heap_type())? })
    }

    /// A value type.
    pub fn value(&self, ty: wasmparser::ValType) -> Result<ValType, BodyError> {
        Ok(match ty {
            wasmparser::ValType::I32 => ValType::I32,
            wasmparser::ValType::I64 => ValType::I64,
            wasmparser::ValType::F32 => ValType::F32,
            wasmparser::ValType::F64 => ValType::F64,
            wasmparser::ValType::V128 => ValType::V128,
            wasmparser::ValType::Ref(ty) => ValType::Ref(self.reference(ty)?),
        })
    }

    fn values(&self, types: &[wasmparser::ValType]) -> Result<Vec<ValType>, BodyError> {
        types.iter().map(|ty| self.value(*ty)).collect()
    }

    fn field(&self, ty: wasmparser::FieldType) -> Result<FieldType, BodyError> {
        let storage = match ty.element_type {
            wasmparser::StorageType::I8 => StorageType::I8,
            wasmparser::StorageType::I16 => StorageType::I16,
            wasmparser::StorageType::Val(ty) => StorageType::Val(self.value(ty)?),
        };
        Ok(FieldType { storage, mutable: ty.mutable })
    }

    /// Appends the definitions of a recursion group to the type index space.
    pub fn append_group(&self, group: &RecGroup, types: &mut Vec<TypeDef>) -> Result<(), BodyError> {
        let group_start = TypeIndex(types.len() as u32);
        let group_len = group.types().len() as u32;
        for ty in group.types() {
            let composite = &ty.composite_type;
            if composite.shared {
                return self.unsupported(SHARED);
            }
            if composite.descriptor_idx.is_some() || composite.describes_idx.is_some() {
                return self.unsupported(DESCRIPTORS);
            }
            let composite = match &composite.inner {
                CompositeInnerType::Func(func) => CompositeType::Func(FuncType {
                    params: self.values(func.params())?,
                    results: self.values(func.results())?,
                }),
                CompositeInnerType::Struct(fields) => CompositeType::Struct(
                    fields.fields.iter().map(|field| self.field(*field)).collect::<Result<_, _>>()?,
                ),
                CompositeInnerType::Array(array) => CompositeType::Array(self.field(array.0)?),
                CompositeInnerType::Cont(_) => return self.unsupported(STACK_SWITCHING),
            };
            let supertype = ty.supertype_idxs.first().map(|index| self.packed(*index)).transpose()?;
            types.push(TypeDef { is_final: ty.is_final, supertype, composite, group_start, group_len });
        }
        Ok(())
    }

    /// The type of a table.
    pub fn table(&self, ty: wasmparser::TableType) -> Result<TableType, BodyError> {
        Ok(TableType {
            element: self.reference(ty.element_type)?,
            index64: ty.table64,
            min: ty.initial,
            max: ty.maximum,
        })
    }

    /// The type of a memory.
    pub fn memory(&self, ty: wasmparser::MemoryType) -> MemoryType {
        MemoryType {
            index64: ty.memory64,
            shared: ty.shared,
            page_size_log2: ty.page_size_log2() as u8,
            min: ty.initial,
            max: ty.maximum,
        }
    }

    /// The type of a global.
    pub fn global(&self, ty: wasmparser::GlobalType) -> Result<GlobalType, BodyError> {
        Ok(GlobalType { content: self.value(ty.content_type)?, mutable: ty.mutable })
    }

    /// The type of an import.
    pub fn import(&self, ty: TypeRef) -> Result<ExternType, BodyError> {
        Ok(match ty {
            TypeRef::Func(index) => ExternType::Func(TypeIndex(index)),
            TypeRef::FuncExact(_) => return self.unsupported(DESCRIPTORS),
            TypeRef::Table(ty) => ExternType::Table(self.table(ty)?),
            TypeRef::Memory(ty) => ExternType::Memory(self.memory(ty)),
            TypeRef::Global(ty) => ExternType::Global(self.global(ty)?),
            TypeRef::Tag(ty) => ExternType::Tag(TypeIndex(ty.func_type_idx)),
        })
    }
}
