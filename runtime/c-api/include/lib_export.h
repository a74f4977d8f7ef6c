/* Natives as tables of symbols. Part of libiwasm; included by wasm_export.h. */
#ifndef IWASM_LIB_EXPORT_H
#define IWASM_LIB_EXPORT_H

#include <stddef.h>
#include <stdint.h>

#ifndef WASM_RUNTIME_API_EXTERN
#define WASM_RUNTIME_API_EXTERN
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* A C function that modules can import. */
typedef struct NativeSymbol {
    const char *symbol;    /* the name it is imported by */
    void *func_ptr;        /* its first parameter is a wasm_exec_env_t */
    const char *signature; /* see wasm_runtime_register_natives; NULL: as imported */
    void *attachment;      /* for wasm_runtime_get_function_attachment */
} NativeSymbol;

#define EXPORT_WASM_API(symbol) { #symbol, (void *)symbol, NULL, NULL }
#define EXPORT_WASM_API2(symbol) { #symbol, (void *)symbol##_wrapper, NULL, NULL }
#define EXPORT_WASM_API_WITH_SIG(symbol, signature) { #symbol, (void *)symbol, signature, NULL }
#define EXPORT_WASM_API_WITH_SIG2(symbol, signature) { #symbol, (void *)symbol##_wrapper, signature, NULL }
#define EXPORT_WASM_API_WITH_ATT(symbol, signature, attachment) \
    { #symbol, (void *)symbol, signature, attachment }
#define EXPORT_WASM_API_WITH_ATT2(symbol, signature, attachment) \
    { #symbol, (void *)symbol##_wrapper, signature, attachment }

/* The library has no natives of its own: the list is empty, and its length zero. */
WASM_RUNTIME_API_EXTERN uint32_t get_base_lib_export_apis(NativeSymbol **p_base_lib_apis);

#ifdef __cplusplus
}
#endif

#endif
