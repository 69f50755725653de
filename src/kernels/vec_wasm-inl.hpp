// Four lanes: WebAssembly SIMD, which has no fused multiply-add: a product is rounded before it is added.
struct Vec { v128_t v; };
using Mask = v128_t;
constexpr int LANES = 4;

INLINE Vec load(const float* p) { return {wasm_v128_load(p)}; }
INLINE void store(float* p, Vec a) { wasm_v128_store(p, a.v); }
INLINE Vec broadcast(float a) { return {wasm_f32x4_splat(a)}; }
INLINE Vec operator+(Vec a, Vec b) { return {wasm_f32x4_add(a.v, b.v)}; }
INLINE Vec operator-(Vec a, Vec b) { return {wasm_f32x4_sub(a.v, b.v)}; }
INLINE Vec operator*(Vec a, Vec b) { return {wasm_f32x4_mul(a.v, b.v)}; }
INLINE Vec operator/(Vec a, Vec b) { return {wasm_f32x4_div(a.v, b.v)}; }
INLINE Vec fma(Vec a, Vec b, Vec c) { return a * b + c; }
INLINE Mask above(Vec a, Vec b) { return wasm_f32x4_gt(a.v, b.v); }
INLINE Mask equal(Vec a, Vec b) { return wasm_f32x4_eq(a.v, b.v); }
INLINE Vec choose(Mask m, Vec yes, Vec no) { return {wasm_v128_bitselect(yes.v, no.v, m)}; }
INLINE Vec keep(Mask m, Vec a) { return {wasm_v128_and(m, a.v)}; }  // else 0
INLINE Vec drop(Mask m, Vec a) { return {wasm_v128_andnot(a.v, m)}; }
// NaN in x stays NaN: pmin(x, limit) is limit < x ? limit : x.
INLINE Vec at_most(Vec limit, Vec x) { return {wasm_f32x4_pmin(x.v, limit.v)}; }
INLINE Vec at_least(Vec limit, Vec x) { return {wasm_f32x4_pmax(x.v, limit.v)}; }

INLINE float sum(Vec a) {
    return (wasm_f32x4_extract_lane(a.v, 0) + wasm_f32x4_extract_lane(a.v, 2)) +
           (wasm_f32x4_extract_lane(a.v, 1) + wasm_f32x4_extract_lane(a.v, 3));
}

// The sum of each vector, four at a time.
INLINE Vec sums(const Vec (&r)[LANES]) { return {wasm_f32x4_make(sum(r[0]), sum(r[1]), sum(r[2]), sum(r[3]))}; }

// Every second number of a and then b, from the first or from the second; and a and b interleaved, the first or the last half.
INLINE Vec evens(Vec a, Vec b) { return {wasm_i32x4_shuffle(a.v, b.v, 0, 2, 4, 6)}; }
INLINE Vec odds(Vec a, Vec b) { return {wasm_i32x4_shuffle(a.v, b.v, 1, 3, 5, 7)}; }
INLINE Vec interleave_first(Vec a, Vec b) { return {wasm_i32x4_shuffle(a.v, b.v, 0, 4, 1, 5)}; }
INLINE Vec interleave_last(Vec a, Vec b) { return {wasm_i32x4_shuffle(a.v, b.v, 2, 6, 3, 7)}; }

// x rounded to the nearest whole number n; and 2^n. |x| below 126.
INLINE Vec round(Vec x) { return {wasm_f32x4_nearest(x.v)}; }
INLINE Vec power_of_two(Vec n) {
    return {wasm_i32x4_shl(wasm_i32x4_add(wasm_i32x4_trunc_sat_f32x4(n.v), wasm_i32x4_splat(127)), 23)};
}

INLINE Vec load_bytes(const uint8_t* p) {
    return {wasm_f32x4_convert_i32x4(wasm_u32x4_extend_low_u16x8(wasm_u16x8_extend_low_u8x16(wasm_v128_load32_zero(p))))};
}

// The numbers p[i]; i are whole numbers, 0 or more.
INLINE Vec gather(const float* p, Vec i) {
    const v128_t at = wasm_i32x4_trunc_sat_f32x4(i.v);
    return {wasm_f32x4_make(p[wasm_i32x4_extract_lane(at, 0)], p[wasm_i32x4_extract_lane(at, 1)],
                            p[wasm_i32x4_extract_lane(at, 2)], p[wasm_i32x4_extract_lane(at, 3)])};
}

// Transpose as many vectors as there are lanes.
INLINE void transpose(Vec (&r)[LANES]) {
    const v128_t a = wasm_i32x4_shuffle(r[0].v, r[1].v, 0, 4, 1, 5), b = wasm_i32x4_shuffle(r[0].v, r[1].v, 2, 6, 3, 7);
    const v128_t c = wasm_i32x4_shuffle(r[2].v, r[3].v, 0, 4, 1, 5), d = wasm_i32x4_shuffle(r[2].v, r[3].v, 2, 6, 3, 7);
    r[0].v = wasm_i32x4_shuffle(a, c, 0, 1, 4, 5);
    r[1].v = wasm_i32x4_shuffle(a, c, 2, 3, 6, 7);
    r[2].v = wasm_i32x4_shuffle(b, d, 0, 1, 4, 5);
    r[3].v = wasm_i32x4_shuffle(b, d, 2, 3, 6, 7);
}
