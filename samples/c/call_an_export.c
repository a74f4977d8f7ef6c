/* Loads a file, looks a function up and calls it. */
#include "sample.h"

int
main(int argc, char *argv[])
{
    wasm_module_t module;
    wasm_module_inst_t instance;
    if (argc < 2)
        give_up(argv[0], "tell me the folder of the artifacts");
    if (!wasm_runtime_init())
        give_up("wasm_runtime_init", NULL);
    module = load(argv[1], "add");
    instance = instantiate(module, "add");
    printf("2 + 40 = %d\n", (int)call(instance, "add", 2, 2, 40));
    wasm_runtime_deinstantiate(instance);
    wasm_runtime_unload(module);
    wasm_runtime_destroy();
    return 0;
}
