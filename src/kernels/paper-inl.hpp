// What is paper and not ink: which of the two is dark, and a sheet on a table; images/paper.py.

static const double LEAST_SHEET = 0.1;   // of the picture: a smaller light region is no sheet of paper
static const double LEAST_BRIGHT = 0.8;  // of a sheet: the rest is ink

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
