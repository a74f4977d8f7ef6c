/* What the samples in C share: ending with a message. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wasm_export.h>

static void
give_up(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why ? why : "no reason is known");
    exit(1);
}

/* Loads FOLDER/NAME.aot. */
static inline wasm_module_t
load(const char *folder, const char *name)
{
    char path[4096], error[256] = "";
    wasm_module_t module;
    snprintf(path, sizeof(path), "%s/%s.aot", folder, name);
    module = iwasm_load_file(path, error, sizeof(error));
    if (!module)
        give_up(name, error);
    return module;
}

static inline wasm_module_inst_t
instantiate(wasm_module_t module, const char *name)
{
    char error[1024] = "";
    wasm_module_inst_t instance = wasm_runtime_instantiate(module, 0, 0, error, sizeof(error));
    if (!instance)
        give_up(name, error);
    return instance;
}

/* Calls a function that takes up to two numbers and returns one. */
static inline int32_t
call(wasm_module_inst_t instance, const char *name, uint32_t argc, int32_t a, int32_t b)
{
    uint32_t cells[2];
    wasm_function_inst_t function = wasm_runtime_lookup_function(instance, name, NULL);
    cells[0] = (uint32_t)a;
    cells[1] = (uint32_t)b;
    if (!function)
        give_up(name, "there is no such function");
    if (!wasm_runtime_call_wasm(wasm_runtime_get_exec_env_singleton(instance), function, argc, cells))
        give_up(name, wasm_runtime_get_exception(instance));
    return (int32_t)cells[0];
}

#endif
