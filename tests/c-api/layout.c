/* The sizes and offsets that the library was compiled for; runtime/c-api/src/layout.rs has the same numbers. */
#include <stddef.h>

#include "check.h"

int
main(void)
{
    CHECK_INT(sizeof(RuntimeInitArgs), 232);
    CHECK_INT(offsetof(RuntimeInitArgs, mem_alloc_option), 8);
    CHECK_INT(offsetof(RuntimeInitArgs, native_symbols), 48);
    CHECK_INT(offsetof(RuntimeInitArgs, n_native_symbols), 56);
    CHECK_INT(offsetof(RuntimeInitArgs, enable_linux_perf), 224);
    CHECK_INT(sizeof(MemAllocOption), 32);
    CHECK_INT(sizeof(mem_alloc_info_t), 12);
    CHECK_INT(sizeof(NativeSymbol), 32);
    CHECK_INT(sizeof(LoadArgs), 16);
    CHECK_INT(sizeof(InstantiationArgs), 12);
    CHECK_INT(sizeof(WASMExternInstance), 32);
    CHECK_INT(offsetof(WASMExternInstance, u), 24);
    CHECK_INT(sizeof(wasm_val_t), 16);
    CHECK_INT(offsetof(wasm_val_t, of), 8);
    CHECK_INT(sizeof(wasm_import_t), 32);
    CHECK_INT(offsetof(wasm_import_t, linked), 20);
    CHECK_INT(offsetof(wasm_import_t, u), 24);
    CHECK_INT(sizeof(wasm_export_t), 24);
    CHECK_INT(sizeof(wasm_global_inst_t), 16);
    CHECK_INT(sizeof(wasm_table_inst_t), 24);
    CHECK_INT(offsetof(wasm_table_inst_t, elems), 16);
    CHECK_INT(sizeof(iwasm_figures_t), 32);
    return check_end();
}
