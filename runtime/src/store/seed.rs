//! What stores for the threads of one program have in common.
//!
//! A thread is a store: it has instances of its own of the same modules. A [`StoreSeed`] is taken from the
//! store that the program began in. In a store made from it,
//!
//! * an instance whose module defines shared memories does not make them: it gets those of the instance of
//!   the same name and the same artifact in the first store;
//! * active data segments and images of shared memories that the store did not make are left out: they were
//!   copied when the memory was made, and threads have written there since;
//! * start functions run, but `_initialize` of a module with a shared memory does not: what it sets up is in that
//!   memory.
//!
//! All else is fresh: memories that are not shared, tables, globals, tags.

use std::sync::Arc;

use aot_format::types::MemoryType;

use crate::engine::Engine;
use crate::externs::SharedMemory;
use crate::instance::InstanceData;
use crate::limits::StoreLimits;
use crate::types::matching::memory_matches;

use super::{Store, StoreOpaque};

/// Makes stores for further threads of a program; clones are cheap.
#[derive(Clone, Debug)]
pub struct StoreSeed {
    engine: Engine,
    limits: StoreLimits,
    memories: Memories,
}

/// Shared memories by the name of the instance that defines them, its artifact's digest, and their number among
/// its own. A name alone would not do: one without is called by its module's own, as another may be by the
/// linker's.
type Memories = Arc<[((String, [u8; 16], usize), SharedMemory)]>;

/// What a store was made from.
#[derive(Default)]
pub(crate) struct Origin(Option<Memories>);

impl Origin {
    /// Whether the store is that of a further thread.
    pub(crate) fn is_of_thread(&self) -> bool {
        self.0.is_some()
    }

    /// The shared memory that an instance is to have for its own of this number and type. Compiled code relies
    /// on the type, so it is looked at however sure the key may be.
    pub(crate) fn memory(&self, instance: &InstanceData, index: usize, ty: &MemoryType) -> Option<SharedMemory> {
        let memories = self.0.as_ref()?;
        let key = key(instance, index);
        let (_, memory) = memories.iter().find(|(known, _)| *known == key)?;
        (ty.shared && memory_matches(&memory.ty(), ty)).then(|| memory.clone())
    }
}

fn key(instance: &InstanceData, index: usize) -> (String, [u8; 16], usize) {
    (instance.name.clone(), instance.module.artifact().digest(), index)
}

impl StoreOpaque {
    fn seed(&self) -> StoreSeed {
        let memories = self.live().flat_map(|(_, data)| {
            let own = data.memories.iter().enumerate();
            own.filter_map(|(index, memory)| Some((key(data, index), memory.shared()?.clone())))
        });
        let memories = memories.collect();
        StoreSeed { engine: self.engine.clone(), limits: self.limits.clone(), memories }
    }
}

impl<T> Store<T> {
    /// What stores for further threads are made from, with the shared memories that there are now.
    pub fn seed(&self) -> StoreSeed {
        self.inner().opaque.seed()
    }

    /// An empty store for a further thread.
    pub fn from_seed(seed: &StoreSeed, data: T) -> Store<T> {
        let mut store = Store::new(&seed.engine, data);
        store.inner.opaque.limits = seed.limits.clone();
        store.inner.opaque.origin = Origin(Some(seed.memories.clone()));
        store
    }
}
