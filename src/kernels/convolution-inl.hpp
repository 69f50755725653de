// C1 and C3 for a lane block: [map][y][x][lane], lanes are samples, so that a weight is the same in all lanes.
// A tile is as many sums as the 16 registers hold; each value that is loaded is used for several of them.

// C1, one row of all six maps. A tile is 6 maps x 2 pixels: 6 weights and 2 pixels are loaded for 12 products.
SHARED void convolve_c1(const float* field, const float* weight, const float* bias, int y, float* c1) {
    for (int x = 0; x < C1_SIDE; x += 2) {
        Vec s[C1_MAPS][2];
        UNROLL for (int m = 0; m < C1_MAPS; m++) s[m][0] = s[m][1] = broadcast(bias[m]);
        for (int ky = 0; ky < KERNEL; ky++) {
            const float* at = field + ((y + ky) * FIELD + x) * LANES;
            UNROLL for (int kx = 0; kx < KERNEL; kx++) {
                Vec a = load(at + kx * LANES), b = load(at + (kx + 1) * LANES);
                UNROLL for (int m = 0; m < C1_MAPS; m++) {
                    Vec w = broadcast(weight[m * TAPS + ky * KERNEL + kx]);
                    s[m][0] = fma(w, a, s[m][0]);
                    s[m][1] = fma(w, b, s[m][1]);
                }
            }
        }
        UNROLL for (int m = 0; m < C1_MAPS; m++) UNROLL for (int p = 0; p < 2; p++)
            store(c1 + ((m * C1_SIDE + y) * C1_SIDE + x + p) * LANES, s[m][p]);
    }
}

// C3, two rows of one map, connected inputs only. A tile is 2 rows x 5 pixels; an input row is used for both.
SHARED void convolve_c3(const Network& n, const float* s2, const float* weight, const float* bias, int m, int y, float* c3) {
    float* out = c3 + (m * C3_SIDE + y) * C3_SIDE * LANES;
    for (int x = 0; x < C3_SIDE; x += 5) {
        Vec s[2][5];
        UNROLL for (int p = 0; p < 5; p++) s[0][p] = s[1][p] = broadcast(bias[m]);
        for (int k = n.first[m]; k < n.first[m + 1]; k++) {
            const float* in = s2 + ((n.source[k] * S2_SIDE + y) * S2_SIDE + x) * LANES;
            const float* w = weight + k * TAPS;
            auto row = [&](int r, auto upper, auto lower) __attribute__((always_inline)) {
                UNROLL for (int kx = 0; kx < KERNEL; kx++) {
                    Vec a = broadcast(upper.value ? w[r * KERNEL + kx] : 0), b = broadcast(lower.value ? w[(r - 1) * KERNEL + kx] : 0);
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

// The gradient of one row of the kernels of two maps: 2 x 5 sums over all pixels of deltas times inputs. `delta0`,
// `delta1` and `in` are where these begin; the pitch is in pixels; the sums are added to g[kx][lane] of each map.
template <int WIDTH> INLINE void gradient_kernel_row(const float* delta0, const float* delta1, const float* in, int rows, int in_pitch,
                                                 float* g0, float* g1) {
    Vec s[2][KERNEL];
    UNROLL for (int k = 0; k < KERNEL; k++) s[0][k] = load(g0 + k * LANES), s[1][k] = load(g1 + k * LANES);
    for (int y = 0; y < rows; y++) {
        for (int x = 0; x < WIDTH; x++) {
            Vec a = load(delta0 + (y * WIDTH + x) * LANES), b = load(delta1 + (y * WIDTH + x) * LANES);
            UNROLL for (int k = 0; k < KERNEL; k++) {
                Vec v = load(in + (y * in_pitch + x + k) * LANES);
                s[0][k] = fma(a, v, s[0][k]);
                s[1][k] = fma(b, v, s[1][k]);
            }
        }
    }
    UNROLL for (int k = 0; k < KERNEL; k++) store(g0 + k * LANES, s[0][k]), store(g1 + k * LANES, s[1][k]);
}

// The gradient of C1's kernels from two rows of deltas, [map][2][28]; all rows together are never stored.
SHARED void gradient_c1(const float* delta, const float* field, int y, float* g) {
    for (int m = 0; m < C1_MAPS; m += 2)
        for (int ky = 0; ky < KERNEL; ky++)
            gradient_kernel_row<C1_SIDE>(delta + m * 2 * C1_SIDE * LANES, delta + (m + 1) * 2 * C1_SIDE * LANES,
                                     field + (y + ky) * FIELD * LANES, 2, FIELD,
                                     g + (m * TAPS + ky * KERNEL) * LANES, g + ((m + 1) * TAPS + ky * KERNEL) * LANES);
}

// Which maps of C3 read each map of S2, and by which kernel: the table by columns.
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

// The gradient of C3's kernels, two maps at a time: every input map is read by an even number of maps, 10 or 16.
SHARED void gradient_c3(const Readers& r, const float* delta, const float* s2, float* g) {
    for (int i = 0; i < C1_MAPS; i++)
        for (int j = 0; j < r.count[i]; j += 2)
            for (int ky = 0; ky < KERNEL; ky++)
                gradient_kernel_row<C3_SIDE>(delta + r.map[i][j] * C3_SIDE * C3_SIDE * LANES, delta + r.map[i][j + 1] * C3_SIDE * C3_SIDE * LANES,
                                         s2 + (i * S2_SIDE + ky) * S2_SIDE * LANES, C3_SIDE, S2_SIDE,
                                         g + (r.kernel[i][j] * TAPS + ky * KERNEL) * LANES, g + (r.kernel[i][j + 1] * TAPS + ky * KERNEL) * LANES);
}

// The deltas of row y of a map of S2. A tile is the whole row of 14 pixels, to which each row of C3's deltas adds all
// of its products, so that no padding is computed.
SHARED void backward_c3(const Readers& r, const float* delta, const float* weight, int i, int y, float* row) {
    Vec s[S2_SIDE];
    UNROLL for (int x = 0; x < S2_SIDE; x++) s[x] = broadcast(0.0f);
    const int low = y < C3_SIDE ? 0 : y - C3_SIDE + 1, high = y < KERNEL ? y : KERNEL - 1;
    for (int j = 0; j < r.count[i]; j++) {
        const float* in = delta + (r.map[i][j] * C3_SIDE + y - low) * C3_SIDE * LANES;
        const float* w = weight + r.kernel[i][j] * TAPS + low * KERNEL;
        for (int ky = low; ky <= high; ky++, in -= C3_SIDE * LANES, w += KERNEL) {
            const Vec last = load(in + (C3_SIDE - 1) * LANES);
            UNROLL for (int kx = 0; kx < KERNEL; kx++) {
                RELOAD;
                Vec a = broadcast(w[kx]);
                UNROLL for (int x = 0; x < C3_SIDE - 1; x++) s[x + kx] = fma(a, load(in + x * LANES), s[x + kx]);
                s[C3_SIDE - 1 + kx] = fma(a, last, s[C3_SIDE - 1 + kx]);
            }
        }
    }
    UNROLL for (int x = 0; x < S2_SIDE; x++) store(row + x * LANES, s[x]);
}
