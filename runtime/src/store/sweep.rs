//! Giving instances up: what nothing reaches any more is freed, with its memory, its tables and, if
//! nothing else uses it, its module.
//!
//! An instance is reached if the embedder keeps it (it was instantiated by hand, or by name and not
//! unloaded), if one that is reached imports anything from it, if a funcref to one of its
//! functions stands in a table, global or segment that is reached, or if an exception that is kept has
//! its tag or such a reference. Handles do not count: they go
//! stale. Nothing is swept while wasm runs in the store, since its frames may hold references.
//!
//! # Safety contract
//!
//! Globals are read through the pointers of live instances, while no wasm runs.

use aot_format::types::{ExternKind, ValType};

use crate::error::Error;
use crate::instance::InstanceData;

use super::{InstanceId, Owner, StoreOpaque};

/// What became of an unloaded instance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unloaded {
    /// It is gone. Names of all instances freed with it, itself included.
    Freed(Vec<String>),
    /// It has lost its name, but lives until those who use it go.
    StillUsedBy(Vec<String>),
}

impl StoreOpaque {
    pub(super) fn unload(&mut self, name: &str) -> Result<Unloaded, Error> {
        let id = *self.names.get(name).ok_or_else(|| Error::UnknownModule { name: name.to_string() })?;
        self.disown(id);
        let freed = self.sweep();
        if self.instance(id).is_err() {
            return Ok(Unloaded::Freed(freed));
        }
        let users = self.live().filter(|(user, data)| *user != id && self.reaches(data, id));
        Ok(Unloaded::StillUsedBy(users.map(|(_, data)| data.name.clone()).collect()))
    }

    /// Takes an instance's name, and the embedder's wish to keep it.
    pub(crate) fn disown(&mut self, id: InstanceId) {
        self.names.retain(|_, named| *named != id);
        if let Ok(data) = self.instance_mut(id) {
            data.root = false;
        }
    }

    /// Frees every instance that is not reached, and gives their names, sorted.
    pub(crate) fn sweep(&mut self) -> Vec<String> {
        if self.nesting > 0 {
            return Vec::new();
        }
        self.collect_exceptions();
        let all: Vec<InstanceId> = self.live().map(|(id, _)| id).collect();
        let mut reached: Vec<InstanceId> = self.live().filter(|(_, data)| data.root).map(|(id, _)| id).collect();
        let host = self.host_references();
        reached.extend(all.iter().filter(|id| self.holds_any(**id, &host)));
        let mut done = 0;
        while let Some(id) = reached.get(done).copied() {
            done += 1;
            let Ok(data) = self.instance(id) else { continue };
            for next in &all {
                if !reached.contains(next) && self.reaches(data, *next) {
                    reached.push(*next);
                }
            }
        }
        let mut freed = Vec::new();
        for id in all.into_iter().filter(|id| !reached.contains(id)) {
            self.names.retain(|_, named| *named != id);
            freed.extend(self.remove_instance(id));
        }
        freed.sort();
        freed
    }

    /// Whether `data` imports from instance `id` or holds a reference to one of its functions.
    fn reaches(&self, data: &InstanceData, id: InstanceId) -> bool {
        data.imports.items().any(|item| item.owner == Owner::Instance(id)) || self.holds_any(id, &held(data))
    }

    /// Whether any of these references is to a function of instance `id`.
    fn holds_any(&self, id: InstanceId, references: &[u64]) -> bool {
        self.instance(id).is_ok_and(|data| references.iter().any(|address| data.contains(*address as usize)))
    }

    /// References in what the host made, and in exceptions.
    fn host_references(&self) -> Vec<u64> {
        let functions = |ty: ValType| InstanceData::holds_functions(ty);
        let tables = self.objects.tables.iter().filter(|table| functions(ValType::Ref(table.ty.element)));
        let globals = self.objects.globals.iter().filter(|global| functions(global.ty.content));
        let elements = tables.flat_map(|table| table.elements.iter().copied());
        let values = globals.map(|global| global.storage.reference());
        let thrown = self.exceptions.references();
        elements.chain(values).chain(thrown).filter(|reference| *reference != 0).collect()
    }
}

/// References in an instance's own tables, globals and segments.
fn held(data: &InstanceData) -> Vec<u64> {
    let functions = |ty: ValType| InstanceData::holds_functions(ty);
    let tables = data.tables.iter().filter(|table| functions(ValType::Ref(table.ty.element)));
    let elements = tables.flat_map(|table| table.elements.iter().copied());
    let globals = (0..data.module.imported(ExternKind::Global).max(data.module.own_globals().len() as u32))
        .filter_map(|index| data.own_global(index))
        .filter(|(_, ty)| functions(ty.content))
        // SAFETY: the storage of an own global of a live instance.
        .map(|(place, _)| unsafe { place.read() }.reference());
    elements.chain(globals).chain(data.held_references()).filter(|reference| *reference != 0).collect()
}
