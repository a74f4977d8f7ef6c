//! mA: the bottom of the set. It imports nothing; every other module of the sample ends up here.
//! A library ("reactor") without WASI: no entry point, no libc.

#define EXPORT(name) __attribute__((export_name(name)))

/// 11, a number that no other module of the set answers by itself.
EXPORT("A1") int A1(void) { return 11; }
