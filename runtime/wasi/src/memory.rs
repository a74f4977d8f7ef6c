//! Guest memory, and the one place where guest pointers become bytes.
//!
//! A [`Ptr`] or [`Buffer`] is an allegation: a number that a guest says is the address of something.
//! Only [`GuestMemory`] turns one into a [`Place`] or a slice, and only if all of it lies inside the
//! memory; anything else is `EFAULT`. No alignment is asked for: everything is read and written
//! bytewise. Sums of addresses and lengths are taken in 64 bits, so none wraps.

use std::io::{IoSlice, IoSliceMut};
use std::marker::PhantomData;
use std::ops::Range;

use crate::errno::Errno;
use crate::limits::{MAX_IOVECS, MAX_TRANSFER_BYTES};

/// Something with a size in guest memory.
pub(crate) trait GuestType {
    /// Bytes it takes, padding included.
    const SIZE: usize;
}

/// Something that a guest gives.
pub(crate) trait FromGuest: GuestType {
    /// Reads it from exactly [`GuestType::SIZE`] bytes.
    fn decode(bytes: &[u8]) -> Self;
}

/// Something that a guest gets.
pub(crate) trait ToGuest: GuestType {
    /// Writes it to exactly [`GuestType::SIZE`] bytes.
    fn encode(&self, bytes: &mut [u8]);
}

/// Writes a field of a structure.
pub(crate) fn put<const N: usize>(bytes: &mut [u8], offset: usize, value: [u8; N]) {
    if let Some(field) = bytes.get_mut(offset..).and_then(|rest| rest.first_chunk_mut::<N>()) {
        *field = value;
    }
}

/// Reads a field of a structure.
pub(crate) fn take<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    bytes.get(offset..).and_then(|rest| rest.first_chunk::<N>()).copied().unwrap_or([0; N])
}

macro_rules! integers {
    ($($int:ident)*) => {$(
        impl GuestType for $int {
            const SIZE: usize = size_of::<$int>();
        }
        impl FromGuest for $int {
            fn decode(bytes: &[u8]) -> Self {
                $int::from_le_bytes(take(bytes, 0))
            }
        }
        impl ToGuest for $int {
            fn encode(&self, bytes: &mut [u8]) {
                put(bytes, 0, self.to_le_bytes());
            }
        }
    )*};
}
integers!(u8 u16 u32 u64);

/// An alleged pointer to a `T`, or to the first of several.
pub(crate) struct Ptr<T> {
    address: u32,
    target: PhantomData<fn() -> T>,
}

impl<T> Clone for Ptr<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Ptr<T> {}

impl<T> From<u32> for Ptr<T> {
    fn from(address: u32) -> Self {
        Ptr { address, target: PhantomData }
    }
}

impl<T: GuestType> Ptr<T> {
    /// The pointer to element `index` of an array.
    pub(crate) fn element(self, index: u64) -> Result<Ptr<T>, Errno> {
        let offset = index.checked_mul(T::SIZE as u64).ok_or(Errno::Fault)?;
        let address = u64::from(self.address).checked_add(offset).and_then(|address| u32::try_from(address).ok());
        Ok(Ptr::from(address.ok_or(Errno::Fault)?))
    }
}

impl<T> GuestType for Ptr<T> {
    const SIZE: usize = 4;
}

impl<T> FromGuest for Ptr<T> {
    fn decode(bytes: &[u8]) -> Self {
        Ptr::from(u32::decode(bytes))
    }
}

impl<T> ToGuest for Ptr<T> {
    fn encode(&self, bytes: &mut [u8]) {
        self.address.encode(bytes);
    }
}

/// One buffer of a scattered read or a gathered write, alleged.
#[derive(Clone, Copy)]
pub(crate) struct Iovec {
    buffer: Ptr<u8>,
    len: u32,
}

impl GuestType for Iovec {
    const SIZE: usize = 8;
}

impl FromGuest for Iovec {
    fn decode(bytes: &[u8]) -> Self {
        Iovec { buffer: Ptr::from(u32::from_le_bytes(take(bytes, 0))), len: u32::from_le_bytes(take(bytes, 4)) }
    }
}

/// Where a `T` stands, proven to lie inside the memory it was checked against. A memory cannot
/// shrink, so it stays proven.
pub(crate) struct Place<T> {
    start: usize,
    target: PhantomData<fn() -> T>,
}

/// The memory of the instance that calls, for the time of one call.
pub(crate) struct GuestMemory<'a> {
    bytes: &'a mut [u8],
}

impl<'a> GuestMemory<'a> {
    /// The memory with these bytes.
    pub(crate) fn new(bytes: &'a mut [u8]) -> Self {
        GuestMemory { bytes }
    }

    /// Every check of a guest pointer is this one.
    fn range(&self, address: u32, len: u64) -> Result<Range<usize>, Errno> {
        let end = u64::from(address).checked_add(len).ok_or(Errno::Fault)?;
        if end > self.bytes.len() as u64 {
            return Err(Errno::Fault);
        }
        Ok(address as usize..end as usize)
    }

    fn array_range<T: GuestType>(&self, ptr: Ptr<T>, count: u32) -> Result<Range<usize>, Errno> {
        self.range(ptr.address, u64::from(count) * T::SIZE as u64)
    }

    /// Where a result goes. Functions ask for it before they do anything that cannot be undone.
    pub(crate) fn place<T: GuestType>(&self, ptr: Ptr<T>) -> Result<Place<T>, Errno> {
        Ok(Place { start: self.array_range(ptr, 1)?.start, target: PhantomData })
    }

    /// Writes a result.
    pub(crate) fn set<T: ToGuest>(&mut self, place: Place<T>, value: T) {
        if let Some(bytes) = self.bytes.get_mut(place.start..place.start + T::SIZE) {
            value.encode(bytes);
        }
    }

    /// Checks a pointer and writes a result.
    pub(crate) fn write<T: ToGuest>(&mut self, ptr: Ptr<T>, value: T) -> Result<(), Errno> {
        let place = self.place(ptr)?;
        self.set(place, value);
        Ok(())
    }

    /// The elements of an array.
    pub(crate) fn array<T: FromGuest>(&self, ptr: Ptr<T>, count: u32) -> Result<impl Iterator<Item = T>, Errno> {
        let range = self.array_range(ptr, count)?;
        Ok(self.bytes[range].chunks_exact(T::SIZE).map(T::decode))
    }

    /// Checks that there is room for an array.
    pub(crate) fn check_array<T: GuestType>(&self, ptr: Ptr<T>, count: u32) -> Result<(), Errno> {
        self.array_range(ptr, count).map(|_| ())
    }

    /// Bytes to read.
    pub(crate) fn slice(&self, ptr: Ptr<u8>, len: u32) -> Result<&[u8], Errno> {
        let range = self.array_range(ptr, len)?;
        Ok(&self.bytes[range])
    }

    /// Bytes to write.
    pub(crate) fn slice_mut(&mut self, ptr: Ptr<u8>, len: u32) -> Result<&mut [u8], Errno> {
        let range = self.array_range(ptr, len)?;
        Ok(&mut self.bytes[range])
    }

    /// The buffers that are not empty, within the limits of one transfer.
    fn buffers(&self, iovecs: Ptr<Iovec>, count: u32) -> Result<Vec<Range<usize>>, Errno> {
        let mut ranges = Vec::with_capacity(MAX_IOVECS.min(count as usize));
        let mut left = MAX_TRANSFER_BYTES;
        for iovec in self.array(iovecs, count)? {
            let range = self.range(iovec.buffer.address, u64::from(iovec.len))?;
            let len = range.len().min(left);
            if len > 0 && ranges.len() < MAX_IOVECS {
                ranges.push(range.start..range.start + len);
                left -= len;
            }
        }
        Ok(ranges)
    }

    /// The buffers of a gathered write, in place.
    pub(crate) fn gather(&self, iovecs: Ptr<Iovec>, count: u32) -> Result<Vec<IoSlice<'_>>, Errno> {
        let ranges = self.buffers(iovecs, count)?;
        Ok(ranges.into_iter().map(|range| IoSlice::new(&self.bytes[range])).collect())
    }

    /// The buffers of a scattered read, in place. Where they overlap, only the first is used: reads
    /// may always give less than was asked for.
    pub(crate) fn scatter(&mut self, iovecs: Ptr<Iovec>, count: u32) -> Result<Vec<IoSliceMut<'_>>, Errno> {
        let ranges = self.buffers(iovecs, count)?;
        let mut by_address: Vec<usize> = (0..ranges.len()).collect();
        by_address.sort_unstable_by_key(|index| ranges[*index].start);
        let disjoint = by_address.windows(2).all(|pair| ranges[pair[0]].end <= ranges[pair[1]].start);
        if !disjoint {
            let first = ranges.first().cloned().unwrap_or(0..0);
            return Ok(vec![IoSliceMut::new(&mut self.bytes[first])]);
        }
        let mut slices: Vec<(usize, &mut [u8])> = Vec::with_capacity(ranges.len());
        let (mut rest, mut base) = (&mut *self.bytes, 0);
        for index in by_address {
            let Range { start, end } = ranges[index].clone();
            let (slice, after) = rest.split_at_mut(start - base).1.split_at_mut(end - start);
            slices.push((index, slice));
            (rest, base) = (after, end);
        }
        slices.sort_unstable_by_key(|(index, _)| *index);
        Ok(slices.into_iter().map(|(_, slice)| IoSliceMut::new(slice)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iovecs(bytes: &mut [u8], at: usize, list: &[(u32, u32)]) {
        for (index, (address, len)) in list.iter().enumerate() {
            put(bytes, at + index * 8, address.to_le_bytes());
            put(bytes, at + index * 8 + 4, len.to_le_bytes());
        }
    }

    #[test]
    fn pointers_are_checked_to_the_byte() {
        let mut bytes = vec![0; 64];
        let mut memory = GuestMemory::new(&mut bytes);
        assert!(memory.write(Ptr::from(60), 7u32).is_ok());
        assert_eq!(memory.write(Ptr::from(61), 7u32), Err(Errno::Fault));
        assert_eq!(memory.write(Ptr::from(u32::MAX), 7u64), Err(Errno::Fault));
        assert!(memory.slice(Ptr::from(64), 0).is_ok());
        assert!(memory.slice(Ptr::from(65), 0).is_err());
        assert!(memory.slice(Ptr::from(1), u32::MAX).is_err());
        assert!(memory.array::<u64>(Ptr::from(0), 8).is_ok());
        assert!(memory.array::<u64>(Ptr::from(0), u32::MAX).is_err());
        assert!(Ptr::<u64>::from(8).element(u64::from(u32::MAX)).is_err());
        assert!(memory.array::<u32>(Ptr::from(60), 1).is_ok_and(|mut items| items.next() == Some(7)));
    }

    #[test]
    fn scattered_buffers_keep_their_order() {
        let mut bytes = vec![0; 128];
        iovecs(&mut bytes, 0, &[(100, 4), (64, 0), (40, 8), (108, 2)]);
        let mut memory = GuestMemory::new(&mut bytes);
        let lengths = |slices: &[IoSliceMut<'_>]| slices.iter().map(|slice| slice.len()).collect::<Vec<_>>();
        assert_eq!(memory.scatter(Ptr::from(0), 4).map(|slices| lengths(&slices)), Ok(vec![4, 8, 2]));
        iovecs(memory.bytes, 0, &[(100, 4), (103, 4)]);
        assert_eq!(memory.scatter(Ptr::from(0), 2).map(|slices| lengths(&slices)), Ok(vec![4]));
        iovecs(memory.bytes, 0, &[(100, 4), (124, 5)]);
        assert!(memory.scatter(Ptr::from(0), 2).is_err());
        assert!(memory.gather(Ptr::from(0), u32::MAX).is_err());
    }
}
