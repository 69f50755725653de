// The kernels, compiled once for each variant: LENET_VARIANT names it, the compiler's flags choose the instructions.
#include "kernels.hpp"
#include "room_bytes.hpp"
#if defined(LENET_AVX2)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

#define INLINE static inline __attribute__((always_inline))
// Compiled once instead of being inlined into each of the nine combinations of activation and pooling.
#define SHARED static __attribute__((noinline))
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif
// Makes the compiler load values again instead of keeping them: with all registers in use it would spill them.
#define RELOAD __asm__ volatile("" ::: "memory")
#define QUOTE_(x) #x
#define QUOTE(x) QUOTE_(x)

// A namespace for each variant, so that the linker cannot take one for another.
namespace LENET_VARIANT {
using namespace lenet;

template <int N> struct Is { static constexpr int value = N; };

// Lengths rounded up to 16 numbers, a cache line.
static constexpr int pad(int count) { return (count + 15) / 16 * 16; }

#if defined(LENET_AVX2)
#include "vec_avx2-inl.hpp"
#elif defined(__wasm_simd128__)
#include "vec_wasm-inl.hpp"
#else
#include "vec_portable-inl.hpp"
#endif
#include "math-inl.hpp"
#include "philox-inl.hpp"
#include "distort-inl.hpp"
#include "input-inl.hpp"
#include "convolution-inl.hpp"
#include "subsampling-inl.hpp"
#include "full-inl.hpp"
#include "output-inl.hpp"
#include "block-inl.hpp"
#include "update-inl.hpp"
#include "single-inl.hpp"
#include "c3_maps-inl.hpp"
#include "online-inl.hpp"
#if !defined(LENET_SMALL)
#include "field-inl.hpp"
#endif

// The clean-up of pictures: C99, too, and so with short names of its own.
namespace cleanup {
#include "room-inl.hpp"
#include "filters-inl.hpp"
#include "blur-inl.hpp"
#include "regions-inl.hpp"
#include "marks-inl.hpp"
#include "page-inl.hpp"
#include "light-inl.hpp"
#include "paper-inl.hpp"
#include "rules-inl.hpp"
#include "resample-inl.hpp"
#include "geometry-inl.hpp"
#include "strokes-inl.hpp"
#include "normalize-inl.hpp"
#include "drawing-inl.hpp"
}

// Calls `run` with the network's activation and pooling as constants.
template <class Run> static void specialize(const Network& n, Run run) {
    auto pooled = [&](auto a) {
        if (n.pooling == TRAINABLE) run(a, Is<TRAINABLE>{});
        else if (n.pooling == AVERAGE) run(a, Is<AVERAGE>{});
        else run(a, Is<MAX>{});
    };
#if defined(LENET_SMALL)
    choose_activation(n.activation), pooled(Is<ANY>{});
#else
    if (n.activation == TANH) pooled(Is<TANH>{});
    else if (n.activation == LOGISTIC) pooled(Is<LOGISTIC>{});
    else pooled(Is<RELU>{});
#endif
}

static void recognize(const Network* n, const float* weights, const Images* images, int first, int count, float* at, float* penalties) {
    Work k(at);
    int32_t samples[BLOCK];
    const int live = gather_samples(nullptr, first, count, samples);
    specialize(*n, [&](auto a, auto p) { forward<a.value, p.value>(*n, weights, *images, samples, live, k, nullptr); });
    for (int p = 0; p < PARTS; p++) copy_rows(k.y + p * LANES, n->classes, BLOCK, p * LANES, live, penalties);
}

static void trace(const Network* n, const float* weights, const Images* images, int first, int count, float* at, const Trace* t) {
    Work k(at);
    int32_t samples[BLOCK];
    const int live = gather_samples(nullptr, first, count, samples);
    specialize(*n, [&](auto a, auto p) { forward<a.value, p.value>(*n, weights, *images, samples, live, k, t); });
    for (int p = 0; p < PARTS; p++) {
        const int first_row = p * LANES;
        copy_rows(k.field[p], FIELD * FIELD, LANES, first_row, live, t->at[INPUT]);
        copy_rows(k.c1[p], C1_UNITS, LANES, first_row, live, t->at[C1]);
        copy_rows(k.s2[p], S2_UNITS, LANES, first_row, live, t->at[S2]);
        copy_rows(k.c3[p], C3_UNITS, LANES, first_row, live, t->at[C3]);
        copy_rows(k.s4 + p * LANES, S4_UNITS, BLOCK, first_row, live, t->at[S4]);
        copy_rows(k.c5 + p * LANES, C5_UNITS, BLOCK, first_row, live, t->at[C5]);
        copy_rows(k.f6 + p * LANES, F6_UNITS, BLOCK, first_row, live, t->at[F6]);
        copy_rows(k.y + p * LANES, n->classes, BLOCK, first_row, live, t->at[PENALTIES]);
    }
}

static void learn(const Batch* b, int block, float* at) {
    Work k(at);
    specialize(*b->network, [&](auto a, auto p) { learn_block<a.value, p.value>(*b, block, k); });
}

static void show(const Images* images, int pattern, float* field) { fill_one(*images, pattern, field); }

static void recognize_one(const Network* n, const float* w, const Images* images, int index, float* work, float* penalties) {
    Single s(work);
    specialize(*n, [&](auto a, auto p) { recognize_alone<a.value, p.value>(*n, w, *images, index, s, penalties); });
}

static void learn_one(const Batch* b, int index, int phase, int t, int threads, float* work, float* own) {
    Online s(work);
    Own o(own);
    const bool plain = b->update->momentum == 0 && b->update->decay == 0, scaled = b->update->scales;
    specialize(*b->network, [&](auto a, auto p) {
        auto updated = [&](auto plain, auto scaled) { learn_sample<a.value, p.value, plain.value, scaled.value>(*b, index, phase, t, threads, s, o); };
#if defined(LENET_SMALL)  // wasm.cpp always gives scales
        (void)plain, (void)scaled, updated(Is<0>{}, Is<1>{});
#else
        if (plain && scaled) updated(Is<1>{}, Is<1>{});
        else if (plain) updated(Is<1>{}, Is<0>{});
        else if (scaled) updated(Is<0>{}, Is<1>{});
        else updated(Is<0>{}, Is<0>{});
#endif
    });
}

#if !defined(LENET_SMALL)
static void pass(const Network* n, const float* w, const Field* field, int row, int column, float* work, float* penalties) {
    Tile t(work);
    specialize(*n, [&](auto a, auto p) { pass_tile<a.value, p.value>(*n, w, *field, row, column, t, penalties); });
}
#endif

// Twelve independent chains of multiply-adds keep both units busy.
static double measure_peak(int64_t rounds) {
    Vec s[12], a = broadcast(0.9999999f), b = broadcast(1e-9f);
    UNROLL for (int i = 0; i < 12; i++) s[i] = broadcast((float)i);
    for (int64_t r = 0; r < rounds; r++) UNROLL for (int i = 0; i < 12; i++) s[i] = fma(s[i], a, b);
    Vec total = s[0];
    UNROLL for (int i = 1; i < 12; i++) total = total + s[i];
    return rounds * 12.0 * LANES + 0.0 * sum(total);  // if the sum were not used, nothing would be computed
}

// A chain of additions, each of which waits for the one before: one clock cycle each.
static double measure_clock(int64_t rounds) {
    int64_t x = rounds;
    const int64_t step = rounds | 1;
    for (int64_t r = 0; r < rounds; r += 16)
        UNROLL for (int i = 0; i < 16; i++) {
            x += step;
            __asm__ volatile("" : "+r"(x));
        }
    return (double)rounds;
}

extern const Kernels KERNELS;
const Kernels KERNELS = {
    QUOTE(LENET_VARIANT_NAME), LANES, BLOCK_FLOATS, SINGLE_FLOATS, ONLINE_FLOATS, OWN_FLOATS,
    recognize, trace, learn, count_items, finish, show, recognize_one, begin_one, learn_one, end_one, measure_peak, measure_clock,
    cleanup::measure_drawing, cleanup::normalize_ink,
#if defined(LENET_SMALL)  // a page has a drawing, whose ink is known
    nullptr, nullptr,
#else
    cleanup::measure_room, cleanup::find_digits,
    TILE_ROWS, TILE_COLUMNS, TILE_FLOATS, pass,
#endif
};

}  // namespace LENET_VARIANT
