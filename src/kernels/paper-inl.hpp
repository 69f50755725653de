// What is paper and not ink: which of the two is dark, and the light on it; images/paper.py.

enum { FITTED = 64 };                   // pixels, the longer side of what the light is fitted to
static const double LEAST_SHEET = 0.1;   // of the picture: a smaller light region is no sheet of paper
static const double LEAST_BRIGHT = 0.8;  // of a sheet: the rest is ink
static const double ALONE = 0.1;         // of the rarer of two levels: as many without a neighbour of their kind are a dither's
static const double FRAME = 0.85;        // from the middle (0) to the edge (1): where the outer part begins
enum { TERMS = 6 };                      // 1, x, y, xx, xy, yy

// The smooth part of the light on the paper: a quadratic surface over x and y from -1 to 1.
typedef struct { double at[TERMS]; } Surface;

// --- a page

// What a picture may show. The page is a part of it, inverted or not; the dots of a dither are smoothed; where a sheet lies
// on a table, what is not `inner` is taken for paper in the light of the surface. Rows are read when they are needed, so
// that a photograph is never copied.
typedef struct {
    const uint8_t *picture;
    int picture_height, picture_width, dithered, inverted, ruled;
    int top, left, height, width;
    Bytes inner;  // its `at` is null where there is no sheet
    int down, across;  // the pixels of the picture for one of `inner`
    Surface light;
} Page;

static Page take_page(const uint8_t *picture, int height, int width, int dithered) {
    Page page;
    __builtin_memset(&page, 0, sizeof page);
    page.picture = picture, page.picture_height = page.height = height, page.picture_width = page.width = width;
    page.dithered = dithered, page.ruled = 1;
    return page;
}

// --- a dither

// The sum of 3 x 3 numbers around column x, the edge repeated.
static int sum_around(const uint8_t *const *rows, int x, int width) {
    const int left = most_of(x - 1, 0), right = least_of(x + 1, width - 1);
    int sum = 0;
    for (int k = 0; k < 3; k++) sum += rows[k][left] + rows[k][x] + rows[k][right];
    return sum;
}

static void find_rows_around(const uint8_t *picture, int height, int width, int y, const uint8_t **rows) {
    for (int k = 0; k < 3; k++) rows[k] = picture + (size_t)least_of(most_of(y + k - 1, 0), height - 1) * width;
}

// Whether a picture has two levels, and many pixels of the rarer one are alone: its dots would be taken for lines and ink.
static int is_dithered(const uint8_t *picture, int height, int width) {
    const size_t size = (size_t)height * width;
    size_t first = 0, others = 0, alone = 0;
    int other = picture[0];
    for (size_t i = 0; i < size; i++) {
        const int v = picture[i];
        if (v == picture[0]) { first++; continue; }
        if (others++ && v != other) return 0;
        other = v;
    }
    if (!others) return 0;
    // where both are as many, the lighter one is the rarer
    const int rarer = first == others ? most_of(picture[0], other) : first < others ? picture[0] : other;
    for (int y = 0; y < height; y++) {
        const uint8_t *rows[3];
        find_rows_around(picture, height, width, y, rows);
        for (int x = 0; x < width; x++) {
            if (rows[1][x] != rarer) continue;
            const int left = most_of(x - 1, 0), right = least_of(x + 1, width - 1);
            int near = 0;
            for (int k = 0; k < 3; k++) near += (rows[k][left] == rarer) + (rows[k][x] == rarer) + (rows[k][right] == rarer);
            alone += near == 1;
        }
    }
    return alone >= ALONE * (first < others ? first : others);
}

// --- reading a page

// The i-th of `side` places from -1 to 1, as numpy.linspace gives it.
static float place_between(int i, int side) {
    if (side < 2) return 0;
    return i == side - 1 ? 1.0f : (float)(i * (2.0 / (side - 1)) - 1);
}

// The light on a row, at columns `from` and later; in the order 1, x, y, xx, xy, yy.
static void light_row(const Surface *light, float y, const float *__restrict xs, int count, double *__restrict to) {
    const double *s = light->at, yy = (float)(y * y);
    for (int i = 0; i < count; i++) {
        const float x = xs[i], xx = x * x, xy = x * y;
        to[i] = s[0] + s[1] * x + s[2] * y + s[3] * xx + s[4] * xy + s[5] * yy;
    }
}

// A row of a page, from one of its columns to another: where it is in the picture, or in `line`.
static const uint8_t *read_row(const Page *page, int y, int from, int to, uint8_t *line) {
    const int v = page->top + y, left = page->left + from, count = to - from, inner_y = page->inner.at ? v / page->down : 0;
    const float height = place_between(v, page->picture_height);
    const uint8_t *rows[3];
    find_rows_around(page->picture, page->picture_height, page->picture_width, v, rows);
    if (!page->dithered && !page->inner.at) return rows[1] + left;
    if (!page->dithered) __builtin_memcpy(line, rows[1] + left, (size_t)count);
    else for (int x = 0; x < count; x++) line[x] = (uint8_t)((sum_around(rows, left + x, page->picture_width) + 4) / 9);
    for (int x = 0; x < count && page->inner.at; x++) {
        const int inner_x = (left + x) / page->across;
        if (inner_y < page->inner.height && inner_x < page->inner.width && page->inner.at[inner_y * page->inner.width + inner_x]) continue;
        const float place = place_between(left + x, page->picture_width);
        double light;
        light_row(&page->light, height, &place, 1, &light);
        line[x] = (uint8_t)round_even(light < 0 ? 0 : light > 255 ? 255 : light);
    }
    return line;
}

enum { ROWS_IN_16_BITS = 256 };  // of bytes, summed

// A part of a page, reduced by the smallest whole factor that brings its longer side to `longest` or less.
static Picture shrink_page(const Page *page, int top, int left, int bottom, int right, int longest, int *factor, Room *room) {
    const int height = bottom - top, width = right - left;
    *factor = find_factor(height, width, longest);
    const int down = least_of(*factor, height), across = least_of(*factor, width);
    const Picture small = take_picture(room, height / down, width / across);
    const size_t before = room->used;
    uint32_t *sums = TAKE(room, uint32_t, width);
    uint16_t *few = TAKE(room, uint16_t, width);
    uint8_t *line = TAKE(room, uint8_t, width);
    for (int y = 0; y < small.height && *factor == 1; y++) {
        const uint8_t *row = read_row(page, top + y, left, right, line), flip = page->inverted ? 255 : 0;
        for (int x = 0; x < width; x++) small.at[(size_t)y * width + x] = (float)(row[x] ^ flip);
    }
    for (int y = 0; y < small.height && *factor > 1; y++) {
        __builtin_memset(sums, 0, (size_t)width * sizeof(uint32_t));
        for (int start = 0; start < down; start += ROWS_IN_16_BITS) {
            __builtin_memset(few, 0, (size_t)width * sizeof(uint16_t));
            for (int k = start; k < down && k < start + ROWS_IN_16_BITS; k++) {
                const uint8_t *row = read_row(page, top + y * down + k, left, right, line);
                uint16_t *__restrict to = few;
                for (int x = 0; x < width; x++) to[x] = (uint16_t)(to[x] + row[x]);
            }
            for (int x = 0; x < width; x++) sums[x] += few[x];
        }
        const uint64_t area = (uint64_t)down * across;
        for (int x = 0; x < small.width; x++) {
            uint64_t total = 0;
            for (int k = 0; k < across; k++) total += sums[x * across + k];
            if (page->inverted) total = 255 * area - total;
            small.at[(size_t)y * small.width + x] = (float)total / (float)area;
        }
    }
    room->used = before;
    return small;
}

static Picture shrink_whole(const Page *page, int longest, int *factor, Room *room) {
    return shrink_page(page, 0, 0, page->height, page->width, longest, factor, room);
}

// --- the light

// The x with the least |x| of those with the least |a x - b|; a is symmetric, and is destroyed. By Jacobi's rotations.
static void solve_least_squares(double a[TERMS][TERMS], const double *b, double *x) {
    double v[TERMS][TERMS], most = 0;
    for (int i = 0; i < TERMS; i++) for (int k = 0; k < TERMS; k++) v[i][k] = i == k;
    for (int sweep = 0, turned = 1; turned && sweep < 40; sweep++) {
        double trace = 0;
        for (int i = 0; i < TERMS; i++) trace += __builtin_fabs(a[i][i]);
        turned = 0;
        for (int p = 0; p < TERMS; p++)
            for (int q = p + 1; q < TERMS; q++) {
                if (__builtin_fabs(a[p][q]) <= 1e-19 * trace) continue;
                turned = 1;
                const double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]), size = __builtin_fabs(theta);
                const double tangent = (theta < 0 ? -1 : 1) / (size + (size > 1e9 ? size : __builtin_sqrt(size * size + 1)));
                const double c = 1 / __builtin_sqrt(tangent * tangent + 1), s = tangent * c;
                for (int k = 0; k < TERMS; k++) {
                    const double ap = a[k][p], aq = a[k][q];
                    a[k][p] = c * ap - s * aq, a[k][q] = s * ap + c * aq;
                }
                for (int k = 0; k < TERMS; k++) {
                    const double ap = a[p][k], aq = a[q][k], vp = v[k][p], vq = v[k][q];
                    a[p][k] = c * ap - s * aq, a[q][k] = s * ap + c * aq;
                    v[k][p] = c * vp - s * vq, v[k][q] = s * vp + c * vq;
                }
                a[p][q] = a[q][p] = 0;
            }
    }
    for (int i = 0; i < TERMS; i++) if (__builtin_fabs(a[i][i]) > most) most = __builtin_fabs(a[i][i]);
    for (int k = 0; k < TERMS; k++) x[k] = 0;
    for (int i = 0; i < TERMS; i++) {
        if (__builtin_fabs(a[i][i]) <= TERMS * 2.220446049250313e-16 * most) continue;  // as numpy.linalg.lstsq does
        double along = 0;
        for (int k = 0; k < TERMS; k++) along += v[k][i] * b[k];
        for (int k = 0; k < TERMS; k++) x[k] += v[k][i] * (along / a[i][i]);
    }
}

// Sums over the rows, for each column: of the weights, times y, yy, xy, their products, and the values.
enum { W, W_Y, W_YY, W_XY, W_Y_Y, W_Y_YY, W_Y_XY, W_YY_YY, W_YY_XY, W_XY_XY, W_V, W_V_Y, W_V_YY, W_V_XY, COLUMN_SUMS };

static void sum_columns(const Picture *small, const double *weights, const float *__restrict xs, const float *ys, double *__restrict sums) {
    const int width = small->width;
    for (int i = 0; i < COLUMN_SUMS * FITTED; i++) sums[i] = 0;
    for (int row = 0; row < small->height; row++) {
        const float y = ys[row];
        const double yy = (float)(y * y);
        const double *__restrict w = weights + (size_t)row * width;
        const float *__restrict v = small->at + (size_t)row * width;
        for (int i = 0; i < width; i++) {
            const double xy = (float)(xs[i] * y), wy = w[i] * y, wyy = w[i] * yy, wxy = w[i] * xy, wv = w[i] * v[i];
            sums[W * FITTED + i] += w[i];
            sums[W_Y * FITTED + i] += wy;
            sums[W_YY * FITTED + i] += wyy;
            sums[W_XY * FITTED + i] += wxy;
            sums[W_Y_Y * FITTED + i] += wy * y;
            sums[W_Y_YY * FITTED + i] += wy * yy;
            sums[W_Y_XY * FITTED + i] += wy * xy;
            sums[W_YY_YY * FITTED + i] += wyy * yy;
            sums[W_YY_XY * FITTED + i] += wyy * xy;
            sums[W_XY_XY * FITTED + i] += wxy * xy;
            sums[W_V * FITTED + i] += wv;
            sums[W_V_Y * FITTED + i] += wv * y;
            sums[W_V_YY * FITTED + i] += wv * yy;
            sums[W_V_XY * FITTED + i] += wv * xy;
        }
    }
}

// The normal equations of a weighted fit.
static void sum_terms(const double *sums, const float *xs, int width, double a[TERMS][TERMS], double *b) {
    // for each pair of terms: which sum, and the power of x
    static const struct { uint8_t i, k, sum, power; } PAIRS[] = {
        {0, 0, W, 0}, {0, 1, W, 1}, {0, 2, W_Y, 0}, {0, 3, W, 2}, {0, 4, W_XY, 0}, {0, 5, W_YY, 0}, {1, 1, W, 3}, {1, 2, W_Y, 1},
        {1, 3, W, 4}, {1, 4, W_XY, 1}, {1, 5, W_YY, 1}, {2, 2, W_Y_Y, 0}, {2, 3, W_Y, 2}, {2, 4, W_Y_XY, 0}, {2, 5, W_Y_YY, 0},
        {3, 3, W, 5}, {3, 4, W_XY, 2}, {3, 5, W_YY, 2}, {4, 4, W_XY_XY, 0}, {4, 5, W_YY_XY, 0}, {5, 5, W_YY_YY, 0},
    };
    static const struct { uint8_t sum, power; } VALUES[TERMS] = {{W_V, 0}, {W_V, 1}, {W_V_Y, 0}, {W_V, 2}, {W_V_XY, 0}, {W_V_YY, 0}};
    for (int i = 0; i < TERMS; i++) {
        b[i] = 0;
        for (int k = 0; k < TERMS; k++) a[i][k] = 0;
    }
    for (int c = 0; c < width; c++) {
        const double x = xs[c], xx = (float)(xs[c] * xs[c]), powers[] = {1, x, xx, x * x, x * xx, xx * xx};
        for (size_t p = 0; p < sizeof PAIRS / sizeof *PAIRS; p++)
            a[PAIRS[p].i][PAIRS[p].k] += powers[PAIRS[p].power] * sums[PAIRS[p].sum * FITTED + c];
        for (int i = 0; i < TERMS; i++) b[i] += powers[VALUES[i].power] * sums[VALUES[i].sum * FITTED + c];
    }
    for (int i = 0; i < TERMS; i++) for (int k = 0; k < i; k++) a[i][k] = a[k][i];
}

// Fit the light through most pixels of a picture of at most 64 x 64; paper covers more than ink, above all along the
// edges. `sheet`: where the paper is, of the same size; everywhere if null.
static Surface fit_surface(const Picture *small, const Bytes *sheet, Room *room) {
    const size_t before = room->used;
    const int height = small->height, width = small->width, count = height * width;
    double *trust = TAKE(room, double, count), *weights = TAKE(room, double, count), *residue = TAKE(room, double, count);
    double *sums = TAKE(room, double, COLUMN_SUMS * FITTED), a[TERMS][TERMS], b[TERMS];
    float *xs = TAKE(room, float, width), *ys = TAKE(room, float, height);
    Surface light;
    for (int x = 0; x < width; x++) xs[x] = place_between(x, width);
    for (int y = 0; y < height; y++) ys[y] = place_between(y, height);
    for (int i = 0; i < count; i++) {
        const float x = xs[i % width], y = ys[i / width], frame = (float)FRAME;
        const int outer = x > frame || y > frame || -x > frame || -y > frame;
        weights[i] = trust[i] = sheet ? sheet->at[i] : outer ? 1 : 0.5;
    }
    for (int round = 0;; round++) {  // least squares, reweighted so that ink counts less each time
        sum_columns(small, weights, xs, ys, sums);
        sum_terms(sums, xs, width, a, b);
        solve_least_squares(a, b, light.at);
        if (round == 7) break;
        for (int y = 0; y < height; y++) light_row(&light, ys[y], xs, width, residue + (size_t)y * width);
        for (int i = 0; i < count; i++) residue[i] = __builtin_fabs(small->at[i] - residue[i]);
        const double usual = 2 * find_median(residue, count, room) + 1;
        for (int i = 0; i < count; i++) {
            const double far = residue[i] / usual;
            weights[i] = trust[i] / (1 + far * far);
        }
    }
    room->used = before;
    return light;
}

static Surface fit_light(const Picture *picture, Room *room) {
    const size_t before = room->used;
    int factor;
    const Picture small = shrink(picture, FITTED, &factor, room);
    const Surface light = fit_surface(&small, NULL, room);
    room->used = before;
    return light;
}

// --- dark or light

static double raise_skew(double cubes, double squares) {
    const double spread = squares * __builtin_sqrt(squares);
    return spread > 0 ? cubes / spread : 0;
}

// Whether ink is darker than the paper (below 0), and how clearly: what departs most from the light on the paper, and
// from its own surroundings.
static double measure_polarity(const Page *page, Room *room) {
    const size_t before = room->used;
    int factor;
    const Picture small = shrink_whole(page, 96, &factor, room);
    const int count = small.height * small.width;
    const Rows rows = rows_of_picture(&small);
    const Picture surroundings = blur(&rows, most_of(1, most_of(small.height, small.width) / 24), room);
    const Surface light = fit_light(&small, room);
    float *xs = TAKE(room, float, small.width);
    double *lit = TAKE(room, double, small.width), squares[2] = {0, 0}, cubes[2] = {0, 0};
    for (int x = 0; x < small.width; x++) xs[x] = place_between(x, small.width);
    for (int y = 0; y < small.height; y++) {
        light_row(&light, place_between(y, small.height), xs, small.width, lit);
        for (int x = 0; x < small.width; x++) {
            const size_t i = (size_t)y * small.width + x;
            const double r = small.at[i] - lit[x], s = small.at[i] - surroundings.at[i];
            squares[0] += r * r, cubes[0] += r * r * r;
            squares[1] += s * s, cubes[1] += s * s * s;
        }
    }
    room->used = before;
    return raise_skew(cubes[0] / count, squares[0] / count) + raise_skew(cubes[1] / count, squares[1] / count);
}

// The level that separates light from dark best, for counts of the levels 0 to 255; Otsu 1979. It is this plus a half.
static int split_levels(const uint32_t *counts) {
    double all = 0, whole = 0, below = 0, sums = 0, most = -1;
    int best = 0;
    for (int k = 0; k < 256; k++) all += counts[k], whole += (double)counts[k] * k;
    for (int k = 0; k < 256; k++) {
        below += counts[k], sums += (double)counts[k] * k;
        const double apart = sums * all - whole * below, weight = below * (all - below);
        const double between = apart * apart / (weight > 1 ? weight : 1);
        if (between > most) most = between, best = k;
    }
    return best;
}

// The level that separates light from dark in a picture of luminance.
static float split_picture(const Picture *picture) {
    uint32_t counts[256] = {0};
    for (int i = 0; i < picture->height * picture->width; i++) {
        const float v = picture->at[i];
        counts[v < 0 ? 0 : v > 255 ? 255 : (int)v]++;
    }
    return (float)split_levels(counts) + 0.5f;
}

// The share of a page's outermost pixels that are light.
static double measure_frame(const Page *page, Room *room) {
    uint32_t counts[4][256];  // of every fourth pixel, so that equal neighbours do not wait for each other
    const size_t before = room->used;
    const int height = page->height, width = page->width;
    uint8_t *line = TAKE(room, uint8_t, width);
    __builtin_memset(counts, 0, sizeof counts);
    for (int y = 0; y < height; y++) {
        const uint8_t *at = read_row(page, y, 0, width, line);
        int i = 0;
        for (; i + 4 <= width; i += 4) counts[0][at[i]]++, counts[1][at[i + 1]]++, counts[2][at[i + 2]]++, counts[3][at[i + 3]]++;
        for (; i < width; i++) counts[0][at[i]]++;
    }
    for (int k = 0; k < 256; k++) counts[0][k] += counts[1][k] + counts[2][k] + counts[3][k];
    const int level = split_levels(counts[0]);
    size_t light = 0;
    for (int y = 0; y < height; y++) {
        const int edge = y == 0 || y == height - 1;
        const uint8_t *at = read_row(page, y, 0, width, line);
        if (edge) for (int x = 0; x < width; x++) light += (height == 1 ? 2 : 1) * (at[x] > level);
        else light += (at[0] > level) + (at[width - 1] > level);
    }
    room->used = before;
    return (double)light / (2.0 * width + 2.0 * most_of(height - 2, 0));
}

// --- a sheet on a table

// A mask with everything that it encloses, in place.
static void fill_holes(Bytes *mask, Room *room) {
    const size_t before = room->used;
    const int height = mask->height, width = mask->width;
    const Bytes around = take_bytes(room, height + 2, width + 2);
    Labels labels = take_labels(room, height + 2, width + 2);
    __builtin_memset(around.at, 1, (size_t)(height + 2) * (width + 2));
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) around.at[(y + 1) * (width + 2) + x + 1] = !mask->at[y * width + x];
    label_regions(&around, &labels, room);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) mask->at[y * width + x] = labels.at[(y + 1) * (width + 2) + x + 1] != 1;
    room->used = before;
}

// The largest of a mask's regions, the first of equal ones; everything where there is none.
static void keep_largest(const Bytes *mask, Bytes *largest, Room *room) {
    const size_t before = room->used;
    const int size = mask->height * mask->width;
    Labels labels = take_labels(room, mask->height, mask->width);
    const int count = label_regions(mask, &labels, room);
    int *sizes = TAKE(room, int, count + 1), best = 0;
    for (int k = 0; k <= count; k++) sizes[k] = 0;
    for (int i = 0; i < size; i++) sizes[labels.at[i]]++;
    sizes[0] = 0;
    for (int k = 1; k <= count; k++) if (sizes[k] > sizes[best]) best = k;
    for (int i = 0; i < size; i++) largest->at[i] = labels.at[i] == best;
    room->used = before;
}

// A light sheet of paper on something dark, cut out; 0 if there is none. What `page` keeps is left in the room.
static int cut_sheet(Page *page, Room *room) {
    int factor;
    page->inner = take_bytes(room, least_of(page->height, FITTED), least_of(page->width, FITTED));
    const Page whole = take_page(page->picture, page->height, page->width, page->dithered);
    const size_t before = room->used;
    const Picture small = shrink_whole(&whole, FITTED, &factor, room);
    const int height = small.height, width = small.width, size = height * width;
    page->inner.height = height, page->inner.width = width;
    const Bytes bright = take_bytes(room, height, width);
    Bytes filled = take_bytes(room, height, width), sheet = take_bytes(room, height, width);
    const float level = split_picture(&small);
    for (int i = 0; i < size; i++) bright.at[i] = small.at[i] > level;
    keep_largest(&bright, &sheet, room);
    __builtin_memcpy(filled.at, sheet.at, (size_t)size);
    fill_holes(&filled, room);
    int area = 0, lit = 0, any = 0, top = height, left = width, bottom = 0, right = 0;
    for (int i = 0; i < size; i++) area += filled.at[i], lit += filled.at[i] & bright.at[i];
    const int found = LEAST_SHEET * size < area && area < size && lit >= LEAST_BRIGHT * area;
    for (int y = 0; y < height && found; y++)
        for (int x = 0; x < width; x++) {  // the sheet's very edge is half table
            int inside = x > 0 && y > 0 && x + 1 < width && y + 1 < height;
            for (int k = 0; k < 9 && inside; k++) inside = filled.at[(y + k / 3 - 1) * width + x + k % 3 - 1];
            page->inner.at[y * width + x] = (uint8_t)inside;
            if (!inside) continue;
            any = 1, top = least_of(top, y), left = least_of(left, x), bottom = y + 1, right = most_of(right, x + 1);
        }
    if (any) {
        for (int i = 0; i < size; i++) sheet.at[i] &= page->inner.at[i];
        page->light = fit_surface(&small, &sheet, room);
    }
    room->used = before;
    if (!any) return 0;
    page->down = least_of(factor, (page->height + height - 1) / height);
    page->across = least_of(factor, (page->width + width - 1) / width);
    page->top = top * page->down, page->left = left * page->across;
    page->height = least_of(bottom * page->down, page->height) - page->top;
    page->width = least_of(right * page->across, page->width) - page->left;
    page->inverted = 0, page->ruled = 1;
    return 1;
}

// --- the light taken off

// A picture with the smooth part of the light on it.
typedef struct {
    Picture picture, smooth;
    Plane surface;
} Lit;

// `tight`: whether a digit fills the picture, so that there may be more ink than paper: paper is then whatever is light.
static Lit find_light(const Picture *picture, int tight, Room *room) {
    const Rows rows = rows_of_picture(picture);
    Lit lit;
    lit.picture = *picture, lit.smooth = blur(&rows, 1, room);
    lit.surface = take_plane(room, picture->height, picture->width);
    const size_t before = room->used;
    int factor;
    const Picture small = shrink(picture, FITTED, &factor, room);
    const Bytes light = take_bytes(room, small.height, small.width);
    if (tight) {
        const float level = split_picture(&small);
        for (int i = 0; i < small.height * small.width; i++) light.at[i] = small.at[i] > level;
    }
    const Surface fitted = fit_surface(&small, tight ? &light : NULL, room);
    float *xs = TAKE(room, float, picture->width);
    for (int x = 0; x < picture->width; x++) xs[x] = place_between(x, picture->width);
    for (int y = 0; y < picture->height; y++)
        light_row(&fitted, place_between(y, picture->height), xs, picture->width, lit.surface.at + (size_t)y * picture->width);
    room->used = before;
    return lit;
}

// Divide by the light that falls on the paper: gradients, vignettes and shadows go, ink stays. What is narrower than twice
// `radius` is ink, what is wider is shadow. Returns darkness: about 0 on paper, up to 1 for black.
static Plane flatten_light(const Lit *lit, int radius, Room *room) {
    const int height = lit->picture.height, width = lit->picture.width, size = height * width;
    Plane light = take_plane(room, height, width);
    const size_t before = room->used;
    for (int i = 0; i < size; i++) light.at[i] = lit->smooth.at[i] - lit->surface.at[i];
    close_gaps(&light, radius, room);
    // closing follows the brightest grains: bring it down to the paper's mean, wherever it is paper
    const Plane lift = take_plane(room, height, width);
    const Bytes paper = take_bytes(room, height, width);
    for (int i = 0; i < size; i++) {
        const double lit_up = lit->surface.at[i] + light.at[i];
        light.at[i] = lit_up, lift.at[i] = lit_up - lit->smooth.at[i];
    }
    const double most = 2 * find_median(lift.at, size, room) + 2;
    for (int i = 0; i < size; i++) paper.at[i] = lift.at[i] <= most;
    for (int i = 0; i < size; i++) lift.at[i] = paper.at[i] ? lift.at[i] : 0;
    const Rows lifts = rows_of_plane(&lift), papers = rows_of_bytes(&paper);
    const Picture mean = blur(&lifts, radius, room), share = blur(&papers, radius, room);
    for (int i = 0; i < size; i++) {
        const float least = 0.05f, down = mean.at[i] / (share.at[i] > least ? share.at[i] : least);
        const double lowered = light.at[i] - down;
        light.at[i] = (lowered - lit->picture.at[i]) / (lowered > 8 ? lowered : 8);
    }
    room->used = before;
    return light;
}
