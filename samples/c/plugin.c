/* A host that replaces a module in the field: instances that run keep the old one, new ones get the new one. */
#include "sample.h"

int
main(int argc, char *argv[])
{
    char error[256];
    wasm_module_t program, first, second;
    wasm_module_inst_t old, new_one;
    if (argc < 2)
        give_up(argv[0], "tell me the folder of the artifacts");
    if (!wasm_runtime_init())
        give_up("wasm_runtime_init", NULL);
    first = load(argv[1], "plugin_1");
    if (!wasm_runtime_register_module("plugin", first, error, sizeof(error)))
        give_up("plugin_1", error);
    program = load(argv[1], "plugin_main");
    old = instantiate(program, "plugin_main");
    printf("with the first plug-in: %d\n", (int)call(old, "price", 1, 100, 0));

    iwasm_unregister_module("plugin");
    second = load(argv[1], "plugin_2");
    if (!wasm_runtime_register_module("plugin", second, error, sizeof(error)))
        give_up("plugin_2", error);
    new_one = instantiate(program, "plugin_main");
    printf("what runs keeps it: %d\n", (int)call(old, "price", 1, 100, 0));
    printf("what begins gets the second: %d\n", (int)call(new_one, "price", 1, 100, 0));

    /* The first plug-in goes with its last instance. */
    wasm_runtime_deinstantiate(old);
    wasm_runtime_unload(first);
    wasm_runtime_deinstantiate(new_one);
    wasm_runtime_unload(second);
    wasm_runtime_unload(program);
    wasm_runtime_destroy();
    return 0;
}
