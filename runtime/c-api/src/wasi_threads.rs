//! `wasi-threads`: the host function `wasi`.`thread-spawn`. A thread of the guest's is a spawned environment of its set, on
//! a thread of its own, which calls the main module's export `wasi_thread_start`. Who there is, and what ends whom, is in
//! `threads.rs`.

use std::ffi::c_void;

use runtime::{Caller, Linker, Module, Val, ValType};

use crate::boundary::guard;
use crate::env::CExecEnv;
use crate::function::{end, in_env, look_up, refuse};
use crate::global::warn;
use crate::shared::{Shared, State};
use crate::threads::{give_up, spawn, start, this};

use iwasm_wasi::threads::MODULE_NAME;

const SPAWN: &str = "thread-spawn";
/// What a thread runs.
const ENTRY: &str = "wasi_thread_start";
/// What the guest gets where no thread can be had: no number, but `EAGAIN` as WASI has it, below zero.
const AGAIN: i32 = -6;

/// Whether a module is a program for `wasi-threads`. What its threads have in common it leaves to the host to make.
pub fn spawns_threads(module: &Module) -> bool {
    module.imports().iter().any(|import| import.module == MODULE_NAME && import.name == SPAWN)
}

/// Gives modules the function.
pub fn add_to_linker(linker: &mut Linker<State>) {
    linker.func_integers(MODULE_NAME, SPAWN, &[ValType::I32], true, |mut caller, slots| {
        let argument = slots.first().map_or(0, |slot| slot.i32());
        let number = spawn_thread(&mut caller, argument).unwrap_or_else(|reason| {
            warn(&format!("{MODULE_NAME}.{SPAWN}: {reason}"));
            AGAIN
        });
        Ok(number.cast_unsigned())
    });
}

fn spawn_thread(caller: &mut Caller<'_, State>, argument: i32) -> Result<i32, String> {
    // SAFETY: set when the store was made, and alive as long as that.
    let shared = unsafe { caller.data().shared.as_ref() }.ok_or("the store is none of this interface's")?;
    let program = shared.program.get().ok_or("instances are still being made")?;
    let main = shared
        .instances
        .borrow()
        .iter()
        .find(|known| *known.name.borrow() == program.name())
        .map(|known| &raw const *known.env);
    // SAFETY: it is freed with what it shares.
    let main = unsafe { &*main.ok_or("the main instance is gone")? };
    let spawned = shared.in_host_call(caller, || spawn(main))?;
    // SAFETY: of the call that is going on, and made just now.
    if let (Some(env), spawned) = unsafe { (shared.env.get().as_ref(), &*spawned) } {
        spawned.user_data.set(env.user_data.get());
    }
    // It is one of those that are told from now on; what was told before, it has missed, and this thread has not.
    let started = match shared.member.interrupt.is_interrupted() {
        true => Err("the program is ending".to_owned()),
        false => start(spawned, run, argument as usize, true),
    };
    let number = started.inspect_err(|_| {
        give_up(spawned);
    })?;
    // It has 29 bits.
    Ok(number as i32)
}

/// What runs on the thread. What it fails with, all others end with, too.
unsafe extern "C" fn run(env: *mut CExecEnv, argument: *mut c_void) -> *mut c_void {
    guard((), || {
        // SAFETY: alive until this returns.
        let Some((env, instance)) = unsafe { env.as_ref() }.and_then(|env| Some((env, env.instance()?))) else {
            return;
        };
        let shared: &Shared = instance.shared();
        let Some(function) = look_up(instance, ENTRY) else {
            refuse(shared, &format!("the main module exports no function {ENTRY:?} for the thread to run"));
            return shared.tell_others();
        };
        // SAFETY: looked up just now.
        let function = unsafe { &*function };
        let values = [Val::I32(this() as i32), Val::I32(argument.addr() as i32)];
        in_env(function, env, || end(shared, function.call(&values).map(drop)));
    });
    std::ptr::null_mut()
}
