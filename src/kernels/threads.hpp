// A team of threads that lives as long as one call, so that there are no threads when Python forks.
#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <system_error>
#include <thread>
#include <vector>
#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace lenet {

// Waiting: spin for a short while, then yield, then sleep. Otherwise waiting threads would take the time of a core that
// they share with another process.
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
            // longer and longer, so that a thread that is not needed for a while seldom wakes up
            std::this_thread::sleep_for(std::chrono::microseconds(std::min(300, 20 * (rounds - 1399))));
        }
    }
};

// Parallel loops. Each thread has its own range of the items, the same in every loop, so that what they read and write
// stays in the cache of its core. A thread that is done early takes single items from the ranges of the others. The caller
// never waits for a thread that has not begun an item.
class Team {
public:
    template <class Body> Team(int threads, Body body) : members(threads) {
        workers.reserve(threads);
        try {
            for (int t = 1; t < threads; t++)
                workers.emplace_back([this, t, body] {
                    Patience patience;
                    while (!over.load(std::memory_order_acquire)) {
                        if (take(t, [&](int item) { body(task, item, t); })) patience = {};
                        else patience.wait();
                    }
                });
        } catch (const std::system_error&) {
            // the system allows no more threads: those that there are take the items of the others
        }
    }
    ~Team() {
        over.store(true, std::memory_order_release);
        for (auto& worker : workers) worker.join();
    }
    // Call body(task, item, thread) for each of `items` items, on any thread.
    template <class Body> void run(int new_task, int items, Body body) {
        task = new_task;
        end += items;
        const int threads = (int)members.size();
        for (int t = 0; t < threads; t++) {
            members[t].first = items * t / threads;
            members[t].left.store(items * (t + 1) / threads - members[t].first, std::memory_order_release);
        }
        while (take(0, [&](int item) { body(new_task, item, 0); })) {}
        Patience patience;
        while (count_done() != end) patience.wait();
    }

private:
    // A thread's range and how many items it has done, in a cache line that the others seldom need.
    struct alignas(64) Member { std::atomic<int> left{0}; int first = 0; std::atomic<unsigned> done{0}; };

    template <class Run> bool take(int thread, Run run) {
        const int threads = (int)members.size();
        for (int other = 0; other < threads; other++) {
            Member& member = members[(thread + other) % threads];
            int n = member.left.load(std::memory_order_acquire);
            while (n > 0)
                if (member.left.compare_exchange_weak(n, n - 1, std::memory_order_acq_rel)) {
                    run(member.first + n - 1);
                    members[thread].done.fetch_add(1, std::memory_order_acq_rel);
                    return true;
                }
        }
        return false;
    }
    unsigned count_done() const {
        unsigned count = 0;
        for (auto& member : members) count += member.done.load(std::memory_order_acquire);
        return count;
    }

    std::vector<Member> members;
    std::vector<std::thread> workers;
    int task = 0;
    unsigned end = 0;  // how many items all will have done; it may wrap
    std::atomic<bool> over{false};
};

// A barrier for two threads. Each sets its own flag and waits for the other's, so that a meeting takes no longer than one
// cache line needs from core to core.
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

// Decides whether the next stretch of a loop runs on all threads or on one. Where another process uses a core, threads
// that wait for each other are slower than a single one. The team runs until two of its last three stretches took longer
// than one thread needs; then one thread runs, and the team is tried again after 8 ms, 16 ms, ... 0.5 s. A trial is
// several short stretches, since the other process may only be pausing. The results are the same either way. A Pace
// lives as long as a training, whose calls are short.
class Pace {
public:
    // How many threads for the next stretch: `threads` or 1.
    int choose(int threads) {
        if (threads == 1) return now = 1;
        // the second stretch, and one in 128, measures how long one thread takes
        if (together && !trying && (++stretch == 2 || stretch % 128 == 0)) return now = 1;
        if (!together && left <= 0) together = true, slow = 0, trying = TRIAL;
        return now = together ? threads : 1;
    }
    int shorten(int length) const { return trying ? std::max(1, length / 4) : length; }
    void measure(double seconds, int length) {
        const double cost = seconds / length;
        left -= seconds;
        if (now == 1) {
            alone = alone == 0 ? cost : 0.5 * (alone + cost);
            return;
        }
        slow = (slow << 1 | (alone != 0 && cost > alone)) & 7;
        const bool too_slow = trying ? slow & 1 : (slow & 1) + (slow >> 1 & 1) + (slow >> 2) >= 2;
        if (too_slow) together = false, left = wait, wait = std::min(2 * wait, LONGEST), fine = 0, trying = 0;
        else if (trying) trying--;
        else if (++fine == 64) wait = SHORTEST;
    }

private:
    static constexpr int TRIAL = 16;
    static constexpr double SHORTEST = 0.008, LONGEST = 0.5;
    int now = 1, stretch = 0, slow = 0, fine = 0, trying = 0;
    bool together = true;
    double alone = 0, wait = SHORTEST, left = 0;
};

}  // namespace lenet
