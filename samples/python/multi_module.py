"""Three modules that import from each other, from Python: the C library by ctypes.

    python3 multi_module.py LIBRARY FOLDER

LIBRARY is libiwasm.so, FOLDER holds mA.aot, mB.aot and mC.aot.
"""

import ctypes
import pathlib
import sys

iwasm = ctypes.CDLL(sys.argv[1])
folder = pathlib.Path(sys.argv[2])

# Handles are pointers: ctypes would cut them to an int.
for name in ("iwasm_load_file", "wasm_runtime_instantiate", "wasm_runtime_lookup_function",
             "wasm_runtime_get_exec_env_singleton"):
    getattr(iwasm, name).restype = ctypes.c_void_p
iwasm.wasm_runtime_get_exception.restype = ctypes.c_char_p
for name in ("wasm_runtime_init", "wasm_runtime_call_wasm"):
    getattr(iwasm, name).restype = ctypes.c_bool

READER = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_uint32))
DESTROYER = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32)
buffers = {}


@READER
def read_module(name, buffer, size):
    path = folder / f"{name.decode()}.aot"
    if not path.is_file():
        return False
    print(f"  reader: {path.name}")
    content = path.read_bytes()
    place = ctypes.create_string_buffer(content, len(content))
    buffer[0], size[0] = ctypes.addressof(place), len(content)
    buffers[ctypes.addressof(place)] = place
    return True


@DESTROYER
def destroy_module(buffer, size):
    del buffers[buffer]


def call(instance, name):
    function = iwasm.wasm_runtime_lookup_function(ctypes.c_void_p(instance), name.encode(), None)
    if not function:
        sys.exit(f"there is no function {name}")
    env = iwasm.wasm_runtime_get_exec_env_singleton(ctypes.c_void_p(instance))
    cells = (ctypes.c_uint32 * 2)()
    if not iwasm.wasm_runtime_call_wasm(ctypes.c_void_p(env), ctypes.c_void_p(function), 0, cells):
        sys.exit(iwasm.wasm_runtime_get_exception(ctypes.c_void_p(instance)).decode())
    return cells[0]


iwasm.wasm_runtime_init()
iwasm.wasm_runtime_set_module_reader(read_module, destroy_module)
error = ctypes.create_string_buffer(1024)
print("load mC")
module = iwasm.iwasm_load_file(str(folder / "mC.aot").encode(), error, len(error))
if not module:
    sys.exit(error.value.decode())
instance = iwasm.wasm_runtime_instantiate(ctypes.c_void_p(module), 0, 0, error, len(error))
if not instance:
    sys.exit(error.value.decode())
for name in ("C1", "C2", "C3", "C4", "C5", "$mB$B2"):
    print(f"  {name}() = {call(instance, name)}")
iwasm.wasm_runtime_deinstantiate(ctypes.c_void_p(instance))
iwasm.wasm_runtime_unload(ctypes.c_void_p(module))
iwasm.wasm_runtime_destroy()
print(f"buffers that are still held: {len(buffers)}")
