/* How long calls across the boundary take, in nanoseconds: the least of several runs. Not a test. */
#include "check.h"

#include <time.h>

static int32_t
add_i(wasm_exec_env_t env, int32_t a, int32_t b)
{
    (void)env;
    return a + b;
}

static NativeSymbol symbols[] = { EXPORT_WASM_API_WITH_SIG(add_i, "(ii)i") };

static double
now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int
main(int argc, char *argv[])
{
    enum { CALLS = 1000000, RUNS = 9 };
    wasm_module_t module;
    wasm_module_inst_t instance;
    wasm_exec_env_t env;
    wasm_function_inst_t add, many, local;
    double in = 1e18, out = 1e18, base = 1e18, values = 1e18;
    int run, i;
    check_folder = argc > 1 ? argv[1] : ".";
    wasm_runtime_init();
    wasm_runtime_register_natives("env", symbols, 1);
    module = check_load("speed");
    instance = check_instantiate(module);
    env = wasm_runtime_create_exec_env(instance, 8192);
    add = LOOK_UP(instance, "add");
    many = LOOK_UP(instance, "many");
    local = LOOK_UP(instance, "local");
    for (run = 0; run < RUNS; run++) {
        uint32_t cells[2];
        wasm_val_t args[2], result;
        double start = now(), took;
        for (i = 0; i < CALLS; i++) {
            cells[0] = (uint32_t)i, cells[1] = 1;
            if (!wasm_runtime_call_wasm(env, add, 2, cells))
                return 1;
        }
        took = now() - start;
        in = took < in ? took : in;
        args[0].kind = args[1].kind = WASM_I32;
        start = now();
        for (i = 0; i < CALLS; i++) {
            args[0].of.i32 = i, args[1].of.i32 = 1;
            if (!wasm_runtime_call_wasm_a(env, add, 1, &result, 2, args))
                return 1;
        }
        took = now() - start;
        values = took < values ? took : values;
        cells[0] = CALLS;
        start = now();
        if (!wasm_runtime_call_wasm(env, many, 1, cells))
            return 1;
        took = now() - start;
        out = took < out ? took : out;
        cells[0] = CALLS;
        start = now();
        if (!wasm_runtime_call_wasm(env, local, 1, cells))
            return 1;
        took = now() - start;
        base = took < base ? took : base;
    }
    printf("C to wasm, cells      %6.2f ns\nC to wasm, values     %6.2f ns\nwasm to C             %6.2f ns\n"
           "loop with a local call %5.2f ns\n",
           in / CALLS, values / CALLS, out / CALLS, base / CALLS);
    wasm_runtime_destroy_exec_env(env);
    wasm_runtime_deinstantiate(instance);
    wasm_runtime_unload(module);
    wasm_runtime_destroy();
    return 0;
}
