// One image alone: for latency, and for the method of 1998, one sample an update.
//
// Lanes are pixels of a map laid out flat. A convolution is then, tap by tap, the whole map shifted: the outputs keep
// the pitch of the inputs, and the columns past the last output hold what nobody reads (states) or zero (flows).
// C5 and F6 take lanes over their inputs, with the gradient and the update in one pass over the weights.
// In training C3's lanes are its maps (c3_maps.hpp), since shifted flows would be loaded across lines of the cache.
//
// Two threads share one sample: halves of the maps of C1 and C3 and of the units. A phase reads only what earlier
// phases wrote, so a barrier between phases suffices; field, F6 and output are computed by both, each in its own memory.

constexpr int C1_PITCHED = C1_SIDE * FIELD, C3_PITCHED = 144, S2_PITCHED = 208;
constexpr int C3_VECTORS = 136 / LANES;                      // 9 rows of 14 and 10 pixels

constexpr int PACKED = C1_MAPS * TAPS * C3_MAPS;              // C3's kernels, connected or not

struct Single {  // shared by the threads of a sample
    float *c1, *s2, *c3, *s4, *c5, *flow4;
    float *weight3, *velocity3, *scale3, *gradient3, *s4_columns, *flow4_columns;  // c3_maps.hpp
    explicit Single(float* at) {
        auto take = [&](int size) { float* p = at; at += (size + 15) & ~15; return p; };
        c1 = take(C1_MAPS * C1_PITCHED), s2 = take(C1_MAPS * S2_PITCHED), c3 = take(C3_MAPS * C3_PITCHED), s4 = take(S4_UNITS);
        c5 = take(128), flow4 = take(S4_UNITS);
        weight3 = take(PACKED), velocity3 = take(PACKED), scale3 = take(PACKED), gradient3 = take(PACKED);
        s4_columns = take(S4_UNITS), flow4_columns = take(S4_UNITS);
    }
};
constexpr size_t SINGLE_FLOATS = C1_MAPS * (C1_PITCHED + S2_PITCHED) + C3_MAPS * C3_PITCHED + 4 * S4_UNITS + 128 + 4 * PACKED + 64;

struct Own {  // of one thread
    float *field, *f6, *flow6, *flow5, *flow7, *flow2, *flow1, *y, *shares, *belief, *slopes;
    explicit Own(float* at) {
        auto take = [&](int size) { float* p = at; at += (size + 15) & ~15; return p; };
        field = take(FIELD * FIELD + 32), f6 = take(96), flow6 = take(96), flow5 = take(128), flow7 = take(CLASSES_AT_MOST);
        flow2 = take(S2_PITCHED), flow1 = take(C1_PITCHED + 32);
        y = take(CLASSES_AT_MOST * LANES), shares = take(CLASSES_AT_MOST * LANES);
        belief = take(CLASSES_AT_MOST * LANES), slopes = take(CLASSES_AT_MOST * LANES);
    }
};
constexpr size_t OWN_FLOATS = FIELD * FIELD + 32 + 2 * 96 + 128 + CLASSES_AT_MOST + S2_PITCHED + C1_PITCHED + 32 + 4 * CLASSES_AT_MOST * LANES + 64;

INLINE int share_begin(int count, int thread, int threads) { return count * thread / threads; }

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

// Squash a pitched map in place and subsample it to side x side.
template <int A, int P> INLINE void subsample_flat(float* map, int length, int pitch, int side, float coefficient, float bias, float* out) {
    for (int i = 0; i < length; i += LANES) store(map + i, squash<A>(load(map + i)));
    for (int y = 0; y < side; y++) {
        const float *a = map + 2 * y * pitch, *b = a + pitch;
        for (int x = 0; x < side; x++) {
            if (P == MAX) {
                float s = a[2 * x] > a[2 * x + 1] ? a[2 * x] : a[2 * x + 1], t = b[2 * x] > b[2 * x + 1] ? b[2 * x] : b[2 * x + 1];
                out[y * side + x] = s > t ? s : t;
            } else {
                const float total = (a[2 * x] + a[2 * x + 1]) + (b[2 * x] + b[2 * x + 1]);
                out[y * side + x] = P == AVERAGE ? 0.25f * total : coefficient * total + bias;
            }
        }
    }
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

SHARED void measure_penalties_one(const Network& n, const float* weights, const float* f6, float* y) {
    const float* w = n.output == RBF ? n.codes : weights + n.offset[OUTPUT_WEIGHT];
    for (int c = 0; c < n.classes; c++, w += F6_UNITS) {
        Vec s = spread(0.0f);
        int j = 0;
        for (; j + LANES <= F6_UNITS; j += LANES) {
            Vec x = load(f6 + j), a = load(w + j);
            s = n.output == RBF ? fma(x - a, x - a, s) : fma(x, a, s);
        }
        float total = sum(s);
        for (; j < F6_UNITS; j++) total += n.output == RBF ? (f6[j] - w[j]) * (f6[j] - w[j]) : f6[j] * w[j];
        y[c] = n.output == RBF ? total : -(total + weights[n.offset[OUTPUT_BIAS] + c]);
    }
}

// Phase 0: the field, and some maps of C1 and S2.
template <int A, int P> static void enter_c1(const Network& n, const float* w, const Images& images, int sample, int t, int threads, Single& s, Own& o) {
    const int from = share_begin(C1_MAPS, t, threads), to = share_begin(C1_MAPS, t + 1, threads);
    fill_one(images, sample, o.field);
    for (int m = from; m < to; m += 3) shift_c1<3>(o.field, w + n.offset[C1_WEIGHT], w + n.offset[C1_BIAS], m, s.c1);
    for (int m = from; m < to; m++) {
        float* out = s.s2 + m * S2_PITCHED;
        subsample_flat<A, P>(s.c1 + m * C1_PITCHED, C1_PITCHED, FIELD, S2_SIDE, P == TRAINABLE ? w[n.offset[S2_COEFFICIENT] + m] : 0,
                             P == TRAINABLE ? w[n.offset[S2_BIAS] + m] : 0, out);
        if (P == TRAINABLE)
            for (int i = 0; i < S2_SIDE * S2_SIDE; i += LANES) store(out + i, squash<A>(load(out + i)));
    }
}

// Phase 1: some maps of C3 and S4.
template <int A, int P> static void enter_c3(const Network& n, const float* w, int t, int threads, Single& s) {
    const int from = share_begin(C3_MAPS, t, threads), to = share_begin(C3_MAPS, t + 1, threads);
    for (int m = from; m < to; m++) {
        const float* weight = w + n.offset[C3_WEIGHT];
        const float bias = w[n.offset[C3_BIAS] + m];
        for (int at = 0; at < C3_VECTORS * LANES; at += 17 * LANES) {
            shift_c3<9>(n, s.s2, weight, bias, m, at, s.c3);
            shift_c3<8>(n, s.s2, weight, bias, m, at + 9 * LANES, s.c3);
        }
        subsample_flat<A, P>(s.c3 + m * C3_PITCHED, C3_VECTORS * LANES, S2_SIDE, S4_SIDE, P == TRAINABLE ? w[n.offset[S4_COEFFICIENT] + m] : 0,
                             P == TRAINABLE ? w[n.offset[S4_BIAS] + m] : 0, s.s4 + m * TAPS);
    }
    if (P == TRAINABLE)
        for (int i = from * TAPS; i < to * TAPS; i += LANES) store(s.s4 + i, squash<A>(load(s.s4 + i)));
}

// Phase 2: some units of C5.
template <int A> static void enter_c5(const Network& n, const float* w, int t, int threads, Single& s) {
    const int from = share_begin(C5_UNITS, t, threads), to = share_begin(C5_UNITS, t + 1, threads);
    connect_one(s.s4, S4_UNITS, w + n.offset[C5_WEIGHT], w + n.offset[C5_BIAS], from, to, s.c5);
    for (int i = from; i < to; i += 4) {
        float lane[LANES] = {s.c5[i], s.c5[i + 1], s.c5[i + 2], s.c5[i + 3]};
        store(lane, squash<A>(load(lane)));
        __builtin_memcpy(s.c5 + i, lane, 4 * sizeof(float));
    }
}

template <int A> static void enter_f6(const Network& n, const float* w, Single& s, Own& o) {
    connect_one(s.c5, C5_UNITS, w + n.offset[F6_WEIGHT], w + n.offset[F6_BIAS], 0, F6_UNITS, o.f6);
    for (int i = 0; i < F6_UNITS; i += LANES) store(o.f6 + i, squash<A>(load(o.f6 + i)));
}

// The update of one vector of parameters from its gradient. PLAIN: neither momentum nor decay.
template <int PLAIN, int SCALED> INLINE void nudge(const Update& u, size_t at, Vec w, Vec g) {
    if (!PLAIN) {
        g = fma(spread(u.decay), w, g);
        if (u.momentum != 0) {
            g = fma(spread(u.momentum), load(u.velocity + at), g);
            store(u.velocity + at, g);
        }
    }
    Vec rate = spread(u.rate);
    if (SCALED) rate = rate * load(u.scales + at);
    store(u.weights + at, w - rate * g);
}

SHARED void nudge_one(const Update& u, int at, float g) {
    float w = u.weights[at];
    g = u.decay * w + g;
    if (u.momentum != 0) u.velocity[at] = g = u.momentum * u.velocity[at] + g;
    u.weights[at] = w - (u.scales ? u.rate * u.scales[at] : u.rate) * g;
}

// Weights of some units, rows from `at`: g = flow x input.
template <int PLAIN, int SCALED> SHARED void nudge_rows(const Update& u, int at, int inputs, const float* in, const float* flow, int from, int to) {
    for (int i = from; i < to; i++) {
        const Vec d = spread(flow[i]);
        const int row = at + i * inputs, whole = inputs / LANES * LANES;
        for (int j = 0; j < whole; j += LANES) nudge<PLAIN, SCALED>(u, row + j, load(u.weights + row + j), d * load(in + j));
        for (int j = whole; j < whole + inputs % LANES; j++) nudge_one(u, row + j, flow[i] * in[j]);
    }
}

// C5 backward for some of its inputs: flows into S4 and the update, 4 units at a time in one pass over their rows.
template <int PLAIN, int SCALED> SHARED void return_c5(const Update& u, int at, const float* s4, const float* flow5, int from, int to, float* flow4) {
    for (int j = from; j < to; j += LANES) store(flow4 + j, spread(0.0f));
    for (int unit = 0; unit < C5_UNITS; unit += 4) {
        Vec d[4];
        UNROLL for (int i = 0; i < 4; i++) d[i] = spread(flow5[unit + i]);
        for (int j = from; j < to; j += LANES) {
            Vec x = load(s4 + j), s = load(flow4 + j);
            UNROLL for (int i = 0; i < 4; i++) {
                const size_t p = at + (size_t)(unit + i) * S4_UNITS + j;
                Vec w = load(u.weights + p);
                s = fma(w, d[i], s);
                nudge<PLAIN, SCALED>(u, p, w, d[i] * x);
            }
            store(flow4 + j, s);
        }
    }
}

// Gradient of one kernel: N taps at a time, lanes over the pixels, added up at the end.
template <int N> INLINE void meet_taps(const float* flow, const float* in, int pitch, int vectors, int first, float* g) {
    Vec s[N];
    UNROLL for (int i = 0; i < N; i++) s[i] = spread(0.0f);
    for (int v = 0; v < vectors; v++) {
        Vec d = load(flow + v * LANES);
        UNROLL for (int i = 0; i < N; i++)
            s[i] = fma(d, load(in + v * LANES + (first + i) / KERNEL * pitch + (first + i) % KERNEL), s[i]);
    }
    UNROLL for (int i = 0; i < N; i++) g[first + i] = sum(s[i]);
}

SHARED void meet_kernel(const float* flow, const float* in, int pitch, int vectors, float* g) {
    meet_taps<13>(flow, in, pitch, vectors, 0, g);
    meet_taps<12>(flow, in, pitch, vectors, 13, g);
}

struct FlatShares { float coefficient, pooled_bias, bias; };

// From the flows of side x side pooled sums to the flows of a pitched map below.
template <int A, int P> INLINE FlatShares unsample_flat(const float* map, int pitch, int side, const float* flow, float coefficient, float* out) {
    FlatShares shares = {0, 0, 0};
    Vec both = spread(0.0f), all = both;
    const float factor = P == AVERAGE ? 0.25f : P == MAX ? 1.0f : coefficient;
    for (int y = 0; y < side; y++) {
        float wide[2][FIELD];
        for (int i = 0; i < 2; i++) for (int x = 2 * side; x < FIELD; x++) wide[i][x] = 0;
        for (int x = 0; x < side; x++) {
            const float d = flow[y * side + x];
            if (P == MAX) {
                const float *a = map + 2 * y * pitch + 2 * x, v[4] = {a[0], a[1], a[pitch], a[pitch + 1]};
                int best = 0;  // among equals the first wins
                for (int i = 1; i < 4; i++) if (v[i] > v[best]) best = i;
                for (int i = 0; i < 4; i++) wide[i >> 1][2 * x + (i & 1)] = i == best ? d : 0;
            } else {
                wide[0][2 * x] = wide[0][2 * x + 1] = wide[1][2 * x] = wide[1][2 * x + 1] = d;
            }
            shares.pooled_bias += d;
        }
        for (int i = 0; i < 2; i++)
            for (int x = 0; x < 2 * side; x += LANES) {
                const int at = (2 * y + i) * pitch + x;
                Vec d = load(wide[i] + x), state = load(map + at);
                // past the last column stand states that mean nothing, even NaN
                state = choose(equal(d, spread(0.0f)), spread(0.0f), state);
                both = fma(d, state, both);
                Vec f = d * spread(factor) * slope<A>(state);
                all = all + f;
                if (x + LANES <= 2 * side) store(out + at, f);
                else {
                    float lane[LANES];
                    store(lane, f);
                    for (int l = 0; x + l < 2 * side; l++) out[at + l] = lane[l];
                }
            }
    }
    shares.coefficient = sum(both), shares.bias = sum(all);
    return shares;
}

#include "c3_maps.hpp"

// Phase 3: F6, the output, the loss, and back to C3's flows and gradient for some of its maps.
template <int A, int P, int PLAIN, int SCALED> static void turn_around(const Batch& b, int index, int t, int threads, Single& s, Own& o) {
    const Network& n = *b.network;
    const float* w = b.weights;
    const Update& u = *b.update;
    const int sample = find_sample(b.images, b.order ? b.order[index] : index);
    enter_f6<A>(n, w, s, o);
    float y[CLASSES_AT_MOST];
    measure_penalties_one(n, w, o.f6, y);
    for (int c = 0; c < n.classes; c++) {
        const float share = b.targets.labels ? (float)(b.targets.labels[sample] == c) : b.targets.shares[(size_t)sample * n.classes + c];
        store(o.y + c * LANES, spread(y[c])), store(o.shares + c * LANES, spread(share));
    }
    double losses[LANES];
    differentiate_loss(b.loss, n.classes, o.y, o.shares, LANES, o.belief, o.slopes, losses);
    if (t == 0) b.losses[index] = losses[0];
    float total = 0;
    for (int j = 0; j < F6_UNITS; j++) o.flow6[j] = 0;
    for (int c = 0; c < n.classes; c++) {
        const float slope_c = o.slopes[c * LANES];
        const float* row = n.output == RBF ? n.codes + c * F6_UNITS : w + n.offset[OUTPUT_WEIGHT] + c * F6_UNITS;
        o.flow7[c] = -slope_c;
        total += slope_c;
        for (int j = 0; j < F6_UNITS; j++) o.flow6[j] -= slope_c * row[j];
    }
    if (n.output == RBF) for (int j = 0; j < F6_UNITS; j++) o.flow6[j] = 2 * (total * o.f6[j] + o.flow6[j]);
    for (int j = 0; j < F6_UNITS; j += LANES) store(o.flow6 + j, load(o.flow6 + j) * slope<A>(load(o.f6 + j)));

    for (int j = 0; j < C5_UNITS; j += 15 * LANES) {
        Vec d[15];
        UNROLL for (int i = 0; i < 15; i++) d[i] = spread(0.0f);
        for (int unit = 0; unit < F6_UNITS; unit++) {
            const float* row = w + n.offset[F6_WEIGHT] + unit * C5_UNITS + j;
            Vec f = spread(o.flow6[unit]);
            UNROLL for (int i = 0; i < 15; i++) d[i] = fma(f, load(row + i * LANES), d[i]);
        }
        UNROLL for (int i = 0; i < 15; i++) store(o.flow5 + j + i * LANES, d[i] * slope<A>(load(s.c5 + j + i * LANES)));
    }
    const int from = share_begin(C3_MAPS, t, threads), to = share_begin(C3_MAPS, t + 1, threads);
    return_c5<PLAIN, SCALED>(u, n.offset[C5_WEIGHT], s.s4, o.flow5, from * TAPS, to * TAPS, s.flow4);
    for (int q = from / LANES; q < to / LANES; q++) return_columns<A, P, PLAIN, SCALED>(b, q, s);
}

// Phase 4: flows into some maps of S2, their gradients down to C1; the updates of C1, S2, F6 and the output.
template <int A, int P, int PLAIN, int SCALED> static void return_c1(const Batch& b, int t, int threads, Single& s, Own& o) {
    const Network& n = *b.network;
    const float* w = b.weights;
    const Update& u = *b.update;
    for (int i = share_begin(C1_MAPS, t, threads); i < share_begin(C1_MAPS, t + 1, threads); i++) {
        return_one_map(s, i, o.flow2);
        if (P == TRAINABLE)
            for (int p = 0; p < S2_SIDE * S2_SIDE; p += LANES) {
                Vec state = load(s.s2 + i * S2_PITCHED + p);
                store(o.flow2 + p, load(o.flow2 + p) * slope<A>(state));
            }
        FlatShares shares = unsample_flat<A, P>(s.c1 + i * C1_PITCHED, FIELD, S2_SIDE, o.flow2,
                                                P == TRAINABLE ? w[n.offset[S2_COEFFICIENT] + i] : 0, o.flow1);
        float g[32];
        meet_kernel(o.flow1, o.field, FIELD, C1_PITCHED / LANES, g);
        if (P == TRAINABLE) nudge_one(u, n.offset[S2_COEFFICIENT] + i, shares.coefficient), nudge_one(u, n.offset[S2_BIAS] + i, shares.pooled_bias);
        nudge_one(u, n.offset[C1_BIAS] + i, shares.bias);
        for (int k = 0; k < TAPS; k++) nudge_one(u, n.offset[C1_WEIGHT] + i * TAPS + k, g[k]);
    }
    const int from = share_begin(F6_UNITS, t, threads), to = share_begin(F6_UNITS, t + 1, threads);
    nudge_rows<PLAIN, SCALED>(u, n.offset[F6_WEIGHT], C5_UNITS, s.c5, o.flow6, from, to);
    for (int i = from; i < to; i++) nudge_one(u, n.offset[F6_BIAS] + i, o.flow6[i]);
    for (int i = share_begin(C5_UNITS, t, threads); i < share_begin(C5_UNITS, t + 1, threads); i++) nudge_one(u, n.offset[C5_BIAS] + i, o.flow5[i]);
    if (n.output == LINEAR && t == 0) {
        nudge_rows<PLAIN, SCALED>(u, n.offset[OUTPUT_WEIGHT], F6_UNITS, o.f6, o.flow7, 0, n.classes);
        for (int c = 0; c < n.classes; c++) nudge_one(u, n.offset[OUTPUT_BIAS] + c, o.flow7[c]);
    }
}

// Phase 5: the update of some maps of C3, which every thread has read by now.
template <int PLAIN, int SCALED> static void nudge_c3(const Batch& b, int t, int threads, Single& s) {
    const Update packed = {b.update->rate, b.update->momentum, b.update->decay, s.weight3, s.velocity3, s.scale3};
    const int from = share_begin(C3_MAPS, t, threads), to = share_begin(C3_MAPS, t + 1, threads);
    for (int tap = 0; tap < C1_MAPS * TAPS; tap++)
        for (int at = tap * C3_MAPS + from; at < tap * C3_MAPS + to; at += LANES)
            nudge<PLAIN, 1>(packed, at, load(s.weight3 + at), load(s.gradient3 + at));
}
