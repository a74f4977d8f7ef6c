//! The table of descriptors of a context, and what a descriptor can be.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cap_std::fs::{Dir, File};

use crate::dir::Listing;
use crate::errno::Errno;
use crate::stream::{InputStream, OutputStream};

/// What a guest's descriptor number stands for.
pub(crate) enum Descriptor {
    Input(InputStream),
    Output(OutputStream),
    File(File),
    Directory(Directory),
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

/// Takes a lock. A thread that panicked with it left nothing half done.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Descriptor {
    /// The host's descriptor, if there is one.
    pub(crate) fn host_fd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Descriptor::Input(stream) => stream.host_fd(),
            Descriptor::Output(stream) => stream.host_fd(),
            Descriptor::File(file) => Some(file.as_fd()),
            Descriptor::Directory(directory) => Some(directory.dir.as_fd()),
        }
    }

    /// The regular file, or what else was opened by path.
    pub(crate) fn file(&self) -> Result<&File, Errno> {
        match self {
            Descriptor::File(file) => Ok(file),
            Descriptor::Directory(_) => Err(Errno::Isdir),
            Descriptor::Input(_) | Descriptor::Output(_) => Err(Errno::Inval),
        }
    }

    /// The directory.
    pub(crate) fn directory(&self) -> Result<&Directory, Errno> {
        match self {
            Descriptor::Directory(directory) => Ok(directory),
            _ => Err(Errno::Notdir),
        }
    }
}

/// Numbers → descriptors; a new one gets the lowest free number. Threads share it: a descriptor is taken out
/// for a call, so that one that blocks keeps nobody from the table, and one that is closed meanwhile stays
/// open until the calls on it have ended.
pub(crate) struct Table {
    slots: Mutex<Slots>,
    limit: usize,
}

type Slots = Vec<Option<Arc<Descriptor>>>;

impl Table {
    /// The descriptors from 0 on.
    pub(crate) fn new(first: Vec<Descriptor>, limit: usize) -> Table {
        Table { slots: Mutex::new(first.into_iter().map(|descriptor| Some(Arc::new(descriptor))).collect()), limit }
    }

    pub(crate) fn get(&self, fd: u32) -> Result<Arc<Descriptor>, Errno> {
        lock(&self.slots).get(fd as usize).cloned().flatten().ok_or(Errno::Badf)
    }

    /// Whether another descriptor may be opened.
    pub(crate) fn check_room(&self) -> Result<(), Errno> {
        self.check_slots(&lock(&self.slots))
    }

    fn check_slots(&self, slots: &Slots) -> Result<(), Errno> {
        match slots.iter().flatten().count() < self.limit {
            true => Ok(()),
            false => Err(Errno::Mfile),
        }
    }

    /// Gives a descriptor a number.
    pub(crate) fn insert(&self, descriptor: Descriptor) -> Result<u32, Errno> {
        let mut slots = lock(&self.slots);
        self.check_slots(&slots)?;
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
        lock(&self.slots).get_mut(fd as usize).and_then(Option::take).ok_or(Errno::Badf)
    }

    /// Moves a descriptor over another that is open.
    pub(crate) fn renumber(&self, from: u32, to: u32) -> Result<(), Errno> {
        let mut slots = lock(&self.slots);
        if slots.get(to as usize).is_none_or(Option::is_none) {
            return Err(Errno::Badf);
        }
        let moved = slots.get_mut(from as usize).and_then(Option::take).ok_or(Errno::Badf)?;
        if let Some(slot) = slots.get_mut(to as usize) {
            *slot = Some(moved);
        }
        Ok(())
    }
}
