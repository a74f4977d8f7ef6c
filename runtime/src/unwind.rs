//! From a throw to its handler, or out to the host.
//!
//! Zero cost where nothing is thrown: compiled code has no trace of its handlers but tables beside
//! it, sorted by the address a call returns to and bisected here. A throw walks the frames of the
//! innermost activation by their frame pointers. A frame that has handlers at its call keeps the
//! vmctx of its instance at a place the table names, and through that vmctx the tag indices of its
//! clauses become addresses: the identity of a tag is the address of its definition, so it does not
//! matter by which import it is known, and two instances of a module have different ones. The first
//! clause that fits gets the exception in a register, with the stack pointer as it was at its call; no
//! other register is restored, for compiled code counts on none.
//!
//! If no frame of the activation catches it, the exception becomes an error and unwinds to where the
//! host entered wasm, as any error of a host function does. Whoever called from the host gets it, and if that
//! is a host function that returns it, its trampoline's [`raise`] comes here, and the search goes on
//! in the activation outside. So an exception crosses Rust frames as an ordinary `Result`.
//!
//! # Safety contract
//!
//! Between the thrower and its handler stand only frames of compiled code, and below them the throw
//! or host-call trampoline and the functions of this file, which hold nothing that has to be dropped
//! when they go on at a landing pad. The tables are as trusted as the code they belong to.

use aot_format::abi;

use crate::error::Error;
use crate::exception::Exception;
use crate::instance::InstanceData;
use crate::store::{Pending, StoreOpaque};
use crate::sys::enter::{self, ActivationFrames, Frames, Registers};
use crate::sys::trace::StackTrace;
use crate::vm::structs::{VMException, VMStoreContext, VMTag, ValRaw, Vmctx};

/// An error of compiled code that waits, with the frames that led to it.
fn with_frames(store: &mut StoreOpaque, mut error: Error) -> Error {
    // SAFETY: the store is alive, and this is the thread on which its wasm waits.
    let frames = StackTrace::collect(unsafe { Frames::of_host_call(store.vm_ptr()) });
    error.set_frames(store.symbolic(&frames));
    error
}

/// Throws an exception from compiled code.
///
/// # Safety
///
/// Called through its service trampoline. The store is alive and not borrowed; the exception is one
/// of its own, and alive.
pub(crate) unsafe fn throw(store: *mut StoreOpaque, exception: *mut VMException) -> ! {
    // SAFETY: by the caller. Nothing of the borrow is left when the frame is.
    let landing_pad = unsafe { landing_pad_of(&mut *store, exception) };
    // SAFETY: it is the landing pad of a handler in a live frame, or where wasm was entered.
    unsafe { enter::land(landing_pad, exception.expose_provenance()) }
}

/// # Safety
///
/// As [`throw`].
unsafe fn landing_pad_of(store: &mut StoreOpaque, exception: *mut VMException) -> Registers {
    // SAFETY: alive, by the caller.
    let tag = unsafe { (*exception).tag };
    // SAFETY: compiled code waits for the throw.
    let error = match unsafe { handler_of(store, tag) } {
        Some(landing_pad) => return landing_pad,
        // SAFETY: alive, by the caller; compiled code waits for the throw, which is where frames begin.
        None => unsafe { uncaught(store, exception) },
    };
    store.pending = Some(Pending::Error(error));
    // SAFETY: wasm runs in the store.
    unsafe { enter::landing_pad(store.vm_ptr()) }
}

/// The error that an exception becomes.
///
/// # Safety
///
/// As [`throw`].
#[cold]
unsafe fn uncaught(store: &mut StoreOpaque, exception: *const VMException) -> Error {
    // SAFETY: alive, by the caller.
    let error = unsafe { store.exception_at(exception) }.map_or_else(|error| error, Error::from);
    with_frames(store, error)
}

/// The nearest handler for exceptions of a tag.
///
/// # Safety
///
/// Compiled code of the store's innermost activation waits for a builtin or a host function.
unsafe fn handler_of(store: &mut StoreOpaque, tag: *const VMTag) -> Option<Registers> {
    // SAFETY: by the caller.
    let frames = unsafe { ActivationFrames::of_host_call(store.vm_ptr()) };
    for (return_address, fp) in frames {
        let Some(text) = store.text_at(return_address.wrapping_sub(1)) else { continue };
        let Some(site) = text.module.artifact().call_site((return_address - text.start) as u32) else { continue };
        let (frame_bytes, vmctx_offset) = (site.frame_bytes as usize, site.vmctx_offset as usize);
        let Some(sp) = fp.checked_sub(frame_bytes) else { continue };
        if vmctx_offset + size_of::<usize>() > frame_bytes {
            continue;
        }
        // SAFETY: the call site's table says that the frame has its vmctx there.
        let vmctx = unsafe { std::ptr::with_exposed_provenance::<*mut Vmctx>(sp + vmctx_offset).read() };
        // SAFETY: an instance with code on the stack is alive.
        let instance = unsafe { InstanceData::of_vmctx(vmctx) };
        let catches = |index: Option<u32>| index.is_none_or(|index| std::ptr::eq(instance.vm_tag(index), tag));
        if let Some(handler) = site.handlers().find(|handler| catches(handler.tag)) {
            return Some(Registers { pc: text.start + handler.landing_pad as usize, sp, fp });
        }
    }
    None
}

/// Goes on where a host function's failure leads: at the handler of the exception it failed with, or
/// where wasm was entered last.
///
/// # Safety
///
/// Called by a host-call trampoline after its host function has returned; `context` is that of a
/// store.
pub(crate) unsafe extern "C" fn raise(context: *mut VMStoreContext) -> ! {
    // SAFETY: the context of a store is its first field; the host function's borrow is over.
    let caught = unsafe { rethrown(&mut *context.cast::<StoreOpaque>()) };
    match caught {
        // SAFETY: the landing pad of a handler in a live frame.
        Some((landing_pad, exception)) => unsafe { enter::land(landing_pad, exception) },
        // SAFETY: by the caller.
        None => unsafe { enter::raise(context) },
    }
}

/// The handler of the exception that a host function failed with, and the exception for it.
///
/// # Safety
///
/// As [`raise`].
unsafe fn rethrown(store: &mut StoreOpaque) -> Option<(Registers, usize)> {
    let exception = match store.pending.take() {
        Some(Pending::Error(Error::Exception(exception))) => exception,
        other => {
            store.pending = other;
            return None;
        }
    };
    // SAFETY: by the caller.
    let outcome = unsafe { rethrow(store, &exception) };
    match outcome {
        Ok(Some(caught)) => {
            // Its arguments are copied.
            store.handles.release(store.pending_handles);
            Some(caught)
        }
        Ok(None) => {
            store.pending = Some(Pending::Error(Error::Exception(exception)));
            None
        }
        Err(error) => {
            store.handles.release(store.pending_handles);
            store.pending = Some(Pending::Error(error));
            None
        }
    }
}

/// # Safety
///
/// As [`raise`].
unsafe fn rethrow(store: &mut StoreOpaque, exception: &Exception) -> Result<Option<(Registers, usize)>, Error> {
    if exception.tag().0.store != store.id {
        // From a call into another store: nobody here can know its tag.
        return Ok(None);
    }
    let tag = store.vm_tag(exception.tag().0)?;
    let ty = store.tag_type(exception.tag())?;
    let values = exception.values();
    if values.len() != ty.params.len() || !values.iter().zip(&ty.params).all(|(value, ty)| value.matches(store, *ty)) {
        let reason = format!("its arguments are not those of its tag, which are {ty}");
        return Err(Error::BadValue { what: "exception", reason });
    }
    // SAFETY: by the caller.
    let Some(landing_pad) = (unsafe { handler_of(store, tag) }) else { return Ok(None) };
    let descriptor = store.engine.types().exception_descriptor(store.tag_type_id(exception.tag())?);
    let bytes = u64::from(abi::Exception::bytes(values.len() as u32));
    // SAFETY: compiled code waits in the host-call trampoline; the values are still handles.
    let object = unsafe { store.new_whole_object(descriptor, bytes, None) }?.cast::<VMException>();
    for (index, value) in values.iter().enumerate() {
        let raw = value.to_raw(store)?;
        // SAFETY: the new exception has room for so many arguments, aligned as an object is.
        unsafe { object.add(1).cast::<ValRaw>().add(index).write_unaligned(raw) };
    }
    // SAFETY: an exception begins with its head.
    unsafe { (*object).tag = tag };
    Ok(Some((landing_pad, object.expose_provenance())))
}
