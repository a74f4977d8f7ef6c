//! Rights: what a descriptor can be used for. The numbers are the specification's, and so is the rule that
//! rights can be given up and never come back. What a right of a call is stands where the call looks its
//! descriptor up; which rights a descriptor begins with, in `fdstat`.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::errno::Errno;

pub(crate) const FD_DATASYNC: u64 = 1 << 0;
pub(crate) const FD_READ: u64 = 1 << 1;
pub(crate) const FD_SEEK: u64 = 1 << 2;
pub(crate) const FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
pub(crate) const FD_SYNC: u64 = 1 << 4;
pub(crate) const FD_TELL: u64 = 1 << 5;
pub(crate) const FD_WRITE: u64 = 1 << 6;
pub(crate) const FD_ADVISE: u64 = 1 << 7;
pub(crate) const FD_ALLOCATE: u64 = 1 << 8;
pub(crate) const PATH_CREATE_DIRECTORY: u64 = 1 << 9;
pub(crate) const PATH_CREATE_FILE: u64 = 1 << 10;
pub(crate) const PATH_LINK_SOURCE: u64 = 1 << 11;
pub(crate) const PATH_LINK_TARGET: u64 = 1 << 12;
pub(crate) const PATH_OPEN: u64 = 1 << 13;
pub(crate) const FD_READDIR: u64 = 1 << 14;
pub(crate) const PATH_READLINK: u64 = 1 << 15;
pub(crate) const PATH_RENAME_SOURCE: u64 = 1 << 16;
pub(crate) const PATH_RENAME_TARGET: u64 = 1 << 17;
pub(crate) const PATH_FILESTAT_GET: u64 = 1 << 18;
pub(crate) const PATH_FILESTAT_SET_SIZE: u64 = 1 << 19;
pub(crate) const PATH_FILESTAT_SET_TIMES: u64 = 1 << 20;
pub(crate) const FD_FILESTAT_GET: u64 = 1 << 21;
pub(crate) const FD_FILESTAT_SET_SIZE: u64 = 1 << 22;
pub(crate) const FD_FILESTAT_SET_TIMES: u64 = 1 << 23;
pub(crate) const PATH_SYMLINK: u64 = 1 << 24;
pub(crate) const PATH_REMOVE_DIRECTORY: u64 = 1 << 25;
pub(crate) const PATH_UNLINK_FILE: u64 = 1 << 26;
pub(crate) const POLL_FD_READWRITE: u64 = 1 << 27;
pub(crate) const SOCK_SHUTDOWN: u64 = 1 << 28;
pub(crate) const SOCK_ACCEPT: u64 = 1 << 29;

/// No right is needed.
pub(crate) const NONE: u64 = 0;

/// Of a file that is open for reading and writing.
pub(crate) const FILE: u64 = FD_DATASYNC
    | FD_READ
    | FD_SEEK
    | FD_FDSTAT_SET_FLAGS
    | FD_SYNC
    | FD_TELL
    | FD_WRITE
    | FD_ADVISE
    | FD_ALLOCATE
    | FD_FILESTAT_GET
    | FD_FILESTAT_SET_SIZE
    | FD_FILESTAT_SET_TIMES
    | POLL_FD_READWRITE;

/// Of a directory. Libraries know one by its lacking `FD_READ` and `FD_WRITE`.
pub(crate) const DIRECTORY: u64 = PATH_CREATE_DIRECTORY
    | PATH_CREATE_FILE
    | PATH_LINK_SOURCE
    | PATH_LINK_TARGET
    | PATH_OPEN
    | FD_READDIR
    | PATH_READLINK
    | PATH_RENAME_SOURCE
    | PATH_RENAME_TARGET
    | PATH_FILESTAT_GET
    | PATH_FILESTAT_SET_SIZE
    | PATH_FILESTAT_SET_TIMES
    | PATH_SYMLINK
    | PATH_REMOVE_DIRECTORY
    | PATH_UNLINK_FILE
    | FD_FDSTAT_SET_FLAGS
    | FD_SYNC
    | FD_FILESTAT_GET
    | FD_FILESTAT_SET_TIMES;

/// What may be opened inside a directory has these.
pub(crate) const INHERITING: u64 = DIRECTORY | FILE;

/// Of a socket, and of one that waits for connections.
pub(crate) const SOCKET: u64 =
    FD_READ | FD_WRITE | FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | POLL_FD_READWRITE | SOCK_SHUTDOWN;
pub(crate) const LISTENER: u64 = SOCK_ACCEPT | FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | POLL_FD_READWRITE;

/// What asks for a file to be opened for reading.
pub(crate) const READING: u64 = FD_READ | FD_READDIR;
/// What a file has only if it is open for writing.
pub(crate) const WRITING: u64 = FD_WRITE | FD_DATASYNC | FD_ALLOCATE | FD_FILESTAT_SET_SIZE;

/// The rights that a guest has given up on a descriptor. They only become more.
#[derive(Debug, Default)]
pub(crate) struct Dropped {
    base: AtomicU64,
    inheriting: AtomicU64,
}

impl Dropped {
    /// What is opened inside a directory lacks what the directory does not hand down.
    pub(crate) fn below(parent: &Dropped) -> Dropped {
        let lost = parent.inheriting();
        Dropped { base: AtomicU64::new(lost), inheriting: AtomicU64::new(lost) }
    }

    pub(crate) fn base(&self) -> u64 {
        self.base.load(Ordering::Relaxed)
    }

    pub(crate) fn inheriting(&self) -> u64 {
        self.inheriting.load(Ordering::Relaxed)
    }

    /// Gives up some.
    pub(crate) fn drop_base(&self, rights: u64) {
        self.base.fetch_or(rights, Ordering::Relaxed);
    }

    /// `ENOTCAPABLE` if one of these was given up.
    pub(crate) fn check(&self, rights: u64) -> Result<(), Errno> {
        match self.base() & rights {
            0 => Ok(()),
            _ => Err(Errno::Notcapable),
        }
    }

    /// Gives up all rights of a kind but these, which must be among those it still has: nothing is granted.
    pub(crate) fn keep(&self, kind: KindRights, base: u64, inheriting: u64) -> Result<(), Errno> {
        let has = KindRights { base: kind.base & !self.base(), inheriting: kind.inheriting & !self.inheriting() };
        if base & !has.base != 0 || inheriting & !has.inheriting != 0 {
            return Err(Errno::Notcapable);
        }
        self.drop_base(kind.base & !base);
        self.inheriting.fetch_or(kind.inheriting & !inheriting, Ordering::Relaxed);
        Ok(())
    }
}

/// The rights that a kind of descriptor has to begin with.
#[derive(Clone, Copy)]
pub(crate) struct KindRights {
    pub(crate) base: u64,
    pub(crate) inheriting: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: KindRights = KindRights { base: DIRECTORY, inheriting: INHERITING };

    #[test]
    fn rights_are_given_up_for_good() {
        let dropped = Dropped::default();
        assert_eq!(dropped.keep(KIND, DIRECTORY | FD_READ, INHERITING), Err(Errno::Notcapable));
        assert_eq!(dropped.keep(KIND, DIRECTORY, INHERITING | SOCK_ACCEPT), Err(Errno::Notcapable));
        assert_eq!((dropped.base(), dropped.inheriting()), (0, 0));
        assert_eq!(dropped.keep(KIND, DIRECTORY & !PATH_OPEN, INHERITING & !FD_WRITE), Ok(()));
        assert_eq!(dropped.check(PATH_OPEN), Err(Errno::Notcapable));
        assert_eq!(dropped.check(PATH_READLINK | FD_READDIR), Ok(()));
        assert_eq!(dropped.keep(KIND, DIRECTORY, INHERITING & !FD_WRITE), Err(Errno::Notcapable));
        let below = Dropped::below(&dropped);
        assert_eq!((below.base(), below.inheriting()), (FD_WRITE, FD_WRITE));
    }
}
