//! What the machine that compiles has, for `--cpu=native`. The runtime detects for itself.

use aot_format::cpu::Isa;

/// Features of this machine that code may use; its baseline if it is none of our instruction sets.
pub fn features() -> u64 {
    let Some(isa) = Isa::HOST else { return 0 };
    let present = DETECTED.iter().filter(|(_, present)| present()).filter_map(|(name, _)| isa.feature_bit(name));
    present.fold(isa.baseline(), |word, bit| word | bit)
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
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

// On riscv64 the standard library detects only with a nightly compiler. Linux tells in a file. (Not of Zcb, which the
// runtime finds on few kernels.)
#[cfg(target_arch = "riscv64")]
const DETECTED: &[(&str, fn() -> bool)] = &[
    ("v", || cpuinfo_has("v")),
    ("zvl128b", || cpuinfo_has("v")),
    ("zba", || cpuinfo_has("zba")),
    ("zbb", || cpuinfo_has("zbb")),
    ("zbc", || cpuinfo_has("zbc")),
    ("zbs", || cpuinfo_has("zbs")),
    ("zbkb", || cpuinfo_has("zbkb")),
    ("zfa", || cpuinfo_has("zfa")),
    ("zfh", || cpuinfo_has("zfh")),
    ("zfhmin", || cpuinfo_has("zfhmin")),
    ("zicond", || cpuinfo_has("zicond")),
];

/// Whether the first CPU that `/proc/cpuinfo` describes has an extension.
#[cfg(target_arch = "riscv64")]
fn cpuinfo_has(extension: &str) -> bool {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let isa = text.lines().find_map(|line| line.strip_prefix("isa")?.trim_start().strip_prefix(':'));
    isa.is_some_and(|isa| isa_string_has(isa.trim(), extension))
}

/// Whether an ISA string (`rv64imafdcv_zba_zbb`) has an extension: a letter in front, or a word behind.
#[cfg(any(test, target_arch = "riscv64"))]
fn isa_string_has(isa: &str, extension: &str) -> bool {
    let mut parts = isa.split('_');
    let letters = parts.next().unwrap_or_default().trim_start_matches("rv64");
    match extension.len() {
        1 => letters.contains(extension),
        _ => parts.any(|part| part == extension),
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
const DETECTED: &[(&str, fn() -> bool)] = &[];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn isa_strings() {
        let isa = "rv64imafdcv_zicsr_zba_zfhmin";
        assert!(["v", "m", "zba", "zfhmin"].iter().all(|extension| isa_string_has(isa, extension)));
        assert!(!["b", "zb", "zfh", "rv64"].iter().any(|extension| isa_string_has(isa, extension)));
        assert!(!isa_string_has("rv64imafdc", "v"));
    }
}
