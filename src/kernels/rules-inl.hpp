// Removal of ruled lines from under the ink; images/rules.py.

enum { LEAST_RULED_SIDE = 32 };              // pixels; a smaller picture has no room for ruled lines
static const double STEEPEST_RULE = 0.06;    // rise per pixel, 3.4 degrees
enum { THICKEST_RULE = 14 };                 // a line is no thicker than the picture's height divided by this
enum { SHORT = 2 };                          // strips: a line of a table may stop this short of an edge
enum { LEAST_GRID = 3 };                     // lines: as many are no strokes of one digit
enum { STRIPS = 16 };                        // the picture is cut into these to find lines

// The mean darkness of each row in each strip: (STRIPS, rows), with `beyond` rows more on both sides, the edge repeated.
typedef struct {
    int height, width, beyond;
    double *at;
} Strips;

// In NumPy's order; at most 128 numbers.
static double sum_in_eights(const double *at, int count) {
    double r[8], total = 0;
    int i = 8;
    if (count < 8) {
        for (int k = 0; k < count; k++) total += at[k];
        return total;
    }
    for (int k = 0; k < 8; k++) r[k] = at[k];
    for (; i + 8 <= count; i += 8) for (int k = 0; k < 8; k++) r[k] += at[i + k];
    total = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    for (; i < count; i++) total += at[i];
    return total;
}

static const double *strip_rows(const Strips *s, int strip) { return s->at + (size_t)strip * (s->height + 2 * s->beyond) + s->beyond; }

static Strips cut_strips(const Plane *darkness, Room *room) {
    const int height = darkness->height, width = darkness->width;
    Strips strips = {height, width, ceil_to(STEEPEST_RULE * width / 2) + TOGETHER + 2, NULL};
    const int length = height + 2 * strips.beyond;
    strips.at = TAKE(room, double, (size_t)STRIPS * length);
    int left = 0;
    for (int k = 0; k < STRIPS; k++) {  // the first ones are wider by a pixel, as numpy.array_split makes them
        const int wide = width / STRIPS + (k < width % STRIPS);
        double *rows = strips.at + (size_t)k * length;
        for (int y = 0; y < height; y++) rows[strips.beyond + y] = sum_in_eights(darkness->at + (size_t)y * width + left, wide) / wide;
        for (int y = 0; y < strips.beyond; y++) rows[y] = rows[strips.beyond], rows[length - 1 - y] = rows[length - 1 - strips.beyond];
        left += wide;
    }
    return strips;
}

static double steer(int slope, int width) {
    // as numpy.arange(-STEEPEST_RULE, STEEPEST_RULE, 1 / width) has it
    const double step = (-STEEPEST_RULE + 1.0 / width) + STEEPEST_RULE;
    return -STEEPEST_RULE + slope * step;
}
static int count_slopes(int width) { return ceil_to((STEEPEST_RULE + STEEPEST_RULE) / (1.0 / width)); }

// The strips' darkness along 8 lines of a slope that begin at rows `first` to `first` + 7: (STRIPS, 8).
static void follow_slope(const Strips *s, double slope, int first, double *along) {
    for (int k = 0; k < STRIPS; k++) {
        const double rise = slope * ((k + 0.5) * s->width / STRIPS - s->width / 2.0);
        const double *rows = strip_rows(s, k);
        for (int l = 0; l < TOGETHER; l++) {
            const int row = (int)round_even(first + l + rise);
            along[k * TOGETHER + l] = rows[row < 0 ? 0 : row < s->height ? row : s->height - 1];
        }
    }
}

static void order_two(double *__restrict a, double *__restrict b) {
    for (int l = 0; l < TOGETHER; l++) {
        const double least = a[l] < b[l] ? a[l] : b[l], most = a[l] < b[l] ? b[l] : a[l];
        a[l] = least, b[l] = most;
    }
}

// Sort 16 numbers, 8 times side by side. Source: Batcher's odd-even merge sort.
static void sort_strips(double *v) {
    for (int p = 1; p < STRIPS; p *= 2)
        for (int k = p; k >= 1; k /= 2)
            for (int j = k % p; j + k < STRIPS; j += 2 * k)
                for (int i = 0; i < k && i + j + k < STRIPS; i++)
                    if ((i + j) / (2 * p) == (i + j + k) / (2 * p)) order_two(v + (i + j) * TOGETHER, v + (i + j + k) * TOGETHER);
}

// How dark the lines through 8 rows are: the lower quartile of the strips, 0 where it ends `brief` strips short of an edge;
// and the upper quartile.
static void find_quartiles(double *along, int brief, double *faintest, double *darkest) {
    double first[TOGETHER], last[TOGETHER];
    for (int l = 0; l < TOGETHER; l++) first[l] = along[l], last[l] = along[(STRIPS - 1) * TOGETHER + l];
    for (int k = 1; k < brief; k++)
        for (int l = 0; l < TOGETHER; l++) {
            const double a = along[k * TOGETHER + l], b = along[(STRIPS - 1 - k) * TOGETHER + l];
            first[l] = a > first[l] ? a : first[l], last[l] = b > last[l] ? b : last[l];
        }
    sort_strips(along);
    for (int l = 0; l < TOGETHER; l++) {
        const double low = along[STRIPS / 4 * TOGETHER + l], ends = first[l] < last[l] ? first[l] : last[l];
        faintest[l] = ends > 0.5 * low ? low : 0;
        darkest[l] = along[(STRIPS - STRIPS / 4) * TOGETHER + l];
    }
}

// The slope along which the most is dark.
static double find_slope(const Strips *s, int brief) {
    double along[STRIPS * TOGETHER], faintest[TOGETHER], darkest[TOGETHER], most = -1;
    int best = 0;
    for (int slope = 0; slope < count_slopes(s->width); slope++) {
        double total[TOGETHER] = {0};
        for (int y = 0; y < s->height; y += TOGETHER) {
            follow_slope(s, steer(slope, s->width), y, along);
            find_quartiles(along, brief, faintest, darkest);
            for (int l = 0; l < TOGETHER && y + l < s->height; l++)
                total[l] += faintest[l] > 0 ? faintest[l] * faintest[l] : 0;
        }
        const double sum = sum_in_eights(total, TOGETHER);
        if (sum > most) most = sum, best = slope;
    }
    return steer(best, s->width);
}

// How dark the ruled line on each row is, in place of the lower quartiles of the rows' darkness; 0 if there is none. An
// upper quartile of more than twice the lower one is ink on the line. Returns how many lines there are; `thickest` is
// that of the thickest one.
static int keep_lines(double *faintest, const double *darkest, int height, int *thickest, Room *room) {
    const size_t before = room->used;
    double *level = TAKE(room, double, height), *sizes = TAKE(room, double, height);
    const double middle = find_median(faintest, height, room);
    for (int y = 0; y < height; y++) faintest[y] -= middle, sizes[y] = __builtin_fabs(faintest[y]);
    const double grain = 4 * (1.4826 * find_median(sizes, height, room)), least = grain > 0.04 ? grain : 0.04;
    for (int y = 0; y < height;) {
        int end = y;
        while (end < height && faintest[end] > least) end++;
        const int line = end > y && end - y <= most_of(4, height / THICKEST_RULE);
        do level[y] = !line ? 0 : darkest[y] < 2 * faintest[y] ? darkest[y] : 2 * faintest[y];
        while (++y < end);
    }
    int count = 0, run = 0;
    *thickest = 0;
    for (int y = 0; y < height; y++) {
        double most = 0;
        for (int k = -3; k <= 3; k++) {  // the edges of what is darker than a pencil
            if (y + k < 0 || y + k >= height) continue;
            const double near = level[y + k], part = k >= -1 && k <= 1 ? near : near > 0.6 ? 0.5 * near : 0;
            if (part > most) most = part;
        }
        faintest[y] = most;
        run = most > 0 ? run + 1 : 0;
        count += run == 1, *thickest = most_of(*thickest, run);
    }
    room->used = before;
    return count;
}

// Remove level lines that come `brief` strips near to the edges, from darkness to `clean`, which is written only if there
// are any; returns how many.
static int remove_level_rules(const Plane *darkness, const Strips *strips, int brief, Plane *clean, Room *room) {
    const size_t before = room->used;
    const int height = darkness->height, width = darkness->width, size = height * width;
    double *line = TAKE(room, double, height + TOGETHER), *darkest = TAKE(room, double, height + TOGETHER), along[STRIPS * TOGETHER];
    const double slope = find_slope(strips, brief);
    int thickest;
    for (int y = 0; y < height; y += TOGETHER) {
        follow_slope(strips, slope, y, along);
        find_quartiles(along, brief, line + y, darkest + y);
    }
    const int lines = keep_lines(line, darkest, height, &thickest, room);
    if (lines) {
        const Plane sizes = take_plane(room, height, width);
        for (int i = 0; i < size; i++) sizes.at[i] = __builtin_fabs(darkness->at[i]);
        const double grain = 1.4826 * find_median(sizes.at, size, room);
        // where a line is: how dark it is there
        const Plane rule = sizes, kept = take_plane(room, height, width);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                const int row = (int)round_even(y - slope * (x - width / 2.0));
                const size_t i = (size_t)y * width + x;
                const double here = line[row < 0 ? 0 : row < height ? row : height - 1];
                rule.at[i] = here;
                kept.at[i] = here > 0 && darkness->at[i] < 1.4 * here + 2 * grain ? 0 : darkness->at[i];
            }
        __builtin_memcpy(clean->at, kept.at, (size_t)size * sizeof(double));
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                const size_t i = (size_t)y * width + x;
                if (!(rule.at[i] > 0)) continue;
                // strokes go on across the gap; beyond the edge is paper
                double above = y < thickest ? 0 : kept.at[i - width], below = y + thickest >= height ? 0 : kept.at[i + width];
                for (int k = 1; k <= thickest; k++) {
                    if (y - k >= 0 && kept.at[i - (size_t)k * width] > above) above = kept.at[i - (size_t)k * width];
                    if (y + k < height && kept.at[i + (size_t)k * width] > below) below = kept.at[i + (size_t)k * width];
                }
                const double bridge = above < below ? above : below;
                if (bridge > clean->at[i]) clean->at[i] = bridge;
            }
    }
    room->used = before;
    return lines;
}

static void transpose_plane(const Plane *from, Plane *to) {
    to->height = from->width, to->width = from->height;
    for (int y = 0; y < from->height; y++)
        for (int x = 0; x < from->width; x++) to->at[(size_t)x * to->width + y] = from->at[(size_t)y * from->width + x];
}

// Without the level and then the upright lines that come this near to the edges; counts[0] and [1]: the number of each.
static void remove_both(const Plane *darkness, int brief, Plane *clean, int *counts, Room *room) {
    const size_t before = room->used;
    const int height = darkness->height, width = darkness->width;
    Plane turned = take_plane(room, width, height), cleaned = take_plane(room, width, height);
    Strips strips = cut_strips(darkness, room);
    counts[0] = remove_level_rules(darkness, &strips, brief, clean, room);
    if (!counts[0]) __builtin_memcpy(clean->at, darkness->at, (size_t)height * width * sizeof(double));
    transpose_plane(clean, &turned);
    strips = cut_strips(&turned, room);
    counts[1] = remove_level_rules(&turned, &strips, brief, &cleaned, room);
    if (counts[1]) transpose_plane(&cleaned, clean);
    room->used = before;
}

// Remove ruled lines, level or upright: thin, straight, from one side of the picture to the other; to `clean`, of the same
// size. Lines of a table stop a little short of the edges; they are lines where they cross others. The bar of a tightly
// cut 7 runs from edge to edge like a line; it is a stroke where the rest of the digit reaches the edge beside it, too, or
// where nothing is left without it.
static void remove_rules(const Plane *darkness, Plane *clean, Room *room) {
    const size_t before = room->used, bytes = (size_t)darkness->height * darkness->width * sizeof(double);
    int counts[2] = {0, 0}, lines = 0, undo = 1;
    if (least_of(darkness->height, darkness->width) >= LEAST_RULED_SIDE) {
        remove_both(darkness, SHORT, clean, counts, room);
        if (counts[0] >= LEAST_GRID || counts[1] >= LEAST_GRID || (counts[0] && counts[1] && counts[0] + counts[1] >= LEAST_GRID)) return;
        remove_both(darkness, 1, clean, counts, room);
        lines = counts[0] + counts[1], undo = 0;
    }
    if (lines && lines < LEAST_GRID) {
        const Marks marks = find_marks(clean, room);
        undo = lines == 1;
        if (marks.count) {
            uint8_t *chosen = TAKE(room, uint8_t, marks.count);
            choose_marks(&marks, NULL, chosen, room);
            const Mark digit = join_chosen(&marks, chosen);
            const int ends = digit.top == 0 || digit.bottom == clean->height, sides = digit.left == 0 || digit.right == clean->width;
            undo = (counts[0] && ends) || (counts[1] && sides);
        }
    }
    if (undo) __builtin_memcpy(clean->at, darkness->at, bytes);
    room->used = before;
}
