/* Memories that the program makes for modules to import, before there is an instance. What else can be given: given.c. */
#include "check.h"

static wasm_module_t module;

static uint32_t
call(wasm_module_inst_t instance, const char *name, uint32_t one, uint32_t two)
{
    uint32_t cells[2] = { one, two };
    wasm_exec_env_t env = wasm_runtime_get_exec_env_singleton(instance);
    CHECK(wasm_runtime_call_wasm(env, LOOK_UP(instance, name), 2, cells));
    return cells[0];
}

static wasm_memory_type_t
type_of_import(int32_t index)
{
    wasm_import_t import;
    wasm_runtime_get_import_type(module, index, &import);
    return import.u.memory_type;
}

/* An instance with these memories, or NULL and an error. */
static wasm_module_inst_t
instantiate(wasm_extern_inst_t imports, uint32_t count, char *error, uint32_t size)
{
    struct InstantiationArgs2 *args = NULL;
    wasm_module_inst_t instance;
    static int data;
    CHECK(wasm_runtime_instantiation_args_create(&args));
    wasm_runtime_instantiation_args_set_custom_data(args, &data);
    iwasm_instantiation_args_set_imports(args, imports, count);
    instance = wasm_runtime_instantiate_ex2(module, args, error, size);
    wasm_runtime_instantiation_args_destroy(args);
    CHECK(!instance || wasm_runtime_get_custom_data(instance) == &data);
    return instance;
}

static void
one_by_one(void)
{
    char error[1024] = "";
    wasm_memory_inst_t memory = wasm_runtime_create_memory(module, type_of_import(0));
    wasm_memory_inst_t shared = wasm_runtime_create_memory(module, type_of_import(1));
    WASMExternInstance imports[2] = { { "host", "memory", WASM_IMPORT_EXPORT_KIND_MEMORY, { memory } },
                                      { "env", "shared", WASM_IMPORT_EXPORT_KIND_MEMORY, { shared } } };
    uint32_t *base = wasm_memory_get_base_address(memory), *counter = wasm_memory_get_base_address(shared);
    wasm_module_inst_t instance, second;
    wasm_memory_inst_t other;
    CHECK(memory != NULL && shared != NULL && memory != shared && base != NULL && counter != NULL);
    CHECK_INT(wasm_memory_get_cur_page_count(memory), 1);
    CHECK_INT(wasm_memory_get_max_page_count(memory), 4);
    CHECK(!wasm_memory_get_shared(memory) && wasm_memory_get_shared(shared));
    CHECK_INT(wasm_memory_get_cur_page_count(shared), 1);
    base[0] = 7, base[1] = 8;
    /* What is not given is missing. */
    CHECK(instantiate(NULL, 0, error, sizeof(error)) == NULL);
    CHECK_HAS(error, "\"host\".\"memory\"");
    CHECK(instantiate(imports, 1, error, sizeof(error)) == NULL);
    CHECK_HAS(error, "\"env\".\"shared\"");
    imports[0].field_name = NULL;
    CHECK(instantiate(imports, 2, error, sizeof(error)) == NULL);
    CHECK_HAS(error, "an import has no name");
    /* A shared one does not fit where one that is not shared is wanted. */
    imports[0].field_name = "memory", imports[0].u.memory = shared;
    CHECK(instantiate(imports, 2, error, sizeof(error)) == NULL);
    CHECK_HAS(error, "shared");
    imports[0].u.memory = memory;
    instance = instantiate(imports, 2, error, sizeof(error));
    CHECK(instance != NULL);
    CHECK_INT(call(instance, "load", 4, 0), 8);
    call(instance, "store", 4, 9);
    CHECK_INT(base[1], 9);
    /* All of the set have it. */
    CHECK_INT(call(instance, "first of the library", 0, 0), 7);
    CHECK_INT(call(instance, "grow", 0, 0), 1);
    CHECK_INT(wasm_memory_get_cur_page_count(memory), 2);
    CHECK(wasm_memory_enlarge(memory, 1) && wasm_memory_get_cur_page_count(memory) == 3);
    CHECK_INT(call(instance, "grow", 0, 0), 3);
    CHECK(!wasm_memory_enlarge(memory, 1));
    CHECK_INT(((uint32_t *)wasm_memory_get_base_address(memory))[1], 9);
    CHECK(wasm_memory_get_base_address(memory)
          == wasm_memory_get_base_address(wasm_runtime_get_default_memory(instance)));
    /* A second instance with it joins the first. */
    second = instantiate(imports, 2, error, sizeof(error));
    CHECK(second != NULL && second != instance);
    CHECK_INT(call(second, "load", 4, 0), 9);
    wasm_runtime_deinstantiate(second);
    CHECK_INT(call(instance, "load", 4, 0), 9);
    /* The shared one goes to a second instance, beside a memory of its own; and, by way of the first, to a third. */
    other = imports[0].u.memory = wasm_runtime_create_memory(module, type_of_import(0));
    second = instantiate(imports, 2, error, sizeof(error));
    CHECK(second != NULL);
    CHECK_INT(call(second, "load", 4, 0), 0);
    CHECK_INT(call(instance, "add", 0, 0), 0);
    CHECK_INT(call(second, "add", 0, 0), 1);
    CHECK_INT(counter[0], 2);
    wasm_runtime_deinstantiate(second);
    wasm_runtime_destroy_memory(module, other);
    other = imports[0].u.memory = wasm_runtime_create_memory(module, type_of_import(0));
    imports[1].u.memory = wasm_runtime_get_memory(instance, 1);
    second = instantiate(imports, 2, error, sizeof(error));
    wasm_runtime_destroy_memory(module, other);
    wasm_runtime_destroy_memory(module, shared);
    CHECK_INT(call(second, "add", 0, 0), 2);
    CHECK_INT(call(instance, "add", 0, 0), 3);
    CHECK(wasm_memory_enlarge(imports[1].u.memory, 1));
    /* Threads cannot have what is not shared. */
    CHECK(wasm_runtime_spawn_exec_env(wasm_runtime_get_exec_env_singleton(second)) == NULL);
    CHECK(wasm_runtime_get_exception(second) != NULL);
    wasm_runtime_deinstantiate(second);
    /* A memory outlives the instance. */
    wasm_runtime_deinstantiate(instance);
    CHECK_INT(((uint32_t *)wasm_memory_get_base_address(memory))[1], 9);
    CHECK_INT(wasm_memory_get_cur_page_count(memory), 4);
    imports[0].u.memory = memory;
    CHECK(instantiate(imports, 1, error, sizeof(error)) == NULL);
    CHECK_HAS(error, "its instance was freed");
    wasm_runtime_destroy_memory(module, memory);
    wasm_runtime_destroy_memory(module, memory);
    wasm_runtime_destroy_memory(module, NULL);
    /* One that nobody imported. */
    wasm_runtime_destroy_memory(module, wasm_runtime_create_memory(module, type_of_import(0)));
}

static bool
is_host(const char *name)
{
    return strcmp(name, "host") == 0;
}

static void
lists(void)
{
    char error[1024] = "";
    wasm_extern_inst_t all = wasm_runtime_create_imports(module, NULL), builtin, host;
    wasm_module_inst_t instance;
    uint32_t count = (uint32_t)wasm_runtime_get_import_count(module);
    CHECK_INT(count, 3);
    CHECK(all != NULL);
    CHECK_HAS(all[0].module_name, "host");
    CHECK_HAS(all[0].field_name, "memory");
    CHECK(all[0].kind == WASM_IMPORT_EXPORT_KIND_MEMORY && all[0].u.memory && all[1].u.memory);
    CHECK(all[2].kind == WASM_IMPORT_EXPORT_KIND_FUNC && !all[2].u.memory);
    instance = instantiate(all, count, error, sizeof(error));
    CHECK(instance != NULL);
    CHECK_INT(call(instance, "add", 0, 0), 0);
    wasm_runtime_destroy_imports(module, all);
    wasm_runtime_destroy_imports(module, all);
    CHECK_INT(call(instance, "add", 0, 0), 1);
    wasm_runtime_deinstantiate(instance);
    builtin = wasm_runtime_create_imports_with_builtin(module);
    host = wasm_runtime_create_imports(module, is_host);
    CHECK(builtin && !builtin[0].u.memory && builtin[1].u.memory && !builtin[2].u.memory);
    CHECK(host && host[0].u.memory && !host[1].u.memory);
    host[1].u.memory = builtin[1].u.memory;
    instance = instantiate(host, count, error, sizeof(error));
    CHECK(instance != NULL);
    wasm_runtime_deinstantiate(instance);
    wasm_runtime_destroy_imports(module, builtin);
    wasm_runtime_destroy_imports(module, host);
    wasm_runtime_destroy_imports(module, NULL);
    CHECK(wasm_runtime_create_imports(NULL, NULL) == NULL && wasm_runtime_create_imports_with_builtin(NULL) == NULL);
    CHECK(wasm_runtime_create_memory(NULL, type_of_import(0)) == NULL && wasm_runtime_create_memory(module, NULL) == NULL);
    /* The type of a function. */
    CHECK(wasm_runtime_create_memory(module, type_of_import(2)) == NULL);
}

int
main(int argc, char *argv[])
{
    char error[512];
    wasm_module_t library;
    wasm_memory_inst_t memory;
    check_folder = argc > 1 ? argv[1] : ".";
    CHECK(wasm_runtime_init());
    wasm_runtime_set_log_level(WASM_LOG_LEVEL_ERROR);
    library = check_load("imports_lib");
    CHECK(wasm_runtime_register_module("imports_lib", library, error, sizeof(error)));
    module = check_load("imports");
    one_by_one();
    lists();
    CHECK(wasm_runtime_create_imports(check_load("calls"), NULL) == NULL);
    /* A memory outlives the module that it was made for, too. */
    memory = wasm_runtime_create_memory(module, type_of_import(0));
    wasm_runtime_unload(module);
    *(int *)wasm_memory_get_base_address(memory) = 1;
    wasm_runtime_destroy_memory(NULL, memory);
    wasm_runtime_destroy();
    return check_end();
}
