/* What the tests of the C interface share: checks that say what they found, reading files, loading modules. */
#ifndef CHECK_H
#define CHECK_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef CHECK_STANDARD
#include "wasm.h"
#else
#include "wasm_export.h"
#endif

static int check_failures;

#define CHECK(condition)                                                        \
    do {                                                                        \
        if (!(condition)) {                                                     \
            printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);      \
            check_failures++;                                                   \
        }                                                                       \
    } while (0)

#define CHECK_INT(found, wanted)                                                                         \
    do {                                                                                                 \
        long long found_ = (long long)(found), wanted_ = (long long)(wanted);                            \
        if (found_ != wanted_) {                                                                         \
            printf("%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #found, found_, wanted_);        \
            check_failures++;                                                                            \
        }                                                                                                \
    } while (0)

/* Whether a text has another in it; NULL has none. */
#define CHECK_HAS(text, part)                                                                            \
    do {                                                                                                 \
        const char *text_ = (text);                                                                      \
        if (!text_ || !strstr(text_, part)) {                                                            \
            printf("%s:%d: %s is \"%s\", without \"%s\"\n", __FILE__, __LINE__, #text,                   \
                   text_ ? text_ : "(null)", part);                                                      \
            check_failures++;                                                                            \
        }                                                                                                \
    } while (0)

static int
check_end(void)
{
    fflush(stdout);
    return check_failures ? 1 : 0;
}

/* Folder of the artifacts. */
static const char *check_folder = ".";

/* Reads NAME.EXTENSION; the caller frees it. */
static uint8_t *
check_read_file(const char *name, const char *extension, uint32_t *size)
{
    char path[4096];
    FILE *file;
    long length;
    uint8_t *bytes;
    snprintf(path, sizeof(path), "%s/%s.%s", check_folder, name, extension);
    file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    length = ftell(file);
    rewind(file);
    bytes = (uint8_t *)malloc(length ? (size_t)length : 1);
    if (bytes && fread(bytes, 1, (size_t)length, file) != (size_t)length) {
        free(bytes);
        bytes = NULL;
    }
    fclose(file);
    *size = (uint32_t)length;
    return bytes;
}

/* Reads NAME.aot. */
static inline uint8_t *
check_read(const char *name, uint32_t *size)
{
    return check_read_file(name, "aot", size);
}

#ifndef CHECK_STANDARD
/* Loads NAME.aot, or ends the test. */
static inline wasm_module_t
check_load(const char *name)
{
    char error[512] = "";
    uint32_t size = 0;
    uint8_t *bytes = check_read(name, &size);
    wasm_module_t module = bytes ? wasm_runtime_load(bytes, size, error, sizeof(error)) : NULL;
    free(bytes);
    if (!module) {
        printf("%s cannot be loaded: %s\n", name, error);
        exit(1);
    }
    return module;
}

/* Instantiates, or ends the test. */
static inline wasm_module_inst_t
check_instantiate(wasm_module_t module)
{
    char error[1024] = "";
    wasm_module_inst_t instance = wasm_runtime_instantiate(module, 65536, 4096, error, sizeof(error));
    if (!instance) {
        printf("no instance: %s\n", error);
        exit(1);
    }
    return instance;
}

#ifdef WASM_RUNTIME_API_2
#define LOOK_UP(instance, name) wasm_runtime_lookup_function(instance, name)
#else
#define LOOK_UP(instance, name) wasm_runtime_lookup_function(instance, name, NULL)
#endif
#endif

#endif
