//! Generated sets of modules: graphs of imports with diamonds and circles of functions, shared globals
//! and memories, held against a model of the linking rules written here in Rust. The same seeds give
//! the same sets; a failure names its seed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use iwasm::{Engine, Error, Linker, Store, Val};
use tests::artifact::{self, Builder};
use wamrc::Options;

/// A linear congruential generator (Knuth's MMIX constants): enough to vary shapes.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % limit
    }
}

/// What is wrong with one import, on purpose.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    NoModule,
    NoExport,
    WrongType,
}

/// One import of a module: all import functions, some a global and a memory besides.
struct Edge {
    to: usize,
    fault: Option<Fault>,
    shares_state: bool,
}

struct Node {
    edges: Vec<Edge>,
    factor: i32,
    constant: i32,
}

/// Module 0 is the main module.
struct Set {
    nodes: Vec<Node>,
}

impl Set {
    /// Functions may be imported from any module, itself too; state only from later ones, so that
    /// there is an order in which it exists.
    fn generate(seed: u64, with_faults: bool) -> Set {
        let mut random = Random(seed);
        let count = 2 + random.below(7);
        let mut nodes = Vec::new();
        for index in 0..count {
            let mut edges: Vec<Edge> = Vec::new();
            for _ in 0..random.below(4) + usize::from(index == 0) {
                let to = random.below(count);
                if edges.iter().any(|edge| edge.to == to) {
                    continue;
                }
                let fault = match random.below(5) {
                    0 if with_faults => Some([Fault::NoModule, Fault::NoExport, Fault::WrongType][random.below(3)]),
                    _ => None,
                };
                edges.push(Edge { to, fault, shares_state: to > index && random.below(2) == 0 });
            }
            nodes.push(Node { edges, factor: random.below(7) as i32 - 3, constant: random.below(100) as i32 });
        }
        Set { nodes }
    }

    /// `f(fuel, x)` counts its calls in `n`, and the last `x` at byte 0; with fuel left it calls every
    /// import in turn, adding up; where it shares state it also adds 2 to the other's count and adds
    /// the byte the other keeps.
    fn text(&self, index: usize) -> String {
        let node = &self.nodes[index];
        let mut text = String::from("(module (import \"test\" \"log\" (func $log (param i32)))");
        for (number, edge) in node.edges.iter().enumerate() {
            let module = match edge.fault {
                Some(Fault::NoModule) => format!("absent{}", edge.to),
                _ => format!("m{}", edge.to),
            };
            let field = if edge.fault == Some(Fault::NoExport) { "absent" } else { "f" };
            let results = if edge.fault == Some(Fault::WrongType) { "i64" } else { "i32" };
            let _ =
                write!(text, "(import \"{module}\" \"{field}\" (func $d{number} (param i32 i32) (result {results})))");
            if edge.shares_state {
                let _ = write!(text, "(import \"m{}\" \"n\" (global $n{number} (mut i32)))", edge.to);
                let _ = write!(text, "(import \"m{}\" \"m\" (memory $m{number} 1))", edge.to);
            }
        }
        let _ = write!(
            text,
            "(memory $m (export \"m\") 1) (global $n (export \"n\") (mut i32) (i32.const 0))
            (func $start (call $log (i32.const {index}))) (start $start)
            (func (export \"f\") (param i32 i32) (result i32)
                (global.set $n (i32.add (global.get $n) (i32.const 1)))
                (i32.store8 $m (i32.const 0) (local.get 1))
                (if (i32.eqz (local.get 0)) (then (return (i32.add (local.get 1) (i32.const {})))))
                (local.set 1 (i32.add (i32.mul (local.get 1) (i32.const {})) (i32.const {})))",
            node.constant, node.factor, node.constant
        );
        for (number, edge) in node.edges.iter().enumerate() {
            let call = format!("(call $d{number} (i32.sub (local.get 0) (i32.const 1)) (local.get 1))");
            let call = if edge.fault == Some(Fault::WrongType) { format!("(i32.wrap_i64 {call})") } else { call };
            let _ = write!(text, "(local.set 1 (i32.add (local.get 1) {call}))");
            if edge.shares_state {
                let _ = write!(
                    text,
                    "(global.set $n{number} (i32.add (global.get $n{number}) (i32.const 2)))
                    (local.set 1 (i32.add (local.get 1) (i32.load8_u $m{number} (i32.const 0))))"
                );
            }
        }
        text.push_str("(local.get 1)))");
        text
    }

    /// Modules in the order in which they start: dependencies first, in the order of imports; in a
    /// circle, the one reached first is last.
    fn start_order(&self) -> Vec<usize> {
        fn visit(set: &Set, index: usize, seen: &mut BTreeSet<usize>, order: &mut Vec<usize>) {
            if seen.insert(index) {
                for edge in &set.nodes[index].edges {
                    visit(set, edge.to, seen, order);
                }
                order.push(index);
            }
        }
        let (mut seen, mut order) = (BTreeSet::new(), Vec::new());
        visit(self, 0, &mut seen, &mut order);
        order
    }

    /// Faulty imports of modules that main reaches through the imports that name a module there is.
    fn reachable_faults(&self) -> usize {
        let (mut seen, mut open, mut faults) = (BTreeSet::from([0]), vec![0], 0);
        while let Some(index) = open.pop() {
            for edge in &self.nodes[index].edges {
                faults += usize::from(edge.fault.is_some());
                // With its function's import broken, a module is still named by its state's.
                let named = edge.fault != Some(Fault::NoModule) || edge.shares_state;
                if named && seen.insert(edge.to) {
                    open.push(edge.to);
                }
            }
        }
        faults
    }
}

/// What the generated code computes, computed again.
struct Model<'a> {
    set: &'a Set,
    calls: Vec<i32>,
    bytes: Vec<u8>,
}

impl Model<'_> {
    fn call(&mut self, index: usize, fuel: i32, x: i32) -> i32 {
        let node = &self.set.nodes[index];
        self.calls[index] += 1;
        self.bytes[index] = x as u8;
        if fuel == 0 {
            return x.wrapping_add(node.constant);
        }
        let mut x = x.wrapping_mul(node.factor).wrapping_add(node.constant);
        for edge in &node.edges {
            x = x.wrapping_add(self.call(edge.to, fuel - 1, x));
            if edge.shares_state {
                self.calls[edge.to] += 2;
                x = x.wrapping_add(i32::from(self.bytes[edge.to]));
            }
        }
        x
    }
}

type Log = Arc<Mutex<Vec<usize>>>;

/// Compiles a set, and instantiates its main module.
fn instantiate(set: &Set, explicit: bool) -> (Result<iwasm::Instance, Error>, Store<()>, Log) {
    let builder = Builder::new(Options::new().explicit_bounds_checks(explicit).threads(1));
    let engine = Engine::default();
    let mut linker: Linker<()> = Linker::new(&engine);
    let log = Log::default();
    let notes = log.clone();
    linker.func("test", "log", move |value: i32| notes.lock().unwrap().push(value as usize));
    let mut modules = Vec::new();
    for index in 0..set.nodes.len() {
        let text = set.text(index);
        let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let path = builder.write(&format!("m{index}"), &wasm).unwrap();
        let module = artifact::load_file(&engine, &path).unwrap();
        if index > 0 {
            linker.register(&format!("m{index}"), &module).unwrap();
        }
        modules.push(module);
    }
    let mut store = Store::new(&engine, ());
    let outcome = linker.instantiate(&mut store, "m0", &modules[0]);
    (outcome, store, log)
}

#[test]
fn sets_compute_what_the_model_computes() {
    for seed in 0..200 {
        let set = Set::generate(seed, false);
        let (outcome, mut store, log) = instantiate(&set, seed % 4 == 0);
        let main = outcome.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!(*log.lock().unwrap(), set.start_order(), "seed {seed}: order of start functions");
        let mut model = Model { set: &set, calls: vec![0; set.nodes.len()], bytes: vec![0; set.nodes.len()] };
        for fuel in 0..4 {
            let func = main.get_func(&store, "f").unwrap();
            let found = func.call(&mut store, &[Val::I32(fuel), Val::I32(fuel + 5)]).unwrap();
            assert_eq!(found, [Val::I32(model.call(0, fuel, fuel + 5))], "seed {seed}, fuel {fuel}");
        }
        for index in set.start_order() {
            let instance = store.instance(&format!("m{index}")).unwrap();
            let count = instance.get_global(&store, "n").unwrap().get(&store).unwrap();
            assert_eq!(count, Val::I32(model.calls[index]), "seed {seed}: calls of m{index}");
            let byte = instance.get_memory(&store, "m").unwrap().data(&store).unwrap()[0];
            assert_eq!(byte, model.bytes[index], "seed {seed}: memory of m{index}");
        }
    }
}

#[test]
fn sets_with_faults_name_each_of_them_and_run_nothing() {
    let mut faulty = 0;
    for seed in 0..200 {
        let set = Set::generate(seed, true);
        let expected = set.reachable_faults();
        let (outcome, store, log) = instantiate(&set, false);
        match outcome {
            Err(Error::Link(errors)) => {
                assert_eq!(errors.0.len(), expected, "seed {seed}: {errors}");
                assert!(log.lock().unwrap().is_empty(), "seed {seed}: something ran");
                assert_eq!(store.instance_names().count(), 0, "seed {seed}: something was made");
                faulty += 1;
            }
            Err(error) => panic!("seed {seed}: {error}"),
            Ok(_) => assert_eq!(expected, 0, "seed {seed}: it was instantiated"),
        }
    }
    assert!(faulty > 100, "only {faulty} of the sets had faults: is this still a test?");
}
