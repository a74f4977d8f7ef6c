//! Objects with a method table: `call_indirect` to changing targets.

struct shape {
    int (*area)(const struct shape *);
    int a, b;
};

static int square(const struct shape *s) { return s->a * s->a; }
static int rectangle(const struct shape *s) { return s->a * s->b; }
static int triangle(const struct shape *s) { return s->a * s->b / 2; }
static int nothing(const struct shape *s) { return s->b - s->b; }

enum { SHAPES = 1024 };
static struct shape shapes[SHAPES];

__attribute__((export_name("run"))) int run(int rounds) {
    int (*const areas[])(const struct shape *) = {square, rectangle, triangle, nothing};
    unsigned x = 7, sum = 0;
    for (int i = 0; i < SHAPES; i++) {
        x = x * 1664525 + 1013904223;
        shapes[i] = (struct shape){areas[i / 8 & 3], (int)(x >> 20), (int)(x >> 12 & 255)};
    }
    while (rounds-- > 0)
        for (int i = 0; i < SHAPES; i++) sum += (unsigned)shapes[i].area(&shapes[i]);
    return (int)sum;
}
