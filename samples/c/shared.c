/* Two modules that share a memory, a table and a global; the host looks at all three. */
#include "sample.h"

int
main(int argc, char *argv[])
{
    char error[256];
    wasm_module_t owner, user;
    wasm_module_inst_t instance, owning;
    wasm_global_inst_t global;
    wasm_table_inst_t table;
    wasm_function_inst_t function;
    uint32_t cells[1] = { 21 };
    if (argc < 2)
        give_up(argv[0], "tell me the folder of the artifacts");
    if (!wasm_runtime_init())
        give_up("wasm_runtime_init", NULL);
    owner = load(argv[1], "shared_owner");
    if (!wasm_runtime_register_module("owner", owner, error, sizeof(error)))
        give_up("shared_owner", error);
    user = load(argv[1], "shared_user");
    instance = instantiate(user, "shared_user");
    owning = iwasm_get_instance(instance, "owner");

    /* The user writes to all three, which are the owner's. */
    call(instance, "write", 1, 7, 0);
    printf("memory: %u\n", (unsigned)*(uint32_t *)wasm_runtime_addr_app_to_native(owning, 16));
    if (!wasm_runtime_get_export_global_inst(owning, "count", &global))
        give_up("count", "there is no such global");
    printf("global: %d\n", (int)*(int32_t *)global.global_data);
    if (!wasm_runtime_get_export_table_inst(owning, "operations", &table))
        give_up("operations", "there is no such table");
    function = wasm_table_get_func_inst(owning, &table, 1);
    if (!function || !wasm_runtime_call_wasm(wasm_runtime_get_exec_env_singleton(owning), function, 1, cells))
        give_up("the function in the table", wasm_runtime_get_exception(owning));
    printf("table: %u\n", (unsigned)cells[0]);
    /* What the host writes, both see. */
    *(int32_t *)global.global_data = 100;
    printf("the user counts on: %d\n", (int)call(instance, "write", 1, 8, 0));

    wasm_runtime_deinstantiate(instance);
    wasm_runtime_unload(user);
    wasm_runtime_unload(owner);
    wasm_runtime_destroy();
    return 0;
}
