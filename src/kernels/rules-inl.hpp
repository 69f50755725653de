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
static double sum_in_eights(const Level *at, int count) {
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

static double *find_strip(const Strips *s, int strip) { return s->at + (size_t)strip * (s->height + 2 * s->beyond) + s->beyond; }

static Strips take_strips(int height, int width, Room *room) {
    Strips strips = {height, width, ceil_to(STEEPEST_RULE * width / 2) + TOGETHER + 2, NULL};
    strips.at = TAKE(room, double, (size_t)STRIPS * (height + 2 * strips.beyond));
    return strips;
}

// The first ones are wider by a pixel, as numpy.array_split makes them.
static int measure_strip(int width, int strip) { return width / STRIPS + (strip < width % STRIPS); }

static void repeat_edges(const Strips *s, double *rows) {
    for (int y = 1; y <= s->beyond; y++) rows[-y] = rows[0], rows[s->height - 1 + y] = rows[s->height - 1];
}

static Strips cut_strips(const Plane *darkness, Room *room) {
    const Strips strips = take_strips(darkness->height, darkness->width, room);
    int left = 0;
    for (int k = 0; k < STRIPS; k++) {
        const int wide = measure_strip(strips.width, k);
        double *rows = find_strip(&strips, k);
        for (int y = 0; y < strips.height; y++) rows[y] = sum_in_eights(darkness->at + (size_t)y * strips.width + left, wide) / wide;
        repeat_edges(&strips, rows);
        left += wide;
    }
    return strips;
}

// The strips of a picture that is turned at its diagonal, without turning it: the same sums.
static Strips cut_turned_strips(const Plane *darkness, Room *room) {
    const Strips strips = take_strips(darkness->width, darkness->height, room);
    const size_t before = room->used;
    const int length = strips.height;
    double *sums = TAKE(room, double, (size_t)8 * length);
    const Level *from = darkness->at;
    for (int k = 0; k < STRIPS; k++) {
        const int wide = measure_strip(strips.width, k), whole = wide / 8 * 8;
        double *__restrict rows = find_strip(&strips, k);
        for (int y = 0; y < length; y++) rows[y] = 0;
        for (int i = 0; i < whole; i++) {
            double *__restrict sum = sums + (size_t)(i % 8) * length;
            if (i < 8) for (int y = 0; y < length; y++) sum[y] = from[(size_t)i * length + y];
            else for (int y = 0; y < length; y++) sum[y] += from[(size_t)i * length + y];
        }
        if (whole) {
            const double *__restrict r = sums;
            for (int y = 0; y < length; y++)
                rows[y] = ((r[y] + r[length + y]) + (r[2 * length + y] + r[3 * length + y])) + ((r[4 * length + y] + r[5 * length + y]) + (r[6 * length + y] + r[7 * length + y]));
        }
        for (int i = whole; i < wide; i++) for (int y = 0; y < length; y++) rows[y] += from[(size_t)i * length + y];
        for (int y = 0; y < length; y++) rows[y] /= wide;
        repeat_edges(&strips, rows);
        from += (size_t)wide * length;
    }
    room->used = before;
    return strips;
}

static double steer(int slope, int width) {
    // as numpy.arange(-STEEPEST_RULE, STEEPEST_RULE, 1 / width) has it
    const double step = (-STEEPEST_RULE + 1.0 / width) + STEEPEST_RULE;
    return -STEEPEST_RULE + slope * step;
}
static int count_slopes(int width) { return ceil_to((STEEPEST_RULE + STEEPEST_RULE) / (1.0 / width)); }

// How a line of a slope goes through the strips: how far it rises in each; and by how many whole rows, where that is
// `plain`, because no row is halfway between two.
typedef struct {
    double rise[STRIPS];
    int rows[STRIPS], plain;
} Course;

static Course set_course(const Strips *s, double slope) {
    Course course;
    course.plain = 1;
    for (int k = 0; k < STRIPS; k++) {
        const double rise = course.rise[k] = slope * ((k + 0.5) * s->width / STRIPS - s->width / 2.0), off = rise - floor_to(rise) - 0.5;
        course.rows[k] = (int)round_even(rise);
        course.plain &= off > 1e-6 || off < -1e-6;
    }
    return course;
}

// The strips' darkness along 8 lines that begin at rows `first` to `first` + 7: (STRIPS, 8).
static void follow_course(const Strips *s, const Course *course, int first, double *along) {
    for (int k = 0; k < STRIPS; k++) {
        const double *rows = find_strip(s, k);
        if (course->plain) __builtin_memcpy(along + k * TOGETHER, rows + first + course->rows[k], TOGETHER * sizeof(double));
        else for (int l = 0; l < TOGETHER; l++) {
            const int row = (int)round_even(first + l + course->rise[k]);
            along[k * TOGETHER + l] = rows[row < 0 ? 0 : row < s->height ? row : s->height - 1];
        }
    }
}

// Whether so many strips are no darker than paper that the lower quartile of none of 8 lines is.
static int is_paper(const double *along) {
    int64_t light[TOGETHER] = {0}, least = STRIPS;
    for (int k = 0; k < STRIPS; k++)
        for (int l = 0; l < TOGETHER; l++) light[l] += along[k * TOGETHER + l] <= 0;
    for (int l = 0; l < TOGETHER; l++) if (light[l] < least) least = light[l];
    return least > STRIPS / 4;
}

static void order_two(double *__restrict a, double *__restrict b) {
    for (int l = 0; l < TOGETHER; l++) {
        const double least = a[l] < b[l] ? a[l] : b[l], most = a[l] < b[l] ? b[l] : a[l];
        a[l] = least, b[l] = most;
    }
}

// Order 16 numbers, 8 times side by side, as far as their quartiles take their places.
// Source: Batcher's odd-even merge sort, without what only orders the others.
static void place_quartiles(double *v) {
    static const struct { uint8_t low, high; } PAIRS[] = {
        {0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}, {10, 11}, {12, 13}, {14, 15}, {0, 2}, {1, 3}, {4, 6}, {5, 7}, {8, 10}, {9, 11},
        {12, 14}, {13, 15}, {1, 2}, {5, 6}, {9, 10}, {13, 14}, {0, 4}, {1, 5}, {2, 6}, {3, 7}, {8, 12}, {9, 13}, {10, 14}, {11, 15},
        {2, 4}, {3, 5}, {10, 12}, {11, 13}, {1, 2}, {3, 4}, {5, 6}, {9, 10}, {11, 12}, {13, 14}, {0, 8}, {1, 9}, {2, 10}, {3, 11},
        {4, 12}, {5, 13}, {6, 14}, {7, 15}, {4, 8}, {5, 9}, {6, 10}, {7, 11}, {2, 4}, {3, 5}, {10, 12}, {11, 13}, {3, 4}, {11, 12},
    };
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) order_two(v + PAIRS[i].low * TOGETHER, v + PAIRS[i].high * TOGETHER);
}

// How near to the edges lines come, in strips: those of a table, and others.
static const int BRIEFS[] = {SHORT, 1};
enum { KINDS = 2 };

// The lesser of the two ends' darkness, for 8 lines of strips in their order.
static void find_ends(const double *along, int brief, double *ends) {
    for (int l = 0; l < TOGETHER; l++) {
        double first = along[l], last = along[(STRIPS - 1) * TOGETHER + l];
        for (int k = 1; k < brief; k++) {
            const double a = along[k * TOGETHER + l], b = along[(STRIPS - 1 - k) * TOGETHER + l];
            first = a > first ? a : first, last = b > last ? b : last;
        }
        ends[l] = first < last ? first : last;
    }
}

// For each kind of lines the slope along which the most is dark: the squares of the lower quartiles of the strips, where
// they do not end short of an edge.
static void find_slopes(const Strips *s, double *slopes) {
    double along[STRIPS * TOGETHER], ends[KINDS][TOGETHER], most[KINDS] = {-1, -1};
    const double *low = along + STRIPS / 4 * TOGETHER;
    for (int slope = 0; slope < count_slopes(s->width); slope++) {
        double total[KINDS][TOGETHER] = {{0}};
        const Course course = set_course(s, steer(slope, s->width));
        for (int y = 0; y < s->height; y += TOGETHER) {
            follow_course(s, &course, y, along);
            if (is_paper(along)) continue;
            for (int kind = 0; kind < KINDS; kind++) find_ends(along, BRIEFS[kind], ends[kind]);
            place_quartiles(along);
            for (int kind = 0; kind < KINDS; kind++)
                for (int l = 0; l < TOGETHER && y + l < s->height; l++)
                    total[kind][l] += low[l] > 0 && ends[kind][l] > 0.5 * low[l] ? low[l] * low[l] : 0;
        }
        for (int kind = 0; kind < KINDS; kind++) {
            const double *t = total[kind], sum = ((t[0] + t[1]) + (t[2] + t[3])) + ((t[4] + t[5]) + (t[6] + t[7]));
            if (sum > most[kind]) most[kind] = sum, slopes[kind] = steer(slope, s->width);
        }
    }
}

// The lower quartiles of the strips on lines of a slope, one for each row, 0 where they end short of an edge; and the upper
// quartiles. Both have room for 7 more.
static void find_quartiles(const Strips *s, double slope, int brief, double *faintest, double *darkest) {
    double along[STRIPS * TOGETHER], ends[TOGETHER];
    const Course course = set_course(s, slope);
    for (int y = 0; y < s->height; y += TOGETHER) {
        follow_course(s, &course, y, along);
        find_ends(along, brief, ends);
        place_quartiles(along);
        for (int l = 0; l < TOGETHER; l++) {
            const double low = along[STRIPS / 4 * TOGETHER + l];
            faintest[y + l] = ends[l] > 0.5 * low ? low : 0;
            darkest[y + l] = along[(STRIPS - STRIPS / 4) * TOGETHER + l];
        }
    }
}

// How dark the ruled line on each row is, in place of the lower quartiles of the rows' darkness; 0 if there is none. An
// upper quartile of more than twice the lower one is ink on the line. Returns how many lines there are; `thickest` is
// that of the thickest one.
static int keep_lines(double *faintest, const double *darkest, int height, int *thickest, Room *room) {
    const size_t before = room->used;
    double *level = TAKE(room, double, height);
    Level *sizes = TAKE(room, Level, height);
    for (int y = 0; y < height; y++) sizes[y] = (Level)faintest[y];
    const double middle = take_median(sizes, height);
    for (int y = 0; y < height; y++) faintest[y] -= middle, sizes[y] = (Level)__builtin_fabs(faintest[y]);
    const double grain = 4 * (1.4826 * take_median(sizes, height)), least = grain > 0.04 ? grain : 0.04;
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

// How dark the ruled line on each row of a slope is, of lines that come `brief` strips near to the edges; 0 if there is none.
// Returns how many there are. `line` has room for 7 more.
static int find_lines(const Strips *strips, double slope, int brief, double *line, int *thickest, Room *room) {
    const size_t before = room->used;
    double *darkest = TAKE(room, double, strips->height + TOGETHER);
    find_quartiles(strips, slope, brief, line, darkest);
    const int lines = keep_lines(line, darkest, strips->height, thickest, room);
    room->used = before;
    return lines;
}

// How dark the line at a place is; 0 where there is none.
static double find_line_at(const double *line, double slope, int y, int x, int height, int width) {
    const int row = (int)round_even(y - slope * (x - width / 2.0));
    return line[row < 0 ? 0 : row < height ? row : height - 1];
}

// Darkness without such lines, in place; `turned`: lines go down, the picture is read as if it were turned at its diagonal.
static void erase_lines(Plane *darkness, int turned, double slope, const double *line, int thickest, Room *room) {
    const size_t before = room->used;
    const int rows = darkness->height, columns = darkness->width, size = rows * columns;
    const int height = turned ? columns : rows, width = turned ? rows : columns;
    const ptrdiff_t down = turned ? 1 : columns;  // to the next place across a line
    const Plane kept = take_plane(room, rows, columns);
    for (int i = 0; i < size; i++) kept.at[i] = (Level)__builtin_fabs(darkness->at[i]);
    const double grain = 1.4826 * take_median(kept.at, size);
    for (int v = 0; v < rows; v++)
        for (int u = 0; u < columns; u++) {
            const size_t i = (size_t)v * columns + u;
            const double here = find_line_at(line, slope, turned ? u : v, turned ? v : u, height, width);
            kept.at[i] = here > 0 && darkness->at[i] < 1.4 * here + 2 * grain ? 0 : darkness->at[i];
        }
    __builtin_memcpy(darkness->at, kept.at, (size_t)size * sizeof(Level));
    for (int v = 0; v < rows; v++)
        for (int u = 0; u < columns; u++) {
            const int y = turned ? u : v, x = turned ? v : u;
            const Level *at = kept.at + (size_t)v * columns + u;
            if (!(find_line_at(line, slope, y, x, height, width) > 0)) continue;
            // strokes go on across the gap; beyond the edge is paper
            double above = y < thickest ? 0 : at[-down], below = y + thickest >= height ? 0 : at[down];
            for (int k = 1; k <= thickest; k++) {
                if (y - k >= 0 && at[-k * down] > above) above = at[-k * down];
                if (y + k < height && at[k * down] > below) below = at[k * down];
            }
            const double bridge = above < below ? above : below;
            Level *to = darkness->at + (size_t)v * columns + u;
            if (bridge > *to) *to = (Level)bridge;
        }
    room->used = before;
}

// The strips of a picture and of the turned one, with a slope for each kind of lines.
typedef struct {
    Strips level, upright;
    double slopes[KINDS], upright_slopes[KINDS];
} Ruling;

static Ruling find_ruling(const Plane *darkness, Room *room) {
    Ruling ruling;
    ruling.level = cut_strips(darkness, room), ruling.upright = cut_turned_strips(darkness, room);
    find_slopes(&ruling.level, ruling.slopes), find_slopes(&ruling.upright, ruling.upright_slopes);
    return ruling;
}

// Remove the level and then the upright lines of a kind; counts[0] and [1]: the number of each. Without any of them nothing
// is changed.
static void remove_both(Plane *darkness, const Ruling *ruling, int kind, int *counts, Room *room) {
    const size_t before = room->used;
    const int brief = BRIEFS[kind];
    double *line = TAKE(room, double, most_of(darkness->height, darkness->width) + TOGETHER), slopes[KINDS];
    Strips upright = ruling->upright;
    int thickest;
    __builtin_memcpy(slopes, ruling->upright_slopes, sizeof slopes);
    counts[0] = find_lines(&ruling->level, ruling->slopes[kind], brief, line, &thickest, room);
    if (counts[0]) {
        erase_lines(darkness, 0, ruling->slopes[kind], line, thickest, room);
        upright = cut_turned_strips(darkness, room), find_slopes(&upright, slopes);
    }
    counts[1] = find_lines(&upright, slopes[kind], brief, line, &thickest, room);
    if (counts[1]) erase_lines(darkness, 1, slopes[kind], line, thickest, room);
    room->used = before;
}

// Remove ruled lines, level or upright: thin, straight, from one side of the picture to the other; from `darkness`, which is
// the picture's with its light taken off: that is done once more where lines turn out to be none, for a second plane would be
// a third of all memory. Lines of a table stop a little short of the edges; they are lines where they cross others. The bar
// of a tightly cut 7 runs from edge to edge like a line; it is a stroke where the rest of the digit reaches the edge beside
// it, too, or where nothing is left without it.
static void remove_rules(const Lit *lit, int radius, Plane *darkness, Room *room) {
    const size_t before = room->used;
    int counts[2] = {0, 0}, undo = 0;
    if (least_of(darkness->height, darkness->width) < LEAST_RULED_SIDE) return;
    Ruling ruling = find_ruling(darkness, room);
    remove_both(darkness, &ruling, 0, counts, room);
    if (!(counts[0] >= LEAST_GRID || counts[1] >= LEAST_GRID || (counts[0] && counts[1] && counts[0] + counts[1] >= LEAST_GRID))) {
        if (counts[0] || counts[1]) {
            room->used = before;
            flatten_light(lit, radius, darkness, room);
            ruling.level = cut_strips(darkness, room), ruling.upright = cut_turned_strips(darkness, room);
        }
        remove_both(darkness, &ruling, 1, counts, room);
        room->used = before;
        const int lines = counts[0] + counts[1];
        if (lines && lines < LEAST_GRID) {
            const Marks marks = find_marks(darkness, room);
            undo = lines == 1;
            if (marks.count) {
                uint8_t *chosen = TAKE(room, uint8_t, marks.count);
                choose_marks(&marks, NULL, chosen, room);
                const Mark digit = join_chosen(&marks, chosen);
                const int ends = digit.top == 0 || digit.bottom == darkness->height, sides = digit.left == 0 || digit.right == darkness->width;
                undo = (counts[0] && ends) || (counts[1] && sides);
            }
        }
    }
    room->used = before;
    if (undo) flatten_light(lit, radius, darkness, room);
}
