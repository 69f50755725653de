// MNIST's geometry for a drawing: what images/normalize.py does after it has found the ink. Crop, bring the strokes to
// the width that is usual in MNIST, fit into 20x20, centre by mass. The same arithmetic in the same precision; the
// constants are those of images/geometry.py and images/strokes.py.

constexpr int BOX = FACTS_BOX, DETAIL = FACTS_DETAIL, AROUND = FACTS_AROUND;
constexpr float PALEST = FACTS_PALEST;
constexpr double THINNEST = FACTS_THINNEST, THICKEST = FACTS_THICKEST;

// A picture with one number a pixel.
struct Picture {
    int height, width;
    float* at;
    float& operator()(int y, int x) const { return at[(size_t)y * width + x]; }
    size_t size() const { return (size_t)height * width; }
    int longer() const { return height > width ? height : width; }
};

static Picture reserve_picture(int height, int width) { return {height, width, reserve_many<float>((uint64_t)height * width)}; }

// The smallest box that holds everything that is not zero. `at` is null where there is nothing, or no memory.
static Picture crop(const Picture& p) {
    int top = p.height, bottom = -1, left = p.width, right = -1;
    for (int y = 0; y < p.height; y++)
        for (int x = 0; x < p.width; x++) {
            if (p(y, x) == 0) continue;
            if (y < top) top = y;
            if (x < left) left = x;
            if (x > right) right = x;
            bottom = y;
        }
    if (bottom < 0) return {0, 0, nullptr};
    Picture box = reserve_picture(bottom - top + 1, right - left + 1);
    for (int y = 0; box.at && y < box.height; y++)
        for (int x = 0; x < box.width; x++) box(y, x) = p(top + y, left + x);
    return box;
}

// `by` pixels of `value` around a picture.
static Picture pad(const Picture& p, int by, float value = 0) {
    Picture wide = reserve_picture(p.height + 2 * by, p.width + 2 * by);
    for (int y = 0; wide.at && y < wide.height; y++)
        for (int x = 0; x < wide.width; x++) {
            const bool inside = y >= by && y < by + p.height && x >= by && x < by + p.width;
            wide(y, x) = inside ? p(y - by, x - by) : value;
        }
    return wide;
}

enum Filter { BOX_FILTER, BILINEAR, BICUBIC };

static double weigh(Filter filter, double x) {
    if (filter == BOX_FILTER) return x > -0.5 && x <= 0.5;
    if (x < 0) x = -x;
    if (filter == BILINEAR) return x < 1 ? 1 - x : 0;
    constexpr double a = -0.5;
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

// Resample lines of `in` numbers, `step` apart, to lines of `out` numbers: Pillow's resize of floats in one direction.
// Source: Pillow, src/libImaging/Resample.c.
static bool resample(const float* from, int in, int step, float* to, int out, int out_step, int lines, int line, int out_line, Filter filter) {
    const double scale = (double)in / out, stretch = scale < 1 ? 1 : scale;
    const double support = (filter == BICUBIC ? 2 : filter == BILINEAR ? 1 : 0.5) * stretch;
    const Scope scope;
    double* weight = reserve_many<double>((uint64_t)__builtin_ceil(support) * 2 + 1);
    if (!weight) return false;
    for (int i = 0; i < out; i++) {
        const double center = (i + 0.5) * scale, sharp = 1 / stretch;
        int first = (int)(center - support + 0.5), last = (int)(center + support + 0.5);
        if (first < 0) first = 0;
        if (last > in) last = in;
        double total = 0;
        for (int k = first; k < last; k++) total += weight[k - first] = weigh(filter, (k - center + 0.5) * sharp);
        for (int k = first; k < last; k++) if (total != 0) weight[k - first] /= total;
        for (int n = 0; n < lines; n++) {
            double sum = 0;
            for (int k = first; k < last; k++) sum += from[(size_t)n * line + (size_t)k * step] * weight[k - first];
            to[(size_t)n * out_line + (size_t)i * out_step] = (float)sum;
        }
    }
    return true;
}

// Resize across, then down. `at` is null where there is no memory.
static Picture resize(const Picture& p, int height, int width, Filter filter) {
    Picture across = p;
    if (width != p.width) {
        across = reserve_picture(p.height, width);
        if (!across.at || !resample(p.at, p.width, 1, across.at, width, 1, p.height, p.width, width, filter)) return {0, 0, nullptr};
    }
    if (height == p.height) return across;
    Picture down = reserve_picture(height, width);
    if (!down.at || !resample(across.at, p.height, width, down.at, height, width, width, 1, 1, filter)) return {0, 0, nullptr};
    return down;
}

// Scale a picture so that its longer side is `longest`; by the filter `coarse` where the scale is below `least_scale`.
static Picture fit(const Picture& p, int longest, double least_scale, Filter fine, Filter coarse) {
    const double scale = (double)longest / p.longer();
    auto scaled = [&](int side) { const int n = (int)__builtin_rint(side * scale); return n < 1 ? 1 : n; };
    return resize(p, scaled(p.height), scaled(p.width), scale >= least_scale ? fine : coarse);
}

// The distance of every pixel to the nearest one where `inside` is false, as it is beyond the edge; 0 outside.
template <class Inside> static Picture measure_distance(const Picture& p, Inside inside) {
    Picture down = reserve_picture(p.height, p.width), distance = reserve_picture(p.height, p.width);
    if (!down.at || !distance.at) return {0, 0, nullptr};
    for (int x = 0; x < p.width; x++) {
        float run = 0;
        for (int y = 0; y < p.height; y++) down(y, x) = run = inside(y, x) ? run + 1 : 0;
        run = 0;
        for (int y = p.height - 1; y >= 0; y--) {
            run = inside(y, x) ? run + 1 : 0;
            if (run < down(y, x)) down(y, x) = run;
        }
    }
    for (int y = 0; y < p.height; y++)
        for (int x = 0; x < p.width; x++) {
            if (down(y, x) == 0) continue;
            const int edge = x + 1 < p.width - x ? x + 1 : p.width - x;
            float least = (float)(edge * edge);
            for (int k = 0; k < p.width; k++) {
                const float square = down(y, k) * down(y, k) + (float)((k - x) * (k - x));
                if (square < least) least = square;
            }
            distance(y, x) = __builtin_sqrtf(least);
        }
    return distance;
}

// 1 where the strokes are: half as dark as the darkest ink around; images/strokes.py.
static Picture find_strokes(const Picture& ink) {
    Picture strokes = reserve_picture(ink.height, ink.width);
    const Scope scope;
    Picture rows = reserve_picture(ink.height, ink.width);
    if (!strokes.at || !rows.at) return {0, 0, nullptr};
    for (int y = 0; y < ink.height; y++)
        for (int x = 0; x < ink.width; x++) {
            float most = ink(y, x);
            for (int u = x < AROUND ? 0 : x - AROUND; u <= x + AROUND && u < ink.width; u++) if (ink(y, u) > most) most = ink(y, u);
            rows(y, x) = most;
        }
    for (int y = 0; y < ink.height; y++)
        for (int x = 0; x < ink.width; x++) {
            float most = PALEST;
            for (int v = y < AROUND ? 0 : y - AROUND; v <= y + AROUND && v < ink.height; v++) if (rows(v, x) > most) most = rows(v, x);
            strokes(y, x) = ink(y, x) > 0.5f * (most > 1 ? 1 : most);
        }
    return strokes;
}

// The mean width of the strokes, in pixels; 0 if there are none, -1 if there is no memory.
static double measure_width(const Picture& fine) {
    const Scope scope;
    const Picture strokes = find_strokes(fine);
    if (!strokes.at) return -1;
    const Picture inside = measure_distance(fine, [&](int y, int x) { return strokes(y, x) > 0; });
    if (!inside.at) return -1;
    double sum = 0, count = 0;
    for (size_t i = 0; i < inside.size(); i++) if (inside.at[i] > 0) sum += inside.at[i], count++;
    return count ? 4 * (double)((float)(sum / count) - 0.5f) + 1 : 0;
}

// Strokes thicker or thinner by `change` pixels, but never thin enough to break; images/strokes.py.
static Picture change_width(const Picture& ink, double change) {
    const int reach = (int)__builtin_fabs(change) + 2;
    const Picture strokes = find_strokes(ink);
    const Picture around = strokes.at ? pad(strokes, reach) : strokes;
    if (!around.at) return around;
    const Picture inside = measure_distance(ink, [&](int y, int x) { return strokes(y, x) > 0; });
    const Picture outside = measure_distance(around, [&](int y, int x) { return !(around(y, x) > 0); });
    Picture depth = reserve_picture(ink.height, ink.width), drawn = reserve_picture(ink.height, ink.width), rows = depth;
    if (change < 0) rows = reserve_picture(ink.height, ink.width);
    if (!inside.at || !outside.at || !depth.at || !drawn.at || !rows.at) return {0, 0, nullptr};
    for (int y = 0; y < ink.height; y++)
        for (int x = 0; x < ink.width; x++)
            depth(y, x) = strokes(y, x) > 0 ? inside(y, x) - 0.5f : 0.5f - outside(y + reach, x + reach);
    // the middle of a stroke is kept; it is found by a dilation of the depth
    const int radius = (int)-change + 2;
    auto most = [&](const Picture& p, int y, int x, bool down) {
        float best = p(y, x);
        for (int k = -radius; k <= radius; k++) {
            const int v = down ? y + k : y, u = down ? x : x + k;
            if (v >= 0 && v < p.height && u >= 0 && u < p.width && p(v, u) > best) best = p(v, u);
        }
        return best;
    };
    for (int y = 0; change < 0 && y < ink.height; y++)
        for (int x = 0; x < ink.width; x++) rows(y, x) = most(depth, y, x, false);
    const float half = (float)(change / 2);
    for (int y = 0; y < ink.height; y++)
        for (int x = 0; x < ink.width; x++) {
            float value = 0.5f + depth(y, x);
            if (change < 0) {
                float spare = most(rows, y, x, true) - 2;
                if (spare < 0) spare = 0;
                value -= -half < spare ? -half : spare;
            } else {
                value += half;
            }
            drawn(y, x) = value < 0 ? 0 : value > 1 ? 1 : value;
        }
    return drawn;
}

// Ink (0 to 1), cropped, with strokes as wide as is usual in MNIST.
static Picture set_width(const Picture& ink) {
    const Picture fine = fit(ink, DETAIL * BOX, 1, BICUBIC, BOX_FILTER);
    const Picture framed = fine.at ? pad(fine, 1) : fine;
    if (!framed.at) return framed;
    const double width = measure_width(framed) / DETAIL;
    if (width < 0) return {0, 0, nullptr};
    const double wanted = width < THINNEST ? THINNEST : width > THICKEST ? THICKEST : width;
    if (width == 0 || width == wanted) return ink;
    // the box grows with its strokes, and is scaled to 20 pixels afterwards
    const double change = (wanted - width) / (1 - wanted / BOX) * DETAIL;
    const Picture wide = pad(fine, (int)__builtin_fabs(change) + 2);
    return wide.at ? change_width(wide, change) : wide;
}

// Where a box begins in 28 pixels so that its centre of mass is at 14, or as near to it as the edge allows.
static int place(double moment, double mass, int side) {
    const int at = (int)__builtin_floor(STORED / 2.0 - moment / mass + 0.5);
    return at < 0 ? 0 : at > STORED - side ? STORED - side : at;
}

enum Normalized { DRAWN, BLANK, NO_ROOM };

// Ink (height, width) bytes, 0 on paper, to a digit (28, 28) in MNIST's form.
static Normalized normalize_ink(const uint8_t* ink, int height, int width, uint8_t* digit) {
    const Picture whole = reserve_picture(height, width);
    if (!whole.at) return NO_ROOM;
    bool any = false;
    for (size_t i = 0; i < whole.size(); i++) whole.at[i] = (float)ink[i] / 255, any |= ink[i] != 0;
    if (!any) return BLANK;
    const Picture cropped = crop(whole);
    const Picture usual = cropped.at ? set_width(cropped) : cropped;
    const Picture tight = usual.at ? crop(usual) : usual;
    if (!tight.at) return NO_ROOM;
    for (size_t i = 0; i < tight.size(); i++) tight.at[i] *= 255;
    const Picture box = fit(tight, BOX, 0.5, BILINEAR, BOX_FILTER);
    if (!box.at) return NO_ROOM;
    double mass = 0, down = 0, across = 0;
    for (int y = 0; y < box.height; y++)
        for (int x = 0; x < box.width; x++) {
            float v = box(y, x);
            v = __builtin_rintf(v < 0 ? 0 : v > 255 ? 255 : v);
            box(y, x) = v, mass += v, down += (double)v * y, across += (double)v * x;
        }
    if (mass == 0) return BLANK;
    const int top = place(down, mass, box.height), left = place(across, mass, box.width);
    __builtin_memset(digit, 0, STORED * STORED);
    for (int y = 0; y < box.height; y++)
        for (int x = 0; x < box.width; x++) digit[(top + y) * STORED + left + x] = (uint8_t)box(y, x);
    return DRAWN;
}
