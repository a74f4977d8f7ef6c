/* The standard interface with WebAssembly: compiled, with IWASM_WITH_COMPILER, or refused. */
#define CHECK_STANDARD
#include "check.h"

#ifdef IWASM_WITH_COMPILER
#define HAS_COMPILER 1
#else
#define HAS_COMPILER 0
#endif

int
main(int argc, char *argv[])
{
    wasm_engine_t *engine = wasm_engine_new();
    wasm_store_t *store = wasm_store_new(engine);
    wasm_byte_vec_t binary, artifact;
    wasm_module_t *module, *again;
    uint32_t size = 0;
    uint8_t *bytes;
    check_folder = argc > 1 ? argv[1] : ".";
    bytes = check_read_file("runtimes_lib", "wasm", &size);
    CHECK(bytes != NULL);
    wasm_byte_vec_new(&binary, size, (const char *)bytes);
    module = wasm_module_new(store, &binary);
    CHECK((module != NULL) == HAS_COMPILER);
    CHECK(wasm_module_validate(store, &binary) == HAS_COMPILER);
    if (module) {
        wasm_extern_vec_t imports = WASM_EMPTY_VEC, exports;
        wasm_val_t result = WASM_INIT_VAL;
        wasm_val_vec_t args = WASM_EMPTY_VEC, results = { 1, &result };
        wasm_instance_t *instance;
        /* What is serialised is the artifact, which needs no compiler. */
        wasm_module_serialize(module, &artifact);
        CHECK(artifact.size > 0 && memcmp(artifact.data, bytes, 4) != 0);
        again = wasm_module_deserialize(store, &artifact);
        CHECK(again != NULL);
        instance = wasm_instance_new(store, again, &imports, NULL);
        wasm_instance_exports(instance, &exports);
        CHECK(exports.size == 1 && wasm_func_call(wasm_extern_as_func(exports.data[0]), &args, &results) == NULL);
        CHECK_INT(result.of.i32, 2);
        wasm_extern_vec_delete(&exports);
        wasm_instance_delete(instance);
        wasm_module_delete(again);
        wasm_module_delete(module);
        wasm_byte_vec_delete(&artifact);
    }
    /* Neither that nor an artifact. */
    binary.data[8] ^= 0x55;
    CHECK(wasm_module_new(store, &binary) == NULL && !wasm_module_validate(store, &binary));
    wasm_byte_vec_delete(&binary);
    free(bytes);
    wasm_store_delete(store);
    wasm_engine_delete(engine);
    return check_end();
}
