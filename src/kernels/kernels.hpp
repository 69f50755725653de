// What the kernels of every variant offer, and the plain data that goes in. Declarations only: an inline
// function here would be compiled into several variants, and a link once ran one variant's code on another's path.
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

constexpr int FIELD = 32, STORED = 28, BORDER = 2, KERNEL = 5, TAPS = 25;
constexpr int C1_MAPS = 6, C1_SIDE = 28, S2_SIDE = 14, C3_MAPS = 16, C3_SIDE = 10, S4_SIDE = 5;
constexpr int S4_UNITS = 400, C5_UNITS = 120, F6_UNITS = 84, CLASSES_AT_MOST = 128;
constexpr int BLOCK = 16;         // samples that go through the network together
constexpr int WAVE = 64 * BLOCK;  // samples whose states are kept until C5 and F6 meet them

// One network. All parameters lie in one buffer, array after array, each at a multiple of 16 numbers.
struct Network {
    int activation, pooling, output, classes;
    int first[C3_MAPS + 1];           // where each map's kernels begin in c3.weight
    int source[C3_MAPS * C1_MAPS];    // the map of S2 that each kernel reads
    int offset[ARRAYS + 1];           // where each array begins; the last one is the length of the buffer
    const float* codes;               // (classes, 84), RBF output only
};

struct Loss { int kind; float scale, junk; };

// How far the images of an epoch are distorted, and which of the draws they get; DistortedEpoch in images/distort.py.
struct Distortion {
    double scale, squeeze, shear, shift, elastic, elastic_width;
    uint64_t seed;
    uint32_t epoch;
    int plain;
};

// (N, 28, 28) bytes as stored, or (N, 32, 32) floats as the network sees them: one of the two is null.
// With a distortion, numbers from N on show the images again.
struct Images { const uint8_t* stored; const float* seen; int count; const Distortion* distortion; };

// (N,) labels or (N, classes) shares: one of the two is null.
struct Targets { const int32_t* labels; const float* shares; };

// Where a trace goes, one (N, units) array a layer, and the sums before squashing; null for what is not wanted.
struct Trace { float *input, *c1, *s2, *c3, *s4, *c5, *f6, *output, *c1_sum, *s2_sum, *c3_sum, *s4_sum, *c5_sum, *f6_sum; };

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
    float* rows;              // (WAVE, ROW): what C5 and later layers need of each sample, out
    // finishing
    int add;                  // add to what `gradient` holds from the waves before
    int total;                // samples of the whole batch; 0: more waves follow, so only sum up
    float* gradient;          // one buffer like the parameters
    const Update* update;     // null: leave the mean gradient in `gradient`
};

// Offsets in a row of Batch.rows: inputs x and flows d (derivatives by the sums) of the full layers.
constexpr int X5 = 0, X6 = 400, X7 = 528, D5 = 624, D6 = 752, D7 = 848, ROW = 976;

struct Kernels {
    const char* name;
    int lanes;
    size_t block_floats, single_floats, online_floats, own_floats;  // sizes of the work buffers, 64-byte aligned
    void (*recognize)(const Network*, const float* weights, const Images*, int first, int count, float* work, float* penalties);
    void (*trace)(const Network*, const float* weights, const Images*, int first, int count, float* work, const Trace*);
    // One step: learn every block (any order, any thread), then finish every item (likewise).
    void (*learn)(const Batch*, int block, float* work);
    int (*count_items)(const Batch*);
    void (*finish)(const Batch*, int item);
    // A pattern as the network sees it: (32, 32) floats.
    void (*show)(const Images*, int pattern, float* field);
    // One image, for latency; see single.hpp.
    void (*recognize_one)(const Network*, const float* weights, const Images*, int index, float* work, float* penalties);
    // One sample an update; see online.hpp. Between begin_one and end_one the parameters are in `work`.
    void (*begin_one)(const Batch*, float* work);
    void (*learn_one)(const Batch*, int index, int phase, int thread, int threads, float* work, float* own);
    void (*end_one)(const Batch*, float* work);
    double (*measure_peak)(int64_t rounds);    // independent multiply-adds: returns how many were done
    double (*measure_clock)(int64_t rounds);   // a chain of dependent additions: returns how many
};

constexpr int PHASES = 6;  // of learn_one; a barrier between each and the next, none after the last

}  // namespace lenet
