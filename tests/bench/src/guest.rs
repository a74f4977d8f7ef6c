//! What a WASI program sees of the world: arguments, folders of files in memory, a clock, an output
//! that is kept. Both sides get the same host functions, so that what differs is the code around
//! them. This is no implementation of WASI: it has what the programs of the benchmark need.

use std::collections::BTreeMap;

use crate::clock::Clock;

const SUCCESS: i32 = 0;
const BADF: i32 = 8;
const FAULT: i32 = 21;
const NOENT: i32 = 44;
const NOSYS: i32 = 52;

const CHARACTER_DEVICE: u8 = 2;
const DIRECTORY: u8 = 3;
const REGULAR_FILE: u8 = 4;
/// Descriptor of the first folder; the others follow, and then the open files.
const FIRST: i32 = 3;
/// `path_open`'s flags: make the file if there is none; empty it.
const CREATE: i32 = 1;
const TRUNCATE: i32 = 8;

/// A folder in memory. It has no folders in it.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// What the program calls it.
    pub name: String,
    /// Its files.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// An open file.
struct Open {
    folder: usize,
    name: String,
    position: usize,
}

/// The state of one run.
#[derive(Default)]
pub struct Guest {
    args: Vec<String>,
    folders: Vec<Folder>,
    /// Open files; their descriptors come after those of the folders.
    open: Vec<Option<Open>>,
    input: Vec<u8>,
    /// Bytes of the input that were read.
    input_read: usize,
    random: u64,
    /// What was written to standard output.
    pub output: Vec<u8>,
    /// What was passed to `proc_exit`.
    pub status: Option<i32>,
    started: Option<f64>,
    /// How much faster than time the program's clocks go.
    clock_speed: f64,
    /// CPU time between `bench.start` and `bench.end`, in nanoseconds.
    pub region: Option<f64>,
}

/// Reads and writes of guest memory; `None` where it ends.
struct Memory<'a>(&'a mut [u8]);

impl Memory<'_> {
    fn bytes(&mut self, at: i32, len: usize) -> Option<&mut [u8]> {
        let at = at as u32 as usize;
        self.0.get_mut(at..at.checked_add(len)?)
    }

    fn put(&mut self, at: i32, bytes: &[u8]) -> Option<()> {
        self.bytes(at, bytes.len())?.copy_from_slice(bytes);
        Some(())
    }

    fn put_u32(&mut self, at: i32, value: usize) -> Option<()> {
        self.put(at, &(value as u32).to_le_bytes())
    }

    fn u32(&mut self, at: i32) -> Option<usize> {
        Some(u32::from_le_bytes(self.bytes(at, 4)?.try_into().ok()?) as usize)
    }

    /// The buffers of an array of `iovec`.
    fn buffers(&mut self, at: i32, count: i32) -> Option<Vec<(i32, usize)>> {
        (0..count).map(|n| Some((self.u32(at + 8 * n)? as i32, self.u32(at + 8 * n + 4)?))).collect()
    }
}

/// `None` means that a pointer was wrong.
fn errno(done: Option<()>) -> i32 {
    if done.is_some() { SUCCESS } else { FAULT }
}

impl Guest {
    /// A program with these arguments, the first its name, and these folders.
    pub fn new(args: &[&str], folders: Vec<Folder>) -> Guest {
        Guest {
            args: args.iter().map(ToString::to_string).collect(),
            folders,
            random: 1,
            clock_speed: 1.0,
            ..Guest::default()
        }
    }

    /// Contents of all files, in the order of folders and names.
    pub fn files(&self) -> impl Iterator<Item = &[u8]> {
        self.folders.iter().flat_map(|folder| folder.files.values().map(Vec::as_slice))
    }

    /// The same with something on standard input.
    pub fn with_input(mut self, input: Vec<u8>) -> Guest {
        self.input = input;
        self
    }

    /// The same with clocks that go `speed` times as fast as time.
    pub fn with_clock_speed(mut self, speed: f64) -> Guest {
        self.clock_speed = speed;
        self
    }

    /// `bench.start`: what is measured begins.
    pub fn region_starts(&mut self) {
        self.started = Some(Clock::ThreadCpu.now());
    }

    /// `bench.end`: what is measured ends.
    pub fn region_ends(&mut self) {
        let now = Clock::ThreadCpu.now();
        self.region = self.started.map(|started| now - started);
    }

    fn folder(&self, fd: i32) -> Option<usize> {
        usize::try_from(fd - FIRST).ok().filter(|index| *index < self.folders.len())
    }

    /// Where an open file of that descriptor would be in the list.
    fn slot(&self, fd: i32) -> Option<usize> {
        usize::try_from(fd - FIRST).ok()?.checked_sub(self.folders.len())
    }

    /// An open file's content and the position in it.
    fn file(&mut self, fd: i32) -> Option<(&mut Vec<u8>, &mut usize)> {
        let slot = self.slot(fd)?;
        let open = self.open.get_mut(slot)?.as_mut()?;
        let content = self.folders.get_mut(open.folder)?.files.get_mut(&open.name)?;
        Some((content, &mut open.position))
    }
}

/// `args_sizes_get`
pub fn args_sizes_get(memory: &mut [u8], guest: &mut Guest, count: i32, size: i32) -> i32 {
    let mut memory = Memory(memory);
    let bytes = guest.args.iter().map(|arg| arg.len() + 1).sum();
    errno(memory.put_u32(count, guest.args.len()).and_then(|()| memory.put_u32(size, bytes)))
}

/// `args_get`
pub fn args_get(memory: &mut [u8], guest: &mut Guest, argv: i32, buffer: i32) -> i32 {
    let mut memory = Memory(memory);
    let mut at = buffer;
    for (arg, slot) in guest.args.iter().zip(0..) {
        let written = memory
            .put_u32(argv + 4 * slot, at as usize)
            .and_then(|()| memory.put(at, arg.as_bytes()))
            .and_then(|()| memory.put(at + arg.len() as i32, &[0]));
        if written.is_none() {
            return FAULT;
        }
        at += arg.len() as i32 + 1;
    }
    SUCCESS
}

/// `environ_sizes_get`
pub fn environ_sizes_get(memory: &mut [u8], _: &mut Guest, count: i32, size: i32) -> i32 {
    let mut memory = Memory(memory);
    errno(memory.put_u32(count, 0).and_then(|()| memory.put_u32(size, 0)))
}

/// `environ_get`
pub fn environ_get(_: &mut [u8], _: &mut Guest, _environ: i32, _buffer: i32) -> i32 {
    SUCCESS
}

/// `clock_time_get`; every clock is that of the thread.
pub fn clock_time_get(memory: &mut [u8], guest: &mut Guest, _clock: i32, _precision: i64, time: i32) -> i32 {
    let now = (Clock::ThreadCpu.now() * guest.clock_speed) as u64;
    errno(Memory(memory).put(time, &now.to_le_bytes()))
}

/// `random_get`
pub fn random_get(memory: &mut [u8], guest: &mut Guest, buffer: i32, len: i32) -> i32 {
    let mut memory = Memory(memory);
    let Some(bytes) = memory.bytes(buffer, len as usize) else { return FAULT };
    for byte in bytes {
        guest.random = guest.random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        *byte = (guest.random >> 56) as u8;
    }
    SUCCESS
}

/// `fd_close`
pub fn fd_close(_: &mut [u8], guest: &mut Guest, fd: i32) -> i32 {
    let slot = guest.slot(fd).and_then(|index| guest.open.get_mut(index));
    match slot.and_then(Option::take) {
        Some(_) => SUCCESS,
        None => BADF,
    }
}

/// `fd_fdstat_get`
pub fn fd_fdstat_get(memory: &mut [u8], guest: &mut Guest, fd: i32, stat: i32) -> i32 {
    let kind = match fd {
        0..=2 => CHARACTER_DEVICE,
        _ if guest.folder(fd).is_some() => DIRECTORY,
        _ if guest.file(fd).is_some() => REGULAR_FILE,
        _ => return BADF,
    };
    let mut bytes = [0xff; 24];
    bytes[..8].fill(0);
    bytes[0] = kind;
    errno(Memory(memory).put(stat, &bytes))
}

/// `fd_fdstat_set_flags`
pub fn fd_fdstat_set_flags(_: &mut [u8], _: &mut Guest, _fd: i32, _flags: i32) -> i32 {
    SUCCESS
}

fn filestat(memory: &mut [u8], stat: i32, kind: u8, size: usize) -> i32 {
    let mut bytes = [0; 64];
    bytes[16] = kind;
    bytes[32..40].copy_from_slice(&(size as u64).to_le_bytes());
    errno(Memory(memory).put(stat, &bytes))
}

/// `fd_filestat_get`
pub fn fd_filestat_get(memory: &mut [u8], guest: &mut Guest, fd: i32, stat: i32) -> i32 {
    match fd {
        0..=2 => filestat(memory, stat, CHARACTER_DEVICE, 0),
        _ if guest.folder(fd).is_some() => filestat(memory, stat, DIRECTORY, 0),
        _ => match guest.file(fd) {
            Some((content, _)) => filestat(memory, stat, REGULAR_FILE, content.len()),
            None => BADF,
        },
    }
}

/// `fd_prestat_get`
pub fn fd_prestat_get(memory: &mut [u8], guest: &mut Guest, fd: i32, prestat: i32) -> i32 {
    let Some(folder) = guest.folder(fd) else { return BADF };
    let len = guest.folders[folder].name.len();
    let mut memory = Memory(memory);
    errno(memory.put_u32(prestat, 0).and_then(|()| memory.put_u32(prestat + 4, len)))
}

/// `fd_prestat_dir_name`
pub fn fd_prestat_dir_name(memory: &mut [u8], guest: &mut Guest, fd: i32, path: i32, _len: i32) -> i32 {
    let Some(folder) = guest.folder(fd) else { return BADF };
    errno(Memory(memory).put(path, guest.folders[folder].name.as_bytes()))
}

fn path_of(memory: &mut [u8], path: i32, len: i32) -> Option<String> {
    let mut memory = Memory(memory);
    let bytes = memory.bytes(path, len as usize)?;
    Some(String::from_utf8_lossy(bytes).trim_start_matches("./").to_string())
}

/// `path_open`
#[expect(clippy::too_many_arguments, reason = "WASI has these")]
pub fn path_open(
    memory: &mut [u8],
    guest: &mut Guest,
    folder: i32,
    _lookup: i32,
    path: i32,
    len: i32,
    oflags: i32,
    _rights: i64,
    _inheriting: i64,
    _fdflags: i32,
    fd: i32,
) -> i32 {
    let Some(name) = path_of(memory, path, len) else { return FAULT };
    let Some(folder) = guest.folder(folder) else { return BADF };
    let files = &mut guest.folders[folder].files;
    match files.get_mut(&name) {
        Some(content) if oflags & TRUNCATE != 0 => content.clear(),
        Some(_) => {}
        None if oflags & CREATE != 0 => {
            files.insert(name.clone(), Vec::new());
        }
        None => return NOENT,
    }
    guest.open.push(Some(Open { folder, name, position: 0 }));
    let opened = guest.folders.len() + guest.open.len() - 1 + FIRST as usize;
    errno(Memory(memory).put_u32(fd, opened))
}

/// `path_filestat_get`
pub fn path_filestat_get(
    memory: &mut [u8],
    guest: &mut Guest,
    folder: i32,
    _lookup: i32,
    path: i32,
    len: i32,
    stat: i32,
) -> i32 {
    let Some(name) = path_of(memory, path, len) else { return FAULT };
    let Some(folder) = guest.folder(folder) else { return BADF };
    match guest.folders[folder].files.get(&name).map(Vec::len) {
        Some(size) => filestat(memory, stat, REGULAR_FILE, size),
        None => NOENT,
    }
}

/// `fd_read`
pub fn fd_read(memory: &mut [u8], guest: &mut Guest, fd: i32, buffers: i32, count: i32, read: i32) -> i32 {
    let mut memory = Memory(memory);
    let Some(buffers) = memory.buffers(buffers, count) else { return FAULT };
    let mut input = (std::mem::take(&mut guest.input), guest.input_read);
    let source = if fd == 0 { Some((&mut input.0, &mut input.1)) } else { guest.file(fd) };
    let mut total = 0;
    let mut status = SUCCESS;
    match source {
        None => status = BADF,
        Some((content, position)) => {
            for (at, len) in buffers {
                let rest = content.get(*position..).unwrap_or(&[]);
                let part = &rest[..rest.len().min(len)];
                if memory.put(at, part).is_none() {
                    status = FAULT;
                    break;
                }
                *position += part.len();
                total += part.len();
            }
        }
    }
    (guest.input, guest.input_read) = input;
    if status == SUCCESS { errno(memory.put_u32(read, total)) } else { status }
}

/// `fd_write`
pub fn fd_write(memory: &mut [u8], guest: &mut Guest, fd: i32, buffers: i32, count: i32, written: i32) -> i32 {
    let mut memory = Memory(memory);
    let Some(buffers) = memory.buffers(buffers, count) else { return FAULT };
    let mut total = 0;
    for (at, len) in buffers {
        let Some(bytes) = memory.bytes(at, len) else { return FAULT };
        match fd {
            1 => guest.output.extend_from_slice(bytes),
            2 => {}
            _ => {
                let Some((content, position)) = guest.file(fd) else { return BADF };
                let end = *position + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*position..end].copy_from_slice(bytes);
                *position = end;
            }
        }
        total += len;
    }
    errno(memory.put_u32(written, total))
}

/// `fd_seek`
pub fn fd_seek(memory: &mut [u8], guest: &mut Guest, fd: i32, offset: i64, whence: i32, position: i32) -> i32 {
    let Some((content, current)) = guest.file(fd) else { return BADF };
    let base = [0, *current, content.len()].get(whence as usize).copied().unwrap_or(0);
    *current = (base as i64).saturating_add(offset).max(0) as usize;
    let now = *current as u64;
    errno(Memory(memory).put(position, &now.to_le_bytes()))
}

/// `sched_yield`
pub fn sched_yield(_: &mut [u8], _: &mut Guest) -> i32 {
    SUCCESS
}

/// `fd_sync`
pub fn fd_sync(_: &mut [u8], _: &mut Guest, _fd: i32) -> i32 {
    SUCCESS
}

/// Functions that programs import and do not call when they are measured.
macro_rules! absent {
    ($($name:ident($($param:ident: $ty:ty),*))*) => {$(
        #[doc = concat!("`", stringify!($name), "`: not here.")]
        #[allow(clippy::too_many_arguments, reason = "WASI has these")]
        pub fn $name(_: &mut [u8], _: &mut Guest, $($param: $ty),*) -> i32 {
            NOSYS
        }
    )*};
}
absent! {
    fd_readdir(_fd: i32, _buffer: i32, _len: i32, _cookie: i64, _used: i32)
    path_create_directory(_folder: i32, _path: i32, _len: i32)
    path_filestat_set_times(_folder: i32, _lookup: i32, _path: i32, _len: i32, _accessed: i64, _modified: i64, _flags: i32)
    path_readlink(_folder: i32, _path: i32, _len: i32, _buffer: i32, _size: i32, _used: i32)
    path_remove_directory(_folder: i32, _path: i32, _len: i32)
    path_rename(_from: i32, _old: i32, _old_len: i32, _to: i32, _new: i32, _new_len: i32)
    path_unlink_file(_folder: i32, _path: i32, _len: i32)
}

/// `poll_oneoff`: nobody waits here.
pub fn poll_oneoff(_: &mut [u8], _: &mut Guest, _in: i32, _out: i32, _count: i32, _events: i32) -> i32 {
    NOSYS
}

/// Calls a macro for every function above, with the types of its parameters.
macro_rules! for_each_function {
    ($define:ident) => {
        $define!(args_sizes_get(count: i32, size: i32));
        $define!(args_get(argv: i32, buffer: i32));
        $define!(environ_sizes_get(count: i32, size: i32));
        $define!(environ_get(environ: i32, buffer: i32));
        $define!(clock_time_get(clock: i32, precision: i64, time: i32));
        $define!(random_get(buffer: i32, len: i32));
        $define!(fd_close(fd: i32));
        $define!(fd_fdstat_get(fd: i32, stat: i32));
        $define!(fd_fdstat_set_flags(fd: i32, flags: i32));
        $define!(fd_filestat_get(fd: i32, stat: i32));
        $define!(fd_prestat_get(fd: i32, prestat: i32));
        $define!(fd_prestat_dir_name(fd: i32, path: i32, len: i32));
        $define!(path_open(folder: i32, lookup: i32, path: i32, len: i32, oflags: i32,
            rights: i64, inheriting: i64, fdflags: i32, fd: i32));
        $define!(path_filestat_get(folder: i32, lookup: i32, path: i32, len: i32, stat: i32));
        $define!(fd_read(fd: i32, buffers: i32, count: i32, read: i32));
        $define!(fd_write(fd: i32, buffers: i32, count: i32, written: i32));
        $define!(fd_seek(fd: i32, offset: i64, whence: i32, position: i32));
        $define!(sched_yield());
        $define!(fd_sync(fd: i32));
        $define!(fd_readdir(fd: i32, buffer: i32, len: i32, cookie: i64, used: i32));
        $define!(path_create_directory(folder: i32, path: i32, len: i32));
        $define!(path_filestat_set_times(folder: i32, lookup: i32, path: i32, len: i32, accessed: i64,
            modified: i64, flags: i32));
        $define!(path_readlink(folder: i32, path: i32, len: i32, buffer: i32, size: i32, used: i32));
        $define!(path_remove_directory(folder: i32, path: i32, len: i32));
        $define!(path_rename(from: i32, old: i32, old_len: i32, to: i32, new: i32, new_len: i32));
        $define!(path_unlink_file(folder: i32, path: i32, len: i32));
        $define!(poll_oneoff(subscriptions: i32, out: i32, count: i32, events: i32));
    };
}
pub(crate) use for_each_function;

/// The module name of the functions above.
pub const WASI: &str = "wasi_snapshot_preview1";
