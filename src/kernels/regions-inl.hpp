// The connected regions of a mask, corners connecting; images/regions.py.

// So many regions there are at most: the first pixels of two are never neighbours.
static int count_most_regions(int height, int width) { return (int)((size_t)(height + 1) / 2 * ((width + 1) / 2)); }

static int find_root(uint16_t *parents, int region) {
    while (parents[region] != region) region = parents[region] = parents[parents[region]];
    return region;
}

// The first place from `i` on whose label is not 0, or `size`: most of a picture is paper.
static size_t find_marked(const uint16_t *labels, size_t i, size_t size) {
    uint64_t four = 0;
    for (; i + 4 <= size; i += 4) {
        __builtin_memcpy(&four, labels + i, sizeof four);
        if (four) break;
    }
    while (i < size && !labels[i]) i++;
    return i;
}

// The first place from `x` on where a mask is not 0, or `width`.
static int find_one(const uint8_t *row, int x, int width) {
    uint64_t eight = 0;
    for (; x + 8 <= width; x += 8) {
        __builtin_memcpy(&eight, row + x, sizeof eight);
        if (eight) break;
    }
    while (x < width && !row[x]) x++;
    return x;
}

// Number the regions of a mask 1, 2, ... from the top left, 0 outside of them; at most 65,535. Returns how many there are.
static int label_regions(const Bytes *mask, Labels *labels, Room *room) {
    const size_t before = room->used;
    const int height = mask->height, width = mask->width;
    uint16_t *parents = TAKE(room, uint16_t, count_most_regions(height, width) + 1);
    int regions = 0, count = 0;
    parents[0] = 0;
    for (int y = 0; y < height; y++) {
        const uint8_t *row = mask->at + (size_t)y * width;
        uint16_t *to = labels->at + (size_t)y * width;
        const uint16_t *above = y ? to - width : to;
        int left = 0;  // the region of the pixel before
        __builtin_memset(to, 0, (size_t)width * sizeof(uint16_t));
        for (int x = 0; x < width; x++) {
            if (!row[x]) {
                x = find_one(row, x + 1, width), left = 0;
                if (x == width) break;
            }
            // what the pixel above touches was joined with it in the row above; so was the pixel before with what is left above
            const int up = y ? above[x] : 0, right = y && x + 1 < width ? above[x + 1] : 0;
            int region = left;
            if (!region) region = up ? up : y && x ? above[x - 1] : 0;
            if (!up && right) {
                if (region) {
                    const int a = find_root(parents, region), b = find_root(parents, right);
                    parents[most_of(a, b)] = (uint16_t)least_of(a, b);
                } else region = right;
            }
            if (!region) region = ++regions, parents[region] = (uint16_t)region;
            to[x] = (uint16_t)region, left = region;
        }
    }
    for (int k = 1; k <= regions; k++) parents[k] = parents[k] == k ? (uint16_t)++count : parents[parents[k]];
    const size_t size = (size_t)height * width;
    for (size_t i = find_marked(labels->at, 0, size); i < size; i = find_marked(labels->at, i + 1, size)) labels->at[i] = parents[labels->at[i]];
    room->used = before;
    return count;
}
