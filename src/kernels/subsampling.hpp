// Squashing and subsampling, in a pass of their own after the convolution: inside its tiles they cost 35% more.

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
        Vec y;
        if (P == MAX) {
            y = v[0];
            UNROLL for (int i = 1; i < 4; i++) y = at_least(y, v[i]);
        } else {
            y = (v[0] + v[1]) + (v[2] + v[3]);
            if (P == AVERAGE) y = y * spread(0.25f);
        }
        if (P == TRAINABLE) {
            y = fma(y, coefficient, bias);
            if (sums) store(sums + x * out_step, y);
            y = squash<A>(y);
        }
        store(out + x * out_step, y);
    }
}

// What one map's flows add to the gradient.
struct Shares { Vec coefficient, pooled_bias, bias; };

// From the flow of n pooled sums back to the flows of two rows of sums below, which may be `rows` themselves.
template <int A, int P> INLINE void unsample(const float* rows, int n, const float* flow, int flow_step, Vec coefficient, int second,
                                             float* out, Shares& shares) {
    const Vec zero = spread(0.0f);
    const Vec factor = P == AVERAGE ? spread(second ? 0.0625f : 0.25f) : second ? coefficient * coefficient : coefficient;
    for (int x = 0; x < n; x++) {
        Vec d = load(flow + x * flow_step), v[4];
        UNROLL for (int i = 0; i < 4; i++) v[i] = load(rows + ((i >> 1) * 2 * n + 2 * x + (i & 1)) * LANES);
        Vec part[4];
        if (P == MAX) {
            Vec best = v[0];
            UNROLL for (int i = 1; i < 4; i++) best = at_least(best, v[i]);
            Vec left = d;  // among equals the first wins
            UNROLL for (int i = 0; i < 4; i++) {
                part[i] = choose(equal(v[i], best), left, zero);
                left = choose(equal(v[i], best), zero, left);
            }
        } else {
            if (P == TRAINABLE) {
                Vec total = (v[0] + v[1]) + (v[2] + v[3]);
                shares.coefficient = fma(d, second ? total * total : total, shares.coefficient);
                shares.pooled_bias = shares.pooled_bias + d;
            }
            UNROLL for (int i = 0; i < 4; i++) part[i] = d * factor;
        }
        UNROLL for (int i = 0; i < 4; i++) {
            Vec s = slope<A>(v[i]);
            part[i] = part[i] * (second ? s * s : s);
            shares.bias = shares.bias + part[i];
            store(out + ((i >> 1) * 2 * n + 2 * x + (i & 1)) * LANES, part[i]);
        }
    }
}
