//! Values as the host sees them, and their way to and from the slots of an entry or host call.
//!
//! # Safety contract
//!
//! A slot is read as the type that compiled code, or a checked value, wrote it with. Function references
//! in it are null or live, since the store frees no instance that one refers to.

use aot_format::types::{HeapType, RefType, TypeIndex, ValType};

use crate::engine::Engine;
use crate::exception::ExnRef;
use crate::externs::Func;
use crate::gc::reference::{AnyRef, ExternRef, Managed};
use crate::store::StoreOpaque;
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
    /// Reference of the external hierarchy, or null.
    ExternRef(Option<ExternRef>),
    /// Reference of the internal hierarchy, or null.
    AnyRef(Option<AnyRef>),
    /// Reference to an exception, or null.
    ExnRef(Option<ExnRef>),
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

    /// The zero, or null, of a type. Concrete types in it are canonical ones of the engine.
    pub fn default_for(ty: ValType, engine: &Engine) -> Val {
        match ty {
            ValType::I32 => Val::I32(0),
            ValType::I64 => Val::I64(0),
            ValType::F32 => Val::F32(0),
            ValType::F64 => Val::F64(0),
            ValType::V128 => Val::V128(0),
            ValType::Ref(reference) => match Hierarchy::of(reference.heap, engine.types()) {
                Hierarchy::Func => Val::FuncRef(None),
                Hierarchy::Exn => Val::ExnRef(None),
                Hierarchy::Extern => Val::ExternRef(None),
                Hierarchy::Any => Val::AnyRef(None),
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
            Val::AnyRef(_) => "anyref",
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
            (Val::FuncRef(None), ValType::Ref(to)) => is_null_of(Hierarchy::Func, to, types),
            (Val::ExternRef(None), ValType::Ref(to)) => is_null_of(Hierarchy::Extern, to, types),
            (Val::ExnRef(None), ValType::Ref(to)) => is_null_of(Hierarchy::Exn, to, types),
            (Val::AnyRef(None), ValType::Ref(to)) => is_null_of(Hierarchy::Any, to, types),
            (Val::ExnRef(Some(value)), ValType::Ref(to)) => value.is_of(store) && to.heap == HeapType::Exn,
            (Val::FuncRef(Some(func)), ValType::Ref(to)) => store.func_type_id(*func).is_ok_and(|id| {
                let own = RefType { nullable: false, heap: HeapType::Concrete(TypeIndex(id)) };
                types.ref_matches(own, to)
            }),
            (Val::ExternRef(Some(value)), ValType::Ref(to)) => value.0.is_of(store) && to.heap == HeapType::Extern,
            (Val::AnyRef(Some(value)), ValType::Ref(to)) => {
                value.0.heap_type(store).is_some_and(|heap| types.ref_matches(RefType { nullable: false, heap }, to))
            }
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
            Val::ExternRef(None) | Val::ExnRef(None) | Val::AnyRef(None) => ValRaw::from_ref(0),
            Val::ExternRef(Some(value)) => ValRaw::from_ref(value.0.to_raw(store)?),
            Val::ExnRef(Some(value)) => ValRaw::from_ref(value.address(store)?),
            Val::AnyRef(Some(value)) => ValRaw::from_ref(value.0.to_raw(store)?),
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
            ValType::Ref(reference) => match Hierarchy::of(reference.heap, store.engine.types()) {
                // SAFETY: a funcref of compiled code is null or points to a live VMFuncRef of the store.
                Hierarchy::Func => Val::FuncRef(unsafe { store.func_of(raw.funcref()) }),
                Hierarchy::Exn => Val::ExnRef(ExnRef::from_raw(raw, store)),
                Hierarchy::Extern => Val::ExternRef(Managed::from_raw(raw.reference(), store).map(ExternRef)),
                Hierarchy::Any => Val::AnyRef(Managed::from_raw(raw.reference(), store).map(AnyRef)),
            },
        }
    }
}

/// The four kinds of references that have no value in common.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Hierarchy {
    Func,
    Extern,
    Any,
    Exn,
}

impl Hierarchy {
    /// That of an abstract, or canonical concrete, heap type.
    fn of(heap: HeapType, types: &TypeRegistry) -> Hierarchy {
        match heap {
            HeapType::Func | HeapType::NoFunc => Hierarchy::Func,
            HeapType::Extern | HeapType::NoExtern => Hierarchy::Extern,
            HeapType::Exn | HeapType::NoExn => Hierarchy::Exn,
            HeapType::Concrete(id) if types.is_func(id.0) => Hierarchy::Func,
            _ => Hierarchy::Any,
        }
    }
}

/// Whether null of a hierarchy is a value of a type.
fn is_null_of(hierarchy: Hierarchy, ty: RefType, types: &TypeRegistry) -> bool {
    ty.nullable && Hierarchy::of(ty.heap, types) == hierarchy
}
