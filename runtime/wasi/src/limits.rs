//! Every limit of a WASI context, with its unit. Over a limit, a call gives an errno.

/// Descriptors of the host's that are open for a guest at one time, unless the builder says otherwise; `EMFILE` over
/// it. A directory that is listed has two. Half of what systems usually allow a process.
pub const DEFAULT_MAX_DESCRIPTORS: usize = 512;

/// Buffers of one read or write that are used; the rest is left to the guest's next call. The
/// kernel's own limit.
pub const MAX_IOVECS: usize = 1024;

/// Bytes that one read or write moves; the kernel's own limit.
pub const MAX_TRANSFER_BYTES: usize = 0x7fff_f000;

/// The same where the memory is shared, and what is moved is copied on the way; also of a `sock_recv` that waits for
/// all that it asks for.
pub const MAX_SHARED_TRANSFER_BYTES: usize = 256 << 10;

/// Random bytes that are asked of the system at a time: about a millisecond's.
pub const RANDOM_PIECE_BYTES: usize = 256 << 10;

/// Entries of a list of buffers, of which most are not used, that are looked at before the guest may be interrupted.
pub const IOVECS_AT_A_TIME: usize = 64 << 10;

/// Threads of a group at one time besides the main one, unless the embedder says otherwise.
pub const DEFAULT_MAX_THREADS: usize = 256;

/// Bytes of a path; `ENAMETOOLONG` over it. The kernel's own limit.
pub const MAX_PATH_BYTES: u32 = 4096;

/// Subscriptions of one `poll_oneoff`; `EINVAL` over it.
pub const MAX_SUBSCRIPTIONS: u32 = 4096;

/// Bytes of the host's memory that are kept for a guest at one time, unless the builder says otherwise;
/// `ENOMEM` over it. What is counted: open descriptors, directories that are listed, and subscriptions that are
/// waited for. Other calls keep nothing, and copy no more for their own time than the limits above say; buffers of
/// an embedder's (`OutputBuffer`) have their own.
pub const DEFAULT_MAX_HOST_BYTES: usize = 64 << 20;

/// Bytes that a descriptor counts for: what stands in the table, and about what the kernel keeps.
pub const DESCRIPTOR_BYTES: usize = 512;

/// Bytes of entries that are read at a time from a directory.
pub const LISTING_BUFFER_BYTES: usize = 16 << 10;

/// Bytes that a directory counts for while it is listed: those, and the entries made of them.
pub const LISTING_BYTES: usize = 80 << 10;

/// Bytes that a subscription counts for while it is waited for.
pub const SUBSCRIPTION_BYTES: usize = 256;
