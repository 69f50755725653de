// Whole calls made of kernels: memory, waves of blocks, threads. Plain C++17, so that a test program can use it, too.
#pragma once
#include "kernels.hpp"
#include "threads.hpp"

namespace lenet {

// Asked about ten times a second by long calls: true ends them early. May be null.
using Interrupted = bool (*)();

struct Task {
    Images images;
    Targets targets;
    Loss loss;
};

void recognize(const Kernels&, const Network&, const float* weights, const Images&, int count, float* penalties, int threads, Interrupted = nullptr);
// `out`: the arrays of Trace in their order.
void trace(const Kernels&, const Network&, const float* weights, const Images&, int count, float* const (&out)[14]);
// The mean gradient, or with `second` the mean curvature.
void differentiate(const Kernels&, const Network&, const Task&, const float* weights, int count, bool second, float* gradient, int threads);
// Steps of `batch` samples; losses (steps,). Returns how many steps were made: fewer than all where it was interrupted.
int train(const Kernels&, const Network&, const Task&, Update, const int32_t* order, const float* rates, int steps, int batch, double* losses, int threads, Pace&, Interrupted = nullptr);
int train_one_by_one(const Kernels&, const Network&, const Task&, Update, const int32_t* order, const float* rates, int steps, double* losses, int threads, Pace&, Interrupted = nullptr);
double measure_rate(const Kernels&, bool clock);
// Seconds in which a line of the cache gets from one thread's core to another's, the median of some runs.
double measure_meeting();

}  // namespace lenet
