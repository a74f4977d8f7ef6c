//! Product of two matrices of doubles: loads with computed addresses, multiply and add.

enum { N = 96 };
static double a[N][N], b[N][N], c[N][N];

__attribute__((export_name("run"))) int run(int rounds) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) a[i][j] = i - j, b[i][j] = i * 0.5 + j;
    double trace = 0;
    while (rounds-- > 0) {
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                double sum = 0;
                for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
                c[i][j] = sum;
            }
        for (int i = 0; i < N; i++) trace += c[i][i], a[i][i] += 1;
    }
    return (int)(long long)trace;
}
