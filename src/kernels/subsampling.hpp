// Squashing and subsampling, in a pass of their own after the convolution: inside its tiles they cost 35% more.

// One window's states, top left to bottom right, before the coefficient.
template <int P> INLINE Vec pool(const Vec (&v)[4]) {
    if (P == MAX) {
        Vec y = v[0];
        UNROLL for (int i = 1; i < 4; i++) y = at_least(y, v[i]);
        return y;
    }
    Vec y = (v[0] + v[1]) + (v[2] + v[3]);
    return P == AVERAGE ? y * spread(0.25f) : y;
}

// What one map's flows add to the gradient.
struct Shares { Vec coefficient, pooled_bias, bias; };

// From the flow d of a pooled sum back to those of its window's four sums, of which v are the states.
template <int A, int P> INLINE void unpool(const Vec (&v)[4], Vec d, Vec coefficient, int second, Vec (&part)[4], Shares& shares) {
    const Vec zero = spread(0.0f);
    if (P == MAX) {
        const Vec best = pool<MAX>(v);
        Vec left = d;  // among equals the first wins
        UNROLL for (int i = 0; i < 4; i++) {
            const Mask wins = equal(v[i], best);
            part[i] = keep(wins, left);
            left = drop(wins, left);
        }
    } else {
        if (P == TRAINABLE) {
            Vec total = pool<TRAINABLE>(v);
            shares.coefficient = fma(d, second ? total * total : total, shares.coefficient);
            shares.pooled_bias = shares.pooled_bias + d;
        }
        const Vec factor = P == AVERAGE ? spread(second ? 0.0625f : 0.25f) : second ? coefficient * coefficient : coefficient;
        UNROLL for (int i = 0; i < 4; i++) part[i] = d * factor;
    }
    UNROLL for (int i = 0; i < 4; i++) {
        Vec s = slope<A>(v[i]);
        part[i] = part[i] * (second ? s * s : s);
        shares.bias = shares.bias + part[i];
    }
}

// Two rows of a map's sums (2 x 2n) become states in place, and one row of n states of the next layer.
// `sums`: where to keep that row's sums before squashing, trainable pooling only; or null.
template <int A, int P> INLINE void subsample(float* rows, int n, Vec coefficient, Vec bias, float* out, int out_step, float* sums) {
    for (int x = 0; x < n; x++) {
        Vec v[4];
        UNROLL for (int i = 0; i < 4; i++) {
            float* at = rows + ((i >> 1) * 2 * n + 2 * x + (i & 1)) * LANES;
            v[i] = squash<A>(load(at));
            store(at, v[i]);
        }
        Vec y = pool<P>(v);
        store(out + x * out_step, P == TRAINABLE ? fma(y, coefficient, bias) : y);
    }
    if (P != TRAINABLE) return;
    // in a loop of its own: right after its window it would wait for it, and the windows after it would wait, too
    for (int x = 0; x < n; x++) {
        float* at = out + x * out_step;
        if (sums) store(sums + x * out_step, load(at));
        store(at, squash<A>(load(at)));
    }
}

// From the flow of n pooled sums back to the flows of two rows of sums below, which may be `rows` themselves.
template <int A, int P> INLINE void unsample(const float* rows, int n, const float* flow, int flow_step, Vec coefficient, int second,
                                             float* out, Shares& shares) {
    for (int x = 0; x < n; x++) {
        Vec v[4], part[4];
        UNROLL for (int i = 0; i < 4; i++) v[i] = load(rows + ((i >> 1) * 2 * n + 2 * x + (i & 1)) * LANES);
        unpool<A, P>(v, load(flow + x * flow_step), coefficient, second, part, shares);
        UNROLL for (int i = 0; i < 4; i++) store(out + ((i >> 1) * 2 * n + 2 * x + (i & 1)) * LANES, part[i]);
    }
}

// The same for one sample, whose maps lie flat: lanes are pixels of two rows of `pitch`, of which 2n count.

// Two rows of states (squashed before) to n numbers, and some more after them.
template <int P> INLINE void subsample_row(const float* row, int pitch, int n, float coefficient, float bias, float* out) {
    for (int x = 0; x < n; x += LANES) {
        const float *a = row + 2 * x, *b = a + pitch;
        const Vec v[4] = {evens(load(a), load(a + LANES)), odds(load(a), load(a + LANES)), evens(load(b), load(b + LANES)), odds(load(b), load(b + LANES))};
        Vec y = pool<P>(v);
        store(out + x, P == TRAINABLE ? fma(y, spread(coefficient), spread(bias)) : y);
    }
}

// Flows of n pooled sums to those of two rows of `out`: whole vectors, 0 past 2n.
template <int A, int P> INLINE void unsample_row(const float* row, int pitch, int n, const float* flow, float coefficient, float* out, Shares& shares) {
    float numbers[LANES];
    for (int l = 0; l < LANES; l++) numbers[l] = (float)l;
    for (int x = 0; x < n; x += LANES) {
        const float *a = row + 2 * x, *b = a + pitch;
        Vec v[4] = {evens(load(a), load(a + LANES)), odds(load(a), load(a + LANES)), evens(load(b), load(b + LANES)), odds(load(b), load(b + LANES))};
        Vec d = load(flow + x), part[4];
        if (x + LANES > n) {  // what stands there means nothing, and may be no number
            const Mask inside = above(spread((float)(n - x)), load(numbers));
            d = choose(inside, d, spread(0.0f));
            UNROLL for (int i = 0; i < 4; i++) v[i] = choose(inside, v[i], spread(0.0f));
        }
        unpool<A, P>(v, d, spread(coefficient), 0, part, shares);
        float* to = out + 2 * x;
        store(to, weave_first(part[0], part[1])), store(to + LANES, weave_last(part[0], part[1]));
        store(to + pitch, weave_first(part[2], part[3])), store(to + pitch + LANES, weave_last(part[2], part[3]));
    }
}
