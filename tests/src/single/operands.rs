//! What single operators are called with: values at edges, each with each, and any others.

use aot_format::types::ValType;
use iwasm_observe::Value;
use wamrc_diff::arguments::Numbers;

const I32: [u32; 26] = [
    0,
    1,
    2,
    3,
    7,
    8,
    15,
    16,
    31,
    32,
    33,
    63,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_ff80,
    0xffff_fffe,
    0xffff_ffff,
];

const I64: [u64; 26] = [
    0,
    1,
    2,
    7,
    8,
    31,
    32,
    33,
    63,
    64,
    65,
    0x7f,
    0x80,
    0xff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0x8000_0000_0000_0001,
    0xffff_ffff_8000_0000,
    0xffff_ffff_ffff_ff80,
    0xffff_ffff_ffff_ffff,
];

/// Zeros, ones, halves, the largest and smallest, infinities, NaNs, and where conversions to integers end.
const F32: [u32; 28] = [
    0x0000_0000,
    0x8000_0000,
    0x3f80_0000,
    0xbf80_0000,
    0x3f00_0000,
    0xbf00_0000,
    0x3fc0_0000,
    0x4020_0000,
    0xc020_0000,
    0x0000_0001,
    0x8000_0001,
    0x007f_ffff,
    0x0080_0000,
    0x7f7f_ffff,
    0xff7f_ffff,
    0x7f80_0000,
    0xff80_0000,
    0x7fc0_0000,
    0xffc0_0000,
    0x7fa0_0001,
    0x4b00_0000,
    0x4eff_ffff,
    0x4f00_0000,
    0xcf00_0000,
    0xcf00_0001,
    0x4f80_0000,
    0x5f00_0000,
    0x5f80_0000,
];

const F64: [u64; 30] = [
    0x0000_0000_0000_0000,
    0x8000_0000_0000_0000,
    0x3ff0_0000_0000_0000,
    0xbff0_0000_0000_0000,
    0x3fe0_0000_0000_0000,
    0xbfe0_0000_0000_0000,
    0x3ff8_0000_0000_0000,
    0x4004_0000_0000_0000,
    0x0000_0000_0000_0001,
    0x8000_0000_0000_0001,
    0x000f_ffff_ffff_ffff,
    0x0010_0000_0000_0000,
    0x7fef_ffff_ffff_ffff,
    0xffef_ffff_ffff_ffff,
    0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000,
    0x7ff8_0000_0000_0000,
    0xfff8_0000_0000_0000,
    0x7ff4_0000_0000_0001,
    0x4330_0000_0000_0000,
    0x41df_ffff_ffc0_0000,
    0x41e0_0000_0000_0000,
    0xc1e0_0000_0000_0000,
    0xc1e0_0000_0020_0000,
    0x41f0_0000_0000_0000,
    0x43e0_0000_0000_0000,
    0xc3e0_0000_0000_0000,
    0x43f0_0000_0000_0000,
    0x3690_0000_0000_0000,
    0x47ef_ffff_e000_0000,
];

/// Where accesses of up to 16 bytes begin to leave a page, and what goes wrong when it is extended or added to.
const ADDRESSES: [u64; 26] = [
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    16,
    63,
    0x3ffe,
    0x7ff8,
    65_472,
    65_519,
    65_520,
    65_524,
    65_528,
    65_530,
    65_532,
    65_534,
    65_535,
    65_536,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fff0,
    0xffff_ffff,
    0x1_0000_0000,
];

/// Values at the edges of a type, as bits.
pub fn edges(ty: ValType) -> Vec<u128> {
    match ty {
        ValType::I32 => I32.map(u128::from).to_vec(),
        ValType::I64 => I64.map(u128::from).to_vec(),
        ValType::F32 => F32.map(u128::from).to_vec(),
        ValType::F64 => F64.map(u128::from).to_vec(),
        _ => vectors(),
    }
}

/// Vectors of equal lanes of each width, and of unequal ones.
fn vectors() -> Vec<u128> {
    let words = |word: u64| u128::from(word) << 64 | u128::from(word);
    let mut found = vec![
        0,
        u128::MAX,
        0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100,
        0x8001_7fff_00ff_ff00_0180_7f80_ff7f_0080,
        0x7fff_ffff_8000_0000_ffff_ffff_0000_0001,
        0x8000_0000_0000_0000_7fff_ffff_ffff_ffff,
        0x7fc0_0000_ff80_0000_0000_0001_bf80_0000,
        0x7ff8_0000_0000_0000_c3e0_0000_0000_0000,
    ];
    found.extend([0x80u64, 0x7f, 1].map(|byte| words(byte * 0x0101_0101_0101_0101)));
    found.extend([0x8000u64, 0x7fff, 0xff].map(|half| words(half * 0x0001_0001_0001_0001)));
    found.extend([0x4f00_0000u64, 0xcf00_0000, 0x3fc0_0000].map(|word| words(word << 32 | word)));
    found.extend([0x41df_ffff_ffc0_0000, 0x3fe0_0000_0000_0000].map(words));
    found
}

/// So many tuples of operands: each edge with each if there is room, and any values in what is left; else edges by
/// chance, and a few other values. An address comes first.
pub fn tuples(params: &[ValType], address: bool, limit: usize, numbers: &mut Numbers) -> Vec<Vec<Value>> {
    let edges: Vec<Vec<u128>> = params
        .iter()
        .enumerate()
        .map(|(index, ty)| match (address, index) {
            (true, 0) => ADDRESSES.map(u128::from).to_vec(),
            _ => edges(*ty),
        })
        .collect();
    let all = edges.iter().try_fold(1usize, |product, edges| product.checked_mul(edges.len())).unwrap_or(usize::MAX);
    let pick = |mut number: usize| -> Vec<u128> {
        let digit = |edges: &Vec<u128>| {
            let digit = number % edges.len();
            number /= edges.len();
            edges[digit]
        };
        edges.iter().map(digit).collect()
    };
    let any = |numbers: &mut Numbers| u128::from(numbers.number()) << 64 | u128::from(numbers.number());
    let value = |(ty, bits): (&ValType, u128)| Value::from_bits(*ty, bits).unwrap_or(Value::Null);
    let values = |bits: Vec<u128>| params.iter().zip(bits).map(value).collect::<Vec<Value>>();
    if params.is_empty() {
        return vec![Vec::new(); limit];
    }
    if all <= limit {
        let random: Vec<Vec<Value>> =
            (all..limit).map(|_| values(params.iter().map(|_| any(numbers)).collect())).collect();
        return (0..all).map(|number| values(pick(number))).chain(random).collect();
    }
    (0..limit)
        .map(|_| {
            let mut bits = pick(numbers.below(all as u64) as usize);
            if numbers.below(8) == 0 {
                let index = numbers.below(bits.len() as u64) as usize;
                bits[index] = any(numbers);
            }
            values(bits)
        })
        .collect()
}

/// A vector of small whole numbers instead, as two f64 or as four f32: sums and products of them are exact. Other values
/// stay.
pub fn exact(value: Value, two: bool) -> Value {
    let Value::V128(bits) = value else { return value };
    let whole = |bits: u128| (bits % 2049) as i32 - 1024;
    let lane = |number: u32| match two {
        true => u128::from(f64::from(whole(bits >> (64 * number) & 0xffff)).to_bits()) << (64 * number),
        false => u128::from((whole(bits >> (32 * number) & 0xffff) as f32).to_bits()) << (32 * number),
    };
    Value::V128((0..if two { 2 } else { 4 }).map(lane).sum())
}
