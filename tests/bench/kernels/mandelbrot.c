//! Escape times of the Mandelbrot set: a short loop of dependent double arithmetic.

__attribute__((export_name("run"))) int run(int rounds) {
    int inside = 0;
    while (rounds-- > 0)
        for (int row = 0; row < 64; row++)
            for (int column = 0; column < 64; column++) {
                double cx = column / 32.0 - 1.5, cy = row / 32.0 - 1.0, x = 0, y = 0;
                int steps = 0;
                for (; steps < 100 && x * x + y * y < 4; steps++) {
                    double next = x * x - y * y + cx;
                    y = 2 * x * y + cy, x = next;
                }
                inside += steps;
            }
    return inside;
}
