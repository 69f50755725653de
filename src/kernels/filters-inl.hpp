// The filters that the clean-up needs: medians, extremes, distances; images/filters.py. Every sum is taken in one
// order, that of NumPy where it matters, so that all variants give the same bytes.

// --- the k-th smallest of many numbers

// Move the numbers below a limit, or up to it with `equal`, to the front of values[from] to values[to]; returns where the
// others begin. Each is moved, so that there is no branch to be guessed.
static int part_numbers(Level *values, int from, int to, double limit, int equal) {
    int end = from;
    for (int i = from; i <= to; i++) {
        const Level v = values[i];
        values[i] = values[end];
        values[end] = v;
        end += equal ? v <= limit : v < limit;
    }
    return end;
}

// Among values[low] to values[high]: afterwards values[k] has its place in their order, and no larger one is before it.
static void select_slowly(Level *values, int low, int high, int k) {
    while (low < high) {
        const double a = values[low], b = values[low + (high - low) / 2], c = values[high];
        const double pivot = a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
        const int end = part_numbers(values, low, high, pivot, 0);
        if (k < end) {
            high = end - 1;
            continue;
        }
        low = part_numbers(values, end, high, pivot, 1);
        if (k < low) return;  // it is equal to the pivot
    }
}

enum { SAMPLED = 512, TRIED = 5 };  // numbers, to guess between which two the k-th one is

// The numbers from `low` to less than `high`, side by side; returns how many there are. `from` may be `to`.
static int keep_between(const Level *from, int count, double low, double high, Level *to) {
    enum { BLOCK = 32 };
    int kept = 0, i = 0;
    for (; i + BLOCK <= count; i += BLOCK) {
        int64_t any = 0;
        for (int k = 0; k < BLOCK; k++) any += (from[i + k] >= low) & (from[i + k] < high);
        if (!any) continue;
        for (int k = 0; k < BLOCK; k++) {
            const Level v = from[i + k];
            to[kept] = v;
            kept += (v >= low) & (v < high);
        }
    }
    for (; i < count; i++) {
        const Level v = from[i];
        to[kept] = v;
        kept += (v >= low) & (v < high);
    }
    return kept;
}

// The k-th and the next of `count` numbers (the k-th twice if it is the last). `spare` has room for as many; it may be
// `values`, which then lose their places and some of them.
static void select_two(const Level *values, int count, int k, Level *spare, double *found) {
    static const int AROUND_K[TRIED] = {-42, -10, 0, 10, 42}, ORDER[TRIED] = {2, 1, 0, 3, 4};  // places in the sample
    Level sample[SAMPLED], tried[TRIED];
    const Level *from = values;
    int left = count, at = k;
    while (left > 4 * SAMPLED) {
        const int step = left / SAMPLED, middle = (int)((int64_t)at * SAMPLED / left);
        for (int i = 0; i < SAMPLED; i++) sample[i] = from[(size_t)i * step];
        int64_t below[TRIED] = {0}, equal = 0;
        for (int i = 0; i < TRIED; i++) {  // each among those that the one before has left on its side
            const int t = ORDER[i], place = least_of(most_of(middle + AROUND_K[t], 0), SAMPLED - 1);
            const int low = t > 2 ? least_of(most_of(middle + AROUND_K[t - 1], 0), SAMPLED - 1) : 0;
            const int high = t < 2 ? least_of(most_of(middle + AROUND_K[t + 1], 0), SAMPLED - 1) : SAMPLED - 1;
            select_slowly(sample, low, high, place);
            tried[t] = sample[place];
        }
        for (int i = 0; i < left; i++) {
            const double v = from[i];
            below[0] += v < tried[0], below[1] += v < tried[1], below[2] += v < tried[2], below[3] += v < tried[3], below[4] += v < tried[4];
            equal += v <= tried[2];
        }
        if (below[2] <= at && at + 1 < equal) {
            found[0] = found[1] = tried[2];
            return;
        }
        int low = -1, high = TRIED;
        for (int t = 0; t < TRIED; t++) if (below[t] <= at) low = t;
        for (int t = TRIED - 1; t > low; t--) if (at + 1 < below[t]) high = t;
        if (low < 0 || high == TRIED) break;  // the guess was wrong
        const int kept = keep_between(from, left, tried[low], tried[high], spare);
        const int few = kept < left / 2;
        from = spare, left = kept, at -= (int)below[low];
        if (!few) break;  // most of them are equal
    }
    if (from == values && spare != values) __builtin_memcpy(spare, values, (size_t)left * sizeof(Level));
    select_slowly(spare, 0, left - 1, at);
    found[0] = found[1] = spare[at];
    if (at + 1 < left) {
        found[1] = spare[at + 1];
        for (int i = at + 2; i < left; i++) if (spare[i] < found[1]) found[1] = spare[i];
    }
}

// Both spoil the numbers: a copy would be half of all memory.
static double take_median(Level *values, int count) {
    double two[2];
    select_two(values, count, (count - 1) / 2, values, two);
    return count % 2 ? two[0] : (two[0] + two[1]) / 2;
}

static double take_upper_quartile(Level *values, int count) {
    const double at = 0.75 * (count - 1);
    double two[2];
    select_two(values, count, (int)at, values, two);
    return two[0] + (two[1] - two[0]) * (float)(at - (int)at);
}

// --- smaller

static int find_factor(int height, int width, int longest) { return (most_of(height, width) + longest - 1) / longest; }

// Reduce a picture by the smallest whole factor that brings its longer side to `longest` or less.
// The sums are in NumPy's order up to a factor of 7.
static Picture shrink(const Picture *picture, int longest, int *factor, Room *room) {
    *factor = find_factor(picture->height, picture->width, longest);
    if (*factor == 1) return *picture;
    const int down = least_of(*factor, picture->height), across = least_of(*factor, picture->width);
    const Picture small = take_picture(room, picture->height / down, picture->width / across);
    const size_t before = room->used;
    float *sums = TAKE(room, float, picture->width);
    for (int y = 0; y < small.height; y++) {
        const float *row = picture->at + (size_t)y * down * picture->width;
        __builtin_memcpy(sums, row, (size_t)picture->width * sizeof(float));
        for (int k = 1; k < down; k++)
            for (int x = 0; x < picture->width; x++) sums[x] += row[(size_t)k * picture->width + x];
        for (int x = 0; x < small.width; x++) {
            float total = sums[x * across];
            for (int k = 1; k < across; k++) total += sums[x * across + k];
            small.at[(size_t)y * small.width + x] = total / (float)(down * across);
        }
    }
    room->used = before;
    return small;
}

#define TOGETHER 8  // rows, or columns, that go through a filter side by side

// --- extremes

// The largest of 2 radius + 1 numbers around each, in 8 sequences side by side, cut at the ends; the smallest if `least`.
// `ends` has room for as many numbers as a window has.
// Source: van Herk 1992; Gil and Werman 1993. The window's part in one block, and that in the next.
static void slide_extreme(const double *__restrict from, int count, int radius, int least, double *__restrict ends, double *__restrict to) {
    const int window = 2 * radius + 1;
    for (int start = 0; start < count; start += window) {
        // the block of places start - radius to start + radius; ends[i]: the extreme from its i-th place to its last
        double extreme[TOGETHER];
        const double *edge = from + (size_t)least_of(start + radius, count - 1) * TOGETHER;
        for (int l = 0; l < TOGETHER; l++) extreme[l] = edge[l];
        for (int i = window - 1; i >= 0; i--) {
            const int place = start - radius + i;
            if (place >= 0 && place < count) {
                const double *v = from + (size_t)place * TOGETHER;
                if (least) for (int l = 0; l < TOGETHER; l++) extreme[l] = v[l] < extreme[l] ? v[l] : extreme[l];
                else for (int l = 0; l < TOGETHER; l++) extreme[l] = v[l] > extreme[l] ? v[l] : extreme[l];
            }
            for (int l = 0; l < TOGETHER; l++) ends[(size_t)i * TOGETHER + l] = extreme[l];
        }
        for (int i = 0; i < window && start + i < count; i++) {
            const int place = start + i + radius;  // the window's last
            const double *e = ends + (size_t)i * TOGETHER;
            double *out = to + (size_t)(start + i) * TOGETHER;
            if (i && place < count) {
                const double *v = from + (size_t)place * TOGETHER;
                if (i == 1) for (int l = 0; l < TOGETHER; l++) extreme[l] = v[l];
                else if (least) for (int l = 0; l < TOGETHER; l++) extreme[l] = v[l] < extreme[l] ? v[l] : extreme[l];
                else for (int l = 0; l < TOGETHER; l++) extreme[l] = v[l] > extreme[l] ? v[l] : extreme[l];
            }
            // where the window ends within its own block, `extreme` is of that block or of numbers in the window
            if (i == 0 || start + radius + 1 >= count) for (int l = 0; l < TOGETHER; l++) out[l] = e[l];
            else if (least) for (int l = 0; l < TOGETHER; l++) out[l] = e[l] < extreme[l] ? e[l] : extreme[l];
            else for (int l = 0; l < TOGETHER; l++) out[l] = e[l] > extreme[l] ? e[l] : extreme[l];
        }
    }
}

// Slide along the rows: the largest if `most`, then the smallest if `least`.
static void slide_along_rows(Plane *p, int radius, int most, int least, Room *room) {
    const size_t before = room->used;
    const int width = p->width;
    double *ends = TAKE(room, double, (size_t)(2 * radius + 1) * TOGETHER);
    double *one = TAKE(room, double, (size_t)width * TOGETHER), *other = TAKE(room, double, (size_t)width * TOGETHER);
    __builtin_memset(one, 0, (size_t)width * TOGETHER * sizeof(double));
    for (int top = 0; top < p->height; top += TOGETHER) {
        const int here = least_of(TOGETHER, p->height - top);
        Level *row = p->at + (size_t)top * width;
        const double *last = one;
        for (int l = 0; l < here; l++)
            for (int x = 0; x < width; x++) one[x * TOGETHER + l] = row[(size_t)l * width + x];
        if (most) slide_extreme(one, width, radius, 0, ends, other), last = other;
        if (least) slide_extreme(last, width, radius, 1, ends, last == one ? other : one), last = last == one ? other : one;
        for (int l = 0; l < here; l++)
            for (int x = 0; x < width; x++) row[(size_t)l * width + x] = (Level)last[x * TOGETHER + l];
    }
    room->used = before;
}

static void slide_along_columns(Plane *p, int radius, int least, Room *room) {
    const size_t before = room->used;
    const int height = p->height;
    double *ends = TAKE(room, double, (size_t)(2 * radius + 1) * TOGETHER);
    double *one = TAKE(room, double, (size_t)height * TOGETHER), *other = TAKE(room, double, (size_t)height * TOGETHER);
    __builtin_memset(one, 0, (size_t)height * TOGETHER * sizeof(double));
    for (int left = 0; left < p->width; left += TOGETHER) {
        const int here = least_of(TOGETHER, p->width - left);
        Level *column = p->at + left;
        for (int y = 0; y < height; y++)
            for (int l = 0; l < here; l++) one[y * TOGETHER + l] = column[(size_t)y * p->width + l];
        slide_extreme(one, height, radius, least, ends, other);
        for (int y = 0; y < height; y++)
            for (int l = 0; l < here; l++) column[(size_t)y * p->width + l] = (Level)other[y * TOGETHER + l];
    }
    room->used = before;
}

// Grey closing, in place: fill everything dark that is narrower than 2 radius + 1 pixels.
static void close_gaps(Plane *p, int radius, Room *room) {
    slide_along_columns(p, radius, 0, room);
    slide_along_rows(p, radius, 1, 1, room);
    slide_along_columns(p, radius, 1, room);
}

// Grow a mask of zeros and ones, in place, by `radius` pixels to all sides.
static void dilate_mask(Bytes *mask, int radius, Room *room) {
    const size_t before = room->used;
    const int height = mask->height, width = mask->width;
    uint8_t *grown = TAKE(room, uint8_t, (size_t)height * width);
    for (int y = 0; y < height; y++) {
        uint8_t *row = mask->at + (size_t)y * width, *to = grown + (size_t)y * width;
        int until = -1;  // the last pixel that what was seen so far reaches
        __builtin_memset(to, 0, (size_t)width);
        for (int x = 0; x < width; x++) if (row[x]) {
            const int last = least_of(x + radius, width - 1);
            for (int u = most_of(until + 1, x - radius); u <= last; u++) to[u] = 1;
            until = last;
        }
    }
    __builtin_memset(mask->at, 0, (size_t)height * width);
    for (int y = 0; y < height; y++)
        for (int v = most_of(y - radius, 0); v <= y + radius && v < height; v++) {
            const uint8_t *__restrict from = grown + (size_t)v * width;
            uint8_t *__restrict to = mask->at + (size_t)y * width;
            for (int x = 0; x < width; x++) to[x] |= from[x];
        }
    room->used = before;
}

// --- distances

// The distance of every pixel to the nearest one outside of a mask, as everything beyond the edge is; 0 outside.
static Picture measure_distance(const Bytes *mask, Room *room) {
    const int height = mask->height, width = mask->width;
    const Picture distance = take_picture(room, height, width);
    const size_t before = room->used;
    float *squares = TAKE(room, float, width), *nearest = TAKE(room, float, width);
    int *run = TAKE(room, int, width);
    for (int x = 0; x < width; x++) run[x] = 0;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            run[x] = mask->at[(size_t)y * width + x] ? run[x] + 1 : 0;
            distance.at[(size_t)y * width + x] = (float)run[x];
        }
    for (int x = 0; x < width; x++) run[x] = 0;
    for (int y = height - 1; y >= 0; y--) {
        float *row = distance.at + (size_t)y * width, most = 0;
        for (int x = 0; x < width; x++) {
            run[x] = mask->at[(size_t)y * width + x] ? run[x] + 1 : 0;
            const float down = (float)run[x] < row[x] ? (float)run[x] : row[x];
            const float edge = (float)(x + 1 < width - x ? x + 1 : width - x);
            squares[x] = down * down;
            nearest[x] = edge < down ? edge * edge : squares[x];
            if (nearest[x] > most) most = nearest[x];
        }
        // the nearest pixel is no more columns away than the largest distance that is known so far
        for (int step = 1; step < width && (float)step * (float)step < most; step++) {
            const float square = (float)(step * step);
            most = 0;
            for (int x = 0; x < width; x++) {
                float least = nearest[x];
                if (x >= step && squares[x - step] + square < least) least = squares[x - step] + square;
                if (x + step < width && squares[x + step] + square < least) least = squares[x + step] + square;
                nearest[x] = least;
                if (least > most) most = least;
            }
        }
        for (int x = 0; x < width; x++) row[x] = __builtin_sqrtf(nearest[x]);
    }
    room->used = before;
    return distance;
}
