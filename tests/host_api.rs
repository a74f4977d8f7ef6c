//! The two directions across the boundary, as an embedder has them: host functions, typed and untyped
//! calls, imports given by hand, memories, tables and globals seen from both sides, limits, back
//! traces. Names and whole sets are in `link_api`.

use iwasm::{
    Caller, Error, Extern, ExternRef, Func, FuncType, Global, GlobalType, Instance, LinkError, Memory, MemoryType,
    Store, TrapCode, Val, ValType,
};
use tests::artifact::Builder;
use tests::kit::{COUNTER, Kit, call, link_errors};
use wamrc::Options;

#[test]
fn host_functions_take_and_give_every_type() {
    let mut kit = Kit::new();
    kit.linker.func("env", "none", || {});
    kit.linker.func("env", "i", |a: i32, b: i64| -> i64 { i64::from(a) - b });
    kit.linker.func("env", "f", |a: f32, b: f64| -> (f64, f32) { (f64::from(a) + b, a) });
    kit.linker.func("env", "fail", |a: i32| -> Result<i32, Error> {
        if a == 0 { Err(Error::host("zero is not welcome")) } else { Ok(a + 1) }
    });
    let ty = FuncType { params: vec![ValType::I32], results: vec![ValType::I32, ValType::I64] };
    kit.linker.func_untyped("env", "untyped", ty, |_, params, results| {
        results[0] = params[0];
        results[1] = Val::I64(8);
        Ok(())
    });
    let mut store = kit.store();
    let main = kit.main(
        &mut store,
        r#"(module
            (import "env" "none" (func $none)) (import "env" "i" (func $i (param i32 i64) (result i64)))
            (import "env" "f" (func $f (param f32 f64) (result f64 f32)))
            (import "env" "fail" (func $fail (param i32) (result i32)))
            (import "env" "untyped" (func $untyped (param i32) (result i32 i64)))
            (func (export "i") (result i64) (call $none) (call $i (i32.const -3) (i64.const 4)))
            (func (export "f") (result f64 f32) (call $f (f32.const 0.5) (f64.const 0.25)))
            (func $mid (param i32) (result i32) (i32.add (call $fail (local.get 0)) (i32.const 1)))
            (func $fail_ (export "fail") (param i32) (result i32) (i32.add (call $mid (local.get 0)) (i32.const 1)))
            (func (export "untyped") (result i32 i64) (call $untyped (i32.const 7))))"#,
    );
    let main = main.unwrap();
    assert_eq!(call(&mut store, main, "i", &[]).unwrap(), [Val::I64(-7)]);
    assert_eq!(call(&mut store, main, "f", &[]).unwrap(), [Val::f64(0.75), Val::f32(0.5)]);
    assert_eq!(call(&mut store, main, "untyped", &[]).unwrap(), [Val::I32(7), Val::I64(8)]);
    assert_eq!(call(&mut store, main, "fail", &[Val::I32(1)]).unwrap(), [Val::I32(4)]);
    let error = call(&mut store, main, "fail", &[Val::I32(0)]).unwrap_err();
    assert!(matches!(error, Error::Host(_)) && error.to_string().contains("zero is not welcome"), "{error}");
    let frames: Vec<_> = error.frames().iter().map(|frame| frame.function_name.clone().unwrap()).collect();
    assert_eq!(frames, ["mid", "fail_"]);
    // Afterwards everything works.
    assert_eq!(call(&mut store, main, "fail", &[Val::I32(1)]).unwrap(), [Val::I32(4)]);
}

#[test]
fn host_functions_take_and_give_vectors() {
    let mut kit = Kit::new();
    kit.linker.func("env", "swap", |a: u128, b: i32, c: u128| -> (u128, i32, u128) { (c, b, a) });
    let ty = FuncType { params: vec![ValType::V128; 12], results: vec![ValType::V128; 12] };
    kit.linker.func_untyped("env", "turn", ty, |_, params, results| {
        for (result, param) in results.iter_mut().zip(params.iter().rev()) {
            *result = *param;
        }
        Ok(())
    });
    let mut store = kit.store();
    let twelve = "v128 ".repeat(12);
    let gets: String = (0..12).map(|index| format!("(local.get {index})")).collect();
    let main = kit.main(
        &mut store,
        &format!(
            r#"(module
            (import "env" "swap" (func $swap (param v128 i32 v128) (result v128 i32 v128)))
            (import "env" "turn" (func $turn (param {twelve}) (result {twelve})))
            (global (export "g") (mut v128) (v128.const i64x2 1 2))
            (func (export "swap") (param v128 i32 v128) (result v128 i32 v128)
              (call $swap (local.get 0) (local.get 1) (i8x16.add (local.get 2) (local.get 2))))
            (func (export "turn") (param {twelve}) (result {twelve}) (call $turn {gets})))"#
        ),
    );
    let main = main.unwrap();
    let vector = |low: u64| Val::V128(u128::from(low) | 0x0102_0304_0506_0708 << 64);
    let swapped = call(&mut store, main, "swap", &[vector(1), Val::I32(-1), vector(2)]).unwrap();
    assert_eq!(swapped, [Val::V128(0x0204_0608_0a0c_0e10 << 64 | 4), Val::I32(-1), vector(1)]);
    let values: Vec<Val> = (0..12).map(vector).collect();
    let turned: Vec<Val> = values.iter().rev().copied().collect();
    assert_eq!(call(&mut store, main, "turn", &values).unwrap(), turned);
    let swap = main.get_func(&store, "swap").unwrap();
    let swap = swap.typed::<(u128, i32, u128), (u128, i32, u128)>(&store).unwrap();
    assert_eq!(swap.call(&mut store, (u128::MAX, 3, 1 << 127 | 1)).unwrap(), (2, 3, u128::MAX));
    let global = main.get_global(&store, "g").unwrap();
    assert_eq!(global.get(&store).unwrap(), Val::V128(2 << 64 | 1));
    global.set(&mut store, Val::V128(u128::MAX - 1)).unwrap();
    assert_eq!(global.get(&store).unwrap(), Val::V128(u128::MAX - 1));
}

#[test]
fn a_host_function_sees_the_importer_not_the_main_module() {
    let mut kit = Kit::new();
    kit.linker.func("env", "peek", |mut caller: Caller<'_, Vec<i32>>| -> i32 {
        let byte = match caller.get_memory("memory") {
            Some(memory) => i32::from(memory.data(&caller).map(|bytes| bytes[0]).unwrap_or(255)),
            None => -1,
        };
        caller.data_mut().push(byte);
        byte
    });
    let with_byte = |byte: &str| {
        format!(
            r#"(import "env" "peek" (func $peek (result i32))) (memory (export "memory") 1) (data (i32.const 0) "{byte}")
            (func (export "peek") (result i32) (call $peek))"#
        )
    };
    let dep = kit.module(&format!("(module {})", with_byte("\\21")));
    kit.linker.register("dep", &dep).unwrap();
    let bare = kit.module(r#"(module (import "env" "peek" (func $peek (result i32))) (export "peek" (func $peek)))"#);
    kit.linker.register("bare", &bare).unwrap();
    let mut store = kit.store();
    let main = kit.main(
        &mut store,
        &format!(
            r#"(module (import "dep" "peek" (func $dep (result i32))) (import "bare" "peek" (func $bare (result i32)))
            {} (func (export "dep") (result i32) (call $dep)) (func (export "bare") (result i32) (call $bare)))"#,
            with_byte("\\22")
        ),
    );
    let main = main.unwrap();
    assert_eq!(call(&mut store, main, "peek", &[]).unwrap(), [Val::I32(0x22)]);
    assert_eq!(call(&mut store, main, "dep", &[]).unwrap(), [Val::I32(0x21)]);
    // A host function that a module re-exports is the host's own: its caller is the one who imports it.
    assert_eq!(call(&mut store, main, "bare", &[]).unwrap(), [Val::I32(0x22)]);
    assert_eq!(store.data(), &[0x22, 0x21, 0x22]);
}

#[test]
fn a_host_function_may_call_back_and_traps_pass_through_it() {
    let mut kit = Kit::new();
    kit.linker.func("env", "back", |mut caller: Caller<'_, Vec<i32>>, depth: i32| -> Result<i32, Error> {
        caller.data_mut().push(depth);
        let func = caller.get_export("down").and_then(Extern::into_func).ok_or_else(|| Error::host("no down"))?;
        let results = func.call(&mut caller, &[Val::I32(depth - 1)])?;
        results[0].i32().ok_or_else(|| Error::host("no i32"))
    });
    let mut store = kit.store();
    let main = kit.main(
        &mut store,
        r#"(module (import "env" "back" (func $back (param i32) (result i32)))
            (func $down (export "down") (param i32) (result i32)
                (if (i32.lt_s (local.get 0) (i32.const 0)) (then (unreachable)))
                (if (result i32) (i32.eqz (local.get 0))
                    (then (i32.const 0)) (else (i32.add (call $back (local.get 0)) (i32.const 2))))))"#,
    );
    let main = main.unwrap();
    assert_eq!(call(&mut store, main, "down", &[Val::I32(5)]).unwrap(), [Val::I32(10)]);
    assert_eq!(store.data(), &[5, 4, 3, 2, 1]);
    // A trap in an inner call: its back trace goes on below the host function …
    kit.linker.func("env", "dive", |mut caller: Caller<'_, Vec<i32>>| -> Result<i32, Error> {
        let func = caller.get_export("inner").and_then(Extern::into_func).ok_or_else(|| Error::host("no inner"))?;
        match func.call(&mut caller, &[]) {
            Err(error) => {
                let names = error.frames().iter().map(|frame| frame.function_name.clone().unwrap_or_default());
                assert_eq!(names.collect::<Vec<_>>(), ["inner", "outer"]);
                Err(error)
            }
            Ok(_) => Ok(0),
        }
    });
    let module = kit.module(
        r#"(module (import "env" "dive" (func $dive (result i32)))
            (func $inner (export "inner") (unreachable))
            (func $outer (export "outer") (result i32) (i32.add (call $dive) (i32.const 1))))"#,
    );
    let second = kit.linker.instantiate(&mut store, "second", &module).unwrap();
    // … and the host function passes the trap on.
    let error = call(&mut store, second, "outer", &[]).unwrap_err();
    assert_eq!(error.trap().unwrap().code(), TrapCode::Unreachable);
    assert_eq!(call(&mut store, main, "down", &[Val::I32(1)]).unwrap(), [Val::I32(2)]);
}

#[test]
fn endless_nesting_through_the_host_is_an_error() {
    let mut kit = Kit::new();
    kit.linker.func("env", "again", |mut caller: Caller<'_, Vec<i32>>| -> Result<i32, Error> {
        let func = caller.get_export("f").and_then(Extern::into_func).ok_or_else(|| Error::host("no f"))?;
        Ok(func.call(&mut caller, &[])?[0].i32().unwrap_or(0))
    });
    let mut store = kit.store();
    let main = kit.main(
        &mut store,
        r#"(module (import "env" "again" (func $again (result i32)))
            (func (export "f") (result i32) (i32.add (call $again) (i32.const 1)))
            (func (export "fine") (result i32) (i32.const 3)))"#,
    );
    let main = main.unwrap();
    assert!(call(&mut store, main, "f", &[]).is_err());
    assert_eq!(call(&mut store, main, "fine", &[]).unwrap(), [Val::I32(3)]);
}

#[test]
fn a_panic_of_a_host_function_reaches_the_embedder() {
    let mut kit = Kit::new();
    kit.linker.func("env", "panic", || -> i32 { panic!("host panic") });
    let mut store = kit.store();
    let main = kit.main(
        &mut store,
        r#"(module (import "env" "panic" (func $panic (result i32))) (func (export "f") (result i32) (call $panic))
            (func (export "fine") (result i32) (i32.const 3)))"#,
    );
    let main = main.unwrap();
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call(&mut store, main, "f", &[])));
    assert_eq!(outcome.unwrap_err().downcast_ref::<&str>(), Some(&"host panic"));
    assert_eq!(call(&mut store, main, "fine", &[]).unwrap(), [Val::I32(3)]);
}

#[test]
fn the_host_can_end_the_program() {
    let mut kit = Kit::new();
    kit.linker.func("env", "exit", |status: i32| -> Result<(), Error> { Err(Error::Exit(status)) });
    let mut store = kit.store();
    let dep = kit.module(
        r#"(module (import "env" "exit" (func $exit (param i32)))
            (func (export "stop") (param i32) (call $exit (local.get 0)) (unreachable)))"#,
    );
    kit.linker.register("dep", &dep).unwrap();
    let main = kit.main(
        &mut store,
        r#"(module (import "dep" "stop" (func $stop (param i32)))
            (func (export "run") (call $stop (i32.const 42)) (unreachable)))"#,
    );
    assert!(matches!(call(&mut store, main.unwrap(), "run", &[]), Err(Error::Exit(42))));
}

#[test]
fn typed_functions_check_their_type_once() {
    let mut kit = Kit::new();
    let mut store = kit.store();
    let main = kit
        .main(
            &mut store,
            r#"(module (func (export "add") (param i32 i64) (result i64) (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1)))
                (func (export "pair") (param f32) (result f32 i32) (local.get 0) (i32.const 1)))"#,
        )
        .unwrap();
    let add = main.get_func(&store, "add").unwrap();
    let typed = add.typed::<(i32, i64), i64>(&store).unwrap();
    assert_eq!(typed.call(&mut store, (-1, 10)).unwrap(), 9);
    assert!(matches!(add.typed::<(i32, i32), i64>(&store), Err(Error::SignatureMismatch { .. })));
    assert!(matches!(add.typed::<(i32, i64), ()>(&store), Err(Error::SignatureMismatch { .. })));
    let pair = main.get_func(&store, "pair").unwrap().typed::<f32, (f32, i32)>(&store).unwrap();
    assert_eq!(pair.call(&mut store, 2.5).unwrap(), (2.5, 1));
    for wrong in [vec![], vec![Val::I32(1)], vec![Val::I64(1), Val::I32(1)], vec![Val::I32(1); 3]] {
        assert!(matches!(add.call(&mut store, &wrong), Err(Error::Arguments { .. })), "{wrong:?}");
    }
}

#[test]
fn imports_given_by_hand_must_fit_in_number_and_type() {
    let mut kit = Kit::new();
    let module = kit.module(
        r#"(module (import "x" "f" (func $f (param i32) (result i32))) (import "y" "m" (memory 1))
            (import "z" "g" (global $g (mut i64)))
            (func (export "run") (result i32) (global.set $g (i64.const 5)) (call $f (i32.load (i32.const 0)))))"#,
    );
    let mut store = kit.store();
    let double = Func::wrap(&mut store, |value: i32| value * 2);
    let memory_type = MemoryType { index64: false, shared: false, page_size_log2: 16, min: 1, max: None };
    let memory = Memory::new(&mut store, memory_type).unwrap();
    memory.write(&mut store, 0, &21i32.to_le_bytes()).unwrap();
    let ty = GlobalType { content: ValType::I64, mutable: true };
    let global = Global::new(&mut store, ty, Val::I64(0)).unwrap();
    let imports = [Extern::Func(double), Extern::Memory(memory), Extern::Global(global)];
    let instance = Instance::new(&mut store, &module, &imports).unwrap();
    assert_eq!(call(&mut store, instance, "run", &[]).unwrap(), [Val::I32(42)]);
    assert_eq!(global.get(&store).unwrap(), Val::I64(5));
    let errors = link_errors(Instance::new(&mut store, &module, &imports[..2]));
    assert!(matches!(errors[..], [LinkError::ImportCount { wanted: 3, found: 2, .. }]), "{errors:?}");
    let errors = link_errors(Instance::new(&mut store, &module, &[imports[2], imports[0], imports[1]]));
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors.iter().all(|error| matches!(error, LinkError::IncompatibleType { .. })), "{errors:?}");
    // What belongs to another store is no import.
    let mut other = kit.store();
    assert!(Instance::new(&mut other, &module, &imports).is_err());
}

#[test]
fn the_host_and_the_guest_see_one_memory_table_and_global() {
    let mut kit = Kit::new();
    let mut store = kit.store();
    let main = kit
        .main(
            &mut store,
            r#"(module (memory (export "m") 1 3) (table (export "t") 1 4 externref) (global (export "g") (mut f32) (f32.const 1))
                (func (export "grow") (result i32) (memory.grow (i32.const 1)))
                (func (export "get") (param i32) (result externref) (table.get (local.get 0)))
                (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))"#,
        )
        .unwrap();
    let memory = main.get_memory(&store, "m").unwrap();
    memory.write(&mut store, 65532, &7i32.to_le_bytes()).unwrap();
    assert_eq!(call(&mut store, main, "load", &[Val::I32(65532)]).unwrap(), [Val::I32(7)]);
    assert!(matches!(memory.write(&mut store, 65533, &[0; 4]), Err(Error::OutOfBounds { .. })));
    assert!(matches!(memory.read(&store, u64::MAX, &mut [0; 4]), Err(Error::OutOfBounds { .. })));
    call(&mut store, main, "grow", &[]).unwrap();
    assert_eq!((memory.size(&store).unwrap(), memory.data(&store).unwrap().len()), (2, 131072));
    assert_eq!(memory.grow(&mut store, 1).unwrap(), 2);
    assert!(memory.grow(&mut store, 1).is_err());
    let table = main.get_table(&store, "t").unwrap();
    let reference = ExternRef::new(&mut store, "text".to_owned());
    assert_eq!(table.grow(&mut store, 2, Val::ExternRef(Some(reference))).unwrap(), 1);
    let found = call(&mut store, main, "get", &[Val::I32(2)]).unwrap();
    let Val::ExternRef(Some(found)) = found[0] else { panic!("{found:?}") };
    assert_eq!(found.data(&store).unwrap().downcast_ref::<String>().unwrap(), "text");
    assert!(table.set(&mut store, 0, Val::FuncRef(None)).is_err());
    assert!(table.set(&mut store, 3, Val::ExternRef(None)).is_err());
    let global = main.get_global(&store, "g").unwrap();
    assert!(matches!(global.set(&mut store, Val::I32(0)), Err(Error::BadValue { .. })));
    global.set(&mut store, Val::f32(9.5)).unwrap();
    assert_eq!(global.get(&store).unwrap(), Val::f32(9.5));
}

#[test]
fn limits_of_a_store_hold() {
    let mut kit = Kit::new();
    let mut store = kit.store();
    store.limits_mut().max_memory_bytes = 2 << 16;
    let main = kit.main(
        &mut store,
        r#"(module (memory 1) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#,
    );
    let main = main.unwrap();
    assert_eq!(call(&mut store, main, "grow", &[Val::I32(2)]).unwrap(), [Val::I32(-1)]);
    assert_eq!(call(&mut store, main, "grow", &[Val::I32(1)]).unwrap(), [Val::I32(1)]);
    assert_eq!(call(&mut store, main, "grow", &[Val::I32(1)]).unwrap(), [Val::I32(-1)]);
    let large = kit.module("(module (memory 3))");
    let outcome = kit.linker.instantiate(&mut store, "large", &large);
    assert!(matches!(outcome, Err(Error::Resource { ref module, .. }) if module == "large"), "{outcome:?}");
    store.limits_mut().max_instances = 1;
    let small = kit.module("(module)");
    assert!(matches!(kit.linker.instantiate(&mut store, "small", &small), Err(Error::Resource { .. })));
}

#[test]
fn frames_give_the_place_in_the_wasm() {
    let mut kit = Kit::new();
    let mut store = kit.store();
    // Bytes are counted by hand: code begins at 0x1e …; the offset is that of the trapping opcode.
    let wasm: &[u8] = &[
        0, b'a', b's', b'm', 1, 0, 0, 0, // 0x00: header
        1, 4, 1, 0x60, 0, 0, // 0x08: type section: () -> ()
        3, 3, 2, 0, 0, // 0x0e: two functions of it
        7, 5, 1, 1, b'f', 0, 0, // 0x13: function 0 is exported as "f"
        10, 10, 2, // 0x1a: code section, two bodies
        4, 0, 0x10, 1, 0x0b, // 0x1d: body 0: call 1 at 0x1f, end
        3, 0, 0x00, 0x0b, // 0x22: body 1: unreachable at 0x24, end
    ];
    let module = kit.builder.load(&kit.engine, wasm).unwrap();
    let main = kit.linker.instantiate(&mut store, "main", &module).unwrap();
    let error = call(&mut store, main, "f", &[]).unwrap_err();
    let places: Vec<_> = error.frames().iter().map(|frame| (frame.function_index, frame.wasm_offset)).collect();
    assert_eq!(places, [(1, Some(0x24)), (0, Some(0x1f))]);
    assert_eq!(error.frames()[1].function_name.as_deref(), Some("f"));
    assert_eq!(error.frames()[0].function_name, None);
}

/// A function that calls itself is inlined into itself: each call is a frame all the same, at its own place.
#[test]
fn calls_that_were_inlined_into_their_own_function_are_frames() {
    let mut kit = Kit::new();
    let mut store = kit.store();
    let main = kit.main(
        &mut store,
        r#"(module (func $f (export "f") (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (unreachable)))
            (if (i32.eq (local.get 0) (i32.const 2)) (then (return (i32.add (call $f (i32.const 1)) (i32.const 7)))))
            (i32.mul (call $f (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))"#,
    );
    let main = main.unwrap();
    let trap = |store: &mut _, n| {
        let error = call(store, main, "f", &[Val::I32(n)]).unwrap_err();
        assert!(matches!(&error, Error::Trap(trap) if trap.code() == TrapCode::Unreachable), "{error}");
        let places =
            error.frames().iter().map(|frame| (frame.function_name.clone().unwrap(), frame.wasm_offset.unwrap()));
        places.collect::<Vec<_>>()
    };
    // Where each frame is: the trap, the call with 1, and the other one.
    let [unreachable, other] = <[_; 2]>::try_from(trap(&mut store, 1)).unwrap();
    let with_one = trap(&mut store, 2)[2].clone();
    assert!(unreachable.1 < with_one.1 && with_one.1 < other.1);
    let expected = |n| {
        let outer = (2..=n).map(|n| if n == 2 { &with_one } else { &other });
        [&unreachable, &other].into_iter().chain(outer).cloned().collect::<Vec<_>>()
    };
    for n in [2, 3, 4, 5, 20] {
        assert_eq!(trap(&mut store, n), expected(n), "{n}");
    }
    let error = call(&mut store, main, "f", &[Val::I32(-1)]).unwrap_err();
    assert!(matches!(&error, Error::Trap(trap) if trap.code() == TrapCode::StackOverflow), "{error}");
}

/// Whatever the way in which values come in: trampolines are no frames, neither of those shown nor of those left out.
#[test]
fn deep_traces_through_the_host_count_functions_alone() {
    const CALLS: usize = 100;
    for params in [vec![ValType::I32], vec![ValType::F64], vec![ValType::F64; 6], vec![ValType::V128]] {
        let mut kit = Kit::new();
        let zeros: Vec<Val> = params.iter().map(|ty| Val::default_for(*ty, &kit.engine)).collect();
        let types: String = params.iter().map(|ty| format!(" {ty}")).collect();
        let gets: String = (0..params.len()).map(|index| format!("(local.get {index})")).collect();
        let ty = FuncType { params, results: vec![] };
        kit.linker.func_untyped("env", "again", ty, |mut caller, params, _| {
            let left = caller.data().len();
            if left == CALLS {
                return Err(Error::Trap(iwasm::Trap::new(TrapCode::Unreachable)));
            }
            caller.data_mut().push(0);
            let Some(Extern::Func(func)) = caller.get_export("f") else { panic!("no function") };
            func.call(&mut caller, params).map(drop)
        });
        let mut store = kit.store();
        let main = kit.main(
            &mut store,
            &format!(
                r#"(module (import "env" "again" (func $again (param{types})))
                    (func (export "f") (param{types}) (call $again {gets})))"#
            ),
        );
        let error = call(&mut store, main.unwrap(), "f", &zeros).unwrap_err();
        let omitted: Vec<(usize, usize)> =
            error.frames().iter().map(|frame| frame.omitted).enumerate().filter(|(_, omitted)| *omitted > 0).collect();
        // One more than the host called.
        assert_eq!((error.frames().len(), omitted), (64, vec![(48, CALLS + 1 - 64)]), "{types}");
    }
}

#[test]
fn nan_canonicalization_gives_the_canonical_nan() {
    let mut kit = Kit::new();
    kit.builder = Builder::new(Options::new().nan_canonicalization(true).threads(1));
    let mut store = kit.store();
    let main = kit
        .main(
            &mut store,
            r#"(module (func (export "f") (param f64 f64) (result f64) (f64.add (local.get 0) (local.get 1)))
                (func (export "same") (param f64) (result f64) (local.get 0)))"#,
        )
        .unwrap();
    let odd = Val::F64(0xfff8_0000_0000_0123);
    let sum = call(&mut store, main, "f", &[odd, Val::f64(1.0)]).unwrap();
    assert_eq!(sum, [Val::F64(0x7ff8_0000_0000_0000)]);
    assert_eq!(call(&mut store, main, "same", &[odd]).unwrap(), [odd]);
}

#[test]
fn threads_run_stores_of_one_engine_at_the_same_time() {
    let mut kit = Kit::new();
    let counter = kit.module(COUNTER);
    let trapping = kit.module(r#"(module (memory 1) (func (export "f") (param i32) (drop (i32.load (local.get 0)))))"#);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let mut store = Store::new(&kit.engine, Vec::<i32>::new());
                    let first = Instance::new(&mut store, &counter, &[]).unwrap();
                    let second = Instance::new(&mut store, &trapping, &[]).unwrap();
                    assert_eq!(call(&mut store, first, "next", &[]).unwrap(), [Val::I32(1)]);
                    let error = call(&mut store, second, "f", &[Val::I32(-1)]).unwrap_err();
                    assert_eq!(error.trap().unwrap().code(), TrapCode::MemoryOutOfBounds);
                }
            });
        }
    });
}

#[test]
fn a_host_function_in_a_table_is_called_like_any_other() {
    let mut kit = Kit::new();
    let mut store = kit.store();
    // Made before any module has code for its type.
    let double = Func::wrap(&mut store, |mut caller: Caller<'_, Vec<i32>>, value: i64| -> i64 {
        caller.data_mut().push(value as i32);
        value * 2
    });
    assert_eq!(double.call(&mut store, &[Val::I64(4)]).unwrap(), [Val::I64(8)]);
    let main = kit.main(
        &mut store,
        r#"(module (type $f (func (param i64) (result i64))) (table (export "t") 3 funcref) (global $kept (mut funcref) (ref.null func))
            (func $own (export "own") (param i64) (result i64) (i64.add (local.get 0) (i64.const 1)))
            (func (export "set") (param i32 funcref) (table.set (local.get 0) (local.get 1)) (global.set $kept (local.get 1)))
            (func (export "kept") (result funcref) (global.get $kept))
            (func (export "call") (param i32 i64) (result i64) (call_indirect (type $f) (local.get 1) (local.get 0)))
            (func (export "other") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))"#,
    );
    let main = main.unwrap();
    let own = main.get_func(&store, "own").unwrap();
    let table = main.get_table(&store, "t").unwrap();
    table.set(&mut store, 0, Val::FuncRef(Some(double))).unwrap();
    call(&mut store, main, "set", &[Val::I32(1), Val::FuncRef(Some(double))]).unwrap();
    table.set(&mut store, 2, Val::FuncRef(Some(own))).unwrap();
    for (slot, expected) in [(0, 22), (1, 22), (2, 12)] {
        let found = call(&mut store, main, "call", &[Val::I32(slot), Val::I64(11)]).unwrap();
        assert_eq!(found, [Val::I64(expected)], "slot {slot}");
    }
    let error = call(&mut store, main, "other", &[Val::I32(0)]).unwrap_err();
    assert_eq!(error.trap().unwrap().code(), TrapCode::IndirectCallTypeMismatch);
    let kept = call(&mut store, main, "kept", &[]).unwrap();
    let Val::FuncRef(Some(kept)) = kept[0] else { panic!("{kept:?}") };
    assert_eq!(kept.call(&mut store, &[Val::I64(5)]).unwrap(), [Val::I64(10)]);
    let Val::FuncRef(Some(got)) = table.get(&store, 2).unwrap() else { panic!("no function") };
    assert_eq!(got.call(&mut store, &[Val::I64(5)]).unwrap(), [Val::I64(6)]);
    assert_eq!(store.data(), &[4, 11, 11, 5]);
    // One of another store is refused.
    let mut other = kit.store();
    let foreign = Func::wrap(&mut other, |value: i64| value);
    assert!(table.set(&mut store, 0, Val::FuncRef(Some(foreign))).is_err());
    assert!(call(&mut store, main, "set", &[Val::I32(0), Val::FuncRef(Some(foreign))]).is_err());
}

#[test]
fn the_stack_overflows_as_a_trap_on_threads_of_any_size() {
    let mut kit = Kit::new();
    let module = kit.module(
        r#"(module (import "env" "again" (func $again (result i32)))
            (func $deep (export "deep") (result i32) (i32.add (call $deep) (i32.const 1)))
            (func (export "through_host") (result i32) (i32.add (call $again) (i32.const 1)))
            (func (export "shallow") (result i32) (i32.const 6)))"#,
    );
    for kilobytes in [64, 256, 2048, 16384] {
        let (engine, module) = (kit.engine.clone(), module.clone());
        let run = move || {
            let mut store = Store::new(&engine, Vec::new());
            let again = Func::wrap(&mut store, |mut caller: Caller<'_, Vec<i32>>| -> Result<i32, Error> {
                let deep =
                    caller.get_export("deep").and_then(Extern::into_func).ok_or_else(|| Error::host("no deep"))?;
                Ok(deep.call(&mut caller, &[])?[0].i32().unwrap_or(0))
            });
            let instance = Instance::new(&mut store, &module, &[Extern::Func(again)]).unwrap();
            for _ in 0..20 {
                for name in ["deep", "through_host"] {
                    let error = call(&mut store, instance, name, &[]).unwrap_err();
                    assert_eq!(error.trap().map(|trap| trap.code()), Some(TrapCode::StackOverflow), "{error}");
                }
                assert_eq!(call(&mut store, instance, "shallow", &[]).unwrap(), [Val::I32(6)]);
            }
        };
        let thread = std::thread::Builder::new().stack_size(kilobytes << 10).spawn(run).unwrap();
        assert!(thread.join().is_ok(), "with {kilobytes} KiB");
    }
}
