//! Rust types as wasm types: parameters and results of typed calls in both directions.
//!
//! # Safety contract
//!
//! Slots are read and written for values of the types a signature was checked against, and there is one
//! for each.

use aot_format::abi;
use aot_format::types::{RefType, ValType};

use crate::error::Error;
use crate::exception::ExnRef;
use crate::externs::Func;
use crate::gc::reference::{AnyRef, ExternRef, Managed};
use crate::store::StoreOpaque;
use crate::vm::structs::ValRaw;

/// A Rust type that is one wasm value.
pub trait WasmTy: Sized + 'static {
    /// Whether it is a vector.
    #[doc(hidden)]
    const IS_VECTOR: bool = false;
    #[doc(hidden)]
    fn ty() -> ValType;
    #[doc(hidden)]
    fn into_raw(self, store: &mut StoreOpaque) -> Result<ValRaw, Error>;
    /// # Safety
    ///
    /// The slot holds a value of this type, of this store.
    #[doc(hidden)]
    unsafe fn from_raw(raw: ValRaw, store: &StoreOpaque) -> Self;
}

macro_rules! impl_wasm_ty {
    ($($rust:ty, $wasm:ident, $value:ident => $into:expr, $raw:ident => $from:expr;)*) => {$(
        impl WasmTy for $rust {
            const IS_VECTOR: bool = matches!(ValType::$wasm, ValType::V128);
            fn ty() -> ValType {
                ValType::$wasm
            }
            #[inline]
            fn into_raw(self, _: &mut StoreOpaque) -> Result<ValRaw, Error> {
                let $value = self;
                Ok($into)
            }
            #[inline]
            unsafe fn from_raw($raw: ValRaw, _: &StoreOpaque) -> Self {
                $from
            }
        }
    )*};
}

impl_wasm_ty! {
    i32, I32, value => ValRaw::from_i32(value), raw => raw.i32();
    u32, I32, value => ValRaw::from_i32(value as i32), raw => raw.i32() as u32;
    i64, I64, value => ValRaw::from_i64(value), raw => raw.i64();
    u64, I64, value => ValRaw::from_i64(value as i64), raw => raw.i64() as u64;
    f32, F32, value => ValRaw::from_f32_bits(value.to_bits()), raw => f32::from_bits(raw.f32_bits());
    f64, F64, value => ValRaw::from_f64_bits(value.to_bits()), raw => f64::from_bits(raw.f64_bits());
    u128, V128, value => ValRaw::from_v128(value), raw => raw.v128();
}

impl WasmTy for Option<Func> {
    fn ty() -> ValType {
        ValType::Ref(RefType::FUNCREF)
    }
    fn into_raw(self, store: &mut StoreOpaque) -> Result<ValRaw, Error> {
        match self {
            None => Ok(ValRaw::from_ref(0)),
            Some(func) => Ok(ValRaw::from_funcref(store.funcref(func)?)),
        }
    }
    unsafe fn from_raw(raw: ValRaw, store: &StoreOpaque) -> Self {
        // SAFETY: the slot holds a funcref of this store.
        unsafe { store.func_of(raw.funcref()) }
    }
}

impl WasmTy for Option<ExternRef> {
    fn ty() -> ValType {
        ValType::Ref(RefType::EXTERNREF)
    }
    fn into_raw(self, store: &mut StoreOpaque) -> Result<ValRaw, Error> {
        match self {
            None => Ok(ValRaw::from_ref(0)),
            Some(value) => value.0.to_raw(store).map(ValRaw::from_ref),
        }
    }
    unsafe fn from_raw(raw: ValRaw, store: &StoreOpaque) -> Self {
        Managed::from_raw(raw.reference(), store).map(ExternRef)
    }
}

impl WasmTy for Option<AnyRef> {
    fn ty() -> ValType {
        ValType::Ref(RefType::ANYREF)
    }
    fn into_raw(self, store: &mut StoreOpaque) -> Result<ValRaw, Error> {
        match self {
            None => Ok(ValRaw::from_ref(0)),
            Some(value) => value.0.to_raw(store).map(ValRaw::from_ref),
        }
    }
    unsafe fn from_raw(raw: ValRaw, store: &StoreOpaque) -> Self {
        Managed::from_raw(raw.reference(), store).map(AnyRef)
    }
}

impl WasmTy for Option<ExnRef> {
    fn ty() -> ValType {
        ValType::Ref(RefType::EXNREF)
    }
    fn into_raw(self, store: &mut StoreOpaque) -> Result<ValRaw, Error> {
        self.map_or(Ok(0), |value| value.address(store)).map(ValRaw::from_ref)
    }
    unsafe fn from_raw(raw: ValRaw, store: &StoreOpaque) -> Self {
        ExnRef::from_raw(raw, store)
    }
}

/// Parameters: a tuple of up to sixteen [`WasmTy`], or one alone.
pub trait WasmParams: Sized {
    /// Their number.
    #[doc(hidden)]
    const COUNT: usize;
    /// Whether there is a vector among them.
    #[doc(hidden)]
    const HAS_VECTOR: bool;
    #[doc(hidden)]
    fn types() -> Vec<ValType>;
    /// # Safety
    ///
    /// There is a slot for each.
    #[doc(hidden)]
    unsafe fn store(self, store: &mut StoreOpaque, slots: *mut ValRaw) -> Result<(), Error>;
    /// # Safety
    ///
    /// The slots hold values of these types, of this store.
    #[doc(hidden)]
    unsafe fn load(store: &StoreOpaque, slots: *const ValRaw) -> Self;
}

/// What [`abi::in_registers`] says of a function of these types, at compile time.
pub(crate) const fn in_registers<P: WasmParams, R: WasmResults>() -> bool {
    abi::fit_registers(P::COUNT, R::COUNT, P::HAS_VECTOR || R::HAS_VECTOR)
}

/// Results: what can be parameters can be results.
pub trait WasmResults: WasmParams {}

impl<P: WasmParams> WasmResults for P {}

impl<W: WasmTy> WasmParams for W {
    const COUNT: usize = 1;
    const HAS_VECTOR: bool = W::IS_VECTOR;
    fn types() -> Vec<ValType> {
        vec![W::ty()]
    }
    #[inline]
    unsafe fn store(self, store: &mut StoreOpaque, slots: *mut ValRaw) -> Result<(), Error> {
        let raw = self.into_raw(store)?;
        // SAFETY: there is a slot.
        unsafe { slots.write(raw) };
        Ok(())
    }
    #[inline]
    unsafe fn load(store: &StoreOpaque, slots: *const ValRaw) -> Self {
        // SAFETY: the slot holds a value of this type.
        unsafe { W::from_raw(slots.read(), store) }
    }
}

/// Expands a macro for every tuple of type parameters.
macro_rules! for_each_tuple {
    ($mac:ident) => {
        $mac!();
        $mac!(A1);
        $mac!(A1 A2);
        $mac!(A1 A2 A3);
        $mac!(A1 A2 A3 A4);
        $mac!(A1 A2 A3 A4 A5);
        $mac!(A1 A2 A3 A4 A5 A6);
        $mac!(A1 A2 A3 A4 A5 A6 A7);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16);
    };
}
pub(crate) use for_each_tuple;

macro_rules! impl_wasm_params {
    ($($param:ident)*) => {
        #[allow(non_snake_case, unused_variables, unused_mut, unused_assignments, clippy::unused_unit)]
        impl<$($param: WasmTy,)*> WasmParams for ($($param,)*) {
            const COUNT: usize = 0 $(+ { let _ = stringify!($param); 1 })*;
            const HAS_VECTOR: bool = false $(|| $param::IS_VECTOR)*;
            fn types() -> Vec<ValType> {
                vec![$($param::ty()),*]
            }
            #[inline]
            unsafe fn store(self, store: &mut StoreOpaque, slots: *mut ValRaw) -> Result<(), Error> {
                let ($($param,)*) = self;
                let mut slot = slots;
                $(
                    let raw = $param.into_raw(store)?;
                    // SAFETY: there is a slot for each.
                    unsafe {
                        slot.write(raw);
                        slot = slot.add(1);
                    }
                )*
                Ok(())
            }
            #[inline]
            unsafe fn load(store: &StoreOpaque, slots: *const ValRaw) -> Self {
                let mut slot = slots;
                $(
                    // SAFETY: the slots hold values of these types.
                    let $param = unsafe {
                        let value = $param::from_raw(slot.read(), store);
                        slot = slot.add(1);
                        value
                    };
                )*
                ($($param,)*)
            }
        }
    };
}
for_each_tuple!(impl_wasm_params);
