/* The standard interface, wasm.h: imports in order, a host function, a call, a trap. */
#include <stdio.h>
#include <stdlib.h>

#include <wasm.h>

static void
give_up(const char *why)
{
    fprintf(stderr, "%s\n", why);
    exit(1);
}

static wasm_trap_t *
say(const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    (void)results;
    printf("the guest says %d\n", (int)args->data[0].of.i32);
    return NULL;
}

static void
read_file(const char *path, wasm_byte_vec_t *out)
{
    FILE *file = fopen(path, "rb");
    long size;
    if (!file)
        give_up(path);
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    wasm_byte_vec_new_uninitialized(out, (size_t)size);
    if (fread(out->data, 1, out->size, file) != out->size)
        give_up(path);
    fclose(file);
}

int
main(int argc, char *argv[])
{
    wasm_engine_t *engine = wasm_engine_new();
    wasm_store_t *store = wasm_store_new(engine);
    wasm_functype_t *type = wasm_functype_new_1_0(wasm_valtype_new_i32());
    wasm_func_t *host = wasm_func_new(store, type, say);
    wasm_extern_t *items[] = { wasm_func_as_extern(host) };
    wasm_extern_vec_t imports = WASM_ARRAY_VEC(items), exports;
    wasm_val_t args[] = { WASM_I32_VAL(7) }, results[] = { WASM_INIT_VAL };
    wasm_val_vec_t arguments = WASM_ARRAY_VEC(args), place = WASM_ARRAY_VEC(results);
    wasm_byte_vec_t binary;
    wasm_module_t *module;
    wasm_instance_t *instance;
    wasm_trap_t *trap = NULL;
    wasm_message_t message;
    char path[4096];
    if (argc < 2)
        give_up("tell me the folder of the artifacts");
    snprintf(path, sizeof(path), "%s/standard_guest.aot", argv[1]);
    read_file(path, &binary);
    module = wasm_module_new(store, &binary);
    wasm_byte_vec_delete(&binary);
    if (!module)
        give_up("this is no module");
    instance = wasm_instance_new(store, module, &imports, &trap);
    if (!instance)
        give_up("it does not link");
    wasm_instance_exports(instance, &exports);
    if (wasm_func_call(wasm_extern_as_func(exports.data[0]), &arguments, &place))
        give_up("it trapped");
    printf("84 / 7 = %d\n", (int)results[0].of.i32);
    args[0].of.i32 = 0;
    trap = wasm_func_call(wasm_extern_as_func(exports.data[0]), &arguments, &place);
    if (trap) {
        wasm_trap_message(trap, &message);
        printf("a trap: %s\n", message.data);
        wasm_name_delete(&message);
        wasm_trap_delete(trap);
    }
    wasm_extern_vec_delete(&exports);
    wasm_instance_delete(instance);
    wasm_module_delete(module);
    wasm_func_delete(host);
    wasm_functype_delete(type);
    wasm_store_delete(store);
    wasm_engine_delete(engine);
    return 0;
}
