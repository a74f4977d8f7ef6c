//! The C library from C: the programs of `tests/c-api/` by each compiler there is, linked with the archive and with the
//! shared library, in the forms of both of WAMR's ages, and with sanitizers; and the samples of `samples/c/`, which print
//! what is expected. The library is built as it is shipped.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use libtest_mimic::{Arguments, Failed, Trial};
use tests::paths;
use wamrc::{Compiler, Options};

/// How a program is built.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flavour {
    /// With the archive, in the forms of WAMR 1.
    Archive,
    /// With the shared library, in the forms of WAMR 2.
    Shared,
    /// With the archive, checked for wrong accesses, undefined behaviour and leaks.
    Sanitized,
    /// With the shared library as desktops may have it, which compiles WebAssembly.
    Compiling,
}

/// Declared in the header, but nothing that a program of ours could call.
const NOT_FUNCTIONS: &[&str] = &["wasm_runtime_call_wasm_v"];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let library = match library() {
        Ok(library) => library,
        Err(reason) => {
            println!("c_api: all skipped: {reason}");
            return ExitCode::SUCCESS;
        }
    };
    let folder = tempfile::tempdir().expect("a folder for programs and artifacts");
    compile_modules(folder.path());
    let library = linked(&library, &folder.path().join("a folder")).expect("the shared library");
    let mut trials = vec![
        Trial::test("every_function_is_called_by_a_test", every_function_is_called),
        Trial::test("what_is_absent_says_why", what_is_absent_says_why),
    ];
    if library.join("libiwasm.so").is_file() {
        let library = library.clone();
        trials.push(Trial::test("what_is_exported_is_what_is_declared", move || exported(&library)));
    }
    // As devices have it: for another machine, tests have it as it is built for all else.
    if cfg!(target_arch = "x86_64") {
        let library = library.clone();
        trials.push(Trial::test("the_symboliser_is_not_in_it", move || symboliser(&library)));
    }
    // A Python of this machine's: under an emulator, its own is another machine's.
    if runs("python3", &["--version"]) && cfg!(target_arch = "x86_64") {
        let (library, folder) = (library.clone(), folder.path().to_owned());
        trials.push(Trial::test("sample::multi_module::python", move || python(&library, &folder)));
    }
    if runs("pkg-config", &["--version"]) {
        let (library, folder) = (library.clone(), folder.path().to_owned());
        trials.push(Trial::test("what_is_installed_is_found_by_pkg_config", move || installed(&library, &folder)));
    }
    let compiling = compiling_library()
        .map(|built| linked(&built, &folder.path().join("lib-compiler")).expect("the shared library"));
    let compilers: Vec<String> = compilers().into_iter().filter(|compiler| runs(compiler, &["--version"])).collect();
    let mut skipped = Vec::new();
    for compiler in &compilers {
        let mut flavours = vec![Flavour::Archive, Flavour::Shared];
        match sanitizes(compiler, folder.path()) {
            true => flavours.push(Flavour::Sanitized),
            false => skipped.push(format!("{compiler} has no sanitizers")),
        }
        for (program, flavour) in
            programs().into_iter().flat_map(|program| flavours.iter().map(move |flavour| (program.clone(), *flavour)))
        {
            let (compiler, library, folder) = (compiler.clone(), library.clone(), folder.path().to_owned());
            let name = format!("{}::{}::{}", stem(&program), compiler, flavour.name());
            trials.push(Trial::test(name, move || build_and_run(&compiler, &library, &folder, &program, flavour)));
        }
        for program in programs().into_iter().filter(|program| stem(program).starts_with("compiler")) {
            let Some(library) = compiling.clone() else {
                skipped.push("the library with the compiler is not built for this machine".to_owned());
                continue;
            };
            let (compiler, folder) = (compiler.clone(), folder.path().to_owned());
            let name = format!("{}::{}::{}", stem(&program), compiler, Flavour::Compiling.name());
            let run = move || build_and_run(&compiler, &library, &folder, &program, Flavour::Compiling);
            trials.push(Trial::test(name, run));
        }
        for sample in samples() {
            let (compiler, library, folder) = (compiler.clone(), library.clone(), folder.path().to_owned());
            let name = format!("sample::{}::{}", stem(&sample), compiler);
            trials.push(Trial::test(name, move || run_sample(&compiler, &library, &folder, &sample)));
        }
        let (own, lib, temporary) = (compiler.clone(), library.clone(), folder.path().to_owned());
        let name = format!("the_library_has_all_of_the_standard::{compiler}");
        trials.push(Trial::test(name, move || standard(&own, &lib, &temporary)));
        let (own, lib, temporary) = (compiler.clone(), library.clone(), folder.path().to_owned());
        trials.push(Trial::test(format!("the_readme_s_program::{compiler}"), move || readme(&own, &lib, &temporary)));
        let compiler = compiler.replace("gcc", "g++").replace("clang", "clang++");
        if runs(&compiler, &["--version"]) {
            let folder = folder.path().to_owned();
            for sample in files(&paths::project().join("samples/cpp"), "cpp") {
                let (compiler, library, folder) = (compiler.clone(), library.clone(), folder.clone());
                let name = format!("sample::{}::{compiler}", stem(&sample));
                trials.push(Trial::test(name, move || run_sample(&compiler, &library, &folder, &sample)));
            }
            trials.push(Trial::test(format!("the_header_is_good_cpp::{compiler}"), move || {
                header_in_cpp(&compiler, &folder)
            }));
        } else {
            skipped.push(format!("there is no {compiler}"));
        }
    }
    if compilers.is_empty() {
        skipped.push("there is no C compiler: no program was run".to_owned());
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    println!("c_api: skipped: {}", if skipped.is_empty() { "nothing".to_owned() } else { skipped.join("; ") });
    conclusion.exit_code()
}

impl Flavour {
    fn name(self) -> &'static str {
        match self {
            Flavour::Archive => "archive",
            Flavour::Shared => "shared",
            Flavour::Sanitized => "sanitized",
            Flavour::Compiling => "compiling",
        }
    }
}

/// A folder with the library: the archive that was built, and the shared library that is linked from it, under both names
/// that it is asked for by. Without a compiler, there is no shared library, nor anybody to use it.
fn linked(library: &Path, links: &Path) -> Result<PathBuf, Failed> {
    let links = links.to_owned();
    std::fs::create_dir_all(&links)?;
    std::os::unix::fs::symlink(std::path::absolute(library.join("libiwasm.a"))?, links.join("libiwasm.a"))?;
    let Some(compiler) = compilers().into_iter().find(|compiler| runs(compiler, &["--version"])) else {
        return Ok(links);
    };
    let script = paths::project().join("scripts/shared-library.sh");
    let output =
        Command::new(script).arg(&links).env("CC", compiler).env_remove("RELR").env_remove("LDFLAGS").output()?;
    if !output.status.success() {
        return Err(told("scripts/shared-library.sh", &output));
    }
    std::os::unix::fs::symlink("libiwasm.so", links.join("libiwasm.so.0"))?;
    Ok(links)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn sources(extension: &str) -> Vec<PathBuf> {
    files(&paths::tests().join("c-api"), extension)
}

fn samples() -> Vec<PathBuf> {
    files(&paths::project().join("samples/c"), "c")
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("entry of a folder").path()).collect();
    files.retain(|path| path.extension() == Some(OsStr::new(extension)));
    files.sort();
    files
}

/// The tests; `speed.c` measures and is none.
fn programs() -> Vec<PathBuf> {
    sources("c").into_iter().filter(|path| stem(path) != "speed").collect()
}

/// The folder of the library, built now: as it is shipped, so not with the features that tests want.
fn library() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let profile = own.ancestors().nth(2).ok_or("this program is in no target folder")?;
    // Built for another machine than cargo's, below `cross`: it is there already, or cannot be made.
    if profile.ancestors().nth(2).is_some_and(|folder| folder.ends_with("cross")) {
        return match profile.join("libiwasm.a").is_file() {
            true => Ok(profile.to_owned()),
            false => Err("libiwasm.a was not built for this machine".to_owned()),
        };
    }
    let target = profile.parent().ok_or("this program is in no target folder")?;
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--profile", "device", "-p", "iwasm-c-api"])
        .args(["--no-default-features", "--features", "wasi,standard,no-symbolizer", "--target-dir"])
        .arg(target)
        .current_dir(paths::project())
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    assert!(status.success(), "cargo build of the C library: {status}");
    Ok(target.join("device"))
}

/// The folder of the library with the compiler in it, made of what this program was made of; none for another machine.
fn compiling_library() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let profile = own.ancestors().nth(2)?;
    let target = profile.parent()?;
    if target.ends_with("cross") || target.parent()?.ends_with("cross") {
        return None;
    }
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--workspace", "--exclude", "bench", "--lib", "--target-dir"])
        .arg(target)
        .current_dir(paths::project())
        .status()
        .ok()?;
    assert!(status.success(), "cargo build of the C library with the compiler: {status}");
    Some(target.join("release"))
}

/// Compilers for this machine, present or not.
fn compilers() -> Vec<String> {
    match cfg!(target_arch = "x86_64") {
        true => vec!["gcc".into(), "clang".into()],
        false => vec![format!("{}-linux-gnu-gcc", std::env::consts::ARCH)],
    }
}

fn runs(program: &str, args: &[&str]) -> bool {
    Command::new(program).args(args).output().is_ok_and(|output| output.status.success())
}

const SANITIZE: [&str; 2] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/// Whether a compiler has what its sanitizers need. Under an emulator they do not run.
fn sanitizes(compiler: &str, folder: &Path) -> bool {
    let (source, program) = (folder.join("nothing.c"), folder.join("nothing"));
    std::fs::write(&source, "int main(void) { return 0; }\n").expect("a source");
    let built = Command::new(compiler).args(SANITIZE).arg(&source).arg("-o").arg(program).output();
    cfg!(target_arch = "x86_64") && built.is_ok_and(|output| output.status.success())
}

/// Compiles the modules of the tests, as one would by command.
fn compile_modules(folder: &Path) {
    let compiler = Compiler::new(Options::new().custom_sections(["note"])).expect("the default target");
    let vectorless = cfg!(target_arch = "riscv64");
    let compiler = match vectorless {
        true => {
            let target = wamrc::Target::resolve(Some("riscv64"), None, &["+v".to_owned()]).expect("a target");
            Compiler::new(Options::new().custom_sections(["note"]).target(target)).expect("a target")
        }
        false => compiler,
    };
    for path in sources("wat") {
        let wasm = wat::parse_file(&path).unwrap_or_else(|error| panic!("{error}"));
        let artifact = compiler.compile(&wasm).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        std::fs::write(folder.join(stem(&path)).with_extension("aot"), artifact).expect("an artifact");
        std::fs::write(folder.join(stem(&path)).with_extension("wasm"), wasm).expect("a module");
    }
    let members = ["linked_lib", "linked_main"];
    let read = |name: &str| std::fs::read(folder.join(name).with_extension("wasm")).expect("a module");
    let modules = members.map(|name| (name, read(name)));
    let modules: Vec<(&str, &[u8])> = modules.iter().map(|(name, wasm)| (*name, wasm.as_slice())).collect();
    let set = compiler.compile_set(&modules, &|_| {}).unwrap_or_else(|error| panic!("the linked set: {error}"));
    std::fs::write(folder.join("linked_set.aot"), set).expect("an artifact");
}

fn told(what: &str, output: &Output) -> Failed {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{what}: {}\n{}{}", output.status, text(&output.stdout), text(&output.stderr)).into()
}

fn build_and_run(compiler: &str, library: &Path, folder: &Path, source: &Path, flavour: Flavour) -> Result<(), Failed> {
    let program = folder.join(format!("{}-{compiler}-{}", stem(source), flavour.name()));
    let mut command = Command::new(compiler);
    command.args(["-g", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I"]);
    command.arg(paths::project().join("runtime/c-api/include")).arg(source);
    match flavour {
        Flavour::Archive => command.arg(library.join("libiwasm.a")),
        Flavour::Shared => command.arg("-DWASM_RUNTIME_API_2").arg(library.join("libiwasm.so")),
        Flavour::Sanitized => command.args(SANITIZE).arg(library.join("libiwasm.a")),
        Flavour::Compiling => {
            command.args(["-DWASM_RUNTIME_API_2", "-DIWASM_WITH_COMPILER"]).arg(library.join("libiwasm.so"))
        }
    };
    let built = command.arg("-o").arg(&program).args(["-lpthread", "-ldl", "-lm"]).output()?;
    if !built.status.success() {
        return Err(told(compiler, &built));
    }
    let own = folder.join(format!("{}-files", program.file_name().unwrap_or_default().to_string_lossy()));
    std::fs::create_dir_all(&own)?;
    for artifact in std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()) {
        if ["aot", "wasm"].iter().any(|kind| artifact.extension() == Some(OsStr::new(kind))) {
            std::fs::copy(&artifact, own.join(artifact.file_name().unwrap_or_default()))?;
        }
    }
    let ran = Command::new(&program).arg(&own).env("LD_LIBRARY_PATH", library).output()?;
    if ran.status.success() { Ok(()) } else { Err(told(&program.display().to_string(), &ran)) }
}

/// Modules of the samples: their own, and those of the sample in Rust that one has in common with.
fn sample_modules() -> Vec<PathBuf> {
    let samples = paths::project().join("samples");
    [files(&samples.join("c"), "wat"), files(&samples.join("multi-module"), "wasm")].concat()
}

/// Compiles the modules of the samples to a folder.
fn compile_samples(folder: &Path) -> Result<(), Failed> {
    std::fs::create_dir_all(folder)?;
    let compile = Compiler::new(Options::new()).map_err(|error| error.to_string())?;
    for module in sample_modules() {
        let wasm = wat::parse_file(&module).map_err(|error| error.to_string())?;
        let artifact = compile.compile(&wasm).map_err(|error| error.to_string())?;
        std::fs::write(folder.join(stem(&module)).with_extension("aot"), artifact)?;
    }
    Ok(())
}

/// The sample in Python.
fn python(library: &Path, folder: &Path) -> Result<(), Failed> {
    let source = paths::project().join("samples/python/multi_module.py");
    let own = folder.join("sample-python");
    compile_samples(&own)?;
    let ran = Command::new("python3").arg(&source).arg(library.join("libiwasm.so")).arg(&own).output()?;
    let expected = std::fs::read_to_string(source.with_extension("expected.txt"))?;
    match ran.status.success() && ran.stdout == expected.as_bytes() {
        true => Ok(()),
        false => Err(told("the sample in Python", &ran)),
    }
}

fn run_sample(compiler: &str, library: &Path, folder: &Path, source: &Path) -> Result<(), Failed> {
    let own = folder.join(format!("sample-{}-{compiler}", stem(source)));
    compile_samples(&own)?;
    let program = own.join("program");
    let built = Command::new(compiler)
        .args(["-Wall", "-Wextra", "-Werror", "-I"])
        .arg(paths::project().join("runtime/c-api/include"))
        .arg(source)
        .arg(library.join("libiwasm.so"))
        .arg("-o")
        .arg(&program)
        .arg("-lpthread")
        .output()?;
    if !built.status.success() {
        return Err(told(compiler, &built));
    }
    let ran = Command::new(&program).arg(&own).env("LD_LIBRARY_PATH", library).output()?;
    let expected = std::fs::read_to_string(source.with_extension("expected.txt"))?;
    match ran.status.success() && ran.stderr.is_empty() && ran.stdout == expected.as_bytes() {
        true => Ok(()),
        false => Err(told(&format!("{} should print\n{expected}\nbut", stem(source)), &ran)),
    }
}

/// Installs the library somewhere, and builds a sample with what pkg-config says.
fn installed(library: &Path, folder: &Path) -> Result<(), Failed> {
    let compiler = &compilers()[0];
    let prefix = folder.join("prefix");
    let install = Command::new(paths::project().join("scripts/install.sh"))
        .env("PREFIX", &prefix)
        .env("LIBRARIES", library)
        .env_remove("DESTDIR")
        .env_remove("COMMANDS")
        .env_remove("LIBDIR")
        .output()?;
    if !install.status.success() {
        return Err(told("scripts/install.sh", &install));
    }
    let asked = |args: &[&str]| {
        Command::new("pkg-config").args(args).env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")).output()
    };
    let flags = asked(&["--cflags", "--libs", "libiwasm"])?;
    let version = asked(&["--modversion", "libiwasm"])?;
    if !flags.status.success() || version.stdout.trim_ascii() != env!("CARGO_PKG_VERSION").as_bytes() {
        return Err(told("pkg-config", &flags));
    }
    let flags = String::from_utf8(flags.stdout)?;
    let (source, program) = (folder.join("installed.c"), folder.join("installed"));
    let text = "#include <wasm_export.h>\nint main(void) { return wasm_runtime_init() ? 0 : 1; }\n";
    std::fs::write(&source, text)?;
    let built = Command::new(compiler).arg(&source).args(flags.split_whitespace()).arg("-o").arg(&program).output()?;
    if !built.status.success() {
        return Err(told(compiler, &built));
    }
    let ran = Command::new(&program).env("LD_LIBRARY_PATH", prefix.join("lib")).output()?;
    let without = Command::new(&program).env_remove("LD_LIBRARY_PATH").output()?;
    match ran.status.success() && !without.status.success() {
        true => Ok(()),
        false => Err(told("the program that was built with what is installed", &ran)),
    }
}

/// What `wasm.h` looks like after its macros, which declare most of its functions.
fn expanded(compiler: &str) -> Result<String, Failed> {
    let header = paths::project().join("runtime/c-api/include/wasm.h");
    let expanded = Command::new(compiler).args(["-E", "-P"]).arg(header).output()?;
    Ok(String::from_utf8(expanded.stdout)?.replace(" (", "("))
}

/// The shared library exports what the headers declare, each with its version, and nothing else.
fn exported(library: &Path) -> Result<(), Failed> {
    let compiler = compilers().into_iter().find(|compiler| runs(compiler, &["--version"])).ok_or("no compiler")?;
    let (own, standard) = (header(), expanded(&compiler)?);
    let declared = functions(&own).into_iter().chain(functions(&standard));
    // Types of functions stand in parentheses, too; and what is defined in a header is not the library's.
    let inline = |name: &&str| [&own, &standard].iter().any(|text| is_inline(text, name));
    let declared: BTreeSet<&str> = declared
        .filter(|name| !name.ends_with("_t") && !NOT_FUNCTIONS.contains(name) && !inline(name))
        // What the forms of WAMR 2 are called in the library.
        .filter(|name| !own.contains(&format!("#define {name}(")))
        .collect();
    let versions = Exported::read(&compiler, &library.join("libiwasm.so"))?;
    if versions.soname != "libiwasm.so.0" {
        return Err(format!("its soname is {}", versions.soname).into());
    }
    let unversioned: Vec<&String> =
        versions.functions.iter().filter(|(_, v)| *v != "IWASM_0.1").map(|(n, _)| n).collect();
    let exported: BTreeSet<&str> = versions.functions.keys().map(String::as_str).collect();
    let (missing, more): (Vec<_>, Vec<_>) =
        (declared.difference(&exported).collect(), exported.difference(&declared).collect());
    match missing.is_empty() && more.is_empty() && unversioned.is_empty() && exported.len() > 400 {
        true => Ok(()),
        false => {
            Err(format!("not exported: {missing:?}; exported: {more:?}; of another version: {unversioned:?}").into())
        }
    }
}

/// A device has nothing of what the standard library reads debug information with, and programs that have the archive in
/// them keep the unwinder's own back traces; see `boundary.rs` of the library. A release of Rust that makes this fail made the
/// library 200 KB larger.
fn symboliser(library: &Path) -> Result<(), Failed> {
    let section = b".debug_types.dwo";
    if std::fs::read(library.join("libiwasm.so"))?.windows(section.len()).any(|bytes| bytes == section) {
        return Err("libiwasm.so knows names of DWARF's sections: the standard library's symboliser is in it".into());
    }
    // It says of some members that they have no symbols.
    let symbols =
        Command::new("nm").args(["--defined-only", "--extern-only"]).arg(library.join("libiwasm.a")).output()?;
    match String::from_utf8_lossy(&symbols.stdout).contains(" _Unwind_Backtrace\n") {
        true => Err("libiwasm.a defines _Unwind_Backtrace for whoever is linked with it".into()),
        false => Ok(()),
    }
}

/// Whether a header defines a function, and does not only declare it.
fn is_inline(text: &str, name: &str) -> bool {
    let named = format!("{name}(");
    text.match_indices(&named).any(|(at, _)| {
        let before = text[..at].rfind([';', '{', '}']).unwrap_or(0);
        text[before..at].contains("static inline")
    })
}

/// Functions that a shared library gives, with their versions.
struct Exported {
    soname: String,
    functions: BTreeMap<String, String>,
}

impl Exported {
    /// By the readelf that belongs to a compiler.
    fn read(compiler: &str, library: &Path) -> Result<Exported, Failed> {
        let readelf = Command::new(compiler).arg("-print-prog-name=readelf").output()?;
        let readelf = String::from_utf8(readelf.stdout)?;
        let output = Command::new(readelf.trim()).args(["-W", "--dyn-syms", "--dynamic"]).arg(library).output()?;
        if !output.status.success() {
            return Err(told("readelf", &output));
        }
        let text = String::from_utf8(output.stdout)?;
        let soname =
            text.split_once("Library soname: [").and_then(|(_, rest)| rest.split(']').next()).unwrap_or_default();
        // Number, value, size, type, binding, visibility, section, name@@version. Some linkers list sections, as LOCAL.
        let rows = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let defined = rows.filter(|row| {
            let symbol = row.len() == 8 && row[0].trim_end_matches(':').parse::<u32>().is_ok();
            symbol && row[4] != "LOCAL" && !["UND", "ABS"].contains(&row[6])
        });
        let function = |row: Vec<&str>| {
            let (name, version) = row[7].split_once("@@").unwrap_or((row[7], ""));
            (name.to_owned(), version.to_owned())
        };
        Ok(Exported { soname: soname.to_owned(), functions: defined.map(function).collect() })
    }
}

/// Links a program that has the address of every function that `wasm.h` declares.
fn standard(compiler: &str, library: &Path, folder: &Path) -> Result<(), Failed> {
    let include = paths::project().join("runtime/c-api/include");
    let text = expanded(compiler)?;
    // Types of functions stand in parentheses, too.
    let names: Vec<&str> = functions(&text).into_iter().filter(|name| !name.ends_with("_t")).collect();
    if names.len() < 250 {
        return Err(format!("only {} functions were found in wasm.h", names.len()).into());
    }
    let source = folder.join(format!("standard-{compiler}.c"));
    let table: String = names.iter().map(|name| format!("(void (*)(void)){name},\n")).collect();
    let text = format!(
        "#include <wasm.h>\nvoid (*table[])(void) = {{ {table} }};\nint main(void) {{ return table[0] == 0; }}\n"
    );
    std::fs::write(&source, text)?;
    let built = Command::new(compiler)
        .arg("-I")
        .arg(include)
        .arg(&source)
        .arg(library.join("libiwasm.so"))
        .arg("-o")
        .arg(folder.join(format!("standard-names-{compiler}")))
        .output()?;
    if built.status.success() { Ok(()) } else { Err(told(compiler, &built)) }
}

/// The program that the README shows.
fn readme(compiler: &str, library: &Path, folder: &Path) -> Result<(), Failed> {
    let text = std::fs::read_to_string(paths::project().join("README.md"))?;
    let program = text.split("```c\n").nth(1).and_then(|rest| rest.split("```").next()).ok_or("the README has no C")?;
    let own = folder.join(format!("readme-{compiler}"));
    std::fs::create_dir_all(&own)?;
    std::fs::write(own.join("program.c"), program)?;
    let wasm = wat::parse_file(paths::project().join("samples/c/add.wat"))?;
    let compile = Compiler::new(Options::new()).map_err(|error| error.to_string())?;
    std::fs::write(own.join("add.aot"), compile.compile(&wasm).map_err(|error| error.to_string())?)?;
    let built = Command::new(compiler)
        .args(["-Wall", "-Wextra", "-Werror", "-I"])
        .arg(paths::project().join("runtime/c-api/include"))
        .arg(own.join("program.c"))
        .arg(library.join("libiwasm.a"))
        .arg("-o")
        .arg(own.join("program"))
        .args(["-lpthread", "-ldl", "-lm"])
        .output()?;
    if !built.status.success() {
        return Err(told(compiler, &built));
    }
    let ran = Command::new(own.join("program")).current_dir(&own).output()?;
    if ran.stdout == b"42\n" { Ok(()) } else { Err(told("the README's program", &ran)) }
}

fn header_in_cpp(compiler: &str, folder: &Path) -> Result<(), Failed> {
    for form in ["", "#define WASM_RUNTIME_API_2\n", "#include <wasm.h>\n#define wasm_module_t wasm_export_module_t\n"]
    {
        let source = folder.join(format!("header-{compiler}.cpp"));
        std::fs::write(
            &source,
            format!("{form}#include <wasm_export.h>\nint main() {{ return wasm_runtime_init() ? 0 : 1; }}\n"),
        )?;
        let output = Command::new(compiler)
            .args(["-std=c++11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I"])
            .arg(paths::project().join("runtime/c-api/include"))
            .arg(&source)
            .output()?;
        if !output.status.success() {
            return Err(told(compiler, &output));
        }
    }
    Ok(())
}

/// Names of functions in a text: what stands before a parenthesis and begins as ours do.
fn functions(text: &str) -> BTreeSet<&str> {
    let words = text.match_indices('(').map(|(end, _)| {
        let start = text[..end].rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
        &text[start..end]
    });
    words
        .filter(|word| ["wasm_", "iwasm_", "get_package", "get_base"].iter().any(|prefix| word.starts_with(prefix)))
        .collect()
}

fn header() -> String {
    let folder = paths::project().join("runtime/c-api/include");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a header");
    read("lib_export.h") + &read("wasm_export.h")
}

fn every_function_is_called() -> Result<(), Failed> {
    let header = header();
    let tests: String = sources("c").iter().map(|path| std::fs::read_to_string(path).expect("a test")).collect();
    let called = functions(&tests);
    let absent = absent();
    let declared: BTreeSet<&str> = functions(&header);
    if declared.len() < 150 {
        return Err(format!("only {} functions were found in the header", declared.len()).into());
    }
    let missing: Vec<&&str> = declared
        .iter()
        .filter(|name| !called.contains(**name) && !NOT_FUNCTIONS.contains(name) && !absent.contains(**name))
        // By their names in WAMR 1's form, or by a macro of the tests.
        .filter(|name| !["wasm_runtime_lookup_function", "iwasm_set_module_reader_2"].contains(name))
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("no test calls {missing:?}").into()) }
}

/// Functions that are present and do nothing.
fn absent() -> BTreeSet<String> {
    let source = paths::project().join("runtime/c-api/src/absent.rs");
    let text = std::fs::read_to_string(source).expect("a source");
    functions(&text).into_iter().map(str::to_owned).collect()
}

fn what_is_absent_says_why() -> Result<(), Failed> {
    let header = header();
    let declared = functions(&header);
    let (_, last) = header.split_once("What makes no sense here").ok_or("the header has no such part")?;
    let apart = functions(last);
    let absent = absent();
    let unknown: Vec<&String> = absent.iter().filter(|name| !declared.contains(name.as_str())).collect();
    let misplaced: Vec<&&str> = apart.iter().filter(|name| !absent.contains(**name)).collect();
    match (unknown.as_slice(), misplaced.as_slice()) {
        ([], []) => Ok(()),
        _ => Err(format!("not in the header: {unknown:?}; said to do nothing, and does: {misplaced:?}").into()),
    }
}
