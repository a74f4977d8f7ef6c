/*
 * Random sequences of calls, with handles that are alive, or NULL: nothing may crash, leak, or answer nonsense.
 * Arguments: the folder, the number of sequences [200], the seed [1].
 */
#include "check.h"

enum { MOST = 8, STEPS = 300 };

static uint64_t state;

static uint32_t
below(uint32_t bound)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 11) % bound;
}

static int32_t
native(wasm_exec_env_t env, int32_t a, int32_t b)
{
    wasm_module_inst_t instance = wasm_runtime_get_module_inst(env);
    CHECK(instance != NULL);
    switch (below(8)) {
        case 0:
            wasm_runtime_set_exception(instance, "by chance");
            break;
        case 1:
            wasm_runtime_module_free(instance, wasm_runtime_module_malloc(instance, below(200), NULL));
            break;
        case 2: {
            uint32_t cells[2] = { 1, 2 };
            wasm_function_inst_t add = LOOK_UP(instance, "add");
            if (add && below(3))
                wasm_runtime_call_wasm(env, add, 2, cells);
            break;
        }
        default:
            break;
    }
    return a + b;
}

static NativeSymbol natives[] = { EXPORT_WASM_API_WITH_SIG(native, "(ii)i") };
static NativeSymbol add_i[] = { { "add_i", (void *)native, "(ii)i", NULL } };

static const char *artifacts[] = { "mA", "mB", "mC", "mA2", "calls", "memory", "memory_malloc", "natives_lib", "wasi" };
static const char *names[] = { "mA", "mB", "natives_lib", "env", "other", "" };
static const char *functions[] = { "A", "B", "C", "call_A", "add", "divide", "deep", "$mA$A", "$mB$call_A", "none", "malloc" };
enum { ARTIFACTS = sizeof(artifacts) / sizeof(*artifacts), NAMES = sizeof(names) / sizeof(*names),
       FUNCTIONS = sizeof(functions) / sizeof(*functions) };

static struct {
    uint8_t *bytes;
    uint32_t size;
} files[ARTIFACTS];
static wasm_module_t modules[MOST];
static struct {
    wasm_module_inst_t instance;
    wasm_exec_env_t env;
} instances[MOST];
static unsigned long loaded, instantiated, called, returned;

static bool
read_module(
#ifdef WASM_RUNTIME_API_2
    package_type_t type,
#endif
    const char *name, uint8_t **buffer, uint32_t *size)
{
    uint8_t *bytes = below(4) ? check_read(name, size) : NULL;
#ifdef WASM_RUNTIME_API_2
    (void)type;
#endif
    *buffer = bytes;
    if (bytes && !below(8))
        bytes[below(*size)] ^= 1;
    return bytes != NULL;
}

static void
release_module(uint8_t *buffer, uint32_t size)
{
    (void)size;
    free(buffer);
}

static void
load(void)
{
    uint32_t which = below(ARTIFACTS), place = below(MOST), size = files[which].size;
    char error[64];
    uint8_t *bytes;
    wasm_module_t module;
    if (modules[place])
        return;
    bytes = malloc(size);
    memcpy(bytes, files[which].bytes, size);
    if (!below(6))
        bytes[below(size)] ^= (uint8_t)(1u << below(8));
    if (!below(8))
        size = below(size);
    memset(error, 0, sizeof(error));
    module = wasm_runtime_load(bytes, size, error, below(2) ? sizeof(error) : 0);
    free(bytes);
    CHECK(module != NULL || error[0] != 0 || error[sizeof(error) - 1] == 0);
    modules[place] = module;
    loaded += module != NULL;
}

static void
instantiate(void)
{
    uint32_t place = below(MOST);
    char error[256] = "";
    if (instances[place].instance)
        return;
    instances[place].instance = wasm_runtime_instantiate(modules[below(MOST)], 0, below(2) * 1000, error, sizeof(error));
    CHECK((instances[place].instance == NULL) == (error[0] != 0));
    if (instances[place].instance && below(2))
        instances[place].env = wasm_runtime_create_exec_env(instances[place].instance, below(100000));
    instantiated += instances[place].instance != NULL;
}

static void
give_up_instance(uint32_t place)
{
    wasm_runtime_destroy_exec_env(instances[place].env);
    wasm_runtime_deinstantiate(instances[place].instance);
    instances[place].env = NULL;
    instances[place].instance = NULL;
}

static void
call(void)
{
    uint32_t place = below(MOST), cells[16] = { 0 }, i, count;
    wasm_module_inst_t instance;
    wasm_exec_env_t env;
    wasm_function_inst_t function = NULL;
    for (i = 0; i < MOST && !instances[place].instance; i++)
        place = (place + 1) % MOST;
    instance = instances[place].instance;
    env = instances[place].env;
    for (i = 0; i < 6 && !function; i++)
        function = LOOK_UP(instance, functions[below(FUNCTIONS)]);
    if (!function)
        return;
    if (!env && below(8))
        env = wasm_runtime_get_exec_env_singleton(instance);
    for (i = 0; i < 16; i++)
        cells[i] = below(3);
    count = wasm_func_get_param_count(function, instance);
    called++;
    if (wasm_runtime_call_wasm(env, function, below(8) ? count : below(4), cells)) {
        CHECK(wasm_runtime_get_exception(instance) == NULL);
        returned++;
    } else {
        CHECK(wasm_runtime_get_exception(instance) != NULL);
    }
}

static void
step(void)
{
    uint32_t place = below(MOST);
    wasm_module_inst_t instance = instances[place].instance;
    char text[64];
    switch (below(24)) {
        case 0:
        case 1:
            load();
            break;
        case 2:
        case 3:
            instantiate();
            break;
        case 4:
            if (!below(3)) {
                wasm_runtime_unload(modules[place]);
                modules[place] = NULL;
            }
            break;
        case 5:
            if (!below(2))
                give_up_instance(place);
            break;
        case 6:
            wasm_runtime_register_module(names[below(NAMES)], modules[place], text, sizeof(text));
            break;
        case 7:
            if (!below(3))
                iwasm_unregister_module(names[below(NAMES)]);
            else {
                wasm_module_t found = wasm_runtime_find_module_registered(names[below(NAMES)]);
                CHECK(strlen(wasm_runtime_get_module_name(found)) < 100);
                CHECK(wasm_runtime_get_export_count(found) < 100);
            }
            break;
        case 8:
            if (below(2))
                wasm_runtime_register_natives("env", below(2) ? natives : add_i, 1);
            else
                wasm_runtime_unregister_natives("env", natives);
            break;
        case 9:
            wasm_runtime_module_free(instance, wasm_runtime_module_malloc(instance, below(2000), NULL));
            wasm_runtime_module_dup_data(instance, "text", 5);
            break;
        case 10: {
            wasm_global_inst_t global;
            wasm_table_inst_t table;
            if (wasm_runtime_get_export_global_inst(instance, "global", &global) && global.kind == WASM_I64)
                *(int64_t *)global.global_data += 1;
            if (wasm_runtime_get_export_table_inst(instance, "table", &table))
                wasm_table_get_func_inst(instance, &table, below(5));
            break;
        }
        case 11:
            wasm_runtime_terminate(instance);
            if (below(4))
                wasm_runtime_clear_exception(instance);
            break;
        case 12:
            wasm_runtime_enlarge_memory(instance, below(3));
            wasm_runtime_validate_app_addr(instance, below(1 << 17), below(1 << 17));
            wasm_runtime_validate_app_str_addr(instance, below(1 << 17));
            break;
        case 13: {
            wasm_import_t import;
            wasm_export_t export_;
            wasm_runtime_get_import_type(modules[place], (int32_t)below(6) - 1, &import);
            wasm_runtime_get_export_type(modules[place], (int32_t)below(6) - 1, &export_);
            break;
        }
        case 14: {
            iwasm_figures_t figures;
            wasm_runtime_get_call_stack_buf_size(instances[place].env);
            iwasm_get_back_trace(instance, text, sizeof(text));
            if (iwasm_get_figures(instance, &figures))
                CHECK(figures.instances >= 1);
            iwasm_get_instance(instance, names[below(NAMES)]);
            break;
        }
        default:
            call();
            break;
    }
}

int
main(int argc, char *argv[])
{
    unsigned long sequences = argc > 2 ? strtoul(argv[2], NULL, 10) : 200, sequence;
    uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    uint32_t i;
    check_folder = argc > 1 ? argv[1] : ".";
    for (i = 0; i < ARTIFACTS; i++) {
        files[i].bytes = check_read(artifacts[i], &files[i].size);
        if (!files[i].bytes)
            return 2;
    }
    for (sequence = 0; sequence < sequences && !check_failures; sequence++) {
        state = (seed * 1000003 + sequence + 1) * 0x9e3779b97f4a7c15u;
        CHECK(wasm_runtime_init());
        wasm_runtime_set_log_level(WASM_LOG_LEVEL_FATAL);
        if (below(2))
            wasm_runtime_set_module_reader(read_module, release_module);
        for (i = 0; i < STEPS; i++)
            step();
        for (i = 0; i < MOST; i++)
            give_up_instance(i);
        for (i = 0; i < MOST; i++) {
            if (below(2))
                wasm_runtime_unload(modules[i]);
            modules[i] = NULL;
        }
        wasm_runtime_destroy();
        if (check_failures)
            printf("in sequence %lu of seed %" PRIu64 "\n", sequence, seed);
    }
    for (i = 0; i < ARTIFACTS; i++)
        free(files[i].bytes);
    printf("%lu sequences: %lu modules loaded, %lu instances, %lu calls, of which %lu returned\n", sequence, loaded,
           instantiated, called, returned);
    CHECK(sequences < 100 || (loaded > 1000 && instantiated > 500 && returned > 500));
    return check_end();
}
