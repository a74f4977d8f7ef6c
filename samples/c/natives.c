/* C functions that a module imports. Strings and buffers are checked before they get here. */
#include "sample.h"

static void
say(wasm_exec_env_t env, const char *text)
{
    (void)env;
    printf("the guest says: %s\n", text);
}

/* Writes to the guest's memory: `room` bytes at `buffer` are known to be there. */
static int32_t
ask(wasm_exec_env_t env, char *buffer, uint32_t room)
{
    static const char answer[] = "forty-two";
    (void)env;
    if (room < sizeof(answer)) {
        wasm_runtime_set_exception(wasm_runtime_get_module_inst(env), "there is no room for the answer");
        return -1;
    }
    memcpy(buffer, answer, sizeof(answer));
    return (int32_t)sizeof(answer) - 1;
}

static NativeSymbol symbols[] = {
    EXPORT_WASM_API_WITH_SIG(say, "($)"),
    EXPORT_WASM_API_WITH_SIG(ask, "(*~)i"),
};

int
main(int argc, char *argv[])
{
    wasm_module_t module;
    wasm_module_inst_t instance;
    wasm_exec_env_t env;
    uint32_t cells[1];
    if (argc < 2)
        give_up(argv[0], "tell me the folder of the artifacts");
    if (!wasm_runtime_init() || !wasm_runtime_register_natives("env", symbols, 2))
        give_up("the runtime", "cannot be set up");
    module = load(argv[1], "natives");
    instance = instantiate(module, "natives");
    env = wasm_runtime_create_exec_env(instance, 0);
    printf("the answer has %d letters\n", (int)call(instance, "run", 1, 32, 0));
    cells[0] = 4;
    if (!wasm_runtime_call_wasm(env, wasm_runtime_lookup_function(instance, "run", NULL), 1, cells))
        printf("%s\n", wasm_runtime_get_exception(instance));
    cells[0] = 1u << 20;
    if (!wasm_runtime_call_wasm(env, wasm_runtime_lookup_function(instance, "run", NULL), 1, cells))
        printf("%s\n", wasm_runtime_get_exception(instance));
    wasm_runtime_destroy_exec_env(env);
    wasm_runtime_deinstantiate(instance);
    wasm_runtime_unload(module);
    wasm_runtime_destroy();
    return 0;
}
