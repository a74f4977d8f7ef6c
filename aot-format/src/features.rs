//! The features of WebAssembly beyond its first version that have a switch: what command lines and
//! messages call them, which this version has, and what each needs. Which bits of a parser they are is
//! the compiler's to know; the runtime only lists them.

macro_rules! features {
    ($($feature:ident: $name:literal, $title:literal, $compiled:literal, needs [$($needs:ident),*];)*) => {
        /// A feature: a proposal, as a rule one that has been merged.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum Feature { $(#[doc = $title] $feature,)* }

        impl Feature {
            /// All of them, the more basic ones first.
            pub const ALL: &'static [Feature] = &[$(Feature::$feature,)*];

            /// What command lines call it.
            pub const fn name(self) -> &'static str {
                match self { $(Feature::$feature => $name,)* }
            }

            /// The option that switches it off, without the dashes.
            pub const fn disable_option(self) -> &'static str {
                match self { $(Feature::$feature => concat!("disable-", $name),)* }
            }

            /// The option that asks for it, without the dashes.
            pub const fn enable_option(self) -> &'static str {
                match self { $(Feature::$feature => concat!("enable-", $name),)* }
            }

            /// What messages call it.
            pub const fn title(self) -> &'static str {
                match self { $(Feature::$feature => $title,)* }
            }

            /// Whether this version has it; it is then on unless it is switched off.
            pub const fn is_compiled(self) -> bool {
                match self { $(Feature::$feature => $compiled,)* }
            }

            /// The features without which it makes no sense, directly.
            pub const fn needs(self) -> &'static [Feature] {
                match self { $(Feature::$feature => &[$(Feature::$needs),*],)* }
            }
        }
    };
}

features! {
    MutableGlobal: "mutable-global", "imports and exports of mutable globals", true, needs [];
    SignExtension: "sign-extension", "sign extension", true, needs [];
    SaturatingFloatToInt: "saturating-float-to-int", "saturating conversions to integers", true, needs [];
    MultiValue: "multi-value", "multiple values", true, needs [];
    BulkMemory: "bulk-memory", "bulk memory operations", true, needs [];
    ReferenceTypes: "reference-types", "reference types", true, needs [];
    Simd: "simd", "SIMD (fixed-width)", true, needs [];
    RelaxedSimd: "relaxed-simd", "relaxed SIMD", true, needs [Simd];
    ExtendedConst: "extended-const", "extended constant expressions", true, needs [];
    TailCall: "tail-call", "tail calls", true, needs [];
    MultiMemory: "multi-memory", "multiple memories", true, needs [];
    Memory64: "memory64", "memory64 (64-bit memories and tables)", true, needs [];
    Threads: "threads", "threads (shared memories and atomics)", true, needs [];
    Exceptions: "exceptions", "exception handling", true, needs [];
    LegacyExceptions: "legacy-exceptions", "legacy exception handling", true, needs [Exceptions];
    FunctionReferences: "function-references", "typed function references", true, needs [ReferenceTypes];
    Gc: "gc", "garbage collection", true, needs [FunctionReferences];
    CustomPageSizes: "custom-page-sizes", "custom page sizes", true, needs [];
    WideArithmetic: "wide-arithmetic", "wide arithmetic", true, needs [];
}

impl Feature {
    /// Names of those that this version has, or has not.
    pub fn names(compiled: bool) -> impl Iterator<Item = &'static str> {
        Feature::ALL.iter().filter(move |feature| feature.is_compiled() == compiled).map(|feature| feature.name())
    }
}

/// A set of features.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug)]
pub struct FeatureSet(u32);

const _: () = assert!(Feature::ALL.len() <= u32::BITS as usize);

impl FeatureSet {
    /// The empty set.
    pub const NONE: FeatureSet = FeatureSet(0);

    /// The set with one more.
    #[must_use]
    pub const fn with(self, feature: Feature) -> FeatureSet {
        FeatureSet(self.0 | 1 << feature as u8)
    }

    /// Whether a feature is in it.
    pub const fn contains(self, feature: Feature) -> bool {
        self.0 & 1 << feature as u8 != 0
    }

    /// Of a set of features that are switched off, the one that takes `feature` with it: itself, or the
    /// first that it needs, however far away.
    pub fn takes_along(self, feature: Feature) -> Option<Feature> {
        if self.contains(feature) {
            return Some(feature);
        }
        feature.needs().iter().find_map(|needed| self.takes_along(*needed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_come_first_and_names_are_unique() {
        for (index, feature) in Feature::ALL.iter().enumerate() {
            assert_eq!(*feature as usize, index);
            assert!(feature.needs().iter().all(|needed| (*needed as usize) < index), "{feature:?}");
            assert!(feature.needs().iter().all(|needed| needed.is_compiled() || !feature.is_compiled()), "{feature:?}");
            let same = Feature::ALL.iter().filter(|other| other.name() == feature.name());
            assert_eq!(same.count(), 1, "{feature:?}");
        }
    }

    #[test]
    fn what_is_off_takes_along_what_needs_it() {
        let off = FeatureSet::NONE.with(Feature::ReferenceTypes).with(Feature::Simd);
        assert_eq!(off.takes_along(Feature::RelaxedSimd), Some(Feature::Simd));
        assert_eq!(off.takes_along(Feature::Gc), Some(Feature::ReferenceTypes));
        assert_eq!(off.takes_along(Feature::Simd), Some(Feature::Simd));
        assert_eq!(off.takes_along(Feature::TailCall), None);
        let relaxed = FeatureSet::NONE.with(Feature::RelaxedSimd);
        assert_eq!(relaxed.takes_along(Feature::Simd), None);
    }
}
