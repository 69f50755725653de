// Whole calls made of kernels: memory, waves of blocks, threads. Plain C++17, so that a test program can use it, too.
#pragma once
#include "kernels.hpp"
#include "threads.hpp"

namespace lenet {

struct Task {
    Images images;
    Targets targets;
    Loss loss;
};

void recognize(const Kernels&, const Network&, const float* weights, const Images&, int count, float* penalties, int threads);
// `out`: the arrays of Trace in their order.
void trace(const Kernels&, const Network&, const float* weights, const Images&, int count, float* const (&out)[14]);
// The mean gradient, or with `second` the mean curvature.
void differentiate(const Kernels&, const Network&, const Task&, const float* weights, int count, bool second, float* gradient, int threads);
// Steps of `batch` samples; losses (steps,).
void train(const Kernels&, const Network&, const Task&, Update, const int32_t* order, const float* rates, int steps, int batch, double* losses, int threads);
void train_one_by_one(const Kernels&, const Network&, const Task&, Update, const int32_t* order, const float* rates, int steps, double* losses, int threads);
double measure_rate(const Kernels&, bool clock);

}  // namespace lenet
