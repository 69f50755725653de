// A team of threads for one call: started by it and gone with it, so that forks and other Python threads meet nothing.
#pragma once
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>
#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace lenet {

// Waiting: spin while it will not be long, then let others have the core, then sleep. A core that is shared with
// another process would otherwise be burnt by the waiting half of the team.
struct Patience {
    int rounds = 0;
    void wait() {
        if (++rounds < 1000) {
#if defined(__x86_64__) || defined(_M_X64)
            _mm_pause();
#elif defined(__aarch64__)
            __asm__ volatile("yield");
#endif
        } else if (rounds < 1400) {
            std::this_thread::yield();
        } else {
            std::this_thread::sleep_for(std::chrono::microseconds(50));
        }
    }
};

// Loops shared out item by item to whoever is free. The caller never waits for a thread that has not begun an item.
class Team {
public:
    template <class Body> Team(int threads, Body body) {
        for (int t = 1; t < threads; t++)
            workers.emplace_back([this, t, body] {
                Patience patience;
                while (!over.load(std::memory_order_acquire)) {
                    if (take([&](int item) { body(task, item, t); })) patience = {};
                    else patience.wait();
                }
            });
    }
    ~Team() {
        over.store(true, std::memory_order_release);
        for (auto& worker : workers) worker.join();
    }
    // Run `items` items of a task: body(task, item, thread) for each, on any thread.
    template <class Body> void share(int new_task, int items, Body body) {
        task = new_task;
        done.store(0, std::memory_order_relaxed);
        left.store(items, std::memory_order_release);
        while (take([&](int item) { body(new_task, item, 0); })) {}
        Patience patience;
        while (done.load(std::memory_order_acquire) < items) patience.wait();
    }

private:
    template <class Run> bool take(Run run) {
        int n = left.load(std::memory_order_acquire);
        while (n > 0)
            if (left.compare_exchange_weak(n, n - 1, std::memory_order_acq_rel)) {
                run(n - 1);
                done.fetch_add(1, std::memory_order_acq_rel);
                return true;
            }
        return false;
    }

    std::vector<std::thread> workers;
    int task = 0;
    alignas(64) std::atomic<int> left{0};
    alignas(64) std::atomic<int> done{0};
    std::atomic<bool> over{false};
};

// Two threads in step: each raises its own flag and waits for the other's, so that a meeting takes the time in which
// one line of the cache gets across.
class Barrier {
public:
    void meet(int t) {
        const int turn = flags[t].turn.load(std::memory_order_relaxed) + 1;
        flags[t].turn.store(turn, std::memory_order_release);
        Patience patience;
        while (flags[1 - t].turn.load(std::memory_order_acquire) - turn < 0) patience.wait();
    }

private:
    struct alignas(128) Flag { std::atomic<int> turn{0}; };
    Flag flags[2];
};

// One thread or two for the next stretch of a loop in lockstep? Whichever was faster lately: where another process
// holds one of the cores, two in step are slower than one alone. Results are the same either way.
class Pace {
public:
    explicit Pace(int threads) : most(threads < 2 ? 1 : 2) {}
    int choose() {
        stretch++;
        if (most == 1) return current = 1;
        if (cost[0] == 0 || cost[1] == 0) return current = cost[1] == 0 ? 2 : 1;
        current = cost[1] <= cost[0] ? 2 : 1;
        if (stretch % 64 == 0) current = 3 - current;  // look again
        return current;
    }
    void measure(double seconds) {
        double& c = cost[current - 1];
        c = c == 0 ? seconds : 0.7 * c + 0.3 * seconds;
    }

private:
    int most, current = 1, stretch = 0;
    double cost[2] = {0, 0};
};

}  // namespace lenet
