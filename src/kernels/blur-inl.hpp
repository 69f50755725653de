// The mean around each pixel; images/filters.py. Sums are taken in NumPy's order.

// A number divided by another one, whose reciprocal is given. Fused, the result is the same: the second product corrects
// the first one's error before the only rounding that counts, and no quotient by an odd number is halfway between two.
static double divide_by(double a, double by, double reciprocal) {
#if defined(__FMA__)
    const double q = a * reciprocal;
    return __builtin_fma(__builtin_fma(-by, q, a), reciprocal, q);
#else
    (void)reciprocal;
    return a / by;
#endif
}

// Rows of numbers of one of three types: the other two pointers are null.
typedef struct {
    int height, width;
    const Level *levels;
    const float *floats;
    const uint8_t *bytes;
} Rows;

static Rows rows_of_plane(const Plane *p) {
    const Rows rows = {p->height, p->width, p->at, NULL, NULL};
    return rows;
}
static Rows rows_of_picture(const Picture *p) {
    const Rows rows = {p->height, p->width, NULL, p->at, NULL};
    return rows;
}
static Rows rows_of_bytes(const Bytes *p) {
    const Rows rows = {p->height, p->width, NULL, NULL, p->at};
    return rows;
}

// sums += row y, the edge repeated
static void add_row(const Rows *rows, int y, double *__restrict sums) {
    const int width = rows->width;
    const size_t at = (size_t)(y < 0 ? 0 : y < rows->height ? y : rows->height - 1) * width;
    if (rows->levels) {
        const Level *__restrict row = rows->levels + at;
        for (int x = 0; x < width; x++) sums[x] += row[x];
    } else if (rows->floats) {
        const float *__restrict row = rows->floats + at;
        for (int x = 0; x < width; x++) sums[x] += row[x];
    } else {
        const uint8_t *__restrict row = rows->bytes + at;
        for (int x = 0; x < width; x++) sums[x] += row[x];
    }
}

// The sums of a row's numbers from its beginning, the first one `radius` + 1 times before and the last one `radius` times
// behind, in NumPy's order; of 4 rows at once, for each number must wait for the one before.
static void sum_up_rows(const double *rows, int width, int radius, double *sums) {
    const int length = width + 2 * radius + 1;
    const double *a = rows, *b = a + width, *c = b + width, *d = c + width;
    double *as = sums, *bs = as + length, *cs = bs + length, *ds = cs + length;
    double sa = 0, sb = 0, sc = 0, sd = 0;
    for (int i = 0; i < length; i++) {
        const int x = least_of(most_of(i - radius - 1, 0), width - 1);
        as[i] = sa += a[x], bs[i] = sb += b[x], cs[i] = sc += c[x], ds[i] = sd += d[x];
    }
}

enum { AT_ONCE = 4 };  // rows of a blur

// The mean over a square of 2 radius + 1 pixels, the edge repeated; as differences of sums from the beginning. Rows come in
// their order, so that who needs them once keeps no picture of them.
typedef struct {
    const Rows *rows;
    int radius;
    double *lead, *lag, *means, *sums;
} Blur;

static Blur begin_blur(const Rows *rows, int radius, Room *room) {
    const int width = rows->width;
    Blur b = {rows, radius, TAKE(room, double, width), TAKE(room, double, width), NULL, NULL};
    b.means = TAKE(room, double, (size_t)width * AT_ONCE);
    b.sums = TAKE(room, double, (size_t)(width + 2 * radius + 1) * AT_ONCE);
    __builtin_memset(b.lead, 0, (size_t)width * sizeof(double));
    __builtin_memset(b.lag, 0, (size_t)width * sizeof(double));
    __builtin_memset(b.means, 0, (size_t)width * AT_ONCE * sizeof(double));
    add_row(rows, 0, b.lag);
    for (int i = 0; i <= 2 * radius + 1; i++) add_row(rows, i - radius - 1, b.lead);
    return b;
}

// The next 4 rows from `top` on, or as many as there are: how many.
static int blur_rows(const Blur *b, int top, float *to) {
    const int width = b->rows->width, radius = b->radius, length = width + 2 * radius + 1, here = least_of(AT_ONCE, b->rows->height - top);
    const double wide = 2 * radius + 1, part = 1 / wide;
    for (int l = 0; l < here; l++) {
        const int y = top + l;
        const double *__restrict lead = b->lead, *__restrict lag = b->lag;
        double *__restrict mean = b->means + (size_t)l * width;
        for (int x = 0; x < width; x++) mean[x] = divide_by(lead[x] - lag[x], wide, part);
        add_row(b->rows, y + radius + 1, b->lead);
        add_row(b->rows, y - radius, b->lag);
    }
    sum_up_rows(b->means, width, radius, b->sums);
    for (int l = 0; l < here; l++) {
        const double *__restrict sum = b->sums + (size_t)l * length;
        float *__restrict out = to + (size_t)l * width;
        for (int x = 0; x < width; x++) out[x] = (float)divide_by(sum[x + 2 * radius + 1] - sum[x], wide, part);
    }
    return here;
}

static void blur_to(const Rows *rows, int radius, float *to, Room *room) {
    const size_t before = room->used;
    const Blur b = begin_blur(rows, radius, room);
    for (int top = 0; top < rows->height; top += AT_ONCE) blur_rows(&b, top, to + (size_t)top * rows->width);
    room->used = before;
}

static Picture blur(const Rows *rows, int radius, Room *room) {
    const Picture smooth = take_picture(room, rows->height, rows->width);
    blur_to(rows, radius, smooth.at, room);
    return smooth;
}
