//! What the machine that compiles has, for `--cpu=native`. The runtime detects for itself.

use aot_format::cpu::Isa;

/// Features of this machine that code may use; its baseline if it is none of our instruction sets.
pub fn features() -> u64 {
    let Some(isa) = Isa::HOST else { return 0 };
    let present = DETECTED.iter().filter(|(_, present)| present()).filter_map(|(name, _)| isa.feature_bit(name));
    present.fold(isa.baseline(), |word, bit| word | bit)
}

macro_rules! detected {
    ($detect:path: $($name:literal is $std:tt,)*) => {
        const DETECTED: &[(&str, fn() -> bool)] = &[$(($name, || { use $detect as detect; detect!($std) }),)*];
    };
}

#[cfg(target_arch = "x86_64")]
detected! { std::is_x86_feature_detected:
    "avx" is "avx", "avx2" is "avx2", "fma" is "fma", "bmi1" is "bmi1", "bmi2" is "bmi2", "lzcnt" is "lzcnt",
    "avx512f" is "avx512f", "avx512vl" is "avx512vl", "avx512dq" is "avx512dq", "avx512bitalg" is "avx512bitalg",
    "avx512vbmi" is "avx512vbmi",
}

#[cfg(target_arch = "aarch64")]
detected! { std::arch::is_aarch64_feature_detected:
    "lse" is "lse", "fp16" is "fp16", "dotprod" is "dotprod",
}

// On riscv64 the standard library detects only with a nightly compiler: `native` is the baseline.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const DETECTED: &[(&str, fn() -> bool)] = &[];
