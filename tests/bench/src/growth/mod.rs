//! How cost grows: with the size of a module, the number of modules, instances, functions and imports. Points are
//! evenly spaced on a logarithmic scale, each measured on both sides in turns.

mod counts;
mod instances;
mod sets;
mod size;

use crate::clock::Repeat;
use crate::report::Shown;
use crate::{Bench, Error};

/// Measures all of it.
///
/// # Errors
///
/// When a side cannot compile or load what was generated. Where only the largest points fail, the row says so.
pub fn run(bench: &Bench) -> Result<Vec<Shown>, Error> {
    type Part = fn(&Bench) -> Result<Vec<Shown>, Error>;
    let parts: [(&str, Part); 5] = [
        ("size", size::run),
        ("sets", sets::run),
        ("instances", instances::run),
        ("functions", counts::functions),
        ("imports", counts::imports),
    ];
    let mut shown = Vec::new();
    for (_, part) in parts.iter().filter(|(name, _)| name.contains(&bench.filter)) {
        shown.extend(part(bench)?);
    }
    Ok(shown)
}

/// Rounds of something that may take a microsecond or a minute.
fn rounds(bench: &Bench, most: usize) -> Repeat {
    Repeat::new(1, if bench.quick { most.min(5) } else { most }, if bench.quick { 1.0 } else { 5.0 })
}
