// A field larger than 32x32 in one pass: the network at every place, 4 pixels apart, with what neighbours share computed
// once. Source: LeCun et al. 1998, section VII (space displacement network).
// A tile is at most 16x64 places, so that its states stay in L2. C1 to S4 have a row's pixels in the lanes, [map][y][x]; from
// S4 on 16 places go through the network as 16 samples do. Each sum is added up in the order of a block: the same bits.

constexpr int TILE_ROWS = 16, TILE_COLUMNS = 64, STRIDE = WINDOW * WINDOW;
// The rows of each layer, and the pitch of a row: what the last vectors of the layer above read lies within.
constexpr int S4_TALL = TILE_ROWS + KERNEL - 1, S4_WIDE = pad(TILE_COLUMNS + KERNEL - 1);
constexpr int C3_VECTORS = 6, C3_WIDE = WINDOW * S4_WIDE;
constexpr int S2_TALL = WINDOW * S4_TALL + KERNEL - 1, S2_WIDE = C3_WIDE;
constexpr int SEEN_TALL = WINDOW * S2_TALL + KERNEL - 1, C1_WIDE = WINDOW * S2_WIDE, SEEN_WIDE = pad(C1_WIDE + KERNEL - 1);
static_assert((WINDOW * (TILE_COLUMNS + KERNEL - 1) + 47) / 48 * 48 + KERNEL - 1 <= S2_WIDE, "C3's last tile reads within a row of S2");

struct Tile {
    float *seen, *c1, *s2, *c3, *s4;
    Work block;

    explicit Tile(float* at)
        : seen(at), c1(seen + SEEN_TALL * SEEN_WIDE), s2(c1 + C1_MAPS * WINDOW * C1_WIDE), c3(s2 + C1_MAPS * S2_TALL * S2_WIDE),
          s4(c3 + WINDOW * C3_WIDE), block(s4 + C3_MAPS * S4_TALL * S4_WIDE) {}
};
constexpr size_t TILE_FLOATS = SEEN_TALL * SEEN_WIDE + C1_MAPS * WINDOW * C1_WIDE + C1_MAPS * S2_TALL * S2_WIDE + WINDOW * C3_WIDE
    + C3_MAPS * S4_TALL * S4_WIDE + BLOCK_FLOATS;
static_assert(SEEN_TALL * SEEN_WIDE % 16 == 0, "every layer begins at a cache line");

// Part of a field as the network sees it.
SHARED void fill_seen(const Field& f, int top, int left, int height, int width, float* seen) {
    for (int y = 0; y < height; y++) {
        float* row = seen + y * SEEN_WIDE;
        if (f.seen) {
            __builtin_memcpy(row, f.seen + (size_t)(top + y) * f.width + left, sizeof(float) * width);
            continue;
        }
        const int stored_y = top + y - BORDER;
        const bool border = stored_y < 0 || stored_y >= f.height - 2 * BORDER;
        for (int x = 0; x < width; x++) {
            const int stored_x = left + x - BORDER;
            const bool outside = border || stored_x < 0 || stored_x >= f.width - 2 * BORDER;
            row[x] = outside ? PIXEL_OFFSET : f.stored[(size_t)stored_y * (f.width - 2 * BORDER) + stored_x] * PIXEL_SCALE + PIXEL_OFFSET;
        }
    }
}

// C1, two rows of all maps. A tile is 6 maps x 2 vectors.
SHARED void convolve_seen(const float* seen, const float* weight, const float* bias, int width, float* c1) {
    for (int y = 0; y < WINDOW; y++)
        for (int x = 0; x < width; x += 2 * LANES) {
            Vec s[C1_MAPS][2];
            UNROLL for (int m = 0; m < C1_MAPS; m++) s[m][0] = s[m][1] = broadcast(bias[m]);
            for (int ky = 0; ky < KERNEL; ky++) {
                const float* at = seen + (y + ky) * SEEN_WIDE + x;
                UNROLL for (int kx = 0; kx < KERNEL; kx++) {
                    Vec a = load(at + kx), b = load(at + kx + LANES);
                    UNROLL for (int m = 0; m < C1_MAPS; m++) {
                        Vec w = broadcast(weight[m * TAPS + ky * KERNEL + kx]);
                        s[m][0] = fma(w, a, s[m][0]);
                        s[m][1] = fma(w, b, s[m][1]);
                    }
                }
            }
            UNROLL for (int m = 0; m < C1_MAPS; m++) UNROLL for (int p = 0; p < 2; p++)
                store(c1 + (m * WINDOW + y) * C1_WIDE + x + p * LANES, s[m][p]);
        }
}

// C3, two rows of one map. A tile is 2 rows x 6 vectors; an input row is used for both.
SHARED void convolve_wide(const Network& n, const float* s2, const float* weight, const float* bias, int m, int width, float* c3) {
    for (int x = 0; x < width; x += C3_VECTORS * LANES) {
        Vec s[2][C3_VECTORS];
        UNROLL for (int p = 0; p < C3_VECTORS; p++) s[0][p] = s[1][p] = broadcast(bias[m]);
        for (int k = n.first[m]; k < n.first[m + 1]; k++) {
            const float* in = s2 + n.source[k] * S2_TALL * S2_WIDE + x;
            const float* w = weight + k * TAPS;
            auto row = [&](int r, auto upper, auto lower) __attribute__((always_inline)) {
                UNROLL for (int kx = 0; kx < KERNEL; kx++) {
                    Vec a = broadcast(upper.value ? w[r * KERNEL + kx] : 0), b = broadcast(lower.value ? w[(r - 1) * KERNEL + kx] : 0);
                    UNROLL for (int p = 0; p < C3_VECTORS; p++) {
                        Vec v = load(in + r * S2_WIDE + kx + p * LANES);
                        if (upper.value) s[0][p] = fma(a, v, s[0][p]);
                        if (lower.value) s[1][p] = fma(b, v, s[1][p]);
                    }
                }
            };
            row(0, Is<1>{}, Is<0>{});
            for (int r = 1; r < KERNEL; r++) row(r, Is<1>{}, Is<1>{});
            row(KERNEL, Is<0>{}, Is<1>{});
        }
        UNROLL for (int y = 0; y < 2; y++) UNROLL for (int p = 0; p < C3_VECTORS; p++) store(c3 + y * C3_WIDE + x + p * LANES, s[y][p]);
    }
}

// Two rows of sums become a row of `width` states of the next layer.
template <int A, int P> INLINE void subsample_wide(const float* rows, int pitch, int width, Vec coefficient, Vec bias, float* out) {
    for (int x = 0; x < width; x += LANES) {
        const float *upper = rows + 2 * x, *lower = upper + pitch;
        const Vec a = activate<A>(load(upper)), b = activate<A>(load(upper + LANES));
        const Vec c = activate<A>(load(lower)), d = activate<A>(load(lower + LANES));
        const Vec v[4] = {evens(a, b), odds(a, b), evens(c, d), odds(c, d)};
        const Vec y = pool<P>(v);
        store(out + x, P == TRAINABLE ? activate<A>(fma(coefficient, y, bias)) : y);
    }
}

// The penalties of a tile of places, whose first is `row`, `column`: (rows, columns, classes) of the whole field's.
template <int A, int P> static void pass_tile(const Network& n, const float* w, const Field& f, int row, int column, Tile& t, float* penalties) {
    const int places_high = (f.height - FIELD) / STRIDE + 1, places_wide = (f.width - FIELD) / STRIDE + 1;
    const int rows = places_high - row < TILE_ROWS ? places_high - row : TILE_ROWS;
    const int columns = places_wide - column < TILE_COLUMNS ? places_wide - column : TILE_COLUMNS;
    const int tall4 = rows + KERNEL - 1, wide4 = columns + KERNEL - 1, tall2 = WINDOW * tall4 + KERNEL - 1, wide2 = WINDOW * wide4 + KERNEL - 1;
    const float* one = w;  // only trainable subsampling has coefficients
    const float *coefficient2 = P == TRAINABLE ? w + n.offset[S2_COEFFICIENT] : one, *bias2 = P == TRAINABLE ? w + n.offset[S2_BIAS] : one;
    const float *coefficient4 = P == TRAINABLE ? w + n.offset[S4_COEFFICIENT] : one, *bias4 = P == TRAINABLE ? w + n.offset[S4_BIAS] : one;
    fill_seen(f, row * STRIDE, column * STRIDE, WINDOW * tall2 + KERNEL - 1, WINDOW * wide2 + KERNEL - 1, t.seen);
    for (int y = 0; y < tall2; y++) {
        convolve_seen(t.seen + y * WINDOW * SEEN_WIDE, w + n.offset[C1_WEIGHT], w + n.offset[C1_BIAS], WINDOW * wide2, t.c1);
        for (int m = 0; m < C1_MAPS; m++)
            subsample_wide<A, P>(t.c1 + m * WINDOW * C1_WIDE, C1_WIDE, wide2, broadcast(coefficient2[m]), broadcast(bias2[m]),
                                 t.s2 + (m * S2_TALL + y) * S2_WIDE);
    }
    for (int m = 0; m < C3_MAPS; m++)
        for (int y = 0; y < tall4; y++) {
            convolve_wide(n, t.s2 + y * WINDOW * S2_WIDE, w + n.offset[C3_WEIGHT], w + n.offset[C3_BIAS], m, WINDOW * wide4, t.c3);
            subsample_wide<A, P>(t.c3, C3_WIDE, wide4, broadcast(coefficient4[m]), broadcast(bias4[m]), t.s4 + (m * S4_TALL + y) * S4_WIDE);
        }
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x += BLOCK) {
            for (int m = 0; m < C3_MAPS; m++)
                for (int tap = 0; tap < TAPS; tap++) {
                    const float* at = t.s4 + (m * S4_TALL + y + tap / KERNEL) * S4_WIDE + x + tap % KERNEL;
                    for (int p = 0; p < BLOCK; p += LANES) store(t.block.s4 + (m * TAPS + tap) * BLOCK + p, load(at + p));
                }
            const int live = columns - x < BLOCK ? columns - x : BLOCK;
            forward_full<A>(n, w, t.block, nullptr, live);
            float* out = penalties + ((size_t)(row + y) * places_wide + column + x) * n.classes;
            for (int p = 0; p < PARTS; p++) copy_rows(t.block.y + p * LANES, n.classes, BLOCK, p * LANES, live, out);
        }
}
