// Images distorted when they are shown. images/distort.py defines what is drawn and where the ink goes.

// A random number of the open interval from -1 to 1.
INLINE double to_amount(uint32_t word) { return 2 * (((word >> 9) + 0.5) / 8388608) - 1; }

// Where the ink of a place comes from: source = m (x, y) + offset, counted from the corner of the padded field.
struct Origin { double xx, xy, yx, yy, x, y; };

// The tangent of up to half a radian, to 12 digits: Lambert's continued fraction.
INLINE double take_tangent(double x) { return x / (1 - x * x / (3 - x * x / (5 - x * x / (7 - x * x / (9 - x * x / 11))))); }

static Origin draw_origin(const Distortion& d, int pattern) {
    uint32_t words[2][4];
    for (uint32_t block = 0; block < 2; block++) philox(d.seed, block, (uint32_t)pattern, d.epoch, DISTORTION, words[block]);
    const double scale = 1 + d.scale * to_amount(words[0][0]), squeeze = 1 + d.squeeze * to_amount(words[0][1]);
    const double a = scale * squeeze, b = d.shear * to_amount(words[0][2]), c = scale / squeeze;
    const double shift_x = d.shift * to_amount(words[0][3]), shift_y = d.shift * to_amount(words[1][0]);
    const double tangent = take_tangent(d.rotation * (3.14159265358979323846 / 360)) * to_amount(words[1][1]);
    const double cosine = (1 - tangent * tangent) / (1 + tangent * tangent), sine = 2 * tangent / (1 + tangent * tangent);
    // the inverse of ((cosine, -sine), (sine, cosine)) ((a, b), (0, c))
    Origin o = {cosine / a + sine * b / (a * c), sine / a - cosine * b / (a * c), -sine / c, cosine / c, 0, 0};
    const double middle = (FIELD - 1) / 2.0, x = -middle - shift_x, y = -middle - shift_y;
    o.x = o.xx * x + o.xy * y + middle + 1, o.y = o.yx * x + o.yy * y + middle + 1;
    return o;
}

// Elastic distortion: a coarse grid of knots. Each knot is displaced at random and bends its surroundings by a cubic
// B-spline.
constexpr int KNOTS_AT_MOST = 12;  // along an axis, where they are closest

struct Bends {
    double apart;                           // pixels between two knots
    float splines[KNOTS_AT_MOST][FIELD];    // each knot's B-spline at each pixel of an axis
    float moves[2][KNOTS_AT_MOST][FIELD];   // displacements along each row of knots, to the right and down
};

static void draw_bends(const Distortion& d, int pattern, Bends& b) {
    b.apart = 1.7320508075688772 * d.elastic_width;
    const int knots = (int)((FIELD - 1) / b.apart) + 4;
    float draws[2 * KNOTS_AT_MOST * KNOTS_AT_MOST];
    for (int i = 0; i < 2 * knots * knots; i += 4) {
        uint32_t words[4];
        philox(d.seed, (uint32_t)i / 4, (uint32_t)pattern, d.epoch, ELASTIC, words);
        for (int j = 0; j < 4; j++)  // the last words are not needed where the number of knots is odd
            if (i + j < 2 * knots * knots) draws[i + j] = (float)(d.elastic * to_amount(words[j]));
    }
    float places[FIELD];
    for (int p = 0; p < FIELD; p++) places[p] = (float)(p / b.apart);
    const Vec zero = broadcast(0.0f), one = broadcast(1.0f);
    for (int k = 0; k < knots; k++)
        for (int p = 0; p < FIELD; p += LANES) {
            const Vec from = load(places + p) - broadcast((float)(k - 1)), away = at_least(zero - from, from);
            const Vec near = fma(away * away, fma(away, broadcast(0.5f), broadcast(-1.0f)), broadcast(2 / 3.0f));
            const Vec left = at_least(zero, broadcast(2.0f) - away), far = left * left * left * broadcast(1 / 6.0f);
            store(b.splines[k] + p, choose(above(one, away), near, far));
        }
    for (int axis = 0; axis < 2; axis++)
        for (int k = 0; k < knots; k++)
            for (int p = 0; p < FIELD; p += LANES) {
                Vec move = zero;
                for (int j = 0; j < knots; j++) move = fma(broadcast(draws[(axis * knots + k) * knots + j]), load(b.splines[j] + p), move);
                store(b.moves[axis][k] + p, move);
            }
}

// The displacement of some pixels of row y along an axis, which the four rows of knots around them give.
INLINE Vec bend(const Bends& b, int axis, int y, int x) {
    const int first = (int)(y / b.apart);
    Vec move = broadcast(0.0f);
    UNROLL for (int k = 0; k < 4; k++) move = fma(broadcast(b.splines[first + k][y]), load(b.moves[axis][first + k] + x), move);
    return move;
}

// One image with a margin of background, at least one pixel on every side.
constexpr int AROUND = FIELD + 2, AROUND_PITCH = 40, AROUND_SIZE = AROUND * AROUND_PITCH;

INLINE void surround(const Images& images, int sample, float* around) {
    const Vec outside = broadcast(images.stored ? 0.0f : PIXEL_OFFSET);
    for (int i = 0; i < AROUND_SIZE; i += LANES) store(around + i, outside);
    if (images.stored) {
        const uint8_t* from = images.stored + (size_t)sample * STORED * STORED;
        for (int y = 0; y < STORED; y++)
            for (int x = 0;; x = x + 2 * LANES <= STORED ? x + LANES : STORED - LANES) {  // the last piece overlaps
                store(around + (y + BORDER + 1) * AROUND_PITCH + BORDER + 1 + x, load_bytes(from + y * STORED + x));
                if (x == STORED - LANES) break;
            }
    } else {
        const float* from = images.seen + (size_t)sample * FIELD * FIELD;
        for (int y = 0; y < FIELD; y++)
            for (int x = 0; x < FIELD; x += LANES) store(around + (y + 1) * AROUND_PITCH + 1 + x, load(from + y * FIELD + x));
    }
}

// The field that a pattern shows, distorted: (32, 32) floats, bilinear. About 2 microseconds with AVX2.
SHARED void distort_one(const Images& images, int sample, int pattern, float* field) {
    float around[AROUND_SIZE], steps_x[LANES], steps_y[LANES];
    surround(images, sample, around);
    const Distortion& d = *images.distortion;
    const Origin o = draw_origin(d, pattern);
    const bool elastic = d.elastic > 0;
    Bends bends;
    if (elastic) draw_bends(d, pattern, bends);
    for (int l = 0; l < LANES; l++) steps_x[l] = (float)(o.xx * l), steps_y[l] = (float)(o.yx * l);
    const Vec scale = broadcast(images.stored ? PIXEL_SCALE : 1.0f), offset = broadcast(images.stored ? PIXEL_OFFSET : 0.0f);
    const Vec least = broadcast(0.0f), most = broadcast(AROUND - 1), half = broadcast(0.5f), pitch = broadcast(AROUND_PITCH);
    for (int y = 0; y < FIELD; y++)
        for (int x = 0; x < FIELD; x += LANES) {
            Vec from_x = broadcast((float)(o.xx * x + o.xy * y + o.x)) + load(steps_x);
            Vec from_y = broadcast((float)(o.yx * x + o.yy * y + o.y)) + load(steps_y);
            if (elastic) from_x = from_x + bend(bends, 0, y, x), from_y = from_y + bend(bends, 1, y, x);
            from_x = at_least(least, at_most(most, from_x)), from_y = at_least(least, at_most(most, from_y));
            // rounded down; exactly on a pixel it may be the pixel before, whose weight is then 0
            const Vec left = round(from_x - half), top = round(from_y - half);
            const Vec right_weight = from_x - left, lower_weight = from_y - top, at = fma(top, pitch, left);
            const Vec a = gather(around, at), b = gather(around + 1, at);
            const Vec c = gather(around + AROUND_PITCH, at), e = gather(around + AROUND_PITCH + 1, at);
            const Vec upper = fma(right_weight, b - a, a), lower = fma(right_weight, e - c, c);
            store(field + y * FIELD + x, fma(lower_weight, lower - upper, upper) * scale + offset);
        }
}
