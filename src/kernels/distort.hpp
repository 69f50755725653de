// Images distorted as they are shown: images/distort.py says what is drawn and where the ink goes.

// The open interval from -1 to 1.
INLINE double to_amount(uint32_t word) { return 2 * (((word >> 9) + 0.5) / 8388608) - 1; }

// Where the ink of a place comes from: source = m (x, y) + offset, counted from the corner outside of the field.
struct Origin { double xx, xy, yy, x, y; };

static Origin draw_origin(const Distortion& d, int pattern) {
    constexpr uint32_t PURPOSE = 3;
    uint32_t words[2][4];
    for (uint32_t block = 0; block < 2; block++) draw_words(d.seed, block, (uint32_t)pattern, d.pass, PURPOSE, words[block]);
    const double scale = 1 + d.scale * to_amount(words[0][0]), squeeze = 1 + d.squeeze * to_amount(words[0][1]);
    const double a = scale * squeeze, b = d.shear * to_amount(words[0][2]), c = scale / squeeze;
    const double shift_x = d.shift * to_amount(words[0][3]), shift_y = d.shift * to_amount(words[1][0]);
    Origin o = {1 / a, -b / (a * c), 1 / c, 0, 0};
    const double middle = (FIELD - 1) / 2.0, x = -middle - shift_x, y = -middle - shift_y;
    o.x = o.xx * x + o.xy * y + middle + 1, o.y = o.yy * y + middle + 1;
    return o;
}

// One image with a margin of at least one pixel on every side: the background that lies outside.
constexpr int AROUND = FIELD + 2, AROUND_PITCH = 40, AROUND_SIZE = AROUND * AROUND_PITCH;

INLINE void surround(const Images& images, int sample, float* around) {
    const Vec outside = spread(images.stored ? 0.0f : -0.1f);
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
    float around[AROUND_SIZE], steps[LANES];
    surround(images, sample, around);
    const Origin o = draw_origin(*images.distortion, pattern);
    for (int l = 0; l < LANES; l++) steps[l] = (float)(o.xx * l);
    const Vec scale = spread(images.stored ? 0.005f : 1.0f), offset = spread(images.stored ? -0.1f : 0.0f);
    const Vec least = spread(0.0f), most = spread(AROUND - 1), half = spread(0.5f), pitch = spread(AROUND_PITCH);
    for (int y = 0; y < FIELD; y++)
        for (int x = 0; x < FIELD; x += LANES) {
            Vec from_x = spread((float)(o.xx * x + o.xy * y + o.x)) + load(steps), from_y = spread((float)(o.yy * y + o.y));
            from_x = at_least(least, at_most(most, from_x)), from_y = at_least(least, at_most(most, from_y));
            // a whole number below: at a pixel itself it may be the one before, which then counts nothing
            const Vec left = round(from_x - half), top = round(from_y - half);
            const Vec right_share = from_x - left, lower_share = from_y - top, at = fma(top, pitch, left);
            const Vec a = gather(around, at), b = gather(around + 1, at);
            const Vec c = gather(around + AROUND_PITCH, at), d = gather(around + AROUND_PITCH + 1, at);
            const Vec upper = fma(right_share, b - a, a), lower = fma(right_share, d - c, c);
            store(field + y * FIELD + x, fma(lower_share, lower - upper, upper) * scale + offset);
        }
}
