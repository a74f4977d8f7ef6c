/* A deadline, a memory limit, and a trap with its back trace. */
#include "sample.h"

#include <pthread.h>
#include <time.h>

static void *
deadline(void *instance)
{
    struct timespec time = { 0, 100000000 };
    nanosleep(&time, NULL);
    wasm_runtime_terminate((wasm_module_inst_t)instance);
    return NULL;
}

int
main(int argc, char *argv[])
{
    InstantiationArgs args = { 0, 0, 4 };
    char text[512];
    pthread_t thread;
    wasm_module_t module;
    wasm_module_inst_t instance;
    wasm_exec_env_t env;
    uint32_t cells[1] = { 0 };
    if (argc < 2)
        give_up(argv[0], "tell me the folder of the artifacts");
    if (!wasm_runtime_init())
        give_up("wasm_runtime_init", NULL);
    module = load(argv[1], "limits");
    instance = wasm_runtime_instantiate_ex(module, &args, text, sizeof(text));
    if (!instance)
        give_up("limits", text);
    env = wasm_runtime_get_exec_env_singleton(instance);

    printf("three more pages: %d\n", (int)call(instance, "grow", 1, 3, 0));
    printf("one more: %d\n", (int)call(instance, "grow", 1, 1, 0));

    if (pthread_create(&thread, NULL, deadline, instance) != 0)
        give_up("pthread_create", NULL);
    if (!wasm_runtime_call_wasm(env, wasm_runtime_lookup_function(instance, "forever", NULL), 0, cells))
        printf("%s\n", wasm_runtime_get_exception(instance));
    pthread_join(thread, NULL);
    wasm_runtime_clear_exception(instance);

    if (!wasm_runtime_call_wasm(env, wasm_runtime_lookup_function(instance, "outer", NULL), 1, cells))
        printf("%s\n", wasm_runtime_get_exception(instance));
    if (wasm_runtime_dump_call_stack_to_buf(env, text, sizeof(text)))
        printf("in %s, called by %s\n", strstr(text, "inner") ? "inner" : "?", strstr(text, "outer") ? "outer" : "?");

    wasm_runtime_deinstantiate(instance);
    wasm_runtime_unload(module);
    wasm_runtime_destroy();
    return 0;
}
