//! `fd_*`: reading, writing and what else is done to an open descriptor, except listing a directory (see
//! `dir`), asking what it is (`fdstat`) and setting times (`times`).

use std::num::NonZeroU64;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{Advice, FallocateFlags, SeekFrom, fadvise, fallocate, seek};

use crate::context::WasiCtx;
use crate::descriptor::{Descriptor, Kind};
use crate::dir::open_for_reading;
use crate::errno::{Errno, retry};
use crate::memory::{GuestMemory, Iovec, Ptr};
use crate::types::{Prestat, Version};
use crate::{rights, sock};

pub(crate) fn fd_write(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    iovecs: Ptr<Iovec>,
    count: u32,
    written: Ptr<u32>,
) -> Result<(), Errno> {
    let written = memory.place(written)?;
    let done = memory.gather(iovecs, count, |buffers| match &ctx.table.get(fd, rights::FD_WRITE)?.kind {
        Kind::Output(stream) => stream.write(buffers),
        Kind::File(file) => retry(|| match buffers {
            [one] => rustix::io::write(file, one),
            many => rustix::io::writev(file, many),
        }),
        Kind::Socket(socket) => sock::send(socket, buffers),
        Kind::Input(_) | Kind::Directory(_) | Kind::Closed => Err(Errno::Badf),
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
    let done = memory.scatter(iovecs, count, |buffers| match &ctx.table.get(fd, rights::FD_READ)?.kind {
        Kind::Input(stream) => stream.read(buffers),
        Kind::File(file) => retry(|| match &mut *buffers {
            [one] => rustix::io::read(file, &mut **one),
            many => rustix::io::readv(file, many),
        }),
        Kind::Socket(socket) => retry(|| rustix::io::readv(&socket.fd, buffers)),
        Kind::Output(_) | Kind::Closed => Err(Errno::Badf),
        Kind::Directory(_) => Err(Errno::Isdir),
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
        let held = ctx.table.get(fd, rights::FD_WRITE | rights::FD_SEEK)?;
        let file = match &held.kind {
            Kind::Input(_) => return Err(Errno::Badf),
            _ => positioned(&held)?,
        };
        retry(|| match buffers {
            [one] => rustix::io::pwrite(file, one, offset),
            many => rustix::io::pwritev(file, many, offset),
        })
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
        let held = ctx.table.get(fd, rights::FD_READ | rights::FD_SEEK)?;
        let file = match &held.kind {
            Kind::Output(_) => return Err(Errno::Badf),
            _ => positioned(&held)?,
        };
        retry(|| match &mut *buffers {
            [one] => rustix::io::pread(file, &mut **one, offset),
            many => rustix::io::preadv(file, many, offset),
        })
    })?;
    memory.set(read, done as u32);
    Ok(())
}

/// A descriptor that has positions.
fn positioned(descriptor: &Descriptor) -> Result<BorrowedFd<'_>, Errno> {
    match &descriptor.kind {
        Kind::Directory(_) => Err(Errno::Isdir),
        _ => descriptor.host_fd().ok_or(Errno::Spipe),
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
    let needed = if to == SeekFrom::Current(0) { rights::FD_TELL } else { rights::FD_SEEK };
    let at = seek(positioned(&*ctx.table.get(fd, needed)?)?, to)?;
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
    ctx.table.get(fd, rights::NONE)?;
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
    ctx.table.get(fd, rights::NONE)?;
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
    synchronise(ctx, fd, rights::FD_SYNC, |host| rustix::fs::fsync(host))
}

pub(crate) fn fd_datasync(ctx: &mut WasiCtx, fd: u32) -> Result<(), Errno> {
    synchronise(ctx, fd, rights::FD_DATASYNC, |host| rustix::fs::fdatasync(host))
}

/// Of a file and of a directory: what is written in it, or which names there are.
fn synchronise(
    ctx: &WasiCtx,
    fd: u32,
    right: u64,
    call: impl Fn(BorrowedFd<'_>) -> rustix::io::Result<()>,
) -> Result<(), Errno> {
    let held = ctx.table.get(fd, right)?;
    match &held.kind {
        Kind::Directory(directory) => {
            let host = retry(|| open_for_reading(&directory.dir))?;
            retry(|| call(host.as_fd()))
        }
        _ => {
            let host = held.host_fd().ok_or(Errno::Inval)?;
            retry(|| call(host))
        }
    }
}

pub(crate) fn fd_advise(ctx: &mut WasiCtx, fd: u32, offset: u64, len: u64, advice: u32) -> Result<(), Errno> {
    let advice = match advice {
        0 => Advice::Normal,
        1 => Advice::Sequential,
        2 => Advice::Random,
        3 => Advice::WillNeed,
        4 => Advice::DontNeed,
        5 => Advice::NoReuse,
        _ => return Err(Errno::Inval),
    };
    let held = ctx.table.get(fd, rights::FD_ADVISE)?;
    // The host takes signed numbers and understands zero as "to the end", as the guest does.
    if offset > i64::MAX as u64 || len > i64::MAX as u64 {
        return Err(Errno::Inval);
    }
    Ok(fadvise(held.file()?, offset, NonZeroU64::new(len), advice)?)
}

pub(crate) fn fd_allocate(ctx: &mut WasiCtx, fd: u32, offset: u64, len: u64) -> Result<(), Errno> {
    let held = ctx.table.get(fd, rights::FD_ALLOCATE)?;
    let file = held.file()?;
    held.check_changes()?;
    retry(|| fallocate(file, FallocateFlags::empty(), offset, len))
}

/// The name of a preopened directory; `EBADF` tells programs that there are no more.
fn preopen(descriptor: &Descriptor) -> Result<&str, Errno> {
    match &descriptor.kind {
        Kind::Directory(directory) => directory.preopen.as_deref().ok_or(Errno::Badf),
        _ => Err(Errno::Badf),
    }
}

pub(crate) fn fd_prestat_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    prestat: Ptr<Prestat>,
) -> Result<(), Errno> {
    let name_len = u32::try_from(preopen(&*ctx.table.get(fd, rights::NONE)?)?.len()).map_err(|_| Errno::Overflow)?;
    memory.write(prestat, Prestat { name_len })
}

pub(crate) fn fd_prestat_dir_name(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    name: Ptr<u8>,
    len: u32,
) -> Result<(), Errno> {
    let held = ctx.table.get(fd, rights::NONE)?;
    let own = preopen(&held)?.as_bytes();
    memory.check_array(name, len)?;
    if own.len() > len as usize {
        return Err(Errno::Nametoolong);
    }
    memory.write_bytes(name, own)
}
