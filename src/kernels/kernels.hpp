// What every variant of the kernels offers, and the plain data that goes in. Only declarations and constants: an inline
// function in this header would be compiled into several variants, and the linker would keep one of the copies for all.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace lenet {

// In the order of architecture.CHOICES and of LOSSES in engines/loss.py.
enum Activation { TANH, LOGISTIC, RELU };
enum Pooling { TRAINABLE, AVERAGE, MAX };
enum Output { RBF, LINEAR };
enum LossKind { CROSS_ENTROPY, MSE, MAP };

// In the order of architecture.PARAMETER_NAMES.
enum Array {
    C1_WEIGHT, C1_BIAS, S2_COEFFICIENT, S2_BIAS, C3_WEIGHT, C3_BIAS, S4_COEFFICIENT, S4_BIAS,
    C5_WEIGHT, C5_BIAS, F6_WEIGHT, F6_BIAS, OUTPUT_WEIGHT, OUTPUT_BIAS, ARRAYS
};

// Sizes: what the paper chooses, and what follows from it. Source: LeCun et al. 1998, section II.B.
constexpr int FIELD = 32, BORDER = 2, KERNEL = 5, WINDOW = 2;
constexpr int C1_MAPS = 6, C3_MAPS = 16, C5_UNITS = 120, F6_UNITS = 84;
constexpr int STORED = FIELD - 2 * BORDER, TAPS = KERNEL * KERNEL;
constexpr int C1_SIDE = FIELD - KERNEL + 1, S2_SIDE = C1_SIDE / WINDOW;
constexpr int C3_SIDE = S2_SIDE - KERNEL + 1, S4_SIDE = C3_SIDE / WINDOW;
constexpr int C1_UNITS = C1_MAPS * C1_SIDE * C1_SIDE, S2_UNITS = C1_MAPS * S2_SIDE * S2_SIDE;
constexpr int C3_UNITS = C3_MAPS * C3_SIDE * C3_SIDE, S4_UNITS = C3_MAPS * S4_SIDE * S4_SIDE;
static_assert(STORED == 28 && C1_SIDE == 28 && S2_SIDE == 14 && C3_SIDE == 10 && S4_SIDE == 5, "the paper's figure 2");
static_assert(C1_UNITS == 4704 && S2_UNITS == 1176 && C3_UNITS == 1600 && S4_UNITS == 400, "the paper's figure 2");
static_assert(S4_SIDE == KERNEL, "C5's kernels cover the maps of S4");

// What a stored byte becomes: background 0 -> -0.1, ink 255 -> 1.175; architecture.PIXEL_SCALE and PIXEL_OFFSET.
constexpr float PIXEL_SCALE = 0.005f, PIXEL_OFFSET = -0.1f;

constexpr int CLASSES_AT_MOST = 128;
constexpr int BLOCK = 16;          // samples that go through the network together
constexpr int WAVE = 64 * BLOCK;   // samples whose states are kept until the gradients of C5 and F6 are computed
constexpr int ALONE_AT_MOST = 8;   // images that are recognized faster one by one than as a block of 16

// One network. All parameters are in one buffer, array after array, each at a multiple of 16 numbers.
struct Network {
    int activation, pooling, output, classes;
    int first[C3_MAPS + 1];           // where each map's kernels begin in c3.weight
    int source[C3_MAPS * C1_MAPS];    // the map of S2 that each kernel reads
    int offset[ARRAYS + 1];           // where each array begins; the last one is the length of the buffer
    const float* codes;               // (classes, 84), RBF output only
};

struct Loss { int kind; float scale, j; };

// How far the images of an epoch are distorted, and which random numbers they get; DistortedEpoch in images/distort.py.
struct Distortion {
    double scale, squeeze, shear, shift, elastic, elastic_width, rotation;  // rotation in degrees
    uint64_t seed;
    uint32_t epoch;
    int plain;
};

// (N, 28, 28) bytes as stored, or (N, 32, 32) floats as the network sees them: one of the two is null.
// With a distortion, indices from N on show the same images again.
struct Images { const uint8_t* stored; const float* seen; int count; const Distortion* distortion; };

// (N,) labels, or (N, classes) class probabilities: one of the two is null.
struct Targets { const int32_t* labels; const float* probabilities; };

// The arrays of a trace, (N, units) each: the states of all layers, then the sums before the activation function.
enum Traced {
    INPUT, C1, S2, C3, S4, C5, F6, PENALTIES, C1_SUM, S2_SUM, C3_SUM, S4_SUM, C5_SUM, F6_SUM, TRACED
};
constexpr int TRACED_UNITS[TRACED] = {  // PENALTIES: one a class
    FIELD * FIELD, C1_UNITS, S2_UNITS, C3_UNITS, S4_UNITS, C5_UNITS, F6_UNITS, 0,
    C1_UNITS, S2_UNITS, C3_UNITS, S4_UNITS, C5_UNITS, F6_UNITS
};
// A field of any size from 32x32, one of both: `stored` without its border, or `seen`; the sides are with the border.
struct Field { const uint8_t* stored; const float* seen; int height, width; };

struct Trace { float* at[TRACED]; };  // null for sums that are not wanted

// How parameters move: v <- momentum v + g + decay w; w <- w - rate scale v.
struct Update {
    float rate, momentum, decay;
    float *weights, *velocity;
    const float* scales;  // one a parameter, or null for 1
};

// Some samples on their way through a training step: at most WAVE of them, in blocks of 16.
struct Batch {
    const Network* network;
    Loss loss;
    Images images;
    Targets targets;
    const int32_t* order;     // the patterns; null for 0, 1, 2, ...
    int count;                // of this wave
    const float* weights;     // forward
    const float* backward;    // the same; squared for the curvature
    int second;               // the curvature instead of the gradient
    double* losses;           // (count,) out
    float* partial;           // (blocks, offset[C5_WEIGHT]): each block's gradient of C1 to S4, out
    float* rows;              // (WAVE, ROW): what the gradients of C5 and later layers need of each sample, out
    // finishing
    int add;                  // add to what `gradient` holds from the waves before
    int total;                // samples of the whole batch; 0: more waves follow, so only sum up
    float* gradient;          // one buffer like the parameters
    const Update* update;     // null: leave the mean gradient in `gradient`
};

// Offsets in a row of Batch.rows: inputs x and deltas d (derivatives by the sums) of the dense layers C5, F6 and output,
// each at a multiple of 16 numbers.
constexpr int C5_PADDED = (C5_UNITS + 15) / 16 * 16, F6_PADDED = (F6_UNITS + 15) / 16 * 16;
constexpr int X5 = 0, X6 = X5 + S4_UNITS, X7 = X6 + C5_PADDED;
constexpr int D5 = X7 + F6_PADDED, D6 = D5 + C5_PADDED, D7 = D6 + F6_PADDED, ROW = D7 + CLASSES_AT_MOST;
static_assert(S4_UNITS % 16 == 0 && ROW % 16 == 0, "rows of whole cache lines");

// Work buffers are the caller's: at a multiple of 64 bytes, as long as these sizes say, zeroed before their first use.
struct Kernels {
    const char* name;
    int lanes;
    size_t block_floats, single_floats, online_floats, own_floats;
    void (*recognize)(const Network*, const float* weights, const Images*, int first, int count, float* work, float* penalties);
    void (*trace)(const Network*, const float* weights, const Images*, int first, int count, float* work, const Trace*);
    // One step: learn every block (in any order, on any thread), then finish every item (likewise).
    void (*learn)(const Batch*, int block, float* work);
    int (*count_items)(const Batch*);
    void (*finish)(const Batch*, int item);
    // A pattern as the network sees it: (32, 32) floats.
    void (*show)(const Images*, int pattern, float* field);
    // One image, for latency; see single-inl.hpp.
    void (*recognize_one)(const Network*, const float* weights, const Images*, int index, float* work, float* penalties);
    // One sample an update; see online-inl.hpp. Between begin_one and end_one the parameters are in `work`.
    void (*begin_one)(const Batch*, float* work);
    void (*learn_one)(const Batch*, int index, int phase, int thread, int threads, float* work, float* own);
    void (*end_one)(const Batch*, float* work);
    double (*measure_peak)(int64_t rounds);    // independent multiply-adds: returns how many were done
    double (*measure_clock)(int64_t rounds);   // a chain of dependent additions: returns how many
    // The clean-up of a drawing, and of a picture; see normalize-inl.hpp. `size`: bytes at `memory`, a multiple of 64.
    size_t (*measure_drawing)(int height, int width);
    int (*normalize_ink)(const uint8_t* ink, int height, int width, void* memory, size_t size, uint8_t* digit);
    // null with LENET_SMALL
    size_t (*measure_room)(int height, int width);
    int (*find_digits)(const uint8_t* picture, int height, int width, void* memory, size_t size, uint8_t* digits, int* others);
#if !defined(LENET_SMALL)
    // A tile of a field's places, whose first is `row`, `column`, into (rows, columns, classes) of all; see field-inl.hpp.
    int tile_rows, tile_columns;
    size_t tile_floats;
    void (*pass)(const Network*, const float* weights, const Field*, int row, int column, float* work, float* penalties);
#endif
};

constexpr int WAYS = 2;    // in which a picture can be read, at most
constexpr int PHASES = 6;  // of learn_one; a barrier between each and the next, none after the last

}  // namespace lenet
