//! The real programs of the corpus, as its `cases.json` lists them: what each is given, and what it must do. Those
//! that measure nothing as they are listed get more work here, or are left out with the reason.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{self, Error};
use crate::guest::{Folder, Guest};

/// Kinds of cases that are programs to be measured, and not tests.
const KINDS: [&str; 3] = ["bench", "app", "gc"];

/// Cases that measure nothing, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("sightglass/noop", "does nothing"),
    ("wasm3/simple", "a test of WASI"),
    ("wasm3/c-ray-32", "the same as c-ray-128, shorter"),
    ("wasm3/mandelbrot-32", "the same as mandelbrot-128, shorter"),
    ("app/icepll", "over in less than a millisecond"),
];

/// Interpreters, whose listed cases are over at once: more work for them.
const MORE_WORK: &[(&str, &[&str])] = &[
    (
        "app/quickjs-basic",
        &[
            "-e",
            "function fib(n){return n<2?n:fib(n-1)+fib(n-2)}let a=[],s=1;for(let i=0;i<20000;i++){s=(s*16807)%2147483647;\
             a.push(s)}a.sort((x,y)=>x-y);let w={};for(let i=0;i<20000;i++){let k='k'+(i%997);w[k]=(w[k]||0)+1}\
             print(fib(22),a[0],Object.keys(w).length,JSON.stringify(a).length)",
        ],
    ),
    (
        "app/micropython-exc",
        &[
            "-c",
            "def fib(n): return n if n < 2 else fib(n-1) + fib(n-2)\nd = {}\nfor i in range(20000):\n    k = i % 997\n    \
             d[k] = d.get(k, 0) + i\n    try:\n        if k == 0: raise ValueError(k)\n    except ValueError: pass\n\
             print(fib(20), sum(d.values()), len(sorted(range(5000), key=lambda x: -x)))",
        ],
    ),
];

/// It runs until its own clock says that ten seconds are over, and says how many iterations that were.
pub const COREMARK: &str = "coremark";
/// By how much that clock is fast.
pub const COREMARK_CLOCK: f64 = 20.0;

/// A program with what it is given.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name, as short as it can be.
    pub name: String,
    /// Where the module is.
    pub wasm: PathBuf,
    /// Arguments, without the program's name.
    pub args: Vec<String>,
    /// Modules that it imports from, apart from `bench`.
    pub preload: Vec<(String, PathBuf)>,
    /// Folders: the host's, or nothing for an empty one; the name that the program knows.
    pub dirs: Vec<(Option<PathBuf>, String)>,
    /// File for standard input.
    pub stdin: Option<PathBuf>,
    /// Status that it must end with.
    pub exit: i32,
    /// File with the output that it must print.
    pub stdout: Option<PathBuf>,
    /// Seconds it took whoever made the list.
    pub seconds: f64,
    /// Whether it imports `bench`, so that only a part of it is measured.
    pub has_region: bool,
}

impl Case {
    /// What the program sees of the world.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub fn guest(&self) -> Result<Guest, Error> {
        let args: Vec<&str> = std::iter::once(self.name.as_str()).chain(self.args.iter().map(String::as_str)).collect();
        let mut folders = Vec::new();
        for (host, name) in &self.dirs {
            let files = host.as_deref().map_or(Ok(BTreeMap::new()), files)?;
            folders.push(Folder { name: name.clone(), files });
        }
        let input = self.stdin.as_deref().map_or(Ok(Vec::new()), error::read)?;
        let speed = if self.name == COREMARK { COREMARK_CLOCK } else { 1.0 };
        Ok(Guest::new(&args, folders).with_input(input).with_clock_speed(speed))
    }
}

/// Files of a folder that are no modules: what a program may read.
fn files(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let failed = |source| Error::File { path: folder.to_path_buf(), source };
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_other = path.extension().is_none_or(|extension| extension != "wasm" && extension != "expected");
        if path.is_file() && is_other {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.insert(name, error::read(&path)?);
        }
    }
    Ok(files)
}

/// All programs of a corpus, and the names of those left out with the reason.
pub struct Programs {
    /// To be measured.
    pub cases: Vec<Case>,
    /// Not to be measured.
    pub left_out: Vec<(String, String)>,
}

/// Reads the corpus's list.
///
/// # Errors
///
/// When it is not there, or is no list.
pub fn programs(corpus: &Path) -> Result<Programs, Error> {
    let path = corpus.join("cases.json");
    let list: Value = serde_json::from_slice(&error::read(&path)?)
        .map_err(|source| Error::File { path: path.clone(), source: source.into() })?;
    let mut programs = Programs { cases: Vec::new(), left_out: Vec::new() };
    for case in list.as_array().into_iter().flatten() {
        if !KINDS.contains(&text(&case["kind"]).as_str()) {
            continue;
        }
        let id = text(&case["id"]);
        match LEFT_OUT.iter().find(|(name, _)| *name == id) {
            Some((_, reason)) => programs.left_out.push((short(&id), (*reason).to_owned())),
            None => programs.cases.push(read(corpus, &id, case)),
        }
    }
    Ok(programs)
}

fn read(corpus: &Path, id: &str, case: &Value) -> Case {
    let more = MORE_WORK.iter().find(|(name, _)| *name == id).map(|(_, args)| *args);
    let args = match more {
        Some(args) => args.iter().map(ToString::to_string).collect(),
        None => case["args"].as_array().into_iter().flatten().map(text).collect(),
    };
    let preload: Vec<(String, PathBuf)> = case["preload"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, file)| (name.clone(), corpus.join(text(file))))
        .collect();
    let folder = |dir: &Value| {
        let host = text(&dir[0]);
        (Some(corpus.join(&host)).filter(|_| host != "@tmp"), text(&dir[1]))
    };
    let expect = &case["expect"];
    Case {
        name: short(id),
        wasm: corpus.join(text(&case["wasm"])),
        args,
        has_region: preload.iter().any(|(name, _)| name == "bench"),
        preload: preload.into_iter().filter(|(name, _)| name != "bench").collect(),
        dirs: case["dirs"].as_array().into_iter().flatten().map(folder).collect(),
        stdin: case["stdin"].as_str().map(|file| corpus.join(file)),
        exit: expect["exit"].as_i64().and_then(|exit| exit.try_into().ok()).unwrap_or(0),
        stdout: expect["stdout_file"].as_str().filter(|_| more.is_none()).map(|file| corpus.join(file)),
        seconds: case["observed"]["seconds"].as_f64().unwrap_or(0.0),
    }
}

/// The last part of a case's name.
fn short(id: &str) -> String {
    let last = id.rsplit('/').next().unwrap_or(id);
    ["-basic", "-exc", "-core", "-128", "-unsat", "-ex"]
        .iter()
        .find_map(|end| last.strip_suffix(end))
        .unwrap_or(last)
        .to_owned()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short() {
        assert_eq!(short("wasm3/c-ray-128"), "c-ray");
        assert_eq!(short("sightglass/shootout/shootout-switch"), "shootout-switch");
    }

    #[test]
    fn a_list_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let list = r#"[
            {"id": "app/x-basic", "kind": "app", "wasm": "x.wasm", "args": ["a"], "preload": {"bench": "b.wasm", "m": "m.wasm"},
             "dirs": [["@tmp", "/out"], ["x", "."]], "stdin": null, "expect": {"exit": 20}, "observed": {"seconds": 2.5}},
            {"id": "sightglass/noop", "kind": "bench", "wasm": "n.wasm"},
            {"id": "wasi/y", "kind": "wasi", "wasm": "y.wasm"}
        ]"#;
        std::fs::write(folder.path().join("cases.json"), list).unwrap();
        let programs = programs(folder.path()).unwrap();
        assert_eq!((programs.cases.len(), programs.left_out.len()), (1, 1));
        let case = &programs.cases[0];
        assert_eq!((case.name.as_str(), case.exit, case.has_region), ("x", 20, true));
        assert_eq!(case.dirs[0], (None, "/out".to_owned()));
        assert_eq!(case.preload.len(), 1);
    }
}
