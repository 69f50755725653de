// The output layer and the losses. Arrays are [class][step], a vector of samples at a time.

// Penalties of 16 samples: squared distance to each code (equation 7), or minus the logit.
SHARED void measure_penalties(const Network& n, const float* weights, const float* f6, float* y) {
    const float* w = n.output == RBF ? n.codes : weights + n.offset[OUTPUT_WEIGHT];
    const float* bias = weights + n.offset[OUTPUT_BIAS];
    for (int c = 0; c < n.classes; c++) {
        Vec s[PARTS];
        UNROLL for (int p = 0; p < PARTS; p++) s[p] = spread(n.output == RBF ? 0.0f : bias[c]);
        for (int j = 0; j < F6_UNITS; j++) {
            Vec a = spread(w[c * F6_UNITS + j]);
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
        UNROLL for (int p = 0; p < PARTS; p++) store(y + c * BLOCK + p * LANES, n.output == RBF ? s[p] : spread(0.0f) - s[p]);
    }
}

// The loss of each lane, and its derivatives by the penalties (in place of `slopes`).
// Belief: exp(-s y_i) over the sum of all, rubbish included for MAP. Source: equations 8 and 9.
SHARED void differentiate_loss(const Loss& loss, int classes, const float* y, const float* shares, int step,
                               float* belief, float* slopes, double* losses) {
    const Vec softness = spread(loss.kind == CROSS_ENTROPY ? loss.scale : 1.0f), zero = spread(0.0f);
    Vec cost = zero;
    for (int c = 0; c < classes; c++) cost = fma(load(shares + c * step), load(y + c * step), cost);
    cost = cost * softness;
    float costs[LANES], totals[LANES];
    store(costs, cost);
    for (int l = 0; l < LANES; l++) losses[l] = costs[l];
    if (loss.kind == MSE) {
        for (int c = 0; c < classes; c++) store(slopes + c * step, load(shares + c * step)), store(belief + c * step, zero);
        return;
    }
    Vec highest = loss.kind == MAP ? spread(-loss.junk) : zero - softness * load(y);
    for (int c = 0; c < classes; c++) highest = at_least(highest, zero - softness * load(y + c * step));
    Vec total = loss.kind == MAP ? exp(spread(-loss.junk) - highest) : zero;
    for (int c = 0; c < classes; c++) {
        Vec e = exp(zero - softness * load(y + c * step) - highest);
        store(belief + c * step, e);
        total = total + e;
    }
    for (int c = 0; c < classes; c++) {
        Vec b = load(belief + c * step) / total;
        store(belief + c * step, b);
        store(slopes + c * step, softness * (load(shares + c * step) - b));
    }
    store(costs, cost + highest);
    store(totals, total);
    for (int l = 0; l < LANES; l++) losses[l] = (double)costs[l] + log((double)totals[l]);
}

// Where the backward pass starts, RBF output: derivatives by F6's states, from those by the penalties.
SHARED void leave_rbf(const Network& n, const float* slopes, const float* f6, float* flow) {
    for (int p = 0; p < PARTS; p++) {
        const int at = p * LANES;
        Vec total = spread(0.0f);
        for (int c = 0; c < n.classes; c++) total = total + load(slopes + c * BLOCK + at);
        for (int j = 0; j < F6_UNITS; j++) {
            Vec pull = spread(0.0f);
            for (int c = 0; c < n.classes; c++) pull = fma(load(slopes + c * BLOCK + at), spread(n.codes[c * F6_UNITS + j]), pull);
            Vec d = total * load(f6 + j * BLOCK + at) - pull;
            store(flow + j * BLOCK + at, d + d);
        }
    }
}

// The same for second derivatives: twice the sum of the first ones, plus the variance of s d(penalty)/d(state)
// under the belief; `bend_loss` in engines/reference/backward.py.
SHARED void bend_rbf(const Network& n, const Loss& loss, const float* belief, const float* f6, float* flow) {
    const float twice = 2 * (loss.kind == CROSS_ENTROPY ? loss.scale : 1.0f);
    for (int p = 0; p < PARTS; p++) {
        const int at = p * LANES;
        // What belief leaves over is rubbish's, and it is what the first derivatives add up to. Their sum itself would
        // be a difference of nearly equal numbers, and could be negative.
        Vec left = spread(1.0f);
        for (int c = 0; c < n.classes; c++) left = left - load(belief + c * BLOCK + at);
        left = loss.kind == MAP ? at_least(spread(0.0f), left) : spread(0.0f);
        const Vec total = loss.kind == MSE ? spread(1.0f) : left;
        for (int j = 0; j < F6_UNITS; j++) {
            Vec bend = total + total, x = load(f6 + j * BLOCK + at);
            if (loss.kind != MSE) {
                Vec mean = spread(0.0f), spreading = spread(0.0f);
                for (int c = 0; c < n.classes; c++)
                    mean = fma(load(belief + c * BLOCK + at), spread(twice) * (x - spread(n.codes[c * F6_UNITS + j])), mean);
                for (int c = 0; c < n.classes; c++) {
                    Vec gap = spread(twice) * (x - spread(n.codes[c * F6_UNITS + j])) - mean;
                    spreading = fma(load(belief + c * BLOCK + at), gap * gap, spreading);
                }
                bend = bend + spreading + left * mean * mean;
            }
            store(flow + j * BLOCK + at, bend);
        }
    }
}

// Linear output: the flows at the logits.
SHARED void leave_linear(const Network& n, const Loss& loss, int second, const float* slopes, const float* belief, float* flow) {
    const Vec scale = spread(loss.kind == CROSS_ENTROPY ? loss.scale * loss.scale : 1.0f);
    for (int i = 0; i < n.classes * BLOCK; i += LANES) {
        Vec b = load(belief + i);
        store(flow + i, second ? scale * b * (spread(1.0f) - b) : spread(0.0f) - load(slopes + i));
    }
}
