// C5 and F6 for 16 samples, [unit][16]. Every unit reads every input, so all lane blocks use a weight when it is loaded.

constexpr int PARTS = BLOCK / LANES;  // vectors for 16 samples

// The sums of some units. A tile is 12 sums: 6 (3) units x 2 (4) vectors with 8 (4) lanes.
SHARED void connect(const float* in, int inputs, const float* weight, const float* bias, int units, float* out) {
    constexpr int U = 12 / PARTS;
    for (int u = 0; u < units; u += U) {
        Vec s[U][PARTS];
        UNROLL for (int i = 0; i < U; i++) UNROLL for (int p = 0; p < PARTS; p++) s[i][p] = broadcast(bias[u + i]);
        const float* w = weight + (size_t)u * inputs;
        for (int j = 0; j < inputs; j++) {
            Vec v[PARTS];
            UNROLL for (int p = 0; p < PARTS; p++) v[p] = load(in + j * BLOCK + p * LANES);
            UNROLL for (int i = 0; i < U; i++) {
                Vec a = broadcast(w[i * inputs + j]);
                UNROLL for (int p = 0; p < PARTS; p++) s[i][p] = fma(a, v[p], s[i][p]);
            }
        }
        UNROLL for (int i = 0; i < U; i++) UNROLL for (int p = 0; p < PARTS; p++) store(out + (u + i) * BLOCK + p * LANES, s[i][p]);
    }
}

// The deltas of the inputs. A tile is 5 (2) inputs x 2 (4) vectors. `done(state, delta)` gives what takes the state's place.
template <class Done> INLINE void backward_full(const float* delta, int units, const float* weight, int inputs, float* states, Done done) {
    constexpr int I = 10 / PARTS;
    for (int j = 0; j < inputs; j += I) {
        Vec s[I][PARTS];
        UNROLL for (int i = 0; i < I; i++) UNROLL for (int p = 0; p < PARTS; p++) s[i][p] = broadcast(0.0f);
        for (int u = 0; u < units; u++) {
            Vec d[PARTS];
            UNROLL for (int p = 0; p < PARTS; p++) d[p] = load(delta + u * BLOCK + p * LANES);
            UNROLL for (int i = 0; i < I; i++) {
                Vec a = broadcast(weight[(size_t)u * inputs + j + i]);
                UNROLL for (int p = 0; p < PARTS; p++) s[i][p] = fma(a, d[p], s[i][p]);
            }
        }
        UNROLL for (int i = 0; i < I; i++) UNROLL for (int p = 0; p < PARTS; p++) {
            float* at = states + (j + i) * BLOCK + p * LANES;
            store(at, done(load(at), s[i][p]));
        }
    }
}

// [unit][16] becomes rows, [sample][unit]; squared for the curvature.
SHARED void transpose_to_rows(const float* in, int units, int square, float* rows, int samples) {
    for (int u = 0; u < units; u += LANES)
        for (int p = 0; p < PARTS; p++) {
            Vec r[LANES];
            UNROLL for (int l = 0; l < LANES; l++) {
                // past the last unit there is room in the row, and nobody reads what is written there
                Vec v = load(in + (u + l) * BLOCK + p * LANES);
                r[l] = square ? v * v : v;
            }
            transpose(r);
            UNROLL for (int l = 0; l < LANES; l++)
                if (p * LANES + l < samples) store(rows + (size_t)(p * LANES + l) * ROW + u, r[l]);
        }
}
