// How much memory the clean-up of a picture takes: a macro, so that it can be the size of an array.

#define LENET_LESSER(a, b) ((a) < (b) ? (a) : (b))
#define LENET_OVERVIEW 320  // pixels, the longer side of what is in memory
#define LENET_PIXELS(height, width) ((size_t)LENET_LESSER(height, LENET_OVERVIEW) * (size_t)LENET_LESSER(width, LENET_OVERVIEW))
#define LENET_SIDES(height, width) ((size_t)LENET_LESSER(height, LENET_OVERVIEW) + (size_t)LENET_LESSER(width, LENET_OVERVIEW))

// Where darkness is a double, most is needed where the grain is measured: the overview (4 bytes a pixel), the first look's ink
// (2), the darkness (8), the differences of neighbours (16). Where it is a float, among the marks: 10 bytes with their regions,
// of which there may be one for 4 pixels.
#if defined(LENET_FLOAT_LEVELS)
#define LENET_LOOK_BYTES 20
#else
#define LENET_LOOK_BYTES 30
#endif
#define LENET_LOOK(height, width) (LENET_PIXELS(height, width) * LENET_LOOK_BYTES + LENET_SIDES(height, width) * 128 + 8 * 1024)

// In a small picture most is needed to redraw strokes: the ink, a step on the way to 80 x 80 (320 a row), and what is 80 x 80 and larger.
#define LENET_REDRAW(height, width) (LENET_PIXELS(height, width) * 4 + (size_t)LENET_LESSER(height, LENET_OVERVIEW) * 320 + 154 * 1024)

// Bytes of a room that is enough for every picture of a size; 8 a column for the rows on their way to the overview.
#define LENET_ROOM_BYTES(height, width) \
    ((size_t)(width) * 8 + (LENET_LOOK(height, width) > LENET_REDRAW(height, width) ? LENET_LOOK(height, width) : LENET_REDRAW(height, width)))
