//! Our options as Cranelift's settings. Which features a target has is [`crate::target`]'s.

use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};

use crate::error::Error;
use crate::options::{OptLevel, Options};
use crate::target::Target;

/// The same for every compilation.
const FIXED: &[(&str, &str)] = &[
    // Back traces and unwinding walk frame pointers; the tail convention wants them on x86-64.
    ("preserve_frame_pointers", "true"),
    // Results that do not fit registers go through a return area.
    ("enable_multi_ret_implicit_sret", "true"),
    // Nobody reads DWARF or SEH tables: the runtime unwinds by frame pointers.
    ("unwind_info", "false"),
    // The prologue compares with the stack limit instead.
    ("enable_probestack", "false"),
    // The fast allocator makes code twice as slow and as large.
    ("regalloc_algorithm", "backtracking"),
    ("enable_heap_access_spectre_mitigation", "true"),
    ("enable_table_access_spectre_mitigation", "true"),
    // A call out of the text would need a relocation; should one be emitted all the same, let it be
    // of a kind that binding names in its error.
    ("is_pic", "true"),
];

/// Builds the ISA.
///
/// # Errors
///
/// [`Error::Setting`] when Cranelift refuses a combination of CPU features.
pub fn build(options: &Options, level: OptLevel, target: Target) -> Result<OwnedTargetIsa, Error> {
    let mut shared = settings::builder();
    for (name, value) in FIXED {
        shared.set(name, value).map_err(|error| refused(name, &error))?;
    }
    let chosen = [
        ("opt_level", level.setting()),
        ("enable_verifier", if options.has_verifier() { "true" } else { "false" }),
        ("enable_nan_canonicalization", if options.has_nan_canonicalization() { "true" } else { "false" }),
    ];
    for (name, value) in chosen {
        shared.set(name, value).map_err(|error| refused(name, &error))?;
    }
    let triple = format!("{}-unknown-linux-gnu", triple_name(target));
    let mut builder = isa::lookup_by_name(&triple).map_err(|error| refused(&triple, &error))?;
    for (bit, name) in target.isa.feature_names().iter().enumerate() {
        let present = target.features >> bit & 1 != 0;
        let name = format!("has_{name}");
        builder.set(&name, if present { "true" } else { "false" }).map_err(|error| refused(&name, &error))?;
    }
    builder.finish(settings::Flags::new(shared)).map_err(|error| refused(&triple, &error))
}

fn triple_name(target: Target) -> &'static str {
    match target.isa {
        aot_format::cpu::Isa::Riscv64 => "riscv64gc",
        isa => isa.name(),
    }
}

fn refused(setting: &str, error: &(impl std::fmt::Display + ?Sized)) -> Error {
    Error::Setting { setting: setting.to_owned(), reason: error.to_string() }
}
