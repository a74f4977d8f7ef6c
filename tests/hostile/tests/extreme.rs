//! Modules that were made to cost much: compiled or refused in good time, and within memory in proportion to their size.

use hostile::{Cost, Verdict, compile, extreme};

#[test]
fn extreme_modules_cost_in_proportion() {
    let mut over = Vec::new();
    for (name, wasm) in extreme::modules() {
        let (verdict, cost) = compile(&wasm);
        let verdict = match verdict {
            Verdict::Accepted { .. } => "compiled".to_owned(),
            Verdict::Refused(cause) => cause,
        };
        println!(
            "{name:45} {:8} bytes {:8.3} s {:6} MiB  {verdict}",
            wasm.len(),
            cost.time.as_secs_f64(),
            cost.memory_bytes >> 20
        );
        if !cost.is_within(Cost::allowed(wasm.len())) {
            over.push(name);
        }
    }
    assert!(over.is_empty(), "these took more than they may: {over:?}");
}
