// The C library from C++: handles that free themselves, errors as exceptions.
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

#include <wasm_export.h>

namespace {

struct Runtime {
    Runtime() {
        if (!wasm_runtime_init())
            throw std::runtime_error("the runtime cannot be initialised");
    }
    ~Runtime() { wasm_runtime_destroy(); }
    Runtime(const Runtime &) = delete;
    Runtime &operator=(const Runtime &) = delete;
};

struct Free {
    void operator()(wasm_module_t module) const { wasm_runtime_unload(module); }
    void operator()(wasm_module_inst_t instance) const { wasm_runtime_deinstantiate(instance); }
};
using Module = std::unique_ptr<std::remove_pointer<wasm_module_t>::type, Free>;
using Instance = std::unique_ptr<std::remove_pointer<wasm_module_inst_t>::type, Free>;

Module load(const std::string &path) {
    char error[512];
    Module module(iwasm_load_file(path.c_str(), error, sizeof(error)));
    if (!module)
        throw std::runtime_error(error);
    return module;
}

Instance instantiate(const Module &module) {
    char error[1024];
    Instance instance(wasm_runtime_instantiate(module.get(), 0, 0, error, sizeof(error)));
    if (!instance)
        throw std::runtime_error(error);
    return instance;
}

int32_t call(const Instance &instance, const char *name, int32_t a, int32_t b) {
    uint32_t cells[2] = {static_cast<uint32_t>(a), static_cast<uint32_t>(b)};
    wasm_function_inst_t function = wasm_runtime_lookup_function(instance.get(), name, nullptr);
    wasm_exec_env_t env = wasm_runtime_get_exec_env_singleton(instance.get());
    if (!function)
        throw std::runtime_error(std::string("there is no function ") + name);
    if (!wasm_runtime_call_wasm(env, function, 2, cells))
        throw std::runtime_error(wasm_runtime_get_exception(instance.get()));
    return static_cast<int32_t>(cells[0]);
}

} // namespace

int main(int argc, char *argv[]) {
    try {
        Runtime runtime;
        Module module = load(std::string(argc > 1 ? argv[1] : ".") + "/add.aot");
        Instance instance = instantiate(module);
        std::cout << "2 + 40 = " << call(instance, "add", 2, 40) << "\n";
        call(instance, "subtract", 1, 2);
    } catch (const std::exception &error) {
        std::cout << "an error: " << error.what() << "\n";
    }
}
