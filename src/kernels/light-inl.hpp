// The light on the paper: fitted through most of its pixels, and taken off; images/paper.py.

enum { FITTED = 64 };              // pixels, the longer side of what the light is fitted to
static const double FRAME = 0.85;  // from the middle (0) to the edge (1): where the outer part begins

// --- fitted

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
    Level *sizes = (Level *)weights;  // until there are new ones
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
        for (int i = 0; i < count; i++) sizes[i] = (Level)residue[i];
        const double usual = 2 * take_median(sizes, count) + 1;
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

// --- levels

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

// --- taken off

// A picture with the smooth part of the light on it.
typedef struct {
    Picture picture;
    Surface surface;
} Lit;

// `tight`: whether a digit fills the picture, so that there may be more ink than paper: paper is then whatever is light.
static Lit find_light(const Picture *picture, int tight, Room *room) {
    const size_t before = room->used;
    int factor;
    const Picture small = shrink(picture, FITTED, &factor, room);
    const Bytes light = take_bytes(room, small.height, small.width);
    if (tight) {
        const float level = split_picture(&small);
        for (int i = 0; i < small.height * small.width; i++) light.at[i] = small.at[i] > level;
    }
    const Lit lit = {*picture, fit_surface(&small, tight ? &light : NULL, room)};
    room->used = before;
    return lit;
}

// light -= the surface, or += it.
static void add_surface(const Surface *surface, int add, Plane *light, Room *room) {
    const size_t before = room->used;
    const int width = light->width;
    float *xs = TAKE(room, float, width);
    double *row = TAKE(room, double, width);
    for (int x = 0; x < width; x++) xs[x] = place_between(x, width);
    for (int y = 0; y < light->height; y++) {
        Level *__restrict to = light->at + (size_t)y * width;
        light_row(surface, place_between(y, light->height), xs, width, row);
        if (add) for (int x = 0; x < width; x++) to[x] = (Level)(row[x] + to[x]);
        else for (int x = 0; x < width; x++) to[x] = (Level)(to[x] - row[x]);
    }
    room->used = before;
}

// Divide by the light that falls on the paper: gradients, vignettes and shadows go, ink stays. What is narrower than twice
// `radius` is ink, what is wider is shadow. To `light`, as large as the picture, darkness: about 0 on paper, up to 1 for black.
static void flatten_light(const Lit *lit, int radius, Plane *light, Room *room) {
    const size_t before = room->used;
    const int height = lit->picture.height, width = lit->picture.width, size = height * width;
    const Plane lift = take_plane(room, height, width);
    const Bytes paper = take_bytes(room, height, width);
    const size_t kept = room->used;
    const Rows rows = rows_of_picture(&lit->picture);
    const Picture smooth = blur(&rows, 1, room);
    for (int i = 0; i < size; i++) light->at[i] = smooth.at[i];
    add_surface(&lit->surface, 0, light, room);
    close_gaps(light, radius, room);
    // closing follows the brightest grains: bring it down to the paper's mean, wherever it is paper
    add_surface(&lit->surface, 1, light, room);
    for (int i = 0; i < size; i++) lift.at[i] = light->at[i] - smooth.at[i];
    const double most = 2 * take_median(lift.at, size) + 2;
    for (int i = 0; i < size; i++) {
        const double up = light->at[i] - smooth.at[i];
        paper.at[i] = up <= most, lift.at[i] = paper.at[i] ? (Level)up : 0;
    }
    room->used = kept;
    const Rows lifts = rows_of_plane(&lift), papers = rows_of_bytes(&paper);
    const Picture mean = blur(&lifts, radius, room);
    float *share = (float *)lift.at;
    blur_to(&papers, radius, share, room);
    for (int i = 0; i < size; i++) {
        const float least = 0.05f, down = mean.at[i] / (share[i] > least ? share[i] : least);
        const double lowered = light->at[i] - down;
        light->at[i] = (Level)((lowered - lit->picture.at[i]) / (lowered > 8 ? lowered : 8));
    }
    room->used = before;
}
