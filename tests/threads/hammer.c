/* Threads on one memory, by nothing but WebAssembly's atomics and wasi-threads: no libc. Each of THREADS threads adds to a
 * counter atomically, adds to another under a lock that sleeps (wait and notify), and grows the memory; the main
 * thread joins them and prints what must be exact. The first argument says how it ends:
 *
 *   return   all threads are joined, the sums are printed
 *   leave    the main function returns while the threads spin
 *   trap     one thread executes `unreachable` while the others spin, wait and sleep
 *   exit     one thread calls proc_exit(7) meanwhile
 *   many     spawns threads that never end until that fails, prints how many there were
 */
#include <stdint.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
IMPORT("wasi", "thread-spawn") int32_t thread_spawn(void *argument);
IMPORT("wasi_snapshot_preview1", "fd_write") int32_t fd_write(int32_t fd, const void *iovecs, int32_t count, uint32_t *written);
IMPORT("wasi_snapshot_preview1", "args_sizes_get") int32_t args_sizes_get(uint32_t *count, uint32_t *bytes);
IMPORT("wasi_snapshot_preview1", "args_get") int32_t args_get(char **argv, char *buffer);
IMPORT("wasi_snapshot_preview1", "poll_oneoff") int32_t poll_oneoff(const void *in, void *out, uint32_t count, uint32_t *happened);
IMPORT("wasi_snapshot_preview1", "proc_exit") _Noreturn void proc_exit(int32_t status);

#define THREADS 8
#define ROUNDS 2000

enum end { RETURN = 'r', LEAVE = 'l', TRAP = 't', EXIT = 'e', MANY = 'm' };

/* What a thread is given. The stack stands first: wasi_thread_start (start.s) reads it from there. */
struct thread {
    char *stack;
    int number;
    int done;
};

static struct thread threads[THREADS];
static _Alignas(16) char stacks[THREADS][8192];
static int counter, mutex, guarded, ready;
static enum end end;
static char arguments[256];

static void print(const char *text, int length) {
    struct { const char *bytes; int length; } iovec = {text, length};
    uint32_t written;
    fd_write(1, &iovec, 1, &written);
}

static void print_number(const char *label, int length, int number) {
    char digits[12];
    int at = sizeof digits;
    digits[--at] = '\n';
    do {
        digits[--at] = (char)('0' + number % 10);
    } while (number /= 10);
    print(label, length);
    print(digits + at, (int)sizeof digits - at);
}
#define PRINT(label, number) print_number(label, sizeof label - 1, number)

/* 0 free, 1 taken, 2 taken and somebody waits. */
static void lock(void) {
    int was = 0;
    if (__atomic_compare_exchange_n(&mutex, &was, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return;
    while (__atomic_exchange_n(&mutex, 2, __ATOMIC_SEQ_CST) != 0) __builtin_wasm_memory_atomic_wait32(&mutex, 2, -1);
}

static void unlock(void) {
    if (__atomic_exchange_n(&mutex, 0, __ATOMIC_SEQ_CST) == 2) __builtin_wasm_memory_atomic_notify(&mutex, 1);
}

static void sleep_forever(void) {
    /* A relative time on the monotonic clock: userdata, tag, clock, timeout, precision, flags. */
    static const uint64_t subscription[6] = {1, 0, 1, UINT64_MAX, 0, 0};
    uint64_t event[4];
    uint32_t happened;
    poll_oneoff(subscription, event, 1, &happened);
}

static _Noreturn void never_end(int number) {
    int forever = 0;
    for (;;) {
        if (number % 3 == 0) __builtin_wasm_memory_atomic_wait32(&forever, 0, -1);
        if (number % 3 == 1) sleep_forever();
        __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
    }
}

static void work(void) {
    for (int round = 0; round < ROUNDS; round++) {
        __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
        lock();
        guarded++;
        unlock();
    }
    __builtin_wasm_memory_grow(0, 1);
}

__attribute__((used)) void thread_main(int32_t id, struct thread *self) {
    if (id <= 0) __builtin_trap();
    if (end == MANY) never_end(self->number);
    work();
    /* The last one acts while the others have long begun to do nothing. */
    if (end != RETURN) {
        int others = __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
        __builtin_wasm_memory_atomic_notify(&ready, 1);
        if (others == THREADS && end == TRAP) __builtin_trap();
        if (others == THREADS && end == EXIT) proc_exit(7);
        never_end(self->number);
    }
    __atomic_store_n(&self->done, 1, __ATOMIC_SEQ_CST);
    __builtin_wasm_memory_atomic_notify(&self->done, 1);
}

static int start(int number) {
    struct thread *thread = &threads[number % THREADS];
    thread->stack = stacks[number % THREADS] + sizeof stacks[0];
    thread->number = number;
    return thread_spawn(thread);
}

__attribute__((export_name("_start"))) void begin(void) {
    static char *argv[16];
    uint32_t count, bytes;
    args_sizes_get(&count, &bytes);
    if (count != 2 || bytes > sizeof arguments) proc_exit(2);
    args_get(argv, arguments);
    end = argv[1][0];
    if (end == MANY) {
        int count = 0;
        /* Their stacks overlap, and none of them uses its own. */
        while (start(3 * count) > 0) count++;
        PRINT("threads ", count);
        return;
    }
    for (int number = 0; number < THREADS; number++)
        if (start(number) <= 0) proc_exit(3);
    if (end == RETURN) {
        for (int number = 0; number < THREADS; number++)
            while (!__atomic_load_n(&threads[number].done, __ATOMIC_SEQ_CST))
                __builtin_wasm_memory_atomic_wait32(&threads[number].done, 0, -1);
        PRINT("counter ", counter);
        PRINT("guarded ", guarded);
        PRINT("pages ", (int)__builtin_wasm_memory_size(0));
        return;
    }
    for (int now; (now = __atomic_load_n(&ready, __ATOMIC_SEQ_CST)) < THREADS;)
        __builtin_wasm_memory_atomic_wait32(&ready, now, -1);
    PRINT("guarded ", guarded);
    if (end == LEAVE) return;
    never_end(0);
}
