// The clean-up of a drawing, whose ink is known; images/normalize.py.

static size_t measure_drawing(int height, int width) { return (size_t)height * width * 8 + (size_t)(height + width) * 512 + 256 * 1024; }

// Ink (height, width) bytes, 0 on paper, to a digit (28, 28) in MNIST's form; 0 where it is blank, or the room is smaller
// than measure_drawing().
static int normalize_ink(const uint8_t *ink, int height, int width, void *memory, size_t size, uint8_t *digit) {
    Room room = {(unsigned char *)memory, size, 0, 0};
    if (height < 1 || width < 1 || size < measure_drawing(height, width)) return 0;
    Picture whole = take_picture(&room, height, width);
    for (size_t i = 0; i < (size_t)height * width; i++) whole.at[i] = (float)ink[i] / 255;
    return draw_digit(&whole, digit, NULL, &room);
}
