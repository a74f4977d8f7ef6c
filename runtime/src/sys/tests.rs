//! Entering, leaving, trapping and nesting, with hand-written stand-ins for compiled code.
//!
//! # Safety contract
//!
//! The stand-ins keep the conventions of [`aot_format::abi`] except that wasm functions take
//! `(vmctx, values)` by the C convention. Everything they are given outlives the call.

use core::ffi::c_void;
use core::ptr;
use std::ffi::OsStr;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

use aot_format::abi::TrapCode;

use super::enter::{Depth, Frames, LookupFunctions, TrapRecord, Unwound, call_entry, raise};
use super::memory::Reservation;
use super::stack::StackError;
use crate::vm::structs::{HostReturn, VMFuncRef, VMHostContext, VMStoreContext, ValRaw, address_of, slots_at};

#[cfg(target_arch = "aarch64")]
#[path = "tests/aarch64.rs"]
mod code;
#[cfg(target_arch = "riscv64")]
#[path = "tests/riscv64.rs"]
mod code;
#[cfg(target_arch = "x86_64")]
#[path = "tests/x86_64.rs"]
mod code;

pub(crate) use code::RETURN_42;

unsafe extern "C" {
    static iwasm_test_text_start: u8;
    static iwasm_test_text_end: u8;
    static iwasm_test_entry: u8;
    static iwasm_test_fold: u8;
    static iwasm_test_increment: u8;
    static iwasm_test_trap: u8;
    static iwasm_test_trap_pc: u8;
    #[cfg(target_arch = "x86_64")]
    static iwasm_test_divide: u8;
    static iwasm_test_divide_pc: u8;
    static iwasm_test_load: u8;
    static iwasm_test_load_pc: u8;
    static iwasm_test_call_host: u8;
    static iwasm_test_call_host_return: u8;
    static iwasm_test_tail_call_host: u8;
    static iwasm_test_recurse: u8;
    static iwasm_test_recurse_pc: u8;
    fn iwasm_test_lost_registers(call: extern "C" fn()) -> usize;
}

macro_rules! code {
    ($name:ident) => {
        &raw const $name
    };
}

const WASM_STACK: usize = 512 << 10;

/// A store with one memory, running the stand-ins.
#[repr(C)]
struct Guest {
    /// First, so that what is given a pointer to it finds the guest.
    context: VMStoreContext,
    memory: Option<Reservation>,
    max_wasm_stack: usize,
}

/// Of code that nobody interrupts.
static LOOKUP: LookupFunctions = LookupFunctions { trap, in_function: |_, pc| in_text(pc), is_interrupted: |_| false };

fn in_text(pc: usize) -> bool {
    (code!(iwasm_test_text_start).addr()..code!(iwasm_test_text_end).addr()).contains(&pc)
}

/// What a real runtime's lookup does, over one text and one memory.
unsafe fn trap(store: *const VMStoreContext, pc: usize, address: Option<usize>) -> Option<TrapCode> {
    if !in_text(pc) {
        return None;
    }
    if let Some(address) = address {
        // SAFETY: the guest outlives the call.
        let memory = unsafe { &(*store.cast::<Guest>()).memory };
        return memory.as_ref()?.is_inaccessible(address).then_some(TrapCode::MemoryOutOfBounds);
    }
    let traps = [
        (code!(iwasm_test_trap_pc), TrapCode::Unreachable),
        (code!(iwasm_test_divide_pc), TrapCode::IntegerDivideByZero),
        (code!(iwasm_test_recurse_pc), TrapCode::StackOverflow),
    ];
    traps.iter().find(|(at, _)| at.addr() == pc).map(|(_, code)| *code)
}

impl Guest {
    fn new() -> Guest {
        Guest { context: VMStoreContext::new(raise, &LOOKUP), memory: None, max_wasm_stack: WASM_STACK }
    }

    fn with_memory(bytes: usize) -> Guest {
        let mut memory = Reservation::guarded().unwrap_or_else(|error| panic!("{error}"));
        assert!(memory.grow_to(bytes).is_ok());
        Guest { memory: Some(memory), ..Guest::new() }
    }

    fn base(&self) -> usize {
        self.memory.as_ref().map_or(0, |memory| memory.base().addr())
    }

    fn call_on(&mut self, vmctx: *mut c_void, code: *const u8, value: u64) -> Result<u64, Unwound> {
        let this = &raw mut *self;
        // SAFETY: the guest outlives the call.
        unsafe { call_raw(this, vmctx, code, value) }
    }

    fn call(&mut self, code: *const u8, value: u64) -> Result<u64, Unwound> {
        let store = (&raw mut self.context).cast();
        self.call_on(store, code, value)
    }

    fn trap(&mut self, code: *const u8, value: u64) -> TrapRecord {
        expect_trap(self.call(code, value))
    }
}

/// A reference to a stand-in.
fn funcref(vmctx: *mut c_void, code: *const u8) -> VMFuncRef {
    VMFuncRef { code, vmctx, entry: code!(iwasm_test_entry), type_id: 0, slot: 0 }
}

/// Not through a reference, for nested calls.
unsafe fn call_raw(guest: *mut Guest, vmctx: *mut c_void, code: *const u8, value: u64) -> Result<u64, Unwound> {
    let mut values = [ValRaw::from_i64(value as i64); 2];
    let funcref = funcref(vmctx, code);
    // SAFETY: the stand-ins keep the conventions, and the guest outlives the call.
    unsafe {
        let (store, max) = (guest.cast::<VMStoreContext>(), (*guest).max_wasm_stack);
        let values = address_of(values.as_mut_ptr());
        call_entry(&raw const funcref, values, store, max, Depth::Any).map_err(|unwound| *unwound)?;
    }
    Ok(values[0].i64() as u64)
}

#[test]
fn values_go_and_come_in_the_registers_of_the_convention() {
    let mut guest = Guest::new();
    let vmctx = ptr::without_provenance_mut(0x1000_0000);
    let funcref = VMFuncRef { entry: code!(iwasm_test_fold), ..funcref(vmctx, ptr::null()) };
    // SAFETY: the stand-in keeps the convention, and the guest outlives the call.
    let folded = unsafe {
        let store = (&raw mut guest).cast();
        call_entry(&raw const funcref, [1, 20, 300, 4000, 50_000], store, WASM_STACK, Depth::Outermost)
    };
    assert_eq!(folded.ok(), Some(0x1000_0000 + ((((3 + 20) * 3 + 300) * 3 + 4000) * 3 + 50_000)));
}

fn expect_trap(result: Result<u64, Unwound>) -> TrapRecord {
    match result {
        Err(Unwound::Trap(record)) => *record,
        other => panic!("not a trap: {other:?}"),
    }
}

/// Address inside the instruction before `label`, as a walk gives it.
fn before(label: *const u8) -> usize {
    label.addr() - 1
}

fn addresses(record: &TrapRecord) -> Vec<usize> {
    record.frames.iter().map(|(address, _)| address).collect()
}

#[test]
fn a_call_returns_and_leaves_the_context_idle() {
    let mut guest = Guest::new();
    assert!(matches!(guest.call(code!(iwasm_test_increment), 41), Ok(42)));
    assert_eq!((guest.context.entry_sp, guest.context.exit_fp), (0, 0));
    guest.trap(code!(iwasm_test_trap), 0);
    assert_eq!((guest.context.entry_sp, guest.context.exit_fp), (0, 0));
}

#[test]
fn a_call_inside_of_another_leaves_the_context_as_it_was() {
    let mut guest = Guest::new();
    let place =
        |context: &mut VMStoreContext| (context.stack_limit, context.entry_sp, context.entry_pc, context.exit_fp);
    let context = &mut guest.context;
    (context.entry_sp, context.entry_pc) = (2, 3);
    (context.exit_fp, context.stack_limit) = (5, 6);
    assert!(matches!(guest.call(code!(iwasm_test_increment), 41), Ok(42)));
    assert_eq!(place(&mut guest.context), (6, 2, 3, 5));
    guest.trap(code!(iwasm_test_trap), 0);
    assert_eq!(place(&mut guest.context), (6, 2, 3, 5));
}

#[test]
fn a_trap_instruction_is_a_trap() {
    let mut guest = Guest::new();
    for _ in 0..10_000 {
        let record = guest.trap(code!(iwasm_test_trap), 0);
        assert_eq!(record.code, TrapCode::Unreachable);
        assert_eq!(record.pc, code!(iwasm_test_trap_pc).addr());
        assert_eq!(record.fault_address, None);
        assert_eq!(addresses(&record), [record.pc]);
    }
    assert!(matches!(guest.call(code!(iwasm_test_increment), 1), Ok(2)));
}

#[test]
fn calls_lose_no_register_that_callers_count_on() {
    extern "C" fn increment() {
        assert!(matches!(Guest::new().call(code!(iwasm_test_increment), 41), Ok(42)));
    }
    extern "C" fn trap() {
        Guest::new().trap(code!(iwasm_test_trap), 0);
    }
    for call in [increment, trap] {
        // SAFETY: it calls a function that takes and gives nothing, and keeps the C convention.
        assert_eq!(unsafe { iwasm_test_lost_registers(call) }, 0);
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_divide_error_is_a_trap() {
    let mut guest = Guest::new();
    assert_eq!(guest.trap(code!(iwasm_test_divide), 0).code, TrapCode::IntegerDivideByZero);
    assert!(matches!(guest.call(code!(iwasm_test_divide), 1), Ok(1)));
}

#[test]
fn an_access_to_inaccessible_guest_memory_is_a_trap() {
    let mut guest = Guest::with_memory(65536);
    let base = guest.base() as u64;
    assert!(matches!(guest.call(code!(iwasm_test_load), base + 65535), Ok(0)));
    for offset in [65536, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 32) + (1 << 26) - 1] {
        let record = guest.trap(code!(iwasm_test_load), base + offset);
        assert_eq!(record.code, TrapCode::MemoryOutOfBounds);
        assert_eq!(record.fault_address, Some((base + offset) as usize));
        assert_eq!(record.pc, code!(iwasm_test_load_pc).addr());
        assert_eq!(addresses(&record), [record.pc]);
    }
}

/// What the host functions of the tests get as their data.
struct HostData {
    guest: *mut Guest,
    code: *const u8,
    nested: Vec<Result<u64, Unwound>>,
    frames: Vec<usize>,
    calls: usize,
    unwinds: bool,
}

/// Enters wasm again, notes the result and the frames, and returns what it is told to.
unsafe extern "C" fn host(context: *mut VMHostContext, values: u64, _: u64, _: u64, _: u64, _: u64) -> HostReturn {
    // SAFETY: the host context and its data outlive the call, and the guest is used through raw
    // pointers only.
    unsafe {
        let data = &mut *(*context).data.cast::<HostData>();
        if !data.code.is_null() {
            let value = (*slots_at(values)).i64() as u64;
            data.nested.push(call_raw(data.guest, (&raw mut (*data.guest).context).cast(), data.code, value));
        }
        data.frames = Frames::of_host_call((*context).store).collect();
        ended(context, data.unwinds)
    }
}

/// # Safety
///
/// The context is alive.
unsafe fn ended(context: *mut VMHostContext, unwinds: bool) -> HostReturn {
    // SAFETY: by the caller.
    HostReturn { value: 0, unwinds: if unwinds { unsafe { (*context).store } } else { ptr::null_mut() } }
}

/// Calls a stand-in that calls the host, which calls `inner` if that is not null.
fn call_through_host(
    guest: &mut Guest,
    outer: *const u8,
    inner: *const u8,
    unwinds: bool,
) -> (HostData, Result<u64, Unwound>) {
    let guest = &raw mut *guest;
    let mut data = HostData { guest, code: inner, nested: Vec::new(), frames: Vec::new(), calls: 0, unwinds };
    // SAFETY: the guest is alive.
    let store = unsafe { &raw mut (*guest).context };
    let mut context = VMHostContext { call: host, store, caller: ptr::null_mut(), data: (&raw mut data).cast() };
    // SAFETY: the guest and the context outlive the call.
    let result = unsafe { call_raw(guest, (&raw mut context).cast(), outer, 0) };
    (data, result)
}

#[test]
fn the_host_can_raise() {
    let mut guest = Guest::new();
    let (data, result) = call_through_host(&mut guest, code!(iwasm_test_call_host), ptr::null(), true);
    assert!(matches!(result, Err(Unwound::Raised)));
    assert_eq!(data.frames, [before(code!(iwasm_test_call_host_return))]);
    let (_, result) = call_through_host(&mut guest, code!(iwasm_test_call_host), ptr::null(), false);
    assert!(result.is_ok());
    assert_eq!(guest.context.entry_sp, 0);
}

#[test]
fn after_a_tail_call_to_the_host_no_frame_is_left() {
    let mut guest = Guest::new();
    let (data, result) = call_through_host(&mut guest, code!(iwasm_test_tail_call_host), ptr::null(), true);
    assert!(matches!(result, Err(Unwound::Raised)));
    assert_eq!(data.frames, []);
}

#[test]
fn activations_nest() {
    let mut guest = Guest::new();
    let here = before(code!(iwasm_test_call_host_return));
    // The inner call traps, the host goes on, and the outer one returns.
    let (data, result) = call_through_host(&mut guest, code!(iwasm_test_call_host), code!(iwasm_test_trap), false);
    assert!(result.is_ok());
    assert_eq!(data.frames, [here], "the exit state of the outer activation is back");
    let record = expect_trap(data.nested.into_iter().next().unwrap_or(Ok(0)));
    assert_eq!(addresses(&record), [code!(iwasm_test_trap_pc).addr(), here]);
    // The inner call returns, and the host raises.
    let (data, result) = call_through_host(&mut guest, code!(iwasm_test_call_host), code!(iwasm_test_increment), true);
    assert!(matches!(result, Err(Unwound::Raised)));
    assert!(matches!(data.nested[..], [Ok(1)]));
}

#[test]
fn frames_of_another_store_are_not_walked() {
    let (mut outer, mut inner) = (Guest::new(), Guest::new());
    let data_guest = &raw mut inner;
    let mut data = HostData {
        guest: data_guest,
        code: code!(iwasm_test_trap),
        nested: Vec::new(),
        frames: Vec::new(),
        calls: 0,
        unwinds: false,
    };
    let store = &raw mut outer.context;
    let mut context = VMHostContext { call: host, store, caller: ptr::null_mut(), data: (&raw mut data).cast() };
    assert!(outer.call_on((&raw mut context).cast(), code!(iwasm_test_call_host), 0).is_ok());
    assert_eq!(data.frames, [before(code!(iwasm_test_call_host_return))]);
    let record = expect_trap(data.nested.pop().unwrap_or(Ok(0)));
    assert_eq!(addresses(&record), [code!(iwasm_test_trap_pc).addr()]);
    // SAFETY: the store is alive, and no wasm of it runs.
    assert_eq!(unsafe { Frames::of_host_call(&raw const inner.context) }.next(), None);
}

fn on_thread<T: Send + 'static>(stack_bytes: usize, run: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(stack_bytes).spawn(run);
    thread.map(|thread| thread.join()).unwrap_or_else(|error| panic!("{error}")).unwrap_or_else(|_| panic!("it died"))
}

#[test]
fn stack_overflow_is_a_clean_trap_on_large_and_tiny_stacks() {
    for stack_bytes in [64 << 10, 256 << 10, 8 << 20] {
        on_thread(stack_bytes, || {
            let mut guest = Guest::new();
            for _ in 0..1_000 {
                let record = guest.trap(code!(iwasm_test_recurse), 0);
                assert_eq!(record.code, TrapCode::StackOverflow);
                assert_eq!(record.pc, code!(iwasm_test_recurse_pc).addr());
                let frames: Vec<(usize, usize)> = record.frames.iter().collect();
                assert!(frames.len() == 64 && frames[48].1 > 100, "both ends of a deep stack");
            }
            assert!(matches!(guest.call(code!(iwasm_test_increment), 1), Ok(2)));
        });
    }
}

#[test]
fn wasm_gets_the_stack_it_was_promised_and_no_more() {
    on_thread(8 << 20, || {
        let mut guest = Guest::new();
        for max in [64 << 10, 1 << 20] {
            guest.max_wasm_stack = max;
            let top = super::arch::stack_pointer();
            let mut values = [ValRaw::ZERO; 2];
            let store = (&raw mut guest).cast::<VMStoreContext>();
            let funcref = funcref(store.cast(), code!(iwasm_test_recurse));
            // SAFETY: as in `call_raw`.
            let result = unsafe {
                call_entry(&raw const funcref, address_of(values.as_mut_ptr()), store, max, Depth::Outermost)
            };
            assert!(matches!(result.map_err(|unwound| *unwound), Err(Unwound::Trap(_))));
            // A level takes 128 bytes.
            let used = values[0].i64() as usize * 128;
            assert!(used <= max && used + 4096 > max, "{used} of {max}, from {top:#x}");
        }
    });
}

/// wasm → host → wasm …, until something stops it.
unsafe extern "C" fn bounce(context: *mut VMHostContext, _: u64, _: u64, _: u64, _: u64, _: u64) -> HostReturn {
    // SAFETY: as in `host`.
    unsafe {
        let data = &mut *(*context).data.cast::<HostData>();
        let (guest, code) = (data.guest, data.code);
        data.calls += 1;
        let result = call_raw(guest, context.cast(), code, 0);
        let first = data.nested.is_empty();
        if first {
            data.nested.push(result);
        }
        ended(context, !first)
    }
}

#[test]
fn recursion_through_the_host_ends_in_a_trap() {
    for stack_bytes in [64 << 10, 8 << 20] {
        on_thread(stack_bytes, || {
            for _ in 0..100 {
                // Wasm that checks no limit: what stops it is the refusal to enter.
                let mut guest = Guest::new();
                let guest = &raw mut guest;
                let code = code!(iwasm_test_call_host);
                let mut data =
                    HostData { guest, code, nested: Vec::new(), frames: Vec::new(), calls: 0, unwinds: false };
                // SAFETY: the guest is alive.
                let store = unsafe { &raw mut (*guest).context };
                let mut context =
                    VMHostContext { call: bounce, store, caller: ptr::null_mut(), data: (&raw mut data).cast() };
                // SAFETY: as in `call_through_host`.
                let result = unsafe { call_raw(guest, (&raw mut context).cast(), code, 0) };
                assert!(data.calls > 10);
                let record = expect_trap(data.nested.pop().unwrap_or(Ok(0)));
                assert_eq!(record.code, TrapCode::StackOverflow);
                assert!(addresses(&record).len() > 10);
                assert!(matches!(result, Err(Unwound::Raised) | Ok(_)));
            }
        });
    }
}

#[test]
fn a_stack_too_small_for_wasm_is_refused() {
    fn descend(guest: &mut Guest) -> Result<u64, Unwound> {
        let hole = [0u8; 1024];
        std::hint::black_box(&hole);
        match guest.call(code!(iwasm_test_increment), 1) {
            Ok(_) => descend(guest),
            refused => refused,
        }
    }
    let refused = on_thread(64 << 10, || match descend(&mut Guest::new()) {
        Err(Unwound::NotEntered(error)) => error.to_string(),
        other => panic!("{other:?}"),
    });
    assert!(refused.contains("bytes left"), "{refused}");
    let small = StackError::TooSmall { stack_bytes: 65536, free_bytes: 30000 };
    assert_eq!(small.to_string(), "the thread's stack of 65536 bytes has 30000 bytes left, too few to run WebAssembly");
}

#[test]
fn a_thread_without_a_signal_stack_gets_one() {
    on_thread(64 << 10, || {
        let none = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: libc::SIGSTKSZ };
        // SAFETY: gives up the signal stack of this thread, on which no handler runs.
        assert_eq!(unsafe { libc::sigaltstack(&none, ptr::null_mut()) }, 0);
        let mut guest = Guest::new();
        assert_eq!(guest.trap(code!(iwasm_test_recurse), 0).code, TrapCode::StackOverflow);
    });
}

#[test]
fn threads_trap_at_the_same_time() {
    let threads: Vec<_> = (0..8)
        .map(|_| {
            std::thread::spawn(|| {
                let mut guest = Guest::with_memory(65536);
                let outside = guest.base() as u64 + 65536;
                for _ in 0..2_000 {
                    assert_eq!(guest.trap(code!(iwasm_test_load), outside).code, TrapCode::MemoryOutOfBounds);
                    assert_eq!(guest.trap(code!(iwasm_test_trap), 0).code, TrapCode::Unreachable);
                }
            })
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().is_ok()));
}

/// Bytes of a page in a process that is to work as on a machine with larger ones.
pub(crate) fn simulated_page_size() -> Option<usize> {
    std::env::var("IWASM_TEST_PAGE_SIZE").ok()?.parse().ok()
}

/// What is aligned for larger pages is for those of this machine, so all must work with them. (The system does not
/// check the alignment then; that is left to the machines that have such pages.)
#[test]
fn larger_pages_than_here() {
    if simulated_page_size().is_some() {
        return;
    }
    for bytes in ["16384", "65536"] {
        let status = child_command(&["sys::", "--test-threads=1"]).env("IWASM_TEST_PAGE_SIZE", bytes).output();
        let output = status.unwrap_or_else(|error| panic!("{error}"));
        assert!(output.status.success(), "{bytes}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

/// How a child process ends that does one of the things in [`child`].
fn end_of_child(what: &str) -> ExitStatus {
    child_command(&["--exact", "sys::tests::child", "--ignored", "--test-threads=1"])
        .env("IWASM_TEST_CHILD", what)
        .output()
        .unwrap_or_else(|error| panic!("{error}"))
        .status
}

/// Runs a test that is ignored, in a process of its own.
pub(crate) fn run_in_child(test: &str) {
    let output = child_command(&["--exact", test, "--ignored"]).output().unwrap_or_else(|error| panic!("{error}"));
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
}

/// These tests in a process of their own.
fn child_command(args: &[&str]) -> Command {
    let binary = std::env::current_exe().unwrap_or_else(|error| panic!("{error}"));
    // Cross-built tests run under what cargo was told to run them under.
    let runner = match std::env::consts::ARCH {
        "aarch64" => std::env::var("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER"),
        "riscv64" => std::env::var("CARGO_TARGET_RISCV64GC_UNKNOWN_LINUX_GNU_RUNNER"),
        _ => Ok(String::new()),
    };
    let runner = runner.unwrap_or_default();
    let mut words = runner.split_whitespace().map(OsStr::new).chain([binary.as_os_str()]);
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).args(args);
    command
}

unsafe extern "C" fn foreign_handler(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
    // SAFETY: the kernel's information is valid; `_exit` may be called anywhere.
    unsafe { libc::_exit(if (*info).si_addr().addr() == 8 { 42 } else { 43 }) }
}

unsafe extern "C" fn foreign_one_shot(_: libc::c_int) {
    // SAFETY: `write` may be called anywhere.
    unsafe { libc::write(2, b"once\n".as_ptr().cast(), 5) };
}

fn install_foreign(handler: usize, flags: libc::c_int) {
    install_foreign_for(libc::SIGSEGV, handler, flags);
}

fn install_foreign_for(signal: libc::c_int, handler: usize, flags: libc::c_int) {
    // SAFETY: all bytes zero are a valid value, and the handlers match their flags.
    unsafe {
        let mut action: libc::sigaction = core::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        libc::sigaction(signal, &action, ptr::null_mut());
    }
}

unsafe extern "C" fn foreign_urgent(_: libc::c_int) {
    // SAFETY: `_exit` may be called anywhere.
    unsafe { libc::_exit(45) }
}

/// Not a test: what the children of other tests do.
#[test]
#[ignore = "runs in a child process"]
fn child() {
    let what = std::env::var("IWASM_TEST_CHILD").unwrap_or_default();
    match &what[..] {
        "foreign" => install_foreign(foreign_handler as *const () as usize, libc::SA_SIGINFO),
        "one-shot" => install_foreign(foreign_one_shot as *const () as usize, libc::SA_RESETHAND),
        "ignored" => install_foreign(libc::SIG_IGN, 0),
        "default" => install_foreign(libc::SIG_DFL, 0),
        "urgent" | "urgent-ours" => install_foreign_for(libc::SIGURG, foreign_urgent as *const () as usize, 0),
        _ => {}
    }
    let mut guest = Guest::with_memory(65536);
    // Our handlers are in place and work.
    assert_eq!(guest.trap(code!(iwasm_test_trap), 0).code, TrapCode::Unreachable);
    let outside = guest.base() as u64 + 65536;
    assert_eq!(guest.trap(code!(iwasm_test_load), outside).code, TrapCode::MemoryOutOfBounds);
    // SAFETY: dying of these is what the children are for.
    unsafe {
        match &what[..] {
            "wild-load" => drop(guest.call(code!(iwasm_test_load), 8)),
            "below-memory" => drop(guest.call(code!(iwasm_test_load), guest.base() as u64 - 1)),
            "non-canonical" => drop(guest.call(code!(iwasm_test_load), 1 << 63)),
            "sent" => drop(libc::raise(libc::SIGSEGV)),
            "ignored" => {
                libc::raise(libc::SIGSEGV);
                libc::_exit(44);
            }
            "urgent" => drop(libc::raise(libc::SIGURG)),
            "urgent-ours" | "urgent-default" => {
                // Ours goes to nobody else, and nothing runs that it could stop; one that nobody handles has
                // no effect, and leaves our handler there for the next.
                for _ in 0..2 {
                    super::signals::send_interrupt(super::enter::thread_id());
                    if what == "urgent-default" {
                        libc::raise(libc::SIGURG);
                    }
                }
                libc::_exit(46);
            }
            "breakpoint" => drop(libc::raise(libc::SIGTRAP)),
            "host-trap" => core::arch::asm!(".4byte 0x0b0f0b0f"),
            _ => drop(ptr::with_exposed_provenance::<u64>(8).read_volatile()),
        }
    }
}

#[test]
fn foreign_faults_go_to_the_handler_that_was_there() {
    assert_eq!(end_of_child("foreign").code(), Some(42));
    assert_eq!(end_of_child("ignored").code(), Some(44));
}

#[test]
fn signals_that_others_send_are_not_taken_for_interruptions() {
    assert_eq!(end_of_child("urgent").code(), Some(45));
    assert_eq!(end_of_child("urgent-ours").code(), Some(46));
    assert_eq!(end_of_child("urgent-default").code(), Some(46));
}

#[test]
fn faults_that_are_nobodys_kill_the_process() {
    for what in ["plain", "default", "one-shot", "wild-load", "below-memory", "non-canonical"] {
        assert_eq!(end_of_child(what).signal(), Some(libc::SIGSEGV), "{what}");
    }
    assert_eq!(end_of_child("breakpoint").signal(), Some(libc::SIGTRAP));
    #[cfg(target_arch = "x86_64")]
    assert_eq!(end_of_child("host-trap").signal(), Some(libc::SIGILL));
}

/// Prints what a call costs: `cargo test --release -p iwasm cost -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn cost_of_a_call() {
    let mut guest = Guest::new();
    let mut values = [ValRaw::ZERO; 2];
    let store = (&raw mut guest).cast::<VMStoreContext>();
    let funcref = funcref(store.cast(), code!(iwasm_test_increment));
    let (rounds, calls) = (20, 1_000_000u32);
    let mut best = f64::MAX;
    for _ in 0..rounds {
        let start = std::time::Instant::now();
        for _ in 0..calls {
            let values = address_of(values.as_mut_ptr());
            // SAFETY: as in `call_raw`.
            let result = unsafe { call_entry(&raw const funcref, values, store, WASM_STACK, Depth::Outermost) };
            assert!(result.is_ok());
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(calls));
    }
    println!("{best:.2} ns a call");
    assert_eq!(values[0].i64(), i64::from(rounds * calls as i32));
    let traps = 100_000u32;
    let start = std::time::Instant::now();
    for _ in 0..traps {
        guest.trap(code!(iwasm_test_trap), 0);
    }
    println!("{:.0} ns a trap", start.elapsed().as_secs_f64() * 1e9 / f64::from(traps));
}
