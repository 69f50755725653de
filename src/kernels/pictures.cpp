// The clean-up of pictures for WebAssembly, in a module of its own: a page that only has drawings does without it. As in
// wasm.cpp, nothing traps: arguments that do not fit, or that were never allocated, are refused.
#include "kernels.hpp"
#include "room_bytes.hpp"
#include "wasm_memory-inl.hpp"

namespace {

using namespace lenet;
#include "room-inl.hpp"
#include "filters-inl.hpp"
#include "blur-inl.hpp"
#include "regions-inl.hpp"
#include "marks-inl.hpp"
#include "page-inl.hpp"
#include "light-inl.hpp"
#include "paper-inl.hpp"
#include "rules-inl.hpp"
#include "resample-inl.hpp"
#include "geometry-inl.hpp"
#include "strokes-inl.hpp"
#include "normalize-inl.hpp"
#include "steps-inl.hpp"

constexpr int SIDE_AT_MOST = 16384;  // of a picture

int check_picture(const uint8_t* picture, int height, int width) {
    if (height < 1 || width < 1 || height > SIDE_AT_MOST || width > SIDE_AT_MOST) return OUT_OF_RANGE;
    return holds(picture, (uint64_t)height * width) ? FINE : NOT_ALLOCATED;
}

}  // namespace

// The digit of a picture (height, width) of luminance in each way that it can be read, into `digits` (2, 28, 28); `others`
// (2,): how many marks beside it could have been read as well. `ways`: how many ways there are.
EXPORT(find_digits) int find_all(const uint8_t* picture, int height, int width, uint8_t* digits, int32_t* others, int32_t* ways) {
    const int code = check_picture(picture, height, width);
    if (code != FINE) return code;
    if (!holds(digits, WAYS * STORED * STORED) || !holds(others, WAYS) || !holds(ways, 1)) return NOT_ALLOCATED;
    const Scope scope;
    const size_t size = measure_room(height, width);
    void* memory = reserve(size);
    if (!memory) return NO_MEMORY;
    int counts[WAYS] = {0, 0};
    *ways = find_digits(picture, height, width, memory, size, digits, counts);
    for (int way = 0; way < WAYS; way++) others[way] = counts[way];
    return FINE;
}

// What the steps of one way look like: `found` (6, 3): the height, the width and the address of each, zeros for one that
// was not reached. Their memory stays until the caller releases it.
EXPORT(show_steps) int show_all(const uint8_t* picture, int height, int width, int way, uint32_t (*found)[3]) {
    const int code = check_picture(picture, height, width);
    if (code != FINE) return code;
    if (!holds(found, STEPS)) return NOT_ALLOCATED;
    if (way < 0 || way >= WAYS) return OUT_OF_RANGE;
    const size_t size = measure_room(height, width), shown_size = measure_looks(height, width);
    void* shown = reserve(shown_size);
    if (!shown) return NO_MEMORY;
    const Scope scope;
    void* memory = reserve(size);
    if (!memory) return NO_MEMORY;
    Looks looks;
    const int steps = show_steps(picture, height, width, way, memory, size, shown, shown_size, &looks);
    for (int step = 0; step < STEPS; step++) {
        const Bytes* look = looks.at + step;
        const bool reached = step < steps;
        found[step][0] = reached ? look->height : 0, found[step][1] = reached ? look->width : 0;
        found[step][2] = reached ? (uint32_t)(uintptr_t)look->at : 0;
    }
    return FINE;
}
