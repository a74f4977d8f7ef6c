/* WebAssembly where an artifact is wanted: compiled, with IWASM_WITH_COMPILER, or refused by name. */
#include "check.h"

#ifdef IWASM_WITH_COMPILER
#define HAS_COMPILER 1
#else
#define HAS_COMPILER 0
#endif
#define REFUSED "this is WebAssembly, but this library has no compiler; compile it with wamrc"

static int32_t
native(wasm_exec_env_t env)
{
    (void)env;
    return 5;
}

static NativeSymbol natives[] = { EXPORT_WASM_API_WITH_SIG(native, "()i") };

/* What the library that is asked for is to be. */
static const char *extension;
static int asked_for = -1;

static bool
read_module(
#ifdef WASM_RUNTIME_API_2
    package_type_t type,
#endif
    const char *name, uint8_t **buffer, uint32_t *size)
{
#ifdef WASM_RUNTIME_API_2
    asked_for = (int)type;
#endif
    *buffer = strcmp(name, "lib") == 0 ? check_read_file("runtimes_lib", extension, size) : NULL;
    return *buffer != NULL;
}

static void
destroy_module(uint8_t *buffer, uint32_t size)
{
    (void)size;
    free(buffer);
}

/* The main module and the library as files of these kinds. */
static void
run(const char *kind, const char *library)
{
    char error[1024] = "";
    uint32_t size = 0, cell = 0;
    uint8_t *bytes = check_read_file("runtimes", kind, &size);
    bool is_wasm = strcmp(kind, "wasm") == 0, any_wasm = is_wasm || strcmp(library, "wasm") == 0;
    wasm_module_t module;
    wasm_module_inst_t instance;
    CHECK(bytes != NULL);
    CHECK(wasm_runtime_init());
    CHECK(wasm_runtime_register_natives("env", natives, 1));
    extension = library, asked_for = -1;
    wasm_runtime_set_module_reader(read_module, destroy_module);
    module = wasm_runtime_load(bytes, size, error, sizeof(error));
    free(bytes);
    CHECK((module != NULL) == (HAS_COMPILER || !any_wasm));
    if (!module) {
        CHECK_HAS(error, REFUSED);
        if (!is_wasm)
            CHECK_HAS(error, "module \"lib\"");
    } else {
        package_type_t type = is_wasm ? Wasm_Module_Bytecode : Wasm_Module_AoT;
        CHECK_INT(wasm_runtime_get_module_package_type(module), type);
        CHECK_INT(wasm_runtime_get_module_package_version(module), wasm_runtime_get_current_package_version(type));
        CHECK_INT(wasm_runtime_get_module_package_type(wasm_runtime_find_module_registered("lib")),
                  strcmp(library, "wasm") == 0 ? Wasm_Module_Bytecode : Wasm_Module_AoT);
        if (asked_for != -1)
            CHECK_INT(asked_for, type);
        instance = check_instantiate(module);
        CHECK(wasm_runtime_call_wasm(wasm_runtime_get_exec_env_singleton(instance), LOOK_UP(instance, "both"), 0, &cell));
        CHECK_INT(cell, 25);
        wasm_runtime_deinstantiate(instance);
    }
    wasm_runtime_destroy();
}

int
main(int argc, char *argv[])
{
    char error[1024] = "", path[4096];
    uint32_t size = 0;
    uint8_t *bytes;
    wasm_module_t module;
    check_folder = argc > 1 ? argv[1] : ".";
    run("aot", "aot");
    run("wasm", "wasm");
    run("aot", "wasm");
    run("wasm", "aot");
    CHECK(wasm_runtime_init());
    snprintf(path, sizeof(path), "%s/calls.wasm", check_folder);
    module = iwasm_load_file(path, error, sizeof(error));
    CHECK((module != NULL) == HAS_COMPILER);
    if (!module) {
        CHECK_HAS(error, REFUSED);
        CHECK_HAS(error, "calls.wasm");
    } else {
        CHECK_INT(wasm_runtime_get_module_package_type(module), Wasm_Module_Bytecode);
        CHECK_HAS(wasm_runtime_get_module_name(module), "calls");
    }
    /* No WebAssembly that is whole. */
    bytes = check_read_file("calls", "wasm", &size);
    CHECK(wasm_runtime_load(bytes, size - 3, error, sizeof(error)) == NULL);
    CHECK_HAS(error, "the module cannot be loaded: ");
    CHECK((strstr(error, REFUSED) == NULL) == HAS_COMPILER);
    free(bytes);
    wasm_runtime_destroy();
    return check_end();
}
