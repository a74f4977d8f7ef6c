//! Stopping what runs, from another thread: in every place where a thread can be, and nothing half done
//! afterwards. Each case has to end within a time limit that only a hang exceeds.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use iwasm::{Caller, Error, Instance, InterruptHandle, Store, TrapCode, Val};
use tests::kit::{Kit, call};

/// Nothing here takes as long unless it hangs.
const LIMIT: Duration = Duration::from_secs(20);

fn is_interruption(result: &Result<Vec<Val>, Error>) -> bool {
    matches!(result, Err(Error::Trap(trap)) if trap.code() == TrapCode::Interrupted)
}

/// Set by what runs, when it does.
#[derive(Clone, Default)]
struct Begun(Arc<AtomicBool>);

impl Begun {
    fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Runs `act` on a thread of its own, interrupts it a little after it has begun, and waits for its result.
fn interrupted<T: Send>(handle: InterruptHandle, begun: &Begun, act: impl FnOnce() -> T + Send) -> T {
    begun.0.store(false, Ordering::SeqCst);
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        scope.spawn(move || sender.send(act()));
        let begin = Instant::now();
        while !begun.0.load(Ordering::SeqCst) && begin.elapsed() < LIMIT {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_millis(5));
        handle.interrupt();
        match receiver.recv_timeout(LIMIT) {
            Ok(result) => result,
            // A panic would wait for the thread.
            Err(_) => {
                eprintln!("not interrupted within {LIMIT:?}");
                std::process::exit(101);
            }
        }
    })
}

/// Everything in it runs forever, or as good as.
const ENDLESS: &str = r#"(module
    (import "env" "begun" (func $begun)) (import "env" "nap" (func $nap)) (import "env" "loop" (func $host_loop)) (import "env" "reenter" (func $reenter))
    (memory (export "memory") 65536 65536)
    (memory $shared 1 1 shared)
    (global $count (export "count") (mut i64) (i64.const 0))
    (func (export "loop") (call $begun) (loop (br 0)))
    (func $leaf)
    (func (export "calls") (call $begun) (loop (call $leaf) (br 0)))
    (func (export "recursion") (call $begun) (loop (call $deep (i32.const 200)) (br 0)))
    (func $deep (param i32)
      (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))))
      (global.set $count (i64.add (global.get $count) (i64.const 1))))
    (func (export "stores") (call $begun) (loop (i32.store (i32.const 64) (i32.add (i32.load (i32.const 64)) (i32.const 1))) (br 0)))
    (func (export "naps") (call $begun) (loop (call $nap) (br 0)))
    (func (export "host_loop") (call $begun) (call $host_loop))
    (func (export "nested") (call $begun) (call $reenter))
    (func (export "fill") (call $begun) (loop (memory.fill (i32.const 0) (i32.const 7) (i32.const -1)) (br 0)))
    (func (export "copy") (call $begun) (loop (memory.copy (i32.const 1) (i32.const 0) (i32.const -2)) (br 0)))
    (func (export "wait") (call $begun) (drop (memory.atomic.wait32 $shared (i32.const 0) (i32.const 0) (i64.const -1))))
    (func (export "wait_long") (call $begun) (drop (memory.atomic.wait64 $shared (i32.const 0) (i64.const 0) (i64.const 0x7fffffffffffffff))))
    (func (export "grows") (call $begun) (loop (drop (memory.grow (i32.const 1))) (drop (memory.size)) (br 0)))
    (func (export "answer") (result i32) (i32.const 42)))"#;

fn endless(kit: &mut Kit) -> (Store<Vec<i32>>, Instance, Begun) {
    let begun = Begun::default();
    let told = begun.clone();
    kit.linker.func("env", "begun", move || told.set());
    kit.linker.func("env", "nap", || std::thread::sleep(Duration::from_micros(300)));
    kit.linker.func("env", "loop", || {
        while !iwasm::is_interrupted() {
            std::hint::spin_loop();
        }
    });
    kit.linker.func("env", "reenter", |mut caller: Caller<'_, Vec<i32>>| {
        let instance = caller.instance().unwrap();
        // Whatever becomes of it, the host goes on.
        let _ = instance.get_func(&caller, "loop").unwrap().call(&mut caller, &[]);
    });
    let mut store = kit.store();
    let instance = kit.main(&mut store, ENDLESS).unwrap();
    (store, instance, begun)
}

#[test]
fn everything_that_runs_forever_can_be_stopped_and_the_store_used_again() {
    let mut kit = Kit::new();
    let (mut store, instance, begun) = endless(&mut kit);
    let handle = store.interrupt_handle();
    let functions = [
        "loop",
        "calls",
        "recursion",
        "stores",
        "naps",
        "host_loop",
        "nested",
        "fill",
        "copy",
        "wait",
        "wait_long",
        "grows",
    ];
    for function in functions {
        let begin = Instant::now();
        let result = interrupted(handle.clone(), &begun, || call(&mut store, instance, function, &[]));
        assert!(is_interruption(&result), "{function}: {result:?}");
        let error = result.unwrap_err();
        let names: Vec<_> = error.frames().iter().filter_map(|frame| frame.function_name.as_deref()).collect();
        // In a prologue, the caller cannot be seen.
        assert!([function, "leaf", "deep"].iter().any(|name| names.contains(name)), "{function}: {names:?}");
        // Sticky until it is cleared.
        assert!(is_interruption(&call(&mut store, instance, "answer", &[])), "{function}");
        store.clear_interrupt();
        assert_eq!(call(&mut store, instance, "answer", &[]).unwrap(), [Val::I32(42)], "{function}");
        assert!(begin.elapsed() < LIMIT, "{function} took {:?}", begin.elapsed());
    }
}

#[test]
fn an_interruption_can_come_at_any_time_at_all() {
    // Calls so short that interruptions meet every part of the way in and out.
    let mut kit = Kit::new();
    let (mut store, instance, _) = endless(&mut kit);
    let handle = store.interrupt_handle();
    let stop = AtomicBool::new(false);
    let sent = AtomicU32::new(0);
    let (mut returned, mut stopped) = (0u32, 0u32);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                handle.interrupt();
                sent.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_micros(50));
            }
        });
        let begin = Instant::now();
        let deep = instance.get_func(&store, "answer").unwrap();
        while (stopped < 2_000 || returned < 2_000) && begin.elapsed() < LIMIT {
            match deep.call(&mut store, &[]) {
                Ok(values) => {
                    assert_eq!(values, [Val::I32(42)]);
                    returned += 1;
                }
                Err(error) => {
                    assert_eq!(error.trap().map(iwasm::Trap::code), Some(TrapCode::Interrupted));
                    stopped += 1;
                    store.clear_interrupt();
                }
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(returned >= 2_000 && stopped >= 2_000, "{returned} returned, {stopped} stopped");
    assert!(sent.load(Ordering::Relaxed) >= 2_000);
}

#[test]
fn an_interruption_is_told_apart_from_the_trap_it_meets() {
    let mut kit = Kit::new();
    let (mut store, instance, begun) = endless(&mut kit);
    let handle = store.interrupt_handle();
    let result = interrupted(handle, &begun, || call(&mut store, instance, "fill", &[]));
    assert!(is_interruption(&result));
    store.clear_interrupt();
    // The next trap at the same place is its own.
    let mut other = kit.store();
    let small = kit
        .main(
            &mut other,
            r#"(module (memory 1) (func (export "fill") (memory.fill (i32.const 0) (i32.const 7) (i32.const -1))))"#,
        )
        .unwrap();
    let error = call(&mut other, small, "fill", &[]).unwrap_err();
    assert_eq!(error.trap().map(iwasm::Trap::code), Some(TrapCode::MemoryOutOfBounds));
}

#[test]
fn interrupting_the_outer_store_stops_the_inner_one() {
    let mut kit = Kit::new();
    let (inner_store, inner, begun) = endless(&mut kit);
    let inner_store = Arc::new(std::sync::Mutex::new(inner_store));
    let errors = Arc::new(std::sync::Mutex::new(Vec::new()));
    for function in ["loop", "wait"] {
        let (held, seen) = (inner_store.clone(), errors.clone());
        kit.linker.func("env", "other", move || {
            let error = call(&mut held.lock().unwrap(), inner, function, &[]).unwrap_err();
            seen.lock().unwrap().push(error.trap().map(iwasm::Trap::code));
        });
        let mut store = kit.store();
        let wat = r#"(module (import "env" "other" (func $other)) (func (export "go") (call $other)))"#;
        let outer = kit.main(&mut store, wat).unwrap();
        let handle = store.interrupt_handle();
        let result = interrupted(handle, &begun, || call(&mut store, outer, "go", &[]));
        assert!(is_interruption(&result), "{result:?}");
    }
    assert_eq!(*errors.lock().unwrap(), [Some(TrapCode::Interrupted); 2]);
    // Nobody interrupted the inner one.
    let answer = call(&mut inner_store.lock().unwrap(), inner, "answer", &[]).unwrap();
    assert_eq!(answer, [Val::I32(42)]);
}

#[test]
fn start_functions_can_be_stopped_and_an_idle_store_is_not_entered() {
    let mut kit = Kit::new();
    let begun = Begun::default();
    let told = begun.clone();
    kit.linker.func("env", "begun", move || told.set());
    let wat = r#"(module (import "env" "begun" (func $begun)) (func $go (call $begun) (loop (br 0))) (start $go))"#;
    let module = kit.module(wat);
    let mut store = kit.store();
    let handle = store.interrupt_handle();
    let linker = &mut kit.linker;
    let result =
        interrupted(handle.clone(), &begun, || linker.instantiate(&mut store, "main", &module).map(|_| Vec::new()));
    assert!(is_interruption(&result), "{result:?}");
    assert!(store.instance("main").is_none());
    let mut idle = kit.store();
    let handle = idle.interrupt_handle();
    handle.interrupt();
    assert!(handle.is_interrupted());
    let answer = kit.main(&mut idle, r#"(module (func (export "answer") (result i32) (i32.const 42)))"#).unwrap();
    assert!(is_interruption(&call(&mut idle, answer, "answer", &[])));
    idle.clear_interrupt();
    assert_eq!(call(&mut idle, answer, "answer", &[]).unwrap(), [Val::I32(42)]);
}
