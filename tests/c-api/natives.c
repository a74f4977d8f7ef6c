/* C functions that modules import: every letter of a signature, many arguments, errors, callbacks, start functions. */
#include "check.h"

static int attachment, started;
static wasm_module_inst_t last_instance;

static int32_t
add_i(wasm_exec_env_t env, int32_t a, int32_t b)
{
    last_instance = wasm_runtime_get_module_inst(env);
    return a + b;
}

static int64_t
add_I(wasm_exec_env_t env, int64_t a, int32_t b)
{
    (void)env;
    return a + b;
}

static float
add_f(wasm_exec_env_t env, float a, double b)
{
    (void)env;
    return a + (float)b;
}

static double
add_F(wasm_exec_env_t env, double a, float b)
{
    (void)env;
    return a + (double)b;
}

/* More integers and floats than there are registers of either kind, mixed. */
static double
many(wasm_exec_env_t env, int32_t a, double b, int64_t c, float d, int32_t e, double f, int32_t g, float h, int64_t i, double j,
     int32_t k, float l, int32_t m, double n, int64_t o, float p, int32_t q, double r, int32_t s, float t)
{
    (void)env;
    return a + 2 * b + 3 * (double)c + 4 * (double)d + 5 * e + 6 * f + 7 * g + 8 * (double)h + 9 * (double)i + 10 * j + 11 * k
           + 12 * (double)l + 13 * m + 14 * n + 15 * (double)o + 16 * (double)p + 17 * q + 18 * r + 19 * s + 20 * (double)t;
}

/* A negative number must arrive as one, however many come before it. */
static int32_t
last_of_ten(wasm_exec_env_t env, int32_t a, int32_t b, int32_t c, int32_t d, int32_t e, int32_t f, int32_t g, int32_t h,
            int32_t i, int32_t j)
{
    (void)env;
    return a + b + c + d + e + f + g + h + i == 9 && j < 0 ? j : 0;
}

static int32_t
sum_bytes(wasm_exec_env_t env, const uint8_t *bytes, uint32_t length)
{
    int32_t sum = 0;
    uint32_t i;
    (void)env;
    for (i = 0; i < length; i++)
        sum += bytes[i];
    return sum;
}

static uint32_t
length_of(wasm_exec_env_t env, const char *text)
{
    wasm_module_inst_t module_inst = get_module_inst(env);
    CHECK(text == addr_app_to_native(addr_native_to_app((void *)text)));
    return (uint32_t)strlen(text);
}

static void
write_one(wasm_exec_env_t env, uint8_t *place)
{
    (void)env;
    *place = 42;
}

static int32_t
attached(wasm_exec_env_t env)
{
    return *(int32_t *)wasm_runtime_get_function_attachment(env);
}

static void
fail(wasm_exec_env_t env, int32_t how)
{
    if (how)
        wasm_runtime_set_exception(wasm_runtime_get_module_inst(env), "the native did not like it");
}

/* Calls back into the module, as deep as it is told. */
static int32_t
call_back(wasm_exec_env_t env, int32_t depth)
{
    wasm_module_inst_t instance = wasm_runtime_get_module_inst(env);
    uint32_t argv[1];
    argv[0] = (uint32_t)depth;
    if (!wasm_runtime_call_wasm(env, LOOK_UP(instance, "nested"), 1, argv))
        return -1;
    return (int32_t)argv[0];
}

static void
on_start(wasm_exec_env_t env, const char *text)
{
    CHECK(wasm_runtime_get_module_inst(env) != NULL);
    CHECK(strcmp(text, "started") == 0);
    started++;
}

static int32_t
untyped(wasm_exec_env_t env, int32_t a, int64_t b)
{
    (void)env;
    return a - (int32_t)b;
}

/* A thing of the program's, among numbers. */
static void *
next_thing(wasm_exec_env_t env, int32_t steps, void *thing, double ignored)
{
    (void)env;
    CHECK(ignored == 0.5);
    return thing ? (int *)thing + steps : NULL;
}

static void
raw(wasm_exec_env_t env, uint64_t *args)
{
    native_raw_return_type(int64_t, args);
    native_raw_get_arg(int32_t, a, args);
    native_raw_get_arg(int64_t, b, args);
    native_raw_get_arg(double, c, args);
    (void)env;
    native_raw_set_return(a + b + (int64_t)c);
}

static NativeSymbol symbols[] = {
    EXPORT_WASM_API_WITH_SIG(add_i, "(ii)i"),
    EXPORT_WASM_API_WITH_SIG(add_I, "(Ii)I"),
    EXPORT_WASM_API_WITH_SIG(add_f, "(fF)f"),
    EXPORT_WASM_API_WITH_SIG(add_F, "(Ff)F"),
    EXPORT_WASM_API_WITH_SIG(many, "(iFIfiFifIFifiFIfiFif)F"),
    EXPORT_WASM_API_WITH_SIG(last_of_ten, "(iiiiiiiiii)i"),
    EXPORT_WASM_API_WITH_SIG(sum_bytes, "(*~)i"),
    EXPORT_WASM_API_WITH_SIG(length_of, "($)i"),
    EXPORT_WASM_API_WITH_SIG(write_one, "(*)"),
    EXPORT_WASM_API_WITH_ATT(attached, "()i", &attachment),
    EXPORT_WASM_API_WITH_SIG(fail, "(i)"),
    EXPORT_WASM_API_WITH_SIG(call_back, "(i)i"),
    EXPORT_WASM_API_WITH_SIG(on_start, "($)"),
    EXPORT_WASM_API(untyped),
    EXPORT_WASM_API_WITH_SIG(next_thing, "(irF)r"),
};
static NativeSymbol raw_symbols[] = { EXPORT_WASM_API_WITH_SIG(raw, "(iIF)I") };

static wasm_module_inst_t instance;
static wasm_exec_env_t env;

static bool
call(const char *name, uint32_t argc, uint32_t argv[])
{
    wasm_function_inst_t function = LOOK_UP(instance, name);
    CHECK(function != NULL);
    return wasm_runtime_call_wasm(env, function, argc, argv);
}

static void
run(void)
{
    uint32_t argv[8] = { 0 };
    int64_t wide;
    double number;
    float small;
    argv[0] = 5, argv[1] = (uint32_t)-7;
    CHECK(call("i", 2, argv));
    CHECK_INT((int32_t)argv[0], -2);
    CHECK(last_instance == instance);
    wide = INT64_C(1) << 40, memcpy(argv, &wide, 8), argv[2] = (uint32_t)-1;
    CHECK(call("I", 3, argv));
    memcpy(&wide, argv, 8);
    CHECK(wide == (INT64_C(1) << 40) - 1);
    small = 0.5f, number = 0.25, memcpy(argv, &small, 4), memcpy(argv + 1, &number, 8);
    CHECK(call("f", 3, argv));
    memcpy(&small, argv, 4);
    CHECK(small == 0.75f);
    number = 1.5, small = -0.5f, memcpy(argv, &number, 8), memcpy(argv + 2, &small, 4);
    CHECK(call("F", 3, argv));
    memcpy(&number, argv, 8);
    CHECK(number == 1.0);
    CHECK(call("many", 0, argv));
    memcpy(&number, argv, 8);
    /* 1*1 + 2*2 + … + 20*20 */
    CHECK(number == 2870.0);
    CHECK(call("last_of_ten", 0, argv));
    CHECK_INT((int32_t)argv[0], -5);
    /* "hello" is at 16, and the memory ends at 65536. */
    argv[0] = 16, argv[1] = 5;
    CHECK(call("bytes", 2, argv));
    CHECK_INT(argv[0], 'h' + 'e' + 'l' + 'l' + 'o');
    argv[0] = 65531, argv[1] = 5;
    CHECK(call("bytes", 2, argv));
    argv[0] = 65532, argv[1] = 5;
    CHECK(!call("bytes", 2, argv));
    CHECK_HAS(wasm_runtime_get_exception(instance), "out of bounds memory access");
    argv[0] = 0xffffffffu, argv[1] = 0xffffffffu;
    CHECK(!call("bytes", 2, argv));
    argv[0] = 16;
    CHECK(call("string", 1, argv));
    CHECK_INT(argv[0], 5);
    /* No NUL behind it: the last bytes of the memory are ones. */
    argv[0] = 65535;
    CHECK(!call("string", 1, argv));
    argv[0] = 65536;
    CHECK(!call("string", 1, argv));
    argv[0] = 100;
    CHECK(call("write", 1, argv));
    CHECK_INT(*(uint8_t *)wasm_runtime_addr_app_to_native(instance, 100), 42);
    argv[0] = 65536;
    CHECK(!call("write", 1, argv));
    attachment = 77;
    CHECK(call("attached", 0, argv));
    CHECK_INT(argv[0], 77);
    argv[0] = 0;
    CHECK(call("fail", 1, argv));
    argv[0] = 1;
    CHECK(!call("fail", 1, argv));
    CHECK_HAS(wasm_runtime_get_exception(instance), "Exception: the native did not like it");
    CHECK(wasm_runtime_get_call_stack_buf_size(env) > 1);
    argv[0] = 10;
    CHECK(call("nested", 1, argv));
    CHECK_INT(argv[0], 10);
    /* So deep that the stack ends: the innermost call fails, and the others go on with that. */
    argv[0] = 100000;
    CHECK(!call("nested", 1, argv));
    wasm_runtime_clear_exception(instance);
    argv[0] = 5, wide = 3, memcpy(argv + 1, &wide, 8);
    CHECK(call("untyped", 3, argv));
    CHECK_INT(argv[0], 2);
    argv[0] = 5, wide = 3, memcpy(argv + 1, &wide, 8), number = 2.0, memcpy(argv + 3, &number, 8);
    CHECK(call("raw", 5, argv));
    memcpy(&wide, argv, 8);
    CHECK(wide == 10);
    {
        static int things[4];
        wasm_val_t arg, result;
        arg.kind = WASM_EXTERNREF, arg.of.foreign = (uintptr_t)&things[1];
        CHECK(wasm_runtime_call_wasm_a(env, LOOK_UP(instance, "next"), 1, &result, 1, &arg));
        CHECK(result.kind == WASM_EXTERNREF && result.of.foreign == (uintptr_t)&things[3]);
        arg.of.foreign = 0;
        CHECK(wasm_runtime_call_wasm_a(env, LOOK_UP(instance, "next"), 1, &result, 1, &arg) && result.of.foreign == 0);
    }
    /* A native that a module of the set calls is told which. */
    CHECK(call("from another", 0, argv));
    CHECK_INT(argv[0], 3);
    CHECK(last_instance == iwasm_get_instance(instance, "natives_lib"));
}

static void
wrong_natives(void)
{
    NativeSymbol wrong[] = { EXPORT_WASM_API_WITH_SIG(add_i, "ii") };
    static const char *signatures[] = { "(ii", "ii)i", "(x)i", "(i~)", "(~)", "(i)ii", "(i)*", "" };
    size_t i;
    wasm_runtime_set_log_level(WASM_LOG_LEVEL_FATAL);
    for (i = 0; i + 1 < sizeof(signatures) / sizeof(*signatures); i++) {
        wrong[0].signature = signatures[i];
        CHECK(!wasm_runtime_register_natives("wrong", wrong, 1));
    }
    wrong[0].func_ptr = NULL;
    CHECK(!wasm_runtime_register_natives("wrong", wrong, 1));
    wrong[0].symbol = NULL;
    CHECK(!wasm_runtime_register_natives("wrong", wrong, 1));
    CHECK(!wasm_runtime_register_natives(NULL, symbols, 1));
    wasm_runtime_set_log_level(WASM_LOG_LEVEL_WARNING);
}

int
main(int argc, char *argv[])
{
    wasm_module_t library, module;
    char error[1024];
    check_folder = argc > 1 ? argv[1] : ".";
    CHECK(!wasm_runtime_register_natives("env", symbols, 1));
    CHECK(wasm_runtime_init());
    wrong_natives();
    library = check_load("natives_lib");
    CHECK(wasm_runtime_register_module("natives_lib", library, error, sizeof(error)));
    module = check_load("natives");
    CHECK(wasm_runtime_instantiate(module, 0, 0, error, sizeof(error)) == NULL);
    CHECK_HAS(error, "link errors");
    CHECK(!wasm_runtime_is_import_func_linked("env", "add_i"));
    CHECK(wasm_runtime_register_natives("env", symbols, sizeof(symbols) / sizeof(*symbols)));
    CHECK(wasm_runtime_register_natives_raw("env", raw_symbols, 1));
    CHECK(wasm_runtime_is_import_func_linked("env", "add_i"));
    CHECK(wasm_runtime_is_import_func_linked("env", "untyped"));
    CHECK(!wasm_runtime_is_import_global_linked("env", "none"));
    wasm_runtime_unload(module);
    module = check_load("natives");
    instance = check_instantiate(module);
    CHECK_INT(started, 1);
    env = wasm_runtime_create_exec_env(instance, 0);
    run();
    wasm_runtime_destroy_exec_env(env);
    wasm_runtime_deinstantiate(instance);
    CHECK(wasm_runtime_unregister_natives("env", symbols));
    CHECK(!wasm_runtime_unregister_natives("env", symbols));
    CHECK(!wasm_runtime_is_import_func_linked("env", "add_i"));
    wasm_runtime_unload(module);
    wasm_runtime_destroy();
    return check_end();
}
