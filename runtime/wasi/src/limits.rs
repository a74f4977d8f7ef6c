//! Every limit of a WASI context, with its unit. Over a limit, a call gives an errno.

/// Descriptors open at one time, unless the builder says otherwise; `EMFILE` over it.
pub const DEFAULT_MAX_DESCRIPTORS: usize = 1024;

/// Buffers of one read or write that are used; the rest is left to the guest's next call. The
/// kernel's own limit.
pub const MAX_IOVECS: usize = 1024;

/// Bytes that one read or write moves; the kernel's own limit.
pub const MAX_TRANSFER_BYTES: usize = 0x7fff_f000;

/// The same where the memory is shared, and what is moved is copied on the way.
pub const MAX_SHARED_TRANSFER_BYTES: usize = 256 << 10;

/// Threads of a group at one time besides the main one, unless the embedder says otherwise.
pub const DEFAULT_MAX_THREADS: usize = 256;

/// Bytes of a path; `ENAMETOOLONG` over it. The kernel's own limit.
pub const MAX_PATH_BYTES: u32 = 4096;

/// Subscriptions of one `poll_oneoff`; `EINVAL` over it.
pub const MAX_SUBSCRIPTIONS: u32 = 4096;
