//! The two commands from end to end: compile with `wamrc`, run with `iwasm`; exit statuses, what is
//! printed where, and that no error leaves half a file. Options one by one are tested where they live.

use aot_format::features::Feature;
use std::path::Path;

use tests::commands::{Ran, run};

/// A folder with files of wasm text.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// A folder with these modules, compiled: `name.wat` → `name.aot`.
fn compiled(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = folder(files);
    let mut args: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    args.extend(["-o", "."]);
    if let [(name, _)] = files {
        args = vec![name, "-o"];
    }
    let output = files[0].0.replace(".wat", ".aot");
    if files.len() == 1 {
        args.push(&output);
    }
    let ran = run("wamrc", folder.path(), &args);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    folder
}

fn has(folder: &Path, name: &str) -> bool {
    folder.join(name).exists()
}

#[track_caller]
fn assert_ran(ran: &Ran, status: i32, stdout: &str, in_stderr: &[&str]) {
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(status), stdout), "{}", ran.stderr);
    for part in in_stderr {
        assert!(ran.stderr.contains(part), "{part:?} is not in: {}", ran.stderr);
    }
}

const MATH: &str = r#"(module
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "half") (param f32) (result f32) (f32.div (local.get 0) (f32.const 2)))
    (func (export "wide") (param i64) (result i64) (local.get 0))
    (func (export "double") (result f64) (f64.const -0.25))
    (func (export "pair") (result i32 i64) (i32.const -1) (i64.const 42))
    (func (export "nothing"))
    (func $crash (export "crash") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0))))"#;

const APP: &str = r#"(module
    (import "math" "add" (func $add (param i32 i32) (result i32)))
    (import "math" "crash" (func $crash (param i32) (result i32)))
    (func (export "thirty_one") (result i32) (call $add (i32.const 30) (i32.const 1)))
    (func $run (export "run") (result i32) (i32.add (call $crash (i32.const 0)) (i32.const 1))))"#;

#[test]
fn results_are_printed_as_wamr_prints_them() {
    let folder = compiled(&[("math.wat", MATH), ("app.wat", APP)]);
    let call = |args: &[&str]| run("iwasm", folder.path(), args);
    assert_ran(&call(&["-f", "thirty_one", "app.aot"]), 0, "0x1f:i32\n", &[]);
    assert_ran(&call(&["-f", "$math$add", "app.aot", "40", "2"]), 0, "0x2a:i32\n", &[]);
    assert_ran(&call(&["-f", "add", "math.aot", "-1", "0"]), 0, "0xffffffff:i32\n", &[]);
    assert_ran(&call(&["-f", "half", "math.aot", "3"]), 0, "1.5:f32\n", &[]);
    assert_ran(&call(&["-f", "wide", "math.aot", "0x2a"]), 0, "0x2a:i64\n", &[]);
    assert_ran(&call(&["-f", "pair", "math.aot"]), 0, "0xffffffff:i32,0x2a:i64\n", &[]);
    assert_ran(&call(&["-f", "nothing", "math.aot"]), 0, "", &[]);
    let double = call(&["-f", "double", "math.aot"]);
    assert_ran(&double, 0, "-0.25:f64\n", &[]);
}

#[test]
fn modules_are_found_where_they_are_said_to_be() {
    let folder = compiled(&[("math.wat", MATH), ("app.wat", APP)]);
    std::fs::create_dir(folder.path().join("lib")).unwrap();
    std::fs::rename(folder.path().join("math.aot"), folder.path().join("lib/math.aot")).unwrap();
    let call = |args: &[&str]| run("iwasm", folder.path(), args);
    let missing =
        ["\"app\"", "\"math\".\"add\"", "\"math\".\"crash\"", "no module \"math\"", "Modules were looked for in ."];
    assert_ran(&call(&["-f", "thirty_one", "app.aot"]), 1, "", &missing);
    assert_ran(&call(&["--module-path=lib", "-f", "thirty_one", "app.aot"]), 0, "0x1f:i32\n", &[]);
    assert_ran(&call(&["--module-path=.", "--module-path=lib", "-f", "thirty_one", "app.aot"]), 0, "0x1f:i32\n", &[]);
    assert_ran(&call(&["--module-path=none", "-f", "thirty_one", "app.aot"]), 1, "", &["--module-path=none"]);
    assert_ran(&call(&["--preload", "math=lib/math.aot", "-f", "thirty_one", "app.aot"]), 0, "0x1f:i32\n", &[]);
}

#[test]
fn a_trap_exits_1_with_its_back_trace_through_the_modules() {
    let folder = compiled(&[("math.wat", MATH), ("app.wat", APP)]);
    let ran = run("iwasm", folder.path(), &["-f", "run", "app.aot"]);
    assert_ran(&ran, 1, "", &["Exception: integer divide by zero", "math!crash", "app!run"]);
    let (inner, outer) = (ran.stderr.find("math!crash"), ran.stderr.find("app!run"));
    assert!(inner < outer, "innermost first: {}", ran.stderr);
}

#[test]
fn runaway_programs_are_traps_and_not_signals() {
    let folder = compiled(&[(
        "bad.wat",
        r#"(module (memory 1) (type $list (struct (field (ref null $list)))) (func $deep (export "deep") (result i32) (i32.add (call $deep) (i32.const 1)))
            (func (export "hoard") (local $all (ref null $list))
              (loop (local.set $all (struct.new $list (local.get $all))) (br 0)))
            (func (export "far") (param i32) (result i32) (i32.load8_u offset=0xffffffff (local.get 0))))"#,
    )]);
    let deep = run("iwasm", folder.path(), &["-f", "deep", "bad.aot"]);
    assert_ran(&deep, 1, "", &["Exception: call stack exhausted"]);
    let small = run("iwasm", folder.path(), &["--stack-size=65536", "-f", "deep", "bad.aot"]);
    assert_ran(&small, 1, "", &["Exception: call stack exhausted"]);
    let full = run("iwasm", folder.path(), &["--gc-heap-size=1000000", "-f", "hoard", "bad.aot"]);
    assert_ran(&full, 1, "", &["Exception: garbage-collected heap exhausted", "bad!hoard"]);
    for address in ["0", "-1", "65536"] {
        let far = run("iwasm", folder.path(), &["-f", "far", "bad.aot", address]);
        assert_ran(&far, 1, "", &["Exception: out of bounds memory access"]);
    }
}

#[test]
fn link_errors_are_told_all_at_once_before_anything_runs() {
    let folder = compiled(&[
        (
            "lib.wat",
            r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                (memory (export "memory") 1) (func $start (call $exit (i32.const 7))) (start $start)
                (func (export "f") (param i32)))"#,
        ),
        ("app.wat", r#"(module (import "lib" "f" (func)) (import "lib" "g" (func)) (import "gone" "h" (global i32)))"#),
    ]);
    let parts = [
        "Exception: ",
        "\"lib\".\"f\" (func)",
        "(func (param i32))",
        "does not export \"g\"",
        "\"gone\".\"h\" (global i32)",
    ];
    assert_ran(&run("iwasm", folder.path(), &["app.aot"]), 1, "", &parts);
}

const PROGRAM: &str = r#"(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 64) "\48\00\00\00\06\00\00\00") (data (i32.const 72) "hello\n")
    (func (export "_start")
        (drop (call $write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 80)))
        (drop (call $args (i32.const 0) (i32.const 4)))
        (drop (call $environ (i32.const 8) (i32.const 12)))
        ;; ten times the arguments and the variables
        (call $exit (i32.add (i32.mul (i32.load (i32.const 0)) (i32.const 10)) (i32.load (i32.const 8))))))"#;

#[test]
fn a_program_gets_its_arguments_and_environment_and_gives_its_status() {
    let folder = compiled(&[("program.wat", PROGRAM)]);
    let call = |args: &[&str]| run("iwasm", folder.path(), args);
    // The name of the program is its first argument; of the host's environment it gets nothing.
    assert_ran(&call(&["program.aot"]), 10, "hello\n", &[]);
    assert_ran(&call(&["program.aot", "one", "-f", "--help"]), 40, "hello\n", &[]);
    assert_ran(&call(&["--env", "A=1", "--env=B=2", "program.aot", "x"]), 22, "hello\n", &[]);
}

#[test]
fn a_command_is_no_dependency() {
    let app = r#"(module (import "program" "_start" (func)))"#;
    let folder = compiled(&[("program.wat", PROGRAM), ("app.wat", app)]);
    assert_ran(&run("iwasm", folder.path(), &["app.aot"]), 1, "", &["Exception: ", "\"program\" is a command"]);
}

#[test]
fn files_that_are_no_artifacts_are_named_errors() {
    let folder = compiled(&[("math.wat", MATH)]);
    let path = |name: &str| folder.path().join(name);
    let artifact = std::fs::read(path("math.aot")).unwrap();
    std::fs::write(path("cut.aot"), &artifact[..artifact.len() / 2]).unwrap();
    std::fs::write(path("wasm.aot"), wat::parse_str(MATH).unwrap()).unwrap();
    std::fs::write(path("empty.aot"), b"").unwrap();
    let mut flipped = artifact.clone();
    flipped[artifact.len() / 3] ^= 0x10;
    std::fs::write(path("flipped.aot"), flipped).unwrap();
    std::fs::create_dir(path("folder.aot")).unwrap();
    let expected = [
        ("cut.aot", "truncated"),
        ("empty.aot", "empty.aot"),
        ("flipped.aot", "corrupt"),
        ("folder.aot", "folder.aot"),
        ("absent.aot", "no such file"),
    ];
    for (name, part) in expected {
        assert_ran(&run("iwasm", folder.path(), &[name]), 1, "", &["Exception: ", name, part]);
    }
    // On a desktop WebAssembly is compiled, whatever the file's name says.
    assert_ran(&run("iwasm", folder.path(), &["wasm.aot"]), 1, "", &["\"wasm\" exports neither _start"]);
}

#[test]
fn wrong_usage_exits_2() {
    let folder = compiled(&[("math.wat", MATH)]);
    for args in [&[][..], &["--no-such-option", "math.aot"], &["-f"], &["-f", "add", "math.aot", "1"]] {
        let ran = run("iwasm", folder.path(), args);
        assert!(ran.status == Some(2) && ran.stdout.is_empty() && !ran.stderr.is_empty(), "{args:?}: {ran:?}");
    }
    for args in [&["-f", "add", "math.aot", "1", "x"][..], &["--stack-size=x", "math.aot"]] {
        assert_eq!(run("iwasm", folder.path(), args).status, Some(2), "{args:?}");
    }
    for args in [&[][..], &["--no-such-option", "math.wat"], &["math.wat", "--opt-level=9"], &["-o", "x.aot"]] {
        let ran = run("wamrc", folder.path(), args);
        assert!(ran.status == Some(2) && ran.stdout.is_empty() && !ran.stderr.is_empty(), "{args:?}: {ran:?}");
    }
    assert_ran(&run("iwasm", folder.path(), &["-f", "absent", "math.aot"]), 1, "", &["absent", "add"]);
}

#[test]
fn what_does_not_compile_leaves_no_file_and_keeps_the_old_one() {
    let bad = r#"(module (func $wrong (export "sum") (result i32) (i64.const 1)))"#;
    let folder = folder(&[("bad.wat", bad), ("text.wat", "(module (func $x (i32.cons"), ("good.wat", MATH)]);
    std::fs::write(folder.path().join("cut.wasm"), &wat::parse_str(MATH).unwrap()[..40]).unwrap();
    std::fs::write(folder.path().join("old.aot"), b"old").unwrap();
    for (input, parts) in [
        ("bad.wat", &["bad.wat", "offset 0x", "wrong", "type mismatch"][..]),
        ("text.wat", &["text.wat"]),
        ("cut.wasm", &["cut.wasm", "offset 0x"]),
        ("absent.wasm", &["absent.wasm"]),
    ] {
        for output in ["new.aot", "old.aot"] {
            assert_ran(&run("wamrc", folder.path(), &[input, "-o", output]), 1, "", parts);
        }
    }
    assert!(!has(folder.path(), "new.aot"));
    assert_eq!(std::fs::read(folder.path().join("old.aot")).unwrap(), b"old");
    // A folder that is not there, and a name that is a folder's.
    assert_ran(&run("wamrc", folder.path(), &["good.wat", "-o", "none/x.aot"]), 1, "", &["none/x.aot"]);
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 5, "something was left: {names:?}");
}

#[test]
fn options_may_stand_before_and_after_and_the_bytes_are_the_same() {
    let folder = folder(&[("math.wat", MATH)]);
    for args in [
        &["math.wat", "-o", "a.aot"][..],
        &["-o", "b.aot", "math.wat"],
        &["--threads=1", "-o", "c.aot", "math.wat", "--enable-tail-call", "--xip"],
    ] {
        assert_eq!(run("wamrc", folder.path(), args).status, Some(0), "{args:?}");
    }
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert!(read("a.aot") == read("b.aot") && read("b.aot") == read("c.aot"));
    assert_eq!(run("wamrc", folder.path(), &["math.wat", "-o", "d.aot", "--opt-level=0"]).status, Some(0));
    assert_ne!(read("a.aot"), read("d.aot"));
}

#[test]
fn an_artifact_can_be_proved_to_be_of_its_source() {
    let folder = folder(&[("math.wat", MATH), ("app.wat", APP)]);
    let args = ["math.wat", "-o", "math.aot", "--opt-level=0", "--bounds-checks=1"];
    assert_eq!(run("wamrc", folder.path(), &args).status, Some(0));
    assert_eq!(run("wamrc", folder.path(), &["--check", "math.aot", "math.wat"]).status, Some(0));
    let other = run("wamrc", folder.path(), &["--check", "math.aot", "app.wat"]);
    assert!(other.status == Some(1) && other.stderr.contains("math.aot"), "{other:?}");
}

#[test]
fn an_artifact_for_another_machine_is_refused_by_name() {
    let folder = folder(&[("math.wat", MATH)]);
    let other = if cfg!(target_arch = "aarch64") { "x86_64" } else { "aarch64" };
    let target = format!("--target={other}");
    assert_eq!(run("wamrc", folder.path(), &[&target, "math.wat", "-o", "math.aot"]).status, Some(0));
    let ran = run("iwasm", folder.path(), &["-f", "nothing", "math.aot"]);
    assert_ran(&ran, 1, "", &["Exception: ", "math.aot", other, std::env::consts::ARCH]);
}

#[test]
fn versions_are_told() {
    let folder = folder(&[]);
    for command in ["wamrc", "iwasm"] {
        let ran = run(command, folder.path(), &["--version"]);
        assert!(ran.status == Some(0) && ran.stdout.contains(env!("CARGO_PKG_VERSION")), "{ran:?}");
        let features = ran.stdout.lines().find_map(|line| line.strip_prefix("WebAssembly: "));
        let names: Vec<&str> = Feature::names(true).collect();
        assert_eq!(features.map(|features| features.split(", ").collect()), Some(names), "{ran:?}");
    }
}

/// Everything that a program can hang in, and what it does at once.
const HANGS: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 65536)
    (memory $shared 1 1 shared)
    (func (export "spins") (loop (br 0)))
    (func (export "fills") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const -1)) (br 0)))
    (func (export "waits") (drop (memory.atomic.wait32 $shared (i32.const 0) (i32.const 0) (i64.const -1))))
    (func (export "reads")
      (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 64))
      (loop (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16))) (br 0)))
    (func (export "sleeps")
      (i32.store (i32.const 16) (i32.const 1)) (i64.store (i32.const 24) (i64.const -1))
      (loop (drop (call $poll (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256))) (br 0)))
    (func (export "answers") (result i32) (i32.const 7)))"#;

#[test]
fn a_timeout_stops_a_program_wherever_it_is() {
    let folder = compiled(&[("hangs.wat", HANGS)]);
    let run = |args: &[&str]| run("iwasm", folder.path(), args);
    for function in ["spins", "fills", "waits", "reads", "sleeps"] {
        let begin = std::time::Instant::now();
        let ran = run(&["--timeout=500", "-f", function, "hangs.aot"]);
        let first = "Exception: timeout: the program was stopped after 500 ms\n  #0 hangs!";
        assert_ran(&ran, 1, "", &[first, &format!("hangs!{function}")]);
        let elapsed = begin.elapsed().as_millis();
        assert!((500..20_000).contains(&elapsed), "{function}: {elapsed} ms");
    }
    // A read that blocks: of a pipe into which nobody writes.
    let (reader, writer) = std::io::pipe().unwrap();
    let ran = tests::commands::run_with("iwasm", folder.path(), &["--timeout=500", "-f", "reads", "hangs.aot"], reader);
    assert_ran(&ran, 1, "", &["Exception: timeout: ", "hangs!reads"]);
    drop(writer);
    assert_ran(&run(&["--timeout=60000", "-f", "answers", "hangs.aot"]), 0, "0x7:i32\n", &[]);
    let start = compiled(&[("start.wat", "(module (func $go (loop (br 0))) (start $go) (func (export \"_start\")))")]);
    let ran = tests::commands::run("iwasm", start.path(), &["--timeout", "500", "start.aot"]);
    assert_ran(&ran, 1, "", &["Exception: timeout: the program was stopped after 500 ms\n  #0 start!go"]);
}

#[test]
fn threads_of_a_program() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(tests::paths::tests().join("threads/hammer.wasm"), folder.path().join("hammer.wasm")).unwrap();
    assert_eq!(run("wamrc", folder.path(), &["hammer.wasm", "-o", "hammer.aot"]).status, Some(0));
    let iwasm = |args: &[&str]| run("iwasm", folder.path(), args);
    for _ in 0..5 {
        assert_ran(&iwasm(&["hammer.aot", "return"]), 0, "counter 16000\nguarded 16000\npages 12\n", &[]);
        assert_ran(&iwasm(&["hammer.aot", "leave"]), 0, "guarded 16000\n", &[]);
        assert_eq!(iwasm(&["hammer.aot", "exit"]).status, Some(7));
        let trapped = iwasm(&["hammer.aot", "trap"]);
        assert_eq!(trapped.status, Some(1), "{trapped:?}");
        let lines: Vec<&str> = trapped.stderr.lines().collect();
        assert!(lines[0].starts_with("Exception: thread ") && lines[0].ends_with(": unreachable"), "{trapped:?}");
        assert!(lines[1].starts_with("  #0 hammer!thread_main @ 0x"), "{trapped:?}");
        assert!(lines[2].starts_with("  #1 hammer!wasi_thread_start @ 0x"), "{trapped:?}");
        assert_eq!(lines.len(), 3, "{trapped:?}");
    }
    assert_ran(&iwasm(&["--max-threads=3", "hammer.aot", "many"]), 0, "threads 3\n", &[]);
    // A program that does not get its threads says so itself.
    assert_ran(&iwasm(&["--max-threads=0", "hammer.aot", "return"]), 3, "", &[]);
}

/// What no other module of a set imports is gone; what is used, by calls or by references, is there.
#[test]
fn a_set_that_keeps_to_itself_runs() {
    let lib = r#"(module (memory 1) (data (i32.const 0) "\07")
        (func (export "unused") (result i32) (i32.const 1))
        (func $taken (export "taken") (result i32) (i32.const 5))
        (func $bits (param i32) (result i32) (i32.popcnt (i32.load (local.get 0))))
        (type $get (func (result i32)))
        (func (export "used") (param i32) (result i32)
          (i32.add (call $bits (local.get 0)) (call_ref $get (ref.func $taken)))))"#;
    let main = r#"(module (import "lib" "used" (func $used (param i32) (result i32)))
        (func (export "eight") (result i32) (call $used (i32.const 0))))"#;
    let folder = folder(&[("lib.wat", lib), ("main.wat", main)]);
    let link = ["--link", "--internalize", "lib.wat", "main.wat", "-o", "main.aot"];
    assert_eq!(run("wamrc", folder.path(), &link).status, Some(0));
    let call = |args: &[&str]| run("iwasm", folder.path(), args);
    assert_ran(&call(&["-f", "eight", "main.aot"]), 0, "0x8:i32\n", &[]);
    assert_ran(&call(&["-f", "$lib$used", "main.aot", "0"]), 0, "0x8:i32\n", &[]);
    for gone in ["unused", "taken"] {
        let message = format!("module \"lib\" exports no function \"{gone}\"");
        assert_ran(&call(&["-f", &format!("$lib${gone}"), "main.aot"]), 1, "", &[&message]);
    }
}

/// Modules compiled together run as they do apart, and back traces name functions that were inlined.
#[test]
fn a_linked_set_runs_as_its_modules_do() {
    let folder = folder(&[("math.wat", MATH), ("app.wat", APP)]);
    assert_eq!(run("wamrc", folder.path(), &["--link", "math.wat", "app.wat", "-o", "app.aot"]).status, Some(0));
    let call = |args: &[&str]| run("iwasm", folder.path(), args);
    assert_ran(&call(&["-f", "thirty_one", "app.aot"]), 0, "0x1f:i32\n", &[]);
    assert_ran(&call(&["-f", "$math$add", "app.aot", "40", "2"]), 0, "0x2a:i32\n", &[]);
    assert_ran(
        &call(&["-f", "run", "app.aot"]),
        1,
        "",
        &["integer divide by zero\n  #0 math!crash @ 0x", "#1 app!run @ 0x"],
    );
    assert_ran(&call(&["-f", "$maths$add", "app.aot"]), 1, "", &["maths"]);
    // A name of the set's cannot be given to another module, and it looks for none of its own.
    std::fs::write(folder.path().join("math.aot"), b"no artifact").unwrap();
    assert_ran(&call(&["-f", "thirty_one", "app.aot"]), 0, "0x1f:i32\n", &[]);
}
