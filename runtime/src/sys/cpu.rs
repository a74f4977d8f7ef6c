//! Which features this machine has, in the words of [`aot_format::cpu`]. How to ask is in
//! [`super::arch`]; whether it is enough for an artifact is for the loader to say.

use std::sync::OnceLock;

use aot_format::cpu::Isa;

/// The host's features as bits of [`Isa::feature_names`]. Asked once per process.
pub(crate) fn host_features() -> u64 {
    static FEATURES: OnceLock<u64> = OnceLock::new();
    *FEATURES.get_or_init(|| {
        super::arch::detect_features(|name| Isa::HOST.and_then(|isa| isa.feature_bit(name)).unwrap_or(0))
    })
}

/// Names of features, comma separated.
pub(crate) fn feature_names(isa: Isa, features: u64) -> String {
    let names = isa.names_of(features).into_iter().map(|name| name.unwrap_or("unknown"));
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_detected_feature_has_a_name() {
        let names = Isa::HOST.map(|isa| isa.names_of(host_features())).unwrap_or_default();
        assert!(names.iter().all(Option::is_some));
    }

    #[test]
    fn the_baseline_is_there() {
        let Some(isa) = Isa::HOST else { return };
        println!("{:?}", isa.names_of(host_features()));
        assert_eq!(isa.baseline() & !host_features(), 0);
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn implied_features_come_with_what_implies_them() {
        let has = |name| Isa::HOST.and_then(|isa| isa.feature_bit(name)).is_some_and(|bit| host_features() & bit != 0);
        assert!(!has("avx2") || has("avx"));
        assert!(!has("sse42") || has("ssse3"));
    }
}
