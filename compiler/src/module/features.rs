//! Which features a module may use, and how one that needs another is refused by that feature's name
//! rather than by a parser's complaint. What features there are, and which are compiled, is in
//! [`aot_format::features`]; here is what wasmparser calls them.

pub use aot_format::features::{Feature, FeatureSet};
use wasmparser::{Validator, WasmFeatures};

use crate::error::{Error, FunctionLabel};

/// wasmparser's name of a feature.
const fn flag(feature: Feature) -> WasmFeatures {
    match feature {
        Feature::MutableGlobal => WasmFeatures::MUTABLE_GLOBAL,
        Feature::SignExtension => WasmFeatures::SIGN_EXTENSION,
        Feature::SaturatingFloatToInt => WasmFeatures::SATURATING_FLOAT_TO_INT,
        Feature::MultiValue => WasmFeatures::MULTI_VALUE,
        Feature::BulkMemory => WasmFeatures::BULK_MEMORY,
        Feature::ReferenceTypes => WasmFeatures::REFERENCE_TYPES,
        Feature::Simd => WasmFeatures::SIMD,
        Feature::RelaxedSimd => WasmFeatures::RELAXED_SIMD,
        Feature::ExtendedConst => WasmFeatures::EXTENDED_CONST,
        Feature::TailCall => WasmFeatures::TAIL_CALL,
        Feature::MultiMemory => WasmFeatures::MULTI_MEMORY,
        Feature::Memory64 => WasmFeatures::MEMORY64,
        Feature::Threads => WasmFeatures::THREADS,
        Feature::Exceptions => WasmFeatures::EXCEPTIONS,
        Feature::LegacyExceptions => WasmFeatures::LEGACY_EXCEPTIONS,
        Feature::FunctionReferences => WasmFeatures::FUNCTION_REFERENCES,
        Feature::Gc => WasmFeatures::GC,
        Feature::CustomPageSizes => WasmFeatures::CUSTOM_PAGE_SIZES,
        Feature::WideArithmetic => WasmFeatures::WIDE_ARITHMETIC,
    }
}

/// Proposals without a switch, none of which is compiled.
const OTHERS: &[(WasmFeatures, &str)] = &[
    (WasmFeatures::STACK_SWITCHING, "stack switching"),
    (WasmFeatures::SHARED_EVERYTHING_THREADS, "shared-everything threads"),
    (WasmFeatures::MEMORY_CONTROL, "memory control"),
    (WasmFeatures::CUSTOM_DESCRIPTORS, "custom descriptors"),
    (WasmFeatures::COMPACT_IMPORTS, "the compact import section"),
    (WasmFeatures::ACQUIRE_RELEASE_ATOMICS, "acquire-release atomics"),
    (WasmFeatures::MULTIBYTE_ARRAY_ACCESS, "multibyte array access"),
    (WasmFeatures::COMPONENT_MODEL, "the component model"),
];

/// Extensions of WebAssembly 3.0 that give a meaning to what it calls invalid. A module that only they
/// would accept is invalid.
const REDEFINING: WasmFeatures = WasmFeatures::STACK_SWITCHING.union(WasmFeatures::CUSTOM_DESCRIPTORS);

/// What modules may use: what is compiled, without what whoever compiles or the target does without.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Admitted {
    /// Features that whoever compiles does not want; what needs them is off with them.
    pub switched_off: FeatureSet,
    /// Whether the target is riscv64 without the V extension, which has no vectors.
    pub lacks_vectors: bool,
}

/// Why a module may not use something.
#[derive(Clone, Copy)]
enum Reason {
    NotCompiled,
    SwitchedOff(Feature),
    NeedsV,
}

/// A proposal a module needs and may not use.
#[derive(Clone, Copy)]
struct Missing {
    flag: WasmFeatures,
    title: &'static str,
    reason: Reason,
}

impl Admitted {
    /// Why modules may not use a feature; nothing if they may.
    fn refuses(self, feature: Feature) -> Option<Reason> {
        let vectors = matches!(feature, Feature::Simd | Feature::RelaxedSimd);
        match self.switched_off.takes_along(feature) {
            Some(off) => Some(Reason::SwitchedOff(off)),
            None if !feature.is_compiled() => Some(Reason::NotCompiled),
            None if vectors && self.lacks_vectors => Some(Reason::NeedsV),
            None => None,
        }
    }

    /// The same, for the parser.
    pub(super) fn flags(self) -> WasmFeatures {
        let admitted = |feature: &&Feature| self.refuses(**feature).is_none();
        Feature::ALL.iter().filter(admitted).fold(WasmFeatures::MVP, |all, feature| all.union(flag(*feature)))
    }

    /// What modules may not use, the more basic first: where a module needs several, the first is named.
    fn missing(self) -> impl Iterator<Item = Missing> {
        let switched = Feature::ALL.iter().filter_map(move |feature| {
            let reason = self.refuses(*feature)?;
            Some(Missing { flag: flag(*feature), title: feature.title(), reason })
        });
        let others = OTHERS.iter().map(|(flag, title)| Missing { flag: *flag, title, reason: Reason::NotCompiled });
        switched.chain(others)
    }
}

impl Missing {
    /// The error about a module that is not valid without it.
    fn refuse(self, wasm: &[u8], offset: u64, function: Option<FunctionLabel>) -> Error {
        let feature = self.title;
        invalid_in_any_case(wasm).unwrap_or(match self.reason {
            Reason::NotCompiled => Error::Unsupported { feature, offset, function },
            Reason::SwitchedOff(off) => Error::SwitchedOff { feature, off: off.disable_option(), offset, function },
            Reason::NeedsV => Error::SimdNeedsV { feature, offset, function },
        })
    }
}

/// Turns an error of the parser or validator into ours. A module that would be valid with more
/// features is refused by the name of the first; any other is invalid.
pub fn explain(wasm: &[u8], error: &wasmparser::Error, function: Option<FunctionLabel>, admitted: Admitted) -> Error {
    let missing = error.missing_wasm_feature();
    let named = missing.and_then(|missing| admitted.missing().find(|named| missing.intersects(named.flag)));
    let offset = error.offset();
    match named.or_else(|| find_missing(wasm, admitted)) {
        Some(Missing { title, .. }) if missing.is_some_and(|missing| missing.intersects(REDEFINING)) => {
            let message = format!("{} (valid only with {title}, which this version does not compile)", error.message());
            Error::Invalid { message, offset, function }
        }
        Some(missing) => missing.refuse(wasm, offset, function),
        None => Error::Invalid { message: error.message().to_owned(), offset, function },
    }
}

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
    let switched = Feature::ALL.iter().fold(WasmFeatures::MVP, |all, feature| all.union(flag(*feature)));
    let all = OTHERS.iter().fold(switched, |all, (flag, _)| all.union(*flag));
    all.difference(WasmFeatures::COMPONENT_MODEL.union(REDEFINING))
}

/// The parser does not always know which feature it misses, so validate with everything on, then
/// with one feature off at a time. Only modules that are refused anyway pay for this.
fn find_missing(wasm: &[u8], admitted: Admitted) -> Option<Missing> {
    let valid = |features| Validator::new_with_features(features).validate_all(wasm).is_ok();
    let all = everything();
    if !valid(all) {
        return None;
    }
    let off = |missing: &Missing| all.intersects(missing.flag) && !admitted.flags().contains(missing.flag);
    admitted.missing().filter(off).find(|missing| !valid(all.difference(missing.flag)))
}
