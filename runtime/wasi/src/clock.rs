//! Clocks.

use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};

use crate::context::WasiCtx;
use crate::errno::Errno;
use crate::made_up::MadeUp;
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
pub(crate) fn now(ctx: &WasiCtx, id: u32) -> Result<u64, Errno> {
    let clock = clock(id)?;
    match &ctx.made_up {
        Some(made_up) => Ok(made_up.now()),
        None => nanoseconds(clock_gettime(clock)),
    }
}

pub(crate) fn clock_res_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    id: u32,
    resolution: Ptr<u64>,
) -> Result<(), Errno> {
    let clock = clock(id)?;
    let precise_to = if ctx.made_up.is_some() { MadeUp::RESOLUTION } else { nanoseconds(clock_getres(clock))? };
    memory.write(resolution, precise_to)
}

/// The precision asked for is a permission to be coarser; it is not made use of.
pub(crate) fn clock_time_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    id: u32,
    _precision: u64,
    time: Ptr<u64>,
) -> Result<(), Errno> {
    memory.write(time, now(ctx, id)?)
}
