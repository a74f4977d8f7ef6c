/* Several runtimes in one process: the same names for other things, on two threads, and the end of one. */
#include "check.h"

#include <pthread.h>

static int32_t
one(wasm_exec_env_t env)
{
    (void)env;
    return 1;
}

static int32_t
two(wasm_exec_env_t env)
{
    (void)env;
    return 2;
}

static NativeSymbol ones[] = { { "native", (void *)one, "()i", NULL } }, twos[] = { { "native", (void *)two, "()i", NULL } };

/* Registers one of the libraries as "lib", one of the natives as "env"."native", and loads what imports both. */
static wasm_module_t
load(const char *library, NativeSymbol *natives)
{
    char error[512];
    CHECK(wasm_runtime_register_module("lib", check_load(library), error, sizeof(error)));
    CHECK(wasm_runtime_register_natives("env", natives, 1));
    return check_load("runtimes");
}

static uint32_t
ask(wasm_module_inst_t instance)
{
    uint32_t cell = 0;
    CHECK(wasm_runtime_call_wasm(wasm_runtime_get_exec_env_singleton(instance), LOOK_UP(instance, "both"), 0, &cell));
    return cell;
}

static void *
in_thread(wasm_exec_env_t env, void *library)
{
    /* A spawned thread is in the runtime of its modules. */
    CHECK(wasm_runtime_find_module_registered("lib") == library);
    return (void *)(uintptr_t)ask(wasm_runtime_get_module_inst(env));
}

/* All of it, in a runtime of its own, many times; nothing may be seen of what the other thread does. */
static void *
work(void *natives)
{
    const char *library = natives == ones ? "runtimes_lib1" : "runtimes_lib";
    uint32_t wanted = natives == ones ? 11 : 22;
    int i;
    for (i = 0; i < 50; i++) {
        iwasm_runtime_t *runtime = iwasm_runtime_new();
        wasm_module_inst_t instance;
        CHECK(iwasm_runtime_enter(runtime) == NULL);
        CHECK(wasm_runtime_find_module_registered("lib") == NULL);
        instance = check_instantiate(load(library, natives));
        CHECK_INT(ask(instance), wanted);
        wasm_runtime_deinstantiate(instance);
        iwasm_runtime_delete(runtime);
        CHECK(iwasm_runtime_enter(NULL) == NULL);
    }
    return NULL;
}

static int asked, destroyed;

static bool
read_module(
#ifdef WASM_RUNTIME_API_2
    package_type_t type,
#endif
    const char *name, uint8_t **buffer, uint32_t *size)
{
#ifdef WASM_RUNTIME_API_2
    CHECK_INT(type, Wasm_Module_AoT);
#endif
    asked++;
    *buffer = strcmp(name, "lib") == 0 ? check_read("runtimes_lib", size) : NULL;
    return *buffer != NULL;
}

static void
destroy_module(uint8_t *buffer, uint32_t size)
{
    (void)size;
    destroyed++;
    free(buffer);
}

int
main(int argc, char *argv[])
{
    char error[512];
    iwasm_runtime_t *first, *second;
    wasm_module_t module, other;
    wasm_module_inst_t instance, kept;
    wasm_thread_t thread;
    pthread_t threads[2];
    void *returned;
    check_folder = argc > 1 ? argv[1] : ".";
    /* The process's own need not be initialised. */
    first = iwasm_runtime_new();
    second = iwasm_runtime_new();
    CHECK(first != NULL && second != NULL && first != second);
    CHECK(wasm_runtime_find_module_registered("lib") == NULL);
    wasm_runtime_set_log_level(WASM_LOG_LEVEL_FATAL);
    CHECK(!wasm_runtime_register_natives("env", ones, 1));
    wasm_runtime_set_log_level(WASM_LOG_LEVEL_WARNING);
    CHECK(iwasm_runtime_enter(first) == NULL);
    module = load("runtimes_lib1", ones);
    CHECK(iwasm_runtime_enter(second) == first);
    CHECK(wasm_runtime_find_module_registered("lib") == NULL && !wasm_runtime_is_import_func_linked("env", "native"));
    other = load("runtimes_lib", twos);
    CHECK(wasm_runtime_find_module_registered("lib") != NULL && wasm_runtime_is_import_func_linked("env", "native"));
    /* A module remembers its own, whichever the thread is in. */
    instance = check_instantiate(module);
    kept = check_instantiate(other);
    CHECK_INT(ask(instance), 11);
    CHECK_INT(ask(kept), 22);
    CHECK(wasm_runtime_register_module("main", module, error, sizeof(error)));
    CHECK(wasm_runtime_find_module_registered("main") == NULL);
    CHECK(iwasm_runtime_enter(first) == second);
    CHECK(wasm_runtime_find_module_registered("main") == module);
    CHECK(wasm_runtime_get_module(kept) == other);
    CHECK(iwasm_runtime_enter(second) == first);
    CHECK_INT(wasm_runtime_spawn_thread(wasm_runtime_get_exec_env_singleton(kept), &thread, in_thread,
                                        wasm_runtime_find_module_registered("lib")),
              0);
    CHECK(iwasm_runtime_enter(NULL) == second);
    CHECK(wasm_runtime_join_thread(thread, &returned) == 0 && (uintptr_t)returned == 22);
    /* Its end leaves its instance, and the other runtime, alone. */
    iwasm_runtime_enter(second);
    iwasm_runtime_delete(second);
    CHECK(wasm_runtime_find_module_registered("lib") == NULL);
    CHECK(iwasm_runtime_enter(NULL) == NULL);
    CHECK_INT(ask(kept), 22);
    CHECK(wasm_runtime_get_module(kept) == NULL);
    wasm_runtime_deinstantiate(kept);
    CHECK_INT(ask(instance), 11);
    /* Deleted ones are told apart. */
    wasm_runtime_set_log_level(WASM_LOG_LEVEL_FATAL);
    CHECK(iwasm_runtime_enter(second) == NULL);
    iwasm_runtime_delete(second);
    iwasm_runtime_delete(NULL);
    wasm_runtime_set_log_level(WASM_LOG_LEVEL_WARNING);
    /* A reader of one is none of the other's. */
    CHECK(wasm_runtime_init());
    wasm_runtime_set_module_reader(read_module, destroy_module);
    CHECK(wasm_runtime_register_natives("env", twos, 1));
    iwasm_runtime_enter(first);
    check_load("runtimes");
    CHECK_INT(asked, 0);
    iwasm_runtime_enter(NULL);
    kept = check_instantiate(check_load("runtimes"));
    CHECK_INT(asked, 1);
    CHECK_INT(ask(kept), 22);
    /* One thread each. */
    CHECK(pthread_create(&threads[0], NULL, work, ones) == 0 && pthread_create(&threads[1], NULL, work, twos) == 0);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    CHECK_INT(ask(instance), 11);
    /* A module of another runtime than the thread's is unloaded from its own. */
    wasm_runtime_unload(module);
    iwasm_runtime_enter(first);
    CHECK(wasm_runtime_find_module_registered("main") == NULL && wasm_runtime_find_module_registered("lib") != NULL);
    /* The allocator is the process's. */
    {
        static char pool[4096];
        RuntimeInitArgs args;
        void *block = wasm_runtime_malloc(10);
        memset(&args, 0, sizeof(args));
        args.mem_alloc_type = Alloc_With_Pool;
        args.mem_alloc_option.pool.heap_buf = pool;
        args.mem_alloc_option.pool.heap_size = sizeof(pool);
        wasm_runtime_set_log_level(WASM_LOG_LEVEL_FATAL);
        CHECK(block != NULL && !wasm_runtime_full_init(&args));
        args.mem_alloc_type = Alloc_With_System_Allocator;
        CHECK(wasm_runtime_full_init(&args));
        wasm_runtime_destroy();
        iwasm_runtime_enter(NULL);
        wasm_runtime_free(block);
    }
    wasm_runtime_deinstantiate(instance);
    wasm_runtime_deinstantiate(kept);
    wasm_runtime_destroy();
    CHECK_INT(destroyed, 1);
    iwasm_runtime_delete(first);
    CHECK(wasm_runtime_malloc(1) == NULL);
    return check_end();
}
