// Memory for the clean-up of a picture: a stack in a buffer that the caller gives, and the kinds of planes in it. The
// headers of the clean-up, from this one to normalize-inl.hpp, are C99 as well as C++17, for they become a file in C, too.

typedef struct {
    unsigned char *at;  // at a multiple of 64
    size_t size, used;
    size_t most;        // that was ever used
} Room;

// The darkness of a pixel. As floats they take half the memory, and other pixels may be the darkest by a rounding.
#if defined(LENET_FLOAT_LEVELS)
typedef float Level;
#else
typedef double Level;
#endif

typedef struct { int height, width; Level *at; } Plane;
typedef struct { int height, width; float *at; } Picture;
typedef struct { int height, width; uint8_t *at; } Bytes;
typedef struct { int height, width; uint16_t *at; } Labels;

static size_t round_room(size_t bytes) { return (bytes + 63) / 64 * 64; }

// find_digits() refuses a buffer that is smaller than measure_room(), which is enough: the trap is never reached.
static void *take(Room *room, size_t bytes) {
    unsigned char *at = room->at + room->used;
    if (bytes > room->size || round_room(bytes) > room->size - room->used) __builtin_trap();
    room->used += round_room(bytes);
    if (room->used > room->most) room->most = room->used;
    return at;
}
#define TAKE(room, type, count) ((type *)take(room, (size_t)(count) * sizeof(type)))

static Plane take_plane(Room *room, int height, int width) {
    Plane p = {height, width, TAKE(room, Level, (size_t)height * width)};
    return p;
}
static Picture take_picture(Room *room, int height, int width) {
    Picture p = {height, width, TAKE(room, float, (size_t)height * width)};
    return p;
}
static Bytes take_bytes(Room *room, int height, int width) {
    Bytes b = {height, width, TAKE(room, uint8_t, (size_t)height * width)};
    return b;
}
static Labels take_labels(Room *room, int height, int width) {
    Labels l = {height, width, TAKE(room, uint16_t, (size_t)height * width)};
    return l;
}

static int least_of(int a, int b) { return a < b ? a : b; }
static int most_of(int a, int b) { return a > b ? a : b; }

// To the nearest whole number, a half to the even one; |x| below 2^51.
static double round_even(double x) {
    const double shift = 6755399441055744.0;  // 1.5 x 2^52: a sum with it has no fraction
    return (x + shift) - shift;
}
static int floor_to(double x) {
    const int whole = (int)x;
    return whole > x ? whole - 1 : whole;
}
static int ceil_to(double x) { return -floor_to(-x); }
