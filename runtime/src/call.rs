//! Calls from the host: into wasm through an entry trampoline, or straight to a host function; and
//! what becomes of an unwound one: a trap with its symbolic back trace, the host's error, or the
//! host's panic going on.
//!
//! # Safety contract
//!
//! Entry trampolines are called with a live `VMFuncRef` of a function, and with values passed as its type has them.

use aot_format::abi::TrapCode;
use aot_format::write::InlinedFrame;

use crate::error::Error;
use crate::externs::{Func, Instance};
use crate::module::Module;
use crate::store::{Pending, StoreOpaque};
use crate::sys::enter::{self, Depth, Frames, LookupFunctions, Unwound, unwound};
use crate::sys::trace::StackTrace;
use crate::trap::{Frame, Trap};
use crate::vm::structs::{Passing, RegisterValues, VMFuncRef, VMHostContext, VMStoreContext, ValRaw, address_of};

impl StoreOpaque {
    /// Calls `func` with parameters in, and results out of, `values`.
    ///
    /// # Safety
    ///
    /// `values` holds parameters of the function's type and has a slot for each parameter and each
    /// result, at least one in all; they are passed as that type has it.
    #[inline]
    pub(crate) unsafe fn call_func(
        &mut self,
        func: Func,
        passing: Passing,
        values: &mut [ValRaw],
    ) -> Result<(), Error> {
        let registers = match passing {
            Passing::Slots => address_of(values.as_mut_ptr()),
            Passing::Registers => std::array::from_fn(|index| values.get(index).map_or(0, |value| value.register())),
        };
        // SAFETY: by the caller.
        let result = unsafe { self.call_in_registers(func, registers) }?;
        if let (Passing::Registers, Some(place)) = (passing, values.first_mut()) {
            *place = ValRaw::from_register(result);
        }
        Ok(())
    }

    /// Calls `func` with parameters in registers; the result's.
    ///
    /// # Safety
    ///
    /// They are parameters of the function's type, or the address of slots if that is how it passes them.
    #[inline]
    pub(crate) unsafe fn call_in_registers(&mut self, func: Func, values: RegisterValues) -> Result<u64, Error> {
        let funcref = self.funcref(func)?;
        // SAFETY: the funcref is of a live function of this store; the rest is the caller's promise.
        unsafe { self.call_funcref(funcref, values) }.map_err(|unwound| self.error_of(*unwound))
    }

    /// Calls what a function reference refers to. [`StoreOpaque::error_of`] makes an error of what it ends with if it
    /// does not return: errors are large, and moved through memory.
    ///
    /// # Safety
    ///
    /// As [`StoreOpaque::call_in_registers`]; `funcref` is live.
    #[inline(always)]
    pub(crate) unsafe fn call_funcref(
        &mut self,
        funcref: *const VMFuncRef,
        values: RegisterValues,
    ) -> Result<u64, Box<Unwound>> {
        let [v0, v1, v2, v3, v4] = values;
        // SAFETY: by the caller.
        unsafe {
            match self.nesting {
                0 => self.call_outermost(funcref, values),
                _ => self.call_nested(funcref, v0, v1, v2, v3, v4),
            }
        }
    }

    /// # Safety
    ///
    /// As [`StoreOpaque::call_funcref`]; nothing runs in the store.
    #[inline(always)]
    unsafe fn call_outermost(
        &mut self,
        funcref: *const VMFuncRef,
        values: RegisterValues,
    ) -> Result<u64, Box<Unwound>> {
        self.interrupt.enter();
        // SAFETY: by the caller.
        let outcome = unsafe { self.enter(funcref, values, 0) };
        self.interrupt.leave();
        outcome
    }

    /// # Safety
    ///
    /// As [`StoreOpaque::call_funcref`].
    #[inline(never)]
    unsafe fn call_nested(
        &mut self,
        funcref: *const VMFuncRef,
        v0: u64,
        v1: u64,
        v2: u64,
        v3: u64,
        v4: u64,
    ) -> Result<u64, Box<Unwound>> {
        // SAFETY: by the caller.
        unsafe { self.enter(funcref, [v0, v1, v2, v3, v4], self.nesting) }
    }

    /// # Safety
    ///
    /// As [`StoreOpaque::call_funcref`]; so many calls are active.
    #[inline(always)]
    unsafe fn enter(
        &mut self,
        funcref: *const VMFuncRef,
        values: RegisterValues,
        nesting: usize,
    ) -> Result<u64, Box<Unwound>> {
        if nesting >= self.limits.max_nesting {
            return Err(unwound(Unwound::TooDeep));
        }
        if self.interrupt.is_requested() {
            return Err(unwound(Unwound::Interrupted));
        }
        self.nesting = nesting + 1;
        let [v0, v1, v2, v3, v4] = values;
        // SAFETY: live, by the caller.
        let outcome = match unsafe { (*funcref).entry.is_null() } {
            // SAFETY: by the caller; without an entry trampoline it is a host function's reference.
            true => unsafe { self.call_host(funcref, v0, v1, v2, v3, v4) },
            false => {
                let depth = if nesting == 0 { Depth::Outermost } else { Depth::Any };
                let max_wasm_stack = self.engine.config().max_wasm_stack;
                // SAFETY: the reference is live; values are the caller's promise.
                unsafe { enter::call_entry(funcref, values, self.vm_ptr(), max_wasm_stack, depth) }
            }
        };
        self.nesting = nesting;
        outcome
    }

    /// Calls a function of the host's.
    ///
    /// # Safety
    ///
    /// As [`StoreOpaque::call_funcref`]; the reference is to one.
    #[cold]
    #[inline(never)]
    unsafe fn call_host(
        &mut self,
        funcref: *const VMFuncRef,
        v0: u64,
        v1: u64,
        v2: u64,
        v3: u64,
        v4: u64,
    ) -> Result<u64, Box<Unwound>> {
        let store = self.vm_ptr();
        // SAFETY: by the caller. It reaches the store through a pointer that derives from the reference this function
        // has.
        let returned = unsafe {
            let context: *mut VMHostContext = (*funcref).vmctx.cast();
            (*context).store = store;
            ((*context).call)(context, v0, v1, v2, v3, v4)
        };
        if returned.unwinds.is_null() { Ok(returned.value) } else { Err(unwound(Unwound::Raised)) }
    }

    /// Sweeps if that was put off while wasm ran. To be called when results of the outermost call have
    /// become handles, which do not keep anything alive, or when there are none.
    #[inline]
    pub(crate) fn finish_call(&mut self) {
        if self.sweep_wanted && self.nesting == 0 {
            self.sweep_late();
        }
    }

    #[cold]
    fn sweep_late(&mut self) {
        self.sweep();
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

/// What every store's context has.
pub(crate) static LOOKUP: LookupFunctions = LookupFunctions { trap: trap_of, in_function, is_interrupted };

/// What a fault in compiled code is.
///
/// # Safety
///
/// `store` is the one in which wasm runs on this thread; it is not being changed, for compiled code
/// was running.
unsafe fn trap_of(store: *const VMStoreContext, pc: usize, address: Option<usize>) -> Option<TrapCode> {
    // SAFETY: by the caller; the context is a store's first field.
    let store = unsafe { &*store.cast::<StoreOpaque>() };
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
/// `store` is one in which wasm runs on this thread, at this moment or further out.
unsafe fn in_function(store: *const VMStoreContext, pc: usize) -> bool {
    // SAFETY: by the caller. If the store is being changed, its own flag says so, and nothing else is read.
    unsafe { &*store.cast::<StoreOpaque>() }.is_in_function(pc)
}

/// Whether the store is to be stopped.
///
/// # Safety
///
/// As [`in_function`].
unsafe fn is_interrupted(store: *const VMStoreContext) -> bool {
    // SAFETY: by the caller. What is read does not change while the store lives.
    unsafe { &*store.cast::<StoreOpaque>() }.interrupt.is_requested()
}
