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

// U units' weights against V vectors of inputs: 12 sums; the update while they are in registers.
template <int U, int V> INLINE void meet_tile(const Batch& b, int x, int d, int at, int inputs) {
    if (b.update)
        for (int u = 0; u < U; u++) {
            __builtin_prefetch(b.update->weights + at + u * inputs, 1);
            if (b.update->momentum != 0) __builtin_prefetch(b.update->velocity + at + u * inputs, 1);
            if (b.update->scales) __builtin_prefetch(b.update->scales + at + u * inputs);
        }
    Vec s[U][V];
    UNROLL for (int u = 0; u < U; u++) UNROLL for (int i = 0; i < V; i++)
        s[u][i] = b.add ? load(b.gradient + at + u * inputs + i * LANES) : spread(0.0f);
    for (int n = 0; n < b.count; n++) {
        const float* row = b.rows + (size_t)n * ROW;
        Vec v[V];
        UNROLL for (int i = 0; i < V; i++) v[i] = load(row + x + i * LANES);
        UNROLL for (int u = 0; u < U; u++) {
            Vec a = spread(row[d + u]);
            UNROLL for (int i = 0; i < V; i++) s[u][i] = fma(a, v[i], s[u][i]);
        }
    }
    UNROLL for (int u = 0; u < U; u++) UNROLL for (int i = 0; i < V; i++) move(b, at + u * inputs + i * LANES, s[u][i]);
}

// A slab of 16 inputs (one line of the cache a sample and a unit) against all units: it stays in L1 from tile to tile.
SHARED void meet_slab(const Batch& b, int x, int d, int weight, int inputs, int units, int slab) {
    constexpr int U = 12 / PARTS;
    const int j = slab * 16;
    for (int u = 0; u < units; u += U) {
        const int at = weight + u * inputs + j;
        if (j + 16 <= inputs) meet_tile<U, PARTS>(b, x + j, d + u, at, inputs);
        else meet_tile<U, PARTS / 2>(b, x + j, d + u, at, inputs);  // F6 has 7 slabs and a half
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

// What threads share out: items with parameters of their own.
constexpr int C5_ITEMS = S4_UNITS / 16, F6_ITEMS = (C5_UNITS + 15) / 16;

static int count_items(const Batch*) { return C5_ITEMS + F6_ITEMS + 2; }

static void finish(const Batch* batch, int item) {
    const Batch& b = *batch;
    const int* offset = b.network->offset;
    if (item < C5_ITEMS) {
        meet_slab(b, X5, D5, offset[C5_WEIGHT], S4_UNITS, C5_UNITS, item);
    } else if ((item -= C5_ITEMS) < F6_ITEMS) {
        meet_slab(b, X6, D6, offset[F6_WEIGHT], C5_UNITS, F6_UNITS, item);
    } else if (item == F6_ITEMS) {
        meet_small(b);
    } else {
        meet_biases(b, D5, offset[C5_BIAS], C5_UNITS);
        meet_biases(b, D6, offset[F6_BIAS], F6_UNITS);
        if (b.network->output == LINEAR) meet_output(b), meet_biases(b, D7, offset[OUTPUT_BIAS], b.network->classes);
    }
}
