//! Functions, and typed views of them.
//!
//! # Safety contract
//!
//! Slots passed to `call_func` are filled from values that were checked against the function's
//! type, and are as many as it has parameters or results, whichever is more. Types passed in registers are those
//! of which [`in_registers`] says so.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use aot_format::types::FuncType;

use crate::context::{AsContext, AsContextMut};
use crate::error::Error;
use crate::host::{Caller, HostFunc, IntoHostFunc};
use crate::store::{Item, StoreOpaque};
use crate::typed::{WasmParams, WasmResults, in_registers};
use crate::value::Val;
use crate::vm::structs::{Passing, VMFuncRef, ValRaw, address_of};

/// A function: of an instance, or of the host.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Func(pub(crate) Item);

impl Func {
    /// A host function that gets and gives [`Val`]s.
    pub fn new<C: AsContextMut>(
        mut store: C,
        ty: FuncType,
        func: impl Fn(Caller<'_, C::Data>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Func {
        store.as_context_mut().opaque().host_func(&HostFunc::untyped(ty, func))
    }

    /// A host function from a closure.
    pub fn wrap<C: AsContextMut, Marker>(mut store: C, func: impl IntoHostFunc<C::Data, Marker>) -> Func {
        store.as_context_mut().opaque().host_func(&func.into_host_func().func)
    }

    /// Its type; concrete types in it are canonical.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`].
    pub fn ty(&self, store: impl AsContext) -> Result<FuncType, Error> {
        store.as_context().opaque().func_type(*self)
    }

    /// Calls it.
    ///
    /// # Errors
    ///
    /// [`Error::Arguments`] if `params` are not of its type; [`Error::Trap`], [`Error::Exit`],
    /// [`Error::Host`] as the call ends.
    pub fn call(&self, mut store: impl AsContextMut, params: &[Val]) -> Result<Vec<Val>, Error> {
        let store = store.as_context_mut().opaque();
        let ty = store.func_type(*self)?;
        let fits = params.len() == ty.params.len()
            && params.iter().zip(&ty.params).all(|(param, wanted)| param.matches(store, *wanted));
        if !fits {
            let found: Vec<&str> = params.iter().map(Val::type_name).collect();
            return Err(Error::Arguments { expected: ty.to_string(), found: format!("({})", found.join(" ")) });
        }
        let mut slots = vec![ValRaw::ZERO; ty.params.len().max(ty.results.len()).max(1)];
        for (slot, param) in slots.iter_mut().zip(params) {
            *slot = param.to_raw(store)?;
        }
        // SAFETY: the slots hold parameters of the function's type, and there are enough of them.
        let outcome = unsafe { store.call_func(*self, Passing::of(&ty), &mut slots) };
        // SAFETY: a call that returned has written its results.
        let result = |(slot, ty): (&ValRaw, &_)| unsafe { Val::from_raw(*slot, *ty, store) };
        let outcome = outcome.map(|()| slots.iter().zip(&ty.results).map(result).collect());
        store.finish_call();
        outcome
    }

    /// A view with Rust types; the check happens here, once.
    ///
    /// # Errors
    ///
    /// [`Error::SignatureMismatch`] if it has another type.
    pub fn typed<P: WasmParams, R: WasmResults>(&self, store: impl AsContext) -> Result<TypedFunc<P, R>, Error> {
        let store = store.as_context().opaque();
        let wanted = FuncType { params: P::types(), results: R::types() };
        let actual = store.func_type(*self)?;
        if wanted != actual {
            return Err(Error::SignatureMismatch { actual: actual.to_string(), wanted: wanted.to_string() });
        }
        Ok(TypedFunc { func: *self, types: PhantomData })
    }
}

impl StoreOpaque {
    pub(crate) fn func_type(&self, func: Func) -> Result<FuncType, Error> {
        let id = self.func_type_id(func)?;
        self.engine.types().func_type(id).ok_or(Error::StaleHandle { what: "function" })
    }
}

/// A function whose type was checked.
#[derive(Debug)]
pub struct TypedFunc<P, R> {
    func: Func,
    types: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<P, R> Copy for TypedFunc<P, R> {}

/// Slots on the stack for typed calls; longer ones than tuples allow do not exist.
const MAX_SLOTS: usize = 16;

impl<P: WasmParams, R: WasmResults> TypedFunc<P, R> {
    /// The function.
    pub fn func(&self) -> Func {
        self.func
    }

    /// Calls it.
    ///
    /// # Errors
    ///
    /// [`Error::Trap`], [`Error::Exit`], [`Error::Host`] as the call ends.
    #[inline]
    pub fn call(&self, mut store: impl AsContextMut, params: P) -> Result<R, Error> {
        const { assert!(P::COUNT <= MAX_SLOTS && R::COUNT <= MAX_SLOTS) };
        let store = store.as_context_mut().opaque();
        let funcref: *const VMFuncRef = store.funcref(self.func)?;
        let mut slots = [const { MaybeUninit::<ValRaw>::uninit() }; MAX_SLOTS];
        // Compiled code writes no more of a slot than its value is wide, but slots are read whole.
        for slot in slots.iter_mut().take(const { if P::COUNT > R::COUNT { P::COUNT } else { R::COUNT } }) {
            slot.write(ValRaw::ZERO);
        }
        let values = slots.as_mut_ptr().cast::<ValRaw>();
        // SAFETY: the type was checked when this view was made; there are enough slots, and those of
        // the results are written by a call that returns.
        let outcome = unsafe {
            params.store(store, values)?;
            let registers = match const { in_registers::<P, R>() } {
                true => std::array::from_fn(|index| match index < P::COUNT {
                    true => values.add(index).read().register(),
                    false => 0,
                }),
                false => address_of(values),
            };
            store.call_funcref(funcref, registers)
        };
        match outcome {
            Ok(value) => {
                if const { in_registers::<P, R>() } {
                    slots[0].write(ValRaw::from_register(value));
                }
                // SAFETY: a call that returned has written its results.
                let results = unsafe { R::load(store, slots.as_ptr().cast()) };
                store.finish_call();
                Ok(results)
            }
            Err(unwound) => {
                let error = store.error_of(*unwound);
                store.finish_call();
                Err(error)
            }
        }
    }
}
