//! Copying by bytes, by words and by `memory.copy`, and the length of a string.

enum { SIZE = 65536 };
static unsigned char from[SIZE + 8], to[SIZE + 8];

__attribute__((export_name("run"))) int run(int rounds) {
    unsigned sum = 0;
    for (int i = 0; i < SIZE; i++) from[i] = (unsigned char)(i % 255 + 1);
    while (rounds-- > 0) {
        from[rounds & 1023] ^= 64;
        for (int i = 0; i < SIZE; i++) to[i] = from[i + 1];
        unsigned *words = (unsigned *)to, *more = (unsigned *)from;
        for (int i = 0; i < SIZE / 4; i++) more[i] = words[i] ^ 0x01010101u * (unsigned)(i & 1);
        __builtin_memcpy(to, from, SIZE);
        for (int i = 0; i < SIZE; i++)
            if (to[i] == 0) to[i] = 1;
        const unsigned char *end = to;
        while (*end) end++;
        sum += (unsigned)(end - to) + from[7];
    }
    return (int)sum;
}
