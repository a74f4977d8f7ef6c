//! Globals.
//!
//! # Safety contract
//!
//! A global's storage stands in the vmctx of a live instance or in a box of the store, holds a value
//! of the global's type, and is written only with such values.

use aot_format::types::GlobalType;

use crate::context::{AsContext, AsContextMut};
use crate::error::Error;
use crate::store::{GlobalData, Item, Owner, StoreOpaque};
use crate::value::Val;
use crate::vm::structs::ValRaw;

/// A global.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Global(pub(crate) Item);

const STALE: Error = Error::StaleHandle { what: "global" };

impl Global {
    /// A global of the host's.
    ///
    /// # Errors
    ///
    /// [`Error::BadValue`] if `value` is not of the type.
    pub fn new(mut store: impl AsContextMut, ty: GlobalType, value: Val) -> Result<Global, Error> {
        let store = store.as_context_mut().opaque();
        check(store, &ty, &value)?;
        let storage = Box::new(value.to_raw(store)?);
        let index = store.objects.globals.len() as u32;
        store.objects.globals.push(GlobalData { ty, storage });
        Ok(Global(Item { store: store.id, owner: Owner::Host, index }))
    }

    /// Its type; concrete types in it are canonical.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`], as for all methods.
    pub fn ty(&self, store: impl AsContext) -> Result<GlobalType, Error> {
        Ok(store.as_context().opaque().global_place(*self)?.1)
    }

    /// Its value.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`].
    pub fn get(&self, store: impl AsContext) -> Result<Val, Error> {
        let context = store.as_context();
        let store = context.opaque();
        let (place, ty) = store.global_place(*self)?;
        // SAFETY: the storage of a live global holds a value of its type.
        Ok(unsafe { Val::from_raw(place.read(), ty.content, store) })
    }

    /// Writes it.
    ///
    /// # Errors
    ///
    /// [`Error::BadValue`] if it is not mutable or `value` is not of its type.
    pub fn set(&self, mut store: impl AsContextMut, value: Val) -> Result<(), Error> {
        let store = store.as_context_mut().opaque();
        let (place, ty) = store.global_place(*self)?;
        if !ty.mutable {
            return Err(Error::BadValue { what: "global", reason: "it is not mutable".into() });
        }
        check(store, &ty, &value)?;
        let raw = value.to_raw(store)?;
        // SAFETY: the storage is live, and no wasm runs while the store is borrowed.
        unsafe { place.write(raw) };
        Ok(())
    }
}

fn check(store: &StoreOpaque, ty: &GlobalType, value: &Val) -> Result<(), Error> {
    match value.matches(store, ty.content) {
        true => Ok(()),
        false => Err(Error::BadValue {
            what: "global",
            reason: format!("a value of type {} is no {}", value.type_name(), ty.content),
        }),
    }
}

impl StoreOpaque {
    /// Where a global's value is, and its type with canonical ids.
    pub(crate) fn global_place(&self, global: Global) -> Result<(*mut ValRaw, GlobalType), Error> {
        if global.0.store != self.id {
            return Err(STALE);
        }
        match global.0.owner {
            Owner::Instance(id) => self.instance(id).map_err(|_| STALE)?.own_global(global.0.index).ok_or(STALE),
            Owner::Host => {
                let data = self.objects.globals.get(global.0.index as usize).ok_or(STALE)?;
                Ok(((&raw const *data.storage).cast_mut(), data.ty))
            }
        }
    }
}
