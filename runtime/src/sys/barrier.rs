//! A memory barrier on all threads of the process at once, for whoever does something rare: those who do
//! something often then need none.
//!
//! # Safety contract
//!
//! The system call takes numbers and touches no memory.

use std::sync::OnceLock;

const REGISTER_PRIVATE_EXPEDITED: libc::c_long = 1 << 4;
const PRIVATE_EXPEDITED: libc::c_long = 1 << 3;

fn membarrier(command: libc::c_long) -> bool {
    // SAFETY: see above.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}

/// What the calling thread did before is seen by each thread after it, and what they did before is seen by
/// the calling thread. False where the system has no such call.
pub(crate) fn all_threads() -> bool {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    *REGISTERED.get_or_init(|| membarrier(REGISTER_PRIVATE_EXPEDITED)) && membarrier(PRIVATE_EXPEDITED)
}
