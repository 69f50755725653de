// One digit anywhere in a picture, brought into MNIST's form; images/normalize.py.

enum { OVERVIEW = 320, CLOSEUP = 200 };  // pixels, the longer side of what the digit is looked for in, and read from
static const double CLEAR = 2.0;         // of measure_polarity: below, what the outermost pixels show decides
static const double MIXED = 0.25;        // of the outermost pixels: fewer of the other kind tell which is paper
static const double KEPT = 0.8;          // of a mark's ink: as much is still there in a closer look if it is no shadow
static const double MARGIN = 0.4;        // of the digit's longer side: paper around it in the close-up

static size_t measure_room(int height, int width) { return LENET_ROOM_BYTES(height, width); }

// --- what the steps look like

// The pictures between the one that is given and the digit: dark ink on light paper up to RULES, then light ink on black.
typedef enum { POLARITY, CLOSE, LIGHT, RULES, INK, WIDTH, STEPS } Step;
typedef struct {
    Room room;
    Bytes at[STEPS];  // its own `at` is null for a step that was not reached
} Looks;

static uint8_t show_level(double v) { return (uint8_t)round_even(v < 0 ? 0 : v > 1 ? 255 : v * 255); }

static void look_at_page(Looks *looks, const Page *page) {
    if (!looks) return;
    const Bytes look = looks->at[POLARITY] = take_bytes(&looks->room, page->height, page->width);
    for (int y = 0; y < page->height; y++) {
        uint8_t *line = look.at + (size_t)y * page->width;
        const uint8_t *row = read_row(page, y, 0, page->width, line);
        for (int x = 0; x < page->width; x++) line[x] = page->inverted ? (uint8_t)~row[x] : row[x];
    }
}

// Numbers from 0 to `full`.
static void look_at_picture(Looks *looks, Step step, const Picture *picture, float full) {
    if (!looks) return;
    const Bytes look = looks->at[step] = take_bytes(&looks->room, picture->height, picture->width);
    for (int i = 0; i < picture->height * picture->width; i++) {
        const float v = picture->at[i] / full, level = (v < 0 ? 0 : v > 1 ? 1 : v) * 255;
        look.at[i] = (uint8_t)round_even(level);
    }
}

static void look_at_darkness(Looks *looks, Step step, const Plane *darkness) {
    if (!looks) return;
    const Bytes look = looks->at[step] = take_bytes(&looks->room, darkness->height, darkness->width);
    for (int i = 0; i < darkness->height * darkness->width; i++) look.at[i] = show_level(1 - darkness->at[i]);
}

// --- where the digit is

static int reach_far(const Picture *picture) { return most_of(3, most_of(picture->height, picture->width) / 4); }

// What a picture may show, the likeliest first: dark ink on light paper, light on dark, or a sheet of paper on a dark
// table. Where a digit fills its picture, there is as much ink as paper, but the outermost pixels are paper; or they are a
// table. What the pages need is left in the room.
static int list_pages(const uint8_t *picture, int height, int width, Page *pages, Room *room) {
    Page page = take_page(picture, height, width, is_dithered(picture, height, width));
    const double polarity = measure_polarity(&page, room);
    const int clear = __builtin_fabs(polarity) >= CLEAR;
    const double frame = clear ? 0 : measure_frame(&page, room);
    page.inverted = !(polarity < 0);
    pages[0] = page;
    if (clear || (MIXED < frame && frame < 1 - MIXED)) return 1;
    // a digit that fills its picture to the edges: what runs from edge to edge is rather a stroke of it
    pages[0].inverted = !(frame > 0.5), pages[0].ruled = 0;
    pages[1] = take_page(picture, height, width, page.dithered);
    return frame < 0.5 && cut_sheet(pages + 1, room) ? 2 : 1;
}

// Darkness without ruled lines, if there may be any. `looks` may be null.
static Plane find_darkness(const Lit *lit, int radius, int ruled, Looks *looks, Room *room) {
    Plane darkness = take_plane(room, lit->picture.height, lit->picture.width);
    flatten_light(lit, radius, &darkness, room);
    look_at_darkness(looks, LIGHT, &darkness);
    if (ruled) remove_rules(lit, radius, &darkness, room);
    return darkness;
}

// Find the box of the digit on a page, and how many other marks could have been read as well; 0 where nothing stands out.
// What reaches the page's edge is rather a shadow or the table: then a closer look, at narrower things only, may find a
// digit that does not. Where the closer look still sees what reaches the edge, it is a stroke.
static int locate_digit(const Picture *overview, int ruled, Mark *box, int *others, Room *room) {
    static const int PARTS[] = {1, 3, 8};
    const int height = overview->height, width = overview->width, size = height * width;
    const size_t start = room->used;
    const Lit lit = find_light(overview, !ruled, room);
    const Labels ink = take_labels(room, height, width);  // of the first look, 65,535 for 1
    const size_t before = room->used;
    int found = 0, done = 0;
    double whole = 0;
    for (int look = 0; look < (ruled ? 3 : 1) && !done; look++, room->used = before) {
        const Plane darkness = find_darkness(&lit, most_of(3, reach_far(overview) / PARTS[look]), ruled, NULL, room);
        const Marks marks = find_marks(&darkness, room);
        if (!marks.count) continue;
        if (found) {
            double still = 0;
            for (int i = 0; i < size; i++) if (marks.labels.at[i]) still += ink.at[i];
            if (still > KEPT * whole) break;
        }
        uint8_t *chosen = TAKE(room, uint8_t, marks.count);
        choose_marks(&marks, NULL, chosen, room);
        const Mark mark = join_chosen(&marks, chosen);
        done = !touches_edge(&mark, height, width);
        if (!done && found) continue;
        *box = mark, *others = count_others(&marks, chosen), found = 1;
        for (int i = 0; i < size; i++) {
            const int k = marks.labels.at[i];
            ink.at[i] = k && chosen[k - 1] ? (uint16_t)(65535 * darkness.at[i]) : 0;
            whole += ink.at[i];
        }
    }
    room->used = start;
    return found;
}

// Find the digit on a page and cut it out with some paper around it; 0 where there is none. `box`: the digit in it.
static int cut_closeup(const Page *page, Picture *closeup, Mark *box, int *others, Room *room) {
    int factor, finer;
    Mark mark;
    const size_t before = room->used;
    const Picture small = shrink_whole(page, OVERVIEW, &factor, room);
    const int found = locate_digit(&small, page->ruled, &mark, others, room);
    room->used = before;
    if (!found) return 0;
    const int margin = (int)round_even(MARGIN * side_of(&mark)) + 2;
    const int top = most_of(0, mark.top - margin) * factor, left = most_of(0, mark.left - margin) * factor;
    const int bottom = (int)((int64_t)(mark.bottom + margin) * factor < page->height ? (mark.bottom + margin) * factor : page->height);
    const int right = (int)((int64_t)(mark.right + margin) * factor < page->width ? (mark.right + margin) * factor : page->width);
    *closeup = shrink_page(page, top, left, bottom, right, CLOSEUP, &finer, room);
    *box = mark;
    box->top = (uint16_t)((mark.top * factor - top) / finer), box->left = (uint16_t)((mark.left * factor - left) / finer);
    box->bottom = (uint16_t)((mark.bottom * factor - top) / finer), box->right = (uint16_t)((mark.right * factor - left) / finer);
    return 1;
}

// A close-up's darkness, half as large.
static void shrink_darkness(Plane *darkness, Room *room) {
    const size_t before = room->used;
    const Picture fine = take_picture(room, darkness->height, darkness->width);
    int factor;
    for (int i = 0; i < fine.height * fine.width; i++) fine.at[i] = (float)darkness->at[i];
    const Picture small = shrink(&fine, CLOSEUP / 2, &factor, room);
    darkness->height = small.height, darkness->width = small.width;
    for (int i = 0; i < small.height * small.width; i++) darkness->at[i] = (Level)small.at[i];
    room->used = before;
}

// How far a stroke reaches in a close-up, in pixels, about the width of the widest one: what is wider by far is shadow.
static int find_reach(const Lit *lit, const Mark *box, Room *room) {
    const size_t before = room->used;
    const int height = lit->picture.height, width = lit->picture.width, far = reach_far(&lit->picture);
    const int factor = find_factor(height, width, CLOSEUP / 2);
    Plane darkness = take_plane(room, height, width);
    int reach = far;
    flatten_light(lit, far, &darkness, room);
    if (factor == 1) for (int i = 0; i < height * width; i++) darkness.at[i] = (float)darkness.at[i];
    else shrink_darkness(&darkness, room);
    const Marks marks = find_marks(&darkness, room);
    if (marks.count) {
        Mark smaller = *box;
        smaller.top = (uint16_t)(box->top / factor), smaller.left = (uint16_t)(box->left / factor);
        smaller.bottom = (uint16_t)(box->bottom / factor), smaller.right = (uint16_t)(box->right / factor);
        uint8_t *chosen = TAKE(room, uint8_t, marks.count);
        choose_marks(&marks, &smaller, chosen, room);
        Bytes pixels = take_bytes(room, darkness.height, darkness.width);
        mark_pixels(&marks, chosen, &pixels);
        const Picture distance = measure_distance(&pixels, room);
        float depth = 0;
        for (int i = 0; i < darkness.height * darkness.width; i++) if (distance.at[i] > depth) depth = distance.at[i];
        reach = least_of((int)round_even(2 * factor * (double)depth) + 3, far);
    }
    room->used = before;
    return reach;
}

// Keep the ink of the one digit, 0 to 1, and nothing of the paper, in `ink`, as large as the darkness; 0 where nothing stands
// out.
static int isolate_digit(const Plane *darkness, const Mark *box, Picture *ink, Room *room) {
    const int height = darkness->height, width = darkness->width, size = height * width;
    const size_t before = room->used;
    const Marks marks = find_marks(darkness, room);
    int any = 0;
    if (marks.count) {
        uint8_t *chosen = TAKE(room, uint8_t, marks.count);
        Bytes pixels = take_bytes(room, height, width);
        choose_marks(&marks, box, chosen, room);
        mark_pixels(&marks, chosen, &pixels);
        const double full = measure_ink(darkness, pixels.at, room), rough = 3 * marks.grain / full;
        const double least = rough > 0.15 ? rough : 0.15, floor = least < 0.5 ? least : 0.5;
        dilate_mask(&pixels, 1 + most_of(height, width) / 80, room);
        for (int i = 0; i < size; i++) {
            const double cover = (darkness->at[i] / full - floor) / (1 - floor);
            ink->at[i] = !pixels.at[i] || cover < 0 ? 0 : cover > 1 ? 1 : (float)cover;
            any |= ink->at[i] > 0;
        }
    }
    room->used = before;
    return any;
}

// Ink from 0 to 1, which is lost, becomes a digit with strokes as wide as is usual in MNIST; 0 where it is blank.
static int draw_digit(Picture *ink, uint8_t *digit, Looks *looks, Room *room) {
    const size_t before = room->used;
    int drawn = 0;
    const Picture cropped = crop_picture(ink);
    if (cropped.at) {
        Picture usual = set_width(&cropped, room);
        look_at_picture(looks, WIDTH, &usual, 1);
        drawn = place_digit(&usual, digit, room);
    }
    room->used = before;
    return drawn;
}

// Look for the one digit of a page; 0 where there is none. `looks` may be null.
static int find_digit(const Page *page, uint8_t *digit, int *others, Looks *looks, Room *room) {
    const size_t before = room->used;
    Picture closeup;
    Mark box;
    int found = 0;
    look_at_page(looks, page);
    if (cut_closeup(page, &closeup, &box, others, room)) {
        look_at_picture(looks, CLOSE, &closeup, 255);
        const size_t kept = room->used;
        const Lit lit = find_light(&closeup, !page->ruled, room);
        const Plane darkness = find_darkness(&lit, find_reach(&lit, &box, room), page->ruled, looks, room);
        look_at_darkness(looks, RULES, &darkness);
        found = isolate_digit(&darkness, &box, &closeup, room);  // where the close-up was, which has done its part
        room->used = kept;
        if (found) look_at_picture(looks, INK, &closeup, 1), found = draw_digit(&closeup, digit, looks, room);
    }
    room->used = before;
    return found;
}

// Whether a picture has MNIST's form already, inverted or not: then `digit` is it.
static int copy_normal(const uint8_t *picture, int height, int width, uint8_t *digit) {
    if (height != STORED || width != STORED) return 0;
    for (int inverted = 0; inverted < 2; inverted++) {
        for (int i = 0; i < STORED * STORED; i++) digit[i] = inverted ? (uint8_t)~picture[i] : picture[i];
        if (is_normal(digit)) return 1;
    }
    return 0;
}

// The digit of a picture, (height, width) bytes of luminance, read in every way that is open, the likeliest first: how
// many ways there are, 1 or 2; 0 where there is no picture, or a room smaller than measure_room(). `digits` (2, 28, 28)
// in MNIST's form; on a blank page the one digit is blank. `others` (2,): how many marks could have been read as well.
static int find_digits(const uint8_t *picture, int height, int width, void *memory, size_t size, uint8_t *digits, int *others) {
    Room room = {(unsigned char *)memory, size, 0, 0};
    Page pages[WAYS];
    if (height < 1 || width < 1 || size < measure_room(height, width)) return 0;
    others[0] = 0;
    if (copy_normal(picture, height, width, digits)) return 1;
    const int ways = list_pages(picture, height, width, pages, &room);
    int found = 0;
    for (int way = 0; way < ways; way++)
        found += find_digit(pages + way, digits + found * STORED * STORED, others + found, NULL, &room);
    if (found) return found;
    __builtin_memset(digits, 0, STORED * STORED);
    others[0] = 0;
    return 1;
}
