//! Types. The four kinds of what is imported and exported are one structure, so that going from one view to another is
//! keeping the pointer.

use runtime::{ExternType, FuncType, GlobalType, MemoryType, Module, RefType, TableType, ValType};

use super::vec::CVec;
use super::{delete, give};
use crate::boundary::guard;
use crate::types::{EXTERNREF, F32, F64, FUNCREF, I32, I64, V128, kind};

/// What a `wasm_valtype_t` points to: the kind.
#[derive(Clone, Copy)]
pub struct ValKind(pub u8);

/// The runtime's type of a kind; references that C knows are nullable.
pub fn val_type(kind: u8) -> Option<ValType> {
    Some(match kind {
        I32 => ValType::I32,
        I64 => ValType::I64,
        F32 => ValType::F32,
        F64 => ValType::F64,
        V128 => ValType::V128,
        EXTERNREF => ValType::Ref(RefType::EXTERNREF),
        FUNCREF => ValType::Ref(RefType::FUNCREF),
        _ => return None,
    })
}

/// As the header has it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Limits {
    pub min: u32,
    pub max: u32,
}

/// Kinds, in the standard's order.
pub const FUNC: u8 = 0;
pub const GLOBAL: u8 = 1;
pub const TABLE: u8 = 2;
pub const MEMORY: u8 = 3;
pub const TAG: u8 = 4;

/// A vector of types that is owned.
#[derive(Default)]
pub struct Kinds(pub CVec<*mut ValKind>);

impl Kinds {
    fn of(kinds: impl Iterator<Item = u8>) -> Kinds {
        Kinds(kinds.map(|kind| give(ValKind(kind))).collect::<Vec<_>>().into())
    }

    fn iter(&self) -> impl Iterator<Item = u8> {
        // SAFETY: elements are null, or alive.
        self.0.as_slice().iter().map(|ty| unsafe { ty.as_ref() }.map_or(I32, |kind| kind.0))
    }
}

impl Clone for Kinds {
    fn clone(&self) -> Kinds {
        Kinds::of(self.iter())
    }
}

impl Drop for Kinds {
    fn drop(&mut self) {
        super::vec::delete(Some(&mut self.0));
    }
}

/// What a `wasm_functype_t`, `wasm_globaltype_t`, `wasm_tabletype_t`, `wasm_memorytype_t` or `wasm_externtype_t` points to.
#[derive(Clone)]
pub struct CExternType {
    pub kind: u8,
    pub params: Kinds,
    pub results: Kinds,
    /// Of a global or a table.
    pub content: Box<ValKind>,
    pub mutability: u8,
    pub limits: Limits,
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl CExternType {
    fn new(kind: u8) -> CExternType {
        let limits = Limits { min: 0, max: u32::MAX };
        let (params, results) = (Kinds::default(), Kinds::default());
        CExternType { kind, params, results, content: Box::new(ValKind(I32)), mutability: 0, limits }
    }

    /// That of a function.
    pub fn of_func(ty: &FuncType) -> CExternType {
        let kinds = |types: &[ValType]| Kinds::of(types.iter().map(|ty| kind(*ty)));
        CExternType { params: kinds(&ty.params), results: kinds(&ty.results), ..CExternType::new(FUNC) }
    }

    /// That of a global.
    pub fn of_global(ty: &GlobalType) -> CExternType {
        let content = Box::new(ValKind(kind(ty.content)));
        CExternType { content, mutability: u8::from(ty.mutable), ..CExternType::new(GLOBAL) }
    }

    /// That of a table.
    pub fn of_table(ty: &TableType) -> CExternType {
        let limits = Limits { min: narrow(ty.min), max: ty.max.map_or(u32::MAX, narrow) };
        CExternType { content: Box::new(ValKind(kind(ValType::Ref(ty.element)))), limits, ..CExternType::new(TABLE) }
    }

    /// That of a memory.
    pub fn of_memory(ty: &MemoryType) -> CExternType {
        let limits = Limits { min: narrow(ty.min), max: ty.max.map_or(u32::MAX, narrow) };
        CExternType { limits, ..CExternType::new(MEMORY) }
    }

    /// That of something of a module.
    pub fn of(module: &Module, ty: &ExternType) -> CExternType {
        match ty {
            ExternType::Func(index) => CExternType::of_func(&module.func_type(*index).unwrap_or_default()),
            ExternType::Tag(index) => {
                CExternType { kind: TAG, ..CExternType::of_func(&module.func_type(*index).unwrap_or_default()) }
            }
            ExternType::Global(ty) => CExternType::of_global(ty),
            ExternType::Table(ty) => CExternType::of_table(ty),
            ExternType::Memory(ty) => CExternType::of_memory(ty),
        }
    }

    /// The runtime's type of a function; none if one of its types is none that C can say.
    pub fn func_type(&self) -> Option<FuncType> {
        let types = |kinds: &Kinds| kinds.iter().map(val_type).collect::<Option<Vec<ValType>>>();
        Some(FuncType { params: types(&self.params)?, results: types(&self.results)? })
    }

    /// The greatest length; none for no limit.
    pub fn max(&self) -> Option<u64> {
        (self.limits.max != u32::MAX).then_some(u64::from(self.limits.max))
    }
}

/// What a `wasm_importtype_t` points to.
#[derive(Clone)]
pub struct ImportType {
    module: Name,
    name: Name,
    ty: Box<CExternType>,
}

/// What a `wasm_exporttype_t` points to.
#[derive(Clone)]
pub struct ExportType {
    name: Name,
    ty: Box<CExternType>,
}

/// Bytes that are owned.
pub struct Name(CVec<u8>);

impl Clone for Name {
    fn clone(&self) -> Name {
        Name(self.0.as_slice().to_vec().into())
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        self.0.take();
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Name {
        Name(text.as_bytes().to_vec().into())
    }
}

impl ImportType {
    /// An import of a module.
    pub fn of(module: &Module, import: &runtime::ImportType) -> ImportType {
        ImportType {
            module: import.module.as_str().into(),
            name: import.name.as_str().into(),
            ty: Box::new(CExternType::of(module, &import.ty)),
        }
    }
}

impl ExportType {
    /// An export of a module.
    pub fn of(module: &Module, export: &runtime::ExportType) -> ExportType {
        ExportType { name: export.name.as_str().into(), ty: Box::new(CExternType::of(module, &export.ty)) }
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_valtype_new(kind: u8) -> *mut ValKind {
    give(ValKind(kind))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_valtype_kind(ty: Option<&ValKind>) -> u8 {
    ty.map_or(I32, |kind| kind.0)
}

/// Deleting and copying.
macro_rules! owned {
    ($($ty:ty: $delete:ident $copy:ident;)*) => {$(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $delete(ty: *mut $ty) {
            // SAFETY: by the header.
            unsafe { delete(ty) }
        }
        #[unsafe(no_mangle)]
        pub extern "C" fn $copy(ty: Option<&$ty>) -> *mut $ty {
            guard(std::ptr::null_mut(), || ty.map_or(std::ptr::null_mut(), |ty| give(ty.clone())))
        }
    )*};
}

owned! {
    ValKind: wasm_valtype_delete wasm_valtype_copy;
    CExternType: wasm_functype_delete wasm_functype_copy;
    CExternType: wasm_globaltype_delete wasm_globaltype_copy;
    CExternType: wasm_tabletype_delete wasm_tabletype_copy;
    CExternType: wasm_memorytype_delete wasm_memorytype_copy;
    CExternType: wasm_externtype_delete wasm_externtype_copy;
    ImportType: wasm_importtype_delete wasm_importtype_copy;
    ExportType: wasm_exporttype_delete wasm_exporttype_copy;
}

/// The views of one kind.
macro_rules! views {
    ($($kind:ident: $up:ident $down:ident $up_const:ident $down_const:ident;)*) => {$(
        #[unsafe(no_mangle)]
        pub extern "C" fn $up(ty: *mut CExternType) -> *mut CExternType {
            ty
        }
        #[unsafe(no_mangle)]
        pub extern "C" fn $up_const(ty: *const CExternType) -> *const CExternType {
            ty
        }
        #[unsafe(no_mangle)]
        pub extern "C" fn $down(ty: Option<&mut CExternType>) -> *mut CExternType {
            ty.filter(|ty| ty.kind == $kind).map_or(std::ptr::null_mut(), std::ptr::from_mut)
        }
        #[unsafe(no_mangle)]
        pub extern "C" fn $down_const(ty: Option<&CExternType>) -> *const CExternType {
            ty.filter(|ty| ty.kind == $kind).map_or(std::ptr::null(), std::ptr::from_ref)
        }
    )*};
}

views! {
    FUNC: wasm_functype_as_externtype wasm_externtype_as_functype wasm_functype_as_externtype_const
        wasm_externtype_as_functype_const;
    GLOBAL: wasm_globaltype_as_externtype wasm_externtype_as_globaltype wasm_globaltype_as_externtype_const
        wasm_externtype_as_globaltype_const;
    TABLE: wasm_tabletype_as_externtype wasm_externtype_as_tabletype wasm_tabletype_as_externtype_const
        wasm_externtype_as_tabletype_const;
    MEMORY: wasm_memorytype_as_externtype wasm_externtype_as_memorytype wasm_memorytype_as_externtype_const
        wasm_externtype_as_memorytype_const;
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_externtype_kind(ty: Option<&CExternType>) -> u8 {
    ty.map_or(FUNC, |ty| ty.kind)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_functype_new(
    params: Option<&mut CVec<*mut ValKind>>,
    results: Option<&mut CVec<*mut ValKind>>,
) -> *mut CExternType {
    guard(std::ptr::null_mut(), || {
        let kinds = |vec: Option<&mut CVec<*mut ValKind>>| Kinds(vec.map(std::mem::take).unwrap_or_default());
        give(CExternType { params: kinds(params), results: kinds(results), ..CExternType::new(FUNC) })
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_functype_params(ty: Option<&CExternType>) -> *const CVec<*mut ValKind> {
    ty.map_or(std::ptr::null(), |ty| &raw const ty.params.0)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_functype_results(ty: Option<&CExternType>) -> *const CVec<*mut ValKind> {
    ty.map_or(std::ptr::null(), |ty| &raw const ty.results.0)
}

/// The kind of a type that is owned, which is given up.
///
/// # Safety
///
/// `ty` is null, or owned.
unsafe fn taken(ty: *mut ValKind) -> Option<Box<ValKind>> {
    // SAFETY: by the caller.
    (!ty.is_null()).then(|| unsafe { Box::from_raw(ty) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_globaltype_new(content: *mut ValKind, mutability: u8) -> *mut CExternType {
    // SAFETY: by the header.
    guard(std::ptr::null_mut(), || match unsafe { taken(content) } {
        Some(content) => give(with_content(CExternType::new(GLOBAL), content, mutability)),
        None => std::ptr::null_mut(),
    })
}

fn with_content(mut ty: CExternType, content: Box<ValKind>, mutability: u8) -> CExternType {
    ty.content = content;
    ty.mutability = mutability;
    ty
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_globaltype_content(ty: Option<&CExternType>) -> *const ValKind {
    ty.map_or(std::ptr::null(), |ty| &raw const *ty.content)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_globaltype_mutability(ty: Option<&CExternType>) -> u8 {
    ty.map_or(0, |ty| ty.mutability)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_tabletype_new(element: *mut ValKind, limits: Option<&Limits>) -> *mut CExternType {
    guard(std::ptr::null_mut(), || {
        // SAFETY: by the header.
        let (Some(element), Some(limits)) = (unsafe { taken(element) }, limits) else { return std::ptr::null_mut() };
        let mut ty = with_content(CExternType::new(TABLE), element, 0);
        ty.limits = *limits;
        give(ty)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_tabletype_element(ty: Option<&CExternType>) -> *const ValKind {
    wasm_globaltype_content(ty)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_tabletype_limits(ty: Option<&CExternType>) -> *const Limits {
    ty.map_or(std::ptr::null(), |ty| &raw const ty.limits)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_memorytype_new(limits: Option<&Limits>) -> *mut CExternType {
    guard(std::ptr::null_mut(), || {
        let Some(limits) = limits else { return std::ptr::null_mut() };
        let mut ty = CExternType::new(MEMORY);
        ty.limits = *limits;
        give(ty)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_memorytype_limits(ty: Option<&CExternType>) -> *const Limits {
    wasm_tabletype_limits(ty)
}

/// A name, and a type that is owned, both taken over.
///
/// # Safety
///
/// `ty` is null, or owned.
unsafe fn parts(name: Option<&mut CVec<u8>>, ty: *mut CExternType) -> Option<(Name, Box<CExternType>)> {
    let name = Name(std::mem::take(name?));
    // SAFETY: by the caller.
    (!ty.is_null()).then(|| (name, unsafe { Box::from_raw(ty) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_importtype_new(
    module: Option<&mut CVec<u8>>,
    name: Option<&mut CVec<u8>>,
    ty: *mut CExternType,
) -> *mut ImportType {
    guard(std::ptr::null_mut(), || {
        let module = module.map(|module| Name(std::mem::take(module)));
        // SAFETY: by the header.
        let (Some(module), Some((name, ty))) = (module, unsafe { parts(name, ty) }) else {
            return std::ptr::null_mut();
        };
        give(ImportType { module, name, ty })
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_importtype_module(import: Option<&ImportType>) -> *const CVec<u8> {
    import.map_or(std::ptr::null(), |import| &raw const import.module.0)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_importtype_name(import: Option<&ImportType>) -> *const CVec<u8> {
    import.map_or(std::ptr::null(), |import| &raw const import.name.0)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_importtype_type(import: Option<&ImportType>) -> *const CExternType {
    import.map_or(std::ptr::null(), |import| &raw const *import.ty)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_exporttype_new(name: Option<&mut CVec<u8>>, ty: *mut CExternType) -> *mut ExportType {
    // SAFETY: by the header.
    guard(std::ptr::null_mut(), || match unsafe { parts(name, ty) } {
        Some((name, ty)) => give(ExportType { name, ty }),
        None => std::ptr::null_mut(),
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_exporttype_name(export: Option<&ExportType>) -> *const CVec<u8> {
    export.map_or(std::ptr::null(), |export| &raw const export.name.0)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_exporttype_type(export: Option<&ExportType>) -> *const CExternType {
    export.map_or(std::ptr::null(), |export| &raw const *export.ty)
}
