//! mC: the top of the set, a WASI command. It imports from both libraries, so mA is reached on two
//! ways, directly (C3) and through mB (C4): a diamond whose bottom is one instance of mA.

#include <stdio.h>

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

IMPORT("mA", "A1") int A1(void);
IMPORT("mB", "B1") int B1(void);
IMPORT("mB", "B2") int B2(void);

/// 31, mC's own number: no other module takes part.
EXPORT("C1") int C1(void) { return 31; }

/// mB's number, one module away: 21.
EXPORT("C2") int C2(void) { return B1(); }

/// mA's number, one module away: 11.
EXPORT("C3") int C3(void) { return A1(); }

/// mA's number again, two modules away, by way of mB: 11.
EXPORT("C4") int C4(void) { return B2(); }

/// All four ways in one sum: 31 + 21 + 11 + 11 = 74.
EXPORT("C5") int C5(void) { return C1() + C2() + C3() + C4(); }

/// What `iwasm mC.aot` runs.
int main(void) {
    printf("C1() = %d\nC2() = %d\nC3() = %d\nC4() = %d\nC5() = %d\n", C1(), C2(), C3(), C4(), C5());
    return 0;
}
