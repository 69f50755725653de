// The output layer and the losses. Arrays are [class][step]; a vector is a class of as many samples as there are lanes.

// The penalties of 16 samples: the squared distance to each code (equation 7), or minus the logit.
SHARED void measure_penalties(const Network& n, const float* weights, const float* f6, float* y) {
    const float* w = n.output == RBF ? n.codes : weights + n.offset[OUTPUT_WEIGHT];
    const float* bias = weights + n.offset[OUTPUT_BIAS];
    for (int c = 0; c < n.classes; c++) {
        Vec s[PARTS];
        UNROLL for (int p = 0; p < PARTS; p++) s[p] = broadcast(n.output == RBF ? 0.0f : bias[c]);
        for (int j = 0; j < F6_UNITS; j++) {
            Vec a = broadcast(w[c * F6_UNITS + j]);
            UNROLL for (int p = 0; p < PARTS; p++) {
                Vec x = load(f6 + j * BLOCK + p * LANES);
                if (n.output == RBF) {
                    Vec gap = x - a;
                    s[p] = fma(gap, gap, s[p]);
                } else {
                    s[p] = fma(a, x, s[p]);
                }
            }
        }
        UNROLL for (int p = 0; p < PARTS; p++) store(y + c * BLOCK + p * LANES, n.output == RBF ? s[p] : broadcast(0.0f) - s[p]);
    }
}

// The loss of each lane, its derivatives by the penalties (in `slopes`), and the softmax over the penalties,
// exp(-s y_i) over the sum of all, which includes the rubbish class for MAP. Source: equations 8 and 9.
SHARED void differentiate_loss(const Loss& loss, int classes, const float* y, const float* targets, int step,
                               float* softmax, float* slopes, double* losses) {
    const Vec softness = broadcast(loss.kind == CROSS_ENTROPY ? loss.scale : 1.0f), zero = broadcast(0.0f);
    Vec cost = zero;
    for (int c = 0; c < classes; c++) cost = fma(load(targets + c * step), load(y + c * step), cost);
    cost = cost * softness;
    float costs[LANES], totals[LANES];
    store(costs, cost);
    for (int l = 0; l < LANES; l++) losses[l] = costs[l];
    if (loss.kind == MSE) {
        for (int c = 0; c < classes; c++) store(slopes + c * step, load(targets + c * step)), store(softmax + c * step, zero);
        return;
    }
    Vec highest = loss.kind == MAP ? broadcast(-loss.j) : zero - softness * load(y);
    for (int c = 0; c < classes; c++) highest = at_least(highest, zero - softness * load(y + c * step));
    Vec total = loss.kind == MAP ? exp(broadcast(-loss.j) - highest) : zero;
    for (int c = 0; c < classes; c++) {
        Vec e = exp(zero - softness * load(y + c * step) - highest);
        store(softmax + c * step, e);
        total = total + e;
    }
    for (int c = 0; c < classes; c++) {
        Vec b = load(softmax + c * step) / total;
        store(softmax + c * step, b);
        store(slopes + c * step, softness * (load(targets + c * step) - b));
    }
    store(costs, cost + highest);
    store(totals, total);
    for (int l = 0; l < LANES; l++) losses[l] = (double)costs[l] + log((double)totals[l]);
}

// The backward pass of the RBF output: from the derivatives by the penalties to those by the states of F6.
SHARED void backward_rbf(const Network& n, const float* slopes, const float* f6, float* delta) {
    for (int p = 0; p < PARTS; p++) {
        const int at = p * LANES;
        Vec total = broadcast(0.0f);
        for (int c = 0; c < n.classes; c++) total = total + load(slopes + c * BLOCK + at);
        for (int j = 0; j < F6_UNITS; j++) {
            Vec pull = broadcast(0.0f);
            for (int c = 0; c < n.classes; c++) pull = fma(load(slopes + c * BLOCK + at), broadcast(n.codes[c * F6_UNITS + j]), pull);
            Vec d = total * load(f6 + j * BLOCK + at) - pull;
            store(delta + j * BLOCK + at, d + d);
        }
    }
}

// The same for second derivatives: twice the sum of the first ones, plus the variance of s d(penalty)/d(state)
// under the softmax; `differentiate_rbf_twice` in engines/reference/backward.py.
SHARED void curvature_rbf(const Network& n, const Loss& loss, const float* softmax, const float* f6, float* delta) {
    const float twice = 2 * (loss.kind == CROSS_ENTROPY ? loss.scale : 1.0f);
    for (int p = 0; p < PARTS; p++) {
        const int at = p * LANES;
        // What is missing to 1 is the rubbish class, and the first derivatives add up to it. Computed from them it would
        // be a difference of nearly equal numbers, and could be negative.
        Vec rubbish = broadcast(1.0f);
        for (int c = 0; c < n.classes; c++) rubbish = rubbish - load(softmax + c * BLOCK + at);
        rubbish = loss.kind == MAP ? at_least(broadcast(0.0f), rubbish) : broadcast(0.0f);
        const Vec total = loss.kind == MSE ? broadcast(1.0f) : rubbish;
        for (int j = 0; j < F6_UNITS; j++) {
            Vec second = total + total, x = load(f6 + j * BLOCK + at);
            if (loss.kind != MSE) {
                Vec mean = broadcast(0.0f), variance = broadcast(0.0f);
                for (int c = 0; c < n.classes; c++)
                    mean = fma(load(softmax + c * BLOCK + at), broadcast(twice) * (x - broadcast(n.codes[c * F6_UNITS + j])), mean);
                for (int c = 0; c < n.classes; c++) {
                    Vec gap = broadcast(twice) * (x - broadcast(n.codes[c * F6_UNITS + j])) - mean;
                    variance = fma(load(softmax + c * BLOCK + at), gap * gap, variance);
                }
                second = second + variance + rubbish * mean * mean;
            }
            store(delta + j * BLOCK + at, second);
        }
    }
}

// Linear output: the deltas of the logits.
SHARED void backward_linear(const Network& n, const Loss& loss, int second, const float* slopes, const float* softmax, float* delta) {
    const Vec scale = broadcast(loss.kind == CROSS_ENTROPY ? loss.scale * loss.scale : 1.0f);
    for (int i = 0; i < n.classes * BLOCK; i += LANES) {
        Vec b = load(softmax + i);
        store(delta + i, second ? scale * b * (broadcast(1.0f) - b) : broadcast(0.0f) - load(slopes + i));
    }
}
