//! C functions that modules import. A signature says what a parameter is: `i I f F` numbers, `r` an external reference,
//! `*` an address in the module that becomes a pointer and `~` its length behind it, `$` the address of a string. Where
//! there is no signature, the function has the type that is imported, and its addresses are the module's.

use std::ffi::c_void;

use runtime::raw::{Passing, RegisterValues, ValRaw};
use runtime::{Caller, Error, ExternType, FuncType, Module, RefType, Val, ValType};

use crate::boundary::{Text, array, guard};
use crate::external;
use crate::global::{log, with};
use crate::memory;
use crate::native_call::{Arguments, call_with_integers};
use crate::shared::State;
use crate::trace::NativeFailed;

/// As the header has it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct NativeSymbol {
    pub symbol: Text,
    pub func_ptr: *const c_void,
    pub signature: Text,
    pub attachment: *mut c_void,
}

/// A parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Parameter {
    I32,
    I64,
    F32,
    F64,
    Reference,
    /// An address of the module's, of so many bytes as the next parameter says, or of one.
    Pointer {
        has_length: bool,
    },
    /// The length of the pointer before it.
    Length,
    String,
}

/// A C function.
#[derive(Clone, Copy)]
pub struct Native {
    function: usize,
    attachment: usize,
    /// Gets its arguments in an array.
    is_raw: bool,
}

/// Parameters and result of a signature.
fn parse(signature: &str) -> Result<(Vec<Parameter>, Option<Parameter>), String> {
    let wrong = |reason: &str| format!("the signature {signature:?} {reason}");
    let inside = signature.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let (params, result) = inside.ok_or_else(|| wrong("is not of the form (PARAMETERS)RESULT"))?;
    let mut parameters = Vec::new();
    for letter in params.chars() {
        let parameter = match letter {
            '*' => Parameter::Pointer { has_length: false },
            '$' => Parameter::String,
            '~' => match parameters.last_mut() {
                Some(Parameter::Pointer { has_length }) if !*has_length => {
                    *has_length = true;
                    Parameter::Length
                }
                _ => return Err(wrong("has a ~ that does not follow a *")),
            },
            letter => number(letter).ok_or_else(|| wrong(&format!("has a {letter:?}")))?,
        };
        parameters.push(parameter);
    }
    let mut letters = result.chars();
    let result = match (letters.next(), letters.next()) {
        (None, _) => None,
        (Some(letter), None) => Some(number(letter).ok_or_else(|| wrong("has a result that is none"))?),
        _ => return Err(wrong("has several results; C functions return one")),
    };
    Ok((parameters, result))
}

fn number(letter: char) -> Option<Parameter> {
    Some(match letter {
        'i' => Parameter::I32,
        'I' => Parameter::I64,
        'f' => Parameter::F32,
        'F' => Parameter::F64,
        'r' => Parameter::Reference,
        _ => return None,
    })
}

impl Parameter {
    fn ty(self) -> ValType {
        match self {
            Parameter::I64 => ValType::I64,
            Parameter::F32 => ValType::F32,
            Parameter::F64 => ValType::F64,
            Parameter::Reference => ValType::Ref(RefType::EXTERNREF),
            _ => ValType::I32,
        }
    }

    /// What a parameter of a type is without a signature.
    fn of(ty: ValType) -> Option<Parameter> {
        Some(match ty {
            ValType::I32 => Parameter::I32,
            ValType::I64 => Parameter::I64,
            ValType::F32 => Parameter::F32,
            ValType::F64 => Parameter::F64,
            _ => return None,
        })
    }
}

/// Defines natives under a module's name.
///
/// # Safety
///
/// The functions are what their signatures say.
pub unsafe fn register(module: &str, symbols: &[NativeSymbol], is_raw: bool) -> Result<(), String> {
    for symbol in symbols {
        let signature = symbol.signature.get();
        let Some(name) = symbol.symbol.get() else {
            return Err(format!("a native function of {module:?} has no name"));
        };
        if symbol.func_ptr.is_null() {
            return Err(format!("native function {module:?}.{name:?} is NULL"));
        }
        let native = Native {
            function: symbol.func_ptr.expose_provenance(),
            attachment: symbol.attachment.expose_provenance(),
            is_raw,
        };
        with(|global| global.names_of_list(module, symbols.as_ptr().addr()).push(name.to_string()))?;
        match signature.as_deref().filter(|signature| !signature.is_empty()) {
            Some(signature) => {
                let signature =
                    parse(signature).map_err(|reason| format!("native function {module:?}.{name:?}: {reason}"))?;
                define(module, &name, native, signature)?;
                with(|global| global.untyped.remove(module, &name))?;
            }
            None => {
                with(|global| {
                    global.linker.undefine(module, &name);
                    global.untyped.insert(module, name.into_owned(), native)
                })?;
            }
        }
    }
    Ok(())
}

/// Defines the natives without a signature that a module imports, with the types that it wants.
pub fn define_untyped(module: &Module) -> Result<(), String> {
    for import in module.imports() {
        let ExternType::Func(ty) = import.ty else { continue };
        let known = with(|global| global.untyped.get(&import.module, &import.name).copied())?;
        let (Some(native), Some(ty)) = (known, module.func_type(ty)) else { continue };
        let params: Option<Vec<Parameter>> = ty.params.iter().map(|ty| Parameter::of(*ty)).collect();
        let results: Option<Vec<Parameter>> = ty.results.iter().map(|ty| Parameter::of(*ty)).collect();
        match (params, results.as_deref()) {
            (Some(params), Some([])) => define(&import.module, &import.name, native, (params, None))?,
            (Some(params), Some([result])) => define(&import.module, &import.name, native, (params, Some(*result)))?,
            _ => log(
                2,
                &format!(
                    "native function {:?}.{:?} is imported as {ty}, which no C function is",
                    import.module, import.name
                ),
            ),
        }
    }
    Ok(())
}

fn define(
    module: &str,
    name: &str,
    native: Native,
    signature: (Vec<Parameter>, Option<Parameter>),
) -> Result<(), String> {
    let (params, result) = signature;
    let ty = FuncType {
        params: params.iter().map(|param| param.ty()).collect(),
        results: result.iter().map(|result| result.ty()).collect(),
    };
    if params.iter().chain(&result).any(|kind| *kind == Parameter::Reference) {
        let call = move |caller: Caller<'_, State>, args: &[Val], results: &mut [Val]| {
            native.call_with_references(caller, &params, result, args, results)
        };
        return with(|global| {
            global.linker.func_untyped(module, name, ty, call);
        });
    }
    let simple = Simple::of(native, &params, result).filter(|_| Passing::of(&ty) == Passing::Registers);
    // SAFETY: results are numbers; the few integers of a simple one are passed in registers.
    with(|global| unsafe {
        if let Some(simple) = simple {
            global.linker.func_bare(module, name, ty, move |mut caller: Caller<'_, State>, values| {
                native.call_simple(&mut caller, simple, values)
            });
        } else {
            global.linker.func_raw(module, name, ty, move |mut caller: Caller<'_, State>, slots: &mut [ValRaw]| {
                native.call(&mut caller, &params, result, slots)
            });
        }
    })
}

/// What is said of an address that is no good.
fn out_of_bounds() -> Error {
    Error::Trap(runtime::Trap::new(runtime::TrapCode::MemoryOutOfBounds))
}

/// What a call of a function needs to know that has integers alone.
#[derive(Clone, Copy)]
struct Simple {
    /// Which of them have 64 bits, the first in the lowest bit.
    wide: u32,
}

impl Simple {
    fn of(native: Native, params: &[Parameter], result: Option<Parameter>) -> Option<Simple> {
        let is_integer = |kind: &Parameter| matches!(kind, Parameter::I32 | Parameter::I64);
        let simple = !native.is_raw && params.iter().chain(&result).all(is_integer);
        let wide = params.iter().rev().fold(0, |bits, kind| bits << 1 | u32::from(*kind == Parameter::I64));
        simple.then_some(Simple { wide })
    }
}

impl Native {
    /// Calls a function of few integers, without what the others need. Nothing in it panics.
    ///
    /// # Safety
    ///
    /// The values are those of its parameters.
    #[inline(always)]
    unsafe fn call_simple(
        &self,
        caller: &mut Caller<'_, State>,
        simple: Simple,
        values: RegisterValues,
    ) -> Result<u64, Error> {
        let function = std::ptr::with_exposed_provenance(self.function);
        // SAFETY: a C function of this signature, by whoever registered it.
        self.in_env(caller, |env| unsafe { call_with_integers(function, env, values, simple.wide) })
    }

    /// Calls a function that gets, or gives, external references: pointers to it.
    fn call_with_references(
        &self,
        mut caller: Caller<'_, State>,
        params: &[Parameter],
        result: Option<Parameter>,
        args: &[Val],
        results: &mut [Val],
    ) -> Result<(), Error> {
        let slot = |value: &Val| match value {
            Val::I32(value) => ValRaw::from_i32(*value),
            Val::I64(value) => ValRaw::from_i64(*value),
            Val::F32(bits) => ValRaw::from_f32_bits(*bits),
            Val::F64(bits) => ValRaw::from_f64_bits(*bits),
            value => ValRaw::from_i64(external::address_in(&caller, value) as i64),
        };
        let mut slots: Vec<ValRaw> = args.iter().map(slot).collect();
        slots.resize(slots.len().max(1), ValRaw::ZERO);
        self.call(&mut caller, params, result, &mut slots)?;
        if let (Some(kind), Some(place), Some(slot)) = (result, results.first_mut(), slots.first()) {
            *place = match kind {
                Parameter::I64 => Val::I64(slot.i64()),
                Parameter::F32 => Val::F32(slot.f32_bits()),
                Parameter::F64 => Val::F64(slot.f64_bits()),
                Parameter::Reference => external::of_address(&mut caller, slot.i64() as usize),
                _ => Val::I32(slot.i32()),
            };
        }
        Ok(())
    }

    /// Runs a C function with the environment of the call that is going on, which knows the instance that called.
    #[inline(always)]
    fn in_env<R>(&self, caller: &mut Caller<'_, State>, run: impl FnOnce(*const c_void) -> R) -> Result<R, Error> {
        let shared = caller.data().shared;
        // SAFETY: set when the store was made, and alive as long as that.
        let Some(shared) = (unsafe { shared.as_ref() }) else {
            return Err(Error::host("a native function was called in a store that is none of the C library's"));
        };
        let Some(instance) = caller.instance().map(|instance| shared.handle_of(instance)) else {
            return Err(Error::host("a native function can only be called by a module"));
        };
        // SAFETY: the environment of the call that is going on; a start function has that of its instance.
        let env = unsafe { shared.env.get().as_ref().unwrap_or(&(*instance).env) };
        let outer = (env.instance.replace(instance), env.attachment.get());
        env.attachment.set(std::ptr::with_exposed_provenance_mut(self.attachment));
        let returned = shared.in_host_call(caller, || run(std::ptr::from_ref(env).cast()));
        env.instance.set(outer.0);
        env.attachment.set(outer.1);
        match shared.has_exception() {
            true => Err(Error::host(NativeFailed)),
            false => Ok(returned),
        }
    }

    fn call(
        &self,
        caller: &mut Caller<'_, State>,
        params: &[Parameter],
        result: Option<Parameter>,
        slots: &mut [ValRaw],
    ) -> Result<(), Error> {
        let mut memory = None;
        let mut base = |caller: &Caller<'_, State>| {
            *memory.get_or_insert_with(|| {
                let first = caller.instance().and_then(|instance| instance.memory_by_index(caller, 0));
                first.and_then(|first| first.base(caller).ok()).unwrap_or((std::ptr::null_mut(), 0))
            })
        };
        let mut arguments = Arguments::new();
        let mut raw = Vec::new();
        for (index, param) in params.iter().enumerate() {
            let slot = slots[index];
            let offset = u64::from(slot.i32().cast_unsigned());
            let pointer = match param {
                Parameter::Pointer { has_length } => {
                    let length = if *has_length { u64::from(slots[index + 1].i32().cast_unsigned()) } else { 1 };
                    Some(memory::place(base(caller), offset, length).ok_or_else(out_of_bounds)?)
                }
                Parameter::String => {
                    let base = base(caller);
                    let place = memory::place(base, offset, 1).filter(|_| memory::is_string(base, offset));
                    Some(place.ok_or_else(out_of_bounds)?)
                }
                _ => None,
            };
            if self.is_raw {
                raw.push(pointer.map_or(slot.i64().cast_unsigned(), |pointer| pointer.expose_provenance() as u64));
                continue;
            }
            let fits = match (pointer, param) {
                (Some(pointer), _) => arguments.integer(pointer.expose_provenance() as u64),
                (None, Parameter::I64 | Parameter::Reference) => arguments.integer(slot.i64().cast_unsigned()),
                (None, Parameter::F32) => arguments.float32(slot.f32_bits()),
                (None, Parameter::F64) => arguments.float64(slot.f64_bits()),
                (None, _) => arguments.integer32(slot.i32()),
            };
            if !fits {
                return Err(Error::host("a native function has too many parameters"));
            }
        }
        let function: *const c_void = std::ptr::with_exposed_provenance(self.function);
        let returned = self.in_env(caller, |env| {
            arguments.set_first(env);
            // SAFETY: a C function of this signature, by whoever registered it.
            unsafe {
                match result {
                    _ if self.is_raw => {
                        raw.resize(raw.len().max(1), 0);
                        let function: unsafe extern "C" fn(*const c_void, *mut u64) = std::mem::transmute(function);
                        function(env, raw.as_mut_ptr());
                        raw[0]
                    }
                    Some(Parameter::F32 | Parameter::F64) => arguments.call_float(function),
                    _ => arguments.call(function),
                }
            }
        })?;
        if let (Some(result), Some(slot)) = (result, slots.first_mut()) {
            *slot = match result {
                Parameter::I64 | Parameter::Reference => ValRaw::from_i64(returned.cast_signed()),
                Parameter::F32 => ValRaw::from_f32_bits(returned as u32),
                Parameter::F64 => ValRaw::from_f64_bits(returned),
                _ => ValRaw::from_i32(returned as i32),
            };
        }
        Ok(())
    }
}

/// # Safety
///
/// As the header says of `wasm_runtime_register_natives`.
unsafe fn register_list(module: Text, symbols: *const NativeSymbol, count: u32, is_raw: bool) -> bool {
    guard(false, || {
        // SAFETY: by the caller.
        let (module, symbols) = unsafe { (module.get(), array(symbols, count as usize)) };
        let Some(module) = module else { return false };
        // SAFETY: by the caller.
        let registered = unsafe { register(&module, symbols, is_raw) };
        registered.map_err(|reason| log(1, &format!("wasm_runtime_register_natives: {reason}"))).is_ok()
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_register_natives(module: Text, symbols: *const NativeSymbol, count: u32) -> bool {
    // SAFETY: by the header.
    unsafe { register_list(module, symbols, count, false) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_runtime_register_natives_raw(
    module: Text,
    symbols: *const NativeSymbol,
    count: u32,
) -> bool {
    // SAFETY: by the header.
    unsafe { register_list(module, symbols, count, true) }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_unregister_natives(module: Text, symbols: *const NativeSymbol) -> bool {
    guard(false, || {
        let Some(module) = module.get() else { return false };
        let removed = with(|global| {
            let names = std::mem::take(global.names_of_list(&module, symbols.addr()));
            global.native_lists.retain(|(.., names)| !names.is_empty());
            for name in &names {
                global.linker.undefine(&module, name);
                global.untyped.remove(&module, name);
            }
            !names.is_empty()
        });
        removed.unwrap_or(false)
    })
}
