// The kernels against numbers of the engine `reference`, without Python, so that an emulator can run it:
// check_values FILE, which tests/kernels/test_values.py writes. Exits with 1 where a number is too far off.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "drive.hpp"

#define QUOTE_(x) #x
#define QUOTE(x) QUOTE_(x)

namespace LENET_VARIANT { extern const lenet::Kernels KERNELS; }

using namespace lenet;

namespace {

FILE* file;
int failures = 0;

template <class T> std::vector<T> read(size_t count) {
    std::vector<T> all(count);
    if (std::fread(all.data(), sizeof(T), count, file) != count) std::printf("the file is too short\n"), std::exit(1);
    return all;
}

struct Buffer {  // at a multiple of 64 bytes
    explicit Buffer(size_t n) : at((float*)::operator new(n * sizeof(float), std::align_val_t(64))) { std::memset(at, 0, n * sizeof(float)); }
    explicit Buffer(const std::vector<float>& from) : Buffer(from.size()) { std::copy(from.begin(), from.end(), at); }
    Buffer(const Buffer&) = delete;
    ~Buffer() { ::operator delete(at, std::align_val_t(64)); }
    float* at;
};

// The farthest of some numbers from what is expected, as a share of the largest one that is (from `start`, if given).
void compare(const char* what, const float* found, const std::vector<float>& expected, const float* start, int from, int to, double share, double more) {
    double most = 0, far = 0;
    for (int i = from; i < to; i++) {
        most = std::max(most, std::fabs((double)expected[i] - (start ? start[i] : 0)));
        const double gap = std::fabs((double)found[i] - expected[i]);
        far = gap <= far ? far : gap;  // NaN counts
    }
    if (!(far <= share * most + more)) std::printf("%s %s, numbers %d to %d: off by %g of %g\n", QUOTE(LENET_VARIANT), what, from, to - 1, far, most), failures++;
}

}  // namespace

int main(int, char** arguments) {
    const Kernels& kernels = LENET_VARIANT::KERNELS;
    file = std::fopen(arguments[1], "rb");
    if (!file) return std::printf("no file\n"), 1;
    const int networks = read<int32_t>(1)[0];
    for (int network = 0; network < networks; network++) {
        const auto head = read<int32_t>(5);
        Network n = {};
        n.activation = head[0], n.pooling = head[1], n.output = head[2], n.classes = head[3];
        const int count = head[4];
        const auto first = read<int32_t>(C3_MAPS + 1), source = read<int32_t>(C3_MAPS * C1_MAPS), offset = read<int32_t>(ARRAYS + 1);
        std::copy(first.begin(), first.end(), n.first);
        std::copy(source.begin(), source.end(), n.source);
        std::copy(offset.begin(), offset.end(), n.offset);
        const auto codes = read<float>(n.classes * F6_UNITS);
        n.codes = codes.data();
        const int length = n.offset[ARRAYS];
        const Buffer start(read<float>(length));
        const auto images = read<uint8_t>((size_t)count * STORED * STORED);
        const auto labels = read<int32_t>(count);
        const float scale = read<float>(1)[0];
        const auto penalties = read<float>((size_t)count * n.classes);
        const auto gradient = read<float>(length), curvature = read<float>(length), one_by_one = read<float>(length), batches = read<float>(length);
        const Task task = {{images.data(), nullptr, count, nullptr}, {labels.data(), nullptr}, {CROSS_ENTROPY, scale, 1}};

        Buffer together((size_t)count * n.classes), alone((size_t)count * n.classes), g(length), h(length);
        recognize(kernels, n, start.at, task.images, count, together.at, 2);
        compare("penalties", together.at, penalties, nullptr, 0, count * n.classes, 1e-5, 0);
        for (int i = 0; i < count; i++) {
            const Images image = {images.data() + (size_t)i * STORED * STORED, nullptr, 1, nullptr};
            recognize(kernels, n, start.at, image, 1, alone.at + i * n.classes, 1);
        }
        compare("penalties, one image at a time", alone.at, penalties, nullptr, 0, count * n.classes, 1e-5, 0);
        differentiate(kernels, n, task, start.at, count, false, g.at, 2);
        differentiate(kernels, n, task, start.at, count, true, h.at, 2);
        std::vector<int32_t> order(count);
        for (int i = 0; i < count; i++) order[i] = i;
        std::vector<float> rates(count, 1e-3f);
        std::vector<double> losses(count);
        Buffer w1(length), v1(length), w2(length), v2(length);
        std::memcpy(w1.at, start.at, length * sizeof(float)), std::memcpy(w2.at, start.at, length * sizeof(float));
        Pace pace;
        train_one_by_one(kernels, n, task, {0, 0.9f, 0, w1.at, v1.at, nullptr}, order.data(), rates.data(), count, losses.data(), 2, pace);
        train(kernels, n, task, {0, 0.9f, 0, w2.at, v2.at, nullptr}, order.data(), rates.data(), count / 4, 4, losses.data(), 2, pace);
        for (int a = 0; a < ARRAYS; a++) {
            const int from = n.offset[a], to = n.offset[a + 1];
            if (from == to) continue;
            compare("gradient", g.at, gradient, nullptr, from, to, 1e-4, 0);
            compare("curvature", h.at, curvature, nullptr, from, to, 1e-4, 0);
            compare("one sample an update", w1.at, one_by_one, start.at, from, to, 1e-3, 2e-6);
            compare("four samples an update", w2.at, batches, start.at, from, to, 1e-3, 2e-6);
        }
    }
    std::printf("%s: %d lanes, %d networks, %s\n", QUOTE(LENET_VARIANT), kernels.lanes, networks, failures ? "failed" : "all well");
    return failures != 0;
}
