// Four lanes, by the vector extensions of GCC and Clang: plain x86-64 (SSE2) and NEON.
struct Vec { typedef float Four __attribute__((vector_size(16))); Four v; };
typedef int32_t Mask __attribute__((vector_size(16)));
constexpr int LANES = 4;

INLINE Vec load(const float* p) { Vec a; __builtin_memcpy(&a, p, sizeof a); return a; }
INLINE void store(float* p, Vec a) { __builtin_memcpy(p, &a, sizeof a); }
INLINE Vec broadcast(float a) { return {Vec::Four{a, a, a, a}}; }
INLINE Vec operator+(Vec a, Vec b) { return {a.v + b.v}; }
INLINE Vec operator-(Vec a, Vec b) { return {a.v - b.v}; }
INLINE Vec operator*(Vec a, Vec b) { return {a.v * b.v}; }
INLINE Vec operator/(Vec a, Vec b) { return {a.v / b.v}; }
#if defined(__aarch64__)
INLINE Vec fma(Vec a, Vec b, Vec c) { return {(Vec::Four)vfmaq_f32((float32x4_t)c.v, (float32x4_t)a.v, (float32x4_t)b.v)}; }
#else
INLINE Vec fma(Vec a, Vec b, Vec c) { return {a.v * b.v + c.v}; }  // rounded twice: SSE2 has no fused multiply-add
#endif
INLINE Mask above(Vec a, Vec b) { return (Mask)(a.v > b.v); }
INLINE Mask equal(Vec a, Vec b) { return (Mask)(a.v == b.v); }
INLINE Vec choose(Mask m, Vec yes, Vec no) { return {(Vec::Four)((m & (Mask)yes.v) | (~m & (Mask)no.v))}; }
INLINE Vec keep(Mask m, Vec a) { return {(Vec::Four)(m & (Mask)a.v)}; }  // else 0
INLINE Vec drop(Mask m, Vec a) { return {(Vec::Four)(~m & (Mask)a.v)}; }
// NaN in x stays NaN.
#if defined(__SSE2__)
INLINE Vec at_most(Vec limit, Vec x) { return {(Vec::Four)_mm_min_ps((__m128)limit.v, (__m128)x.v)}; }
INLINE Vec at_least(Vec limit, Vec x) { return {(Vec::Four)_mm_max_ps((__m128)limit.v, (__m128)x.v)}; }
#else
INLINE Vec at_most(Vec limit, Vec x) { return choose(above(x, limit), limit, x); }
INLINE Vec at_least(Vec limit, Vec x) { return choose(above(limit, x), limit, x); }
#endif

INLINE float sum(Vec a) { return (a.v[0] + a.v[2]) + (a.v[1] + a.v[3]); }

// The sum of each vector, four at a time.
INLINE Vec sums(const Vec (&r)[LANES]) { return {Vec::Four{sum(r[0]), sum(r[1]), sum(r[2]), sum(r[3])}}; }

// Every second number of a and then b, from the first or from the second; and a and b interleaved, the first or the last half.
INLINE Vec evens(Vec a, Vec b) { return {Vec::Four{a.v[0], a.v[2], b.v[0], b.v[2]}}; }
INLINE Vec odds(Vec a, Vec b) { return {Vec::Four{a.v[1], a.v[3], b.v[1], b.v[3]}}; }
INLINE Vec interleave_first(Vec a, Vec b) { return {Vec::Four{a.v[0], b.v[0], a.v[1], b.v[1]}}; }
INLINE Vec interleave_last(Vec a, Vec b) { return {Vec::Four{a.v[2], b.v[2], a.v[3], b.v[3]}}; }

// x rounded to the nearest whole number n; and 2^n. |x| below 126.
INLINE Vec round(Vec x) {
    const Vec shift = broadcast(12582912.0f);  // 1.5 x 2^23: a sum with it has no fraction
    return (x + shift) - shift;
}
INLINE Vec power_of_two(Vec n) {
    Mask e = {(int32_t)n.v[0], (int32_t)n.v[1], (int32_t)n.v[2], (int32_t)n.v[3]};
    return {(Vec::Four)((e + 127) << 23)};
}

INLINE Vec load_bytes(const uint8_t* p) { return {Vec::Four{(float)p[0], (float)p[1], (float)p[2], (float)p[3]}}; }

// The numbers p[i]; i are whole numbers, 0 or more.
INLINE Vec gather(const float* p, Vec i) { return {Vec::Four{p[(int)i.v[0]], p[(int)i.v[1]], p[(int)i.v[2]], p[(int)i.v[3]]}}; }

// Transpose as many vectors as there are lanes.
INLINE void transpose(Vec (&r)[LANES]) {
    Vec::Four a = r[0].v, b = r[1].v, c = r[2].v, d = r[3].v;
    r[0].v = Vec::Four{a[0], b[0], c[0], d[0]};
    r[1].v = Vec::Four{a[1], b[1], c[1], d[1]};
    r[2].v = Vec::Four{a[2], b[2], c[2], d[2]};
    r[3].v = Vec::Four{a[3], b[3], c[3], d[3]};
}
