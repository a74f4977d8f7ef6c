//! Exceptions as the host sees them: what an uncaught one becomes ([`Exception`]), and references to
//! them ([`ExnRef`]).
//!
//! An [`Exception`] is a value of its own, with a copy of the arguments: it outlives the call and
//! keeps nothing alive. A host function that returns one as its error throws it to its wasm caller,
//! whether it got it from a call or made it. Exceptions have no identity that wasm could ask for, so
//! nobody can tell that it is another object then.
//!
//! Not here: how a handler is found (`unwind`), and how long exceptions live (`store::exceptions`).
//!
//! # Safety contract
//!
//! An [`ExnRef`] holds the address of an exception of its store that is pinned: it lives as long as
//! the store. Whoever uses the address has compared the store.

use std::fmt;

use aot_format::types::FuncType;

use crate::context::AsContext;
use crate::error::Error;
use crate::externs::Tag;
use crate::store::{StoreId, StoreOpaque};
use crate::trap::{Frame, write_frames};
use crate::value::Val;
use crate::vm::structs::{VMException, VMTag, ValRaw};

/// An exception that wasm or a host function threw.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exception {
    tag: Tag,
    values: Vec<Val>,
    frames: Vec<Frame>,
}

impl Exception {
    /// An exception for a host function to throw: returned as its error, it goes to the nearest
    /// handler of the wasm that called. The values are those of the tag's type.
    pub fn new(tag: Tag, values: impl Into<Vec<Val>>) -> Exception {
        Exception { tag, values: values.into(), frames: Vec::new() }
    }

    /// Its tag.
    pub fn tag(&self) -> Tag {
        self.tag
    }

    /// Its arguments.
    pub fn values(&self) -> &[Val] {
        &self.values
    }

    /// The wasm functions on the stack where it was thrown, innermost first; deep stacks are cut.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    pub(crate) fn set_frames(&mut self, frames: Vec<Frame>) {
        if self.frames.is_empty() {
            self.frames = frames;
        }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("uncaught exception (")?;
        for (index, value) in self.values.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            match value {
                Val::I32(value) => write!(f, "i32 {value}")?,
                Val::I64(value) => write!(f, "i64 {value}")?,
                Val::F32(bits) => write!(f, "f32 {}", f32::from_bits(*bits))?,
                Val::F64(bits) => write!(f, "f64 {}", f64::from_bits(*bits))?,
                other => f.write_str(other.type_name())?,
            }
        }
        f.write_str(")")?;
        if f.alternate() { write_frames(f, &self.frames) } else { Ok(()) }
    }
}

impl std::error::Error for Exception {}

impl From<Exception> for Error {
    fn from(exception: Exception) -> Error {
        Error::Exception(Box::new(exception))
    }
}

/// A reference to an exception. Like other things of the host's, it lives as long as its store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExnRef {
    store: StoreId,
    address: u64,
}

impl ExnRef {
    /// What it refers to, without frames.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] in another store, or where the instance that defines the tag is gone.
    pub fn exception(&self, store: impl AsContext) -> Result<Exception, Error> {
        let context = store.as_context();
        let store = context.opaque();
        let exception = std::ptr::with_exposed_provenance::<VMException>(self.address(store)? as usize);
        // SAFETY: it is pinned, and of this store.
        unsafe { store.exception_at(exception) }
    }

    pub(crate) fn is_of(&self, store: &StoreOpaque) -> bool {
        self.store == store.id
    }

    /// The reference as compiled code holds it.
    pub(crate) fn address(&self, store: &StoreOpaque) -> Result<u64, Error> {
        if self.is_of(store) { Ok(self.address) } else { Err(Error::StaleHandle { what: "exception reference" }) }
    }

    /// The handle of a reference, pinned from now on.
    ///
    /// # Safety
    ///
    /// The slot holds null or a reference to an exception of this store that is alive.
    pub(crate) unsafe fn from_raw(raw: ValRaw, store: &StoreOpaque) -> Option<ExnRef> {
        let address = raw.reference();
        let exception = std::ptr::with_exposed_provenance::<VMException>(address as usize);
        // SAFETY: alive, by the caller.
        let exception = unsafe { exception.as_ref() }?;
        store.exceptions.pin(exception);
        Some(ExnRef { store: store.id, address })
    }
}

impl StoreOpaque {
    /// The exception at an address, as the host sees it.
    ///
    /// # Safety
    ///
    /// It is alive, and of this store.
    pub(crate) unsafe fn exception_at(&self, exception: *const VMException) -> Result<Exception, Error> {
        // SAFETY: alive, by the caller.
        let tag = unsafe { (*exception).tag };
        let handle = self.tag_of(tag).ok_or(Error::StaleHandle { what: "tag" })?;
        let ty = self.tag_type(handle)?;
        // SAFETY: the arguments stand behind the header, one for each of the tag's parameters.
        let slot = |index: usize| unsafe { exception.add(1).cast::<ValRaw>().add(index).read() };
        let values = ty.params.iter().enumerate().map(|(index, ty)| {
            // SAFETY: the slot was written for a value of this type.
            unsafe { Val::from_raw(slot(index), *ty, self) }
        });
        Ok(Exception::new(handle, values.collect::<Vec<_>>()))
    }

    /// The tag at an address.
    fn tag_of(&self, tag: *const VMTag) -> Option<Tag> {
        let owner = self.live().find(|(_, data)| data.addresses().contains(&(tag.addr() as u64)));
        owner.map(|(_, data)| data.tag_at(self.id, tag)).or_else(|| self.host_tag(tag))
    }

    /// The type of a tag's arguments; concrete types in it are canonical.
    pub(crate) fn tag_type(&self, tag: Tag) -> Result<FuncType, Error> {
        let id = self.tag_type_id(tag)?;
        self.engine.types().func_type(id).ok_or(Error::StaleHandle { what: "tag" })
    }
}
