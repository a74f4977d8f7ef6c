//! What the functions do for programs that use them well.

mod support;

use std::io::Read;

use iwasm::Error;
use iwasm_wasi::{BuildError, InputStream, MissingMemory, OutputBuffer, OutputStream, WasiCtx};
use support::{Any, Guest, PREVIEW1, UNSTABLE, compile, linker, module};

const BADF: u32 = 8;
const EXIST: u32 = 20;
const INVAL: u32 = 28;
const MFILE: u32 = 33;
const NOENT: u32 = 44;
const NOSPC: u32 = 51;
const PERM: u32 = 63;
const PIPE: u32 = 64;
const SPIPE: u32 = 70;

#[test]
fn arguments_and_environment() -> Any {
    let wasi = WasiCtx::builder().args(["prog", "", "two"]).env("A", "1").env("B", "x=y").env("A", "2").build()?;
    let mut guest = Guest::new(wasi)?;
    assert_eq!(guest.call("args_sizes_get", &[0, 4])?, 0);
    assert_eq!((guest.u32(0)?, guest.u32(4)?), (3, 10));
    assert_eq!(guest.call("args_get", &[16, 101])?, 0);
    assert_eq!(guest.read(101, 10)?, b"prog\0\0two\0");
    assert_eq!((guest.u32(16)?, guest.u32(20)?, guest.u32(24)?), (101, 106, 107));
    assert_eq!(guest.call("environ_sizes_get", &[0, 4])?, 0);
    assert_eq!((guest.u32(0)?, guest.u32(4)?), (2, 10));
    assert_eq!(guest.call("environ_get", &[16, 200])?, 0);
    assert_eq!(guest.read(200, 10)?, b"B=x=y\0A=2\0");
    assert!(matches!(WasiCtx::builder().arg("a\0b").build(), Err(BuildError::Nul { .. })));
    assert!(matches!(WasiCtx::builder().env("a=b", "c").build(), Err(BuildError::VariableName { .. })));
    Ok(())
}

#[test]
fn clocks_and_randomness() -> Any {
    let mut guest = Guest::new(WasiCtx::builder().build()?)?;
    for clock in 0..4 {
        assert_eq!(guest.call("clock_time_get", &[clock, 1000, 0])?, 0);
        assert_eq!(guest.call("clock_res_get", &[clock, 8])?, 0);
        assert!(guest.u64(0)? > 0 && guest.u64(8)? > 0);
    }
    assert_eq!(guest.call("clock_time_get", &[4, 0, 0])?, INVAL);
    assert_eq!(guest.call("random_get", &[1, 1000])?, 0);
    let bytes = guest.read(1, 1000)?;
    assert!(bytes.iter().filter(|byte| **byte == 0).count() < 100);
    assert_eq!(guest.call("sched_yield", &[])?, 0);
    Ok(())
}

#[test]
fn standard_streams() -> Any {
    let output = OutputBuffer::new(8);
    let stdout = OutputStream::buffer(&output);
    let mut guest = Guest::new(WasiCtx::builder().stdin(InputStream::bytes(*b"input")).stdout(stdout).build()?)?;
    guest.write_iovecs(0, &[(64, 3), (80, 3)])?;
    assert_eq!(guest.call("fd_read", &[0, 0, 2, 128])?, 0);
    assert_eq!((guest.u32(128)?, guest.read(64, 3)?, guest.read(80, 2)?), (5, b"inp".to_vec(), b"ut".to_vec()));
    assert_eq!(guest.call("fd_read", &[0, 0, 2, 128])?, 0);
    assert_eq!(guest.u32(128)?, 0);
    assert_eq!(guest.call("fd_write", &[1, 0, 2, 128])?, 0);
    assert_eq!(guest.call("fd_write", &[1, 0, 2, 128])?, 0);
    assert_eq!(guest.u32(128)?, 2);
    assert_eq!(guest.call("fd_write", &[1, 0, 2, 128])?, NOSPC);
    assert_eq!(output.contents(), b"input\0in");
    assert_eq!(guest.call("fd_write", &[0, 0, 2, 128])?, BADF);
    assert_eq!(guest.call("fd_read", &[1, 0, 2, 128])?, BADF);
    assert_eq!(guest.call("fd_seek", &[1, 0, 1, 128])?, SPIPE);
    assert_eq!(guest.call("fd_prestat_get", &[3, 0])?, BADF);
    assert_eq!(guest.call("fd_close", &[1])?, 0);
    assert_eq!(guest.call("fd_close", &[1])?, BADF);
    assert_eq!(guest.call("fd_write", &[1, 0, 2, 128])?, BADF);
    Ok(())
}

#[test]
fn pipes() -> Any {
    let (mut reader, writer) = std::io::pipe()?;
    let wasi = WasiCtx::builder().stdout(OutputStream::fd(writer)).build()?;
    let mut guest = Guest::new(wasi)?;
    guest.write(64, b"hello")?;
    guest.write_iovecs(0, &[(64, 2), (66, 3)])?;
    assert_eq!(guest.call("fd_write", &[1, 0, 2, 128])?, 0);
    let mut text = [0; 5];
    reader.read_exact(&mut text)?;
    assert_eq!(&text, b"hello");
    assert_eq!(guest.call("fd_fdstat_get", &[1, 128])?, 0);
    // Neither a terminal nor a file.
    assert_eq!(guest.read(128, 1)?, [0]);
    assert_eq!(guest.call("fd_seek", &[1, 0, 1, 128])?, SPIPE);
    drop(reader);
    assert_eq!(guest.call("fd_write", &[1, 0, 2, 128])?, PIPE);
    Ok(())
}

#[test]
fn exit_is_an_error_of_its_own() -> Any {
    let mut guest = Guest::new(WasiCtx::builder().build()?)?;
    assert!(matches!(guest.exit(300), Err(Error::Exit(300))));
    assert!(matches!(guest.exit(-1), Err(Error::Exit(-1))));
    Ok(())
}

#[test]
fn without_memory_the_error_names_what_is_missing() -> Any {
    let artifact = compile(
        r#"(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
           (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
           (func (export "yield") (result i32) call $yield)
           (func (export "write") (result i32)
             (call $write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0))))"#,
    )?;
    let engine = iwasm::Engine::default();
    let mut store = iwasm::Store::new(&engine, WasiCtx::builder().build()?);
    let instance = linker(&engine).instantiate(&mut store, "main", &module(&engine, &artifact)?)?;
    let func = |name| instance.get_func(&store, name).ok_or("an export");
    let (write, yields) = (func("write")?, func("yield")?);
    let error = write.call(&mut store, &[]).err().ok_or("it must fail")?;
    let Error::Host(host) = &error else { return Err("a host error".into()) };
    assert!(host.get_ref().is::<MissingMemory>());
    assert!(error.to_string().contains("fd_write"), "{error}");
    assert!(yields.call(&mut store, &[]).is_ok());
    Ok(())
}

#[test]
fn unknown_functions_do_not_link() -> Any {
    for (version, name) in [(PREVIEW1, "fd_nonsense"), (UNSTABLE, "sock_accept")] {
        let artifact =
            compile(&format!("(module (import {version:?} {name:?} (func (param i32 i32 i32) (result i32))))"))?;
        let engine = iwasm::Engine::default();
        let mut store = iwasm::Store::new(&engine, WasiCtx::builder().build()?);
        let error = linker(&engine).instantiate(&mut store, "main", &module(&engine, &artifact)?).err();
        let text = error.ok_or("it must not link")?.to_string();
        assert!(text.contains(version) && text.contains(name), "{text}");
    }
    Ok(())
}

/// A guest with a folder as `/w`.
fn with_folder(version: &str) -> Any<(tempfile::TempDir, Guest)> {
    let folder = tempfile::tempdir()?;
    let wasi = WasiCtx::builder().preopened_dir(folder.path(), "/w").max_descriptors(6).build()?;
    Ok((folder, Guest::of_version(version, wasi)?))
}

/// Opens a path; its descriptor.
fn open(guest: &mut Guest, path: &str, create: u64, rights: u64, flags: u64) -> Any<Result<u64, u32>> {
    guest.write(1000, path.as_bytes())?;
    Ok(match guest.call("path_open", &[3, 1, 1000, path.len() as u64, create, rights, 0, flags, 996])? {
        0 => Ok(u64::from(guest.u32(996)?)),
        errno => Err(errno),
    })
}

const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 6;

#[test]
fn files_are_written_and_read() -> Any {
    let (folder, mut guest) = with_folder(PREVIEW1)?;
    assert_eq!(guest.call("fd_prestat_get", &[3, 0])?, 0);
    assert_eq!((guest.u32(0)?, guest.u32(4)?), (0, 2));
    assert_eq!(guest.call("fd_prestat_dir_name", &[3, 8, 2])?, 0);
    assert_eq!(guest.read(8, 2)?, b"/w");

    let file = open(&mut guest, "new", 1 | 4, READ | WRITE, 0)?.map_err(|errno| format!("errno {errno}"))?;
    guest.write(64, b"0123456789")?;
    guest.write_iovecs(0, &[(64, 4), (68, 6)])?;
    assert_eq!(guest.call("fd_write", &[file, 0, 2, 128])?, 0);
    assert_eq!(std::fs::read(folder.path().join("new"))?, b"0123456789");
    assert_eq!(guest.call("fd_tell", &[file, 128])?, 0);
    assert_eq!(guest.u64(128)?, 10);
    assert_eq!(guest.call("fd_seek", &[file, (-3i64).cast_unsigned(), 2, 128])?, 0);
    guest.write_iovecs(0, &[(200, 100)])?;
    assert_eq!(guest.call("fd_read", &[file, 0, 1, 128])?, 0);
    assert_eq!((guest.u32(128)?, guest.read(200, 3)?), (3, b"789".to_vec()));
    assert_eq!(guest.call("fd_pread", &[file, 0, 1, 5, 128])?, 0);
    assert_eq!((guest.u32(128)?, guest.read(200, 5)?), (5, b"56789".to_vec()));
    guest.write_iovecs(0, &[(64, 1)])?;
    assert_eq!(guest.call("fd_pwrite", &[file, 0, 1, 9, 128])?, 0);
    assert_eq!(guest.call("fd_seek", &[file, u64::MAX, 0, 128])?, INVAL);
    assert_eq!(guest.call("fd_filestat_set_size", &[file, 11])?, 0);
    assert_eq!(guest.call("fd_filestat_get", &[file, 256])?, 0);
    assert_eq!((guest.u64(256 + 32)?, guest.read(256 + 16, 1)?), (11, vec![4]));
    assert_eq!(std::fs::read(folder.path().join("new"))?, b"0123456780\0");
    assert_eq!(guest.call("fd_sync", &[file])?, 0);
    assert_eq!(guest.call("fd_close", &[file])?, 0);
    assert_eq!(open(&mut guest, "new", 1 | 4, WRITE, 0)?, Err(EXIST));
    assert_eq!(open(&mut guest, "none", 0, READ, 0)?, Err(NOENT));
    Ok(())
}

#[test]
fn appending_and_truncating() -> Any {
    let (folder, mut guest) = with_folder(PREVIEW1)?;
    std::fs::write(folder.path().join("log"), b"one")?;
    guest.write(64, b"two")?;
    guest.write_iovecs(0, &[(64, 3)])?;
    let file = open(&mut guest, "log", 0, WRITE, 1)?.map_err(|errno| format!("errno {errno}"))?;
    assert_eq!(guest.call("fd_write", &[file, 0, 1, 128])?, 0);
    assert_eq!(std::fs::read(folder.path().join("log"))?, b"onetwo");
    assert_eq!(guest.call("fd_fdstat_get", &[file, 256])?, 0);
    assert_eq!(guest.read(256, 4)?, [4, 0, 1, 0]);
    assert_eq!(guest.call("fd_fdstat_set_flags", &[file, 0])?, 0);
    assert_eq!(guest.call("fd_seek", &[file, 0, 0, 128])?, 0);
    assert_eq!(guest.call("fd_write", &[file, 0, 1, 128])?, 0);
    assert_eq!(std::fs::read(folder.path().join("log"))?, b"twotwo");
    // Both at once: empty, and appending from there.
    assert!(open(&mut guest, "log", 8, WRITE, 1)?.is_ok());
    assert_eq!(std::fs::read(folder.path().join("log"))?, b"");
    // Three streams, the folder, and two more.
    assert_eq!(open(&mut guest, "log", 0, WRITE, 0)?, Err(MFILE));
    Ok(())
}

#[test]
fn nothing_outside_is_reached() -> Any {
    let outside = tempfile::tempdir()?;
    let folder = outside.path().join("inside");
    std::fs::create_dir(&folder)?;
    let mut guest = Guest::new(WasiCtx::builder().preopened_dir(&folder, "/w").build()?)?;
    std::fs::write(outside.path().join("secret"), b"secret")?;
    std::os::unix::fs::symlink(outside.path().join("secret"), folder.join("absolute"))?;
    std::os::unix::fs::symlink("../secret", folder.join("relative"))?;
    assert_eq!(std::fs::read(folder.join("relative"))?, b"secret");
    let paths = ["..", "../secret", "/etc/passwd", "absolute", "relative", "./x/../../secret", "absolute/"];
    for path in paths {
        for (create, rights) in [(0, READ), (1, WRITE), (8, WRITE), (2, READ)] {
            let opened = open(&mut guest, path, create, rights, 0)?;
            assert!(opened.is_err(), "{path} {create}");
        }
    }
    assert_eq!(open(&mut guest, "../secret", 0, READ, 0)?, Err(PERM));
    assert_eq!(open(&mut guest, "a\0b", 0, READ, 0)?, Err(INVAL));
    assert_eq!(std::fs::read(outside.path().join("secret"))?, b"secret");
    Ok(())
}

#[test]
fn folders() -> Any {
    let (folder, mut guest) = with_folder(PREVIEW1)?;
    guest.write(64, b"sub")?;
    assert_eq!(guest.call("path_create_directory", &[3, 64, 3])?, 0);
    for name in ["a", "b", "longer name"] {
        std::fs::write(folder.path().join("sub").join(name), b"")?;
    }
    let sub = open(&mut guest, "sub", 2, READ, 0)?.map_err(|errno| format!("errno {errno}"))?;
    let mut names = Vec::new();
    let mut cookie = 0;
    loop {
        // Room for one entry, sometimes with the head of another.
        assert_eq!(guest.call("fd_readdir", &[sub, 2000, 40, cookie, 128])?, 0);
        let used = guest.u32(128)? as usize;
        let len = guest.u32(2016)? as usize;
        if used < 24 {
            break;
        }
        names.push(String::from_utf8(guest.read(2024, len)?)?);
        cookie = guest.u64(2000)?;
    }
    names.sort();
    assert_eq!(names, [".", "..", "a", "b", "longer name"]);
    guest.write(64, b"sub/a")?;
    guest.write(80, b"c")?;
    assert_eq!(guest.call("path_rename", &[3, 64, 5, 3, 80, 1])?, 0);
    assert_eq!(guest.call("path_filestat_get", &[3, 0, 80, 1, 256])?, 0);
    assert_eq!(guest.call("path_unlink_file", &[3, 80, 1])?, 0);
    assert_eq!(guest.call("path_filestat_get", &[3, 0, 80, 1, 256])?, NOENT);
    assert_ne!(guest.call("path_remove_directory", &[3, 64, 3])?, 0);
    Ok(())
}

#[test]
fn the_predecessor_differs_where_it_should() -> Any {
    let (folder, mut guest) = with_folder(UNSTABLE)?;
    std::fs::write(folder.path().join("file"), b"12345")?;
    let file = open(&mut guest, "file", 0, READ, 0)?.map_err(|errno| format!("errno {errno}"))?;
    // From the end is 1 here, from the start 2.
    assert_eq!(guest.call("fd_seek", &[file, 0, 1, 128])?, 0);
    assert_eq!(guest.u64(128)?, 5);
    assert_eq!(guest.call("fd_seek", &[file, 2, 2, 128])?, 0);
    assert_eq!(guest.u64(128)?, 2);
    guest.bytes()?[256..320].fill(0xff);
    assert_eq!(guest.call("fd_filestat_get", &[file, 256])?, 0);
    assert_eq!((guest.u32(276)?, guest.u64(280)?, guest.u64(312)?), (1, 5, u64::MAX));
    Ok(())
}

#[test]
fn waiting() -> Any {
    let wasi = WasiCtx::builder().stdin(InputStream::bytes(*b"x")).build()?;
    let mut guest = Guest::new(wasi)?;
    let start = std::time::Instant::now();
    // A relative time of 20 ms on the monotonic clock.
    guest.write(0, &7u64.to_le_bytes())?;
    guest.write(16, &1u32.to_le_bytes())?;
    guest.write(24, &20_000_000u64.to_le_bytes())?;
    assert_eq!(guest.call("poll_oneoff", &[0, 200, 1, 500])?, 0);
    assert!(start.elapsed().as_millis() >= 20);
    assert_eq!((guest.u32(500)?, guest.u64(200)?, guest.u32(208)?), (1, 7, 0));
    // The same, and an input that is ready: no wait.
    guest.write(24, &u64::MAX.to_le_bytes())?;
    guest.write(48, &8u64.to_le_bytes())?;
    guest.write(56, &[1])?;
    assert_eq!(guest.call("poll_oneoff", &[0, 200, 2, 500])?, 0);
    assert_eq!((guest.u32(500)?, guest.u64(200)?), (1, 8));
    // A descriptor that is not there is an event, not a failure.
    guest.write(64, &99u32.to_le_bytes())?;
    assert_eq!(guest.call("poll_oneoff", &[0, 200, 2, 500])?, 0);
    assert_eq!((guest.u32(500)?, guest.u32(208)? & 0xffff), (1, BADF));
    assert_eq!(guest.call("poll_oneoff", &[0, 200, 0, 500])?, INVAL);
    Ok(())
}

/// The predecessor has a number more in a subscription to a clock, and the rest further on.
#[test]
fn waiting_as_the_predecessor_had_it() -> Any {
    let wasi = WasiCtx::builder().stdin(InputStream::bytes(*b"x")).build()?;
    let mut guest = Guest::of_version(UNSTABLE, wasi)?;
    guest.write(0, &7u64.to_le_bytes())?;
    // An identifier that nobody uses, then the clock, the time and the precision.
    guest.write(16, &u64::MAX.to_le_bytes())?;
    guest.write(24, &1u32.to_le_bytes())?;
    guest.write(32, &20_000_000u64.to_le_bytes())?;
    let start = std::time::Instant::now();
    assert_eq!(guest.call("poll_oneoff", &[0, 200, 1, 500])?, 0);
    assert!(start.elapsed().as_millis() >= 20);
    assert_eq!((guest.u32(500)?, guest.u64(200)?, guest.u32(208)?), (1, 7, 0));
    // The second subscription stands 56 bytes on: to the standard input, which is ready.
    guest.write(32, &u64::MAX.to_le_bytes())?;
    guest.write(56, &8u64.to_le_bytes())?;
    guest.write(64, &[1])?;
    guest.write(72, &0u32.to_le_bytes())?;
    assert_eq!(guest.call("poll_oneoff", &[0, 200, 2, 500])?, 0);
    assert_eq!((guest.u32(500)?, guest.u64(200)?, guest.u32(208)? >> 16 & 0xff), (1, 8, 1));
    Ok(())
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let error = WasiCtx::builder().preopened_dir("/no/such/folder", "/").build().err();
    assert!(error.is_some_and(|error| error.to_string().contains("/no/such/folder")));
}
