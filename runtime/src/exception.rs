//! Exceptions as the host sees them: what an uncaught one becomes ([`Exception`]), and references to
//! them ([`ExnRef`]).
//!
//! An [`Exception`] is a value of its own, with a copy of the arguments: it outlives the call. A host function that returns one as its error throws it to its wasm caller,
//! whether it got it from a call or made it. Exceptions have no identity that wasm could ask for, so
//! nobody can tell that it is another object then.
//!
//! Not here: how a handler is found (`unwind`), and the heap on which exceptions are (`gc`).
//!
//! # Safety contract
//!
//! The reference of an [`ExnRef`]'s handle is that of a whole exception of the handle's store.

use std::fmt;

use aot_format::types::FuncType;

use crate::context::AsContext;
use crate::error::Error;
use crate::externs::Tag;
use crate::gc::Handle;
use crate::store::StoreOpaque;
use crate::text::{format_f32, format_f64};
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
                Val::F32(bits) => write!(f, "f32 {}", format_f32(f32::from_bits(*bits)))?,
                Val::F64(bits) => write!(f, "f64 {}", format_f64(f64::from_bits(*bits)))?,
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

/// A reference to an exception. It lives as long as an [`AnyRef`](crate::AnyRef) does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExnRef(Handle);

impl ExnRef {
    /// What it refers to, without frames.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] in another store, where it was given up, or where the instance that defines
    /// the tag is gone.
    pub fn exception(&self, store: impl AsContext) -> Result<Exception, Error> {
        let context = store.as_context();
        let store = context.opaque();
        let exception = std::ptr::with_exposed_provenance::<VMException>(self.address(store)? as usize);
        // SAFETY: the reference of a handle is that of an exception of this store.
        unsafe { store.exception_at(exception) }
    }

    pub(crate) fn is_of(&self, store: &StoreOpaque) -> bool {
        self.address(store).is_ok()
    }

    /// The reference as compiled code holds it.
    pub(crate) fn address(&self, store: &StoreOpaque) -> Result<u64, Error> {
        let reference = (self.0.store == store.id).then(|| store.handles.get(self.0)).flatten();
        reference.ok_or(Error::StaleHandle { what: "exception reference" })
    }

    /// The handle of a reference of compiled code's; none for null.
    pub(crate) fn from_raw(raw: ValRaw, store: &StoreOpaque) -> Option<ExnRef> {
        (raw.reference() != 0).then(|| ExnRef(store.handles.make(store.id, raw.reference())))
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
        // They are aligned as an object is.
        let slot = |index: usize| unsafe { exception.add(1).cast::<ValRaw>().add(index).read_unaligned() };
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
