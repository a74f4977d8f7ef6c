/* What a module imports and exports, what a file is, custom sections, contexts, and everything with NULL. */
#include "check.h"

static void
imports_and_exports(wasm_module_t module)
{
    wasm_import_t import;
    wasm_export_t export_;
    CHECK_INT(wasm_runtime_get_import_count(module), 4);
    wasm_runtime_get_import_type(module, 0, &import);
    CHECK_HAS(import.module_name, "lib");
    CHECK_HAS(import.name, "f");
    CHECK(import.kind == WASM_IMPORT_EXPORT_KIND_FUNC && !import.linked);
    CHECK_INT(wasm_func_type_get_param_count(import.u.func_type), 3);
    CHECK_INT(wasm_func_type_get_param_valkind(import.u.func_type, 0), WASM_I32);
    CHECK_INT(wasm_func_type_get_param_valkind(import.u.func_type, 1), WASM_EXTERNREF);
    CHECK_INT(wasm_func_type_get_param_valkind(import.u.func_type, 2), WASM_V128);
    CHECK_INT(wasm_func_type_get_param_valkind(import.u.func_type, 3), 255);
    CHECK_INT(wasm_func_type_get_result_count(import.u.func_type), 1);
    CHECK_INT(wasm_func_type_get_result_valkind(import.u.func_type, 0), WASM_F64);
    wasm_runtime_get_import_type(module, 1, &import);
    CHECK(import.kind == WASM_IMPORT_EXPORT_KIND_MEMORY);
    CHECK_INT(wasm_memory_type_get_init_page_count(import.u.memory_type), 2);
    CHECK_INT(wasm_memory_type_get_max_page_count(import.u.memory_type), 5);
    CHECK(wasm_memory_type_get_shared(import.u.memory_type));
    wasm_runtime_get_import_type(module, 2, &import);
    CHECK(import.kind == WASM_IMPORT_EXPORT_KIND_TABLE);
    CHECK_INT(wasm_table_type_get_elem_kind(import.u.table_type), WASM_EXTERNREF);
    CHECK_INT(wasm_table_type_get_init_size(import.u.table_type), 3);
    CHECK(wasm_table_type_get_max_size(import.u.table_type) == UINT32_MAX);
    CHECK(!wasm_table_type_get_shared(import.u.table_type));
    wasm_runtime_get_import_type(module, 3, &import);
    CHECK(import.kind == WASM_IMPORT_EXPORT_KIND_GLOBAL);
    CHECK_INT(wasm_global_type_get_valkind(import.u.global_type), WASM_F32);
    CHECK(!wasm_global_type_get_mutable(import.u.global_type));
    /* Asked as what they are not. */
    CHECK_INT(wasm_func_type_get_param_count((wasm_func_type_t)import.u.global_type), 0);
    CHECK_INT(wasm_global_type_get_valkind(NULL), 255);
    import.name = "untouched";
    wasm_runtime_get_import_type(module, 4, &import);
    wasm_runtime_get_import_type(module, -1, &import);
    CHECK_HAS(import.name, "untouched");
    CHECK_INT(wasm_runtime_get_export_count(module), 2);
    wasm_runtime_get_export_type(module, 0, &export_);
    CHECK_HAS(export_.name, "g");
    CHECK(export_.kind == WASM_IMPORT_EXPORT_KIND_GLOBAL && wasm_global_type_get_mutable(export_.u.global_type));
    wasm_runtime_get_export_type(module, 1, &export_);
    CHECK_INT(export_.kind, WASM_IMPORT_EXPORT_KIND_TAG);
}

static void
files(void)
{
    char error[512];
    uint32_t size = 0;
    uint8_t *bytes = check_read("modules", &size), wasm[8] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };
    wasm_module_t module;
    char path[4096];
    CHECK_INT(wasm_runtime_get_file_package_type(bytes, size), Wasm_Module_AoT);
    CHECK_INT(get_package_type(wasm, 8), Wasm_Module_Bytecode);
    CHECK_INT(wasm_runtime_get_file_package_type(wasm, 3), Package_Type_Unknown);
    CHECK_INT(wasm_runtime_get_file_package_type(NULL, 8), Package_Type_Unknown);
    CHECK_INT(wasm_runtime_get_file_package_version(bytes, size), wasm_runtime_get_current_package_version(Wasm_Module_AoT));
    CHECK_INT(wasm_runtime_get_file_package_version(wasm, 8), 1);
    CHECK_INT(wasm_runtime_get_file_package_version(wasm, 7), 0);
    CHECK(wasm_runtime_load(bytes, size - 1, error, sizeof(error)) == NULL);
    CHECK_HAS(error, "the module cannot be loaded: ");
    bytes[size / 2] ^= 1;
    CHECK(wasm_runtime_load(bytes, size, error, sizeof(error)) == NULL);
    CHECK(strlen(error) > 40);
    bytes[size / 2] ^= 1;
    CHECK(wasm_runtime_load(bytes, 0, error, sizeof(error)) == NULL);
    CHECK(wasm_runtime_load(NULL, 8, error, sizeof(error)) == NULL);
    CHECK_HAS(error, "NULL");
    /* Buffers that are too small get as much as they hold, and a NUL. */
    memset(error, 'x', sizeof(error));
    CHECK(wasm_runtime_load(wasm, 7, error, 10) == NULL);
    CHECK(strlen(error) == 9 && error[10] == 'x');
    CHECK(wasm_runtime_load(wasm, 7, error, 1) == NULL);
    CHECK(error[0] == 0 && error[1] != 'x');
    CHECK(wasm_runtime_load(wasm, 7, error, 0) == NULL);
    CHECK(wasm_runtime_load(wasm, 7, NULL, 100) == NULL);
    {
        LoadArgs args = { (char *)"given", false, true, false };
        module = wasm_runtime_load_ex(bytes, size, &args, error, sizeof(error));
        CHECK(module != NULL);
        CHECK_HAS(wasm_runtime_get_module_name(module), "given");
        CHECK(wasm_runtime_set_module_name(module, "other", error, sizeof(error)));
        CHECK_HAS(wasm_runtime_get_module_name(module), "other");
        CHECK(!wasm_runtime_set_module_name(module, NULL, error, sizeof(error)));
        CHECK(wasm_runtime_is_underlying_binary_freeable(module));
        CHECK_INT(wasm_runtime_get_module_package_type(module), Wasm_Module_AoT);
        CHECK(wasm_runtime_get_module_package_version(module) > 0);
        wasm_runtime_unload(module);
        module = wasm_runtime_load_ex(bytes, size, NULL, error, sizeof(error));
        CHECK(module != NULL);
        wasm_runtime_unload(module);
    }
    free(bytes);
    snprintf(path, sizeof(path), "%s/modules.aot", check_folder);
    module = iwasm_load_file(path, error, sizeof(error));
    CHECK(module != NULL);
    wasm_runtime_unload(module);
    CHECK(iwasm_load_file("/no/such/file.aot", error, sizeof(error)) == NULL);
    CHECK_HAS(error, "/no/such/file.aot");
    CHECK(iwasm_load_file(NULL, error, sizeof(error)) == NULL);
}

static int destroyed;
static void
destroy_context(wasm_module_inst_t instance, void *context)
{
    CHECK(instance != NULL);
    destroyed += *(int *)context;
}

static void
contexts(void)
{
    wasm_module_t module = check_load("memory");
    wasm_module_inst_t instance = check_instantiate(module);
    int one = 1, two = 2;
    void *key = wasm_runtime_create_context_key(destroy_context), *other = wasm_runtime_create_context_key(NULL);
    CHECK(key != NULL && other != NULL && key != other);
    CHECK(wasm_runtime_get_context(instance, key) == NULL);
    wasm_runtime_set_context(instance, key, &one);
    wasm_runtime_set_context_spread(instance, other, &two);
    CHECK(wasm_runtime_get_context(instance, key) == &one && wasm_runtime_get_context(instance, other) == &two);
    wasm_runtime_set_context(instance, NULL, &two);
    CHECK(wasm_runtime_get_context(instance, NULL) == NULL);
    wasm_runtime_set_custom_data(instance, &one);
    CHECK(wasm_runtime_get_custom_data(instance) == &one);
    wasm_runtime_deinstantiate(instance);
    CHECK_INT(destroyed, 1);
    wasm_runtime_destroy_context_key(key);
    wasm_runtime_destroy_context_key(NULL);
    wasm_runtime_unload(module);
}

/* Nothing of this may crash. */
static void
nulls(void)
{
    wasm_import_t import;
    uint32_t number, argv[1] = { 0 };
    char buffer[8];
    wasm_runtime_unload(NULL);
    wasm_runtime_deinstantiate(NULL);
    CHECK(wasm_runtime_instantiate(NULL, 0, 0, buffer, sizeof(buffer)) == NULL);
    CHECK(wasm_runtime_find_module_registered(NULL) == NULL);
    CHECK_INT(wasm_runtime_get_import_count(NULL), -1);
    CHECK_INT(wasm_runtime_get_export_count(NULL), -1);
    wasm_runtime_get_import_type(NULL, 0, &import);
    wasm_runtime_get_export_type(NULL, 0, NULL);
    CHECK(wasm_runtime_get_custom_section(NULL, "x", &number) == NULL);
    CHECK_INT(wasm_runtime_get_module_package_type(NULL), Package_Type_Unknown);
    CHECK(!wasm_runtime_is_underlying_binary_freeable(NULL));
    CHECK(LOOK_UP(NULL, "f") == NULL);
    CHECK(wasm_runtime_get_exception(NULL) == NULL);
    wasm_runtime_set_exception(NULL, "x");
    wasm_runtime_clear_exception(NULL);
    wasm_runtime_terminate(NULL);
    wasm_runtime_set_custom_data(NULL, NULL);
    CHECK(wasm_runtime_get_custom_data(NULL) == NULL);
    CHECK(wasm_runtime_get_module(NULL) == NULL && wasm_runtime_get_module_inst(NULL) == NULL);
    CHECK(wasm_runtime_get_exec_env_singleton(NULL) == NULL);
    wasm_runtime_destroy_exec_env(NULL);
    wasm_runtime_set_module_inst(NULL, NULL);
    wasm_runtime_set_user_data(NULL, NULL);
    CHECK(wasm_runtime_get_user_data(NULL) == NULL && wasm_runtime_get_function_attachment(NULL) == NULL);
    CHECK(!wasm_runtime_validate_app_addr(NULL, 0, 0) && !wasm_runtime_validate_app_str_addr(NULL, 0));
    CHECK(!wasm_runtime_validate_native_addr(NULL, buffer, 1));
    CHECK(wasm_runtime_addr_app_to_native(NULL, 0) == NULL && wasm_runtime_addr_native_to_app(NULL, buffer) == 0);
    CHECK(wasm_runtime_module_malloc(NULL, 1, NULL) == 0 && wasm_runtime_module_dup_data(NULL, "x", 1) == 0);
    wasm_runtime_module_free(NULL, 1);
    CHECK(wasm_runtime_lookup_memory(NULL, "m") == NULL && wasm_runtime_get_default_memory(NULL) == NULL);
    CHECK(wasm_memory_get_cur_page_count(NULL) == 0 && wasm_memory_get_base_address(NULL) == NULL);
    CHECK(!wasm_memory_enlarge(NULL, 1) && !wasm_runtime_enlarge_memory(NULL, 1));
    CHECK(!wasm_application_execute_main(NULL, 0, NULL) && !wasm_application_execute_func(NULL, "f", 0, NULL));
    CHECK(!wasm_runtime_call_wasm(NULL, NULL, 0, argv));
    CHECK_INT(wasm_runtime_get_call_stack_buf_size(NULL), 0);
    wasm_runtime_dump_call_stack(NULL);
    wasm_runtime_dump_mem_consumption(NULL);
    CHECK(!wasm_runtime_detect_native_stack_overflow_size(NULL, 1u << 31));
    CHECK(wasm_runtime_detect_native_stack_overflow(NULL));
    wasm_runtime_set_wasi_args(NULL, NULL, 0, NULL, 0, NULL, 0, NULL, 0);
    CHECK(!wasm_runtime_is_wasi_mode(NULL) && wasm_runtime_get_wasi_exit_code(NULL) == 0);
    CHECK(iwasm_get_instance(NULL, "x") == NULL && !iwasm_get_figures(NULL, NULL) && iwasm_get_back_trace(NULL, NULL, 0) == 0);
    CHECK(!wasm_externref_obj2ref(NULL, buffer, NULL) && !wasm_externref_ref2obj(12345, NULL));
    CHECK(!wasm_runtime_instantiation_args_create(NULL));
    wasm_runtime_instantiation_args_destroy(NULL);
    wasm_runtime_get_version(NULL, NULL, &number);
    /* Of what is not supported, some. */
    CHECK(!wasm_runtime_is_running_mode_supported(Mode_Interp) && wasm_runtime_set_running_mode(NULL, Mode_Interp));
    CHECK(wasm_runtime_is_bounds_checks_enabled(NULL) && wasm_runtime_spawn_exec_env(NULL) == NULL);
    CHECK(wasm_runtime_create_shared_heap(NULL) == NULL && wasm_runtime_load_from_sections(NULL, true, NULL, 0) == NULL);
    CHECK(wasm_runtime_chain_shared_heaps(NULL, NULL) == NULL && wasm_runtime_unchain_shared_heaps(NULL, true) == NULL);
    CHECK(!wasm_runtime_reset_shared_heap_chain(NULL) && wasm_runtime_aligned_alloc(64, 64) == NULL);
    wasm_runtime_set_instruction_count_limit(NULL, 1);
    {
        char why[128];
        WASMCApiFrame frame;
        CHECK(wasm_runtime_load_from_sections(NULL, true, why, sizeof(why)) == NULL);
        CHECK_HAS(why, "wasm_runtime_load_from_sections is not supported: artifacts are loaded whole");
        CHECK_INT(wasm_copy_callstack(NULL, &frame, 1, 0, why, sizeof(why)), 0);
        CHECK_HAS(why, "wasm_copy_callstack is not supported: iwasm_get_back_trace has the frames of a trap");
    }
    {
        NativeSymbol *list = (NativeSymbol *)buffer;
        CHECK(get_base_lib_export_apis(&list) == 0 && list == NULL);
    }
}

int
main(int argc, char *argv[])
{
    wasm_module_t module;
    uint32_t major, minor, patch, length = 0;
    const uint8_t *section;
    check_folder = argc > 1 ? argv[1] : ".";
    /* Without a runtime. */
    CHECK(wasm_runtime_load((uint8_t *)"x", 1, NULL, 0) == NULL);
    wasm_runtime_destroy();
    wasm_runtime_set_log_level(WASM_LOG_LEVEL_ERROR);
    nulls();
    CHECK(wasm_runtime_init() && wasm_runtime_init());
    wasm_runtime_destroy();
    wasm_runtime_get_version(&major, &minor, &patch);
    CHECK(major + minor + patch > 0);
    nulls();
    files();
    contexts();
    module = check_load("modules");
    imports_and_exports(module);
    section = wasm_runtime_get_custom_section(module, "note", &length);
    CHECK(section != NULL && length == 4 && memcmp(section, "kept", 4) == 0);
    CHECK(wasm_runtime_get_custom_section(module, "other", &length) == NULL);
    /* Not unloaded: the end of the runtime does it. */
    wasm_runtime_destroy();
    return check_end();
}
