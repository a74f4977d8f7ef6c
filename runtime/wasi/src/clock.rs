//! Clocks.

use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};

use crate::context::WasiCtx;
use crate::errno::Errno;
use crate::memory::{GuestMemory, Ptr};

/// The host's clock with a guest's number.
fn clock(id: u32) -> Result<ClockId, Errno> {
    match id {
        0 => Ok(ClockId::Realtime),
        1 => Ok(ClockId::Monotonic),
        2 => Ok(ClockId::ProcessCPUTime),
        3 => Ok(ClockId::ThreadCPUTime),
        _ => Err(Errno::Inval),
    }
}

/// Nanoseconds, where they fit (until the year 2554).
fn nanoseconds(time: Timespec) -> Result<u64, Errno> {
    let seconds = u64::try_from(time.tv_sec).map_err(|_| Errno::Overflow)?;
    let rest = u64::try_from(time.tv_nsec).map_err(|_| Errno::Overflow)?;
    seconds.checked_mul(1_000_000_000).and_then(|whole| whole.checked_add(rest)).ok_or(Errno::Overflow)
}

/// The time on a clock in nanoseconds.
pub(crate) fn now(id: u32) -> Result<u64, Errno> {
    nanoseconds(clock_gettime(clock(id)?))
}

pub(crate) fn clock_res_get(
    _: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    id: u32,
    resolution: Ptr<u64>,
) -> Result<(), Errno> {
    memory.write(resolution, nanoseconds(clock_getres(clock(id)?))?)
}

/// The precision asked for is a permission to be coarser; it is not made use of.
pub(crate) fn clock_time_get(
    _: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    id: u32,
    _precision: u64,
    time: Ptr<u64>,
) -> Result<(), Errno> {
    memory.write(time, now(id)?)
}
