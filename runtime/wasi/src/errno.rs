//! Error numbers: WASI's own, and what the host's become.

use std::io;

macro_rules! errnos {
    ($($name:ident = $code:literal $host:ident, $doc:literal;)*) => {
        /// Why a call failed, as the guest sees it.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        pub(crate) enum Errno {
            $(#[doc = $doc] $name = $code,)*
            /// A right was given up. No error of the host's becomes this one.
            Notcapable = 76,
        }

        impl From<rustix::io::Errno> for Errno {
            fn from(host: rustix::io::Errno) -> Errno {
                match host {
                    $(rustix::io::Errno::$host => Errno::$name,)*
                    _ => Errno::Io,
                }
            }
        }
    };
}

// The numbers are those of the specification.
errnos! {
    TooBig = 1 TOOBIG, "Argument list too long.";
    Acces = 2 ACCESS, "Permission denied.";
    Addrinuse = 3 ADDRINUSE, "Address in use.";
    Addrnotavail = 4 ADDRNOTAVAIL, "Address not available.";
    Afnosupport = 5 AFNOSUPPORT, "Address family not supported.";
    Again = 6 AGAIN, "It would block.";
    Already = 7 ALREADY, "Connection already in progress.";
    Badf = 8 BADF, "Bad file descriptor.";
    Badmsg = 9 BADMSG, "Bad message.";
    Busy = 10 BUSY, "Device or resource busy.";
    Canceled = 11 CANCELED, "Operation cancelled.";
    Child = 12 CHILD, "No child processes.";
    Connaborted = 13 CONNABORTED, "Connection aborted.";
    Connrefused = 14 CONNREFUSED, "Connection refused.";
    Connreset = 15 CONNRESET, "Connection reset.";
    Deadlk = 16 DEADLK, "Resource deadlock would occur.";
    Destaddrreq = 17 DESTADDRREQ, "Destination address required.";
    Dom = 18 DOM, "Argument out of the function's domain.";
    Dquot = 19 DQUOT, "Quota exceeded.";
    Exist = 20 EXIST, "It exists.";
    Fault = 21 FAULT, "Bad address.";
    Fbig = 22 FBIG, "File too large.";
    Hostunreach = 23 HOSTUNREACH, "Host is unreachable.";
    Idrm = 24 IDRM, "Identifier removed.";
    Ilseq = 25 ILSEQ, "Illegal byte sequence.";
    Inprogress = 26 INPROGRESS, "Operation in progress.";
    Intr = 27 INTR, "Interrupted.";
    Inval = 28 INVAL, "Invalid argument.";
    Io = 29 IO, "Input or output error.";
    Isconn = 30 ISCONN, "Socket is connected.";
    Isdir = 31 ISDIR, "It is a directory.";
    Loop = 32 LOOP, "Too many levels of symbolic links.";
    Mfile = 33 MFILE, "Too many open descriptors.";
    Mlink = 34 MLINK, "Too many links.";
    Msgsize = 35 MSGSIZE, "Message too large.";
    Multihop = 36 MULTIHOP, "Multihop attempted.";
    Nametoolong = 37 NAMETOOLONG, "Name too long.";
    Netdown = 38 NETDOWN, "Network is down.";
    Netreset = 39 NETRESET, "Connection aborted by the network.";
    Netunreach = 40 NETUNREACH, "Network unreachable.";
    Nfile = 41 NFILE, "Too many files open in the system.";
    Nobufs = 42 NOBUFS, "No buffer space.";
    Nodev = 43 NODEV, "No such device.";
    Noent = 44 NOENT, "No such file or directory.";
    Noexec = 45 NOEXEC, "Executable file format error.";
    Nolck = 46 NOLCK, "No locks available.";
    Nolink = 47 NOLINK, "Link severed.";
    Nomem = 48 NOMEM, "Not enough memory.";
    Nomsg = 49 NOMSG, "No message of the desired type.";
    Noprotoopt = 50 NOPROTOOPT, "Protocol not available.";
    Nospc = 51 NOSPC, "No space left.";
    Nosys = 52 NOSYS, "Function not implemented.";
    Notconn = 53 NOTCONN, "Socket is not connected.";
    Notdir = 54 NOTDIR, "It is no directory.";
    Notempty = 55 NOTEMPTY, "Directory not empty.";
    Notrecoverable = 56 NOTRECOVERABLE, "State not recoverable.";
    Notsock = 57 NOTSOCK, "It is no socket.";
    Notsup = 58 NOTSUP, "Not supported.";
    Notty = 59 NOTTY, "Inappropriate control operation.";
    Nxio = 60 NXIO, "No such device or address.";
    Overflow = 61 OVERFLOW, "Value too large.";
    Ownerdead = 62 OWNERDEAD, "Previous owner died.";
    Perm = 63 PERM, "Operation not permitted.";
    Pipe = 64 PIPE, "Broken pipe.";
    Proto = 65 PROTO, "Protocol error.";
    Protonosupport = 66 PROTONOSUPPORT, "Protocol not supported.";
    Prototype = 67 PROTOTYPE, "Wrong protocol type for the socket.";
    Range = 68 RANGE, "Result too large.";
    Rofs = 69 ROFS, "Read-only file system.";
    Spipe = 70 SPIPE, "It cannot be sought in.";
    Srch = 71 SRCH, "No such process.";
    Stale = 72 STALE, "Stale file handle.";
    Timedout = 73 TIMEDOUT, "Timed out.";
    Txtbsy = 74 TXTBSY, "Text file busy.";
    Xdev = 75 XDEV, "Cross-device link.";
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Errno {
        if let Some(host) = rustix::io::Errno::from_io_error(&error) {
            return host.into();
        }
        match error.kind() {
            // What cap-std says of a path that leads out of its directory.
            io::ErrorKind::PermissionDenied => Errno::Perm,
            io::ErrorKind::NotFound => Errno::Noent,
            io::ErrorKind::AlreadyExists => Errno::Exist,
            io::ErrorKind::InvalidInput => Errno::Inval,
            io::ErrorKind::NotADirectory => Errno::Notdir,
            io::ErrorKind::IsADirectory => Errno::Isdir,
            io::ErrorKind::BrokenPipe => Errno::Pipe,
            io::ErrorKind::WouldBlock => Errno::Again,
            io::ErrorKind::Interrupted => Errno::Intr,
            io::ErrorKind::StorageFull => Errno::Nospc,
            io::ErrorKind::OutOfMemory => Errno::Nomem,
            io::ErrorKind::Unsupported => Errno::Notsup,
            _ => Errno::Io,
        }
    }
}

/// Repeats a call of the host's that a signal interrupted, unless the guest is to be stopped.
pub(crate) fn retry<T>(mut call: impl FnMut() -> Result<T, rustix::io::Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(rustix::io::Errno::INTR) if !iwasm::is_interrupted() => {}
            done => return Ok(done?),
        }
    }
}

/// The same for a call by way of the standard library or cap-std.
pub(crate) fn retry_io<T>(mut call: impl FnMut() -> io::Result<T>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted && !iwasm::is_interrupted() => {}
            done => return Ok(done?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_errors_keep_their_meaning() {
        assert_eq!(Errno::from(rustix::io::Errno::NOENT), Errno::Noent);
        assert_eq!(Errno::from(io::Error::from_raw_os_error(rustix::io::Errno::PIPE.raw_os_error())), Errno::Pipe);
        assert_eq!(Errno::from(io::Error::new(io::ErrorKind::PermissionDenied, "outside")), Errno::Perm);
        assert_eq!(Errno::Nosys as u16, 52);
        assert_eq!(Errno::Xdev as u16, 75);
    }
}
