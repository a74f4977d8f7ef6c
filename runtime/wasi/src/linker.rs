//! The table of all functions with their signatures, and how they become host functions.
//!
//! A row is `kind name(parameters) => function`. The kinds:
//! * `memory`: works on the memory that the importing instance exports as `"memory"`;
//! * `plain`: needs none.
//!
//! Parameters are written as wasm has them (`u32` is i32); each function takes them as what they
//! are: numbers stay numbers, addresses become typed pointers of `memory`.

use iwasm::raw::ValRaw;
use iwasm::{Error, HostFunction, Linker, ValType};

use crate::context::WasiCtx;
use crate::errno::Errno;
use crate::memory::GuestMemory;
use crate::{args, clock, dir, fd, fdstat, open, path, poll, process, random, sock, times};

/// The module of preview 1.
const PREVIEW1: &str = "wasi_snapshot_preview1";
/// The module of its predecessor.
const UNSTABLE: &str = "wasi_unstable";

/// The modules that [`add_to_linker`] defines.
pub const MODULE_NAMES: [&str; 2] = [PREVIEW1, UNSTABLE];

/// A module called a WASI function that works on memory, but gives it none.
#[derive(Debug, thiserror::Error)]
#[error("WASI function {function:?} needs the memory that its importer exports as \"memory\", and there is none")]
pub struct MissingMemory {
    /// The function.
    pub function: &'static str,
}

#[cold]
#[inline(never)]
fn missing_memory(function: &'static str) -> Error {
    Error::host(MissingMemory { function })
}

/// What a guest gets back.
fn errno(result: Result<(), Errno>) -> u32 {
    match result {
        Ok(()) => 0,
        Err(errno) => u32::from(errno as u16),
    }
}

/// The table. `$with` is the macro that does something with each row, `$to` what it needs for that.
macro_rules! rows {
    // Descriptors: reading, writing, and what is known of them.
    (descriptors => $with:ident $to:tt) => {
        $with! { $to
            plain fd_advise(fd: u32, offset: u64, len: u64, advice: u32) => fd::fd_advise;
            plain fd_allocate(fd: u32, offset: u64, len: u64) => fd::fd_allocate;
            plain fd_close(fd: u32) => fd::fd_close;
            plain fd_datasync(fd: u32) => fd::fd_datasync;
            memory fd_fdstat_get(fd: u32, stat: u32) => fdstat::fd_fdstat_get;
            plain fd_fdstat_set_flags(fd: u32, flags: u32) => fdstat::fd_fdstat_set_flags;
            plain fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64) => fdstat::fd_fdstat_set_rights;
            plain fd_filestat_set_size(fd: u32, size: u64) => fdstat::fd_filestat_set_size;
            plain fd_filestat_set_times(fd: u32, accessed: u64, modified: u64, flags: u32) => times::fd_filestat_set_times;
            memory fd_pread(fd: u32, iovecs: u32, count: u32, offset: u64, read: u32) => fd::fd_pread;
            memory fd_prestat_dir_name(fd: u32, name: u32, len: u32) => fd::fd_prestat_dir_name;
            memory fd_prestat_get(fd: u32, prestat: u32) => fd::fd_prestat_get;
            memory fd_pwrite(fd: u32, iovecs: u32, count: u32, offset: u64, written: u32) => fd::fd_pwrite;
            memory fd_read(fd: u32, iovecs: u32, count: u32, read: u32) => fd::fd_read;
            memory fd_readdir(fd: u32, buffer: u32, len: u32, cookie: u64, used: u32) => dir::fd_readdir;
            plain fd_renumber(from: u32, to: u32) => fd::fd_renumber;
            plain fd_sync(fd: u32) => fd::fd_sync;
            memory fd_tell(fd: u32, position: u32) => fd::fd_tell;
            memory fd_write(fd: u32, iovecs: u32, count: u32, written: u32) => fd::fd_write;
        }
    };
    // Paths.
    (paths => $with:ident $to:tt) => {
        $with! { $to
            memory path_create_directory(fd: u32, path: u32, len: u32) => path::path_create_directory;
            memory path_filestat_set_times(fd: u32, lookup: u32, path: u32, len: u32, accessed: u64, modified: u64, flags: u32) => times::path_filestat_set_times;
            memory path_link(from: u32, lookup: u32, old: u32, old_len: u32, to: u32, new: u32, new_len: u32) => path::path_link;
            memory path_open(fd: u32, lookup: u32, path: u32, len: u32, create: u32, base: u64, inheriting: u64, flags: u32, opened: u32) => open::path_open;
            memory path_readlink(fd: u32, path: u32, len: u32, buffer: u32, buffer_len: u32, used: u32) => path::path_readlink;
            memory path_remove_directory(fd: u32, path: u32, len: u32) => path::path_remove_directory;
            memory path_rename(from: u32, old: u32, old_len: u32, to: u32, new: u32, new_len: u32) => path::path_rename;
            memory path_symlink(target: u32, target_len: u32, fd: u32, path: u32, len: u32) => path::path_symlink;
            memory path_unlink_file(fd: u32, path: u32, len: u32) => path::path_unlink_file;
        }
    };
    // All else.
    (system => $with:ident $to:tt) => {
        $with! { $to
            memory args_get(argv: u32, buffer: u32) => args::args_get;
            memory args_sizes_get(count: u32, bytes: u32) => args::args_sizes_get;
            memory environ_get(environ: u32, buffer: u32) => args::environ_get;
            memory environ_sizes_get(count: u32, bytes: u32) => args::environ_sizes_get;
            memory clock_res_get(id: u32, resolution: u32) => clock::clock_res_get;
            memory clock_time_get(id: u32, precision: u64, time: u32) => clock::clock_time_get;
            memory random_get(buffer: u32, len: u32) => random::random_get;
            plain sched_yield() => process::sched_yield;
            memory sock_recv(fd: u32, iovecs: u32, count: u32, flags: u32, received: u32, result_flags: u32) => sock::sock_recv;
            memory sock_send(fd: u32, iovecs: u32, count: u32, flags: u32, sent: u32) => sock::sock_send;
            plain sock_shutdown(fd: u32, how: u32) => sock::sock_shutdown;
        }
    };
    // What preview 1 changed, or added.
    (preview1 => $with:ident $to:tt) => {
        $with! { $to
            memory fd_filestat_get(fd: u32, stat: u32) => fdstat::fd_filestat_get;
            memory fd_seek(fd: u32, offset: u64, whence: u32, position: u32) => fd::fd_seek;
            memory path_filestat_get(fd: u32, lookup: u32, path: u32, len: u32, stat: u32) => path::path_filestat_get;
            memory poll_oneoff(subscriptions: u32, events: u32, count: u32, happened: u32) => poll::poll_oneoff;
            memory sock_accept(fd: u32, flags: u32, accepted: u32) => sock::sock_accept;
        }
    };
    // The same as its predecessor had it.
    (unstable => $with:ident $to:tt) => {
        $with! { $to
            memory fd_filestat_get(fd: u32, stat: u32) => fdstat::fd_filestat_get_unstable;
            memory fd_seek(fd: u32, offset: u64, whence: u32, position: u32) => fd::fd_seek_unstable;
            memory path_filestat_get(fd: u32, lookup: u32, path: u32, len: u32, stat: u32) => path::path_filestat_get_unstable;
            memory poll_oneoff(subscriptions: u32, events: u32, count: u32, happened: u32) => poll::poll_oneoff_unstable;
        }
    };
}

/// A row of the table as data, so that one piece of code, and not one for each, makes host functions of them.
struct Row {
    name: &'static str,
    params: &'static [ValType],
    returns: bool,
    needs_memory: bool,
    call: Call,
}

/// Calls a function with guest memory, if it needs that, and a number for each parameter.
type Call = fn(&mut WasiCtx, Option<&mut GuestMemory<'_>>, &[ValRaw]) -> Result<u32, Error>;

/// Rows as data.
macro_rules! data {
    (() $($kind:ident $name:ident($($param:ident: $ty:ident),*) => $function:path;)*) => {
        &[$(Row {
            name: stringify!($name),
            params: &[$(<$ty as Parameter>::TYPE),*],
            returns: true,
            needs_memory: data!(@needs_memory $kind),
            call: data!(@$kind $name, ($($param: $ty),*), $function),
        }),*]
    };
    (@needs_memory memory) => { true };
    (@needs_memory plain) => { false };
    (@memory $name:ident, ($($param:ident: $ty:ident),*), $function:path) => {
        |ctx, memory, args| {
            let Some(memory) = memory else { return Err(missing_memory(stringify!($name))) };
            let [$($param,)* ..] = args else { return Ok(errno(Err(Errno::Inval))) };
            Ok(errno($function(ctx, memory, $(<$ty as Parameter>::of(*$param).into()),*)))
        }
    };
    (@plain $name:ident, ($($param:ident: $ty:ident),*), $function:path) => {
        |ctx, _, args| {
            #[allow(irrefutable_let_patterns, reason = "one has no parameters")]
            let [$($param,)* ..] = args else { return Ok(errno(Err(Errno::Inval))) };
            Ok(errno($function(ctx, $(<$ty as Parameter>::of(*$param)),*)))
        }
    };
}

const DESCRIPTORS: &[Row] = rows!(descriptors => data());
const PATHS: &[Row] = rows!(paths => data());
const SYSTEM: &[Row] = rows!(system => data());
/// Those that end the program, or may: they have no errno, or an error.
const ENDS: &[Row] = &[
    Row {
        name: "proc_exit",
        params: &[ValType::I32],
        returns: false,
        needs_memory: false,
        call: |_, _, args| process::proc_exit(first(args)).map(|()| 0),
    },
    Row {
        name: "proc_raise",
        params: &[ValType::I32],
        returns: true,
        needs_memory: false,
        call: |_, _, args| process::proc_raise(first(args)),
    },
];
const OF_PREVIEW1: &[Row] = rows!(preview1 => data());
const OF_UNSTABLE: &[Row] = rows!(unstable => data());

/// A function of WASI for an engine that is not the `iwasm` runtime: it works on the same contexts.
#[derive(Clone, Copy)]
pub struct Function {
    /// The module it is imported from.
    pub module: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Types of its parameters.
    pub params: &'static [ValType],
    /// Whether it returns an `i32`, the errno. Those that do not never return.
    pub returns: bool,
    needs_memory: bool,
    call: Call,
}

impl Function {
    /// Calls it with the bytes of the memory that the calling instance exports as `"memory"`, and a number for each
    /// parameter, whose upper half is not looked at where the parameter is an `i32`.
    ///
    /// # Errors
    ///
    /// [`Error::Exit`] when the program wants to end, [`MissingMemory`] without a memory where one is needed.
    pub fn call(&self, ctx: &mut WasiCtx, memory: Option<&mut [u8]>, args: &[u64]) -> Result<u32, Error> {
        let mut slots = [ValRaw::from_i64(0); MAX_PARAMS];
        for (slot, bits) in slots.iter_mut().zip(args) {
            *slot = ValRaw::from_i64(bits.cast_signed());
        }
        (self.call)(ctx, memory.map(GuestMemory::new).as_mut(), &slots)
    }
}

/// Parameters that a function may have; `path_open` has the most.
const MAX_PARAMS: usize = 9;

/// A parameter as a number.
trait Parameter {
    const TYPE: ValType;
    fn of(slot: ValRaw) -> Self;
}

impl Parameter for u32 {
    const TYPE: ValType = ValType::I32;
    fn of(slot: ValRaw) -> u32 {
        slot.i32().cast_unsigned()
    }
}

impl Parameter for u64 {
    const TYPE: ValType = ValType::I64;
    fn of(slot: ValRaw) -> u64 {
        slot.i64().cast_unsigned()
    }
}

fn first(args: &[ValRaw]) -> u32 {
    u32::of(args.first().copied().unwrap_or(ValRaw::from_i64(0)))
}

impl Function {
    fn of(module: &'static str, row: &Row) -> Function {
        let &Row { name, params, returns, needs_memory, call } = row;
        Function { module, name, params, returns, needs_memory, call }
    }

    /// As a host function; `get` finds the context in the store's data.
    fn into_host<T: 'static>(self, get: fn(&mut T) -> &mut WasiCtx) -> HostFunction<T> {
        let Function { name, params, returns, needs_memory, call, .. } = self;
        HostFunction::integers(params, returns, move |mut caller, args| {
            if !needs_memory {
                return call(get(caller.data_mut()), None, args);
            }
            let memory = caller.main_memory().ok_or_else(|| missing_memory(name))?;
            if let Some(shared) = memory.shared(&caller)? {
                let ctx = get(caller.data_mut());
                return call(ctx, Some(&mut GuestMemory::shared(&shared)), args);
            }
            let (bytes, data) = caller.memory_and_data_mut(memory)?;
            call(get(data), Some(&mut GuestMemory::new(bytes)), args)
        })
    }
}

/// The rows of each module.
fn rows(module: &'static str) -> impl Iterator<Item = &'static Row> {
    let last = if module == PREVIEW1 { OF_PREVIEW1 } else { OF_UNSTABLE };
    [DESCRIPTORS, PATHS, SYSTEM, ENDS, last].into_iter().flatten()
}

/// All functions, for another engine.
pub fn functions() -> Vec<Function> {
    MODULE_NAMES.iter().flat_map(|module| rows(module).map(|row| Function::of(module, row))).collect()
}

/// Defines all functions of `wasi_snapshot_preview1` and `wasi_unstable`. `get` finds the context in
/// the store's data. A program imports a few of them, and those are made.
pub fn add_to_linker<T: 'static>(linker: &mut Linker<T>, get: fn(&mut T) -> &mut WasiCtx) {
    for module in MODULE_NAMES {
        linker.funcs_on_demand(module, move |name| {
            rows(module).find(|row| row.name == name).map(|row| Function::of(module, row).into_host(get))
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn another_engine_gets_every_function_once() {
        let functions = functions();
        let of = |module: &str| -> BTreeSet<&str> {
            functions.iter().filter(|function| function.module == module).map(|function| function.name).collect()
        };
        assert_eq!((of(PREVIEW1).len(), of(UNSTABLE).len()), (46, 45));
        assert_eq!(functions.len(), 91);
        assert_eq!(functions.iter().map(|function| function.params.len()).max(), Some(MAX_PARAMS));
        let mut linker: Linker<WasiCtx> = Linker::new(&iwasm::Engine::default());
        add_to_linker(&mut linker, |wasi| wasi);
        assert!(functions.iter().all(|function| linker.defines(function.module, function.name)));
        assert!(!linker.defines(PREVIEW1, "fd_writes") && !linker.defines(UNSTABLE, "sock_accept"));
    }

    #[test]
    fn functions_work_on_bytes_and_numbers() -> Result<(), Box<dyn std::error::Error>> {
        let function = |name: &str| {
            let found = functions().into_iter().find(|function| function.module == PREVIEW1 && function.name == name);
            found.ok_or_else(|| format!("no {name}"))
        };
        let mut runs = Vec::new();
        for _ in 0..2 {
            let mut ctx = WasiCtx::builder().deterministic().arg("one").build()?;
            let mut memory = vec![0u8; 256];
            assert_eq!(function("args_sizes_get")?.call(&mut ctx, Some(&mut memory), &[0, 4])?, 0);
            assert_eq!(memory[..8], [1, 0, 0, 0, 4, 0, 0, 0]);
            // The upper half of a number is not looked at where the parameter has 32 bits.
            assert_eq!(function("random_get")?.call(&mut ctx, Some(&mut memory), &[16 | 1 << 40, 13])?, 0);
            for place in [64, 72] {
                assert_eq!(function("clock_time_get")?.call(&mut ctx, Some(&mut memory), &[0, 0, place])?, 0);
            }
            assert!(memory[16..29].iter().any(|byte| *byte != 0) && memory[64..72] != memory[72..80]);
            assert!(matches!(function("fd_read")?.call(&mut ctx, None, &[0; 4]), Err(Error::Host(_))));
            assert!(matches!(function("proc_exit")?.call(&mut ctx, None, &[7]), Err(Error::Exit(7))));
            runs.push(memory);
        }
        assert_eq!(runs[0], runs[1], "time and chance are made up, and the same every time");
        Ok(())
    }
}
