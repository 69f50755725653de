// Pillow's resize of pictures of floats. Source: Pillow, src/libImaging/Resample.c.

typedef enum { BOX_FILTER, BILINEAR, BICUBIC } Filter;

static double weigh_at(Filter filter, double x) {
    const double a = -0.5;
    if (filter == BOX_FILTER) return x > -0.5 && x <= 0.5;
    if (x < 0) x = -x;
    if (filter == BILINEAR) return x < 1 ? 1 - x : 0;
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

static double find_support(Filter filter, int in, int out) {
    const double scale = (double)in / out;
    return (filter == BICUBIC ? 2 : filter == BILINEAR ? 1 : 0.5) * (scale < 1 ? 1 : scale);
}

// The weights of the numbers from `first` on, of `in`, for the i-th of `out`; returns how many there are.
static int weigh_all(Filter filter, int in, int out, int i, int *first, double *weights) {
    const double scale = (double)in / out, sharp = 1 / (scale < 1 ? 1 : scale), center = (i + 0.5) * scale;
    const double support = find_support(filter, in, out);
    const int begin = most_of((int)(center - support + 0.5), 0), end = least_of((int)(center + support + 0.5), in);
    double total = 0;
    for (int k = begin; k < end; k++) total += weights[k - begin] = weigh_at(filter, (k - center + 0.5) * sharp);
    for (int k = begin; k < end; k++) if (total != 0) weights[k - begin] /= total;
    *first = begin;
    return end - begin;
}

static double *take_weights(Filter filter, int in, int out, Room *room) {
    return TAKE(room, double, ceil_to(find_support(filter, in, out)) * 2 + 1);
}

static Picture resize_across(const Picture *p, int width, Filter filter, Room *room) {
    const Picture resized = take_picture(room, p->height, width);
    const size_t before = room->used;
    double *weights = take_weights(filter, p->width, width, room);
    for (int i = 0; i < width; i++) {
        int first;
        const int count = weigh_all(filter, p->width, width, i, &first, weights);
        for (int y = 0; y < p->height; y++) {
            const float *from = p->at + (size_t)y * p->width + first;
            double sum = 0;
            for (int k = 0; k < count; k++) sum += from[k] * weights[k];
            resized.at[(size_t)y * width + i] = (float)sum;
        }
    }
    room->used = before;
    return resized;
}

static Picture resize_down(const Picture *p, int height, Filter filter, Room *room) {
    const Picture resized = take_picture(room, height, p->width);
    const size_t before = room->used;
    double *weights = take_weights(filter, p->height, height, room), *sums = TAKE(room, double, p->width);
    for (int i = 0; i < height; i++) {
        int first;
        const int count = weigh_all(filter, p->height, height, i, &first, weights);
        for (int x = 0; x < p->width; x++) sums[x] = 0;
        for (int k = 0; k < count; k++) {
            const float *from = p->at + (size_t)(first + k) * p->width;
            for (int x = 0; x < p->width; x++) sums[x] += from[x] * weights[k];
        }
        for (int x = 0; x < p->width; x++) resized.at[(size_t)i * p->width + x] = (float)sums[x];
    }
    room->used = before;
    return resized;
}

// Scale a picture so that its longer side is `longest`, the aspect kept.
static Picture scale_to(const Picture *p, int longest, Filter filter, Room *room) {
    const double scale = (double)longest / most_of(p->height, p->width);
    const int height = most_of(1, (int)round_even(p->height * scale)), width = most_of(1, (int)round_even(p->width * scale));
    const Picture across = width == p->width ? *p : resize_across(p, width, filter, room);
    return height == p->height ? across : resize_down(&across, height, filter, room);
}
