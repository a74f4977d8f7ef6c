//! Heapsort of doubles, in place.

enum { N = 20000 };
static double heap[N];

static void sift(int root, int end) {
    double value = heap[root];
    for (int child; (child = 2 * root + 1) < end; root = child) {
        if (child + 1 < end && heap[child] < heap[child + 1]) child++;
        if (heap[child] <= value) break;
        heap[root] = heap[child];
    }
    heap[root] = value;
}

__attribute__((export_name("run"))) int run(int rounds) {
    unsigned x = 7;
    double sum = 0;
    while (rounds-- > 0) {
        for (int i = 0; i < N; i++) heap[i] = (x = x * 1664525 + 1013904223) >> 8;
        for (int i = N / 2; i-- > 0;) sift(i, N);
        for (int end = N; --end > 0;) {
            double top = heap[0];
            heap[0] = heap[end], heap[end] = top;
            sift(0, end);
        }
        for (int i = 0; i < N; i += 100) sum += heap[i];
    }
    return (int)(long long)sum;
}
