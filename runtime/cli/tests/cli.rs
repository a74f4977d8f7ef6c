//! The command as its users meet it: exit status, and what is written where.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use wamrc::{Compiler, Options};

type Any<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// A folder with compiled modules.
struct Folder(tempfile::TempDir);

/// What a run left behind.
#[derive(Debug, PartialEq, Eq)]
struct Done {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Folder {
    /// Compiles texts to `NAME.aot`.
    fn new(modules: &[(&str, &str)]) -> Any<Folder> {
        let folder = Folder(tempfile::tempdir()?);
        let compiler = Compiler::new(Options::new().threads(1))?;
        for (name, wat) in modules {
            let artifact = compiler.compile(&wat::parse_str(wat)?)?;
            std::fs::write(folder.path(name).with_extension("aot"), artifact)?;
        }
        Ok(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iwasm"));
        command.current_dir(self.0.path()).args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Any<Done> {
        self.run_with(args, b"")
    }

    fn run_with(&self, args: &[&str], stdin: &[u8]) -> Any<Done> {
        let mut command = self.command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut pipe) = child.stdin.take() {
            pipe.write_all(stdin)?;
        }
        let output = child.wait_with_output()?;
        let text = |bytes| String::from_utf8(bytes);
        Ok(Done { status: output.status.code(), stdout: text(output.stdout)?, stderr: text(output.stderr)? })
    }
}

fn printed(text: &str) -> Done {
    Done { status: Some(0), stdout: text.into(), stderr: String::new() }
}

/// Copies its standard input to its standard output, then ends with the number of its arguments.
const COPY: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (i32.store (i32.const 0) (i32.const 100))
        (i32.store (i32.const 4) (i32.const 1000))
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
        (i32.store (i32.const 4) (i32.load (i32.const 8)))
        (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12))
            (then (call $exit (i32.const 64))))
        (drop (call $args (i32.const 16) (i32.const 20)))
        (call $exit (i32.load (i32.const 16)))))"#;

const VALUES: &str = r#"(module
    (func (export "nothing"))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "all") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
        local.get 3 local.get 2 local.get 1 local.get 0)
    (func (export "refs") (param funcref externref) (result externref funcref) local.get 1 local.get 0)
    (func (export "self") (result funcref) (ref.func 0))
    (func (export "fail") unreachable)
    (global (export "g") i32 (i32.const 0)))"#;

#[test]
fn a_program_gets_its_streams_and_arguments() -> Any {
    let folder = Folder::new(&[("copy", COPY)])?;
    let done = folder.run_with(&["copy.aot", "-v", "--", "--help"], b"some text")?;
    assert_eq!(done, Done { status: Some(4), stdout: "some text".into(), stderr: String::new() });
    Ok(())
}

#[test]
fn the_status_is_the_programs() -> Any {
    let exit = |status: &str| {
        format!(
            r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const {status}))))"#
        )
    };
    let folder = Folder::new(&[
        ("a", &exit("0")),
        ("b", &exit("42")),
        ("c", &exit("257")),
        ("d", &exit("-1")),
        ("e", &exit("256")),
    ])?;
    for (name, status) in [("a.aot", 0), ("b.aot", 42), ("c.aot", 1), ("d.aot", 255), ("e.aot", 0)] {
        assert_eq!(folder.run(&[name])?, Done { status: Some(status), ..printed("") });
    }
    Ok(())
}

#[test]
fn values_and_results() -> Any {
    let folder = Folder::new(&[("m", VALUES)])?;
    let call = |args: &[&str]| folder.run(&[&["-f"], args].concat());
    assert_eq!(call(&["nothing", "m.aot"])?, printed(""));
    assert_eq!(call(&["add", "m.aot", "0x1e", "1"])?, printed("0x1f:i32\n"));
    assert_eq!(call(&["add", "m.aot", "-3", "1"])?, printed("0xfffffffe:i32\n"));
    assert_eq!(
        call(&["all", "m.aot", "-1", "42", "1.5", "-inf"])?,
        printed("-inf:f64,1.5:f32,0x2a:i64,0xffffffff:i32\n")
    );
    assert_eq!(
        call(&["all", "m.aot", "0", "-1", "nan", "2"])?,
        printed("2:f64,nan:f32,0xffffffffffffffff:i64,0x0:i32\n")
    );
    assert_eq!(call(&["refs", "m.aot", "null", "null"])?, printed("extern:ref.null,func:ref.null\n"));
    assert_eq!(call(&["self", "m.aot"])?, printed("ref.func\n"));
    Ok(())
}

#[test]
fn wrong_values_are_wrong_usage() -> Any {
    let folder = Folder::new(&[("m", VALUES)])?;
    let call = |args: &[&str]| folder.run(&[&["-f"], args].concat());
    let done = call(&["add", "m.aot", "1"])?;
    assert_eq!(done.status, Some(2));
    assert!(done.stderr.contains("takes 2 values, but 1 was given"), "{done:?}");
    let done = call(&["add", "m.aot", "1", "x"])?;
    assert_eq!(done.status, Some(2));
    assert!(done.stderr.contains("parameter 2 of \"add\" is an i32; \"x\" is not"), "{done:?}");
    let done = call(&["nope", "m.aot"])?;
    assert_eq!(done.status, Some(1));
    assert_eq!(
        done.stderr,
        "Exception: module \"m\" exports no function \"nope\"; it exports nothing, add, all, refs, self, fail\n"
    );
    Ok(())
}

#[test]
fn traps_show_where() -> Any {
    let folder = Folder::new(&[
        ("callee", "(module $callee (func $inner unreachable) (func (export \"fail\") call $inner))"),
        (
            "main",
            r#"(module (import "callee" "fail" (func $fail)) (func $go call $fail) (func (export "_start") call $go))"#,
        ),
        ("deep", r#"(module (func $f (export "_start") call $f i32.const 1 drop))"#),
    ])?;
    let done = folder.run(&["main.aot"])?;
    assert_eq!(done.status, Some(1));
    let lines: Vec<&str> = done.stderr.lines().collect();
    assert!(lines[0].starts_with("Exception: ") && lines[0].contains("unreachable"), "{done:?}");
    let frames = ["#0 callee!inner @ 0x", "#1 callee!fail @ 0x", "#2 main!go @ 0x", "#3 main!_start @ 0x"];
    for (line, frame) in lines[1..].iter().zip(frames) {
        assert!(line.trim_start().starts_with(frame), "{done:?}");
    }
    assert_eq!(lines.len(), 5, "{done:?}");
    for options in [&["deep.aot"][..], &["--stack-size=20000", "deep.aot"], &["--stack-size=100000000", "deep.aot"]] {
        let done = folder.run(options)?;
        assert_eq!(done.status, Some(1), "{done:?}");
        assert!(done.stderr.starts_with("Exception: ") && done.stderr.contains("stack"), "{done:?}");
    }
    Ok(())
}

/// Goes down as many calls as it is told to.
const DOWN: &str = r#"(module (func $down (export "down") (param i32) (result i32)
    (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
        (else (i32.const 0)))))"#;

#[test]
fn a_larger_stack_is_given_when_asked_for() -> Any {
    let folder = Folder::new(&[("m", DOWN)])?;
    assert_eq!(folder.run(&["-f", "down", "m.aot", "1000000"])?.status, Some(1));
    let done = folder.run(&["--stack-size=134217728", "-f", "down", "m.aot", "1000000"])?;
    assert_eq!(done, printed("0xf4240:i32\n"));
    Ok(())
}

#[test]
fn all_link_errors_are_told() -> Any {
    let folder = Folder::new(&[
        ("other", "(module (func (export \"f\")))"),
        (
            "main",
            r#"(module (import "missing" "x" (func)) (import "other" "g" (func)) (import "other" "f" (func (param i32)))
               (import "wasi_snapshot_preview1" "fd_nonsense" (func)) (func (export "_start")))"#,
        ),
    ])?;
    let done = folder.run(&["main.aot"])?;
    assert_eq!((done.status, done.stdout.as_str()), (Some(1), ""));
    assert!(done.stderr.starts_with("Exception: 4 link errors:\n"), "{done:?}");
    for text in ["\"missing\"", "\"g\"", "incompatible", "fd_nonsense"] {
        assert!(done.stderr.contains(text), "{text} in {done:?}");
    }
    Ok(())
}

#[test]
fn modules_are_found_by_name() -> Any {
    let answer = |number: u32| format!("(module (func (export \"answer\") (result i32) i32.const {number}))");
    let main = r#"(module (import "lib" "answer" (func $answer (result i32)))
        (func (export "twice") (result i32) (i32.mul (call $answer) (i32.const 2))))"#;
    let folder = Folder::new(&[("main", main), ("lib", &answer(1)), ("other", &answer(20))])?;
    std::fs::create_dir(folder.path("sub"))?;
    std::fs::copy(folder.path("other.aot"), folder.path("sub/lib.aot"))?;
    let call = |options: &[&str]| folder.run(&[options, &["-f", "twice", "main.aot"]].concat());
    assert_eq!(call(&[])?, printed("0x2:i32\n"));
    assert_eq!(call(&["--module-path=sub"])?, printed("0x28:i32\n"));
    assert_eq!(call(&["--module-path", "sub", "--module-path", "."])?, printed("0x28:i32\n"));
    for (path, reason) in [("none", "there is no such directory"), ("main.aot", "is not a directory")] {
        let done = call(&["--module-path", path, "--module-path", "sub"])?;
        assert_eq!((done.status, done.stderr), (Some(1), format!("Exception: --module-path={path}: {reason}\n")));
    }
    assert_eq!(call(&["--preload", "lib=other.aot"])?, printed("0x28:i32\n"));
    assert_eq!(folder.run(&["-f", "$lib$answer", "main.aot"])?, printed("0x1:i32\n"));
    let done = folder.run(&["-f", "$nope$answer", "main.aot"])?;
    assert_eq!(done.status, Some(1));
    assert!(done.stderr.contains("\"nope\""), "{done:?}");
    // A preloaded module that nobody imports from is there for those who ask.
    assert_eq!(
        folder.run(&["-f", "$spare$answer", "--preload", "spare=other.aot", "main.aot"])?,
        printed("0x14:i32\n")
    );
    let done = folder.run(&["--preload=main=other.aot", "main.aot"])?;
    assert_eq!(done.status, Some(2));
    assert!(done.stderr.contains("two files are given for it: other.aot and main.aot"), "{done:?}");
    std::fs::remove_file(folder.path("lib.aot"))?;
    let missing = |done: Done, folders: &str| -> Any {
        assert_eq!(done.status, Some(1));
        let last = done.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with(&format!("Modules were looked for in {folders} (")), "{done:?}");
        Ok(())
    };
    missing(call(&[])?, ".")?;
    std::fs::create_dir(folder.path("empty"))?;
    missing(call(&["--module-path=empty", "--module-path=."])?, "empty, .")?;
    std::fs::copy(folder.path("other.aot"), folder.path("lib.aot"))?;
    let done = folder.run(&["-v", "-f", "twice", "main.aot"])?;
    assert!(done.stderr.contains("module lib is "), "{done:?}");
    let done = call(&["--preload", "env=other.aot"])?;
    assert_eq!(done.status, Some(1));
    assert!(done.stderr.contains("\"env\" is reserved"), "{done:?}");
    Ok(())
}

#[test]
fn files_that_are_no_artifacts() -> Any {
    let folder = Folder::new(&[("good", VALUES)])?;
    std::fs::write(folder.path("m.wasm"), b"\0asm\x01\0\0\0")?;
    std::fs::write(folder.path("bad.aot"), b"no artifact")?;
    let artifact = std::fs::read(folder.path("good.aot"))?;
    std::fs::write(folder.path("cut.aot"), &artifact[..artifact.len() / 2])?;
    // With a compiler it is one more module, if an empty one.
    let of_wasm = if cfg!(feature = "compiler") { "exports neither _start" } else { "compile it with wamrc" };
    for (name, text) in [("m.wasm", of_wasm), ("bad.aot", "bad.aot"), ("cut.aot", "cut.aot"), ("none.aot", "none.aot")]
    {
        let done = folder.run(&[name])?;
        assert_eq!((done.status, done.stdout.as_str()), (Some(1), ""), "{name}");
        assert!(done.stderr.starts_with("Exception: ") && done.stderr.contains(text), "{done:?}");
    }
    Ok(())
}

#[test]
fn directories_are_no_modules() -> Any {
    let folder = Folder::new(&[("m", VALUES)])?;
    std::fs::create_dir(folder.path("sub"))?;
    for path in ["sub", "sub/", ".", "..", "/", "sub/.."] {
        let done = folder.run(&[path])?;
        let text = format!("Exception: {path}: is a directory\n");
        assert_eq!(done, Done { status: Some(1), stdout: String::new(), stderr: text });
    }
    let done = folder.run(&["--preload=x=sub", "m.aot"])?;
    assert!(done.status == Some(1) && done.stderr.contains("sub: is a directory"), "{done:?}");
    Ok(())
}

/// What a module exports is any text, and a terminal obeys some.
#[test]
fn names_are_printed_escaped() -> Any {
    let folder = Folder::new(&[("m", "(module (func (export \"a\\1b[31m\\0ab\")))")])?;
    for args in [&["m.aot"][..], &["-f", "x", "m.aot"]] {
        let done = folder.run(args)?;
        assert!(done.stderr.ends_with("; it exports a\\u{1b}[31m\\nb\n"), "{done:?}");
    }
    Ok(())
}

#[test]
fn reactors_and_others_without_start() -> Any {
    let reactor = "(module (func (export \"_initialize\")) (func (export \"f\") (result i32) i32.const 1))";
    let wrong = "(module (func (export \"_start\") (param i32)))";
    let folder = Folder::new(&[("reactor", reactor), ("plain", VALUES), ("wrong", wrong)])?;
    assert_eq!(folder.run(&["reactor.aot"])?, printed(""));
    assert!(folder.run(&["-v", "reactor.aot"])?.stderr.contains("reactor is a reactor"));
    assert_eq!(folder.run(&["-f", "f", "reactor.aot"])?, printed("0x1:i32\n"));
    let done = folder.run(&["plain.aot"])?;
    assert_eq!(done.status, Some(1));
    let text = "Exception: module \"plain\" exports neither _start nor _initialize, and no function was named with -f; \
        it exports nothing, add, all, refs, self, fail\n";
    assert_eq!(done.stderr, text);
    let done = folder.run(&["plain.aot", "-f", "nothing"])?;
    assert!(done.status == Some(1) && done.stderr.contains("Options stand before the file"), "{done:?}");
    assert_eq!(folder.run(&["wrong.aot"])?.status, Some(1));
    Ok(())
}

#[test]
fn usage() -> Any {
    let folder = Folder::new(&[])?;
    for args in [&[][..], &["--nonsense", "m.aot"], &["--repl"], &["--stack-size=x", "m.aot"], &["-f"]] {
        let done = folder.run(args)?;
        assert_eq!((done.status, done.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(done.stderr.starts_with("iwasm: ") && done.stderr.contains("--help"), "{done:?}");
    }
    let done = folder.run(&["--help"])?;
    assert!(done.status == Some(0) && done.stdout.contains("--module-path"), "{done:?}");
    let done = folder.run(&["--version"])?;
    assert!(done.stdout.starts_with("iwasm ") && done.stdout.contains("WebAssembly: "), "{done:?}");
    Ok(())
}

/// Prints its environment, then the content of the file `in` of its first folder.
const FILES: &str = r#"(module
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 64) "in")
    (func (export "_start") (local $errno i32)
        (drop (call $sizes (i32.const 0) (i32.const 4)))
        (drop (call $environ (i32.const 100) (i32.const 1000)))
        (i32.store (i32.const 0) (i32.const 1000))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (local.set $errno (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 2) (i32.const 0)
            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))
        (if (local.get $errno) (then (call $exit (local.get $errno))))
        (i32.store (i32.const 4) (i32.const 1000))
        (drop (call $read (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 8)))
        (i32.store (i32.const 4) (i32.load (i32.const 8)))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;

#[test]
fn folders_and_variables() -> Any {
    let folder = Folder::new(&[("files", FILES)])?;
    std::fs::create_dir(folder.path("data"))?;
    std::fs::write(folder.path("data/in"), b"content")?;
    assert_eq!(folder.run(&["--dir=data", "files.aot"])?, printed("content"));
    let done = folder.run(&["--env", "A=1", "--env=B=x=y", "--map-dir=/d::data", "files.aot"])?;
    assert_eq!(done, printed("A=1\0B=x=y\0content"));
    let mut command = folder.command(&["--env=GIVEN", "--env=ABSENT", "--dir", "data", "files.aot"]);
    let output = command.env("GIVEN", "here").env_remove("ABSENT").output()?;
    assert_eq!(output.stdout, b"GIVEN=here\0content");
    // Without a folder there is no descriptor 3.
    assert_eq!(folder.run(&["files.aot"])?, Done { status: Some(8), ..printed("") });
    let done = folder.run(&["--dir=none", "files.aot"])?;
    assert_eq!(done.status, Some(1));
    assert!(done.stderr.starts_with("Exception: cannot open directory none: "), "{done:?}");
    Ok(())
}

/// A reader that goes away is told to the program, and kills nobody.
#[test]
fn closed_pipes() -> Any {
    let folder = Folder::new(&[("copy", COPY), ("m", VALUES)])?;
    let run = |args: &[&str], input: &Path| -> Any<Option<i32>> {
        let (reader, writer) = std::io::pipe()?;
        drop(reader);
        let stdin = std::fs::File::open(input)?;
        Ok(folder.command(args).stdin(stdin).stdout(writer).status()?.code())
    };
    assert_eq!(run(&["copy.aot"], &folder.path("m.aot"))?, Some(64));
    assert_eq!(run(&["-f", "add", "m.aot", "1", "2"], &folder.path("m.aot"))?, Some(0));
    Ok(())
}

/// Creates `new` in its first folder; ends with the errno.
const CREATE: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 64) "new")
    (func (export "_start")
        (call $exit (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 3) (i32.const 1)
            (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0)))))"#;

#[test]
fn folders_for_reading_only_and_limits() -> Any {
    let folder = Folder::new(&[("create", CREATE), ("files", FILES)])?;
    std::fs::create_dir(folder.path("data"))?;
    std::fs::write(folder.path("data/in"), b"content")?;
    let status = |args: &[&str]| -> Any<Option<i32>> { Ok(folder.run(args)?.status) };
    assert_eq!(folder.run(&["--ro-dir=data", "files.aot"])?, printed("content"));
    assert_eq!(status(&["--ro-dir=data", "create.aot"])?, Some(69));
    assert_eq!(status(&["--ro-map-dir=/::data", "create.aot"])?, Some(69));
    assert!(!folder.path("data/new").exists());
    assert_eq!(status(&["--max-descriptors=4", "--dir=data", "create.aot"])?, Some(33));
    assert_eq!(status(&["--max-host-memory=2048", "--dir=data", "create.aot"])?, Some(48));
    assert_eq!(status(&["--max-descriptors=5", "--map-dir=/::data", "create.aot"])?, Some(0));
    assert!(folder.path("data/new").exists());
    let done = folder.run(&["--max-descriptors=3", "--dir=data", "create.aot"])?;
    assert_eq!(done.status, Some(1));
    assert!(done.stderr.contains("4 descriptors are given"), "{done:?}");
    Ok(())
}

/// Accepts a connection, says "hi" to it, and ends with what failed.
const SERVER: &str = r#"(module
    (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\40\00\00\00\02\00\00\00")
    (data (i32.const 64) "hi")
    (func (export "_start") (local $failed i32)
        (local.set $failed (call $accept (i32.const 3) (i32.const 0) (i32.const 16)))
        (if (local.get $failed) (then (call $exit (local.get $failed))))
        (call $exit (call $write (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 20)))))"#;

#[test]
fn programs_accept_connections() -> Any {
    let folder = Folder::new(&[("server", SERVER)])?;
    // Somebody else may take the port in between: then there is an error, and another try.
    for _ in 0..20 {
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut server = folder.command(&[&format!("--listen={address}"), "server.aot"]).spawn()?;
        let stream = loop {
            match std::net::TcpStream::connect(address) {
                Ok(stream) => break Some(stream),
                Err(_) if server.try_wait()?.is_some() => break None,
                Err(_) => std::thread::sleep(std::time::Duration::from_millis(5)),
            }
        };
        let Some(mut stream) = stream else { continue };
        let mut said = String::new();
        std::io::Read::read_to_string(&mut stream, &mut said)?;
        assert_eq!((said.as_str(), server.wait()?.code()), ("hi", Some(0)));
        let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
        let done = folder.run(&[&format!("--listen={}", taken.local_addr()?), "server.aot"])?;
        assert_eq!(done.status, Some(1));
        assert!(done.stderr.starts_with("Exception: cannot listen on 127.0.0.1:"), "{done:?}");
        assert_eq!(folder.run(&["server.aot"])?.status, Some(8));
        return Ok(());
    }
    Err("no port could be had".into())
}

#[test]
fn streams_that_the_shell_has_closed() -> Any {
    let folder = Folder::new(&[("copy", COPY)])?;
    let shell = |redirections: &str| -> Any<Option<i32>> {
        let script = format!("exec \"$0\" copy.aot {redirections}");
        let mut command = Command::new("sh");
        command.current_dir(folder.0.path()).args(["-c", &script, env!("CARGO_BIN_EXE_iwasm")]);
        Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).status()?.code())
    };
    // The one argument is the program's name.
    assert_eq!(shell("<&-")?, Some(1));
    assert_eq!(shell(">&-")?, Some(1));
    assert_eq!(shell("</dev/zero >/dev/full")?, Some(64));
    Ok(())
}

/// Overwrites its own artifact from the first byte to the last, and goes on; ends with what a function gives then.
const REWRITE: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_pwrite" (func $write (param i32 i32 i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
    (memory (export "memory") 2)
    (data (i32.const 0) "\00\01\00\00\00\e0\00\00rewrite.aotpart.aot")
    (import "part" "seven" (func $seven (result i32)))
    (func $later (param i32) (result i32) (i32.add (call $seven) (i32.mul (local.get 0) (call $yield))))
    (func $overwrite (param i32 i32)
        (if (call $open (i32.const 3) (i32.const 0) (local.get 0) (local.get 1) (i32.const 0)
                (i64.const 0x42) (i64.const 0) (i32.const 0) (i32.const 32))
            (then (call $exit (i32.const 99))))
        (if (call $write (i32.load (i32.const 32)) (i32.const 0) (i32.const 1) (i64.const 0) (i32.const 36))
            (then (call $exit (i32.const 98)))))
    (func (export "_start")
        (call $overwrite (i32.const 8) (i32.const 11))
        (call $overwrite (i32.const 19) (i32.const 8))
        (call $exit (call $later (i32.const 1)))))"#;

#[test]
fn a_program_cannot_change_the_code_that_it_runs() -> Any {
    // An import stands before definitions.
    let text = REWRITE.replace("    (import \"part\" \"seven\" (func $seven (result i32)))\n", "");
    let text = text.replacen("(module", "(module (import \"part\" \"seven\" (func $seven (result i32)))", 1);
    let part = r#"(module (func (export "seven") (result i32) (i32.const 7)))"#;
    let folder = Folder::new(&[("rewrite", &text), ("part", part)])?;
    let done = folder.run(&["--map-dir=/::.", "rewrite.aot"])?;
    assert_eq!(done, Done { status: Some(7), ..printed("") });
    // It has; whoever runs what is there now is told.
    let done = folder.run(&["rewrite.aot"])?;
    assert!(done.status == Some(1) && done.stderr.contains("not an .aot file"), "{done:?}");
    let folder = Folder::new(&[("rewrite", &text), ("part", part)])?;
    assert_eq!(folder.run(&["--ro-map-dir=/::.", "rewrite.aot"])?.status, Some(99));
    Ok(())
}

/// Writes a file beyond what the process may.
const LARGE: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $resize (param i32 i64) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 64) "new")
    (func (export "_start")
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 3) (i32.const 1)
            (i64.const 0x42) (i64.const 0) (i32.const 0) (i32.const 0)))
        (call $exit (call $resize (i32.load (i32.const 0)) (i64.const 100000000)))))"#;

#[test]
fn files_over_the_limit_of_the_process_are_an_errno() -> Any {
    let folder = Folder::new(&[("large", LARGE)])?;
    std::fs::create_dir(folder.path("data"))?;
    let mut command = Command::new("sh");
    command.current_dir(folder.0.path()).args(["-c", "ulimit -f 1000; exec \"$0\" --dir=data large.aot"]);
    // EFBIG.
    assert_eq!(command.arg(env!("CARGO_BIN_EXE_iwasm")).status()?.code(), Some(22));
    Ok(())
}

/// Asks for more random bytes, and gives more buffers, than a moment suffices for.
const LONG: &str = r#"(module
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
    (memory (export "memory") 65536)
    (func (export "_start")
        (drop (call $args (i32.const 0) (i32.const 4)))
        (if (i32.eq (i32.load (i32.const 0)) (i32.const 1))
            (then (drop (call $random (i32.const 0) (i32.const -1))))
            (else (drop (call $write (i32.const 1) (i32.const 8) (i32.const 0x1ffffffe) (i32.const 0)))))))"#;

#[test]
fn long_calls_end_when_the_time_is_up() -> Any {
    let folder = Folder::new(&[("long", LONG)])?;
    for args in [&["--timeout=50", "long.aot"][..], &["--timeout=50", "long.aot", "buffers"]] {
        let start = std::time::Instant::now();
        let done = folder.run(args)?;
        assert!(done.stderr.contains("timeout") && done.status == Some(1), "{done:?}");
        // Without a look at the clock in between, the first takes half a minute.
        assert!(start.elapsed().as_secs() < 10, "{args:?}: {:?}", start.elapsed());
    }
    Ok(())
}
