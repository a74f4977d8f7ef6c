//! A guest that imports every WASI function and exports a wrapper for each, so that a test can call
//! them from inside wasm with any numbers, and look into the guest's memory.
#![allow(dead_code, reason = "each test file uses some of it")]

use std::sync::OnceLock;

use iwasm::{Artifact, Engine, Error, Instance, Linker, Memory, Module, Store, Val};
use iwasm_wasi::WasiCtx;
use wamrc::{Compiler, Options};

pub type Any<T = ()> = Result<T, Box<dyn std::error::Error>>;

pub const PREVIEW1: &str = "wasi_snapshot_preview1";
pub const UNSTABLE: &str = "wasi_unstable";

/// Bytes of the guest's memory.
pub const MEMORY_BYTES: u32 = 65536;

/// All functions with their parameters: `f` a descriptor, `p` a pointer to something of variable
/// length, `n` its length or count, `o` a pointer to a result, `s` a signal that ends nothing, `i` another i32, `l` an
/// i64.
pub const FUNCTIONS: [(&str, &str); 45] = [
    ("args_get", "pp"),
    ("args_sizes_get", "oo"),
    ("environ_get", "pp"),
    ("environ_sizes_get", "oo"),
    ("clock_res_get", "io"),
    ("clock_time_get", "ilo"),
    ("fd_advise", "flli"),
    ("fd_allocate", "fll"),
    ("fd_close", "f"),
    ("fd_datasync", "f"),
    ("fd_fdstat_get", "fo"),
    ("fd_fdstat_set_flags", "fi"),
    ("fd_fdstat_set_rights", "fll"),
    ("fd_filestat_get", "fo"),
    ("fd_filestat_set_size", "fl"),
    ("fd_filestat_set_times", "flli"),
    ("fd_pread", "fpnlo"),
    ("fd_prestat_get", "fo"),
    ("fd_prestat_dir_name", "fpn"),
    ("fd_pwrite", "fpnlo"),
    ("fd_read", "fpno"),
    ("fd_readdir", "fpnlo"),
    ("fd_renumber", "ff"),
    ("fd_seek", "flio"),
    ("fd_sync", "f"),
    ("fd_tell", "fo"),
    ("fd_write", "fpno"),
    ("path_create_directory", "fpn"),
    ("path_filestat_get", "fipno"),
    ("path_filestat_set_times", "fipnlli"),
    ("path_link", "fipnfpn"),
    ("path_open", "fipnillio"),
    ("path_readlink", "fpnpno"),
    ("path_remove_directory", "fpn"),
    ("path_rename", "fpnfpn"),
    ("path_symlink", "pnfpn"),
    ("path_unlink_file", "fpn"),
    ("poll_oneoff", "ppno"),
    ("proc_raise", "s"),
    ("sched_yield", ""),
    ("random_get", "pn"),
    ("sock_recv", "fpnioo"),
    ("sock_send", "fpnio"),
    ("sock_shutdown", "fi"),
    // Only in preview 1, and last: see `guest`.
    ("sock_accept", "fio"),
];

pub fn compile(wat: &str) -> Any<Vec<u8>> {
    Ok(Compiler::new(Options::new().threads(1))?.compile(&wat::parse_str(wat)?)?)
}

/// A module of those bytes.
pub fn module(engine: &Engine, artifact: &[u8]) -> Any<Module> {
    // SAFETY: the compiler made it a moment ago.
    Ok(unsafe { Module::new(engine, Artifact::from_bytes(artifact)?)? })
}

pub fn linker(engine: &Engine) -> Linker<WasiCtx> {
    let mut linker = Linker::new(engine);
    iwasm_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
    linker
}

fn guest(version: &str) -> String {
    let count = if version == PREVIEW1 { FUNCTIONS.len() } else { FUNCTIONS.len() - 1 };
    let (mut imports, mut wrappers) = (String::new(), String::new());
    for (name, params) in &FUNCTIONS[..count] {
        let types: Vec<&str> = params.chars().map(|param| if param == 'l' { "i64" } else { "i32" }).collect();
        let types = types.join(" ");
        let gets: Vec<String> = (0..params.len()).map(|index| format!("local.get {index}")).collect();
        imports += &format!("(import {version:?} {name:?} (func ${name} (param {types}) (result i32)))\n");
        wrappers += &format!("(func (export {name:?}) (param {types}) (result i32) {} call ${name})\n", gets.join(" "));
    }
    format!(
        "(module {imports} (import {version:?} \"proc_exit\" (func $exit (param i32)))
         (memory (export \"memory\") 1) {wrappers}
         (func (export \"exit\") (param i32) local.get 0 call $exit))"
    )
}

/// The guest, with a context of its own.
pub struct Guest {
    pub store: Store<WasiCtx>,
    instance: Instance,
    memory: Memory,
}

impl Guest {
    pub fn new(wasi: WasiCtx) -> Any<Guest> {
        Guest::of_version(PREVIEW1, wasi)
    }

    pub fn of_version(version: &str, wasi: WasiCtx) -> Any<Guest> {
        static ARTIFACTS: [OnceLock<Vec<u8>>; 2] = [const { OnceLock::new() }; 2];
        let slot = &ARTIFACTS[usize::from(version == UNSTABLE)];
        let artifact = slot.get_or_init(|| compile(&guest(version)).unwrap_or_default());
        let engine = Engine::default();
        let mut store = Store::new(&engine, wasi);
        let instance = linker(&engine).instantiate(&mut store, "guest", &module(&engine, artifact)?)?;
        let memory = instance.get_memory(&store, "memory").ok_or("no memory")?;
        Ok(Guest { store, instance, memory })
    }

    /// Calls a function; the errno.
    pub fn call(&mut self, name: &str, params: &[u64]) -> Any<u32> {
        let func = self.instance.get_func(&self.store, name).ok_or("no such function")?;
        let ty = func.ty(&self.store)?;
        let value = |(value, ty): (&u64, &iwasm::ValType)| match ty {
            iwasm::ValType::I64 => Val::I64(value.cast_signed()),
            _ => Val::I32(*value as i32),
        };
        let params: Vec<Val> = params.iter().zip(&ty.params).map(value).collect();
        let results = func.call(&mut self.store, &params)?;
        Ok(results[0].i32().ok_or("no errno")?.cast_unsigned())
    }

    /// Ends the program.
    pub fn exit(&mut self, status: i32) -> Result<Vec<Val>, Error> {
        let func = self.instance.get_func(&self.store, "exit").ok_or(Error::UnknownModule { name: "exit".into() })?;
        func.call(&mut self.store, &[Val::I32(status)])
    }

    pub fn bytes(&mut self) -> Any<&mut [u8]> {
        Ok(self.memory.data_mut(&mut self.store)?)
    }

    pub fn write(&mut self, address: usize, bytes: &[u8]) -> Any {
        self.bytes()?[address..address + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    /// Writes an array of buffers: address and length each.
    pub fn write_iovecs(&mut self, address: usize, list: &[(u32, u32)]) -> Any {
        for (index, (start, len)) in list.iter().enumerate() {
            self.write(address + index * 8, &start.to_le_bytes())?;
            self.write(address + index * 8 + 4, &len.to_le_bytes())?;
        }
        Ok(())
    }

    pub fn read(&mut self, address: usize, len: usize) -> Any<Vec<u8>> {
        Ok(self.bytes()?[address..address + len].to_vec())
    }

    pub fn u32(&mut self, address: usize) -> Any<u32> {
        Ok(u32::from_le_bytes(self.read(address, 4)?.try_into().map_err(|_| "four bytes")?))
    }

    pub fn u64(&mut self, address: usize) -> Any<u64> {
        Ok(u64::from_le_bytes(self.read(address, 8)?.try_into().map_err(|_| "eight bytes")?))
    }
}
