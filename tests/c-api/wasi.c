/* A program with arguments, variables, a folder and descriptors of the embedder's; how it ends. */
#include "check.h"

#include <fcntl.h>
#include <unistd.h>

int
main(int argc, char *argv[])
{
    static const char *folders[] = { NULL }, *mapped[] = { "/data::." }, *variables[] = { "NAME=value", "EMPTY=" };
    char *args[] = { (char *)"program", (char *)"first" };
    char path[4096], text[256] = "";
    wasm_module_t module;
    wasm_module_inst_t instance;
    int output, pipes[2];
    check_folder = argc > 1 ? argv[1] : ".";
    CHECK(wasm_runtime_init());
    module = check_load("wasi");
    snprintf(path, sizeof(path), "%s/wasi.out", check_folder);
    output = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
    CHECK(output >= 0);
    /* Once to a file, with a status. */
    wasm_runtime_set_wasi_args_ex(module, NULL, 0, mapped, 1, variables, 2, args, 2, -1, output, -1);
    instance = check_instantiate(module);
    CHECK(wasm_runtime_is_wasi_mode(instance));
    CHECK(wasm_runtime_lookup_wasi_start_function(instance) == LOOK_UP(instance, "_start"));
    CHECK(wasm_application_execute_main(instance, 0, NULL));
    CHECK(wasm_runtime_get_exception(instance) == NULL);
    CHECK_INT(wasm_runtime_get_wasi_exit_code(instance), 2 * 10 + 2);
    wasm_runtime_deinstantiate(instance);
    CHECK_INT(pread(output, text, sizeof(text) - 1, 0), 6);
    CHECK_HAS(text, "hello\n");
    close(output);
    unlink(path);
    /* Once to a pipe, with other arguments. */
    CHECK(pipe(pipes) == 0);
    wasm_runtime_set_wasi_args_ex(module, NULL, 0, NULL, 0, NULL, 0, args, 1, -1, pipes[1], -1);
    instance = check_instantiate(module);
    CHECK(wasm_application_execute_main(instance, 0, NULL));
    CHECK_INT(wasm_runtime_get_wasi_exit_code(instance), 1 * 10 + 0);
    wasm_runtime_deinstantiate(instance);
    CHECK_INT(read(pipes[0], text, sizeof(text)), 6);
    close(pipes[0]);
    close(pipes[1]);
    /* Said of one instance instead of the module. */
    {
        struct InstantiationArgs2 *own = NULL;
        CHECK(pipe(pipes) == 0);
        CHECK(wasm_runtime_instantiation_args_create(&own));
        wasm_runtime_instantiation_args_set_wasi_arg(own, args, 2);
        wasm_runtime_instantiation_args_set_wasi_env(own, variables, 1);
        wasm_runtime_instantiation_args_set_wasi_dir(own, NULL, 0, mapped, 1);
        wasm_runtime_instantiation_args_set_wasi_stdio(own, -1, pipes[1], -1);
        instance = wasm_runtime_instantiate_ex2(module, own, text, sizeof(text));
        wasm_runtime_instantiation_args_destroy(own);
        CHECK(wasm_application_execute_main(instance, 0, NULL));
        CHECK_INT(wasm_runtime_get_wasi_exit_code(instance), 2 * 10 + 1);
        wasm_runtime_deinstantiate(instance);
        CHECK_INT(read(pipes[0], text, sizeof(text)), 6);
        close(pipes[0]);
        close(pipes[1]);
    }
    /* What cannot be given is told when an instance is made. */
    folders[0] = "/no/such/folder";
    wasm_runtime_set_wasi_args(module, folders, 1, NULL, 0, NULL, 0, NULL, 0);
    CHECK(wasm_runtime_instantiate(module, 0, 0, text, sizeof(text)) == NULL);
    CHECK_HAS(text, "/no/such/folder");
    wasm_runtime_set_wasi_args_ex(module, NULL, 0, NULL, 0, NULL, 0, NULL, 0, 9999, -1, -1);
    CHECK(wasm_runtime_instantiate(module, 0, 0, text, sizeof(text)) == NULL);
    CHECK_HAS(text, "9999");
    /* To the process's own streams. */
    wasm_runtime_set_wasi_args(module, NULL, 0, NULL, 0, NULL, 0, args, 2);
    instance = check_instantiate(module);
    CHECK(wasm_application_execute_main(instance, 0, NULL));
    CHECK_INT(wasm_runtime_get_wasi_exit_code(instance), 20);
    wasm_runtime_deinstantiate(instance);
    wasm_runtime_unload(module);
    wasm_runtime_destroy();
    return check_end();
}
