// Eight lanes: AVX2 with FMA.
struct Vec { __m256 v; };
using Mask = __m256;
constexpr int LANES = 8;

INLINE Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
INLINE void store(float* p, Vec a) { _mm256_storeu_ps(p, a.v); }
INLINE Vec broadcast(float a) { return {_mm256_set1_ps(a)}; }
INLINE Vec operator+(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
INLINE Vec operator-(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
INLINE Vec operator*(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
INLINE Vec operator/(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }
INLINE Vec fma(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
// NaN in x stays NaN: the instructions return their second operand then.
INLINE Vec at_most(Vec limit, Vec x) { return {_mm256_min_ps(limit.v, x.v)}; }
INLINE Vec at_least(Vec limit, Vec x) { return {_mm256_max_ps(limit.v, x.v)}; }
INLINE Mask above(Vec a, Vec b) { return _mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ); }
INLINE Mask equal(Vec a, Vec b) { return _mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ); }
INLINE Vec choose(Mask m, Vec yes, Vec no) { return {_mm256_blendv_ps(no.v, yes.v, m)}; }
INLINE Vec keep(Mask m, Vec a) { return {_mm256_and_ps(m, a.v)}; }  // else 0
INLINE Vec drop(Mask m, Vec a) { return {_mm256_andnot_ps(m, a.v)}; }

INLINE float sum(Vec a) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

// The sum of each vector, eight at a time.
INLINE Vec sums(const Vec (&r)[LANES]) {
    const __m256 a = _mm256_hadd_ps(_mm256_hadd_ps(r[0].v, r[1].v), _mm256_hadd_ps(r[2].v, r[3].v));
    const __m256 b = _mm256_hadd_ps(_mm256_hadd_ps(r[4].v, r[5].v), _mm256_hadd_ps(r[6].v, r[7].v));
    return {_mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31))};
}

// Every second number of a and then b, from the first or from the second; and a and b interleaved, the first or the last half.
INLINE Vec in_order(__m256 v) { return {_mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(v), 0xD8))}; }
INLINE Vec evens(Vec a, Vec b) { return in_order(_mm256_shuffle_ps(a.v, b.v, 0x88)); }
INLINE Vec odds(Vec a, Vec b) { return in_order(_mm256_shuffle_ps(a.v, b.v, 0xDD)); }
INLINE Vec interleave_first(Vec a, Vec b) { return {_mm256_permute2f128_ps(_mm256_unpacklo_ps(a.v, b.v), _mm256_unpackhi_ps(a.v, b.v), 0x20)}; }
INLINE Vec interleave_last(Vec a, Vec b) { return {_mm256_permute2f128_ps(_mm256_unpacklo_ps(a.v, b.v), _mm256_unpackhi_ps(a.v, b.v), 0x31)}; }

// x rounded to the nearest whole number n; and 2^n. |x| below 126.
INLINE Vec round(Vec x) { return {_mm256_round_ps(x.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
INLINE Vec power_of_two(Vec n) {
    __m256i e = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127)), 23);
    return {_mm256_castsi256_ps(e)};
}

INLINE Vec load_bytes(const uint8_t* p) {
    return {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i*)p)))};
}

// The numbers p[i]; i are whole numbers, 0 or more.
INLINE Vec gather(const float* p, Vec i) { return {_mm256_i32gather_ps(p, _mm256_cvttps_epi32(i.v), 4)}; }

// Transpose as many vectors as there are lanes.
INLINE void transpose(Vec (&r)[LANES]) {
    __m256 a[8], b[8];
    for (int i = 0; i < 4; i++) {
        a[2 * i] = _mm256_unpacklo_ps(r[2 * i].v, r[2 * i + 1].v);
        a[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i].v, r[2 * i + 1].v);
    }
    for (int i = 0; i < 8; i += 4) {
        b[i] = _mm256_shuffle_ps(a[i], a[i + 2], 0x44);
        b[i + 1] = _mm256_shuffle_ps(a[i], a[i + 2], 0xEE);
        b[i + 2] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0x44);
        b[i + 3] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0xEE);
    }
    for (int i = 0; i < 4; i++) {
        r[i].v = _mm256_permute2f128_ps(b[i], b[i + 4], 0x20);
        r[i + 4].v = _mm256_permute2f128_ps(b[i], b[i + 4], 0x31);
    }
}
