//! WASI across a set of modules, by way of the two commands: one context that all share, one `_initialize` each,
//! and the end of the program wherever it is called for.

use tests::commands::{self, Ran};

/// Compiles `(name, text)` in a folder of their own, and runs the last with these options, its arguments behind.
fn run(modules: &[(&str, &str)], options: &[&str], args: &[&str]) -> Ran {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("data")).expect("a folder in it");
    std::fs::write(folder.path().join("data/in"), "from the file").expect("a file in that");
    let (mut sources, mut main) = (Vec::new(), String::new());
    for (name, text) in modules {
        let source = format!("{name}.wat");
        std::fs::write(folder.path().join(&source), text).expect("a source");
        main = format!("{name}.aot");
        sources.push(source);
    }
    let mut compile: Vec<&str> = sources.iter().map(String::as_str).collect();
    compile.extend(["-o", "."]);
    let compiled = commands::run("wamrc", folder.path(), &compile);
    assert_eq!(compiled.status, Some(0), "{compiled:?}");
    let all: Vec<&str> = options.iter().copied().chain([main.as_str()]).chain(args.iter().copied()).collect();
    commands::run("iwasm", folder.path(), &all)
}

/// Opens `in` for whoever asks, and prints from its own memory.
const FILES: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\40\00\00\00\03\00\00\00")
    (data (i32.const 64) "lib")
    (data (i32.const 80) "in")
    (func (export "_initialize") (call $print))
    (func $print (export "print")
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))
    (func (export "open") (result i32)
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 80) (i32.const 2) (i32.const 0)
            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))
        (i32.load (i32.const 16)))
    (func (export "arguments") (result i32)
        (drop (call $sizes (i32.const 16) (i32.const 20)))
        (i32.load (i32.const 16))))"#;

/// Reads the descriptor that FILES opened into its own memory, and ends with what FILES knows of the arguments.
const MAIN: &str = r#"(module
    (import "files" "open" (func $open (result i32)))
    (import "files" "print" (func $print))
    (import "files" "arguments" (func $arguments (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\40\00\00\00\40\00\00\00")
    (func (export "_start")
        (drop (call $read (call $open) (i32.const 0) (i32.const 1) (i32.const 4)))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
        (call $print)
        (call $exit (call $arguments))))"#;

#[test]
fn modules_of_a_set_share_files_streams_and_arguments() {
    let ran = run(&[("files", FILES), ("main", MAIN)], &["--dir=data"], &["one", "two"]);
    // _initialize printed once, before anything else; the program's name is an argument, too.
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(3), "libfrom the filelib"), "{ran:?}");
}

#[test]
fn a_dependency_can_end_the_program() {
    let ends = r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1) (func (export "f") (call $exit (i32.const 42))))"#;
    let main = r#"(module (import "ends" "f" (func $f)) (memory (export "memory") 1)
        (func (export "_start") (call $f) unreachable))"#;
    let ran = run(&[("ends", ends), ("main", main)], &[], &[]);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(42), ""));
    let at_once = ends.replace("\"f\"", "\"_initialize\"");
    let at_once = at_once.replace("(memory", "(func (export \"f\")) (memory");
    assert_eq!(run(&[("ends", &at_once), ("main", main)], &[], &[]).status, Some(42));
}

#[test]
fn reactors_are_initialised_once_each_and_those_below_first() {
    let print = |text: &str, imports: &str| {
        format!(
            r#"(module {imports}
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1) (data (i32.const 0) "\40\00\00\00\01\00\00\00") (data (i32.const 64) "{text}")
            (func $p (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))
            (export "START" (func $p)) (func (export "f")))"#
        )
    };
    let reactor = |text: &str, imports: &str| print(text, imports).replace("START", "_initialize");
    let (bottom, left) = (reactor("b", ""), reactor("l", r#"(import "bottom" "f" (func))"#));
    let right = reactor("r", r#"(import "bottom" "f" (func))"#);
    let main = print("m", r#"(import "left" "f" (func)) (import "right" "f" (func))"#).replace("START", "_start");
    let ran = run(&[("bottom", &bottom), ("left", &left), ("right", &right), ("main", &main)], &[], &[]);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(0), "blrm"), "{ran:?}");
}

#[test]
fn a_command_is_nothing_to_import_from() {
    let command = r#"(module (memory (export "memory") 1) (func (export "_start")) (func (export "f")))"#;
    let main = r#"(module (import "other" "f" (func $f)) (func (export "_start")))"#;
    let ran = run(&[("other", command), ("main", main)], &[], &[]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("\"other\" is a command"), "{ran:?}");
}

#[test]
fn what_wasi_does_not_have_is_a_link_error() {
    let main = r#"(module (import "wasi_snapshot_preview1" "sock_open" (func (param i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_close" (func (param i64) (result i32)))
        (memory (export "memory") 1) (func (export "_start")))"#;
    let ran = run(&[("main", main)], &[], &[]);
    assert_eq!(ran.status, Some(1));
    for part in ["wasi_snapshot_preview1", "sock_open", "fd_close", "i64"] {
        assert!(ran.stderr.contains(part), "{part}: {ran:?}");
    }
}
