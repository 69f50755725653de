// MNIST's geometry: the digit in a box of 20 pixels, its centre of mass in the middle of 28x28; images/geometry.py.

enum { BOX = 20 };                    // pixels, the longer side of the digit in it
static const double FARTHEST = 0.53;  // pixels from the middle to the centre of mass, the most in MNIST's training set

// A box in a picture, the last two sides exclusive.
typedef struct { int top, left, bottom, right; } Box;

// The smallest box that holds everything above zero, cut out of a picture where it is; its `at` is null where there is nothing.
static Picture crop_picture(Picture *p) {
    Box box = {p->height, p->width, 0, 0};
    for (int y = 0; y < p->height; y++)
        for (int x = 0; x < p->width; x++) {
            if (p->at[(size_t)y * p->width + x] == 0) continue;
            box.top = least_of(box.top, y), box.left = least_of(box.left, x);
            box.bottom = y + 1, box.right = most_of(box.right, x + 1);
        }
    Picture part = {0, 0, NULL};
    if (box.bottom == 0) return part;
    part.height = box.bottom - box.top, part.width = box.right - box.left, part.at = p->at;
    for (int y = 0; y < part.height; y++) {
        const float *from = p->at + (size_t)(box.top + y) * p->width + box.left;  // never before where it goes
        for (int x = 0; x < part.width; x++) part.at[(size_t)y * part.width + x] = from[x];
    }
    return part;
}

// The centre of mass of some ink that is not blank, in pixels from the top left one.
static void find_center(const uint8_t *ink, int height, int width, double *down, double *across) {
    double mass = 0, rows = 0, columns = 0;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const double v = ink[y * width + x];
            mass += v, rows += v * y, columns += v * x;
        }
    *down = rows / mass, *across = columns / mass;
}

static int place_side(double middle, int side) {
    return least_of(most_of(floor_to(STORED / 2.0 - middle + 0.5), 0), STORED - side);
}

// Place a digit, at most 28 x 28 and not blank, so that its centre of mass is at (14, 14), or as near as the edge allows.
static void center_by_mass(const uint8_t *box, int height, int width, uint8_t *digit) {
    double down, across;
    find_center(box, height, width, &down, &across);
    const int top = place_side(down, height), left = place_side(across, width);
    __builtin_memset(digit, 0, STORED * STORED);
    for (int y = 0; y < height; y++) __builtin_memcpy(digit + (top + y) * STORED + left, box + y * width, (size_t)width);
}

// Whether a picture of 28 x 28 already has MNIST's form: ink on zeros, in a box of 20, centred by mass.
static int is_normal(const uint8_t *ink) {
    Box box = {STORED, STORED, 0, 0};
    uint8_t part[STORED * STORED], centered[STORED * STORED];
    double down, across;
    for (int y = 0; y < STORED; y++)
        for (int x = 0; x < STORED; x++) {
            if (!ink[y * STORED + x]) continue;
            box.top = least_of(box.top, y), box.left = least_of(box.left, x);
            box.bottom = y + 1, box.right = most_of(box.right, x + 1);
        }
    const int height = box.bottom - box.top, width = box.right - box.left, longer = most_of(height, width);
    if (box.bottom == 0 || longer < BOX - 2 || longer > BOX) return 0;
    find_center(ink, STORED, STORED, &down, &across);
    if (__builtin_fabs(down - STORED / 2.0) <= FARTHEST && __builtin_fabs(across - STORED / 2.0) <= FARTHEST) return 1;
    for (int y = 0; y < height; y++) __builtin_memcpy(part + y * width, ink + (box.top + y) * STORED + box.left, (size_t)width);
    center_by_mass(part, height, width, centered);
    for (int i = 0; i < STORED * STORED; i++) if (centered[i] != ink[i]) return 0;
    return 1;
}

// Ink from 0 to 1, which is lost, becomes a digit in MNIST's form: cropped, scaled into the box and centred; 0 where it is
// blank.
static int place_digit(Picture *ink, uint8_t *digit, Room *room) {
    const size_t before = room->used;
    uint8_t bytes[BOX * BOX];
    int any = 0;
    const Picture tight = crop_picture(ink);
    if (tight.at) {
        for (int i = 0; i < tight.height * tight.width; i++) tight.at[i] *= 255;
        const Picture box = scale_to(&tight, BOX, 2 * BOX < most_of(tight.height, tight.width) ? BOX_FILTER : BILINEAR, room);
        for (int i = 0; i < box.height * box.width; i++) {
            const float v = box.at[i];
            bytes[i] = (uint8_t)round_even(v < 0 ? 0 : v > 255 ? 255 : v);
            any |= bytes[i];
        }
        if (any) center_by_mass(bytes, box.height, box.width, digit);
    }
    room->used = before;
    return any != 0;
}
