/* What an instance has is given to another: functions, globals, tables, memories; what is no good, and who is freed when. */
#include "check.h"

static wasm_module_t giver, given;

static uint32_t
call(wasm_module_inst_t instance, const char *name, uint32_t one, uint32_t two)
{
    uint32_t cells[2] = { one, two };
    wasm_function_inst_t function = LOOK_UP(instance, name);
    CHECK(function != NULL);
    CHECK(wasm_runtime_call_wasm(wasm_runtime_get_exec_env_singleton(instance), function, 2, cells));
    return cells[0];
}

static wasm_module_inst_t
instantiate_one(wasm_module_t module, const WASMExternInstance *imports, uint32_t count, char *error, uint32_t size)
{
    struct InstantiationArgs2 *args = NULL;
    wasm_module_inst_t instance;
    CHECK(wasm_runtime_instantiation_args_create(&args));
    iwasm_instantiation_args_set_imports(args, (wasm_extern_inst_t)imports, count);
    instance = wasm_runtime_instantiate_ex2(module, args, error, size);
    wasm_runtime_instantiation_args_destroy(args);
    return instance;
}

static wasm_module_inst_t
instantiate(const WASMExternInstance *imports, uint32_t count, char *error, uint32_t size)
{
    return instantiate_one(given, imports, count, error, size);
}

static void
refused(const WASMExternInstance *imports, uint32_t count, const char *part)
{
    char error[1024] = "";
    CHECK(instantiate(imports, count, error, sizeof(error)) == NULL);
    CHECK_HAS(error, part);
}

enum { FUNCTION, GLOBAL, TABLE, MEMORY, COUNT };

struct given {
    wasm_global_inst_t global;
    wasm_table_inst_t table;
    WASMExternInstance imports[COUNT];
};

/* All that an instance has. */
static void
take(wasm_module_inst_t from, struct given *all)
{
    WASMExternInstance *imports = all->imports;
    memset(all, 0, sizeof(*all));
    CHECK(wasm_runtime_get_export_global_inst(from, "global", &all->global));
    CHECK(wasm_runtime_get_export_table_inst(from, "table", &all->table));
    imports[FUNCTION].field_name = "function", imports[FUNCTION].kind = WASM_IMPORT_EXPORT_KIND_FUNC;
    imports[FUNCTION].u.function = LOOK_UP(from, "function");
    imports[GLOBAL].field_name = "global", imports[GLOBAL].kind = WASM_IMPORT_EXPORT_KIND_GLOBAL;
    imports[GLOBAL].u.global = &all->global;
    imports[TABLE].field_name = "table", imports[TABLE].kind = WASM_IMPORT_EXPORT_KIND_TABLE;
    imports[TABLE].u.table = &all->table;
    imports[MEMORY].field_name = "memory", imports[MEMORY].kind = WASM_IMPORT_EXPORT_KIND_MEMORY;
    imports[MEMORY].u.memory = wasm_runtime_get_default_memory(from);
    imports[0].module_name = imports[1].module_name = imports[2].module_name = imports[3].module_name = "host";
}

static int freed[3];

static void
context_freed(wasm_module_inst_t instance, void *context)
{
    (void)instance;
    (*(int *)context)++;
}

static void
works(void *key)
{
    char error[1024] = "";
    struct given all, again;
    wasm_module_inst_t from = check_instantiate(giver), one, two;
    wasm_exec_env_t env;
    uint32_t cell = (uint32_t)-1;
    take(from, &all);
    CHECK_INT(call(from, "next", 0, 0), 1);
    one = instantiate(all.imports, COUNT, error, sizeof(error));
    CHECK_HAS(error, "");
    CHECK(one != NULL && one != from);
    if (!one)
        return;
    /* The function runs on its own instance, with its memory and globals. */
    CHECK_INT(call(one, "call", 5, 0), 47);
    CHECK_INT(call(from, "calls", 0, 0), 1);
    /* One global, one table, one memory, and one instance of the library. */
    CHECK_INT(call(one, "count", 0, 0), 41);
    CHECK_INT(*(int32_t *)all.global.global_data, 41);
    CHECK_INT(call(one, "through table", 1, 0), 43);
    call(one, "put", 1, 0);
    CHECK_INT(call(from, "through table", 8, 1), 16);
    CHECK_INT(call(one, "load", 8, 0), 42);
    *(int32_t *)wasm_memory_get_base_address(wasm_runtime_get_default_memory(from)) = 99;
    CHECK_INT(call(one, "load", 0, 0), 99);
    CHECK_INT(call(one, "next", 0, 0), 2);
    CHECK_INT(call(from, "next", 0, 0), 3);
    /* A trap in what was given is the caller's. */
    CHECK(!wasm_runtime_call_wasm(wasm_runtime_get_exec_env_singleton(one), LOOK_UP(one, "call"), 1, &cell));
    CHECK_HAS(wasm_runtime_get_exception(one), "unreachable");
    /* A second joins; what the first gives is what it was given. Its name is taken. */
    all.imports[FUNCTION].u.function = LOOK_UP(one, "function again");
    CHECK(wasm_runtime_get_export_global_inst(one, "global again", &again.global));
    CHECK(again.global.global_data == all.global.global_data);
    all.imports[GLOBAL].u.global = &again.global;
    two = instantiate(all.imports, COUNT, error, sizeof(error));
    CHECK(two != NULL && two != one);
    CHECK_INT(call(two, "count", 0, 0), 42);
    CHECK_INT(call(two, "call", 0, 0), 42);
    CHECK_INT(call(two, "through table", 4, 1), 8);
    CHECK(wasm_runtime_get_export_global_inst(two, "own", &again.global));
    CHECK_INT(*(int32_t *)again.global.global_data, 0);
    CHECK(wasm_runtime_get_module(one) == given && wasm_runtime_get_module(two) == given);
    CHECK(wasm_runtime_get_module(from) == giver);
    /* Threads have the first of a set, and not who joined. */
    env = wasm_runtime_spawn_exec_env(wasm_runtime_get_exec_env_singleton(from));
    CHECK(env != NULL);
    CHECK_INT(call(wasm_runtime_get_module_inst(env), "next", 0, 0), 1);
    all.imports[FUNCTION].u.function = LOOK_UP(wasm_runtime_get_module_inst(env), "function");
    refused(all.imports, 1, "what is given for \"host\".\"function\"");
    wasm_runtime_destroy_spawned_exec_env(env);
    CHECK(wasm_runtime_spawn_exec_env(wasm_runtime_get_exec_env_singleton(one)) == NULL);
    CHECK_HAS(wasm_runtime_get_exception(one), "no counterpart");
    /* Freed in any order: the destructors of each are called, and what the others use stays. */
    wasm_runtime_set_context(from, key, &freed[0]);
    wasm_runtime_set_context(one, key, &freed[1]);
    wasm_runtime_set_context(two, key, &freed[2]);
    wasm_runtime_deinstantiate(from);
    wasm_runtime_deinstantiate(from);
    CHECK(freed[0] == 1 && freed[1] == 0 && freed[2] == 0);
    CHECK_INT(call(one, "call", 5, 0), 47);
    CHECK_INT(call(two, "count", 0, 0), 43);
    wasm_runtime_deinstantiate(two);
    CHECK_INT(call(one, "count", 0, 0), 44);
    CHECK(freed[0] == 1 && freed[1] == 0 && freed[2] == 1);
    wasm_runtime_deinstantiate(one);
    CHECK(freed[0] == 1 && freed[1] == 1 && freed[2] == 1);
    /* A global and a table of what was freed. */
    refused(&all.imports[TABLE], 1, "what is given for \"host\".\"table\": it is of no instance that is alive");
}

static void
is_refused(void)
{
    struct given all, other;
    char error[1024] = "";
    wasm_module_inst_t from = check_instantiate(giver), another = check_instantiate(giver);
    take(from, &all);
    take(another, &other);
    /* What is not given is missing, and so is what is given as NULL. */
    refused(all.imports, 3, "\"host\".\"memory\"");
    other.imports[GLOBAL].u.global = NULL;
    refused(&other.imports[GLOBAL], 1, "\"host\".\"global\"");
    other.imports[GLOBAL].u.global = &other.global;
    /* Wrong types, wrong kinds, no names. */
    all.imports[FUNCTION].u.function = LOOK_UP(from, "wrong");
    refused(all.imports, COUNT, "\"host\".\"function\"");
    all.imports[FUNCTION].u.function = LOOK_UP(from, "function");
    CHECK(wasm_runtime_get_export_global_inst(from, "constant", &all.global));
    refused(all.imports, COUNT, "\"host\".\"global\"");
    all.global.global_data = &all;
    refused(all.imports, COUNT, "what is given for \"host\".\"global\": it is of no instance");
    CHECK(wasm_runtime_get_export_global_inst(from, "global", &all.global));
    all.imports[TABLE].field_name = "global";
    refused(&all.imports[TABLE], 1, "\"host\".\"global\"");
    all.imports[TABLE].field_name = NULL;
    refused(all.imports, COUNT, "an import has no name");
    all.imports[TABLE].field_name = "table";
    all.imports[TABLE].kind = (wasm_import_export_kind_t)77;
    refused(all.imports, COUNT, "what is given for \"host\".\"table\": its kind is none");
    all.imports[TABLE].kind = WASM_IMPORT_EXPORT_KIND_TABLE;
    /* Of two sets. */
    all.imports[MEMORY] = other.imports[MEMORY];
    refused(all.imports, COUNT, "what is given for \"host\".\"memory\": it belongs to another set");
    CHECK(instantiate_one(check_load("wasi_threads"), all.imports, 1, error, sizeof(error)) == NULL);
    CHECK_HAS(error, "a program for wasi-threads cannot join");
    /* Nothing of this has changed the instances. */
    CHECK_INT(call(from, "next", 0, 0), 1);
    wasm_runtime_deinstantiate(from);
    wasm_runtime_deinstantiate(another);
}

int
main(int argc, char *argv[])
{
    char error[512];
    void *key;
    check_folder = argc > 1 ? argv[1] : ".";
    CHECK(wasm_runtime_init());
    wasm_runtime_set_log_level(WASM_LOG_LEVEL_ERROR);
    key = wasm_runtime_create_context_key(context_freed);
    CHECK(wasm_runtime_register_module("given_lib", check_load("given_lib"), error, sizeof(error)));
    giver = check_load("giver");
    given = check_load("given");
    works(key);
    is_refused();
    wasm_runtime_destroy();
    return check_end();
}
