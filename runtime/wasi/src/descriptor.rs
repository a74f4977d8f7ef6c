//! The table of descriptors of a context, and what a descriptor can be.

use cap_std::fs::{Dir, File};
use std::os::fd::{AsFd, BorrowedFd};

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
    pub(crate) listing: Option<Listing>,
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
}

/// Numbers → descriptors; a new one gets the lowest free number.
pub(crate) struct Table {
    slots: Vec<Option<Descriptor>>,
    limit: usize,
}

impl Table {
    /// The descriptors from 0 on.
    pub(crate) fn new(first: Vec<Descriptor>, limit: usize) -> Table {
        Table { slots: first.into_iter().map(Some).collect(), limit }
    }

    pub(crate) fn get(&self, fd: u32) -> Result<&Descriptor, Errno> {
        self.slots.get(fd as usize).and_then(Option::as_ref).ok_or(Errno::Badf)
    }

    pub(crate) fn get_mut(&mut self, fd: u32) -> Result<&mut Descriptor, Errno> {
        self.slots.get_mut(fd as usize).and_then(Option::as_mut).ok_or(Errno::Badf)
    }

    /// The regular file (or what else was opened by path) with this number.
    pub(crate) fn file(&self, fd: u32) -> Result<&File, Errno> {
        match self.get(fd)? {
            Descriptor::File(file) => Ok(file),
            Descriptor::Directory(_) => Err(Errno::Isdir),
            Descriptor::Input(_) | Descriptor::Output(_) => Err(Errno::Inval),
        }
    }

    /// The directory with this number.
    pub(crate) fn directory(&self, fd: u32) -> Result<&Directory, Errno> {
        match self.get(fd)? {
            Descriptor::Directory(directory) => Ok(directory),
            _ => Err(Errno::Notdir),
        }
    }

    /// The directory with this number.
    pub(crate) fn directory_mut(&mut self, fd: u32) -> Result<&mut Directory, Errno> {
        match self.get_mut(fd)? {
            Descriptor::Directory(directory) => Ok(directory),
            _ => Err(Errno::Notdir),
        }
    }

    /// Whether another descriptor may be opened.
    pub(crate) fn check_room(&self) -> Result<(), Errno> {
        match self.slots.iter().flatten().count() < self.limit {
            true => Ok(()),
            false => Err(Errno::Mfile),
        }
    }

    /// Gives a descriptor a number.
    pub(crate) fn insert(&mut self, descriptor: Descriptor) -> Result<u32, Errno> {
        self.check_room()?;
        let free = self.slots.iter().position(Option::is_none).unwrap_or(self.slots.len());
        let number = u32::try_from(free).map_err(|_| Errno::Mfile)?;
        match self.slots.get_mut(free) {
            Some(slot) => *slot = Some(descriptor),
            None => self.slots.push(Some(descriptor)),
        }
        Ok(number)
    }

    /// Gives up a number.
    pub(crate) fn remove(&mut self, fd: u32) -> Result<Descriptor, Errno> {
        self.slots.get_mut(fd as usize).and_then(Option::take).ok_or(Errno::Badf)
    }

    /// Moves a descriptor over another that is open.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Result<(), Errno> {
        self.get(to)?;
        let moved = self.remove(from)?;
        if let Some(slot) = self.slots.get_mut(to as usize) {
            *slot = Some(moved);
        }
        Ok(())
    }
}
