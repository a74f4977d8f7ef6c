//! What a guest is told of an open descriptor and can change of it: its kind, flags and rights, and what
//! `fd_filestat_*` knows of the file behind it. Reading and writing are in `fd`.

use std::io::IsTerminal;

use cap_std::fs::{Metadata, MetadataExt};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl, fstat};
use rustix::net::SocketType;
use rustix::net::sockopt::socket_type;

use crate::context::WasiCtx;
use crate::descriptor::{Descriptor, Kind, Socket};
use crate::errno::{Errno, retry};
use crate::memory::{GuestMemory, Ptr};
use crate::rights::{self, KindRights};
use crate::types::{self, Fdstat, FileType, Filestat, UnstableFilestat, fdflags};

/// Kind, flags and rights of a descriptor, those included that were given up.
fn describe(descriptor: &Descriptor) -> Result<Fdstat, Errno> {
    Ok(match &descriptor.kind {
        Kind::Input(_) => describe_stream(descriptor, rights::FD_READ)?,
        Kind::Output(_) => describe_stream(descriptor, rights::FD_WRITE)?,
        Kind::File(file) => {
            let (flags, able) = open_mode(fcntl_getfl(file)?);
            let file_type = FileType::from(rustix::fs::FileType::from_raw_mode(fstat(file)?.st_mode));
            Fdstat { file_type, flags, rights_base: able, rights_inheriting: 0 }
        }
        Kind::Directory(_) => Fdstat {
            file_type: FileType::Directory,
            flags: 0,
            rights_base: rights::DIRECTORY,
            rights_inheriting: rights::INHERITING,
        },
        Kind::Socket(socket) => {
            let (flags, _) = open_mode(fcntl_getfl(&socket.fd)?);
            let (rights_base, rights_inheriting) = match socket.listens {
                true => (rights::LISTENER, rights::SOCKET),
                false => (rights::SOCKET, 0),
            };
            Fdstat { file_type: socket_file_type(socket)?, flags, rights_base, rights_inheriting }
        }
        Kind::Closed => return Err(Errno::Badf),
    })
}

/// Programs take a character device that they cannot seek in for a terminal.
fn describe_stream(descriptor: &Descriptor, direction: u64) -> Result<Fdstat, Errno> {
    const SEEKABLE: u64 = rights::FD_SEEK | rights::FD_TELL;
    const COMMON: u64 =
        rights::FD_FILESTAT_GET | rights::POLL_FD_READWRITE | rights::FD_SYNC | rights::FD_FDSTAT_SET_FLAGS;
    let (file_type, seekable) = match descriptor.host_fd() {
        None => (FileType::Unknown, 0),
        Some(fd) if fd.is_terminal() => (FileType::CharacterDevice, 0),
        Some(fd) => match FileType::from(rustix::fs::FileType::from_raw_mode(fstat(fd)?.st_mode)) {
            file_type @ (FileType::RegularFile | FileType::CharacterDevice) => (file_type, SEEKABLE),
            file_type => (file_type, 0),
        },
    };
    Ok(Fdstat { file_type, flags: 0, rights_base: direction | COMMON | seekable, rights_inheriting: 0 })
}

fn socket_file_type(socket: &Socket) -> Result<FileType, Errno> {
    Ok(match socket_type(&socket.fd)? {
        SocketType::DGRAM => FileType::SocketDgram,
        _ => FileType::SocketStream,
    })
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

pub(crate) fn fd_fdstat_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    stat: Ptr<Fdstat>,
) -> Result<(), Errno> {
    let place = memory.place(stat)?;
    let held = ctx.table.get(fd, rights::NONE)?;
    let mut stat = describe(&held)?;
    stat.rights_base &= !held.dropped.base();
    stat.rights_inheriting &= !held.dropped.inheriting();
    memory.set(place, stat);
    Ok(())
}

pub(crate) fn fd_fdstat_set_rights(ctx: &mut WasiCtx, fd: u32, base: u64, inheriting: u64) -> Result<(), Errno> {
    let held = ctx.table.get(fd, rights::NONE)?;
    let stat = describe(&held)?;
    let kind = KindRights { base: stat.rights_base, inheriting: stat.rights_inheriting };
    held.dropped.keep(kind, base, inheriting)
}

/// Only what the host can change of an open file: whether it appends, and whether it blocks. The
/// standard streams are shared with other processes and stay as they are.
pub(crate) fn fd_fdstat_set_flags(ctx: &mut WasiCtx, fd: u32, flags: u32) -> Result<(), Errno> {
    let flags = types::flags(flags, fdflags::ALL)?;
    let held = ctx.table.get(fd, rights::FD_FDSTAT_SET_FLAGS)?;
    let host = match (&held.kind, held.host_fd()) {
        (Kind::File(_) | Kind::Socket(_), Some(host)) => host,
        _ if flags == 0 => return Ok(()),
        _ => return Err(Errno::Notsup),
    };
    let current = fcntl_getfl(host)?;
    let (known, _) = open_mode(current);
    if (known ^ flags) & (fdflags::DSYNC | fdflags::SYNC | fdflags::RSYNC) != 0 {
        return Err(Errno::Notsup);
    }
    let mut wanted = current;
    wanted.set(OFlags::APPEND, flags & fdflags::APPEND != 0);
    wanted.set(OFlags::NONBLOCK, flags & fdflags::NONBLOCK != 0);
    Ok(fcntl_setfl(host, wanted)?)
}

/// What is known of a descriptor. Of a standard stream the guest learns its kind, and the size of a
/// file, but not where it is on the host: its number takes the place of an inode, so that no two seem the same file.
fn filestat(ctx: &WasiCtx, fd: u32) -> Result<Filestat, Errno> {
    let held = ctx.table.get(fd, rights::FD_FILESTAT_GET)?;
    let nowhere = |file_type, size| Filestat { file_type, size, inode: u64::from(fd) + 1, ..Filestat::NOTHING };
    Ok(match &held.kind {
        Kind::File(file) => file_metadata(&file.metadata()?),
        Kind::Directory(directory) => file_metadata(&directory.dir.dir_metadata()?),
        Kind::Socket(socket) => nowhere(socket_file_type(socket)?, 0),
        Kind::Input(_) | Kind::Output(_) | Kind::Closed => {
            let host = held.host_fd().map(fstat).transpose()?;
            let file_type =
                host.map_or(FileType::Unknown, |stat| rustix::fs::FileType::from_raw_mode(stat.st_mode).into());
            nowhere(file_type, host.and_then(|stat| u64::try_from(stat.st_size).ok()).unwrap_or(0))
        }
    })
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

pub(crate) fn fd_filestat_set_size(ctx: &mut WasiCtx, fd: u32, size: u64) -> Result<(), Errno> {
    if size > i64::MAX as u64 {
        return Err(Errno::Inval);
    }
    let held = ctx.table.get(fd, rights::FD_FILESTAT_SET_SIZE)?;
    let file = held.file()?;
    held.check_changes()?;
    retry(|| rustix::fs::ftruncate(file, size))
}
