//! Standard streams: inherited from the process, descriptors of the embedder's (pipes, files),
//! buffers in memory, or closures of any Rust reader and writer.

use std::io::{Cursor, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex};

use rustix::event::{PollFd, PollFlags, poll};

use crate::descriptor::lock;
use crate::errno::{Errno, retry, retry_io};

/// Where a guest reads its standard input from.
pub struct InputStream(Input);

enum Input {
    Inherited(BorrowedFd<'static>),
    Owned(OwnedFd),
    Bytes(Mutex<Cursor<Vec<u8>>>),
    Reader(Mutex<Box<dyn Read + Send>>),
    Closed,
}

impl InputStream {
    /// The standard input of the process.
    pub fn inherit() -> InputStream {
        InputStream(Input::Inherited(rustix::stdio::stdin()))
    }

    /// An input that has ended.
    pub fn empty() -> InputStream {
        InputStream::bytes(Vec::new())
    }

    /// These bytes, then the end.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> InputStream {
        InputStream(Input::Bytes(Mutex::new(Cursor::new(bytes.into()))))
    }

    /// An open descriptor: a file, or the reading end of a pipe.
    pub fn fd(fd: impl Into<OwnedFd>) -> InputStream {
        InputStream(Input::Owned(fd.into()))
    }

    /// Whatever a reader gives. Threads read from it one after the other.
    pub fn reader(reader: impl Read + Send + 'static) -> InputStream {
        InputStream(Input::Reader(Mutex::new(Box::new(reader))))
    }

    /// None at all: the guest is told that the descriptor is not open.
    pub fn closed() -> InputStream {
        InputStream(Input::Closed)
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.0, Input::Closed)
    }

    /// The host's descriptor, if there is one.
    pub(crate) fn host_fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.0 {
            Input::Inherited(fd) => Some(*fd),
            Input::Owned(fd) => Some(fd.as_fd()),
            Input::Bytes(_) | Input::Reader(_) | Input::Closed => None,
        }
    }

    pub(crate) fn read(&self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        match &self.0 {
            Input::Inherited(fd) => read_fd(fd.as_fd(), buffers),
            Input::Owned(fd) => read_fd(fd.as_fd(), buffers),
            Input::Bytes(bytes) => Ok(lock(bytes).read_vectored(buffers)?),
            Input::Reader(reader) => {
                let mut reader = lock(reader);
                retry_io(|| reader.read_vectored(buffers))
            }
            Input::Closed => Err(Errno::Badf),
        }
    }
}

/// Where a guest's standard output or error goes to.
pub struct OutputStream(Output);

enum Output {
    Inherited(BorrowedFd<'static>),
    Owned(OwnedFd),
    Buffer(OutputBuffer),
    Sink,
    Writer(Mutex<Box<dyn Write + Send>>),
    Closed,
}

impl OutputStream {
    /// The standard output of the process. Nothing is buffered on the way.
    pub fn inherit_stdout() -> OutputStream {
        OutputStream(Output::Inherited(rustix::stdio::stdout()))
    }

    /// The standard error of the process.
    pub fn inherit_stderr() -> OutputStream {
        OutputStream(Output::Inherited(rustix::stdio::stderr()))
    }

    /// Takes everything and keeps nothing.
    pub fn sink() -> OutputStream {
        OutputStream(Output::Sink)
    }

    /// A buffer that the embedder reads.
    pub fn buffer(buffer: &OutputBuffer) -> OutputStream {
        OutputStream(Output::Buffer(buffer.clone()))
    }

    /// An open descriptor: a file, or the writing end of a pipe.
    pub fn fd(fd: impl Into<OwnedFd>) -> OutputStream {
        OutputStream(Output::Owned(fd.into()))
    }

    /// Any writer. It is flushed after each write. Threads write to it one after the other.
    pub fn writer(writer: impl Write + Send + 'static) -> OutputStream {
        OutputStream(Output::Writer(Mutex::new(Box::new(writer))))
    }

    /// None at all: the guest is told that the descriptor is not open.
    pub fn closed() -> OutputStream {
        OutputStream(Output::Closed)
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.0, Output::Closed)
    }

    /// The host's descriptor, if there is one.
    pub(crate) fn host_fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.0 {
            Output::Inherited(fd) => Some(*fd),
            Output::Owned(fd) => Some(fd.as_fd()),
            Output::Buffer(_) | Output::Sink | Output::Writer(_) | Output::Closed => None,
        }
    }

    pub(crate) fn write(&self, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
        match &self.0 {
            Output::Inherited(fd) => write_fd(fd.as_fd(), buffers),
            Output::Owned(fd) => write_fd(fd.as_fd(), buffers),
            Output::Buffer(buffer) => buffer.append(buffers),
            Output::Sink => Ok(buffers.iter().map(|buffer| buffer.len()).sum()),
            Output::Writer(writer) => {
                let mut writer = lock(writer);
                let count = retry_io(|| writer.write_vectored(buffers))?;
                writer.flush()?;
                Ok(count)
            }
            Output::Closed => Err(Errno::Badf),
        }
    }
}

/// What a guest wrote, kept for the embedder up to a limit. Clones share the bytes.
#[derive(Clone, Debug)]
pub struct OutputBuffer {
    bytes: Arc<Mutex<Vec<u8>>>,
    limit_bytes: usize,
}

impl OutputBuffer {
    /// An empty buffer. Writes over its limit give the guest `ENOSPC`.
    pub fn new(limit_bytes: usize) -> OutputBuffer {
        OutputBuffer { bytes: Arc::default(), limit_bytes }
    }

    /// What was written so far.
    pub fn contents(&self) -> Vec<u8> {
        lock(&self.bytes).clone()
    }

    /// Takes what was written so far, and makes room for as much again.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *lock(&self.bytes))
    }

    fn append(&self, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
        let mut bytes = lock(&self.bytes);
        let before = bytes.len();
        for buffer in buffers {
            let room = self.limit_bytes.saturating_sub(bytes.len());
            bytes.extend_from_slice(&buffer[..buffer.len().min(room)]);
            if buffer.len() > room {
                break;
            }
        }
        match bytes.len() - before {
            0 if buffers.iter().any(|buffer| !buffer.is_empty()) => Err(Errno::Nospc),
            written => Ok(written),
        }
    }
}

/// Reads from a stream of the host's. One that another process made non-blocking still blocks:
/// the guest did not ask for anything else.
fn read_fd(fd: BorrowedFd<'_>, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
    loop {
        match retry(|| rustix::io::readv(fd, buffers)) {
            Err(Errno::Again) => wait(fd, PollFlags::IN)?,
            done => return done,
        }
    }
}

fn write_fd(fd: BorrowedFd<'_>, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
    loop {
        match retry(|| rustix::io::writev(fd, buffers)) {
            Err(Errno::Again) => wait(fd, PollFlags::OUT)?,
            done => return done,
        }
    }
}

fn wait(fd: BorrowedFd<'_>, flags: PollFlags) -> Result<(), Errno> {
    retry(|| poll(&mut [PollFd::from_borrowed_fd(fd, flags)], None)).map(drop)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_full_buffer_takes_what_fits_and_then_nothing() {
        let buffer = OutputBuffer::new(5);
        let stream = OutputStream::buffer(&buffer);
        assert_eq!(stream.write(&[IoSlice::new(b"abc"), IoSlice::new(b"defg")]), Ok(5));
        assert_eq!(stream.write(&[IoSlice::new(b"h")]), Err(Errno::Nospc));
        assert_eq!(stream.write(&[]), Ok(0));
        assert_eq!(buffer.take(), b"abcde");
        assert_eq!(stream.write(&[IoSlice::new(b"h")]), Ok(1));
    }

    #[test]
    fn bytes_end() {
        let stream = InputStream::bytes(*b"abcd");
        let (mut first, mut second) = ([0; 1], [0; 8]);
        assert_eq!(stream.read(&mut [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)]), Ok(4));
        assert_eq!((&first, &second[..3]), (b"a", &b"bcd"[..]));
        assert_eq!(stream.read(&mut [IoSliceMut::new(&mut first)]), Ok(0));
    }

    #[test]
    fn a_closed_pipe_is_an_errno() -> Result<(), io::Error> {
        let (reader, writer) = io::pipe()?;
        drop(reader);
        assert_eq!(OutputStream::fd(writer).write(&[IoSlice::new(b"x")]), Err(Errno::Pipe));
        Ok(())
    }
}
