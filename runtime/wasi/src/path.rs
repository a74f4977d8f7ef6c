//! `path_*`: names inside directories, except for opening them (`open`). cap-std resolves names and lets none
//! lead outside; nothing here looks into a path, except for its length.
#![expect(clippy::too_many_arguments, reason = "the parameters are those of the specification")]

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use cap_fs_ext::DirExt;
use cap_std::fs::Dir;

use crate::context::WasiCtx;
use crate::descriptor::Descriptor;
use crate::errno::{Errno, retry_io};
use crate::fdstat::file_metadata;
use crate::limits::MAX_PATH_BYTES;
use crate::memory::{GuestMemory, Ptr};
use crate::rights;
use crate::types::{Filestat, LOOKUP_SYMLINK_FOLLOW, UnstableFilestat};

/// A path that a guest gives. Host paths are bytes, and so are these.
pub(crate) fn path(memory: &GuestMemory<'_>, ptr: Ptr<u8>, len: u32) -> Result<PathBuf, Errno> {
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

pub(crate) fn follows(lookup: u32) -> bool {
    lookup & LOOKUP_SYMLINK_FOLLOW != 0
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
    let held = ctx.table.get(fd, rights::PATH_FILESTAT_GET)?;
    let dir = &held.directory()?.dir;
    let metadata = retry_io(|| if follows(lookup) { dir.metadata(&path) } else { dir.symlink_metadata(&path) })?;
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
    change(ctx, memory, fd, rights::PATH_CREATE_DIRECTORY, name, len, |dir, path| dir.create_dir(path))
}

pub(crate) fn path_remove_directory(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    name: Ptr<u8>,
    len: u32,
) -> Result<(), Errno> {
    change(ctx, memory, fd, rights::PATH_REMOVE_DIRECTORY, name, len, |dir, path| dir.remove_dir(path))
}

pub(crate) fn path_unlink_file(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    name: Ptr<u8>,
    len: u32,
) -> Result<(), Errno> {
    change(ctx, memory, fd, rights::PATH_UNLINK_FILE, name, len, |dir, path| dir.remove_file_or_symlink(path))
}

/// Changes which names there are in a directory.
fn change(
    ctx: &WasiCtx,
    memory: &GuestMemory<'_>,
    fd: u32,
    right: u64,
    name: Ptr<u8>,
    len: u32,
    change: impl Fn(&Dir, &Path) -> io::Result<()>,
) -> Result<(), Errno> {
    let path = path(memory, name, len)?;
    let held = ctx.table.get(fd, right)?;
    let dir = &held.directory()?.dir;
    held.check_changes()?;
    retry_io(|| change(dir, &path))
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
    let from = ctx.table.get(from, rights::PATH_RENAME_SOURCE)?;
    let to = ctx.table.get(to, rights::PATH_RENAME_TARGET)?;
    let (from_dir, to_dir) = (&from.directory()?.dir, &to.directory()?.dir);
    check_transfer(&from, &to)?;
    retry_io(|| from_dir.rename(&old, to_dir, &new))
}

pub(crate) fn path_link(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    from: u32,
    lookup: u32,
    old: Ptr<u8>,
    old_len: u32,
    to: u32,
    new: Ptr<u8>,
    new_len: u32,
) -> Result<(), Errno> {
    let (old, new) = (path(memory, old, old_len)?, path(memory, new, new_len)?);
    // The host cannot follow a link and keep inside a directory at once.
    if follows(lookup) {
        return Err(Errno::Inval);
    }
    let from = ctx.table.get(from, rights::PATH_LINK_SOURCE)?;
    let to = ctx.table.get(to, rights::PATH_LINK_TARGET)?;
    let (from_dir, to_dir) = (&from.directory()?.dir, &to.directory()?.dir);
    check_transfer(&from, &to)?;
    retry_io(|| from_dir.hard_link(&old, to_dir, &new))
}

/// A file must not be reached with more rights by a name in another directory than by the one it had.
fn check_transfer(from: &Descriptor, to: &Descriptor) -> Result<(), Errno> {
    from.check_changes()?;
    to.check_changes()?;
    match from.dropped.inheriting() & !to.dropped.inheriting() {
        0 => Ok(()),
        _ => Err(Errno::Notcapable),
    }
}

/// What the link says is not looked into: names that lead outside are refused where they are followed. Absolute
/// ones are refused here, as they can only mean something to the host.
pub(crate) fn path_symlink(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    target: Ptr<u8>,
    target_len: u32,
    fd: u32,
    name: Ptr<u8>,
    len: u32,
) -> Result<(), Errno> {
    let target = path(memory, target, target_len)?;
    change(ctx, memory, fd, rights::PATH_SYMLINK, name, len, |dir, path| dir.symlink(&target, path))
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
    memory.check_array(buffer, buffer_len)?;
    let path = path(memory, name, len)?;
    let held = ctx.table.get(fd, rights::PATH_READLINK)?;
    let dir = &held.directory()?.dir;
    let link = retry_io(|| dir.read_link(&path))?;
    let bytes = link.as_os_str().as_bytes();
    let count = bytes.len().min(buffer_len as usize);
    memory.write_bytes(buffer, &bytes[..count])?;
    memory.set(used, count as u32);
    Ok(())
}
