//! What programs do with files besides reading and writing: links, times, space, advice, rights, listings of any
//! size; and the limits on what a program can have the host keep.

mod support;

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::time::Instant;

use iwasm_wasi::limits::{DESCRIPTOR_BYTES, LISTING_BYTES};
use iwasm_wasi::{BuildError, InputStream, OutputStream, WasiCtx, WasiCtxBuilder};
use support::{Any, Guest};

const BADF: u32 = 8;
const INVAL: u32 = 28;
const ISDIR: u32 = 31;
const MFILE: u32 = 33;
const NOENT: u32 = 44;
const NOMEM: u32 = 48;
const NOTDIR: u32 = 54;
const NOTSUP: u32 = 58;
const PERM: u32 = 63;
const NOTCAPABLE: u32 = 76;

const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 6;

/// A guest with a folder as descriptor 3 and a buffer from 1000 on for names.
struct Program {
    folder: tempfile::TempDir,
    guest: Guest,
}

impl Program {
    fn new() -> Any<Program> {
        Program::with(|builder| builder)
    }

    fn with(limit: impl FnOnce(WasiCtxBuilder) -> WasiCtxBuilder) -> Any<Program> {
        let folder = tempfile::tempdir()?;
        let guest = Guest::new(limit(WasiCtx::builder().preopened_dir(folder.path(), "/")).build()?)?;
        Ok(Program { folder, guest })
    }

    fn call(&mut self, name: &str, params: &[u64]) -> Any<u32> {
        self.guest.call(name, params)
    }

    /// Puts a name where calls find it; pointer and length.
    fn name(&mut self, name: &str) -> Any<[u64; 2]> {
        self.guest.write(1000, name.as_bytes())?;
        Ok([1000, name.len() as u64])
    }

    fn open(&mut self, name: &str, create: u64, rights: u64, flags: u64) -> Any<Result<u64, u32>> {
        let [at, len] = self.name(name)?;
        Ok(match self.call("path_open", &[3, 1, at, len, create, rights, 0, flags, 996])? {
            0 => Ok(self.guest.u32(996)?.into()),
            errno => Err(errno),
        })
    }

    fn opened(&mut self, name: &str, create: u64, rights: u64) -> Any<u64> {
        Ok(self.open(name, create, rights, 0)?.map_err(|errno| format!("{name}: errno {errno}"))?)
    }

    /// Device, inode, links, size and the three times.
    fn stat(&mut self, fd: u64) -> Any<[u64; 7]> {
        assert_eq!(self.call("fd_filestat_get", &[fd, 256])?, 0);
        let mut found = [0; 7];
        for (field, at) in found.iter_mut().zip([0, 8, 24, 32, 40, 48, 56]) {
            *field = self.guest.u64(256 + at)?;
        }
        Ok(found)
    }
}

#[test]
fn links() -> Any {
    let mut program = Program::new()?;
    std::fs::write(program.folder.path().join("file"), "text")?;
    program.guest.write(64, b"file")?;
    program.guest.write(80, b"hard")?;
    program.guest.write(96, b"soft")?;
    assert_eq!(program.call("path_link", &[3, 0, 64, 4, 3, 80, 4])?, 0);
    assert_eq!(program.call("path_symlink", &[64, 4, 3, 96, 4])?, 0);
    let data = std::fs::metadata(program.folder.path().join("hard"))?;
    assert_eq!((data.nlink(), data.len()), (2, 4));
    assert_eq!(std::fs::read_link(program.folder.path().join("soft"))?.to_str(), Some("file"));
    let (file, hard) = (program.opened("file", 0, READ)?, program.opened("hard", 0, READ)?);
    assert_eq!(program.stat(file)?, program.stat(hard)?);
    assert_eq!(program.call("path_readlink", &[3, 96, 4, 200, 100, 128])?, 0);
    assert_eq!((program.guest.u32(128)?, program.guest.read(200, 5)?), (4, b"file\0".to_vec()));
    // A buffer that is too short gets the beginning.
    assert_eq!(program.call("path_readlink", &[3, 96, 4, 220, 2, 128])?, 0);
    assert_eq!((program.guest.u32(128)?, program.guest.read(220, 3)?), (2, b"fi\0".to_vec()));
    assert_eq!(program.call("path_readlink", &[3, 64, 4, 200, 100, 128])?, INVAL);
    assert_eq!(program.call("path_unlink_file", &[3, 96, 4])?, 0);
    assert_eq!(program.call("path_readlink", &[3, 96, 4, 200, 100, 128])?, NOENT);
    assert!(program.folder.path().join("file").exists());
    Ok(())
}

#[test]
fn times() -> Any {
    const ATIM: u64 = 1;
    const MTIM: u64 = 4;
    let mut program = Program::new()?;
    let path = program.folder.path().join("file");
    std::fs::write(&path, "")?;
    std::os::unix::fs::symlink("file", program.folder.path().join("link"))?;
    let host = |name: &str| -> Any<[i64; 4]> {
        let data = path.with_file_name(name).symlink_metadata()?;
        Ok([data.atime(), data.atime_nsec(), data.mtime(), data.mtime_nsec()])
    };
    let file = program.opened("file", 0, READ)?;
    let second = 1_000_000_000;
    assert_eq!(program.call("fd_filestat_set_times", &[file, 5 * second + 7, 9, ATIM])?, 0);
    let [atime, anano, mtime, _] = host("file")?;
    assert!((atime, anano) == (5, 7) && mtime > 1_000_000_000);
    assert_eq!(program.call("fd_filestat_set_times", &[file, 0, 3 * second + 1, MTIM])?, 0);
    assert_eq!(host("file")?, [5, 7, 3, 1]);
    let [at, len] = program.name("link")?;
    assert_eq!(program.call("path_filestat_set_times", &[3, 1, at, len, 11 * second, 12 * second, ATIM | MTIM])?, 0);
    assert_eq!(host("file")?, [11, 0, 12, 0]);
    assert_eq!(program.call("path_filestat_set_times", &[3, 0, at, len, 21 * second, 22 * second, ATIM | MTIM])?, 0);
    assert_eq!((host("file")?, host("link")?), ([11, 0, 12, 0], [21, 0, 22, 0]));
    // Now, of the folder; and what contradicts itself.
    assert_eq!(program.call("fd_filestat_set_times", &[3, 1, 1, ATIM | MTIM])?, 0);
    assert_eq!(program.folder.path().metadata()?.mtime(), 0);
    assert_eq!(program.call("fd_filestat_set_times", &[3, 0, 0, 2 | 8])?, 0);
    assert!(program.folder.path().metadata()?.mtime() > 1_000_000_000);
    for flags in [3, 12, 16, u64::from(u32::MAX)] {
        assert_eq!(program.call("fd_filestat_set_times", &[file, 0, 0, flags])?, INVAL);
        assert_eq!(program.call("path_filestat_set_times", &[3, 0, at, len, 0, 0, flags])?, INVAL);
    }
    Ok(())
}

#[test]
fn space_advice_and_synchronising() -> Any {
    let mut program = Program::new()?;
    let file = program.opened("file", 1, READ | WRITE)?;
    for advice in 0..6 {
        assert_eq!(program.call("fd_advise", &[file, 0, 0, advice])?, 0);
    }
    assert_eq!(program.call("fd_advise", &[file, 0, 0, 6])?, INVAL);
    assert_eq!(program.call("fd_advise", &[file, u64::MAX, 1, 0])?, INVAL);
    assert_eq!(program.call("fd_advise", &[3, 0, 0, 0])?, ISDIR);
    match program.call("fd_allocate", &[file, 10, 100])? {
        // Some file systems have no means to.
        NOTSUP => {}
        errno => {
            assert_eq!(errno, 0);
            assert_eq!(program.stat(file)?[3], 110);
            assert_eq!(program.call("fd_allocate", &[file, 0, 50])?, 0);
            assert_eq!(program.stat(file)?[3], 110);
            assert_eq!(program.call("fd_allocate", &[file, 0, 0])?, INVAL);
            assert_ne!(program.call("fd_allocate", &[file, u64::MAX, 1])?, 0);
            assert_ne!(program.call("fd_allocate", &[file, 1, u64::MAX])?, 0);
        }
    }
    for fd in [file, 3] {
        assert_eq!(program.call("fd_sync", &[fd])?, 0);
        assert_eq!(program.call("fd_datasync", &[fd])?, 0);
    }
    Ok(())
}

#[test]
fn rights_are_told_and_can_be_given_up() -> Any {
    let mut program = Program::new()?;
    let file = program.opened("file", 1, READ | WRITE)?;
    let rights = |program: &mut Program, fd| -> Any<(u64, u64)> {
        assert_eq!(program.call("fd_fdstat_get", &[fd, 256])?, 0);
        Ok((program.guest.u64(264)?, program.guest.u64(272)?))
    };
    let (base, inheriting) = rights(&mut program, file)?;
    assert_eq!((base & READ, base & WRITE, inheriting), (READ, WRITE, 0));
    assert_eq!(program.call("fd_fdstat_set_rights", &[file, base & !WRITE, 0])?, 0);
    assert_eq!(rights(&mut program, file)?, (base & !WRITE, 0));
    program.guest.write_iovecs(0, &[(64, 4)])?;
    assert_eq!(program.call("fd_write", &[file, 0, 1, 128])?, NOTCAPABLE);
    assert_eq!(program.call("fd_pwrite", &[file, 0, 1, 0, 128])?, NOTCAPABLE);
    assert_eq!(program.call("fd_read", &[file, 0, 1, 128])?, 0);
    assert_eq!(program.call("fd_fdstat_set_rights", &[file, base, 0])?, NOTCAPABLE);
    assert_eq!(program.call("fd_fdstat_set_rights", &[file, u64::MAX, u64::MAX])?, NOTCAPABLE);
    // Each call of a descriptor wants its own.
    assert_eq!(program.call("fd_fdstat_set_rights", &[file, 0, 0])?, 0);
    for (name, params) in [
        ("fd_read", &[file, 0, 1, 128][..]),
        ("fd_pread", &[file, 0, 1, 0, 128]),
        ("fd_seek", &[file, 1, 0, 128]),
        ("fd_tell", &[file, 128]),
        ("fd_sync", &[file]),
        ("fd_datasync", &[file]),
        ("fd_advise", &[file, 0, 0, 0]),
        ("fd_allocate", &[file, 0, 1]),
        ("fd_fdstat_set_flags", &[file, 0]),
        ("fd_filestat_get", &[file, 256]),
        ("fd_filestat_set_size", &[file, 0]),
        ("fd_filestat_set_times", &[file, 0, 0, 0]),
    ] {
        assert_eq!(program.call(name, params)?, NOTCAPABLE, "{name}");
    }
    assert_eq!(program.call("fd_fdstat_set_rights", &[3, 0, 0])?, 0);
    let name = program.name("file")?;
    for (call, params) in [
        ("path_open", &[&[3, 0], &name[..], &[0, 0, 0, 0, 996]].concat()[..]),
        ("fd_readdir", &[3, 2000, 100, 0, 128]),
        ("path_create_directory", &[&[3], &name[..]].concat()),
        ("path_remove_directory", &[&[3], &name[..]].concat()),
        ("path_unlink_file", &[&[3], &name[..]].concat()),
        ("path_filestat_get", &[&[3, 0], &name[..], &[256]].concat()),
        ("path_filestat_set_times", &[&[3, 0], &name[..], &[0, 0, 0]].concat()),
        ("path_readlink", &[&[3], &name[..], &[2000, 100, 128]].concat()),
        ("path_symlink", &[&name[..], &[3], &name[..]].concat()),
        ("path_link", &[&[3, 0], &name[..], &[3], &name[..]].concat()),
        ("path_rename", &[&[3], &name[..], &[3], &name[..]].concat()),
    ] {
        assert_eq!(program.call(call, params)?, NOTCAPABLE, "{call}");
    }
    assert_eq!(program.call("fd_close", &[3])?, 0);
    Ok(())
}

/// What a mode does not have is `EBADF`, not a right that was given up.
#[test]
fn files_do_what_they_were_opened_for() -> Any {
    let mut program = Program::new()?;
    program.guest.write_iovecs(0, &[(64, 4)])?;
    // Created for nothing but to be there.
    let created = program.opened("file", 1, 0)?;
    assert_eq!(program.call("fd_write", &[created, 0, 1, 128])?, NOTCAPABLE);
    let reader = program.opened("file", 0, READ)?;
    let writer = program.opened("file", 0, WRITE)?;
    assert_eq!(program.call("fd_write", &[writer, 0, 1, 128])?, 0);
    assert_eq!(program.call("fd_read", &[writer, 0, 1, 128])?, BADF);
    assert_eq!(program.call("fd_read", &[reader, 0, 1, 128])?, 0);
    assert_eq!(program.open("file", 2, READ, 0)?, Err(NOTDIR));
    assert_eq!(program.open("file", 16, READ, 0)?, Err(INVAL));
    assert_eq!(program.open("file", 0, READ, 32)?, Err(INVAL));
    assert_eq!(program.open(".", 0, WRITE, 0)?, Err(ISDIR));
    assert_eq!(program.open(".", 2 | 1, READ, 0)?, Err(INVAL));
    assert_eq!(program.open("..", 2, READ, 0)?, Err(PERM));
    Ok(())
}

/// Names of a listing with a buffer of `len` bytes, and the cookies after each.
fn list(program: &mut Program, fd: u64, len: u64, from: u64) -> Any<Vec<(String, u64)>> {
    let (mut found, mut cookie) = (Vec::new(), from);
    loop {
        assert_eq!(program.call("fd_readdir", &[fd, 4096, len, cookie, 128])?, 0);
        let used = program.guest.u32(128)? as usize;
        let bytes = program.guest.read(4096, used)?;
        let mut at = 0;
        while let Some(head) = bytes.get(at..at + 24) {
            let number = |from: usize| u64::from_le_bytes(head[from..from + 8].try_into().unwrap_or_default());
            let name_len = number(16) as u32 as usize;
            let Some(name) = bytes.get(at + 24..at + 24 + name_len) else { break };
            cookie = number(0);
            found.push((String::from_utf8(name.to_vec())?, cookie));
            at += 24 + name_len;
        }
        if (used as u64) < len {
            return Ok(found);
        }
    }
}

#[test]
fn listings_go_on_where_they_stopped() -> Any {
    let mut program = Program::new()?;
    let mut expected: BTreeSet<String> = [".", ".."].map(str::to_owned).into();
    for index in 0..3000 {
        let name = format!("{index}-{}", "n".repeat(index % 150));
        std::fs::write(program.folder.path().join(&name), "")?;
        expected.insert(name);
    }
    let whole = list(&mut program, 3, 60_000, 0)?;
    assert_eq!(whole.iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>(), expected);
    assert_eq!(whole.len(), expected.len());
    // In small pieces, and from any cookie there was, in any order.
    assert_eq!(list(&mut program, 3, 400, 0)?, whole);
    for at in [2999, 0, 1, 1500, 1499, 700, 2500, 3000] {
        assert_eq!(list(&mut program, 3, 5000, whole[at].1)?, whole[at + 1..], "after {at}");
    }
    assert_eq!(list(&mut program, 3, 60_000, whole[whole.len() - 1].1)?, []);
    // A buffer that holds not even a head gets as much of it as it holds.
    assert_eq!(program.call("fd_readdir", &[3, 4096, 10, 0, 128])?, 0);
    assert_eq!(program.guest.u32(128)?, 10);
    assert_eq!(program.call("fd_readdir", &[3, 4096, 0, 0, 128])?, 0);
    assert_eq!(program.guest.u32(128)?, 0);
    assert_eq!(program.call("fd_readdir", &[3, 4096, 100, u64::MAX, 128])?, INVAL);
    // From the beginning again, what is new is there.
    std::fs::write(program.folder.path().join("new"), "")?;
    assert!(list(&mut program, 3, 60_000, 0)?.iter().any(|(name, _)| name == "new"));
    // Emptying a folder while listing it, as `rm -r` does.
    let mut left = 0;
    loop {
        let some = list(&mut program, 3, 60_000, 0)?;
        let names: Vec<&String> = some.iter().map(|(name, _)| name).filter(|name| !name.starts_with('.')).collect();
        if names.is_empty() {
            break;
        }
        left += names.len();
        for name in names {
            let [at, len] = program.name(name)?;
            assert_eq!(program.call("path_unlink_file", &[3, at, len])?, 0);
        }
    }
    assert_eq!(left, 3001);
    Ok(())
}

#[test]
fn inodes_of_a_listing_are_those_of_the_files() -> Any {
    let mut program = Program::new()?;
    std::fs::write(program.folder.path().join("file"), "")?;
    assert_eq!(program.call("fd_readdir", &[3, 4096, 4096, 0, 128])?, 0);
    let folder = program.folder.path().metadata()?.ino();
    let file = program.folder.path().join("file").metadata()?.ino();
    let mut at = 4096;
    for _ in 0..3 {
        let (inode, len) = (program.guest.u64(at + 8)?, program.guest.u32(at + 16)? as usize);
        // Nobody is told of what is above.
        let expected = if program.guest.read(at + 24, len)? == b"file" { file } else { folder };
        assert_eq!(inode, expected);
        at += 24 + len;
    }
    Ok(())
}

/// A time that grows with the square of the entries would be a hundredfold, not tenfold.
#[test]
fn a_large_folder_takes_linear_time() -> Any {
    let mut program = Program::new()?;
    let mut made = 0;
    let mut times = Vec::new();
    for count in [10_000, 100_000] {
        while made < count {
            std::fs::File::create(program.folder.path().join(format!("entry-{made}")))?;
            made += 1;
        }
        list(&mut program, 3, 4096, 0)?;
        let start = Instant::now();
        assert_eq!(list(&mut program, 3, 4096, 0)?.len(), count + 2);
        times.push(start.elapsed().as_secs_f64());
    }
    println!("10,000 entries: {:.1} ms; 100,000: {:.1} ms", times[0] * 1e3, times[1] * 1e3);
    assert!(times[1] < times[0] * 40.0, "{times:?}");
    Ok(())
}

/// Go asks for all rights but those to write when it opens a file to read it, and for some that only writing has.
#[test]
fn what_is_opened_to_be_read_is_not_opened_to_be_written() -> Any {
    const GO_READS: u64 = 0x1fff_ffff & !(WRITE | 1 | 1 << 8 | 1 << 10 | 1 << 19);
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("file"), "text")?;
    let guest = Guest::new(WasiCtx::builder().preopened_dir_read_only(folder.path(), "/").build()?)?;
    let mut program = Program { folder, guest };
    assert!(program.open("file", 0, GO_READS, 0)?.is_ok());
    assert!(program.open(".", 0, GO_READS, 0)?.is_ok());
    assert!(program.open("file", 1, GO_READS, 0)?.is_ok());
    Ok(())
}

/// A program that runs cannot be opened to be written, which nobody asks for here.
#[test]
fn what_is_there_is_not_created() -> Any {
    let mut program = Program::new()?;
    let running = std::env::current_exe()?;
    if let Err(error) = std::fs::hard_link(running, program.folder.path().join("running")) {
        println!("skipped: this program cannot be linked to the folder ({error})");
        return Ok(());
    }
    if program.open("running", 0, WRITE, 0)? != Err(74) {
        println!("skipped: what runs is an emulator, and not this program");
        return Ok(());
    }
    assert!(program.open("running", 1, READ, 0)?.is_ok());
    let [at, len] = program.name("running")?;
    assert_eq!(program.call("path_filestat_set_times", &[3, 1, at, len, 0, 0, 2])?, 0);
    Ok(())
}

/// Of what would wait to be opened, or cannot be.
#[test]
fn times_of_pipes_and_sockets() -> Any {
    let mut program = Program::new()?;
    let path = |name: &str| program.folder.path().join(name);
    rustix::fs::mkfifoat(rustix::fs::CWD, path("pipe"), rustix::fs::Mode::RWXU)?;
    let _socket = std::os::unix::net::UnixListener::bind(path("socket"))?;
    for name in ["pipe", "socket"] {
        let [at, len] = program.name(name)?;
        assert_eq!(program.call("path_filestat_set_times", &[3, 1, at, len, 0, 5_000_000_000, 4])?, 0);
        assert_eq!(std::fs::metadata(program.folder.path().join(name))?.mtime(), 5);
    }
    Ok(())
}

/// A stream has one direction, whatever the host's descriptor has.
#[test]
fn streams_have_one_direction() -> Any {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("file");
    std::fs::write(&path, "hello")?;
    let open = || std::fs::File::options().read(true).write(true).open(&path);
    let wasi = WasiCtx::builder().stdin(InputStream::fd(open()?)).stdout(OutputStream::fd(open()?)).build()?;
    let mut guest = Guest::new(wasi)?;
    guest.write_iovecs(0, &[(64, 4)])?;
    assert_eq!(guest.call("fd_pwrite", &[0, 0, 1, 0, 128])?, BADF);
    assert_eq!(guest.call("fd_pread", &[1, 0, 1, 0, 128])?, BADF);
    assert_eq!(guest.call("fd_write", &[0, 0, 1, 128])?, BADF);
    assert_eq!(guest.call("fd_read", &[1, 0, 1, 128])?, BADF);
    assert_eq!(guest.call("fd_pread", &[0, 0, 1, 0, 128])?, 0);
    assert_eq!((std::fs::read(&path)?, guest.read(64, 4)?), (b"hello".to_vec(), b"hell".to_vec()));
    // They are no more one file than two descriptors are.
    assert_eq!(guest.call("fd_filestat_get", &[0, 256])?, 0);
    assert_eq!(guest.call("fd_filestat_get", &[1, 320])?, 0);
    assert_ne!(guest.u64(256 + 8)?, guest.u64(320 + 8)?);
    Ok(())
}

#[test]
fn what_is_left_to_read_is_never_negative() -> Any {
    let mut program = Program::new()?;
    std::fs::write(program.folder.path().join("file"), "0123456789")?;
    let file = program.opened("file", 0, READ)?;
    for (position, left) in [(0, 10), (4, 6), (10, 0), (100, 0)] {
        assert_eq!(program.call("fd_seek", &[file, position, 0, 128])?, 0);
        program.guest.bytes()?[..48].fill(0);
        program.guest.write(8, &[1])?;
        program.guest.write(16, &(file as u32).to_le_bytes())?;
        assert_eq!(program.call("poll_oneoff", &[0, 200, 1, 500])?, 0);
        assert_eq!((program.guest.u64(216)?, program.guest.u32(208)? & 0xffff), (left, 0), "at {position}");
    }
    Ok(())
}

#[test]
fn limits() -> Any {
    let mut program = Program::with(|builder| builder.max_descriptors(5))?;
    assert!(program.open("a", 1, WRITE, 0)?.is_ok());
    assert_eq!(program.open("b", 1, WRITE, 0)?, Err(MFILE));
    // Nothing was made in vain.
    assert!(!program.folder.path().join("b").exists());
    // Listing takes one of the host's, too.
    assert_eq!(program.call("fd_readdir", &[3, 4096, 4096, 0, 128])?, MFILE);
    assert_eq!(program.call("fd_close", &[4])?, 0);
    assert_eq!(program.call("fd_readdir", &[3, 4096, 4096, 0, 128])?, 0);
    assert_eq!(program.open("a", 1, WRITE, 0)?, Err(MFILE));
    let build = |limit: usize| WasiCtx::builder().max_descriptors(limit).preopened_dir("/", "/").build();
    assert!(matches!(build(3), Err(BuildError::Limits { given: 4 })));
    assert!(build(4).is_ok());

    let given = 4 * DESCRIPTOR_BYTES;
    let mut program = Program::with(|builder| builder.max_host_bytes(given + 2 * DESCRIPTOR_BYTES + LISTING_BYTES))?;
    let (first, _) = (program.opened(".", 2, READ)?, program.opened(".", 2, READ)?);
    assert_eq!(program.open("c", 1, WRITE, 0)?.map(drop), Ok(()));
    assert_eq!(program.call("fd_readdir", &[3, 4096, 4096, 0, 128])?, NOMEM);
    assert_eq!(program.call("fd_close", &[6])?, 0);
    assert_eq!(program.call("fd_readdir", &[3, 4096, 4096, 0, 128])?, 0);
    assert_eq!(program.open("c", 1, WRITE, 0)?, Err(NOMEM));
    assert_eq!(program.call("fd_readdir", &[first, 4096, 4096, 0, 128])?, NOMEM);
    // Subscriptions count while they are waited for.
    assert_eq!(program.call("poll_oneoff", &[0, 20_000, 100, 500])?, NOMEM);
    assert_eq!(program.call("fd_close", &[3])?, 0);
    assert_eq!(program.call("poll_oneoff", &[0, 20_000, 100, 500])?, 0);
    assert!(matches!(WasiCtx::builder().max_host_bytes(100).build(), Err(BuildError::Limits { .. })));
    Ok(())
}

#[test]
fn closed_streams() -> Any {
    let mut program = Program::with(|builder| builder.stdin(InputStream::closed()).stdout(OutputStream::closed()))?;
    program.guest.write_iovecs(0, &[(64, 4)])?;
    for fd in [0, 1] {
        assert_eq!(program.call("fd_read", &[fd, 0, 1, 128])?, BADF);
        assert_eq!(program.call("fd_write", &[fd, 0, 1, 128])?, BADF);
        assert_eq!(program.call("fd_fdstat_get", &[fd, 256])?, BADF);
        assert_eq!(program.call("fd_filestat_get", &[fd, 256])?, BADF);
        assert_eq!(program.call("fd_close", &[fd])?, BADF);
        assert_eq!(program.call("fd_renumber", &[fd, 2])?, BADF);
    }
    assert_eq!(program.call("fd_write", &[2, 0, 1, 128])?, 0);
    // No file gets their numbers by chance, but one can be put there.
    let file = program.opened("file", 1, WRITE)?;
    assert_eq!(file, 4);
    assert_eq!(program.call("fd_renumber", &[file, 1])?, 0);
    assert_eq!(program.call("fd_write", &[1, 0, 1, 128])?, 0);
    assert_eq!(std::fs::metadata(program.folder.path().join("file"))?.len(), 4);
    Ok(())
}

#[test]
fn a_full_disk_is_an_errno() -> Any {
    let full = std::fs::File::options().write(true).open("/dev/full")?;
    let mut guest = Guest::new(WasiCtx::builder().stdout(OutputStream::fd(full)).build()?)?;
    guest.write_iovecs(0, &[(64, 4)])?;
    assert_eq!(guest.call("fd_write", &[1, 0, 1, 128])?, 51);
    Ok(())
}

#[test]
fn signals_end_the_program_and_nothing_else() -> Any {
    let mut guest = Guest::new(WasiCtx::builder().build()?)?;
    for (signal, errno) in [(0, 0), (16, 0), (17, 0), (22, 0), (27, 0), (18, NOTSUP), (21, NOTSUP), (31, INVAL)] {
        assert_eq!(guest.call("proc_raise", &[signal])?, errno);
    }
    for signal in [1, 6, 9, 15, 30] {
        let ended = guest.call("proc_raise", &[signal]).err().and_then(|error| error.downcast::<iwasm::Error>().ok());
        assert!(matches!(ended.as_deref(), Some(iwasm::Error::Exit(status)) if *status == 128 + signal as i32));
    }
    Ok(())
}
