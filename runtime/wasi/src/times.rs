//! Setting the times of files: by descriptor and by path.
#![expect(clippy::too_many_arguments, reason = "the parameters are those of the specification")]

use std::os::fd::AsRawFd;
use std::time::Duration;

use cap_fs_ext::{DirExt, SystemTimeSpec};
use cap_std::fs::{OpenOptions, OpenOptionsExt};
use cap_std::time::SystemTime;
use rustix::fs::{AtFlags, CWD, OFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, futimens, utimensat};

use crate::context::WasiCtx;
use crate::descriptor::Kind;
use crate::errno::{Errno, retry, retry_io};
use crate::memory::{GuestMemory, Ptr};
use crate::path::{follows, path};
use crate::rights;
use crate::types::{self, fstflags};

/// What a guest wants with one of the two times of a file.
#[derive(Clone, Copy)]
enum NewTime {
    Keep,
    Now,
    /// Nanoseconds since 1970.
    At(u64),
}

const SECOND: u64 = 1_000_000_000;

impl NewTime {
    fn host(self) -> Timespec {
        let special = |tv_nsec| Timespec { tv_sec: 0, tv_nsec };
        match self {
            NewTime::Keep => special(UTIME_OMIT),
            NewTime::Now => special(UTIME_NOW),
            NewTime::At(time) => Timespec { tv_sec: (time / SECOND) as _, tv_nsec: (time % SECOND) as _ },
        }
    }

    fn spec(self) -> Option<SystemTimeSpec> {
        match self {
            NewTime::Keep => None,
            NewTime::Now => Some(SystemTimeSpec::SymbolicNow),
            // 64 bits of nanoseconds end in 2554, which a host's time reaches.
            NewTime::At(time) => {
                let time = std::time::UNIX_EPOCH + Duration::from_nanos(time);
                Some(SystemTimeSpec::Absolute(SystemTime::from_std(time)))
            }
        }
    }
}

/// New times of a file.
struct NewTimes {
    accessed: NewTime,
    modified: NewTime,
}

impl NewTimes {
    fn new(accessed: u64, modified: u64, flags: u32) -> Result<NewTimes, Errno> {
        let flags = types::flags(flags, fstflags::ALL)?;
        let one = |time, given, now| match (flags & given != 0, flags & now != 0) {
            (true, true) => Err(Errno::Inval),
            (true, false) => Ok(NewTime::At(time)),
            (false, true) => Ok(NewTime::Now),
            (false, false) => Ok(NewTime::Keep),
        };
        Ok(NewTimes {
            accessed: one(accessed, fstflags::ATIM, fstflags::ATIM_NOW)?,
            modified: one(modified, fstflags::MTIM, fstflags::MTIM_NOW)?,
        })
    }

    fn host(&self) -> Timestamps {
        Timestamps { last_access: self.accessed.host(), last_modification: self.modified.host() }
    }
}

pub(crate) fn fd_filestat_set_times(
    ctx: &mut WasiCtx,
    fd: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Result<(), Errno> {
    let times = NewTimes::new(accessed, modified, flags)?;
    let held = ctx.table.get(fd, rights::FD_FILESTAT_SET_TIMES)?;
    match &held.kind {
        Kind::Directory(directory) => {
            held.check_changes()?;
            // It may be open for nothing but to resolve names in.
            retry(|| utimensat(&directory.dir, c".", &times.host(), AtFlags::empty()))
        }
        _ => {
            let file = held.file()?;
            held.check_changes()?;
            retry(|| futimens(file, &times.host()))
        }
    }
}

pub(crate) fn path_filestat_set_times(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    lookup: u32,
    name: Ptr<u8>,
    len: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Result<(), Errno> {
    let path = path(memory, name, len)?;
    let times = NewTimes::new(accessed, modified, flags)?;
    let held = ctx.table.get(fd, rights::PATH_FILESTAT_SET_TIMES)?;
    let dir = &held.directory()?.dir;
    held.check_changes()?;
    if !follows(lookup) {
        return retry_io(|| dir.set_symlink_times(&path, times.accessed.spec(), times.modified.spec()));
    }
    // Only found, not opened: a pipe would wait for its other end, and a program that runs cannot be opened to write.
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(OFlags::PATH.bits().cast_signed());
    let file = retry_io(|| dir.open_with(&path, &options))?;
    match utimensat(&file, c"", &times.host(), AtFlags::EMPTY_PATH) {
        // Before Linux 5.8.
        Err(rustix::io::Errno::INVAL) => {
            let name = format!("/proc/self/fd/{}", file.as_raw_fd());
            Ok(utimensat(CWD, name, &times.host(), AtFlags::empty())?)
        }
        done => Ok(done?),
    }
}
