// The kernels for Python: lenet._native. Shapes and ranges are checked in engines/native/engine.py, for the sake of its errors.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstdlib>
#include <cstring>
#include <memory>
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
using ConstFloatsOrNone = std::optional<ConstFloats>;
using Any = nb::ndarray<nb::c_contig, nb::ro, nb::device::cpu>;

std::vector<const Kernels*> find_variants() {
    std::vector<const Kernels*> found;
#if defined(LENET_HAS_AVX2)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) found.push_back(&lenet_avx2::KERNELS);
#endif
    found.push_back(&lenet_baseline::KERNELS);
    return found;
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

// Ctrl-C during a long call: Python's handlers run, and where one raises, the call ends early and raise_signal goes on with it.
bool has_signal() {
    nb::gil_scoped_acquire acquire;
    return PyErr_CheckSignals() != 0;
}

void raise_signal() {
    if (PyErr_Occurred()) throw nb::python_error();
}

// A network's description with the memory that it points to.
class Program {
public:
    Program(const std::string& variant, int activation, int pooling, int output, int classes, std::vector<int> first,
            std::vector<int> source, std::vector<int> offset, ConstFloats codes)
        : codes(codes.data(), codes.data() + codes.size()) {
        kernels = &find_variant(variant);
        network = {};
        network.activation = activation, network.pooling = pooling, network.output = output, network.classes = classes;
        std::copy(first.begin(), first.end(), network.first);
        std::copy(source.begin(), source.end(), network.source);
        std::copy(offset.begin(), offset.end(), network.offset);
        network.codes = this->codes.data();
    }
    Program(const Program&) = delete;

    void recognize(ConstFloats weights, Any images, Floats penalties, int threads) const {
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

    void trace(ConstFloats weights, Any images, std::vector<std::optional<Floats>> out) const {
        const Images source = read_images(images);
        float* to[14];
        for (int i = 0; i < 14; i++) to[i] = out.at(i) ? out[i]->data() : nullptr;
        const int count = (int)images.shape(0);
        const float* w = weights.data();
        nb::gil_scoped_release release;
        lenet::trace(*kernels, network, w, source, count, to);
    }

    void differentiate(ConstFloats weights, Any images, Any targets, int loss, float scale, float junk, bool second, Floats gradient, int threads) const {
        Task task = read_task(images, targets, {loss, scale, junk});
        const float* w = weights.data();
        float* g = gradient.data();
        nb::gil_scoped_release release;
        lenet::differentiate(*kernels, network, task, w, (int)images.shape(0), second, g, threads);
    }

    void train(Floats weights, Floats velocity, ConstFloatsOrNone scales, Any images, Any targets, nb::ndarray<const int32_t, nb::ndim<2>, nb::c_contig> order,
               ConstFloats rates, float momentum, float decay, int loss, float scale, float junk, Doubles losses, int threads,
               const Distortion* distortion) const {
        Task task = read_task(images, targets, {loss, scale, junk}, distortion);
        Update update = {0, momentum, decay, weights.data(), velocity.data(), scales ? scales->data() : nullptr};
        const int steps = (int)order.shape(0), batch = (int)order.shape(1);
        const int32_t* samples = order.data();
        const float* r = rates.data();
        double* out = losses.data();
        {
            nb::gil_scoped_release release;
            if (batch == 1) lenet::train_one_by_one(*kernels, network, task, update, samples, r, steps, out, threads, pace, has_signal);
            else lenet::train(*kernels, network, task, update, samples, r, steps, batch, out, threads, pace, has_signal);
        }
        raise_signal();
    }

private:
    static Task read_task(const Any& images, const Any& targets, Loss loss, const Distortion* distortion = nullptr) {
        Targets t = {nullptr, nullptr};
        if (targets.ndim() == 1) t.labels = (const int32_t*)targets.data();
        else t.shares = (const float*)targets.data();
        return {read_images(images, distortion), t, loss};
    }

    const Kernels* kernels;
    Network network;
    std::vector<float> codes;
    mutable Pace pace;  // of the one training that this program may belong to
};

// Floating-point operations (two a multiply-add) or clock cycles a second, the best of some short runs.
double measure(const std::string& variant, bool clock) {
    const Kernels& kernels = find_variant(variant);
    nb::gil_scoped_release release;
    return measure_rate(kernels, clock);
}

// Some patterns as the network sees them, (N, 32, 32).
void show(const std::string& variant, Any images, nb::ndarray<const int32_t, nb::ndim<1>, nb::c_contig> patterns, const Distortion* distortion, Floats out) {
    const Kernels& kernels = find_variant(variant);
    const Images source = read_images(images, distortion);
    for (size_t i = 0; i < patterns.shape(0); i++) kernels.show(&source, patterns.data()[i], out.data() + i * FIELD * FIELD);
}

}  // namespace

NB_MODULE(_native, m) {
    m.doc() = "The C++ kernels; lenet.engines.native.engine is their Python face.";
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
          "Seconds that two threads need to meet: a line of the cache gets from core to core.");
    nb::class_<Distortion>(m, "Distortion", "How the images of an epoch are distorted.")
        .def("__init__", [](Distortion* at, double scale, double squeeze, double shear, double shift,
                            double elastic, double elastic_width, uint64_t seed, uint32_t epoch, int plain) {
            new (at) Distortion{scale, squeeze, shear, shift, elastic, elastic_width, seed, epoch, plain};
        }, nb::arg("scale"), nb::arg("squeeze"), nb::arg("shear"), nb::arg("shift"), nb::arg("elastic"),
             nb::arg("elastic_width"), nb::arg("seed"), nb::arg("epoch"), nb::arg("plain"));
    m.def("show", &show, nb::arg("variant"), nb::arg("images"), nb::arg("patterns"), nb::arg("distortion").none(), nb::arg("out"),
          "Some patterns as the network sees them.");
    nb::class_<Program>(m, "Program", "One architecture, ready to run in one variant.")
        .def(nb::init<const std::string&, int, int, int, int, std::vector<int>, std::vector<int>, std::vector<int>, ConstFloats>(),
             nb::arg("variant"), nb::arg("activation"), nb::arg("pooling"), nb::arg("output"), nb::arg("classes"), nb::arg("first"),
             nb::arg("source"), nb::arg("offset"), nb::arg("codes"))
        .def("recognize", &Program::recognize)
        .def("trace", &Program::trace, nb::arg("weights"), nb::arg("images"), nb::arg("out"))
        .def("differentiate", &Program::differentiate)
        .def("train", &Program::train, nb::arg("weights"), nb::arg("velocity"), nb::arg("scales").none(), nb::arg("images"), nb::arg("targets"),
             nb::arg("order"), nb::arg("rates"), nb::arg("momentum"), nb::arg("decay"), nb::arg("loss"), nb::arg("scale"), nb::arg("junk"),
             nb::arg("losses"), nb::arg("threads"), nb::arg("distortion").none());
}
