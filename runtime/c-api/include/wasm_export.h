/*
 * libiwasm: loads, links and runs .aot artifacts. The functions have the names and the meaning that WAMR's have.
 *
 * Two ages of programs. WAMR 1's form of module_reader and wasm_runtime_lookup_function is the default; with
 * WASM_RUNTIME_API_2 defined before this file is included, it is WAMR 2's: the reader is told what kind of file is
 * wanted, and a look-up has no signature.
 *
 * Errors. A function with an error buffer writes a whole sentence to it when it fails, cut off at its end. One without
 * answers false, NULL or zero; of a call, wasm_runtime_get_exception tells more. NULL where something is needed is such
 * an error, and so is a number that is too large. That a handle is still alive cannot be seen.
 *
 * Trust. The code of an artifact is run as it is. Load what your own compiler wrote and nobody has changed since.
 *
 * WebAssembly. Where an artifact is taken, a library that was built with the compiler takes WebAssembly, too, and compiles
 * it for this CPU; others refuse it by name. No custom sections are kept of it.
 *
 * Threads. Any thread may call any function, but one at a time may use an instance and what was got from it (environments,
 * functions, memories, other instances of its set); wasm_runtime_terminate is the exception. For further threads there are
 * spawned environments. Callbacks are called by the thread whose call led to them, a destroyer by whichever thread gave
 * the last use up.
 */
#ifndef IWASM_WASM_EXPORT_H
#define IWASM_WASM_EXPORT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib_export.h"

#ifndef WASM_RUNTIME_API_EXTERN
#define WASM_RUNTIME_API_EXTERN
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Short forms for natives that have `module_inst` at hand. */
#define get_module_inst(exec_env) wasm_runtime_get_module_inst(exec_env)
#define validate_app_addr(offset, size) wasm_runtime_validate_app_addr(module_inst, offset, size)
#define validate_app_str_addr(offset) wasm_runtime_validate_app_str_addr(module_inst, offset)
#define addr_app_to_native(offset) wasm_runtime_addr_app_to_native(module_inst, offset)
#define addr_native_to_app(ptr) wasm_runtime_addr_native_to_app(module_inst, ptr)
#define module_malloc(size, p_native_addr) wasm_runtime_module_malloc(module_inst, size, p_native_addr)
#define module_free(offset) wasm_runtime_module_free(module_inst, offset)

/* For natives that get their arguments in an array. */
#define native_raw_return_type(type, args) type *raw_ret = (type *)(args)
#define native_raw_get_arg(type, name, args) type name = *((type *)(args++))
#define native_raw_set_return(val) *raw_ret = (val)

/* ---- Types ---- */

#ifndef WASM_MODULE_T_DEFINED
#define WASM_MODULE_T_DEFINED
struct WASMModuleCommon;
typedef struct WASMModuleCommon *wasm_module_t; /* what was loaded */
#endif

typedef enum {
    WASM_IMPORT_EXPORT_KIND_FUNC,
    WASM_IMPORT_EXPORT_KIND_TABLE,
    WASM_IMPORT_EXPORT_KIND_MEMORY,
    WASM_IMPORT_EXPORT_KIND_GLOBAL,
    WASM_IMPORT_EXPORT_KIND_TAG /* not in WAMR; its type is a function's */
} wasm_import_export_kind_t;

struct WASMFuncType;
typedef struct WASMFuncType *wasm_func_type_t;
struct WASMTableType;
typedef struct WASMTableType *wasm_table_type_t;
struct WASMGlobalType;
typedef struct WASMGlobalType *wasm_global_type_t;
#ifndef WASM_MEMORY_T_DEFINED
#define WASM_MEMORY_T_DEFINED
struct WASMMemory;
typedef struct WASMMemory WASMMemoryType;
#endif
typedef WASMMemoryType *wasm_memory_type_t;

typedef struct wasm_import_t {
    const char *module_name;
    const char *name;
    wasm_import_export_kind_t kind;
    bool linked; /* something would satisfy it now, or does: a member of the module's own linked set */
    union {
        wasm_func_type_t func_type;
        wasm_table_type_t table_type;
        wasm_global_type_t global_type;
        wasm_memory_type_t memory_type;
    } u;
} wasm_import_t;

typedef struct wasm_export_t {
    const char *name;
    wasm_import_export_kind_t kind;
    union {
        wasm_func_type_t func_type;
        wasm_table_type_t table_type;
        wasm_global_type_t global_type;
        wasm_memory_type_t memory_type;
    } u;
} wasm_export_t;

struct WASMModuleInstanceCommon;
typedef struct WASMModuleInstanceCommon *wasm_module_inst_t;
typedef void WASMFunctionInstanceCommon;
typedef WASMFunctionInstanceCommon *wasm_function_inst_t;
struct WASMMemoryInstance;
typedef struct WASMMemoryInstance *wasm_memory_inst_t;
struct WASMExecEnv;
typedef struct WASMExecEnv *wasm_exec_env_t;
struct WASMSharedHeap;
typedef struct WASMSharedHeap *wasm_shared_heap_t;

/* A frame, as `wasm_copy_callstack` of WAMR's writes it. Frames of `wasm.h` are not of this type. */
typedef struct WASMCApiFrame {
    void *instance;
    uint32_t module_offset;
    uint32_t func_index;
    uint32_t func_offset;
    const char *func_name_wp;
    uint32_t *sp;
    uint8_t *frame_ref;
    uint32_t *lp;
} WASMCApiFrame;

typedef struct wasm_section_t {
    struct wasm_section_t *next;
    int section_type;
    uint8_t *section_body;
    uint32_t section_body_size;
} wasm_section_t, aot_section_t, *wasm_section_list_t, *aot_section_list_t;

typedef enum { Wasm_Module_Bytecode = 0, Wasm_Module_AoT, Package_Type_Unknown = 0xFFFF } package_type_t;

#ifndef MEM_ALLOC_OPTION_DEFINED
#define MEM_ALLOC_OPTION_DEFINED
/* Where wasm_runtime_malloc takes memory from. What the runtime itself needs comes from the system. */
typedef enum { Alloc_With_Pool = 0, Alloc_With_Allocator, Alloc_With_System_Allocator } mem_alloc_type_t;
typedef enum { Alloc_For_Runtime, Alloc_For_LinearMemory } mem_alloc_usage_t;

typedef union MemAllocOption {
    struct {
        void *heap_buf;
        uint32_t heap_size;
    } pool;
    struct {
        void *malloc_func;  /* void *(*)(unsigned) */
        void *realloc_func; /* void *(*)(void *, unsigned) */
        void *free_func;    /* void (*)(void *) */
        void *user_data;    /* not passed on */
    } allocator;
} MemAllocOption;
#endif

typedef struct mem_alloc_info_t {
    uint32_t total_size;
    uint32_t total_free_size;
    uint32_t highmark_size;
} mem_alloc_info_t;

typedef enum RunningMode { Mode_Interp = 1, Mode_Fast_JIT, Mode_LLVM_JIT, Mode_Multi_Tier_JIT } RunningMode;

typedef struct RuntimeInitArgs {
    mem_alloc_type_t mem_alloc_type;
    MemAllocOption mem_alloc_option;
    /* Natives to be registered at once. */
    const char *native_module_name;
    NativeSymbol *native_symbols;
    uint32_t n_native_symbols;
    uint32_t max_thread_num; /* as wasm_runtime_set_max_thread_num, if it is not 0 */
    /* The rest is for what this library does not have, and is not looked at. */
    char ip_addr[128];
    int unused;
    int instance_port;
    uint32_t fast_jit_code_cache_size;
    uint32_t gc_heap_size;
    RunningMode running_mode;
    uint32_t llvm_jit_opt_level;
    uint32_t llvm_jit_size_level;
    uint32_t segue_flags;
    bool enable_linux_perf;
} RuntimeInitArgs;

#ifndef LOAD_ARGS_OPTION_DEFINED
#define LOAD_ARGS_OPTION_DEFINED
typedef struct LoadArgs {
    char *name; /* the module's, for others to import from and for back traces */
    bool clone_wasm_binary;
    bool wasm_binary_freeable;
    bool no_resolve;
} LoadArgs;
#endif

#ifndef INSTANTIATION_ARGS_OPTION_DEFINED
#define INSTANTIATION_ARGS_OPTION_DEFINED
typedef struct InstantiationArgs {
    uint32_t default_stack_size;     /* not looked at: code runs on the stack of the calling thread */
    uint32_t host_managed_heap_size; /* bytes for wasm_runtime_module_malloc, if the module has no malloc */
    uint32_t max_memory_pages;       /* of 64 KiB, for each memory of the set; 0: what its type says */
} InstantiationArgs;
#endif
struct InstantiationArgs2;

#ifndef WASM_VALKIND_T_DEFINED
#define WASM_VALKIND_T_DEFINED
typedef uint8_t wasm_valkind_t;
enum wasm_valkind_enum {
    WASM_I32,
    WASM_I64,
    WASM_F32,
    WASM_F64,
    WASM_V128,
    WASM_EXTERNREF = 128,
    WASM_FUNCREF
};
#endif

#ifndef WASM_VAL_T_DEFINED
#define WASM_VAL_T_DEFINED
struct wasm_ref_t;
typedef struct wasm_val_t {
    wasm_valkind_t kind;
    uint8_t _paddings[7];
    union {
        int32_t i32;
        int64_t i64;
        float f32;
        double f64;
        uintptr_t foreign; /* what an external reference refers to */
        struct wasm_ref_t *ref;
    } of;
} wasm_val_t;
#endif

typedef struct wasm_global_inst_t {
    wasm_valkind_t kind;
    bool is_mutable;
    void *global_data; /* where its value stands, as long as its instance lives */
} wasm_global_inst_t;

typedef struct wasm_table_inst_t {
    wasm_valkind_t elem_kind;
    uint32_t cur_size;
    uint32_t max_size;
    void *elems; /* for wasm_table_get_func_inst */
} wasm_table_inst_t;

/* What a program gives for an import, by its kind; with NULL, the import is resolved by its name. */
typedef struct WASMExternInstance {
    const char *module_name;
    const char *field_name;
    wasm_import_export_kind_t kind;
    union {
        wasm_memory_inst_t memory;
        wasm_function_inst_t function;
        const wasm_table_inst_t *table;   /* as wasm_runtime_get_export_table_inst told it */
        const wasm_global_inst_t *global; /* as wasm_runtime_get_export_global_inst told it */
    } u;
} WASMExternInstance, *wasm_extern_inst_t;

typedef enum {
    WASM_LOG_LEVEL_FATAL = 0,
    WASM_LOG_LEVEL_ERROR = 1,
    WASM_LOG_LEVEL_WARNING = 2,
    WASM_LOG_LEVEL_DEBUG = 3,
    WASM_LOG_LEVEL_VERBOSE = 4
} log_level_t;

typedef struct SharedHeapInitArgs {
    uint32_t size;
} SharedHeapInitArgs;

/* ---- The runtime ---- */

/* Initialises the runtime that this thread is in; each time needs a wasm_runtime_destroy. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_init(void);
/* The same, and says where wasm_runtime_malloc gets memory, and which natives there are. False if where memory comes from
   is said to a runtime that iwasm_runtime_new made. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_full_init(RuntimeInitArgs *init_args);
/* Unloads all modules; destroyers of a module reader are called. Instances live on until they are freed. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_destroy(void);
/* Messages go to the standard error stream; the default is WASM_LOG_LEVEL_WARNING. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_log_level(log_level_t level);
/* The version of this library. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_get_version(uint32_t *major, uint32_t *minor, uint32_t *patch);

WASM_RUNTIME_API_EXTERN void *wasm_runtime_malloc(unsigned int size);
WASM_RUNTIME_API_EXTERN void *wasm_runtime_realloc(void *ptr, unsigned int size);
WASM_RUNTIME_API_EXTERN void wasm_runtime_free(void *ptr);
/* Of a pool; false with any other allocator. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_get_mem_alloc_info(mem_alloc_info_t *mem_alloc_info);

/* ---- Modules ---- */

WASM_RUNTIME_API_EXTERN package_type_t get_package_type(const uint8_t *buf, uint32_t size);
WASM_RUNTIME_API_EXTERN package_type_t wasm_runtime_get_file_package_type(const uint8_t *buf, uint32_t size);
/* What it was loaded from: an artifact, or WebAssembly that was compiled. */
WASM_RUNTIME_API_EXTERN package_type_t wasm_runtime_get_module_package_type(const wasm_module_t module);
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_get_file_package_version(const uint8_t *buf, uint32_t size);
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_get_module_package_version(const wasm_module_t module);
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_get_current_package_version(package_type_t package_type);

/*
 * Finds modules that others import from and nobody registered: puts a file of that name into *p_buffer and its size into
 * *p_size, or answers false. In WAMR 2's form, it is told what kind of file the importer was; what it gives may be either. The destroyer gets the buffer back when nobody uses the module any more.
 */
typedef void (*module_destroyer)(uint8_t *buffer, uint32_t size);
#ifdef WASM_RUNTIME_API_2
typedef bool (*module_reader)(package_type_t module_type, const char *module_name, uint8_t **p_buffer, uint32_t *p_size);
WASM_RUNTIME_API_EXTERN void iwasm_set_module_reader_2(const module_reader reader, const module_destroyer destroyer);
#define wasm_runtime_set_module_reader iwasm_set_module_reader_2
#else
typedef bool (*module_reader)(const char *module_name, uint8_t **p_buffer, uint32_t *p_size);
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_module_reader(const module_reader reader,
                                                            const module_destroyer destroyer);
#endif

/* Gives a module the name by which others import from it. One module has one name, one name one module; the names "",
   "env", "wasi", "wasi_unstable" and "wasi_snapshot_preview1" are the host's. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_register_module(const char *module_name, wasm_module_t module,
                                                          char *error_buf, uint32_t error_buf_size);
/* The module of a name, registered or found by the reader. */
WASM_RUNTIME_API_EXTERN wasm_module_t wasm_runtime_find_module_registered(const char *module_name);

/* Loads an artifact, or WebAssembly; the buffer is copied. What it imports from is asked of the module reader and loaded as well. */
WASM_RUNTIME_API_EXTERN wasm_module_t wasm_runtime_load(uint8_t *buf, uint32_t size, char *error_buf,
                                                        uint32_t error_buf_size);
WASM_RUNTIME_API_EXTERN wasm_module_t wasm_runtime_load_ex(uint8_t *buf, uint32_t size, const LoadArgs *args,
                                                           char *error_buf, uint32_t error_buf_size);
/* Gives a module up, and its name; its code stays until the last instance is freed. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_unload(wasm_module_t module);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_set_module_name(wasm_module_t module, const char *name, char *error_buf,
                                                          uint32_t error_buf_size);
WASM_RUNTIME_API_EXTERN const char *wasm_runtime_get_module_name(wasm_module_t module);
/* True: the buffer that was loaded can be freed. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_is_underlying_binary_freeable(const wasm_module_t module);
/* A custom section that the compiler was told to keep, as long as the module is loaded. */
WASM_RUNTIME_API_EXTERN const uint8_t *wasm_runtime_get_custom_section(const wasm_module_t module, const char *name,
                                                                       uint32_t *len);

/* -1 for NULL. */
WASM_RUNTIME_API_EXTERN int32_t wasm_runtime_get_import_count(const wasm_module_t module);
/* Nothing is written for a number that is too large. What is written is good as long as the module is loaded. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_get_import_type(const wasm_module_t module, int32_t import_index,
                                                          wasm_import_t *import_type);
WASM_RUNTIME_API_EXTERN int32_t wasm_runtime_get_export_count(const wasm_module_t module);
WASM_RUNTIME_API_EXTERN void wasm_runtime_get_export_type(const wasm_module_t module, int32_t export_index,
                                                          wasm_export_t *export_type);
/* Whether there is a function, or a global, of this name: a native (functions only), an export of a registered module, or
   one of a member of a linked set that is loaded, which its members import whatever is registered. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_is_import_func_linked(const char *module_name, const char *func_name);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_is_import_global_linked(const char *module_name, const char *global_name);

/* Kinds are 255 for what is out of range, and for references to objects and exceptions. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_func_type_get_param_count(const wasm_func_type_t func_type);
WASM_RUNTIME_API_EXTERN wasm_valkind_t wasm_func_type_get_param_valkind(const wasm_func_type_t func_type,
                                                                        uint32_t param_index);
WASM_RUNTIME_API_EXTERN uint32_t wasm_func_type_get_result_count(const wasm_func_type_t func_type);
WASM_RUNTIME_API_EXTERN wasm_valkind_t wasm_func_type_get_result_valkind(const wasm_func_type_t func_type,
                                                                         uint32_t result_index);
WASM_RUNTIME_API_EXTERN wasm_valkind_t wasm_global_type_get_valkind(const wasm_global_type_t global_type);
WASM_RUNTIME_API_EXTERN bool wasm_global_type_get_mutable(const wasm_global_type_t global_type);
WASM_RUNTIME_API_EXTERN bool wasm_memory_type_get_shared(const wasm_memory_type_t memory_type);
WASM_RUNTIME_API_EXTERN uint32_t wasm_memory_type_get_init_page_count(const wasm_memory_type_t memory_type);
/* UINT32_MAX: no limit, or none that fits. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_memory_type_get_max_page_count(const wasm_memory_type_t memory_type);
WASM_RUNTIME_API_EXTERN wasm_valkind_t wasm_table_type_get_elem_kind(const wasm_table_type_t table_type);
WASM_RUNTIME_API_EXTERN bool wasm_table_type_get_shared(const wasm_table_type_t table_type);
WASM_RUNTIME_API_EXTERN uint32_t wasm_table_type_get_init_size(const wasm_table_type_t table_type);
WASM_RUNTIME_API_EXTERN uint32_t wasm_table_type_get_max_size(const wasm_table_type_t table_type);

/* ---- WASI ---- */

/*
 * What instances made later have of the world: folders of the host's under their own names (dir_list) and under others
 * (map_dir_list, each "GUEST::HOST"), variables "NAME=VALUE", arguments whose first is the program's name. Without, they
 * have the standard streams alone.
 */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_wasi_args(wasm_module_t module, const char *dir_list[], uint32_t dir_count,
                                                        const char *map_dir_list[], uint32_t map_dir_count,
                                                        const char *env[], uint32_t env_count, char *argv[], int argc);
/* With descriptors for the standard streams, which are copied; those below zero are the process's. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_wasi_args_ex(wasm_module_t module, const char *dir_list[],
                                                           uint32_t dir_count, const char *map_dir_list[],
                                                           uint32_t map_dir_count, const char *env[],
                                                           uint32_t env_count, char *argv[], int argc, int64_t stdinfd,
                                                           int64_t stdoutfd, int64_t stderrfd);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_is_wasi_mode(wasm_module_inst_t module_inst);
WASM_RUNTIME_API_EXTERN wasm_function_inst_t wasm_runtime_lookup_wasi_start_function(wasm_module_inst_t module_inst);
/* What the program gave to proc_exit. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_get_wasi_exit_code(wasm_module_inst_t module_inst);

/* ---- Instances ---- */

/*
 * Makes an instance, and one of each module that it imports from, directly or not; they share what they import. All that
 * does not link is told at once. Stacks are those of the threads that call.
 */
WASM_RUNTIME_API_EXTERN wasm_module_inst_t wasm_runtime_instantiate(const wasm_module_t module,
                                                                    uint32_t default_stack_size,
                                                                    uint32_t host_managed_heap_size, char *error_buf,
                                                                    uint32_t error_buf_size);
WASM_RUNTIME_API_EXTERN wasm_module_inst_t wasm_runtime_instantiate_ex(const wasm_module_t module,
                                                                       const InstantiationArgs *args, char *error_buf,
                                                                       uint32_t error_buf_size);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_instantiation_args_create(struct InstantiationArgs2 **p);
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_destroy(struct InstantiationArgs2 *p);
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_default_stack_size(struct InstantiationArgs2 *p,
                                                                                    uint32_t v);
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_host_managed_heap_size(struct InstantiationArgs2 *p,
                                                                                        uint32_t v);
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_max_memory_pages(struct InstantiationArgs2 *p,
                                                                                  uint32_t v);
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_custom_data(struct InstantiationArgs2 *p,
                                                                             void *custom_data);
/* What this instance has of the world, all of it: what wasm_runtime_set_wasi_args said of the module is not looked at if
   one of these is called. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_wasi_arg(struct InstantiationArgs2 *p, char *argv[],
                                                                          int argc);
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_wasi_env(struct InstantiationArgs2 *p,
                                                                          const char *env[], uint32_t env_count);
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_wasi_dir(struct InstantiationArgs2 *p,
                                                                          const char *dir_list[], uint32_t dir_count,
                                                                          const char *map_dir_list[],
                                                                          uint32_t map_dir_count);
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_wasi_stdio(struct InstantiationArgs2 *p,
                                                                            int64_t stdinfd, int64_t stdoutfd,
                                                                            int64_t stderrfd);
WASM_RUNTIME_API_EXTERN wasm_module_inst_t wasm_runtime_instantiate_ex2(wasm_module_t module,
                                                                        const struct InstantiationArgs2 *args,
                                                                        char *error_buf, uint32_t error_buf_size);
/* Frees an instance, with all that were made for it. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_deinstantiate(wasm_module_inst_t module_inst);
/* NULL if it was unloaded. */
WASM_RUNTIME_API_EXTERN wasm_module_t wasm_runtime_get_module(wasm_module_inst_t module_inst);
/* Stops what runs in the set, and in environments spawned from it, from any thread; wasm_runtime_clear_exception makes it
   usable again. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_terminate(wasm_module_inst_t module_inst);

/*
 * A memory for instances of a module to import, zeroed: its base address and length can be asked for at once, and it can
 * be written before there is an instance. The type is that of an import or export of a loaded module. A shared memory can
 * be given to any number of instances, also of other modules. One that is not shared belongs to the one set of instances
 * that is made with it, and to those that join: memories that are given together are made for the same module, one at a
 * time of these calls.
 * No environment can be spawned of such a set, for a thread could not have the memory. NULL if there can be none; a
 * warning says why.
 */
WASM_RUNTIME_API_EXTERN wasm_memory_inst_t wasm_runtime_create_memory(const wasm_module_t module,
                                                                      const wasm_memory_type_t type);
/* The program's use of it ends. An instance that imports it keeps it. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_destroy_memory(const wasm_module_t module, wasm_memory_inst_t memory_inst);
/*
 * A list with an entry for each import of a module, in order (wasm_runtime_get_import_count says how many), which the
 * program may change. For each memory that is imported from a module whose name the filter lets through (NULL: all), one
 * is created. NULL if nothing is imported, or a memory cannot be made.
 */
WASM_RUNTIME_API_EXTERN wasm_extern_inst_t wasm_runtime_create_imports(wasm_module_t module,
                                                                       bool (*module_name_filter)(const char *));
/* The same for the host's names ("env", "wasi_snapshot_preview1", …). */
WASM_RUNTIME_API_EXTERN wasm_extern_inst_t wasm_runtime_create_imports_with_builtin(wasm_module_t module);
/* Frees a list, and destroys the memories that were created for it. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_destroy_imports(wasm_module_t module, wasm_extern_inst_t imports);
/*
 * Gives functions, tables, memories and globals to the instance that is made, and to all that it imports from, by their
 * names; any number of entries, in any order. They are those of other instances, or memories of wasm_runtime_create_memory.
 * The entries are copied; functions run on their own instances, and all else is shared.
 *
 * With anything but a shared memory, the new instance joins the set that it is of. It imports from instances of that set
 * by their names, and has what the set has of the world and its limits of memory; the whole set is used by one thread at a
 * time, and what stops or ends a call is the set's. All that is given is of one set, in which no call is going on. An
 * instance whose name is taken there has none. Further threads have what the set began with, so no environment can be
 * spawned of one that joined, nor can a program for wasi-threads join; and nothing of a spawned environment can be given.
 * wasm_runtime_deinstantiate calls the destructors of an instance's contexts; the set is freed with the last instance that
 * the program made in it.
 */
WASM_RUNTIME_API_EXTERN void iwasm_instantiation_args_set_imports(struct InstantiationArgs2 *p,
                                                                  const wasm_extern_inst_t imports, uint32_t count);

WASM_RUNTIME_API_EXTERN void wasm_runtime_set_custom_data(wasm_module_inst_t module_inst, void *custom_data);
WASM_RUNTIME_API_EXTERN void *wasm_runtime_get_custom_data(wasm_module_inst_t module_inst);
/* Contexts: data of an instance under keys, with what is called for them when the instance is freed, or NULL. */
WASM_RUNTIME_API_EXTERN void *wasm_runtime_create_context_key(void (*dtor)(wasm_module_inst_t inst, void *ctx));
WASM_RUNTIME_API_EXTERN void wasm_runtime_destroy_context_key(void *key);
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_context(wasm_module_inst_t inst, void *key, void *ctx);
/* The same for the instance's like in all threads of the set. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_context_spread(wasm_module_inst_t inst, void *key, void *ctx);
WASM_RUNTIME_API_EXTERN void *wasm_runtime_get_context(wasm_module_inst_t inst, void *key);

/* "Exception: …" and what a call of the set ended with last, or NULL; good until the next call or clear. */
WASM_RUNTIME_API_EXTERN const char *wasm_runtime_get_exception(wasm_module_inst_t module_inst);
/* In a native function: what called it ends with this. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_exception(wasm_module_inst_t module_inst, const char *exception);
WASM_RUNTIME_API_EXTERN void wasm_runtime_clear_exception(wasm_module_inst_t module_inst);

/* ---- Execution environments ---- */

WASM_RUNTIME_API_EXTERN wasm_exec_env_t wasm_runtime_create_exec_env(wasm_module_inst_t module_inst,
                                                                     uint32_t stack_size);
WASM_RUNTIME_API_EXTERN void wasm_runtime_destroy_exec_env(wasm_exec_env_t exec_env);
/* That of the instance itself, which is not to be destroyed. */
WASM_RUNTIME_API_EXTERN wasm_exec_env_t wasm_runtime_get_exec_env_singleton(wasm_module_inst_t module_inst);
/* In a native function: the instance that called it, which may be another one of the set. */
WASM_RUNTIME_API_EXTERN wasm_module_inst_t wasm_runtime_get_module_inst(wasm_exec_env_t exec_env);
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_module_inst(wasm_exec_env_t exec_env,
                                                          const wasm_module_inst_t module_inst);
WASM_RUNTIME_API_EXTERN void *wasm_runtime_get_function_attachment(wasm_exec_env_t exec_env);
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_user_data(wasm_exec_env_t exec_env, void *user_data);
WASM_RUNTIME_API_EXTERN void *wasm_runtime_get_user_data(wasm_exec_env_t exec_env);

/* ---- Threads ---- */

/*
 * An environment that is spawned can be used at the same time as the one it was spawned from, by another thread. It has
 * new instances of the same modules, linked in the same way. They share the shared memories of the set, also those that
 * the set imports, and what the program has of the world (descriptors). All else is their own, and as it is in a new
 * instance: globals, tables, and memories that are not shared. So a set without a shared memory becomes an independent
 * one. Custom data, contexts and the environment's user data are copied; no context's destructor is called for them.
 *
 * What ends one thread ends all of a set that has a shared memory: a call from outside that fails by a trap, by an
 * exception of a native function or by proc_exit stops the others, whose calls fail with the same exception.
 * wasm_runtime_terminate stops all, whether they share a memory or not. wasm_runtime_clear_exception makes a thread's own
 * instances usable again.
 *
 * A program for wasi-threads (one that imports "wasi"."thread-spawn") spawns such environments by itself, on threads of the
 * system, where its export "wasi_thread_start" is called. The shared memories that it imports and nobody gives are made
 * for its instance. They count among those that a set may have, and inherit what spawned ones do, the user data from the
 * environment of the call that spawned them; natives find their environment and instance as ever, and are called by these
 * threads. A trap, an exception of a native function or proc_exit in any thread ends all, whose calls fail with that
 * exception; where a thread failed or ended the program, the main function's call says so, and
 * wasm_runtime_get_wasi_exit_code is the status of proc_exit. That the main function (_start, or main) ends, well or not,
 * ends these threads: they have been stopped and waited for when its call returns, a native function that one is in
 * included. No other function's return ends them; those that are left, wasm_runtime_deinstantiate stops and waits for.
 * Where no thread can be had (the limit, start functions), the guest gets -6, EAGAIN of WASI's, and a warning tells why.
 */
typedef void *(*wasm_thread_callback_t)(wasm_exec_env_t, void *);
typedef uintptr_t wasm_thread_t;
/* How many spawned environments a set may have at one time from now on; at first 256. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_max_thread_num(uint32_t num);
/* NULL if that cannot be. Why is then the exception of the environment's instance, except in a native function, whose
   caller that would end; and a warning tells it. */
WASM_RUNTIME_API_EXTERN wasm_exec_env_t wasm_runtime_spawn_exec_env(wasm_exec_env_t exec_env);
/* Frees it, with its instances. It may outlive the environment that it was spawned from. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_destroy_spawned_exec_env(wasm_exec_env_t exec_env);
/* Spawns an environment and a thread that calls the callback with it, and frees it. 0, or -1 with a reason as above.
   Threads that nobody joined are stopped, and waited for, when the first instance of the set is freed. */
WASM_RUNTIME_API_EXTERN int32_t wasm_runtime_spawn_thread(wasm_exec_env_t exec_env, wasm_thread_t *tid,
                                                          wasm_thread_callback_t callback, void *arg);
/* Waits for a thread, once: what its callback returned goes to *retval. 0, ESRCH for no such thread, EDEADLK for itself. */
WASM_RUNTIME_API_EXTERN int32_t wasm_runtime_join_thread(wasm_thread_t tid, void **retval);

/* ---- Functions ---- */

/* An exported function: NAME, or $MODULE$NAME for one of another instance of the set. */
#ifdef WASM_RUNTIME_API_2
WASM_RUNTIME_API_EXTERN wasm_function_inst_t wasm_runtime_lookup_function(const wasm_module_inst_t module_inst,
                                                                          const char *name);
#else
/* The signature is not looked at and may be NULL: the function has its own type. */
WASM_RUNTIME_API_EXTERN wasm_function_inst_t wasm_runtime_lookup_function(wasm_module_inst_t const module_inst,
                                                                          const char *name, const char *signature);
#endif
WASM_RUNTIME_API_EXTERN uint32_t wasm_func_get_param_count(const wasm_function_inst_t func_inst,
                                                           const wasm_module_inst_t module_inst);
WASM_RUNTIME_API_EXTERN uint32_t wasm_func_get_result_count(const wasm_function_inst_t func_inst,
                                                            const wasm_module_inst_t module_inst);
WASM_RUNTIME_API_EXTERN void wasm_func_get_param_types(const wasm_function_inst_t func_inst,
                                                       const wasm_module_inst_t module_inst,
                                                       wasm_valkind_t *param_types);
WASM_RUNTIME_API_EXTERN void wasm_func_get_result_types(const wasm_function_inst_t func_inst,
                                                        const wasm_module_inst_t module_inst,
                                                        wasm_valkind_t *result_types);

/*
 * Calls a function with its arguments in cells of 32 bits: one for i32, f32 and externref (as a number), two for i64 and
 * f64, four for v128. argc counts cells. Results come back in argv, which must have room for them.
 */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_call_wasm(wasm_exec_env_t exec_env, wasm_function_inst_t function,
                                                    uint32_t argc, uint32_t argv[]);
/* The same for the function at a place of the first table of the environment's instance, which need not be exported: for
   a native function that was given one. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_call_indirect(wasm_exec_env_t exec_env, uint32_t element_index, uint32_t argc,
                                                        uint32_t argv[]);
/* As wasm_runtime_call_wasm, with values. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_call_wasm_a(wasm_exec_env_t exec_env, wasm_function_inst_t function,
                                                      uint32_t num_results, wasm_val_t results[], uint32_t num_args,
                                                      wasm_val_t *args);

/* The same with arguments of the types that the function has: int32_t, int64_t, double, void *. */
static inline bool
wasm_runtime_call_wasm_v(wasm_exec_env_t exec_env, wasm_function_inst_t function, uint32_t num_results,
                         wasm_val_t results[], uint32_t num_args, ...)
{
    enum { IWASM_MOST_ARGS = 64 };
    wasm_val_t args[IWASM_MOST_ARGS];
    wasm_valkind_t kinds[IWASM_MOST_ARGS];
    va_list list;
    uint32_t i;
    if (num_args > IWASM_MOST_ARGS || !function || wasm_func_get_param_count(function, NULL) != num_args)
        return wasm_runtime_call_wasm_a(exec_env, function, num_results, results, num_args, NULL);
    wasm_func_get_param_types(function, NULL, kinds);
    va_start(list, num_args);
    for (i = 0; i < num_args; i++) {
        args[i].kind = kinds[i];
        switch (kinds[i]) {
            case WASM_I32:
                args[i].of.i32 = va_arg(list, int32_t);
                break;
            case WASM_I64:
                args[i].of.i64 = va_arg(list, int64_t);
                break;
            case WASM_F32:
                args[i].of.f32 = (float)va_arg(list, double);
                break;
            case WASM_F64:
                args[i].of.f64 = va_arg(list, double);
                break;
            default:
                args[i].of.foreign = (uintptr_t)va_arg(list, void *);
                break;
        }
    }
    va_end(list);
    return wasm_runtime_call_wasm_a(exec_env, function, num_results, results, num_args, args);
}

/*
 * Calls _start, or main. Its arguments are those of wasm_runtime_set_wasi_args; a result goes to *(int *)argv, if argc is
 * not zero. A program that ends itself by proc_exit has succeeded here, whatever wasm_runtime_get_wasi_exit_code says.
 */
WASM_RUNTIME_API_EXTERN bool wasm_application_execute_main(wasm_module_inst_t module_inst, int32_t argc, char *argv[]);
/* Calls a function with arguments as text, and prints its results: "0x1f:i32", comma separated. */
WASM_RUNTIME_API_EXTERN bool wasm_application_execute_func(wasm_module_inst_t module_inst, const char *name,
                                                           int32_t argc, char *argv[]);

/* The back trace of what went wrong last, to the standard output or into a buffer. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_dump_call_stack(wasm_exec_env_t exec_env);
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_get_call_stack_buf_size(wasm_exec_env_t exec_env);
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_dump_call_stack_to_buf(wasm_exec_env_t exec_env, char *buf, uint32_t len);

/* ---- Natives ---- */

/*
 * Defines C functions for modules that are loaded later to import. A signature is "(PARAMETERS)RESULT":
 *   i I f F   i32, i64, f32, f64
 *   *         an address in the first memory of the caller; the function gets a pointer, one byte of which is checked,
 *             or, where ~ follows, as many as the next parameter says
 *   ~         the length of the pointer before it, an i32
 *   $         the address of a string that ends with NUL
 *   r         an externref: the function gets, or returns, the pointer that it refers to
 * Without a signature the function has the type it is imported with, and gets addresses as they are.
 */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_register_natives(const char *module_name, NativeSymbol *native_symbols,
                                                           uint32_t n_native_symbols);
/* The same for functions `void f(wasm_exec_env_t, uint64_t *args)`, whose result goes to args[0]. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_register_natives_raw(const char *module_name, NativeSymbol *native_symbols,
                                                               uint32_t n_native_symbols);
/* Takes a list back; modules that were linked with it keep it. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_unregister_natives(const char *module_name, NativeSymbol *native_symbols);

/* ---- Memories, globals, tables ---- */

/* Addresses without further ado are in the first memory. Pointers are good until the memory grows. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_validate_app_addr(wasm_module_inst_t module_inst, uint64_t app_offset,
                                                            uint64_t size);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_validate_app_str_addr(wasm_module_inst_t module_inst,
                                                                uint64_t app_str_offset);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_validate_native_addr(wasm_module_inst_t module_inst, void *native_ptr,
                                                               uint64_t size);
WASM_RUNTIME_API_EXTERN void *wasm_runtime_addr_app_to_native(wasm_module_inst_t module_inst, uint64_t app_offset);
WASM_RUNTIME_API_EXTERN uint64_t wasm_runtime_addr_native_to_app(wasm_module_inst_t module_inst, void *native_ptr);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_get_app_addr_range(wasm_module_inst_t module_inst, uint64_t app_offset,
                                                             uint64_t *p_app_start_offset, uint64_t *p_app_end_offset);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_get_native_addr_range(wasm_module_inst_t module_inst, uint8_t *native_ptr,
                                                                uint8_t **p_native_start_addr,
                                                                uint8_t **p_native_end_addr);
/* Memory inside of the module: from its own exported malloc, or from the heap it was instantiated with. */
WASM_RUNTIME_API_EXTERN uint64_t wasm_runtime_module_malloc(wasm_module_inst_t module_inst, uint64_t size,
                                                            void **p_native_addr);
WASM_RUNTIME_API_EXTERN void wasm_runtime_module_free(wasm_module_inst_t module_inst, uint64_t ptr);
WASM_RUNTIME_API_EXTERN uint64_t wasm_runtime_module_dup_data(wasm_module_inst_t module_inst, const char *src,
                                                              uint64_t size);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_enlarge_memory(wasm_module_inst_t module_inst, uint64_t inc_page_count);

WASM_RUNTIME_API_EXTERN wasm_memory_inst_t wasm_runtime_lookup_memory(const wasm_module_inst_t module_inst,
                                                                      const char *name);
WASM_RUNTIME_API_EXTERN wasm_memory_inst_t wasm_runtime_get_default_memory(const wasm_module_inst_t module_inst);
WASM_RUNTIME_API_EXTERN wasm_memory_inst_t wasm_runtime_get_memory(const wasm_module_inst_t module_inst,
                                                                   uint32_t index);
WASM_RUNTIME_API_EXTERN uint64_t wasm_memory_get_cur_page_count(const wasm_memory_inst_t memory_inst);
WASM_RUNTIME_API_EXTERN uint64_t wasm_memory_get_max_page_count(const wasm_memory_inst_t memory_inst);
WASM_RUNTIME_API_EXTERN uint64_t wasm_memory_get_bytes_per_page(const wasm_memory_inst_t memory_inst);
WASM_RUNTIME_API_EXTERN bool wasm_memory_get_shared(const wasm_memory_inst_t memory_inst);
WASM_RUNTIME_API_EXTERN void *wasm_memory_get_base_address(const wasm_memory_inst_t memory_inst);
WASM_RUNTIME_API_EXTERN bool wasm_memory_enlarge(wasm_memory_inst_t memory_inst, uint64_t inc_page_count);

WASM_RUNTIME_API_EXTERN bool wasm_runtime_get_export_global_inst(const wasm_module_inst_t module_inst, const char *name,
                                                                 wasm_global_inst_t *global_inst);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_get_export_table_inst(const wasm_module_inst_t module_inst, const char *name,
                                                                wasm_table_inst_t *table_inst);
/* NULL for a null element, and for an index that is too large. */
WASM_RUNTIME_API_EXTERN wasm_function_inst_t wasm_table_get_func_inst(const wasm_module_inst_t module_inst,
                                                                      const wasm_table_inst_t *table_inst,
                                                                      uint32_t idx);

/* ---- External references ---- */

/* Things of the program's have numbers, which cells hold; UINT32_MAX is null. They keep them until they are deleted. */
WASM_RUNTIME_API_EXTERN bool wasm_externref_obj2ref(wasm_module_inst_t module_inst, void *extern_obj,
                                                    uint32_t *p_externref_idx);
WASM_RUNTIME_API_EXTERN bool wasm_externref_ref2obj(uint32_t externref_idx, void **p_extern_obj);
WASM_RUNTIME_API_EXTERN bool wasm_externref_objdel(wasm_module_inst_t module_inst, void *extern_obj);
WASM_RUNTIME_API_EXTERN bool wasm_externref_set_cleanup(wasm_module_inst_t module_inst, void *extern_obj,
                                                        void (*extern_obj_cleanup)(void *));
WASM_RUNTIME_API_EXTERN bool wasm_externref_retain(uint32_t externref_idx);

/* ---- Stack and memory ---- */

/* False, and an exception, if the thread's stack has less left than 16 KiB, or than this. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_detect_native_stack_overflow(wasm_exec_env_t exec_env);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_detect_native_stack_overflow_size(wasm_exec_env_t exec_env,
                                                                            uint32_t required_size);
/* Prints figures of the set. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_dump_mem_consumption(wasm_exec_env_t exec_env);

/* ---- Beyond WAMR ---- */

/*
 * Several runtimes in one process, each with registered names, natives, a module reader and a limit of threads of its own.
 * The process has one by itself, which wasm_runtime_init initialises; those made here are initialised already. A thread
 * works in one at a time: functions without a handle mean that one. What is done with a module, or made of it, is done in
 * the module's runtime, and callbacks and natives that are called meanwhile find themselves there; so do spawned threads.
 * The allocator, the log level, keys of contexts and numbers of external references are the process's.
 */
struct iwasm_runtime_t;
typedef struct iwasm_runtime_t iwasm_runtime_t;
WASM_RUNTIME_API_EXTERN iwasm_runtime_t *iwasm_runtime_new(void);
/* This thread works in that runtime from now on, with NULL in the process's own; the one before, NULL for that. */
WASM_RUNTIME_API_EXTERN iwasm_runtime_t *iwasm_runtime_enter(iwasm_runtime_t *runtime);
/* Unloads its modules. Instances live on until they are freed; threads that are in it find nothing there any more. */
WASM_RUNTIME_API_EXTERN void iwasm_runtime_delete(iwasm_runtime_t *runtime);

/* An instance of the same set by its name. */
WASM_RUNTIME_API_EXTERN wasm_module_inst_t iwasm_get_instance(wasm_module_inst_t module_inst, const char *name);
/* Forgets a registered name, so that another module can have it; what was linked stays linked. */
WASM_RUNTIME_API_EXTERN bool iwasm_unregister_module(const char *module_name);
/* Loads a file, which must not change while the module is loaded: its code is mapped. */
WASM_RUNTIME_API_EXTERN wasm_module_t iwasm_load_file(const char *path, char *error_buf, uint32_t error_buf_size);
/* The back trace of what went wrong last; with NULL, the size it needs. */
WASM_RUNTIME_API_EXTERN uint32_t iwasm_get_back_trace(wasm_module_inst_t module_inst, char *buf, uint32_t size);

typedef struct iwasm_figures_t {
    uint64_t instances;    /* of the set */
    uint64_t memory_bytes; /* of all its memories */
    uint64_t heap_bytes;   /* of objects */
    uint64_t collections;  /* of them so far */
} iwasm_figures_t;
/* Not from a native function. */
WASM_RUNTIME_API_EXTERN bool iwasm_get_figures(wasm_module_inst_t module_inst, iwasm_figures_t *figures);

/* ---- What makes no sense here, or not yet: each says why at log level 3, and answers "not supported" ---- */

typedef enum { INTERNAL_ERROR, MAX_SIZE_REACHED } enlarge_memory_error_reason_t;
typedef void (*enlarge_memory_error_callback_t)(uint32_t inc_page_count, uint64_t current_memory_size,
                                                uint32_t memory_index, enlarge_memory_error_reason_t failure_reason,
                                                wasm_module_inst_t instance, wasm_exec_env_t exec_env, void *user_data);

WASM_RUNTIME_API_EXTERN bool wasm_runtime_is_running_mode_supported(RunningMode running_mode);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_set_default_running_mode(RunningMode running_mode);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_set_running_mode(wasm_module_inst_t module_inst, RunningMode running_mode);
WASM_RUNTIME_API_EXTERN RunningMode wasm_runtime_get_running_mode(wasm_module_inst_t module_inst);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_is_xip_file(const uint8_t *buf, uint32_t size);
WASM_RUNTIME_API_EXTERN wasm_module_t wasm_runtime_load_from_sections(wasm_section_list_t section_list, bool is_aot,
                                                                      char *error_buf, uint32_t error_buf_size);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_resolve_symbols(wasm_module_t module);
WASM_RUNTIME_API_EXTERN char *wasm_runtime_get_module_hash(wasm_module_t module);
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_wasi_addr_pool(wasm_module_t module, const char *addr_pool[],
                                                             uint32_t addr_pool_size);
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_wasi_ns_lookup_pool(wasm_module_t module, const char *ns_lookup_pool[],
                                                                  uint32_t ns_lookup_pool_size);
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_wasi_addr_pool(struct InstantiationArgs2 *p,
                                                                                const char *addr_pool[],
                                                                                uint32_t addr_pool_size);
WASM_RUNTIME_API_EXTERN void
wasm_runtime_instantiation_args_set_wasi_ns_lookup_pool(struct InstantiationArgs2 *p, const char *ns_lookup_pool[],
                                                        uint32_t ns_lookup_pool_size);
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_start_debug_instance_with_port(wasm_exec_env_t exec_env, int32_t port);
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_start_debug_instance(wasm_exec_env_t exec_env);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_init_thread_env(void);
WASM_RUNTIME_API_EXTERN void wasm_runtime_destroy_thread_env(void);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_thread_env_inited(void);
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_bounds_checks(wasm_module_inst_t module_inst, bool enable);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_is_bounds_checks_enabled(wasm_module_inst_t module_inst);
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_native_stack_boundary(wasm_exec_env_t exec_env,
                                                                    uint8_t *native_stack_boundary);
WASM_RUNTIME_API_EXTERN void wasm_runtime_dump_perf_profiling(wasm_module_inst_t module_inst);
WASM_RUNTIME_API_EXTERN double wasm_runtime_sum_wasm_exec_time(wasm_module_inst_t module_inst);
WASM_RUNTIME_API_EXTERN double wasm_runtime_get_wasm_func_exec_time(wasm_module_inst_t inst, const char *func_name);
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_get_pgo_prof_data_size(wasm_module_inst_t module_inst);
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_dump_pgo_prof_data_to_buf(wasm_module_inst_t module_inst, char *buf,
                                                                        uint32_t len);
WASM_RUNTIME_API_EXTERN void
wasm_runtime_set_enlarge_mem_error_callback(const enlarge_memory_error_callback_t callback, void *user_data);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_begin_blocking_op(wasm_exec_env_t exec_env);
WASM_RUNTIME_API_EXTERN void wasm_runtime_end_blocking_op(wasm_exec_env_t exec_env);
WASM_RUNTIME_API_EXTERN wasm_shared_heap_t wasm_runtime_create_shared_heap(SharedHeapInitArgs *init_args);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_attach_shared_heap(wasm_module_inst_t module_inst,
                                                             wasm_shared_heap_t shared_heap);
WASM_RUNTIME_API_EXTERN void wasm_runtime_detach_shared_heap(wasm_module_inst_t module_inst);
WASM_RUNTIME_API_EXTERN uint64_t wasm_runtime_shared_heap_malloc(wasm_module_inst_t module_inst, uint64_t size,
                                                                 void **p_native_addr);
WASM_RUNTIME_API_EXTERN void wasm_runtime_shared_heap_free(wasm_module_inst_t module_inst, uint64_t ptr);
WASM_RUNTIME_API_EXTERN wasm_shared_heap_t wasm_runtime_chain_shared_heaps(wasm_shared_heap_t head,
                                                                           wasm_shared_heap_t body);
WASM_RUNTIME_API_EXTERN wasm_shared_heap_t wasm_runtime_unchain_shared_heaps(wasm_shared_heap_t head,
                                                                             bool entire_chain);
WASM_RUNTIME_API_EXTERN bool wasm_runtime_reset_shared_heap_chain(wasm_shared_heap_t shared_heap);
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_instruction_count_limit(wasm_exec_env_t exec_env, int instruction_count);
WASM_RUNTIME_API_EXTERN void *wasm_runtime_aligned_alloc(unsigned int size, unsigned int alignment);
WASM_RUNTIME_API_EXTERN uint32_t wasm_copy_callstack(const wasm_exec_env_t exec_env, WASMCApiFrame *buffer,
                                                     const uint32_t length, const uint32_t skip_n, char *error_buf,
                                                     uint32_t error_buf_size);

#ifdef __cplusplus
}
#endif

#endif
