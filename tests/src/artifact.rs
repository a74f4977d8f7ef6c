//! From WebAssembly to a loaded module by the way users go: `wamrc`'s library writes a real `.aot`
//! file, the runtime loads that file.

use std::path::{Path, PathBuf};

use aot_format::cpu::Isa;
use iwasm::{Artifact, Engine, Module};
use wamrc::{Compiler, Options, Target};

/// Why there is no loaded module.
#[derive(Debug)]
pub enum BuildError {
    /// The text is not a module.
    Text(String),
    /// The compiler says the module is not valid.
    Invalid(String),
    /// The compiler refuses the module for another reason, most often an unsupported proposal.
    Refused(String),
    /// The artifact could not be written or loaded: always a bug.
    Load(String),
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, message) = match self {
            BuildError::Text(message) => ("not a module's text", message),
            BuildError::Invalid(message) => ("invalid", message),
            BuildError::Refused(message) => ("not compiled", message),
            BuildError::Load(message) => ("not loaded", message),
        };
        write!(f, "{kind}: {message}")
    }
}

/// Compiles into the files of one folder.
pub struct Builder {
    compiler: Compiler,
    folder: tempfile::TempDir,
    count: usize,
}

impl Builder {
    /// A builder with its own temporary folder. It uses vectors where only some machines of the instruction set have
    /// them, and this one does.
    ///
    /// # Panics
    ///
    /// When there is no room for temporary files, or the compiler refuses the options.
    pub fn new(options: Options) -> Builder {
        let compiler = Compiler::new(with_vectors(options)).expect("the options are valid");
        Builder { compiler, folder: tempfile::tempdir().expect("temporary folder"), count: 0 }
    }

    /// The folder the artifacts are written to.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Compiles to the bytes of an artifact.
    ///
    /// # Errors
    ///
    /// [`BuildError::Invalid`] and [`BuildError::Refused`].
    pub fn compile(&self, wasm: &[u8]) -> Result<Vec<u8>, BuildError> {
        self.compiler.compile(wasm).map_err(|error| match error {
            wamrc::Error::Invalid { .. } => BuildError::Invalid(error.to_string()),
            _ => BuildError::Refused(error.to_string()),
        })
    }

    /// Compiles modules together to `main.aot` in the folder, which has all of them; the last one is the main module.
    ///
    /// # Errors
    ///
    /// What the compiler says.
    ///
    /// # Panics
    ///
    /// When the file cannot be written.
    pub fn write_set(&self, modules: &[(String, Vec<u8>)]) -> Result<PathBuf, wamrc::Error> {
        let path = self.folder.path().join("main.aot");
        let modules: Vec<(&str, &[u8])> = modules.iter().map(|(name, wasm)| (name.as_str(), wasm.as_slice())).collect();
        let bytes = self.compiler.compile_set(&modules, &|_| {})?;
        std::fs::write(&path, bytes).expect("the file can be written");
        Ok(path)
    }

    /// Compiles to `NAME.aot` in the folder.
    ///
    /// # Errors
    ///
    /// Any but [`BuildError::Text`].
    pub fn write(&self, name: &str, wasm: &[u8]) -> Result<PathBuf, BuildError> {
        let path = self.folder.path().join(format!("{name}.aot"));
        let bytes = self.compile(wasm)?;
        std::fs::write(&path, bytes).map_err(|error| BuildError::Load(error.to_string()))?;
        Ok(path)
    }

    /// Compiles to a file of its own and loads that.
    ///
    /// # Errors
    ///
    /// Any but [`BuildError::Text`].
    pub fn load(&mut self, engine: &Engine, wasm: &[u8]) -> Result<Module, BuildError> {
        self.count += 1;
        let path = self.write(&format!("module{}", self.count), wasm)?;
        load_file(engine, &path)
    }
}

/// Loads an artifact that our own compiler has just written.
///
/// # Errors
///
/// [`BuildError::Load`].
pub fn load_file(engine: &Engine, path: &Path) -> Result<Module, BuildError> {
    let load = |error: &dyn std::error::Error| BuildError::Load(error.to_string());
    let artifact = Artifact::from_file(path).map_err(|error| load(&error))?;
    // SAFETY: the artifact was written by this process a moment ago, to a folder of its own.
    unsafe { Module::new(engine, artifact) }.map_err(|error| load(&error))
}

/// Runs plans on artifacts of our own compiler, with so much stack for their code.
pub fn native(stack_bytes: usize) -> iwasm_observe::native::Native {
    // SAFETY: it is given what this process compiled.
    unsafe { iwasm_observe::native::Native::new(stack_bytes) }
}

/// Adds vectors where they are no part of the baseline (riscv64's V) and this machine has them: without, there is no
/// SIMD to be tested. Options that name a target for themselves are left alone.
pub fn with_vectors(options: Options) -> Options {
    let (Some(Isa::Riscv64), Ok(recorded)) = (Isa::HOST, options.recorded()) else { return options };
    let host = Engine::default().cpu_features();
    match Isa::Riscv64.feature_bit("v") {
        Some(v) if host & v != 0 && !recorded.contains("--cpu-features") => {
            let target = Target::resolve(Some("riscv64"), None, &["+v".into(), "+zvl128b".into()]);
            options.target(target.expect("features of riscv64"))
        }
        _ => options,
    }
}

/// Compiler options for this machine from the words an artifact records them in.
///
/// # Panics
///
/// When a word is no option.
pub fn options(words: &str) -> Options {
    let recorded = Options::new().recorded().expect("this machine is a target");
    Options::from_recorded(&format!("{recorded} {words}")).unwrap_or_else(|error| panic!("{words}: {error}"))
}
