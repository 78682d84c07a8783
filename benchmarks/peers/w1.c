/* W1 as a plain event kernel: a heap of events, rings of waiting declarations, sums. By hand, for this network alone.
   It draws with xoshiro256++ and the fastest usual methods, and knows neither keyed luck, priorities, calendars nor
   records, so it is what a general kernel is measured against, not what could replace it. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { SCREEN, REVIEW, SCAN, INSPECT, PAY, GATE, STEPS, ARRIVAL = STEPS };
enum { GREEN, YELLOW, RED };

typedef struct { double time; uint64_t order; uint32_t declaration; uint32_t kind; } event;
typedef struct { double created, queued; int channel; } declaration;
typedef struct { uint32_t *who; uint32_t room, head, waiting; int idle; double a, b; uint64_t visits; double waits; } step;

static uint64_t word[4];

static uint64_t rotated(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

static uint64_t draw(void) {
    const uint64_t result = rotated(word[0] + word[3], 23) + word[0], t = word[1] << 17;
    word[2] ^= word[0]; word[3] ^= word[1]; word[1] ^= word[2]; word[0] ^= word[3];
    word[2] ^= t; word[3] = rotated(word[3], 45);
    return result;
}

static void seed_words(uint64_t seed) {
    for (int i = 0; i < 4; i++) { /* splitmix64 */
        uint64_t z = seed += 0x9e3779b97f4a7c15ULL;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        word[i] = z ^ (z >> 31);
    }
}

static double uniform(void) { return ((draw() >> 11) + 0.5) * 0x1p-53; }
static double exponential(double mean) { return -mean * log(uniform()); }

static double normal(void) { /* Marsaglia's polar method, the second of each pair kept */
    static double kept; static int has;
    if (has) { has = 0; return kept; }
    double x, y, s;
    do { x = 2 * uniform() - 1; y = 2 * uniform() - 1; s = x * x + y * y; } while (s >= 1 || s == 0);
    const double scale = sqrt(-2 * log(s) / s);
    kept = y * scale; has = 1;
    return x * scale;
}

static event *heap;
static uint64_t events, heap_room, ordered;

static int before(const event *a, const event *b) { return a->time < b->time || (a->time == b->time && a->order < b->order); }

static void push(double time, uint32_t who, uint32_t kind) {
    if (events == heap_room) heap = realloc(heap, (heap_room *= 2) * sizeof *heap);
    const event new = { time, ordered++, who, kind };
    uint64_t i = events++;
    for (; i && before(&new, &heap[(i - 1) / 2]); i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
    heap[i] = new;
}

static event pop(void) {
    const event top = heap[0], last = heap[--events];
    uint64_t i = 0, child;
    while ((child = 2 * i + 1) < events) {
        if (child + 1 < events && before(&heap[child + 1], &heap[child])) child++;
        if (!before(&heap[child], &last)) break;
        heap[i] = heap[child]; i = child;
    }
    heap[i] = last;
    return top;
}

static step steps[STEPS];
static declaration *declarations;
static uint32_t *vacant, n_vacant, n_declarations;

static double duration(uint32_t s) {
    const double a = steps[s].a, b = steps[s].b;
    switch (s) {
    case REVIEW: return a * exp(b * normal());
    case SCAN: return a + (b - a) * uniform();
    case INSPECT: return -b * log(uniform() * uniform()); /* Erlang of two phases */
    default: return exponential(a);
    }
}

static void start(uint32_t s, uint32_t who, double now) {
    steps[s].visits++;
    steps[s].waits += now - declarations[who].queued;
    push(now + duration(s), who, s);
}

static void queue(uint32_t s, uint32_t who, double now) {
    step *at = &steps[s];
    declarations[who].queued = now;
    if (s == PAY) { start(s, who, now); return; }
    if (at->idle) { at->idle--; start(s, who, now); return; }
    if (at->waiting == at->room) {
        uint32_t *wider = malloc(2 * at->room * sizeof *wider);
        for (uint32_t i = 0; i < at->waiting; i++) wider[i] = at->who[(at->head + i) & (at->room - 1)];
        free(at->who);
        at->who = wider; at->room *= 2; at->head = 0;
    }
    at->who[(at->head + at->waiting++) & (at->room - 1)] = who;
}

static void free_server(uint32_t s, double now) {
    step *at = &steps[s];
    if (!at->waiting) { at->idle++; return; }
    const uint32_t next = at->who[at->head];
    at->head = (at->head + 1) & (at->room - 1);
    at->waiting--;
    start(s, next, now);
}

static uint32_t newcomer(double now) {
    if (!n_vacant) {
        declarations = realloc(declarations, 2 * n_declarations * sizeof *declarations);
        vacant = realloc(vacant, 2 * n_declarations * sizeof *vacant);
        for (uint32_t i = n_declarations; i < 2 * n_declarations; i++) vacant[n_vacant++] = i;
        n_declarations *= 2;
    }
    const uint32_t who = vacant[--n_vacant];
    declarations[who].created = now;
    return who;
}

/* parameters: rate, until_h, P(green), P(green) + P(yellow), then of each step its servers and two numbers of its duration
   (mean; median, sigma; low, high; shape = 2, scale; mean; mean).
   sums: number through, sum of their stays, then of each step visits and sum of waits. */
void w1(const double *parameters, uint64_t seed, double *sums) {
    const double rate = parameters[0], until = parameters[1], green = parameters[2], not_red = parameters[3];
    double through = 0, stays = 0;
    seed_words(seed);
    events = ordered = 0;
    n_vacant = 0; n_declarations = 1024; heap_room = 1024;
    heap = malloc(heap_room * sizeof *heap);
    declarations = malloc(n_declarations * sizeof *declarations);
    vacant = malloc(n_declarations * sizeof *vacant);
    for (uint32_t i = 0; i < n_declarations; i++) vacant[n_vacant++] = i;
    for (int s = 0; s < STEPS; s++) {
        const double *given = parameters + 4 + 3 * s;
        steps[s] = (step){ malloc(1024 * sizeof(uint32_t)), 1024, 0, 0, (int)given[0], given[1], given[2], 0, 0.0 };
    }
    push(exponential(1 / rate), 0, ARRIVAL);
    while (events) {
        const event due = pop();
        const double now = due.time;
        const uint32_t who = due.declaration;
        switch (due.kind) {
        case ARRIVAL:
            if (now >= until) break;
            push(now + exponential(1 / rate), 0, ARRIVAL);
            queue(SCREEN, newcomer(now), now);
            break;
        case SCREEN: {
            const double u = uniform();
            declarations[who].channel = u < green ? GREEN : u < not_red ? YELLOW : RED;
            queue(declarations[who].channel == GREEN ? PAY : REVIEW, who, now);
            free_server(SCREEN, now);
            break;
        }
        case REVIEW:
            queue(declarations[who].channel == RED ? SCAN : PAY, who, now);
            free_server(REVIEW, now);
            break;
        case SCAN:
            queue(INSPECT, who, now);
            free_server(SCAN, now);
            break;
        case INSPECT:
            queue(PAY, who, now);
            free_server(INSPECT, now);
            break;
        case PAY:
            queue(GATE, who, now);
            break;
        case GATE:
            through++;
            stays += now - declarations[who].created;
            vacant[n_vacant++] = who;
            free_server(GATE, now);
            break;
        }
    }
    sums[0] = through; sums[1] = stays;
    for (int s = 0; s < STEPS; s++) {
        sums[2 + 2 * s] = (double)steps[s].visits;
        sums[3 + 2 * s] = steps[s].waits;
        free(steps[s].who);
    }
    free(heap); free(declarations); free(vacant);
}
