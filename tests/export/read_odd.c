/* Pictures of odd sizes and arguments that do not fit, for an exported file that reads pictures, beside this one. */
#include <stdio.h>
#include <stdlib.h>
#include "net.c"
static const int SIDES[][2] = {{1, 1}, {1, 2}, {1, 300}, {2, 7}, {5000, 1}, {1, 20000}, {20000, 1}, {28, 28}, {32767, 2}, {700, 500}};
static int read(int width, int height, int kind, int off)
{
    const size_t count = (size_t)width * (size_t)height, size = LENET_WORK_BYTES(width, height);
    unsigned char *picture = (unsigned char *)malloc(count), *work = (unsigned char *)malloc(size + 1);
    unsigned chance = 1;
    lenet_answer answer;
    for (size_t i = 0; i < count; i++) {
        chance = chance * 1664525u + 1013904223u;
        picture[i] = (unsigned char)(kind == 0 ? 255 : kind == 1 ? chance >> 24 : i % 3 && (i / (size_t)width) % 2 ? 230 : 20);
    }
    const int read = lenet_read(picture, width, height, work + off, size, &answer);
    const int small = lenet_read(picture, width, height, work, size - 1, &answer);
    free(picture);
    free(work);
    return read && !small && answer.label >= 0 && answer.label < LENET_CLASSES && (kind || answer.reason == LENET_BLANK);
}
int main(void)
{
    static unsigned char picture[4], work[LENET_WORK_BYTES(2, 2)];
    lenet_answer answer;
    answer.label = 77;
    int refused = !lenet_read(0, 2, 2, work, sizeof work, &answer) && !lenet_read(picture, 2, 2, 0, sizeof work, &answer);
    refused &= !lenet_read(picture, 2, 2, work, sizeof work, 0) && !lenet_read(picture, 0, 0, work, sizeof work, &answer);
    refused &= !lenet_read(picture, 2, 0, work, sizeof work, &answer) && !lenet_read(picture, -1, 2, work, sizeof work, &answer);
    refused &= !lenet_read(picture, 32768, 1, work, (size_t)-1, &answer) && !lenet_read(picture, 2147483647, 2147483647, work, (size_t)-1, &answer);
    if (!refused || answer.label != 77) return 1;
    for (size_t i = 0; i < sizeof SIDES / sizeof *SIDES; i++)
        for (int kind = 0; kind < 3; kind++)
            if (!read(SIDES[i][0], SIDES[i][1], kind, kind % 2)) return printf("%d x %d, %d", SIDES[i][0], SIDES[i][1], kind), 2;
    return 0;
}
