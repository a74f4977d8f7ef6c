//! A range of addresses that is divided up: first fit, blocks that touch are joined when they are freed. It knows only
//! numbers; what is at the addresses is others' affair.

use std::collections::HashMap;

/// Blocks begin at multiples of this.
const ALIGNMENT: u64 = 16;

/// The range.
#[derive(Debug, Default)]
pub struct Heap {
    size: u64,
    /// Where free blocks begin, and their length, in order. First fit looks them through from the start in any case.
    free: Vec<(u64, u64)>,
    /// Where used blocks begin → their length; as wide as what other tables have by address, which are the same code then.
    used: HashMap<usize, usize>,
    used_bytes: u64,
    most_used: u64,
}

impl Heap {
    /// All of the range is free.
    pub fn new(start: u64, size: u64) -> Heap {
        let first = start.next_multiple_of(ALIGNMENT);
        let size = size.saturating_sub(first - start) / ALIGNMENT * ALIGNMENT;
        let free = if size == 0 { Vec::new() } else { vec![(first, size)] };
        Heap { size, free, ..Heap::default() }
    }

    /// Bytes in all.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Bytes that are free.
    pub fn free_bytes(&self) -> u64 {
        self.size - self.used_bytes
    }

    /// The most bytes that were used at one time.
    pub fn most_used(&self) -> u64 {
        self.most_used
    }

    /// A block of so many bytes.
    pub fn allocate(&mut self, bytes: u64) -> Option<u64> {
        let bytes = bytes.max(1).checked_next_multiple_of(ALIGNMENT)?;
        let place = self.free.iter().position(|(_, length)| *length >= bytes)?;
        let (start, length) = self.free[place];
        if length > bytes {
            self.free[place] = (start + bytes, length - bytes);
        } else {
            self.free.remove(place);
        }
        self.used.insert(start as usize, bytes as usize);
        self.used_bytes += bytes;
        self.most_used = self.most_used.max(self.used_bytes);
        Some(start)
    }

    /// The length of a used block.
    pub fn size_of(&self, start: u64) -> Option<u64> {
        self.used.get(&(start as usize)).map(|length| *length as u64)
    }

    /// Frees a block; false if there is none that begins there.
    pub fn free(&mut self, start: u64) -> bool {
        let Some(length) = self.used.remove(&(start as usize)) else { return false };
        let length = length as u64;
        self.used_bytes -= length;
        let place = self.free.partition_point(|(free, _)| *free < start);
        self.free.insert(place, (start, length));
        self.join(place);
        if place > 0 {
            self.join(place - 1);
        }
        true
    }

    /// Makes one of a free block and the next, if they touch.
    fn join(&mut self, place: usize) {
        if let [(start, length), (next, more), ..] = &mut self.free[place..]
            && *start + *length == *next
        {
            *length += *more;
            self.free.remove(place + 1);
        }
    }
}
