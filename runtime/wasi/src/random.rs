//! Random bytes, from the system's generator.

use rustix::rand::{GetRandomFlags, getrandom};

use crate::context::WasiCtx;
use crate::errno::Errno;
use crate::memory::{GuestMemory, Ptr};

pub(crate) fn random_get(
    _: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    buffer: Ptr<u8>,
    len: u32,
) -> Result<(), Errno> {
    let mut rest = memory.slice_mut(buffer, len)?;
    while !rest.is_empty() {
        match getrandom(&mut *rest, GetRandomFlags::empty()) {
            Ok(count) => rest = &mut rest[count..],
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
