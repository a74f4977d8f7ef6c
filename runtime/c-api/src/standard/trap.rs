//! Traps: what a call ended with, with its back trace.

use runtime::{Error, Instance};

use super::refs::{Kind, Ref};
use super::vec::CVec;
use super::{CStore, delete, give};
use crate::boundary::{Out, guard, put};

/// What is kept of what went wrong.
#[derive(Clone)]
pub struct TrapData {
    message: String,
    frames: Vec<Place>,
}

/// What is kept of a frame. An instance's reference would hold the store, which may hold the trap.
#[derive(Clone, Copy)]
struct Place {
    instance: Option<Instance>,
    function: u32,
    in_function: usize,
    in_module: usize,
}

/// What a `wasm_frame_t` points to.
#[derive(Clone)]
pub struct CFrame {
    place: Place,
    instance: Option<Ref>,
}

impl CFrame {
    fn of(trap: &Ref, place: &Place) -> CFrame {
        let instance = place.instance.map(|instance| Ref::new(&trap.store, Kind::Instance(instance)));
        CFrame { place: *place, instance }
    }
}

/// An offset that is not known, as the header has it.
const UNKNOWN: usize = usize::MAX;

/// What a C function that returns a trap ends with.
#[derive(Debug)]
pub struct HostTrap(pub String);

impl std::fmt::Display for HostTrap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for HostTrap {}

/// A trap for C.
pub fn of_error(store: &CStore, error: &Error) -> *mut Ref {
    let offset = |offset: Option<u32>| offset.map_or(UNKNOWN, |offset| offset as usize);
    let frame = |frame: &runtime::Frame| Place {
        instance: frame.instance,
        function: frame.function_index,
        in_function: offset(frame.function_offset),
        in_module: offset(frame.wasm_offset),
    };
    let trap = TrapData { message: error.to_string(), frames: error.frames().iter().map(frame).collect() };
    give(Ref::new(store, Kind::Trap(trap)))
}

/// A trap without frames.
pub fn of_message(store: &CStore, message: &str) -> *mut Ref {
    give(Ref::new(store, Kind::Trap(TrapData { message: message.to_owned(), frames: Vec::new() })))
}

/// The error that a C function's trap is; the trap is given up.
///
/// # Safety
///
/// `trap` is owned.
pub unsafe fn into_error(trap: *mut Ref) -> Error {
    // SAFETY: by the caller.
    let trap = unsafe { Box::from_raw(trap) };
    match &trap.object.kind {
        Kind::Trap(data) => Error::host(HostTrap(data.message.clone())),
        _ => Error::host("a function returned what is no trap"),
    }
}

fn data(trap: Option<&Ref>) -> Option<&TrapData> {
    match &trap?.object.kind {
        Kind::Trap(data) => Some(data),
        _ => None,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_trap_new(store: Option<&CStore>, message: Option<&CVec<u8>>) -> *mut Ref {
    guard(std::ptr::null_mut(), || {
        let (Some(store), Some(message)) = (store, message) else { return std::ptr::null_mut() };
        let text = String::from_utf8_lossy(message.as_slice());
        of_message(store, text.trim_end_matches('\0'))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_trap_message(trap: Option<&Ref>, out: Out<'_, CVec<u8>>) {
    guard((), || {
        let mut text = data(trap).map_or_else(String::new, |data| data.message.clone()).into_bytes();
        text.push(0);
        put(out, text.into());
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_trap_origin(trap: Option<&Ref>) -> *mut CFrame {
    guard(std::ptr::null_mut(), || {
        let first = trap.zip(data(trap).and_then(|data| data.frames.first()));
        first.map_or(std::ptr::null_mut(), |(trap, place)| give(CFrame::of(trap, place)))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_trap_trace(trap: Option<&Ref>, out: Out<'_, CVec<*mut CFrame>>) {
    guard((), || {
        let frames = trap
            .zip(data(trap))
            .map_or(Vec::new(), |(trap, data)| data.frames.iter().map(|place| give(CFrame::of(trap, place))).collect());
        put(out, frames.into());
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasm_frame_delete(frame: *mut CFrame) {
    // SAFETY: by the header.
    unsafe { delete(frame) }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_frame_copy(frame: Option<&CFrame>) -> *mut CFrame {
    guard(std::ptr::null_mut(), || frame.map_or(std::ptr::null_mut(), |frame| give(frame.clone())))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_frame_instance(frame: Option<&CFrame>) -> *const Ref {
    frame.and_then(|frame| frame.instance.as_ref()).map_or(std::ptr::null(), std::ptr::from_ref)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_frame_func_index(frame: Option<&CFrame>) -> u32 {
    frame.map_or(0, |frame| frame.place.function)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_frame_func_offset(frame: Option<&CFrame>) -> usize {
    frame.map_or(UNKNOWN, |frame| frame.place.in_function)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_frame_module_offset(frame: Option<&CFrame>) -> usize {
    frame.map_or(UNKNOWN, |frame| frame.place.in_module)
}
