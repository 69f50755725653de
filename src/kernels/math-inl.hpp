// tanh, exp and log with stated errors, written here because a library's would differ from machine to machine.

constexpr float TANH_AMPLITUDE = 1.7159f, TANH_SLOPE = 2.0f / 3.0f;

// exp(x), relative error below 2e-7 for x from -87 to 87, clipped outside of that range. NaN stays NaN.
INLINE Vec exp(Vec x) {
    x = at_least(broadcast(-87.0f), at_most(broadcast(87.0f), x));
    Vec n = round(x * broadcast(1.44269504f));
    // ln 2 in two parts, so that n ln 2 is exact to more digits than a float has
    Vec r = fma(n, broadcast(-0.693359375f), x);
    r = fma(n, broadcast(2.12194440e-4f), r);
    Vec p = broadcast(1.9875691500e-4f);
    p = fma(p, r, broadcast(1.3981999507e-3f));
    p = fma(p, r, broadcast(8.3334519073e-3f));
    p = fma(p, r, broadcast(4.1665795894e-2f));
    p = fma(p, r, broadcast(1.6666665459e-1f));
    p = fma(p, r, broadcast(5.0000001201e-1f));
    p = fma(p, r * r, r) + broadcast(1.0f);
    // where x is NaN so is p; n must not become an exponent then
    n = choose(equal(x, x), n, broadcast(0.0f));
    return p * power_of_two(n);
}

// H tanh(S x) = x P(x^2) / Q(x^2), absolute error below 4e-7 H, fitted on 0 to 8. H and S are folded into the
// coefficients, which saves two multiplications. NaN stays NaN.
struct Curve { float limit, p[4], q[4]; };

constexpr Curve scale_tanh(double H, double S) {
    const double S2 = S * S;
    return {(float)(8.0 / S),
            {(float)(1.131021327e-05 * H * S * S2 * S2 * S2), (float)(0.002938826605 * H * S * S2 * S2),
             (float)(0.1291364018 * H * S * S2), (float)(0.9999993621 * H * S)},
            {(float)(2.423838213e-07 * S2 * S2 * S2 * S2), (float)(0.0002370283233 * S2 * S2 * S2),
             (float)(0.0237638224 * S2 * S2), (float)(0.4624673892 * S2)}};
}
constexpr Curve PAPER = scale_tanh(1.7159, 2.0 / 3.0), SIGMOID = scale_tanh(0.5, 0.5);

INLINE Vec follow(const Curve& c, Vec x) {
    x = at_least(broadcast(-c.limit), at_most(broadcast(c.limit), x));
    Vec s = x * x;
    Vec p = broadcast(c.p[0]);
    UNROLL for (int i = 1; i < 4; i++) p = fma(p, s, broadcast(c.p[i]));
    Vec q = broadcast(c.q[0]);
    UNROLL for (int i = 1; i < 4; i++) q = fma(q, s, broadcast(c.q[i]));
    q = fma(q, s, broadcast(1.0f));
    return x * p / q;
}

// log(x) for a positive, normal x, relative error below 1e-13. In double, for it is needed only once a sample.
INLINE double log(double x) {
    uint64_t bits;
    __builtin_memcpy(&bits, &x, 8);
    if (!(x > 0) || (bits >> 52) == 0x7FF) return x - x + x;  // NaN and infinity stay what they are
    int exponent = (int)(bits >> 52) - 1023;
    bits = (bits & 0xFFFFFFFFFFFFFull) | 0x3FF0000000000000ull;
    double m;
    __builtin_memcpy(&m, &bits, 8);
    if (m > 1.41421356) { m *= 0.5; exponent++; }
    double t = (m - 1) / (m + 1), s = t * t, series = 0;  // log m = 2 artanh t, |t| below 0.172
    for (int k = 17; k >= 1; k -= 2) series = series * s + 1.0 / k;
    return exponent * 0.69314718055994530942 + 2 * t * series;
}

// The activation function, and its derivative computed from its value. Source: appendix A.
#if defined(LENET_SMALL)
// One copy of the code for all activations, whose coefficients are looked up. There is a single thread, so that one
// network at a time is used. The derivative is (quadratic y + linear) y + constant.
constexpr int ANY = -1;
static struct { int activation; Curve curve; float offset, quadratic, linear, constant; } present;

static void choose_activation(int activation) {
    const bool tanh = activation == TANH;
    present = {activation, tanh ? PAPER : SIGMOID, tanh ? 0.0f : 0.5f, tanh ? -TANH_SLOPE / TANH_AMPLITUDE : -1.0f,
               tanh ? 0.0f : 1.0f, tanh ? TANH_SLOPE * TANH_AMPLITUDE : 0.0f};
}
INLINE Vec activate_by_present(Vec a) {
    if (present.activation == RELU) return at_least(broadcast(0.0f), a);
    return follow(present.curve, a) + broadcast(present.offset);
}
INLINE Vec slope_by_present(Vec y) {
    if (present.activation == RELU) return keep(above(y, broadcast(0.0f)), broadcast(1.0f));
    return fma(fma(broadcast(present.quadratic), y, broadcast(present.linear)), y, broadcast(present.constant));
}
#endif

template <int A> INLINE Vec activate(Vec a) {
#if defined(LENET_SMALL)
    if (A == ANY) return activate_by_present(a);
#endif
    if (A == TANH) return follow(PAPER, a);
    if (A == LOGISTIC) return follow(SIGMOID, a) + broadcast(0.5f);
    return at_least(broadcast(0.0f), a);
}

template <int A> INLINE Vec slope(Vec y) {
#if defined(LENET_SMALL)
    if (A == ANY) return slope_by_present(y);
#endif
    if (A == TANH) return fma(y * broadcast(-TANH_SLOPE / TANH_AMPLITUDE), y, broadcast(TANH_SLOPE * TANH_AMPLITUDE));
    if (A == LOGISTIC) return y * (broadcast(1.0f) - y);
    return keep(above(y, broadcast(0.0f)), broadcast(1.0f));
}
