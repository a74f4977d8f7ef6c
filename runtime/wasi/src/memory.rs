//! Guest memory, and the one place where guest pointers become bytes.
//!
//! A [`Ptr`] or [`Buffer`] is an allegation: a number that a guest says is the address of something.
//! Only [`GuestMemory`] turns one into a [`Place`] or a slice, and only if all of it lies inside the
//! memory; anything else is `EFAULT`. No alignment is asked for: everything is read and written
//! bytewise. Sums of addresses and lengths are taken in 64 bits, so none wraps.
//!
//! The bytes of a memory that threads share are never borrowed: they are copied, once, to where nobody else
//! writes, and what counts is what was copied. So a call never sees a pointer change that it has checked.

use std::borrow::Cow;
use std::collections::BinaryHeap;
use std::io::{IoSlice, IoSliceMut};
use std::marker::PhantomData;
use std::ops::Range;

use iwasm::SharedMemory;

use crate::errno::Errno;
use crate::limits::{IOVECS_AT_A_TIME, MAX_IOVECS, MAX_SHARED_TRANSFER_BYTES, MAX_TRANSFER_BYTES};

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
    bytes: Bytes<'a>,
}

enum Bytes<'a> {
    Own(&'a mut [u8]),
    Shared(&'a SharedMemory),
}

/// Bytes of the largest [`GuestType`].
const MAX_GUEST_TYPE: usize = 64;

/// Bytes that are copied at a time to fill a shared memory.
const FILL_BYTES: usize = 4096;

impl<'a> GuestMemory<'a> {
    /// The memory with these bytes.
    pub(crate) fn new(bytes: &'a mut [u8]) -> Self {
        GuestMemory { bytes: Bytes::Own(bytes) }
    }

    /// A memory that other threads use, too.
    pub(crate) fn shared(memory: &'a SharedMemory) -> Self {
        GuestMemory { bytes: Bytes::Shared(memory) }
    }

    fn len(&self) -> u64 {
        match &self.bytes {
            Bytes::Own(bytes) => bytes.len() as u64,
            Bytes::Shared(memory) => memory.data().len() as u64,
        }
    }

    /// Copies bytes out of a range that was checked.
    fn copy_from(&self, start: usize, into: &mut [u8]) {
        match &self.bytes {
            Bytes::Own(bytes) => {
                if let Some(from) = bytes.get(start..start + into.len()) {
                    into.copy_from_slice(from);
                }
            }
            // A memory does not shrink: what was checked holds.
            Bytes::Shared(memory) => memory.read(start as u64, into).unwrap_or_default(),
        }
    }

    /// Copies bytes into a range that was checked.
    fn copy_into(&mut self, start: usize, from: &[u8]) {
        match &mut self.bytes {
            Bytes::Own(bytes) => {
                if let Some(into) = bytes.get_mut(start..start + from.len()) {
                    into.copy_from_slice(from);
                }
            }
            Bytes::Shared(memory) => memory.write(start as u64, from).unwrap_or_default(),
        }
    }

    /// Every check of a guest pointer is this one.
    fn range(&self, address: u32, len: u64) -> Result<Range<usize>, Errno> {
        let end = u64::from(address).checked_add(len).ok_or(Errno::Fault)?;
        if end > self.len() {
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
        let mut buffer = [0; MAX_GUEST_TYPE];
        if let Some(bytes) = buffer.get_mut(..T::SIZE) {
            value.encode(bytes);
            self.copy_into(place.start, bytes);
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
        let start = self.array_range(ptr, count)?.start;
        Ok((0..count as usize).map(move |index| {
            let mut buffer = [0; MAX_GUEST_TYPE];
            match buffer.get_mut(..T::SIZE) {
                Some(bytes) => {
                    self.copy_from(start + index * T::SIZE, bytes);
                    T::decode(bytes)
                }
                None => T::decode(&[]),
            }
        }))
    }

    /// Checks that there is room for an array.
    pub(crate) fn check_array<T: GuestType>(&self, ptr: Ptr<T>, count: u32) -> Result<(), Errno> {
        self.array_range(ptr, count).map(|_| ())
    }

    /// Bytes to read. Of a shared memory they are a copy, so the length should be one that the caller limits.
    pub(crate) fn slice(&self, ptr: Ptr<u8>, len: u32) -> Result<Cow<'_, [u8]>, Errno> {
        let range = self.array_range(ptr, len)?;
        Ok(match &self.bytes {
            Bytes::Own(bytes) => Cow::Borrowed(&bytes[range]),
            Bytes::Shared(_) => {
                let mut copy = vec![0; range.len()];
                self.copy_from(range.start, &mut copy);
                Cow::Owned(copy)
            }
        })
    }

    /// Writes bytes.
    pub(crate) fn write_bytes(&mut self, ptr: Ptr<u8>, bytes: &[u8]) -> Result<(), Errno> {
        let range = self.range(ptr.address, bytes.len() as u64)?;
        self.copy_into(range.start, bytes);
        Ok(())
    }

    /// Has `len` bytes filled, in as many pieces as it takes.
    pub(crate) fn fill(
        &mut self,
        ptr: Ptr<u8>,
        len: u32,
        mut fill: impl FnMut(&mut [u8]) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let range = self.array_range(ptr, len)?;
        if let Bytes::Own(bytes) = &mut self.bytes {
            return fill(&mut bytes[range]);
        }
        let mut buffer = [0; FILL_BYTES];
        for start in range.clone().step_by(FILL_BYTES) {
            if iwasm::is_interrupted() {
                return Err(Errno::Intr);
            }
            let piece = &mut buffer[..FILL_BYTES.min(range.end - start)];
            fill(piece)?;
            self.copy_into(start, piece);
        }
        Ok(())
    }

    /// The buffer of a list that holds one, as most do.
    fn only_buffer(&self, iovecs: Ptr<Iovec>) -> Result<Range<usize>, Errno> {
        let mut list = self.array(iovecs, 1)?;
        let iovec = list.next().ok_or(Errno::Fault)?;
        let range = self.range(iovec.buffer.address, u64::from(iovec.len))?;
        Ok(range.start..range.start + range.len().min(MAX_TRANSFER_BYTES))
    }

    /// The buffers that are not empty, within the limits of one transfer.
    fn buffers(&self, iovecs: Ptr<Iovec>, count: u32) -> Result<Vec<Range<usize>>, Errno> {
        let mut ranges = Vec::with_capacity(MAX_IOVECS.min(count as usize));
        let mut left = MAX_TRANSFER_BYTES;
        for (index, iovec) in self.array(iovecs, count)?.enumerate() {
            // All are checked, however many a guest gives.
            if index % IOVECS_AT_A_TIME == IOVECS_AT_A_TIME - 1 && iwasm::is_interrupted() {
                return Err(Errno::Intr);
            }
            let range = self.range(iovec.buffer.address, u64::from(iovec.len))?;
            let len = range.len().min(left);
            if len > 0 && ranges.len() < MAX_IOVECS {
                ranges.push(range.start..range.start + len);
                left -= len;
            }
        }
        Ok(ranges)
    }

    /// Writes the buffers of a gathered write: in place, or copies of what threads share, up to a limit.
    pub(crate) fn gather<R>(
        &self,
        iovecs: Ptr<Iovec>,
        count: u32,
        write: impl FnOnce(&[IoSlice<'_>]) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        if let (Bytes::Own(bytes), 1) = (&self.bytes, count) {
            return write(&[IoSlice::new(&bytes[self.only_buffer(iovecs)?])]);
        }
        let ranges = self.buffers(iovecs, count)?;
        match &self.bytes {
            Bytes::Own(bytes) => {
                let slices: Vec<IoSlice<'_>> = ranges.into_iter().map(|range| IoSlice::new(&bytes[range])).collect();
                write(&slices)
            }
            Bytes::Shared(_) => {
                let mut copy = vec![0; shared_transfer(&ranges)];
                let mut at = 0;
                for range in ranges {
                    let len = range.len().min(copy.len() - at);
                    self.copy_from(range.start, &mut copy[at..at + len]);
                    at += len;
                }
                let slices = [IoSlice::new(&copy)];
                write(if copy.is_empty() { &[] } else { &slices })
            }
        }
    }

    /// Reads into the buffers of a scattered read: in place, or by way of a copy to what threads share, up to
    /// a limit. Where they overlap, only the first is used: reads may always give less than was asked for.
    pub(crate) fn scatter(
        &mut self,
        iovecs: Ptr<Iovec>,
        count: u32,
        read: impl FnOnce(&mut [IoSliceMut<'_>]) -> Result<usize, Errno>,
    ) -> Result<usize, Errno> {
        let only = (count == 1).then(|| self.only_buffer(iovecs)).transpose()?;
        if let (Bytes::Own(bytes), Some(range)) = (&mut self.bytes, only) {
            return read(&mut [IoSliceMut::new(&mut bytes[range])]);
        }
        let ranges = self.buffers(iovecs, count)?;
        if let Bytes::Own(bytes) = &mut self.bytes {
            return read(&mut disjoint(bytes, &ranges));
        }
        let mut copy = vec![0; shared_transfer(&ranges)];
        let done = read(&mut [IoSliceMut::new(&mut copy)])?;
        let mut rest = copy.get(..done).unwrap_or_default();
        for range in ranges {
            let (now, later) = rest.split_at(range.len().min(rest.len()));
            self.copy_into(range.start, now);
            rest = later;
        }
        Ok(done)
    }
}

/// Bytes that one transfer moves from or to a shared memory.
fn shared_transfer(ranges: &[Range<usize>]) -> usize {
    let all = ranges.iter().fold(0usize, |sum, range| sum.saturating_add(range.len()));
    all.min(MAX_SHARED_TRANSFER_BYTES)
}

/// Buffers at these ranges, or the first alone if they overlap.
fn disjoint<'a>(bytes: &'a mut [u8], ranges: &[Range<usize>]) -> Vec<IoSliceMut<'a>> {
    let by_address: BinaryHeap<_> = ranges.iter().enumerate().map(|(index, range)| (range.start, index)).collect();
    let by_address = by_address.into_sorted_vec();
    if !by_address.windows(2).all(|pair| ranges[pair[0].1].end <= pair[1].0) {
        let first = ranges.first().cloned().unwrap_or(0..0);
        return vec![IoSliceMut::new(&mut bytes[first])];
    }
    let mut slices: Vec<IoSliceMut<'a>> = ranges.iter().map(|_| IoSliceMut::new(&mut [])).collect();
    let (mut rest, mut base) = (bytes, 0);
    for (_, index) in by_address {
        let Range { start, end } = ranges[index].clone();
        let (slice, after) = rest.split_at_mut(start - base).1.split_at_mut(end - start);
        slices[index] = IoSliceMut::new(slice);
        (rest, base) = (after, end);
    }
    slices
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
        let mut lengths = |list: &[(u32, u32)]| {
            iovecs(&mut bytes, 0, list);
            let (mut found, count) = (Vec::new(), list.len() as u32);
            let read = |slices: &mut [IoSliceMut<'_>]| {
                found = slices.iter().map(|slice| slice.len()).collect();
                Ok(0)
            };
            GuestMemory::new(&mut bytes).scatter(Ptr::from(0), count, read).map(|_| found)
        };
        assert_eq!(lengths(&[(100, 4), (64, 0), (40, 8), (108, 2)]), Ok(vec![4, 8, 2]));
        assert_eq!(lengths(&[(100, 4), (103, 4)]), Ok(vec![4]));
        assert!(lengths(&[(100, 4), (124, 5)]).is_err());
        let memory = GuestMemory::new(&mut bytes);
        assert!(memory.gather(Ptr::from(0), u32::MAX, |_| Ok(())).is_err());
    }

    #[test]
    fn a_shared_memory_is_read_and_written_like_any_other() -> Result<(), Box<dyn std::error::Error>> {
        let ty = iwasm::MemoryType { min: 1, max: Some(2), index64: false, shared: true, page_size_log2: 16 };
        let shared = SharedMemory::new(ty)?;
        let mut table = vec![0; 24];
        iovecs(&mut table, 0, &[(100, 4), (0, 0), (90, 6)]);
        shared.write(0, &table)?;
        let mut memory = GuestMemory::shared(&shared);
        let fault = |result: Result<(), Errno>| assert_eq!(result, Err(Errno::Fault));
        fault(memory.write(Ptr::from(65533), 7u32));
        fault(memory.write_bytes(Ptr::from(65530), b"1234567"));
        let read = |slices: &mut [IoSliceMut<'_>]| {
            assert_eq!(slices.len(), 1);
            slices[0].copy_from_slice(b"abcdefghij");
            Ok(7)
        };
        assert_eq!(memory.scatter(Ptr::from(0), 3, read), Ok(7));
        assert_eq!(memory.slice(Ptr::from(88), 20).as_deref(), Ok(&b"\0\0efg\0\0\0\0\0\0\0abcd\0\0\0\0"[..]));
        let written = memory
            .gather(Ptr::from(0), 3, |slices| Ok(slices.iter().flat_map(|slice| slice.to_vec()).collect::<Vec<u8>>()));
        assert_eq!(written, Ok(b"abcdefg\0\0\0".to_vec()));
        let nines = |piece: &mut [u8]| {
            piece.fill(9);
            Ok(())
        };
        assert!(memory.fill(Ptr::from(200), 5000, nines).is_ok());
        assert_eq!(
            memory.slice(Ptr::from(199), 5002).map(|bytes| bytes.iter().map(|b| u32::from(*b)).sum()),
            Ok(45_000)
        );
        assert!(memory.array::<u32>(Ptr::from(200), 1).is_ok_and(|mut items| items.next() == Some(0x0909_0909)));
        shared.grow(1)?;
        assert!(memory.write(Ptr::from(65533), 7u32).is_ok());
        Ok(())
    }
}
