//! What a set of modules does that a script cannot say: the registry, the reader's answers, unloading,
//! several stores, failed instantiation. The linking rules as such are in `multi_module`, host
//! functions and handles in `host_api`, bytes that are no artifact in `bad_input`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use iwasm::{Artifact, DirReader, Error, Instance, LinkError, LoadError, Module, TrapCode, Unloaded, Val};
use tests::artifact::Builder;
use tests::kit::{COUNTER, Kit, call, link_errors};
use wamrc::Options;

const USES_COUNTER: &str = r#"(module
    (import "counter" "next" (func $next (result i32)))
    (func (export "next") (result i32) (call $next)))"#;

#[test]
fn registered_modules_are_found_by_name() {
    let mut kit = Kit::new();
    let counter = kit.module(COUNTER);
    assert!(kit.linker.find("counter").is_none());
    kit.linker.register("counter", &counter).unwrap();
    assert!(kit.linker.find("counter").unwrap().same(&counter));
    assert_eq!(kit.linker.registered().collect::<Vec<_>>(), ["counter"]);
    let mut store = kit.store();
    let main = kit.main(&mut store, USES_COUNTER).unwrap();
    assert_eq!(call(&mut store, main, "next", &[]).unwrap(), [Val::I32(1)]);
    // The main module was instantiated, not registered.
    assert!(kit.linker.find("main").is_none());
    assert!(kit.linker.unregister("counter").unwrap().same(&counter));
    assert!(kit.linker.find("counter").is_none());
    // The instance lives on.
    assert_eq!(call(&mut store, main, "next", &[]).unwrap(), [Val::I32(2)]);
}

#[test]
fn a_name_is_taken_once_and_some_are_the_hosts() {
    let mut kit = Kit::new();
    let (first, second) = (kit.module(COUNTER), kit.module(COUNTER));
    kit.linker.register("a", &first).unwrap();
    kit.linker.register("a", &first).unwrap();
    for (name, module) in [("a", &second), ("", &first), ("env", &first), ("wasi_snapshot_preview1", &first)] {
        match kit.linker.register(name, module) {
            Err(Error::Name { name: found, .. }) => assert_eq!(found, name),
            other => panic!("{name}: {other:?}"),
        }
    }
    let mut store = kit.store();
    kit.linker.instantiate(&mut store, "a", &first).unwrap();
    let again = kit.linker.instantiate(&mut store, "a", &first);
    assert!(matches!(again, Err(Error::Name { ref name, .. }) if name == "a"), "{again:?}");
}

#[test]
fn a_module_of_another_engine_is_refused() {
    let (mut kit, mut other) = (Kit::new(), Kit::new());
    let foreign = other.module(COUNTER);
    assert!(matches!(kit.linker.register("a", &foreign), Err(Error::OtherEngine { .. })));
    let mut store = kit.store();
    assert!(kit.linker.instantiate(&mut store, "a", &foreign).is_err());
    assert!(Instance::new(&mut store, &foreign, &[]).is_err());
    let own = kit.module(COUNTER);
    let mut foreign_store = other.store();
    assert!(kit.linker.instantiate(&mut foreign_store, "a", &own).is_err());
}

#[test]
fn two_names_of_one_artifact_are_two_instances() {
    let mut kit = Kit::new();
    let counter = kit.module(COUNTER);
    kit.linker.register("a", &counter).unwrap();
    kit.linker.register("b", &counter).unwrap();
    let mut store = kit.store();
    let main = kit.main(
        &mut store,
        r#"(module (import "a" "next" (func $a (result i32))) (import "b" "next" (func $b (result i32)))
            (func (export "run") (result i32 i32 i32) (call $a) (call $a) (call $b)))"#,
    );
    let results = call(&mut store, main.unwrap(), "run", &[]).unwrap();
    assert_eq!(results, [Val::I32(1), Val::I32(2), Val::I32(1)]);
}

#[test]
fn modules_with_and_without_explicit_checks_share_a_memory() {
    const OWNER: &str = r#"(module (memory (export "m") 1 2)
        (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
        (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#;
    const USER: &str = r#"(module (import "owner" "m" (memory 1 2))
        (func (export "poke") (param i32) (i32.store8 (local.get 0) (i32.const 7))))"#;
    for explicit_owner in [false, true] {
        let mut kit = Kit::new();
        let builder = |explicit| Builder::new(Options::new().explicit_bounds_checks(explicit).threads(1));
        kit.builder = builder(explicit_owner);
        let owner = kit.module(OWNER);
        kit.linker.register("owner", &owner).unwrap();
        kit.builder = builder(!explicit_owner);
        let mut store = kit.store();
        let main = kit.main(&mut store, USER).unwrap();
        let out_of_bounds = |outcome: Result<Vec<Val>, Error>| {
            assert_eq!(outcome.unwrap_err().trap().unwrap().code(), TrapCode::MemoryOutOfBounds);
        };
        out_of_bounds(call(&mut store, main, "poke", &[Val::I32(65536)]));
        out_of_bounds(call(&mut store, main, "$owner$peek", &[Val::I32(65536)]));
        assert_eq!(call(&mut store, main, "$owner$grow", &[]).unwrap(), [Val::I32(1)]);
        call(&mut store, main, "poke", &[Val::I32(65536)]).unwrap();
        assert_eq!(call(&mut store, main, "$owner$peek", &[Val::I32(65536)]).unwrap(), [Val::I32(7)]);
        out_of_bounds(call(&mut store, main, "poke", &[Val::I32(-1)]));
        out_of_bounds(call(&mut store, main, "$owner$peek", &[Val::I32(131072)]));
    }
}

#[test]
fn stores_share_modules_but_no_state() {
    let mut kit = Kit::new();
    let counter = kit.module(COUNTER);
    kit.linker.register("counter", &counter).unwrap();
    let (mut one, mut two) = (kit.store(), kit.store());
    let in_one = kit.main(&mut one, USES_COUNTER).unwrap();
    let in_two = kit.main(&mut two, USES_COUNTER).unwrap();
    assert_eq!(call(&mut one, in_one, "next", &[]).unwrap(), [Val::I32(1)]);
    assert_eq!(call(&mut one, in_one, "next", &[]).unwrap(), [Val::I32(2)]);
    assert_eq!(call(&mut two, in_two, "next", &[]).unwrap(), [Val::I32(1)]);
    // A handle of one store means nothing in another.
    let foreign = in_one.get_func(&one, "next").unwrap();
    assert!(matches!(foreign.call(&mut two, &[]), Err(Error::StaleHandle { .. })));
    assert!(in_one.get_func(&two, "next").is_none());
}

#[test]
fn a_second_main_shares_the_dependency_of_the_first() {
    let mut kit = Kit::new();
    let counter = kit.module(COUNTER);
    kit.linker.register("counter", &counter).unwrap();
    let mut store = kit.store();
    let user = kit.module(USES_COUNTER);
    let first = kit.linker.instantiate(&mut store, "first", &user).unwrap();
    let second = kit.linker.instantiate(&mut store, "second", &user).unwrap();
    assert_eq!(call(&mut store, first, "next", &[]).unwrap(), [Val::I32(1)]);
    assert_eq!(call(&mut store, second, "next", &[]).unwrap(), [Val::I32(2)]);
    assert_eq!(store.instance_names().collect::<Vec<_>>(), ["counter", "first", "second"]);
}

#[test]
fn look_up_of_what_is_not_there_finds_nothing() {
    let mut kit = Kit::new();
    let counter = kit.module(COUNTER);
    kit.linker.register("counter", &counter).unwrap();
    let mut store = kit.store();
    let main = kit.main(&mut store, USES_COUNTER).unwrap();
    assert!(store.lookup_func(main, "$counter$next").is_some());
    for name in ["absent", "$counter$absent", "$absent$next", "$counter", "$", "", "$$next", "counter$next"] {
        assert!(store.lookup_func(main, name).is_none(), "{name:?}");
    }
}

#[test]
fn the_reader_is_asked_once_for_each_name() {
    let mut kit = Kit::new();
    let wasm = wat::parse_str(COUNTER).unwrap();
    let counter = kit.builder.compile(&wasm).unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let notes = asked.clone();
    let reader = move |name: &str| {
        notes.lock().unwrap().push(name.to_owned());
        if name == "counter" { Artifact::from_bytes(counter.clone()).map(Some) } else { Ok(None) }
    };
    // SAFETY: the artifact was compiled a moment ago.
    unsafe { kit.linker.set_module_reader(reader) };
    let lacking = r#"(module (import "none" "f" (func)) (import "counter" "next" (func (result i32)))
        (import "none" "g" (func)))"#;
    for _ in 0..2 {
        let mut store = kit.store();
        let errors = link_errors(kit.main(&mut store, lacking));
        assert_eq!(errors.len(), 2);
        assert!(errors.iter().all(|error| matches!(error, LinkError::MissingModule { .. })), "{errors:?}");
    }
    assert_eq!(*asked.lock().unwrap(), ["none", "counter"]);
    // What was read is registered.
    assert!(kit.linker.find("counter").is_some());
}

#[test]
fn a_reader_that_fails_is_named_with_its_importer() {
    let mut kit = Kit::new();
    let reader = |name: &str| -> Result<Option<Artifact>, LoadError> {
        Err(LoadError::Reader { name: name.to_owned(), reason: "the disk is on fire".to_owned() })
    };
    // SAFETY: the reader gives nothing.
    unsafe { kit.linker.set_module_reader(reader) };
    let mut store = kit.store();
    let errors = link_errors(kit.main(&mut store, USES_COUNTER));
    let text = errors[0].to_string();
    assert!(matches!(errors[..], [LinkError::BrokenModule { .. }]), "{errors:?}");
    assert!(text.contains("\"main\"") && text.contains("\"counter\".\"next\"") && text.contains("on fire"), "{text}");
}

#[test]
fn a_wasm_file_where_an_artifact_should_be_is_a_named_error() {
    let mut kit = Kit::new();
    let folder = tempfile::tempdir().unwrap();
    let wasm = wat::parse_str(COUNTER).unwrap();
    std::fs::write(folder.path().join("counter.wasm"), &wasm).unwrap();
    // SAFETY: the folder holds nothing compiled.
    unsafe { kit.linker.set_module_reader(DirReader::new([folder.path()])) };
    let mut store = kit.store();
    let errors = link_errors(kit.main(&mut store, USES_COUNTER));
    let [LinkError::BrokenModule { error: LoadError::NotCompiled { name, path }, .. }] = &errors[..] else {
        panic!("{errors:?}");
    };
    assert_eq!((name.as_str(), path), ("counter", &folder.path().join("counter.wasm")));

    // The same bytes under the artifact's own name.
    std::fs::write(folder.path().join("counter.aot"), &wasm).unwrap();
    let errors = link_errors(kit.main(&mut store, USES_COUNTER));
    let text = errors[0].to_string();
    assert!(matches!(errors[..], [LinkError::BrokenModule { error: LoadError::Format { .. }, .. }]), "{errors:?}");
    assert!(text.contains("counter.aot") && text.contains("WebAssembly module"), "{text}");
}

#[test]
fn folders_are_searched_in_order_and_names_stay_inside_them() {
    let mut kit = Kit::new();
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let value = |value: i32| format!(r#"(module (func (export "f") (result i32) (i32.const {value})))"#);
    for (folder, name, number) in [(&first, "x", 1), (&second, "x", 2), (&second, "y", 3)] {
        let artifact = kit.builder.compile(&wat::parse_str(value(number)).unwrap()).unwrap();
        std::fs::write(folder.path().join(format!("{name}.aot")), artifact).unwrap();
    }
    std::fs::create_dir(first.path().join("inner")).unwrap();
    std::fs::copy(second.path().join("y.aot"), first.path().join("inner/y.aot")).unwrap();
    // SAFETY: the folders hold what was compiled a moment ago.
    unsafe { kit.linker.set_module_reader(DirReader::new([first.path(), second.path()])) };
    let mut store = kit.store();
    let both = r#"(module (import "x" "f" (func $x (result i32))) (import "y" "f" (func $y (result i32)))
        (func (export "both") (result i32 i32) (call $x) (call $y)))"#;
    let main = kit.main(&mut store, both).unwrap();
    assert_eq!(call(&mut store, main, "both", &[]).unwrap(), [Val::I32(1), Val::I32(3)]);
    for name in ["inner/y", "../x", "/x", "inner\\\\y", "x\\00"] {
        let importer = format!(r#"(module (import "{name}" "f" (func (result i32))))"#);
        let errors = link_errors(kit.main(&mut kit.store(), &importer));
        let unusable = LoadError::UnusableName { name: String::new() };
        let same = |error: &LoadError| std::mem::discriminant(error) == std::mem::discriminant(&unusable);
        assert!(matches!(&errors[..], [LinkError::BrokenModule { error, .. }] if same(error)), "{name}: {errors:?}");
    }
}

/// Counts how often a buffer of an artifact is given back: the destroyer of a module reader.
struct Lent {
    bytes: Vec<u8>,
    given_back: Arc<AtomicUsize>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.given_back.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn unloading_frees_what_nothing_uses_and_gives_the_buffer_back() {
    let mut kit = Kit::new();
    let bytes = kit.builder.compile(&wat::parse_str(COUNTER).unwrap()).unwrap();
    let given_back = Arc::new(AtomicUsize::new(0));
    let artifact = Artifact::from_buffer(Lent { bytes, given_back: given_back.clone() }).unwrap();
    // SAFETY: the artifact was compiled a moment ago.
    let counter = unsafe { Module::new(&kit.engine, artifact) }.unwrap();
    kit.linker.register("counter", &counter).unwrap();
    drop(counter);
    let mut store = kit.store();
    let main = kit.main(&mut store, USES_COUNTER).unwrap();
    assert_eq!(call(&mut store, main, "next", &[]).unwrap(), [Val::I32(1)]);

    // In use: it loses its name and stays.
    kit.linker.unregister("counter").unwrap();
    assert_eq!(store.unload("counter").unwrap(), Unloaded::StillUsedBy(vec!["main".to_owned()]));
    assert!(store.instance("counter").is_none());
    assert_eq!(call(&mut store, main, "next", &[]).unwrap(), [Val::I32(2)]);
    assert_eq!(given_back.load(Ordering::SeqCst), 0);

    // Its last user goes, and it with that.
    let Unloaded::Freed(names) = store.unload("main").unwrap() else { panic!("main is still used") };
    assert!(names.contains(&"main".to_owned()), "{names:?}");
    assert_eq!(given_back.load(Ordering::SeqCst), 1);
    assert!(main.get_func(&store, "next").is_none());
    assert!(matches!(store.unload("main"), Err(Error::UnknownModule { ref name }) if name == "main"));

    // The name is free for another module.
    let other = kit.module(r#"(module (func (export "next") (result i32) (i32.const 77)))"#);
    kit.linker.register("counter", &other).unwrap();
    let main = kit.main(&mut store, USES_COUNTER).unwrap();
    assert_eq!(call(&mut store, main, "next", &[]).unwrap(), [Val::I32(77)]);
}

#[test]
fn a_function_reference_keeps_its_instance_alive() {
    let mut kit = Kit::new();
    let owner = kit.module(
        r#"(module (type $f (func (result i32))) (table (export "t") 1 funcref)
            (func (export "call") (result i32) (call_indirect (type $f) (i32.const 0))))"#,
    );
    let mut store = kit.store();
    let owner = kit.linker.instantiate(&mut store, "owner", &owner).unwrap();
    let guest = kit.module(
        r#"(module (import "owner" "t" (table 1 funcref)) (memory 1) (data (i32.const 0) "\2a")
            (func $f (result i32) (i32.load8_u (i32.const 0))) (elem (i32.const 0) func $f))"#,
    );
    kit.linker.instantiate(&mut store, "guest", &guest).unwrap();
    assert_eq!(store.unload("guest").unwrap(), Unloaded::StillUsedBy(vec!["owner".to_owned()]));
    assert_eq!(call(&mut store, owner, "call", &[]).unwrap(), [Val::I32(42)]);
    // Taken out of the table, nothing holds it, and the next unloading sweeps it away.
    let table = owner.get_table(&store, "t").unwrap();
    table.set(&mut store, 0, Val::FuncRef(None)).unwrap();
    let third = kit.module(COUNTER);
    kit.linker.instantiate(&mut store, "third", &third).unwrap();
    store.unload("third").unwrap();
    let error = call(&mut store, owner, "call", &[]).unwrap_err();
    assert_eq!(error.trap().unwrap().code(), TrapCode::UninitializedElement);
}

#[test]
fn unloading_and_loading_again_does_not_grow() {
    let mut kit = Kit::new();
    let memory = kit.module(r#"(module (memory (export "m") 16) (data (i32.const 9) "x"))"#);
    let mut store = kit.store();
    // Far more instances than address space would have room for, were they kept.
    for round in 0..20_000 {
        kit.linker.instantiate(&mut store, "m", &memory).unwrap_or_else(|error| panic!("round {round}: {error}"));
        let freed = store.unload("m").unwrap();
        assert_eq!(freed, Unloaded::Freed(vec!["m".to_owned()]));
    }
}

#[test]
fn a_failed_instantiation_leaves_what_the_specification_says() {
    let mut kit = Kit::new();
    let owner = kit.module(
        r#"(module (memory (export "m") 1) (table (export "t") 2 funcref) (global (export "g") (mut i32) (i32.const 0))
            (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
            (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))"#,
    );
    let mut store = kit.store();
    let owner = kit.linker.instantiate(&mut store, "owner", &owner).unwrap();
    let failing = |start: &str| {
        format!(
            r#"(module (import "owner" "m" (memory 1)) (import "owner" "t" (table 2 funcref))
                (import "owner" "g" (global $g (mut i32)))
                (func $f (result i32) (i32.const 55)) (elem (i32.const 1) func $f)
                (data (i32.const 0) "A") {start})"#
        )
    };
    let outcome = kit.main(&mut store, &failing(r#"(data (i32.const 65536) "B")"#));
    assert_eq!(outcome.unwrap_err().trap().unwrap().code(), TrapCode::MemoryOutOfBounds);
    assert!(store.instance("main").is_none());
    // The first segment was written; the element too, and the function in it still runs.
    assert_eq!(call(&mut store, owner, "peek", &[Val::I32(0)]).unwrap(), [Val::I32(65)]);
    assert_eq!(call(&mut store, owner, "call", &[Val::I32(1)]).unwrap(), [Val::I32(55)]);

    let start = "(func $s (global.set $g (i32.const 9)) (unreachable)) (start $s)";
    let outcome = kit.main(&mut store, &failing(start));
    assert_eq!(outcome.unwrap_err().trap().unwrap().code(), TrapCode::Unreachable);
    let global = owner.get_global(&store, "g").unwrap();
    assert_eq!(global.get(&store).unwrap(), Val::I32(9));
    // The name stayed free.
    kit.main(&mut store, COUNTER).unwrap();
}

#[test]
fn a_module_that_only_passes_on_lives_as_long_as_its_importer() {
    let mut kit = Kit::new();
    let owner = kit.module(r#"(module (memory (export "m") 1))"#);
    let between = kit.module(
        r#"(module (import "owner" "m" (memory 1)) (export "m" (memory 0))
            (global $g (mut i32) (i32.const 0)) (func (export "count") (result i32)
                (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))"#,
    );
    kit.linker.register("owner", &owner).unwrap();
    kit.linker.register("between", &between).unwrap();
    let mut store = kit.store();
    kit.main(&mut store, r#"(module (import "between" "m" (memory 1)))"#).unwrap();
    let count = |store: &mut iwasm::Store<Vec<i32>>| {
        let between = store.instance("between").expect("main imports from it, if only what it passes on");
        call(store, between, "count", &[]).unwrap()
    };
    assert_eq!(count(&mut store), [Val::I32(1)]);
    assert_eq!(store.collect(), Vec::<String>::new());
    assert_eq!(count(&mut store), [Val::I32(2)]);
    // One that names an instance that is there already keeps it, too.
    let late = kit.module(r#"(module (import "between" "m" (memory 1)))"#);
    kit.linker.instantiate(&mut store, "late", &late).unwrap();
    store.unload("main").unwrap();
    assert_eq!(count(&mut store), [Val::I32(3)]);
    assert_eq!(store.unload("between").unwrap(), Unloaded::StillUsedBy(vec!["late".into()]));
    assert_eq!(store.unload("late").unwrap(), Unloaded::Freed(vec!["between".into(), "late".into(), "owner".into()]));
}
