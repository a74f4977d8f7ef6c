//! The `wamrc` command: exit codes, files, messages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use wamrc::Feature;

const GOOD: &str = r#"(module $good (memory (export "memory") 1) (func (export "f") (result i32) i32.const 42))"#;
const BAD: &str = "(module (func $wrong (result i32) i64.const 1))";

/// A folder to run the command in.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> &Place {
        fs::write(self.path(name), contents).unwrap();
        self
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_wamrc")).args(args).current_dir(self.0.path()).output().unwrap()
    }

    /// Runs, expects this exit code, and gives standard output and standard error.
    fn expect(&self, code: i32, args: &[&str]) -> (String, String) {
        let output = self.run(args);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        assert_eq!(output.status.code(), Some(code), "{args:?}\n{stdout}\n{stderr}");
        (stdout, stderr)
    }

    /// Names of the files there are.
    fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn is_artifact(path: &Path) -> bool {
    fs::read(path).unwrap().starts_with(&aot_format::layout::MAGIC)
}

#[test]
fn options_may_stand_before_and_after() {
    let place = Place::new();
    place.write("m.wat", GOOD).write("m.wasm", wat::parse_str(GOOD).unwrap());
    let outputs = [
        vec!["-o", "out.aot", "m.wasm"],
        vec!["m.wasm", "-o", "out.aot"],
        vec!["--opt-level=2", "m.wat", "-o", "out.aot", "--bounds-checks=0"],
        vec!["--output=out.aot", "m.wat", "-j2"],
    ];
    let mut bytes = Vec::new();
    for args in outputs {
        let (stdout, stderr) = place.expect(0, &args);
        assert_eq!((stdout.as_str(), stderr.as_str()), ("", ""), "{args:?}");
        bytes.push(fs::read(place.path("out.aot")).unwrap());
        fs::remove_file(place.path("out.aot")).unwrap();
    }
    // The text file names its function; otherwise all four are one.
    assert!(bytes[0] == bytes[1] && bytes[2] == bytes[3]);
}

#[test]
fn usage_errors_exit_with_2_and_write_nothing() {
    let place = Place::new();
    place.write("a.wasm", wat::parse_str(GOOD).unwrap()).write("b.wasm", wat::parse_str(GOOD).unwrap());
    fs::create_dir(place.path("sub")).unwrap();
    place.write("sub/a.wasm", "");
    let before = place.files();
    let cases: &[(&[&str], &str)] = &[
        (&[], "no input"),
        (&["a.wasm"], "no output"),
        (&["a.wasm", "-o", "a.wasm"], "also an input"),
        (&["a.wasm", "-o", "./sub/../a.wasm"], "also an input"),
        (&["a.wasm", "b.wasm", "-o", "a.wasm"], "must be a folder"),
        (&["a.wasm", "sub/a.wasm", "-o", "out"], "two inputs would be written to"),
        (&["a.wasm", "-o", "a.aot", "--target=vax"], "unknown target `vax`"),
        (&["a.wasm", "-o", "a.aot", "--target=x86_64", "--cpu=6502"], "unknown CPU `6502`"),
        (&["a.wasm", "-o", "a.aot", "--target=x86_64", "--cpu-features=+mmx9"], "unknown CPU feature `mmx9`"),
        (&["a.wasm", "-o", "a.aot", "--target=x86_64", "--cpu-features=-sse41"], "cannot be left out"),
        (&["a.wasm", "-o", "a.aot", "--opt-level=9"], "9 is not in 0..=3"),
        (&["a.wasm", "-o", "a.aot", "--format=llvmir-opt"], "--format=llvmir-opt is not available"),
        (&["a.wasm", "-o", "a.aot", "--no-such-option"], "unexpected argument"),
        (&["a.wasm", "b.wasm", "--check", "a.aot"], "--check compares one artifact"),
    ];
    for (args, message) in cases {
        let (_, stderr) = place.expect(2, args);
        assert!(stderr.contains(message), "{args:?}: {stderr}");
    }
    assert_eq!(place.files(), before);
}

#[test]
fn a_failure_exits_with_1_and_leaves_the_old_file() {
    let place = Place::new();
    place.write("bad.wat", BAD).write("out.aot", "old").write("text.wat", "(module (fnc))").write("x.wasm", "junk");
    let (_, stderr) = place.expect(1, &["bad.wat", "-o", "out.aot"]);
    assert!(stderr.starts_with("error: bad.wat: at wasm offset 0x"), "{stderr}");
    assert!(stderr.contains("in function 0 (wrong): type mismatch"), "{stderr}");
    let (_, stderr) = place.expect(1, &["text.wat", "-o", "out.aot"]);
    assert!(stderr.contains("text.wat:1:10"), "{stderr}");
    let (_, stderr) = place.expect(1, &["x.wasm", "-o", "out.aot"]);
    assert!(stderr.starts_with("error: x.wasm: not a WebAssembly module: it begins with 6a 75 6e 6b"), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    let (_, stderr) = place.expect(1, &["absent.wasm", "-o", "out.aot"]);
    assert!(stderr.contains("error: absent.wasm: cannot be read"), "{stderr}");
    assert_eq!(fs::read(place.path("out.aot")).unwrap(), b"old");
    assert_eq!(place.files(), ["bad.wat", "out.aot", "text.wat", "x.wasm"]);
}

#[test]
fn an_output_that_cannot_be_written_leaves_nothing() {
    let place = Place::new();
    place.write("m.wat", GOOD);
    let (_, stderr) = place.expect(1, &["m.wat", "-o", "no/such/folder/m.aot"]);
    let text = "error: m.wat: no/such/folder/m.aot cannot be written: there is no folder no/such/folder\n";
    assert_eq!(stderr, text);
    assert_eq!(place.files(), ["m.wat"]);
}

#[test]
fn several_inputs_go_to_a_folder_and_one_failure_stops_no_other() {
    let place = Place::new();
    place.write("a.wat", GOOD).write("bad.wat", BAD).write("b.wasm", wat::parse_str(GOOD).unwrap());
    let (_, stderr) = place.expect(1, &["a.wat", "bad.wat", "b.wasm", "-o", "out"]);
    assert!(stderr.contains("error: bad.wat:"), "{stderr}");
    assert!(is_artifact(&place.path("out/a.aot")) && is_artifact(&place.path("out/b.aot")));
    assert!(!place.path("out/bad.aot").exists());
    // One input into a folder that is there.
    place.expect(0, &["a.wat", "-o", "out", "--format=object"]);
    assert!(fs::read(place.path("out/a.o")).unwrap().starts_with(b"\x7fELF"));
    // And into one that is not.
    place.expect(0, &["a.wat", "-o", "made/here/"]);
    assert!(is_artifact(&place.path("made/here/a.aot")));
}

#[test]
fn a_dash_is_standard_output() {
    let place = Place::new();
    place.write("m.wat", GOOD);
    place.expect(0, &["m.wat", "-o", "m.aot"]);
    let output = place.run(&["m.wat", "-o", "-"]);
    assert!(output.status.success() && output.stderr.is_empty());
    assert!(output.stdout == fs::read(place.path("m.aot")).unwrap());
    let (text, _) = place.expect(0, &["--emit=clif", "m.wat", "-o", "-"]);
    assert!(text.contains("iconst.i32 42"), "{text}");
    let (_, stderr) = place.expect(2, &["m.wat", "m.wat", "-o", "-"]);
    assert!(stderr.contains("takes one input"), "{stderr}");
    assert_eq!(place.files(), ["m.aot", "m.wat"]);
}

/// Of what is no module, or too large for one, no more is read than it takes to see that.
#[test]
fn no_input_is_read_without_end() {
    let place = Place::new();
    place.write("huge.wasm", b"\0asm\x01\0\0\0").write("huge.bin", "");
    for name in ["huge.wasm", "huge.bin"] {
        fs::File::options().write(true).open(place.path(name)).unwrap().set_len(5 << 30).unwrap();
    }
    let (_, stderr) = place.expect(1, &["huge.wasm", "-o", "m.aot"]);
    assert_eq!(stderr, "error: huge.wasm: is over the limit of 1073741824 bytes\n");
    let (_, stderr) = place.expect(1, &["huge.bin", "-o", "m.aot"]);
    assert_eq!(stderr, "error: huge.bin: not a WebAssembly module: it begins with 00 00 00 00\n");
    if Path::new("/dev/zero").exists() {
        let (_, stderr) = place.expect(1, &["/dev/zero", "-o", "m.aot"]);
        assert!(stderr.contains("it begins with 00 00 00 00"), "{stderr}");
    }
}

#[test]
fn text_may_begin_with_a_mark_and_is_utf_8() {
    let place = Place::new();
    place.write("mark.wat", [b"\xef\xbb\xbf", GOOD.as_bytes()].concat()).write("nu.wat", b"(module \xff)");
    place.expect(0, &["mark.wat", "-o", "m.aot"]);
    let (_, stderr) = place.expect(1, &["nu.wat", "-o", "m.aot"]);
    assert_eq!(stderr, "error: nu.wat: the text is not UTF-8 at byte 0x8\n");
}

#[test]
fn the_switches_of_wamr_are_accepted() {
    let place = Place::new();
    place.write("m.wat", GOOD);
    let switches = [
        "--enable-multi-thread",
        "--enable-tail-call",
        "--enable-gc",
        "--enable-bulk-memory",
        "--enable-dump-call-stack",
        "--enable-perf-profiling",
        "--disable-simd",
        "--enable-ref-types",
        "--enable-extended-const",
        "--enable-memory64",
        "--enable-multi-memory",
        "--enable-bulk-memory-opt",
        "--enable-call-indirect-overlong",
        "--enable-lime1",
        "--enable-shared-chain",
        "--xip",
        "--enable-builtin-intrinsics=i64.common,fp.common",
        "--enable-segue",
        "--enable-segue=i32.load",
        "--size-level=3",
        "--stack-bounds-checks=1",
        "--cpu-features=",
        "-v1",
    ];
    let mut args = vec!["-o", "m.aot", "m.wat"];
    args.extend(switches);
    let (stdout, stderr) = place.expect(0, &args);
    assert_eq!(stdout, "");
    assert_eq!(stderr, "");
    assert_eq!(place.expect(0, &["-o", "m.aot", "m.wat", "--enable-gc", "-v0"]).1, "");
    for option in ["--abi=lp64d", "--mllvm=-O3", "--stack-usage=file"] {
        let (_, stderr) = place.expect(2, &["-o", "m.aot", "m.wat", option]);
        assert!(stderr.contains("LLVM") && stderr.contains("Cranelift"), "{stderr}");
    }
    place.write("gc.wat", "(module (type (struct)))");
    assert_eq!(place.expect(0, &["--enable-gc", "gc.wat", "-o", "gc.aot"]).1, "");
    let (_, stderr) = place.expect(1, &["--disable-gc", "gc.wat", "-o", "gc.aot"]);
    assert!(stderr.contains("garbage collection"), "{stderr}");
}

/// Each feature has both switches; what is off is refused by name, what needs it with it, and an
/// artifact does not record what was off when it was made.
#[test]
fn features_can_be_switched() {
    let place = Place::new();
    place.write("simd.wat", "(module (func (param v128)))");
    place.expect(0, &["--target=x86_64", "--enable-simd", "--enable-relaxed-simd", "simd.wat", "-o", "simd.aot"]);
    let (_, stderr) = place.expect(1, &["--target=x86_64", "--disable-simd", "simd.wat", "-o", "none.aot"]);
    assert!(stderr.contains("SIMD (fixed-width), which is switched off by --disable-simd"), "{stderr}");
    assert!(!place.path("none.aot").exists());
    place.expect(0, &["--target=x86_64", "--disable-relaxed-simd", "simd.wat", "-o", "none.aot"]);
    place.write(
        "relaxed.wat",
        "(module (func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0)))))",
    );
    let (_, stderr) = place.expect(1, &["--target=x86_64", "--disable-simd", "relaxed.wat", "-o", "none.aot"]);
    assert!(stderr.contains("which is switched off by --disable-simd"), "{stderr}");
    place.write("table.wat", "(module (func (param externref)))");
    let (_, stderr) = place.expect(1, &["--disable-ref-types", "table.wat", "-o", "none.aot"]);
    assert!(stderr.contains("reference types, which is switched off by --disable-reference-types"), "{stderr}");

    place.write("m.wat", GOOD);
    place.expect(0, &["m.wat", "-o", "plain.aot"]);
    let plain = fs::read(place.path("plain.aot")).unwrap();
    for feature in Feature::ALL {
        let (disable, enable) = (format!("--{}", feature.disable_option()), format!("--{}", feature.enable_option()));
        place.expect(0, &[&disable, "m.wat", "-o", "m.aot"]);
        assert!(fs::read(place.path("m.aot")).unwrap() == plain, "{disable}");
        place.expect(0, &["--check", "m.aot", "m.wat"]);
        let (_, stderr) = place.expect(0, &[&enable, "m.wat", "-o", "m.aot"]);
        assert_eq!(stderr.is_empty(), feature.is_compiled(), "{enable}: {stderr}");
        assert!(fs::read(place.path("m.aot")).unwrap() == plain, "{enable}");
        let (_, stderr) = place.expect(2, &[&enable, &disable, "m.wat", "-o", "m.aot"]);
        assert!(stderr.contains(&format!("{enable} and {disable} contradict each other")), "{stderr}");
    }
    let (_, stderr) = place.expect(2, &["--enable-relaxed-simd", "--disable-simd", "m.wat", "-o", "m.aot"]);
    assert!(stderr.contains("contradict each other: relaxed-simd needs simd"), "{stderr}");
    let (_, stderr) = place.expect(2, &["--disable-everything", "m.wat", "-o", "m.aot"]);
    assert!(stderr.contains("--disable-everything"), "{stderr}");
}

#[test]
fn every_phase_can_be_printed() {
    let place = Place::new();
    place.write("m.wat", GOOD);
    let cases = [
        ("wasm-info", "exports: 2"),
        ("clif", "iconst.i32 42"),
        ("asm", "$0x2a"),
        ("aot-dump", "artifact of \"good\""),
    ];
    for (what, shows) in cases {
        let emit = format!("--emit={what}");
        let (stdout, _) = place.expect(0, &[&emit, "--target=x86_64", "m.wat"]);
        assert!(stdout.contains(shows), "{what}: {stdout}");
        place.expect(0, &[&emit, "--target=x86_64", "m.wat", "-o", "text"]);
        assert_eq!(fs::read_to_string(place.path("text")).unwrap(), stdout);
    }
    place.expect(0, &["m.wat", "-o", "m.aot"]);
    let (stdout, _) = place.expect(0, &["--emit=aot-dump", "m.aot"]);
    assert!(stdout.contains("artifact of \"good\""), "{stdout}");
    let mut bytes = fs::read(place.path("m.aot")).unwrap();
    bytes.truncate(bytes.len() / 2);
    place.write("cut.aot", bytes);
    let (_, stderr) = place.expect(1, &["--emit=aot-dump", "cut.aot"]);
    assert!(stderr.starts_with("error: cut.aot: the artifact cannot be read: "), "{stderr}");
    let (_, stderr) = place.expect(1, &["--emit=clif", "m.aot"]);
    assert!(stderr.contains("it is an .aot artifact"), "{stderr}");
}

#[test]
fn check_proves_where_an_artifact_came_from() {
    let place = Place::new();
    place.write("m.wat", GOOD).write("other.wat", "(module)");
    let options = ["--target=aarch64", "--bounds-checks=1", "--emit-custom-sections=name,x"];
    place.expect(0, &[&options[..], &["m.wat", "-o", "m.aot"]].concat());
    assert_eq!(place.expect(0, &["--check", "m.aot", "m.wat"]).1, "");
    let (_, stderr) = place.expect(0, &["-v", "--check", "m.aot", "m.wat"]);
    assert!(stderr.starts_with("m.aot was compiled from m.wat by these options: --target=aarch64"), "{stderr}");
    let (_, stderr) = place.expect(2, &["--check", "m.aot", "m.wat", "--opt-level=0"]);
    assert!(stderr.contains("cannot be used with"), "{stderr}");
    let (_, stderr) = place.expect(1, &["--check", "m.aot", "other.wat"]);
    assert!(stderr.contains("compiled from other wasm"), "{stderr}");
    let (_, stderr) = place.expect(1, &["--check", "absent.aot", "m.wat"]);
    assert!(stderr.contains("absent.aot cannot be read"), "{stderr}");

    // One bit of the code, with the digests made to fit.
    let mut bytes = fs::read(place.path("m.aot")).unwrap();
    let artifact = aot_format::Artifact::verify(bytes.clone(), aot_format::Integrity::Full).unwrap();
    let text = artifact.section_range(aot_format::layout::SectionKind::Text);
    bytes[text.start + 8] ^= 1;
    place.write("m.aot", &bytes);
    let (_, stderr) = place.expect(1, &["--check", "m.aot", "m.wat"]);
    assert!(stderr.contains("corrupt"), "{stderr}");
    aot_format::write::seal(&mut bytes);
    place.write("m.aot", &bytes);
    let (_, stderr) = place.expect(1, &["--check", "m.aot", "m.wat"]);
    let place_of = format!("from byte {:#x} on, in the text section", text.start + 8);
    assert!(stderr.contains(&place_of), "{stderr}");
}

#[test]
fn help_version_and_targets() {
    let place = Place::new();
    let (stdout, _) = place.expect(0, &["--version"]);
    assert!(stdout.starts_with("wamrc "), "{stdout}");
    let (help, _) = place.expect(0, &["--help"]);
    assert!(help.contains("Examples:") && help.contains("--bounds-checks"), "{help}");
    let lists = |text: &str, name: &str| text.split([' ', ',', '\n']).any(|word| word == name);
    for feature in Feature::ALL {
        assert!(lists(&help, feature.name()), "{feature:?}: {help}");
        assert_eq!(lists(&stdout, feature.name()), feature.is_compiled(), "{feature:?}: {stdout}");
    }
    let (stdout, _) = place.expect(0, &["--target=help"]);
    assert!(["x86_64", "aarch64", "riscv64", "x86-64-v3"].iter().all(|name| stdout.contains(name)), "{stdout}");
}

#[cfg(unix)]
#[test]
fn links_and_permissions_are_as_with_any_tool() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let place = Place::new();
    place.write("m.wat", GOOD).write("real.aot", "old");
    symlink("real.aot", place.path("link.aot")).unwrap();
    place.expect(0, &["m.wat", "-o", "link.aot"]);
    assert!(fs::symlink_metadata(place.path("link.aot")).unwrap().is_symlink());
    assert!(is_artifact(&place.path("real.aot")));
    let mode = fs::metadata(place.path("real.aot")).unwrap().permissions().mode();
    assert_eq!(mode & 0o600, 0o600, "{mode:o}");
    assert_eq!(mode & 0o111, 0, "{mode:o}");
    place.expect(0, &["m.wat", "-o", "/dev/null"]);
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_told() {
    let place = Place::new();
    place.write("m.wat", GOOD);
    for args in [&["--help"][..], &["--version"], &["--target=help"], &["--emit=clif", "m.wat"], &["m.wat", "-o", "-"]]
    {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_wamrc"));
        let output = command.args(args).current_dir(place.0.path()).stdout(full).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
        assert!(stderr.contains("standard output cannot be written"), "{args:?}: {stderr}");
    }
}

/// Several targets: one fat artifact, or one file each; nothing at all if one of them fails.
#[test]
fn several_targets() {
    use aot_format::{cpu::Isa, fat};
    let place = Place::new();
    place.write("m.wat", GOOD).write("simd.wat", "(module (func (param v128)))");
    place.expect(0, &["--target=x86_64,aarch64,riscv64", "m.wat", "-o", "fat.aot"]);
    let bytes = fs::read(place.path("fat.aot")).unwrap();
    let slices = fat::slices(&bytes).unwrap();
    assert_eq!(slices.iter().map(|slice| slice.isa).collect::<Vec<_>>(), Isa::ALL);
    place.expect(0, &["--target=x86_64,arm64,riscv64", "--separate", "m.wat", "-o", "one.aot"]);
    for slice in &slices {
        let alone = fs::read(place.path(&format!("one.{}.aot", slice.isa.name()))).unwrap();
        assert_eq!(alone, bytes[slice.range.clone()]);
    }
    // Their order is the user's, and a folder takes them, too.
    place.expect(0, &["--target=riscv64", "--target=aarch64", "m.wat", "-o", "build/"]);
    let bytes = fs::read(place.path("build/m.aot")).unwrap();
    assert_eq!(fat::slices(&bytes).unwrap()[0].isa, Isa::Riscv64);
    fs::remove_dir_all(place.path("build")).unwrap();
    place.expect(0, &["--target=aarch64", "--separate", "m.wat", "-o", "alone.aot"]);
    assert!(is_artifact(&place.path("alone.aot")));

    place.expect(0, &["--check", "fat.aot", "m.wat"]);
    let (_, told) = place.expect(1, &["--check", "fat.aot", "simd.wat"]);
    assert!(told.contains("compiled from other wasm"), "{told}");
    let (dump, _) = place.expect(0, &["--emit=aot-dump", "fat.aot"]);
    assert!(dump.contains(";; artifact 3 of 3, for riscv64, at 0x"), "{dump}");
    let (clif, _) = place.expect(0, &["--emit=clif", "--target=x86_64,aarch64", "m.wat"]);
    assert!(clif.contains(";; --target=x86_64\n") && clif.contains(";; --target=aarch64\n"), "{clif}");
    assert_eq!(place.expect(0, &["--emit=wasm-info", "--target=x86_64,aarch64", "m.wat"]).0.matches("good").count(), 1);

    let files = place.files();
    let (_, told) = place.expect(1, &["--target=aarch64,riscv64", "simd.wat", "-o", "simd.aot"]);
    assert!(told.contains("for --target=riscv64: "), "{told}");
    for wrong in [
        &["--target=x86_64,amd64", "m.wat", "-o", "w.aot"][..],
        &["--target=x86_64,z80", "m.wat", "-o", "w.aot"],
        &["--target=x86_64,aarch64", "--format=object", "m.wat", "-o", "w.o"],
        &["--target=x86_64,aarch64", "--separate", "m.wat", "-o", "-"],
        &["--target=x86_64,aarch64", "--cpu=haswell", "m.wat", "-o", "w.aot"],
    ] {
        place.expect(2, wrong);
    }
    assert_eq!(place.files(), files);
    place.expect(0, &["--target=x86_64,aarch64", "--format=object", "--separate", "m.wat", "-o", "m.o"]);
    assert!(fs::read(place.path("m.aarch64.o")).unwrap().starts_with(b"\x7fELF"));
}

/// What is printed as machine code is what the artifact has: with inlining, or without if that is asked for, which the
/// artifact says.
#[test]
fn calls_stay_calls_without_inlining() {
    let place = Place::new();
    place.write(
        "m.wat",
        r#"(module (func $one (result i32) (i32.const 1)) (func (export "f") (result i32) (call $one)))"#,
    );
    let calls = |args: &[&str]| {
        let (asm, _) = place.expect(0, &[&["--target=x86_64", "--emit=asm", "m.wat"], args].concat());
        asm.lines().filter(|line| line.trim_start().starts_with("call ")).count()
    };
    assert_eq!([calls(&[]), calls(&["--no-inlining"]), calls(&["-O0"])], [0, 1, 1]);
    let text = |args: &[&str], name| {
        place.expect(0, &[&["m.wat", "-o", name], args].concat());
        place.expect(0, &["--check", name, "m.wat"]);
        fs::read(place.path(name)).unwrap()
    };
    assert_ne!(text(&[], "inlined.aot"), text(&["--no-inlining"], "calls.aot"));
    let (dump, _) = place.expect(0, &["--emit=aot-dump", "calls.aot"]);
    assert!(dump.contains("--no-inlining"), "{dump}");
}

/// What no other module of a set imports can be left out of it.
#[test]
fn linked_sets_that_keep_to_themselves() {
    let place = Place::new();
    // Of `lib`, main wants `used`; that needs `inner`, and takes a reference of `taken`, which only its export declares.
    let lib = r#"(module (memory (export "memory") 1)
        (func $_initialize (export "_initialize"))
        (func $inner (param i32) (result i32) (i32.popcnt (i32.load (local.get 0))))
        (func $alone (param i32) (result i32) (i32.clz (i32.load (local.get 0))))
        (func $taken (export "taken") (result i32) (i32.const 5))
        (func (export "used") (param i32) (result i32) (ref.is_null (ref.func $taken)) (i32.add (call $inner (local.get 0))))
        (func $unused (export "unused") (param i32) (result i32) (call $alone (local.get 0))))"#;
    let main = r#"(module (import "lib" "used" (func $f (param i32) (result i32)))
        (func $g (export "g") (param i32) (result i32) (call $f (local.get 0)))
        (func $h (export "h") (result i32) (i32.const 7)))"#;
    place.write("lib.wat", lib).write("main.wat", main);
    let functions = |args: &[&str]| {
        place.expect(0, &[args, &["--no-inlining", "--link", "lib.wat", "main.wat", "-o", "set.aot"]].concat());
        place.expect(0, &["--check", "set.aot", "--link", "lib.wat", "main.wat"]);
        place.expect(0, &["--emit=aot-dump", "set.aot"]).0
    };
    let whole = functions(&[]);
    let kept = functions(&["--internalize"]);
    for name in ["\"unused\" function", "\"taken\" function"] {
        assert!(whole.contains(name) && !kept.contains(name), "{name}\n{whole}\n{kept}");
    }
    for name in
        ["\"used\" function", "\"_initialize\" function", "\"memory\" memory", "\"g\" function", "\"h\" function"]
    {
        assert!(kept.contains(name), "{name}\n{kept}");
    }
    // What somebody looks for by its name stays, and so does what the linker says of it.
    let heap = r#"(module (func (export "malloc") (param i32) (result i32) (i32.const 8)) (func (export "free") (param i32))
        (func (export "used") (param i32) (result i32) (local.get 0)))"#;
    place.write("heap.wat", heap).write("start.wat", r#"(module (func (export "_start")))"#);
    place.expect(0, &["--link", "--internalize", "lib=heap.wat", "main.wat", "-o", "heap.aot"]);
    let (dump, _) = place.expect(0, &["--emit=aot-dump", "heap.aot"]);
    assert!(dump.contains("\"malloc\" function") && dump.contains("\"free\" function"), "{dump}");
    for link in [&["--link"][..], &["--link", "--internalize"]] {
        let (_, said) = place.expect(1, &[link, &["start.wat", "main.wat", "-o", "w.aot"]].concat());
        assert!(said.contains("module \"start\" is a command"), "{said}");
    }
    // It means nothing to a module alone.
    let (_, said) = place.expect(2, &["--internalize", "main.wat", "-o", "main.aot"]);
    assert!(said.contains("--link"), "{said}");
}

/// Modules compiled together: one artifact, in which each has its name.
#[test]
fn linked_sets() {
    use aot_format::{Integrity, set};
    let place = Place::new();
    let lib = r#"(module (func (export "f") (result i32) (i32.const 1)))"#;
    let main = r#"(module (import "lib" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))"#;
    let wrong = r#"(module (import "lib" "f" (func)) (import "lib" "h" (func)) (import "other" "x" (func)))"#;
    place
        .write("lib.wat", lib)
        .write("main.wat", main)
        .write("wrong.wat", wrong)
        .write("bad.wat", "(module (func (drop)))");
    place.expect(0, &["--link", "lib.wat", "main.wat", "-o", "set.aot"]);
    let names = |file: &str| {
        let bytes = fs::read(place.path(file)).unwrap();
        let members = set::members(&bytes, Integrity::Full).unwrap();
        members.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(names("set.aot"), ["lib", "main"]);
    place.expect(0, &["--link", "lib=lib.wat", "x=main.wat", "-o", "named.aot"]);
    assert_eq!(names("named.aot"), ["lib", "x"]);
    let (dump, _) = place.expect(0, &["--emit=aot-dump", "set.aot"]);
    assert!(dump.contains(";; member \"lib\" of a linked set"), "{dump}");
    let (asm, _) = place.expect(0, &["--emit=asm", "--link", "lib.wat", "main.wat"]);
    assert!(asm.contains(";; module main, function 1 (g)"), "{asm}");
    place.expect(0, &["--target=x86_64,aarch64,riscv64", "--link", "lib.wat", "main.wat", "-o", "fat.aot"]);
    place.expect(0, &["--format=object", "--link", "lib.wat", "main.wat", "-o", "set.o"]);
    for artifact in ["set.aot", "fat.aot"] {
        place.expect(0, &["--check", artifact, "--link", "lib.wat", "main.wat"]);
    }
    // The same modules give the same bytes, on any number of threads.
    place.expect(0, &["-j1", "--link", "lib.wat", "main.wat", "-o", "again.aot"]);
    assert_eq!(fs::read(place.path("again.aot")).unwrap(), fs::read(place.path("set.aot")).unwrap());

    let files = place.files();
    for (args, parts) in [
        (&["--check", "set.aot", "main.wat"][..], &["compiled from modules named \"lib\", \"main\""][..]),
        (&["--check", "set.aot", "--link", "main.wat", "lib.wat"], &["not \"main\", \"lib\""]),
        (&["--check", "set.aot", "--link", "lib.wat", "main=wrong.wat"], &["compiled from other wasm"]),
        (
            &["--link", "lib.wat", "wrong.wat", "-o", "w.aot"],
            &[
                "2 link errors",
                "module \"wrong\" imports \"lib\".\"f\" (func): incompatible import type: found (func (result i32))",
                "module \"lib\" does not export \"h\"",
            ],
        ),
        (&["--link", "bad.wat", "main.wat", "-o", "w.aot"], &["in module \"bad\": at wasm offset", "function 0"]),
        (&["--link", "absent.wat", "main.wat", "-o", "w.aot"], &["absent.wat: cannot be read"]),
    ] {
        let (_, told) = place.expect(1, args);
        parts.iter().for_each(|part| assert!(told.contains(part), "{part:?} is not in: {told}"));
    }
    for wrong in [
        &["--link", "lib.wat", "lib=main.wat", "-o", "w.aot"][..],
        &["--link", "=lib.wat", "main.wat", "-o", "w.aot"],
        &["--link", "lib.wat", "main.wat"],
        &["--link", "lib.wat", "main.wat", "-o", "folder/"],
        &["--link", "lib.wat", "main.wat", "-o", "main.wat"],
    ] {
        place.expect(2, wrong);
    }
    assert_eq!(place.files(), files);
}
