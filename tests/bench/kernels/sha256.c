//! SHA-256's compression function (FIPS 180-4) over a buffer: rotations, additions, many live values.

typedef unsigned int u32;
static u32 k[64], state[8], message[16];

static u32 ror(u32 x, int n) { return x >> n | x << (32 - n); }

static void compress(void) {
    u32 w[64];
    for (int i = 0; i < 16; i++) w[i] = message[i];
    for (int i = 16; i < 64; i++) {
        u32 s0 = ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3;
        u32 s1 = ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    u32 a = state[0], b = state[1], c = state[2], d = state[3];
    u32 e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i++) {
        u32 t1 = h + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i];
        u32 t2 = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

__attribute__((export_name("run"))) int run(int rounds) {
    u32 x = 1;
    for (int i = 0; i < 64; i++) k[i] = x = x * 1664525 + 1013904223;
    for (int i = 0; i < 8; i++) state[i] = x = x * 1664525 + 1013904223;
    for (; rounds-- > 0; message[rounds & 15] ^= state[0]) compress();
    return (int)(state[0] ^ state[7]);
}
