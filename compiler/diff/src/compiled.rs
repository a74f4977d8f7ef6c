//! Compiled code as an engine: modules are compiled to artifacts, which run in this process, in one of their own, or,
//! for another instruction set, in one under an emulator.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

use aot_format::cpu::Isa;
use iwasm::Artifact;
use iwasm_observe::native::Native;
use iwasm_observe::{Event, Observation, Outcome, Plan, exchange};
use wamrc::{Compiler, Error};

use crate::engine::{Engine, EngineError};
use crate::set::Set;

/// Where compiled code runs.
pub enum Place {
    /// In this process: fast, but code that is wrong enough takes the process with it.
    Here(Native),
    /// In a process for each plan.
    Process(Observer),
}

/// A command that does plans: `iwasm-observe`, or what stands in for it.
#[derive(Clone, Debug)]
pub struct Observer {
    /// The program.
    pub program: PathBuf,
    /// What it is given before the plan's folder.
    pub args: Vec<OsString>,
}

/// Compiled code.
pub struct Compiled {
    compiler: Compiler,
    place: Place,
    /// The last set's modules and artifacts.
    last: Mutex<Last>,
}

/// A set's modules, and their artifacts.
#[derive(Default)]
struct Last {
    modules: Vec<Vec<u8>>,
    artifacts: Vec<Vec<u8>>,
}

impl Compiled {
    /// Code of this compiler, run there.
    pub fn new(compiler: Compiler, place: Place) -> Compiled {
        Compiled { compiler, place, last: Mutex::default() }
    }

    /// Compiles the modules of a set; those of the last set are still there.
    fn artifacts(&self, set: &Set) -> Result<Vec<Vec<u8>>, EngineError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pairs = last.modules.iter().zip(&set.modules);
        if last.modules.len() == set.modules.len() && pairs.all(|(last, now)| *last == now.wasm) {
            return Ok(last.artifacts.clone());
        }
        let compile = |member: &crate::set::Member| {
            self.compiler.compile(&member.wasm).map_err(|error| {
                let (engine, module, reason) = (self.name(), member.name.clone(), error.to_string());
                match error {
                    Error::Unsupported { .. } => EngineError::Unsupported { engine, module, reason },
                    _ => EngineError::Refused { engine, module, reason },
                }
            })
        };
        let artifacts: Vec<Vec<u8>> = set.modules.iter().map(compile).collect::<Result<_, _>>()?;
        let modules = set.modules.iter().map(|member| member.wasm.clone()).collect();
        *last = Last { modules, artifacts: artifacts.clone() };
        Ok(artifacts)
    }
}

impl Engine for Compiled {
    fn name(&self) -> String {
        format!("compiled code ({})", self.compiler.target().isa.name())
    }

    fn observe(&self, set: &Set, plan: &Plan) -> Result<Observation, EngineError> {
        let artifacts = self.artifacts(set)?;
        let failed = |reason: String| EngineError::Plan { engine: self.name(), reason };
        match &self.place {
            Place::Here(native) => {
                let artifacts = artifacts.into_iter().map(Artifact::from_bytes).collect::<Result<_, _>>();
                let artifacts = artifacts.map_err(|error| failed(error.to_string()))?;
                native.observe(plan, artifacts).map_err(|error| failed(error.to_string()))
            }
            Place::Process(observer) => observer.observe(plan, &artifacts),
        }
    }
}

impl Observer {
    /// The command for an instruction set: what is named, else `iwasm-observe-ISA` beside this program.
    ///
    /// # Errors
    ///
    /// The path at which there is none.
    pub fn find(isa: Isa, named: Option<&Path>) -> Result<Observer, PathBuf> {
        let beside = || {
            let own = std::env::current_exe().unwrap_or_default();
            own.with_file_name(format!("iwasm-observe-{}", isa.name()))
        };
        let program = named.map_or_else(beside, Path::to_owned);
        if program.is_file() { Ok(Observer { program, args: Vec::new() }) } else { Err(program) }
    }

    fn observe(&self, plan: &Plan, artifacts: &[Vec<u8>]) -> Result<Observation, EngineError> {
        let command = self.program.display().to_string();
        let files = |reason: String| EngineError::Files { command: command.clone(), reason };
        let folder = tempfile::tempdir().map_err(|error| files(error.to_string()))?;
        exchange::write(folder.path(), plan, artifacts).map_err(|error| files(error.to_string()))?;
        let output = self.run(plan, folder.path())?;
        if let Some(signal) = output.status.signal() {
            // At which of the steps, nobody knows: fewer steps will tell.
            let died = Event::Called(Outcome::Died(format!("signal {signal}")));
            return Ok(Observation { events: vec![died; plan.steps.len()] });
        }
        let line = String::from_utf8_lossy(&output.stdout);
        match exchange::from_line(line.trim_end()) {
            Ok(observation) => Ok(observation),
            Err(error) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let reason = if said.is_empty() { error.to_string() } else { said.trim_end().to_owned() };
                Err(EngineError::Answer { command, reason })
            }
        }
    }

    /// Runs the command, through an emulator where the system does not know the program.
    fn run(&self, plan: &Plan, folder: &Path) -> Result<Output, EngineError> {
        let start = |mut command: Command| {
            // An emulator that the system itself starts looks there, too.
            if let Some(libraries) = foreign_libraries(&self.program) {
                command.env(LIBRARIES, libraries);
            }
            command.args(["--stack-size", &plan.limits.stack_bytes.to_string()]).arg(folder);
            command.stdin(Stdio::null()).output()
        };
        let mut direct = Command::new(&self.program);
        direct.args(&self.args);
        let output = match start(direct) {
            Err(error) if error.raw_os_error() == Some(ENOEXEC) => match emulator(&self.program) {
                Some(mut emulated) => {
                    emulated.arg(&self.program).args(&self.args);
                    start(emulated)
                }
                None => Err(error),
            },
            output => output,
        };
        output.map_err(|source| EngineError::Start { command: self.program.display().to_string(), source })
    }
}

/// What the system says of programs for other machines.
const ENOEXEC: i32 = 8;

/// Where QEMU's user mode looks for the libraries of programs for other machines.
const LIBRARIES: &str = "QEMU_LD_PREFIX";

/// The instruction set that a program's name ends with.
fn isa_of(program: &Path) -> Option<&str> {
    program.file_stem()?.to_str()?.rsplit('-').next()
}

/// Where Debian puts the libraries of that, unless somebody has said where they are.
fn foreign_libraries(program: &Path) -> Option<PathBuf> {
    let libraries = PathBuf::from(format!("/usr/{}-linux-gnu", isa_of(program)?));
    (std::env::var_os(LIBRARIES).is_none() && libraries.is_dir()).then_some(libraries)
}

/// QEMU's user mode for the instruction set of a program, where it is installed.
fn emulator(program: &Path) -> Option<Command> {
    let isa = isa_of(program)?;
    let path = std::env::var_os("PATH")?;
    let candidates = [format!("qemu-{isa}"), format!("qemu-{isa}-static")];
    let mut folders = std::env::split_paths(&path);
    let found = folders.find_map(|folder| {
        candidates.iter().map(|candidate| folder.join(candidate)).find(|candidate| candidate.is_file())
    })?;
    Some(Command::new(found))
}
