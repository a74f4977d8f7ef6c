//! Everything that depends on the operating system (Linux) or on the instruction set.
//!
//! * [`arch`]: registers of an interrupted context, frame walking, instruction caches, per ISA.
//! * [`barrier`]: a memory barrier on all threads.
//! * [`cpu`]: which CPU features this machine has.
//! * [`mapping`]: artifacts in memory, and their text as executable code.
//! * [`memory`]: address space for linear memories.
//! * [`stack`]: bounds of the thread's stack, and the stack signals are handled on.
//! * [`signals`]: from a hardware fault to a trap, or to whoever else it is for.
//! * [`enter`]: host → wasm, and every way back.
//! * [`trace`]: the addresses of a back trace.
//!
//! Not here: anything that knows what a module, an instance or a store is.

pub(crate) mod arch;
pub(crate) mod barrier;
pub(crate) mod cpu;
pub(crate) mod enter;
pub(crate) mod mapping;
pub(crate) mod memory;
pub(crate) mod signals;
pub(crate) mod stack;
pub(crate) mod trace;

#[cfg(test)]
pub(crate) mod tests;

/// Bytes of a page of the host's: 4 KiB, and on aarch64 also 16 or 64.
pub(crate) fn page_size() -> usize {
    #[cfg(test)]
    if let Some(bytes) = tests::simulated_page_size() {
        return bytes;
    }
    rustix::param::page_size()
}

/// The smallest multiple of the host's page size that is not below `bytes`, if there is one.
fn round_up_to_page(bytes: usize) -> Option<usize> {
    bytes.checked_next_multiple_of(page_size())
}
