//! Random bytes, from the system's generator.

use rustix::rand::{GetRandomFlags, getrandom};

use crate::context::WasiCtx;
use crate::errno::{Errno, retry};
use crate::memory::{GuestMemory, Ptr};

pub(crate) fn random_get(
    _: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    buffer: Ptr<u8>,
    len: u32,
) -> Result<(), Errno> {
    memory.fill(buffer, len, |mut rest| {
        while !rest.is_empty() {
            let count = retry(|| getrandom(&mut *rest, GetRandomFlags::empty()))?;
            rest = &mut rest[count..];
        }
        Ok(())
    })
}
