//! Generated sets of modules: that they are what they are meant to be. What they do is compared elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use iwasm_observe::{Event, Outcome};
use tests::generate::{self, Shape, Swarm};
use tests::single::operators;
use wamrc_diff::Engine;
use wamrc_diff::arguments::Numbers;
use wamrc_diff::interpreted::Interpreted;
use wasmparser::{Parser, Payload};

const SETS: u64 = 400;

/// What is seen of many sets.
#[derive(Default, Debug)]
struct Seen {
    shapes: BTreeMap<Shape, u64>,
    spoilt: u64,
    linked: u64,
    refused: BTreeMap<String, u64>,
    returned: u64,
    ended: u64,
    imports: BTreeMap<&'static str, u64>,
    operators: BTreeSet<String>,
    circles: u64,
}

fn look() -> Seen {
    let mut seen = Seen::default();
    for seed in 0..SETS {
        let made = generate::set(seed, Swarm { interpreter: !seed.is_multiple_of(4), vectors: true });
        *seen.shapes.entry(made.shape).or_default() += 1;
        seen.spoilt += u64::from(made.spoilt);
        let names: BTreeSet<&str> = made.modules.iter().map(|member| member.name.as_str()).collect();
        for member in &made.modules {
            seen.operators.extend(operators::count(&member.wasm).into_keys());
            for payload in Parser::new(0).parse_all(&member.wasm) {
                let Ok(Payload::ImportSection(section)) = payload else { continue };
                for import in section.into_imports().flatten().filter(|import| names.contains(import.module)) {
                    let kind = match import.ty {
                        wasmparser::TypeRef::Func(_) | wasmparser::TypeRef::FuncExact(_) => "function",
                        wasmparser::TypeRef::Global(_) => "global",
                        wasmparser::TypeRef::Memory(_) => "memory",
                        wasmparser::TypeRef::Table(_) => "table",
                        wasmparser::TypeRef::Tag(_) => "tag",
                    };
                    *seen.imports.entry(kind).or_default() += 1;
                    seen.circles += u64::from(import.name.starts_with("closing"));
                }
            }
        }
        let spoilt = made.spoilt;
        let (set, plan) = made.plan(3, &mut Numbers(seed));
        let Ok(observation) = Interpreted.observe(&set, &plan) else {
            assert!(seed.is_multiple_of(4), "the interpreter knows what it was asked for");
            seen.linked += 1;
            continue;
        };
        let mut linked = true;
        for event in &observation.events {
            match event {
                Event::NotInstantiated { outcome: Outcome::Refused(refusals), .. } if linked => {
                    linked = false;
                    let first = refusals.first().map(|refusal| format!("{:?}", refusal.reason)).unwrap_or_default();
                    *seen.refused.entry(format!("{first}{}", if spoilt { " (spoilt)" } else { "" })).or_default() += 1;
                }
                Event::Called(Outcome::Returned(_)) => seen.returned += 1,
                Event::Called(_) => seen.ended += 1,
                _ => {}
            }
        }
        seen.linked += u64::from(linked);
    }
    seen
}

#[test]
fn sets_are_of_every_kind() {
    let seen = look();
    let Seen { shapes, spoilt, linked, refused, returned, ended, imports, operators, circles } = &seen;
    println!("{shapes:?}, {spoilt} spoilt, {linked} linked, refused {refused:?}");
    println!("{returned} calls returned, {ended} ended otherwise; imports {imports:?}, {circles} in circles");
    println!("{} operators", operators.len());
    assert_eq!(shapes.len(), 6, "{shapes:?}");
    assert!(*linked > SETS * 8 / 10, "only {linked} of {SETS} sets link");
    assert!(refused.values().sum::<u64>() > SETS / 50, "only {refused:?} are refused");
    assert!(returned > &(ended / 2), "{returned} calls return, {ended} end otherwise");
    for kind in ["function", "global", "memory", "table", "tag"] {
        assert!(imports.get(kind).is_some_and(|count| *count > SETS / 8), "too few imports of a {kind}: {imports:?}");
    }
    assert!(*circles > SETS / 10, "only {circles} imports close a circle");
    assert!(operators.len() > 350, "only {} operators", operators.len());
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for seed in 0..20u64 {
        let swarm = Swarm { interpreter: seed.is_multiple_of(2), vectors: true };
        let (one, other) = (generate::set(seed, swarm), generate::set(seed, swarm));
        let bytes = |made: generate::Made| made.modules.into_iter().map(|member| member.wasm).collect::<Vec<_>>();
        assert_eq!(bytes(one), bytes(other), "seed {seed}");
    }
}
