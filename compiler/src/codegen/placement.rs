//! Where in its cache line a function had better start: by where its loops fall, on x86-64.
//!
//! A core fetches and decodes by cache lines, and keeps decoded instructions by them. A loop that touches one line more than
//! it has to may take twice the time, so the same instructions are fast at one address and slow at another. Cranelift
//! aligns functions and leaves the loops in them to luck; nothing can be put before a loop once its code is bound, but
//! all of a function can be shifted.
//!
//! Absent on purpose: the loops of other ISAs, whose effect nobody has measured. Their functions are aligned, as without this.

use std::cmp::Reverse;
use std::ops::Range;

/// Bytes of the lines that code is fetched by.
pub const LINE: u32 = 64;

/// Functions without loops are aligned to this.
const ENTRY: u32 = 16;

/// Longer loops touch so many lines that one more hardly counts.
const MAX_LOOP_BYTES: u32 = 512;

/// Loops in loops count this much more each, up to [`MAX_DEPTH`]: a guess at how often a loop turns.
const TURNS: u64 = 8;
const MAX_DEPTH: u32 = 4;

/// A head that this many branches go back to is an interpreter's, or a state machine's, if it jumps by a table.
const MANY_WAYS_BACK: usize = 4;

/// Loops are looked at up to this number in one function. Finding how deep they are nested compares each with each.
const MAX_LOOPS: usize = 128;

/// The parts of a function that had better touch no more lines than they have to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    regions: Vec<Region>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Region {
    range: Range<u32>,
    weight: u64,
}

impl Placement {
    /// Of a function of so many bytes for x86-64, by what its branches back go back over, and where jump tables begin, in order.
    pub fn of(bytes: usize, mut loops: Vec<Range<u32>>, tables: &[u32]) -> Placement {
        // Of several ways back to one head, the farthest is where the loop ends.
        loops.sort_unstable_by_key(|range| (range.start, Reverse(range.end)));
        let dispatchers: Vec<Range<u32>> = (loops.chunk_by(|a, b| a.start == b.start))
            .filter(|ways_back| ways_back.len() >= MANY_WAYS_BACK)
            .filter_map(|ways_back| dispatcher(tables, ways_back[0].start))
            .take(MAX_LOOPS)
            .collect();
        loops.retain(|range| range.end - range.start <= MAX_LOOP_BYTES);
        loops.dedup_by_key(|range| range.start);
        loops.truncate(MAX_LOOPS);
        let region = |range: &Range<u32>, inner: u32| {
            let holds = |outer: &&Range<u32>| outer.start <= range.start && range.end <= outer.end;
            let depth = loops.iter().filter(holds).count() as u32 + inner;
            Region { range: range.clone(), weight: TURNS.pow(depth.min(MAX_DEPTH)) }
        };
        let mut regions: Vec<Region> = loops.iter().map(|range| region(range, 0)).collect();
        // It is gone through as often as all of the ways back together.
        regions.extend(dispatchers.iter().map(|range| region(range, 1)));
        if (1..=MAX_LOOP_BYTES as usize).contains(&bytes) {
            regions.push(Region { range: 0..bytes as u32, weight: 1 });
        }
        Placement { regions }
    }

    /// The first offset from `offset` on, aligned to `alignment` bytes, at which the loops touch the fewest lines.
    pub fn from(&self, offset: u64, alignment: u32) -> u64 {
        // Without loops, what counts is how much the first fetch brings.
        let alignment =
            if self.regions.iter().any(|region| region.weight > 1) { alignment } else { alignment.max(ENTRY) };
        let alignment = u64::from(alignment);
        let first = offset.next_multiple_of(alignment);
        let candidates = (first..first + u64::from(LINE)).step_by(alignment as usize);
        candidates.min_by_key(|candidate| self.cost((candidate % u64::from(LINE)) as u32)).unwrap_or(first)
    }

    /// What the lines that are touched beyond need cost if the function starts `shift` bytes into a line.
    fn cost(&self, shift: u32) -> u64 {
        let excess = |region: &Region| {
            let needed = (region.range.end - region.range.start).div_ceil(LINE).max(1);
            let touched = (region.range.end + shift).div_ceil(LINE) - (region.range.start + shift) / LINE;
            region.weight * 64 * u64::from(touched - needed) / u64::from(needed)
        };
        self.regions.iter().map(excess).sum()
    }
}

/// The code from the head of a loop to the first jump table behind it, if that is within a line's length.
fn dispatcher(tables: &[u32], head: u32) -> Option<Range<u32>> {
    let table = *tables.get(tables.partition_point(|table| *table <= head))?;
    (table - head <= LINE).then_some(head..table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::set::Set;
    use crate::{Compiler, Options, Target};

    fn of_loops(loops: &[(u32, u32)]) -> Placement {
        Placement::of(600, loops.iter().map(|(start, end)| *start..*end).collect(), &[])
    }

    #[test]
    fn a_loop_that_fits_a_line_is_put_into_one() {
        let placement = of_loops(&[(60, 100)]);
        assert_eq!(placement.regions, [Region { range: 60..100, weight: 8 }]);
        for offset in 0..200 {
            let start = placement.from(offset, 1);
            assert!((offset..offset + 64).contains(&start));
            assert_eq!((start + 60) / 64, (start + 99) / 64, "from {offset}");
        }
    }

    #[test]
    fn alignment_is_kept_and_nothing_is_spent_without_need() {
        let placement = of_loops(&[(60, 100)]);
        assert_eq!(placement.from(4, 16) % 16, 0);
        assert_eq!(placement.from(5, 1), 5, "60 + 5 to 100 + 5 are in one line");
        assert_eq!(Placement::default().from(7, 1), 16);
        assert_eq!(Placement::default().from(7, 32), 32);
    }

    #[test]
    fn inner_loops_count_more_than_outer_ones() {
        // The inner one wants a line of its own; the outer one, of 128 bytes, would touch three lines then.
        let start = of_loops(&[(80, 140), (60, 208)]).from(0, 1);
        assert_eq!((start + 80) / 64, (start + 139) / 64);
    }

    #[test]
    fn a_head_with_two_ways_back_is_one_loop_to_the_farther() {
        assert_eq!(of_loops(&[(10, 40), (10, 70)]).regions, [Region { range: 10..70, weight: 8 }]);
    }

    #[test]
    fn an_interpreter_that_is_too_long_has_its_dispatcher_in_a_line() {
        let ways_back = [100..700, 100..1300, 100..2400, 100..3599];
        let with_table = |loops: &[Range<u32>], table| Placement::of(4000, loops.to_vec(), &[10, table, 1999]);
        let placement = with_table(&ways_back, 160);
        assert_eq!(placement.regions, [Region { range: 100..160, weight: 8 }]);
        let start = placement.from(0, 1);
        assert_eq!((start + 100) / 64, (start + 159) / 64);
        // Too few ways back; a table that is too far, or in front.
        assert_eq!(with_table(&ways_back[1..], 160), Placement::default());
        assert_eq!(with_table(&ways_back, 165), Placement::default());
        assert_eq!(with_table(&ways_back, 100), Placement::default());
        // One that is short enough is a loop as well.
        let short = with_table(&[100..190, 100..300, 100..400, 100..599], 160);
        assert_eq!(short.regions, [Region { range: 100..599, weight: 8 }, Region { range: 100..160, weight: 64 }]);
    }

    #[test]
    fn what_is_too_long_is_no_loop() {
        assert_eq!(of_loops(&[(20, 20 + MAX_LOOP_BYTES)]).regions.len(), 1);
        assert_eq!(of_loops(&[(20, 21 + MAX_LOOP_BYTES)]), Placement::default());
        let alone = Placement::of(5, Vec::new(), &[]);
        assert_eq!(alone.regions, [Region { range: 0..5, weight: 1 }], "the function itself");
        assert_eq!(Placement::of(0, Vec::new(), &[]).from(3, 1), 16);
    }

    /// The loops of compiled functions, of any size before them, are where they should be in the text.
    #[test]
    fn compiled_loops_touch_no_more_lines_than_they_need() {
        let mut wat = String::from("(module (memory 1)");
        for filler in 0..64 {
            let stores = "(i32.store (local.get 0) (local.get 0))".repeat(filler);
            wat += &format!(
                r#"(func (export "f{filler}") (param i32) (result i32) (local i32) {stores}
                (loop (local.set 1 (i32.add (local.get 1) (i32.load (local.get 0))))
                  (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 4)))))
                (local.get 1))"#
            );
        }
        let wasm = wat::parse_str(wat + ")").expect("text that parses");
        let target = Target::resolve(Some("x86_64"), None, &[]).expect("a target");
        let compiler = Compiler::new(Options::new().target(target)).expect("a compiler");
        let set = Set::alone(compiler.parse(&wasm).expect("a module"));
        let code = compiler.generate(&set, &|_| {}).expect("code");
        let (member, of) = &code.members[0];
        let text = &code.text[member.clone()];
        assert_eq!(of.functions.len(), 64);
        for function in &of.functions {
            let code = &text[function.offset as usize..][..function.bytes as usize];
            // `jne rel8`, the last one, which goes back.
            let end =
                2 + code.windows(2).rposition(|bytes| bytes[0] == 0x75 && bytes[1] >= 0x80).expect("a loop") as u32;
            let head = end - (256 - u32::from(code[end as usize - 1]));
            let (first, last) = (function.offset + head, function.offset + end - 1);
            let needed = (end - head).div_ceil(LINE);
            assert_eq!(
                last / LINE - first / LINE + 1,
                needed,
                "{head} to {end} of the function at {}",
                function.offset
            );
        }
    }
}
