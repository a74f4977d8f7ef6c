/* Threads: environments that are spawned share the shared memories of their set, and nothing else; what ends one. */
#include "check.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

enum { THREADS = 4, TIMES = 20000 };

static wasm_module_inst_t instance;
static wasm_exec_env_t env;

/* Calls a function of an environment's instance with one argument, which is where its result goes. */
static bool
call(wasm_exec_env_t env, const char *name, uint32_t *cell)
{
    wasm_module_inst_t own = wasm_runtime_get_module_inst(env);
    wasm_function_inst_t function = LOOK_UP(own, name);
    CHECK(function != NULL);
    return wasm_runtime_call_wasm(env, function, wasm_func_get_param_count(function, own), cell);
}

static uint32_t
ask(wasm_exec_env_t env, const char *name)
{
    uint32_t cell = 0;
    CHECK(call(env, name, &cell));
    return cell;
}

static const char *
exception(wasm_exec_env_t env)
{
    return wasm_runtime_get_exception(wasm_runtime_get_module_inst(env));
}

static int32_t *
word(int at)
{
    return (int32_t *)wasm_memory_get_base_address(wasm_runtime_get_default_memory(instance)) + at;
}

/* Until so many threads wait or spin. */
static void
until_busy(int32_t count)
{
    while (__atomic_load_n(word(1), __ATOMIC_SEQ_CST) < count)
        sched_yield();
}

static void
begin(void)
{
    env = wasm_runtime_get_exec_env_singleton(instance);
    memset(word(0), 0, 16);
    wasm_runtime_clear_exception(instance);
}

static void *
add(wasm_exec_env_t env, void *argument)
{
    uint32_t cell = TIMES;
    CHECK(call(env, "add", &cell));
    CHECK_INT(ask(env, "own"), 1);
    CHECK(wasm_runtime_get_module_inst(env) != instance);
    CHECK(wasm_runtime_get_module(wasm_runtime_get_module_inst(env)) == wasm_runtime_get_module(instance));
    return (void *)((uintptr_t)argument + 1);
}

static void
atomics(void)
{
    wasm_thread_t threads[THREADS];
    char names[THREADS + 1];
    void *returned;
    int i;
    begin();
    CHECK_INT(ask(env, "own"), 1);
    for (i = 0; i < THREADS; i++)
        CHECK_INT(wasm_runtime_spawn_thread(env, &threads[i], add, &names[i]), 0);
    for (i = 0; i < THREADS; i++) {
        CHECK_INT(wasm_runtime_join_thread(threads[i], &returned), 0);
        CHECK(returned == &names[i + 1]);
        CHECK_INT(wasm_runtime_join_thread(threads[i], NULL), ESRCH);
    }
    CHECK_INT(ask(env, "sum"), THREADS * TIMES);
    CHECK_INT(ask(env, "own"), 2);
    CHECK_INT(wasm_runtime_spawn_thread(env, &threads[0], NULL, NULL), -1);
    CHECK_INT(wasm_runtime_spawn_thread(NULL, &threads[0], add, NULL), -1);
}

static void *
use(void *env)
{
    uint32_t cell = TIMES;
    CHECK(call(env, "add", &cell));
    return NULL;
}

/* An environment for a thread of the program's own. */
static void
environments(void *key)
{
    wasm_exec_env_t spawned;
    wasm_module_inst_t own;
    pthread_t thread;
    int one = 1, two = 2, three = 3;
    uint64_t block;
    begin();
    CHECK(wasm_runtime_spawn_exec_env(NULL) == NULL);
    wasm_runtime_set_user_data(env, &one);
    wasm_runtime_set_custom_data(instance, &two);
    wasm_runtime_set_context(instance, key, &three);
    spawned = wasm_runtime_spawn_exec_env(env);
    own = wasm_runtime_get_module_inst(spawned);
    CHECK(spawned != NULL && own != NULL && own != instance);
    CHECK(wasm_runtime_get_user_data(spawned) == &one && wasm_runtime_get_custom_data(own) == &two);
    CHECK(wasm_runtime_get_context(own, key) == &three);
    wasm_runtime_set_context(own, key, &one);
    CHECK(wasm_runtime_get_context(instance, key) == &three);
    wasm_runtime_set_context_spread(own, key, &two);
    CHECK(wasm_runtime_get_context(instance, key) == &two && wasm_runtime_get_context(own, key) == &two);
    wasm_runtime_set_context(instance, key, NULL);
    CHECK(pthread_create(&thread, NULL, use, spawned) == 0);
    use(env);
    pthread_join(thread, NULL);
    CHECK_INT(ask(env, "sum"), 2 * TIMES);
    /* What one allocates another frees. */
    block = wasm_runtime_module_malloc(instance, 100, NULL);
    CHECK(block != 0 && wasm_runtime_module_malloc(own, 100, NULL) > block);
    wasm_runtime_module_free(own, block);
    CHECK(wasm_runtime_module_malloc(instance, 100, NULL) == block);
    /* Freed by its own function, once; none of the others takes it. */
    wasm_runtime_destroy_exec_env(spawned);
    wasm_runtime_deinstantiate(own);
    CHECK_INT(ask(spawned, "own"), 1);
    wasm_runtime_destroy_spawned_exec_env(spawned);
    wasm_runtime_destroy_spawned_exec_env(spawned);
    wasm_runtime_destroy_spawned_exec_env(env);
    wasm_runtime_destroy_spawned_exec_env(NULL);
    CHECK_INT(ask(env, "sum"), 2 * TIMES);
}

static void *
fail(wasm_exec_env_t env, void *name)
{
    uint32_t cell = 7;
    until_busy(1);
    CHECK(!call(env, name, &cell));
    CHECK_HAS(exception(env), strcmp(name, "trap") ? "proc exit" : "unreachable");
    return NULL;
}

/* A trap ends all: whoever waits for the thread would wait for ever. */
static void
traps(void)
{
    wasm_thread_t thread;
    uint32_t cell;
    begin();
    CHECK_INT(wasm_runtime_spawn_thread(env, &thread, fail, (void *)"trap"), 0);
    CHECK(!call(env, "wait", &cell));
    CHECK_HAS(exception(env), "Exception: ");
    CHECK_HAS(exception(env), "unreachable");
    CHECK_INT(wasm_runtime_join_thread(thread, NULL), 0);
    CHECK(!call(env, "sum", &cell));
    CHECK_HAS(exception(env), "unreachable");
    begin();
    CHECK_INT(ask(env, "sum"), 0);
    /* Known before the next call, too. */
    __atomic_store_n(word(1), 1, __ATOMIC_SEQ_CST);
    CHECK_INT(wasm_runtime_spawn_thread(env, &thread, fail, (void *)"trap"), 0);
    CHECK_INT(wasm_runtime_join_thread(thread, NULL), 0);
    CHECK_HAS(exception(env), "unreachable");
    /* So does proc_exit, which is no failure of the main function. */
    begin();
    CHECK_INT(wasm_runtime_spawn_thread(env, &thread, fail, (void *)"exit"), 0);
    CHECK(wasm_application_execute_main(instance, 0, NULL));
    CHECK(exception(env) == NULL);
    CHECK_INT(wasm_runtime_get_wasi_exit_code(instance), 7);
    CHECK_INT(wasm_runtime_join_thread(thread, NULL), 0);
}

static void *
stopped(wasm_exec_env_t env, void *name)
{
    uint32_t cell;
    CHECK(!call(env, name, &cell));
    CHECK_HAS(exception(env), "terminated by user");
    return NULL;
}

static void
terminates(void)
{
    wasm_thread_t threads[2];
    begin();
    CHECK_INT(wasm_runtime_spawn_thread(env, &threads[0], stopped, (void *)"spin"), 0);
    CHECK_INT(wasm_runtime_spawn_thread(env, &threads[1], stopped, (void *)"wait"), 0);
    until_busy(2);
    wasm_runtime_terminate(instance);
    CHECK_INT(wasm_runtime_join_thread(threads[0], NULL), 0);
    CHECK_INT(wasm_runtime_join_thread(threads[1], NULL), 0);
}

static void
limits(void)
{
    wasm_exec_env_t one, two;
    wasm_thread_t thread;
    begin();
    wasm_runtime_set_max_thread_num(2);
    one = wasm_runtime_spawn_exec_env(env);
    two = wasm_runtime_spawn_exec_env(one);
    CHECK(one != NULL && two != NULL && exception(env) == NULL);
    CHECK(wasm_runtime_spawn_exec_env(env) == NULL);
    CHECK_HAS(exception(env), "the limit of 2 threads of a set of instances is reached");
    CHECK_INT(wasm_runtime_spawn_thread(two, &thread, add, NULL), -1);
    CHECK_HAS(exception(two), "the limit of 2 threads");
    wasm_runtime_destroy_spawned_exec_env(one);
    CHECK_INT(wasm_runtime_spawn_thread(two, &thread, add, NULL), 0);
    CHECK_INT(wasm_runtime_join_thread(thread, NULL), 0);
    wasm_runtime_destroy_spawned_exec_env(two);
    wasm_runtime_set_max_thread_num(0);
    CHECK(wasm_runtime_spawn_exec_env(env) == NULL);
    wasm_runtime_set_max_thread_num(100);
}

static void *
join_self(wasm_exec_env_t env, void *thread)
{
    until_busy(1);
    CHECK_INT(wasm_runtime_join_thread(*(wasm_thread_t *)thread, NULL), EDEADLK);
    CHECK_INT(ask(env, "own"), 1);
    return NULL;
}

/* A native function spawns a thread and waits for it. */
static int32_t
in_native(wasm_exec_env_t env)
{
    static wasm_thread_t thread;
    int32_t failed;
    CHECK_INT(wasm_runtime_spawn_thread(env, &thread, join_self, &thread), 0);
    __atomic_store_n(word(1), 1, __ATOMIC_SEQ_CST);
    CHECK_INT(wasm_runtime_join_thread(thread, NULL), 0);
    /* That there is no room is for it to say. */
    wasm_runtime_set_max_thread_num(0);
    failed = wasm_runtime_spawn_thread(env, &thread, join_self, &thread);
    wasm_runtime_set_max_thread_num(100);
    return failed;
}

static NativeSymbol natives[] = { EXPORT_WASM_API_WITH_SIG(in_native, "()i") };

/* An environment of a module that imports all that is shared; and of one with nothing to share. */
static void
sets(wasm_module_t threads)
{
    char error[512];
    wasm_module_t user = check_load("threads_user"), alone = check_load("threads_alone");
    wasm_module_inst_t first, library;
    wasm_exec_env_t spawned;
    uint32_t cell = 5;
    CHECK(wasm_runtime_register_module("threads", threads, error, sizeof(error)));
    first = check_instantiate(user);
    env = wasm_runtime_create_exec_env(first, 0);
    CHECK(call(env, "add_and_sum", &cell) && cell == 5);
    spawned = wasm_runtime_spawn_exec_env(env);
    cell = 3;
    CHECK(call(spawned, "add_and_sum", &cell) && cell == 8);
    wasm_runtime_destroy_spawned_exec_env(spawned);
    library = iwasm_get_instance(first, "threads");
    spawned = wasm_runtime_spawn_exec_env(wasm_runtime_get_exec_env_singleton(library));
    CHECK_INT(ask(spawned, "sum"), 8);
    CHECK(iwasm_get_instance(wasm_runtime_get_module_inst(spawned), "threads") == wasm_runtime_get_module_inst(spawned));
    wasm_runtime_destroy_exec_env(env);
    wasm_runtime_deinstantiate(first);
    /* It does not need the first. */
    CHECK_INT(ask(spawned, "sum"), 8);
    wasm_runtime_destroy_spawned_exec_env(spawned);

    first = check_instantiate(alone);
    env = wasm_runtime_get_exec_env_singleton(first);
    CHECK_INT(ask(env, "count"), 1);
    spawned = wasm_runtime_spawn_exec_env(env);
    CHECK_INT(ask(spawned, "count"), 1);
    CHECK(!call(spawned, "trap", &cell));
    CHECK_HAS(exception(spawned), "unreachable");
    CHECK(exception(env) == NULL);
    CHECK_INT(ask(env, "count"), 2);
    wasm_runtime_terminate(first);
    CHECK(!call(spawned, "count", &cell));
    wasm_runtime_destroy_spawned_exec_env(spawned);
    wasm_runtime_deinstantiate(first);
}

int
main(int argc, char *argv[])
{
    wasm_module_t module;
    wasm_thread_t thread;
    void *key;
    check_folder = argc > 1 ? argv[1] : ".";
    CHECK(wasm_runtime_init());
    wasm_runtime_set_log_level(WASM_LOG_LEVEL_ERROR);
    CHECK(wasm_runtime_init_thread_env() && wasm_runtime_thread_env_inited());
    CHECK_INT(wasm_runtime_join_thread(12345, NULL), ESRCH);
    CHECK(wasm_runtime_register_natives("env", natives, 1));
    key = wasm_runtime_create_context_key(NULL);
    module = check_load("threads");
    instance = check_instantiate(module);
    atomics();
    environments(key);
    traps();
    terminates();
    limits();
    begin();
    CHECK_INT(ask(env, "native"), (uint32_t)-1);
    /* Its threads end with the first instance. */
    begin();
    CHECK_INT(wasm_runtime_spawn_thread(env, &thread, stopped, (void *)"spin"), 0);
    until_busy(1);
    wasm_runtime_deinstantiate(instance);
    CHECK_INT(wasm_runtime_join_thread(thread, NULL), ESRCH);
    sets(module);
    wasm_runtime_destroy_thread_env();
    wasm_runtime_destroy();
    return check_end();
}
