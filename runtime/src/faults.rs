//! Faults that tests plant in the runtime, to see that they are found. With the feature `faults` alone: without it,
//! nothing here can be planted, and every question for a fault is a constant.

/// Something done wrongly on purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Fault {
    /// Of the instances of a set, the first two that should be initialised change places.
    InitialisationOrder = 1,
    /// The trampoline record of an imported function gets the importer's own vmctx.
    WrongInstance = 2,
    /// A memory that has grown keeps the length it had.
    StaleLength = 3,
    /// Types of imports are not compared.
    ImportType = 4,
    /// The last element of an active element segment is not copied.
    ShortSegment = 5,
}

#[cfg(feature = "faults")]
mod planted {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::Fault;

    static PLANTED: AtomicU8 = AtomicU8::new(0);

    /// Plants a fault in this process, for good.
    pub fn plant(fault: Fault) {
        PLANTED.store(fault as u8, Ordering::Relaxed);
    }

    pub(crate) fn is_planted(fault: Fault) -> bool {
        PLANTED.load(Ordering::Relaxed) == fault as u8
    }
}

#[cfg(feature = "faults")]
pub(crate) use planted::is_planted;
#[cfg(feature = "faults")]
pub use planted::plant;

#[cfg(not(feature = "faults"))]
pub(crate) const fn is_planted(_: Fault) -> bool {
    false
}
