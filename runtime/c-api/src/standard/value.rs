//! Values, and their way to the runtime's and back. A reference in a value is owned by it.

use std::rc::Rc;

use runtime::{AsContextMut, ExternRef, Val, ValType};

use super::refs::{Kind, Object, Ref};
use super::vec::{CVec, Element};
use super::{CStore, give};
use crate::boundary::{Out, guard, put};
use crate::types::{EXTERNREF, F32, F64, FUNCREF, I32, I64, kind};

/// A value as the header has it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct WasmVal {
    pub kind: u8,
    padding: [u8; 7],
    /// The bits of a number, or a [`Ref`].
    of: Payload,
}

#[derive(Clone, Copy)]
#[repr(C)]
union Payload {
    bits: u64,
    reference: *mut Ref,
}

/// What an external reference holds: an object of the store's own, which is used by the store's thread alone.
struct Held(Rc<Object>);

// SAFETY: by the header, one thread at a time uses a store and what is in it.
unsafe impl Send for Held {}
// SAFETY: as above.
unsafe impl Sync for Held {}

impl Element for WasmVal {
    const NOTHING: WasmVal = WasmVal { kind: I32, padding: [0; 7], of: Payload { bits: 0 } };

    fn duplicate(self) -> WasmVal {
        match self.reference() {
            Some(reference) => WasmVal::of_ref(self.kind, Some(reference.clone())),
            None => self,
        }
    }

    fn give_up(self) {
        if self.is_reference() {
            // SAFETY: owned by the value, which is given up once.
            unsafe { super::delete(self.of.reference) };
        }
    }
}

impl WasmVal {
    fn number(kind: u8, bits: u64) -> WasmVal {
        WasmVal { kind, padding: [0; 7], of: Payload { bits } }
    }

    fn of_ref(kind: u8, reference: Option<Ref>) -> WasmVal {
        let reference = reference.map_or(std::ptr::null_mut(), give);
        WasmVal { kind, padding: [0; 7], of: Payload { reference } }
    }

    fn is_reference(self) -> bool {
        self.kind >= EXTERNREF
    }

    fn bits(self) -> u64 {
        // SAFETY: all bits are a number.
        unsafe { self.of.bits }
    }

    fn reference<'a>(self) -> Option<&'a Ref> {
        // SAFETY: the kind says that it is one, or null.
        if self.is_reference() { unsafe { self.of.reference.as_ref() } } else { None }
    }

    /// The runtime's value; none for what is of no kind that C knows.
    pub fn to_val(self, store: impl AsContextMut) -> Option<Val> {
        Some(match self.kind {
            I32 => Val::I32(self.bits() as i32),
            I64 => Val::I64(self.bits().cast_signed()),
            F32 => Val::F32(self.bits() as u32),
            F64 => Val::F64(self.bits()),
            FUNCREF | EXTERNREF => reference_to_val(self.kind, self.reference(), store),
            _ => return None,
        })
    }

    /// C's value.
    pub fn of_val(store: &CStore, value: &Val, ty: ValType, context: impl runtime::AsContext) -> WasmVal {
        match value {
            Val::I32(value) => WasmVal::number(I32, u64::from(value.cast_unsigned())),
            Val::I64(value) => WasmVal::number(I64, value.cast_unsigned()),
            Val::F32(bits) => WasmVal::number(F32, u64::from(*bits)),
            Val::F64(bits) => WasmVal::number(F64, *bits),
            Val::V128(value) => WasmVal::number(kind(ty), *value as u64),
            value => WasmVal::of_ref(kind(ty), val_to_reference(store, value, context)),
        }
    }
}

/// The runtime's value of a reference: a function is one where a function is wanted, and anything where anything is.
pub fn reference_to_val(kind: u8, reference: Option<&Ref>, store: impl AsContextMut) -> Val {
    match (kind, reference) {
        (FUNCREF, Some(Ref { object, .. })) => match object.kind {
            Kind::Func(func) => Val::FuncRef(Some(func)),
            _ => Val::FuncRef(None),
        },
        (FUNCREF, None) => Val::FuncRef(None),
        (_, Some(Ref { object, .. })) => Val::ExternRef(Some(ExternRef::new(store, Held(Rc::clone(object))))),
        (_, None) => Val::ExternRef(None),
    }
}

/// The reference of a value; none for null.
pub fn val_to_reference(store: &CStore, value: &Val, context: impl runtime::AsContext) -> Option<Ref> {
    match value {
        Val::FuncRef(func) => func.map(|func| Ref::new(store, Kind::Func(func))),
        Val::ExternRef(Some(reference)) => {
            let held = reference.data(&context).and_then(|data| data.downcast_ref::<Held>());
            Some(held.map_or_else(
                || Ref::new(store, Kind::Foreign),
                |held| Ref { object: Rc::clone(&held.0), store: store.clone() },
            ))
        }
        Val::AnyRef(Some(_)) | Val::ExnRef(Some(_)) => Some(Ref::new(store, Kind::Foreign)),
        _ => None,
    }
}

/// The values of a vector, of these types.
pub fn to_vals(values: &CVec<WasmVal>, types: &[ValType], mut store: impl AsContextMut) -> Option<Vec<Val>> {
    let values = values.as_slice();
    let fits = values.len() == types.len() && values.iter().zip(types).all(|(value, ty)| value.kind == kind(*ty));
    if !fits {
        return None;
    }
    values.iter().map(|value| value.to_val(&mut store)).collect()
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_val_delete(value: Option<&mut WasmVal>) {
    guard((), || {
        if let Some(value) = value {
            std::mem::replace(value, WasmVal::NOTHING).give_up();
        }
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_val_copy(out: Out<'_, WasmVal>, value: Option<&WasmVal>) {
    guard((), || {
        put(out, value.map_or(WasmVal::NOTHING, |value| value.duplicate()));
    });
}
