/* Which imports are satisfied: by natives, by registered modules, and within a linked set. */
#include "check.h"

static bool
linked(wasm_module_t module, int32_t index)
{
    wasm_import_t import;
    wasm_runtime_get_import_type(module, index, &import);
    return import.linked;
}

static int32_t
native(wasm_exec_env_t env)
{
    (void)env;
    return 10;
}

static NativeSymbol natives[] = { EXPORT_WASM_API_WITH_SIG(native, "()i") };
static NativeSymbol untyped[] = { { "native", (void *)native, NULL, NULL } };

#define FUNC_LINKED wasm_runtime_is_import_func_linked
#define GLOBAL_LINKED wasm_runtime_is_import_global_linked

/* The two modules apart: what is linked depends on who is registered. */
static void
apart(void)
{
    char error[512];
    wasm_module_t main = check_load("linked_main"), lib;
    CHECK(!linked(main, 0) && !linked(main, 1) && !linked(main, 2) && !linked(main, 3));
    CHECK(!FUNC_LINKED("linked_lib", "add") && !GLOBAL_LINKED("linked_lib", "count"));
    lib = check_load("linked_lib");
    CHECK(!FUNC_LINKED("linked_lib", "add"));
    CHECK(wasm_runtime_register_module("linked_lib", lib, error, sizeof(error)));
    CHECK(linked(main, 0) && linked(main, 1) && linked(main, 2) && !linked(main, 3));
    CHECK(FUNC_LINKED("linked_lib", "add") && GLOBAL_LINKED("linked_lib", "count"));
    CHECK(!FUNC_LINKED("linked_lib", "count") && !GLOBAL_LINKED("linked_lib", "add"));
    CHECK(!FUNC_LINKED("linked_lib", "memory") && !FUNC_LINKED("linked_lib", "none"));
    CHECK(!FUNC_LINKED(NULL, "add") && !GLOBAL_LINKED("linked_lib", NULL));
    wasm_runtime_unload(main);
    wasm_runtime_unload(lib);
    CHECK(!FUNC_LINKED("linked_lib", "add") && !GLOBAL_LINKED("linked_lib", "count"));
}

/* The set of both: the main module's imports are satisfied, but for the native. */
static void
together(void)
{
    char error[512] = "";
    uint32_t cell = 0;
    wasm_module_inst_t instance;
    wasm_module_t set = check_load("linked_set");
    CHECK_INT(wasm_runtime_get_import_count(set), 4);
    CHECK(linked(set, 0) && linked(set, 1) && linked(set, 2) && !linked(set, 3));
    CHECK(FUNC_LINKED("linked_lib", "add") && GLOBAL_LINKED("linked_lib", "count"));
    CHECK(!GLOBAL_LINKED("linked_lib", "add") && !FUNC_LINKED("linked_lib", "count"));
    CHECK(!FUNC_LINKED("env", "native"));
    CHECK(wasm_runtime_instantiate(set, 0, 0, error, sizeof(error)) == NULL);
    CHECK_HAS(error, "\"env\".\"native\"");
    CHECK(wasm_runtime_register_natives("env", natives, 1));
    /* Natives are functions, and no globals. */
    CHECK(linked(set, 3) && FUNC_LINKED("env", "native") && !GLOBAL_LINKED("env", "native"));
    instance = check_instantiate(set);
    CHECK(wasm_runtime_call_wasm(wasm_runtime_get_exec_env_singleton(instance), LOOK_UP(instance, "run"), 0, &cell));
    CHECK_INT(cell, 10 + 6 + 10);
    wasm_runtime_deinstantiate(instance);
    wasm_runtime_unload(set);
    CHECK(!FUNC_LINKED("linked_lib", "add") && !GLOBAL_LINKED("linked_lib", "count"));
    CHECK(wasm_runtime_unregister_natives("env", natives));
    CHECK(wasm_runtime_register_natives("env", untyped, 1));
    CHECK(FUNC_LINKED("env", "native") && !GLOBAL_LINKED("env", "native"));
}

int
main(int argc, char *argv[])
{
    check_folder = argc > 1 ? argv[1] : ".";
    CHECK(!FUNC_LINKED("env", "native"));
    CHECK(wasm_runtime_init());
    apart();
    together();
    wasm_runtime_destroy();
    return check_end();
}
