//! What shapes an artifact besides its wasm. [`Options`] write themselves into the artifact, and can
//! be read back from there, so that anyone can compile again and compare.

use aot_format::features::{Feature, FeatureSet};

use crate::error::Error;
use crate::target::Target;

/// How hard the optimiser tries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OptLevel {
    /// No optimisation; registers are allocated well all the same.
    None,
    /// For speed.
    #[default]
    Speed,
    /// For speed, but for size where that costs little.
    SpeedAndSize,
}

impl OptLevel {
    fn name(self) -> &'static str {
        match self {
            OptLevel::None => "none",
            OptLevel::Speed => "speed",
            OptLevel::SpeedAndSize => "speed_and_size",
        }
    }

    /// The name Cranelift's setting has.
    pub(crate) fn setting(self) -> &'static str {
        self.name()
    }
}

/// What shapes the artifact, and how to go about making it. The default makes code for this
/// machine's instruction set at its portable baseline, optimised for speed, with guard pages.
#[derive(Clone, Debug, Default)]
pub struct Options {
    target: Option<Target>,
    opt_level: OptLevel,
    explicit_bounds_checks: bool,
    nan_canonicalization: bool,
    no_inlining: bool,
    internalize: bool,
    switched_off: FeatureSet,
    custom_sections: Vec<String>,
    threads: usize,
    verifier: bool,
    spread_text: u32,
    tamper: Option<Tamper>,
}

/// Does something to a function between translation and Cranelift.
#[doc(hidden)]
pub type Tamper = fn(&mut cranelift_codegen::ir::Function);

impl Options {
    /// The default options.
    pub fn new() -> Options {
        Options::default()
    }

    /// Sets the instruction set and CPU features.
    pub fn target(mut self, target: Target) -> Options {
        self.target = Some(target);
        self
    }

    /// Sets how hard the optimiser tries.
    pub fn opt_level(mut self, level: OptLevel) -> Options {
        self.opt_level = level;
        self
    }

    /// With `true`, every memory access is compared with the memory's length in code, for hosts
    /// that cannot reserve 4 GiB of address space for each memory.
    pub fn explicit_bounds_checks(mut self, explicit: bool) -> Options {
        self.explicit_bounds_checks = explicit;
        self
    }

    /// With `true`, every NaN a float operation makes is the canonical one, at some cost.
    pub fn nan_canonicalization(mut self, canonicalize: bool) -> Options {
        self.nan_canonicalization = canonicalize;
        self
    }

    /// With `false`, every call of a function is one in the code, for profilers and measurements. It is on where there is
    /// optimisation.
    pub fn inlining(mut self, inline: bool) -> Options {
        self.no_inlining = !inline;
        self
    }

    /// Refuses modules that use a feature, or one that needs it. The artifacts of all others are the
    /// same, so this is not recorded.
    pub fn without(mut self, feature: Feature) -> Options {
        self.switched_off = self.switched_off.with(feature);
        self
    }

    /// With `true`, the members of a linked set but the last lose the exports of functions that no member imports, and
    /// the functions of theirs that only those needed. Nobody can look these up then, by whatever name. What is looked for
    /// by its name stays: `_initialize`, `malloc`, `free`; and `_start`, by which linking refuses a member.
    pub fn internalize(mut self, internalize: bool) -> Options {
        self.internalize = internalize;
        self
    }

    /// Keeps the custom sections with these names.
    pub fn custom_sections(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Options {
        self.custom_sections = names.into_iter().map(Into::into).collect();
        self.custom_sections.sort();
        self.custom_sections.dedup();
        self
    }

    /// Sets how many threads compile; 0 stands for one for each CPU. The artifact is the same.
    pub fn threads(mut self, threads: usize) -> Options {
        self.threads = threads;
        self
    }

    /// With `true`, Cranelift's verifier checks every function between passes. The artifact is the
    /// same. It is on in any case when the compiler itself was built with debug assertions.
    pub fn verifier(mut self, verify: bool) -> Options {
        self.verifier = verify;
        self
    }

    /// Puts so many bytes that nobody executes behind each function: a setting for tests, which makes branches between
    /// functions far ones.
    #[doc(hidden)]
    pub fn spread_text(mut self, bytes: u32) -> Options {
        self.spread_text = bytes;
        self
    }

    /// Has something done to each function between translation and Cranelift: a setting for tests of tests, which plant
    /// faults in the code and want them found. It is not recorded.
    #[doc(hidden)]
    pub fn tamper(mut self, tamper: Tamper) -> Options {
        self.tamper = Some(tamper);
        self
    }

    pub(crate) fn get_tamper(&self) -> Option<Tamper> {
        self.tamper
    }

    pub(crate) fn get_spread_text(&self) -> u32 {
        self.spread_text
    }

    pub(crate) fn get_target(&self) -> Result<Target, Error> {
        match self.target {
            Some(target) => Ok(target),
            None => Target::resolve(None, None, &[]),
        }
    }

    pub(crate) fn get_opt_level(&self) -> OptLevel {
        self.opt_level
    }

    pub(crate) fn has_explicit_bounds_checks(&self) -> bool {
        self.explicit_bounds_checks
    }

    pub(crate) fn has_nan_canonicalization(&self) -> bool {
        self.nan_canonicalization
    }

    pub(crate) fn has_inlining(&self) -> bool {
        self.opt_level != OptLevel::None && !self.no_inlining
    }

    pub(crate) fn internalizes(&self) -> bool {
        self.internalize
    }

    pub(crate) fn switched_off(&self) -> FeatureSet {
        self.switched_off
    }

    pub(crate) fn keeps_custom_section(&self, name: &str) -> bool {
        self.custom_sections.iter().any(|kept| kept == name)
    }

    pub(crate) fn thread_count(&self) -> usize {
        self.threads
    }

    pub(crate) fn has_verifier(&self) -> bool {
        self.verifier || cfg!(debug_assertions)
    }

    /// What stands in the artifact: everything that shapes its bytes, in one order, with the CPU
    /// features written out, as `wamrc` takes it on its command line.
    ///
    /// # Errors
    ///
    /// Those of [`Target::resolve`], where no target was set.
    pub fn recorded(&self) -> Result<String, Error> {
        let mut text = self.get_target()?.canonical_options();
        text.push_str(match self.opt_level {
            OptLevel::None => " --opt-level=0",
            OptLevel::Speed => " --opt-level=2",
            OptLevel::SpeedAndSize => " --opt-level=2 --size-level=1",
        });
        text.push_str(if self.explicit_bounds_checks { " --bounds-checks=1" } else { " --bounds-checks=0" });
        if self.nan_canonicalization {
            text.push_str(" --enable-nan-canonicalization");
        }
        if self.no_inlining {
            text.push_str(" --no-inlining");
        }
        if self.internalize {
            text.push_str(" --internalize");
        }
        if self.spread_text != 0 {
            text.push_str(&format!(" --spread-text={}", self.spread_text));
        }
        if !self.custom_sections.is_empty() {
            let names: Vec<String> = self.custom_sections.iter().map(|name| escape(name)).collect();
            text.push_str(&format!(" --emit-custom-sections={}", names.join(",")));
        }
        Ok(text)
    }

    /// Reads options back from an artifact.
    ///
    /// # Errors
    ///
    /// [`Error::RecordedOptions`] for what [`Self::recorded`] does not write.
    pub fn from_recorded(text: &str) -> Result<Options, Error> {
        let wrong = |word: &str| Error::RecordedOptions { word: word.to_owned() };
        let mut options = Options::new();
        let (mut target, mut features) = (None, Vec::new());
        for word in text.split_ascii_whitespace() {
            match word.split_once('=') {
                Some(("--target", name)) => target = Some(name),
                Some(("--cpu-features", list)) => features = list.split(',').map(str::to_owned).collect(),
                Some(("--opt-level", "0")) => options.opt_level = OptLevel::None,
                Some(("--opt-level", "2")) => options.opt_level = OptLevel::Speed,
                Some(("--size-level", "1")) => options.opt_level = OptLevel::SpeedAndSize,
                Some(("--bounds-checks", "0")) => options.explicit_bounds_checks = false,
                Some(("--bounds-checks", "1")) => options.explicit_bounds_checks = true,
                Some(("--spread-text", bytes)) => options.spread_text = bytes.parse().map_err(|_| wrong(word))?,
                Some(("--emit-custom-sections", list)) => {
                    let names = list.split(',').map(|name| unescape(name).ok_or_else(|| wrong(word)));
                    options = options.custom_sections(names.collect::<Result<Vec<String>, _>>()?);
                }
                None if word == "--enable-nan-canonicalization" => options.nan_canonicalization = true,
                None if word == "--no-inlining" => options.no_inlining = true,
                None if word == "--internalize" => options.internalize = true,
                _ => return Err(wrong(word)),
            }
        }
        let target = target.ok_or_else(|| wrong(text))?;
        Ok(options.target(Target::resolve(Some(target), None, &features)?))
    }
}

/// Writes a section name without spaces, commas and control characters.
fn escape(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        match byte {
            b'!'..=b'~' if byte != b',' && byte != b'%' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02x}")),
        }
    }
    out
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        if *byte == b'%' {
            let (digits, tail) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?);
            rest = tail;
        } else {
            bytes.push(*byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_options_read_back_as_the_same() {
        let target = Target::resolve(Some("x86_64"), Some("x86-64-v3"), &["-bmi1".to_owned()]).unwrap();
        let options = Options::new()
            .target(target)
            .opt_level(OptLevel::SpeedAndSize)
            .explicit_bounds_checks(true)
            .nan_canonicalization(true)
            .inlining(false)
            .internalize(true)
            .spread_text(512)
            .custom_sections(["b, c%", "a", "ü"])
            .threads(7);
        let text = options.recorded().unwrap();
        let again = Options::from_recorded(&text).unwrap();
        assert_eq!(again.recorded().unwrap(), text);
        assert!(again.keeps_custom_section("b, c%") && again.keeps_custom_section("ü"));
        assert!(!text.contains('7'), "threads must not shape the artifact: {text}");
    }

    #[test]
    fn foreign_options_are_refused() {
        for text in ["", "--opt-level=2", "--target=x86_64 --opt-level=7", "--target=x86_64 -x"] {
            assert!(Options::from_recorded(text).is_err(), "{text}");
        }
        let text = Options::new().target(Target::resolve(Some("arm64"), None, &[]).unwrap()).recorded().unwrap();
        assert_eq!(text, "--target=aarch64 --opt-level=2 --bounds-checks=0");
    }
}
