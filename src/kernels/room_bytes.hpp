// The memory that the clean-up of a picture takes: a macro, so that it can be the size of an array.

#define LENET_LESSER(a, b) ((a) < (b) ? (a) : (b))
#define LENET_OVERVIEW 320  // pixels, the longer side of what is in memory
#define LENET_OVERVIEW_PIXELS(height, width) ((size_t)LENET_LESSER(height, LENET_OVERVIEW) * (size_t)LENET_LESSER(width, LENET_OVERVIEW))
#define LENET_OVERVIEW_SIDES(height, width) ((size_t)LENET_LESSER(height, LENET_OVERVIEW) + (size_t)LENET_LESSER(width, LENET_OVERVIEW))

// Bytes of a room that is enough for every picture of a size. The overview takes most of it, 89 bytes a pixel: it, its
// smooth part, its light, the first look's ink, the darkness with its lines and without them (40), among which the marks are
// found (17), for which the grain is measured (32).
#define LENET_ROOM_BYTES(height, width) \
    (LENET_OVERVIEW_PIXELS(height, width) * 96 + LENET_OVERVIEW_SIDES(height, width) * 1024 + (size_t)(width) * 8 + 192 * 1024)
