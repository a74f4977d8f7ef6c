//! What functions are called with: values at the edges of their types, and any others, from a seed.

use aot_format::types::ValType;
use iwasm_observe::Value;
use iwasm_observe::plan::{Plan, Step};

use crate::set::Callable;

/// Numbers at which something is likely to change: signs, widths, the floats' special ones, a page's size.
const EDGES: [u64; 24] = [
    0,
    1,
    2,
    7,
    31,
    32,
    63,
    64,
    255,
    256,
    0x7fff,
    0x8000,
    65_535,
    65_536,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX,
    0x3ff0_0000_0000_0000,
    0x7ff0_0000_0000_0000,
    0x3f80_0000_3f80_0000,
    0x7f80_0000_7f80_0000,
];

/// Numbers from a seed, by SplitMix64 (Steele, Lea and Flood 2014): good enough for this, and the same everywhere.
#[derive(Clone, Debug)]
pub struct Numbers(pub u64);

impl Numbers {
    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `bound`; zero where that is zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number().checked_rem(bound).unwrap_or(0)
    }

    fn word(&mut self) -> u64 {
        let any = self.number();
        match self.below(4) {
            0 | 1 => EDGES[self.below(EDGES.len() as u64) as usize],
            // Small ones of either sign: lengths, indexes, addresses.
            2 => ((any & 0xffff) as i64 - 0x100).cast_unsigned(),
            _ => any,
        }
    }

    /// A value of a type; none where a host has none to give.
    pub fn value(&mut self, ty: ValType) -> Option<Value> {
        let bits = u128::from(self.word());
        Value::from_bits(ty, if ty == ValType::V128 { bits | u128::from(self.word()) << 64 } else { bits })
    }
}

/// Adds to a plan: new instances, so many calls of a function, and a look at what they left. Says how many calls
/// were added: none of functions that nobody outside can call.
pub fn add_calls(plan: &mut Plan, function: usize, callable: &Callable, calls: u64, numbers: &mut Numbers) -> u64 {
    let begin = plan.steps.len();
    plan.steps.push(Step::Instantiate);
    for _ in 0..calls {
        let args: Option<Vec<Value>> = callable.params.iter().map(|ty| numbers.value(*ty)).collect();
        match args {
            Some(args) => plan.steps.push(Step::Call { function, args }),
            None => {
                plan.steps.truncate(begin);
                return 0;
            }
        }
        if callable.params.is_empty() && plan.steps.len() > begin + 3 {
            break;
        }
    }
    let added = (plan.steps.len() - begin - 1) as u64;
    plan.steps.push(Step::Look);
    added
}
