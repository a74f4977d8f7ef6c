//! From files to instances: the three modules of the sample, and a large module. How that grows is in
//! [`crate::growth`].

use std::path::{Path, PathBuf};

use aot_format::Integrity;
use iwasm::{Linker, Store};

use crate::clock::{Clock, Repeat};
use crate::guest::Guest;
use crate::report::{Row, Shown, Table};
use crate::side::Side;
use crate::stats::Stats;
use crate::theirs::{self, Theirs};
use crate::{Bench, Both, Error, error, ours, project_file};

/// Modules of the set, the main one last.
const SET: [&str; 3] = ["mA", "mB", "mC"];
/// WASI functions that the set imports.
const SET_WASI: [&str; 4] = ["fd_close", "fd_fdstat_get", "fd_seek", "fd_write"];
/// A module of the corpus with more than a megabyte of code.
const LARGE: &str = "multi/javy/javy_quickjs_provider_v1.wasm";

/// Measures all.
///
/// # Errors
///
/// When a side cannot load what it made.
pub fn run(bench: &Bench) -> Result<Vec<Shown>, Error> {
    let mut tables = vec![set(bench)?.into()];
    match bench.corpus_file(LARGE) {
        None => {
            let mut table = Table::new("Load and instantiate a large module (a JavaScript engine)", "µs", "");
            table.rows.push(Row::skipped("all", "no corpus; CORPUS names its folder"));
            tables.push(table.into());
        }
        Some(path) => tables.push(large(bench, &error::read(&path)?)?.into()),
    }
    Ok(tables)
}

/// Nanoseconds of the stages of a start.
struct Stages {
    load: f64,
    instantiate: f64,
    free: f64,
}

/// Series of [`Stages`].
#[derive(Default)]
struct Series {
    load: Vec<f64>,
    instantiate: Vec<f64>,
    both: Vec<f64>,
    free: Vec<f64>,
}

impl Series {
    fn push(&mut self, stages: Stages) {
        self.load.push(stages.load);
        self.instantiate.push(stages.instantiate);
        self.both.push(stages.load + stages.instantiate);
        self.free.push(stages.free);
    }

    /// Load, instantiate, both, free; in µs.
    fn stats(self) -> [Option<Stats>; 4] {
        [self.load, self.instantiate, self.both, self.free]
            .map(|values| Stats::of(values).map(|stats| stats.scaled(1e-3)))
    }
}

const STAGES: [&str; 4] = ["load", "link + instantiate", "load + instantiate", "free"];

fn rounds(bench: &Bench) -> Repeat {
    Repeat::new(50, if bench.quick { 100 } else { 1000 }, 20.0)
}

/// What it takes after it was done once, uncounted: what comes first in a turn pays for what the one before it left behind,
/// in the processor and in the kernel, and who is behind whom does not change.
fn warm(mut start: impl FnMut() -> Result<Stages, Error>) -> Result<Stages, Error> {
    start()?;
    start()
}

/// The three-module set.
fn set(bench: &Bench) -> Result<Table, Error> {
    let mut paths = Both { ours: Vec::new(), theirs: Vec::new() };
    let mut modules = Vec::new();
    for name in SET {
        let wasm = error::read(&project_file(&format!("samples/multi-module/{name}.wasm")))?;
        let files = bench.files(name, &wasm)?;
        paths.ours.push(files.ours);
        paths.theirs.push(files.theirs);
        modules.push((name, wasm));
    }
    let modules: Vec<(&str, &[u8])> = modules.iter().map(|(name, wasm)| (*name, &wasm[..])).collect();
    let linked = [bench.folder.join("linked.aot")];
    error::write(&linked[0], &bench.ours.compile_set(&modules)?)?;
    let pool = Theirs::pooling()?;
    let mut series: [Series; 5] = Default::default();
    for round in rounds(bench) {
        // Each is first as often as the others.
        for turn in 0..5 {
            let which = (round + turn) % 5;
            series[which].push(warm(|| match which {
                0 => our_set(bench, &paths.ours, Integrity::Directory),
                1 => our_set(bench, &paths.ours, Integrity::Full),
                2 => our_set(bench, &linked, Integrity::Directory),
                3 => their_set(&bench.theirs, &paths.theirs),
                _ => their_set(&pool, &paths.theirs),
            })?);
        }
    }
    let method = "time that passes; each right after the same, uncounted; from files; a new store and linker each time, the engine is kept";
    let mut table = Table::new("Load and instantiate the three-module sample", "µs", method);
    let [directory, full, linked, demand, pooled] = series.map(Series::stats);
    for (stage, name) in STAGES.into_iter().enumerate() {
        table.rows.push(Row::new(name, directory[stage], demand[stage]).remark("directory digest"));
    }
    table.rows.push(Row::new(STAGES[2], full[2], demand[2]).remark("full digest"));
    table.rows.push(Row::new(STAGES[2], directory[2], pooled[2]).remark("directory digest; wasmtime: pooling"));
    table.rows.push(Row::new(STAGES[0], linked[0], demand[0]).remark("directory digest; iwasm: a linked set"));
    table.rows.push(Row::new(STAGES[2], linked[2], demand[2]).remark("directory digest; iwasm: a linked set"));
    table.notes.push("Reach: load + instantiate at most 50 µs.".into());
    Ok(table)
}

fn our_set(bench: &Bench, paths: &[PathBuf], integrity: Integrity) -> Result<Stages, Error> {
    let engine = bench.ours.engine();
    let [dependencies @ .., main] = paths else { return Err(Error::Export("main module".into())) };
    let (load, modules) = Clock::Wall.time(|| {
        let main = ours::load(engine, main, integrity)?;
        let others: Result<Vec<_>, Error> =
            dependencies.iter().map(|path| ours::load(engine, path, integrity)).collect();
        Ok::<_, Error>((main, others?))
    });
    let (main, others) = modules?;
    let (instantiate, made) = Clock::Wall.time(|| {
        let mut linker = Linker::new(engine);
        ours::define_host(&mut linker, |name| SET_WASI.contains(&name));
        for (name, module) in SET.iter().zip(&others) {
            linker.register(name, module)?;
        }
        let mut store = Store::new(engine, Guest::default());
        linker.instantiate(&mut store, "", &main)?;
        Ok::<_, Error>((store, linker))
    });
    let made = made?;
    let (free, ()) = Clock::Wall.time(|| drop((made, main, others)));
    Ok(Stages { load, instantiate, free })
}

fn their_set(side: &Theirs, paths: &[PathBuf]) -> Result<Stages, Error> {
    let engine = side.engine();
    let (load, modules) = Clock::Wall
        .time(|| paths.iter().map(|path| theirs::load(engine, path)).collect::<Result<Vec<wasmtime::Module>, Error>>());
    let modules = modules?;
    let (instantiate, made) = Clock::Wall.time(|| {
        let mut linker = wasmtime::Linker::new(engine);
        theirs::define_host(&mut linker, |name| SET_WASI.contains(&name))?;
        let mut store = wasmtime::Store::new(engine, Guest::default());
        for (name, module) in SET.iter().zip(&modules) {
            let instance = linker.instantiate(&mut store, module)?;
            linker.instance(&mut store, name, instance)?;
        }
        Ok::<_, Error>((store, linker))
    });
    let made = made?;
    let (free, ()) = Clock::Wall.time(|| drop((made, modules)));
    Ok(Stages { load, instantiate, free })
}

/// One module: loaded, linked, freed.
fn stages<S: Side>(side: &S, path: &Path) -> Result<Stages, Error> {
    let (load, module) = Clock::Wall.time(|| side.load(path));
    let module = module?;
    let (instantiate, run) = Clock::Wall.time(|| side.link(&[("", &module)], Guest::default()));
    let run = run?;
    let (free, ()) = Clock::Wall.time(|| drop((run, module)));
    Ok(Stages { load, instantiate, free })
}

fn large(bench: &Bench, wasm: &[u8]) -> Result<Table, Error> {
    let files = bench.files("large", wasm)?;
    let full = ours::Ours::new(Integrity::Full, true)?;
    let mut series: [Series; 3] = Default::default();
    for round in rounds(bench) {
        for turn in 0..3 {
            let which = (round + turn) % 3;
            series[which].push(warm(|| match which {
                0 => stages(&bench.ours, &files.ours),
                1 => stages(&full, &files.ours),
                _ => stages(&bench.theirs, &files.theirs),
            })?);
        }
    }
    let sizes = [&files.ours, &files.theirs].map(|path| std::fs::metadata(path).map_or(0, |data| data.len()));
    let method = format!(
        "time that passes; each right after the same, uncounted; {} bytes of .aot, {} of .cwasm",
        sizes[0], sizes[1]
    );
    let mut table = Table::new("Load and instantiate a large module (a JavaScript engine)", "µs", method);
    let [directory, full, theirs] = series.map(Series::stats);
    for (stage, name) in STAGES.into_iter().enumerate() {
        table.rows.push(Row::new(name, directory[stage], theirs[stage]).remark("directory digest"));
    }
    table.rows.push(Row::new(STAGES[0], full[0], theirs[0]).remark("full digest"));
    Ok(table)
}
