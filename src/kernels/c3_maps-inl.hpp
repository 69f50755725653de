// C3 for one sample in training: lanes are maps, a column of LANES maps at a time, states [pixel][lane].
// All 96 kernels are kept, [input][tap][lane]; those that the table leaves out stay 0, because their learning rate is 0.
// Tiles keep five neighbours in registers, so that each number that is loaded is used five times.

constexpr int COLUMN = C3_SIDE * C3_SIDE * LANES, S4_COLUMN = S4_SIDE * S4_SIDE * LANES, KERNELS_SIZE = C1_MAPS * TAPS * LANES;

// The sums of a column. A tile is a row of 10 pixels; an input pixel is multiplied by the five weights of a kernel's row.
SHARED void forward_column(const float* s2, const float* weight, Vec bias, float* c3) {
    for (int y = 0; y < C3_SIDE; y++) {
        Vec s[C3_SIDE];
        UNROLL for (int x = 0; x < C3_SIDE; x++) s[x] = bias;
        for (int i = 0; i < C1_MAPS; i++)
            for (int ky = 0; ky < KERNEL; ky++) {
                const float *in = s2 + i * S2_PITCHED + (y + ky) * S2_SIDE, *w = weight + (i * TAPS + ky * KERNEL) * LANES;
                Vec a[KERNEL];
                UNROLL for (int kx = 0; kx < KERNEL; kx++) a[kx] = load(w + kx * LANES);
                UNROLL for (int x = 0; x < S2_SIDE; x++) {
                    Vec v = broadcast(in[x]);
                    UNROLL for (int kx = 0; kx < KERNEL; kx++)
                        if (x - kx >= 0 && x - kx < C3_SIDE) s[x - kx] = fma(a[kx], v, s[x - kx]);
                    RELOAD;
                }
            }
        UNROLL for (int x = 0; x < C3_SIDE; x++) store(c3 + (y * C3_SIDE + x) * LANES, s[x]);
    }
}

// What some columns add to the deltas of one map of S2. A tile is a row of 14 pixels; the lanes are added up at the end.
SHARED void backward_columns(const float* delta, const float* weight, int columns, int i, float* delta2) {
    for (int y = 0; y < S2_SIDE; y++) {
        constexpr int ROUNDED = (S2_SIDE + LANES - 1) / LANES * LANES;
        Vec s[ROUNDED];
        UNROLL for (int x = 0; x < ROUNDED; x++) s[x] = broadcast(0.0f);
        const int low = y < C3_SIDE ? 0 : y - C3_SIDE + 1, high = y < KERNEL ? y : KERNEL - 1;
        for (int q = 0; q < columns; q++)
            for (int ky = low; ky <= high; ky++) {
                const float* row = delta + q * COLUMN + (y - ky) * C3_SIDE * LANES;
                const float* w = weight + q * KERNELS_SIZE + (i * TAPS + ky * KERNEL) * LANES;
                UNROLL for (int kx = 0; kx < KERNEL; kx++) {
                    RELOAD;
                    Vec a = load(w + kx * LANES);
                    UNROLL for (int x = 0; x < C3_SIDE; x++) s[x + kx] = fma(a, load(row + x * LANES), s[x + kx]);
                }
            }
        // the numbers past a row's end are overwritten by the next row
        UNROLL for (int x = 0; x < ROUNDED; x += LANES) {
            Vec part[LANES];
            UNROLL for (int l = 0; l < LANES; l++) part[l] = s[x + l];
            store(delta2 + y * S2_SIDE + x, sums(part));
        }
    }
}
