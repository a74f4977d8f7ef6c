//! WebAssembly → `.aot`: an ahead-of-time compiler over Cranelift.
//!
//! ```
//! use wamrc::{Compiler, Options};
//!
//! let wasm = wat::parse_str(r#"(module (func (export "f") (result i32) i32.const 42))"#)?;
//! let artifact = Compiler::new(Options::new())?.compile(&wasm)?;
//! assert_eq!(&artifact[1..4], b"AOT");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The phases, each of which takes what the one before returned and can be run alone:
//!
//! 1. [`module`]: wasm bytes → a validated [`module::Module`].
//! 2. [`translate`], [`trampoline`]: function bodies and types → CLIF.
//! 3. [`codegen`]: CLIF → machine code, placed and bound → [`aot_format::write::Contents`] → bytes.
//!
//! Also here: [`Options`] and [`Target`], [`Error`], and [`object`] and [`info`], which print.
//! Absent on purpose: running anything, host addresses, byte layouts, files (the command has those).
#![forbid(unsafe_code)]

pub mod codegen;
pub mod error;
pub mod info;
pub mod limits;
pub mod module;
mod native;
pub mod object;
mod options;
mod target;
pub mod trampoline;
pub mod translate;

use std::fmt::Write as _;

use aot_format::write::Contents;
use cranelift_codegen::isa::OwnedTargetIsa;

pub use aot_format::features::Feature;
pub use codegen::{Code, Progress, ProgressHook};
pub use error::{BodyError, Error, FunctionLabel};
#[doc(hidden)]
pub use options::Tamper;
pub use options::{OptLevel, Options};
pub use target::{Target, cpu_names, help as target_help};

use codegen::{Environment, Threads};
use module::{Admitted, Module};
use translate::TranslateSettings;

/// A compiler with its options resolved. Compiles any number of modules, from any thread.
pub struct Compiler {
    options: Options,
    target: Target,
    isa: OwnedTargetIsa,
    unoptimised: OwnedTargetIsa,
    settings: TranslateSettings,
    threads: Threads,
}

impl Compiler {
    /// Makes a compiler.
    ///
    /// # Errors
    ///
    /// When Cranelift refuses the target's combination of CPU features.
    pub fn new(options: Options) -> Result<Compiler, Error> {
        let target = options.get_target()?;
        let isa = codegen::isa::build(&options, options.get_opt_level(), target)?;
        let unoptimised = codegen::isa::build(&options, OptLevel::None, target)?;
        let mut settings = TranslateSettings::new(&*isa);
        settings.guarded_memories = !options.has_explicit_bounds_checks();
        let threads = Threads::new(options.thread_count());
        Ok(Compiler { options, target, isa, unoptimised, settings, threads })
    }

    /// What code is made for.
    pub fn target(&self) -> Target {
        self.target
    }

    /// The options as artifacts record them.
    ///
    /// # Errors
    ///
    /// None for a compiler that could be made.
    pub fn recorded_options(&self) -> Result<String, Error> {
        self.options.clone().target(self.target).recorded()
    }

    /// Compiles a module to the bytes of an artifact. The same bytes and options give the same
    /// artifact, on any machine and any number of threads.
    ///
    /// # Errors
    ///
    /// See [`Error`]; of several wrong functions, that of the first.
    pub fn compile(&self, wasm: &[u8]) -> Result<Vec<u8>, Error> {
        self.compile_with(wasm, &|_| {})
    }

    /// Like [`Self::compile`], telling `progress` how far it is.
    ///
    /// # Errors
    ///
    /// As [`Self::compile`].
    pub fn compile_with(&self, wasm: &[u8], progress: ProgressHook<'_>) -> Result<Vec<u8>, Error> {
        let module = self.parse(wasm)?;
        let code = self.generate(&module, progress)?;
        Ok(self.contents(&module, code)?.write()?)
    }

    /// Parses a module; what it may use is the options' and the target's to say.
    ///
    /// # Errors
    ///
    /// Those of [`module::parse_with`].
    pub fn parse<'data>(&self, wasm: &'data [u8]) -> Result<Module<'data>, Error> {
        let (switched_off, lacks_vectors) = (self.options.switched_off(), !self.target.has_vectors());
        module::parse_with(wasm, Admitted { switched_off, lacks_vectors })
    }

    /// Translates, compiles and binds the functions of a module.
    ///
    /// # Errors
    ///
    /// As [`Self::compile`].
    pub fn generate(&self, module: &Module<'_>, progress: ProgressHook<'_>) -> Result<Code, Error> {
        codegen::generate(self.environment(), module, &self.threads, progress)
    }

    /// Puts together what an artifact holds.
    ///
    /// # Errors
    ///
    /// None for a compiler that could be made.
    pub fn contents<'data>(&self, module: &Module<'data>, code: Code) -> Result<Contents<'data>, Error> {
        codegen::emit::contents(&self.options, self.target, module, code)
    }

    /// The CLIF of a module's functions and trampolines, before optimisation.
    ///
    /// # Errors
    ///
    /// As [`Self::compile`].
    pub fn clif(&self, wasm: &[u8]) -> Result<String, Error> {
        let module = self.parse(wasm)?;
        let mut text = String::new();
        codegen::for_each_clif(self.environment(), &module, |index, function| {
            let _ = writeln!(text, ";; {}\n{function}", heading(&module, index));
            Ok(())
        })?;
        for function in codegen::trampoline_clif(self.environment(), &module) {
            let _ = writeln!(text, ";; trampoline\n{function}");
        }
        Ok(text)
    }

    /// The machine code of a module's functions in Cranelift's notation, not bound.
    ///
    /// # Errors
    ///
    /// As [`Self::compile`].
    pub fn asm(&self, wasm: &[u8]) -> Result<String, Error> {
        let module = self.parse(wasm)?;
        let mut text = String::new();
        codegen::for_each_asm(self.environment(), &module, |index, function| {
            let _ = writeln!(text, ";; {}\n{function}", heading(&module, index));
            Ok(())
        })?;
        Ok(text)
    }

    /// Compiles a module to an ELF object with its text and a symbol for each function, for
    /// disassemblers and profilers. It cannot be linked into anything.
    ///
    /// # Errors
    ///
    /// As [`Self::compile`].
    pub fn compile_object(&self, wasm: &[u8], progress: ProgressHook<'_>) -> Result<Vec<u8>, Error> {
        let module = self.parse(wasm)?;
        let code = self.generate(&module, progress)?;
        object::write(self.target.isa, &module, &code)
    }

    fn environment(&self) -> Environment<'_> {
        Environment {
            isa: &*self.isa,
            unoptimised: &*self.unoptimised,
            settings: &self.settings,
            align_functions: self.options.get_opt_level() == OptLevel::Speed,
            spread_text: self.options.get_spread_text(),
            tamper: self.options.get_tamper(),
        }
    }
}

fn heading(module: &Module<'_>, func_index: u32) -> FunctionLabel {
    FunctionLabel { index: func_index, name: module.function_name(func_index).map(str::to_owned) }
}
