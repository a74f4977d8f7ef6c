//! Host functions: closures that wasm calls. Typed ones get their parameters as they come, mostly in
//! registers; untyped ones get [`Val`]s. Errors and panics unwind the wasm below, never the Rust.
//!
//! # Safety contract
//!
//! A thunk is called by a host-call trampoline (or by `call_funcref`) with a live context whose
//! `data` is the function's `HostFuncEntry`, and parameters passed as its type has them.
//! The `T` of the store is that of the linker or store the function was made for: `Linker<T>` and
//! `Func::wrap` see to it.

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;

use aot_format::types::{FuncType, ValType};

use crate::context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
use crate::error::Error;
use crate::externs::{Extern, Instance, Memory};
use crate::instance::InstanceData;
use crate::store::{HostFuncEntry, InstanceId, Pending, StoreInner, StoreOpaque};
use crate::trap::{Trap, TrapCode};
use crate::typed::{WasmParams, WasmResults, in_registers};
use crate::value::Val;
use crate::vm::structs::{HostCall, HostReturn, Passing, RegisterValues, VMHostContext, ValRaw, slots_at};

/// A host function, not yet in a store.
pub(crate) struct HostFunc {
    ty: FuncType,
    /// How values of its type are passed.
    passing: Passing,
    call: HostCall,
    /// The closure; `call` knows its type.
    state: *const (),
    drop: unsafe fn(*const ()),
}

// SAFETY: the closure behind `state` is Send and Sync; every constructor requires it.
unsafe impl Send for HostFunc {}
// SAFETY: as above.
unsafe impl Sync for HostFunc {}

impl Drop for HostFunc {
    fn drop(&mut self) {
        // SAFETY: `drop` was made for the type of `state`, and this is its last use.
        unsafe { (self.drop)(self.state) }
    }
}

impl HostFunc {
    fn with_state<F: Send + Sync + 'static>(ty: FuncType, call: HostCall, state: F) -> Arc<HostFunc> {
        unsafe fn drop_box<F>(state: *const ()) {
            // SAFETY: `state` came from `Box::into_raw` of a `Box<F>`.
            drop(unsafe { Box::from_raw(state.cast_mut().cast::<F>()) });
        }
        let state = Box::into_raw(Box::new(state)).cast_const().cast();
        Arc::new(HostFunc { passing: Passing::of(&ty), ty, call, state, drop: drop_box::<F> })
    }

    pub(crate) fn typed<T, P, R, F>(func: F) -> Arc<HostFunc>
    where
        T: 'static,
        P: WasmParams,
        R: HostResult,
        F: Fn(Caller<'_, T>, P) -> R + Send + Sync + 'static,
    {
        let ty = FuncType { params: P::types(), results: R::Ok::types() };
        HostFunc::with_state(ty, thunk::<Typed<T, P, R, F>>, func)
    }

    pub(crate) fn untyped<T, F>(ty: FuncType, func: F) -> Arc<HostFunc>
    where
        T: 'static,
        F: Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    {
        HostFunc::with_state(ty, thunk::<Untyped<T, F>>, func)
    }

    pub(crate) fn raw<T, F>(ty: FuncType, func: F) -> Arc<HostFunc>
    where
        T: 'static,
        F: Fn(Caller<'_, T>, &mut [ValRaw]) -> Result<(), Error> + Send + Sync + 'static,
    {
        HostFunc::with_state(ty, thunk::<Raw<T, F>>, func)
    }

    pub(crate) fn bare<T, F>(ty: FuncType, func: F) -> Arc<HostFunc>
    where
        T: 'static,
        F: Fn(Caller<'_, T>, RegisterValues) -> Result<u64, Error> + Send + Sync + 'static,
    {
        debug_assert_eq!(Passing::of(&ty), Passing::Registers);
        HostFunc::with_state(ty, thunk::<Bare<T, F>>, func)
    }

    pub(crate) fn ty(&self) -> &FuncType {
        &self.ty
    }

    pub(crate) fn call(&self) -> HostCall {
        self.call
    }
}

/// The store as a host function gets it, and who called.
pub struct Caller<'a, T: 'static> {
    store: &'a mut StoreInner<T>,
    instance: Option<InstanceId>,
}

impl<T> Caller<'_, T> {
    /// The embedder's data.
    pub fn data(&self) -> &T {
        &self.store.data
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.store.data
    }

    /// The instance that imports the function; none where the host calls it directly.
    pub fn instance(&self) -> Option<Instance> {
        Some(Instance { store: self.store.opaque.id, id: self.instance? })
    }

    /// An export of the importing instance.
    pub fn get_export(&self, name: &str) -> Option<Extern> {
        self.instance()?.get_export(self, name)
    }

    /// A memory that the importing instance exports.
    pub fn get_memory(&self, name: &str) -> Option<Memory> {
        self.instance()?.get_memory(self, name)
    }

    /// The memory that the importing instance exports as `"memory"`, as the ABIs of C and WASI have it. Its name is
    /// looked up once for each module, and not with each call.
    pub fn main_memory(&self) -> Option<Memory> {
        let opaque = &self.store.opaque;
        let data = opaque.live_instance(self.instance?)?;
        Some(data.memory(opaque.id, data.module.main_memory()?))
    }

    /// Bytes of a memory together with the embedder's data.
    pub fn memory_and_data_mut(&mut self, memory: Memory) -> Result<(&mut [u8], &mut T), Error> {
        let StoreInner { opaque, data } = &mut *self.store;
        Ok((opaque.memory_bytes_mut(memory)?, data))
    }
}

impl<T> AsContext for Caller<'_, T> {
    type Data = T;
    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext(self.store)
    }
}

impl<T> AsContextMut for Caller<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut(self.store)
    }
}

/// What a host function returns: results, or a `Result` of them.
pub trait HostResult {
    /// The results.
    type Ok: WasmResults;
    /// The results, or the error to unwind with.
    fn into_result(self) -> Result<Self::Ok, Error>;
}

impl<R: WasmResults> HostResult for R {
    type Ok = R;
    #[inline]
    fn into_result(self) -> Result<R, Error> {
        Ok(self)
    }
}

impl<R: WasmResults, E: Into<Error>> HostResult for Result<R, E> {
    type Ok = R;
    #[inline]
    fn into_result(self) -> Result<R, Error> {
        self.map_err(Into::into)
    }
}

/// Runs a host function's body: store and closure from the context, errors and panics to the store.
///
/// # Safety
///
/// `context` is live, and its function was made for stores of `T` with a closure of type `F`.
#[inline]
unsafe fn with_caller<T: 'static, F: 'static>(
    context: *mut VMHostContext,
    body: impl FnOnce(Caller<'_, T>, &F, &HostFunc) -> Result<u64, Error>,
) -> HostReturn {
    // SAFETY: by the caller.
    unsafe { run::<T, F>(context, |caller, func, def| catch_unwind(AssertUnwindSafe(|| body(caller, func, def)))) }
}

/// The same; what becomes of panics is for `body` to say.
///
/// # Safety
///
/// As [`with_caller`].
#[inline(always)]
unsafe fn run<T: 'static, F: 'static>(
    context: *mut VMHostContext,
    body: impl FnOnce(Caller<'_, T>, &F, &HostFunc) -> std::thread::Result<Result<u64, Error>>,
) -> HostReturn {
    // SAFETY: live, by the caller. The store's reference went to sleep when wasm was entered, so
    // this is the only one in use until the function returns.
    let (store, entry, caller) = unsafe {
        let VMHostContext { store, caller, data, .. } = context.read();
        (&mut *store.cast::<StoreInner<T>>(), &*data.cast::<HostFuncEntry>(), caller)
    };
    let def: *const HostFunc = Arc::as_ptr(&entry.def);
    // SAFETY: the function is kept alive by its entry, which lives as long as the store; the closure
    // has the type the thunk was made for.
    let (func, def) = unsafe { (&*(*def).state.cast::<F>(), &*def) };
    let instance = match caller.is_null() {
        true => None,
        // SAFETY: a context with a caller belongs to that instance and dies with it.
        false => Some(unsafe { InstanceData::of_vmctx(caller) }.id),
    };
    let handles = store.opaque.handles.mark();
    let place: *mut StoreInner<T> = &raw mut *store;
    // SAFETY: the only reference in use, until the body is over.
    let outcome = body(Caller { store: unsafe { &mut *place }, instance }, func, def);
    let reason = match outcome {
        Ok(Ok(value)) => {
            // SAFETY: the body is over, and its reference with it.
            let store = unsafe { &mut (*place).opaque };
            store.handles.release(handles);
            if !store.interrupt.is_requested() {
                return HostReturn { value, unwinds: ptr::null_mut() };
            }
            // Not here, where it would cost the whole function its frame.
            return interrupted(store, handles);
        }
        // An exception or the host's own error may hold handles: they are given up when it is caught, or go to
        // whoever called.
        Ok(Err(error)) => Pending::Error(error),
        Err(payload) => Pending::Panic(payload),
    };
    // SAFETY: the body is over, and its reference with it.
    let opaque = unsafe { &mut (*place).opaque };
    opaque.pending_handles = handles;
    opaque.set_pending(reason);
    HostReturn { value: 0, unwinds: opaque.vm_ptr() }
}

/// What a thunk that works on slots makes of values as they come: registers become slots of its own.
///
/// # Safety
///
/// The values are those of a type that is passed so; slots that they are the address of are used by nobody else.
#[inline(always)]
unsafe fn with_slots(
    passing: Passing,
    values: RegisterValues,
    run: impl FnOnce(*mut ValRaw) -> Result<(), Error>,
) -> Result<u64, Error> {
    let mut own = values.map(ValRaw::from_register);
    let slots = match passing {
        Passing::Registers => own.as_mut_ptr(),
        Passing::Slots => slots_at(values[0]),
    };
    run(slots)?;
    // SAFETY: there is at least one slot. If nothing is returned in a register, nobody looks at this.
    Ok(unsafe { slots.read() }.register())
}

/// Unwinds a host function that has returned, for the store is to be stopped.
///
/// By the C convention, so that a thunk can end with it as it came.
#[cold]
#[inline(never)]
extern "C" fn interrupted(store: &mut StoreOpaque, handles: usize) -> HostReturn {
    store.pending_handles = handles;
    store.set_pending(Pending::Error(Error::Trap(Trap::new(TrapCode::Interrupted))));
    HostReturn { value: 0, unwinds: store.vm_ptr() }
}

/// A kind of host functions: what is between the trampoline and the closure.
trait Kind {
    /// Calls the closure that the context leads to.
    ///
    /// # Safety
    ///
    /// By the contract of this file; the function was made of this kind.
    unsafe fn call(context: *mut VMHostContext, values: RegisterValues) -> HostReturn;
}

/// What host-call trampolines call.
unsafe extern "C" fn thunk<K: Kind>(
    context: *mut VMHostContext,
    v0: u64,
    v1: u64,
    v2: u64,
    v3: u64,
    v4: u64,
) -> HostReturn {
    // SAFETY: by the contract of this file.
    unsafe { K::call(context, [v0, v1, v2, v3, v4]) }
}

/// Closures of Rust's types.
struct Typed<T, P, R, F>(PhantomData<(T, P, R, F)>);

impl<T, P, R, F> Kind for Typed<T, P, R, F>
where
    T: 'static,
    P: WasmParams,
    R: HostResult,
    F: Fn(Caller<'_, T>, P) -> R + Send + Sync + 'static,
{
    #[inline(always)]
    unsafe fn call(context: *mut VMHostContext, values: RegisterValues) -> HostReturn {
        let passing = const { if in_registers::<P, R::Ok>() { Passing::Registers } else { Passing::Slots } };
        let body = |caller: Caller<'_, T>, func: &F, _: &HostFunc| {
            let run = |slots: *mut ValRaw| {
                // SAFETY: the slots hold parameters of the function's type.
                let params = unsafe { P::load(&caller.store.opaque, slots) };
                let place: *mut StoreInner<T> = &raw mut *caller.store;
                // SAFETY: the only reference in use, until the closure is over.
                let results = func(Caller { store: unsafe { &mut *place }, instance: caller.instance }, params);
                // SAFETY: the closure has given its borrow of the store back; there is a slot for each result.
                unsafe { results.into_result()?.store(&mut (*place).opaque, slots) }
            };
            // SAFETY: by the caller.
            unsafe { with_slots(passing, values, run) }
        };
        // SAFETY: by the caller.
        unsafe { with_caller::<T, F>(context, body) }
    }
}

/// Closures of [`Val`]s.
struct Untyped<T, F>(PhantomData<(T, F)>);

impl<T, F> Kind for Untyped<T, F>
where
    T: 'static,
    F: Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
{
    #[inline(always)]
    unsafe fn call(context: *mut VMHostContext, values: RegisterValues) -> HostReturn {
        let body = |caller: Caller<'_, T>, func: &F, def: &HostFunc| {
            let run = |slots| {
                // SAFETY: the slots hold parameters of the function's type, and there is one for each result.
                unsafe { call_with_vals(caller, func, &def.ty, slots) }
            };
            // SAFETY: by the caller.
            unsafe { with_slots(def.passing, values, run) }
        };
        // SAFETY: by the caller.
        unsafe { with_caller::<T, F>(context, body) }
    }
}

/// Calls a closure that gets and gives [`Val`]s.
///
/// # Safety
///
/// The slots hold parameters of the type, and there is one for each result.
unsafe fn call_with_vals<T: 'static>(
    caller: Caller<'_, T>,
    func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error>,
    ty: &FuncType,
    slots: *mut ValRaw,
) -> Result<(), Error> {
    let Caller { store, instance } = caller;
    let load = |(index, ty): (usize, &aot_format::types::ValType)| {
        // SAFETY: by the caller.
        unsafe { Val::from_raw(slots.add(index).read(), *ty, &store.opaque) }
    };
    let params: Vec<Val> = ty.params.iter().enumerate().map(load).collect();
    let default = |ty: &aot_format::types::ValType| Val::default_for(*ty, &store.opaque.engine);
    let mut results: Vec<Val> = ty.results.iter().map(default).collect();
    func(Caller { store: &mut *store, instance }, &params, &mut results)?;
    for (index, (result, wanted)) in results.iter().zip(&ty.results).enumerate() {
        if !result.matches(&store.opaque, *wanted) {
            return Err(Error::BadValue {
                what: "result of a host function",
                reason: format!("result {index} must be {wanted}, not {}", result.type_name()),
            });
        }
        let raw = result.to_raw(&mut store.opaque)?;
        // SAFETY: by the caller.
        unsafe { slots.add(index).write(raw) };
    }
    Ok(())
}

/// Closures of slots.
struct Raw<T, F>(PhantomData<(T, F)>);

impl<T, F> Kind for Raw<T, F>
where
    T: 'static,
    F: Fn(Caller<'_, T>, &mut [ValRaw]) -> Result<(), Error> + Send + Sync + 'static,
{
    #[inline(always)]
    unsafe fn call(context: *mut VMHostContext, values: RegisterValues) -> HostReturn {
        let body = |caller: Caller<'_, T>, func: &F, def: &HostFunc| {
            let run = |slots| {
                let FuncType { params, results } = &def.ty;
                // SAFETY: there is a slot for each parameter and each result, and nobody else looks at them meanwhile.
                let slots = unsafe { std::slice::from_raw_parts_mut(slots, params.len().max(results.len())) };
                func(caller, slots)
            };
            // SAFETY: by the caller.
            unsafe { with_slots(def.passing, values, run) }
        };
        // SAFETY: by the caller.
        unsafe { with_caller::<T, F>(context, body) }
    }
}

/// Closures of registers. Nothing is between the trampoline and the closure but the way to it: a panic ends the process.
struct Bare<T, F>(PhantomData<(T, F)>);

impl<T, F> Kind for Bare<T, F>
where
    T: 'static,
    F: Fn(Caller<'_, T>, RegisterValues) -> Result<u64, Error> + Send + Sync + 'static,
{
    #[inline(always)]
    unsafe fn call(context: *mut VMHostContext, values: RegisterValues) -> HostReturn {
        // SAFETY: by the caller.
        unsafe { run::<T, F>(context, |caller, func, _| Ok(func(caller, values))) }
    }
}

/// Closures that can be host functions: any number of parameters up to sixteen, with or without a
/// [`Caller`] in front. `Marker` only tells the two kinds apart.
pub trait IntoHostFunc<T: 'static, Marker>: Sized {
    #[doc(hidden)]
    fn into_host_func(self) -> HostFunction<T>;
}

/// A host function for stores of `T`, and of no other type, for [`Linker::funcs_on_demand`](crate::Linker::funcs_on_demand).
pub struct HostFunction<T: 'static> {
    pub(crate) func: Arc<HostFunc>,
    /// Invariant: the function knows the `T` it was made for.
    data: PhantomData<fn(T) -> T>,
}

impl<T: 'static> HostFunction<T> {
    /// From a closure, as [`Linker::func`](crate::Linker::func) takes it.
    pub fn new<Marker>(func: impl IntoHostFunc<T, Marker>) -> HostFunction<T> {
        func.into_host_func()
    }

    /// As [`Linker::func_integers`](crate::Linker::func_integers) defines it.
    pub fn integers(
        params: &[ValType],
        returns: bool,
        func: impl Fn(Caller<'_, T>, &[ValRaw]) -> Result<u32, Error> + Send + Sync + 'static,
    ) -> HostFunction<T> {
        let results = if returns { vec![ValType::I32] } else { Vec::new() };
        let ty = FuncType { params: params.to_vec(), results };
        let call = move |caller: Caller<'_, T>, slots: &mut [ValRaw]| {
            let result = func(caller, slots)?;
            if let (true, Some(slot)) = (returns, slots.first_mut()) {
                *slot = ValRaw::from_i32(result.cast_signed());
            }
            Ok(())
        };
        HostFunction::made(HostFunc::raw(ty, call))
    }

    fn made(func: Arc<HostFunc>) -> HostFunction<T> {
        HostFunction { func, data: PhantomData }
    }
}

macro_rules! impl_into_host_func {
    ($($param:ident)*) => {
        #[allow(non_snake_case)]
        impl<T, F, R, $($param,)*> IntoHostFunc<T, (($($param,)*), R)> for F
        where
            T: 'static,
            F: Fn($($param),*) -> R + Send + Sync + 'static,
            R: HostResult + 'static,
            $($param: crate::typed::WasmTy,)*
        {
            fn into_host_func(self) -> HostFunction<T> {
                HostFunction::made(HostFunc::typed::<T, ($($param,)*), R, _>(move |_: Caller<'_, T>, ($($param,)*)| self($($param),*)))
            }
        }

        #[allow(non_snake_case)]
        impl<T, F, R, $($param,)*> IntoHostFunc<T, (Caller<'static, T>, ($($param,)*), R)> for F
        where
            T: 'static,
            F: Fn(Caller<'_, T>, $($param),*) -> R + Send + Sync + 'static,
            R: HostResult + 'static,
            $($param: crate::typed::WasmTy,)*
        {
            fn into_host_func(self) -> HostFunction<T> {
                HostFunction::made(HostFunc::typed::<T, ($($param,)*), R, _>(move |caller: Caller<'_, T>, ($($param,)*)| self(caller, $($param),*)))
            }
        }
    };
}
crate::typed::for_each_tuple!(impl_into_host_func);
