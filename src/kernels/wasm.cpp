// The kernels for WebAssembly: a C interface on one thread. Nothing is imported, nothing is printed, nothing traps.
//
// All arguments are in memory that `allocate` gave. This memory is a stack: `release` shortens it to what `mark` said.
// Arguments that do not fit, or that were never allocated, are refused with one of the codes of wasm_memory-inl.hpp. Any call may grow the
// memory, so JavaScript must make its views of it anew.
#include "facts.hpp"  // written by tools/build_wasm.py: constants of the Python code
#include "kernels.hpp"
#include "wasm_memory-inl.hpp"

#define INLINE static inline __attribute__((always_inline))

namespace lenet_wasm { extern const lenet::Kernels KERNELS; }

namespace {

using namespace lenet;
#include "philox-inl.hpp"

const Kernels& kernels = lenet_wasm::KERNELS;
constexpr int SIDE_AT_MOST = 4096;  // of a drawing

// A network with its codes, as `describe` makes it.
struct Described {
    uint32_t mark;
    Network network;
    int sizes[ARRAYS];
};
constexpr uint32_t MARK = 0x4C654E35;  // "LeN5"

bool is_network(const Described* d) { return holds(d, 1) && d->mark == MARK; }

bool holds_images(const void* images, int stored, int count) {
    if (count < 0) return false;
    return stored ? holds((const uint8_t*)images, (uint64_t)count * STORED * STORED) : holds((const float*)images, (uint64_t)count * FIELD * FIELD);
}

Images read_images(const void* images, int stored, int count, const Distortion* distortion = nullptr) {
    return {stored ? (const uint8_t*)images : nullptr, stored ? nullptr : (const float*)images, count, distortion};
}

int check_targets(const Network& n, const void* targets, int soft, int count) {
    if (soft) return holds((const float*)targets, (uint64_t)count * n.classes) ? FINE : NOT_ALLOCATED;
    const int32_t* labels = (const int32_t*)targets;
    if (!holds(labels, count)) return NOT_ALLOCATED;
    for (int i = 0; i < count; i++) if (labels[i] < 0 || labels[i] >= n.classes) return NO_CLASS;
    return FINE;
}

Targets read_targets(const void* targets, int soft) {
    return {soft ? nullptr : (const int32_t*)targets, soft ? (const float*)targets : nullptr};
}

int check_loss(const Network& n, int loss) {
    if (loss < CROSS_ENTROPY || loss > MAP) return OUT_OF_RANGE;
    return loss == MSE && n.output == LINEAR ? NO_LOSS : FINE;
}

// The ranges that images/distort.py allows.
int check_distortion(const Distortion* d) {
    if (!d) return FINE;
    if (!holds(d, 1)) return NOT_ALLOCATED;
    const double values[] = {d->scale, d->squeeze, d->shear, d->shift, d->elastic, d->elastic_width, d->rotation};
    for (int i = 0; i < 7; i++)  // so that NaN is out of range
        if (!(values[i] >= FACTS_RANGES[i][0] && values[i] <= FACTS_RANGES[i][1])) return OUT_OF_RANGE;
    return FINE;
}

int count_blocks(int samples) { return (samples + BLOCK - 1) / BLOCK; }

// A batch goes in waves: learn the blocks of a wave, then finish the gradients of all its samples; see drive.cpp.
void step_through(Batch& b, const int32_t* order, int count, double* losses, float* work) {
    b.add = 0;
    for (int done = 0; done < count; done += WAVE) {
        b.order = order + done, b.losses = losses + done;
        b.count = count - done < WAVE ? count - done : WAVE;
        for (int block = 0; block < count_blocks(b.count); block++) kernels.learn(&b, block, work);
        b.total = done + b.count == count ? count : 0;
        for (int item = 0; item < kernels.count_items(&b); item++) kernels.finish(&b, item);
        b.add = 1;
    }
}

// Allocate what steps of `batch` samples need; false if there is no memory.
bool reserve_batch(Batch& b, int batch, float*& work, double*& each) {
    const int rows = batch < WAVE ? count_blocks(batch) * BLOCK : WAVE;
    b.partial = reserve_many<float>((uint64_t)rows / BLOCK * b.network->offset[C5_WEIGHT]);
    b.rows = reserve_many<float>((uint64_t)rows * ROW);
    work = reserve_many<float>(kernels.block_floats);
    each = reserve_many<double>(batch);
    return b.partial && b.rows && work && each;
}

int train_batches(Batch& b, Update& update, const int32_t* order, const float* rates, int steps, int batch, double* losses) {
    float* work;
    double* each;
    if (!reserve_batch(b, batch, work, each)) return NO_MEMORY;
    if (batch > WAVE && !(b.gradient = reserve_many<float>(b.network->offset[ARRAYS]))) return NO_MEMORY;
    for (int s = 0; s < steps; s++) {
        update.rate = rates[s];
        step_through(b, order + (size_t)s * batch, batch, each, work);
        losses[s] = 0;
        for (int i = 0; i < batch; i++) losses[s] += each[i];
        losses[s] /= batch;
    }
    return FINE;
}

int train_one_by_one(Batch& b, Update& update, const int32_t* order, const float* rates, int steps, double* losses) {
    float *work = reserve_many<float>(kernels.online_floats), *own = reserve_many<float>(kernels.own_floats);
    if (!work || !own) return NO_MEMORY;
    b.order = order, b.count = steps, b.losses = losses, b.total = 1;
    kernels.begin_one(&b, work);
    for (int s = 0; s < steps; s++) {
        update.rate = rates[s];
        for (int phase = 0; phase < PHASES; phase++) kernels.learn_one(&b, s, phase, 0, 1, work, own);
    }
    kernels.end_one(&b, work);
    return FINE;
}

}  // namespace

// A network, by the indices of its values in architecture.CHOICES; 0 if there is no such network, or no memory.
EXPORT(describe) Described* describe(int activation, int pooling, int full, int output, int classes) {
    const int most = output == RBF ? FACTS_GLYPHS : CLASSES_AT_MOST;
    if (activation < TANH || activation > RELU || pooling < TRAINABLE || pooling > MAX || (full & ~1) || (output & ~1) ||
        classes < 2 || classes > most) return nullptr;
    const uint64_t before = find_top();
    auto* d = reserve_many<Described>(1);
    auto* codes = reserve_many<float>(output == RBF ? classes * F6_UNITS : 1);
    if (!d || !codes) { top = before; return nullptr; }
    Network& n = d->network;
    d->mark = MARK, n.activation = activation, n.pooling = pooling, n.output = output, n.classes = classes, n.codes = codes;
    int kernels = 0;
    for (int m = 0; m < C3_MAPS; m++) {
        n.first[m] = kernels;
        for (int i = 0; i < C1_MAPS; i++) if (full || FACTS_TABLE[m] >> i & 1) n.source[kernels++] = i;
    }
    n.first[C3_MAPS] = kernels;
    const bool trained = pooling == TRAINABLE, linear = output == LINEAR;
    const int sizes[ARRAYS] = {C1_MAPS * TAPS, C1_MAPS, trained * C1_MAPS, trained * C1_MAPS, kernels * TAPS, C3_MAPS,
                               trained * C3_MAPS, trained * C3_MAPS, C5_UNITS * S4_UNITS, C5_UNITS, F6_UNITS * C5_UNITS, F6_UNITS,
                               linear * classes * F6_UNITS, linear * classes};
    for (int i = 0; i < ARRAYS; i++) d->sizes[i] = sizes[i], n.offset[i + 1] = n.offset[i] + (int)round_up(sizes[i], 16);
    for (int i = 0; output == RBF && i < classes * F6_UNITS; i++) {
        const bool ink = FACTS_CODES[i / F6_UNITS][i % F6_UNITS / 32] >> (i % F6_UNITS % 32) & 1;
        codes[i] = ink ? 1.0f : activation == TANH ? -1.0f : 0.0f;  // the others cannot reach -1
    }
    return d;
}

// Where an array begins in the parameters, and how long it is, in numbers; array 14 begins at their end. -1: no such array.
EXPORT(find_array) int find_array(const Described* d, int array) {
    return is_network(d) && array >= 0 && array <= ARRAYS ? d->network.offset[array] : -1;
}
EXPORT(measure_array) int measure_array(const Described* d, int array) {
    return is_network(d) && array >= 0 && array < ARRAYS ? d->sizes[array] : -1;
}

// Penalties (count, classes) of images: bytes (count, 28, 28) if `stored`, else floats (count, 32, 32).
EXPORT(recognize) int recognize(const Described* d, const float* weights, const void* images, int stored, int count, float* penalties) {
    if (!is_network(d)) return NO_NETWORK;
    const Network& n = d->network;
    if (!holds_images(images, stored, count) || !holds(weights, n.offset[ARRAYS]) ||
        !holds(penalties, (uint64_t)count * n.classes)) return NOT_ALLOCATED;
    const Scope scope;
    const Images source = read_images(images, stored, count);
    float* work = reserve_many<float>(kernels.block_floats > kernels.single_floats ? kernels.block_floats : kernels.single_floats);
    if (!work) return NO_MEMORY;
    if (count <= ALONE_AT_MOST)
        for (int i = 0; i < count; i++) kernels.recognize_one(&n, weights, &source, i, work, penalties + (size_t)i * n.classes);
    else
        for (int i = 0; i < count; i += BLOCK)
            kernels.recognize(&n, weights, &source, i, count - i, work, penalties + (size_t)i * n.classes);
    return FINE;
}

// The states of all layers: `out` holds the 14 addresses of a Trace, 0 for sums that are not wanted.
EXPORT(trace) int trace(const Described* d, const float* weights, const void* images, int stored, int count, float* const* out) {
    if (!is_network(d)) return NO_NETWORK;
    const Network& n = d->network;
    auto units = [&](int i) { return i == PENALTIES ? n.classes : TRACED_UNITS[i]; };
    if (!holds_images(images, stored, count) || !holds(weights, n.offset[ARRAYS]) || !holds(out, TRACED)) return NOT_ALLOCATED;
    for (int i = 0; i < TRACED; i++)
        if ((i <= PENALTIES || out[i]) && !holds(out[i], (uint64_t)count * units(i))) return NOT_ALLOCATED;
    const Scope scope;
    float* work = reserve_many<float>(kernels.block_floats);
    if (!work) return NO_MEMORY;
    const Images source = read_images(images, stored, count);
    for (int first = 0; first < count; first += BLOCK) {
        Trace part;
        for (int i = 0; i < TRACED; i++) part.at[i] = out[i] ? out[i] + (size_t)first * units(i) : nullptr;
        if (n.pooling != TRAINABLE) part.at[S2_SUM] = part.at[S4_SUM] = nullptr;
        kernels.trace(&n, weights, &source, first, count - first, work, &part);
    }
    return FINE;
}

// The mean gradient, or with `second` the mean curvature: targets (count,) int32, or (count, classes) floats if `soft`.
// `losses` (count,) doubles.
EXPORT(differentiate) int differentiate(const Described* d, const float* weights, const void* images, int stored, int count,
                                        const void* targets, int soft, int loss, float scale, float j, int second,
                                        float* gradient, double* losses) {
    if (!is_network(d)) return NO_NETWORK;
    const Network& n = d->network;
    const int length = n.offset[ARRAYS];
    if (!holds_images(images, stored, count) || !holds(weights, length) || !holds(gradient, length) || !holds(losses, count))
        return NOT_ALLOCATED;
    int code = check_targets(n, targets, soft, count);
    if (!code) code = check_loss(n, loss);
    if (code) return code;
    __builtin_memset(gradient, 0, length * sizeof(float));
    if (!count) return FINE;
    const Scope scope;
    float *work, *squares = reserve_many<float>(length);
    double* each;
    auto* order = reserve_many<int32_t>(count);
    Batch b = {};
    b.network = &n, b.loss = {loss, scale, j}, b.images = read_images(images, stored, count), b.targets = read_targets(targets, soft);
    b.weights = weights, b.backward = second ? squares : weights, b.second = second != 0, b.gradient = gradient;
    if (!squares || !order || !reserve_batch(b, count, work, each)) return NO_MEMORY;
    for (int i = 0; i < length; i++) squares[i] = weights[i] * weights[i];
    for (int i = 0; i < count; i++) order[i] = i;
    step_through(b, order, count, losses, work);
    return FINE;
}

// Steps of `batch` samples by `order` (steps, batch); changes weights and velocity, writes losses (steps,) doubles.
// `scales`: a factor for each parameter's rate, or 0. `distortion`: 72 bytes as in kernels.hpp, or 0.
EXPORT(train) int train(const Described* d, float* weights, float* velocity, const float* scales, const void* images, int stored, int count,
                        const void* targets, int soft, const int32_t* order, const float* rates, int steps, int batch,
                        float momentum, float decay, int loss, float scale, float j, const Distortion* distortion, double* losses) {
    if (!is_network(d)) return NO_NETWORK;
    const Network& n = d->network;
    const int length = n.offset[ARRAYS];
    if (steps < 0 || batch < 1 || count < 1) return OUT_OF_RANGE;
    if (!holds_images(images, stored, count) || !holds(weights, length) || !holds(velocity, length) ||
        (scales && !holds(scales, length)) || !holds(order, (uint64_t)steps * batch) || !holds(rates, steps) ||
        !holds(losses, steps)) return NOT_ALLOCATED;
    int code = check_targets(n, targets, soft, count);
    if (!code) code = check_loss(n, loss);
    if (!code) code = check_distortion(distortion);
    if (code) return code;
    for (uint64_t i = 0; i < (uint64_t)steps * batch; i++)
        if (order[i] < 0 || (!distortion && order[i] >= count)) return NO_IMAGE;
    const Scope scope;
    if (!scales && batch == 1) {  // to be small, the kernels for one sample exist only with scales
        float* ones = reserve_many<float>(length);
        if (!ones) return NO_MEMORY;
        for (int i = 0; i < length; i++) ones[i] = 1;
        scales = ones;
    }
    Update update = {0, momentum, decay, weights, velocity, scales};
    Batch b = {};
    b.network = &n, b.loss = {loss, scale, j}, b.targets = read_targets(targets, soft);
    b.images = read_images(images, stored, count, distortion);
    b.weights = b.backward = weights, b.update = &update;
    return batch == 1 ? train_one_by_one(b, update, order, rates, steps, losses) : train_batches(b, update, order, rates, steps, batch, losses);
}

// Patterns as the network sees them, (many, 32, 32) floats.
EXPORT(show) int show(const void* images, int stored, int count, const int32_t* patterns, int many, const Distortion* distortion, float* fields) {
    if (count < 1 || many < 0) return OUT_OF_RANGE;
    if (!holds_images(images, stored, count) || !holds(patterns, many) || !holds(fields, (uint64_t)many * FIELD * FIELD))
        return NOT_ALLOCATED;
    if (const int code = check_distortion(distortion)) return code;
    for (int i = 0; i < many; i++) if (patterns[i] < 0 || (!distortion && patterns[i] >= count)) return NO_IMAGE;
    const Images source = read_images(images, stored, count, distortion);
    for (int i = 0; i < many; i++) kernels.show(&source, patterns[i], fields + (size_t)i * FIELD * FIELD);
    return FINE;
}

// Philox4x32-10, randomness.py: each of `many` counters of 4 words is replaced by its random words. The key is given in
// two halves.
EXPORT(philox) int replace_counters(uint32_t (*counters)[4], int many, uint32_t low, uint32_t high) {
    if (many < 0) return OUT_OF_RANGE;
    if (!holds(counters, many)) return NOT_ALLOCATED;
    for (int i = 0; i < many; i++) {
        uint32_t(&c)[4] = counters[i];
        philox((uint64_t)high << 32 | low, c[0], c[1], c[2], c[3], c);
    }
    return FINE;
}

// A drawing, (height, width) bytes with 0 for paper and 255 for ink, becomes a digit (28, 28) in MNIST's form.
EXPORT(normalize) int normalize(const uint8_t* ink, int height, int width, uint8_t* digit) {
    if (height < 1 || width < 1 || height > SIDE_AT_MOST || width > SIDE_AT_MOST) return OUT_OF_RANGE;
    if (!holds(ink, (uint64_t)height * width) || !holds(digit, STORED * STORED)) return NOT_ALLOCATED;
    const Scope scope;
    bool any = false;
    for (uint64_t i = 0; i < (uint64_t)height * width; i++) any |= ink[i] != 0;
    if (!any) return NO_INK;
    const size_t size = kernels.measure_drawing(height, width);
    void* memory = reserve(size);
    if (!memory) return NO_MEMORY;
    return kernels.normalize_ink(ink, height, width, memory, size, digit) ? FINE : NO_INK;
}
