// One image alone, for latency.
//
// Lanes are pixels of a map laid out flat. A convolution is then, tap by tap, the whole map shifted: the outputs keep
// the pitch of the inputs, and the columns past the last output hold what nobody reads. C5 and F6 take lanes over
// their inputs.

constexpr int C1_PITCHED = C1_SIDE * FIELD, C3_PITCHED = 144, S2_PITCHED = 208;
constexpr int C3_VECTORS = 136 / LANES;  // 9 rows of 14 and 10 pixels

struct Single {
    float *field, *c1, *s2, *c3, *s4, *c5, *f6;
    explicit Single(float* at) {
        auto take = [&](int size) { float* p = at; at += (size + 15) & ~15; return p; };
        field = take(FIELD * FIELD + 32), c1 = take(C1_MAPS * C1_PITCHED), s2 = take(C1_MAPS * S2_PITCHED);
        c3 = take(C3_MAPS * C3_PITCHED), s4 = take(S4_UNITS + 16), c5 = take(C5_UNITS + 8), f6 = take(96);
    }
};
constexpr size_t SINGLE_FLOATS = FIELD * FIELD + 32 + C1_MAPS * (C1_PITCHED + S2_PITCHED) + C3_MAPS * C3_PITCHED + S4_UNITS + 16 + C5_UNITS + 8 + 96;

// V vectors of MAPS maps from one map: `step` from one map's kernel to the next one's.
template <int MAPS, int V> INLINE void shift_and_add(const float* in, int pitch, const float* w, int step, Vec (&s)[MAPS][V]) {
    for (int ky = 0; ky < KERNEL; ky++)
        UNROLL for (int kx = 0; kx < KERNEL; kx++) {
            Vec a[MAPS];
            UNROLL for (int m = 0; m < MAPS; m++) a[m] = spread(w[m * step + ky * KERNEL + kx]);
            UNROLL for (int i = 0; i < V; i++) {
                Vec v = load(in + ky * pitch + kx + i * LANES);
                UNROLL for (int m = 0; m < MAPS; m++) s[m][i] = fma(a[m], v, s[m][i]);
            }
        }
}

// Sums of MAPS maps of C1, tiles of MAPS x 4 vectors.
template <int MAPS> SHARED void shift_c1(const float* field, const float* weight, const float* bias, int m, float* c1) {
    for (int at = 0; at < C1_PITCHED; at += 4 * LANES) {
        Vec s[MAPS][4];
        UNROLL for (int i = 0; i < MAPS; i++) UNROLL for (int v = 0; v < 4; v++) s[i][v] = spread(bias[m + i]);
        shift_and_add<MAPS, 4>(field + at, FIELD, weight + m * TAPS, TAPS, s);
        UNROLL for (int i = 0; i < MAPS; i++) UNROLL for (int v = 0; v < 4; v++)
            store(c1 + (m + i) * C1_PITCHED + at + v * LANES, s[i][v]);
    }
}

// V vectors of one map of C3 from `at`.
template <int V> SHARED void shift_c3(const Network& n, const float* s2, const float* weight, float bias, int m, int at, float* c3) {
    Vec s[1][V];
    UNROLL for (int i = 0; i < V; i++) s[0][i] = spread(bias);
    for (int k = n.first[m]; k < n.first[m + 1]; k++)
        shift_and_add<1, V>(s2 + n.source[k] * S2_PITCHED + at, S2_SIDE, weight + k * TAPS, 0, s);
    UNROLL for (int i = 0; i < V; i++) store(c3 + m * C3_PITCHED + at + i * LANES, s[0][i]);
}

// Sums of `units` units from u on, lanes over the inputs: 12 at a time.
SHARED void connect_one(const float* in, int inputs, const float* weight, const float* bias, int u, int end, float* out) {
    constexpr int U = 12;
    for (; u < end; u += U) {
        Vec s[U];
        const float* w = weight + (size_t)u * inputs;
        UNROLL for (int i = 0; i < U; i++) s[i] = spread(0.0f);
        for (int j = 0; j < inputs; j += LANES) {
            Vec v = load(in + j);
            UNROLL for (int i = 0; i < U; i++) s[i] = fma(load(w + i * inputs + j), v, s[i]);
        }
        UNROLL for (int i = 0; i < U; i++) out[u + i] = sum(s[i]) + bias[u + i];
    }
}

// `pitch`: from one class's codes or weights to the next one's.
SHARED void measure_penalties_one(const Network& n, const float* w, int pitch, const float* bias, const float* f6, float* y) {
    for (int c = 0; c < n.classes; c++, w += pitch) {
        Vec s = spread(0.0f);
        int j = 0;
        for (; j + LANES <= F6_UNITS; j += LANES) {
            Vec x = load(f6 + j), a = load(w + j);
            s = n.output == RBF ? fma(x - a, x - a, s) : fma(x, a, s);
        }
        float total = sum(s);
        for (; j < F6_UNITS; j++) total += n.output == RBF ? (f6[j] - w[j]) * (f6[j] - w[j]) : f6[j] * w[j];
        y[c] = n.output == RBF ? total : -(total + bias[c]);
    }
}

// Squash a pitched map in place and subsample it to side x side; some numbers more are written after them.
template <int A, int P> INLINE void subsample_flat(float* map, int length, int pitch, int side, float coefficient, float bias, float* out) {
    for (int i = 0; i < length; i += LANES) store(map + i, squash<A>(load(map + i)));
    for (int y = 0; y < side; y++) subsample_row<P>(map + 2 * y * pitch, pitch, side, coefficient, bias, out + y * side);
}

// Three maps of C1 and S2.
template <int A, int P> INLINE void enter_three_maps(const float* field, const float* weight, const float* bias, const float* coefficient,
                                                     const float* pooled_bias, float* c1, float* s2) {
    shift_c1<3>(field, weight, bias, 0, c1);
    for (int m = 0; m < 3; m++) {
        float* out = s2 + m * S2_PITCHED;
        subsample_flat<A, P>(c1 + m * C1_PITCHED, C1_PITCHED, FIELD, S2_SIDE, P == TRAINABLE ? coefficient[m] : 0, P == TRAINABLE ? pooled_bias[m] : 0, out);
        if (P == TRAINABLE)
            for (int i = 0; i < S2_SIDE * S2_SIDE; i += LANES) store(out + i, squash<A>(load(out + i)));
    }
}

template <int A, int P> static void recognize_alone(const Network& n, const float* w, const Images& images, int sample, Single& s, float* penalties) {
    fill_one(images, sample, s.field);
    for (int m = 0; m < C1_MAPS; m += 3)
        enter_three_maps<A, P>(s.field, w + n.offset[C1_WEIGHT] + m * TAPS, w + n.offset[C1_BIAS] + m, w + n.offset[S2_COEFFICIENT] + m,
                               w + n.offset[S2_BIAS] + m, s.c1 + m * C1_PITCHED, s.s2 + m * S2_PITCHED);
    for (int m = 0; m < C3_MAPS; m++) {
        const float* weight = w + n.offset[C3_WEIGHT];
        const float bias = w[n.offset[C3_BIAS] + m];
        for (int at = 0; at < C3_VECTORS * LANES; at += 17 * LANES) {
            shift_c3<9>(n, s.s2, weight, bias, m, at, s.c3);
            shift_c3<8>(n, s.s2, weight, bias, m, at + 9 * LANES, s.c3);
        }
        subsample_flat<A, P>(s.c3 + m * C3_PITCHED, C3_VECTORS * LANES, S2_SIDE, S4_SIDE, P == TRAINABLE ? w[n.offset[S4_COEFFICIENT] + m] : 0,
                             P == TRAINABLE ? w[n.offset[S4_BIAS] + m] : 0, s.s4 + m * TAPS);
    }
    for (int i = 0; P == TRAINABLE && i < S4_UNITS; i += LANES) store(s.s4 + i, squash<A>(load(s.s4 + i)));
    connect_one(s.s4, S4_UNITS, w + n.offset[C5_WEIGHT], w + n.offset[C5_BIAS], 0, C5_UNITS, s.c5);
    for (int i = 0; i < C5_UNITS; i += LANES) store(s.c5 + i, squash<A>(load(s.c5 + i)));
    connect_one(s.c5, C5_UNITS, w + n.offset[F6_WEIGHT], w + n.offset[F6_BIAS], 0, F6_UNITS, s.f6);
    for (int i = 0; i < F6_UNITS; i += LANES) store(s.f6 + i, squash<A>(load(s.f6 + i)));
    measure_penalties_one(n, n.output == RBF ? n.codes : w + n.offset[OUTPUT_WEIGHT], F6_UNITS, w + n.offset[OUTPUT_BIAS], s.f6, penalties);
}
