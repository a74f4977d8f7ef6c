//! Calls from the host: into wasm through an entry trampoline, or straight to a host function; and
//! what becomes of an unwound one: a trap with its symbolic back trace, the host's error, or the
//! host's panic going on.
//!
//! # Safety contract
//!
//! Entry trampolines are called with the code, vmctx and type of one function, taken together from a
//! live `VMFuncRef`, and with slots for all its parameters and results.

use aot_format::abi::TrapCode;
use aot_format::write::InlinedFrame;

use crate::error::Error;
use crate::externs::{Func, Instance};
use crate::module::Module;
use crate::store::{Pending, StoreOpaque};
use crate::sys::enter::{self, Frames, LookupFunctions, TrapLookup, Unwound, unwound};
use crate::sys::trace::StackTrace;
use crate::trap::{Frame, Trap};
use crate::vm::structs::{VMFuncRef, VMHostContext, ValRaw};

impl StoreOpaque {
    /// Calls `func` with parameters in, and results out of, `values`.
    ///
    /// # Safety
    ///
    /// `values` holds parameters of the function's type and has a slot for each parameter and each
    /// result, at least one in all.
    pub(crate) unsafe fn call_func(&mut self, func: Func, values: &mut [ValRaw]) -> Result<(), Error> {
        let funcref = self.funcref(func)?;
        // SAFETY: the funcref is of a live function of this store; the rest is the caller's promise.
        unsafe { self.call_funcref(funcref, values.as_mut_ptr()) }.map_err(|unwound| self.error_of(*unwound))
    }

    /// Calls what a function reference refers to. [`StoreOpaque::error_of`] makes an error of what it ends with if it
    /// does not return: errors are large, and moved through memory.
    ///
    /// # Safety
    ///
    /// As [`StoreOpaque::call_func`]; `funcref` is live.
    #[inline]
    pub(crate) unsafe fn call_funcref(
        &mut self,
        funcref: *const VMFuncRef,
        values: *mut ValRaw,
    ) -> Result<(), Box<Unwound>> {
        let nesting = self.nesting;
        if nesting >= self.limits.max_nesting {
            return Err(unwound(Unwound::TooDeep));
        }
        if nesting == 0 {
            self.interrupt.enter();
        }
        self.nesting = nesting + 1;
        let outcome = match self.interrupt.is_requested() {
            // SAFETY: by the caller.
            false => unsafe { self.enter(funcref, values) },
            true => Err(unwound(Unwound::Interrupted)),
        };
        self.nesting = nesting;
        if nesting == 0 {
            self.interrupt.leave();
        }
        outcome
    }

    /// # Safety
    ///
    /// As [`StoreOpaque::call_funcref`].
    #[inline(always)]
    unsafe fn enter(&mut self, funcref: *const VMFuncRef, values: *mut ValRaw) -> Result<(), Box<Unwound>> {
        // SAFETY: live, by the caller.
        let VMFuncRef { code, vmctx, entry, .. } = unsafe { funcref.read() };
        if entry.is_null() {
            let context: *mut VMHostContext = vmctx.cast();
            let store = self.vm_ptr();
            // SAFETY: without an entry trampoline it is a host function's reference. It reaches the
            // store through a pointer that derives from the reference this function has.
            let status = unsafe {
                (*context).store = store;
                ((*context).call)(context, values)
            };
            return if status == 0 { Ok(()) } else { Err(unwound(Unwound::Raised)) };
        }
        let lookup = TrapLookup { functions: &LOOKUP, data: (&raw const *self).cast() };
        let max_wasm_stack = self.engine.config().max_wasm_stack;
        // SAFETY: the parts of a live funcref belong together; values are the caller's promise.
        unsafe { enter::call_entry(entry, vmctx, code, values, self.vm_ptr(), lookup, max_wasm_stack) }
    }

    /// Sweeps if that was put off while wasm ran. To be called when results of the outermost call have
    /// become handles, which do not keep anything alive, or when there are none.
    #[inline]
    pub(crate) fn finish_call(&mut self) {
        if self.sweep_wanted && self.nesting == 0 {
            self.sweep();
        }
    }

    /// The error that an unwound call ends with. A host function's panic goes on from here.
    #[cold]
    pub(crate) fn error_of(&mut self, unwound: Unwound) -> Error {
        // Of the trap that a builtin asked for when it gave up; an interruption may have come before it.
        self.gave_up.set(false);
        match unwound {
            Unwound::TooDeep => Error::Trap(Trap::new(TrapCode::StackOverflow)),
            Unwound::Trap(record) => Error::Trap(Trap::with_frames(record.code, self.symbolic(&record.frames))),
            Unwound::Interrupted => Error::Trap(Trap::new(TrapCode::Interrupted)),
            Unwound::NotEntered(error) => Error::System(error.to_string()),
            Unwound::Raised => match self.pending.take() {
                Some(Pending::Error(error)) => error,
                Some(Pending::Panic(payload)) => std::panic::resume_unwind(payload),
                // A host function sets the reason before it asks to unwind.
                None => Error::System("a call was unwound without a reason".into()),
            },
        }
    }

    /// Notes why a host function wants to unwind, with the frames that led to it.
    #[cold]
    pub(crate) fn set_pending(&mut self, mut reason: Pending) {
        if self.interrupt.is_requested() && matches!(reason, Pending::Error(_)) {
            // Whatever the host made of being told to stop.
            reason = Pending::Error(Error::Trap(Trap::new(TrapCode::Interrupted)));
        }
        if let Pending::Error(error) = &mut reason {
            error.unwrap_exception();
        }
        if let Pending::Error(error) = &mut reason
            && error.wants_frames()
        {
            let store = self.vm_ptr();
            // SAFETY: the store is alive, and this is the thread on which its wasm called the host.
            let frames = StackTrace::collect(unsafe { Frames::of_host_call(store) });
            error.set_frames(self.symbolic(&frames));
        }
        if !matches!(reason, Pending::Error(Error::Exception(_) | Error::Host(_)) | Pending::Panic(_)) {
            // Nothing in it refers to what the host function had.
            self.handles.release(self.pending_handles);
        }
        self.pending = Some(reason);
    }

    /// Names the frames at these code addresses.
    pub(crate) fn symbolic(&self, trace: &StackTrace) -> Vec<Frame> {
        let mut frames = Vec::new();
        for (pc, omitted) in trace.iter() {
            let first = frames.len();
            self.frames_at(pc, &mut frames);
            if let Some(innermost) = frames.get_mut(first) {
                innermost.omitted = omitted;
            }
        }
        frames
    }

    /// Adds the functions that stand for a code address: several, where one was inlined into the next.
    fn frames_at(&self, pc: usize, frames: &mut Vec<Frame>) {
        let Some(text) = self.text_at(pc) else { return };
        let artifact = text.module.artifact();
        let offset = (pc - text.start) as u32;
        // Trampolines are code of no function.
        let Some(own) = artifact.function_at(offset) else { return };
        let Some(inlined) = artifact.inlined_at(offset) else {
            let function = artifact.counts().imported_functions + own;
            return frames.push(self.frame(&text.module, function, artifact.wasm_offset_at(offset)));
        };
        for InlinedFrame { member, function, wasm_offset } in inlined {
            let other = text.module.set().and_then(|(set, _)| set.module(member));
            frames.push(self.frame(other.as_ref().unwrap_or(&text.module), function, Some(wasm_offset)));
        }
    }

    fn frame(&self, of: &Module, function_index: u32, wasm_offset: Option<u32>) -> Frame {
        let artifact = of.artifact();
        let mut users = self.live().filter(|(_, data)| data.module.same(of));
        let (module, instance) = match (users.next(), users.next()) {
            (Some((id, only)), None) => (only.name.clone(), Some(Instance { store: self.id, id })),
            _ => (of.name().to_string(), None),
        };
        let body = function_index.checked_sub(artifact.counts().imported_functions);
        let body = body.and_then(|own| artifact.body_offset(own));
        Frame {
            module,
            function_index,
            function_name: artifact.function_name(function_index).map(|name| name.into_owned()),
            wasm_offset,
            function_offset: wasm_offset.zip(body).and_then(|(at, body)| at.checked_sub(body)),
            instance,
            omitted: 0,
        }
    }

    /// Whether an address is one at which a guest's access to a memory faults.
    fn is_out_of_bounds(&self, address: usize) -> bool {
        let host = self.objects.memories.iter();
        let mut all = self.live().flat_map(|(_, data)| data.memories.iter()).chain(host);
        all.any(|memory| memory.faulted_at(address))
    }
}

/// Accesses through null fault below this address.
const NULL_PAGE: usize = 4096;

static LOOKUP: LookupFunctions = LookupFunctions { trap: trap_of, in_function, is_interrupted };

/// What a fault in compiled code is.
///
/// # Safety
///
/// `data` is the store in which wasm runs on this thread; it is not being changed, for compiled code
/// was running.
unsafe fn trap_of(data: *const (), pc: usize, address: Option<usize>) -> Option<TrapCode> {
    // SAFETY: by the caller.
    let store = unsafe { &*data.cast::<StoreOpaque>() };
    let text = store.text_at(pc)?;
    let listed = text.module.artifact().trap_at((pc - text.start) as u32);
    match address {
        // It asks for whatever trap the code has there.
        None if listed.is_some() && store.gave_up.get() => Some(TrapCode::Interrupted),
        None => listed,
        // A null reference, or an index that a check replaced by null.
        Some(address) if address < NULL_PAGE => listed,
        Some(address) => store.is_out_of_bounds(address).then_some(TrapCode::MemoryOutOfBounds),
    }
}

/// Whether an address lies in a function of compiled code.
///
/// # Safety
///
/// `data` is a store in which wasm runs on this thread, at this moment or further out.
unsafe fn in_function(data: *const (), pc: usize) -> bool {
    // SAFETY: by the caller. If the store is being changed, its own flag says so, and nothing else is read.
    unsafe { &*data.cast::<StoreOpaque>() }.is_in_function(pc)
}

/// Whether the store is to be stopped.
///
/// # Safety
///
/// As [`in_function`].
unsafe fn is_interrupted(data: *const ()) -> bool {
    // SAFETY: by the caller. What is read does not change while the store lives.
    unsafe { &*data.cast::<StoreOpaque>() }.interrupt.is_requested()
}
