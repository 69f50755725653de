// Images become fields of 32x32 pixels; lanes are samples.

// A row of pixels of 8 (4) samples, transposed 8 (4) pixels at a time, so that lanes are samples.
template <class Load> INLINE void fill_row(Load pixels, int width, float* row) {
    for (int x = 0;; x += LANES) {
        if (x > width - LANES) x = width - LANES;  // the last piece overlaps the one before
        Vec r[LANES];
        UNROLL for (int l = 0; l < LANES; l++) r[l] = pixels(l, x);
        transpose(r);
        UNROLL for (int l = 0; l < LANES; l++) store(row + (x + l) * LANES, r[l]);
        if (x == width - LANES) return;
    }
}

// The image that a pattern shows.
INLINE int find_sample(const Images& images, int pattern) { return images.distortion ? pattern % images.count : pattern; }

// One pattern as the network sees it: (32, 32) floats.
// Source: section II.B (background -0.1, ink 1.175; the border is background).
SHARED void fill_one(const Images& images, int pattern, float* field) {
    const int sample = find_sample(images, pattern);
    if (images.distortion && pattern >= images.distortion->plain) return distort_one(images, sample, pattern, field);
    if (images.seen) {
        __builtin_memcpy(field, images.seen + (size_t)sample * FIELD * FIELD, sizeof(float) * FIELD * FIELD);
        return;
    }
    const Vec scale = broadcast(PIXEL_SCALE), offset = broadcast(PIXEL_OFFSET);
    for (int i = 0; i < FIELD * FIELD; i += LANES) store(field + i, offset);
    for (int y = 0; y < STORED; y++) {
        const uint8_t* row = images.stored + ((size_t)sample * STORED + y) * STORED;
        for (int x = 0; x <= STORED - LANES; x += 4)
            store(field + (y + BORDER) * FIELD + BORDER + x, load_bytes(row + x) * scale + offset);
    }
}

// The field of LANES patterns; `room` for as many fields.
SHARED void fill_field(const Images& images, const int32_t* samples, float* room, float* field) {
    if (images.distortion) {
        for (int l = 0; l < LANES; l++) fill_one(images, samples[l], room + l * FIELD * FIELD);
        for (int y = 0; y < FIELD; y++)
            fill_row([&](int l, int x) { return load(room + (l * FIELD + y) * FIELD + x); }, FIELD, field + y * FIELD * LANES);
        return;
    }
    const Vec scale = broadcast(PIXEL_SCALE), offset = broadcast(PIXEL_OFFSET);
    if (images.seen) {
        for (int y = 0; y < FIELD; y++)
            fill_row([&](int l, int x) { return load(images.seen + ((size_t)samples[l] * FIELD + y) * FIELD + x); },
                     FIELD, field + y * FIELD * LANES);
        return;
    }
    for (int y = 0; y < FIELD; y++) {
        const bool border = y < BORDER || y >= FIELD - BORDER;
        for (int x = 0; x < FIELD; x++)
            if (border || x < BORDER || x >= FIELD - BORDER) store(field + (y * FIELD + x) * LANES, offset);
        if (border) continue;
        fill_row([&](int l, int x) {
                     return load_bytes(images.stored + ((size_t)samples[l] * STORED + y - BORDER) * STORED + x) * scale + offset;
                 }, STORED, field + (y * FIELD + BORDER) * LANES);
    }
}
