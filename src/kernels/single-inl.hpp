// One image alone, for latency.
//
// Lanes are pixels of a map, row after row. A convolution then adds up the whole map, shifted by each tap and multiplied
// by its weight. C1's outputs keep the pitch of its inputs; the columns past the last output are never read. In C3 these
// would be four of every 14 columns, so S2 is copied once for each column of the kernel, ten pixels of every row. In C5
// and F6 lanes are inputs.

constexpr int C1_PITCHED = C1_SIDE * FIELD, S2_PITCHED = pad(S2_SIDE * S2_SIDE);
constexpr int C3_ROOM = pad(C3_SIDE * C3_SIDE);                                 // 100 pixels, and what is read and written past them
constexpr int SHIFTED = pad(S2_SIDE * C3_SIDE), SHIFTED_SIZE = C1_MAPS * KERNEL * SHIFTED + 16;  // 14 rows of 10, likewise
constexpr int C3_PIXELS = (C3_SIDE * C3_SIDE + LANES - 1) / LANES * LANES;

struct Single {
    float *field, *c1, *s2, *shifted, *c3, *s4, *c5, *f6;
    explicit Single(float* at) {
        auto take = [&](int size) { float* p = at; at += pad(size); return p; };
        field = take(FIELD * FIELD + 32), c1 = take(C1_MAPS * C1_PITCHED), s2 = take(C1_MAPS * S2_PITCHED), shifted = take(SHIFTED_SIZE);
        c3 = take(C3_MAPS * C3_ROOM), s4 = take(S4_UNITS + 16), c5 = take(C5_PADDED), f6 = take(F6_PADDED);
    }
};
constexpr size_t SINGLE_FLOATS = FIELD * FIELD + 32 + C1_MAPS * (C1_PITCHED + S2_PITCHED) + SHIFTED_SIZE + C3_MAPS * C3_ROOM + S4_UNITS + 16 + C5_PADDED + F6_PADDED;

// Add one input map to V vectors of MAPS maps; `step`: from one map's kernel to the next one's.
template <int MAPS, int V> INLINE void shift_and_add(const float* in, int pitch, const float* w, int step, Vec (&s)[MAPS][V]) {
    for (int ky = 0; ky < KERNEL; ky++)
        UNROLL for (int kx = 0; kx < KERNEL; kx++) {
            Vec a[MAPS];
            UNROLL for (int m = 0; m < MAPS; m++) a[m] = broadcast(w[m * step + ky * KERNEL + kx]);
            UNROLL for (int i = 0; i < V; i++) {
                Vec v = load(in + ky * pitch + kx + i * LANES);
                UNROLL for (int m = 0; m < MAPS; m++) s[m][i] = fma(a[m], v, s[m][i]);
            }
        }
}

// The sums of MAPS maps of C1. A tile is MAPS x 4 vectors.
template <int MAPS> SHARED void shift_c1(const float* field, const float* weight, const float* bias, int m, float* c1) {
    for (int at = 0; at < C1_PITCHED; at += 4 * LANES) {
        Vec s[MAPS][4];
        UNROLL for (int i = 0; i < MAPS; i++) UNROLL for (int v = 0; v < 4; v++) s[i][v] = broadcast(bias[m + i]);
        shift_and_add<MAPS, 4>(field + at, FIELD, weight + m * TAPS, TAPS, s);
        UNROLL for (int i = 0; i < MAPS; i++) UNROLL for (int v = 0; v < 4; v++)
            store(c1 + (m + i) * C1_PITCHED + at + v * LANES, s[i][v]);
    }
}

// Copy a map of S2 (14 x 14) five times, each time from one column further to the right.
SHARED void shift_s2(const float* s2, float* shifted) {
    for (int kx = 0; kx < KERNEL; kx++)
        for (int y = 0; y < S2_SIDE; y++)
            for (int x = 0; x < C3_SIDE; x += LANES)  // the next row overwrites what is written past the end of a row
                store(shifted + kx * SHIFTED + y * C3_SIDE + x, load(s2 + y * S2_SIDE + kx + x));
}

// The maps of C3 in pairs that have inputs in common: a number that is loaded is used for both.
constexpr int PAIRS[C3_MAPS] = {0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11, 12, 13, 14, 15};

// V vectors of the maps `one` and `two`, from pixel `at` on.
template <int V> SHARED void shift_c3(const Network& n, const float* shifted, const float* weight, const float* bias, int one, int two, int at, float* c3) {
    Vec s[2][V];
    UNROLL for (int i = 0; i < V; i++) s[0][i] = broadcast(bias[one]), s[1][i] = broadcast(bias[two]);
    auto add = [&](int source, const float* w0, const float* w1, auto first, auto second) __attribute__((always_inline)) {
        const float* in = shifted + source * KERNEL * SHIFTED + at;
        for (int ky = 0; ky < KERNEL; ky++)
            UNROLL for (int kx = 0; kx < KERNEL; kx++) {
                const int tap = ky * KERNEL + kx;
                Vec a = broadcast(first.value ? w0[tap] : 0), b = broadcast(second.value ? w1[tap] : 0);
                UNROLL for (int i = 0; i < V; i++) {
                    Vec v = load(in + kx * SHIFTED + ky * C3_SIDE + i * LANES);
                    if (first.value) s[0][i] = fma(a, v, s[0][i]);
                    if (second.value) s[1][i] = fma(b, v, s[1][i]);
                }
            }
    };
    int j = n.first[one], k = n.first[two];
    const int last_j = n.first[one + 1], last_k = n.first[two + 1];
    while (j < last_j || k < last_k) {
        const int a = j < last_j ? n.source[j] : C1_MAPS, b = k < last_k ? n.source[k] : C1_MAPS;
        const float *w0 = weight + j * TAPS, *w1 = weight + k * TAPS;
        if (a == b) add(a, w0, w1, Is<1>{}, Is<1>{}), j++, k++;
        else if (a < b) add(a, w0, w1, Is<1>{}, Is<0>{}), j++;
        else add(b, w0, w1, Is<0>{}, Is<1>{}), k++;
    }
    UNROLL for (int i = 0; i < V; i++) store(c3 + one * C3_ROOM + at + i * LANES, s[0][i]), store(c3 + two * C3_ROOM + at + i * LANES, s[1][i]);
}

// The sums of the units from u to `end`, 12 at a time; lanes are inputs.
SHARED void connect_one(const float* in, int inputs, const float* weight, const float* bias, int u, int end, float* out) {
    constexpr int U = 12;
    for (; u < end; u += U) {
        Vec s[U];
        const float* w = weight + (size_t)u * inputs;
        UNROLL for (int i = 0; i < U; i++) s[i] = broadcast(0.0f);
        for (int j = 0; j < inputs; j += LANES) {
            Vec v = load(in + j);
            UNROLL for (int i = 0; i < U; i++) s[i] = fma(load(w + i * inputs + j), v, s[i]);
        }
        UNROLL for (int i = 0; i < U; i++) out[u + i] = sum(s[i]) + bias[u + i];
    }
}

// `pitch`: from the codes or weights of one class to those of the next.
SHARED void measure_penalties_one(const Network& n, const float* w, int pitch, const float* bias, const float* f6, float* y) {
    for (int c = 0; c < n.classes; c++, w += pitch) {
        Vec s = broadcast(0.0f);
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

// Apply the activation function to a map in place, and subsample it to side x side; writes some numbers past these.
template <int A, int P> INLINE void subsample_flat(float* map, int length, int pitch, int side, float coefficient, float bias, float* out) {
    for (int i = 0; i < length; i += LANES) store(map + i, activate<A>(load(map + i)));
    for (int y = 0; y < side; y++) subsample_row<P>(map + 2 * y * pitch, pitch, side, coefficient, bias, out + y * side);
}

// Three maps of C1 and S2.
template <int A, int P> INLINE void forward_three_maps(const float* field, const float* weight, const float* bias, const float* coefficient,
                                                     const float* pooled_bias, float* c1, float* s2) {
    shift_c1<3>(field, weight, bias, 0, c1);
    for (int m = 0; m < 3; m++) {
        float* out = s2 + m * S2_PITCHED;
        subsample_flat<A, P>(c1 + m * C1_PITCHED, C1_PITCHED, FIELD, S2_SIDE, P == TRAINABLE ? coefficient[m] : 0, P == TRAINABLE ? pooled_bias[m] : 0, out);
        if (P == TRAINABLE)
            for (int i = 0; i < S2_SIDE * S2_SIDE; i += LANES) store(out + i, activate<A>(load(out + i)));
    }
}

template <int A, int P> static void recognize_alone(const Network& n, const float* w, const Images& images, int sample, Single& s, float* penalties) {
    fill_one(images, sample, s.field);
    for (int m = 0; m < C1_MAPS; m += 3)
        forward_three_maps<A, P>(s.field, w + n.offset[C1_WEIGHT] + m * TAPS, w + n.offset[C1_BIAS] + m, w + n.offset[S2_COEFFICIENT] + m,
                               w + n.offset[S2_BIAS] + m, s.c1 + m * C1_PITCHED, s.s2 + m * S2_PITCHED);
    for (int m = 0; m < C1_MAPS; m++) shift_s2(s.s2 + m * S2_PITCHED, s.shifted + m * KERNEL * SHIFTED);
    const float *weight = w + n.offset[C3_WEIGHT], *bias = w + n.offset[C3_BIAS];
    for (int p = 0; p < C3_MAPS; p += 2) {
        int at = 0;
        for (; (C3_PIXELS - at) % (4 * LANES); at += 5 * LANES) shift_c3<5>(n, s.shifted, weight, bias, PAIRS[p], PAIRS[p + 1], at, s.c3);
        for (; at < C3_PIXELS; at += 4 * LANES) shift_c3<4>(n, s.shifted, weight, bias, PAIRS[p], PAIRS[p + 1], at, s.c3);
    }
    for (int m = 0; m < C3_MAPS; m++)
        subsample_flat<A, P>(s.c3 + m * C3_ROOM, C3_PIXELS, C3_SIDE, S4_SIDE, P == TRAINABLE ? w[n.offset[S4_COEFFICIENT] + m] : 0,
                             P == TRAINABLE ? w[n.offset[S4_BIAS] + m] : 0, s.s4 + m * TAPS);
    for (int i = 0; P == TRAINABLE && i < S4_UNITS; i += LANES) store(s.s4 + i, activate<A>(load(s.s4 + i)));
    connect_one(s.s4, S4_UNITS, w + n.offset[C5_WEIGHT], w + n.offset[C5_BIAS], 0, C5_UNITS, s.c5);
    for (int i = 0; i < C5_UNITS; i += LANES) store(s.c5 + i, activate<A>(load(s.c5 + i)));
    connect_one(s.c5, C5_UNITS, w + n.offset[F6_WEIGHT], w + n.offset[F6_BIAS], 0, F6_UNITS, s.f6);
    for (int i = 0; i < F6_UNITS; i += LANES) store(s.f6 + i, activate<A>(load(s.f6 + i)));
    measure_penalties_one(n, n.output == RBF ? n.codes : w + n.offset[OUTPUT_WEIGHT], F6_UNITS, w + n.offset[OUTPUT_BIAS], s.f6, penalties);
}
