//! Linear memories.
//!
//! # Safety contract
//!
//! Slices given out cover a memory's current length, and borrow the store: while they live no wasm
//! runs in it, so nothing writes behind them and nothing grows. Of a shared memory there are none.

use aot_format::types::MemoryType;

use crate::context::{AsContext, AsContextMut};
use crate::error::Error;
use crate::store::{Item, MemoryData, Owner, StoreOpaque};
use crate::vm::structs::VMMemory;

use super::SharedMemory;

/// A linear memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Memory(pub(crate) Item);

const STALE: Error = Error::StaleHandle { what: "memory" };

impl Memory {
    /// A memory of the host's, zeroed.
    ///
    /// # Errors
    ///
    /// [`Error::BadValue`] if there are no memories of this type, [`Error::Resource`] if it is over the
    /// store's limits or the system has no room.
    pub fn new(mut store: impl AsContextMut, ty: MemoryType) -> Result<Memory, Error> {
        let store = store.as_context_mut().opaque();
        if let Some(reason) = invalid(&ty) {
            return Err(Error::BadValue { what: "memory type", reason: reason.into() });
        }
        if ty.shared {
            return Ok(store.shared_memory(&SharedMemory::new(ty)?));
        }
        let mut own = Box::new(VMMemory { base: std::ptr::null_mut(), length: 0 });
        let vm: *mut VMMemory = &raw mut *own;
        let memory = store.make_memory(ty, vm, Some(own)).map_err(|reason| Error::Resource {
            module: "<host>".into(),
            what: format!("memory of {} pages", ty.min),
            reason,
        })?;
        let index = store.objects.memories.len() as u32;
        store.objects.memories.push(memory);
        Ok(Memory(Item { store: store.id, owner: Owner::Host, index }))
    }

    /// A shared memory as a memory of this store.
    pub fn from_shared(mut store: impl AsContextMut, memory: &SharedMemory) -> Memory {
        store.as_context_mut().opaque().shared_memory(memory)
    }

    /// The shared memory that it is, if it is one.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`].
    pub fn shared(&self, store: impl AsContext) -> Result<Option<SharedMemory>, Error> {
        Ok(store.as_context().opaque().memory(*self)?.shared().cloned())
    }

    /// Its type; `min` is its current length in pages.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`], as for all methods.
    pub fn ty(&self, store: impl AsContext) -> Result<MemoryType, Error> {
        store.as_context().opaque().memory_type(*self)
    }

    /// Its length in pages.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`].
    pub fn size(&self, store: impl AsContext) -> Result<u64, Error> {
        Ok(store.as_context().opaque().memory(*self)?.pages())
    }

    /// Grows it; the previous length in pages.
    ///
    /// # Errors
    ///
    /// [`Error::Resource`] if its type, the limits or the system do not allow it.
    pub fn grow(&self, mut store: impl AsContextMut, delta_pages: u64) -> Result<u64, Error> {
        let store = store.as_context_mut().opaque();
        store.memory(*self)?;
        let limit = store.limits.max_memory_bytes;
        let memory = store.memory_data(self.0.owner, self.0.index).ok_or(STALE)?;
        memory.grow(delta_pages, limit).ok_or_else(|| Error::Resource {
            module: "<host>".into(),
            what: format!("memory of {} pages", memory.pages()),
            reason: format!("it cannot grow by {delta_pages} pages"),
        })
    }

    /// Its bytes.
    ///
    /// # Errors
    ///
    /// [`Error::SharedMemory`], [`Error::StaleHandle`].
    pub fn data<'a, C: AsContext + ?Sized>(&self, store: &'a C) -> Result<&'a [u8], Error> {
        store.as_context().opaque().memory_bytes(*self)
    }

    /// Its bytes.
    ///
    /// # Errors
    ///
    /// [`Error::SharedMemory`], [`Error::StaleHandle`].
    pub fn data_mut<'a, C: AsContextMut + ?Sized>(&self, store: &'a mut C) -> Result<&'a mut [u8], Error> {
        store.as_context_mut().opaque().memory_bytes_mut(*self)
    }

    /// Copies bytes out of it.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`], and nothing is copied.
    pub fn read(&self, store: impl AsContext, offset: u64, into: &mut [u8]) -> Result<(), Error> {
        if let Some(shared) = store.as_context().opaque().memory(*self)?.shared() {
            return shared.read(offset, into);
        }
        let bytes = self.data(&store)?;
        let range = range(bytes.len(), offset, into.len())?;
        into.copy_from_slice(&bytes[range]);
        Ok(())
    }

    /// Copies bytes into it.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`], and nothing is copied.
    pub fn write(&self, mut store: impl AsContextMut, offset: u64, from: &[u8]) -> Result<(), Error> {
        if let Some(shared) = store.as_context().opaque().memory(*self)?.shared() {
            return shared.write(offset, from);
        }
        let bytes = self.data_mut(&mut store)?;
        let range = range(bytes.len(), offset, from.len())?;
        bytes[range].copy_from_slice(from);
        Ok(())
    }
}

/// Why a type is none a module could state.
pub(super) fn invalid(ty: &MemoryType) -> Option<&'static str> {
    match ty {
        _ if !matches!(ty.page_size_log2, 0 | 16) => Some("pages have 1 or 65536 bytes"),
        _ if ty.max.is_some_and(|max| max < ty.min) => Some("its greatest length is below its initial one"),
        _ if ty.min.max(ty.max.unwrap_or(0)) > ty.most_pages() => Some("it is longer than its index type can address"),
        _ if ty.shared && ty.max.is_none() => Some("a shared memory has a greatest length"),
        _ => None,
    }
}

/// The length in bytes of a memory that grows from `old` by `delta` pages, if it may have that.
pub(crate) fn grown_bytes(ty: &MemoryType, old: u64, delta: u64, max_bytes: u64) -> Option<u64> {
    let pages = old.checked_add(delta).filter(|pages| ty.max.is_none_or(|max| *pages <= max))?;
    let bytes = pages.checked_mul(1 << ty.page_size_log2)?;
    (bytes <= max_bytes && (ty.index64 || bytes <= 1 << 32)).then_some(bytes)
}

/// The places of a range, if it lies in as many bytes.
pub(super) fn range(size: usize, offset: u64, len: usize) -> Result<std::ops::Range<usize>, Error> {
    let start = usize::try_from(offset).ok();
    match start.and_then(|start| Some(start..start.checked_add(len)?)) {
        Some(range) if range.end <= size => Ok(range),
        _ => Err(Error::OutOfBounds { what: "memory", offset, len: len as u64, size: size as u64 }),
    }
}

impl StoreOpaque {
    pub(crate) fn memory(&self, memory: Memory) -> Result<&MemoryData, Error> {
        if memory.0.store != self.id {
            return Err(STALE);
        }
        let index = memory.0.index as usize;
        match memory.0.owner {
            Owner::Instance(id) => self.instance(id).map_err(|_| STALE)?.memories.get(index).ok_or(STALE),
            Owner::Host => self.objects.memories.get(index).ok_or(STALE),
        }
    }

    /// A memory whose bytes nobody else touches while the store is borrowed.
    fn unshared(&self, memory: Memory) -> Result<&MemoryData, Error> {
        let data = self.memory(memory)?;
        if data.shared().is_some() { Err(Error::SharedMemory) } else { Ok(data) }
    }

    /// Takes a shared memory into the store.
    pub(crate) fn shared_memory(&mut self, memory: &SharedMemory) -> Memory {
        let same = |data: &MemoryData| data.shared().is_some_and(|known| known.same(memory));
        let known = self.objects.memories.iter().position(same);
        let index = known.unwrap_or_else(|| {
            let data = self.adopt_memory(memory.clone());
            self.objects.memories.push(data);
            self.objects.memories.len() - 1
        });
        Memory(Item { store: self.id, owner: Owner::Host, index: index as u32 })
    }

    pub(crate) fn memory_type(&self, memory: Memory) -> Result<MemoryType, Error> {
        let data = self.memory(memory)?;
        Ok(MemoryType { min: data.pages(), ..data.ty })
    }

    pub(crate) fn memory_bytes(&self, memory: Memory) -> Result<&[u8], Error> {
        let data = self.unshared(memory)?;
        match data.bytes() {
            0 => Ok(&[]),
            // SAFETY: that many bytes are accessible, and the borrow keeps wasm from running.
            bytes => Ok(unsafe { std::slice::from_raw_parts(data.base(), bytes as usize) }),
        }
    }

    pub(crate) fn memory_bytes_mut(&mut self, memory: Memory) -> Result<&mut [u8], Error> {
        let data = self.unshared(memory)?;
        match data.bytes() {
            0 => Ok(&mut []),
            // SAFETY: that many bytes are accessible, and the borrow keeps wasm from running.
            bytes => Ok(unsafe { std::slice::from_raw_parts_mut(data.base(), bytes as usize) }),
        }
    }
}
