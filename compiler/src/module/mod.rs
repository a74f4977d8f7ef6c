//! A validated module, as the later phases see it: index spaces in the artifact's own types,
//! function bodies with what is needed to validate them while they are translated.
//!
//! [`parse`](fn@parse) is the only way to get one. Bodies are validated by whoever translates them.

mod branch_hints;
mod const_expr;
mod features;
mod names;
mod parse;
pub mod types;

use std::collections::HashMap;

use aot_format::abi::{VmctxCounts, VmctxLayout};
use aot_format::types::{
    CompositeType, ExternKind, ExternType, FieldType, FuncType, GlobalType, HeapType, MemoryType, RefType, TableType,
    TypeDef, TypeIndex, ValType,
};
use wasmparser::types::CoreTypeId;
use wasmparser::{FuncToValidate, FunctionBody, ValidatorResources};

pub use aot_format::write::{ConstExpr, DataSegment, ElementItems, ElementSegment, SegmentMode};
pub use branch_hints::{BranchHint, BranchHints, usually_taken};
pub use const_expr::index_of;
pub use features::{Admitted, Feature, FeatureSet, explain, explain_unsupported};
pub use names::Names;
pub use parse::{parse, parse_with};

use crate::error::BodyError;

/// One import.
#[derive(Clone, Copy, Debug)]
pub struct Import<'data> {
    /// The module it is imported from.
    pub module: &'data str,
    /// The name of the export there.
    pub name: &'data str,
    /// What is wanted.
    pub ty: ExternType,
}

/// One export.
#[derive(Clone, Copy, Debug)]
pub struct Export<'data> {
    /// Its name, unique in the module.
    pub name: &'data str,
    /// Kind of what is exported.
    pub kind: ExternKind,
    /// Index in that kind's index space.
    pub index: u32,
}

/// A custom section.
#[derive(Clone, Copy, Debug)]
pub struct CustomSection<'data> {
    /// Its name; several sections may have the same.
    pub name: &'data str,
    /// Its bytes.
    pub bytes: &'data [u8],
}

/// The body of one function the module defines, not validated yet.
pub struct Body<'data> {
    /// What validation needs; the function's index is in it.
    pub to_validate: FuncToValidate<ValidatorResources>,
    /// Locals and operators.
    pub body: FunctionBody<'data>,
}

/// A module whose every section is valid, except for the insides of function bodies.
///
/// All index spaces hold imports first, then definitions, in the module's order.
pub struct Module<'data> {
    /// The bytes it was parsed from.
    pub wasm: &'data [u8],
    /// What its bodies may use.
    pub admitted: Admitted,
    /// The type index space.
    pub types: Vec<TypeDef>,
    /// wasmparser's canonical id of each type; identical types have one id.
    pub type_ids: Vec<CoreTypeId>,
    /// First type index with a given canonical id.
    pub type_of_id: HashMap<CoreTypeId, TypeIndex>,
    /// Imports in the module's order.
    pub imports: Vec<Import<'data>>,
    /// How many of each thing there are.
    pub counts: VmctxCounts,
    /// Where they stand in the vmctx.
    pub layout: VmctxLayout,
    /// Types of all functions.
    pub functions: Vec<TypeIndex>,
    /// All tables.
    pub tables: Vec<TableType>,
    /// All memories.
    pub memories: Vec<MemoryType>,
    /// All globals.
    pub globals: Vec<GlobalType>,
    /// Types of all tags.
    pub tags: Vec<TypeIndex>,
    /// Initial element of each table the module defines, where it is not null.
    pub table_inits: Vec<Option<ConstExpr>>,
    /// Initial value of each global the module defines.
    pub global_inits: Vec<ConstExpr>,
    /// Exports in the module's order.
    pub exports: Vec<Export<'data>>,
    /// The start function.
    pub start: Option<u32>,
    /// Element segments.
    pub elements: Vec<ElementSegment>,
    /// Data segments.
    pub data: Vec<DataSegment<'data>>,
    /// Functions of which references can be taken, ascending; the position is the funcref slot.
    pub funcrefs: Vec<u32>,
    /// Bodies of the functions the module defines.
    pub bodies: Vec<Body<'data>>,
    /// What the name section and the exports call things.
    pub names: Names<'data>,
    /// Which way branches usually go.
    pub branch_hints: BranchHints,
    /// All custom sections.
    pub custom_sections: Vec<CustomSection<'data>>,
}

impl<'data> Module<'data> {
    /// The type of a function of the module.
    ///
    /// # Panics
    ///
    /// When the module has no such function; validated code has none such.
    pub fn func_type(&self, func_index: u32) -> &FuncType {
        self.func_type_at(self.functions[func_index as usize])
    }

    /// The function type with this index.
    ///
    /// # Panics
    ///
    /// When that is not a function type; validated code and [`Self::functions`] have none such.
    pub fn func_type_at(&self, ty: TypeIndex) -> &FuncType {
        match self.types[ty.0 as usize].as_func() {
            Some(func) => func,
            None => unreachable!("validation admits only function types here"),
        }
    }

    /// Whether values of this type are references that the collector has to know of: all but those to
    /// functions.
    pub fn is_managed(&self, ty: ValType) -> bool {
        match ty {
            ValType::Ref(RefType { heap: HeapType::Concrete(index), .. }) => {
                self.types[index.0 as usize].as_func().is_none()
            }
            ValType::Ref(RefType { heap, .. }) => heap.top() != Some(HeapType::Func),
            _ => false,
        }
    }

    /// A value type that the validator, or a body, has.
    pub fn convert_type(&self, ty: wasmparser::ValType, offset: u64) -> Result<ValType, BodyError> {
        self.converter(offset).value(ty)
    }

    /// A heap type that a body has.
    pub fn convert_heap_type(&self, ty: wasmparser::HeapType, offset: u64) -> Result<HeapType, BodyError> {
        self.converter(offset).heap(ty)
    }

    fn converter(&self, offset: u64) -> types::TypeConverter<impl Fn(CoreTypeId) -> Option<TypeIndex>> {
        types::TypeConverter { offset, index_of: |id| self.type_of_id.get(&id).copied() }
    }

    /// Fields of a structure type.
    ///
    /// # Panics
    ///
    /// When that is not a structure type; validated code has none such.
    pub fn struct_fields(&self, ty: TypeIndex) -> &[FieldType] {
        match &self.types[ty.0 as usize].composite {
            CompositeType::Struct(fields) => fields,
            _ => unreachable!("validation admits only structure types here"),
        }
    }

    /// The element of an array type.
    ///
    /// # Panics
    ///
    /// When that is not an array type; validated code has none such.
    pub fn array_element(&self, ty: TypeIndex) -> FieldType {
        match self.types[ty.0 as usize].composite {
            CompositeType::Array(element) => element,
            _ => unreachable!("validation admits only array types here"),
        }
    }

    /// Number of supertypes of a type.
    pub fn subtype_depth(&self, ty: TypeIndex) -> u32 {
        let parent = |ty: &TypeIndex| self.types[ty.0 as usize].supertype;
        std::iter::successors(parent(&ty), parent).count() as u32
    }

    /// The funcref slot of a function, if references to it can be taken.
    pub fn funcref_slot(&self, func_index: u32) -> Option<u32> {
        self.funcrefs.binary_search(&func_index).ok().map(|slot| slot as u32)
    }

    /// Forgets exports. Functions that bodies take references of stay as they are, though it may have been their export
    /// that let them.
    pub(crate) fn retain_exports(&mut self, keep: impl Fn(&Export<'data>) -> bool) {
        self.exports.retain(keep);
        let mut taken = parse::taken_by_bodies(self);
        taken.retain(|function| self.funcref_slot(*function).is_some());
        parse::settle_funcrefs(self, taken);
    }

    /// Whether a function is imported.
    pub fn is_imported_func(&self, func_index: u32) -> bool {
        func_index < self.counts.imported_functions
    }

    /// Position among the module's own functions.
    pub fn defined_func(&self, func_index: u32) -> Option<u32> {
        func_index.checked_sub(self.counts.imported_functions)
    }

    /// Position among the module's own tables, if not imported.
    pub fn defined_table(&self, index: u32) -> Option<u32> {
        index.checked_sub(self.counts.imported_tables)
    }

    /// Position among the module's own memories, if not imported.
    pub fn defined_memory(&self, index: u32) -> Option<u32> {
        index.checked_sub(self.counts.imported_memories)
    }

    /// Position among the module's own globals, if not imported.
    pub fn defined_global(&self, index: u32) -> Option<u32> {
        index.checked_sub(self.counts.imported_globals)
    }

    /// Position among the module's own tags, if not imported.
    pub fn defined_tag(&self, index: u32) -> Option<u32> {
        index.checked_sub(self.counts.imported_tags)
    }

    /// The best name there is for a function: name section, else an export's name.
    pub fn function_name(&self, func_index: u32) -> Option<&str> {
        self.names.function(func_index)
    }
}
