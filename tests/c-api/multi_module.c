/* Three modules of which mC imports from mA and mB, and mB from mA: by the module reader, and registered by hand. */
#include "check.h"

static int asks, reads, releases;

static bool
read_module(
#ifdef WASM_RUNTIME_API_2
    package_type_t type,
#endif
    const char *name, uint8_t **buffer, uint32_t *size)
{
#ifdef WASM_RUNTIME_API_2
    CHECK_INT(type, Wasm_Module_AoT);
#endif
    asks++;
    {
        uint8_t *bytes = check_read(name, size);
        *buffer = bytes ? (uint8_t *)wasm_runtime_malloc(*size) : NULL;
        if (*buffer)
            memcpy(*buffer, bytes, *size);
        free(bytes);
    }
    reads += *buffer != NULL;
    return *buffer != NULL;
}

static void
release_module(uint8_t *buffer, uint32_t size)
{
    CHECK(size > 0);
    releases++;
    /* The allocator is there to the end. */
    wasm_runtime_free(buffer);
}

static uint32_t
call(wasm_module_inst_t instance, const char *name)
{
    uint32_t cells[2] = { 0, 0 };
    wasm_function_inst_t function = LOOK_UP(instance, name);
    CHECK(function != NULL);
    CHECK(wasm_runtime_call_wasm(wasm_runtime_get_exec_env_singleton(instance), function, 0, cells));
    return cells[0];
}

static void
by_reader(void)
{
    wasm_module_t module;
    wasm_module_inst_t instance, other;
    CHECK(wasm_runtime_init());
    reads = releases = 0;
    wasm_runtime_set_module_reader(read_module, release_module);
    module = check_load("mC");
    CHECK_INT(reads, 2);
    CHECK(wasm_runtime_find_module_registered("mA") != NULL);
    CHECK(wasm_runtime_find_module_registered("mB") != NULL);
    CHECK(wasm_runtime_find_module_registered("mC") == NULL);
    CHECK(wasm_runtime_find_module_registered("mD") == NULL);
    instance = check_instantiate(module);
    CHECK_INT(call(instance, "C"), 12);
    CHECK_INT(call(instance, "call_B"), 11);
    CHECK_INT(call(instance, "call_A"), 10);
    CHECK_INT(call(instance, "$mB$B"), 11);
    CHECK_INT(call(instance, "$mB$call_A"), 10);
    CHECK_INT(call(instance, "$mA$A"), 10);
    CHECK(LOOK_UP(instance, "$mD$A") == NULL);
    CHECK(LOOK_UP(instance, "$mA$B") == NULL);
    CHECK(LOOK_UP(instance, "$mA") == NULL);
    CHECK(LOOK_UP(instance, "") == NULL);
    /* The same name, the same handle. */
    CHECK(LOOK_UP(instance, "C") == LOOK_UP(instance, "C"));
    other = iwasm_get_instance(instance, "mB");
    CHECK(other != NULL && other != instance);
    CHECK(iwasm_get_instance(instance, "mD") == NULL);
    CHECK_INT(call(other, "B"), 11);
    CHECK(wasm_runtime_get_module(other) == wasm_runtime_find_module_registered("mB"));
    CHECK(wasm_runtime_get_module(instance) == module);
    CHECK(wasm_application_execute_func(instance, "C", 0, NULL));
    CHECK(wasm_application_execute_func(instance, "$mB$call_A", 0, NULL));
    CHECK(!wasm_application_execute_func(instance, "D", 0, NULL));
    CHECK_HAS(wasm_runtime_get_exception(instance), "there is no function \"D\"");
    /* Of a name that there is nothing of, it is asked once, however much is imported from it. */
    asks = 0;
    wasm_runtime_unload(check_load("asks"));
    CHECK_INT(asks, 1);
    wasm_runtime_deinstantiate(instance);
    CHECK_INT(releases, 0);
    wasm_runtime_unload(module);
    wasm_runtime_destroy();
    CHECK_INT(releases, 2);
}

static void
by_hand(void)
{
    char error[256];
    wasm_module_t a, b, c;
    wasm_module_inst_t instance;
    CHECK(wasm_runtime_init());
    c = check_load("mC");
    /* All that is missing is told at once. */
    CHECK(wasm_runtime_instantiate(c, 0, 0, error, sizeof(error)) == NULL);
    CHECK_HAS(error, "there is no module \"mA\"");
    CHECK_HAS(error, "2 link errors");
    a = check_load("mA");
    b = check_load("mB");
    CHECK(!wasm_runtime_register_module("env", a, error, sizeof(error)));
    CHECK_HAS(error, "reserved for host modules");
    CHECK(!wasm_runtime_register_module("", a, error, sizeof(error)));
    CHECK(!wasm_runtime_register_module(NULL, a, error, sizeof(error)));
    CHECK(!wasm_runtime_register_module("mA", NULL, error, sizeof(error)));
    CHECK_HAS(error, "NULL");
    CHECK(wasm_runtime_register_module("mA", a, error, sizeof(error)));
    CHECK(wasm_runtime_register_module("mA", a, error, sizeof(error)));
    CHECK(!wasm_runtime_register_module("mA", b, error, sizeof(error)));
    CHECK_HAS(error, "taken by another module");
    CHECK(!wasm_runtime_register_module("another", a, error, sizeof(error)));
    CHECK_HAS(error, "registered as \"mA\" already");
    CHECK(wasm_runtime_register_module("mB", b, NULL, 0));
    CHECK_HAS(wasm_runtime_get_module_name(b), "mB");
    CHECK(wasm_runtime_find_module_registered("mA") == a);
    instance = check_instantiate(c);
    CHECK_INT(call(instance, "call_A"), 10);
    /* Another module takes the name; what is linked stays linked. */
    CHECK(iwasm_unregister_module("mA"));
    CHECK(!iwasm_unregister_module("mA"));
    CHECK(wasm_runtime_find_module_registered("mA") == NULL);
    CHECK_INT(call(instance, "call_A"), 10);
    wasm_runtime_deinstantiate(instance);
    wasm_runtime_unload(a);
    a = check_load("mA2");
    CHECK(wasm_runtime_register_module("mA", a, error, sizeof(error)));
    instance = check_instantiate(c);
    CHECK_INT(call(instance, "call_A"), 20);
    /* Code stays until the last instance is freed. */
    wasm_runtime_unload(a);
    wasm_runtime_unload(b);
    wasm_runtime_unload(c);
    CHECK(wasm_runtime_find_module_registered("mA") == NULL);
    CHECK_INT(call(instance, "call_A"), 20);
    wasm_runtime_deinstantiate(instance);
    /* Twice is a warning. */
    wasm_runtime_set_log_level(WASM_LOG_LEVEL_ERROR);
    wasm_runtime_deinstantiate(instance);
    wasm_runtime_unload(c);
    wasm_runtime_destroy();
}

int
main(int argc, char *argv[])
{
    check_folder = argc > 1 ? argv[1] : ".";
    by_reader();
    by_reader();
    by_hand();
    return check_end();
}
