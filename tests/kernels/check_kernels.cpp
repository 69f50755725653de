// Every kernel of every variant on random data, without Python: for AddressSanitizer and UBSan, and to see that
// threads change no bit. Exits with 1 where something is wrong.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>

#include "drive.hpp"

namespace lenet_baseline { extern const lenet::Kernels KERNELS; }
#if defined(LENET_HAS_AVX2)
namespace lenet_avx2 { extern const lenet::Kernels KERNELS; }
#endif

using namespace lenet;

namespace {

int failures = 0;

void expect(bool fine, const std::string& what) {
    if (!fine) std::printf("failed: %s\n", what.c_str()), failures++;
}

struct Buffer {  // exactly as long as needed, so that one number too many is seen
    explicit Buffer(size_t n) : at((float*)::operator new(n * sizeof(float), std::align_val_t(64))), size(n) { std::memset(at, 0, n * sizeof(float)); }
    ~Buffer() { ::operator delete(at, std::align_val_t(64)); }
    Buffer(const Buffer&) = delete;
    float* at;
    size_t size;
};

Network describe(int activation, int pooling, bool full, int output, int classes, const float* codes) {
    Network n = {};
    n.activation = activation, n.pooling = pooling, n.output = output, n.classes = classes, n.codes = codes;
    int kernels = 0;
    for (int m = 0; m < C3_MAPS; m++) {
        n.first[m] = kernels;
        // any table will do in which a map of S2 feeds an even number of maps
        for (int i = 0; i < C1_MAPS; i++) if (full || (m / 2 + i) % 2 == 0) n.source[kernels++] = i;
    }
    n.first[C3_MAPS] = kernels;
    const bool trained = pooling == TRAINABLE, linear = output == LINEAR;
    const int sizes[ARRAYS] = {C1_MAPS * TAPS, C1_MAPS, trained * C1_MAPS, trained * C1_MAPS, kernels * TAPS, C3_MAPS,
                               trained * C3_MAPS, trained * C3_MAPS, C5_UNITS * S4_UNITS, C5_UNITS, F6_UNITS * C5_UNITS, F6_UNITS,
                               linear * classes * F6_UNITS, linear * classes};
    for (int i = 0; i < ARRAYS; i++) n.offset[i + 1] = n.offset[i] + (sizes[i] + 15) / 16 * 16;
    return n;
}

// A field that fits exactly into its buffer, less and more than a tile in both directions.
void check_field(const Kernels& kernels, const Network& n, const float* weights, std::mt19937& random, const std::string& name) {
    for (int height : {FIELD, FIELD + 4 * kernels.tile_rows})
        for (int width : {FIELD, FIELD + 4 * 17, FIELD + 4 * kernels.tile_columns}) {
            std::vector<uint8_t> stored((size_t)(height - 2 * BORDER) * (width - 2 * BORDER));
            for (auto& pixel : stored) pixel = (uint8_t)random();
            Buffer seen((size_t)height * width);
            for (size_t i = 0; i < seen.size; i++) seen.at[i] = (float)(random() % 100) * 0.01f;
            const size_t places = (size_t)((height - FIELD) / 4 + 1) * ((width - FIELD) / 4 + 1);
            for (const Field& field : {Field{stored.data(), nullptr, height, width}, Field{nullptr, seen.at, height, width}}) {
                Buffer one(places * n.classes), three(places * n.classes);
                pass_field(kernels, n, weights, field, one.at, 1);
                pass_field(kernels, n, weights, field, three.at, 3);
                expect(!std::memcmp(one.at, three.at, one.size * sizeof(float)), name + " field on 3 threads");
                for (size_t i = 0; i < one.size; i++) expect(std::isfinite(one.at[i]), name + " field");
            }
        }
}

void check(const Kernels& kernels, int activation, int pooling, bool full, int output, int classes) {
    const std::string name = std::string(kernels.name) + " " + std::to_string(activation) + std::to_string(pooling) + std::to_string(output);
    std::mt19937 random(1);
    std::uniform_real_distribution<float> even(-0.1f, 0.1f);
    Buffer codes(output == RBF ? classes * F6_UNITS : 1);
    for (size_t i = 0; i < codes.size; i++) codes.at[i] = random() % 2 ? 1.0f : -1.0f;
    const Network n = describe(activation, pooling, full, output, classes, codes.at);
    const size_t length = n.offset[ARRAYS];
    Buffer start(length), scales(length);
    for (size_t i = 0; i < length; i++) start.at[i] = even(random), scales.at[i] = 1 + even(random);
    const int count = 37;
    std::vector<uint8_t> stored((size_t)count * STORED * STORED);
    for (auto& pixel : stored) pixel = (uint8_t)random();
    Buffer seen((size_t)count * FIELD * FIELD);
    for (size_t i = 0; i < seen.size; i++) seen.at[i] = even(random);
    std::vector<int32_t> labels(count), order(2 * count);
    for (auto& label : labels) label = random() % classes;
    for (auto& index : order) index = random() % count;
    std::vector<int32_t> patterns(order);
    for (auto& pattern : patterns) pattern += random() % 3 * count;
    std::vector<float> rates(order.size(), 1e-3f);

    check_field(kernels, n, start.at, random, name);
    const Distortion wild = {0.9, 0.9, 2, 16, 0, 4, 45, 1, 2, 20}, bent = {0.3, 0.3, 0.5, 4, 16, 2, 0, 1, 2, 20};
    for (const Images& images : {Images{stored.data(), nullptr, count, nullptr}, Images{nullptr, seen.at, count, nullptr},
                                 Images{stored.data(), nullptr, count, &wild}, Images{nullptr, seen.at, count, &bent}}) {
        for (int many : {1, 8, 16, 37}) {
            Buffer penalties((size_t)many * classes);
            recognize(kernels, n, start.at, images, many, penalties.at, 2);
            for (size_t i = 0; i < penalties.size; i++) expect(std::isfinite(penalties.at[i]), name + " penalties");
        }
        std::vector<Buffer*> traced;
        Trace out;
        for (int i = 0; i < TRACED; i++) {
            const bool wanted = pooling == TRAINABLE || (i != S2_SUM && i != S4_SUM);
            traced.push_back(new Buffer((size_t)count * (i == PENALTIES ? classes : TRACED_UNITS[i])));
            out.at[i] = wanted ? traced[i]->at : nullptr;
        }
        trace(kernels, n, start.at, images, count, out);
        for (Buffer* b : traced) delete b;
        for (int kind : {CROSS_ENTROPY, MSE, MAP}) {
            const Task task = {images, {labels.data(), nullptr}, {kind, 0.1f, 0.1f}};
            for (bool second : {false, true}) {
                Buffer g(length);
                differentiate(kernels, n, task, start.at, count, second, g.at, 2);
                for (size_t i = 0; i < length; i++) expect(std::isfinite(g.at[i]), name + " gradient");
            }
            for (int batch : {1, 2, 20, 37}) {
                const int steps = batch == 1 ? 5 : (int)order.size() / batch;
                Buffer one(length), two(length);
                Pace pace;
                for (int threads : {1, 3}) {
                    Buffer& w = threads == 1 ? one : two;
                    Buffer v(length);
                    std::memcpy(w.at, start.at, length * sizeof(float));
                    std::vector<double> losses(steps);
                    Update update = {0, 0.9f, 1e-4f, w.at, v.at, batch == 37 ? nullptr : scales.at};
                    const int32_t* which = images.distortion ? patterns.data() : order.data();
                    if (batch == 1) train_one_by_one(kernels, n, task, update, which, rates.data(), steps, losses.data(), threads, pace);
                    else train(kernels, n, task, update, which, rates.data(), steps, batch, losses.data(), threads, pace);
                }
                expect(!std::memcmp(one.at, two.at, length * sizeof(float)), name + " threads, batch " + std::to_string(batch));
            }
        }
    }
}

// Pictures of every kind and many sizes: blank, noise, as many marks as there can be, dots of a dither, lines, a sheet on a
// table; each with a stroke or without one.
std::vector<uint8_t> draw(int kind, int height, int width, std::mt19937& random) {
    std::vector<uint8_t> picture((size_t)height * width);
    const bool stroke = random() % 3;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const int grain = (int)(random() % 7), middle = width / 2 + (height / 2 - y) / 5;
            int v = 225 + grain;
            if (kind == 0) v = 255;
            if (kind == 1) v = (int)(random() % 256);
            if (kind == 2) v = y % 2 || x % 2 ? 230 : 20;
            if (kind == 3) v = (int)(random() % 100) < 10 + 30 * x / width ? 0 : 255;
            if (kind == 4 && (y % 40 < 2 || x % 55 < 2)) v = 60;
            if (kind == 5 && (y < height / 6 || x < width / 5 || y >= height - height / 7)) v = 40 + grain;
            const bool on = y > height / 4 && y < height - height / 4 && std::abs(x - middle) <= width / 20;
            picture[(size_t)y * width + x] = (uint8_t)(stroke && on ? v / 4 : v);
        }
    if (random() % 2) for (uint8_t& v : picture) v = (uint8_t)~v;
    return picture;
}

// The clean-up stays within its room, and all variants give the same bytes.
void check_clean_up(const std::vector<const Kernels*>& all) {
    const int sides[] = {1, 2, 3, 7, 28, 31, 32, 65, 97, 199, 330, 700};
    std::mt19937 random(2);
    for (int kind = 0; kind < 6; kind++)
        for (int height : sides) {
            const int width = sides[random() % 12];
            const std::vector<uint8_t> picture = draw(kind, height, width, random);
            std::vector<uint8_t> found[4];
            for (size_t k = 0; k < all.size(); k++) {
                const size_t size = all[k]->measure_room(height, width);
                Buffer room(size / sizeof(float));
                int others[WAYS] = {0, 0};
                found[k].resize(WAYS * STORED * STORED);
                const int ways = all[k]->find_digits(picture.data(), height, width, room.at, size, found[k].data(), others);
                expect(ways == 1 || ways == 2, "a picture is read in one or two ways");
                expect(all[k]->find_digits(picture.data(), height, width, room.at, size - 1, found[k].data(), others) == 0, "a small room is refused");
                found[k].resize((size_t)ways * STORED * STORED), found[k].push_back((uint8_t)others[0]), found[k].push_back((uint8_t)others[ways - 1]);
                expect(found[k] == found[0], std::string(all[k]->name) + " clean-up of kind " + std::to_string(kind) + ", " + std::to_string(height) + " x " + std::to_string(width));
                const size_t drawing = all[k]->measure_drawing(height, width);
                Buffer board(drawing / sizeof(float));
                uint8_t digit[STORED * STORED];
                all[k]->normalize_ink(picture.data(), height, width, board.at, drawing, digit);
            }
        }
}

// Which share of the last 10 of 20 seconds the team worked, where it makes a stretch in 2 ms before and in `cost` then,
// and one thread in 3.
double share_together(double before, double cost) {
    Pace pace;
    double time = 0, together = 0;
    while (time < 20) {
        const bool team = pace.choose(2) > 1;
        const int length = pace.shorten(64);
        const double seconds = (!team ? 0.003 : time < 10 ? before : cost) * length / 64;
        pace.measure(seconds, length);
        if (time >= 10 && team) together += seconds;
        time += seconds;
    }
    return together / 10;
}

void check_pace() {
    expect(share_together(0.002, 0.002) > 0.98, "a team that is faster works");
    expect(share_together(0.008, 0.008) < 0.02, "a team that is slower does not");
    expect(share_together(0.002, 0.008) < 0.02, "a team that becomes slower is left");
    expect(share_together(0.008, 0.002) > 0.9, "a team that becomes faster is found again");
}

}  // namespace

int main() {
    check_pace();
    std::vector<const Kernels*> all = {&lenet_baseline::KERNELS};
#if defined(LENET_HAS_AVX2)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) all.push_back(&lenet_avx2::KERNELS);
#endif
    check_clean_up(all);
    for (const Kernels* kernels : all) {
        check(*kernels, TANH, TRAINABLE, false, RBF, 10);
        check(*kernels, LOGISTIC, AVERAGE, false, LINEAR, 128);
        check(*kernels, RELU, MAX, true, LINEAR, 10);
        std::printf("%s: %s\n", kernels->name, failures ? "failed" : "all well");
    }
    return failures != 0;
}
