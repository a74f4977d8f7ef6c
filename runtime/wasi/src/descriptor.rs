//! The table of descriptors of a context, and what a descriptor can be.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cap_std::fs::{Dir, File};

use crate::budget::Charge;
use crate::dir::Listing;
use crate::errno::Errno;
use crate::rights::Dropped;
use crate::stream::{InputStream, OutputStream};

/// What a guest's descriptor number stands for, and what the guest may do with it.
pub(crate) struct Descriptor {
    pub(crate) kind: Kind,
    /// Whether it was reached by way of a directory that was given for reading only.
    pub(crate) read_only: bool,
    pub(crate) dropped: Dropped,
    /// What it costs the host.
    _charge: Charge,
}

/// What a descriptor can be.
pub(crate) enum Kind {
    Input(InputStream),
    Output(OutputStream),
    File(File),
    Directory(Directory),
    Socket(Socket),
    /// A standard stream that the guest was not given. Its number stays taken, so that no file gets it
    /// and then what a library prints there.
    Closed,
}

/// An open directory: a sandbox of its own, out of which no path leads.
pub(crate) struct Directory {
    pub(crate) dir: Dir,
    /// The name a preopened one has for the guest.
    pub(crate) preopen: Option<String>,
    /// What the guest is reading of it.
    pub(crate) listing: Mutex<Option<Listing>>,
}

impl Directory {
    pub(crate) fn new(dir: Dir, preopen: Option<String>) -> Directory {
        Directory { dir, preopen, listing: Mutex::new(None) }
    }
}

/// A socket of the host's.
pub(crate) struct Socket {
    pub(crate) fd: OwnedFd,
    /// Whether it waits for connections, rather than being one.
    pub(crate) listens: bool,
}

/// Takes a lock. A thread that panicked with it left nothing half done.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Descriptor {
    /// One that the embedder gives.
    pub(crate) fn given(kind: Kind, read_only: bool, charge: Charge) -> Descriptor {
        Descriptor { kind, read_only, dropped: Dropped::default(), _charge: charge }
    }

    /// One that comes out of another: a file or directory inside a directory, a connection.
    pub(crate) fn below(parent: &Descriptor, kind: Kind, charge: Charge) -> Descriptor {
        let dropped = Dropped::below(&parent.dropped);
        Descriptor { kind, read_only: parent.read_only, dropped, _charge: charge }
    }

    /// The host's descriptor, if there is one.
    pub(crate) fn host_fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.kind {
            Kind::Input(stream) => stream.host_fd(),
            Kind::Output(stream) => stream.host_fd(),
            Kind::File(file) => Some(file.as_fd()),
            Kind::Directory(directory) => Some(directory.dir.as_fd()),
            Kind::Socket(socket) => Some(socket.fd.as_fd()),
            Kind::Closed => None,
        }
    }

    /// The regular file, or what else was opened by path.
    pub(crate) fn file(&self) -> Result<&File, Errno> {
        match &self.kind {
            Kind::File(file) => Ok(file),
            Kind::Directory(_) => Err(Errno::Isdir),
            Kind::Input(_) | Kind::Output(_) | Kind::Socket(_) => Err(Errno::Inval),
            Kind::Closed => Err(Errno::Badf),
        }
    }

    /// The directory.
    pub(crate) fn directory(&self) -> Result<&Directory, Errno> {
        match &self.kind {
            Kind::Directory(directory) => Ok(directory),
            _ => Err(Errno::Notdir),
        }
    }

    /// The socket.
    pub(crate) fn socket(&self) -> Result<&Socket, Errno> {
        match &self.kind {
            Kind::Socket(socket) => Ok(socket),
            _ => Err(Errno::Notsock),
        }
    }

    /// Refuses changes to what was given for reading only. It answers as a file system does that is mounted so.
    pub(crate) fn check_changes(&self) -> Result<(), Errno> {
        match self.read_only {
            true => Err(Errno::Rofs),
            false => Ok(()),
        }
    }
}

/// Numbers → descriptors; a new one gets the lowest free number. Threads share it: a descriptor is taken out
/// for a call, so that one that blocks keeps nobody from the table, and one that is closed meanwhile stays
/// open until the calls on it have ended. How many there may be is counted elsewhere (`budget`).
pub(crate) struct Table {
    slots: Mutex<Slots>,
}

type Slots = Vec<Option<Arc<Descriptor>>>;

impl Table {
    /// The descriptors from 0 on.
    pub(crate) fn new(first: Vec<Descriptor>) -> Table {
        Table { slots: Mutex::new(first.into_iter().map(|descriptor| Some(Arc::new(descriptor))).collect()) }
    }

    /// The descriptor with a number, for a call that needs these rights on it.
    pub(crate) fn get(&self, fd: u32, rights: u64) -> Result<Arc<Descriptor>, Errno> {
        let found = lock(&self.slots).get(fd as usize).cloned().flatten().ok_or(Errno::Badf)?;
        if matches!(found.kind, Kind::Closed) {
            return Err(Errno::Badf);
        }
        found.dropped.check(rights)?;
        Ok(found)
    }

    /// Gives a descriptor a number.
    pub(crate) fn insert(&self, descriptor: Descriptor) -> Result<u32, Errno> {
        let mut slots = lock(&self.slots);
        let free = slots.iter().position(Option::is_none).unwrap_or(slots.len());
        let number = u32::try_from(free).map_err(|_| Errno::Mfile)?;
        let descriptor = Some(Arc::new(descriptor));
        match slots.get_mut(free) {
            Some(slot) => *slot = descriptor,
            None => slots.push(descriptor),
        }
        Ok(number)
    }

    /// Gives up a number.
    pub(crate) fn remove(&self, fd: u32) -> Result<Arc<Descriptor>, Errno> {
        take_open(&mut lock(&self.slots), fd)
    }

    /// Moves a descriptor over another that is open, or that the guest was not given.
    pub(crate) fn renumber(&self, from: u32, to: u32) -> Result<(), Errno> {
        let mut slots = lock(&self.slots);
        if slots.get(to as usize).is_none_or(Option::is_none) {
            return Err(Errno::Badf);
        }
        let moved = take_open(&mut slots, from)?;
        if let Some(slot) = slots.get_mut(to as usize) {
            *slot = Some(moved);
        }
        Ok(())
    }
}

fn take_open(slots: &mut Slots, fd: u32) -> Result<Arc<Descriptor>, Errno> {
    let slot = slots.get_mut(fd as usize).ok_or(Errno::Badf)?;
    match slot {
        Some(descriptor) if !matches!(descriptor.kind, Kind::Closed) => slot.take().ok_or(Errno::Badf),
        _ => Err(Errno::Badf),
    }
}
