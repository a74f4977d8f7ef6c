//! Two observations → whether they differ, and where first.

use aot_format::abi::TrapCode;
use iwasm_observe::Value;
use iwasm_observe::observation::{Event, Observation, Outcome, Sight, State};

/// Which NaNs are equal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Nans {
    /// Those of the same bits: for code that makes canonical ones.
    Bits,
    /// All of one type.
    Class,
    /// What is found must be the canonical one where the other is any: for code that makes canonical ones, and an
    /// engine that does not.
    Canonical,
}

impl Nans {
    fn equal(self, expected: Value, found: Value) -> bool {
        match self {
            Nans::Bits => expected == found,
            Nans::Class => expected.same_class(found),
            Nans::Canonical => expected.canonical_is(found),
        }
    }
}

/// What came of a comparison.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// No difference.
    Same {
        /// Calls that were compared.
        calls: u64,
    },
    /// No difference up to where one of the two used up its stack, memory or time; the rest says nothing.
    Poisoned {
        /// Calls that were compared.
        calls: u64,
        /// The step that was not.
        step: usize,
    },
    /// They differ.
    Differ(Difference),
}

/// A difference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The step it was seen at.
    pub step: usize,
    /// What differs, where there are several things to be seen.
    pub what: Option<String>,
    /// What the one saw that is believed.
    pub expected: String,
    /// What the other saw.
    pub found: String,
}

/// Compares step by step. Between two instantiations, what comes after a step that used something up is not compared.
pub fn compare(expected: &Observation, found: &Observation, nans: Nans) -> Verdict {
    let mut calls = 0;
    let mut poisoned = None;
    let mut skipping = false;
    let length = expected.events.len().max(found.events.len());
    for step in 0..length {
        let (Some(one), Some(other)) = (expected.events.get(step), found.events.get(step)) else {
            let count = |observation: &Observation| format!("{} steps", observation.events.len());
            let (expected, found) = (count(expected), count(found));
            return Verdict::Differ(Difference { step, what: None, expected, found });
        };
        if is_begin(one) || is_begin(other) {
            skipping = false;
        }
        if skipping {
            continue;
        }
        if is_exhaustion(one) || is_exhaustion(other) {
            poisoned.get_or_insert(step);
            skipping = true;
            continue;
        }
        if let Some((what, expected, found)) = event(one, other, nans) {
            return Verdict::Differ(Difference { step, what, expected, found });
        }
        calls += u64::from(matches!(one, Event::Called(_)));
    }
    match poisoned {
        Some(step) => Verdict::Poisoned { calls, step },
        None => Verdict::Same { calls },
    }
}

fn is_begin(event: &Event) -> bool {
    matches!(event, Event::Instantiated | Event::NotInstantiated { .. })
}

fn is_exhaustion(event: &Event) -> bool {
    match event {
        Event::NotInstantiated { outcome, .. } | Event::Called(outcome) => outcome.is_exhaustion(),
        _ => false,
    }
}

type Unequal = Option<(Option<String>, String, String)>;

fn event(one: &Event, other: &Event, nans: Nans) -> Unequal {
    match (one, other) {
        (Event::Called(one), Event::Called(other)) => outcome(one, other, nans),
        (
            Event::NotInstantiated { module, outcome: one },
            Event::NotInstantiated { module: in_other, outcome: other },
        ) if module == in_other => outcome(one, other, nans),
        (Event::Seen(one), Event::Seen(other)) => sights(one, other, nans),
        (one, other) if one == other => None,
        (one, other) => Some((None, tell(one), tell(other))),
    }
}

fn tell(event: &Event) -> String {
    match event {
        Event::Instantiated => "all modules are instantiated".to_owned(),
        Event::NotInstantiated { module, outcome } => format!("instantiating module {module} of the set {outcome}"),
        Event::Called(outcome) => outcome.to_string(),
        Event::Seen(sights) => format!("{} exports are seen", sights.len()),
        Event::Nothing => "there is nothing of the kind".to_owned(),
    }
}

fn outcome(one: &Outcome, other: &Outcome, nans: Nans) -> Unequal {
    let same = match (one, other) {
        (Outcome::Returned(one), Outcome::Returned(other)) => {
            let equal = |(one, other): (&Value, &Value)| nans.equal(*one, *other);
            one.len() == other.len() && one.iter().zip(other).all(equal)
        }
        // Where, only some can tell.
        (Outcome::Trapped { .. }, Outcome::Trapped { .. }) => same_trap(trap_class(one), trap_class(other)),
        (one, other) => one == other,
    };
    (!same).then(|| (None, one.to_string(), other.to_string()))
}

/// Which is told of an atomic access that is both out of bounds and not aligned, the specification leaves open.
fn same_trap(one: Option<TrapCode>, other: Option<TrapCode>) -> bool {
    const EITHER: [Option<TrapCode>; 2] = [Some(TrapCode::UnalignedAtomic), Some(TrapCode::MemoryOutOfBounds)];
    one == other || (EITHER.contains(&one) && EITHER.contains(&other))
}

/// Traps that no other engine tells apart are one.
fn trap_class(outcome: &Outcome) -> Option<TrapCode> {
    outcome.trap().map(|code| match code {
        TrapCode::UndefinedElement => TrapCode::TableOutOfBounds,
        TrapCode::NullFunctionReference
        | TrapCode::NullExceptionReference
        | TrapCode::NullStructure
        | TrapCode::NullArray
        | TrapCode::NullI31 => TrapCode::NullReference,
        code => code,
    })
}

fn sights(one: &[Sight], other: &[Sight], nans: Nans) -> Unequal {
    // Engines list exports in orders of their own.
    let names = |sights: &[Sight]| {
        let mut names: Vec<String> = sights.iter().map(|sight| sight.name.clone()).collect();
        names.sort();
        names
    };
    for sight in one {
        let Some(counterpart) = other.iter().find(|other| other.name == sight.name) else {
            return Some((Some(sight.name.clone()), sight.state.to_string(), "is not there".to_owned()));
        };
        if !same_state(&sight.state, &counterpart.state, nans) {
            let name = Some(sight.name.clone());
            return Some(match first_difference(&sight.state, &counterpart.state) {
                Some((expected, found)) => (name, expected, found),
                None => (name, sight.state.to_string(), counterpart.state.to_string()),
            });
        }
    }
    (one.len() != other.len()).then(|| (None, names(one).join(", "), names(other).join(", ")))
}

fn same_state(one: &State, other: &State, nans: Nans) -> bool {
    match (one, other) {
        (State::Global(one), State::Global(other)) => nans.equal(*one, *other),
        (
            State::Memory { pages, digest, blurred, .. },
            State::Memory { pages: other_pages, digest: other_digest, blurred: other_blurred, .. },
        ) => {
            let blurred = nans != Nans::Bits && blurred.is_some() && blurred == other_blurred;
            let untold = digest.is_empty() || other_digest.is_empty();
            pages == other_pages && (digest == other_digest || blurred || untold)
        }
        (one, other) => one == other,
    }
}

/// The first bytes that differ, where all of a memory was told.
fn first_difference(one: &State, other: &State) -> Option<(String, String)> {
    let (State::Memory { bytes: Some(one), .. }, State::Memory { bytes: Some(other), .. }) = (one, other) else {
        return None;
    };
    let at = one.iter().zip(other).position(|(one, other)| one != other)?;
    let show = |bytes: &[u8]| {
        let shown: Vec<String> = bytes[at..].iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("{} at {at:#x}", shown.join(" "))
    };
    Some((show(one), show(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(outcome: Outcome) -> Event {
        Event::Called(outcome)
    }

    fn observation(events: &[Event]) -> Observation {
        Observation { events: events.to_vec() }
    }

    #[test]
    fn the_first_difference_counts() {
        let one = called(Outcome::Returned(vec![Value::I32(1)]));
        let two = called(Outcome::Returned(vec![Value::I32(2)]));
        let left = observation(&[Event::Instantiated, one.clone(), one.clone()]);
        let right = observation(&[Event::Instantiated, one.clone(), two]);
        assert_eq!(compare(&left, &left, Nans::Bits), Verdict::Same { calls: 2 });
        let Verdict::Differ(difference) = compare(&left, &right, Nans::Bits) else { panic!("equal") };
        assert_eq!((difference.step, difference.found.as_str()), (2, "returns 0x2:i32"));
        let short = observation(&[Event::Instantiated, one]);
        assert!(matches!(compare(&left, &short, Nans::Bits), Verdict::Differ(_)));
    }

    #[test]
    fn what_is_used_up_poisons_up_to_the_next_instantiation() {
        let one = called(Outcome::Returned(vec![Value::I32(1)]));
        let two = called(Outcome::Returned(vec![Value::I32(2)]));
        let overflow = called(Outcome::Trapped { code: 10, place: None });
        let left = observation(&[Event::Instantiated, overflow.clone(), one.clone(), Event::Instantiated, one.clone()]);
        let right = observation(&[Event::Instantiated, one.clone(), two.clone(), Event::Instantiated, one.clone()]);
        assert_eq!(compare(&left, &right, Nans::Bits), Verdict::Poisoned { calls: 1, step: 1 });
        let wrong = observation(&[Event::Instantiated, one, two.clone(), Event::Instantiated, two]);
        assert!(matches!(compare(&left, &wrong, Nans::Bits), Verdict::Differ(Difference { step: 4, .. })));
    }

    #[test]
    fn traps_differ_by_code_and_nans_by_policy() {
        let trap = |code| called(Outcome::Trapped { code, place: None });
        let differ = |one: &Event, other: &Event, nans| {
            let verdict =
                compare(&observation(std::slice::from_ref(one)), &observation(std::slice::from_ref(other)), nans);
            matches!(verdict, Verdict::Differ(_))
        };
        assert!(differ(&trap(1), &trap(2), Nans::Bits) && !differ(&trap(7), &trap(7), Nans::Bits));
        let nan = |bits| called(Outcome::Returned(vec![Value::F32(bits)]));
        assert!(differ(&nan(0x7fc0_0000), &nan(0xffc0_0000), Nans::Bits));
        assert!(!differ(&nan(0x7fc0_0000), &nan(0xffc0_0000), Nans::Class));
        assert!(differ(&nan(0x7fc0_0000), &nan(0x7f80_0000), Nans::Class));
    }
}
