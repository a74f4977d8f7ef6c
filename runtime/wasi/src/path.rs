//! `path_*`: names inside directories. cap-std resolves them and lets none lead outside; nothing
//! here looks into a path, except for its length.
#![expect(clippy::too_many_arguments, reason = "the parameters are those of the specification")]

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsMaybeDirExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, OpenOptions};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use crate::context::WasiCtx;
use crate::descriptor::{Descriptor, Directory};
use crate::errno::Errno;
use crate::fd::file_metadata;
use crate::limits::MAX_PATH_BYTES;
use crate::memory::{GuestMemory, Ptr};
use crate::types::{Filestat, LOOKUP_SYMLINK_FOLLOW, UnstableFilestat, fdflags, oflags, rights};

/// A path that a guest gives. Host paths are bytes, and so are these.
fn path(memory: &GuestMemory<'_>, ptr: Ptr<u8>, len: u32) -> Result<PathBuf, Errno> {
    memory.check_array(ptr, len)?;
    if len > MAX_PATH_BYTES {
        return Err(Errno::Nametoolong);
    }
    let bytes = memory.slice(ptr, len)?.into_owned();
    if bytes.contains(&0) {
        return Err(Errno::Inval);
    }
    Ok(PathBuf::from(OsString::from_vec(bytes)))
}

fn follows(lookup: u32) -> bool {
    lookup & LOOKUP_SYMLINK_FOLLOW != 0
}

/// How a guest wants a file opened.
struct Opening {
    follow: bool,
    create: u16,
    rights: u64,
    flags: u16,
}

impl Opening {
    fn new(lookup: u32, create: u32, rights: u64, flags: u32) -> Result<Opening, Errno> {
        let create = u16::try_from(create).ok().filter(|create| create & !oflags::ALL == 0).ok_or(Errno::Inval)?;
        let flags = u16::try_from(flags).ok().filter(|flags| flags & !fdflags::ALL == 0).ok_or(Errno::Inval)?;
        Ok(Opening { follow: follows(lookup), create, rights, flags })
    }

    fn open(&self, dir: &Dir, path: &Path) -> Result<Descriptor, Errno> {
        let has = |flag| self.create & flag != 0;
        if has(oflags::DIRECTORY) {
            if has(oflags::CREAT) || has(oflags::EXCL) || has(oflags::TRUNC) {
                return Err(Errno::Inval);
            }
            if self.rights & rights::FD_WRITE != 0 {
                return Err(Errno::Isdir);
            }
            let dir = if self.follow { dir.open_dir(path)? } else { dir.open_dir_nofollow(path)? };
            return Ok(Descriptor::Directory(Directory::new(dir, None)));
        }
        let file = dir.open_with(path, &self.options())?;
        match file.metadata()?.is_dir() {
            true => {
                let dir = Dir::from_std_file(file.into_std());
                Ok(Descriptor::Directory(Directory::new(dir, None)))
            }
            false => {
                if self.flags & fdflags::APPEND != 0 {
                    let flags = fcntl_getfl(&file)?;
                    fcntl_setfl(&file, flags | OFlags::APPEND)?;
                }
                Ok(Descriptor::File(file))
            }
        }
    }

    fn options(&self) -> OpenOptions {
        let has = |flag| self.create & flag != 0;
        let is = |flag| self.flags & flag != 0;
        let creates = has(oflags::CREAT) || has(oflags::TRUNC);
        let write = self.rights & rights::WRITING != 0 || is(fdflags::APPEND) || creates;
        let read = self.rights & rights::READING != 0 || !write;
        let mut options = OpenOptions::new();
        // Appending is set afterwards: the standard library's rules do not let it go with truncation.
        options.read(read).write(write).truncate(has(oflags::TRUNC));
        match has(oflags::CREAT) {
            true if has(oflags::EXCL) => options.create_new(true),
            create => options.create(create),
        };
        options.follow(if self.follow { FollowSymlinks::Yes } else { FollowSymlinks::No });
        // A directory is fine to open for reading without being asked for as one.
        options.maybe_dir(!write);
        options.sync(is(fdflags::SYNC)).dsync(is(fdflags::DSYNC)).rsync(is(fdflags::RSYNC));
        options.nonblock(is(fdflags::NONBLOCK));
        options
    }
}

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
    ctx.table.check_room()?;
    let opening = Opening::new(lookup, create, rights_base, flags)?;
    let descriptor = opening.open(&ctx.table.get(fd)?.directory()?.dir, &path(memory, name, len)?)?;
    memory.set(opened, ctx.table.insert(descriptor)?);
    Ok(())
}

fn filestat(
    ctx: &WasiCtx,
    memory: &GuestMemory<'_>,
    fd: u32,
    lookup: u32,
    name: Ptr<u8>,
    len: u32,
) -> Result<Filestat, Errno> {
    let path = path(memory, name, len)?;
    let held = ctx.table.get(fd)?;
    let dir = &held.directory()?.dir;
    let metadata = if follows(lookup) { dir.metadata(path)? } else { dir.symlink_metadata(path)? };
    Ok(file_metadata(&metadata))
}

pub(crate) fn path_filestat_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    lookup: u32,
    name: Ptr<u8>,
    len: u32,
    stat: Ptr<Filestat>,
) -> Result<(), Errno> {
    let place = memory.place(stat)?;
    let stat = filestat(ctx, memory, fd, lookup, name, len)?;
    memory.set(place, stat);
    Ok(())
}

pub(crate) fn path_filestat_get_unstable(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    lookup: u32,
    name: Ptr<u8>,
    len: u32,
    stat: Ptr<UnstableFilestat>,
) -> Result<(), Errno> {
    let place = memory.place(stat)?;
    let stat = filestat(ctx, memory, fd, lookup, name, len)?;
    memory.set(place, UnstableFilestat(stat));
    Ok(())
}

pub(crate) fn path_create_directory(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    name: Ptr<u8>,
    len: u32,
) -> Result<(), Errno> {
    Ok(ctx.table.get(fd)?.directory()?.dir.create_dir(path(memory, name, len)?)?)
}

pub(crate) fn path_remove_directory(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    name: Ptr<u8>,
    len: u32,
) -> Result<(), Errno> {
    Ok(ctx.table.get(fd)?.directory()?.dir.remove_dir(path(memory, name, len)?)?)
}

pub(crate) fn path_unlink_file(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    name: Ptr<u8>,
    len: u32,
) -> Result<(), Errno> {
    Ok(ctx.table.get(fd)?.directory()?.dir.remove_file_or_symlink(path(memory, name, len)?)?)
}

pub(crate) fn path_rename(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    from: u32,
    old: Ptr<u8>,
    old_len: u32,
    to: u32,
    new: Ptr<u8>,
    new_len: u32,
) -> Result<(), Errno> {
    let (old, new) = (path(memory, old, old_len)?, path(memory, new, new_len)?);
    let (from, to) = (ctx.table.get(from)?, ctx.table.get(to)?);
    Ok(from.directory()?.dir.rename(old, &to.directory()?.dir, new)?)
}

pub(crate) fn path_readlink(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    name: Ptr<u8>,
    len: u32,
    buffer: Ptr<u8>,
    buffer_len: u32,
    used: Ptr<u32>,
) -> Result<(), Errno> {
    let used = memory.place(used)?;
    let link = ctx.table.get(fd)?.directory()?.dir.read_link(path(memory, name, len)?)?;
    memory.check_array(buffer, buffer_len)?;
    let bytes = link.as_os_str().as_bytes();
    let count = bytes.len().min(buffer_len as usize);
    memory.write_bytes(buffer, &bytes[..count])?;
    memory.set(used, count as u32);
    Ok(())
}
