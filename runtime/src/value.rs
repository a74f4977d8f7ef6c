//! Values as the host sees them, and their way to and from the slots of an entry or host call.
//!
//! # Safety contract
//!
//! A slot is read as the type that compiled code, or a checked value, wrote it with. Function references
//! in it are null or live, since the store frees no instance that one refers to.

use std::any::Any;

use aot_format::types::{HeapType, RefType, ValType};

use crate::context::AsContext;
use crate::exception::ExnRef;
use crate::externs::Func;
use crate::store::{StoreId, StoreOpaque};
use crate::types::TypeRegistry;
use crate::vm::structs::ValRaw;

/// A value. Floats are held as bits, so that no NaN changes on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Val {
    /// 32-bit integer.
    I32(i32),
    /// 64-bit integer.
    I64(i64),
    /// Bits of a 32-bit float.
    F32(u32),
    /// Bits of a 64-bit float.
    F64(u64),
    /// 128-bit vector.
    V128(u128),
    /// Reference to a function, or null.
    FuncRef(Option<Func>),
    /// Reference to something of the host's, or null.
    ExternRef(Option<ExternRef>),
    /// Reference to an exception, or null.
    ExnRef(Option<ExnRef>),
}

/// A reference to something of the host's. It lives as long as its store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExternRef {
    pub(crate) store: StoreId,
    /// Position in the store's list; compiled code holds it plus one.
    pub(crate) index: u32,
}

impl ExternRef {
    /// Gives `value` to the store.
    pub fn new(mut store: impl crate::AsContextMut, value: impl Any + Send + Sync) -> ExternRef {
        let store = store.as_context_mut().opaque();
        let index = store.extern_refs.len() as u32;
        store.extern_refs.push(Box::new(value));
        ExternRef { store: store.id, index }
    }

    /// What it refers to; nothing in another store.
    pub fn data<'a, C: AsContext + ?Sized>(&self, store: &'a C) -> Option<&'a (dyn Any + Send + Sync)> {
        let store = store.as_context().opaque();
        if store.id != self.store {
            return None;
        }
        store.extern_refs.get(self.index as usize).map(|value| &**value)
    }
}

impl Val {
    /// A 32-bit float.
    pub fn f32(value: f32) -> Val {
        Val::F32(value.to_bits())
    }

    /// A 64-bit float.
    pub fn f64(value: f64) -> Val {
        Val::F64(value.to_bits())
    }

    /// The integer, if it is one.
    pub fn i32(&self) -> Option<i32> {
        match self {
            Val::I32(value) => Some(*value),
            _ => None,
        }
    }

    /// The integer, if it is one.
    pub fn i64(&self) -> Option<i64> {
        match self {
            Val::I64(value) => Some(*value),
            _ => None,
        }
    }

    /// The zero, or null, of a type.
    pub fn default_for(ty: ValType) -> Val {
        match ty {
            ValType::I32 => Val::I32(0),
            ValType::I64 => Val::I64(0),
            ValType::F32 => Val::F32(0),
            ValType::F64 => Val::F64(0),
            ValType::V128 => Val::V128(0),
            ValType::Ref(reference) => match reference.heap {
                heap if is_func_heap(heap) => Val::FuncRef(None),
                heap if is_exn_heap(heap) => Val::ExnRef(None),
                _ => Val::ExternRef(None),
            },
        }
    }

    /// The name of its type, for errors.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Val::I32(_) => "i32",
            Val::I64(_) => "i64",
            Val::F32(_) => "f32",
            Val::F64(_) => "f64",
            Val::V128(_) => "v128",
            Val::FuncRef(_) => "funcref",
            Val::ExternRef(_) => "externref",
            Val::ExnRef(_) => "exnref",
        }
    }

    /// Whether this is a value of `ty`, in `store`.
    pub(crate) fn matches(&self, store: &StoreOpaque, ty: ValType) -> bool {
        let types: &TypeRegistry = store.engine.types();
        match (self, ty) {
            (Val::I32(_), ValType::I32)
            | (Val::I64(_), ValType::I64)
            | (Val::F32(_), ValType::F32)
            | (Val::F64(_), ValType::F64)
            | (Val::V128(_), ValType::V128) => true,
            (Val::FuncRef(None), ValType::Ref(to)) => to.nullable && is_func_heap(to.heap),
            (Val::ExternRef(None), ValType::Ref(to)) => to.nullable && !is_func_heap(to.heap) && !is_exn_heap(to.heap),
            (Val::ExnRef(None), ValType::Ref(to)) => to.nullable && is_exn_heap(to.heap),
            (Val::ExnRef(Some(value)), ValType::Ref(to)) => value.is_of(store) && to.heap == HeapType::Exn,
            (Val::FuncRef(Some(func)), ValType::Ref(to)) => store.func_type_id(*func).is_ok_and(|id| {
                let own = RefType { nullable: false, heap: HeapType::Concrete(aot_format::types::TypeIndex(id)) };
                types.ref_matches(own, to)
            }),
            (Val::ExternRef(Some(value)), ValType::Ref(to)) => value.store == store.id && to.heap == HeapType::Extern,
            _ => false,
        }
    }

    /// The slot for this value. A function gets its reference in the store.
    pub(crate) fn to_raw(self, store: &mut StoreOpaque) -> Result<ValRaw, crate::Error> {
        Ok(match self {
            Val::I32(value) => ValRaw::from_i32(value),
            Val::I64(value) => ValRaw::from_i64(value),
            Val::F32(bits) => ValRaw::from_f32_bits(bits),
            Val::F64(bits) => ValRaw::from_f64_bits(bits),
            Val::V128(value) => ValRaw::from_v128(value),
            Val::FuncRef(None) => ValRaw::from_ref(0),
            Val::FuncRef(Some(func)) => ValRaw::from_funcref(store.funcref(func)?),
            Val::ExternRef(value) => ValRaw::from_ref(value.map_or(0, |value| u64::from(value.index) + 1)),
            Val::ExnRef(None) => ValRaw::from_ref(0),
            Val::ExnRef(Some(value)) => ValRaw::from_ref(value.address(store)?),
        })
    }

    /// The value of type `ty` in a slot.
    ///
    /// # Safety
    ///
    /// The slot was written by compiled code or [`Val::to_raw`] of this store, for a value of `ty`.
    pub(crate) unsafe fn from_raw(raw: ValRaw, ty: ValType, store: &StoreOpaque) -> Val {
        match ty {
            ValType::I32 => Val::I32(raw.i32()),
            ValType::I64 => Val::I64(raw.i64()),
            ValType::F32 => Val::F32(raw.f32_bits()),
            ValType::F64 => Val::F64(raw.f64_bits()),
            ValType::V128 => Val::V128(raw.v128()),
            ValType::Ref(reference) if is_func_heap_in(reference.heap, store.engine.types()) => {
                // SAFETY: a funcref of compiled code is null or points to a live VMFuncRef of the store.
                Val::FuncRef(unsafe { store.func_of(raw.funcref()) })
            }
            ValType::Ref(reference) if is_exn_heap(reference.heap) => {
                // SAFETY: an exception reference of compiled code is null or the address of a live exception.
                Val::ExnRef(unsafe { ExnRef::from_raw(raw, store) })
            }
            ValType::Ref(_) => Val::ExternRef(extern_ref(raw.reference(), store)),
        }
    }
}

/// The host reference compiled code holds as `raw`.
pub(crate) fn extern_ref(raw: u64, store: &StoreOpaque) -> Option<ExternRef> {
    let index = u32::try_from(raw.checked_sub(1)?).ok()?;
    Some(ExternRef { store: store.id, index })
}

/// Whether references to this (abstract, or canonical concrete) heap type are function references.
/// Concrete types are function types as long as structures and arrays are not compiled.
pub(crate) fn is_func_heap(heap: HeapType) -> bool {
    matches!(heap, HeapType::Func | HeapType::NoFunc | HeapType::Concrete(_))
}

/// Whether references to this heap type are references to exceptions.
pub(crate) fn is_exn_heap(heap: HeapType) -> bool {
    matches!(heap, HeapType::Exn | HeapType::NoExn)
}

fn is_func_heap_in(heap: HeapType, types: &TypeRegistry) -> bool {
    match heap {
        HeapType::Concrete(id) => types.func_type(id.0).is_some(),
        heap => is_func_heap(heap),
    }
}
