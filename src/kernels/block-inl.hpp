// 16 samples through the whole network, forward and backward. The states of a block take about 0.5 MB, which fits in L2.

// The work buffer of one thread, in floats.
constexpr int FIELD_SIZE = FIELD * FIELD * LANES, C1_SIZE = C1_UNITS * LANES, S2_SIZE = S2_UNITS * LANES, C3_SIZE = C3_UNITS * LANES;
constexpr int SMALL_AT_MOST = pad(C1_MAPS * TAPS) + 3 * pad(C1_MAPS) + pad(C3_MAPS * C1_MAPS * TAPS) + 3 * pad(C3_MAPS);  // parameters of C1 to S4
constexpr int ROWS_SIZE = C1_MAPS * 2 * C1_SIDE * LANES;

struct Work {
    float *field[PARTS], *c1[PARTS], *s2[PARTS], *c3[PARTS];
    float *s4, *c5, *f6, *y, *softmax, *slopes, *targets;
    float *rows, *small, *square_field, *square_s2;

    explicit Work(float* at) {
        auto take = [&](int size) { float* p = at; at += pad(size); return p; };
        for (int p = 0; p < PARTS; p++) {
            field[p] = take(FIELD_SIZE), c1[p] = take(C1_SIZE), s2[p] = take(S2_SIZE), c3[p] = take(C3_SIZE);
        }
        s4 = take(S4_UNITS * BLOCK), c5 = take(C5_PADDED * BLOCK), f6 = take(F6_PADDED * BLOCK);
        y = take((CLASSES_AT_MOST + 8) * BLOCK), softmax = take(CLASSES_AT_MOST * BLOCK);
        slopes = take(CLASSES_AT_MOST * BLOCK), targets = take(CLASSES_AT_MOST * BLOCK);
        rows = take(ROWS_SIZE), small = take(SMALL_AT_MOST * LANES);
        square_field = take(FIELD_SIZE), square_s2 = take(S2_SIZE);
    }
};
constexpr size_t BLOCK_FLOATS = PARTS * (FIELD_SIZE + C1_SIZE + S2_SIZE + C3_SIZE)
    + BLOCK * (S4_UNITS + C5_PADDED + F6_PADDED + 4 * CLASSES_AT_MOST + 8)
    + ROWS_SIZE + SMALL_AT_MOST * LANES + FIELD_SIZE + S2_SIZE;

// The samples of a block. Where there are fewer than 16, the last one is repeated; the copies count for nothing.
static int gather_samples(const int32_t* order, int first, int count, int32_t (&samples)[BLOCK]) {
    const int live = count < BLOCK ? count : BLOCK;
    for (int i = 0; i < BLOCK; i++) {
        const int at = first + (i < live ? i : live - 1);
        samples[i] = order ? order[at] : at;
    }
    return live;
}

// The states of one lane block, copied out as a row for each sample.
static void copy_rows(const float* states, int units, int step, int first, int live, float* out) {
    for (int l = 0; l < LANES && first + l < live; l++)
        for (int u = 0; u < units; u++) out[(size_t)(first + l) * units + u] = states[u * step + l];
}

// From the fields to S4, one lane block. `trace`: where to keep the sums before the activation function; or null.
template <int A, int P> static void forward_maps(const Network& n, const float* w, Work& k, int p, const Trace* trace, int live) {
    const float* one = w;  // only trainable subsampling has coefficients
    const float *coefficient2 = P == TRAINABLE ? w + n.offset[S2_COEFFICIENT] : one, *bias2 = P == TRAINABLE ? w + n.offset[S2_BIAS] : one;
    const float *coefficient4 = P == TRAINABLE ? w + n.offset[S4_COEFFICIENT] : one, *bias4 = P == TRAINABLE ? w + n.offset[S4_BIAS] : one;
    const int first = p * LANES;
    auto find = [&](Traced array) { return trace ? trace->at[array] : nullptr; };
    float* sums = find(S2_SUM) ? k.square_s2 : nullptr;  // memory that only training needs
    if (find(C1_SUM)) {
        for (int y = 0; y < C1_SIDE; y++) convolve_c1(k.field[p], w + n.offset[C1_WEIGHT], w + n.offset[C1_BIAS], y, k.c1[p]);
        copy_rows(k.c1[p], C1_UNITS, LANES, first, live, find(C1_SUM));
    }
    for (int y = 0; y < C1_SIDE; y += 2) {
        for (int i = 0; i < 2; i++) convolve_c1(k.field[p], w + n.offset[C1_WEIGHT], w + n.offset[C1_BIAS], y + i, k.c1[p]);
        for (int m = 0; m < C1_MAPS; m++) {
            const int to = (m * S2_SIDE + y / 2) * S2_SIDE * LANES;
            subsample<A, P>(k.c1[p] + (m * C1_SIDE + y) * C1_SIDE * LANES, S2_SIDE, broadcast(coefficient2[m]), broadcast(bias2[m]),
                            k.s2[p] + to, LANES, sums ? sums + to : nullptr);
        }
    }
    if (sums) copy_rows(sums, S2_UNITS, LANES, first, live, find(S2_SUM));
    for (int m = 0; m < C3_MAPS; m++)
        for (int y = 0; y < C3_SIDE; y += 2)
            convolve_c3(n, k.s2[p], w + n.offset[C3_WEIGHT], w + n.offset[C3_BIAS], m, y, k.c3[p]);
    if (find(C3_SUM)) copy_rows(k.c3[p], C3_UNITS, LANES, first, live, find(C3_SUM));
    sums = find(S4_SUM) ? k.c5 : nullptr;  // overwritten later; long enough for one map of S4
    for (int m = 0; m < C3_MAPS; m++) {
        for (int y = 0; y < C3_SIDE; y += 2)
            subsample<A, P>(k.c3[p] + (m * C3_SIDE + y) * C3_SIDE * LANES, S4_SIDE, broadcast(coefficient4[m]), broadcast(bias4[m]),
                            k.s4 + (m * TAPS + y / 2 * S4_SIDE) * BLOCK + first, BLOCK,
                            sums ? sums + y / 2 * S4_SIDE * BLOCK : nullptr);
        if (!sums) continue;
        for (int l = 0; l < LANES && first + l < live; l++)
            for (int u = 0; u < TAPS; u++) find(S4_SUM)[(size_t)(first + l) * S4_UNITS + m * TAPS + u] = sums[u * BLOCK + l];
    }
}

template <int A> static void activate_all(float* states, int units) {
    for (int i = 0; i < units * BLOCK; i += LANES) store(states + i, activate<A>(load(states + i)));
}

// C5 to the penalties.
template <int A> static void forward_full(const Network& n, const float* w, Work& k, const Trace* trace, int live) {
    auto keep = [&](const float* states, int units, float* out) {
        for (int p = 0; out && p < PARTS; p++) copy_rows(states + p * LANES, units, BLOCK, p * LANES, live, out);
    };
    connect(k.s4, S4_UNITS, w + n.offset[C5_WEIGHT], w + n.offset[C5_BIAS], C5_UNITS, k.c5);
    if (trace) keep(k.c5, C5_UNITS, trace->at[C5_SUM]);
    activate_all<A>(k.c5, C5_UNITS);
    connect(k.c5, C5_UNITS, w + n.offset[F6_WEIGHT], w + n.offset[F6_BIAS], F6_UNITS, k.f6);
    if (trace) keep(k.f6, F6_UNITS, trace->at[F6_SUM]);
    activate_all<A>(k.f6, F6_UNITS);
    measure_penalties(n, w, k.f6, k.y);
}

template <int A, int P>
static void forward(const Network& n, const float* w, const Images& images, const int32_t (&samples)[BLOCK], int live, Work& k, const Trace* trace) {
    for (int p = 0; p < PARTS; p++) {
        fill_field(images, samples + p * LANES, k.square_field, k.field[p]);
        forward_maps<A, P>(n, w, k, p, trace, live);
    }
    forward_full<A>(n, w, k, trace, live);
}

static void square(const float* in, int count, float* out) {
    for (int i = 0; i < count; i += LANES) store(out + i, load(in + i) * load(in + i));
}

// The backward pass of one lane block, from the deltas of S4 (in k.s4) to C1; adds the gradients of C1 to S4 to k.small.
template <int A, int P> static void backward_maps(const Batch& b, Work& k, int p) {
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
        MapGradient gradient = {broadcast(0.0f), broadcast(0.0f), broadcast(0.0f)};
        for (int y = 0; y < C3_SIDE; y += 2) {
            float* rows = k.c3[p] + (m * C3_SIDE + y) * C3_SIDE * LANES;
            unsample<A, P>(rows, S4_SIDE, k.s4 + (m * TAPS + y / 2 * S4_SIDE) * BLOCK + p * LANES, BLOCK,
                           broadcast(P == TRAINABLE ? w[n.offset[S4_COEFFICIENT] + m] : 0.0f), b.second, rows, gradient);
        }
        if (P == TRAINABLE) add(S4_COEFFICIENT, m, gradient.coefficient), add(S4_BIAS, m, gradient.pooled_bias);
        add(C3_BIAS, m, gradient.bias);
    }
    const Readers readers(n);
    gradient_c3(readers, k.c3[p], s2, k.small + n.offset[C3_WEIGHT] * LANES);
    for (int y = 0; y < S2_SIDE; y++)  // rows outside, so that the rows of deltas that the maps share stay in L1
        for (int i = 0; i < C1_MAPS; i++) {
            backward_c3(readers, k.c3[p], b.backward + n.offset[C3_WEIGHT], i, y, k.rows);
            float* states = k.s2[p] + (i * S2_SIDE + y) * S2_SIDE * LANES;
            for (int x = 0; x < S2_SIDE * LANES; x += LANES) {
                Vec delta = load(k.rows + x);
                if (P == TRAINABLE) {
                    Vec s = slope<A>(load(states + x));
                    delta = delta * (b.second ? s * s : s);
                }
                store(states + x, delta);
            }
        }
    MapGradient gradient[C1_MAPS];
    for (int m = 0; m < C1_MAPS; m++) gradient[m] = {broadcast(0.0f), broadcast(0.0f), broadcast(0.0f)};
    for (int y = 0; y < C1_SIDE; y += 2) {
        for (int m = 0; m < C1_MAPS; m++)
            unsample<A, P>(k.c1[p] + (m * C1_SIDE + y) * C1_SIDE * LANES, S2_SIDE, k.s2[p] + (m * S2_SIDE + y / 2) * S2_SIDE * LANES, LANES,
                           broadcast(P == TRAINABLE ? w[n.offset[S2_COEFFICIENT] + m] : 0.0f), b.second, k.rows + m * 2 * C1_SIDE * LANES, gradient[m]);
        gradient_c1(k.rows, field, y, k.small + n.offset[C1_WEIGHT] * LANES);
    }
    for (int m = 0; m < C1_MAPS; m++) {
        if (P == TRAINABLE) add(S2_COEFFICIENT, m, gradient[m].coefficient), add(S2_BIAS, m, gradient[m].pooled_bias);
        add(C1_BIAS, m, gradient[m].bias);
    }
}

static void write_targets(const Batch& b, const int32_t (&patterns)[BLOCK], int live, float* rows) {
    const int classes = b.network->classes;
    for (int i = 0; i < classes * BLOCK; i++) rows[i] = 0;
    for (int i = 0; i < live; i++) {
        const int sample = find_sample(b.images, patterns[i]);
        if (b.targets.labels) rows[b.targets.labels[sample] * BLOCK + i] = 1;
        else for (int c = 0; c < classes; c++) rows[c * BLOCK + i] = b.targets.probabilities[(size_t)sample * classes + c];
    }
}

// The backward pass from the penalties to S4: the losses, the rows that `finish` needs, and the deltas of S4 in k.s4.
template <int A, int P> static void backward_full_layers(const Batch& b, Work& k, int first, int live, float* rows) {
    const Network& n = *b.network;
    double losses[BLOCK];
    for (int p = 0; p < PARTS; p++)
        differentiate_loss(b.loss, n.classes, k.y + p * LANES, k.targets + p * LANES, BLOCK,
                           k.softmax + p * LANES, k.slopes + p * LANES, losses + p * LANES);
    for (int i = 0; i < live; i++) b.losses[first + i] = losses[i];
    auto backward_activation = [&](Vec state, Vec delta) __attribute__((always_inline)) {
        Vec s = slope<A>(state);
        return delta * (b.second ? s * s : s);
    };
    float* delta = k.y;  // the penalties have been read
    transpose_to_rows(k.c5, C5_UNITS, b.second, rows + X6, live);
    if (n.output == LINEAR) {
        backward_linear(n, b.loss, b.second, k.slopes, k.softmax, delta);
        transpose_to_rows(k.f6, F6_UNITS, b.second, rows + X7, live);
        transpose_to_rows(delta, n.classes, 0, rows + D7, live);
        const float* w = b.backward + n.offset[OUTPUT_WEIGHT];
        for (int j = 0; j < F6_UNITS; j++)
            for (int p = 0; p < PARTS; p++) {
                Vec s = broadcast(0.0f);
                for (int c = 0; c < n.classes; c++) s = fma(broadcast(w[c * F6_UNITS + j]), load(delta + c * BLOCK + p * LANES), s);
                float* at = k.f6 + j * BLOCK + p * LANES;
                store(at, backward_activation(load(at), s));
            }
    } else {
        if (b.second) curvature_rbf(n, b.loss, k.softmax, k.f6, delta);
        else backward_rbf(n, k.slopes, k.f6, delta);
        for (int i = 0; i < F6_UNITS * BLOCK; i += LANES) store(k.f6 + i, backward_activation(load(k.f6 + i), load(delta + i)));
    }
    // the copies of the last sample must not contribute
    for (int u = 0; live < BLOCK && u < F6_UNITS; u++)
        for (int i = live; i < BLOCK; i++) k.f6[u * BLOCK + i] = 0;
    transpose_to_rows(k.f6, F6_UNITS, 0, rows + D6, live);
    backward_full(k.f6, F6_UNITS, b.backward + n.offset[F6_WEIGHT], C5_UNITS, k.c5, backward_activation);
    transpose_to_rows(k.c5, C5_UNITS, 0, rows + D5, live);
    transpose_to_rows(k.s4, S4_UNITS, b.second, rows + X5, live);
    backward_full(k.c5, C5_UNITS, b.backward + n.offset[C5_WEIGHT], S4_UNITS, k.s4, [&](Vec state, Vec d) __attribute__((always_inline)) {
        return P == TRAINABLE ? backward_activation(state, d) : d;
    });
}

template <int A, int P> static void learn_block(const Batch& b, int block, Work& k) {
    const int small = b.network->offset[C5_WEIGHT], first = block * BLOCK;
    int32_t samples[BLOCK];
    const int live = gather_samples(b.order, first, b.count - first, samples);
    forward<A, P>(*b.network, b.weights, b.images, samples, live, k, nullptr);
    write_targets(b, samples, live, k.targets);
    backward_full_layers<A, P>(b, k, first, live, b.rows + (size_t)first * ROW);
    for (int i = 0; i < small * LANES; i += LANES) store(k.small + i, broadcast(0.0f));
    for (int p = PARTS - 1; p >= 0; p--)  // the last lane block's states are the warmest
        if (p * LANES < live) backward_maps<A, P>(b, k, p);
    // the lanes are added up once a block, so that threads hand little over
    float* partial = b.partial + (size_t)block * small;
    for (int i = 0; i < small; i++) partial[i] = sum(load(k.small + i * LANES));
}
