// Philox4x32-10: four random words for each counter, as in randomness.py.

// What a random number is for; those of randomness.Purpose that the kernels need.
enum Purpose : uint32_t { DISTORTION = 3, ELASTIC = 6 };

INLINE void philox(uint64_t seed, uint32_t block, uint32_t sample, uint32_t epoch, uint32_t purpose, uint32_t (&c)[4]) {
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    c[0] = block, c[1] = sample, c[2] = epoch, c[3] = purpose;
    for (int round = 0; round < 10; round++) {
        const uint64_t a = 0xD2511F53ull * c[0], b = 0xCD9E8D57ull * c[2];
        c[0] = (uint32_t)(b >> 32) ^ c[1] ^ key[0], c[1] = (uint32_t)b;
        c[2] = (uint32_t)(a >> 32) ^ c[3] ^ key[1], c[3] = (uint32_t)a;
        key[0] += 0x9E3779B9, key[1] += 0xBB67AE85;
    }
}
