//! A range of addresses that is divided up: first fit, blocks that touch are joined when they are freed. It knows only
//! numbers; what is at the addresses is others' affair.

use std::collections::BTreeMap;

/// Blocks begin at multiples of this.
const ALIGNMENT: u64 = 16;

/// The range.
#[derive(Debug, Default)]
pub struct Heap {
    size: u64,
    /// Where free blocks begin → their length.
    free: BTreeMap<u64, u64>,
    /// Where used blocks begin → their length.
    used: BTreeMap<u64, u64>,
    used_bytes: u64,
    most_used: u64,
}

impl Heap {
    /// All of the range is free.
    pub fn new(start: u64, size: u64) -> Heap {
        let first = start.next_multiple_of(ALIGNMENT);
        let size = size.saturating_sub(first - start) / ALIGNMENT * ALIGNMENT;
        let free = if size == 0 { BTreeMap::new() } else { BTreeMap::from([(first, size)]) };
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
        let (&start, &length) = self.free.iter().find(|(_, length)| **length >= bytes)?;
        self.free.remove(&start);
        if length > bytes {
            self.free.insert(start + bytes, length - bytes);
        }
        self.used.insert(start, bytes);
        self.used_bytes += bytes;
        self.most_used = self.most_used.max(self.used_bytes);
        Some(start)
    }

    /// The length of a used block.
    pub fn size_of(&self, start: u64) -> Option<u64> {
        self.used.get(&start).copied()
    }

    /// Frees a block; false if there is none that begins there.
    pub fn free(&mut self, start: u64) -> bool {
        let Some(mut length) = self.used.remove(&start) else { return false };
        self.used_bytes -= length;
        let mut start = start;
        if let Some(after) = self.free.remove(&(start + length)) {
            length += after;
        }
        if let Some((&before, &its)) = self.free.range(..start).next_back()
            && before + its == start
        {
            start = before;
            length += its;
        }
        self.free.insert(start, length);
        true
    }
}
