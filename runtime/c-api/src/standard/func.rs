//! Functions: of the host's, and calling any.

use std::ffi::c_void;
use std::rc::{Rc, Weak};

use runtime::{Caller, Engine, Error, Func, FuncType, Val};

use super::refs::{Finalizer, Kind, Ref};
use super::types::CExternType;
use super::value::{WasmVal, to_vals};
use super::vec::{CVec, Element};
use super::{CStore, give, trap};
use crate::boundary::guard;
use crate::shared::{Shared, State};

type Callback = unsafe extern "C" fn(*const CVec<WasmVal>, *mut CVec<WasmVal>) -> *mut Ref;
type CallbackWithEnv = unsafe extern "C" fn(*mut c_void, *const CVec<WasmVal>, *mut CVec<WasmVal>) -> *mut Ref;

/// A C function, and what it is called with.
enum HostFunction {
    Plain(Callback),
    WithEnv { call: CallbackWithEnv, env: *mut c_void, finalizer: Option<Finalizer> },
}

impl Drop for HostFunction {
    fn drop(&mut self) {
        if let HostFunction::WithEnv { env, finalizer: Some(finalizer), .. } = self {
            // SAFETY: what C gave for this environment.
            unsafe { finalizer(*env) };
        }
    }
}

/// What a host function is made of; the store holds it, and is not held by it.
struct Host {
    function: HostFunction,
    shared: Weak<Shared>,
    engine: Engine,
    ty: FuncType,
}

// SAFETY: by the header, one thread at a time uses a store and what is in it.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

impl Host {
    fn call(&self, mut caller: Caller<'_, State>, args: &[Val], results: &mut [Val]) -> Result<(), Error> {
        let Some(shared) = self.shared.upgrade() else { return Err(Error::host("the store is gone")) };
        let store = CStore { shared, engine: self.engine.clone() };
        let given = args.iter().zip(&self.ty.params).map(|(value, ty)| WasmVal::of_val(&store, value, *ty, &caller));
        let mut given: CVec<WasmVal> = given.collect::<Vec<_>>().into();
        let mut got: CVec<WasmVal> = vec![WasmVal::NOTHING; results.len()].into();
        let (arguments, place) = (&raw const given, &raw mut got);
        // SAFETY: C functions of these types, with vectors of the lengths that they were defined with.
        let ended = store.shared.in_host_call(&mut caller, || unsafe {
            match &self.function {
                HostFunction::Plain(call) => call(arguments, place),
                HostFunction::WithEnv { call, env, .. } => call(*env, arguments, place),
            }
        });
        super::vec::delete(Some(&mut given));
        let values = to_vals(&got, &self.ty.results, &mut caller);
        super::vec::delete(Some(&mut got));
        if !ended.is_null() {
            // SAFETY: owned, by the header.
            return Err(unsafe { trap::into_error(ended) });
        }
        let Some(values) = values else {
            return Err(Error::host("a function of the host returned values of other kinds than its type has"));
        };
        results.copy_from_slice(&values);
        Ok(())
    }
}

fn new(store: Option<&CStore>, ty: Option<&CExternType>, function: HostFunction) -> *mut Ref {
    guard(std::ptr::null_mut(), || {
        let (Some(store), Some(ty)) = (store, ty.and_then(CExternType::func_type)) else { return std::ptr::null_mut() };
        let host =
            Host { function, shared: Rc::downgrade(&store.shared), engine: store.engine.clone(), ty: ty.clone() };
        let call = move |caller: Caller<'_, State>, args: &[Val], results: &mut [Val]| host.call(caller, args, results);
        let func = store.shared.with(|context| Func::new(context, ty, call));
        give(Ref::new(store, Kind::Func(func)))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_func_new(
    store: Option<&CStore>,
    ty: Option<&CExternType>,
    callback: Option<Callback>,
) -> *mut Ref {
    callback.map_or(std::ptr::null_mut(), |callback| new(store, ty, HostFunction::Plain(callback)))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_func_new_with_env(
    store: Option<&CStore>,
    ty: Option<&CExternType>,
    callback: Option<CallbackWithEnv>,
    env: *mut c_void,
    finalizer: Option<Finalizer>,
) -> *mut Ref {
    callback.map_or(std::ptr::null_mut(), |call| new(store, ty, HostFunction::WithEnv { call, env, finalizer }))
}

/// The function of a reference, its type, and its store.
fn of(func: Option<&Ref>) -> Option<(Func, FuncType, &CStore)> {
    let reference = func?;
    let Kind::Func(func) = reference.object.kind else { return None };
    let store = &reference.store;
    Some((func, store.shared.with(|context| func.ty(&context)).ok()?, store))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_func_type(func: Option<&Ref>) -> *mut CExternType {
    guard(std::ptr::null_mut(), || of(func).map_or(std::ptr::null_mut(), |(_, ty, _)| give(CExternType::of_func(&ty))))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_func_param_arity(func: Option<&Ref>) -> usize {
    guard(0, || of(func).map_or(0, |(_, ty, _)| ty.params.len()))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_func_result_arity(func: Option<&Ref>) -> usize {
    guard(0, || of(func).map_or(0, |(_, ty, _)| ty.results.len()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_func_call(
    func: Option<&Ref>,
    args: Option<&CVec<WasmVal>>,
    results: Option<&mut CVec<WasmVal>>,
) -> *mut Ref {
    guard(std::ptr::null_mut(), || {
        let Some((func, ty, store)) = of(func) else { return std::ptr::null_mut() };
        let nothing = CVec::default();
        let params = store.shared.with(|context| to_vals(args.unwrap_or(&nothing), &ty.params, context));
        let room = results.as_ref().map_or(0, |results| results.size);
        let (Some(params), true) = (params, room >= ty.results.len()) else {
            return trap::of_message(
                store,
                &format!("a function of type {ty} was called with other arguments, or room for {room} results"),
            );
        };
        match store.shared.with(|context| func.call(context, &params)) {
            Ok(values) => {
                if let Some(results) = results {
                    for (index, (value, ty)) in values.iter().zip(&ty.results).enumerate() {
                        let value = store.shared.with(|context| WasmVal::of_val(store, value, *ty, &context));
                        // SAFETY: there is room for so many, which C did not set to anything owned.
                        unsafe { results.data.add(index).write(value) };
                    }
                }
                std::ptr::null_mut()
            }
            Err(error) => trap::of_error(store, &error),
        }
    })
}
