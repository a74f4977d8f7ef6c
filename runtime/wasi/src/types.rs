//! The structures and constants of preview 1, as `witx` lays them out, and where `wasi_unstable`
//! differs.

use crate::errno::Errno;
use crate::memory::{FromGuest, GuestType, ToGuest, put, take};

/// Which of the two versions a module was written for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Version {
    /// `wasi_unstable`.
    Unstable,
    /// `wasi_snapshot_preview1`.
    Preview1,
}

/// What a descriptor or a name is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum FileType {
    Unknown = 0,
    BlockDevice = 1,
    CharacterDevice = 2,
    Directory = 3,
    RegularFile = 4,
    SocketDgram = 5,
    SocketStream = 6,
    SymbolicLink = 7,
}

impl From<rustix::fs::FileType> for FileType {
    fn from(host: rustix::fs::FileType) -> FileType {
        match host {
            rustix::fs::FileType::RegularFile => FileType::RegularFile,
            rustix::fs::FileType::Directory => FileType::Directory,
            rustix::fs::FileType::Symlink => FileType::SymbolicLink,
            rustix::fs::FileType::CharacterDevice => FileType::CharacterDevice,
            rustix::fs::FileType::BlockDevice => FileType::BlockDevice,
            rustix::fs::FileType::Socket => FileType::SocketStream,
            _ => FileType::Unknown,
        }
    }
}

/// Flags of a descriptor.
pub(crate) mod fdflags {
    pub(crate) const APPEND: u16 = 1 << 0;
    pub(crate) const DSYNC: u16 = 1 << 1;
    pub(crate) const NONBLOCK: u16 = 1 << 2;
    pub(crate) const RSYNC: u16 = 1 << 3;
    pub(crate) const SYNC: u16 = 1 << 4;
    pub(crate) const ALL: u16 = 0x1f;
}

/// Flags of `path_open`.
pub(crate) mod oflags {
    pub(crate) const CREAT: u16 = 1 << 0;
    pub(crate) const DIRECTORY: u16 = 1 << 1;
    pub(crate) const EXCL: u16 = 1 << 2;
    pub(crate) const TRUNC: u16 = 1 << 3;
    pub(crate) const ALL: u16 = 0xf;
}

/// Follow a symbolic link at the end of a path.
pub(crate) const LOOKUP_SYMLINK_FOLLOW: u32 = 1 << 0;

/// Flags of the calls that set times.
pub(crate) mod fstflags {
    pub(crate) const ATIM: u16 = 1 << 0;
    pub(crate) const ATIM_NOW: u16 = 1 << 1;
    pub(crate) const MTIM: u16 = 1 << 2;
    pub(crate) const MTIM_NOW: u16 = 1 << 3;
    pub(crate) const ALL: u16 = 0xf;
}

/// Flags of `sock_recv`, and what it answers.
pub(crate) mod riflags {
    pub(crate) const RECV_PEEK: u16 = 1 << 0;
    pub(crate) const RECV_WAITALL: u16 = 1 << 1;
    pub(crate) const ALL: u16 = 0x3;
    pub(crate) const RECV_DATA_TRUNCATED: u16 = 1 << 0;
}

/// Flags of `sock_shutdown`.
pub(crate) mod sdflags {
    pub(crate) const RD: u32 = 1 << 0;
    pub(crate) const WR: u32 = 1 << 1;
}

/// Flags are numbers of 16 bits in parameters of 32; `EINVAL` for one that there is not.
pub(crate) fn flags(value: u32, all: u16) -> Result<u16, Errno> {
    u16::try_from(value).ok().filter(|flags| flags & !all == 0).ok_or(Errno::Inval)
}

/// What `fd_fdstat_get` gives.
pub(crate) struct Fdstat {
    pub(crate) file_type: FileType,
    pub(crate) flags: u16,
    pub(crate) rights_base: u64,
    pub(crate) rights_inheriting: u64,
}

impl GuestType for Fdstat {
    const SIZE: usize = 24;
}

impl ToGuest for Fdstat {
    fn encode(&self, bytes: &mut [u8]) {
        bytes.fill(0);
        put(bytes, 0, [self.file_type as u8]);
        put(bytes, 2, self.flags.to_le_bytes());
        put(bytes, 8, self.rights_base.to_le_bytes());
        put(bytes, 16, self.rights_inheriting.to_le_bytes());
    }
}

/// What is known of a file.
#[derive(Clone, Copy)]
pub(crate) struct Filestat {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) file_type: FileType,
    pub(crate) links: u64,
    pub(crate) size: u64,
    /// Nanoseconds since 1970, as all times here.
    pub(crate) accessed: u64,
    pub(crate) modified: u64,
    pub(crate) changed: u64,
}

impl Filestat {
    /// Of what has no place in a file system.
    pub(crate) const NOTHING: Filestat = Filestat {
        device: 0,
        inode: 0,
        file_type: FileType::Unknown,
        links: 0,
        size: 0,
        accessed: 0,
        modified: 0,
        changed: 0,
    };
}

impl GuestType for Filestat {
    const SIZE: usize = 64;
}

impl ToGuest for Filestat {
    fn encode(&self, bytes: &mut [u8]) {
        bytes.fill(0);
        put(bytes, 0, self.device.to_le_bytes());
        put(bytes, 8, self.inode.to_le_bytes());
        put(bytes, 16, [self.file_type as u8]);
        put(bytes, 24, self.links.to_le_bytes());
        put(bytes, 32, self.size.to_le_bytes());
        put(bytes, 40, self.accessed.to_le_bytes());
        put(bytes, 48, self.modified.to_le_bytes());
        put(bytes, 56, self.changed.to_le_bytes());
    }
}

/// The same in the layout of `wasi_unstable`: the count of links has 32 bits.
pub(crate) struct UnstableFilestat(pub(crate) Filestat);

impl GuestType for UnstableFilestat {
    const SIZE: usize = 56;
}

impl ToGuest for UnstableFilestat {
    fn encode(&self, bytes: &mut [u8]) {
        let Filestat { device, inode, file_type, links, size, accessed, modified, changed } = self.0;
        bytes.fill(0);
        put(bytes, 0, device.to_le_bytes());
        put(bytes, 8, inode.to_le_bytes());
        put(bytes, 16, [file_type as u8]);
        put(bytes, 20, u32::try_from(links).unwrap_or(u32::MAX).to_le_bytes());
        put(bytes, 24, size.to_le_bytes());
        put(bytes, 32, accessed.to_le_bytes());
        put(bytes, 40, modified.to_le_bytes());
        put(bytes, 48, changed.to_le_bytes());
    }
}

/// What `fd_prestat_get` gives: the length of the name of a preopened directory.
pub(crate) struct Prestat {
    pub(crate) name_len: u32,
}

impl GuestType for Prestat {
    const SIZE: usize = 8;
}

impl ToGuest for Prestat {
    fn encode(&self, bytes: &mut [u8]) {
        bytes.fill(0);
        put(bytes, 4, self.name_len.to_le_bytes());
    }
}

/// The head of an entry that `fd_readdir` gives; its name follows.
pub(crate) struct Dirent {
    /// The cookie of the entry after it.
    pub(crate) next: u64,
    pub(crate) inode: u64,
    pub(crate) name_len: u32,
    pub(crate) file_type: FileType,
}

impl GuestType for Dirent {
    const SIZE: usize = 24;
}

impl ToGuest for Dirent {
    fn encode(&self, bytes: &mut [u8]) {
        bytes.fill(0);
        put(bytes, 0, self.next.to_le_bytes());
        put(bytes, 8, self.inode.to_le_bytes());
        put(bytes, 16, self.name_len.to_le_bytes());
        put(bytes, 20, [self.file_type as u8]);
    }
}

/// What `poll_oneoff` is to wait for.
#[derive(Clone, Copy)]
pub(crate) enum Await {
    /// A time on a clock, or from now.
    Clock { clock: u32, timeout: u64, absolute: bool },
    /// A descriptor that can be read.
    Read(u32),
    /// A descriptor that can be written.
    Write(u32),
    /// Nothing that there is.
    Unknown,
}

/// Codes of [`Await`] in memory.
pub(crate) mod event_type {
    pub(crate) const CLOCK: u8 = 0;
    pub(crate) const FD_READ: u8 = 1;
    pub(crate) const FD_WRITE: u8 = 2;
}

/// One subscription of `poll_oneoff`.
#[derive(Clone, Copy)]
pub(crate) struct Subscription {
    pub(crate) userdata: u64,
    pub(crate) event_type: u8,
    pub(crate) wanted: Await,
}

impl Subscription {
    /// `wasi_unstable` has another number in front of the clock.
    fn decode_at(bytes: &[u8], clock_at: usize) -> Subscription {
        let event_type = u8::from_le_bytes(take(bytes, 8));
        let fd = u32::from_le_bytes(take(bytes, 16));
        let wanted = match event_type {
            event_type::CLOCK => Await::Clock {
                clock: u32::from_le_bytes(take(bytes, clock_at)),
                timeout: u64::from_le_bytes(take(bytes, clock_at + 8)),
                absolute: u16::from_le_bytes(take(bytes, clock_at + 24)) & 1 != 0,
            },
            event_type::FD_READ => Await::Read(fd),
            event_type::FD_WRITE => Await::Write(fd),
            _ => Await::Unknown,
        };
        Subscription { userdata: u64::from_le_bytes(take(bytes, 0)), event_type, wanted }
    }
}

impl GuestType for Subscription {
    const SIZE: usize = 48;
}

impl FromGuest for Subscription {
    fn decode(bytes: &[u8]) -> Self {
        Subscription::decode_at(bytes, 16)
    }
}

/// A subscription in the layout of `wasi_unstable`.
pub(crate) struct UnstableSubscription(pub(crate) Subscription);

impl GuestType for UnstableSubscription {
    const SIZE: usize = 56;
}

impl FromGuest for UnstableSubscription {
    fn decode(bytes: &[u8]) -> Self {
        UnstableSubscription(Subscription::decode_at(bytes, 24))
    }
}

/// What `poll_oneoff` found.
pub(crate) struct Event {
    pub(crate) userdata: u64,
    /// An errno, or zero.
    pub(crate) error: u16,
    pub(crate) event_type: u8,
    /// Bytes that can be moved at least.
    pub(crate) bytes: u64,
    /// 1 if the other end hung up.
    pub(crate) flags: u16,
}

impl GuestType for Event {
    const SIZE: usize = 32;
}

impl ToGuest for Event {
    fn encode(&self, bytes: &mut [u8]) {
        bytes.fill(0);
        put(bytes, 0, self.userdata.to_le_bytes());
        put(bytes, 8, self.error.to_le_bytes());
        put(bytes, 10, [self.event_type]);
        put(bytes, 16, self.bytes.to_le_bytes());
        put(bytes, 24, self.flags.to_le_bytes());
    }
}
