/* A WASI program with a folder of the host's, arguments and a variable. The guest writes a file, the host reads it. */
#include "sample.h"

#include <unistd.h>

int
main(int argc, char *argv[])
{
    char folder[4096];
    const char *mapped[1], *variables[] = { "GREETING=hello" };
    char pair[4200], path[4200], text[64] = "";
    char *args[] = { (char *)"wasi_files" };
    wasm_module_t module;
    wasm_module_inst_t instance;
    FILE *file;
    if (argc < 2)
        give_up(argv[0], "tell me the folder of the artifacts");
    snprintf(folder, sizeof(folder), "%s/wasi_files-XXXXXX", argv[1]);
    if (!mkdtemp(folder) || !wasm_runtime_init())
        give_up("setting up", NULL);
    module = load(argv[1], "wasi_files");
    /* The guest knows the folder as /data, and nothing else of the host's files. */
    snprintf(pair, sizeof(pair), "/data::%s", folder);
    mapped[0] = pair;
    wasm_runtime_set_wasi_args(module, NULL, 0, mapped, 1, variables, 1, args, 1);
    instance = instantiate(module, "wasi_files");
    if (!wasm_application_execute_main(instance, 0, NULL))
        give_up("the program", wasm_runtime_get_exception(instance));
    printf("it ended with status %u\n", (unsigned)wasm_runtime_get_wasi_exit_code(instance));
    snprintf(path, sizeof(path), "%s/note.txt", folder);
    file = fopen(path, "r");
    if (!file || !fgets(text, sizeof(text), file))
        give_up("note.txt", "the guest wrote none");
    fclose(file);
    printf("it wrote: %s", text);
    unlink(path);
    rmdir(folder);
    wasm_runtime_deinstantiate(instance);
    wasm_runtime_unload(module);
    wasm_runtime_destroy();
    return 0;
}
