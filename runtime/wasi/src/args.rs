//! Arguments and environment: lists of strings that the guest asks the size of, then for.

use crate::context::WasiCtx;
use crate::errno::Errno;
use crate::memory::{GuestMemory, Ptr};

pub(crate) fn args_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    argv: Ptr<Ptr<u8>>,
    buffer: Ptr<u8>,
) -> Result<(), Errno> {
    strings_get(memory, &ctx.args, argv, buffer)
}

pub(crate) fn args_sizes_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    count: Ptr<u32>,
    bytes: Ptr<u32>,
) -> Result<(), Errno> {
    sizes_get(memory, &ctx.args, count, bytes)
}

pub(crate) fn environ_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    environ: Ptr<Ptr<u8>>,
    buffer: Ptr<u8>,
) -> Result<(), Errno> {
    strings_get(memory, &ctx.environment, environ, buffer)
}

pub(crate) fn environ_sizes_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    count: Ptr<u32>,
    bytes: Ptr<u32>,
) -> Result<(), Errno> {
    sizes_get(memory, &ctx.environment, count, bytes)
}

/// Number of strings, and bytes of all with their NULs.
fn sizes(strings: &[Box<[u8]>]) -> Result<(u32, u32), Errno> {
    let count = u32::try_from(strings.len()).map_err(|_| Errno::Overflow)?;
    let bytes = strings.iter().try_fold(0usize, |sum, string| sum.checked_add(string.len() + 1));
    let bytes = bytes.and_then(|bytes| u32::try_from(bytes).ok()).ok_or(Errno::Overflow)?;
    Ok((count, bytes))
}

fn sizes_get(
    memory: &mut GuestMemory<'_>,
    strings: &[Box<[u8]>],
    count: Ptr<u32>,
    bytes: Ptr<u32>,
) -> Result<(), Errno> {
    let (count_place, bytes_place) = (memory.place(count)?, memory.place(bytes)?);
    let (count, bytes) = sizes(strings)?;
    memory.set(count_place, count);
    memory.set(bytes_place, bytes);
    Ok(())
}

fn strings_get(
    memory: &mut GuestMemory<'_>,
    strings: &[Box<[u8]>],
    list: Ptr<Ptr<u8>>,
    buffer: Ptr<u8>,
) -> Result<(), Errno> {
    let (count, bytes) = sizes(strings)?;
    memory.check_array(list, count)?;
    memory.check_array(buffer, bytes)?;
    let mut offset = 0;
    for (index, string) in (0..).zip(strings) {
        let at = buffer.element(offset)?;
        memory.write(list.element(index)?, at)?;
        memory.write_bytes(at, string)?;
        memory.write(at.element(string.len() as u64)?, 0)?;
        offset += string.len() as u64 + 1;
    }
    Ok(())
}
