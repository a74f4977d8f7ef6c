//! A hash table with open addressing over 64-bit keys: multiplication, masking, scattered loads.

typedef unsigned long long u64;
enum { SLOTS = 1 << 15 };
static struct { u64 key; int count; } slots[SLOTS];

static int count(u64 key) {
    for (unsigned at = (unsigned)(key * 0x9E3779B97F4A7C15ull >> 49);; at = (at + 1) & (SLOTS - 1)) {
        if (slots[at].count == 0) slots[at].key = key;
        if (slots[at].key == key) return ++slots[at].count;
    }
}

__attribute__((export_name("run"))) int run(int rounds) {
    u64 x = 1;
    int sum = 0;
    for (int i = 0; i < SLOTS; i++) slots[i].count = 0;
    while (rounds-- > 0)
        for (int i = 0; i < 10000; i++) {
            x = x * 6364136223846793005ull + 1442695040888963407ull;
            sum += count((x >> 33) % 20011 + 1);
        }
    return sum;
}
