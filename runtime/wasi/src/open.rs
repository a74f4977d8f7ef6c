//! `path_open`: how a guest's flags and rights become the host's, and what of them a directory that was
//! given for reading only allows.

use std::path::Path;

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsMaybeDirExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use crate::context::WasiCtx;
use crate::descriptor::{Descriptor, Directory, Kind};
use crate::errno::{Errno, retry_io};
use crate::memory::{GuestMemory, Ptr};
use crate::path::{follows, path};
use crate::rights;
use crate::types::{self, fdflags, oflags};

/// How a guest wants a file opened.
#[derive(Clone, Copy)]
struct Opening {
    follow: bool,
    create: u16,
    /// Only those to read and to write count: what else can be done with a file does not depend on how it was opened.
    rights: u64,
    flags: u16,
}

impl Opening {
    fn new(lookup: u32, create: u32, rights: u64, flags: u32) -> Result<Opening, Errno> {
        let create = types::flags(create, oflags::ALL)?;
        Ok(Opening { follow: follows(lookup), create, rights, flags: types::flags(flags, fdflags::ALL)? })
    }

    /// Whether it is opened to be written to. The other rights that only mean something then are often asked for in vain:
    /// by Go for every file.
    fn writes(&self) -> bool {
        self.rights & rights::FD_WRITE != 0
    }

    fn has(&self, flag: u16) -> bool {
        self.create & flag != 0
    }

    /// The rights on a directory that it takes to open something in it so.
    fn needed(&self) -> u64 {
        let mut needed = rights::PATH_OPEN;
        if self.has(oflags::CREAT) {
            needed |= rights::PATH_CREATE_FILE;
        }
        if self.has(oflags::TRUNC) {
            needed |= rights::PATH_FILESTAT_SET_SIZE;
        }
        needed
    }

    fn open(self, parent: &Descriptor, path: &Path) -> Result<Kind, Errno> {
        let dir = &parent.directory()?.dir;
        // A directory's descriptors cannot do more than it hands down.
        const MODES: u64 = rights::FD_READ | rights::FD_WRITE;
        if self.rights & MODES & parent.dropped.inheriting() != 0 {
            return Err(Errno::Notcapable);
        }
        if self.has(oflags::DIRECTORY) {
            return self.open_directory(dir, path);
        }
        if parent.read_only {
            return self.read_only(dir, path)?.open_file(dir, path);
        }
        self.open_file(dir, path)
    }

    fn open_directory(self, dir: &Dir, path: &Path) -> Result<Kind, Errno> {
        if self.has(oflags::CREAT | oflags::EXCL | oflags::TRUNC) {
            return Err(Errno::Inval);
        }
        if self.rights & rights::FD_WRITE != 0 {
            return Err(Errno::Isdir);
        }
        let opened = retry_io(|| if self.follow { dir.open_dir(path) } else { dir.open_dir_nofollow(path) })?;
        Ok(Kind::Directory(Directory::new(opened, None)))
    }

    /// The same without what changes a file system; `EROFS` where that is what was asked for. Whoever would
    /// have a file created if it were not there gets the one that is.
    fn read_only(self, dir: &Dir, path: &Path) -> Result<Opening, Errno> {
        if self.has(oflags::TRUNC) || self.writes() {
            return Err(Errno::Rofs);
        }
        if self.has(oflags::CREAT) {
            let found = if self.follow { dir.metadata(path) } else { dir.symlink_metadata(path) };
            return match found.map_err(Errno::from) {
                Ok(_) if self.has(oflags::EXCL) => Err(Errno::Exist),
                Ok(_) => Ok(Opening { create: self.create & !oflags::CREAT, ..self }),
                Err(Errno::Noent) => Err(Errno::Rofs),
                Err(error) => Err(error),
            };
        }
        Ok(self)
    }

    fn open_file(self, dir: &Dir, path: &Path) -> Result<Kind, Errno> {
        // What creates opens for writing, which a file that is there may not allow, and nobody asked for.
        if self.has(oflags::CREAT) && !self.has(oflags::EXCL | oflags::TRUNC) && !self.writes() {
            let there = Opening { create: self.create & !oflags::CREAT, ..self };
            match there.open_file(dir, path) {
                Err(Errno::Noent) => {}
                done => return done,
            }
        }
        let file = retry_io(|| dir.open_with(path, &self.options()))?;
        if file.metadata()?.is_dir() {
            return Ok(Kind::Directory(Directory::new(Dir::from_std_file(file.into_std()), None)));
        }
        if self.flags & fdflags::APPEND != 0 {
            let flags = fcntl_getfl(&file)?;
            fcntl_setfl(&file, flags | OFlags::APPEND)?;
        }
        Ok(Kind::File(file))
    }

    fn options(&self) -> OpenOptions {
        let is = |flag| self.flags & flag != 0;
        let write = self.writes() || self.has(oflags::CREAT | oflags::TRUNC);
        let read = self.rights & rights::READING != 0 || !write;
        let mut options = OpenOptions::new();
        // Appending is set afterwards: the standard library's rules do not let it go with truncation.
        options.read(read).write(write).truncate(self.has(oflags::TRUNC));
        match self.has(oflags::CREAT) {
            true if self.has(oflags::EXCL) => options.create_new(true),
            create => options.create(create),
        };
        options.follow(if self.follow { FollowSymlinks::Yes } else { FollowSymlinks::No });
        // A directory is fine to open for reading without being asked for as one.
        options.maybe_dir(!write);
        options.sync(is(fdflags::SYNC)).dsync(is(fdflags::DSYNC)).rsync(is(fdflags::RSYNC));
        options.nonblock(is(fdflags::NONBLOCK));
        // A terminal must not become the host's own by being opened.
        options.custom_flags(OFlags::NOCTTY.bits().cast_signed());
        options
    }
}

#[expect(clippy::too_many_arguments, reason = "the parameters are those of the specification")]
pub(crate) fn path_open(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    lookup: u32,
    name: Ptr<u8>,
    len: u32,
    create: u32,
    rights_base: u64,
    _rights_inheriting: u64,
    flags: u32,
    opened: Ptr<u32>,
) -> Result<(), Errno> {
    let opened = memory.place(opened)?;
    let charge = ctx.budget.descriptor()?;
    let opening = Opening::new(lookup, create, rights_base, flags)?;
    let parent = ctx.table.get(fd, opening.needed())?;
    let kind = opening.open(&parent, &path(memory, name, len)?)?;
    let descriptor = Descriptor::below(&parent, kind, charge);
    // The host creates and cuts only what it opens for writing; the guest may have asked for nothing of the kind.
    if !opening.writes() {
        descriptor.dropped.drop_base(rights::WRITING);
    }
    memory.set(opened, ctx.table.insert(descriptor)?);
    Ok(())
}
