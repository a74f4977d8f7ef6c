//! Gravity between five bodies: square roots, divisions, structures of doubles.

enum { BODIES = 5 };
static struct body {
    double x, y, z, vx, vy, vz, mass;
} bodies[BODIES];

static void advance(double dt) {
    for (int i = 0; i < BODIES; i++) {
        struct body *a = &bodies[i];
        for (int j = i + 1; j < BODIES; j++) {
            struct body *b = &bodies[j];
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            double square = dx * dx + dy * dy + dz * dz + 0.01;
            double mag = dt / (square * __builtin_sqrt(square));
            a->vx -= dx * b->mass * mag, a->vy -= dy * b->mass * mag, a->vz -= dz * b->mass * mag;
            b->vx += dx * a->mass * mag, b->vy += dy * a->mass * mag, b->vz += dz * a->mass * mag;
        }
    }
    for (int i = 0; i < BODIES; i++) {
        struct body *a = &bodies[i];
        a->x += dt * a->vx, a->y += dt * a->vy, a->z += dt * a->vz;
    }
}

__attribute__((export_name("run"))) int run(int rounds) {
    for (int i = 0; i < BODIES; i++)
        bodies[i] = (struct body){i * 3.0 - 5, 4.0 - i * i, i * 0.5, 0.1 * i, 0.2 - 0.1 * i, 0.05 * i, 10.0 / (i + 1)};
    while (rounds-- > 0) advance(0.001);
    return (int)(bodies[0].x * 1e6) ^ (int)(bodies[4].vz * 1e6);
}
