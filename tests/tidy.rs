//! The rules of the house that a machine can keep. Each test is one rule; what fails says where, and
//! how to mend it. Lists of exceptions can only shrink: an exception that is not needed fails too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use aot_format::features::Feature;
use tests::spec_groups::group_of;
use tests::{expected, paths, spec_list};

/// Lines of a Rust file; a few more than what one should aim at, which is 600.
const MAX_LINES: usize = 700;

/// Files that are longer, and why.
const LONG_FILES: &[(&str, &str)] = &[];

/// The files of the runtime with `unsafe`, and what for. Each opens with its "Safety contract".
const UNSAFE_RUNTIME: &[(&str, &str)] = &[
    ("call.rs", "enters compiled code"),
    ("exception.rs", "reads exceptions, which compiled code writes"),
    ("externs/func.rs", "reads and writes the slots of a call"),
    ("externs/global.rs", "the storage of globals, which compiled code shares"),
    ("externs/memory.rs", "memories as slices"),
    ("externs/shared_memory.rs", "owns memories that threads share"),
    ("externs/table.rs", "elements, which compiled code shares"),
    ("gc/collect.rs", "copies objects, and rewrites references wherever they are"),
    ("gc/reference.rs", "parts of objects"),
    ("host.rs", "compiled code calls in"),
    ("instance/builtins.rs", "what built-in functions do to an instance"),
    ("instance/const_expr.rs", "writes new objects"),
    ("instance/init.rs", "segments to memories and tables"),
    ("instance/link.rs", "writes a vmctx"),
    ("instance/mod.rs", "owns a vmctx"),
    ("linker/mod.rs", "passes on the embedder's trust"),
    ("module.rs", "asks for the embedder's trust"),
    ("raw.rs", "slots and addresses, as they are"),
    ("store/mod.rs", "what all pointers lead to"),
    ("store/objects.rs", "host objects that compiled code reaches"),
    ("store/sweep.rs", "reads references to see what is reached"),
    ("sys/arch/aarch64.rs", "registers and unwinding"),
    ("sys/arch/riscv64.rs", "registers and unwinding"),
    ("sys/arch/x86_64.rs", "registers and unwinding"),
    ("sys/barrier.rs", "a system call"),
    ("sys/enter.rs", "calls an entry trampoline"),
    ("sys/mapping.rs", "maps files, makes text executable"),
    ("sys/memory.rs", "reserves and commits memories"),
    ("sys/signals.rs", "signal handlers"),
    ("sys/stack.rs", "stack bounds and alternate stacks"),
    ("typed.rs", "reads and writes the slots of a call"),
    ("unwind.rs", "goes on at a landing pad"),
    ("value.rs", "references out of slots"),
    ("vm/builtins.rs", "compiled code calls in"),
    ("vm/builtins/arrays.rs", "compiled code calls in"),
    ("vm/objects.rs", "heads and places of objects"),
    ("vm/racy.rs", "copies bytes that other threads write"),
    ("vm/structs.rs", "the records of the ABI"),
];

/// Files elsewhere with `unsafe`: the C library, and embedders, who say which artifacts they trust.
const UNSAFE_ELSEWHERE: &[(&str, &str)] = &[
    ("runtime/c-api/src/absent.rs", "functions that C calls"),
    ("runtime/c-api/src/allocator.rs", "memory for C programs"),
    ("runtime/c-api/src/arguments.rs", "handles of C"),
    ("runtime/c-api/src/bare.rs", "functions that C calls"),
    ("runtime/c-api/src/beyond.rs", "functions that C calls"),
    ("runtime/c-api/src/boundary.rs", "C's strings, arrays and buffers"),
    ("runtime/c-api/src/env.rs", "handles of C"),
    ("runtime/c-api/src/external.rs", "functions that C calls"),
    ("runtime/c-api/src/function.rs", "cells and values of C"),
    ("runtime/c-api/src/global.rs", "callbacks of C"),
    ("runtime/c-api/src/imports.rs", "handles of C; calls callbacks of C"),
    ("runtime/c-api/src/instance.rs", "handles of C"),
    ("runtime/c-api/src/memory.rs", "addresses for C"),
    ("runtime/c-api/src/module.rs", "handles of C; passes on the trust in files"),
    ("runtime/c-api/src/native_call.rs", "calls C functions"),
    ("runtime/c-api/src/natives.rs", "C functions that modules import"),
    ("runtime/c-api/src/reader.rs", "callbacks of C"),
    ("runtime/c-api/src/shared.rs", "the store, reached from C functions"),
    ("runtime/c-api/src/standard/externs.rs", "functions that C calls"),
    ("runtime/c-api/src/standard/func.rs", "calls callbacks of C"),
    ("runtime/c-api/src/standard/instance.rs", "elements of C's vectors"),
    ("runtime/c-api/src/standard/mod.rs", "handles of C"),
    ("runtime/c-api/src/standard/module.rs", "passes on the trust in bytes"),
    ("runtime/c-api/src/standard/refs.rs", "handles and finalizers of C"),
    ("runtime/c-api/src/standard/trap.rs", "handles of C"),
    ("runtime/c-api/src/standard/types.rs", "handles of C"),
    ("runtime/c-api/src/standard/value.rs", "references in values"),
    ("runtime/c-api/src/standard/vec.rs", "C's vectors"),
    ("runtime/c-api/src/threads.rs", "handles of C; calls callbacks of C"),
    ("runtime/c-api/src/trace.rs", "prints by C"),
    ("runtime/c-api/src/types.rs", "handles of C"),
    ("runtime/c-api/src/wasi.rs", "C's lists and descriptors"),
    ("runtime/c-api/src/wasi_threads.rs", "handles of C"),
    ("runtime/cli/src/run.rs", "the user trusts the files given"),
    ("runtime/observe/src/command.rs", "who gives folders trusts what is in them"),
    ("runtime/observe/src/native.rs", "passes on the trust in what it is given"),
    ("runtime/wasi/tests/support/mod.rs", "trusts what it compiled"),
    ("samples/multi-module/main.rs", "trusts the sample's files"),
    ("samples/src/lib.rs", "trusts the samples' files"),
    ("tests/bad_input.rs", "trusts what it compiled, or is refused"),
    ("tests/bench/src/bin/bench-measure.rs", "waits for a child with wait4"),
    ("tests/bench/src/ours.rs", "trusts what it compiled"),
    ("tests/bench/src/theirs.rs", "trusts what wasmtime compiled"),
    ("tests/boundary.rs", "calls without types"),
    ("tests/hostile/src/lib.rs", "maps code that is never called"),
    ("tests/link_api.rs", "trusts what it compiled"),
    ("tests/regress_runtime.rs", "trusts what it compiled"),
    ("tests/multi_module.rs", "trusts what it compiled"),
    ("tests/src/artifact.rs", "trusts what it compiled"),
];

/// Library code that may panic, with how often and why.
const PANICS: &[(&str, usize, &str)] = &[];

/// All files of the project that hold text, by path from the root with `/`, with their text.
fn text_files() -> BTreeMap<String, String> {
    let root = paths::project();
    let mut found = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("project folder").flatten() {
            let path = entry.path();
            let name = relative(&root, &path);
            if name == "target" || name.starts_with(".git/") || name == ".git" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                found.insert(name, text);
            }
        }
    }
    assert!(found.len() > 50, "only {} text files found below {}", found.len(), root.display());
    found
}

fn relative(root: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(root).unwrap_or(path).components();
    parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn rust_files() -> BTreeMap<String, String> {
    let mut files = text_files();
    files.retain(|name, _| name.ends_with(".rs"));
    files
}

/// Fails with all breaches of one rule.
fn report(breaches: Vec<String>, mend: &str) {
    assert!(breaches.is_empty(), "\n  {}\nTo mend: {mend}\n", breaches.join("\n  "));
}

#[test]
fn every_rust_file_says_what_lives_in_it() {
    let files = rust_files().into_iter();
    let breaches = files.filter(|(_, text)| !text.starts_with("//! ")).map(|(name, _)| name).collect();
    report(breaches, "begin the file with a short `//!` that says what lives there and what does not");
}

#[test]
fn files_are_short() {
    let allowed: BTreeSet<&str> = LONG_FILES.iter().map(|(name, _)| *name).collect();
    let long: BTreeMap<String, usize> = rust_files()
        .into_iter()
        .map(|(name, text)| (name, text.lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .collect();
    let new = long.iter().filter(|(name, _)| !allowed.contains(name.as_str()));
    report(
        new.map(|(name, lines)| format!("{name}: {lines} lines, more than {MAX_LINES}")).collect(),
        "a concept in it is missing a name; find it and give it a file",
    );
    let stale = allowed.iter().filter(|name| !long.contains_key(**name)).map(ToString::to_string);
    report(stale.collect(), "take the file off LONG_FILES in tests/tidy.rs: it is short enough");
}

#[test]
fn unsafe_lives_in_a_few_named_files() {
    let mut allowed: BTreeSet<String> = UNSAFE_ELSEWHERE.iter().map(|(name, _)| (*name).to_owned()).collect();
    allowed.extend(UNSAFE_RUNTIME.iter().map(|(name, _)| format!("runtime/src/{name}")));
    let files = rust_files();
    // Unit tests of those files stand beside them.
    let is_test = |name: &str| name.starts_with("runtime/src/") && name.ends_with("/tests.rs");
    let with_unsafe: BTreeSet<String> = files
        .iter()
        .filter(|(name, text)| !is_test(name) && code_lines(text).any(has_unsafe))
        .map(|(name, _)| name.clone())
        .collect();
    report(
        with_unsafe.difference(&allowed).cloned().collect(),
        "do without, or move it to a file of UNSAFE_RUNTIME in tests/tidy.rs that it belongs to",
    );
    report(
        allowed.difference(&with_unsafe).cloned().collect(),
        "take the file off UNSAFE_RUNTIME or UNSAFE_ELSEWHERE in tests/tidy.rs: it has no unsafe code",
    );
    let runtime = with_unsafe.iter().filter(|name| name.starts_with("runtime/src/"));
    let silent = runtime.filter(|name| !header(&files[*name]).contains("# Safety contract"));
    report(
        silent.cloned().collect(),
        "say in a `# Safety contract` paragraph of the `//!` what its unsafe code relies on and guarantees",
    );
}

#[test]
fn format_and_compiler_forbid_unsafe() {
    let files = rust_files();
    let roots = ["aot-format/src/lib.rs", "compiler/src/lib.rs", "compiler/cli/src/main.rs"];
    let without = roots
        .into_iter()
        .filter(|root| files.get(*root).is_none_or(|text| !text.lines().any(|line| line == "#![forbid(unsafe_code)]")));
    report(without.map(str::to_owned).collect(), "put `#![forbid(unsafe_code)]` back at the top of the crate");
}

fn has_unsafe(line: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices("unsafe").any(|(at, word)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(is_name) && !after.is_some_and(is_name)
    })
}

fn header(text: &str) -> String {
    text.lines().take_while(|line| line.starts_with("//!")).collect()
}

/// Lines without comments and string contents, as far as a line alone shows.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(|line| {
        let comment = line.find("//").unwrap_or(line.len());
        let string = line.find('"').unwrap_or(line.len());
        line[..comment.min(string)].trim()
    })
}

/// Library code: what embedders link or the compiler command runs, without its tests.
fn is_library(name: &str) -> bool {
    let library = ["aot-format/src/", "compiler/src/", "runtime/src/", "runtime/wasi/src/", "runtime/cli/src/"];
    let test = ["/tests/", "/tests.rs", "test_support", "_tests.rs"];
    library.iter().any(|folder| name.starts_with(folder)) && !test.iter().any(|part| name.contains(part))
}

#[test]
fn libraries_do_not_panic_on_purpose() {
    let calls = [".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!(", "dbg!("];
    let allowed: BTreeMap<&str, usize> = PANICS.iter().map(|(name, count, _)| (*name, *count)).collect();
    let mut found: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (name, text) in rust_files().into_iter().filter(|(name, _)| is_library(name)) {
        let code = text.split("#[cfg(test)]").next().unwrap_or(&text);
        for (number, line) in code.lines().enumerate() {
            let line = line.split("//").next().unwrap_or(line);
            if calls.iter().any(|call| line.contains(call)) && !line.contains("unwrap()\"") {
                found.entry(name.clone()).or_default().push(number + 1);
            }
        }
    }
    let over = found.iter().filter(|(name, lines)| lines.len() > allowed.get(name.as_str()).copied().unwrap_or(0));
    report(
        over.map(|(name, lines)| format!("{name}: lines {lines:?}")).collect(),
        "return a typed error; where a panic is right, say in PANICS of tests/tidy.rs why",
    );
    let stale = allowed.iter().filter(|(name, count)| found.get(**name).map_or(0, Vec::len) < **count);
    report(
        stale.map(|(name, count)| format!("{name}: allowed {count}")).collect(),
        "lower the count in PANICS of tests/tidy.rs",
    );
}

/// Bytes of a file of the project. Nothing that is downloaded or built is kept in it, and that is larger.
const MAX_FILE_BYTES: u64 = 128 << 10;

#[test]
fn nothing_large_is_kept() {
    let root = paths::project();
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(&root).output();
    // Without git, all that is there is looked at: a copy of the sources has no more.
    let files: Vec<PathBuf> = match output {
        Ok(output) if output.status.success() && !output.stdout.is_empty() => {
            let names = output.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
            names.map(|name| root.join(String::from_utf8_lossy(name).as_ref())).collect()
        }
        _ => text_files().into_keys().map(|name| root.join(name)).collect(),
    };
    assert!(files.len() > 50, "only {} files", files.len());
    let bytes = |file: &PathBuf| std::fs::metadata(file).map_or(0, |data| data.len());
    let large = files.iter().filter(|file| bytes(file) > MAX_FILE_BYTES);
    report(large.map(|file| relative(&root, file)).collect(), "take it out with `git rm --cached`, or make it smaller");
}

/// A device may have no use for WASI; then nothing of it should be there.
#[test]
fn iwasm_can_be_built_without_wasi() {
    let brings_wasi = |features: &[&str]| {
        dependencies("iwasm-cli", features).iter().any(|name| name == "iwasm-wasi" || name.starts_with("cap-"))
    };
    assert!(brings_wasi(&[]));
    assert!(!brings_wasi(&["--no-default-features"]));
}

#[test]
fn no_file_names_a_machine() {
    // Written in two parts, so that this file does not name one.
    let folders = [("/wo", "rk/"), ("/ro", "ot/"), ("/ho", "me/"), ("/Us", "ers/")].map(|(a, b)| format!("{a}{b}"));
    let mut breaches = Vec::new();
    for (name, text) in text_files() {
        for (number, line) in text.lines().enumerate() {
            if folders.iter().any(|folder| line.contains(folder.as_str())) {
                breaches.push(format!("{name}:{}", number + 1));
            }
        }
    }
    report(breaches, "use a path from the project's root, or a setting");
}

/// What `cargo tree` says of a package, on a machine that has downloaded what it built here and no more: the packages that
/// it builds upon, itself included, tests and benches apart.
fn dependencies(package: &str, features: &[&str]) -> BTreeSet<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--package", package, "--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
        .args(["--offline", "--locked"])
        .args(features)
        .current_dir(paths::project())
        .output()
        .expect("cargo tree");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn the_parts_depend_on_each_other_as_designed() {
    let mut breaches = Vec::new();
    let mut forbid = |package: &str, features: &[&str], why: &str, forbidden: &dyn Fn(&str) -> bool| {
        let tree = dependencies(package, features);
        assert!(tree.len() > 1, "{package} depends on nothing, so this test looks at the wrong thing");
        for name in tree.iter().filter(|name| forbidden(name)) {
            breaches.push(format!("{package} depends on {name}: {why}"));
        }
    };
    let compiles = |name: &str| {
        ["cranelift", "wasmparser", "wasmi"].iter().any(|prefix| name.starts_with(prefix)) || name == "wamrc"
    };
    // As they are built for a device: for desktops, these two have an interpreter and the compiler in them.
    let device = |features| vec!["--no-default-features", "--features", features];
    for (package, features) in [
        ("iwasm", vec![]),
        ("iwasm-wasi", vec![]),
        ("iwasm-observe", vec![]),
        ("iwasm-cli", device("wasi")),
        ("iwasm-c-api", device("wasi,standard")),
    ] {
        forbid(package, &features, "a device has no compiler, and the runtime never sees wasm bytes", &compiles);
    }
    let runs = |name: &str| name.starts_with("iwasm");
    forbid("wamrc", &[], "the compiler never sees the runtime", &runs);
    forbid("aot-format", &[], "the format stands alone", &|name| compiles(name) || runs(name) || name == "libc");
    report(breaches, "find what brought it in with `cargo tree -p PACKAGE -i DEPENDENCY` and take that out");
}

#[test]
fn the_readme_lists_the_features_there_are() {
    let readme = std::fs::read_to_string(paths::project().join("README.md")).expect("README.md");
    let rows: String = readme.lines().filter(|line| line.starts_with("| ")).collect();
    let wrong =
        Feature::ALL.iter().filter(|feature| rows.contains(&format!("`{}`", feature.name())) != feature.is_compiled());
    let wrong = wrong.map(|feature| feature.name().to_owned()).collect();
    report(wrong, "the table of features in README.md has those that are compiled, and no others");
}

#[test]
fn the_counts_by_proposal_tell_files_apart() {
    for (name, group) in [
        ("i64.wast", "core"),
        ("f64_cmp.wast", "core"),
        ("bulk.wast", "core"),
        ("memory_copy.wast", "core"),
        ("address64.wast", "memory64"),
        ("memory64-imports.wast", "memory64"),
        ("memory_copy1.wast", "multi-memory"),
        ("simd_memory-multi.wast", "simd"),
        ("i32x4_relaxed_trunc.wast", "relaxed-simd"),
        ("return_call_ref.wast", "tail-call"),
        ("br_on_cast_fail.wast", "gc"),
        ("br_on_null.wast", "function-references"),
        ("throw_ref.wast", "exceptions"),
        ("legacy/throw.wast", "legacy-exceptions"),
        ("proposals/threads/memory.wast", "threads"),
    ] {
        assert_eq!(group_of(name), group, "{name}");
    }
}

#[test]
fn documents_name_what_exists() {
    let root = paths::project();
    let files = text_files();
    // Maps name folders by their last parts.
    let mut known: BTreeSet<&str> = files.keys().map(String::as_str).collect();
    known.extend(files.keys().flat_map(|name| name.match_indices('/').map(|(at, _)| &name[..at])));
    let mut breaches = Vec::new();
    for document in ["README.md", "ARCHITECTURE.md", "RATIONALE.md", "CHANGELOG.md"] {
        let Some(text) = files.get(document) else {
            breaches.push(format!("{document} does not exist"));
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            for path in named_paths(line) {
                if !root.join(path).exists() && !known.iter().any(|known| ends_with_path(known, path)) {
                    breaches.push(format!("{document}:{}: `{path}`", number + 1));
                }
            }
        }
    }
    report(breaches, "name the file that is there now, or leave it out");
}

/// Whether a path ends with these parts, folders with or without a slash at the end.
fn ends_with_path(path: &str, parts: &str) -> bool {
    let rest = path.strip_suffix(parts.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

/// What a line names in backquotes or as the target of a link, and that looks like a file or folder
/// of the project: it has a slash between words, or a source file's ending.
fn named_paths(line: &str) -> Vec<&str> {
    let quoted = line.split('`').skip(1).step_by(2);
    let links = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let endings = [".rs", ".md", ".toml", ".wast", ".wat", ".sh"];
    let of_project = |path: &&str| {
        let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
        let outside = ["/", "..", "~", "-", "http"].iter().any(|start| path.starts_with(start));
        let file = endings.iter().any(|ending| path.ends_with(ending)) && path.len() > 3;
        plain && !outside && (file || (path.contains('/') && !path.starts_with("target/") && !path.contains(".aot")))
    };
    quoted.chain(links).map(|path| path.split('#').next().unwrap_or(path)).filter(of_project).collect()
}

#[test]
fn the_format_document_describes_every_section() {
    let path = paths::project().join("docs/aot-format.md");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let missing: Vec<String> = aot_format::layout::SectionKind::ALL
        .iter()
        .filter(|kind| !text.contains(kind.label()))
        .map(|kind| format!("section {} ({})", *kind as u32, kind.label()))
        .collect();
    report(missing, "describe the section in docs/aot-format.md, by its label");
    let version = aot_format::layout::FORMAT_VERSION;
    assert!(text.contains(&format!("version {version}")), "docs/aot-format.md does not say `version {version}`");
}

#[test]
fn lists_of_expected_failures_are_well_formed() {
    let read =
        |name: &str| std::fs::read_to_string(paths::tests().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    if let Err(errors) = spec_list::parse(&read("spec/listed.txt")) {
        report(errors, "write `FILE.wast reason` or `FILE.wast:LINE reason` in spec/listed.txt, by file and line");
    }
    for name in ["corpus/listed.txt", "corpus/slow.txt", "wasi/listed.txt"] {
        if let Err(errors) = expected::parse(&read(name)) {
            report(errors, &format!("write `CASE reason` in tests/{name}, sorted"));
        }
    }
}

/// The rules find what they are for.
#[test]
fn the_rules_work() {
    assert!(has_unsafe("let x = unsafe { y() };") && has_unsafe("unsafe impl Send for X {}"));
    assert!(!has_unsafe("#![forbid(unsafe_code)]") && !has_unsafe("let not_unsafe = 1;"));
    assert_eq!(code_lines("a // unsafe\n\"unsafe\" b").collect::<Vec<_>>(), ["a", ""]);
    assert_eq!(
        named_paths("see `runtime/src/sys` and [x](docs/a.md#b), `a.rs`, `--x=/y`, `a + b`, `../z.rs`"),
        ["runtime/src/sys", "a.rs", "docs/a.md"]
    );
    assert!(ends_with_path("a/b/c", "b/c") && ends_with_path("a/b", "b/") && ends_with_path("a", "a"));
    assert!(!ends_with_path("a/bb", "b") && !ends_with_path("a/b/c", "b"));
    assert!(spec_list::parse("a.wast a good reason\na.wast:3 a good reason").is_err());
    assert!(spec_list::parse("a.wast:2 a good reason\na.wast:10 a good reason").is_ok());
    assert!(expected::parse("# x\na a good reason\nb a good reason").is_ok_and(|list| list.len() == 2));
    for wrong in ["a", "a short", "b a good reason\na a good reason", "a a good reason\na a good reason"] {
        assert!(expected::parse(wrong).is_err(), "{wrong}");
    }
    for wrong in ["a.wast", "a.wast no", "a.wat a good reason", "a.wast:x a good reason", "a.wast:0 a good reason"] {
        assert!(spec_list::parse(wrong).is_err(), "{wrong}");
    }
    assert_eq!(relative(Path::new("/a"), &PathBuf::from("/a/b/c")), "b/c");
}
