//! The collected heap by way of the runtime's API: what references keep alive, limits, memory that stays
//! flat, references in the host's hands, and two real programs that a collection before every object does
//! not change. What objects are between modules is in `multi_module/gc_*.wast`.

use std::time::Instant;

use iwasm::{
    AnyRef, Caller, Config, Engine, Error, Extern, ExternRef, Func, Global, GlobalType, HeapType, Linker, Module,
    RefType, Store, TableType, TrapCode, TypeIndex, Val, ValType,
};
use tests::artifact::Builder;
use tests::paths;
use wamrc::Options;

struct Kit {
    linker: Linker<()>,
    store: Store<()>,
    builder: Builder,
}

impl Kit {
    fn new(gc_stress: bool) -> Kit {
        let engine = Engine::new(&Config { gc_stress, ..Config::default() });
        let linker = Linker::new(&engine);
        let store = Store::new(&engine, ());
        Kit { linker, store, builder: Builder::new(Options::new().threads(1)) }
    }

    fn module(&mut self, wat: &str) -> Module {
        let wasm = wat::parse_str(wat).expect("the text is a module");
        self.builder.load(self.linker.engine(), &wasm).expect("the module compiles")
    }

    fn instance(&mut self, name: &str, wat: &str) -> iwasm::Instance {
        let module = self.module(wat);
        self.linker.instantiate(&mut self.store, name, &module).expect("the module links")
    }

    fn call(&mut self, instance: iwasm::Instance, name: &str, params: &[Val]) -> Result<Vec<Val>, Error> {
        instance.get_func(&self.store, name).expect("an export").call(&mut self.store, params)
    }
}

fn trap(error: &Error) -> Option<TrapCode> {
    error.trap().map(|trap| trap.code())
}

fn any(value: &Val) -> AnyRef {
    match value {
        Val::AnyRef(Some(value)) => *value,
        other => panic!("{other:?} is no reference"),
    }
}

const LISTS: &str = r#"(module
    (type $node (struct (field $n (mut i32)) (field $next (mut (ref null $node)))))
    (type $bytes (array (mut i8)))
    (type $row (array (mut (ref null $node))))
    (global $held (export "held") (mut (ref null $node)) (ref.null $node))
    (func (export "node") (param i32) (result (ref $node)) (struct.new $node (local.get 0) (ref.null $node)))
    (func (export "bytes") (param i32) (result (ref $bytes)) (array.new_default $bytes (local.get 0)))
    (func (export "row") (param i32) (result (ref $row)) (array.new_default $row (local.get 0)))
    (func (export "hold") (param $n i32)
        (loop $next
            (global.set $held (struct.new $node (local.get $n) (global.get $held)))
            (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "drop") (global.set $held (ref.null $node)))
    (func (export "sum") (result i64)
        (local $sum i64) (local $it (ref null $node))
        (local.set $it (global.get $held))
        (block $end
            (loop $next
                (br_if $end (ref.is_null (local.get $it)))
                (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (struct.get $node $n (local.get $it)))))
                (local.set $it (struct.get $node $next (local.get $it)))
                (br $next)))
        (local.get $sum))
    (func (export "garbage") (param $n i32)
        (loop $next
            (drop (struct.new $node (local.get $n) (struct.new $node (i32.const 1) (ref.null $node))))
            (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#;

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches(" kB").trim().parse().expect("a number")
}

#[test]
fn ten_million_objects_take_no_memory() {
    let mut kit = Kit::new(false);
    let lists = kit.instance("lists", LISTS);
    kit.call(lists, "hold", &[Val::I32(1000)]).unwrap();
    kit.call(lists, "garbage", &[Val::I32(100_000)]).unwrap();
    let before = resident_kib();
    let start = Instant::now();
    kit.call(lists, "garbage", &[Val::I32(5_000_000)]).unwrap();
    println!("an object made and freed: {:.2} ns", start.elapsed().as_nanos() as f64 / 1e7);
    let grown = resident_kib().saturating_sub(before);
    // They are 240 MB. The other tests run beside this one.
    assert!(grown < 64 << 10, "{grown} KiB");
    assert!(kit.store.collections() > 100, "{} collections", kit.store.collections());
    assert_eq!(kit.call(lists, "sum", &[]).unwrap(), [Val::I64(500_500)]);
}

#[test]
fn the_heap_has_a_limit_and_can_be_used_after_it_was_reached() {
    for stress in [false, true] {
        let mut kit = Kit::new(stress);
        kit.store.limits_mut().max_heap_bytes = if stress { 24 * 100 } else { 1 << 20 };
        let lists = kit.instance("lists", LISTS);
        let error = kit.call(lists, "hold", &[Val::I32(1_000_000)]).unwrap_err();
        assert_eq!(trap(&error), Some(TrapCode::HeapExhausted));
        let frames = error.trap().expect("a trap").frames();
        assert_eq!(frames[0].function_name.as_deref(), Some("hold"));
        assert!(kit.store.heap_bytes() <= kit.store.limits_mut().max_heap_bytes);
        let error = kit.call(lists, "bytes", &[Val::I32(4000)]).unwrap_err();
        assert_eq!(trap(&error), Some(TrapCode::HeapExhausted), "it is still full");
        kit.call(lists, "drop", &[]).unwrap();
        kit.call(lists, "garbage", &[Val::I32(1000)]).unwrap();
        for length in [i32::MAX, -1, i32::MIN, 1 << 24] {
            for export in ["bytes", "row"] {
                let error = kit.call(lists, export, &[Val::I32(length)]).unwrap_err();
                assert_eq!(trap(&error), Some(TrapCode::HeapExhausted), "{export} {length}");
            }
        }
        kit.store.limits_mut().max_heap_bytes = 8 << 20;
        kit.call(lists, "hold", &[Val::I32(if stress { 200 } else { 200_000 })]).expect("the limit was raised");
    }
}

#[test]
fn a_store_that_makes_no_object_has_no_heap() {
    let mut kit = Kit::new(false);
    let lists = kit.instance("lists", LISTS);
    kit.call(lists, "sum", &[]).unwrap();
    assert_eq!((kit.store.heap_bytes(), kit.store.collections()), (0, 0));
    kit.call(lists, "node", &[Val::I32(1)]).unwrap();
    assert_eq!(kit.store.heap_bytes(), 24);
    // The result is a handle, which keeps it.
    kit.store.collect();
    assert_eq!((kit.store.heap_bytes(), kit.store.collections()), (24, 1));
}

#[test]
fn handles_follow_what_they_refer_to_and_go_stale_with_their_scope() {
    let mut kit = Kit::new(true);
    let lists = kit.instance("lists", LISTS);
    let node = any(&kit.call(lists, "node", &[Val::I32(7)]).unwrap()[0]);
    let inner = kit.store.scoped(|store| {
        let made = lists.get_func(&mut *store, "node").unwrap().call(&mut *store, &[Val::I32(8)]).unwrap();
        node.set(&mut *store, 1, made[0]).unwrap();
        store.collect();
        assert_eq!(any(&made[0]).get(&mut *store, 0).unwrap(), Val::I32(8));
        any(&made[0])
    });
    assert!(matches!(inner.get(&kit.store, 0), Err(Error::BadValue { .. })));
    assert!(matches!(inner.heap_type(&kit.store), Err(Error::StaleHandle { .. })));
    let global = lists.get_global(&kit.store, "held").unwrap();
    assert!(global.set(&mut kit.store, Val::AnyRef(Some(inner))).is_err(), "a stale handle is no value");
    kit.call(lists, "garbage", &[Val::I32(10)]).unwrap();
    let next = any(&node.get(&kit.store, 1).unwrap());
    assert_eq!(next.get(&kit.store, 0).unwrap(), Val::I32(8), "an object that an object refers to lives on");
    assert!(!node.same(&next, &kit.store).unwrap());
    assert!(next.same(&any(&node.get(&kit.store, 1).unwrap()), &kit.store).unwrap());
    let mut other = Store::new(kit.linker.engine(), ());
    assert!(matches!(node.heap_type(&other), Err(Error::StaleHandle { .. })), "of another store");
    assert!(node.len(&other).is_err());
    let global_type = GlobalType { content: ValType::Ref(RefType::ANYREF), mutable: true };
    assert!(Global::new(&mut other, global_type, Val::AnyRef(Some(node))).is_err());
}

#[test]
fn handles_of_a_host_function_are_given_up_when_it_returns() {
    let mut kit = Kit::new(false);
    kit.linker.func("host", "look", |mut caller: Caller<'_, ()>, value: Option<AnyRef>| -> Result<i32, Error> {
        let value = value.ok_or_else(|| Error::host("null"))?;
        match value.get(&caller, 0)? {
            // Every third time the call fails with an exception that holds what it got.
            Val::I32(n) if n % 3 == 0 => {
                let Some(Extern::Tag(tag)) = caller.get_export("tag") else { return Err(Error::host("no tag")) };
                let exception = iwasm::Exception::new(tag, [Val::AnyRef(Some(value))]);
                value.set(&mut caller, 0, Val::I32(n + 1))?;
                Err(exception.into())
            }
            Val::I32(n) => Ok(n),
            other => Err(Error::host(format!("{other:?}"))),
        }
    });
    let main = kit.instance(
        "main",
        r#"(module
            (type $box (struct (field (mut i32)) (field (mut i64)) (field (mut i64)) (field (mut i64))))
            (import "host" "look" (func $look (param anyref) (result i32)))
            (tag $tag (export "tag") (param anyref))
            (func (export "loop") (param $n i32) (result i64)
                (local $sum i64)
                (loop $next
                    (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u
                        (block $done (result i32)
                            (block $caught (result anyref)
                                (br $done (try_table (result i32) (catch $tag $caught)
                                    (call $look (struct.new $box (local.get $n) (i64.const 0) (i64.const 0) (i64.const 0))))))
                            (struct.get $box 0 (ref.cast (ref $box)))))))
                    (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                (local.get $sum)))"#,
    );
    let n = 300_000u64;
    let sum = kit.call(main, "loop", &[Val::I32(n as i32)]).unwrap();
    assert_eq!(sum, [Val::I64((n * (n + 1) / 2 + n / 3) as i64)]);
    kit.store.collect();
    assert_eq!(kit.store.heap_bytes(), 0, "nothing holds any of them");
}

#[test]
fn objects_of_the_hosts_making() {
    for stress in [false, true] {
        let mut kit = Kit::new(stress);
        let lists = kit.instance("lists", LISTS);
        let module = lists.module(&kit.store).unwrap();
        let result_of = |name: &str| match module.export_type(name) {
            Some(iwasm::ExternType::Func(ty)) => match module.func_type(ty).unwrap().results[0] {
                ValType::Ref(RefType { heap: HeapType::Concrete(ty), .. }) => ty,
                other => panic!("{other}"),
            },
            other => panic!("{other:?}"),
        };
        let (node, row, bytes) = (result_of("node"), result_of("row"), result_of("bytes"));
        let store = &mut kit.store;
        let last = AnyRef::new_struct(&mut *store, node, &[Val::I32(2), Val::AnyRef(None)]).unwrap();
        let first = AnyRef::new_struct(&mut *store, node, &[Val::I32(1), Val::AnyRef(Some(last))]).unwrap();
        lists.get_global(&mut *store, "held").unwrap().set(&mut *store, Val::AnyRef(Some(first))).unwrap();
        let both = AnyRef::new_array(&mut *store, row, &[Val::AnyRef(Some(last)), Val::AnyRef(None)]).unwrap();
        let text = AnyRef::new_array(&mut *store, bytes, &[Val::I32(0x1ff), Val::I32(7)]).unwrap();
        assert_eq!((text.len(&*store).unwrap(), text.get(&*store, 0).unwrap()), (2, Val::I32(0xff)));
        assert!(any(&both.get(&*store, 0).unwrap()).same(&last, &*store).unwrap());
        assert_eq!(both.get(&*store, 1).unwrap(), Val::AnyRef(None));
        assert!((both.is_array(&*store).unwrap(), both.is_struct(&*store).unwrap()) == (true, false));
        assert_eq!(first.heap_type(&*store).unwrap(), HeapType::Concrete(node));
        // What does not fit.
        assert!(matches!(both.get(&*store, 2), Err(Error::OutOfBounds { .. })));
        assert!(matches!(first.get(&*store, u32::MAX), Err(Error::OutOfBounds { .. })));
        assert!(matches!(first.set(&mut *store, 1, Val::AnyRef(Some(both))), Err(Error::BadValue { .. })));
        assert!(matches!(first.set(&mut *store, 0, Val::I64(1)), Err(Error::BadValue { .. })));
        assert!(AnyRef::new_struct(&mut *store, node, &[Val::I32(2)]).is_err(), "too few fields");
        assert!(AnyRef::new_struct(&mut *store, row, &[]).is_err(), "an array type");
        assert!(AnyRef::new_array(&mut *store, node, &[]).is_err(), "a structure type");
        assert!(AnyRef::new_array(&mut *store, TypeIndex(u32::MAX), &[]).is_err(), "no type at all");
        assert!(AnyRef::new_array(&mut *store, bytes, &[Val::AnyRef(None)]).is_err());
        assert_eq!(kit.call(lists, "sum", &[]).unwrap(), [Val::I64(3)]);
    }
}

#[test]
fn integers_and_things_of_the_hosts() {
    let mut kit = Kit::new(true);
    let main = kit.instance(
        "main",
        r#"(module
            (func (export "same") (param anyref) (result anyref) (local.get 0))
            (func (export "out") (param anyref) (result externref) (extern.convert_any (local.get 0)))
            (func (export "in") (param externref) (result anyref) (any.convert_extern (local.get 0)))
            (func (export "signed") (param i31ref) (result i32) (i31.get_s (local.get 0)))
            (func (export "unsigned") (param i31ref) (result i32) (i31.get_u (local.get 0)))
            (func (export "is_eq") (param anyref) (result i32) (ref.test (ref eq) (local.get 0))))"#,
    );
    for value in [0, 1, -1, 5, i32::MAX >> 1, i32::MIN >> 1] {
        let reference = AnyRef::from_i31(value);
        assert_eq!(reference.i31(), Some(value));
        let same = kit.call(main, "same", &[Val::AnyRef(Some(reference))]).unwrap();
        assert_eq!(any(&same[0]).i31(), Some(value));
        assert_eq!(kit.call(main, "signed", &same).unwrap(), [Val::I32(value)]);
        assert_eq!(kit.call(main, "unsigned", &same).unwrap(), [Val::I32(value & i32::MAX)]);
    }
    assert_eq!(AnyRef::from_i31(i32::MAX).i31(), Some(-1), "31 bits");
    let thing = ExternRef::new(&mut kit.store, String::from("a thing"));
    let inside = any(&kit.call(main, "in", &[Val::ExternRef(Some(thing))]).unwrap()[0]);
    assert_eq!(inside.heap_type(&kit.store).unwrap(), HeapType::Any);
    assert_eq!(kit.call(main, "is_eq", &[Val::AnyRef(Some(inside))]).unwrap(), [Val::I32(0)]);
    let outside = kit.call(main, "out", &[Val::AnyRef(Some(inside))]).unwrap();
    assert_eq!(outside, [Val::ExternRef(Some(thing))]);
    assert_eq!(thing.data(&kit.store).and_then(|thing| thing.downcast_ref::<String>()).unwrap(), "a thing");
    let wrong = kit.call(main, "signed", &[Val::AnyRef(Some(inside))]).unwrap_err();
    assert!(matches!(wrong, Error::Arguments { .. }));
    let typed = main.get_func(&kit.store, "same").unwrap().typed::<Option<AnyRef>, Option<AnyRef>>(&kit.store).unwrap();
    assert_eq!(typed.call(&mut kit.store, Some(AnyRef::from_i31(9))).unwrap(), Some(AnyRef::from_i31(9)));
    assert_eq!(typed.call(&mut kit.store, None).unwrap(), None);
}

#[test]
fn tables_and_globals_of_the_hosts_keep_objects() {
    let mut kit = Kit::new(true);
    let lists = kit.instance("lists", LISTS);
    let anyref = ValType::Ref(RefType::ANYREF);
    let ty = TableType { element: RefType::ANYREF, index64: false, min: 2, max: None };
    let table = iwasm::Table::new(&mut kit.store, ty, Val::AnyRef(None)).unwrap();
    let global = Global::new(&mut kit.store, GlobalType { content: anyref, mutable: true }, Val::AnyRef(None)).unwrap();
    kit.store.scoped(|store| {
        let node = lists.get_func(&mut *store, "node").unwrap();
        let (one, two) =
            (node.call(&mut *store, &[Val::I32(1)]).unwrap()[0], node.call(&mut *store, &[Val::I32(2)]).unwrap()[0]);
        table.set(&mut *store, 1, one).unwrap();
        table.grow(&mut *store, 2, two).unwrap();
        global.set(&mut *store, two).unwrap();
    });
    kit.store.collect();
    kit.call(lists, "garbage", &[Val::I32(10)]).unwrap();
    let store = &kit.store;
    assert_eq!(any(&table.get(store, 1).unwrap()).get(store, 0).unwrap(), Val::I32(1));
    assert_eq!(any(&table.get(store, 3).unwrap()).get(store, 0).unwrap(), Val::I32(2));
    assert!(any(&global.get(store).unwrap()).same(&any(&table.get(store, 2).unwrap()), store).unwrap());
}

#[test]
fn a_function_in_an_object_keeps_its_instance() {
    let mut kit = Kit::new(true);
    let holder = kit.instance(
        "holder",
        r#"(module
            (type $cell (struct (field (mut funcref))))
            (type $row (array (mut funcref)))
            (global $cell (mut (ref null $cell)) (ref.null $cell))
            (global $row (mut (ref null $row)) (ref.null $row))
            (table 1 funcref)
            (type $f (func (result i32)))
            (func (export "keep") (param funcref funcref)
                (global.set $cell (struct.new $cell (local.get 0)))
                (global.set $row (array.new $row (local.get 1) (i32.const 3))))
            (func (export "call") (result i32 i32)
                (call_ref $f (ref.cast (ref $f) (struct.get $cell 0 (global.get $cell))))
                (call_ref $f (ref.cast (ref $f) (array.get $row (global.get $row) (i32.const 2)))))
            (func (export "forget") (global.set $cell (ref.null $cell)) (global.set $row (ref.null $row))))"#,
    );
    let func = |kit: &mut Kit, name: &str, value: i32| {
        let instance = kit.instance(name, &format!("(module (func (export \"f\") (result i32) (i32.const {value})))"));
        instance.get_func(&kit.store, "f").map(|func| Val::FuncRef(Some(func))).unwrap()
    };
    let functions = [func(&mut kit, "one", 1), func(&mut kit, "two", 2)];
    kit.call(holder, "keep", &functions).unwrap();
    for name in ["one", "two"] {
        let unloaded = kit.store.unload(name).unwrap();
        assert!(matches!(unloaded, iwasm::Unloaded::StillUsedBy(_)), "{name}: {unloaded:?}");
    }
    assert_eq!(kit.call(holder, "call", &[]).unwrap(), [Val::I32(1), Val::I32(2)]);
    kit.call(holder, "forget", &[]).unwrap();
    assert_eq!(kit.store.collect(), ["one", "two"]);
}

/// As compiled from an object-oriented language: its objects refer to its functions, and it to them.
#[test]
fn a_module_whose_objects_refer_to_its_functions_can_be_unloaded() {
    let mut kit = Kit::new(true);
    let methods = r#"(module
        (type $f (func (result i32)))
        (rec (type $table (struct (field (ref $f)) (field (mut (ref null $object)))))
            (type $object (struct (field (ref $table)) (field exnref))))
        (tag $tag)
        (func $method (result i32) (i32.const 5))
        (elem declare func $method)
        (global $table (ref $table) (struct.new $table (ref.func $method) (ref.null $object)))
        (func $start (local $caught exnref)
            (block $h (result exnref) (try_table (catch_all_ref $h) (throw $tag)) (unreachable))
            (local.set $caught)
            (struct.set $table 1 (global.get $table) (struct.new $object (global.get $table) (local.get $caught))))
        (start $start)
        (func (export "new") (result anyref) (struct.get $table 1 (global.get $table))))"#;
    kit.instance("alone", methods);
    assert_eq!(kit.store.unload("alone").unwrap(), iwasm::Unloaded::Freed(vec!["alone".to_string()]));
    assert_eq!(kit.store.heap_bytes(), 0, "its objects went with it");
    let methods = kit.instance("methods", methods);
    let object = kit.store.scoped(|store| {
        let new = methods.get_func(&mut *store, "new").unwrap();
        let object = any(&new.call(&mut *store, &[]).unwrap()[0]);
        assert!(matches!(store.unload("methods").unwrap(), iwasm::Unloaded::StillUsedBy(users) if users == ["<host>"]));
        object
    });
    assert!(object.heap_type(&kit.store).is_err());
    assert_eq!(kit.store.collect(), ["methods"]);
}

/// Deep recursion with a reference in each frame, host frames in between, and collections at the bottom.
#[test]
fn collections_below_deep_stacks_with_host_frames() {
    for stress in [false, true] {
        let mut kit = Kit::new(stress);
        kit.linker.func(
            "host",
            "relay",
            |mut caller: Caller<'_, ()>, func: Option<Func>, n: i32| -> Result<i32, Error> {
                let results = func.ok_or_else(|| Error::host("null"))?.call(&mut caller, &[Val::I32(n)])?;
                results[0].i32().ok_or_else(|| Error::host("no integer"))
            },
        );
        let main = kit.instance(
            "main",
            r#"(module
                (type $cell (struct (field i32) (field anyref)))
                (import "host" "relay" (func $relay (param funcref i32) (result i32)))
                (elem declare func $down)
                (func $down (export "down") (param $n i32) (result i32)
                    (local $mine (ref null $cell)) (local $got i32)
                    (local.set $mine (struct.new $cell (local.get $n) (struct.new $cell (i32.const 3) (ref.null any))))
                    (if (local.get $n) (then
                        (local.set $got (if (result i32) (i32.rem_u (local.get $n) (i32.const 7))
                            (then (call $down (i32.sub (local.get $n) (i32.const 1))))
                            (else (call $relay (ref.func $down) (i32.sub (local.get $n) (i32.const 1))))))))
                    (i32.add (local.get $got) (i32.add (struct.get $cell 0 (local.get $mine))
                        (struct.get $cell 0 (ref.cast (ref $cell) (struct.get $cell 1 (local.get $mine))))))))"#,
        );
        let n = if stress { 300 } else { 3000 };
        assert_eq!(kit.call(main, "down", &[Val::I32(n)]).unwrap(), [Val::I32(n * (n + 1) / 2 + 3 * (n + 1))]);
    }
}

/// Two engines, many threads: types are interned while others cast and collect.
#[test]
fn stores_on_many_threads_share_types() {
    let engine = Engine::new(&Config { gc_stress: true, ..Config::default() });
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let engine = engine.clone();
            scope.spawn(move || {
                let mut builder = Builder::new(Options::new().threads(1));
                for round in 0..20 {
                    // Each module has a type that the others have, and one of its own.
                    let own = "(field i64)".repeat(1 + (thread * 20 + round) % 37);
                    let wasm = wat::parse_str(format!(
                        r#"(module
                            (type $a (sub (struct (field i32))))
                            (type $b (sub $a (struct (field i32) {own})))
                            (func (export "run") (result i32)
                                (local $it anyref)
                                (local.set $it (struct.new_default $b))
                                (drop (struct.new $a (i32.const 1)))
                                (i32.add (ref.test (ref $a) (local.get $it))
                                    (ref.test (ref $b) (struct.new $a (i32.const 2))))))"#
                    ));
                    let module = builder.load(&engine, &wasm.unwrap()).unwrap();
                    let mut store = Store::new(&engine, ());
                    let instance = Linker::new(&engine).instantiate(&mut store, "main", &module).unwrap();
                    let run = instance.get_func(&store, "run").unwrap();
                    for _ in 0..50 {
                        assert_eq!(run.call(&mut store, &[]).unwrap(), [Val::I32(1)]);
                    }
                }
            });
        }
    });
}

/// A Kotlin program, collected before every object: its output is the recorded one.
#[test]
fn a_real_program_under_stress() {
    let Some(corpus) = paths::corpus() else {
        println!("skipped: there is no corpus");
        return;
    };
    let text = std::fs::read_to_string(corpus.join("cases.json")).expect("the corpus has cases");
    let cases: serde_json::Value = serde_json::from_str(&text).expect("they are JSON");
    let case = cases.as_array().and_then(|cases| cases.iter().find(|case| case["id"] == "gc/kotlin-richards-core"));
    let case = case.expect("the case is there");
    let config = Config { gc_stress: true, ..Config::default() };
    let outcome = tests::program::run_with(case, &corpus, &config).expect("it runs");
    let recorded = case["expect"]["stdout_file"].as_str().expect("its output was recorded");
    let recorded = std::fs::read_to_string(corpus.join(recorded)).expect("the file is there");
    assert_eq!((outcome.exit, String::from_utf8_lossy(&outcome.stdout).into_owned()), (0, recorded));
}

#[test]
fn a_host_function_that_fails_lets_go_of_what_it_had() {
    let mut kit = Kit::new(false);
    let quit = |_: Caller<'_, ()>, _: Option<AnyRef>| -> Result<(), Error> { Err(Error::Exit(7)) };
    kit.linker.func("host", "quit", quit);
    let main = kit.instance(
        "main",
        r#"(module (type $bytes (array (mut i8))) (import "host" "quit" (func $quit (param anyref)))
            (func (export "go") (call $quit (array.new_default $bytes (i32.const 1000)))))"#,
    );
    for _ in 0..10 {
        let error = kit.call(main, "go", &[]).unwrap_err();
        assert!(matches!(error, Error::Exit(7)), "{error}");
    }
    kit.store.collect();
    assert_eq!(kit.store.heap_bytes(), 0);
}
