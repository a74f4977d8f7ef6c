//! Random programs in the legacy encoding of exceptions, and in `try_table` for what they call in another
//! module, against a model that knows nothing of handlers and tables (`src/legacy`). What is compared is
//! everything a program notes on its way, and what leaves it uncaught.

use iwasm::{Caller, Error, Func, Instance, Store, Tag, Val};
use tests::kit::Kit;
use tests::legacy::model::{Counts, Outcome, Thrown};
use tests::legacy::{Program, TAGS, generate, model, wat};

/// Programs, each run with every parameter of three bits.
const PROGRAMS: u64 = 2000;
/// Programs that share a pair of modules.
const BATCH: u64 = 100;
const PARAMS: i32 = 8;

/// An instance of `main` with all it needs.
struct Batch {
    store: Store<Vec<i32>>,
    main: Instance,
    tags: Vec<Tag>,
}

impl Batch {
    fn new(programs: &[Program]) -> Batch {
        let mut kit = Kit::new();
        kit.linker.func("host", "log", |mut caller: Caller<'_, Vec<i32>>, number: i32| caller.data_mut().push(number));
        let call = |mut caller: Caller<'_, Vec<i32>>, func: Option<Func>, param: i32| -> Result<(), Error> {
            func.ok_or_else(|| Error::host("null"))?.call(&mut caller, &[Val::I32(param)]).map(drop)
        };
        kit.linker.func("host", "call", call);
        let mut store = kit.store();
        let (main, callees) = wat::modules(programs);
        let mut instance = |name: &str, text: &str| {
            let module = kit.module(text);
            kit.linker.instantiate(&mut store, name, &module).expect("it links")
        };
        let tags = instance("tags", &wat::tags());
        instance("callees", &callees);
        let main = instance("main", &main);
        let tags = (0..TAGS).map(|tag| tags.get_tag(&store, &format!("t{tag}")).expect("a tag")).collect();
        Batch { store, main, tags }
    }

    /// What wasm does.
    fn run(&mut self, program: usize, param: i32) -> Outcome {
        self.store.data_mut().clear();
        let entry = self.main.get_func(&self.store, &wat::entry(program)).expect("an entry");
        let uncaught = match entry.call(&mut self.store, &[Val::I32(param)]) {
            Ok(_) => None,
            Err(Error::Exception(exception)) => {
                let value = |value: &Val| match value {
                    Val::I32(value) => i64::from(*value),
                    Val::I64(value) => *value,
                    other => panic!("an argument {other:?}"),
                };
                let tag = self.tags.iter().position(|tag| *tag == exception.tag()).expect("a known tag");
                Some(Thrown { tag, values: exception.values().iter().map(value).collect() })
            }
            Err(error) => panic!("program {program} of the batch, parameter {param}: {error}"),
        };
        Outcome { log: self.store.data().clone(), uncaught }
    }
}

/// What the programs have shown.
#[derive(Default, Debug)]
struct Seen {
    runs: u64,
    too_long: u64,
    notes: u64,
    uncaught: u64,
    caught: u64,
    delegated: u64,
    rethrown: u64,
}

impl Seen {
    fn add(&mut self, outcome: &Outcome, counts: Counts) {
        self.runs += 1;
        self.notes += outcome.log.len() as u64;
        self.uncaught += u64::from(outcome.uncaught.is_some());
        self.caught += counts.caught;
        self.delegated += counts.delegated;
        self.rethrown += counts.rethrown;
    }
}

#[test]
fn programs_do_what_the_model_says() {
    let mut seen = Seen::default();
    for first in (0..PROGRAMS).step_by(BATCH as usize) {
        let programs: Vec<Program> = (first..first + BATCH).map(generate::program).collect();
        let mut batch = Batch::new(&programs);
        for (index, program) in programs.iter().enumerate() {
            for param in 0..PARAMS {
                let Some((expected, counts)) = model::run(program, param) else {
                    seen.too_long += 1;
                    continue;
                };
                let actual = batch.run(index, param);
                let number = first + index as u64;
                assert_eq!(actual, expected, "program {number}, parameter {param}: {program:#?}");
                seen.add(&expected, counts);
            }
        }
    }
    println!("{seen:?}");
    // Programs that did nothing, or all the same, would show nothing.
    let Seen { runs, too_long, notes, uncaught, caught, delegated, rethrown } = seen;
    assert!(runs >= 15_000 && too_long * 100 < runs && notes > runs * 3, "{seen:?}");
    assert!(uncaught * 10 > runs && uncaught * 10 < runs * 9, "{seen:?}");
    assert!(caught * 3 > runs && delegated * 10 > runs && rethrown * 20 > runs, "{seen:?}");
}
