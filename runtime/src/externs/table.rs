//! Tables of references.
//!
//! # Safety contract
//!
//! An element of a live table is a reference of the table's type, in this store: only compiled code and
//! checked values of this file are written there.

use aot_format::types::{TableType, ValType};

use crate::context::{AsContext, AsContextMut};
use crate::error::Error;
use crate::store::{Item, Owner, StoreOpaque, TableData};
use crate::value::Val;
use crate::vm::structs::{VMTable, ValRaw};

/// A table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Table(pub(crate) Item);

const STALE: Error = Error::StaleHandle { what: "table" };

impl Table {
    /// A table of the host's, every element `init`.
    ///
    /// # Errors
    ///
    /// [`Error::BadValue`] if `init` is not of the type, [`Error::Resource`] over the store's limits.
    pub fn new(mut store: impl AsContextMut, ty: TableType, init: Val) -> Result<Table, Error> {
        let store = store.as_context_mut().opaque();
        if let Some(reason) = invalid(&ty) {
            return Err(Error::BadValue { what: "table type", reason: reason.into() });
        }
        check(store, &ty, &init)?;
        let init = init.to_raw(store)?.reference();
        let mut own = Box::new(VMTable { elements: std::ptr::null_mut(), length: 0 });
        let vm: *mut VMTable = &raw mut *own;
        let table = store.make_table(ty, init, vm, Some(own)).map_err(|reason| Error::Resource {
            module: "<host>".into(),
            what: format!("table of {} elements", ty.min),
            reason,
        })?;
        let index = store.objects.tables.len() as u32;
        store.objects.tables.push(table);
        Ok(Table(Item { store: store.id, owner: Owner::Host, index }))
    }

    /// Its type; `min` is its current length. Concrete types in it are canonical.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`], as for all methods.
    pub fn ty(&self, store: impl AsContext) -> Result<TableType, Error> {
        store.as_context().opaque().table_type(*self)
    }

    /// Its length in elements.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`].
    pub fn size(&self, store: impl AsContext) -> Result<u64, Error> {
        Ok(store.as_context().opaque().table(*self)?.elements.len() as u64)
    }

    /// Element `index`.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`].
    pub fn get(&self, store: impl AsContext, index: u64) -> Result<Val, Error> {
        let context = store.as_context();
        let store = context.opaque();
        let data = store.table(*self)?;
        let raw = usize::try_from(index).ok().and_then(|index| data.elements.get(index)).copied();
        let raw = raw.ok_or_else(|| out_of_bounds(index, 1, data))?;
        // SAFETY: an element of a live table is a reference of its type.
        Ok(unsafe { Val::from_raw(ValRaw::from_ref(raw), ValType::Ref(data.ty.element), store) })
    }

    /// Writes element `index`.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`], or [`Error::BadValue`] if `value` is not of its type.
    pub fn set(&self, mut store: impl AsContextMut, index: u64, value: Val) -> Result<(), Error> {
        let store = store.as_context_mut().opaque();
        check(store, &store.table(*self)?.ty, &value)?;
        let raw = value.to_raw(store)?.reference();
        let data = store.table_data(self.0.owner, self.0.index).ok_or(STALE)?;
        let error = out_of_bounds(index, 1, data);
        let place = usize::try_from(index).ok().and_then(|index| data.elements.get_mut(index));
        *place.ok_or(error)? = raw;
        Ok(())
    }

    /// Grows it by `delta` elements of value `init`; the previous length.
    ///
    /// # Errors
    ///
    /// [`Error::Resource`] if its type or the limits do not allow it, [`Error::BadValue`].
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64, init: Val) -> Result<u64, Error> {
        let store = store.as_context_mut().opaque();
        check(store, &store.table(*self)?.ty, &init)?;
        let init = init.to_raw(store)?.reference();
        let limit = store.limits.max_table_elements;
        let data = store.table_data(self.0.owner, self.0.index).ok_or(STALE)?;
        data.grow(delta, init, limit).ok_or_else(|| Error::Resource {
            module: "<host>".into(),
            what: format!("table of {} elements", data.elements.len()),
            reason: format!("it cannot grow by {delta} elements"),
        })
    }
}

/// Why a type is none a module could state.
fn invalid(ty: &TableType) -> Option<&'static str> {
    match ty {
        _ if ty.max.is_some_and(|max| max < ty.min) => Some("its greatest length is below its initial one"),
        _ if ty.min.max(ty.max.unwrap_or(0)) > ty.most_elements() => {
            Some("it is longer than its index type can address")
        }
        _ => None,
    }
}

fn out_of_bounds(offset: u64, len: u64, data: &TableData) -> Error {
    Error::OutOfBounds { what: "table", offset, len, size: data.elements.len() as u64 }
}

fn check(store: &StoreOpaque, ty: &TableType, value: &Val) -> Result<(), Error> {
    match value.matches(store, ValType::Ref(ty.element)) {
        true => Ok(()),
        false => Err(Error::BadValue {
            what: "table",
            reason: format!("a value of type {} is no {}", value.type_name(), ty.element),
        }),
    }
}

impl StoreOpaque {
    pub(crate) fn table(&self, table: Table) -> Result<&TableData, Error> {
        if table.0.store != self.id {
            return Err(STALE);
        }
        let index = table.0.index as usize;
        match table.0.owner {
            Owner::Instance(id) => self.instance(id).map_err(|_| STALE)?.tables.get(index).ok_or(STALE),
            Owner::Host => self.objects.tables.get(index).ok_or(STALE),
        }
    }

    pub(crate) fn table_type(&self, table: Table) -> Result<TableType, Error> {
        let data = self.table(table)?;
        Ok(TableType { min: data.elements.len() as u64, ..data.ty })
    }
}
