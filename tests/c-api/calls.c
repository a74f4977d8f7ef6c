/* Calls with cells, with values and with variable arguments; what they end with; back traces; termination. */
#include "check.h"

#include <math.h>
#include <pthread.h>
#include <unistd.h>

static wasm_module_inst_t instance;
static wasm_exec_env_t env;

static void
cells(void)
{
    uint32_t argv[16] = { 0 };
    int64_t long_value = INT64_C(0x123456789abcdef0);
    double number = 2.5;
    float small = 1.5f;
    memset(argv, 0, sizeof(argv));
    argv[0] = (uint32_t)-5;
    argv[1] = 3;
    CHECK(wasm_runtime_call_wasm(env, LOOK_UP(instance, "add"), 2, argv));
    CHECK_INT((int32_t)argv[0], -2);
    /* i32 i64 f32 f64 -> f64 f32 i64 i32 */
    argv[0] = 7;
    memcpy(&argv[1], &long_value, 8);
    memcpy(&argv[3], &small, 4);
    memcpy(&argv[4], &number, 8);
    CHECK(wasm_runtime_call_wasm(env, LOOK_UP(instance, "turn"), 6, argv));
    memcpy(&number, &argv[0], 8);
    memcpy(&small, &argv[2], 4);
    memcpy(&long_value, &argv[3], 8);
    CHECK(number == 2.5 && small == 1.5f && long_value == INT64_C(0x123456789abcdef0) && argv[5] == 7);
    /* Vectors are four cells. */
    argv[0] = 1, argv[1] = 2, argv[2] = 3, argv[3] = 0xffffffffu;
    CHECK(wasm_runtime_call_wasm(env, LOOK_UP(instance, "double lanes"), 4, argv));
    CHECK(argv[0] == 2 && argv[1] == 4 && argv[2] == 6 && argv[3] == 0xfffffffeu);
    /* Twenty of them do not fit into few slots. */
    {
        uint32_t many[20], i;
        for (i = 0; i < 20; i++)
            many[i] = 1u << i;
        CHECK(wasm_runtime_call_wasm(env, LOOK_UP(instance, "sum of twenty"), 20, many));
        CHECK_INT(many[0], (1 << 20) - 1);
    }
}

static void
wrong_calls(void)
{
    uint32_t argv[4] = { 0 };
    wasm_function_inst_t add = LOOK_UP(instance, "add");
    wasm_val_t args[2], result;
    CHECK(!wasm_runtime_call_wasm(env, NULL, 0, argv));
    CHECK(!wasm_runtime_call_wasm(NULL, add, 2, argv));
    CHECK_HAS(wasm_runtime_get_exception(instance), "Exception: the execution environment is NULL");
    CHECK(!wasm_runtime_call_wasm(env, add, 1, argv));
    CHECK_HAS(wasm_runtime_get_exception(instance), "1 cells of arguments were given to a function of type");
    CHECK(!wasm_runtime_call_wasm(env, add, 2, NULL));
    CHECK(!wasm_runtime_call_wasm_a(env, add, 0, NULL, 2, args));
    CHECK_HAS(wasm_runtime_get_exception(instance), "2 arguments and room for 0 results");
    CHECK(!wasm_runtime_call_wasm_a(env, add, 1, &result, 2, NULL));
    args[0].kind = WASM_I64;
    args[0].of.i64 = 1;
    args[1].kind = WASM_I32;
    args[1].of.i32 = 1;
    CHECK(!wasm_runtime_call_wasm_a(env, add, 1, &result, 2, args));
    CHECK(wasm_runtime_get_exception(instance) != NULL);
    args[0].kind = 77;
    CHECK(!wasm_runtime_call_wasm_a(env, add, 1, &result, 2, args));
    CHECK(!wasm_runtime_call_wasm_v(env, add, 1, &result, 1, 5));
    /* A call that goes well leaves nothing of them. */
    CHECK(wasm_runtime_call_wasm(env, add, 2, argv));
    CHECK(wasm_runtime_get_exception(instance) == NULL);
}

static void
clean_up(void *thing)
{
    ++*(int *)thing;
}

static void
values(void)
{
    wasm_val_t args[4], results[4];
    wasm_valkind_t kinds[4];
    wasm_function_inst_t turn = LOOK_UP(instance, "turn");
    int thing = 0;
    memset(args, 0, sizeof(args));
    args[0].kind = WASM_I32, args[0].of.i32 = -1;
    args[1].kind = WASM_I64, args[1].of.i64 = INT64_MIN;
    args[2].kind = WASM_F32, args[2].of.f32 = -0.5f;
    args[3].kind = WASM_F64, args[3].of.f64 = 1e300;
    CHECK(wasm_runtime_call_wasm_a(env, turn, 4, results, 4, args));
    CHECK(results[0].kind == WASM_F64 && results[0].of.f64 == 1e300);
    CHECK(results[1].kind == WASM_F32 && results[1].of.f32 == -0.5f);
    CHECK(results[2].kind == WASM_I64 && results[2].of.i64 == INT64_MIN);
    CHECK(results[3].kind == WASM_I32 && results[3].of.i32 == -1);
    CHECK(wasm_runtime_call_wasm_v(env, turn, 4, results, 4, 9, INT64_C(-8), 0.25, 4.0));
    CHECK(results[0].of.f64 == 4.0 && results[1].of.f32 == 0.25f && results[2].of.i64 == -8 && results[3].of.i32 == 9);
    /* A narrow result has nothing of the guest's beside it. */
    args[0].kind = WASM_I64, args[0].of.i64 = INT64_C(0x1122334455667788);
    CHECK(wasm_runtime_call_wasm_a(env, LOOK_UP(instance, "low half"), 1, results, 1, args));
    CHECK(results[0].kind == WASM_I32 && results[0].of.i64 == 0x55667788);
    CHECK_INT(wasm_func_get_param_count(turn, instance), 4);
    CHECK_INT(wasm_func_get_result_count(turn, instance), 4);
    wasm_func_get_param_types(turn, instance, kinds);
    CHECK(kinds[0] == WASM_I32 && kinds[1] == WASM_I64 && kinds[2] == WASM_F32 && kinds[3] == WASM_F64);
    wasm_func_get_result_types(turn, instance, kinds);
    CHECK(kinds[0] == WASM_F64 && kinds[3] == WASM_I32);
    /* External references: pointers in values, numbers in cells. */
    {
        wasm_function_inst_t keep = LOOK_UP(instance, "keep");
        uint32_t cell = 0;
        void *found = NULL;
        args[0].kind = WASM_EXTERNREF, args[0].of.foreign = (uintptr_t)&thing;
        CHECK(wasm_runtime_call_wasm_a(env, keep, 1, results, 1, args));
        CHECK(results[0].kind == WASM_EXTERNREF && results[0].of.foreign == (uintptr_t)&thing);
        CHECK(wasm_externref_obj2ref(instance, &thing, &cell));
        CHECK(wasm_runtime_call_wasm(env, keep, 1, &cell));
        CHECK(wasm_externref_ref2obj(cell, &found) && found == &thing);
        CHECK(wasm_externref_retain(cell));
        CHECK(wasm_externref_set_cleanup(instance, &thing, clean_up) && !wasm_externref_set_cleanup(instance, &cell, clean_up));
        CHECK(wasm_externref_objdel(instance, &thing) && !wasm_externref_objdel(instance, &thing));
        CHECK_INT(thing, 1);
        CHECK(!wasm_externref_ref2obj(cell, &found));
        cell = UINT32_MAX;
        CHECK(wasm_runtime_call_wasm(env, keep, 1, &cell) && cell == UINT32_MAX);
        CHECK(wasm_externref_ref2obj(cell, &found) && found == NULL);
    }
}

static void
text(void)
{
    char *args[] = { (char *)"5", (char *)"-0x1" }, *wrong[] = { (char *)"5", (char *)"six" };
    CHECK(wasm_application_execute_func(instance, "add", 2, args));
    CHECK(!wasm_application_execute_func(instance, "add", 2, wrong));
    CHECK_HAS(wasm_runtime_get_exception(instance), "no value of its type");
    CHECK(!wasm_application_execute_func(instance, "add", 1, args));
    CHECK(!wasm_application_execute_main(instance, 0, NULL));
    CHECK_HAS(wasm_runtime_get_exception(instance), "there is no function _start or main");
}

static void
traps(void)
{
    uint32_t argv[2] = { 1, 0 };
    char buffer[512], little[8];
    uint32_t size;
    CHECK(!wasm_runtime_call_wasm(env, LOOK_UP(instance, "divide"), 2, argv));
    CHECK_HAS(wasm_runtime_get_exception(instance), "Exception: integer divide by zero");
    size = wasm_runtime_get_call_stack_buf_size(env);
    CHECK(size > 1 && size < sizeof(buffer));
    CHECK_INT(wasm_runtime_dump_call_stack_to_buf(env, buffer, sizeof(buffer)), size);
    CHECK_HAS(buffer, "calls!divide");
    CHECK_INT(wasm_runtime_dump_call_stack_to_buf(env, little, sizeof(little)), sizeof(little));
    CHECK_INT(strlen(little), sizeof(little) - 1);
    CHECK_INT(wasm_runtime_dump_call_stack_to_buf(env, NULL, 100), 0);
    CHECK_INT(iwasm_get_back_trace(instance, NULL, 0), size);
    CHECK_INT(iwasm_get_back_trace(instance, buffer, sizeof(buffer)), size);
    wasm_runtime_dump_call_stack(env);
    wasm_runtime_clear_exception(instance);
    CHECK(wasm_runtime_get_exception(instance) == NULL);
    CHECK(!wasm_runtime_call_wasm(env, LOOK_UP(instance, "out of bounds"), 0, argv));
    CHECK_HAS(wasm_runtime_get_exception(instance), "out of bounds memory access");
    CHECK(!wasm_runtime_call_wasm(env, LOOK_UP(instance, "deep"), 0, argv));
    CHECK_HAS(wasm_runtime_get_exception(instance), "call stack exhausted");
    CHECK(!wasm_runtime_call_wasm(env, LOOK_UP(instance, "unreachable"), 0, argv));
    CHECK_HAS(wasm_runtime_get_exception(instance), "unreachable");
    wasm_runtime_set_exception(instance, "mine");
    CHECK_HAS(wasm_runtime_get_exception(instance), "Exception: mine");
    wasm_runtime_clear_exception(instance);
}

/* Functions of a table that is not exported. */
static void
indirect(void)
{
    uint32_t argv[2] = { 30, 12 };
    CHECK(wasm_runtime_call_indirect(env, 1, 2, argv) && argv[0] == 42);
    argv[0] = 30, argv[1] = 0;
    CHECK(!wasm_runtime_call_indirect(env, 2, 2, argv));
    CHECK_HAS(wasm_runtime_get_exception(instance), "integer divide by zero");
    CHECK(!wasm_runtime_call_indirect(env, 0, 2, argv));
    CHECK_HAS(wasm_runtime_get_exception(instance), "uninitialized element 0");
    CHECK(!wasm_runtime_call_indirect(env, 3, 2, argv));
    CHECK_HAS(wasm_runtime_get_exception(instance), "undefined element 3");
    CHECK(!wasm_runtime_call_indirect(env, 1, 1, argv));
    CHECK_HAS(wasm_runtime_get_exception(instance), "1 cells of arguments");
    CHECK(!wasm_runtime_call_indirect(NULL, 1, 2, argv));
    wasm_runtime_clear_exception(instance);
}

static void *
terminate(void *argument)
{
    usleep(50000);
    wasm_runtime_terminate((wasm_module_inst_t)argument);
    return NULL;
}

static void
termination(void)
{
    pthread_t thread;
    uint32_t argv[2] = { 1, 2 };
    CHECK(pthread_create(&thread, NULL, terminate, instance) == 0);
    CHECK(!wasm_runtime_call_wasm(env, LOOK_UP(instance, "forever"), 0, argv));
    CHECK_HAS(wasm_runtime_get_exception(instance), "terminated by user");
    pthread_join(thread, NULL);
    /* Until it is cleared. */
    CHECK(!wasm_runtime_call_wasm(env, LOOK_UP(instance, "add"), 2, argv));
    wasm_runtime_clear_exception(instance);
    CHECK(wasm_runtime_call_wasm(env, LOOK_UP(instance, "add"), 2, argv));
    CHECK_INT(argv[0], 3);
}

int
main(int argc, char *argv[])
{
    wasm_module_t module;
    int data = 0;
    check_folder = argc > 1 ? argv[1] : ".";
    CHECK(wasm_runtime_init());
    module = check_load("calls");
    instance = check_instantiate(module);
    env = wasm_runtime_create_exec_env(instance, 8192);
    CHECK(env != NULL);
    CHECK(wasm_runtime_create_exec_env(NULL, 8192) == NULL);
    CHECK(wasm_runtime_get_module_inst(env) == instance);
    wasm_runtime_set_user_data(env, &data);
    CHECK(wasm_runtime_get_user_data(env) == &data);
    cells();
    wrong_calls();
    values();
    text();
    traps();
    indirect();
    termination();
    wasm_runtime_destroy_exec_env(env);
    wasm_runtime_deinstantiate(instance);
    wasm_runtime_unload(module);
    wasm_runtime_destroy();
    return check_end();
}
