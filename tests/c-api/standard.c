/* The standard interface: modules, imports of all kinds, calls, traps, types, references, vectors. */
#define CHECK_STANDARD
#include "check.h"

static wasm_engine_t *engine;
static wasm_store_t *store;
static int finalised;

static void
finalise(void *place)
{
    finalised += *(int *)place;
}

static void
read_vec(const char *name, wasm_byte_vec_t *out)
{
    uint32_t size = 0;
    uint8_t *bytes = check_read(name, &size);
    wasm_byte_vec_new(out, size, (const char *)bytes);
    free(bytes);
}

static wasm_module_t *
load(const char *name)
{
    wasm_byte_vec_t bytes;
    wasm_module_t *module;
    read_vec(name, &bytes);
    CHECK(wasm_module_validate(store, &bytes));
    module = wasm_module_new(store, &bytes);
    wasm_byte_vec_delete(&bytes);
    if (!module) {
        printf("%s is no module\n", name);
        exit(1);
    }
    return module;
}

static bool
is_name(const wasm_name_t *name, const char *text)
{
    return name && name->size == strlen(text) && memcmp(name->data, text, name->size) == 0;
}

static wasm_trap_t *
add(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    CHECK(args->size == 2 && results->size == 1);
    ++*(int *)env;
    results->data[0].kind = WASM_I32;
    results->data[0].of.i32 = args->data[0].of.i32 + args->data[1].of.i32;
    return NULL;
}

static wasm_trap_t *
refuse(const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    wasm_message_t message;
    wasm_trap_t *trap;
    (void)args;
    (void)results;
    wasm_name_new_from_string_nt(&message, "the host does not want to");
    trap = wasm_trap_new(store, &message);
    wasm_name_delete(&message);
    return trap;
}

/* Gives an external reference back. */
static wasm_trap_t *
same(const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    wasm_val_copy(&results->data[0], &args->data[0]);
    return NULL;
}

static void
expect_trap(wasm_trap_t *trap, const char *part)
{
    wasm_message_t message;
    CHECK(trap != NULL);
    if (!trap)
        return;
    wasm_trap_message(trap, &message);
    CHECK(message.size > 0 && message.data[message.size - 1] == 0);
    CHECK_HAS(message.data, part);
    wasm_name_delete(&message);
    wasm_trap_delete(trap);
}

static void
types(wasm_module_t *module)
{
    wasm_importtype_vec_t imports;
    wasm_exporttype_vec_t exports, copy;
    const wasm_functype_t *function;
    const wasm_limits_t *limits;
    wasm_module_imports(module, &imports);
    CHECK_INT(imports.size, 6);
    CHECK(is_name(wasm_importtype_module(imports.data[0]), "host") && is_name(wasm_importtype_name(imports.data[0]), "add"));
    function = wasm_externtype_as_functype_const(wasm_importtype_type(imports.data[0]));
    CHECK(function != NULL && wasm_functype_params(function)->size == 2 && wasm_functype_results(function)->size == 1);
    CHECK_INT(wasm_valtype_kind(wasm_functype_params(function)->data[1]), WASM_I32);
    CHECK(wasm_externtype_as_globaltype_const(wasm_importtype_type(imports.data[0])) == NULL);
    CHECK_INT(wasm_externtype_kind(wasm_importtype_type(imports.data[3])), WASM_EXTERN_GLOBAL);
    wasm_importtype_vec_delete(&imports);
    CHECK(imports.size == 0 && imports.data == NULL);
    wasm_module_exports(module, &exports);
    CHECK_INT(exports.size, 8);
    CHECK(is_name(wasm_exporttype_name(exports.data[0]), "run"));
    limits = wasm_memorytype_limits(wasm_externtype_as_memorytype_const(wasm_exporttype_type(exports.data[5])));
    CHECK(limits && limits->min == 1 && limits->max == 3);
    wasm_exporttype_vec_copy(&copy, &exports);
    CHECK(copy.size == exports.size && copy.data[0] != exports.data[0]);
    wasm_exporttype_vec_delete(&exports);
    CHECK(is_name(wasm_exporttype_name(copy.data[1]), "divide"));
    wasm_exporttype_vec_delete(&copy);
}

static void
own_types(void)
{
    wasm_limits_t limits = { 1, wasm_limits_max_default };
    wasm_name_t module, name;
    wasm_importtype_t *import;
    wasm_exporttype_t *export_;
    wasm_tabletype_t *table = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits), *copy = wasm_tabletype_copy(table);
    CHECK_INT(wasm_valtype_kind(wasm_tabletype_element(copy)), WASM_FUNCREF);
    CHECK(wasm_tabletype_limits(copy)->max == wasm_limits_max_default);
    wasm_tabletype_delete(copy);
    wasm_name_new_from_string(&module, "m");
    wasm_name_new_from_string(&name, "n");
    import = wasm_importtype_new(&module, &name, wasm_tabletype_as_externtype(table));
    CHECK(is_name(wasm_importtype_name(import), "n"));
    CHECK_INT(wasm_externtype_kind(wasm_importtype_type(import)), WASM_EXTERN_TABLE);
    wasm_importtype_delete(import);
    wasm_name_new_from_string(&name, "e");
    export_ = wasm_exporttype_new(&name, wasm_globaltype_as_externtype(wasm_globaltype_new(wasm_valtype_new_i64(), WASM_VAR)));
    CHECK_INT(wasm_globaltype_mutability(wasm_externtype_as_globaltype_const(wasm_exporttype_type(export_))), WASM_VAR);
    wasm_exporttype_delete(export_);
}

static void
references(void)
{
    wasm_foreign_t *foreign = wasm_foreign_new(store), *copy = wasm_foreign_copy(foreign);
    wasm_ref_t *ref = wasm_foreign_as_ref(foreign);
    static int one = 1;
    CHECK(wasm_foreign_same(foreign, copy) && wasm_ref_as_foreign(ref) == foreign && wasm_ref_as_func(ref) == NULL);
    wasm_foreign_set_host_info_with_finalizer(foreign, &one, finalise);
    CHECK(wasm_foreign_get_host_info(copy) == &one);
    wasm_foreign_delete(foreign);
    CHECK_INT(finalised, 0);
    wasm_foreign_delete(copy);
    CHECK_INT(finalised, 1);
}

static void
run(wasm_module_t *module)
{
    static int calls, env = 10;
    wasm_functype_t *type = wasm_functype_new_2_1(wasm_valtype_new_i32(), wasm_valtype_new_i32(), wasm_valtype_new_i32());
    wasm_functype_t *nothing = wasm_functype_new_0_0();
    wasm_functype_t *any = wasm_functype_new_1_1(wasm_valtype_new_anyref(), wasm_valtype_new_anyref());
    wasm_globaltype_t *global_type = wasm_globaltype_new(wasm_valtype_new_i32(), WASM_VAR);
    wasm_limits_t limits = { 1, 4 };
    wasm_memorytype_t *memory_type = wasm_memorytype_new(&limits);
    wasm_tabletype_t *table_type = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
    wasm_val_t initial = WASM_I32_VAL(5), value, args[2] = { WASM_I32_VAL(7), WASM_I32_VAL(8) }, results[1];
    wasm_val_vec_t arguments = WASM_ARRAY_VEC(args), place = WASM_ARRAY_VEC(results), none = WASM_EMPTY_VEC;
    wasm_func_t *host = wasm_func_new_with_env(store, type, add, &calls, NULL), *function;
    wasm_func_t *refusing = wasm_func_new(store, nothing, refuse), *identity = wasm_func_new(store, any, same);
    wasm_func_t *unused = wasm_func_new_with_env(store, type, add, &env, NULL);
    wasm_global_t *global = wasm_global_new(store, global_type, &initial);
    wasm_memory_t *memory = wasm_memory_new(store, memory_type);
    wasm_table_t *table = wasm_table_new(store, table_type, NULL);
    wasm_extern_t *items[6];
    wasm_extern_vec_t imports = WASM_ARRAY_VEC(items), exports;
    wasm_trap_t *trap = NULL;
    wasm_instance_t *instance;
    wasm_frame_vec_t frames;
    wasm_ref_t *element;
    items[0] = wasm_func_as_extern(host), items[1] = wasm_func_as_extern(refusing), items[2] = wasm_func_as_extern(identity);
    items[3] = wasm_global_as_extern(global), items[4] = wasm_memory_as_extern(memory), items[5] = wasm_table_as_extern(table);
    /* Wrong ones first. */
    imports.size = 5;
    CHECK(wasm_instance_new(store, module, &imports, &trap) == NULL);
    expect_trap(trap, "imports");
    imports.size = 6;
    items[3] = NULL;
    CHECK(wasm_instance_new(store, module, &imports, &trap) == NULL);
    expect_trap(trap, "NULL");
    items[3] = items[0];
    CHECK(wasm_instance_new(store, module, &imports, NULL) == NULL);
    items[3] = wasm_global_as_extern(global);
    instance = wasm_instance_new(store, module, &imports, &trap);
    CHECK(instance != NULL && trap == NULL);
    wasm_instance_exports(instance, &exports);
    CHECK_INT(exports.size, 8);
    CHECK_INT(wasm_extern_kind(exports.data[5]), WASM_EXTERN_MEMORY);
    CHECK(wasm_extern_as_global(exports.data[0]) == NULL);
    /* run: adds by the host, to the global, and to the memory. */
    function = wasm_extern_as_func(exports.data[0]);
    CHECK(wasm_func_param_arity(function) == 2 && wasm_func_result_arity(function) == 1);
    CHECK(wasm_func_call(function, &arguments, &place) == NULL);
    CHECK(results[0].kind == WASM_I32 && results[0].of.i32 == 15 && calls == 1);
    wasm_global_get(global, &value);
    CHECK_INT(value.of.i32, 20);
    CHECK_INT(*(int32_t *)wasm_memory_data(memory), 15);
    value.of.i32 = 100;
    wasm_global_set(global, &value);
    CHECK(wasm_func_call(function, &arguments, &place) == NULL);
    wasm_global_get(wasm_extern_as_global(exports.data[6]), &value);
    CHECK_INT(value.of.i32, 115);
    expect_trap(wasm_func_call(function, &none, &place), "other arguments");
    expect_trap(wasm_func_call(function, &arguments, &none), "room for 0 results");
    args[0].kind = WASM_I64;
    expect_trap(wasm_func_call(function, &arguments, &place), "other arguments");
    args[0].kind = WASM_I32;
    /* divide: a trap with frames. */
    args[1].of.i32 = 0;
    trap = wasm_func_call(wasm_extern_as_func(exports.data[1]), &arguments, &place);
    CHECK(trap != NULL);
    wasm_trap_trace(trap, &frames);
    CHECK(frames.size == 1 && wasm_frame_func_index(frames.data[0]) == 4 && wasm_frame_module_offset(frames.data[0]) > 0);
    wasm_frame_vec_delete(&frames);
    {
        wasm_frame_t *origin = wasm_trap_origin(trap), *copy = wasm_frame_copy(origin);
        CHECK(origin && wasm_frame_func_index(copy) == wasm_frame_func_index(origin));
        CHECK(wasm_instance_same(wasm_frame_instance(origin), instance));
        /* The count of locals, and two times local.get, are before it. */
        CHECK_INT(wasm_frame_func_offset(origin), 5);
        CHECK(wasm_frame_module_offset(copy) > 100 && wasm_frame_func_offset(copy) == 5);
        CHECK(wasm_frame_func_offset(NULL) == SIZE_MAX && wasm_frame_module_offset(NULL) == SIZE_MAX);
        CHECK(wasm_frame_instance(NULL) == NULL);
        wasm_frame_delete(origin);
        CHECK(wasm_instance_same(wasm_frame_instance(copy), instance));
        wasm_frame_delete(copy);
    }
    expect_trap(trap, "integer divide by zero");
    /* refuse: a trap of the host's. */
    expect_trap(wasm_func_call(wasm_extern_as_func(exports.data[2]), &none, &none), "the host does not want to");
    /* identity: an external reference through module and host comes back the same. */
    {
        wasm_foreign_t *foreign = wasm_foreign_new(store);
        wasm_val_t in[1] = { WASM_REF_VAL(NULL) }, out[1];
        wasm_val_vec_t ins = WASM_ARRAY_VEC(in), outs = WASM_ARRAY_VEC(out);
        in[0].of.ref = wasm_foreign_as_ref(foreign);
        CHECK(wasm_func_call(wasm_extern_as_func(exports.data[3]), &ins, &outs) == NULL);
        CHECK(out[0].of.ref != NULL && wasm_ref_same(out[0].of.ref, in[0].of.ref));
        wasm_val_delete(&out[0]);
        in[0].of.ref = NULL;
        CHECK(wasm_func_call(wasm_extern_as_func(exports.data[3]), &ins, &outs) == NULL && out[0].of.ref == NULL);
        wasm_foreign_delete(foreign);
    }
    /* The table: of functions, of the module's and the host's. */
    CHECK(wasm_table_size(table) == 1 && wasm_table_grow(table, 2, NULL) && !wasm_table_grow(table, 2, NULL));
    element = wasm_table_get(table, 0);
    CHECK(element != NULL && wasm_ref_as_func(element) != NULL);
    CHECK(wasm_func_same(wasm_ref_as_func(element), function));
    CHECK(wasm_table_set(table, 1, wasm_func_as_ref(host)) && !wasm_table_set(table, 3, NULL));
    CHECK(wasm_table_get(table, 2) == NULL && wasm_table_get(table, 9) == NULL);
    wasm_ref_delete(element);
    args[0].of.i32 = 1, args[1].of.i32 = 2;
    CHECK(wasm_func_call(wasm_extern_as_func(exports.data[4]), &arguments, &place) == NULL && results[0].of.i32 == 3);
    /* Memories. */
    CHECK(wasm_memory_size(memory) == 1 && wasm_memory_data_size(memory) == MEMORY_PAGE_SIZE);
    CHECK(wasm_memory_grow(memory, 3) && !wasm_memory_grow(memory, 1) && wasm_memory_size(memory) == 4);
    {
        wasm_externtype_t *found = wasm_extern_type(exports.data[6]);
        wasm_functype_t *of_host = wasm_func_type(host);
        CHECK_INT(wasm_externtype_kind(found), WASM_EXTERN_GLOBAL);
        CHECK_INT(wasm_functype_params(of_host)->size, 2);
        wasm_functype_delete(of_host);
        wasm_externtype_delete(found);
    }
    args[1].of.i32 = 0;
    {
        /* With another instance of the module in the store, a frame does not tell which of them it is of. */
        wasm_instance_t *second = wasm_instance_new(store, module, &imports, NULL);
        wasm_trap_t *of_one = wasm_func_call(wasm_extern_as_func(exports.data[1]), &arguments, &place);
        wasm_frame_t *origin = wasm_trap_origin(of_one);
        CHECK(second != NULL && of_one != NULL && origin != NULL && wasm_frame_func_index(origin) == 4);
        CHECK(wasm_frame_instance(origin) == NULL);
        wasm_frame_delete(origin);
        wasm_trap_delete(of_one);
        wasm_instance_delete(second);
    }
    wasm_extern_vec_delete(&exports);
    wasm_instance_delete(instance);
    wasm_func_delete(host);
    wasm_func_delete(refusing);
    wasm_func_delete(identity);
    wasm_func_delete(unused);
    wasm_global_delete(global);
    wasm_memory_delete(memory);
    wasm_table_delete(table);
    wasm_functype_delete(type);
    wasm_functype_delete(nothing);
    wasm_functype_delete(any);
    wasm_globaltype_delete(global_type);
    wasm_memorytype_delete(memory_type);
    wasm_tabletype_delete(table_type);
}

static void
modules(wasm_module_t *module)
{
    wasm_byte_vec_t bytes, wrong;
    wasm_module_t *again, *obtained;
    wasm_shared_module_t *shared;
    wasm_store_t *other = wasm_store_new(engine);
    wasm_module_serialize(module, &bytes);
    again = wasm_module_deserialize(store, &bytes);
    CHECK(again != NULL && !wasm_module_same(again, module));
    shared = wasm_module_share(again);
    wasm_module_delete(again);
    obtained = wasm_module_obtain(other, shared);
    CHECK(obtained != NULL);
    wasm_shared_module_delete(shared);
    /* A store may go first. */
    wasm_store_delete(other);
    wasm_module_delete(obtained);
    wasm_byte_vec_copy(&wrong, &bytes);
    wrong.data[wrong.size / 2] ^= 1;
    CHECK(!wasm_module_validate(store, &wrong) && wasm_module_new(store, &wrong) == NULL);
    wasm_byte_vec_delete(&wrong);
    wasm_byte_vec_new_empty(&wrong);
    CHECK(wasm_module_new(store, &wrong) == NULL && wasm_module_new(NULL, &bytes) == NULL && wasm_module_new(store, NULL) == NULL);
    wasm_byte_vec_delete(&bytes);
}

static void
nulls(void)
{
    wasm_extern_vec_t exports;
    wasm_val_t value;
    wasm_instance_exports(NULL, &exports);
    CHECK_INT(exports.size, 0);
    CHECK(wasm_store_new(NULL) == NULL && wasm_func_new(store, NULL, refuse) == NULL && wasm_func_call(NULL, NULL, NULL) == NULL);
    CHECK(wasm_global_new(store, NULL, NULL) == NULL && wasm_memory_new(NULL, NULL) == NULL && wasm_table_new(store, NULL, NULL) == NULL);
    CHECK(wasm_memory_data(NULL) == NULL && wasm_table_size(NULL) == 0 && wasm_module_share(NULL) == NULL);
    wasm_global_get(NULL, &value);
    wasm_global_set(NULL, NULL);
    wasm_val_delete(NULL);
    wasm_extern_delete(NULL);
    wasm_store_delete(NULL);
    wasm_valtype_delete(NULL);
    CHECK(wasm_trap_new(store, NULL) == NULL && wasm_trap_origin(NULL) == NULL && wasm_func_type(NULL) == NULL);
}

int
main(int argc, char *argv[])
{
    wasm_module_t *module;
    check_folder = argc > 1 ? argv[1] : ".";
    engine = wasm_engine_new_with_config(wasm_config_new());
    store = wasm_store_new(engine);
    CHECK(engine != NULL && store != NULL);
    module = load("standard");
    types(module);
    own_types();
    references();
    run(module);
    modules(module);
    nulls();
    wasm_module_delete(module);
    wasm_store_delete(store);
    wasm_engine_delete(engine);
    return check_end();
}
