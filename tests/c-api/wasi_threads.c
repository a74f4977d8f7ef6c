/* Programs for wasi-threads: what `wasi.thread-spawn` makes, and what ends it. */
#include "check.h"

#include <sched.h>

/* See wasi_threads.wat. */
enum { COUNT, TRAP, EXIT, WAIT, SPIN, NATIVE };
enum { UNTIL_COUNTED, FOR_EVER, RETURN, FAIL, END };

static wasm_module_inst_t instance;
static int marks[2];
static int32_t in_natives;

/* Where the shared memory is, which never moves: threads may not ask the main instance, which is another thread's. */
static int32_t *words;

static int32_t *
word(int at)
{
    return words + at;
}

static int32_t
load(int at)
{
    return __atomic_load_n(word(at), __ATOMIC_SEQ_CST);
}

static void
say(int32_t what, int32_t count, int32_t then)
{
    memset(word(0), 0, 32);
    word(0)[0] = what;
    word(0)[1] = count;
    word(0)[2] = then;
    wasm_runtime_clear_exception(instance);
}

static bool
run(int32_t what, int32_t count, int32_t then)
{
    say(what, count, then);
    return wasm_application_execute_main(instance, 0, NULL);
}

static const char *
exception(void)
{
    return wasm_runtime_get_exception(instance);
}

/* Natives see the thread's own instance, and what its program's has. */
static void
in_thread(wasm_exec_env_t env, int32_t id)
{
    wasm_module_inst_t own = wasm_runtime_get_module_inst(env);
    CHECK(own != NULL && own != instance && id > 0);
    CHECK(wasm_runtime_get_user_data(env) == &marks[0]);
    CHECK(wasm_runtime_get_custom_data(own) == &marks[1]);
    CHECK(wasm_runtime_get_module(own) == wasm_runtime_get_module(instance));
    CHECK(wasm_memory_get_base_address(wasm_runtime_get_default_memory(own)) == (void *)word(0));
    __atomic_add_fetch(&in_natives, 1, __ATOMIC_SEQ_CST);
}

static NativeSymbol natives[] = { EXPORT_WASM_API_WITH_SIG(in_thread, "(i)") };

static void
ends(void)
{
    wasm_function_inst_t start = wasm_runtime_lookup_wasi_start_function(instance);
    wasm_exec_env_t env = wasm_runtime_get_exec_env_singleton(instance);
    int i;

    /* All come to their end; numbers are above zero. */
    CHECK(run(COUNT, 4, UNTIL_COUNTED));
    CHECK_INT(load(4), 4);
    CHECK(load(5) >= 1 + 2 + 3 + 4 && load(6) > 0);
    wasm_runtime_set_user_data(env, &marks[0]);
    wasm_runtime_set_custom_data(instance, &marks[1]);
    CHECK(run(NATIVE, 3, UNTIL_COUNTED));
    CHECK_INT(in_natives, 3);

    /* A trap in one ends the program; so it does in the main one. */
    CHECK(!run(TRAP, 1, FOR_EVER));
    CHECK_HAS(exception(), "Exception: ");
    CHECK_HAS(exception(), "unreachable");
    CHECK(!run(WAIT, 2, FAIL));
    CHECK_HAS(exception(), "unreachable");

    /* So does proc_exit, which is no failure. */
    CHECK(run(EXIT, 1, FOR_EVER));
    CHECK(exception() == NULL);
    CHECK_INT(wasm_runtime_get_wasi_exit_code(instance), 7);
    CHECK(run(SPIN, 2, END));
    CHECK(exception() == NULL);
    CHECK_INT(wasm_runtime_get_wasi_exit_code(instance), 3);

    /* So does its return; and then nobody runs any more: many are spawned one after another. */
    wasm_runtime_set_max_thread_num(3);
    for (i = 0; i < 10; i++) {
        CHECK(run(i % 2 ? WAIT : SPIN, 3, RETURN));
        CHECK_INT(load(3), 3);
        CHECK(exception() == NULL);
    }
    say(SPIN, 3, RETURN);
    CHECK(start != NULL && wasm_runtime_call_wasm(env, start, 0, NULL));
    say(SPIN, 3, RETURN);
    CHECK(wasm_runtime_call_wasm_a(env, start, 0, NULL, 0, NULL));
    say(WAIT, 3, RETURN);
    CHECK(wasm_application_execute_func(instance, "_start", 0, NULL));

    /* One that cannot be had is an error of the program's, which goes on. */
    CHECK(run(WAIT, 3, RETURN) && load(6) > 0);
    say(WAIT, 4, RETURN);
    CHECK(wasm_runtime_call_wasm(env, LOOK_UP(instance, "spawn"), 0, NULL));
    CHECK(load(6) < 0);
    CHECK(exception() == NULL);
    /* Threads outlive any other function than the main one. */
    while (load(3) < 3)
        sched_yield();
    wasm_runtime_terminate(instance);
    wasm_runtime_clear_exception(instance);
    wasm_runtime_set_max_thread_num(100);
}

int
main(int argc, char *argv[])
{
    wasm_module_t module, no_entry;
    wasm_import_t import;
    uint32_t cell = 0;
    check_folder = argc > 1 ? argv[1] : ".";
    CHECK(wasm_runtime_init());
    CHECK(wasm_runtime_register_natives("env", natives, 1));
    module = check_load("wasi_threads");
    wasm_runtime_get_import_type(module, 0, &import);
    CHECK(import.linked && strcmp(import.name, "thread-spawn") == 0);
    instance = check_instantiate(module);
    words = wasm_memory_get_base_address(wasm_runtime_get_default_memory(instance));
    ends();
    /* Freed while threads wait. */
    say(WAIT, 2, RETURN);
    CHECK(wasm_runtime_call_wasm(wasm_runtime_get_exec_env_singleton(instance), LOOK_UP(instance, "spawn"), 0, NULL));
    wasm_runtime_deinstantiate(instance);

    no_entry = check_load("wasi_threads_no_entry");
    instance = check_instantiate(no_entry);
    CHECK(wasm_runtime_call_wasm(wasm_runtime_get_exec_env_singleton(instance), LOOK_UP(instance, "early"), 0, &cell));
    CHECK_INT((int32_t)cell, -6);
    CHECK(!wasm_application_execute_main(instance, 0, NULL));
    CHECK_HAS(exception(), "\"wasi_thread_start\"");
    wasm_runtime_deinstantiate(instance);
    wasm_runtime_destroy();
    return check_end();
}
