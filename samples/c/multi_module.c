/*
 * The host loads mC; the runtime finds mA and mB by name, through the module reader, and links the three. What it
 * prints is what the sample in Rust beside it prints, but for the order in which C's registry works.
 */
#include "sample.h"

static const char *folder;

static bool
read_module(const char *name, uint8_t **buffer, uint32_t *size)
{
    char path[4096];
    FILE *file;
    long length;
    snprintf(path, sizeof(path), "%s/%s.aot", folder, name);
    file = fopen(path, "rb");
    if (!file)
        return false;
    printf("  reader: %s.aot\n", name);
    fseek(file, 0, SEEK_END);
    length = ftell(file);
    rewind(file);
    *buffer = malloc((size_t)length);
    *size = (uint32_t)length;
    if (*buffer && fread(*buffer, 1, *size, file) != *size) {
        free(*buffer);
        *buffer = NULL;
    }
    fclose(file);
    return *buffer != NULL;
}

static void
destroy_module(uint8_t *buffer, uint32_t size)
{
    (void)size;
    printf("  destroyer: a file is given back\n");
    free(buffer);
}

static void
show_registry(const char *when)
{
    static const char *names[] = { "mA", "mB", "mC" };
    int i;
    printf("registry, %s:", when);
    for (i = 0; i < 3; i++)
        printf("%s %s: %s", i ? "," : "", names[i],
               wasm_runtime_find_module_registered(names[i]) ? "found" : "not found");
    printf("\n");
}

int
main(int argc, char *argv[])
{
    static const char *exports[] = { "C1", "C2", "C3", "C4", "C5" }, *others[] = { "$mA$A1", "$mB$B1", "$mB$B2" };
    char error[1024];
    uint8_t *buffer = NULL;
    uint32_t size = 0;
    wasm_module_t module;
    wasm_module_inst_t instance;
    int i;
    if (argc < 2)
        give_up(argv[0], "tell me the folder of the artifacts");
    folder = argv[1];
    if (!wasm_runtime_init())
        give_up("wasm_runtime_init", NULL);
    wasm_runtime_set_module_reader(read_module, destroy_module);
    show_registry("before anything is loaded");

    printf("load mC: the runtime asks for what it imports\n");
    if (!read_module("mC", &buffer, &size))
        give_up("mC", "there is no mC.aot");
    module = wasm_runtime_load(buffer, size, error, sizeof(error));
    if (!module)
        give_up("mC", error);
    free(buffer);
    show_registry("mC, which the host loaded, has no name yet");
    if (!wasm_runtime_register_module("mC", module, error, sizeof(error)))
        give_up("mC", error);
    show_registry("mC is registered");

    instance = instantiate(module, "mC");
    printf("call the exports of mC\n");
    for (i = 0; i < 5; i++)
        printf("  %s() = %d\n", exports[i], (int)call(instance, exports[i], 0, 0, 0));
    printf("call exports of its dependencies\n");
    for (i = 0; i < 3; i++)
        printf("  %s() = %d\n", others[i], (int)call(instance, others[i], 0, 0, 0));

    printf("run mC as the WASI command that it is\n");
    fflush(stdout);
    if (!wasm_application_execute_main(instance, 0, NULL))
        give_up("mC", wasm_runtime_get_exception(instance));

    printf("free the instances, unload mC, end the runtime\n");
    wasm_runtime_deinstantiate(instance);
    wasm_runtime_unload(module);
    wasm_runtime_destroy();
    return 0;
}
