//! The boundary as it is, without types or checks: for embedders that are a boundary themselves, as the C library is.
//! What Rust programs want is [`Func::call`], [`TypedFunc`](crate::TypedFunc) and [`Linker::func`].
//!
//! # Safety contract
//!
//! Slots passed to [`Func::call_raw`] are the caller's promise; those a raw host function gets are as many as the longer
//! of its lists of parameters and results. Addresses given out are of live storage; how long is said at each.

use aot_format::types::{ExternKind, FuncType};

use crate::context::{AsContext, AsContextMut};
use crate::error::Error;
use crate::externs::{Extern, Func, Global, Instance, Memory, Table};
use crate::host::{Caller, HostFunc};
use crate::linker::Linker;

pub use crate::vm::structs::{Passing, RegisterValues, ValRaw};

impl Func {
    /// Calls it with parameters in, and results out of, `values`. Where they are passed in registers, the first slot is
    /// written even if there is no result, and the upper half of one of 32 bits says nothing.
    ///
    /// # Safety
    ///
    /// `values` holds parameters of the function's type, references only as a call or a global of this store gave them,
    /// and has a slot for each parameter and each result, at least one in all; `passing` is that of its type.
    ///
    /// # Errors
    ///
    /// As [`Func::call`].
    #[inline]
    pub unsafe fn call_raw(
        &self,
        mut store: impl AsContextMut,
        passing: Passing,
        values: &mut [ValRaw],
    ) -> Result<(), Error> {
        let store = store.as_context_mut().opaque();
        // SAFETY: by the caller.
        let outcome = unsafe { store.call_func(*self, passing, values) };
        store.finish_call();
        outcome
    }

    /// Calls it with parameters in registers, and its result from one.
    ///
    /// # Safety
    ///
    /// They are parameters of the function's type, which is passed in registers, references only as above.
    ///
    /// # Errors
    ///
    /// As [`Func::call`].
    #[inline]
    pub unsafe fn call_in_registers(&self, mut store: impl AsContextMut, values: RegisterValues) -> Result<u64, Error> {
        let store = store.as_context_mut().opaque();
        // SAFETY: by the caller.
        let outcome = unsafe { store.call_in_registers(*self, values) };
        store.finish_call();
        outcome
    }
}

impl<T: 'static> Linker<T> {
    /// Defines a host function that gets its parameters in slots, and leaves its results there. It gets as many slots as
    /// the longer of the two lists has, and writes each result as its type has it. The upper half of a parameter of 32 bits
    /// says nothing.
    ///
    /// # Safety
    ///
    /// References that it writes are such that a call or a global of the store gave, or null.
    pub unsafe fn func_raw(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &mut [ValRaw]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> &mut Self {
        self.define_host(module, name, HostFunc::raw(ty, func))
    }
}

impl<T: 'static> Linker<T> {
    /// Defines a host function that gets its parameters in registers, without a guard: for functions that cost little
    /// themselves. A closure that panics ends the process.
    ///
    /// # Safety
    ///
    /// As [`Linker::func_raw`]. The type is passed in registers.
    pub unsafe fn func_bare(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, RegisterValues) -> Result<u64, Error> + Send + Sync + 'static,
    ) -> &mut Self {
        self.define_host(module, name, HostFunc::bare(ty, func))
    }
}

/// Bytes that this thread's stack has below an address on it. Slow: the system is asked.
pub fn stack_left(address: usize) -> usize {
    address.saturating_sub(crate::sys::stack::lowest().unwrap_or(0))
}

impl Memory {
    /// Where its first byte is, and how many there are. Good until it grows or is freed; a shared one does not move.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`].
    #[inline]
    pub fn base(&self, store: impl AsContext) -> Result<(*mut u8, u64), Error> {
        let data = store.as_context().opaque().memory(*self)?;
        Ok((data.base(), data.bytes()))
    }
}

impl Global {
    /// Where its value stands, in as many bytes as its type has. Good while its instance lives.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`].
    pub fn storage(&self, store: impl AsContext) -> Result<*mut u8, Error> {
        Ok(store.as_context().opaque().global_place(*self)?.0.cast())
    }
}

impl Instance {
    /// A memory by its index in the module's memory index space.
    pub fn memory_by_index(&self, store: impl AsContext, index: u32) -> Option<Memory> {
        self.item_by_index(store, ExternKind::Memory, index)?.into_memory()
    }

    /// A table by its index in the module's table index space.
    pub fn table_by_index(&self, store: impl AsContext, index: u32) -> Option<Table> {
        self.item_by_index(store, ExternKind::Table, index)?.into_table()
    }

    fn item_by_index(&self, store: impl AsContext, kind: ExternKind, index: u32) -> Option<Extern> {
        let store = store.as_context().opaque();
        let module = &store.instance_of(*self).ok()?.module;
        module.item_type(kind, index)?;
        store.instance_item(self.id, kind, index)
    }
}
