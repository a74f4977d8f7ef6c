//! Threads on one shared memory, many rounds of everything that they can do to each other: atomics of all widths, plain
//! accesses, growth, locks that sleep, and one that traps, upon which all others are stopped. What can be counted
//! must be exact, and everything must end: past a time limit the process gives up, with what hung.
//!
//! The same through `wasi-threads` with a program in C (`threads/hammer.c`; `scripts/threads-wasm.sh` compiles it), and
//! what a set of several modules shares between threads.

use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;

use iwasm::{Engine, Error, Instance, LinkError, Linker, MemoryType, Module, SharedMemory, Store, TrapCode, Val};
use iwasm_wasi::threads::{ThreadError, Threads};
use iwasm_wasi::{OutputBuffer, OutputStream, WasiCtx};
use tests::artifact::{Builder, options};
use tests::kit::{Kit, call, link_errors};
use tests::paths;

/// Nothing here takes as long unless it hangs.
const LIMIT: Duration = Duration::from_secs(120);
const THREADS: u32 = 8;

/// Fails the whole process if `act` does not end.
fn within_limit<T: Send>(what: &str, act: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel::<()>();
        scope.spawn(move || {
            if receiver.recv_timeout(LIMIT) == Err(mpsc::RecvTimeoutError::Timeout) {
                eprintln!("{what} did not end within {LIMIT:?}");
                std::process::exit(101);
            }
        });
        let result = act();
        drop(sender);
        result
    })
}

/// Words at fixed places: 0 and 8 atomic sums, 16 a sum of bytes, 18 of halves, 24 what non-atomic rmw lost, 32 a lock, 36
/// what it guards, 40 a gate, 64 and on one word a thread.
const HAMMER: &str = r#"(module
    (import "env" "memory" (memory 1 400 shared))
    (func (export "add") (param $rounds i32)
      (local $seen i32)
      (loop $again
        (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
        (drop (i64.atomic.rmw.sub (i32.const 8) (i64.const -3)))
        (drop (i32.atomic.rmw8.add_u (i32.const 16) (i32.const 1)))
        (loop $retry
          (local.set $seen (i32.atomic.load16_u (i32.const 18)))
          (br_if $retry (i32.ne (local.get $seen)
            (i32.atomic.rmw16.cmpxchg_u (i32.const 18) (local.get $seen) (i32.add (local.get $seen) (i32.const 1))))))
        (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))
    ;; With some time between load and store, for a machine on which threads take turns.
    (func (export "add_plainly") (param $rounds i32)
      (local $seen i32) (local $pause i32)
      (loop $again
        (local.set $seen (i32.load (i32.const 24)))
        (local.set $pause (i32.const 50))
        (loop $wait (br_if $wait (local.tee $pause (i32.sub (local.get $pause) (i32.const 1)))))
        (i32.store (i32.const 24) (i32.add (local.get $seen) (i32.const 1)))
        (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))
    (func $lock
      (if (i32.atomic.rmw.cmpxchg (i32.const 32) (i32.const 0) (i32.const 1)) (then
        (block $taken
          (loop $again
            (br_if $taken (i32.eqz (i32.atomic.rmw.xchg (i32.const 32) (i32.const 2))))
            (drop (memory.atomic.wait32 (i32.const 32) (i32.const 2) (i64.const -1)))
            (br $again))))))
    (func $unlock
      (if (i32.eq (i32.atomic.rmw.xchg (i32.const 32) (i32.const 0)) (i32.const 2)) (then
        (drop (memory.atomic.notify (i32.const 32) (i32.const 1))))))
    (func (export "locked") (param $rounds i32)
      (loop $again
        (call $lock)
        (i32.store (i32.const 36) (i32.add (i32.load (i32.const 36)) (i32.const 1)))
        (call $unlock)
        (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))
    (func (export "own") (param $thread i32) (param $rounds i32)
      (local.set $thread (i32.add (i32.const 64) (i32.mul (local.get $thread) (i32.const 4))))
      (loop $again
        (i32.store (local.get $thread) (i32.add (i32.load (local.get $thread)) (i32.const 1)))
        (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))
    ;; Grows by a page that is nobody else's, fills it, and gives its number, or what is wrong.
    (func (export "grow") (param $thread i32) (result i32)
      (local $page i32)
      (local.set $page (memory.grow (i32.const 1)))
      (if (i32.lt_u (memory.size) (i32.add (local.get $page) (i32.const 1))) (then (return (i32.const -2))))
      (local.set $page (i32.mul (local.get $page) (i32.const 65536)))
      (if (i32.load (i32.add (local.get $page) (i32.const 65532))) (then (return (i32.const -3))))
      (memory.fill (local.get $page) (i32.add (local.get $thread) (i32.const 1)) (i32.const 65536))
      (if (i32.ne (i32.load8_u (i32.add (local.get $page) (i32.const 65535))) (i32.add (local.get $thread) (i32.const 1)))
        (then (return (i32.const -4))))
      (i32.div_u (local.get $page) (i32.const 65536)))
    (func (export "stop") (param $way i32)
      (block $spin (block $wait (block $past (block $trap
        (br_table $trap $past $wait $spin (local.get $way)))
        unreachable)
        (i32.store (i32.const -4) (i32.const 0)))
        (drop (memory.atomic.wait32 (i32.const 40) (i32.const 0) (i64.const -1))))
      (loop (br 0))))"#;

fn hammer(words: &str) -> (Engine, Module) {
    let engine = Engine::default();
    let module = Builder::new(options(words).threads(1)).load(&engine, &wat::parse_str(HAMMER).unwrap()).unwrap();
    (engine, module)
}

/// One thread of the system for each store, all on one memory.
fn on_threads<R: Send>(
    engine: &Engine,
    module: &Module,
    memory: &SharedMemory,
    act: impl Fn(u32, &mut Store<Vec<i32>>, Instance) -> R + Sync,
) -> Vec<R> {
    let run = |thread: u32| {
        let mut store = Store::new(engine, Vec::new());
        let mut linker = Linker::new(engine);
        linker.define_shared_memory("env", "memory", memory);
        let instance = linker.instantiate(&mut store, "hammer", module).unwrap();
        act(thread, &mut store, instance)
    };
    let run = &run;
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || run(thread))).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    })
}

fn new_memory() -> SharedMemory {
    let ty = MemoryType { min: 1, max: Some(400), shared: true, index64: false, page_size_log2: 16 };
    SharedMemory::new(ty).unwrap()
}

fn word(memory: &SharedMemory, address: u64) -> u32 {
    let mut bytes = [0; 4];
    memory.read(address, &mut bytes).unwrap();
    u32::from_le_bytes(bytes)
}

#[test]
fn eight_threads_count_exactly() {
    const ROUNDS: u32 = 4;
    const EACH: u32 = 3_000;
    const PAGES: u32 = 8;
    for words in ["", "--bounds-checks=1", "--bounds-checks=1 --opt-level=0"] {
        let (engine, module) = hammer(words);
        for _ in 0..ROUNDS {
            let memory = new_memory();
            let pages = within_limit("the hammer", || {
                on_threads(&engine, &module, &memory, |thread, store, instance| {
                    let mut run = |name: &str, params: &[u32]| {
                        let params: Vec<Val> = params.iter().map(|param| Val::I32(param.cast_signed())).collect();
                        call(store, instance, name, &params).unwrap()
                    };
                    run("add", &[EACH]);
                    run("locked", &[EACH]);
                    let pages: Vec<Vec<Val>> = (0..PAGES).map(|_| run("grow", &[thread])).collect();
                    run("own", &[thread, EACH]);
                    run("add", &[EACH]);
                    pages
                })
            });
            let all = 2 * EACH * THREADS;
            assert_eq!(word(&memory, 0), all);
            assert_eq!(word(&memory, 8), 3 * all);
            assert_eq!(word(&memory, 16) & 0xff, all & 0xff);
            assert_eq!(word(&memory, 16) >> 16, all & 0xffff);
            assert_eq!(word(&memory, 32), 0);
            assert_eq!(word(&memory, 36), EACH * THREADS);
            for thread in 0..THREADS {
                assert_eq!(word(&memory, u64::from(64 + 4 * thread)), EACH);
            }
            // Each page was given to one thread, and holds what that wrote.
            assert_eq!(memory.size(), u64::from(1 + THREADS * PAGES));
            let mut numbers = Vec::new();
            for (thread, pages) in pages.into_iter().enumerate() {
                for page in pages {
                    let [Val::I32(page)] = page[..] else { panic!("{page:?}") };
                    assert!(page > 0, "growing: {page}");
                    assert_eq!(word(&memory, page as u64 * 65536 + 4096) & 0xff, thread as u32 + 1);
                    numbers.push(page);
                }
            }
            numbers.sort_unstable();
            assert!(numbers.iter().copied().eq(1..=(THREADS * PAGES).cast_signed()), "{numbers:?}");
        }
    }
}

/// What makes the counts above mean something: without atomics, the same loop loses some.
#[test]
fn the_hammer_sees_what_is_not_atomic() {
    const EACH: u32 = 200_000;
    let (engine, module) = hammer("");
    let lost = (0..100).any(|_| {
        let memory = new_memory();
        let begin = Barrier::new(THREADS as usize);
        on_threads(&engine, &module, &memory, |_, store, instance| {
            begin.wait();
            call(store, instance, "add_plainly", &[Val::I32(EACH.cast_signed())]).unwrap();
        });
        word(&memory, 24) < EACH * THREADS
    });
    assert!(lost, "eight threads added to one word without atomics, and nothing was lost");
}

#[test]
fn a_trap_in_one_thread_ends_all_and_leaves_the_memory_whole() {
    for (words, way) in [("", 0), ("", 1), ("--bounds-checks=1", 1), ("--bounds-checks=1", 0)] {
        let (engine, module) = hammer(words);
        for _ in 0..8 {
            let memory = new_memory();
            let codes = within_limit("stopping threads", || {
                let (sender, receiver) = mpsc::channel();
                std::thread::scope(|scope| {
                    let group = scope.spawn(|| {
                        on_threads(&engine, &module, &memory, |thread, store, instance| {
                            sender.send((thread, Some(store.interrupt_handle()))).unwrap();
                            let way = if thread == 3 { way } else { 2 + thread.cast_signed() % 2 };
                            let error = call(store, instance, "stop", &[Val::I32(way)]).unwrap_err();
                            if thread == 3 {
                                sender.send((thread, None)).unwrap();
                            }
                            error.trap().unwrap().code()
                        })
                    });
                    let mut handles = Vec::new();
                    let mut trapped = false;
                    while !trapped || handles.len() < THREADS as usize {
                        match receiver.recv().unwrap() {
                            (_, Some(handle)) => handles.push(handle),
                            (_, None) => trapped = true,
                        }
                    }
                    handles.iter().for_each(iwasm::InterruptHandle::interrupt);
                    group.join().unwrap()
                })
            });
            for (thread, code) in codes.into_iter().enumerate() {
                let own = if way == 0 { TrapCode::Unreachable } else { TrapCode::MemoryOutOfBounds };
                assert_eq!(code, if thread == 3 { own } else { TrapCode::Interrupted }, "thread {thread}");
            }
            // Nobody waits there any more.
            assert_eq!(memory.notify(40, u32::MAX).unwrap(), 0);
        }
    }
}

/// What a store holds; the count says how many stores there are.
#[derive(Clone)]
struct Data {
    wasi: WasiCtx,
    _counted: Arc<()>,
}

/// The program in C, in this process: as users of the library run it.
fn program(mode: &str, max_threads: usize) -> (Result<Vec<Val>, ThreadError>, String) {
    let wasm = std::fs::read(paths::tests().join("threads/hammer.wasm")).unwrap();
    let engine = Engine::default();
    let module = Builder::new(options("").threads(1)).load(&engine, &wasm).unwrap();
    let output = OutputBuffer::new(1 << 16);
    let wasi = WasiCtx::builder().arg("hammer").arg(mode).stdout(OutputStream::buffer(&output)).build().unwrap();
    let threads = Threads::new(max_threads);
    let mut linker = Linker::new(&engine);
    iwasm_wasi::add_to_linker(&mut linker, |data: &mut Data| &mut data.wasi);
    threads.add_to_linker(&mut linker);
    let stores = Arc::new(());
    let mut store = Store::new(&engine, Data { wasi, _counted: stores.clone() });
    let result = within_limit(mode, || {
        let main = threads.instantiate(&mut linker, &mut store, "hammer", &module).unwrap();
        let start = main.get_func(&store, "_start").unwrap();
        threads.run(&mut store, |store| start.call(store, &[]))
    });
    // All but the main one are gone, with all that they had.
    assert_eq!(Arc::strong_count(&stores), 2);
    drop((store, threads, linker));
    assert_eq!(Arc::strong_count(&stores), 1);
    (result, String::from_utf8(output.take()).unwrap())
}

#[test]
fn a_program_in_c_ends_in_every_way_with_all_its_threads() {
    for _ in 0..12 {
        let (result, printed) = program("return", 8);
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(printed, "counter 16000\nguarded 16000\npages 12\n");
        let (result, printed) = program("leave", 8);
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(printed, "guarded 16000\n");
        let (result, _) = program("trap", 8);
        let error = result.unwrap_err();
        assert!(error.thread.is_some_and(|thread| (1..=8).contains(&thread)), "{error}");
        assert_eq!(error.error.trap().unwrap().code(), TrapCode::Unreachable);
        let shown = format!("{error:#}");
        assert_eq!(shown.matches("thread ").count(), 1, "{shown}");
        assert!(shown.contains(": unreachable\n  #0 hammer!thread_main @ "), "{shown}");
        let (result, _) = program("exit", 8);
        assert!(matches!(result.unwrap_err().error, Error::Exit(7)));
        let (result, printed) = program("many", 5);
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(printed, "threads 5\n");
    }
}

/// A library with a memory of its own, one with a shared one, and a program that spawns.
const PRIVATE: &str = r#"(module (memory (export "memory") 1) (global (export "g") (mut i32) (i32.const 5)) (data (i32.const 0) "\07")
    (func (export "bump") (result i32)
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1))) (i32.load (i32.const 0))))"#;
const COMMON: &str = r#"(module (memory (export "shared") 1 4 shared) (data (i32.const 100) "\2a")
    (func (export "_initialize") (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))))"#;
const SPAWNS: &str = r#"(module
    (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
    (import "private" "bump" (func $bump (result i32)))
    (import "common" "shared" (memory 1 4 shared))
    (import "any" "name" (memory $host 1 2 shared))
    (func (export "wasi_thread_start") (param $id i32) (param $argument i32)
      ;; The instance of `private` is new, so this is its first.
      (drop (i32.atomic.rmw.add (i32.const 16) (call $bump)))
      (drop (i32.atomic.rmw.add $host (i32.const 0) (local.get $argument)))
      (drop (i32.atomic.rmw.add (i32.const 24) (i32.load8_u (i32.const 100))))
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
      (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
    (func (export "go") (param $count i32) (result i32 i32 i32 i32 i32)
      (local $left i32) (local $done i32)
      (drop (call $bump))
      (i32.store8 (i32.const 100) (i32.const 1))
      (local.set $left (local.get $count))
      (loop $again
        (if (i32.le_s (call $spawn (i32.const 3)) (i32.const 0)) (then unreachable))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (loop $wait
        (local.set $done (i32.atomic.load (i32.const 0)))
        (drop (memory.atomic.wait32 (i32.const 0) (local.get $done) (i64.const 1000000)))
        (br_if $wait (i32.lt_u (i32.atomic.load (i32.const 0)) (local.get $count))))
      (i32.load (i32.const 16)) (i32.load $host (i32.const 0)) (i32.load (i32.const 24)) (i32.load (i32.const 8))
      (call $bump)))"#;

#[test]
fn threads_share_shared_memories_by_name_and_nothing_else() {
    let mut kit = Kit::new();
    let [private, common, main] = [PRIVATE, COMMON, SPAWNS].map(|wat| kit.module(wat));
    kit.linker.register("private", &private).unwrap();
    kit.linker.register("common", &common).unwrap();
    let threads: Threads<Vec<i32>> = Threads::new(16);
    threads.add_to_linker(&mut kit.linker);
    let mut store = kit.store();
    let main = threads.instantiate(&mut kit.linker, &mut store, "main", &main).unwrap();
    let go = main.get_func(&store, "go").unwrap();
    let results = within_limit("a set", || threads.run(&mut store, |store| go.call(store, &[Val::I32(10)]))).unwrap();
    // Each thread bumped a 7 of its own; the host's memory was one; no segment was copied again over the 1 that was
    // written; `_initialize` of the module with the shared memory ran once; main's own was bumped twice.
    assert_eq!(results, [80, 30, 10, 1, 9].map(Val::I32));
}

/// The main module has no name but its own, which is also that of another's instance; and the two differ in all
/// that compiled code relies on.
#[test]
fn a_name_alone_does_not_make_a_memory_shared() {
    let mut kit = Kit::new();
    let program = |index: &str| {
        format!(
            r#"(module $lib (import "lib" "bump" (func $bump (result i32))) (memory {index} 1 1 shared) (data ({index}.const 0) "\05")
            (func (export "go") (result i32 i32)
              (i32.atomic.rmw.add ({index}.const 0) (i32.const 1)) (call $bump)))"#
        )
    };
    let lib = kit.module(PRIVATE);
    let [main, other] = ["i32", "i64"].map(|index| kit.module(&program(index)));
    kit.linker.register("lib", &lib).unwrap();
    let mut store = kit.store();
    let instance = kit.linker.instantiate(&mut store, "", &main).unwrap();
    assert_eq!(call(&mut store, instance, "go", &[]).unwrap(), [5, 8].map(Val::I32));
    let seed = store.seed();
    let mut again = |module: &Module| {
        let mut store = Store::from_seed(&seed, Vec::new());
        let instance = kit.linker.instantiate(&mut store, "", module).unwrap();
        call(&mut store, instance, "go", &[]).unwrap()
    };
    assert_eq!(again(&main), [6, 8].map(Val::I32), "the same memory, and a library of its own");
    assert_eq!(again(&other), [5, 8].map(Val::I32), "another module, with another memory");
}

#[test]
fn threads_cannot_be_had_where_none_can_run() {
    let mut kit = Kit::new();
    let threads: Threads<Vec<i32>> = Threads::new(1);
    threads.add_to_linker(&mut kit.linker);
    let wat = r#"(module (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32))) (memory 1 1 shared)
        (global $at_start (mut i32) (i32.const 0))
        (func $start (global.set $at_start (call $spawn (i32.const 0)))) (start $start)
        (func (export "at_start") (result i32) (global.get $at_start))
        (func (export "spawn") (result i32) (call $spawn (i32.const 0))))"#;
    let module = kit.module(wat);
    let mut store = kit.store();
    let main = threads.instantiate(&mut kit.linker, &mut store, "main", &module).unwrap();
    // Nothing to make it of yet; then, nobody runs the group.
    assert_eq!(call(&mut store, main, "at_start", &[]).unwrap(), [Val::I32(-6)]);
    assert_eq!(call(&mut store, main, "spawn", &[]).unwrap(), [Val::I32(-6)]);
    // A thread with nothing to run ends the group.
    let spawn = main.get_func(&store, "spawn").unwrap();
    let error = within_limit("no entry", || {
        threads.run(&mut store, |store| {
            loop {
                spawn.call(&mut *store, &[])?;
            }
        })
    });
    let error: ThreadError = Result::<(), _>::unwrap_err(error);
    assert_eq!(
        error.to_string(),
        "thread 1: the main module exports no function \"wasi_thread_start\" for the thread to run"
    );
    // The store is usable.
    assert_eq!(call(&mut store, main, "at_start", &[]).unwrap(), [Val::I32(-6)]);
    // What the host would make for it is within the store's limits, or not made.
    let imports = kit.module(r#"(module (import "any" "memory" (memory 3 9 shared)))"#);
    let mut small = kit.store();
    small.limits_mut().max_memory_bytes = 2 << 16;
    let refused = threads.instantiate(&mut kit.linker, &mut small, "imports", &imports);
    assert!(matches!(refused, Err(Error::Resource { .. })), "{refused:?}");
    drop(threads);
    assert_eq!(call(&mut store, main, "spawn", &[]).unwrap(), [Val::I32(-6)]);
}

#[test]
fn shared_matches_shared_and_errors_show_both() {
    let mut kit = Kit::new();
    let exporter = kit.module(r#"(module (memory (export "shared") 2 4 shared) (memory (export "own") 2 4))"#);
    kit.linker.register("exporter", &exporter).unwrap();
    for (field, wanted, found) in [
        ("shared", "2 4", Some("(memory 2 4 shared)")),
        ("own", "2 4 shared", Some("(memory 2 4)")),
        ("shared", "2 3 shared", Some("(memory 2 4 shared)")),
        ("shared", "3 4 shared", Some("(memory 2 4 shared)")),
        ("shared", "1 5 shared", None),
    ] {
        let mut store = kit.store();
        let result = kit.main(&mut store, &format!(r#"(module (import "exporter" "{field}" (memory {wanted})))"#));
        match found {
            None => assert!(result.is_ok(), "{field} {wanted}"),
            Some(found) => {
                let errors = link_errors(result);
                let [LinkError::IncompatibleType { site, found: shown, .. }] = &errors[..] else {
                    panic!("{errors:?}")
                };
                assert_eq!((site.wanted.as_str(), shown.as_str()), (format!("(memory {wanted})").as_str(), found));
            }
        }
    }
    let unlimited = wamrc::Compiler::new(wamrc::Options::new().threads(1)).unwrap();
    let wasm = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 3, 1, 2, 1];
    let error = unlimited.compile(&wasm).unwrap_err();
    assert!(error.to_string().contains("shared memory must have maximum size"), "{error}");
}

#[test]
fn the_host_reads_and_writes_a_shared_memory_by_copies() {
    let memory = new_memory();
    let mut kit = Kit::new();
    kit.linker.define_shared_memory("env", "memory", &memory);
    let mut store = kit.store();
    let main =
        kit.main(&mut store, r#"(module (import "env" "memory" (memory 1 400 shared)) (export "memory" (memory 0)))"#);
    let handle = main.unwrap().get_memory(&store, "memory").unwrap();
    assert!(matches!(handle.data(&store), Err(Error::SharedMemory)));
    assert!(matches!(handle.data_mut(&mut store), Err(Error::SharedMemory)));
    handle.write(&mut store, 65530, b"abc").unwrap();
    let mut bytes = [0; 5];
    memory.read(65529, &mut bytes).unwrap();
    assert_eq!(&bytes, b"\0abc\0");
    assert!(matches!(memory.read(65533, &mut bytes), Err(Error::OutOfBounds { size: 65536, .. })));
    assert_eq!(memory.data()[65531].load(std::sync::atomic::Ordering::Relaxed), b'b');
    assert!(handle.shared(&store).unwrap().unwrap().same(&memory));
    assert_eq!(handle.grow(&mut store, 2).unwrap(), 1);
    assert_eq!((memory.size(), handle.size(&store).unwrap(), memory.data().len()), (3, 3, 3 * 65536));
    assert!(memory.grow(398).is_err());
    let unshared = MemoryType { shared: false, ..memory.ty() };
    assert!(SharedMemory::new(unshared).is_err());
    assert!(SharedMemory::new(MemoryType { max: None, ..memory.ty() }).is_err());
    // One whose maximum no address space has takes what there is, and its limit is told by failing to grow.
    let huge = MemoryType { min: 1, max: Some(1 << 47), index64: true, ..memory.ty() };
    let huge = SharedMemory::new(huge).unwrap();
    assert_eq!(huge.grow(100).unwrap(), 1);
    assert!(huge.grow(1 << 46).is_err());
    assert_eq!(huge.size(), 101);
}
