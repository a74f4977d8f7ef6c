//! Recursion: call and return, a stack check in every prologue.

static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

__attribute__((export_name("run"))) int run(int rounds) {
    int sum = 0;
    for (int i = 0; i < rounds; i++) sum += fib(24 + (i & 1));
    return sum;
}
