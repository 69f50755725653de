// The end of a step: the gradient of each array over the whole batch, and the update that it makes.

// One vector of parameters: the new sum of its gradient, and when the batch is complete its mean and its step.
INLINE void move(const Batch& b, int at, Vec g) {
    if (!b.total) return store(b.gradient + at, g);
    g = g * spread(1.0f / b.total);
    if (!b.update) return store(b.gradient + at, g);
    const Update& u = *b.update;
    Vec w = load(u.weights + at);
    Vec v = fma(spread(u.decay), w, g);
    if (u.momentum != 0) {
        v = fma(spread(u.momentum), load(u.velocity + at), v);
        store(u.velocity + at, v);
    }
    Vec rate = spread(u.rate);
    if (u.scales) rate = rate * load(u.scales + at);
    store(u.weights + at, w - rate * v);
}

// Two units' weights against 5 vectors of inputs: 10 sums, 7 loads a sample; the update while they are in registers.
SHARED void meet_full(const Batch& b, int x, int inputs, int d, int weight, int unit) {
    constexpr int J = 5;
    for (int j = 0; j < inputs; j += J * LANES) {
        const int at[2] = {weight + unit * inputs + j, weight + (unit + 1) * inputs + j};
        if (b.update)
            for (int u = 0; u < 2; u++)
                for (int i = 0; i < J * LANES; i += 16) {
                    __builtin_prefetch(b.update->weights + at[u] + i);
                    if (b.update->momentum != 0) __builtin_prefetch(b.update->velocity + at[u] + i);
                }
        Vec s[2][J];
        UNROLL for (int u = 0; u < 2; u++) UNROLL for (int i = 0; i < J; i++)
            s[u][i] = b.add ? load(b.gradient + at[u] + i * LANES) : spread(0.0f);
        for (int n = 0; n < b.count; n++) {
            const float* row = b.rows + (size_t)n * ROW;
            Vec d0 = spread(row[d + unit]), d1 = spread(row[d + unit + 1]);
            UNROLL for (int i = 0; i < J; i++) {
                Vec v = load(row + x + j + i * LANES);
                s[0][i] = fma(d0, v, s[0][i]);
                s[1][i] = fma(d1, v, s[1][i]);
            }
        }
        UNROLL for (int u = 0; u < 2; u++) UNROLL for (int i = 0; i < J; i++) move(b, at[u] + i * LANES, s[u][i]);
    }
}

// Biases: the flows alone, over the samples in their order. Arrays end at a multiple of 16, so whole vectors fit.
SHARED void meet_biases(const Batch& b, int d, int bias, int units) {
    for (int u = 0; u < units; u += LANES) {
        Vec s = b.add ? load(b.gradient + bias + u) : spread(0.0f);
        for (int n = 0; n < b.count; n++) s = s + load(b.rows + (size_t)n * ROW + d + u);
        // past the last unit stands something else: it must not move the padding
        if (u + LANES > units) {
            float lane[LANES];
            store(lane, s);
            for (int i = units - u; i < LANES; i++) lane[i] = 0;
            s = load(lane);
        }
        move(b, bias + u, s);
    }
}

// The output layer's few weights, one row of 84 at a time.
SHARED void meet_output(const Batch& b) {
    const Network& net = *b.network;
    const int weight = net.offset[OUTPUT_WEIGHT], count = net.classes * F6_UNITS;
    for (int i = 0; i < count; i += LANES) {
        // rows of 84 are no whole number of vectors: lanes may belong to two classes
        float x[LANES], d[LANES];
        Vec s = b.add ? load(b.gradient + weight + i) : spread(0.0f);
        int from[LANES], by[LANES];
        for (int l = 0; l < LANES; l++) {
            const int at = i + l < count ? i + l : count - 1;
            from[l] = X7 + at % F6_UNITS, by[l] = D7 + at / F6_UNITS;
        }
        const bool together = from[LANES - 1] == from[0] + LANES - 1;
        for (int n = 0; n < b.count; n++) {
            const float* row = b.rows + (size_t)n * ROW;
            if (together) { s = fma(spread(row[by[0]]), load(row + from[0]), s); continue; }
            for (int l = 0; l < LANES; l++) x[l] = row[from[l]], d[l] = i + l < count ? row[by[l]] : 0;
            s = fma(load(d), load(x), s);
        }
        move(b, weight + i, s);
    }
}

// C1 to S4: the blocks' sums, added in the order of the blocks.
SHARED void meet_small(const Batch& b) {
    const int small = b.network->offset[C5_WEIGHT], blocks = (b.count + BLOCK - 1) / BLOCK;
    for (int i = 0; i < small; i += LANES) {
        Vec s = b.add ? load(b.gradient + i) : spread(0.0f);
        for (int k = 0; k < blocks; k++) s = s + load(b.partial + (size_t)k * small + i);
        move(b, i, s);
    }
}

// What threads share out: items of about the same cost, each with its own parameters.
constexpr int UNITS_AN_ITEM = 6, C5_ITEMS = C5_UNITS / UNITS_AN_ITEM, F6_ITEMS = F6_UNITS / (2 * UNITS_AN_ITEM);

static int count_items(const Batch*) { return C5_ITEMS + F6_ITEMS + 2; }

static void finish(const Batch* batch, int item) {
    const Batch& b = *batch;
    const int* offset = b.network->offset;
    if (item < C5_ITEMS) {
        for (int u = 0; u < UNITS_AN_ITEM; u += 2) meet_full(b, X5, S4_UNITS, D5, offset[C5_WEIGHT], item * UNITS_AN_ITEM + u);
    } else if ((item -= C5_ITEMS) < F6_ITEMS) {
        for (int u = 0; u < 2 * UNITS_AN_ITEM; u += 2) meet_full(b, X6, C5_UNITS, D6, offset[F6_WEIGHT], item * 2 * UNITS_AN_ITEM + u);
    } else if (item == F6_ITEMS) {
        meet_small(b);
    } else {
        meet_biases(b, D5, offset[C5_BIAS], C5_UNITS);
        meet_biases(b, D6, offset[F6_BIAS], F6_UNITS);
        if (b.network->output == LINEAR) meet_output(b), meet_biases(b, D7, offset[OUTPUT_BIAS], b.network->classes);
    }
}
