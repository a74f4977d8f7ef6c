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
    /// From the machine code of a function for x86-64.
    pub fn of(code: &[u8]) -> Placement {
        let mut loops: Vec<Range<u32>> = (0..code.len()).filter_map(|end| branch_back(code, end)).collect();
        // Of several ways back to one head, the farthest is where the loop ends.
        loops.sort_unstable_by_key(|range| (range.start, Reverse(range.end)));
        loops.dedup_by_key(|range| range.start);
        loops.truncate(MAX_LOOPS);
        let depth = |inner: &Range<u32>| {
            let holds = |outer: &&Range<u32>| outer.start <= inner.start && inner.end <= outer.end;
            (loops.iter().filter(holds).count() as u32).min(MAX_DEPTH)
        };
        let mut regions: Vec<Region> =
            loops.iter().map(|range| Region { range: range.clone(), weight: TURNS.pow(depth(range)) }).collect();
        if (1..=MAX_LOOP_BYTES as usize).contains(&code.len()) {
            regions.push(Region { range: 0..code.len() as u32, weight: 1 });
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

/// The loop that a `jmp` or `jcc` whose last byte is at `last` goes back over, if there is one and it is short enough.
///
/// Where instructions begin is not known here, so other bytes could be taken for one: it takes two or three of a value, and a
/// displacement of 512 values in four thousand million. What would be placed badly for that would be right all the same.
fn branch_back(code: &[u8], last: usize) -> Option<Range<u32>> {
    let (before, displacement) = code.get(..=last)?.split_last_chunk()?;
    let back = i32::from_le_bytes(*displacement).checked_neg()?;
    let is_branch = matches!(before, [.., 0xe9] | [.., 0x0f, 0x80..=0x8f]);
    if !is_branch || !(1..=MAX_LOOP_BYTES as i32).contains(&back) {
        return None;
    }
    let end = last as u32 + 1;
    Some(end.checked_sub(back as u32)?..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::set::Set;
    use crate::{Compiler, Options, Target};

    /// `bytes` of no matter what, with branches: (where it ends, opcode, target).
    fn code(bytes: usize, branches: &[(u32, &[u8], u32)]) -> Vec<u8> {
        let mut code = vec![0x90; bytes];
        for (end, opcode, target) in branches {
            let place = *end as usize - 4;
            code[place..place + 4].copy_from_slice(&(*target as i32 - *end as i32).to_le_bytes());
            code[place - opcode.len()..place].copy_from_slice(opcode);
        }
        code
    }

    const JUMP: &[u8] = &[0xe9];
    const IF_LESS: &[u8] = &[0x0f, 0x8c];

    #[test]
    fn a_loop_that_fits_a_line_is_put_into_one() {
        let code = code(600, &[(100, IF_LESS, 60)]);
        let placement = Placement::of(&code);
        assert_eq!(placement.regions, [Region { range: 60..100, weight: 8 }]);
        for offset in 0..200 {
            let start = placement.from(offset, 1);
            assert!((offset..offset + 64).contains(&start));
            assert_eq!((start + 60) / 64, (start + 99) / 64, "from {offset}");
        }
    }

    #[test]
    fn alignment_is_kept_and_nothing_is_spent_without_need() {
        let code = code(600, &[(100, IF_LESS, 60)]);
        let placement = Placement::of(&code);
        assert_eq!(placement.from(4, 16) % 16, 0);
        assert_eq!(placement.from(5, 1), 5, "60 + 5 to 100 + 5 are in one line");
        assert_eq!(Placement::default().from(7, 1), 16);
        assert_eq!(Placement::default().from(7, 32), 32);
    }

    #[test]
    fn inner_loops_count_more_than_outer_ones() {
        // The inner one wants a line of its own; the outer one, of 128 bytes, would touch three lines then.
        let code = code(600, &[(140, IF_LESS, 80), (208, JUMP, 80 - 20)]);
        let placement = Placement::of(&code);
        let start = placement.from(0, 1);
        assert_eq!((start + 80) / 64, (start + 139) / 64);
    }

    #[test]
    fn a_head_with_two_ways_back_is_one_loop_to_the_farther() {
        let code = code(600, &[(40, IF_LESS, 10), (70, JUMP, 10)]);
        let placement = Placement::of(&code);
        assert_eq!(placement.regions, [Region { range: 10..70, weight: 8 }]);
    }

    #[test]
    fn what_leaves_behind_the_branch_back_is_not_in_the_loop() {
        let code = code(600, &[(70, JUMP, 300), (65, IF_LESS, 20)]);
        let placement = Placement::of(&code);
        assert_eq!(placement.regions, [Region { range: 20..65, weight: 8 }]);
    }

    #[test]
    fn what_is_no_loop_is_none() {
        // Before the function; forward; too far; something else with such a displacement.
        let far = MAX_LOOP_BYTES + 100;
        let code = code(700, &[(90, JUMP, 95), (far + 1, IF_LESS, 100), (300, &[0x81, 0xc1], 290)]);
        assert_eq!(Placement::of(&code), Placement::default());
        let before = [0xe9, 0xf0, 0xff, 0xff, 0xff];
        assert_eq!(Placement::of(&before).regions, [Region { range: 0..5, weight: 1 }], "the function itself");
        assert_eq!(Placement::of(&[]).from(3, 1), 16);
        for length in 0..8 {
            Placement::of(&vec![0xff; length]);
        }
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
        let mut loops = 0;
        for function in &of.functions {
            let start = function.offset;
            for region in Placement::of(&text[start as usize..][..function.bytes as usize]).regions {
                if region.weight > 1 {
                    loops += 1;
                    let (first, last) = (start + region.range.start, start + region.range.end - 1);
                    let needed = (region.range.end - region.range.start).div_ceil(LINE);
                    assert_eq!(last / LINE - first / LINE + 1, needed, "{region:?} of the function at {start}");
                }
            }
        }
        assert_eq!(loops, 64);
    }
}
