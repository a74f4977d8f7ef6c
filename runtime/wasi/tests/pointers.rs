//! Guest pointers are allegations: every function, with every kind of wrong pointer and count, gives
//! an errno. None traps, panics or touches what is not the guest's.

mod support;

use std::io::Write;

use iwasm_wasi::{InputStream, OutputBuffer, OutputStream, WasiCtx};
use support::{Any, FUNCTIONS, Guest, MEMORY_BYTES, PREVIEW1, UNSTABLE};

const FAULT: u32 = 21;
/// The highest number that preview 1 has.
const LAST_ERRNO: u32 = 76;

const END: u64 = MEMORY_BYTES as u64;
/// Null, aligned, misaligned, the last byte, the end, past it, and what wraps when a length is added. At the second
/// to the fourth stand "file", "i" and "e", the names of a file, a link and a folder.
const POINTERS: [u64; 9] = [0, 64, 65, 67, END - 1, END, END + 1, 0xffff_fff8, 0xffff_ffff];
const COUNTS: [u64; 6] = [0, 1, 4, 7, 0x2000_0000, 0xffff_ffff];
/// Standard input and output, the folder, the sockets of `guest` and its file, and one that there is not.
const DESCRIPTORS: [u64; 7] = [0, 1, 3, LISTENER, CONNECTION, FILE, 0xffff_ffff];
const LISTENER: u64 = 4;
const CONNECTION: u64 = 5;
const FILE: u64 = 6;
const SIGNALS: [u64; 3] = [0, 31, 0xffff_ffff];
const NUMBERS: [u64; 3] = [0, 1, 0xffff_ffff];
const LONG_NUMBERS: [u64; 3] = [0, 1, u64::MAX];

fn choices(kind: char) -> &'static [u64] {
    match kind {
        'f' => &DESCRIPTORS,
        'p' | 'o' => &POINTERS,
        'n' => &COUNTS,
        'l' => &LONG_NUMBERS,
        's' => &SIGNALS,
        _ => &NUMBERS,
    }
}

/// Every combination of what the parameters can be; of long lists, an even selection.
fn combinations(params: &str) -> Vec<Vec<u64>> {
    const MOST: usize = 50_000;
    let kinds: Vec<&[u64]> = params.chars().map(choices).collect();
    let total: usize = kinds.iter().map(|kind| kind.len()).product();
    // A step that has no factor in common with the numbers of choices.
    let step = (total / MOST).max(1) | 1;
    let step = (step..).step_by(2).find(|step| step % 3 != 0 && step % 5 != 0 && step % 7 != 0).unwrap_or(1);
    let step = if total <= MOST { 1 } else { step };
    (0..total).step_by(step).map(|number| pick(&kinds, number)).collect()
}

fn pick(kinds: &[&[u64]], mut number: usize) -> Vec<u64> {
    let mut values = Vec::new();
    for kind in kinds {
        values.push(kind[number % kind.len()]);
        number /= kind.len();
    }
    values
}

fn guest(version: &str, folder: &tempfile::TempDir) -> Any<Guest> {
    std::fs::write(folder.path().join("file"), b"content")?;
    std::os::unix::fs::symlink("file", folder.path().join("i"))?;
    std::fs::create_dir(folder.path().join("e"))?;
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let (connection, other) = std::os::unix::net::UnixStream::pair()?;
    connection.set_nonblocking(true)?;
    (&other).write_all(&[b'x'; 100])?;
    // They stay open with nobody to read them: what is written just fills them up.
    std::mem::forget((other, std::net::TcpStream::connect(listener.local_addr()?)?));
    let wasi = WasiCtx::builder()
        .args(["program", "argument"])
        .env("NAME", "value")
        .stdin(InputStream::bytes(vec![b'x'; 100]))
        .stdout(OutputStream::buffer(&OutputBuffer::new(1 << 20)))
        .preopened_dir(folder.path(), "/")
        .preopened_socket(listener)
        .preopened_socket(connection)
        .max_descriptors(50)
        .build()?;
    let mut guest = Guest::of_version(version, wasi)?;
    guest.write(0, b"file")?;
    // For reading and writing.
    assert_eq!(guest.call("path_open", &[3, 0, 0, 4, 0, u64::MAX, 0, 0, 8])?, 0);
    assert_eq!(u64::from(guest.u32(8)?), FILE);
    Ok(guest)
}

fn every_function(version: &str, functions: &[(&str, &str)]) -> Any {
    let mut succeeded = std::collections::BTreeMap::new();
    for (name, params) in functions {
        let folder = tempfile::tempdir()?;
        let mut guest = guest(version, &folder)?;
        for values in combinations(params) {
            guest.bytes()?.fill(0);
            guest.write(64, b"file\0\0\0\0")?;
            let errno = guest.call(name, &values)?;
            assert!(errno <= LAST_ERRNO, "{name}{values:?} gives {errno}");
            let outside = params.chars().zip(&values).any(|(kind, value)| kind == 'o' && *value > END - 4);
            if outside {
                assert_ne!(errno, 0, "{name}{values:?}");
            }
            succeeded.insert(name, errno == 0 || succeeded.get(name).copied().unwrap_or(false));
        }
    }
    // With some of these numbers, each does what it is for.
    let never: Vec<_> = succeeded.iter().filter(|(_, once)| !**once).map(|(name, _)| **name).collect();
    assert!(never.is_empty(), "never as it should: {never:?}");
    Ok(())
}

#[test]
fn preview1() -> Any {
    every_function(PREVIEW1, &FUNCTIONS)
}

#[test]
fn unstable() -> Any {
    every_function(UNSTABLE, &FUNCTIONS[..FUNCTIONS.len() - 1])
}

/// With nothing else wrong, it is the pointer that is complained of, and nothing has been done.
#[test]
fn results_are_checked_before_anything_is_done() -> Any {
    let folder = tempfile::tempdir()?;
    let output = OutputBuffer::new(100);
    let stdout = OutputStream::buffer(&output);
    let wasi = WasiCtx::builder().arg("a").stdout(stdout).preopened_dir(folder.path(), "/").build()?;
    let mut guest = Guest::new(wasi)?;
    guest.write_iovecs(0, &[(64, 4)])?;
    guest.write(64, b"name")?;
    for end in [END - 3, END, 0xffff_fffd] {
        assert_eq!(guest.call("fd_write", &[1, 0, 1, end])?, FAULT);
        assert_eq!(guest.call("path_open", &[3, 0, 64, 4, 1, u64::MAX, 0, 0, end])?, FAULT);
        assert_eq!(guest.call("args_sizes_get", &[0, end])?, FAULT);
        assert_eq!(guest.call("args_get", &[end, 0])?, FAULT);
        assert_eq!(guest.call("clock_time_get", &[0, 0, end])?, FAULT);
        assert_eq!(guest.call("random_get", &[end, 4])?, FAULT);
        assert_eq!(guest.call("poll_oneoff", &[0, 0, 1, end])?, FAULT);
        assert_eq!(guest.call("fd_prestat_get", &[3, end])?, FAULT);
    }
    assert_eq!(guest.call("args_get", &[0, END - 1])?, FAULT);
    assert_eq!(guest.read(64, 4)?, b"name");
    assert!(output.contents().is_empty());
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);
    Ok(())
}

/// The pointers inside buffers lists are checked as well.
#[test]
fn lists_of_buffers() -> Any {
    let output = OutputBuffer::new(1000);
    let stdin = InputStream::bytes(*b"0123456789");
    let mut guest = Guest::new(WasiCtx::builder().stdin(stdin).stdout(OutputStream::buffer(&output)).build()?)?;
    for wrong in [(END as u32 - 1, 2), (END as u32 + 1, 0), (1, u32::MAX), (u32::MAX, u32::MAX), (u32::MAX, 1)] {
        guest.write_iovecs(0, &[(256, 4), wrong])?;
        assert_eq!(guest.call("fd_write", &[1, 0, 2, 128])?, FAULT, "{wrong:?}");
        assert_eq!(guest.call("fd_read", &[0, 0, 2, 128])?, FAULT, "{wrong:?}");
    }
    assert!(output.contents().is_empty());
    // A list that ends with the memory, and one that does not.
    guest.write_iovecs(END as usize - 8, &[(256, 4)])?;
    assert_eq!(guest.call("fd_write", &[1, END - 8, 1, 128])?, 0);
    assert_eq!(guest.call("fd_write", &[1, END - 8, 2, 128])?, FAULT);
    assert_eq!(guest.call("fd_write", &[1, END - 7, 1, 128])?, FAULT);
    // Buffers to read into that overlap: less is read, into the first.
    guest.write_iovecs(0, &[(256, 4), (258, 4)])?;
    assert_eq!(guest.call("fd_read", &[0, 0, 2, 128])?, 0);
    assert_eq!((guest.u32(128)?, guest.read(256, 5)?), (4, b"0123\0".to_vec()));
    // More buffers than one transfer takes.
    guest.write_iovecs(1024, &vec![(256, 1); 2000])?;
    assert_eq!(guest.call("fd_write", &[1, 1024, 2000, 128])?, 0);
    assert!(guest.u32(128)? > 0);
    Ok(())
}
