// Where the ink is: how dark it is against the paper's grain, its connected marks, and the one to read; images/marks.py.

static const double FAINTEST = 0.06;  // darkness of the faintest pencil taken for ink
static const double SPECK = 0.02;     // of the digit's mass: less is dirt
static const double PALE = 0.4;       // of the digit's darkness: a paler mark is a shadow or shines through
static const double NEAR = 0.25;      // of the digit's longer side: a stroke this near belongs to it
static const double SOLID = 0.6;      // of its box: a dot's ink covers at least this much
static const int DOTS = 4;            // or more, in a chain, are a dotted stroke
static const double TALL = 0.55;      // of the digit's height: another mark this tall could be read just as well

// Connected ink: its box in pixels (the last two sides exclusive), its mass and its darkness.
typedef struct {
    uint16_t top, left, bottom, right;
    Level mass, level;
} Mark;

// The marks of a picture, heaviest first; `labels` has 0 for paper and k for the k-th mark.
typedef struct {
    Labels labels;
    int count;
    Mark *at;
    double grain;  // of the picture
} Marks;

static int height_of(const Mark *m) { return m->bottom - m->top; }
static int width_of(const Mark *m) { return m->right - m->left; }
static int side_of(const Mark *m) { return most_of(height_of(m), width_of(m)); }

// Whether it is solid and nowhere near as long as a stroke.
static int is_dot(const Mark *m) {
    const int height = height_of(m), width = width_of(m);
    return side_of(m) <= 3 * least_of(height, width) && m->mass >= SOLID * m->level * (height * width);
}

// Whether it reaches the edge of a picture.
static int touches_edge(const Mark *m, int height, int width) {
    return m->top == 0 || m->left == 0 || m->bottom == height || m->right == width;
}

// The pixels between two boxes, 0 where they overlap.
static int find_gap(const Mark *a, const Mark *b) {
    const int down = most_of(a->top - b->bottom, b->top - a->bottom), across = most_of(a->left - b->right, b->left - a->right);
    return most_of(most_of(down, across), 0);
}

// Whether it lies in a box, or reaches out of it by no more than a sixth of the box's longer side.
static int fits_box(const Mark *m, const Mark *box) {
    const int slack = side_of(box) / 6 + 2;
    return m->top >= box->top - slack && m->left >= box->left - slack && m->bottom <= box->bottom + slack && m->right <= box->right + slack;
}

// Whether two marks stand side by side, sharing no more than a third of the narrower one's width.
static int stand_beside(const Mark *a, const Mark *b) {
    const int shared = least_of(a->right, b->right) - most_of(a->left, b->left);
    return 3 * shared < least_of(width_of(a), width_of(b));
}

// The box around two marks.
static void join_mark(Mark *whole, const Mark *part) {
    whole->top = (uint16_t)least_of(whole->top, part->top), whole->left = (uint16_t)least_of(whole->left, part->left);
    whole->bottom = (uint16_t)most_of(whole->bottom, part->bottom), whole->right = (uint16_t)most_of(whole->right, part->right);
    whole->mass += part->mass;
    if (part->level > whole->level) whole->level = part->level;
}

// The box around those that were chosen, at least one.
static Mark join_chosen(const Marks *marks, const uint8_t *chosen) {
    Mark whole = {0, 0, 0, 0, 0, 0};
    int any = 0;
    for (int k = 0; k < marks->count; k++) {
        if (!chosen[k]) continue;
        if (any) join_mark(&whole, marks->at + k);
        else whole = marks->at[k], any = 1;
    }
    return whole;
}

// The standard deviation of the paper's grain, from neighbours' differences: ink spreads the levels.
static double measure_grain(const Plane *darkness, Room *room) {
    const size_t before = room->used;
    const int height = darkness->height, width = darkness->width;
    const int count = (height - 1) * width + height * (width - 1);
    if (!count) return 0;
    Level *steps = TAKE(room, Level, count), *to = steps;
    for (int y = 0; y < height; y++) {
        const Level *row = darkness->at + (size_t)y * width;
        for (int x = 0; x + 1 < width; x++) to[x] = (Level)__builtin_fabs(row[x + 1] - row[x]);
        to += width - 1;
        if (y + 1 == height) break;
        for (int x = 0; x < width; x++) to[x] = (Level)__builtin_fabs(row[width + x] - row[x]);
        to += width;
    }
    const double grain = 1.4826 / 1.4142135623730951 * take_median(steps, count);
    room->used = before;
    return grain;
}

// How dark the ink of some pixels, at least one, is where it covers the paper: the upper quartile of their darker half.
static double measure_ink(const Plane *darkness, const uint8_t *chosen, Room *room) {
    const size_t before = room->used, size = (size_t)darkness->height * darkness->width;
    double most = 0;
    int count = 0, first = 1;
    for (size_t i = 0; i < size; i++) if (chosen[i] && (first || darkness->at[i] > most)) most = darkness->at[i], first = 0;
    Level *values = TAKE(room, Level, size);
    for (size_t i = 0; i < size; i++) if (chosen[i] && darkness->at[i] >= 0.5 * most) values[count++] = darkness->at[i];
    const double ink = take_upper_quartile(values, count);
    room->used = before;
    return ink;
}

// The mass of each region, and its mean darkness, weighted by itself so that pale edges count little.
static void measure_levels(const Labels *labels, const Plane *darkness, int count, Level *masses, Level *levels) {
    const size_t size = (size_t)labels->height * labels->width;
    for (int k = 0; k <= count; k++) masses[k] = levels[k] = 0;
    for (size_t i = find_marked(labels->at, 0, size); i < size; i = find_marked(labels->at, i + 1, size)) {
        const int k = labels->at[i];
        const double v = darkness->at[i];
        masses[k] = (Level)(masses[k] + v), levels[k] = (Level)(levels[k] + v * v);
    }
    for (int k = 1; k <= count; k++) levels[k] /= masses[k] > 0 ? masses[k] : 1;
}

// Sort numbers of regions by their masses, the heaviest first; equal ones keep their order. `spare` is as long.
static void sort_by_mass(uint16_t *order, uint16_t *spare, int count, const Level *masses) {
    for (int size = 1; size < count; size *= 2) {
        for (int start = 0; start < count; start += 2 * size) {
            const int middle = least_of(start + size, count), end = least_of(start + 2 * size, count);
            int a = start, b = middle;
            for (int i = start; i < end; i++)
                spare[i] = a < middle && (b >= end || masses[order[a]] >= masses[order[b]]) ? order[a++] : order[b++];
        }
        __builtin_memcpy(order, spare, (size_t)count * sizeof(uint16_t));
    }
}

// The darkest that each region is, blurred as the grain is.
static void find_strongest(const Labels *labels, const Plane *darkness, int count, float *strongest, Room *room) {
    const size_t before = room->used, width = (size_t)labels->width;
    const Rows rows = rows_of_plane(darkness);
    float *smooth = TAKE(room, float, width * AT_ONCE);
    const Blur b = begin_blur(&rows, 1, room);
    for (int k = 0; k <= count; k++) strongest[k] = 0;
    for (int top = 0; top < labels->height; top += AT_ONCE) {
        const uint16_t *here = labels->at + (size_t)top * width;
        const size_t size = (size_t)blur_rows(&b, top, smooth) * width;
        for (size_t i = find_marked(here, 0, size); i < size; i = find_marked(here, i + 1, size)) {
            float *s = strongest + here[i];
            if (smooth[i] > *s) *s = smooth[i];
        }
    }
    room->used = before;
}

// The connected marks of a picture's darkness, each cut out at a share of its own.
static Marks find_marks(const Plane *darkness, Room *room) {
    const int height = darkness->height, width = darkness->width, most = count_most_regions(height, width);
    const size_t size = (size_t)height * width;
    const double grain = measure_grain(darkness, room), faintest = 2.5 * grain > FAINTEST ? 2.5 * grain : FAINTEST;
    Marks marks = {take_labels(room, height, width), 0, TAKE(room, Mark, most), grain};
    const size_t before = room->used;
    const size_t floats = (size_t)(most + 1) * sizeof(float);
    const Bytes mask = {height, width, TAKE(room, uint8_t, floats > size ? floats : size)};
    Level *masses = TAKE(room, Level, most + 1), *levels = TAKE(room, Level, most + 1);
    float *strongest = (float *)mask.at;  // in its place, when it has done its part
    uint16_t *order = TAKE(room, uint16_t, most), *spare = TAKE(room, uint16_t, most + 1);
    for (size_t i = 0; i < size; i++) mask.at[i] = darkness->at[i] > faintest;
    int count = label_regions(&mask, &marks.labels, room);
    measure_levels(&marks.labels, darkness, count, masses, levels);
    for (size_t i = find_marked(marks.labels.at, 0, size); i < size; i = find_marked(marks.labels.at, i + 1, size))
        mask.at[i] = darkness->at[i] > 0.45 * levels[marks.labels.at[i]];
    count = label_regions(&mask, &marks.labels, room);
    measure_levels(&marks.labels, darkness, count, masses, levels);
    find_strongest(&marks.labels, darkness, count, strongest, room);
    for (int k = 1; k <= count; k++)
        if (masses[k] > 0 && !(strongest[k] < (float)(3 * grain))) order[marks.count++] = (uint16_t)k;
    sort_by_mass(order, spare, marks.count, masses);
    for (int k = 0; k <= count; k++) spare[k] = 0;
    for (int k = 0; k < marks.count; k++) {
        const Mark m = {(uint16_t)height, (uint16_t)width, 0, 0, masses[order[k]], levels[order[k]]};
        marks.at[k] = m, spare[order[k]] = (uint16_t)(k + 1);
    }
    for (int y = 0; y < height; y++) {
        uint16_t *labels = marks.labels.at + (size_t)y * width;
        for (size_t i = find_marked(labels, 0, width); i < (size_t)width; i = find_marked(labels, i + 1, width)) {
            const int x = (int)i;
            if (!(labels[x] = spare[labels[x]])) continue;
            Mark *m = marks.at + labels[x] - 1;
            if (y < m->top) m->top = (uint16_t)y;
            if (x < m->left) m->left = (uint16_t)x;
            if (x >= m->right) m->right = (uint16_t)(x + 1);
            m->bottom = (uint16_t)(y + 1);
        }
    }
    room->used = before;
    return marks;
}

// The dots of a dotted stroke, each about as large as the next, and no further away than one and a half: those that a
// chain joins to `start` are chosen, if they are enough.
static void chain_dots(const Marks *marks, int start, uint8_t *chosen, Room *room) {
    const size_t before = room->used;
    uint16_t *queue = TAKE(room, uint16_t, marks->count);
    int waiting = 0, chained = 1;
    chosen[start] = 1;
    if (is_dot(marks->at + start)) queue[waiting++] = (uint16_t)start;
    while (waiting) {
        const Mark *dot = marks->at + queue[--waiting];
        const int side = side_of(dot);
        for (int k = 0; k < marks->count; k++) {
            const Mark *m = marks->at + k;
            if (chosen[k] || !is_dot(m)) continue;
            const int other = side_of(m);
            if (!(find_gap(m, dot) < 1.5 * least_of(other, side) && other < 2 * side && 2 * side < 4 * other)) continue;
            chosen[k] = 1, chained++, queue[waiting++] = (uint16_t)k;
        }
    }
    if (chained < DOTS) for (int k = 0; k < marks->count; k++) chosen[k] = k == start;
    room->used = before;
}

// The marks that make up the one digit to read: the tallest dark one, and strokes that belong to it. `chosen` has a place
// for each mark, of which there is at least one. `box`: where the digit is known to be, or null.
static void choose_marks(const Marks *marks, const Mark *box, uint8_t *chosen, Room *room) {
    const size_t before = room->used;
    const int height = marks->labels.height, width = marks->labels.width, count = marks->count;
    uint8_t *near = TAKE(room, uint8_t, count), *joined = TAKE(room, uint8_t, count);
    double heaviest = -1;
    int main = 0;
    for (int k = 0; k < count; k++) {
        const Mark *m = marks->at + k;
        double weight = __builtin_sqrt((double)height_of(m)) * __builtin_sqrt(m->mass) * __builtin_sqrt(m->level);
        if (touches_edge(m, height, width)) weight *= 0.25;
        if (box && !fits_box(m, box)) weight *= 0.05;
        if (weight > heaviest) heaviest = weight, main = k;
        chosen[k] = 0;
    }
    chain_dots(marks, main, chosen, room);
    Mark digit = join_chosen(marks, chosen), all = digit;
    const int edge = touches_edge(&digit, height, width), astray = box && !fits_box(marks->at + main, box);
    for (int k = 0; k < count; k++) {
        const Mark *m = marks->at + k;
        near[k] = m->level > PALE * digit.level && (edge || !touches_edge(m, height, width)) && (!box || astray || fits_box(m, box));
        if (near[k]) join_mark(&all, m);
    }
    const double reach = 0.5 * height_of(&all);
    for (int any = 1; any;) {
        const double twice = 2.0 * side_of(&digit), far = reach < twice ? reach : twice;
        const double nearest = NEAR * (side_of(&digit) > far ? side_of(&digit) : far);
        any = 0;
        for (int k = 0; k < count; k++) {
            const Mark *m = marks->at + k;
            joined[k] = near[k] && !chosen[k] && m->mass > SPECK * digit.mass && find_gap(m, &digit) < nearest &&
                        !(height_of(m) > TALL * height_of(&digit) && stand_beside(m, &digit));
            any |= joined[k];
        }
        for (int k = 0; k < count; k++) chosen[k] |= joined[k];
        digit = join_chosen(marks, chosen);
    }
    room->used = before;
}

// How many of the marks that were not chosen, and are not at the picture's edge, could have been read just as well.
static int count_others(const Marks *marks, const uint8_t *chosen) {
    const Mark digit = join_chosen(marks, chosen);
    int others = 0;
    for (int k = 0; k < marks->count; k++) {
        const Mark *m = marks->at + k;
        others += !chosen[k] && height_of(m) > TALL * height_of(&digit) && m->level > PALE * digit.level &&
                  !touches_edge(m, marks->labels.height, marks->labels.width);
    }
    return others;
}

// The pixels of the marks that were chosen.
static void mark_pixels(const Marks *marks, const uint8_t *chosen, Bytes *pixels) {
    for (size_t i = 0; i < (size_t)pixels->height * pixels->width; i++) {
        const int k = marks->labels.at[i];
        pixels->at[i] = k && chosen[k - 1];
    }
}
