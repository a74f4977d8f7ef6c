//! Compares this project with wasmtime, in one process and by the same measuring code, and with what other engines
//! and compilers this machine has, as processes.
//!
//! * [`side`]: what both can do; [`ours`] and [`theirs`] do it. [`peers`] has the others.
//! * [`guest`]: the host functions that programs get from both. [`corpus`]: real programs; [`generated`]: others.
//! * [`calls`], [`load`], [`compile`], [`steady`], [`growth`], [`process`], [`peers`], [`wasi`]: what is measured.
//! * [`clock`], [`child`], [`stats`], [`machine`]: how it is measured. [`report`], [`plot`]: how it is shown.
//!
//! Each measurement alternates between those compared, so that what else the machine does falls on all.

pub mod calls;
pub mod child;
pub mod clock;
pub mod compile;
pub mod corpus;
pub mod error;
pub mod generated;
pub mod growth;
pub mod guest;
pub mod load;
pub mod machine;
pub mod ours;
pub mod peers;
pub mod plot;
pub mod process;
pub mod report;
pub mod side;
pub mod stats;
pub mod steady;
pub mod theirs;
pub mod wasi;

use std::path::{Path, PathBuf};

use aot_format::Integrity;
pub use error::Error;
use ours::Ours;
use report::Row;
use side::Side;
use stats::Stats;
use theirs::Theirs;

/// What all measurements need.
pub struct Bench {
    /// This project.
    pub ours: Ours,
    /// Wasmtime.
    pub theirs: Theirs,
    /// A folder for compiled files.
    pub folder: PathBuf,
    /// Deletes the folder in the end, if nobody wants to keep it.
    _temporary: Option<tempfile::TempDir>,
    /// Real modules, if they are here.
    pub corpus: Option<PathBuf>,
    /// Fewer and shorter measurements.
    pub quick: bool,
    /// Only what has this in its name, where there is much to choose from.
    pub filter: String,
}

/// Something from each side.
pub struct Both<A, B> {
    /// From this project.
    pub ours: A,
    /// From wasmtime.
    pub theirs: B,
}

/// Measurements of both sides, in pairs.
#[derive(Default)]
pub struct Pairs {
    ours: Vec<f64>,
    theirs: Vec<f64>,
}

impl Pairs {
    /// Measures each side once, in turns first.
    ///
    /// # Errors
    ///
    /// The first of a side.
    pub fn measure(
        &mut self,
        round: usize,
        ours: impl FnOnce() -> Result<f64, Error>,
        theirs: impl FnOnce() -> Result<f64, Error>,
    ) -> Result<(), Error> {
        if round.is_multiple_of(2) {
            self.ours.push(ours()?);
            self.theirs.push(theirs()?);
        } else {
            self.theirs.push(theirs()?);
            self.ours.push(ours()?);
        }
        Ok(())
    }

    /// A row of both, in a unit that is `factor` times the one that was measured.
    pub fn row(self, name: impl Into<String>, factor: f64) -> Row {
        let (ours, theirs) = self.stats();
        Row::new(name, ours.map(|stats| stats.scaled(factor)), theirs.map(|stats| stats.scaled(factor)))
    }

    /// What is said of both.
    pub fn stats(self) -> (Option<Stats>, Option<Stats>) {
        (Stats::of(self.ours), Stats::of(self.theirs))
    }
}

impl Bench {
    /// Prepares both sides.
    ///
    /// # Errors
    ///
    /// When one does not know this machine, or there is no room for files.
    pub fn new(corpus: PathBuf, keep: Option<PathBuf>, quick: bool, inlining: bool) -> Result<Bench, Error> {
        let failed = |path: PathBuf| |source| Error::File { path, source };
        let (folder, temporary) = match keep {
            Some(folder) => {
                std::fs::create_dir_all(&folder).map_err(failed(folder.clone()))?;
                (folder, None)
            }
            None => {
                let temporary = tempfile::tempdir().map_err(failed(std::env::temp_dir()))?;
                (temporary.path().to_path_buf(), Some(temporary))
            }
        };
        let corpus = corpus.is_dir().then_some(corpus);
        Ok(Bench {
            ours: Ours::new(Integrity::Directory, inlining)?,
            theirs: Theirs::new()?,
            folder,
            _temporary: temporary,
            corpus,
            quick,
            filter: String::new(),
        })
    }

    /// Compiles a module to files of both sides.
    ///
    /// # Errors
    ///
    /// When a side refuses the module, or a file cannot be written.
    pub fn files(&self, name: &str, wasm: &[u8]) -> Result<Both<PathBuf, PathBuf>, Error> {
        let ours = self.file(&self.ours, name, wasm)?;
        let theirs = self.file(&self.theirs, name, wasm)?;
        Ok(Both { ours, theirs })
    }

    /// Compiles a module to a file of one side.
    ///
    /// # Errors
    ///
    /// When the side refuses the module, or the file cannot be written.
    pub fn file<S: Side>(&self, side: &S, name: &str, wasm: &[u8]) -> Result<PathBuf, Error> {
        let path = self.folder.join(format!("{name}.{}", S::EXTENSION));
        error::write(&path, &side.compile(wasm)?)?;
        Ok(path)
    }

    /// The loaded module on both sides.
    ///
    /// # Errors
    ///
    /// As [`Bench::files`], or when a side cannot load what it made.
    pub fn modules(
        &self,
        name: &str,
        wasm: &[u8],
    ) -> Result<Both<<Ours as Side>::Module, <Theirs as Side>::Module>, Error> {
        let files = self.files(name, wasm)?;
        Ok(Both { ours: self.ours.load(&files.ours)?, theirs: self.theirs.load(&files.theirs)? })
    }

    /// A file of the corpus.
    pub fn corpus_file(&self, name: &str) -> Option<PathBuf> {
        self.corpus.as_ref().map(|corpus| corpus.join(name)).filter(|path| path.is_file())
    }
}

/// A file of this project.
pub fn project_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}
