// The end of a step: the gradient of each array over the whole batch, and the update of the parameters.

// One vector of parameters: keep the sum of its gradient; when the batch is complete, take the mean and update.
INLINE void apply_gradient(const Batch& b, int at, Vec g) {
    if (!b.total) return store(b.gradient + at, g);
    g = g * broadcast(1.0f / b.total);
    if (!b.update) return store(b.gradient + at, g);
    const Update& u = *b.update;
    Vec w = load(u.weights + at);
    Vec v = fma(broadcast(u.decay), w, g);
    if (u.momentum != 0) {
        v = fma(broadcast(u.momentum), load(u.velocity + at), v);
        store(u.velocity + at, v);
    }
    Vec rate = broadcast(u.rate);
    if (u.scales) rate = rate * load(u.scales + at);
    store(u.weights + at, w - rate * v);
}

// The gradient of the weights of U units and V vectors of inputs, 12 sums, and their update while they are in registers.
template <int U, int V> INLINE void gradient_tile(const Batch& b, int x, int d, int at, int inputs) {
    if (b.update)
        for (int u = 0; u < U; u++) {
            __builtin_prefetch(b.update->weights + at + u * inputs, 1);
            if (b.update->momentum != 0) __builtin_prefetch(b.update->velocity + at + u * inputs, 1);
            if (b.update->scales) __builtin_prefetch(b.update->scales + at + u * inputs);
        }
    Vec s[U][V];
    UNROLL for (int u = 0; u < U; u++) UNROLL for (int i = 0; i < V; i++)
        s[u][i] = b.add ? load(b.gradient + at + u * inputs + i * LANES) : broadcast(0.0f);
    for (int n = 0; n < b.count; n++) {
        const float* row = b.rows + (size_t)n * ROW;
        Vec v[V];
        UNROLL for (int i = 0; i < V; i++) v[i] = load(row + x + i * LANES);
        UNROLL for (int u = 0; u < U; u++) {
            Vec a = broadcast(row[d + u]);
            UNROLL for (int i = 0; i < V; i++) s[u][i] = fma(a, v[i], s[u][i]);
        }
    }
    UNROLL for (int u = 0; u < U; u++) UNROLL for (int i = 0; i < V; i++) apply_gradient(b, at + u * inputs + i * LANES, s[u][i]);
}

// A slab of 16 inputs, one cache line a sample, with all units: the inputs stay in L1 from tile to tile.
SHARED void gradient_slab(const Batch& b, int x, int d, int weight, int inputs, int units, int slab) {
    constexpr int U = 12 / PARTS;
    const int j = slab * 16;
    for (int u = 0; u < units; u += U) {
        const int at = weight + u * inputs + j;
        if (j + 16 <= inputs) gradient_tile<U, PARTS>(b, x + j, d + u, at, inputs);
        else gradient_tile<U, PARTS / 2>(b, x + j, d + u, at, inputs);  // F6 has seven slabs and a half
    }
}

// Biases: the sum of the deltas, in the order of the samples. Arrays are padded to a multiple of 16, so that whole vectors
// fit.
SHARED void gradient_biases(const Batch& b, int d, int bias, int units) {
    for (int u = 0; u < units; u += LANES) {
        Vec s = b.add ? load(b.gradient + bias + u) : broadcast(0.0f);
        for (int n = 0; n < b.count; n++) s = s + load(b.rows + (size_t)n * ROW + d + u);
        // what follows the last unit is another array of the row, which must not change the padding
        if (u + LANES > units) {
            float lane[LANES];
            store(lane, s);
            for (int i = units - u; i < LANES; i++) lane[i] = 0;
            s = load(lane);
        }
        apply_gradient(b, bias + u, s);
    }
}

// The weights of the output layer, in vectors that may belong to two classes.
SHARED void gradient_output(const Batch& b) {
    const Network& net = *b.network;
    const int weight = net.offset[OUTPUT_WEIGHT], count = net.classes * F6_UNITS;
    for (int i = 0; i < count; i += LANES) {
        // 84 is not a multiple of the lanes
        float x[LANES], d[LANES];
        Vec s = b.add ? load(b.gradient + weight + i) : broadcast(0.0f);
        int from[LANES], by[LANES];
        for (int l = 0; l < LANES; l++) {
            const int at = i + l < count ? i + l : count - 1;
            from[l] = X7 + at % F6_UNITS, by[l] = D7 + at / F6_UNITS;
        }
        const bool together = from[LANES - 1] == from[0] + LANES - 1;
        for (int n = 0; n < b.count; n++) {
            const float* row = b.rows + (size_t)n * ROW;
            if (together) { s = fma(broadcast(row[by[0]]), load(row + from[0]), s); continue; }
            for (int l = 0; l < LANES; l++) x[l] = row[from[l]], d[l] = i + l < count ? row[by[l]] : 0;
            s = fma(load(d), load(x), s);
        }
        apply_gradient(b, weight + i, s);
    }
}

// C1 to S4: the sums of the blocks, added in the order of the blocks.
SHARED void gradient_small(const Batch& b) {
    const int small = b.network->offset[C5_WEIGHT], blocks = (b.count + BLOCK - 1) / BLOCK;
    for (int i = 0; i < small; i += LANES) {
        Vec s = b.add ? load(b.gradient + i) : broadcast(0.0f);
        for (int k = 0; k < blocks; k++) s = s + load(b.partial + (size_t)k * small + i);
        apply_gradient(b, i, s);
    }
}

// The items of a step that threads divide among themselves; each has parameters of its own.
constexpr int C5_ITEMS = S4_UNITS / 16, F6_ITEMS = (C5_UNITS + 15) / 16;

static int count_items(const Batch*) { return C5_ITEMS + F6_ITEMS + 2; }

static void finish(const Batch* batch, int item) {
    const Batch& b = *batch;
    const int* offset = b.network->offset;
    if (item < C5_ITEMS) {
        gradient_slab(b, X5, D5, offset[C5_WEIGHT], S4_UNITS, C5_UNITS, item);
    } else if ((item -= C5_ITEMS) < F6_ITEMS) {
        gradient_slab(b, X6, D6, offset[F6_WEIGHT], C5_UNITS, F6_UNITS, item);
    } else if (item == F6_ITEMS) {
        gradient_small(b);
    } else {
        gradient_biases(b, D5, offset[C5_BIAS], C5_UNITS);
        gradient_biases(b, D6, offset[F6_BIAS], F6_UNITS);
        if (b.network->output == LINEAR) gradient_output(b), gradient_biases(b, D7, offset[OUTPUT_BIAS], b.network->classes);
    }
}
