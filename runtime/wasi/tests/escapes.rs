//! Ways out of the sandbox, none of which may work: those of `escapes.txt` one by one, and a race of a folder
//! that another thread keeps swapping for a link to one outside.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use iwasm_wasi::WasiCtx;
use rustix::fs::{CWD, Mode, OFlags, RenameFlags, openat, renameat_with};
use support::{Any, Guest};

const SECRET: &[u8] = b"the secret outside";

/// Errnos by the names the list uses.
const ERRNOS: [(&str, u32); 13] = [
    ("ok", 0),
    ("badf", 8),
    ("exist", 20),
    ("inval", 28),
    ("isdir", 31),
    ("loop", 32),
    ("nametoolong", 37),
    ("noent", 44),
    ("notdir", 54),
    ("perm", 63),
    ("rofs", 69),
    ("notcapable", 76),
    ("acces", 2),
];

/// Rights by the names the list uses.
const RIGHTS: [(&str, u64); 4] =
    [("fd_write", 1 << 6), ("path_create_file", 1 << 10), ("path_open", 1 << 13), ("path_filestat_set_size", 1 << 19)];

const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 6;
const FOLLOW: u64 = 1;
const CREAT: u64 = 1;
const DIRECTORY: u64 = 2;
const EXCL: u64 = 4;
const TRUNC: u64 = 8;

/// Where the parts of a call stand in the guest's memory.
const RESULT: u64 = 16;
const FIRST: u64 = 1024;
const SECOND: u64 = 9 * 1024;
const BUFFER: u64 = 20 * 1024;

/// What `escapes.txt` says is there.
struct World {
    host: tempfile::TempDir,
}

impl World {
    fn new() -> Any<World> {
        let world = World { host: tempfile::tempdir()? };
        let at = |name: &str| world.at(name);
        for folder in ["outside/dir", "w/sub", "w/empty", "r/dir", "x"] {
            fs::create_dir_all(at(folder))?;
        }
        fs::write(at("outside/secret"), SECRET)?;
        for (name, text) in [("w/file", "file"), ("w/sub/inner", "inner"), ("r/kept", "kept"), ("x/other", "other")] {
            fs::write(at(name), text)?;
        }
        fs::write(at("r/dir/inside"), "inside")?;
        for (name, target) in [("w/abs", "outside/secret"), ("w/absdir", "outside")] {
            symlink(at(target), at(name))?;
        }
        for (name, target) in [
            ("outside/dir/link", "../secret"),
            ("w/rel", "../outside/secret"),
            ("w/up", ".."),
            ("w/here", "."),
            ("w/reldir", "../outside"),
            ("w/chain", "rel"),
            ("w/into", "sub"),
            ("w/loop1", "loop2"),
            ("w/loop2", "loop1"),
            ("w/self", "self/x"),
            ("w/sub/back", "../../outside/secret"),
            ("w/gone", "../outside/new"),
            ("w/gonein", "new"),
            ("w/toro", "../r/kept"),
            ("r/link", "kept"),
            ("r/out", "../outside/secret"),
        ] {
            symlink(target, at(name))?;
        }
        Ok(world)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.host.path().join(name)
    }

    fn guest(&self) -> Any<Guest> {
        let wasi = WasiCtx::builder()
            .preopened_dir(self.at("w"), "/w")
            .preopened_dir_read_only(self.at("r"), "/r")
            .preopened_dir(self.at("x"), "/x")
            .preopened_dir_read_only("/proc", "/proc");
        Guest::new(wasi.build()?)
    }

    /// All that must stay as it is.
    fn canary(&self) -> Any<BTreeMap<PathBuf, String>> {
        let mut found = BTreeMap::new();
        for folder in ["outside", "r"] {
            describe(&self.at(folder), &mut found)?;
        }
        Ok(found)
    }
}

/// Everything that is known of a file or folder and what is below it, except for when it was read.
fn describe(path: &Path, found: &mut BTreeMap<PathBuf, String>) -> Any {
    let data = fs::symlink_metadata(path)?;
    let times = [data.mtime(), data.mtime_nsec(), data.ctime(), data.ctime_nsec()];
    let mut text = format!("{:o} {} {} {} {times:?}", data.mode(), data.nlink(), data.size(), data.ino());
    if data.is_dir() {
        for entry in fs::read_dir(path)? {
            describe(&entry?.path(), found)?;
        }
    } else if data.is_file() {
        text += &format!(" {:?}", fs::read(path)?);
    } else {
        text += &format!(" {:?}", fs::read_link(path)?);
    }
    found.insert(path.to_owned(), text);
    Ok(())
}

/// One of the list's lines.
struct Case<'a> {
    name: &'a str,
    steps: Vec<Vec<&'a str>>,
    expected: &'a str,
}

fn cases(text: &str) -> Any<Vec<Case<'_>>> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let case = |line| {
        let wrong = || format!("not a case: {line}");
        let (before, expected) = str::rsplit_once(line, "=>").ok_or_else(wrong)?;
        let (name, steps) = before.split_once("  ").ok_or_else(wrong)?;
        let steps = steps.split(';').map(|step| step.split_whitespace().collect()).collect();
        Ok(Case { name, steps, expected: expected.trim() })
    };
    lines.map(case).collect()
}

/// A name as a guest gives it.
fn expand(name: &str, host: &Path) -> Any<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = name.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(b"HOST") {
            bytes.extend_from_slice(host.as_os_str().as_bytes());
            rest = after;
        } else if first == b'{' {
            let text = std::str::from_utf8(after)?;
            let (repeated, after) = text.split_once('}').ok_or("a brace that is not closed")?;
            let (text, count) = repeated.rsplit_once('*').ok_or("braces without a star")?;
            bytes.extend_from_slice(text.repeat(count.parse()?).as_bytes());
            rest = after.as_bytes();
        } else if first == b'%' {
            let digits = std::str::from_utf8(after.get(..2).ok_or("% without digits")?)?;
            bytes.push(u8::from_str_radix(digits, 16)?);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    Ok(bytes)
}

/// A guest that does what a line says.
struct Player<'a> {
    guest: Guest,
    host: &'a Path,
    /// What the last `open` or `dir` gave.
    opened: u64,
}

impl Player<'_> {
    fn fd(&self, text: &str) -> Any<u64> {
        Ok(if text == "@" { self.opened } else { text.parse()? })
    }

    /// Puts a name into the guest's memory; pointer and length.
    fn name(&mut self, at: u64, text: &str) -> Any<[u64; 2]> {
        let bytes = expand(text, self.host)?;
        self.guest.write(at as usize, &bytes)?;
        Ok([at, bytes.len() as u64])
    }

    fn open(&mut self, fd: &str, name: &str, lookup: u64, create: u64, rights: u64) -> Any<u32> {
        let fd = self.fd(fd)?;
        let [at, len] = self.name(FIRST, name)?;
        let errno = self.guest.call("path_open", &[fd, lookup, at, len, create, rights, u64::MAX, 0, RESULT])?;
        if errno == 0 {
            self.opened = self.guest.u32(RESULT as usize)?.into();
        }
        Ok(errno)
    }

    /// Whether what was opened gives anything of what must not be read.
    fn leaks(&mut self) -> Any<bool> {
        self.guest.bytes()?[BUFFER as usize..BUFFER as usize + 256].fill(0);
        self.guest.write_iovecs(0, &[(BUFFER as u32, 256)])?;
        self.guest.call("fd_read", &[self.opened, 0, 1, RESULT])?;
        let read = self.guest.read(BUFFER as usize, 256)?;
        Ok(contains(&read, SECRET))
    }

    fn call(&mut self, name: &str, params: &[&[u64]]) -> Any<u32> {
        self.guest.call(name, &params.concat())
    }

    /// Does one step; the errno.
    fn step(&mut self, step: &[&str]) -> Any<u32> {
        match *step {
            ["open", fd, name] => self.open(fd, name, FOLLOW, 0, READ),
            ["open-nofollow", fd, name] => self.open(fd, name, 0, 0, READ),
            ["dir", fd, name] => self.open(fd, name, FOLLOW, DIRECTORY, READ),
            ["dir-nofollow", fd, name] => self.open(fd, name, 0, DIRECTORY, READ),
            ["write", fd, name] => self.open(fd, name, FOLLOW, 0, WRITE),
            ["trunc", fd, name] => self.open(fd, name, FOLLOW, TRUNC, 0),
            ["create", fd, name] => self.open(fd, name, FOLLOW, CREAT, 0),
            ["create-new", fd, name] => self.open(fd, name, FOLLOW, CREAT | EXCL, 0),
            ["mkdir", fd, name] => self.at_path("path_create_directory", fd, &[], name, &[]),
            ["rmdir", fd, name] => self.at_path("path_remove_directory", fd, &[], name, &[]),
            ["unlink", fd, name] => self.at_path("path_unlink_file", fd, &[], name, &[]),
            ["stat", fd, name] => self.at_path("path_filestat_get", fd, &[FOLLOW], name, &[BUFFER]),
            ["lstat", fd, name] => self.at_path("path_filestat_get", fd, &[0], name, &[BUFFER]),
            ["times", fd, name] => self.at_path("path_filestat_set_times", fd, &[FOLLOW], name, &[1, 2, 5]),
            ["times-nofollow", fd, name] => self.at_path("path_filestat_set_times", fd, &[0], name, &[1, 2, 5]),
            ["readlink", fd, name] => self.at_path("path_readlink", fd, &[], name, &[BUFFER, 256, RESULT]),
            ["symlink", target, fd, name] => {
                let (fd, target) = (self.fd(fd)?, self.name(FIRST, target)?);
                let name = self.name(SECOND, name)?;
                self.call("path_symlink", &[&target, &[fd], &name])
            }
            ["link", from, old, to, new] => self.two_paths("path_link", from, &[0], old, to, new),
            ["link-follow", from, old, to, new] => self.two_paths("path_link", from, &[FOLLOW], old, to, new),
            ["rename", from, old, to, new] => self.two_paths("path_rename", from, &[], old, to, new),
            ["fd-times", fd] => self.call("fd_filestat_set_times", &[&[self.fd(fd)?, 1, 2, 5]]),
            ["allocate", fd] => self.call("fd_allocate", &[&[self.fd(fd)?, 0, 100]]),
            ["resize", fd] => self.call("fd_filestat_set_size", &[&[self.fd(fd)?, 0]]),
            ["fd-write", fd] => {
                self.guest.write_iovecs(0, &[(BUFFER as u32, 4)])?;
                self.call("fd_write", &[&[self.fd(fd)?, 0, 1, RESULT]])
            }
            ["close", fd] => self.call("fd_close", &[&[self.fd(fd)?]]),
            ["renumber", from, to] => self.call("fd_renumber", &[&[self.fd(from)?, self.fd(to)?]]),
            ["drop", fd, right] => self.drop_right(fd, right, 0),
            ["drop-inheriting", fd, right] => self.drop_right(fd, right, 1),
            ["regrant", fd] => {
                let (fd, [base, inheriting]) = (self.fd(fd)?, self.rights(fd)?);
                self.call("fd_fdstat_set_rights", &[&[fd, base | RIGHTS[2].1, inheriting]])
            }
            _ => Err(format!("no such step: {step:?}").into()),
        }
    }

    fn at_path(&mut self, call: &str, fd: &str, before: &[u64], name: &str, after: &[u64]) -> Any<u32> {
        let (fd, name) = (self.fd(fd)?, self.name(FIRST, name)?);
        self.call(call, &[&[fd], before, &name, after])
    }

    fn two_paths(&mut self, call: &str, from: &str, lookup: &[u64], old: &str, to: &str, new: &str) -> Any<u32> {
        let (from, to) = (self.fd(from)?, self.fd(to)?);
        let (old, new) = (self.name(FIRST, old)?, self.name(SECOND, new)?);
        self.call(call, &[&[from], lookup, &old, &[to], &new])
    }

    fn rights(&mut self, fd: &str) -> Any<[u64; 2]> {
        let fd = self.fd(fd)?;
        assert_eq!(self.call("fd_fdstat_get", &[&[fd, BUFFER]])?, 0);
        Ok([self.guest.u64(BUFFER as usize + 8)?, self.guest.u64(BUFFER as usize + 16)?])
    }

    fn drop_right(&mut self, fd: &str, right: &str, which: usize) -> Any<u32> {
        let mut rights = self.rights(fd)?;
        let known = RIGHTS.iter().find(|(name, _)| *name == right).ok_or("no such right")?;
        assert_ne!(rights[which] & known.1, 0, "{right} is not there to be dropped");
        rights[which] &= !known.1;
        let fd = self.fd(fd)?;
        self.call("fd_fdstat_set_rights", &[&[fd], &rights])
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Plays a line in a world of its own; what is wrong with it.
fn play(case: &Case<'_>) -> Any<Vec<String>> {
    let world = World::new()?;
    let before = world.canary()?;
    let mut player = Player { guest: world.guest()?, host: world.host.path(), opened: 99 };
    let mut wrong = Vec::new();
    let expected = ERRNOS.iter().find(|(name, _)| *name == case.expected).ok_or("no such errno")?.1;
    for (index, step) in case.steps.iter().enumerate() {
        let wanted = if index + 1 == case.steps.len() { expected } else { 0 };
        let errno = player.step(step)?;
        if errno != wanted {
            wrong.push(format!("{}: {step:?} gives {errno}, not {wanted}", case.name));
        }
        if player.opened != 99 && player.leaks()? {
            wrong.push(format!("{}: the secret was read", case.name));
        }
    }
    if world.canary()? != before {
        wrong.push(format!("{}: something outside has changed", case.name));
    }
    Ok(wrong)
}

#[test]
fn no_way_out() -> Any {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/escapes.txt"))?;
    let cases = cases(&text)?;
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        wrong.extend(play(case)?);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    Ok(())
}

/// What can be tried on a folder that is swapped for a link to one outside, again and again.
trait Access {
    /// Opens and reads a file, if it can.
    fn read(&mut self, name: &str) -> Any<Vec<u8>>;
    /// Creates, cuts, links, moves and removes, with names in the folder.
    fn disturb(&mut self, folder: &str) -> Any;
}

impl Access for Player<'_> {
    fn read(&mut self, name: &str) -> Any<Vec<u8>> {
        if self.open("3", name, FOLLOW, 0, READ)? != 0 {
            return Ok(Vec::new());
        }
        self.leaks()?;
        self.call("fd_close", &[&[self.opened]])?;
        self.guest.read(BUFFER as usize, 256)
    }

    fn disturb(&mut self, folder: &str) -> Any {
        let name = |name: &str| format!("{folder}/{name}");
        let (new, other, secret) = (name("new"), name("other"), name("secret"));
        for (name, create, rights) in [(&new, CREAT, WRITE), (&secret, TRUNC, WRITE), (&secret, 0, WRITE)] {
            if self.open("3", name, FOLLOW, create, rights)? == 0 {
                self.step(&["fd-write", "@"])?;
                self.step(&["close", "@"])?;
            }
        }
        for step in [
            &["mkdir", "3", &name("made")][..],
            &["rename", "3", &new, "3", &other],
            &["link", "3", &other, "3", &name("linked")],
            &["link", "3", &secret, "3", "taken"],
            &["unlink", "3", "taken"],
            &["symlink", "x", "3", &name("sym")],
            &["times", "3", &secret],
            &["unlink", "3", &name("linked")],
            &["unlink", "3", &name("sym")],
            &["unlink", "3", &other],
            &["rmdir", "3", &name("made")],
            &["rename", "3", "file", "3", &name("moved")],
            &["rename", "3", &name("moved"), "3", "file"],
        ] {
            self.step(step)?;
        }
        Ok(())
    }
}

/// The fault to be found: looks first where a name leads, and then goes there.
struct Naive(PathBuf);

impl Naive {
    fn checked(&self, name: &str) -> Any<PathBuf> {
        let path = self.0.join(name);
        match path.canonicalize()?.starts_with(&self.0) {
            true => Ok(path),
            false => Err("outside".into()),
        }
    }
}

impl Access for Naive {
    fn read(&mut self, name: &str) -> Any<Vec<u8>> {
        Ok(self.checked(name).and_then(|path| Ok(fs::read(path)?)).unwrap_or_default())
    }

    fn disturb(&mut self, folder: &str) -> Any {
        if let Ok(path) = self.checked(folder) {
            let _ = fs::File::create(path.join("new")).and_then(|mut file| file.write_all(b"x"));
        }
        Ok(())
    }
}

/// What a race came to.
#[derive(Debug, Default)]
struct Race {
    rounds: u64,
    /// How often it was the folder, and how often nothing, that was there to be read.
    inside: u64,
    refused: u64,
    leaked: bool,
    changed: bool,
}

/// Swaps a folder in /w and a link to the one outside, while somebody works with it.
fn race(world: &World, access: &mut dyn Access, limit: Duration, until_found: bool) -> Any<Race> {
    fs::create_dir(world.at("w/swap"))?;
    fs::write(world.at("w/swap/secret"), "inside")?;
    let folder = fs::File::open(world.at("w/swap"))?;
    symlink("../outside", world.at("w/swapped"))?;
    let before = world.canary()?;
    let (stop, start) = (AtomicBool::new(false), Instant::now());
    let mut found = Race::default();
    std::thread::scope(|scope| -> Any {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let _ = renameat_with(CWD, world.at("w/swap"), CWD, world.at("w/swapped"), RenameFlags::EXCHANGE);
            }
        });
        let mut work = || -> Any {
            while start.elapsed() < limit && !(until_found && found.leaked && found.changed) {
                found.rounds += 1;
                let read = access.read("swap/secret")?;
                found.leaked |= contains(&read, SECRET);
                found.inside += u64::from(contains(&read, b"inside"));
                found.refused += u64::from(!contains(&read, b"inside"));
                access.disturb("swap")?;
                // What was removed in passing. By way of the folder itself, whatever its name is now.
                let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::TRUNC;
                rustix::io::write(openat(&folder, "secret", flags, Mode::RWXU)?, b"inside")?;
                fs::write(world.at("w/file"), "")?;
                if found.rounds % 64 == 0 || until_found {
                    found.changed |= world.canary()? != before;
                }
            }
            Ok(())
        };
        let done = work();
        stop.store(true, Ordering::Relaxed);
        done
    })?;
    found.changed |= world.canary()? != before;
    Ok(found)
}

/// A race that cannot be lost proves nothing.
#[test]
fn a_guest_that_looks_before_it_leaps_is_found_out() -> Any {
    let world = World::new()?;
    let mut naive = Naive(world.at("w").canonicalize()?);
    let race = race(&world, &mut naive, Duration::from_secs(60), true)?;
    assert!(race.leaked && race.changed, "{race:?}");
    Ok(())
}

#[test]
fn a_minute_of_swapping() -> Any {
    let world = World::new()?;
    let mut player = Player { guest: world.guest()?, host: world.host.path(), opened: 99 };
    let race = race(&world, &mut player, Duration::from_secs(60), false)?;
    assert!(!race.leaked && !race.changed, "{race:?}");
    // It was one: both states were met, many times.
    assert!(race.inside > 100 && race.refused > 100, "{race:?}");
    println!("{race:?}");
    Ok(())
}
