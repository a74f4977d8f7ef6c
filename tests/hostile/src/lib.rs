//! Bodies: what input of any bytes must never do, each as one function that panics at a find. Tests,
//! the driver and the fuzz targets call them. Where input comes from is in `make` and `sweep`.
//!
//! Code of an artifact that is tried here is mapped, but nothing is instantiated, linked or called.

#[path = "../../../aot-format/tests/common/mod.rs"]
#[allow(missing_docs, clippy::should_implement_trait)]
pub mod common;
pub mod extreme;
pub mod make;
pub mod sweep;

use std::time::Duration;

use aot_format::dump::dump;
use aot_format::{Integrity, fat as fat_format, set as set_format};
use common::tally::cause;
use common::{strict, verify, walk};
use rustix::time::{ClockId, clock_gettime};
use wamrc::{Compiler, Error, Options};

/// The names of all bodies; each has a fuzz target of the same name.
pub const BODIES: &[&str] = &["artifact", "artifact_structured", "fat", "wasm", "wasm_structured"];

/// The body of a name that takes any bytes for choices.
pub fn body(name: &str) -> Option<fn(&[u8]) -> Verdict> {
    Some(match name {
        "artifact" => artifact,
        "artifact_structured" => artifact_structured,
        "fat" => fat,
        "wasm" => wasm,
        "wasm_structured" => wasm_structured,
        _ => return None,
    })
}

/// What became of an input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is accepted. The runtime may still have no use for it: see `loaded`.
    Accepted {
        /// Whether the runtime made a module of it.
        loaded: bool,
    },
    /// It is refused; names the check.
    Refused(String),
}

thread_local! {
    /// The most bytes that this thread has allocated at one time for an input, by the bytes of that.
    static MOST_ALLOCATED: std::cell::Cell<f64> = const { std::cell::Cell::new(0.0) };
}

/// CPU time of this thread so far.
fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or_default())
}

/// Runs `work` on an input of `bytes` bytes, within the promised memory and a linear time.
///
/// # Panics
///
/// If it allocates more than twice the input and 1 MiB, or takes more than 100 ms and 10 µs a byte.
fn within<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let start = cpu_time();
    let mut result = None;
    let spent = allocation_counter::measure(|| result = Some(work()));
    let (took, budget) = (cpu_time() - start, Duration::from_micros(100_000 + 10 * bytes as u64));
    assert!(took <= budget, "{took:?} for {bytes} bytes");
    let most = 2 * bytes as u64 + (1 << 20);
    assert!(spent.bytes_max <= most, "{} bytes allocated for a file of {bytes}", spent.bytes_max);
    MOST_ALLOCATED.with(|ratio| ratio.set(ratio.get().max(spent.bytes_max as f64 / bytes.max(1) as f64)));
    result.expect("measured")
}

/// Any bytes as an artifact: verified, relied upon by every reader, dumped, and made a module.
///
/// # Panics
///
/// At a find: a promise that is not kept.
pub fn artifact(bytes: &[u8]) -> Verdict {
    match within(bytes.len(), || verify(bytes)) {
        Ok(artifact) => {
            within(bytes.len(), || walk(&artifact));
            strict::trust(&artifact);
            let text = dump(&artifact).len();
            assert!(text <= 32 * bytes.len() + 4096, "a dump of {text} bytes of a file of {}", bytes.len());
            Verdict::Accepted { loaded: load(bytes).expect("the runtime verifies as the format does") }
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            Verdict::Refused(cause(&error))
        }
    }
}

/// Whether the runtime makes a module of these bytes; the name of the check if they are no artifact.
fn load(bytes: &[u8]) -> Result<bool, String> {
    let copy = bytes.to_vec();
    let artifact = match within(bytes.len(), || iwasm::Artifact::from_bytes(copy)) {
        Ok(artifact) => artifact,
        Err(iwasm::LoadError::Format { error, .. }) => return Err(cause(&error)),
        Err(iwasm::LoadError::NoSlice { .. }) => return Ok(false),
        Err(error) => panic!("not blamed on the bytes: {error}"),
    };
    let engine = iwasm::Engine::default();
    // SAFETY: the code is mapped and dropped again; nothing instantiates the module or calls into it.
    match within(bytes.len(), || unsafe { iwasm::Module::new(&engine, artifact) }) {
        Ok(module) => {
            assert!(module.exports().iter().all(|export| module.export_type(&export.name).is_some()));
            Ok(true)
        }
        Err(iwasm::LoadError::WrongIsa { .. } | iwasm::LoadError::MissingCpuFeatures { .. }) => Ok(false),
        Err(error) => panic!("not blamed on the bytes: {error}"),
    }
}

/// An artifact that is wrong in ways that `choices` says, its digest computed anew.
///
/// # Panics
///
/// As [`artifact`].
pub fn artifact_structured(choices: &[u8]) -> Verdict {
    artifact(&make::artifact(choices))
}

/// Any bytes as a fat artifact: its directory, each artifact inside, and the runtime's choice.
///
/// # Panics
///
/// As [`artifact`].
pub fn fat(bytes: &[u8]) -> Verdict {
    if !fat_format::is_fat(bytes) {
        return Verdict::Refused("not fat".into());
    }
    match within(bytes.len(), || fat_format::slices(bytes)) {
        Ok(slices) => {
            for slice in slices {
                let inside = bytes.get(slice.range).expect("a slice is in the file");
                let _any = within(inside.len(), || verify(inside).is_ok());
            }
            match load(bytes) {
                Ok(loaded) => Verdict::Accepted { loaded },
                Err(cause) => Verdict::Refused(cause),
            }
        }
        Err(error) => Verdict::Refused(cause(&error)),
    }
}

/// Any bytes as a linked set: its directory, each member, and the runtime's view of it.
///
/// # Panics
///
/// As [`artifact`].
pub fn set(bytes: &[u8]) -> Verdict {
    if !set_format::is_set(bytes) {
        return Verdict::Refused("not a set".into());
    }
    for integrity in [Integrity::Directory, Integrity::Full] {
        let _any = within(bytes.len(), || set_format::members(bytes, integrity).is_ok());
    }
    match load(bytes) {
        Ok(loaded) => Verdict::Accepted { loaded },
        Err(cause) => Verdict::Refused(cause),
    }
}

/// What compiling a module took.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// CPU time.
    pub time: Duration,
    /// Bytes allocated at one time.
    pub memory_bytes: u64,
}

impl Cost {
    /// What a module of so many bytes may take, with the checks of this module: what ordinary code does, and as much
    /// again for each.
    pub fn allowed(bytes: usize) -> Cost {
        Cost {
            time: Duration::from_micros(1_000_000 + 40 * bytes as u64),
            memory_bytes: (64 << 20) + 4096 * bytes as u64,
        }
    }

    /// Whether it is no more than another; in time, on machines that are not emulated.
    pub fn is_within(self, other: Cost) -> bool {
        (self.time <= other.time || !cfg!(target_arch = "x86_64")) && self.memory_bytes <= other.memory_bytes
    }
}

/// Compiles, as [`wasm`], and measures.
///
/// # Panics
///
/// As [`wasm`], but for the cost.
pub fn compile(bytes: &[u8]) -> (Verdict, Cost) {
    let start = cpu_time();
    let mut verdict = None;
    let spent = allocation_counter::measure(|| verdict = Some(judge(bytes)));
    (verdict.expect("measured"), Cost { time: cpu_time() - start, memory_bytes: spent.bytes_max })
}

/// Any bytes as wasm: compiled to what verifies, or refused with blame on the bytes; in time and memory in proportion.
///
/// # Panics
///
/// At a find: an internal error, an artifact that does not verify, or more than [`Cost::allowed`].
pub fn wasm(bytes: &[u8]) -> Verdict {
    let (verdict, cost) = compile(bytes);
    assert!(cost.is_within(Cost::allowed(bytes.len())), "{cost:?} for {} bytes", bytes.len());
    verdict
}

fn judge(bytes: &[u8]) -> Verdict {
    let compiler = Compiler::new(Options::new().threads(1).verifier(true)).expect("the default target");
    match compiler.compile(bytes) {
        Ok(made) => {
            let verified = aot_format::Artifact::verify(made.as_slice(), Integrity::Full);
            strict::trust(&verified.unwrap_or_else(|error| panic!("compiled to what does not verify: {error}")));
            Verdict::Accepted { loaded: false }
        }
        Err(Error::Invalid { .. }) => Verdict::Refused("Invalid".into()),
        Err(Error::Unsupported { .. }) => Verdict::Refused("Unsupported".into()),
        Err(Error::TooLarge { what, .. }) => Verdict::Refused(format!("TooLarge: {what}")),
        Err(Error::LimitExceeded { what, .. }) => Verdict::Refused(format!("LimitExceeded: {what}")),
        Err(error) => panic!("not blamed on the bytes: {error}"),
    }
}

/// A generated module, perhaps invalid, or a valid one with damage.
///
/// # Panics
///
/// As [`wasm`].
pub fn wasm_structured(choices: &[u8]) -> Verdict {
    wasm(&make::wasm(choices))
}
