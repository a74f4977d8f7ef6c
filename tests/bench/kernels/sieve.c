//! Sieve of Eratosthenes: byte stores with a stride.

enum { LIMIT = 100000 };
static unsigned char composite[LIMIT];

__attribute__((export_name("run"))) int run(int rounds) {
    int primes = 0;
    while (rounds-- > 0) {
        for (int i = 0; i < LIMIT; i++) composite[i] = 0;
        for (int i = 2; i < LIMIT; i++) {
            if (composite[i]) continue;
            primes++;
            for (int j = i + i; j < LIMIT; j += i) composite[j] = 1;
        }
    }
    return primes;
}
