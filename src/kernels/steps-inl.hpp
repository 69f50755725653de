// What the steps of the clean-up look like, to be shown to people.

// Bytes that are enough for the looks of every picture of a size.
static size_t measure_looks(int height, int width) {
    return round_room((size_t)height * width) + (STEPS - 1) * round_room((size_t)CLOSEUP * CLOSEUP);
}

// What the steps of one way look like, the first way being 0; how many there are, 0 where there is no such way, or where
// the picture has MNIST's form already. `shown` has room for measure_looks() bytes.
static int show_steps(const uint8_t *picture, int height, int width, int way, void *memory, size_t size, void *shown, size_t shown_size, Looks *looks) {
    Room room = {(unsigned char *)memory, size, 0, 0}, bytes = {(unsigned char *)shown, shown_size, 0, 0};
    Page pages[WAYS];
    uint8_t digit[STORED * STORED];
    int others, reached = 0;
    __builtin_memset(looks, 0, sizeof *looks);
    if (height < 1 || width < 1 || size < measure_room(height, width) || shown_size < measure_looks(height, width)) return 0;
    if (copy_normal(picture, height, width, digit) || way < 0 || way >= list_pages(picture, height, width, pages, &room)) return 0;
    looks->room = bytes;
    find_digit(pages + way, digit, &others, looks, &room);
    while (reached < STEPS && looks->at[reached].at) reached++;
    return reached;
}
