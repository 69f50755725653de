// The width of a digit's strokes: measure it, and bring it to the range that is usual in MNIST; images/strokes.py.

static const double THINNEST = 1.76, THICKEST = 3.86;  // in MNIST's pixels
enum { AROUND = 3 };                                   // pixels, of a place's neighbourhood
static const double PALEST = 0.45;                     // the darkest ink of a neighbourhood counts as at least this dark
enum { DETAIL = 4 };                                   // how many times finer than MNIST's the grid is that strokes are redrawn on

// The largest value within `radius` pixels, cut at the edge.
static Picture dilate_picture(const Picture *p, int radius, Room *room) {
    const int height = p->height, width = p->width;
    const Picture grown = take_picture(room, height, width);
    const size_t before = room->used;
    const Picture rows = take_picture(room, height, width);
    for (int y = 0; y < height; y++) {
        float *to = rows.at + (size_t)y * width;
        __builtin_memcpy(to, p->at + (size_t)y * width, (size_t)width * sizeof(float));
        for (int v = most_of(y - radius, 0); v <= y + radius && v < height; v++) {
            const float *from = p->at + (size_t)v * width;
            for (int x = 0; x < width; x++) to[x] = from[x] > to[x] ? from[x] : to[x];
        }
    }
    for (int y = 0; y < height; y++) {
        const float *from = rows.at + (size_t)y * width;
        float *to = grown.at + (size_t)y * width;
        __builtin_memcpy(to, from, (size_t)width * sizeof(float));
        for (int k = 1; k <= radius && k < width; k++) {
            for (int x = 0; x < width - k; x++) to[x] = from[x + k] > to[x] ? from[x + k] : to[x];
            for (int x = k; x < width; x++) to[x] = from[x - k] > to[x] ? from[x - k] : to[x];
        }
    }
    room->used = before;
    return grown;
}

// `by` pixels of zeros around a picture.
static Picture pad_picture(const Picture *p, int by, Room *room) {
    const Picture wide = take_picture(room, p->height + 2 * by, p->width + 2 * by);
    __builtin_memset(wide.at, 0, (size_t)wide.height * wide.width * sizeof(float));
    for (int y = 0; y < p->height; y++)
        __builtin_memcpy(wide.at + (size_t)(by + y) * wide.width + by, p->at + (size_t)y * p->width, (size_t)p->width * sizeof(float));
    return wide;
}

// Where the strokes are: half as dark as the darkest ink around, so that thin and pale ones do not break.
static Bytes find_strokes(const Picture *ink, Room *room) {
    const Bytes strokes = take_bytes(room, ink->height, ink->width);
    const size_t before = room->used;
    const Picture most = dilate_picture(ink, AROUND, room);
    const float palest = (float)PALEST;
    for (int i = 0; i < ink->height * ink->width; i++) {
        const float dark = most.at[i] < palest ? palest : most.at[i] > 1 ? 1 : most.at[i];
        strokes.at[i] = ink->at[i] > 0.5f * dark;
    }
    room->used = before;
    return strokes;
}

// In NumPy's order.
static float sum_in_halves(const float *at, int count) {
    if (count > 128) {
        const int half = count / 2 / 8 * 8;
        return sum_in_halves(at, half) + sum_in_halves(at + half, count - half);
    }
    float r[8] = {0}, total;
    int i = count >= 8 ? count / 8 * 8 : 0;
    for (int k = 0; k < i; k++) r[k % 8] += at[k];
    total = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    for (; i < count; i++) total += at[i];
    return total;
}

// The mean width of the strokes, in pixels; 0 if there are none. In a straight stroke the mean distance to the edge is a
// quarter of the width.
static double measure_width(const Picture *ink, Room *room) {
    const size_t before = room->used;
    const Bytes strokes = find_strokes(ink, room);
    const Picture inside = measure_distance(&strokes, room);
    int count = 0;
    for (int i = 0; i < ink->height * ink->width; i++) if (inside.at[i] > 0) inside.at[count++] = inside.at[i];
    // the centre of a pixel is half a pixel inside of its edge
    const double width = count ? 4 * (double)(sum_in_halves(inside.at, count) / (float)count - 0.5f) + 1 : 0;
    room->used = before;
    return width;
}

// Redraw strokes thinner by `less` pixels, but never thin enough to break; in place.
static void make_thinner(Picture *ink, double less, Room *room) {
    const size_t before = room->used;
    const Bytes strokes = find_strokes(ink, room);
    const Picture depth = measure_distance(&strokes, room);
    for (int i = 0; i < ink->height * ink->width; i++) depth.at[i] -= 0.5f;
    const Picture middle = dilate_picture(&depth, (int)less + 2, room);  // the middle of a stroke is kept
    const float half = (float)(less / 2);
    for (int i = 0; i < ink->height * ink->width; i++) {
        const float spare = middle.at[i] - 2 > 0 ? middle.at[i] - 2 : 0, value = 0.5f + depth.at[i] - (half < spare ? half : spare);
        ink->at[i] = value < 0 ? 0 : value > 1 ? 1 : value;
    }
    room->used = before;
}

// Redraw strokes thicker by `more` pixels, in place.
static void make_thicker(Picture *ink, double more, Room *room) {
    const size_t before = room->used;
    const int reach = (int)(more / 2) + 2;  // paper goes on beyond the edge
    const Bytes strokes = find_strokes(ink, room), paper = take_bytes(room, ink->height + 2 * reach, ink->width + 2 * reach);
    __builtin_memset(paper.at, 1, (size_t)paper.height * paper.width);
    for (int y = 0; y < ink->height; y++)
        for (int x = 0; x < ink->width; x++) paper.at[(y + reach) * paper.width + x + reach] = !strokes.at[y * ink->width + x];
    const Picture outside = measure_distance(&paper, room);
    const float half = (float)(more / 2);
    for (int y = 0; y < ink->height; y++)
        for (int x = 0; x < ink->width; x++) {
            const float depth = 0.5f - outside.at[(y + reach) * paper.width + x + reach], value = 0.5f + depth + half;
            ink->at[y * ink->width + x] = value < 0 ? 0 : value > 1 ? 1 : value;
        }
    room->used = before;
}

// Bring strokes that are thinner or thicker than in MNIST to the nearest width that is usual there. Ink (0 to 1) is
// cropped to its box; it is returned itself if its width is usual, else redrawn, the longer side 80 pixels and a margin.
static Picture set_width(const Picture *ink, Room *room) {
    const int longer = most_of(ink->height, ink->width);
    const Picture fine = scale_to(ink, DETAIL * BOX, longer < DETAIL * BOX ? BICUBIC : BOX_FILTER, room);
    const size_t before = room->used;
    const Picture framed = pad_picture(&fine, 1, room);
    const double width = measure_width(&framed, room) / DETAIL, wanted = width < THINNEST ? THINNEST : width > THICKEST ? THICKEST : width;
    room->used = before;
    if (width == 0 || width == wanted) return *ink;
    // the box grows with its strokes, and is scaled to 20 pixels afterwards
    const double change = (wanted - width) / (1 - wanted / BOX) * DETAIL;
    Picture redrawn = pad_picture(&fine, change < 0 ? 0 : (int)change + 2, room);
    if (change < 0) make_thinner(&redrawn, -change, room);
    else make_thicker(&redrawn, change, room);
    return redrawn;
}
