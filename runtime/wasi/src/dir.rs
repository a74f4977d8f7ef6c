//! Listing a directory. Cookies are the host's own positions, so that a listing goes on where the guest
//! stopped without anybody's remembering the entries: they are read as the guest comes to them, a window at a
//! time, and however large the directory is, listing it takes linear time and no more memory than the window.

use std::os::fd::OwnedFd;

use cap_std::fs::Dir;
use rustix::fs::{AtFlags, Mode, OFlags, RawDir, SeekFrom, fstat, openat, seek, statat};

use crate::budget::Charge;
use crate::context::WasiCtx;
use crate::descriptor::{Directory, lock};
use crate::errno::{Errno, retry};
use crate::limits::LISTING_BUFFER_BYTES;
use crate::memory::{GuestMemory, GuestType, Ptr, ToGuest};
use crate::rights;
use crate::types::{Dirent, FileType};

/// Where the guest is in a directory.
pub(crate) struct Listing {
    /// Of its own, as the directory may be open for nothing but to resolve names in.
    host: OwnedFd,
    /// Entries that were read, one after the other, from the position `start` on.
    window: Vec<Entry>,
    start: u64,
    /// The inode of the directory.
    inode: u64,
    _charge: Charge,
}

struct Entry {
    inode: u64,
    file_type: FileType,
    name: Box<[u8]>,
    /// The position after it.
    next: u64,
}

impl Listing {
    fn new(ctx: &WasiCtx, directory: &Directory) -> Result<Listing, Errno> {
        let charge = ctx.budget.listing()?;
        let host = retry(|| open_for_reading(&directory.dir))?;
        let inode = fstat(&host)?.st_ino;
        Ok(Listing { host, window: Vec::new(), start: 0, inode, _charge: charge })
    }

    /// The entries from a position on, as far as they are in the window; none if that is the end.
    fn entries(&mut self, from: u64) -> Result<&[Entry], Errno> {
        // From the beginning, a guest wants to see what has changed.
        if from != 0 {
            if let Some(index) = self.window.iter().position(|entry| entry.next == from)
                && index + 1 < self.window.len()
            {
                return Ok(&self.window[index + 1..]);
            }
            if self.start == from && !self.window.is_empty() {
                return Ok(&self.window);
            }
        }
        // Moving to where one is already is not free everywhere.
        if from == 0 || self.window.last().is_none_or(|last| last.next != from) {
            seek(&self.host, SeekFrom::Start(from))?;
        }
        self.start = from;
        self.read_window()?;
        Ok(&self.window)
    }

    fn read_window(&mut self) -> Result<(), Errno> {
        self.window.clear();
        let mut buffer = Vec::with_capacity(LISTING_BUFFER_BYTES);
        let mut raw = RawDir::new(&self.host, buffer.spare_capacity_mut());
        loop {
            // The first call reads, and the others take from what was read.
            let entry = match raw.next() {
                None => return Ok(()),
                Some(Err(rustix::io::Errno::INTR)) if !iwasm::is_interrupted() => continue,
                Some(entry) => entry?,
            };
            let name = entry.file_name();
            // What is above a directory may be none of the guest's business: `..` is said to be the same.
            let inode = if matches!(name.to_bytes(), b"." | b"..") { self.inode } else { entry.ino() };
            let mut file_type = FileType::from(entry.file_type());
            if file_type == FileType::Unknown
                && let Ok(stat) = statat(&self.host, name, AtFlags::SYMLINK_NOFOLLOW)
            {
                file_type = rustix::fs::FileType::from_raw_mode(stat.st_mode).into();
            }
            let entry = Entry { inode, file_type, name: name.to_bytes().into(), next: entry.next_entry_cookie() };
            self.window.push(entry);
            if raw.is_buffer_empty() {
                return Ok(());
            }
        }
    }
}

/// The same directory, open for more than to resolve names in.
pub(crate) fn open_for_reading(dir: &Dir) -> rustix::io::Result<OwnedFd> {
    openat(dir, c".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
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
    let held = ctx.table.get(fd, rights::FD_READDIR)?;
    let directory = held.directory()?;
    let mut listing = lock(&directory.listing);
    let listing = match &mut *listing {
        Some(listing) => listing,
        none => none.insert(Listing::new(ctx, directory)?),
    };
    let (mut written, mut from) = (0, cookie);
    while written < len {
        let entries = listing.entries(from)?;
        let Some(last) = entries.last() else { break };
        from = last.next;
        for entry in entries {
            written += write_entry(memory, buffer.element(u64::from(written))?, len - written, entry)?;
            if written == len {
                break;
            }
        }
    }
    memory.set(used_place, written);
    Ok(())
}

/// Writes as much of an entry as there is room for; the bytes.
fn write_entry(memory: &mut GuestMemory<'_>, to: Ptr<u8>, room: u32, entry: &Entry) -> Result<u32, Errno> {
    let mut head = [0; Dirent::SIZE];
    let name_len = entry.name.len() as u32;
    Dirent { next: entry.next, inode: entry.inode, name_len, file_type: entry.file_type }.encode(&mut head);
    let of_head = room.min(head.len() as u32);
    memory.write_bytes(to, &head[..of_head as usize])?;
    let of_name = (room - of_head).min(name_len);
    if of_name > 0 {
        memory.write_bytes(to.element(u64::from(of_head))?, &entry.name[..of_name as usize])?;
    }
    Ok(of_head + of_name)
}
