/* Addresses, memory inside of a module, memories, globals and tables, allocators. */
#include "check.h"

static void
addresses(wasm_module_inst_t instance)
{
    uint64_t start, end;
    uint8_t *base = (uint8_t *)wasm_runtime_addr_app_to_native(instance, 0), *from, *to;
    CHECK(base != NULL);
    CHECK(wasm_runtime_validate_app_addr(instance, 0, 65536));
    CHECK(wasm_runtime_validate_app_addr(instance, 65536, 0));
    CHECK(!wasm_runtime_validate_app_addr(instance, 65536, 1));
    CHECK_HAS(wasm_runtime_get_exception(instance), "out of bounds memory access");
    CHECK(!wasm_runtime_validate_app_addr(instance, UINT64_MAX, 2));
    CHECK(!wasm_runtime_validate_app_addr(instance, 2, UINT64_MAX));
    wasm_runtime_clear_exception(instance);
    CHECK(wasm_runtime_validate_app_str_addr(instance, 8));
    CHECK(!wasm_runtime_validate_app_str_addr(instance, 65536));
    CHECK(wasm_runtime_validate_native_addr(instance, base + 65535, 1));
    CHECK(!wasm_runtime_validate_native_addr(instance, base + 65535, 2));
    CHECK(!wasm_runtime_validate_native_addr(instance, base - 1, 1));
    CHECK(!wasm_runtime_validate_native_addr(instance, NULL, 1));
    CHECK(wasm_runtime_addr_app_to_native(instance, 65535) == base + 65535);
    CHECK(wasm_runtime_addr_app_to_native(instance, 65536) == NULL);
    CHECK_INT(wasm_runtime_addr_native_to_app(instance, base + 9), 9);
    CHECK_INT(wasm_runtime_addr_native_to_app(instance, base - 1), 0);
    CHECK(wasm_runtime_get_app_addr_range(instance, 5, &start, &end));
    CHECK(start == 0 && end == 65536);
    CHECK(wasm_runtime_get_app_addr_range(instance, 5, NULL, NULL));
    CHECK(!wasm_runtime_get_app_addr_range(instance, 65536, &start, &end));
    CHECK(wasm_runtime_get_native_addr_range(instance, base + 5, &from, &to));
    CHECK(from == base && to == base + 65536);
    CHECK(!wasm_runtime_get_native_addr_range(instance, base + 65536, &from, &to));
    CHECK(strcmp((char *)base + 8, "text") == 0);
}

static void
heap(wasm_module_inst_t instance)
{
    void *native = NULL, *other = NULL;
    uint64_t a, b, c, before;
    a = wasm_runtime_module_malloc(instance, 100, &native);
    CHECK(a >= 65536 && native == wasm_runtime_addr_app_to_native(instance, a));
    memset(native, 0xee, 100);
    b = wasm_runtime_module_malloc(instance, 100, &other);
    CHECK(b >= a + 100 || b + 100 <= a);
    memset(other, 0x11, 100);
    CHECK_INT(((uint8_t *)native)[99], 0xee);
    /* The heap has 4096 bytes. */
    CHECK_INT(wasm_runtime_module_malloc(instance, 4096, &native), 0);
    CHECK(native == NULL);
    CHECK_INT(wasm_runtime_module_malloc(instance, UINT64_MAX, NULL), 0);
    wasm_runtime_module_free(instance, a);
    wasm_runtime_module_free(instance, b);
    wasm_runtime_module_free(instance, 0);
    before = wasm_memory_get_cur_page_count(wasm_runtime_get_default_memory(instance));
    c = wasm_runtime_module_malloc(instance, 4000, NULL);
    CHECK(c != 0);
    CHECK_INT(wasm_memory_get_cur_page_count(wasm_runtime_get_default_memory(instance)), before);
    wasm_runtime_module_free(instance, c);
    wasm_runtime_set_log_level(WASM_LOG_LEVEL_ERROR);
    wasm_runtime_module_free(instance, c);
    wasm_runtime_module_free(instance, 7);
    c = wasm_runtime_module_dup_data(instance, "copied", 7);
    CHECK(c != 0 && strcmp((char *)wasm_runtime_addr_app_to_native(instance, c), "copied") == 0);
}

static void
own_malloc(wasm_module_inst_t instance)
{
    void *native = NULL;
    uint64_t a = wasm_runtime_module_malloc(instance, 10, &native);
    CHECK_INT(a, 1024);
    CHECK(native == wasm_runtime_addr_app_to_native(instance, 1024));
    CHECK_INT(wasm_runtime_module_malloc(instance, 1000000, &native), 0);
    wasm_runtime_module_free(instance, a);
    CHECK_INT(*(uint32_t *)wasm_runtime_addr_app_to_native(instance, 0), 1024);
}

static void
memories(wasm_module_inst_t instance)
{
    wasm_memory_inst_t memory = wasm_runtime_lookup_memory(instance, "memory");
    CHECK(memory != NULL && memory == wasm_runtime_get_memory(instance, 0));
    CHECK(memory == wasm_runtime_get_default_memory(instance));
    CHECK(wasm_runtime_lookup_memory(instance, "none") == NULL);
    CHECK(wasm_runtime_lookup_memory(instance, "global") == NULL);
    CHECK(wasm_runtime_get_memory(instance, 1) == NULL);
    CHECK_INT(wasm_memory_get_max_page_count(memory), 4);
    CHECK_INT(wasm_memory_get_bytes_per_page(memory), 65536);
    CHECK(!wasm_memory_get_shared(memory));
    CHECK(wasm_memory_get_base_address(memory) == wasm_runtime_addr_app_to_native(instance, 0));
    CHECK_INT(wasm_memory_get_cur_page_count(memory), 2);
    CHECK(wasm_memory_enlarge(memory, 1));
    CHECK(wasm_runtime_enlarge_memory(instance, 1));
    CHECK(!wasm_memory_enlarge(memory, 1));
    CHECK_INT(wasm_memory_get_cur_page_count(memory), 4);
}

static void
globals_and_tables(wasm_module_inst_t instance)
{
    wasm_global_inst_t global;
    wasm_table_inst_t table;
    wasm_function_inst_t function;
    wasm_exec_env_t env = wasm_runtime_get_exec_env_singleton(instance);
    uint32_t argv[2] = { 0 };
    CHECK(wasm_runtime_get_export_global_inst(instance, "global", &global));
    CHECK(global.kind == WASM_I64 && global.is_mutable);
    CHECK(*(int64_t *)global.global_data == -5);
    *(int64_t *)global.global_data = 1234567890123;
    CHECK(wasm_runtime_call_wasm(env, LOOK_UP(instance, "get global"), 0, argv));
    CHECK(memcmp(argv, global.global_data, 8) == 0);
    CHECK(!wasm_runtime_get_export_global_inst(instance, "memory", &global));
    CHECK(!wasm_runtime_get_export_global_inst(instance, "global", NULL));
    CHECK(wasm_runtime_get_export_table_inst(instance, "table", &table));
    CHECK(table.elem_kind == WASM_FUNCREF && table.cur_size == 3 && table.max_size == 9);
    function = wasm_table_get_func_inst(instance, &table, 1);
    CHECK(function != NULL && function == wasm_table_get_func_inst(instance, &table, 1));
    CHECK(wasm_runtime_call_wasm(env, function, 0, argv));
    CHECK(memcmp(argv, global.global_data, 8) == 0);
    CHECK(wasm_table_get_func_inst(instance, &table, 0) == NULL);
    CHECK(wasm_table_get_func_inst(instance, &table, 3) == NULL);
    CHECK(wasm_table_get_func_inst(instance, NULL, 1) == NULL);
    table.elems = &table;
    CHECK(wasm_table_get_func_inst(instance, &table, 1) == NULL);
    CHECK(!wasm_runtime_get_export_table_inst(instance, "none", &table));
}

/* They ask the runtime something, as an allocator with a log may: the runtime must not be locked while they run. */
static int allocated;
static void
ask_the_runtime(void)
{
    mem_alloc_info_t info;
    CHECK(!wasm_runtime_get_mem_alloc_info(&info));
}
static void *
count_malloc(unsigned size)
{
    ask_the_runtime();
    allocated++;
    return malloc(size);
}
static void *
count_realloc(void *old, unsigned size)
{
    ask_the_runtime();
    return realloc(old, size);
}
static void
count_free(void *old)
{
    ask_the_runtime();
    allocated--;
    free(old);
}

static void
allocators(void)
{
    static char pool[8192];
    RuntimeInitArgs args;
    mem_alloc_info_t info;
    void *a, *b;
    memset(&args, 0, sizeof(args));
    CHECK(!wasm_runtime_full_init(NULL));
    args.mem_alloc_type = Alloc_With_Pool;
    CHECK(!wasm_runtime_full_init(&args));
    args.mem_alloc_option.pool.heap_buf = pool + 1;
    args.mem_alloc_option.pool.heap_size = sizeof(pool) - 1;
    CHECK(wasm_runtime_full_init(&args));
    a = wasm_runtime_malloc(100);
    CHECK((char *)a > pool && (char *)a < pool + sizeof(pool) && (uintptr_t)a % 16 == 0);
    memset(a, 7, 100);
    b = wasm_runtime_realloc(a, 1000);
    CHECK(b != NULL && ((char *)b)[99] == 7);
    CHECK(wasm_runtime_malloc(9000) == NULL);
    CHECK(wasm_runtime_realloc(b, 9000) == NULL);
    CHECK(wasm_runtime_get_mem_alloc_info(&info));
    CHECK(info.total_size > 8000 && info.total_free_size < info.total_size - 1000 && info.highmark_size >= 1100);
    wasm_runtime_free(b);
    wasm_runtime_free(NULL);
    CHECK(wasm_runtime_get_mem_alloc_info(&info) && info.total_free_size == info.total_size);
    CHECK(!wasm_runtime_get_mem_alloc_info(NULL));
    wasm_runtime_destroy();
    args.mem_alloc_type = Alloc_With_Allocator;
    args.mem_alloc_option.allocator.malloc_func = NULL;
    CHECK(!wasm_runtime_full_init(&args));
    args.mem_alloc_option.allocator.malloc_func = (void *)count_malloc;
    args.mem_alloc_option.allocator.realloc_func = (void *)count_realloc;
    args.mem_alloc_option.allocator.free_func = (void *)count_free;
    CHECK(wasm_runtime_full_init(&args));
    a = wasm_runtime_malloc(10);
    CHECK_INT(allocated, 1);
    a = wasm_runtime_realloc(a, 20);
    wasm_runtime_free(a);
    CHECK_INT(allocated, 0);
    CHECK(!wasm_runtime_get_mem_alloc_info(&info));
    wasm_runtime_destroy();
    CHECK(wasm_runtime_malloc(10) == NULL);
    /* Natives that cannot be: the runtime is not initialised by halves. */
    {
        static NativeSymbol wrong[] = { { "wrong", (void *)count_malloc, "(?)", NULL } };
        args.native_module_name = "env";
        args.native_symbols = wrong;
        args.n_native_symbols = 1;
        CHECK(!wasm_runtime_full_init(&args));
        CHECK(wasm_runtime_malloc(10) == NULL);
    }
}

int
main(int argc, char *argv[])
{
    wasm_module_t module, other;
    wasm_module_inst_t instance, second;
    iwasm_figures_t figures;
    check_folder = argc > 1 ? argv[1] : ".";
    allocators();
    CHECK(wasm_runtime_init());
    module = check_load("memory");
    instance = check_instantiate(module);
    addresses(instance);
    heap(instance);
    memories(instance);
    globals_and_tables(instance);
    CHECK(iwasm_get_figures(instance, &figures));
    CHECK(figures.instances == 1 && figures.memory_bytes == 4 * 65536);
    wasm_runtime_dump_mem_consumption(wasm_runtime_get_exec_env_singleton(instance));
    other = check_load("memory_malloc");
    second = check_instantiate(other);
    own_malloc(second);
    wasm_runtime_deinstantiate(second);
    wasm_runtime_deinstantiate(instance);
    /* Less memory than the module wants. */
    {
        InstantiationArgs limits = { 0, 0, 1 };
        struct InstantiationArgs2 *args = NULL;
        char error[256];
        instance = wasm_runtime_instantiate_ex(module, &limits, error, sizeof(error));
        CHECK(instance != NULL);
        CHECK(!wasm_runtime_enlarge_memory(instance, 1));
        wasm_runtime_deinstantiate(instance);
        CHECK(wasm_runtime_instantiate_ex(module, NULL, error, sizeof(error)) == NULL);
        CHECK_HAS(error, "NULL");
        CHECK(wasm_runtime_instantiation_args_create(&args));
        wasm_runtime_instantiation_args_set_default_stack_size(args, 8192);
        wasm_runtime_instantiation_args_set_host_managed_heap_size(args, 100);
        wasm_runtime_instantiation_args_set_max_memory_pages(args, 2);
        instance = wasm_runtime_instantiate_ex2(module, args, error, sizeof(error));
        wasm_runtime_instantiation_args_destroy(args);
        CHECK(instance != NULL && wasm_runtime_enlarge_memory(instance, 1) && !wasm_runtime_enlarge_memory(instance, 1));
        wasm_runtime_deinstantiate(instance);
    }
    wasm_runtime_unload(other);
    wasm_runtime_unload(module);
    wasm_runtime_destroy();
    return check_end();
}
