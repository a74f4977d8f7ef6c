//! Artifacts in memory: their bytes, read-only, and their text, executable. Knows bytes, ranges and
//! pages, and not what a section is: which range is text, the caller has verified before.
//!
//! An artifact from a file is mapped: what is not used is not loaded, and what is used is shared between processes.
//! Only a file of a few pages is read, which costs less than a mapping. Text is a mapping of its own of the same file,
//! readable and executable from the start. An artifact from memory keeps its bytes; its text is copied into
//! fresh pages, which lose the right to be written before they gain the right to be executed. No
//! page is ever writable and executable at once, and nothing here can make executable text
//! writable again.
//!
//! A mapped file may be replaced (by renaming another one over it) at any time, and the mapping
//! keeps the old contents. It must not be truncated or overwritten in place: the mapping would show
//! the new bytes, and reading past the new end raises SIGBUS.
//!
//! # Safety contract
//!
//! The pointers an [`ArtifactMapping`] gives out stay valid until it is dropped: it owns the
//! mappings, alone or with the other members of a linked set, and owned bytes live behind a pointer that
//! nothing else holds and that is never written through. Executing the text is the caller's decision and outside this file.

use core::ops::Range;
use core::ptr::{self, NonNull};
use std::fs::File;
use std::io;
use std::mem::take;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FileType, Mode, OFlags};
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags};

use super::{arch, round_up_to_page};

/// Why an artifact could not be brought into memory.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// There is no such file.
    #[error("no such file")]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// The file may not be read.
    #[error("permission denied")]
    PermissionDenied {
        /// The file.
        path: PathBuf,
    },
    /// A directory, device, pipe or socket.
    #[error("not a regular file")]
    NotRegularFile {
        /// The file.
        path: PathBuf,
    },
    /// The file has no bytes.
    #[error("the file is empty")]
    EmptyFile {
        /// The file.
        path: PathBuf,
    },
    /// The buffer has no bytes.
    #[error("the artifact in memory is empty")]
    EmptyBuffer,
    /// Opening failed for another reason.
    #[error("cannot open the file: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file could not be mapped.
    #[error("cannot map {bytes} bytes: {source}")]
    Map {
        /// The file.
        path: PathBuf,
        /// Length of the mapping.
        bytes: usize,
        /// What the system says.
        source: io::Error,
    },
    /// The file could not be read, or became shorter meanwhile.
    #[error("cannot read {bytes} bytes: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// How many there were to be.
        bytes: usize,
        /// What the system says.
        source: io::Error,
    },
    /// The text cannot be made executable, for example on a file system mounted without execution.
    #[error("cannot map the text of {bytes} bytes as executable: {source}")]
    ExecutableFile {
        /// The file.
        path: PathBuf,
        /// Length of the text.
        bytes: usize,
        /// What the system says.
        source: io::Error,
    },
    /// No executable memory could be had for the text.
    #[error("cannot allocate {bytes} bytes of executable memory: {source}")]
    ExecutableMemory {
        /// Length of the text.
        bytes: usize,
        /// What the system says.
        source: io::Error,
    },
    /// The text range does not lie within the artifact.
    #[error("the text range {start}..{end} does not lie within the artifact of {bytes} bytes")]
    TextRange {
        /// First byte.
        start: usize,
        /// One past the last byte.
        end: usize,
        /// Length of the artifact.
        bytes: usize,
    },
}

/// Bytes of an artifact that the embedder owns.
pub(crate) type OwnedBytes = Box<dyn AsRef<[u8]> + Send + Sync>;

/// A range of memory from `mmap`, unmapped when dropped.
#[derive(Debug)]
struct Mapped {
    base: NonNull<u8>,
    bytes: usize,
}

impl Mapped {
    /// Takes over what `mmap` returned for `bytes` bytes.
    fn new(base: *mut core::ffi::c_void, bytes: usize) -> io::Result<Mapped> {
        // `mmap` places nothing at address zero unless it is asked to.
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::AddrNotAvailable)?;
        Ok(Mapped { base, bytes })
    }

    fn file(fd: BorrowedFd<'_>, offset: u64, bytes: usize, protection: ProtFlags) -> io::Result<Mapped> {
        // SAFETY: the system chooses the place, so no existing mapping is touched.
        let base = unsafe { rustix::mm::mmap(ptr::null_mut(), bytes, protection, MapFlags::PRIVATE, fd, offset)? };
        Mapped::new(base, bytes)
    }

    /// A read+execute copy of `code` in pages of its own.
    fn executable_copy(code: &[u8]) -> io::Result<Mapped> {
        let bytes = round_up_to_page(code.len()).ok_or(io::ErrorKind::OutOfMemory)?;
        // SAFETY: the system chooses the place, so no existing mapping is touched.
        let base = unsafe {
            let write = ProtFlags::READ | ProtFlags::WRITE;
            rustix::mm::mmap_anonymous(ptr::null_mut(), bytes, write, MapFlags::PRIVATE)?
        };
        let mapped = Mapped::new(base, bytes)?;
        // SAFETY: the mapping is fresh, writable, ours alone and at least as long as the code; it
        // becomes executable only after the last write.
        unsafe {
            ptr::copy_nonoverlapping(code.as_ptr(), mapped.base.as_ptr(), code.len());
            rustix::mm::mprotect(base, bytes, MprotectFlags::READ | MprotectFlags::EXEC)?;
            arch::publish_code(mapped.base.as_ptr(), code.len());
        }
        Ok(mapped)
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: the range is ours and its owner, who gave out pointers into it, is going away.
        // Unmapping a whole mapping does not fail.
        let _ = unsafe { rustix::mm::munmap(self.base.as_ptr().cast(), self.bytes) };
    }
}

// SAFETY: once it is made, the memory is only read, and nothing changes through a shared reference.
unsafe impl Send for Mapped {}
// SAFETY: as above.
unsafe impl Sync for Mapped {}

/// Longest file that is read, in bytes: as much as a mapping makes present at its first touch.
const MOST_READ_BYTES: usize = 64 << 10;

/// The bytes of a file.
enum Contents {
    Mapped(Mapped),
    Read(Vec<u8>),
}

impl Contents {
    /// The first `bytes` bytes of a file.
    fn of_file(file: &File, bytes: usize, path: &Path) -> Result<Contents, MapError> {
        if bytes > MOST_READ_BYTES {
            return match Mapped::file(file.as_fd(), 0, bytes, ProtFlags::READ) {
                Ok(mapped) => Ok(Contents::Mapped(mapped)),
                Err(source) => Err(MapError::Map { path: path.to_path_buf(), bytes, source }),
            };
        }
        let failed = |source| MapError::Read { path: path.to_path_buf(), bytes, source };
        let mut read = Vec::with_capacity(bytes);
        while read.len() < bytes {
            let offset = read.len() as u64;
            match rustix::io::pread(file, rustix::buffer::spare_capacity(&mut read), offset) {
                Ok(0) => return Err(failed(io::ErrorKind::UnexpectedEof.into())),
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(failed(errno.into())),
            }
        }
        // The file may have grown, and the buffer may have room for more than was asked for.
        read.truncate(bytes);
        Ok(Contents::Read(read))
    }
}

/// Where the bytes live.
enum Backing {
    /// The whole file, read-only. The file stays open as long as more of it may be mapped.
    File { contents: Contents, file: Option<File>, path: PathBuf },
    /// Somebody's bytes. The pointer comes from a `Box` and is freed as one; it is kept raw, so that
    /// moving this value does not assert unique access to bytes that slices were lent of.
    Owned { owner: NonNull<dyn AsRef<[u8]> + Send + Sync>, bytes: NonNull<[u8]> },
}

// SAFETY: all memory reached through the pointers is only read, and owned bytes are `Send + Sync`.
unsafe impl Send for Backing {}
// SAFETY: as above; nothing changes through a shared reference.
unsafe impl Sync for Backing {}

impl Drop for Backing {
    fn drop(&mut self) {
        if let Backing::Owned { owner, .. } = self {
            // SAFETY: it came from a box, and everything that borrowed from it borrowed a mapping that held this.
            drop(unsafe { Box::from_raw(owner.as_ptr()) });
        }
    }
}

/// Executable text: all of the pages, or a part of those of a linked set.
struct Text {
    pages: Arc<Mapped>,
    part: Range<usize>,
}

/// The bytes of one artifact and, once asked for, its executable text.
pub(crate) struct ArtifactMapping {
    backing: Arc<Backing>,
    /// Which of the bytes are the artifact: all, or a part of a fat one or a linked set.
    part: Range<usize>,
    text: Option<Text>,
}

/// A page-aligned part of an artifact that can be mapped copy-on-write over a memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Image<'a> {
    /// Its bytes.
    pub(crate) bytes: &'a [u8],
    /// The file they stand in, and where; absent for an artifact from memory.
    pub(crate) file: Option<(BorrowedFd<'a>, u64)>,
}

impl ArtifactMapping {
    /// Maps the file at `path`.
    pub(crate) fn from_path(path: &Path) -> Result<ArtifactMapping, MapError> {
        // Without NONBLOCK, opening a pipe would wait for its writer. It means nothing for a regular file.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(fd) => ArtifactMapping::from_file(File::from(fd), path),
            Err(errno) => Err(open_error(path, errno.into())),
        }
    }

    /// Maps an open file; `path` is for messages.
    pub(crate) fn from_file(file: File, path: &Path) -> Result<ArtifactMapping, MapError> {
        let path = path.to_path_buf();
        let stat = match rustix::fs::fstat(&file) {
            Ok(stat) => stat,
            Err(errno) => return Err(MapError::Open { path, source: errno.into() }),
        };
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(MapError::NotRegularFile { path });
        }
        let bytes = stat.st_size as usize;
        if bytes == 0 {
            return Err(MapError::EmptyFile { path });
        }
        let contents = Contents::of_file(&file, bytes, &path)?;
        let backing = Arc::new(Backing::File { contents, file: Some(file), path });
        Ok(ArtifactMapping { backing, part: 0..bytes, text: None })
    }

    /// Keeps bytes the embedder has. They are asked for once.
    pub(crate) fn from_bytes(owner: OwnedBytes) -> Result<ArtifactMapping, MapError> {
        // SAFETY: a pointer from a box is not null.
        let owner = unsafe { NonNull::new_unchecked(Box::into_raw(owner)) };
        // SAFETY: the owner was a box a line ago and lives until `self` is dropped. It is never
        // accessed mutably, so what it lends now it may be taken to lend until then.
        let bytes = NonNull::from(unsafe { owner.as_ref() }.as_ref());
        let part = 0..bytes.len();
        let backing = Arc::new(Backing::Owned { owner, bytes });
        let mapping = ArtifactMapping { backing, part, text: None };
        if mapping.bytes().is_empty() { Err(MapError::EmptyBuffer) } else { Ok(mapping) }
    }

    /// A copy that shares nothing with a file.
    pub(crate) fn into_copy(mut self) -> Result<ArtifactMapping, MapError> {
        let bytes = match Arc::get_mut(&mut self.backing) {
            Some(Backing::File { contents: Contents::Read(bytes), .. }) if self.part == (0..bytes.len()) => take(bytes),
            _ => self.bytes().to_vec(),
        };
        ArtifactMapping::from_bytes(Box::new(bytes))
    }

    /// All bytes of the artifact.
    pub(crate) fn bytes(&self) -> &[u8] {
        let all = match &*self.backing {
            Backing::File { contents: Contents::Read(bytes), .. } => bytes,
            Backing::File { contents: Contents::Mapped(map), .. } => {
                // SAFETY: the mapping is readable and lives as long as `self`.
                unsafe { core::slice::from_raw_parts(map.base.as_ptr(), map.bytes) }
            }
            // SAFETY: lent by the owner, which lives as long as `self`.
            Backing::Owned { bytes, .. } => unsafe { bytes.as_ref() },
        };
        all.get(self.part.clone()).unwrap_or_default()
    }

    /// Takes only a part of the bytes, which must lie within what is taken so far. Offsets are its own then.
    pub(crate) fn narrow(&mut self, part: Range<usize>) {
        let start = self.part.start;
        self.part = start + part.start..start + part.end;
    }

    /// The same bytes once more, or a part of them, without text.
    pub(crate) fn part(&self, part: Range<usize>) -> ArtifactMapping {
        let mut mapping = ArtifactMapping { backing: self.backing.clone(), part: self.part.clone(), text: None };
        mapping.narrow(part);
        mapping
    }

    /// The file, for an artifact that came from one.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &*self.backing {
            Backing::File { path, .. } => Some(path),
            Backing::Owned { .. } => None,
        }
    }

    /// Makes a range of the artifact executable at [`ArtifactMapping::text_base`]. Asked for again,
    /// it replaces the text. In a file the range should begin at a page boundary, else it is copied;
    /// up to a page behind it becomes executable as well.
    pub(crate) fn make_text_executable(&mut self, range: Range<usize>) -> Result<(), MapError> {
        let Some(code) = self.bytes().get(range.clone()) else {
            return Err(MapError::TextRange { start: range.start, end: range.end, bytes: self.bytes().len() });
        };
        let pages = match (&*self.backing, code.len()) {
            (_, 0) => None,
            (Backing::File { file: Some(file), path, .. }, bytes)
                if (self.part.start + range.start).is_multiple_of(super::page_size()) =>
            {
                let protection = ProtFlags::READ | ProtFlags::EXEC;
                match Mapped::file(file.as_fd(), (self.part.start + range.start) as u64, bytes, protection) {
                    Ok(map) => Some(map),
                    Err(source) => return Err(MapError::ExecutableFile { path: path.clone(), bytes, source }),
                }
            }
            (_, bytes) => match Mapped::executable_copy(code) {
                Ok(map) => Some(map),
                Err(source) => return Err(MapError::ExecutableMemory { bytes, source }),
            },
        };
        self.text = pages.map(|pages| Text { pages: Arc::new(pages), part: 0..range.len() });
        Ok(())
    }

    /// Takes a part of the executable text of another mapping as its own; nothing of it, if it has no such part.
    pub(crate) fn share_text(&mut self, of: &ArtifactMapping, part: Range<usize>) {
        let inside = |text: &&Text| part.start < part.end && part.end <= text.part.len();
        self.text = of.text.as_ref().filter(inside).map(|text| {
            let start = text.part.start;
            Text { pages: text.pages.clone(), part: start + part.start..start + part.end }
        });
    }

    /// Closes the file, if nobody else has a part of it: no more of it will be mapped. Images are copied from then on.
    pub(crate) fn close_file(&mut self) {
        if let Some(Backing::File { file, .. }) = Arc::get_mut(&mut self.backing) {
            *file = None;
        }
    }

    /// The first byte of the executable text; null before there is one, and for an empty text.
    pub(crate) fn text_base(&self) -> *const u8 {
        self.text.as_ref().map_or(ptr::null(), |text| text.pages.base.as_ptr().wrapping_add(text.part.start))
    }

    /// Addresses of the executable text.
    pub(crate) fn text_range(&self) -> Range<usize> {
        let start = self.text_base().addr();
        start..start + self.text.as_ref().map_or(0, |text| text.part.len())
    }

    /// A part of the artifact as the initial contents of a memory.
    pub(crate) fn image(&self, range: Range<usize>) -> Option<Image<'_>> {
        let bytes = self.bytes().get(range.clone())?;
        let file = match &*self.backing {
            Backing::File { file: Some(file), .. } => Some((file.as_fd(), (self.part.start + range.start) as u64)),
            Backing::File { file: None, .. } => None,
            Backing::Owned { .. } => None,
        };
        Some(Image { bytes, file })
    }
}

impl core::fmt::Debug for ArtifactMapping {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ArtifactMapping")
            .field("path", &self.path())
            .field("bytes", &self.bytes().len())
            .field("text", &self.text_range())
            .finish()
    }
}

fn open_error(path: &Path, source: io::Error) -> MapError {
    let path = path.to_path_buf();
    match source.kind() {
        io::ErrorKind::NotFound => MapError::NotFound { path },
        io::ErrorKind::PermissionDenied => MapError::PermissionDenied { path },
        // What opening a socket gives.
        _ if source.raw_os_error() == Some(libc::ENXIO) => MapError::NotRegularFile { path },
        _ => MapError::Open { path, source },
    }
}

#[cfg(test)]
mod tests;
