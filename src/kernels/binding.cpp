// The kernels for Python: lenet._native. Shapes and ranges are checked in engines/native, whose error messages are better.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "drive.hpp"

namespace nb = nanobind;
using namespace lenet;

namespace lenet_baseline { extern const lenet::Kernels KERNELS; }
#if defined(LENET_HAS_AVX2)
namespace lenet_avx2 { extern const lenet::Kernels KERNELS; }
#endif

namespace {

using Floats = nb::ndarray<float, nb::c_contig, nb::device::cpu>;
using ConstFloats = nb::ndarray<const float, nb::c_contig, nb::device::cpu>;
using Doubles = nb::ndarray<double, nb::c_contig, nb::device::cpu>;
using Order = nb::ndarray<const int32_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Any = nb::ndarray<nb::c_contig, nb::ro, nb::device::cpu>;

std::vector<const Kernels*> find_variants() {
    std::vector<const Kernels*> found;
#if defined(LENET_HAS_AVX2)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) found.push_back(&lenet_avx2::KERNELS);
#endif
    found.push_back(&lenet_baseline::KERNELS);
    return found;
}

constexpr double RANGE_AT_MOST = 1000;  // of a distortion: beyond it a pixel's place is no longer an int; NaN is refused, too
constexpr double MOST_ROTATION = 45;   // degrees: `take_tangent` is exact up to there
constexpr double LEAST_WIDTH = 2;      // pixels: KNOTS_AT_MOST knots are as close as that

// Cheap checks, so that a wrong argument is an exception and never a wild read.
void require(bool holds, const char* what) {
    if (!holds) throw nb::value_error(what);
}

void check_images(const Any& images) {
    const bool stored = images.dtype() == nb::dtype<uint8_t>() && images.ndim() == 3 && images.shape(1) == STORED && images.shape(2) == STORED;
    const bool seen = images.dtype() == nb::dtype<float>() && images.ndim() == 4 && images.shape(1) == 1 && images.shape(2) == FIELD && images.shape(3) == FIELD;
    require(stored || seen, "images: expected uint8 (N, 28, 28) or float32 (N, 1, 32, 32)");
    require(images.shape(0) <= INT32_MAX, "images: too many");
}

Images read_images(const Any& images, const Distortion* distortion = nullptr) {
    const int count = (int)images.shape(0);
    if (images.dtype() == nb::dtype<uint8_t>()) return {(const uint8_t*)images.data(), nullptr, count, distortion};
    return {nullptr, (const float*)images.data(), count, distortion};
}

const Kernels& find_variant(const std::string& name) {
    for (const Kernels* k : find_variants()) if (name == k->name) return *k;
    throw nb::value_error("no such variant on this processor");
}

// Ctrl-C during a long call: Python's handlers run; if one raises, the call ends early, and raise_signal raises the same.
bool has_signal() {
    nb::gil_scoped_acquire acquire;
    return PyErr_CheckSignals() != 0;
}

void raise_signal() {
    if (PyErr_Occurred()) throw nb::python_error();
}

// What is learnt from: images, their targets, the loss, and how the images are distorted. It keeps its arrays alive.
struct OwnedTask {
    Any images, targets;
    Loss loss;
    std::optional<Distortion> distortion;

    int count() const { return (int)images.shape(0); }
    void check(int classes) const {
        require(loss.kind >= CROSS_ENTROPY && loss.kind <= MAP, "loss: unknown kind");
        if (targets.ndim() == 1) {
            const int32_t* labels = (const int32_t*)targets.data();
            for (size_t i = 0; i < targets.shape(0); i++) require(labels[i] >= 0 && labels[i] < classes, "targets: a label that is no class");
        } else require((int)targets.shape(1) == classes, "targets: expected one probability per class");
    }
    Task refer() const {
        Targets t = {nullptr, nullptr};
        if (targets.ndim() == 1) t.labels = (const int32_t*)targets.data();
        else t.probabilities = (const float*)targets.data();
        return {read_images(images, distortion ? &*distortion : nullptr), t, loss};
    }
};

// The parameters that move, and how. It keeps its arrays alive.
struct OwnedUpdate {
    Floats weights, velocity;
    std::optional<ConstFloats> scales;
    float momentum, decay;

    Update refer() const { return {0, momentum, decay, weights.data(), velocity.data(), scales ? scales->data() : nullptr}; }
};

// A network's description, with the memory that it points to.
class Program {
public:
    Program(const std::string& variant, int activation, int pooling, int output, int classes, std::vector<int> first,
            std::vector<int> source, std::vector<int> offset, ConstFloats codes)
        : codes(codes.data(), codes.data() + codes.size()) {
        kernels = &find_variant(variant);
        network = {};
        require(activation >= TANH && activation <= RELU && pooling >= TRAINABLE && pooling <= MAX && output >= RBF && output <= LINEAR, "no such network");
        require(classes >= 1 && classes <= CLASSES_AT_MOST, "classes: out of range");
        require(first.size() == C3_MAPS + 1 && source.size() <= C3_MAPS * C1_MAPS && offset.size() == ARRAYS + 1, "first, source, offset: of another length");
        require(first[0] == 0 && first[C3_MAPS] == (int)source.size() && std::is_sorted(first.begin(), first.end()), "first: expected to rise to the number of kernels");
        for (int map : source) require(map >= 0 && map < C1_MAPS, "source: no such map");
        const int sizes[ARRAYS] = {C1_MAPS * TAPS, C1_MAPS, pooling == TRAINABLE ? C1_MAPS : 0, pooling == TRAINABLE ? C1_MAPS : 0,
            (int)source.size() * TAPS, C3_MAPS, pooling == TRAINABLE ? C3_MAPS : 0, pooling == TRAINABLE ? C3_MAPS : 0,
            C5_UNITS * S4_UNITS, C5_UNITS, F6_UNITS * C5_UNITS, F6_UNITS, output == LINEAR ? classes * F6_UNITS : 0, output == LINEAR ? classes : 0};
        for (int a = 0; a < ARRAYS; a++) require(offset[a] >= 0 && offset[a] % 16 == 0 && offset[a + 1] - offset[a] >= sizes[a], "offset: too small for its array");
        require(output == LINEAR || codes.size() >= (size_t)classes * F6_UNITS, "codes: too few");
        network.activation = activation, network.pooling = pooling, network.output = output, network.classes = classes;
        std::copy(first.begin(), first.end(), network.first);
        std::copy(source.begin(), source.end(), network.source);
        std::copy(offset.begin(), offset.end(), network.offset);
        network.codes = this->codes.data();
    }
    Program(const Program&) = delete;

    void recognize(ConstFloats weights, Any images, Floats penalties, int threads) const {
        check_images(images);
        check_weights(weights.size());
        require(penalties.size() == images.shape(0) * network.classes, "penalties: expected one per image and class");
        const Images source = read_images(images);
        const int count = (int)images.shape(0);
        const float* w = weights.data();
        float* out = penalties.data();
        {
            nb::gil_scoped_release release;
            lenet::recognize(*kernels, network, w, source, count, out, threads, has_signal);
        }
        raise_signal();
    }

    void pass_field(ConstFloats weights, Any field, Floats penalties, int threads) const {
        const bool stored = field.ndim() == 2 && field.dtype() == nb::dtype<uint8_t>();
        require(stored || (field.ndim() == 2 && field.dtype() == nb::dtype<float>()), "field: expected uint8 or float32 (H, W)");
        const size_t border = stored ? 2 * BORDER : 0, stride = WINDOW * WINDOW, most = size_t(1) << 30;
        require(field.shape(0) <= most && field.shape(1) <= most, "field: too large");
        const size_t height = field.shape(0) + border, width = field.shape(1) + border;
        require(height >= FIELD && width >= FIELD && height % stride == 0 && width % stride == 0, "field: expected sides of 32, 36, 40 and so on with the border");
        check_weights(weights.size());
        require(penalties.size() == ((height - FIELD) / stride + 1) * ((width - FIELD) / stride + 1) * network.classes, "penalties: expected one per place and class");
        const Field source = {stored ? (const uint8_t*)field.data() : nullptr, stored ? nullptr : (const float*)field.data(), (int)height, (int)width};
        const float* w = weights.data();
        float* out = penalties.data();
        {
            nb::gil_scoped_release release;
            lenet::pass_field(*kernels, network, w, source, out, threads, has_signal);
        }
        raise_signal();
    }

    void trace(ConstFloats weights, Any images, std::vector<std::optional<Floats>> out) const {
        check_images(images);
        check_weights(weights.size());
        require(out.size() == TRACED, "out: expected one array or none for each of the states and sums");
        for (int i = 0; i < TRACED; i++) {
            const size_t units = i == PENALTIES ? network.classes : TRACED_UNITS[i];
            require(out[i] || i > PENALTIES, "out: only sums can be left out");
            require(!out[i] || out[i]->size() == images.shape(0) * units, "out: an array of another size");
        }
        const Images source = read_images(images);
        Trace to;
        for (int i = 0; i < TRACED; i++) to.at[i] = out.at(i) ? out[i]->data() : nullptr;
        const int count = (int)images.shape(0);
        const float* w = weights.data();
        nb::gil_scoped_release release;
        lenet::trace(*kernels, network, w, source, count, to);
    }

    void differentiate(ConstFloats weights, const OwnedTask& task, bool second, Floats gradient, int threads) const {
        check_weights(weights.size());
        check_weights(gradient.size());
        task.check(network.classes);
        require(task.count() > 0, "images: none");
        const float* w = weights.data();
        float* g = gradient.data();
        nb::gil_scoped_release release;
        lenet::differentiate(*kernels, network, task.refer(), w, task.count(), second, g, threads);
    }

    void train(const OwnedUpdate& update, const OwnedTask& task, Order order, ConstFloats rates, Doubles losses, int threads) const {
        require(order.shape(1) >= 1 && order.shape(1) <= INT32_MAX && order.shape(0) <= INT32_MAX, "order: expected (steps, batch), batch at least 1");
        require(rates.size() == order.shape(0) && losses.size() == order.shape(0), "rates, losses: expected one per step");
        check_weights(update.weights.size());
        check_weights(update.velocity.size());
        if (update.scales) check_weights(update.scales->size());
        task.check(network.classes);
        const int last = task.distortion && task.count() ? INT32_MAX : task.count() - 1;
        for (size_t i = 0; i < order.size(); i++) require(order.data()[i] >= 0 && order.data()[i] <= last, "order: no such pattern");
        const int steps = (int)order.shape(0), batch = (int)order.shape(1);
        const int32_t* samples = order.data();
        const float* r = rates.data();
        double* out = losses.data();
        {
            nb::gil_scoped_release release;
            const Task t = task.refer();
            const Update u = update.refer();
            if (batch == 1) lenet::train_one_by_one(*kernels, network, t, u, samples, r, steps, out, threads, pace, has_signal);
            else lenet::train(*kernels, network, t, u, samples, r, steps, batch, out, threads, pace, has_signal);
        }
        raise_signal();
    }

private:
    void check_weights(size_t size) const { require(size == (size_t)network.offset[ARRAYS], "parameters: a buffer of another size"); }

    const Kernels* kernels;
    Network network;
    std::vector<float> codes;
    mutable Pace pace;  // of the training that uses this program, if one does
};

// Floating-point operations (two for a multiply-add) or clock cycles a second, the best of some short runs.
double measure(const std::string& variant, bool clock) {
    const Kernels& kernels = find_variant(variant);
    nb::gil_scoped_release release;
    return measure_rate(kernels, clock);
}

// Some patterns as the network sees them, (N, 32, 32).
void show(const std::string& variant, Any images, nb::ndarray<const int32_t, nb::ndim<1>, nb::c_contig> patterns, const Distortion* distortion, Floats out) {
    const Kernels& kernels = find_variant(variant);
    check_images(images);
    require(out.size() == patterns.shape(0) * FIELD * FIELD, "out: expected (N, 32, 32)");
    const int last = distortion && images.shape(0) ? INT32_MAX : (int)images.shape(0) - 1;
    for (size_t i = 0; i < patterns.shape(0); i++) require(patterns.data()[i] >= 0 && patterns.data()[i] <= last, "patterns: no such pattern");
    const Images source = read_images(images, distortion);
    for (size_t i = 0; i < patterns.shape(0); i++) kernels.show(&source, patterns.data()[i], out.data() + i * FIELD * FIELD);
}

using Bytes = nb::ndarray<const uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Digit = nb::ndarray<nb::numpy, uint8_t, nb::shape<STORED, STORED>>;

// The variant that LENET_KERNEL names, if the processor has it, or else the fastest.
const Kernels& choose_variant() {
    const char* wanted = std::getenv("LENET_KERNEL");
    for (const Kernels* k : find_variants()) if (wanted && !std::strcmp(wanted, k->name)) return *k;
    return *find_variants()[0];
}

// A thread's room for the clean-up stays for its next picture: fresh memory takes a fifth of the time.
void* keep_room(size_t size) {
    static constexpr auto free = [](void* at) { ::operator delete(at, std::align_val_t(64)); };
    static thread_local std::unique_ptr<void, decltype(free)> room(nullptr, free);
    static thread_local size_t kept = 0;
    if (size > kept) {
        room.reset(), kept = 0;
        room.reset(::operator new(size, std::align_val_t(64))), kept = size;
    }
    return room.get();
}

// Each way to read a picture: the digit, and how many marks beside it could have been read as well.
nb::list find_digits(Bytes picture, const std::optional<std::string>& variant) {
    const Kernels& kernels = variant ? find_variant(*variant) : choose_variant();
    constexpr size_t most = size_t(1) << 30;  // sides of the overview times its factor stay within an int
    require(picture.size() && picture.shape(0) <= most && picture.shape(1) <= most, "picture: expected uint8 (H, W), not empty");
    const int height = (int)picture.shape(0), width = (int)picture.shape(1);
    uint8_t digits[WAYS * STORED * STORED];
    int others[WAYS], count;
    {
        nb::gil_scoped_release release;
        const size_t size = kernels.measure_room(height, width);
        count = kernels.find_digits(picture.data(), height, width, keep_room(size), size, digits, others);
    }
    nb::list found;
    for (int i = 0; i < count; i++) {
        auto* digit = new uint8_t[STORED * STORED];
        nb::capsule owner(digit, [](void* at) noexcept { delete[] (uint8_t*)at; });
        std::memcpy(digit, digits + i * STORED * STORED, STORED * STORED);
        found.append(nb::make_tuple(Digit(digit, {STORED, STORED}, owner), others[i]));
    }
    return found;
}

}  // namespace

NB_MODULE(_native, m) {
    m.doc() = "The C++ kernels; lenet.engines.native is their interface.";
    m.def("variants", [] {
        std::vector<std::string> names;
        for (const Kernels* k : find_variants()) names.push_back(k->name);
        return names;
    }, "The variants that this processor can run, the fastest first.");
    m.def("lanes", [](const std::string& variant) {
        return find_variant(variant).lanes;
    }, "How many numbers a vector of this variant has.");
    m.def("measure_peak", [](const std::string& v) { return measure(v, false); }, nb::arg("variant"),
          "Floating-point operations a second of one thread, multiply-adds only.");
    m.def("measure_clock", [](const std::string& v) { return measure(v, true); }, nb::arg("variant"),
          "Clock cycles a second, from a chain of dependent additions.");
    m.def("measure_meeting", &measure_meeting, nb::call_guard<nb::gil_scoped_release>(),
          "Seconds that two threads need to meet: a cache line gets from core to core.");
    nb::class_<Distortion>(m, "Distortion", "How the images of an epoch are distorted.")
        .def("__init__", [](Distortion* at, double scale, double squeeze, double shear, double shift,
                            double elastic, double elastic_width, double rotation, uint64_t seed, uint32_t epoch, int plain) {
            for (double range : {scale, squeeze, shear, shift, elastic, elastic_width})
                require(std::abs(range) <= RANGE_AT_MOST, "distortion: expected ranges within +-1000");
            require(rotation >= 0 && rotation <= MOST_ROTATION, "distortion: expected a rotation of 0 to 45 degrees");
            require(elastic_width >= LEAST_WIDTH, "distortion: expected an elastic_width of 2 or more");
            new (at) Distortion{scale, squeeze, shear, shift, elastic, elastic_width, rotation, seed, epoch, plain};
        }, nb::arg("scale"), nb::arg("squeeze"), nb::arg("shear"), nb::arg("shift"), nb::arg("elastic"),
             nb::arg("elastic_width"), nb::arg("rotation"), nb::arg("seed"), nb::arg("epoch"), nb::arg("plain"));
    nb::class_<Loss>(m, "Loss", "What is minimized.")
        .def("__init__", [](Loss* at, int kind, float scale, float j) { new (at) Loss{kind, scale, j}; },
             nb::arg("kind"), nb::arg("scale"), nb::arg("j"));
    nb::class_<OwnedTask>(m, "Task", "What is learnt from.")
        .def("__init__", [](OwnedTask* at, Any images, Any targets, const Loss& loss, const Distortion* distortion) {
            check_images(images);
            const bool labels = targets.ndim() == 1 && targets.dtype() == nb::dtype<int32_t>();
            const bool probabilities = targets.ndim() == 2 && targets.dtype() == nb::dtype<float>();
            require((labels || probabilities) && targets.shape(0) == images.shape(0), "targets: expected int32 (N,) or float32 (N, classes)");
            new (at) OwnedTask{images, targets, loss, distortion ? std::optional<Distortion>(*distortion) : std::nullopt};
        }, nb::arg("images"), nb::arg("targets"), nb::arg("loss"), nb::arg("distortion").none() = nb::none());
    nb::class_<OwnedUpdate>(m, "Update", "The parameters that move, and how.")
        .def("__init__", [](OwnedUpdate* at, Floats weights, Floats velocity, std::optional<ConstFloats> scales, float momentum, float decay) {
            new (at) OwnedUpdate{weights, velocity, scales, momentum, decay};
        }, nb::arg("weights"), nb::arg("velocity"), nb::arg("scales").none(), nb::arg("momentum"), nb::arg("decay"));
    m.def("show", &show, nb::arg("variant"), nb::arg("images"), nb::arg("patterns"), nb::arg("distortion").none(), nb::arg("out"),
          "Some patterns as the network sees them.");
    m.def("find_digits", &find_digits, nb::arg("picture").noconvert(), nb::arg("variant").none() = nb::none(),
          "Each way to read a picture: the digit in MNIST's form, and how many other marks could have been read as well.");
    nb::class_<Program>(m, "Program", "One architecture, ready to run in one variant.")
        .def(nb::init<const std::string&, int, int, int, int, std::vector<int>, std::vector<int>, std::vector<int>, ConstFloats>(),
             nb::arg("variant"), nb::arg("activation"), nb::arg("pooling"), nb::arg("output"), nb::arg("classes"), nb::arg("first"),
             nb::arg("source"), nb::arg("offset"), nb::arg("codes"))
        .def("recognize", &Program::recognize)  // without names: a call is faster by half a microsecond
        .def("pass_field", &Program::pass_field, nb::arg("weights"), nb::arg("field"), nb::arg("penalties"), nb::arg("threads"))
        .def("trace", &Program::trace, nb::arg("weights"), nb::arg("images"), nb::arg("out"))
        .def("differentiate", &Program::differentiate, nb::arg("weights"), nb::arg("task"), nb::arg("second"), nb::arg("gradient"),
             nb::arg("threads"))
        .def("train", &Program::train, nb::arg("update"), nb::arg("task"), nb::arg("order"), nb::arg("rates"), nb::arg("losses"),
             nb::arg("threads"));
}
