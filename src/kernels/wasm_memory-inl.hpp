// What both WebAssembly modules have: the codes of their refusals, and a memory that is a stack and grows upward from the
// end of the module's data. To be included outside of every namespace, for its exports.

#define EXPORT(name) extern "C" __attribute__((export_name(#name)))

enum Code { FINE, NO_MEMORY, NOT_ALLOCATED, NO_NETWORK, OUT_OF_RANGE, NO_CLASS, NO_IMAGE, NO_LOSS, NO_INK };

constexpr uint64_t PAGE = 65536, LINE = 64, ALL = 1ull << 32;

extern "C" unsigned char __heap_base;  // defined by the linker

inline uint64_t round_up(uint64_t n, uint64_t to) { return (n + to - 1) / to * to; }
static uint64_t bottom() { return round_up((uintptr_t)&__heap_base, LINE); }
static uint64_t top = 0;  // of what is allocated; 0 before anything is

static uint64_t find_top() { return top ? top : top = bottom(); }

// Zeros at a multiple of 64 bytes; null where there is no more memory.
static void* reserve(uint64_t bytes) {
    if (bytes >= ALL) return nullptr;
    const uint64_t from = find_top(), end = from + round_up(bytes, LINE), have = __builtin_wasm_memory_size(0) * PAGE;
    if (end > ALL - PAGE) return nullptr;
    if (end > have && __builtin_wasm_memory_grow(0, round_up(end - have, PAGE) / PAGE) == (size_t)-1) return nullptr;
    __builtin_memset((void*)(uintptr_t)from, 0, end - from);
    top = end;
    return (void*)(uintptr_t)from;
}

template <class T> static T* reserve_many(uint64_t count) { return (T*)reserve(count * sizeof(T)); }

// Frees at its end what was allocated since its beginning.
struct Scope {
    const uint64_t before = find_top();
    ~Scope() { top = before; }
};

// Whether `count` Ts at an address are in memory that was allocated.
template <class T> static bool holds(const T* at, uint64_t count) {
    const uint64_t from = (uintptr_t)at;
    return from % alignof(T) == 0 && from >= bottom() && from <= find_top() && count * sizeof(T) <= top - from;
}

// `bytes` zeros at a multiple of 64; 0 if there is no memory.
EXPORT(allocate) void* allocate(uint32_t bytes) { return reserve(bytes ? bytes : 1); }

EXPORT(mark) uint32_t mark() { return (uint32_t)find_top(); }

// Free all that was allocated after `mark` returned this.
EXPORT(release) int release(uint32_t to) {
    if (to < bottom() || to > find_top() || to % LINE) return OUT_OF_RANGE;
    top = to;
    return FINE;
}
