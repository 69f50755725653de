// One sample an update, the method of 1998, on one thread or two.
//
// The network is cut into halves, and each thread takes one (a single thread takes both): 3 maps of C1 and S2, 8 maps of
// C3 and S4, 60 units of C5 with all weights into and out of them. Only its own thread reads and writes the parameters of
// a half, so that they stay in the cache of that core; they are packed in the order in which they are used. Little is
// exchanged at the five barriers: S2, S4, and the half's contribution to the sums of F6 and to the deltas of S4 and S2.
// Both threads compute F6, the output and the loss.

constexpr int HALVES = 2, C1_OWN = C1_MAPS / HALVES, C3_OWN = C3_MAPS / HALVES, C5_OWN = C5_UNITS / HALVES;
constexpr int COLUMNS = C3_OWN / LANES, S4_PITCHED = pad(S4_UNITS / HALVES), C5_INPUTS = HALVES * S4_PITCHED;
constexpr int F6_PITCHED = (F6_UNITS + 7) / 8 * 8;

// Where a half keeps its parameters; each array begins at a cache line. Both halves have those of the output.
enum : int {
    W1 = 0, B1 = W1 + pad(C1_OWN * TAPS), K2 = B1 + pad(C1_OWN), B2 = K2 + pad(C1_OWN),
    W3 = B2 + pad(C1_OWN), B3 = W3 + C3_OWN * C1_MAPS * TAPS, K4 = B3 + pad(C3_OWN), B4 = K4 + pad(C3_OWN),
    W5 = B4 + pad(C3_OWN), B5 = W5 + C5_OWN * C5_INPUTS, W6 = B5 + pad(C5_OWN), B6 = W6 + C5_OWN * F6_PITCHED,
    W7 = B6 + F6_PADDED, B7 = W7 + CLASSES_AT_MOST * F6_PITCHED, HELD = B7 + CLASSES_AT_MOST
};

struct Half {
    float *weights, *velocity, *scales;
    float *c1, *delta1, *c3, *c5, *delta5;
    float *f6, *delta4, *delta2;  // what this half adds to the sums of F6, and to the deltas of all of S4 and S2
};

struct Online {  // shared by the threads
    float *s2, *s4;
    Half half[HALVES];
    explicit Online(float* at) {
        auto take = [&](int size) { float* p = at; at += pad(size); return p; };
        s2 = take(C1_MAPS * S2_PITCHED), s4 = take(C5_INPUTS);
        for (Half& h : half) {
            h.weights = take(HELD), h.velocity = take(HELD), h.scales = take(HELD);
            h.c1 = take(C1_OWN * C1_PITCHED), h.delta1 = take(C1_OWN * C1_PITCHED), h.c3 = take(C3_OWN * C3_SIDE * C3_SIDE);
            h.c5 = take(C5_OWN), h.delta5 = take(C5_OWN), h.f6 = take(F6_PADDED), h.delta4 = take(C5_INPUTS), h.delta2 = take(C1_MAPS * S2_PITCHED);
        }
    }
};
constexpr size_t ONLINE_FLOATS = C1_MAPS * S2_PITCHED + C5_INPUTS
    + HALVES * (3 * HELD + 2 * C1_OWN * C1_PITCHED + C3_OWN * C3_SIDE * C3_SIDE + 2 * pad(C5_OWN) + F6_PADDED + C5_INPUTS + C1_MAPS * S2_PITCHED + 16);

struct Own {  // of one thread
    float *field, *f6, *delta6, *delta7, *column, *y, *targets, *softmax, *slopes;
    explicit Own(float* at) {
        auto take = [&](int size) { float* p = at; at += pad(size); return p; };
        field = take(FIELD * FIELD + 32), f6 = take(F6_PADDED), delta6 = take(F6_PADDED), delta7 = take(CLASSES_AT_MOST), column = take(S4_PITCHED);
        y = take(CLASSES_AT_MOST * LANES), targets = take(CLASSES_AT_MOST * LANES);
        softmax = take(CLASSES_AT_MOST * LANES), slopes = take(CLASSES_AT_MOST * LANES);
    }
};
constexpr size_t OWN_FLOATS = FIELD * FIELD + 32 + 2 * F6_PADDED + CLASSES_AT_MOST + S4_PITCHED + 4 * CLASSES_AT_MOST * LANES;

INLINE int find_c5(int unit, int input) {  // groups of four units, one vector of inputs after the other
    return W5 + (unit / 4 * (C5_INPUTS / LANES) + input / LANES) * 4 * LANES + unit % 4 * LANES + input % LANES;
}

// Call visit(half, offset in the half's arrays, offset in the caller's buffer) for every parameter.
template <class Visit> static void visit_parameters(const Network& n, Visit visit) {
    const int* at = n.offset;
    for (int h = 0; h < HALVES; h++) {
        for (int m = 0; m < C1_OWN; m++) {
            const int map = h * C1_OWN + m;
            for (int tap = 0; tap < TAPS; tap++) visit(h, W1 + m * TAPS + tap, at[C1_WEIGHT] + map * TAPS + tap);
            visit(h, B1 + m, at[C1_BIAS] + map);
            if (n.pooling == TRAINABLE) visit(h, K2 + m, at[S2_COEFFICIENT] + map), visit(h, B2 + m, at[S2_BIAS] + map);
        }
        for (int m = 0; m < C3_OWN; m++) {
            const int map = h * C3_OWN + m, lane = m % LANES;
            for (int k = n.first[map]; k < n.first[map + 1]; k++)
                for (int tap = 0; tap < TAPS; tap++)
                    visit(h, W3 + m / LANES * KERNELS_SIZE + (n.source[k] * TAPS + tap) * LANES + lane, at[C3_WEIGHT] + k * TAPS + tap);
            visit(h, B3 + m, at[C3_BIAS] + map);
            if (n.pooling == TRAINABLE) visit(h, K4 + m, at[S4_COEFFICIENT] + map), visit(h, B4 + m, at[S4_BIAS] + map);
        }
        for (int u = 0; u < C5_OWN; u++) {
            const int unit = h * C5_OWN + u;
            for (int j = 0; j < S4_UNITS; j++) {
                const int map = j / TAPS, half = map / C3_OWN, m = map % C3_OWN;
                const int input = half * S4_PITCHED + m / LANES * S4_COLUMN + j % TAPS * LANES + m % LANES;
                visit(h, find_c5(u, input), at[C5_WEIGHT] + unit * S4_UNITS + j);
            }
            visit(h, B5 + u, at[C5_BIAS] + unit);
            for (int v = 0; v < F6_UNITS; v++) visit(h, W6 + u * F6_PITCHED + v, at[F6_WEIGHT] + v * C5_UNITS + unit);
        }
        for (int v = 0; h == 0 && v < F6_UNITS; v++) visit(h, B6 + v, at[F6_BIAS] + v);  // the first half's sums begin with them
        for (int c = 0; n.output == LINEAR && c < n.classes; c++) {
            for (int v = 0; v < F6_UNITS; v++) visit(h, W7 + c * F6_PITCHED + v, at[OUTPUT_WEIGHT] + c * F6_UNITS + v);
            visit(h, B7 + c, at[OUTPUT_BIAS] + c);
        }
    }
}

static void begin_one(const Batch* b, float* work) {
    Online s(work);
    const Update& u = *b->update;
    for (Half& h : s.half)
        for (int i = 0; i < HELD; i++) h.weights[i] = h.velocity[i] = h.scales[i] = 0;
    visit_parameters(*b->network, [&](int h, int to, int from) {
        s.half[h].weights[to] = u.weights[from], s.half[h].velocity[to] = u.velocity[from], s.half[h].scales[to] = u.scales ? u.scales[from] : 1;
    });
    for (int c = 0; b->network->output == RBF && c < b->network->classes; c++)  // codes take the place of the weights, and never change
        for (int v = 0; v < F6_UNITS; v++)
            for (Half& h : s.half) h.weights[W7 + c * F6_PITCHED + v] = b->network->codes[c * F6_UNITS + v];
}

static void end_one(const Batch* b, float* work) {
    Online s(work);
    visit_parameters(*b->network, [&](int h, int from, int to) {
        b->update->weights[to] = s.half[h].weights[from], b->update->velocity[to] = s.half[h].velocity[from];
    });
}

// The update of one vector of parameters from its gradient. PLAIN: neither momentum nor decay.
template <int PLAIN, int SCALED> INLINE void update_vector(const Update& u, int at, Vec w, Vec g) {
    if (!PLAIN) {
        g = fma(broadcast(u.decay), w, g);
        if (u.momentum != 0) {
            g = fma(broadcast(u.momentum), load(u.velocity + at), g);
            store(u.velocity + at, g);
        }
    }
    Vec rate = broadcast(-u.rate);
    if (SCALED) rate = rate * load(u.scales + at);
    store(u.weights + at, fma(rate, g, w));
}

// The same for `count` parameters, and for the padding of their last vector, whose gradient must be 0.
template <int PLAIN, int SCALED> INLINE void update_all(const Update& u, int at, const float* g, float factor, int count) {
    for (int i = 0; i < count; i += LANES) update_vector<PLAIN, SCALED>(u, at + i, load(u.weights + at + i), broadcast(factor) * load(g + i));
}

// Phase 0: C1 and S2 of a half.
template <int A, int P> static void forward_c1(const float* field, int h, Online& s) {
    const float* w = s.half[h].weights;
    forward_three_maps<A, P>(field, w + W1, w + B1, w + K2, w + B2, s.half[h].c1, s.s2 + h * C1_OWN * S2_PITCHED);
}

// Phase 1: C3 and S4.
template <int A, int P> static void forward_c3(int h, Online& s) {
    const float* w = s.half[h].weights;
    for (int q = 0; q < COLUMNS; q++) {
        float *c3 = s.half[h].c3 + q * COLUMN, *s4 = s.s4 + h * S4_PITCHED + q * S4_COLUMN;
        forward_column(s.s2, w + W3 + q * KERNELS_SIZE, load(w + B3 + q * LANES), c3);
        for (int y = 0; y < S4_SIDE; y++)
            subsample<A, P>(c3 + 2 * y * C3_SIDE * LANES, S4_SIDE, load(w + K4 + q * LANES), load(w + B4 + q * LANES), s4 + y * S4_SIDE * LANES, LANES, nullptr);
    }
}

// Phase 2: C5, and what it adds to the sums of F6. A tile is 4 units x 2 vectors of inputs, then 11 vectors of units.
template <int A> static void forward_c5(int h, Online& s) {
    Half& half = s.half[h];
    const float* w = half.weights + W5;
    for (int u = 0; u < C5_OWN; u += 4) {
        Vec t[2][4];
        UNROLL for (int i = 0; i < 4; i++) t[0][i] = t[1][i] = broadcast(0.0f);
        for (int j = 0; j < C5_INPUTS; j += 2 * LANES, w += 8 * LANES)
            UNROLL for (int k = 0; k < 2; k++) {
                Vec x = load(s.s4 + j + k * LANES);
                UNROLL for (int i = 0; i < 4; i++) t[k][i] = fma(load(w + (k * 4 + i) * LANES), x, t[k][i]);
            }
        UNROLL for (int i = 0; i < 4; i++) half.c5[u + i] = sum(t[0][i] + t[1][i]) + half.weights[B5 + u + i];
    }
    for (int u = 0; u < C5_OWN; u += LANES) store(half.c5 + u, activate<A>(load(half.c5 + u)));
    constexpr int TILE = 11;
    for (int v = 0; v < F6_PITCHED; v += TILE * LANES) {
        Vec t[TILE];
        UNROLL for (int i = 0; i < TILE; i++) t[i] = load(half.weights + B6 + v + i * LANES);
        for (int u = 0; u < C5_OWN; u++) {
            Vec x = broadcast(half.c5[u]);
            UNROLL for (int i = 0; i < TILE; i++) t[i] = fma(load(half.weights + W6 + u * F6_PITCHED + v + i * LANES), x, t[i]);
        }
        UNROLL for (int i = 0; i < TILE; i++) store(half.f6 + v + i * LANES, t[i]);
    }
}

// Phase 3, first part: F6, the output, the loss, and the deltas of the output and of F6.
template <int A> static double backward_output(const Batch& b, int sample, const Half& half, const Online& s, Own& o) {
    const Network& n = *b.network;
    const float* w = half.weights + W7;
    float y[CLASSES_AT_MOST];
    double losses[LANES];
    for (int i = 0; i < F6_PITCHED; i += LANES) store(o.f6 + i, activate<A>(load(s.half[0].f6 + i) + load(s.half[1].f6 + i)));
    measure_penalties_one(n, w, F6_PITCHED, half.weights + B7, o.f6, y);
    for (int c = 0; c < n.classes; c++) {
        const float target = b.targets.labels ? (float)(b.targets.labels[sample] == c) : b.targets.probabilities[(size_t)sample * n.classes + c];
        store(o.y + c * LANES, broadcast(y[c])), store(o.targets + c * LANES, broadcast(target));
    }
    differentiate_loss(b.loss, n.classes, o.y, o.targets, LANES, o.softmax, o.slopes, losses);
    float total = 0;
    for (int c = 0; c < n.classes; c++) o.delta7[c] = -o.slopes[c * LANES], total += o.slopes[c * LANES];
    for (int j = 0; j < F6_PITCHED; j += LANES) {
        Vec d = broadcast(0.0f), x = load(o.f6 + j);
        for (int c = 0; c < n.classes; c++) d = fma(broadcast(o.delta7[c]), load(w + c * F6_PITCHED + j), d);
        if (n.output == RBF) d = fma(broadcast(total), x, d), d = d + d;
        store(o.delta6 + j, d * slope<A>(x));
    }
    for (int j = F6_UNITS; j < F6_PITCHED; j++) o.delta6[j] = o.f6[j] = 0;
    return losses[0];
}

// What a half's units of C5 add to the deltas of S4, and the update of their weights in the same pass, 4 units at a time.
template <int PLAIN, int SCALED> SHARED void backward_rows(const Update& u, const float* delta5, const float* s4, float* delta4) {
    for (int j = 0; j < C5_INPUTS; j += LANES) store(delta4 + j, broadcast(0.0f));
    for (int unit = 0, at = W5; unit < C5_OWN; unit += 4) {
        Vec d[4];
        UNROLL for (int i = 0; i < 4; i++) d[i] = broadcast(delta5[unit + i]);
        for (int j = 0; j < C5_INPUTS; j += LANES, at += 4 * LANES) {
            Vec x = load(s4 + j), f = load(delta4 + j);
            UNROLL for (int i = 0; i < 4; i++) {
                Vec w = load(u.weights + at + i * LANES);
                f = fma(w, d[i], f);
                update_vector<PLAIN, SCALED>(u, at + i * LANES, w, d[i] * x);
            }
            store(delta4 + j, f);
        }
    }
}

// The deltas of C5 from those of F6, likewise, one unit of C5 after the other.
template <int PLAIN, int SCALED> SHARED void backward_f6(const Update& u, const float* c5, const float* delta6, float* delta5) {
    for (int i = 0; i < C5_OWN; i++) {
        Vec d = broadcast(0.0f), x = broadcast(c5[i]);
        UNROLL for (int v = 0; v < F6_PITCHED; v += LANES) {
            const int at = W6 + i * F6_PITCHED + v;
            Vec w = load(u.weights + at), f = load(delta6 + v);
            d = fma(w, f, d);
            update_vector<PLAIN, SCALED>(u, at, w, f * x);
        }
        delta5[i] = sum(d);
    }
}

// Phase 3, second part: output, F6 and C5, gradient and update in one pass over their weights.
template <int A, int P, int PLAIN, int SCALED> static void backward_c5(const Batch& b, const Update& u, int h, Online& s, Own& o) {
    Half& half = s.half[h];
    if (b.network->output == LINEAR) {
        for (int c = 0; c < b.network->classes; c++) update_all<PLAIN, SCALED>(u, W7 + c * F6_PITCHED, o.f6, o.delta7[c], F6_PITCHED);
        for (int c = b.network->classes; c % LANES; c++) o.delta7[c] = 0;
        update_all<PLAIN, SCALED>(u, B7, o.delta7, 1, b.network->classes);
    }
    if (h == 0) update_all<PLAIN, SCALED>(u, B6, o.delta6, 1, F6_PITCHED);
    backward_f6<PLAIN, SCALED>(u, half.c5, o.delta6, half.delta5);
    for (int i = 0; i < C5_OWN; i += LANES) store(half.delta5 + i, load(half.delta5 + i) * slope<A>(load(half.c5 + i)));
    for (int i = C5_OWN; i % LANES; i++) half.delta5[i] = 0;
    update_all<PLAIN, SCALED>(u, B5, half.delta5, 1, C5_OWN);
    backward_rows<PLAIN, SCALED>(u, half.delta5, s.s4, half.delta4);
}

// The gradient of a column of C3's kernels, and their update. A tile is two inputs and a row of the kernel.
template <int PLAIN> SHARED void update_column(const Update& u, const float* delta, const float* s2, int weight) {
    for (int i = 0; i < C1_MAPS; i += 2)
        for (int ky = 0; ky < KERNEL; ky++) {
            Vec g[2][KERNEL];
            UNROLL for (int kx = 0; kx < KERNEL; kx++) g[0][kx] = g[1][kx] = broadcast(0.0f);
            for (int y = 0; y < C3_SIDE; y++) {
                const float *in = s2 + i * S2_PITCHED + (y + ky) * S2_SIDE, *row = delta + y * C3_SIDE * LANES;
                Vec d[C3_SIDE];
                UNROLL for (int x = 0; x < S2_SIDE; x++) {
                    if (x < C3_SIDE) d[x] = load(row + x * LANES);
                    UNROLL for (int j = 0; j < 2; j++) {
                        Vec v = broadcast(in[j * S2_PITCHED + x]);
                        UNROLL for (int kx = 0; kx < KERNEL; kx++)
                            if (x - kx >= 0 && x - kx < C3_SIDE) g[j][kx] = fma(d[x - kx], v, g[j][kx]);
                        RELOAD;
                    }
                }
            }
            UNROLL for (int kx = 0; kx < KERNEL; kx++) UNROLL for (int j = 0; j < 2; j++) {
                const int at = weight + ((i + j) * TAPS + ky * KERNEL + kx) * LANES;
                update_vector<PLAIN, 1>(u, at, load(u.weights + at), g[j][kx]);  // scaled: by 0 where there is no connection
            }
        }
}

// Phase 4: S4 and C3, and what a half adds to the deltas of S2.
template <int A, int P, int PLAIN, int SCALED> static void backward_c3(const Update& u, int h, Online& s, Own& o) {
    Half& half = s.half[h];
    const Vec zero = broadcast(0.0f);
    for (int q = 0; q < COLUMNS; q++) {
        const int at = h * S4_PITCHED + q * S4_COLUMN;
        for (int i = 0; i < S4_COLUMN; i += LANES) {
            Vec d = load(s.half[0].delta4 + at + i) + load(s.half[1].delta4 + at + i);
            store(o.column + i, P == TRAINABLE ? d * slope<A>(load(s.s4 + at + i)) : d);
        }
        MapGradient gradient = {zero, zero, zero};
        float* c3 = half.c3 + q * COLUMN;
        const Vec coefficient = load(half.weights + K4 + q * LANES);
        for (int y = 0; y < S4_SIDE; y++) {
            float* rows = c3 + 2 * y * C3_SIDE * LANES;
            unsample<A, P>(rows, S4_SIDE, o.column + y * S4_SIDE * LANES, LANES, coefficient, 0, rows, gradient);
        }
        auto update = [&](int at, Vec g) __attribute__((always_inline)) { update_vector<PLAIN, SCALED>(u, at, load(u.weights + at), g); };
        if (P == TRAINABLE) update(K4 + q * LANES, gradient.coefficient), update(B4 + q * LANES, gradient.pooled_bias);
        update(B3 + q * LANES, gradient.bias);
    }
    for (int i = 0; i < C1_MAPS; i++) backward_columns(half.c3, half.weights + W3, COLUMNS, i, half.delta2 + i * S2_PITCHED);
    for (int q = 0; q < COLUMNS; q++) update_column<PLAIN>(u, half.c3 + q * COLUMN, s.s2, W3 + q * KERNELS_SIZE);
}

// The gradients of N taps of three maps of C1, from tap `first` on: 3 x N sums; lanes are pixels.
template <int N> INLINE void gradient_taps(const float* delta, const float* field, int first, float* g) {
    Vec s[C1_OWN][N];
    UNROLL for (int m = 0; m < C1_OWN; m++) UNROLL for (int i = 0; i < N; i++) s[m][i] = broadcast(0.0f);
    const float* at[N];
    UNROLL for (int i = 0; i < N; i++) at[i] = field + (first + i) / KERNEL * FIELD + (first + i) % KERNEL;
    for (int p = 0; p < C1_PITCHED; p += LANES) {
        Vec d[C1_OWN];
        UNROLL for (int m = 0; m < C1_OWN; m++) d[m] = load(delta + m * C1_PITCHED + p);
        UNROLL for (int i = 0; i < N; i++) {
            Vec v = load(at[i] + p);
            UNROLL for (int m = 0; m < C1_OWN; m++) s[m][i] = fma(d[m], v, s[m][i]);
        }
    }
    UNROLL for (int m = 0; m < C1_OWN; m++) UNROLL for (int i = 0; i < N; i++) g[m * TAPS + first + i] = sum(s[m][i]);
}

// Phase 5: S2 and C1.
template <int A, int P, int PLAIN, int SCALED> static void backward_c1(const Update& u, int h, Online& s, Own& o) {
    Half& half = s.half[h];
    float g[pad(C1_OWN * TAPS)] = {}, biases[pad(C1_OWN)] = {}, coefficients[pad(C1_OWN)] = {}, pooled_biases[pad(C1_OWN)] = {};
    for (int m = 0; m < C1_OWN; m++) {
        const int at = (h * C1_OWN + m) * S2_PITCHED;
        float delta[S2_PITCHED];
        for (int i = 0; i < S2_PITCHED; i += LANES) {
            Vec d = load(s.half[0].delta2 + at + i) + load(s.half[1].delta2 + at + i);
            store(delta + i, P == TRAINABLE ? d * slope<A>(load(s.s2 + at + i)) : d);
        }
        const Vec zero = broadcast(0.0f);
        MapGradient gradient = {zero, zero, zero};
        for (int y = 0; y < S2_SIDE; y++) {
            const int row = m * C1_PITCHED + 2 * y * FIELD;
            unsample_row<A, P>(half.c1 + row, FIELD, S2_SIDE, delta + y * S2_SIDE, half.weights[K2 + m], half.delta1 + row, gradient);
        }
        coefficients[m] = sum(gradient.coefficient), pooled_biases[m] = sum(gradient.pooled_bias), biases[m] = sum(gradient.bias);
    }
    gradient_taps<5>(half.delta1, o.field, 0, g);
    for (int first = 5; first < TAPS; first += 4) gradient_taps<4>(half.delta1, o.field, first, g);
    if (P == TRAINABLE) update_all<PLAIN, SCALED>(u, K2, coefficients, 1, C1_OWN), update_all<PLAIN, SCALED>(u, B2, pooled_biases, 1, C1_OWN);
    update_all<PLAIN, SCALED>(u, B1, biases, 1, C1_OWN);
    update_all<PLAIN, SCALED>(u, W1, g, 1, C1_OWN * TAPS);
}

template <int A, int P, int PLAIN, int SCALED> static void learn_sample(const Batch& b, int index, int phase, int t, int threads, Online& s, Own& o) {
    const int pattern = b.order ? b.order[index] : index;
    if (phase == 0) fill_one(b.images, pattern, o.field);
    if (phase == 3) {
        const double loss = backward_output<A>(b, find_sample(b.images, pattern), s.half[t], s, o);
        if (t == 0) b.losses[index] = loss;
    }
    for (int h = HALVES * t / threads; h < HALVES * (t + 1) / threads; h++) {
        const Update u = {b.update->rate, b.update->momentum, b.update->decay, s.half[h].weights, s.half[h].velocity, s.half[h].scales};
        if (phase == 0) forward_c1<A, P>(o.field, h, s);
        if (phase == 1) forward_c3<A, P>(h, s);
        if (phase == 2) forward_c5<A>(h, s);
        if (phase == 3) backward_c5<A, P, PLAIN, SCALED>(b, u, h, s, o);
        if (phase == 4) backward_c3<A, P, PLAIN, SCALED>(u, h, s, o);
        if (phase == 5) backward_c1<A, P, PLAIN, SCALED>(u, h, s, o);
    }
}
