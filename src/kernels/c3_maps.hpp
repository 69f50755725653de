// C3 for one sample in training: lanes are its maps, a column of LANES maps at a time, [column][pixel][lane].
// All 6 x 16 kernels are kept, [input][tap][map]; those that the table leaves out stay 0, because their rate is 0.

// C3's parameters into the packed form, and back.
static void pack_c3(const Batch& b, Single& s) {
    const Network& n = *b.network;
    const Update& u = *b.update;
    const int at = n.offset[C3_WEIGHT];
    for (int i = 0; i < PACKED; i++) s.weight3[i] = s.velocity3[i] = s.scale3[i] = 0;
    for (int m = 0; m < C3_MAPS; m++)
        for (int k = n.first[m]; k < n.first[m + 1]; k++)
            for (int tap = 0; tap < TAPS; tap++) {
                const int to = (n.source[k] * TAPS + tap) * C3_MAPS + m, from = at + k * TAPS + tap;
                s.weight3[to] = u.weights[from], s.velocity3[to] = u.velocity[from], s.scale3[to] = u.scales ? u.scales[from] : 1;
            }
}

static void unpack_c3(const Batch& b, Single& s) {
    const Network& n = *b.network;
    for (int m = 0; m < C3_MAPS; m++)
        for (int k = n.first[m]; k < n.first[m + 1]; k++)
            for (int tap = 0; tap < TAPS; tap++) {
                const int from = (n.source[k] * TAPS + tap) * C3_MAPS + m, to = n.offset[C3_WEIGHT] + k * TAPS + tap;
                b.update->weights[to] = s.weight3[from], b.update->velocity[to] = s.velocity3[from];
            }
}

INLINE Vec column_of(const Network& n, const float* w, Array array, int q) { return load(w + n.offset[array] + q * LANES); }

// Phase 1: a column of C3 and S4; tiles are a row of 10 pixels.
template <int A, int P> SHARED void enter_columns(const Network& n, const float* w, int q, Single& s) {
    constexpr int SIZE = C3_SIDE * C3_SIDE * LANES;
    float *c3 = s.c3 + q * SIZE, *s4 = s.s4_columns + q * TAPS * LANES;
    const Vec bias = column_of(n, w, C3_BIAS, q);
    for (int y = 0; y < C3_SIDE; y++) {
        Vec sums[C3_SIDE];
        UNROLL for (int x = 0; x < C3_SIDE; x++) sums[x] = bias;
        for (int i = 0; i < C1_MAPS; i++)
            for (int ky = 0; ky < KERNEL; ky++) {
                const float* in = s.s2 + i * S2_PITCHED + (y + ky) * S2_SIDE;
                const float* weight = s.weight3 + (i * TAPS + ky * KERNEL) * C3_MAPS + q * LANES;
                UNROLL for (int kx = 0; kx < KERNEL; kx++) {
                    RELOAD;
                    Vec a = load(weight + kx * C3_MAPS);
                    UNROLL for (int x = 0; x < C3_SIDE; x++) sums[x] = fma(a, spread(in[x + kx]), sums[x]);
                }
            }
        UNROLL for (int x = 0; x < C3_SIDE; x++) store(c3 + (y * C3_SIDE + x) * LANES, sums[x]);
    }
    const Vec zero = spread(0.0f);
    for (int y = 0; y < S4_SIDE; y++)
        subsample<A, P>(c3 + 2 * y * C3_SIDE * LANES, S4_SIDE, P == TRAINABLE ? column_of(n, w, S4_COEFFICIENT, q) : zero,
                        P == TRAINABLE ? column_of(n, w, S4_BIAS, q) : zero, s4 + y * S4_SIDE * LANES, LANES, nullptr);
    for (int l = 0; l < LANES; l++)
        for (int p = 0; p < TAPS; p++) s.s4[(q * LANES + l) * TAPS + p] = s4[p * LANES + l];
}

// The gradient of a column's kernels: tiles are two inputs and a row of the kernel.
SHARED void meet_columns(const float* flow, int q, Single& s) {
    for (int i = 0; i < C1_MAPS; i += 2)
        for (int ky = 0; ky < KERNEL; ky++) {
            Vec g[2][KERNEL];
            UNROLL for (int kx = 0; kx < KERNEL; kx++) g[0][kx] = g[1][kx] = spread(0.0f);
            for (int y = 0; y < C3_SIDE; y++) {
                const float* in = s.s2 + i * S2_PITCHED + (y + ky) * S2_SIDE;
                for (int x = 0; x < C3_SIDE; x++) {
                    RELOAD;
                    Vec d = load(flow + (y * C3_SIDE + x) * LANES);
                    UNROLL for (int kx = 0; kx < KERNEL; kx++) {
                        g[0][kx] = fma(d, spread(in[x + kx]), g[0][kx]);
                        g[1][kx] = fma(d, spread(in[S2_PITCHED + x + kx]), g[1][kx]);
                    }
                }
            }
            UNROLL for (int kx = 0; kx < KERNEL; kx++) UNROLL for (int j = 0; j < 2; j++)
                store(s.gradient3 + ((i + j) * TAPS + ky * KERNEL + kx) * C3_MAPS + q * LANES, g[j][kx]);
        }
}

// From the flows into S4's states (s.flow4) to those of C3's sums, in place of its states; updates S4 and C3's biases.
template <int A, int P, int PLAIN, int SCALED> static void return_columns(const Batch& b, int q, Single& s) {
    const Network& n = *b.network;
    const Update& u = *b.update;
    float* rows = s.c3 + q * C3_SIDE * C3_SIDE * LANES;
    float *flow = s.flow4_columns + q * TAPS * LANES, *s4 = s.s4_columns + q * TAPS * LANES;
    for (int l = 0; l < LANES; l++)
        for (int p = 0; p < TAPS; p++) flow[p * LANES + l] = s.flow4[(q * LANES + l) * TAPS + p];
    if (P == TRAINABLE)
        for (int i = 0; i < TAPS * LANES; i += LANES) store(flow + i, load(flow + i) * slope<A>(load(s4 + i)));
    const Vec zero = spread(0.0f);
    Shares shares = {zero, zero, zero};
    for (int y = 0; y < S4_SIDE; y++)
        unsample<A, P>(rows + 2 * y * C3_SIDE * LANES, S4_SIDE, flow + y * S4_SIDE * LANES, LANES,
                       P == TRAINABLE ? column_of(n, b.weights, S4_COEFFICIENT, q) : zero, 0, rows + 2 * y * C3_SIDE * LANES, shares);
    auto move_column = [&](Array array, Vec g) {
        const int at = n.offset[array] + q * LANES;
        nudge<PLAIN, SCALED>(u, at, load(u.weights + at), g);
    };
    if (P == TRAINABLE) move_column(S4_COEFFICIENT, shares.coefficient), move_column(S4_BIAS, shares.pooled_bias);
    move_column(C3_BIAS, shares.bias);
    meet_columns(rows, q, s);
}

// The flows into one map of S2: tiles are a row of 14, lanes are added up at the end.
SHARED void return_one_map(Single& s, int i, float* flow2) {
    for (int y = 0; y < S2_SIDE; y++) {
        Vec sums[S2_SIDE];
        UNROLL for (int x = 0; x < S2_SIDE; x++) sums[x] = spread(0.0f);
        const int low = y < C3_SIDE ? 0 : y - C3_SIDE + 1, high = y < KERNEL ? y : KERNEL - 1;
        for (int q = 0; q < PARTS; q++)
            for (int ky = low; ky <= high; ky++) {
                const float* row = s.c3 + q * C3_SIDE * C3_SIDE * LANES + (y - ky) * C3_SIDE * LANES;
                const float* weight = s.weight3 + (i * TAPS + ky * KERNEL) * C3_MAPS + q * LANES;
                UNROLL for (int kx = 0; kx < KERNEL; kx++) {
                    RELOAD;
                    Vec a = load(weight + kx * C3_MAPS);
                    UNROLL for (int x = 0; x < C3_SIDE; x++) sums[x + kx] = fma(a, load(row + x * LANES), sums[x + kx]);
                }
            }
        UNROLL for (int x = 0; x < S2_SIDE; x++) flow2[y * S2_SIDE + x] = sum(sums[x]);
    }
}
