// C1 and C3 for a lane block: [map][y][x][lane], lanes are samples, so that a weight is the same in all lanes.
// Tiles are as many sums as the 16 registers hold; each value that is loaded meets several of them.

INLINE int kernels_of(const Network& n) { return n.first[C3_MAPS]; }

// C1, one row of all six maps: tiles of 6 maps x 2 pixels, 6 weights and 2 pixels loaded for 12 products.
SHARED void convolve_c1(const float* field, const float* weight, const float* bias, int y, float* c1) {
    for (int x = 0; x < C1_SIDE; x += 2) {
        Vec s[C1_MAPS][2];
        UNROLL for (int m = 0; m < C1_MAPS; m++) s[m][0] = s[m][1] = spread(bias[m]);
        for (int ky = 0; ky < KERNEL; ky++) {
            const float* at = field + ((y + ky) * FIELD + x) * LANES;
            UNROLL for (int kx = 0; kx < KERNEL; kx++) {
                Vec a = load(at + kx * LANES), b = load(at + (kx + 1) * LANES);
                UNROLL for (int m = 0; m < C1_MAPS; m++) {
                    Vec w = spread(weight[m * TAPS + ky * KERNEL + kx]);
                    s[m][0] = fma(w, a, s[m][0]);
                    s[m][1] = fma(w, b, s[m][1]);
                }
            }
        }
        UNROLL for (int m = 0; m < C1_MAPS; m++) UNROLL for (int p = 0; p < 2; p++)
            store(c1 + ((m * C1_SIDE + y) * C1_SIDE + x + p) * LANES, s[m][p]);
    }
}

// C3, two rows of one map, connected inputs only: tiles of 2 rows x 5 pixels; an input row feeds both rows.
SHARED void convolve_c3(const Network& n, const float* s2, const float* weight, const float* bias, int m, int y, float* c3) {
    float* out = c3 + (m * C3_SIDE + y) * C3_SIDE * LANES;
    for (int x = 0; x < C3_SIDE; x += 5) {
        Vec s[2][5];
        UNROLL for (int p = 0; p < 5; p++) s[0][p] = s[1][p] = spread(bias[m]);
        for (int k = n.first[m]; k < n.first[m + 1]; k++) {
            const float* in = s2 + ((n.source[k] * S2_SIDE + y) * S2_SIDE + x) * LANES;
            const float* w = weight + k * TAPS;
            auto row = [&](int r, auto upper, auto lower) __attribute__((always_inline)) {
                UNROLL for (int kx = 0; kx < KERNEL; kx++) {
                    Vec a = spread(upper.value ? w[r * KERNEL + kx] : 0), b = spread(lower.value ? w[(r - 1) * KERNEL + kx] : 0);
                    UNROLL for (int p = 0; p < 5; p++) {
                        Vec v = load(in + (r * S2_SIDE + p + kx) * LANES);
                        if (upper.value) s[0][p] = fma(a, v, s[0][p]);
                        if (lower.value) s[1][p] = fma(b, v, s[1][p]);
                    }
                }
            };
            row(0, Is<1>{}, Is<0>{});
            for (int r = 1; r < KERNEL; r++) row(r, Is<1>{}, Is<1>{});
            row(KERNEL, Is<0>{}, Is<1>{});
        }
        UNROLL for (int p = 0; p < 5; p++) {
            store(out + (x + p) * LANES, s[0][p]);
            store(out + (C3_SIDE + x + p) * LANES, s[1][p]);
        }
    }
}

// Some rows of flows meet their inputs: for two maps, one row of the kernel: 2 x 5 sums over all pixels.
// `flow` and `in` are where the two begin; pitches in pixels; sums go to g[kx][lane] of each map.
template <int WIDTH> INLINE void meet_kernel_row(const float* flow0, const float* flow1, const float* in, int rows, int in_pitch,
                                                 float* g0, float* g1) {
    Vec s[2][KERNEL];
    UNROLL for (int k = 0; k < KERNEL; k++) s[0][k] = load(g0 + k * LANES), s[1][k] = load(g1 + k * LANES);
    for (int y = 0; y < rows; y++) {
        for (int x = 0; x < WIDTH; x++) {
            Vec a = load(flow0 + (y * WIDTH + x) * LANES), b = load(flow1 + (y * WIDTH + x) * LANES);
            UNROLL for (int k = 0; k < KERNEL; k++) {
                Vec v = load(in + (y * in_pitch + x + k) * LANES);
                s[0][k] = fma(a, v, s[0][k]);
                s[1][k] = fma(b, v, s[1][k]);
            }
        }
    }
    UNROLL for (int k = 0; k < KERNEL; k++) store(g0 + k * LANES, s[0][k]), store(g1 + k * LANES, s[1][k]);
}

// Gradient of C1's kernels from two rows of flows [map][2][28], which are never stored whole.
SHARED void meet_c1(const float* flow, const float* field, int y, float* g) {
    for (int m = 0; m < C1_MAPS; m += 2)
        for (int ky = 0; ky < KERNEL; ky++)
            meet_kernel_row<C1_SIDE>(flow + m * 2 * C1_SIDE * LANES, flow + (m + 1) * 2 * C1_SIDE * LANES,
                                     field + (y + ky) * FIELD * LANES, 2, FIELD,
                                     g + (m * TAPS + ky * KERNEL) * LANES, g + ((m + 1) * TAPS + ky * KERNEL) * LANES);
}

// Which maps of C3 read each map of S2, and by which kernel: the table read the other way.
struct Readers {
    int count[C1_MAPS], map[C1_MAPS][C3_MAPS], kernel[C1_MAPS][C3_MAPS];

    explicit Readers(const Network& n) {
        for (int i = 0; i < C1_MAPS; i++) count[i] = 0;
        for (int m = 0; m < C3_MAPS; m++)
            for (int k = n.first[m]; k < n.first[m + 1]; k++) {
                const int i = n.source[k];
                map[i][count[i]] = m, kernel[i][count[i]++] = k;
            }
    }
};

// Gradient of C3's kernels. An input map feeds an even number of maps, 10 by the table and 16 in full: pairs of them.
SHARED void meet_c3(const Readers& r, const float* flow, const float* s2, float* g) {
    for (int i = 0; i < C1_MAPS; i++)
        for (int j = 0; j < r.count[i]; j += 2)
            for (int ky = 0; ky < KERNEL; ky++)
                meet_kernel_row<C3_SIDE>(flow + r.map[i][j] * C3_SIDE * C3_SIDE * LANES, flow + r.map[i][j + 1] * C3_SIDE * C3_SIDE * LANES,
                                         s2 + (i * S2_SIDE + ky) * S2_SIDE * LANES, C3_SIDE, S2_SIDE,
                                         g + (r.kernel[i][j] * TAPS + ky * KERNEL) * LANES, g + (r.kernel[i][j + 1] * TAPS + ky * KERNEL) * LANES);
}

// Flows back through C3 into row y of a map of S2: a tile is the whole row of 14, each row of flows gives all it has
// for it, so no padding is computed.
SHARED void return_c3(const Readers& r, const float* flow, const float* weight, int i, int y, float* row) {
    Vec s[S2_SIDE];
    UNROLL for (int x = 0; x < S2_SIDE; x++) s[x] = spread(0.0f);
    const int low = y < C3_SIDE ? 0 : y - C3_SIDE + 1, high = y < KERNEL ? y : KERNEL - 1;
    for (int j = 0; j < r.count[i]; j++) {
        const float* in = flow + (r.map[i][j] * C3_SIDE + y - low) * C3_SIDE * LANES;
        const float* w = weight + r.kernel[i][j] * TAPS + low * KERNEL;
        for (int ky = low; ky <= high; ky++, in -= C3_SIDE * LANES, w += KERNEL) {
            const Vec last = load(in + (C3_SIDE - 1) * LANES);
            UNROLL for (int kx = 0; kx < KERNEL; kx++) {
                RELOAD;
                Vec a = spread(w[kx]);
                UNROLL for (int x = 0; x < C3_SIDE - 1; x++) s[x + kx] = fma(a, load(in + x * LANES), s[x + kx]);
                s[C3_SIDE - 1 + kx] = fma(a, last, s[C3_SIDE - 1 + kx]);
            }
        }
    }
    UNROLL for (int x = 0; x < S2_SIDE; x++) store(row + x * LANES, s[x]);
}
