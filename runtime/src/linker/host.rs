//! What the host defines under the names of a module: items, and functions that are made when they are first asked for.
//!
//! Absent on purpose: which of several modules satisfies an import ([`super`] has the rules).

use std::sync::{Arc, Mutex, PoisonError};

use crate::externs::{Extern, SharedMemory};
use crate::host::{HostFunc, HostFunction};
use crate::names::Names;

/// What the host defines under a name.
#[derive(Clone)]
pub(super) enum Definition {
    Func(Arc<HostFunc>),
    /// Of one store.
    Item(Extern),
    /// Of any store.
    Shared(SharedMemory),
    /// Nothing, whatever there is on demand.
    Undefined,
}

type Find = Box<dyn Fn(&str) -> Option<Arc<HostFunc>> + Send + Sync>;

/// Functions that are made on demand, each once: stores know a function by where it is.
struct OnDemand {
    find: Find,
    made: Mutex<Names<Arc<HostFunc>>>,
}

impl OnDemand {
    fn get(&self, name: &str) -> Option<Arc<HostFunc>> {
        let made = || self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(func) = made().get(name) {
            return Some(func.clone());
        }
        // Not locked: it may take its time, and whatever it asks.
        let func = (self.find)(name)?;
        let mut made = made();
        // Another thread may have been faster.
        let known = made.get(name).cloned();
        Some(known.unwrap_or_else(|| {
            made.insert(name.to_owned(), func.clone());
            func
        }))
    }
}

/// What the host defines under the names of a module.
#[derive(Clone, Default)]
pub(super) struct HostModule {
    items: Names<Definition>,
    /// For names that are not among the items; the last that has one counts.
    on_demand: Vec<Arc<OnDemand>>,
}

impl HostModule {
    pub(super) fn get(&self, name: &str) -> Option<Definition> {
        match self.items.get(name) {
            Some(Definition::Undefined) => None,
            Some(definition) => Some(definition.clone()),
            None => self.made(name).map(Definition::Func),
        }
    }

    fn made(&self, name: &str) -> Option<Arc<HostFunc>> {
        self.on_demand.iter().rev().find_map(|functions| functions.get(name))
    }

    pub(super) fn insert(&mut self, name: &str, definition: Definition) {
        self.items.insert(name.to_owned(), definition);
    }

    /// As if each function that there is were inserted now.
    pub(super) fn insert_on_demand<T: 'static>(
        &mut self,
        find: impl Fn(&str) -> Option<HostFunction<T>> + Send + Sync + 'static,
    ) {
        let find = Box::new(move |name: &str| find(name).map(|function| function.func));
        let functions = OnDemand { find, made: Mutex::new(Names::new()) };
        let replaced: Vec<String> =
            self.items.names().filter(|name| functions.get(name).is_some()).map(str::to_owned).collect();
        replaced.iter().for_each(|name| _ = self.items.remove(name));
        self.on_demand.push(Arc::new(functions));
    }

    /// Takes a definition out; whether there was one.
    pub(super) fn remove(&mut self, name: &str) -> bool {
        let known = self.get(name).is_some();
        self.items.remove(name);
        if self.made(name).is_some() {
            self.items.insert(name.to_owned(), Definition::Undefined);
        }
        known
    }

    /// The items.
    pub(super) fn items_mut(&mut self) -> impl Iterator<Item = &mut Definition> {
        self.items.values_mut()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::{Engine, Linker, ValType};

    /// How many parameters the function of a name has: the tests' functions differ in that.
    fn params(linker: &Linker<()>, name: &str) -> Option<usize> {
        match linker.definitions.get("m")?.get(name)? {
            Definition::Func(func) => Some(func.ty().params.len()),
            _ => None,
        }
    }

    fn of(count: usize) -> HostFunction<()> {
        HostFunction::integers(&vec![ValType::I32; count], true, |_, _| Ok(0))
    }

    #[test]
    fn functions_are_made_once_and_the_last_definition_counts() {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let mut linker: Linker<()> = Linker::new(&Engine::default());
        linker.func_integers("m", "before", &[ValType::I32; 9], true, |_, _| Ok(0));
        linker.func_integers("m", "other", &[ValType::I32; 8], true, |_, _| Ok(0));
        linker.funcs_on_demand("m", |name| match name {
            "before" | "a" | "b" => {
                MADE.fetch_add(1, Ordering::Relaxed);
                Some(of(1))
            }
            _ => None,
        });
        let found = ["before", "other", "a", "b", "c"].map(|name| params(&linker, name));
        assert_eq!(found, [Some(1), Some(8), Some(1), Some(1), None]);
        let copy = linker.without_reader();
        assert_eq!(["a", "b"].map(|name| params(&copy, name)), [Some(1), Some(1)]);
        assert_eq!(MADE.load(Ordering::Relaxed), 3, "each once, and for copies, too");
        // What comes later replaces, function by function.
        linker.funcs_on_demand("m", |name| (name == "b" || name == "c").then(|| of(2)));
        linker.func_integers("m", "a", &[ValType::I32; 3], true, |_, _| Ok(0));
        assert_eq!(["before", "a", "b", "c"].map(|name| params(&linker, name)), [Some(1), Some(3), Some(2), Some(2)]);
        assert_eq!(["a", "b", "c"].map(|name| params(&copy, name)), [Some(1), Some(1), None]);
        // What is taken back is not there, whoever had it.
        assert!(linker.defines("m", "a") && linker.undefine("m", "a") && !linker.undefine("m", "a"));
        assert!(linker.undefine("m", "b") && linker.undefine("m", "other") && !linker.undefine("m", "nothing"));
        assert_eq!(["a", "b", "other", "c"].map(|name| params(&linker, name)), [None, None, None, Some(2)]);
        assert!(!linker.defines("m", "a") && !linker.defines("m", "b") && linker.defines("m", "c"));
        // And comes back with a definition.
        linker.funcs_on_demand("m", |name| (name == "a").then(|| of(5)));
        assert_eq!(["a", "b"].map(|name| params(&linker, name)), [Some(5), None]);
    }
}
