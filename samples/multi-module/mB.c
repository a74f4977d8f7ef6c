//! mB: the middle of the set. It answers for itself (B1) and passes on what mA answers (B2).
//! A library ("reactor") without WASI: no entry point, no libc.

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

IMPORT("mA", "A1") int A1(void);

/// 21, mB's own number.
EXPORT("B1") int B1(void) { return 21; }

/// mA's number: 11.
EXPORT("B2") int B2(void) { return A1(); }
