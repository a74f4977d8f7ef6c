//! Every limit of a run, with its unit and default. The embedder sets them per store; what is over
//! a limit fails with a named error, or with the answer the specification has for it (-1 from
//! `memory.grow` and `table.grow`). Limits of files are in `aot_format::limits`.

/// Bytes of one memory by default: what a 64-bit machine of today has of address space for a process.
/// A memory of the type `(memory i64 …)` may want more, and would get no answer but the system's.
const MAX_MEMORY_BYTES: u64 = 1 << 47;

/// Limits of one store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreLimits {
    /// Instances alive at one time.
    pub max_instances: usize,
    /// Bytes of each linear memory.
    pub max_memory_bytes: u64,
    /// Linear memories alive at one time.
    pub max_memories: usize,
    /// Elements of each table.
    pub max_table_elements: u64,
    /// Tables alive at one time.
    pub max_tables: usize,
    /// Bytes of objects on the collected heap: structures, arrays and exceptions. A collection needs as
    /// much again while it runs.
    pub max_heap_bytes: u64,
    /// Calls from host to wasm that are inside one another (wasm → host → wasm …).
    pub max_nesting: usize,
}

impl Default for StoreLimits {
    fn default() -> StoreLimits {
        StoreLimits {
            max_instances: 10_000,
            max_memory_bytes: MAX_MEMORY_BYTES,
            max_memories: 10_000,
            max_table_elements: aot_format::limits::MAX_TABLE_ELEMENTS,
            max_tables: 10_000,
            max_heap_bytes: 1 << 30,
            max_nesting: 1_000,
        }
    }
}
