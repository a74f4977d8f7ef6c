//! Which proposals this version compiles, and how a module that needs another one is refused by
//! that proposal's name rather than by a parser's complaint.

use wasmparser::{Validator, WasmFeatures};

use super::Simd;
use crate::error::{Error, FunctionLabel};

/// What modules may use. Garbage collection is here for recursion groups and subtypes of function
/// types; [`super::types`] and the translation refuse the rest of it.
pub const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::FUNCTION_REFERENCES)
    .union(WasmFeatures::GC)
    .union(WasmFeatures::EXCEPTIONS)
    .union(WasmFeatures::THREADS);

/// Names of what is not in [`FEATURES`] or can be left out of them, the more basic ones first: where a
/// module needs several, the first is named.
const NAMES: &[(WasmFeatures, &str)] = &[
    (WasmFeatures::SIMD, "SIMD (fixed-width)"),
    (WasmFeatures::RELAXED_SIMD, "relaxed SIMD"),
    (WasmFeatures::MEMORY64, "memory64 (64-bit memories and tables)"),
    (WasmFeatures::CUSTOM_PAGE_SIZES, "custom page sizes"),
    (WasmFeatures::WIDE_ARITHMETIC, "wide arithmetic"),
    (WasmFeatures::LEGACY_EXCEPTIONS, "legacy exception handling"),
    (WasmFeatures::STACK_SWITCHING, "stack switching"),
    (WasmFeatures::SHARED_EVERYTHING_THREADS, "shared-everything threads"),
    (WasmFeatures::MEMORY_CONTROL, "memory control"),
    (WasmFeatures::CUSTOM_DESCRIPTORS, "custom descriptors"),
    (WasmFeatures::COMPACT_IMPORTS, "the compact import section"),
    (WasmFeatures::ACQUIRE_RELEASE_ATOMICS, "acquire-release atomics"),
    (WasmFeatures::MULTIBYTE_ARRAY_ACCESS, "multibyte array access"),
    (WasmFeatures::COMPONENT_MODEL, "the component model"),
];

/// What a compilation can be without.
const SIMD: WasmFeatures = WasmFeatures::SIMD.union(WasmFeatures::RELAXED_SIMD);

impl Simd {
    /// What modules may use.
    pub(super) fn features(self) -> WasmFeatures {
        if self == Simd::Admitted { FEATURES } else { FEATURES.difference(SIMD) }
    }
}

/// A proposal with its name.
type Named = (WasmFeatures, &'static str);

/// The proposal to name for a set of missing features.
fn name_of(missing: WasmFeatures) -> Option<Named> {
    NAMES.iter().find(|(feature, _)| missing.intersects(*feature)).copied()
}

/// The error about a module that needs a proposal it may not use.
fn not_admitted(
    wasm: &[u8],
    (missing, feature): Named,
    simd: Simd,
    offset: u64,
    function: Option<FunctionLabel>,
) -> Error {
    invalid_in_any_case(wasm).unwrap_or(match simd {
        Simd::SwitchedOff if SIMD.contains(missing) => Error::SimdSwitchedOff { feature, offset, function },
        Simd::NeedsV if SIMD.contains(missing) => Error::SimdNeedsV { feature, offset, function },
        _ => Error::Unsupported { feature, offset, function },
    })
}

/// Turns an error of the parser or validator into ours. A module that would be valid with more
/// features is unsupported, and the error says which; any other is invalid.
pub fn explain(wasm: &[u8], error: &wasmparser::Error, function: Option<FunctionLabel>, simd: Simd) -> Error {
    let missing = error.missing_wasm_feature();
    let named = missing.and_then(name_of);
    let offset = error.offset();
    match named.or_else(|| find_missing(wasm, simd.features())) {
        Some((_, feature)) if missing.is_some_and(|missing| missing.intersects(REDEFINING)) => {
            let message =
                format!("{} (valid only with {feature}, which this version does not compile)", error.message());
            Error::Invalid { message, offset, function }
        }
        Some(missing) => not_admitted(wasm, missing, simd, offset, function),
        None => Error::Invalid { message: error.message().to_owned(), offset, function },
    }
}

/// Extensions of WebAssembly 3.0 that give a meaning to what it calls invalid. A module that only they
/// would accept is invalid.
const REDEFINING: WasmFeatures = WasmFeatures::STACK_SWITCHING.union(WasmFeatures::CUSTOM_DESCRIPTORS);

/// What is wrong with a module that needs what this version lacks: that, unless it would not be valid
/// with it, either.
pub fn explain_unsupported(wasm: &[u8], feature: &'static str, offset: u64, function: Option<FunctionLabel>) -> Error {
    invalid_in_any_case(wasm).unwrap_or(Error::Unsupported { feature, offset, function })
}

/// What is wrong with a module that is not valid with all features, either.
fn invalid_in_any_case(wasm: &[u8]) -> Option<Error> {
    let error = Validator::new_with_features(everything()).validate_all(wasm).err()?;
    let invalid = Error::Invalid { message: error.message().to_owned(), offset: error.offset(), function: None };
    error.missing_wasm_feature().is_none().then_some(invalid)
}

/// All features that have a name here, but for the component model, which is another kind of binary,
/// told apart by its header, and what is not part of WebAssembly 3.0.
fn everything() -> WasmFeatures {
    let all = NAMES.iter().fold(FEATURES, |all, (feature, _)| all.union(*feature));
    all.difference(WasmFeatures::COMPONENT_MODEL.union(REDEFINING))
}

/// The parser does not always know which feature it misses, so validate with everything on, then
/// with one feature off at a time. Only modules that are refused anyway pay for this.
fn find_missing(wasm: &[u8], admitted: WasmFeatures) -> Option<Named> {
    let valid = |features| Validator::new_with_features(features).validate_all(wasm).is_ok();
    let all = everything();
    if !valid(all) {
        return None;
    }
    NAMES
        .iter()
        .filter(|(feature, _)| all.intersects(*feature) && !admitted.contains(*feature))
        .find(|(feature, _)| !valid(all.difference(*feature)))
        .copied()
}
