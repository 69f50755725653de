// 16 samples through the whole network, there and back. Activations of a block take about 0.5 MB: they stay in L2.

// The work buffer of one thread, in floats.
constexpr int FIELD_SIZE = FIELD * FIELD * LANES, C1_SIZE = C1_MAPS * C1_SIDE * C1_SIDE * LANES;
constexpr int S2_SIZE = C1_MAPS * S2_SIDE * S2_SIDE * LANES, C3_SIZE = C3_MAPS * C3_SIDE * C3_SIDE * LANES;
constexpr int SMALL_AT_MOST = 160 + 16 + 16 + 16 + C3_MAPS * C1_MAPS * TAPS + 4 * 16;  // numbers of C1 to S4
constexpr int ROWS_SIZE = C1_MAPS * 2 * C1_SIDE * LANES;

struct Work {
    float *field[PARTS], *c1[PARTS], *s2[PARTS], *c3[PARTS];
    float *s4, *c5, *f6, *y, *belief, *slopes, *shares;
    float *rows, *small, *square_field, *square_s2;

    explicit Work(float* at) {
        auto take = [&](int size) { float* p = at; at += (size + 15) & ~15; return p; };
        for (int p = 0; p < PARTS; p++) {
            field[p] = take(FIELD_SIZE), c1[p] = take(C1_SIZE), s2[p] = take(S2_SIZE), c3[p] = take(C3_SIZE);
        }
        s4 = take(S4_UNITS * BLOCK), c5 = take((C5_UNITS + 8) * BLOCK), f6 = take((F6_UNITS + 12) * BLOCK);
        y = take((CLASSES_AT_MOST + 8) * BLOCK), belief = take(CLASSES_AT_MOST * BLOCK);
        slopes = take(CLASSES_AT_MOST * BLOCK), shares = take(CLASSES_AT_MOST * BLOCK);
        rows = take(ROWS_SIZE), small = take(SMALL_AT_MOST * LANES);
        square_field = take(FIELD_SIZE), square_s2 = take(S2_SIZE);
    }
};
constexpr size_t BLOCK_FLOATS = PARTS * (FIELD_SIZE + C1_SIZE + S2_SIZE + C3_SIZE)
    + BLOCK * (S4_UNITS + C5_UNITS + 8 + F6_UNITS + 12 + 4 * CLASSES_AT_MOST + 8)
    + ROWS_SIZE + SMALL_AT_MOST * LANES + FIELD_SIZE + S2_SIZE;

// The samples of a block; the places past the last one repeat it and count nothing.
static int gather_samples(const int32_t* order, int first, int count, int32_t (&samples)[BLOCK]) {
    const int live = count < BLOCK ? count : BLOCK;
    for (int i = 0; i < BLOCK; i++) {
        const int at = first + (i < live ? i : live - 1);
        samples[i] = order ? order[at] : at;
    }
    return live;
}

// One lane block's states, as one row a sample.
static void copy_rows(const float* states, int units, int step, int first, int live, float* out) {
    for (int l = 0; l < LANES && first + l < live; l++)
        for (int u = 0; u < units; u++) out[(size_t)(first + l) * units + u] = states[u * step + l];
}

// Input to S4. `trace`: where to keep sums before squashing; or null.
template <int A, int P> static void enter_maps(const Network& n, const float* w, Work& k, int p, const Trace* trace, int live) {
    const float* one = w;  // coefficients exist for trainable subsampling only
    const float *coefficient2 = P == TRAINABLE ? w + n.offset[S2_COEFFICIENT] : one, *bias2 = P == TRAINABLE ? w + n.offset[S2_BIAS] : one;
    const float *coefficient4 = P == TRAINABLE ? w + n.offset[S4_COEFFICIENT] : one, *bias4 = P == TRAINABLE ? w + n.offset[S4_BIAS] : one;
    const int first = p * LANES;
    float* sums = trace && trace->s2_sum ? k.square_s2 : nullptr;  // room that only training needs
    if (trace && trace->c1_sum) {
        for (int y = 0; y < C1_SIDE; y++) convolve_c1(k.field[p], w + n.offset[C1_WEIGHT], w + n.offset[C1_BIAS], y, k.c1[p]);
        copy_rows(k.c1[p], C1_MAPS * C1_SIDE * C1_SIDE, LANES, first, live, trace->c1_sum);
    }
    for (int y = 0; y < C1_SIDE; y += 2) {
        for (int i = 0; i < 2; i++) convolve_c1(k.field[p], w + n.offset[C1_WEIGHT], w + n.offset[C1_BIAS], y + i, k.c1[p]);
        for (int m = 0; m < C1_MAPS; m++) {
            const int to = (m * S2_SIDE + y / 2) * S2_SIDE * LANES;
            subsample<A, P>(k.c1[p] + (m * C1_SIDE + y) * C1_SIDE * LANES, S2_SIDE, spread(coefficient2[m]), spread(bias2[m]),
                            k.s2[p] + to, LANES, sums ? sums + to : nullptr);
        }
    }
    if (sums) copy_rows(sums, C1_MAPS * S2_SIDE * S2_SIDE, LANES, first, live, trace->s2_sum);
    for (int m = 0; m < C3_MAPS; m++)
        for (int y = 0; y < C3_SIDE; y += 2)
            convolve_c3(n, k.s2[p], w + n.offset[C3_WEIGHT], w + n.offset[C3_BIAS], m, y, k.c3[p]);
    if (trace && trace->c3_sum) copy_rows(k.c3[p], C3_MAPS * C3_SIDE * C3_SIDE, LANES, first, live, trace->c3_sum);
    sums = trace && trace->s4_sum ? k.c5 : nullptr;  // overwritten later; room for 128 units only
    for (int m = 0; m < C3_MAPS; m++) {
        for (int y = 0; y < C3_SIDE; y += 2)
            subsample<A, P>(k.c3[p] + (m * C3_SIDE + y) * C3_SIDE * LANES, S4_SIDE, spread(coefficient4[m]), spread(bias4[m]),
                            k.s4 + (m * TAPS + y / 2 * S4_SIDE) * BLOCK + first, BLOCK,
                            sums ? sums + y / 2 * S4_SIDE * BLOCK : nullptr);
        if (!sums) continue;
        for (int l = 0; l < LANES && first + l < live; l++)
            for (int u = 0; u < TAPS; u++) trace->s4_sum[(size_t)(first + l) * S4_UNITS + m * TAPS + u] = sums[u * BLOCK + l];
    }
}

template <int A> static void squash_all(float* states, int units) {
    for (int i = 0; i < units * BLOCK; i += LANES) store(states + i, squash<A>(load(states + i)));
}

// C5 to the penalties.
template <int A> static void enter_full(const Network& n, const float* w, Work& k, const Trace* trace, int live) {
    auto keep = [&](const float* states, int units, float* out) {
        for (int p = 0; out && p < PARTS; p++) copy_rows(states + p * LANES, units, BLOCK, p * LANES, live, out);
    };
    connect(k.s4, S4_UNITS, w + n.offset[C5_WEIGHT], w + n.offset[C5_BIAS], C5_UNITS, k.c5);
    if (trace) keep(k.c5, C5_UNITS, trace->c5_sum);
    squash_all<A>(k.c5, C5_UNITS);
    connect(k.c5, C5_UNITS, w + n.offset[F6_WEIGHT], w + n.offset[F6_BIAS], F6_UNITS, k.f6);
    if (trace) keep(k.f6, F6_UNITS, trace->f6_sum);
    squash_all<A>(k.f6, F6_UNITS);
    measure_penalties(n, w, k.f6, k.y);
}

template <int A, int P>
static void forward(const Network& n, const float* w, const Images& images, const int32_t (&samples)[BLOCK], int live, Work& k, const Trace* trace) {
    for (int p = 0; p < PARTS; p++) {
        fill_field(images, samples + p * LANES, k.square_field, k.field[p]);
        enter_maps<A, P>(n, w, k, p, trace, live);
    }
    enter_full<A>(n, w, k, trace, live);
}

static void square(const float* in, int count, float* out) {
    for (int i = 0; i < count; i += LANES) store(out + i, load(in + i) * load(in + i));
}

// From the flow at S4's sums (in k.s4) back to the kernels of C1, one lane block; adds to k.small.
template <int A, int P> static void return_maps(const Batch& b, Work& k, int p) {
    const Network& n = *b.network;
    const float* w = b.weights;
    auto add = [&](Array array, int i, Vec v) {
        float* at = k.small + (n.offset[array] + i) * LANES;
        store(at, load(at) + v);
    };
    const float* field = k.field[p];
    const float* s2 = k.s2[p];
    if (b.second) {
        square(k.field[p], FIELD_SIZE, k.square_field), field = k.square_field;
        square(k.s2[p], S2_SIZE, k.square_s2), s2 = k.square_s2;
    }
    for (int m = 0; m < C3_MAPS; m++) {
        Shares shares = {spread(0.0f), spread(0.0f), spread(0.0f)};
        for (int y = 0; y < C3_SIDE; y += 2) {
            float* rows = k.c3[p] + (m * C3_SIDE + y) * C3_SIDE * LANES;
            unsample<A, P>(rows, S4_SIDE, k.s4 + (m * TAPS + y / 2 * S4_SIDE) * BLOCK + p * LANES, BLOCK,
                           spread(P == TRAINABLE ? w[n.offset[S4_COEFFICIENT] + m] : 0.0f), b.second, rows, shares);
        }
        if (P == TRAINABLE) add(S4_COEFFICIENT, m, shares.coefficient), add(S4_BIAS, m, shares.pooled_bias);
        add(C3_BIAS, m, shares.bias);
    }
    const Readers readers(n);
    meet_c3(readers, k.c3[p], s2, k.small + n.offset[C3_WEIGHT] * LANES);
    for (int y = 0; y < S2_SIDE; y++)  // rows outside, so that the rows of flows that they need stay in L1
        for (int i = 0; i < C1_MAPS; i++) {
            return_c3(readers, k.c3[p], b.backward + n.offset[C3_WEIGHT], i, y, k.rows);
            float* states = k.s2[p] + (i * S2_SIDE + y) * S2_SIDE * LANES;
            for (int x = 0; x < S2_SIDE * LANES; x += LANES) {
                Vec flow = load(k.rows + x);
                if (P == TRAINABLE) {
                    Vec s = slope<A>(load(states + x));
                    flow = flow * (b.second ? s * s : s);
                }
                store(states + x, flow);
            }
        }
    Shares shares[C1_MAPS];
    for (int m = 0; m < C1_MAPS; m++) shares[m] = {spread(0.0f), spread(0.0f), spread(0.0f)};
    for (int y = 0; y < C1_SIDE; y += 2) {
        for (int m = 0; m < C1_MAPS; m++)
            unsample<A, P>(k.c1[p] + (m * C1_SIDE + y) * C1_SIDE * LANES, S2_SIDE, k.s2[p] + (m * S2_SIDE + y / 2) * S2_SIDE * LANES, LANES,
                           spread(P == TRAINABLE ? w[n.offset[S2_COEFFICIENT] + m] : 0.0f), b.second, k.rows + m * 2 * C1_SIDE * LANES, shares[m]);
        meet_c1(k.rows, field, y, k.small + n.offset[C1_WEIGHT] * LANES);
    }
    for (int m = 0; m < C1_MAPS; m++) {
        if (P == TRAINABLE) add(S2_COEFFICIENT, m, shares[m].coefficient), add(S2_BIAS, m, shares[m].pooled_bias);
        add(C1_BIAS, m, shares[m].bias);
    }
}

static void fill_shares(const Batch& b, const int32_t (&patterns)[BLOCK], int live, float* shares) {
    const int classes = b.network->classes;
    for (int i = 0; i < classes * BLOCK; i++) shares[i] = 0;
    for (int i = 0; i < live; i++) {
        const int sample = find_sample(b.images, patterns[i]);
        if (b.targets.labels) shares[b.targets.labels[sample] * BLOCK + i] = 1;
        else for (int c = 0; c < classes; c++) shares[c * BLOCK + i] = b.targets.shares[(size_t)sample * classes + c];
    }
}

// From the penalties to S4: losses, rows for `finish`, and the flow at S4's sums in k.s4.
template <int A, int P> static void return_full_layers(const Batch& b, Work& k, int first, int live, float* rows) {
    const Network& n = *b.network;
    double losses[BLOCK];
    for (int p = 0; p < PARTS; p++)
        differentiate_loss(b.loss, n.classes, k.y + p * LANES, k.shares + p * LANES, BLOCK,
                           k.belief + p * LANES, k.slopes + p * LANES, losses + p * LANES);
    for (int i = 0; i < live; i++) b.losses[first + i] = losses[i];
    auto unsquash = [&](Vec state, Vec flow) __attribute__((always_inline)) {
        Vec s = slope<A>(state);
        return flow * (b.second ? s * s : s);
    };
    float* flow = k.y;  // the penalties have been read
    turn_rows(k.c5, C5_UNITS, b.second, rows + X6, live);
    if (n.output == LINEAR) {
        leave_linear(n, b.loss, b.second, k.slopes, k.belief, flow);
        turn_rows(k.f6, F6_UNITS, b.second, rows + X7, live);
        turn_rows(flow, n.classes, 0, rows + D7, live);
        const float* w = b.backward + n.offset[OUTPUT_WEIGHT];
        for (int j = 0; j < F6_UNITS; j++)
            for (int p = 0; p < PARTS; p++) {
                Vec s = spread(0.0f);
                for (int c = 0; c < n.classes; c++) s = fma(spread(w[c * F6_UNITS + j]), load(flow + c * BLOCK + p * LANES), s);
                float* at = k.f6 + j * BLOCK + p * LANES;
                store(at, unsquash(load(at), s));
            }
    } else {
        if (b.second) bend_rbf(n, b.loss, k.belief, k.f6, flow);
        else leave_rbf(n, k.slopes, k.f6, flow);
        for (int i = 0; i < F6_UNITS * BLOCK; i += LANES) store(k.f6 + i, unsquash(load(k.f6 + i), load(flow + i)));
    }
    // the places past the last sample must not flow back
    for (int u = 0; live < BLOCK && u < F6_UNITS; u++)
        for (int i = live; i < BLOCK; i++) k.f6[u * BLOCK + i] = 0;
    turn_rows(k.f6, F6_UNITS, 0, rows + D6, live);
    return_full(k.f6, F6_UNITS, b.backward + n.offset[F6_WEIGHT], C5_UNITS, k.c5, unsquash);
    turn_rows(k.c5, C5_UNITS, 0, rows + D5, live);
    turn_rows(k.s4, S4_UNITS, b.second, rows + X5, live);
    return_full(k.c5, C5_UNITS, b.backward + n.offset[C5_WEIGHT], S4_UNITS, k.s4, [&](Vec state, Vec d) __attribute__((always_inline)) {
        return P == TRAINABLE ? unsquash(state, d) : d;
    });
}

template <int A, int P> static void learn_block(const Batch& b, int block, Work& k) {
    const int small = b.network->offset[C5_WEIGHT], first = block * BLOCK;
    int32_t samples[BLOCK];
    const int live = gather_samples(b.order, first, b.count - first, samples);
    forward<A, P>(*b.network, b.weights, b.images, samples, live, k, nullptr);
    fill_shares(b, samples, live, k.shares);
    return_full_layers<A, P>(b, k, first, live, b.rows + (size_t)first * ROW);
    for (int i = 0; i < small * LANES; i += LANES) store(k.small + i, spread(0.0f));
    for (int p = PARTS - 1; p >= 0; p--)  // the last lane block's states are the warmest
        if (p * LANES < live) return_maps<A, P>(b, k, p);
    // the lanes are added up once a block, so that what threads hand over is small
    float* partial = b.partial + (size_t)block * small;
    for (int i = 0; i < small; i++) partial[i] = sum(load(k.small + i * LANES));
}
