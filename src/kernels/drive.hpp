// Whole calls, made of kernels: memory, waves of blocks, threads. Plain C++17, without Python, for test programs.
#pragma once
#include "kernels.hpp"
#include "threads.hpp"

namespace lenet {

// Long calls ask it about ten times a second; they end early when it returns true. May be null.
using Interrupted = bool (*)();

struct Task {
    Images images;
    Targets targets;
    Loss loss;
};

void recognize(const Kernels&, const Network&, const float* weights, const Images&, int count, float* penalties, int threads, Interrupted = nullptr);
// The network at every place of a field: (places down, places across, classes), places 4 pixels apart.
void pass_field(const Kernels&, const Network&, const float* weights, const Field&, float* penalties, int threads, Interrupted = nullptr);
// `out`: (count, units) arrays; null for sums that are not wanted.
void trace(const Kernels&, const Network&, const float* weights, const Images&, int count, const Trace& out);
// The mean gradient, or with `second` the mean curvature.
void differentiate(const Kernels&, const Network&, const Task&, const float* weights, int count, bool second, float* gradient, int threads);
// Steps of `batch` samples by order (steps, batch); losses (steps,). Returns how many steps were made: fewer than all if
// it was interrupted.
int train(const Kernels&, const Network&, const Task&, Update, const int32_t* order, const float* rates, int steps, int batch, double* losses, int threads, Pace&, Interrupted = nullptr);
int train_one_by_one(const Kernels&, const Network&, const Task&, Update, const int32_t* order, const float* rates, int steps, double* losses, int threads, Pace&, Interrupted = nullptr);
double measure_rate(const Kernels&, bool clock);
// The seconds that a cache line needs from the core of one thread to that of another, the median of some runs.
double measure_meeting();

}  // namespace lenet
