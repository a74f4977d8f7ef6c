//! What the host sees of exceptions: uncaught ones as errors, its own thrown into wasm, references, and
//! what they cost in memory. Which handler catches what is in `multi_module/exceptions.wast` and in the
//! specification's tests.

use std::time::Instant;

use iwasm::{
    Caller, Engine, Error, Exception, ExnRef, Func, FuncType, Instance, Linker, Module, Store, Tag, TrapCode, Val,
    ValType,
};
use tests::artifact::Builder;
use wamrc::Options;

struct Kit {
    engine: Engine,
    linker: Linker<()>,
    builder: Builder,
    store: Store<()>,
}

impl Kit {
    fn new() -> Kit {
        let engine = Engine::default();
        let (linker, store) = (Linker::new(&engine), Store::new(&engine, ()));
        Kit { linker, store, engine, builder: Builder::new(Options::new().threads(1).verifier(true)) }
    }

    fn module(&mut self, wat: &str) -> Module {
        let wasm = wat::parse_str(wat).expect("the text is a module");
        self.builder.load(&self.engine, &wasm).expect("the module compiles")
    }

    fn instance(&mut self, name: &str, wat: &str) -> Instance {
        let module = self.module(wat);
        self.linker.instantiate(&mut self.store, name, &module).expect("it links")
    }

    fn call(&mut self, instance: Instance, name: &str, params: &[Val]) -> Result<Vec<Val>, Error> {
        instance.get_func(&self.store, name).expect("an export").call(&mut self.store, params)
    }
}

const THROWER: &str = r#"(module $thrower
    (tag $e (export "e") (param i32 f64))
    (func $inner (param i32) (throw $e (local.get 0) (f64.const 2.5)))
    (func (export "throw") (param i32) (call $inner (local.get 0))))"#;

#[test]
fn an_uncaught_exception_is_an_error_with_tag_values_and_frames() {
    let mut kit = Kit::new();
    let thrower = kit.instance("thrower", THROWER);
    let error = kit.call(thrower, "throw", &[Val::I32(7)]).unwrap_err();
    let exception = error.exception().expect("an exception");
    assert_eq!(Some(exception.tag()), thrower.get_tag(&kit.store, "e"));
    assert_eq!(exception.values(), [Val::I32(7), Val::f64(2.5)]);
    let names: Vec<_> = error.frames().iter().map(|frame| frame.function_name.clone().unwrap_or_default()).collect();
    assert_eq!(names, ["inner", "throw"]);
    assert!(error.frames().iter().all(|frame| frame.wasm_offset.is_some() && frame.module == "thrower"));
    assert_eq!(error.to_string(), "uncaught exception (i32 7, f64 2.5)");
    assert!(format!("{error:#}").contains("thrower!inner"), "{error:#}");
    let ty = exception.tag().ty(&kit.store).unwrap();
    assert_eq!(ty, FuncType { params: vec![ValType::I32, ValType::F64], results: vec![] });
}

/// Calls `f`, and gives what it throws, or that nothing is thrown.
const CATCHER: &str = r#"(module
    (import "host" "e" (tag $e (param i32)))
    (import "host" "f" (func $f (param i32)))
    (func (export "catch") (param i32) (result i32)
        (block $h (result i32)
            (try_table (catch $e $h) (call $f (local.get 0)))
            (i32.const -1)))
    (func (export "catch_all") (param i32) (result i32)
        (block $h
            (try_table (catch_all $h) (call $f (local.get 0)))
            (return (i32.const -1)))
        (i32.const -2))
    (func (export "catch_ref") (param i32) (result exnref)
        (block $h (result i32 exnref)
            (try_table (catch_ref $e $h) (call $f (local.get 0)))
            (unreachable))
        (return)
        (unreachable))
    (func (export "throw_ref") (param exnref) (throw_ref (local.get 0))))"#;

#[derive(Debug, thiserror::Error)]
#[error("the host could not go on")]
struct Wrapped(#[source] Error);

#[test]
fn host_functions_throw_what_wasm_catches() {
    let mut kit = Kit::new();
    let ty = |params| FuncType { params, results: vec![] };
    let tag = Tag::new(&mut kit.store, &ty(vec![ValType::I32]));
    let other = Tag::new(&mut kit.store, &ty(vec![ValType::I64]));
    kit.linker.define("host", "e", tag);
    kit.linker.func("host", "f", move |kind: i32| -> Result<(), Error> {
        match kind {
            0 => Ok(()),
            1 => Err(Exception::new(tag, [Val::I32(11)]).into()),
            2 => Err(Exception::new(other, [Val::I64(1)]).into()),
            3 => Err(Error::host(Wrapped(Exception::new(tag, [Val::I32(33)]).into()))),
            4 => Err(Exception::new(tag, [Val::I64(0)]).into()),
            _ => Err(Error::host("not an exception")),
        }
    });
    let catcher = kit.instance("catcher", CATCHER);
    let mut catch = |name: &str, kind: i32| kit.call(catcher, name, &[Val::I32(kind)]);
    assert_eq!(catch("catch", 0).unwrap(), [Val::I32(-1)]);
    assert_eq!(catch("catch", 1).unwrap(), [Val::I32(11)]);
    assert_eq!(catch("catch_all", 1).unwrap(), [Val::I32(-2)]);
    assert_eq!(catch("catch_all", 2).unwrap(), [Val::I32(-2)]);
    assert_eq!(catch("catch", 3).unwrap(), [Val::I32(33)]);
    let uncaught = catch("catch", 2).unwrap_err();
    assert_eq!(uncaught.exception().map(Exception::tag), Some(other));
    assert_eq!(uncaught.frames().len(), 1);
    // Arguments of other types than the tag's, and errors that are no exceptions, are nobody's to catch.
    assert!(matches!(catch("catch_all", 4), Err(Error::BadValue { .. })));
    assert!(matches!(catch("catch_all", 5), Err(Error::Host(_))));

    let Ok([Val::ExnRef(Some(reference))]) = catch("catch_ref", 1).as_deref().map(|values| [values[0]]) else {
        panic!("a reference")
    };
    for _ in 0..3 {
        let thrown = catch_again(&mut kit, catcher, reference);
        assert_eq!((thrown.tag(), thrown.values()), (tag, &[Val::I32(11)][..]));
    }
    assert_eq!(reference.exception(&kit.store).unwrap().values(), [Val::I32(11)]);
    let strange = Store::new(&kit.engine, ());
    assert!(matches!(reference.exception(&strange), Err(Error::StaleHandle { .. })));
}

fn catch_again(kit: &mut Kit, catcher: Instance, reference: ExnRef) -> Exception {
    let error = kit.call(catcher, "throw_ref", &[Val::ExnRef(Some(reference))]).unwrap_err();
    error.exception().expect("an exception").clone()
}

#[test]
fn instances_of_one_module_have_different_tags() {
    let mut kit = Kit::new();
    let module = kit.module(THROWER);
    let catcher = r#"(module
        (import "one" "e" (tag $one (param i32 f64)))
        (import "two" "e" (tag $two (param i32 f64)))
        (import "two" "throw" (func $throw (param i32)))
        (func (export "which") (result i32)
            (block $1 (result i32 f64)
                (block $2 (result i32 f64)
                    (try_table (catch $one $1) (catch $two $2) (call $throw (i32.const 0)))
                    (unreachable))
                (return (i32.const 2) (drop) (drop)))
            (return (i32.const 1) (drop) (drop))))"#;
    let catcher = catcher.replace("(return (i32.const 2) (drop) (drop))", "(drop) (drop) (return (i32.const 2))");
    let catcher = catcher.replace("(return (i32.const 1) (drop) (drop))", "(drop) (drop) (return (i32.const 1))");
    for name in ["one", "two"] {
        kit.linker.instantiate(&mut kit.store, name, &module).unwrap();
    }
    let main = kit.instance("main", &catcher);
    assert_eq!(kit.call(main, "which", &[]).unwrap(), [Val::I32(2)]);
}

const LOOPS: &str = r#"(module
    (import "thrower" "e" (tag $e (param i32 f64)))
    (import "thrower" "throw" (func $throw (param i32)))
    (import "host" "relay" (func $relay (param funcref)))
    (elem declare func $throw_one)
    (func $throw_one (call $throw (i32.const 1)))
    (func (export "values") (param $n i32) (result i32)
        (local $sum i32)
        (loop $next
            (block $h (result i32 f64)
                (try_table (catch $e $h) (call $throw (local.get $n)))
                (unreachable))
            (drop)
            (local.set $sum (i32.add (local.get $sum)))
            (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
    (func (export "through_host") (param $n i32)
        (loop $next
            (block $h (try_table (catch_all $h) (call $relay (ref.func $throw_one))))
            (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "references") (param $n i32)
        (loop $next
            (block $h (result exnref)
                (try_table (catch_all_ref $h) (call $throw (local.get $n)))
                (unreachable))
            (drop)
            (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (table $held 0 exnref)
    (func $make (param i32) (result exnref)
        (block $h (result exnref)
            (try_table (catch_all_ref $h) (call $throw (local.get 0)))
            (unreachable)))
    (func (export "hold") (param $n i32)
        (loop $next
            (drop (table.grow $held (call $make (local.get $n)) (i32.const 1)))
            (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func $value (param exnref) (result i32)
        (block $h (result i32 f64)
            (try_table (catch $e $h) (throw_ref (local.get 0)))
            (unreachable))
        (drop))
    ;; A reference in each of $n frames, and garbage made below them.
    (func $deep (export "deep") (param $n i32) (param $garbage i32) (result i32)
        (local $mine exnref)
        (local.set $mine (call $make (local.get $n)))
        (if (local.get $n)
            (then (drop (call $deep (i32.sub (local.get $n) (i32.const 1)) (local.get $garbage))))
            (else (loop $next
                (drop (call $make (local.get $garbage)))
                (br_if $next (local.tee $garbage (i32.sub (local.get $garbage) (i32.const 1)))))))
        (if (i32.ne (call $value (local.get $mine)) (local.get $n)) (then (unreachable)))
        (local.get $n)))"#;

/// The same in the legacy encoding, where exceptions are thrown again by a number instead of a reference.
const LEGACY_LOOPS: &str = r#"(module
    (import "thrower" "e" (tag $e (param i32 f64)))
    (import "thrower" "throw" (func $throw (param i32)))
    (func $again (param i32) try (call $throw (local.get 0)) catch $e (drop) (drop) (rethrow 0) end)
    (func $again_all (param i32) try (call $throw (local.get 0)) catch_all (rethrow 0) end)
    LOOPS
    ;; Each of $n frames has caught an exception, and throws it again after garbage was made below it.
    (func $deep (param $n i32) (param $garbage i32)
        try
            (call $throw (local.get $n))
        catch_all
            (if (local.get $n)
                (then
                    try (result i32 f64)
                        (call $deep (i32.sub (local.get $n) (i32.const 1)) (local.get $garbage))
                        (unreachable)
                    catch $e
                    end
                    (drop)
                    (if (i32.ne (i32.add (i32.const 1)) (local.get $n)) (then (unreachable))))
                (else (loop $next
                    try (call $again_all (i32.const -1)) catch_all end
                    (br_if $next (local.tee $garbage (i32.sub (local.get $garbage) (i32.const 1)))))))
            (rethrow 0)
        end)
    (func (export "deep") (param $n i32) (param $garbage i32) (result i32)
        try (result i32 f64)
            (call $deep (local.get $n) (local.get $garbage))
            (unreachable)
        catch $e
        end
        (drop)))"#;

/// One of its loops, which sums up what it catches.
const LEGACY_LOOP: &str = r#"(func (export "NAME") (param $n i32) (result i32)
        (local $sum i32)
        (loop $next
            try
                (call CALLEE (local.get $n))
            catch $e
                (drop)
                (local.set $sum (i32.add (local.get $sum)))
            end
            (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))"#;

/// Names of the loops, and what each calls.
const LEGACY_LOOP_NAMES: [(&str, &str); 3] =
    [("values", "$throw"), ("rethrow", "$again"), ("rethrow_all", "$again_all")];

fn legacy_loops() -> String {
    let of = |(name, callee)| LEGACY_LOOP.replace("NAME", name).replace("CALLEE", callee);
    LEGACY_LOOPS.replace("LOOPS", &LEGACY_LOOP_NAMES.map(of).concat())
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches(" kB").trim().parse().expect("a number")
}

#[test]
fn a_million_throws_take_no_memory() {
    let mut kit = Kit::new();
    kit.linker.func("host", "relay", |mut caller: Caller<'_, ()>, func: Option<Func>| -> Result<(), Error> {
        func.ok_or_else(|| Error::host("null"))?.call(&mut caller, &[]).map(drop)
    });
    kit.instance("thrower", THROWER);
    let loops = kit.instance("main", LOOPS);
    kit.call(loops, "values", &[Val::I32(1000)]).unwrap();
    kit.call(loops, "through_host", &[Val::I32(1000)]).unwrap();
    let before = resident_kib();
    let start = Instant::now();
    let sum = kit.call(loops, "values", &[Val::I32(1_000_000)]).unwrap();
    println!("throw and catch across modules: {} ns", start.elapsed().as_nanos() / 1_000_000);
    assert_eq!(sum, [Val::I32((1_000_000u64 * 1_000_001 / 2) as u32 as i32)]);
    let start = Instant::now();
    kit.call(loops, "through_host", &[Val::I32(100_000)]).unwrap();
    println!("through a host function: {} ns", start.elapsed().as_nanos() / 100_000);
    kit.call(loops, "references", &[Val::I32(1_000_000)]).unwrap();
    let grown = resident_kib().saturating_sub(before);
    // The other tests run beside this one; a million exceptions would be 48 MB.
    println!("grown {grown} KiB");
    assert!(grown < 16 << 10, "{grown} KiB");
}

#[test]
fn a_million_legacy_throws_take_no_memory() {
    let mut kit = Kit::new();
    kit.instance("thrower", THROWER);
    let loops = kit.instance("main", &legacy_loops());
    for (name, _) in LEGACY_LOOP_NAMES {
        kit.call(loops, name, &[Val::I32(1000)]).unwrap();
    }
    let before = resident_kib();
    for (name, _) in LEGACY_LOOP_NAMES {
        let start = Instant::now();
        let sum = kit.call(loops, name, &[Val::I32(1_000_000)]).unwrap();
        println!("legacy, {name}: {} ns", start.elapsed().as_nanos() / 1_000_000);
        assert_eq!(sum, [Val::I32((1_000_000u64 * 1_000_001 / 2) as u32 as i32)]);
    }
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 16 << 10, "{grown} KiB");
}

#[test]
fn references_on_the_stack_survive_collections() {
    let mut kit = Kit::new();
    kit.linker.func("host", "relay", |_: Option<Func>| ());
    kit.instance("thrower", THROWER);
    for (name, text) in [("main", LOOPS), ("legacy", &legacy_loops())] {
        let loops = kit.instance(name, text);
        for _ in 0..3 {
            let result = kit.call(loops, "deep", &[Val::I32(2000), Val::I32(300_000)]).unwrap();
            assert_eq!(result, [Val::I32(2000)]);
        }
    }
}

#[test]
fn references_are_freed_with_the_call_and_bounded_in_it() {
    let mut kit = Kit::new();
    kit.linker.func("host", "relay", |_: Option<Func>| ());
    kit.instance("thrower", THROWER);
    let loops = kit.instance("main", LOOPS);
    kit.store.limits_mut().max_heap_bytes = 64 << 10;
    for _ in 0..20 {
        kit.call(loops, "references", &[Val::I32(1000)]).expect("those of the call before are gone");
    }
    kit.call(loops, "references", &[Val::I32(100_000)]).expect("those that nobody holds are gone");
    let error = kit.call(loops, "hold", &[Val::I32(100_000)]).unwrap_err();
    assert_eq!(error.trap().map(|trap| trap.code()), Some(TrapCode::HeapExhausted));
    let error = kit.call(loops, "values", &[Val::I32(10)]).unwrap_err();
    assert_eq!(error.trap().map(|trap| trap.code()), Some(TrapCode::HeapExhausted), "a table holds what was made");
    kit.store.limits_mut().max_heap_bytes = 1 << 20;
    kit.call(loops, "values", &[Val::I32(100_000)]).expect("there is room again");
}

#[test]
fn a_kept_exception_keeps_the_instance_of_its_tag() {
    let mut kit = Kit::new();
    kit.instance("thrower", THROWER);
    let holder = kit.instance(
        "holder",
        r#"(module
            (table $t (export "t") 1 exnref)
            (func (export "set") (param exnref) (table.set $t (i32.const 0) (local.get 0)))
            (func (export "throw") (throw_ref (table.get $t (i32.const 0)))))"#,
    );
    let maker = kit.instance(
        "maker",
        r#"(module
            (import "thrower" "throw" (func $throw (param i32)))
            (func (export "make") (result exnref)
                (block $h (result exnref)
                    (try_table (catch_all_ref $h) (call $throw (i32.const 5)))
                    (unreachable))))"#,
    );
    let made = kit.call(maker, "make", &[]).unwrap();
    kit.call(holder, "set", &made).unwrap();
    kit.store.unload("maker").unwrap();
    kit.store.unload("thrower").unwrap();
    let error = kit.call(holder, "throw", &[]).unwrap_err();
    assert_eq!(error.exception().map(Exception::values), Some(&[Val::I32(5), Val::f64(2.5)][..]));
}
