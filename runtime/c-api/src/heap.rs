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

#[cfg(test)]
mod tests {
    use super::*;

    /// Against a map of who has which sixteen bytes.
    #[test]
    fn blocks_are_apart_and_freed_ones_are_joined() {
        const UNITS: u64 = 64;
        let mut heap = Heap::new(8, UNITS * ALIGNMENT + 8);
        assert_eq!(heap.size(), UNITS * ALIGNMENT);
        let mut owners = [0; UNITS as usize];
        let mut blocks: Vec<(u64, u64, u32)> = Vec::new();
        let units = |start: u64, length: u64| {
            assert_eq!(start % ALIGNMENT, 0);
            ((start / ALIGNMENT - 1) as usize)..((start + length).div_ceil(ALIGNMENT) - 1) as usize
        };
        let mut state = 1u64;
        for owner in 1..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let random = state >> 33;
            if random.is_multiple_of(2) {
                let bytes = (random >> 1) % 150;
                let wanted = units(ALIGNMENT, bytes.max(1)).len();
                let fits = owners.windows(wanted).any(|window| window.iter().all(|owner| *owner == 0));
                let block = heap.allocate(bytes);
                assert_eq!(block.is_some(), fits, "{bytes}");
                let Some(start) = block else { continue };
                assert!(
                    owners[units(start, bytes.max(1))].iter_mut().all(|place| std::mem::replace(place, owner) == 0)
                );
                assert_eq!(heap.size_of(start), Some(bytes.max(1).next_multiple_of(ALIGNMENT)));
                blocks.push((start, bytes.max(1), owner));
            } else if !blocks.is_empty() {
                let (start, bytes, owner) = blocks.swap_remove((random >> 1) as usize % blocks.len());
                assert!(heap.free(start) && !heap.free(start));
                assert!(owners[units(start, bytes)].iter_mut().all(|place| std::mem::take(place) == owner));
            }
            let free = owners.iter().filter(|owner| **owner == 0).count() as u64;
            assert_eq!(heap.free_bytes(), free * ALIGNMENT);
        }
        blocks.drain(..).for_each(|(start, ..)| assert!(heap.free(start)));
        assert_eq!((heap.free_bytes(), heap.allocate(heap.size())), (heap.size(), Some(ALIGNMENT)));
    }
}
