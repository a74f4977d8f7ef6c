//! Quicksort, then a check by binary search: branches that are hard to predict.

enum { N = 20000 };
static int data[N];

static void sort(int *from, int *to) {
    while (to - from > 1) {
        int pivot = from[(to - from) / 2], *i = from, *j = to - 1;
        while (i <= j) {
            while (*i < pivot) i++;
            while (*j > pivot) j--;
            if (i <= j) {
                int t = *i;
                *i++ = *j, *j-- = t;
            }
        }
        sort(from, j + 1);
        from = i;
    }
}

__attribute__((export_name("run"))) int run(int rounds) {
    unsigned x = 7, found = 0;
    while (rounds-- > 0) {
        for (int i = 0; i < N; i++) data[i] = (int)(x = x * 1664525 + 1013904223) >> 8;
        sort(data, data + N);
        for (int i = 0; i < N; i++) {
            int low = 0, high = N, wanted = (int)(x = x * 1664525 + 1013904223) >> 8;
            while (low < high) {
                int middle = (low + high) / 2;
                if (data[middle] < wanted) low = middle + 1;
                else high = middle;
            }
            found += (unsigned)low;
        }
    }
    return (int)found;
}
