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
//! 2. [`set`]: modules → a set of which is known what its members import from each other.
//! 3. [`translate`], [`trampoline`]: function bodies and types → CLIF.
//! 4. [`codegen`]: CLIF → machine code, placed and bound → [`aot_format::write::Contents`] → bytes.
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
pub mod set;
mod target;
pub mod trampoline;
pub mod translate;

use std::fmt::Write as _;

use aot_format::write::Contents;
use cranelift_codegen::isa::OwnedTargetIsa;

pub use aot_format::features::Feature;
pub use codegen::{Code, Progress, ProgressHook, SetCode};
pub use error::{BodyError, Error, FunctionLabel};
#[doc(hidden)]
pub use options::Tamper;
pub use options::{OptLevel, Options};
pub use target::{Target, cpu_names, help as target_help};

use codegen::{Environment, Threads};
use module::{Admitted, Module};
use set::Set;
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
        let set = Set::alone(self.parse(wasm)?);
        let mut code = self.generate(&set, progress)?;
        let (_, mut alone) = code.members.swap_remove(0);
        alone.text = code.text;
        Ok(self.contents(set.module(0), alone)?.write()?)
    }

    /// Compiles modules together to the bytes of a linked set: an artifact that has all of them. Each comes with the name
    /// by which the others import from it; the last one is the main module. What they import from each other is called
    /// and accessed directly. The same modules and options give the same bytes.
    ///
    /// # Errors
    ///
    /// See [`Error`]: [`Error::Link`] has all that does not fit, [`Error::InMember`] says which module another error is
    /// in.
    pub fn compile_set(&self, modules: &[(&str, &[u8])], progress: ProgressHook<'_>) -> Result<Vec<u8>, Error> {
        let set = self.link(modules)?;
        let code = self.generate(&set, progress)?;
        let mut members = Vec::with_capacity(set.members().len());
        for (member, (text, code)) in set.members().iter().zip(code.members) {
            // Its text is in the set's.
            let artifact = self.contents(&member.module, code)?.write()?;
            members.push(aot_format::set::MemberContents { name: member.name.clone(), artifact, text });
        }
        Ok(aot_format::set::write(&members, &code.text)?)
    }

    /// Parses modules and links them; see [`Self::compile_set`].
    ///
    /// # Errors
    ///
    /// As [`Self::compile_set`].
    pub fn link<'data>(&self, modules: &[(&str, &'data [u8])]) -> Result<Set<'data>, Error> {
        let parsed = modules.iter().map(|(name, wasm)| match self.parse(wasm) {
            Ok(module) => Ok(((*name).to_owned(), module)),
            Err(error) => Err(Error::InMember { module: (*name).to_owned(), error: Box::new(error) }),
        });
        let mut modules = parsed.collect::<Result<Vec<_>, _>>()?;
        if self.options.internalizes() {
            set::internalize(&mut modules);
        }
        Set::link(modules)
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

    /// Translates, compiles and binds the functions of a set.
    ///
    /// # Errors
    ///
    /// As [`Self::compile`].
    pub fn generate(&self, set: &Set<'_>, progress: ProgressHook<'_>) -> Result<SetCode, Error> {
        codegen::generate(self.environment(), set, &self.threads, progress)
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
        self.clif_of(&Set::alone(self.parse(wasm)?))
    }

    /// The same of a set.
    ///
    /// # Errors
    ///
    /// As [`Self::compile_set`].
    pub fn clif_of(&self, set: &Set<'_>) -> Result<String, Error> {
        let mut text = String::new();
        codegen::for_each_clif(self.environment(), set, &self.threads, |definition, function| {
            let _ = writeln!(text, ";; {}{}\n{function}", heading(set, definition), codegen::label(set, definition));
            Ok(())
        })?;
        for member in 0..set.members().len() {
            for function in codegen::trampoline_clif(self.environment(), set, member) {
                let _ = writeln!(text, ";; trampoline\n{function}");
            }
        }
        Ok(text)
    }

    /// The machine code of a module's functions in Cranelift's notation, neither made shorter nor bound.
    ///
    /// # Errors
    ///
    /// As [`Self::compile`].
    pub fn asm(&self, wasm: &[u8]) -> Result<String, Error> {
        self.asm_of(&Set::alone(self.parse(wasm)?))
    }

    /// The same of a set.
    ///
    /// # Errors
    ///
    /// As [`Self::compile_set`].
    pub fn asm_of(&self, set: &Set<'_>) -> Result<String, Error> {
        let mut text = String::new();
        codegen::for_each_asm(self.environment(), set, &self.threads, |definition, function| {
            let _ = writeln!(text, ";; {}{}\n{function}", heading(set, definition), codegen::label(set, definition));
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
        self.object_of(&Set::alone(self.parse(wasm)?), progress)
    }

    /// The same of a set.
    ///
    /// # Errors
    ///
    /// As [`Self::compile_set`].
    pub fn object_of(&self, set: &Set<'_>, progress: ProgressHook<'_>) -> Result<Vec<u8>, Error> {
        let code = self.generate(set, progress)?;
        object::write(self.target.isa, set, &code)
    }

    fn environment(&self) -> Environment<'_> {
        Environment {
            isa: &*self.isa,
            unoptimised: &*self.unoptimised,
            settings: &self.settings,
            inlines: self.options.has_inlining(),
            align_functions: self.options.get_opt_level() == OptLevel::Speed,
            spread_text: self.options.get_spread_text(),
            tamper: self.options.get_tamper(),
        }
    }
}

/// Which member a function belongs to, where there are several.
fn heading(set: &Set<'_>, definition: set::Definition) -> String {
    match set.members() {
        [_] => String::new(),
        members => format!("module {}, ", members[definition.member].name),
    }
}
