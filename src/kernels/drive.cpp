#include "drive.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace lenet {

namespace {

// Zeroed memory at a multiple of 64 bytes.
class Memory {
public:
    explicit Memory(size_t floats) : at((float*)::operator new(bytes(floats), std::align_val_t(64))) { std::memset(at, 0, bytes(floats)); }
    Memory(Memory&& other) noexcept : at(other.at) { other.at = nullptr; }
    Memory(const Memory&) = delete;
    ~Memory() { ::operator delete(at, std::align_val_t(64)); }
    operator float*() const { return at; }

private:
    static size_t bytes(size_t floats) { return (floats * sizeof(float) + 63) / 64 * 64; }
    float* at;
};

std::vector<Memory> reserve(int threads, size_t floats) {
    std::vector<Memory> all;
    for (int t = 0; t < threads; t++) all.emplace_back(floats);
    return all;
}

int count_blocks(int samples) { return (samples + BLOCK - 1) / BLOCK; }

using Clock = std::chrono::steady_clock;
double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Asks ten times a second whether to stop.
class Pulse {
public:
    explicit Pulse(Interrupted interrupted) : interrupted(interrupted) {}
    bool stops() {
        if (!interrupted || since(last) < 0.1) return false;
        last = Clock::now();
        return interrupted();
    }

private:
    Interrupted interrupted;
    Clock::time_point last = Clock::now();
};

enum { LEARN, FINISH };

// A batch goes in waves: learn the blocks of a wave, then finish the gradients of all its samples.
template <class Run> void step_through(const Kernels& kernels, Batch& b, const int32_t* order, int count, double* losses, Run run) {
    b.add = 0;
    for (int done = 0; done < count; done += WAVE) {
        b.order = order ? order + done : nullptr;
        b.count = std::min(WAVE, count - done);
        b.losses = losses + done;
        run(LEARN, count_blocks(b.count));
        b.total = done + b.count == count ? count : 0;
        run(FINISH, kernels.count_items(&b));
        b.add = 1;
    }
}

constexpr size_t KEPT = 32 * 1024;  // floats that a thread keeps between calls, to recognize single images

}  // namespace

void recognize(const Kernels& kernels, const Network& network, const float* weights, const Images& images, int count, float* penalties, int threads, Interrupted interrupted) {
    if (count <= ALONE_AT_MOST && kernels.single_floats <= KEPT) {
        static thread_local Memory work(KEPT);
        for (int i = 0; i < count; i++)
            kernels.recognize_one(&network, weights, &images, i, work, penalties + (size_t)i * network.classes);
        return;
    }
    const int blocks = count_blocks(count);
    threads = std::max(1, std::min(threads, blocks / 4));  // to start a thread takes as long as some blocks
    auto work = reserve(threads, kernels.block_floats);
    auto run = [&](int done, int block, int t) {
        const int first = (done + block) * BLOCK;
        kernels.recognize(&network, weights, &images, first, count - first, work[t], penalties + (size_t)first * network.classes);
    };
    constexpr int PORTION = 512;  // blocks between two questions whether to stop: 40 ms
    Team team(threads, run);
    Pulse pulse(interrupted);
    for (int done = 0; done < blocks && !pulse.stops(); done += PORTION) {
        team.run(done, std::min(PORTION, blocks - done), run);
    }
}

void pass_field(const Kernels& kernels, const Network& network, const float* weights, const Field& field, float* penalties, int threads, Interrupted interrupted) {
    constexpr int STRIDE = WINDOW * WINDOW;
    const int down = (field.height - FIELD) / STRIDE / kernels.tile_rows + 1, across = (field.width - FIELD) / STRIDE / kernels.tile_columns + 1;
    threads = std::max(1, (int)std::min<int64_t>(threads, (int64_t)down * across));
    auto work = reserve(threads, kernels.tile_floats);
    auto run = [&](int first, int item, int t) {
        const int64_t tile = (int64_t)first * across + item;
        kernels.pass(&network, weights, &field, (int)(tile / across) * kernels.tile_rows, (int)(tile % across) * kernels.tile_columns, work[t], penalties);
    };
    Team team(threads, run);
    Pulse pulse(interrupted);
    const int portion = std::max(1, 16 / across);  // rows of tiles between two questions whether to stop
    for (int done = 0; done < down && !pulse.stops(); done += portion) team.run(done, std::min(portion, down - done) * across, run);
}

void trace(const Kernels& kernels, const Network& network, const float* weights, const Images& images, int count, const Trace& out) {
    Memory work(kernels.block_floats);
    for (int first = 0; first < count; first += BLOCK) {
        Trace part;
        for (int i = 0; i < TRACED; i++) {
            const int units = i == PENALTIES ? network.classes : TRACED_UNITS[i];
            part.at[i] = out.at[i] ? out.at[i] + (size_t)first * units : nullptr;
        }
        kernels.trace(&network, weights, &images, first, count - first, work, &part);
    }
}

void differentiate(const Kernels& kernels, const Network& network, const Task& task, const float* weights, int count, bool second, float* gradient, int threads) {
    const int length = network.offset[ARRAYS];
    std::vector<int32_t> order(count);
    for (int i = 0; i < count; i++) order[i] = i;
    std::vector<double> losses(count);
    Memory squares(second ? length : 1), partial((size_t)WAVE / BLOCK * network.offset[C5_WEIGHT]), rows((size_t)WAVE * ROW);
    for (int i = 0; second && i < length; i++) squares[i] = weights[i] * weights[i];
    Batch b = {};
    b.network = &network, b.loss = task.loss, b.images = task.images, b.targets = task.targets;
    b.weights = weights, b.backward = second ? squares : weights, b.second = second;
    b.partial = partial, b.rows = rows, b.gradient = gradient;
    threads = std::max(1, std::min(threads, count_blocks(count)));
    auto work = reserve(threads, kernels.block_floats);
    auto run = [&](int kind, int item, int t) { kind == LEARN ? kernels.learn(&b, item, work[t]) : kernels.finish(&b, item); };
    Team team(threads, run);
    step_through(kernels, b, order.data(), count, losses.data(), [&](int kind, int items) { team.run(kind, items, run); });
}

int train(const Kernels& kernels, const Network& network, const Task& task, Update update, const int32_t* order, const float* rates, int steps, int batch, double* losses, int threads, Pace& pace, Interrupted interrupted) {
    const int rows_kept = std::min(WAVE, count_blocks(batch) * BLOCK);
    std::vector<double> each(batch);
    Memory partial((size_t)rows_kept / BLOCK * network.offset[C5_WEIGHT]), rows((size_t)rows_kept * ROW);
    Memory gradient(batch > WAVE ? network.offset[ARRAYS] : 1);
    Batch b = {};
    b.network = &network, b.loss = task.loss, b.images = task.images, b.targets = task.targets;
    b.weights = b.backward = update.weights;
    b.partial = partial, b.rows = rows, b.gradient = gradient, b.update = &update;
    threads = std::max(1, std::min(threads, count_blocks(batch)));
    auto work = reserve(threads, kernels.block_floats);
    auto run = [&](int kind, int item, int t) { kind == LEARN ? kernels.learn(&b, item, work[t]) : kernels.finish(&b, item); };
    Team team(threads, run);
    auto in_team = [&](int kind, int items) { team.run(kind, items, run); };
    auto alone = [&](int kind, int items) { for (int item = 0; item < items; item++) run(kind, item, 0); };
    Pulse pulse(interrupted);
    const int stretch = std::max(1, 512 / batch);  // steps, which take some milliseconds
    int done = 0;
    while (done < steps && !pulse.stops()) {
        const bool together = pace.choose(threads) > 1;
        const auto start = Clock::now();
        const int first = done, last = std::min(steps, first + pace.shorten(stretch));
        for (; done < last; done++) {
            update.rate = rates[done];
            if (together) step_through(kernels, b, order + (size_t)done * batch, batch, each.data(), in_team);
            else step_through(kernels, b, order + (size_t)done * batch, batch, each.data(), alone);
            losses[done] = 0;
            for (double loss : each) losses[done] += loss;
            losses[done] /= batch;
        }
        pace.measure(since(start), done - first);
    }
    return done;
}

int train_one_by_one(const Kernels& kernels, const Network& network, const Task& task, Update update, const int32_t* order, const float* rates, int steps, double* losses, int threads, Pace& pace, Interrupted interrupted) {
    constexpr int STRETCH = 64;
    threads = std::min(threads, 2);
    Memory work(kernels.online_floats);
    auto own = reserve(2, kernels.own_floats);
    Batch batch[2];  // one for each thread, because both write the rate
    Update updates[2] = {update, update};
    for (int t = 0; t < 2; t++) {
        Batch b = {};
        b.network = &network, b.loss = task.loss, b.images = task.images, b.targets = task.targets;
        b.order = order, b.count = steps, b.weights = b.backward = update.weights, b.losses = losses, b.total = 1, b.update = &updates[t];
        batch[t] = b;
    }
    Barrier barrier;
    auto run = [&](int first, int last, int t, int together) {
        for (int s = first; s < last; s++) {
            updates[t].rate = rates[s];
            for (int phase = 0; phase < PHASES; phase++) {
                kernels.learn_one(&batch[t], s, phase, t, together, work, own[t]);
                if (together == 2 && phase < PHASES - 1) barrier.meet(t);
            }
        }
    };
    std::atomic<int> begun{0}, ended{0};
    int first = 0, last = 0;
    auto serve = [&] {
        for (int turn = 1;; turn++) {
            Patience patience;
            while (begun.load(std::memory_order_acquire) < turn) patience.wait();
            if (first < 0) return;
            run(first, last, 1, 2);
            ended.store(turn, std::memory_order_release);
        }
    };
    std::thread second;
    try {
        if (threads > 1) second = std::thread(serve);
    } catch (const std::system_error&) {
        threads = 1;  // the system allows no more
    }
    int turn = 0, done = 0;
    Pulse pulse(interrupted);
    kernels.begin_one(&batch[0], work);
    for (; done < steps && !pulse.stops(); done = last) {
        const int together = pace.choose(threads);
        const auto start = Clock::now();
        first = done, last = std::min(steps, done + pace.shorten(STRETCH));
        if (together == 2) begun.store(++turn, std::memory_order_release);
        run(first, last, 0, together);
        Patience patience;
        while (together == 2 && ended.load(std::memory_order_acquire) < turn) patience.wait();
        pace.measure(since(start), last - first);
    }
    kernels.end_one(&batch[0], work);
    if (threads > 1) {
        first = -1;
        begun.store(turn + 1, std::memory_order_release);
        second.join();
    }
    return done;
}

double measure_rate(const Kernels& kernels, bool clock) {
    double best = 0;
    for (int run = 0; run < 12; run++) {
        const auto start = Clock::now();
        const double done = clock ? kernels.measure_clock(20'000'000) : 2 * kernels.measure_peak(3'000'000);
        best = std::max(best, done / since(start));
    }
    return best;
}

double measure_meeting() {
    constexpr int RUNS = 101, MEETINGS = 200;
    Barrier barrier;
    double seconds[RUNS];
    auto run = [&](int t) {
        for (int r = 0; r < RUNS; r++) {
            const auto start = Clock::now();
            for (int i = 0; i < MEETINGS; i++) barrier.meet(t);
            if (t == 0) seconds[r] = since(start) / MEETINGS;
        }
    };
    std::thread second(run, 1);
    run(0);
    second.join();
    std::nth_element(seconds, seconds + RUNS / 2, seconds + RUNS);
    return seconds[RUNS / 2];
}

}  // namespace lenet
