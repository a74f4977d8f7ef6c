//! Which parts of WebAssembly a set uses: each is drawn, so that each meets each of the others, and is absent sometimes.

use wamrc_diff::arguments::Numbers;
use wasm_smith::Config;

/// Bytes a memory may have: so much is there on every machine, so that growing has the same outcome.
pub const MAX_MEMORY_BYTES: u64 = 16 << 16;

/// What sets may use at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Swarm {
    /// Only what the interpreter knows.
    pub interpreter: bool,
    /// Vectors, which not every machine has.
    pub vectors: bool,
}

impl Swarm {
    /// Draws a configuration.
    pub(super) fn draw(self, numbers: &mut Numbers) -> Config {
        // Half of them trap where they please, which is soon.
        let disallow_traps = numbers.below(2) == 0;
        let numbers_canonical = numbers.below(2) == 0;
        let all = !self.interpreter;
        let mut draw = |allowed: bool| numbers.below(4) != 0 && allowed;
        Config {
            disallow_traps,
            // The interpreter's NaNs are the machine's: where it judges, none may become a number.
            canonicalize_nans: self.interpreter || numbers_canonical,
            limit_arrays_in_const_exprs: true,
            exceptions_enabled: draw(all),
            gc_enabled: draw(all),
            memory64_enabled: draw(true),
            tail_call_enabled: draw(true),
            wide_arithmetic_enabled: draw(true),
            extended_const_enabled: draw(true),
            saturating_float_to_int_enabled: draw(true),
            sign_extension_ops_enabled: draw(true),
            multi_value_enabled: true,
            simd_enabled: draw(self.vectors),
            // The generator cannot read them back from imports.
            custom_page_sizes_enabled: false,
            bulk_memory_enabled: true,
            reference_types_enabled: true,
            // What is relaxed may differ.
            relaxed_simd_enabled: false,
            threads_enabled: false,
            compact_imports_enabled: false,
            allow_start_export: numbers.below(3) == 0,
            export_everything: true,
            max_memories: 1 + numbers.below(2) as usize,
            max_tables: 1 + numbers.below(3) as usize,
            max_memory32_bytes: MAX_MEMORY_BYTES,
            max_memory64_bytes: MAX_MEMORY_BYTES.into(),
            memory_max_size_required: true,
            memory_offset_choices: wasm_smith::MemoryOffsetChoices(75, 20, 5),
            max_table_elements: 100,
            table_max_size_required: true,
            min_funcs: 5,
            // With those that are imported; it stops by chance long before.
            max_funcs: 1000,
            max_instructions: 40 + numbers.below(120) as usize,
            max_imports: 0,
            max_type_size: 1_000_000,
            ..Config::default()
        }
    }
}
