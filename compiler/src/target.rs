//! What code is made for: an instruction set and the CPU features that it may use. Names here are
//! users' (`arm64`, `x86-64-v3`, `native`); what Cranelift is told is in [`crate::codegen::isa`].

use aot_format::cpu::Isa;

use crate::error::Error;
use crate::native;

/// Other names of instruction sets. The part of a target triple before the first `-` is enough.
const ISA_ALIASES: &[(&str, Isa)] = &[
    ("x86_64", Isa::X86_64),
    ("x86-64", Isa::X86_64),
    ("amd64", Isa::X86_64),
    ("aarch64", Isa::Aarch64),
    ("aarch64v8", Isa::Aarch64),
    ("arm64", Isa::Aarch64),
    ("riscv64", Isa::Riscv64),
    ("riscv64gc", Isa::Riscv64),
    ("riscv64_lp64d", Isa::Riscv64),
];

/// A CPU that has a name, with what it has beyond the baseline of its instruction set.
struct Cpu {
    isa: Isa,
    names: &'static [&'static str],
    beyond_baseline: &'static [&'static str],
}

const X86_64_V3: &[&str] = &["avx", "avx2", "fma", "bmi1", "bmi2", "lzcnt"];
const X86_64_V4: &[&str] = &["avx", "avx2", "fma", "bmi1", "bmi2", "lzcnt", "avx512f", "avx512vl", "avx512dq"];

/// The first of an instruction set is its portable baseline, the default.
const CPUS: &[Cpu] = &[
    Cpu { isa: Isa::X86_64, names: &["x86-64-v2", "generic", "nehalem"], beyond_baseline: &[] },
    Cpu { isa: Isa::X86_64, names: &["x86-64-v3", "haswell"], beyond_baseline: X86_64_V3 },
    Cpu { isa: Isa::X86_64, names: &["x86-64-v4", "skylake-avx512"], beyond_baseline: X86_64_V4 },
    Cpu { isa: Isa::Aarch64, names: &["armv8-a", "generic"], beyond_baseline: &[] },
    Cpu { isa: Isa::Aarch64, names: &["armv8.1-a"], beyond_baseline: &["lse"] },
    Cpu { isa: Isa::Riscv64, names: &["rv64gc", "generic", "generic-rv64"], beyond_baseline: &[] },
    Cpu { isa: Isa::Riscv64, names: &["rva22u64"], beyond_baseline: &["zba", "zbb", "zbs", "zfhmin"] },
];

/// Features without which instruction selection would call library functions, or fail. An artifact
/// has no library, so they cannot be left out.
fn indispensable(isa: Isa) -> &'static [&'static str] {
    match isa {
        Isa::X86_64 => &["sse3", "ssse3", "sse41", "sse42"],
        Isa::Aarch64 => &[],
        Isa::Riscv64 => &["m", "a", "f", "d", "zicsr", "zifencei"],
    }
}

/// An instruction set and the features code may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target {
    /// The instruction set.
    pub isa: Isa,
    /// Features, as bits of [`Isa::feature_names`].
    pub features: u64,
}

impl Target {
    /// Resolves what a user wrote. Absent means: this machine's instruction set (x86_64 on machines
    /// that are none of ours), its portable baseline, no changes.
    ///
    /// # Errors
    ///
    /// Names that are not known, and features that code cannot do without.
    pub fn resolve(target: Option<&str>, cpu: Option<&str>, cpu_features: &[String]) -> Result<Target, Error> {
        let isa = match target {
            Some(name) => isa_named(name)?,
            None => Isa::HOST.unwrap_or(Isa::X86_64),
        };
        let mut target = Target { isa, features: cpu_features_of(isa, cpu)? };
        for change in cpu_features {
            target.change(change)?;
        }
        Ok(target)
    }

    /// Applies `+feature`, `-feature` or `feature`.
    fn change(&mut self, change: &str) -> Result<(), Error> {
        let (on, name) = match change.split_at_checked(1) {
            Some(("+", name)) => (true, name),
            Some(("-", name)) => (false, name),
            _ => (true, change),
        };
        let isa = self.isa.name();
        let Some(bit) = self.isa.feature_bit(name) else {
            return Err(Error::UnknownCpuFeature {
                name: name.to_owned(),
                isa,
                known: self.isa.feature_names().join(", "),
            });
        };
        if on {
            self.features |= bit;
        } else if indispensable(self.isa).contains(&name) {
            return Err(Error::BaselineFeature { name: name.to_owned(), isa });
        } else {
            self.features &= !bit;
        }
        Ok(())
    }

    /// Whether code can hold vectors in registers.
    pub fn has_vectors(&self) -> bool {
        match self.isa {
            Isa::X86_64 | Isa::Aarch64 => true,
            Isa::Riscv64 => self.isa.feature_bit("v").is_some_and(|bit| self.features & bit != 0),
        }
    }

    /// The options that resolve to this target on any machine.
    pub fn canonical_options(&self) -> String {
        let mut options = format!("--target={}", self.isa.name());
        let differing = self.features ^ self.isa.baseline();
        let changes: Vec<String> = self
            .isa
            .names_of(differing)
            .into_iter()
            .flatten()
            .map(|name| {
                let on = self.isa.feature_bit(name).is_some_and(|bit| self.features & bit != 0);
                format!("{}{name}", if on { '+' } else { '-' })
            })
            .collect();
        if !changes.is_empty() {
            options.push_str(" --cpu-features=");
            options.push_str(&changes.join(","));
        }
        options
    }
}

fn isa_named(name: &str) -> Result<Isa, Error> {
    let lower = name.to_ascii_lowercase();
    let known = |name: &str| ISA_ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, isa)| *isa);
    let first = lower.split('-').next().unwrap_or_default();
    known(&lower).or_else(|| known(first)).ok_or_else(|| Error::UnknownTarget { name: name.to_owned() })
}

fn cpu_features_of(isa: Isa, cpu: Option<&str>) -> Result<u64, Error> {
    let Some(name) = cpu else { return Ok(isa.baseline()) };
    if matches!(name, "native" | "host") {
        return match Isa::HOST {
            Some(host) if host == isa => Ok(native::features()),
            host => Err(Error::NotNative { isa: isa.name(), host: host.map_or("none of ours", Isa::name) }),
        };
    }
    let known = |cpu: &&Cpu| cpu.isa == isa && cpu.names.contains(&name);
    let Some(cpu) = CPUS.iter().find(known) else {
        let names: Vec<&str> = cpu_names(isa).collect();
        return Err(Error::UnknownCpu { name: name.to_owned(), isa: isa.name(), known: names.join(", ") });
    };
    let bits = cpu.beyond_baseline.iter().filter_map(|feature| isa.feature_bit(feature));
    Ok(bits.fold(isa.baseline(), |word, bit| word | bit))
}

/// Names of the CPUs of an instruction set, the default first.
pub fn cpu_names(isa: Isa) -> impl Iterator<Item = &'static str> {
    CPUS.iter().filter(move |cpu| cpu.isa == isa).flat_map(|cpu| cpu.names.iter().copied()).chain(["native"])
}

/// Every target with its CPUs and features, as text.
pub fn help() -> String {
    let mut text = String::from("Targets (a triple or one of these names), their CPUs (default first) and features:\n");
    for isa in Isa::ALL {
        let aliases = ISA_ALIASES.iter().filter(|(name, alias)| *alias == isa && *name != isa.name());
        let aliases: Vec<&str> = aliases.map(|(name, _)| *name).collect();
        let cpus: Vec<&str> = cpu_names(isa).collect();
        let baseline: Vec<&str> = isa.names_of(isa.baseline()).into_iter().flatten().collect();
        let others: Vec<&str> = isa.names_of(!isa.baseline()).into_iter().flatten().collect();
        let host = if Isa::HOST == Some(isa) { " (this machine)" } else { "" };
        text.push_str(&format!("\n  {}{host}, also {}\n", isa.name(), aliases.join(", ")));
        text.push_str(&format!("    --cpu:          {}\n", cpus.join(", ")));
        text.push_str(&format!(
            "    baseline:       {}\n",
            if baseline.is_empty() { "-".into() } else { baseline.join(" ") }
        ));
        text.push_str(&format!("    --cpu-features: {}\n", others.join(" ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(target: &str, cpu: Option<&str>, changes: &[&str]) -> Result<Target, Error> {
        let changes: Vec<String> = changes.iter().map(|change| change.to_string()).collect();
        Target::resolve(Some(target), cpu, &changes)
    }

    #[test]
    fn every_name_of_a_cpu_means_features_that_exist() {
        for cpu in CPUS {
            for feature in cpu.beyond_baseline {
                assert!(cpu.isa.feature_bit(feature).is_some(), "{feature}");
            }
        }
        for isa in Isa::ALL {
            for feature in indispensable(isa) {
                assert!(isa.baseline() & isa.feature_bit(feature).unwrap() != 0, "{feature}");
            }
        }
    }

    #[test]
    fn triples_and_aliases() {
        for name in ["arm64", "aarch64", "aarch64-unknown-linux-gnu", "AArch64"] {
            assert_eq!(resolve(name, None, &[]).unwrap().isa, Isa::Aarch64);
        }
        assert_eq!(resolve("x86-64", None, &[]).unwrap().isa, Isa::X86_64);
        assert_eq!(resolve("riscv64gc-unknown-linux-gnu", None, &[]).unwrap().isa, Isa::Riscv64);
        assert!(matches!(resolve("mips", None, &[]), Err(Error::UnknownTarget { .. })));
    }

    #[test]
    fn changes_apply_in_order_and_round_trip() {
        let target = resolve("x86_64", Some("x86-64-v3"), &["-bmi1", "+avx512f", "-popcnt"]).unwrap();
        assert_eq!(
            target.canonical_options(),
            "--target=x86_64 --cpu-features=-popcnt,+avx,+avx2,+fma,+bmi2,+lzcnt,+avx512f"
        );
        let again = resolve("x86_64", None, &["-popcnt", "+avx", "+avx2", "+fma", "+bmi2", "+lzcnt", "+avx512f"]);
        assert_eq!(again.unwrap(), target);
        assert!(matches!(resolve("x86_64", None, &["-sse41"]), Err(Error::BaselineFeature { .. })));
        assert!(matches!(resolve("x86_64", None, &["+lse"]), Err(Error::UnknownCpuFeature { .. })));
        assert!(matches!(resolve("riscv64", Some("haswell"), &[]), Err(Error::UnknownCpu { .. })));
    }
}
