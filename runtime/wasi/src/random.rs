//! Random bytes, from the system's generator, unless they are made up.

use rustix::rand::{GetRandomFlags, getrandom};

use crate::context::WasiCtx;
use crate::errno::{Errno, retry};
use crate::limits::RANDOM_PIECE_BYTES;
use crate::memory::{GuestMemory, Ptr};

pub(crate) fn random_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    buffer: Ptr<u8>,
    len: u32,
) -> Result<(), Errno> {
    memory.fill(buffer, len, |mut rest| {
        if let Some(made_up) = &ctx.made_up {
            made_up.fill(rest);
            return Ok(());
        }
        while !rest.is_empty() {
            // The kernel would take its time for a large piece, and end it early without saying why.
            if iwasm::is_interrupted() {
                return Err(Errno::Intr);
            }
            let piece = rest.len().min(RANDOM_PIECE_BYTES);
            let count = retry(|| getrandom(&mut rest[..piece], GetRandomFlags::empty()))?;
            rest = &mut rest[count..];
        }
        Ok(())
    })
}
