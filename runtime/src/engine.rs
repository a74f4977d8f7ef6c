//! The engine: what all stores of a process can share: configuration, the host CPU, the canonical
//! types.

use std::sync::Arc;

use crate::sys;
use crate::types::TypeRegistry;

/// How an [`Engine`] and its stores behave.
#[derive(Clone, Debug)]
pub struct Config {
    /// Bytes of native stack that wasm may use in one call from the host. The limit is lowered to
    /// what the calling thread's stack has left.
    pub max_wasm_stack: usize,
    /// Collects a store's heap before every object it makes, and spoils what was left behind, so that a
    /// reference that a collection did not find is found by its first use. For tests.
    pub gc_stress: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config { max_wasm_stack: 1 << 20, gc_stress: false }
    }
}

/// Shared by everything that works together; cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine {
    inner: Arc<EngineInner>,
}

#[derive(Debug)]
struct EngineInner {
    config: Config,
    types: TypeRegistry,
}

impl Drop for EngineInner {
    fn drop(&mut self) {
        // Whoever is done leaves no address space taken.
        sys::memory::give_back();
    }
}

impl Engine {
    /// An engine for this machine.
    pub fn new(config: &Config) -> Engine {
        Engine { inner: Arc::new(EngineInner { config: config.clone(), types: TypeRegistry::default() }) }
    }

    /// How it was made.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// CPU features of this machine, as bits of [`aot_format::cpu::Isa::feature_names`].
    pub fn cpu_features(&self) -> u64 {
        sys::cpu::host_features()
    }

    pub(crate) fn types(&self) -> &TypeRegistry {
        &self.inner.types
    }

    /// Whether two handles are of one engine.
    pub fn same(&self, other: &Engine) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl Default for Engine {
    fn default() -> Engine {
        Engine::new(&Config::default())
    }
}
