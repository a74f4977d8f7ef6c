//! Instruction sets and CPU features, by the names Cranelift's settings use (without `has_`).
//! An artifact records what its code requires as bits of one word; the runtime detects what the
//! machine has as bits of the same word. Detection itself is the runtime's.

use alloc::vec::Vec;

/// An instruction set, with its code in the header.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u32)]
pub enum Isa {
    /// 64-bit x86.
    X86_64 = 1,
    /// 64-bit Arm.
    Aarch64 = 2,
    /// 64-bit RISC-V, with at least G and C.
    Riscv64 = 3,
}

impl Isa {
    /// All of them.
    pub const ALL: [Isa; 3] = [Isa::X86_64, Isa::Aarch64, Isa::Riscv64];

    /// The instruction set this library was compiled for, if it is one of ours.
    pub const HOST: Option<Isa> = if cfg!(target_arch = "x86_64") {
        Some(Isa::X86_64)
    } else if cfg!(target_arch = "aarch64") {
        Some(Isa::Aarch64)
    } else if cfg!(target_arch = "riscv64") {
        Some(Isa::Riscv64)
    } else {
        None
    };

    /// The instruction set with this code.
    pub fn from_code(code: u32) -> Option<Isa> {
        Isa::ALL.into_iter().find(|isa| *isa as u32 == code)
    }

    /// Its short name, also WAMR's.
    pub fn name(self) -> &'static str {
        match self {
            Isa::X86_64 => "x86_64",
            Isa::Aarch64 => "aarch64",
            Isa::Riscv64 => "riscv64",
        }
    }

    /// Binary logarithm of the page size text and images are aligned to: the largest page a
    /// system of this instruction set may have.
    pub fn page_size_log2(self) -> u32 {
        match self {
            Isa::Aarch64 => 16,
            Isa::X86_64 | Isa::Riscv64 => 12,
        }
    }

    /// Names of the features; the position of a name is its bit.
    pub fn feature_names(self) -> &'static [&'static str] {
        match self {
            Isa::X86_64 => &[
                "sse3",
                "ssse3",
                "cmpxchg16b",
                "sse41",
                "sse42",
                "popcnt",
                "avx",
                "avx2",
                "fma",
                "bmi1",
                "bmi2",
                "lzcnt",
                "avx512f",
                "avx512vl",
                "avx512dq",
                "avx512bitalg",
                "avx512vbmi",
            ],
            Isa::Aarch64 => &["lse", "pauth", "fp16", "dotprod"],
            Isa::Riscv64 => &[
                "m", "a", "f", "d", "zca", "zcb", "zcd", "zicsr", "zifencei", "zba", "zbb", "zbc", "zbs", "zbkb",
                "zfa", "zfh", "zfhmin", "zicond", "v", "zvl128b", "zvl256b",
            ],
        }
    }

    /// The bit of a feature, if it has one.
    pub fn feature_bit(self, name: &str) -> Option<u64> {
        self.feature_names().iter().position(|known| *known == name).map(|bit| 1 << bit)
    }

    /// The names in a feature word; a bit without a name is given as `None`.
    pub fn names_of(self, features: u64) -> Vec<Option<&'static str>> {
        (0..64).filter(|bit| features >> bit & 1 != 0).map(|bit| self.feature_names().get(bit).copied()).collect()
    }

    /// Features of the portable baseline: x86-64-v2, Armv8.0, RV64GC.
    pub fn baseline(self) -> u64 {
        let names: &[&str] = match self {
            Isa::X86_64 => &["sse3", "ssse3", "cmpxchg16b", "sse41", "sse42", "popcnt"],
            Isa::Aarch64 => &[],
            Isa::Riscv64 => &["m", "a", "f", "d", "zca", "zcd", "zicsr", "zifencei"],
        };
        names.iter().filter_map(|name| self.feature_bit(name)).fold(0, |word, bit| word | bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_baseline_feature_has_a_bit() {
        assert_eq!(Isa::X86_64.baseline().count_ones(), 6);
        assert_eq!(Isa::Riscv64.baseline().count_ones(), 8);
    }
}
