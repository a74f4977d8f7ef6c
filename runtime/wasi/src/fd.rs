//! `fd_*`: everything that is done to an open descriptor, except listing a directory (see `dir`).

use std::io::IsTerminal;
use std::os::fd::BorrowedFd;

use cap_std::fs::{Metadata, MetadataExt};
use rustix::fs::{OFlags, SeekFrom, fcntl_getfl, fcntl_setfl, fstat, seek};

use crate::context::WasiCtx;
use crate::descriptor::Descriptor;
use crate::errno::{Errno, retry};
use crate::memory::{GuestMemory, Iovec, Ptr};
use crate::types::{Fdstat, FileType, Filestat, Prestat, UnstableFilestat, Version, fdflags, rights};

pub(crate) fn fd_write(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    iovecs: Ptr<Iovec>,
    count: u32,
    written: Ptr<u32>,
) -> Result<(), Errno> {
    let written = memory.place(written)?;
    let done = memory.gather(iovecs, count, |buffers| match &*ctx.table.get(fd)? {
        Descriptor::Output(stream) => stream.write(buffers),
        Descriptor::File(file) => retry(|| rustix::io::writev(file, buffers)),
        Descriptor::Input(_) | Descriptor::Directory(_) => Err(Errno::Badf),
    })?;
    // At most MAX_TRANSFER_BYTES.
    memory.set(written, done as u32);
    Ok(())
}

pub(crate) fn fd_read(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    iovecs: Ptr<Iovec>,
    count: u32,
    read: Ptr<u32>,
) -> Result<(), Errno> {
    let read = memory.place(read)?;
    let done = memory.scatter(iovecs, count, |buffers| match &*ctx.table.get(fd)? {
        Descriptor::Input(stream) => stream.read(buffers),
        Descriptor::File(file) => retry(|| rustix::io::readv(file, buffers)),
        Descriptor::Output(_) => Err(Errno::Badf),
        Descriptor::Directory(_) => Err(Errno::Isdir),
    })?;
    memory.set(read, done as u32);
    Ok(())
}

pub(crate) fn fd_pwrite(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    iovecs: Ptr<Iovec>,
    count: u32,
    offset: u64,
    written: Ptr<u32>,
) -> Result<(), Errno> {
    let written = memory.place(written)?;
    let done = memory.gather(iovecs, count, |buffers| {
        let held = ctx.table.get(fd)?;
        let file = positioned(&held)?;
        retry(|| rustix::io::pwritev(file, buffers, offset))
    })?;
    memory.set(written, done as u32);
    Ok(())
}

pub(crate) fn fd_pread(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    iovecs: Ptr<Iovec>,
    count: u32,
    offset: u64,
    read: Ptr<u32>,
) -> Result<(), Errno> {
    let read = memory.place(read)?;
    let done = memory.scatter(iovecs, count, |buffers| {
        let held = ctx.table.get(fd)?;
        let file = positioned(&held)?;
        retry(|| rustix::io::preadv(file, buffers, offset))
    })?;
    memory.set(read, done as u32);
    Ok(())
}

/// A descriptor that has positions.
fn positioned(descriptor: &Descriptor) -> Result<BorrowedFd<'_>, Errno> {
    match descriptor {
        Descriptor::Directory(_) => Err(Errno::Isdir),
        descriptor => descriptor.host_fd().ok_or(Errno::Spipe),
    }
}

pub(crate) fn fd_close(ctx: &mut WasiCtx, fd: u32) -> Result<(), Errno> {
    ctx.table.remove(fd).map(drop)
}

pub(crate) fn fd_renumber(ctx: &mut WasiCtx, from: u32, to: u32) -> Result<(), Errno> {
    ctx.table.renumber(from, to)
}

/// The two versions number the origins differently.
fn origin(version: Version, whence: u32, offset: u64) -> Result<SeekFrom, Errno> {
    let (start, current) = match version {
        Version::Preview1 => (0, 1),
        Version::Unstable => (2, 0),
    };
    let relative = offset.cast_signed();
    match whence {
        whence if whence == start => u64::try_from(relative).map(SeekFrom::Start).map_err(|_| Errno::Inval),
        whence if whence == current => Ok(SeekFrom::Current(relative)),
        0..=2 => Ok(SeekFrom::End(relative)),
        _ => Err(Errno::Inval),
    }
}

fn seek_with(
    ctx: &WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    to: SeekFrom,
    position: Ptr<u64>,
) -> Result<(), Errno> {
    let position = memory.place(position)?;
    let at = seek(positioned(&*ctx.table.get(fd)?)?, to)?;
    memory.set(position, at);
    Ok(())
}

pub(crate) fn fd_seek(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    offset: u64,
    whence: u32,
    position: Ptr<u64>,
) -> Result<(), Errno> {
    ctx.table.get(fd)?;
    seek_with(ctx, memory, fd, origin(Version::Preview1, whence, offset)?, position)
}

pub(crate) fn fd_seek_unstable(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    offset: u64,
    whence: u32,
    position: Ptr<u64>,
) -> Result<(), Errno> {
    ctx.table.get(fd)?;
    seek_with(ctx, memory, fd, origin(Version::Unstable, whence, offset)?, position)
}

pub(crate) fn fd_tell(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    position: Ptr<u64>,
) -> Result<(), Errno> {
    seek_with(ctx, memory, fd, SeekFrom::Current(0), position)
}

pub(crate) fn fd_sync(ctx: &mut WasiCtx, fd: u32) -> Result<(), Errno> {
    Ok(ctx.table.get(fd)?.file()?.sync_all()?)
}

pub(crate) fn fd_datasync(ctx: &mut WasiCtx, fd: u32) -> Result<(), Errno> {
    Ok(ctx.table.get(fd)?.file()?.sync_data()?)
}

pub(crate) fn fd_filestat_set_size(ctx: &mut WasiCtx, fd: u32, size: u64) -> Result<(), Errno> {
    if size > i64::MAX as u64 {
        return Err(Errno::Inval);
    }
    Ok(ctx.table.get(fd)?.file()?.set_len(size)?)
}

pub(crate) fn fd_fdstat_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    stat: Ptr<Fdstat>,
) -> Result<(), Errno> {
    let place = memory.place(stat)?;
    let descriptor = ctx.table.get(fd)?;
    let stat = match &*descriptor {
        Descriptor::Input(_) => stream_stat(&descriptor, rights::FD_READ)?,
        Descriptor::Output(_) => stream_stat(&descriptor, rights::FD_WRITE)?,
        Descriptor::File(file) => {
            let (flags, able) = open_mode(fcntl_getfl(file)?);
            let file_type = FileType::from(rustix::fs::FileType::from_raw_mode(fstat(file)?.st_mode));
            Fdstat { file_type, flags, rights_base: able, rights_inheriting: 0 }
        }
        Descriptor::Directory(_) => Fdstat {
            file_type: FileType::Directory,
            flags: 0,
            rights_base: rights::DIRECTORY,
            rights_inheriting: rights::DIRECTORY | rights::FILE,
        },
    };
    memory.set(place, stat);
    Ok(())
}

/// Programs take a character device that they cannot seek in for a terminal.
fn stream_stat(descriptor: &Descriptor, direction: u64) -> Result<Fdstat, Errno> {
    const SEEKABLE: u64 = rights::FD_SEEK | rights::FD_TELL;
    let able = direction | rights::FD_FILESTAT_GET | rights::POLL_FD_READWRITE;
    let (file_type, seekable) = match descriptor.host_fd() {
        None => (FileType::Unknown, 0),
        Some(fd) if fd.is_terminal() => (FileType::CharacterDevice, 0),
        Some(fd) => match FileType::from(rustix::fs::FileType::from_raw_mode(fstat(fd)?.st_mode)) {
            file_type @ (FileType::RegularFile | FileType::CharacterDevice) => (file_type, SEEKABLE),
            file_type => (file_type, 0),
        },
    };
    Ok(Fdstat { file_type, flags: 0, rights_base: able | seekable, rights_inheriting: 0 })
}

/// Descriptor flags and rights of a file opened with these flags on the host.
fn open_mode(host: OFlags) -> (u16, u64) {
    let mut flags = 0;
    for (flag, mask) in [
        (fdflags::APPEND, OFlags::APPEND),
        (fdflags::NONBLOCK, OFlags::NONBLOCK),
        (fdflags::DSYNC, OFlags::DSYNC),
        (fdflags::SYNC | fdflags::RSYNC, OFlags::SYNC),
    ] {
        if host.contains(mask) {
            flags |= flag;
        }
    }
    let able = match host & OFlags::RWMODE {
        OFlags::RDWR => rights::FILE,
        OFlags::WRONLY => rights::FILE & !rights::FD_READ,
        _ => rights::FILE & !rights::WRITING,
    };
    (flags, able)
}

/// Only what the host can change of an open file: whether it appends, and whether it blocks. The
/// standard streams are shared with other processes and stay as they are.
pub(crate) fn fd_fdstat_set_flags(ctx: &mut WasiCtx, fd: u32, flags: u32) -> Result<(), Errno> {
    let flags = u16::try_from(flags).ok().filter(|flags| flags & !fdflags::ALL == 0).ok_or(Errno::Inval)?;
    let held = ctx.table.get(fd)?;
    let file = match &*held {
        Descriptor::File(file) => file,
        _ if flags == 0 => return Ok(()),
        _ => return Err(Errno::Notsup),
    };
    let host = fcntl_getfl(file)?;
    let (current, _) = open_mode(host);
    if (current ^ flags) & (fdflags::DSYNC | fdflags::SYNC | fdflags::RSYNC) != 0 {
        return Err(Errno::Notsup);
    }
    let mut wanted = host;
    wanted.set(OFlags::APPEND, flags & fdflags::APPEND != 0);
    wanted.set(OFlags::NONBLOCK, flags & fdflags::NONBLOCK != 0);
    Ok(fcntl_setfl(file, wanted)?)
}

/// What is known of a descriptor. Of a standard stream the guest learns its kind, and the size of a
/// file, but not where it is on the host.
fn filestat(ctx: &WasiCtx, fd: u32) -> Result<Filestat, Errno> {
    match &*ctx.table.get(fd)? {
        Descriptor::File(file) => Ok(file_metadata(&file.metadata()?)),
        Descriptor::Directory(directory) => Ok(file_metadata(&directory.dir.dir_metadata()?)),
        stream => {
            let host = stream.host_fd().map(fstat).transpose()?;
            let file_type =
                host.map_or(FileType::Unknown, |stat| rustix::fs::FileType::from_raw_mode(stat.st_mode).into());
            let size = host.and_then(|stat| u64::try_from(stat.st_size).ok()).unwrap_or(0);
            Ok(Filestat { device: 0, inode: 0, file_type, links: 0, size, accessed: 0, modified: 0, changed: 0 })
        }
    }
}

pub(crate) fn fd_filestat_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    stat: Ptr<Filestat>,
) -> Result<(), Errno> {
    let place = memory.place(stat)?;
    memory.set(place, filestat(ctx, fd)?);
    Ok(())
}

pub(crate) fn fd_filestat_get_unstable(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    stat: Ptr<UnstableFilestat>,
) -> Result<(), Errno> {
    let place = memory.place(stat)?;
    memory.set(place, UnstableFilestat(filestat(ctx, fd)?));
    Ok(())
}

/// What the host knows of a file, as the guest is told.
pub(crate) fn file_metadata(metadata: &Metadata) -> Filestat {
    // Times before 1970 have no number.
    let time =
        |seconds: i64, rest: i64| u64::try_from(i128::from(seconds) * 1_000_000_000 + i128::from(rest)).unwrap_or(0);
    Filestat {
        device: metadata.dev(),
        inode: metadata.ino(),
        file_type: rustix::fs::FileType::from_raw_mode(metadata.mode()).into(),
        links: metadata.nlink(),
        size: metadata.size(),
        accessed: time(metadata.atime(), metadata.atime_nsec()),
        modified: time(metadata.mtime(), metadata.mtime_nsec()),
        changed: time(metadata.ctime(), metadata.ctime_nsec()),
    }
}

/// The name of a preopened directory; `EBADF` tells programs that there are no more.
fn preopen(descriptor: &Descriptor) -> Result<&str, Errno> {
    match descriptor {
        Descriptor::Directory(directory) => directory.preopen.as_deref().ok_or(Errno::Badf),
        _ => Err(Errno::Badf),
    }
}

pub(crate) fn fd_prestat_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    prestat: Ptr<Prestat>,
) -> Result<(), Errno> {
    let name_len = u32::try_from(preopen(&*ctx.table.get(fd)?)?.len()).map_err(|_| Errno::Overflow)?;
    memory.write(prestat, Prestat { name_len })
}

pub(crate) fn fd_prestat_dir_name(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    name: Ptr<u8>,
    len: u32,
) -> Result<(), Errno> {
    let held = ctx.table.get(fd)?;
    let own = preopen(&held)?.as_bytes();
    memory.check_array(name, len)?;
    if own.len() > len as usize {
        return Err(Errno::Nametoolong);
    }
    memory.write_bytes(name, own)
}
