//! Types as C sees them: kinds of values in a byte, and what module's imports and exports have.

use std::ffi::c_char;

use runtime::{ExternType, FuncType, HeapType, MemoryType, Module, ValType};

use crate::boundary::guard;

/// Kinds of values, as in `wasm.h`.
pub const I32: u8 = 0;
pub const I64: u8 = 1;
pub const F32: u8 = 2;
pub const F64: u8 = 3;
pub const V128: u8 = 4;
pub const EXTERNREF: u8 = 128;
pub const FUNCREF: u8 = 129;
/// What is none of them: references to objects and exceptions.
pub const OTHER: u8 = 255;

/// Kinds of imports and exports.
pub const FUNC: u32 = 0;
pub const TABLE: u32 = 1;
pub const MEMORY: u32 = 2;
pub const GLOBAL: u32 = 3;
/// Of ours: WAMR has none for tags.
pub const TAG: u32 = 4;

/// The kind of a type's values.
pub fn kind(ty: ValType) -> u8 {
    match ty {
        ValType::I32 => I32,
        ValType::I64 => I64,
        ValType::F32 => F32,
        ValType::F64 => F64,
        ValType::V128 => V128,
        ValType::Ref(reference) => match reference.heap {
            HeapType::Extern => EXTERNREF,
            HeapType::Func => FUNCREF,
            _ => OTHER,
        },
    }
}

/// What C asks of a type by its pointer.
pub enum CType {
    Func { params: Box<[u8]>, results: Box<[u8]> },
    Table { element: u8, min: u64, max: Option<u64> },
    Memory(MemoryType),
    Global { kind: u8, mutable: bool },
}

impl CType {
    /// The type of something of a module.
    pub fn of(module: &Module, ty: &ExternType) -> CType {
        match ty {
            ExternType::Func(index) | ExternType::Tag(index) => {
                CType::of_func(&module.func_type(*index).unwrap_or_default())
            }
            ExternType::Table(ty) => CType::Table { element: kind(ValType::Ref(ty.element)), min: ty.min, max: ty.max },
            ExternType::Memory(ty) => CType::Memory(*ty),
            ExternType::Global(ty) => CType::Global { kind: kind(ty.content), mutable: ty.mutable },
        }
    }

    /// That of a function.
    pub fn of_func(ty: &FuncType) -> CType {
        let kinds = |types: &[ValType]| types.iter().map(|ty| kind(*ty)).collect();
        CType::Func { params: kinds(&ty.params), results: kinds(&ty.results) }
    }

    fn lists(&self) -> (&[u8], &[u8]) {
        match self {
            CType::Func { params, results } => (params, results),
            _ => (&[], &[]),
        }
    }
}

/// The number of what a type is of.
pub fn extern_kind(ty: &ExternType) -> u32 {
    match ty {
        ExternType::Func(_) => FUNC,
        ExternType::Table(_) => TABLE,
        ExternType::Memory(_) => MEMORY,
        ExternType::Global(_) => GLOBAL,
        ExternType::Tag(_) => TAG,
    }
}

/// An import as C sees it.
#[repr(C)]
pub struct WasmImport {
    pub module_name: *const c_char,
    pub name: *const c_char,
    pub kind: u32,
    pub linked: bool,
    pub ty: *const CType,
}

/// An export as C sees it.
#[repr(C)]
pub struct WasmExport {
    pub name: *const c_char,
    pub kind: u32,
    pub ty: *const CType,
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// What `ask` says of a type; `none` for null.
///
/// # Safety
///
/// `ty` is null, or came with an import or export of a module that is loaded.
unsafe fn of<R>(ty: *const CType, none: R, ask: impl FnOnce(&CType) -> R) -> R
where
    R: Copy,
{
    // SAFETY: by the caller.
    guard(none, || unsafe { ty.as_ref() }.map_or(none, ask))
}

macro_rules! questions {
    ($($name:ident($ty:ident $(, $index:ident)?) -> $result:ty, $none:expr, $ask:expr;)*) => {$(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($ty: *const CType $(, $index: u32)?) -> $result {
            // SAFETY: by the header.
            unsafe { of($ty, $none, |$ty| $ask) }
        }
    )*};
}

questions! {
    wasm_func_type_get_param_count(ty) -> u32, 0, ty.lists().0.len() as u32;
    wasm_func_type_get_result_count(ty) -> u32, 0, ty.lists().1.len() as u32;
    wasm_func_type_get_param_valkind(ty, index) -> u8, OTHER, ty.lists().0.get(index as usize).copied().unwrap_or(OTHER);
    wasm_func_type_get_result_valkind(ty, index) -> u8, OTHER, ty.lists().1.get(index as usize).copied().unwrap_or(OTHER);
    wasm_global_type_get_valkind(ty) -> u8, OTHER, if let CType::Global { kind, .. } = ty { *kind } else { OTHER };
    wasm_global_type_get_mutable(ty) -> bool, false, matches!(ty, CType::Global { mutable: true, .. });
    wasm_memory_type_get_shared(ty) -> bool, false, matches!(ty, CType::Memory(ty) if ty.shared);
    wasm_memory_type_get_init_page_count(ty) -> u32, 0, if let CType::Memory(ty) = ty { narrow(ty.min) } else { 0 };
    wasm_memory_type_get_max_page_count(ty) -> u32, 0,
        if let CType::Memory(ty) = ty { ty.max.map_or(u32::MAX, narrow) } else { 0 };
    wasm_table_type_get_elem_kind(ty) -> u8, OTHER, if let CType::Table { element, .. } = ty { *element } else { OTHER };
    wasm_table_type_get_shared(ty) -> bool, false, { let _ = ty; false };
    wasm_table_type_get_init_size(ty) -> u32, 0, if let CType::Table { min, .. } = ty { narrow(*min) } else { 0 };
    wasm_table_type_get_max_size(ty) -> u32, 0,
        if let CType::Table { max, .. } = ty { max.map_or(u32::MAX, narrow) } else { 0 };
}
