//! Giving instances up: what nothing reaches any more is freed, with its memory, its tables and, if
//! nothing else uses it, its module.
//!
//! An instance is reached if the embedder keeps it (it was instantiated by hand, or by name and not
//! unloaded), if one that is reached imports anything from it (be it only passed on), or if a table, global or segment that is
//! reached, or something of the host's, refers to one of its functions: directly, or through objects on the
//! heap, of which exceptions also keep the instance of their tag. Handles of instances and their items do
//! not count: they go stale. Nothing is swept while wasm runs in the store, since its frames may hold
//! references.
//!
//! # Safety contract
//!
//! Globals are read through the pointers of live instances, and objects that are reached from somewhere are
//! whole: compiled code waits.

use std::collections::{BinaryHeap, HashSet};
use std::ops::Range;

use aot_format::abi::ObjectKind;

use crate::error::Error;
use crate::instance::InstanceData;
use crate::vm::objects::VMObject;
use crate::vm::structs::VMException;

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
        let spaces = AddressSpaces::of(self);
        let leads_here = |references| self.owners(&spaces, references, &mut HashSet::new()).contains(&id);
        let users = self.live().filter(|(user, data)| {
            *user != id
                && (data.imports.items().any(|item| item.owner == Owner::Instance(id))
                    || data.dependencies.contains(&id)
                    || leads_here(held(data)))
        });
        let mut users: Vec<String> = users.map(|(_, data)| data.name.clone()).collect();
        if leads_here(self.host_references()) {
            users.push("<host>".to_string());
        }
        Ok(Unloaded::StillUsedBy(users))
    }

    /// Takes an instance's name, and the embedder's wish to keep it.
    pub(crate) fn disown(&mut self, id: InstanceId) {
        self.names.retain(&|named| *named != id);
        if let Ok(data) = self.instance_mut(id) {
            data.root = false;
        }
    }

    /// Frees every instance that is not reached, and gives their names, sorted. While wasm runs, it is
    /// put off to the end of the outermost call.
    pub(crate) fn sweep(&mut self) -> Vec<String> {
        self.sweep_wanted = self.nesting > 0;
        if self.sweep_wanted {
            return Vec::new();
        }
        let spaces = AddressSpaces::of(self);
        let roots = self.live().filter(|(_, data)| data.root).map(|(id, _)| id);
        let mut next: Vec<InstanceId> = roots.collect();
        let mut objects = HashSet::new();
        next.extend(self.owners(&spaces, self.host_references(), &mut objects));
        let mut reached = vec![false; self.instances.len()];
        while let Some(id) = next.pop() {
            let Ok(data) = self.instance(id) else { continue };
            if std::mem::replace(&mut reached[id.slot as usize], true) {
                continue;
            }
            next.extend(data.imports.items().filter_map(|item| match item.owner {
                Owner::Instance(owner) => Some(owner),
                Owner::Host => None,
            }));
            next.extend(&data.dependencies);
            next.extend(self.owners(&spaces, held(data), &mut objects));
        }
        // In the order of their numbers.
        let gone: Vec<InstanceId> = self.live().map(|(id, _)| id).filter(|id| !reached[id.slot as usize]).collect();
        self.names.retain(&|named| gone.binary_search(named).is_err());
        let freed: BinaryHeap<String> = gone.into_iter().filter_map(|id| self.remove_instance(id)).collect();
        let freed = freed.into_sorted_vec();
        // What only those held is garbage now.
        // SAFETY: no wasm runs, and nobody holds a reference as a number.
        unsafe { self.collect_heap() };
        freed
    }

    /// References in what the host made, and in its handles.
    fn host_references(&self) -> Vec<u64> {
        let elements = self.objects.tables.iter().flat_map(|table| table.elements.iter().copied());
        let globals = self.objects.globals.iter().filter(|global| global.ty.content.is_ref());
        let values = globals.map(|global| global.storage.reference());
        elements.chain(values).chain(self.handles.references()).collect()
    }

    /// Instances that references lead to, through objects that are not in `visited` yet. One may be there more than once.
    fn owners(&self, spaces: &AddressSpaces, references: Vec<u64>, visited: &mut HashSet<u64>) -> Vec<InstanceId> {
        let mut owners = Vec::new();
        let mut next = references;
        while let Some(reference) = next.pop() {
            // A reference to a function, or a tag, lies in the vmctx of its owner, an object on the heap.
            if let Some(owner) = spaces.owner(reference) {
                // Most of a table's functions are of one instance.
                if owners.last() != Some(&owner) {
                    owners.push(owner);
                }
            } else if self.heap.contains(&self.vm, reference) && visited.insert(reference) {
                let object = std::ptr::with_exposed_provenance::<VMObject>(reference as usize);
                // SAFETY: an object that is reached is whole; the places are those of its shape.
                unsafe {
                    let shape = VMObject::shape(object);
                    next.extend(VMObject::places(object, shape, &shape.functions).map(|place| place.read()));
                    next.extend(VMObject::places(object, shape, &shape.references).map(|place| place.read()));
                    if shape.kind == ObjectKind::Exception {
                        next.push((*object.cast::<VMException>()).tag.addr() as u64);
                    }
                }
            }
        }
        owners
    }
}

/// Which vmctx an address lies in: a reference to a function lies in that of its maker.
struct AddressSpaces(Vec<(u64, u64, InstanceId)>);

impl AddressSpaces {
    fn of(store: &StoreOpaque) -> AddressSpaces {
        let spaces = store.live().map(|(id, data)| {
            let Range { start, end } = data.addresses();
            (start, end, id)
        });
        let spaces: BinaryHeap<(u64, u64, InstanceId)> = spaces.collect();
        AddressSpaces(spaces.into_sorted_vec())
    }

    fn owner(&self, address: u64) -> Option<InstanceId> {
        let after = self.0.partition_point(|(start, ..)| *start <= address);
        let (start, end, id) = self.0.get(after.checked_sub(1)?)?;
        (*start..*end).contains(&address).then_some(*id)
    }
}

/// References in an instance's own tables, globals and segments.
fn held(data: &InstanceData) -> Vec<u64> {
    let elements = data.tables.iter().flat_map(|table| table.elements.iter().copied());
    let globals = (0..data.layout().counts.defined_globals)
        .filter_map(|index| data.own_global(index))
        .filter(|(_, ty)| ty.content.is_ref())
        // SAFETY: the storage of an own global of a live instance.
        .map(|(place, _)| unsafe { place.read() }.reference());
    elements.chain(globals).chain(data.held_references()).filter(|reference| *reference != 0).collect()
}
