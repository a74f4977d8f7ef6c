//! Listing a directory. Cookies count entries, so that a listing goes on where the guest stopped;
//! the entries are read once, when it starts from the beginning.

use rustix::fs::{Dir, Mode, OFlags, openat};

use crate::context::WasiCtx;
use crate::descriptor::{Directory, lock};
use crate::errno::Errno;
use crate::memory::{GuestMemory, GuestType, Ptr, ToGuest};
use crate::types::{Dirent, FileType};

/// The entries of a directory as they were when the guest began to read it.
pub(crate) struct Listing {
    entries: Vec<Entry>,
}

struct Entry {
    inode: u64,
    file_type: FileType,
    name: Box<[u8]>,
}

impl Listing {
    fn read(directory: &Directory) -> Result<Listing, Errno> {
        let mut entries = Vec::new();
        // The directory itself may be open for nothing but to resolve names in.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        for entry in Dir::new(openat(&directory.dir, c".", flags, Mode::empty())?)? {
            let entry = entry?;
            entries.push(Entry {
                inode: entry.ino(),
                file_type: entry.file_type().into(),
                name: entry.file_name().to_bytes().into(),
            });
        }
        // What is above a preopened directory is none of the guest's business.
        let own = entries.iter().find(|entry| &*entry.name == b".").map(|entry| entry.inode);
        if let (true, Some(own)) = (directory.preopen.is_some(), own)
            && let Some(parent) = entries.iter_mut().find(|entry| &*entry.name == b"..")
        {
            parent.inode = own;
        }
        Ok(Listing { entries })
    }
}

/// Fills the buffer with entries from a cookie on; the last may be cut. A buffer that is not full
/// means that there are no more.
pub(crate) fn fd_readdir(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    buffer: Ptr<u8>,
    len: u32,
    cookie: u64,
    used: Ptr<u32>,
) -> Result<(), Errno> {
    let used_place = memory.place(used)?;
    memory.check_array(buffer, len)?;
    let held = ctx.table.get(fd)?;
    let directory = held.directory()?;
    let mut listing = lock(&directory.listing);
    if cookie == 0 || listing.is_none() {
        *listing = Some(Listing::read(directory)?);
    }
    let entries = listing.as_ref().map_or(&[][..], |listing| &listing.entries);
    let (mut bytes, room) = (Vec::new(), len as usize);
    let first = usize::try_from(cookie).unwrap_or(usize::MAX);
    for (next, entry) in (1..).zip(entries).skip(first) {
        let mut head = [0; Dirent::SIZE];
        let name_len = entry.name.len() as u32;
        Dirent { next, inode: entry.inode, name_len, file_type: entry.file_type }.encode(&mut head);
        bytes.extend_from_slice(&head);
        bytes.extend_from_slice(&entry.name);
        if bytes.len() >= room {
            break;
        }
    }
    bytes.truncate(room);
    memory.write_bytes(buffer, &bytes)?;
    memory.set(used_place, bytes.len() as u32);
    Ok(())
}
