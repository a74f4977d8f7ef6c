//! What once went wrong in the runtime, one test each: references that outlive or leave their maker,
//! sets that fail half-way, what is freed and when, and costs that must not grow faster than sets do.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use iwasm::{Artifact, Caller, Error, Func, Instance, Linker, Module, RefType, TableType, Unloaded, Val};
use tests::kit::{COUNTER, Kit, call};

/// Two functions, so that a wrong slot is seen.
const EXPORTER: &str = r#"(module
    (func (export "one") (result i32) (i32.const 1))
    (func (export "two") (result i32) (i32.const 2)))"#;

/// Holds references to what it imports wherever one can stand.
const HOLDER: &str = r#"(module
    (import "exporter" "two" (func $two (result i32)))
    (import "env" "pass" (func $pass (param funcref) (result funcref)))
    (type $f (func (result i32)))
    (table (export "table") 2 funcref)
    (elem (i32.const 0) $two)
    (global (export "global") funcref (ref.func $two))
    (func (export "result") (result funcref) (ref.func $two))
    (func (export "through_the_host") (result i32)
        (table.set (i32.const 1) (call $pass (ref.func $two)))
        (call_indirect (type $f) (i32.const 1))))"#;

#[test]
fn a_reference_to_an_import_is_the_exporters_function() {
    let mut kit = Kit::new();
    kit.linker.func("env", "pass", |func: Option<Func>| func);
    let exporter = kit.module(EXPORTER);
    kit.linker.register("exporter", &exporter).unwrap();
    let mut store = kit.store();
    let holder = kit.main(&mut store, HOLDER).unwrap();
    let two = store.instance("exporter").unwrap().get_func(&store, "two").unwrap();
    let seen = [
        holder.get_table(&store, "table").unwrap().get(&store, 0).unwrap(),
        holder.get_global(&store, "global").unwrap().get(&store).unwrap(),
        call(&mut store, holder, "result", &[]).unwrap()[0],
    ];
    for value in seen {
        assert_eq!(value, Val::FuncRef(Some(two)));
        let Val::FuncRef(Some(func)) = value else { continue };
        assert_eq!(func.call(&mut store, &[]).unwrap(), [Val::I32(2)]);
    }
    assert_eq!(call(&mut store, holder, "through_the_host", &[]).unwrap(), [Val::I32(2)]);
    // The holder goes; the function, which is not its own, stays good.
    assert_eq!(store.unload("main").unwrap(), Unloaded::Freed(vec!["exporter".into(), "main".into()]));
    assert!(matches!(two.call(&mut store, &[]), Err(Error::StaleHandle { .. })));
}

#[test]
fn a_panic_while_a_set_is_initialised_leaves_no_name() {
    let mut kit = Kit::new();
    kit.linker.func("env", "fail", |fail: i32| assert_eq!(fail, 0, "wanted"));
    let dependency = kit.module(
        r#"(module (import "env" "fail" (func $fail (param i32))) (global $fails (mut i32) (i32.const 1))
            (func (export "_initialize") (call $fail (i32.const 1))) (func (export "f")))"#,
    );
    kit.linker.register("dependency", &dependency).unwrap();
    let main = kit.module(r#"(module (import "dependency" "f" (func)))"#);
    let mut store = kit.store();
    let outcome = catch_unwind(AssertUnwindSafe(|| kit.linker.instantiate(&mut store, "main", &main)));
    assert!(outcome.is_err());
    assert_eq!(store.instance_names().collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn an_instance_is_not_linked_to_before_it_is_initialised() {
    let mut kit = Kit::new();
    kit.linker.func("env", "look", |mut caller: Caller<'_, Vec<i32>>| {
        let (mut linker, module) = (Linker::new(&caller_engine(&caller)), late(&caller));
        let alone = linker.instantiate(&mut caller, "x", &module);
        caller.data_mut().push(i32::from(alone.is_err()));
    });
    let dependency = kit.module(
        r#"(module (import "env" "look" (func $look)) (func (export "_initialize") (call $look)) (func (export "f")))"#,
    );
    kit.linker.register("dependency", &dependency).unwrap();
    let mut store = kit.store();
    let main = kit.main(&mut store, r#"(module (import "dependency" "f" (func $f)) (func (export "g") (call $f)))"#);
    assert!(main.is_ok());
    // The second set found no instance of that name, and has no other source for one.
    assert_eq!(store.data(), &[1]);
}

fn caller_engine(caller: &Caller<'_, Vec<i32>>) -> iwasm::Engine {
    caller.instance().unwrap().module(caller).unwrap().engine().clone()
}

/// A module that imports from "dependency".
fn late(caller: &Caller<'_, Vec<i32>>) -> Module {
    let wasm = wat::parse_str(r#"(module (import "dependency" "f" (func)))"#).unwrap();
    let bytes = wamrc::Compiler::new(wamrc::Options::new()).unwrap().compile(&wasm).unwrap();
    // SAFETY: compiled a line ago.
    unsafe { Module::new(&caller_engine(caller), Artifact::from_bytes(bytes).unwrap()).unwrap() }
}

#[test]
fn instances_that_fail_inside_a_host_function_are_freed_after_it() {
    let mut kit = Kit::new();
    let trapping = kit.module(r#"(module (func $start (unreachable)) (start $start))"#);
    kit.linker.func("env", "try", move |mut caller: Caller<'_, Vec<i32>>| {
        assert!(matches!(Instance::new(&mut caller, &trapping, &[]), Err(Error::Trap(_))));
    });
    let mut store = kit.store();
    store.limits_mut().max_instances = 3;
    let wat = r#"(module (import "env" "try" (func $try)) (func (export "run") (call $try)))"#;
    let main = kit.main(&mut store, wat).unwrap();
    for _ in 0..20 {
        call(&mut store, main, "run", &[]).unwrap();
    }
}

#[test]
fn handles_of_instances_are_of_one_store() {
    let mut kit = Kit::new();
    let module = kit.module(COUNTER);
    let (mut first, mut second) = (kit.store(), kit.store());
    let here = Instance::new(&mut first, &module, &[]).unwrap();
    Instance::new(&mut second, &module, &[]).unwrap();
    assert!(matches!(here.module(&second), Err(Error::StaleHandle { .. })));
    assert!(here.func_by_index(&second, 0).is_none());
    assert!(here.exports(&second).is_empty());
    assert!(here.get_export(&second, "next").is_none());
}

#[test]
fn what_a_table_of_the_host_held_can_be_collected() {
    let mut kit = Kit::new();
    let exporter = kit.module(EXPORTER);
    let mut store = kit.store();
    let instance = kit.linker.instantiate(&mut store, "exporter", &exporter).unwrap();
    let func = instance.get_func(&store, "two").unwrap();
    let ty = TableType { element: RefType::FUNCREF, index64: false, min: 1, max: None };
    let table = iwasm::Table::new(&mut store, ty, Val::FuncRef(Some(func))).unwrap();
    assert_eq!(store.unload("exporter").unwrap(), Unloaded::StillUsedBy(vec!["<host>".into()]));
    assert_eq!(func.call(&mut store, &[]).unwrap(), [Val::I32(2)]);
    table.set(&mut store, 0, Val::FuncRef(None)).unwrap();
    assert_eq!(store.collect(), ["exporter"]);
    assert!(matches!(func.call(&mut store, &[]), Err(Error::StaleHandle { .. })));
}

/// Bytes that count when they are given back.
struct Counted(Vec<u8>, Arc<AtomicUsize>);

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_trampoline_in_use_does_not_keep_a_module() {
    let mut kit = Kit::new();
    let wasm = wat::parse_str(
        r#"(module (table (export "table") 1 funcref) (type $f (func (result i32)))
            (func (export "run") (result i32) (call_indirect (type $f) (i32.const 0))))"#,
    );
    let bytes = wamrc::Compiler::new(wamrc::Options::new()).unwrap().compile(&wasm.unwrap()).unwrap();
    let freed = Arc::new(AtomicUsize::new(0));
    let mut store = kit.store();
    let answer = Func::wrap(&mut store, || 42);
    for round in 0..2 {
        let artifact = Artifact::from_buffer(Counted(bytes.clone(), freed.clone())).unwrap();
        // SAFETY: compiled a few lines ago.
        let module = unsafe { Module::new(kit.linker.engine(), artifact).unwrap() };
        let instance = kit.linker.instantiate(&mut store, "m", &module).unwrap();
        drop(module);
        instance.get_table(&store, "table").unwrap().set(&mut store, 0, Val::FuncRef(Some(answer))).unwrap();
        assert_eq!(call(&mut store, instance, "run", &[]).unwrap(), [Val::I32(42)]);
        assert_eq!(store.unload("m").unwrap(), Unloaded::Freed(vec!["m".into()]));
        assert_eq!(freed.load(Ordering::Relaxed), round + 1);
    }
}

#[test]
fn an_initialize_that_is_imported_has_run_already() {
    let mut kit = Kit::new();
    let dependency = kit.module(
        r#"(module (global $runs (mut i32) (i32.const 0)) (func (export "runs") (result i32) (global.get $runs))
            (func (export "_initialize") (global.set $runs (i32.add (global.get $runs) (i32.const 1)))))"#,
    );
    kit.linker.register("dependency", &dependency).unwrap();
    let mut store = kit.store();
    let main = r#"(module (import "dependency" "_initialize" (func $i)) (import "dependency" "runs" (func $r (result i32)))
        (export "_initialize" (func $i)) (export "runs" (func $r)))"#;
    let main = kit.main(&mut store, main).unwrap();
    assert_eq!(call(&mut store, main, "runs", &[]).unwrap(), [Val::I32(1)]);
}

/// A module that imports one function `count` times.
fn importer(count: usize) -> String {
    let import = r#"(import "env" "f" (func))"#;
    format!("(module {})", import.repeat(count))
}

#[test]
fn linking_and_unloading_take_linear_time() {
    let mut kit = Kit::new();
    kit.linker.func("env", "f", || ());
    let module = kit.module(&importer(50_000));
    let mut store = kit.store();
    let start = Instant::now();
    Instance::new(&mut store, &kit.module(&importer(0)), &[]).unwrap();
    kit.linker.instantiate(&mut store, "many", &module).unwrap();
    // Quadratic, this took several seconds.
    assert!(start.elapsed() < Duration::from_secs(2), "50,000 imports: {:?}", start.elapsed());

    let module = kit.module(EXPORTER);
    let mut store = kit.store();
    for index in 0..1_000 {
        kit.linker.instantiate(&mut store, &format!("m{index}"), &module).unwrap();
    }
    let start = Instant::now();
    for index in 0..50 {
        store.unload(&format!("m{index}")).unwrap();
    }
    // Quadratic, this took ten seconds.
    assert!(start.elapsed() < Duration::from_secs(2), "50 unloads of 1,000: {:?}", start.elapsed());
}
