//! `sock_*`: connections on sockets that the embedder gave. A guest cannot make any: it accepts on those that
//! listen, and sends and receives on what it accepted, or was given.

use std::io::{IoSlice, IoSliceMut};

use rustix::net::{
    RecvAncillaryBuffer, RecvFlags, ReturnFlags, SendAncillaryBuffer, SendFlags, Shutdown, SocketFlags, accept_with,
    recvmsg, sendmsg, shutdown,
};

use crate::context::WasiCtx;
use crate::descriptor::{Descriptor, Kind, Socket};
use crate::errno::{Errno, retry};
use crate::memory::{GuestMemory, Iovec, Ptr};
use crate::rights;
use crate::types::{self, fdflags, riflags, sdflags};

/// Sends, without a signal to the process where nobody is left to receive.
pub(crate) fn send(socket: &Socket, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
    retry(|| sendmsg(&socket.fd, buffers, &mut SendAncillaryBuffer::default(), SendFlags::NOSIGNAL))
}

fn receive(socket: &Socket, buffers: &mut [IoSliceMut<'_>], flags: RecvFlags) -> Result<(usize, u16), Errno> {
    // There is no room for descriptors that the other end sends along: the host closes them.
    let message = retry(|| recvmsg(&socket.fd, buffers, &mut RecvAncillaryBuffer::default(), flags))?;
    let truncated = message.flags.contains(ReturnFlags::TRUNC);
    Ok((message.bytes, if truncated { riflags::RECV_DATA_TRUNCATED } else { 0 }))
}

pub(crate) fn sock_accept(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    flags: u32,
    accepted: Ptr<u32>,
) -> Result<(), Errno> {
    let accepted = memory.place(accepted)?;
    let flags = types::flags(flags, fdflags::NONBLOCK)?;
    let held = ctx.table.get(fd, rights::SOCK_ACCEPT)?;
    let listener = held.socket()?;
    let charge = ctx.budget.descriptor()?;
    let mut options = SocketFlags::CLOEXEC;
    options.set(SocketFlags::NONBLOCK, flags & fdflags::NONBLOCK != 0);
    let socket = Socket { fd: retry(|| accept_with(&listener.fd, options))?, listens: false };
    memory.set(accepted, ctx.table.insert(Descriptor::below(&held, Kind::Socket(socket), charge))?);
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "the parameters are those of the specification")]
pub(crate) fn sock_recv(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    iovecs: Ptr<Iovec>,
    count: u32,
    flags: u32,
    received: Ptr<u32>,
    result_flags: Ptr<u16>,
) -> Result<(), Errno> {
    let (received, result_place) = (memory.place(received)?, memory.place(result_flags)?);
    let flags = types::flags(flags, riflags::ALL)?;
    let mut options = RecvFlags::empty();
    options.set(RecvFlags::PEEK, flags & riflags::RECV_PEEK != 0);
    options.set(RecvFlags::WAITALL, flags & riflags::RECV_WAITALL != 0);
    let mut found = 0;
    let done = memory.scatter(iovecs, count, |buffers| {
        let (bytes, flags) = receive(ctx.table.get(fd, rights::FD_READ)?.socket()?, buffers, options)?;
        found = flags;
        Ok(bytes)
    })?;
    memory.set(received, done as u32);
    memory.set(result_place, found);
    Ok(())
}

pub(crate) fn sock_send(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    iovecs: Ptr<Iovec>,
    count: u32,
    flags: u32,
    sent: Ptr<u32>,
) -> Result<(), Errno> {
    let sent = memory.place(sent)?;
    // There are none yet.
    types::flags(flags, 0)?;
    let done = memory.gather(iovecs, count, |buffers| send(ctx.table.get(fd, rights::FD_WRITE)?.socket()?, buffers))?;
    memory.set(sent, done as u32);
    Ok(())
}

pub(crate) fn sock_shutdown(ctx: &mut WasiCtx, fd: u32, how: u32) -> Result<(), Errno> {
    let held = ctx.table.get(fd, rights::SOCK_SHUTDOWN)?;
    let socket = held.socket()?;
    let how = match how {
        sdflags::RD => Shutdown::Read,
        sdflags::WR => Shutdown::Write,
        both if both == sdflags::RD | sdflags::WR => Shutdown::Both,
        _ => return Err(Errno::Inval),
    };
    Ok(shutdown(&socket.fd, how)?)
}
