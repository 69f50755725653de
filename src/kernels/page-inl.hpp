// A picture as a page of paper: a part of it, inverted or not, read row by row; images/paper.py.

static const double ALONE = 0.1;  // of the rarer of two levels: as many without a neighbour of their kind are a dither's
enum { TERMS = 6 };               // 1, x, y, xx, xy, yy

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
