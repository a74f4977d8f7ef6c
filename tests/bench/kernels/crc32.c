//! CRC-32 by a table of 256 words: a chain of dependent loads.

enum { SIZE = 65536 };
static unsigned table[256];
static unsigned char data[SIZE];

__attribute__((export_name("run"))) int run(int rounds) {
    for (unsigned i = 0; i < 256; i++) {
        unsigned c = i;
        for (int bit = 0; bit < 8; bit++) c = c & 1 ? c >> 1 ^ 0xEDB88320u : c >> 1;
        table[i] = c;
    }
    for (int i = 0; i < SIZE; i++) data[i] = (unsigned char)(i * 7 + (i >> 8));
    unsigned crc = ~0u;
    while (rounds-- > 0)
        for (int i = 0; i < SIZE; i++) crc = crc >> 8 ^ table[(crc ^ data[i]) & 255];
    return (int)~crc;
}
