// Activation and subsampling, in a pass of their own after the convolution: inside its tiles they take 35% longer.

// Pool the four states of a window, top left to bottom right; without the coefficient.
template <int P> INLINE Vec pool(const Vec (&v)[4]) {
    if (P == MAX) {
        Vec y = v[0];
        UNROLL for (int i = 1; i < 4; i++) y = at_least(y, v[i]);
        return y;
    }
    Vec y = (v[0] + v[1]) + (v[2] + v[3]);
    return P == AVERAGE ? y * broadcast(0.25f) : y;
}

// The gradients of one map: of its coefficient, of its bias, and of the bias of the convolution below.
struct MapGradient { Vec coefficient, pooled_bias, bias; };

// From the delta d of a pooled sum to the deltas of the four sums of its window, whose states are v.
template <int A, int P> INLINE void unpool(const Vec (&v)[4], Vec d, Vec coefficient, int second, Vec (&part)[4], MapGradient& gradient) {
    if (P == MAX) {
        const Vec best = pool<MAX>(v);
        Vec left = d;  // the first of several equal maxima gets it
        UNROLL for (int i = 0; i < 4; i++) {
            const Mask wins = equal(v[i], best);
            part[i] = keep(wins, left);
            left = drop(wins, left);
        }
    } else {
        if (P == TRAINABLE) {
            Vec total = pool<TRAINABLE>(v);
            gradient.coefficient = fma(d, second ? total * total : total, gradient.coefficient);
            gradient.pooled_bias = gradient.pooled_bias + d;
        }
        const Vec factor = P == AVERAGE ? broadcast(second ? 0.0625f : 0.25f) : second ? coefficient * coefficient : coefficient;
        UNROLL for (int i = 0; i < 4; i++) part[i] = d * factor;
    }
    UNROLL for (int i = 0; i < 4; i++) {
        Vec s = slope<A>(v[i]);
        part[i] = part[i] * (second ? s * s : s);
        gradient.bias = gradient.bias + part[i];
    }
}

// Two rows of a map's sums (2 x 2n) become states in place, and a row of n states of the next layer.
// `sums`: where to keep that row's sums before the activation function, trainable pooling only; or null.
template <int A, int P> INLINE void subsample(float* rows, int n, Vec coefficient, Vec bias, float* out, int out_step, float* sums) {
    for (int x = 0; x < n; x++) {
        Vec v[4];
        UNROLL for (int i = 0; i < 4; i++) {
            float* at = rows + ((i >> 1) * 2 * n + 2 * x + (i & 1)) * LANES;
            v[i] = activate<A>(load(at));
            store(at, v[i]);
        }
        Vec y = pool<P>(v);
        store(out + x * out_step, P == TRAINABLE ? fma(y, coefficient, bias) : y);
    }
    if (P != TRAINABLE) return;
    // a second loop, because right after its window each activation would have to wait for the window's result
    for (int x = 0; x < n; x++) {
        float* at = out + x * out_step;
        if (sums) store(sums + x * out_step, load(at));
        store(at, activate<A>(load(at)));
    }
}

// From the deltas of n pooled sums to those of two rows of the sums below, which may be written over `rows`.
template <int A, int P> INLINE void unsample(const float* rows, int n, const float* delta, int delta_step, Vec coefficient, int second,
                                             float* out, MapGradient& gradient) {
    for (int x = 0; x < n; x++) {
        Vec v[4], part[4];
        UNROLL for (int i = 0; i < 4; i++) v[i] = load(rows + ((i >> 1) * 2 * n + 2 * x + (i & 1)) * LANES);
        unpool<A, P>(v, load(delta + x * delta_step), coefficient, second, part, gradient);
        UNROLL for (int i = 0; i < 4; i++) store(out + ((i >> 1) * 2 * n + 2 * x + (i & 1)) * LANES, part[i]);
    }
}

// The same for one sample: lanes are pixels of two rows, `pitch` apart, of which the first 2n pixels count.

// Pool two rows of states to n numbers; up to a whole vector is written after them.
template <int P> INLINE void subsample_row(const float* row, int pitch, int n, float coefficient, float bias, float* out) {
    for (int x = 0; x < n; x += LANES) {
        const float *a = row + 2 * x, *b = a + pitch;
        const Vec v[4] = {evens(load(a), load(a + LANES)), odds(load(a), load(a + LANES)), evens(load(b), load(b + LANES)), odds(load(b), load(b + LANES))};
        Vec y = pool<P>(v);
        store(out + x, P == TRAINABLE ? fma(y, broadcast(coefficient), broadcast(bias)) : y);
    }
}

// From the deltas of n pooled sums to those of two rows of `out`, in whole vectors: 0 past 2n.
template <int A, int P> INLINE void unsample_row(const float* row, int pitch, int n, const float* delta, float coefficient, float* out, MapGradient& gradient) {
    float numbers[LANES];
    for (int l = 0; l < LANES; l++) numbers[l] = (float)l;
    for (int x = 0; x < n; x += LANES) {
        const float *a = row + 2 * x, *b = a + pitch;
        Vec v[4] = {evens(load(a), load(a + LANES)), odds(load(a), load(a + LANES)), evens(load(b), load(b + LANES)), odds(load(b), load(b + LANES))};
        Vec d = load(delta + x), part[4];
        if (x + LANES > n) {  // what follows is undefined, and may be NaN
            const Mask inside = above(broadcast((float)(n - x)), load(numbers));
            d = choose(inside, d, broadcast(0.0f));
            UNROLL for (int i = 0; i < 4; i++) v[i] = choose(inside, v[i], broadcast(0.0f));
        }
        unpool<A, P>(v, d, broadcast(coefficient), 0, part, gradient);
        float* to = out + 2 * x;
        store(to, interleave_first(part[0], part[1])), store(to + LANES, interleave_last(part[0], part[1]));
        store(to + pitch, interleave_first(part[2], part[3])), store(to + pitch + LANES, interleave_last(part[2], part[3]));
    }
}
