/* W1 as the workbench runs it, by hand and for this network alone: whole milliseconds, keyed luck (Philox4x32-10) through
   the same inverse distribution functions, the same order within an instant, and the same sums. So its results are those of
   the workbench to the last digit, and its time is what a kernel in C takes for this work.

   It leaves out what W1 does not need: steps on a cycle, pauses, classes, calendars, limits, deadlines, batches. Compile
   with -ffp-contract=off: a fused multiplication and addition rounds once where the workbench rounds twice. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SCREEN, REVIEW, SCAN, INSPECT, PAY, GATE, STEPS };
enum { GREEN, YELLOW, RED, CHANNELS };
enum { QUEUE, WORK, VISITS, QUANTITIES };
enum { ARRIVAL = 0, DURATION = 4 * 256, EXAMINATION = 5 * 256 }; /* purposes of a draw */
enum { SUB_BITS = 6, BINS = 64 * 39 };

static const int64_t HOUR_MS = 3600000;

typedef struct { /* one line of the cache */
    int64_t due, queued, started, waited, worked;
    uint32_t number; /* the case number, by which its luck is keyed */
    int32_t next;    /* in its queue, its bucket, or among the vacant */
    uint8_t step, channel, visits;
} declaration;

typedef struct { int64_t n, stay, queue, work, longest; } stays;
typedef struct { int64_t n, sum, high, low, least, greatest; } moment; /* the sum of squares is high * 2**44 + low */
typedef struct { int64_t change, rest; } level;                        /* rest: of the change in its own hour, times ms */

typedef struct {
    uint32_t hash;
    int32_t idle, head, tail;
    double a, b;
    int held, waiting; /* places of its levels */
} step;

typedef struct {
    double rate, until_h, chance[CHANNELS];
    uint32_t seed, replication;
    uint32_t no_key; /* hash of the empty key, for arrivals */
    int32_t n_series;
    int64_t end;     /* what is due then or later never comes */
    struct { uint32_t hash; int32_t servers; double a, b; int32_t held, waiting; } step[STEPS];
} parameters;

typedef struct { /* what it fills in */
    stays *stay;        /* [STEPS] */
    int64_t *ended;     /* [CHANNELS] */
    moment *moment;     /* [CHANNELS][QUANTITIES] */
    int64_t *histogram; /* [CHANNELS][QUANTITIES][BINS] */
    level *level;       /* [hours until the end][n_series] */
} sums;

/* Luck */

static uint32_t seed, replication;

static double uniform(uint32_t number, uint32_t hash, uint32_t visit, uint32_t purpose) {
    uint32_t c0 = number, c1 = hash, c2 = visit, c3 = purpose, k0 = seed, k1 = replication;
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)c0 * 0xD2511F53u, p1 = (uint64_t)c2 * 0xCD9E8D57u;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0; c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1; c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u; k1 += 0xBB67AE85u;
    }
    const double u = ((double)(int64_t)((uint64_t)c0 << 21 | c1 >> 11) + 0.5) * 0x1p-53;
    return u < 1.0 - 0x1p-53 ? u : 1.0 - 0x1p-53;
}

/* Quantiles, as in the workbench: AS 241 for the normal one, Newton's method with Halley's correction for the gamma one */

static double ratio(const double *above, const double *below, double x) {
    double top = 0.0, bottom = 0.0;
    for (int i = 7; i >= 0; i--) { top = top * x + above[i]; bottom = bottom * x + below[i]; }
    return top / bottom;
}

static const double AS241[3][2][8] = {
    {{3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
      4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3},
     {1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
      2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3}},
    {{1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
      1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4},
     {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
      1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9}},
    {{6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
      2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7},
     {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
      7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15}}};

static double normal_quantile(double u) {
    const double q = u - 0.5;
    if (fabs(q) <= 0.425) return q * ratio(AS241[0][0], AS241[0][1], 0.180625 - q * q);
    const double r = sqrt(-log(q < 0.0 ? u : 1.0 - u));
    const double z = r <= 5.0 ? ratio(AS241[1][0], AS241[1][1], r - 1.6) : ratio(AS241[2][0], AS241[2][1], r - 5.0);
    return q < 0.0 ? -z : z;
}

static double lower_series(double x) { /* of two phases; x is far below 3 where it is asked for */
    double term = 1.0, total = 1.0, a = 2.0;
    while (term > total * 4e-16) { a += 1.0; term *= x / a; total += term; }
    return total;
}

static double erlang_quantile(double u) { /* of two phases with mean 1 each */
    const double cube = 1.0 - 1.0 / 18.0 + normal_quantile(u) / (3.0 * sqrt(2.0));
    double x = cube > 0.3 ? 2.0 * cube * cube * cube : exp((log(u) + log(2.0)) / 2.0);
    double low = 0.0, high = INFINITY;
    for (int i = 0; i < 100; i++) {
        if (x < 1e-300) return x;
        const double density = exp(log(x) - x);
        double p, q;
        if (u > 0.1) { q = (1.0 + 1.0 / x) * density; p = 1.0 - q; }
        else { p = lower_series(x) * density * x / 2.0; q = 1.0 - p; }
        const double error = u < 0.5 ? p - u : (1.0 - u) - q;
        if (error > 0.0) high = x; else low = x;
        double new = high < INFINITY ? 0.5 * (low + high) : 2.0 * x;
        if (density > 0.0) {
            const double newton = error / density, bend = newton * (1.0 / x - 1.0);
            const double by = newton / (1.0 - 0.5 * (bend < 1.0 ? bend : 1.0));
            if (fabs(by) <= 1e-7 * x) return x - by;
            if (low < x - by && x - by < high) new = x - by;
        }
        x = new;
    }
    return x;
}

static step steps[STEPS];

static int64_t duration(int s, uint32_t number) {
    const double a = steps[s].a, b = steps[s].b, u = uniform(number, steps[s].hash, 1, DURATION);
    double x;
    switch (s) {
    case REVIEW: x = a * exp(b * normal_quantile(u)); break;
    case SCAN: x = a + u * (b - a); break;
    case INSPECT: x = b * erlang_quantile(u); break;
    default: x = -a * log(1.0 - u);
    }
    const int64_t ms = (int64_t)floor(x + 0.5);
    return ms > 1 ? ms : 1;
}

/* The future: a calendar of buckets, each a list of those whose step ends within a few seconds; a year of it comes round */

enum { BUCKETS = 1 << 14 };

static declaration *all;
static int32_t room, vacant;
static int32_t bucket[BUCKETS];
static uint64_t filled[BUCKETS / 64];
static int width;   /* of a bucket: so many bits of a time */
static int64_t day; /* the bucket looked at, counted from the epoch */

static void schedule(int32_t who, int64_t due) {
    const uint32_t at = due >> width & (BUCKETS - 1);
    all[who].due = due;
    all[who].next = bucket[at];
    bucket[at] = who;
    filled[at >> 6] |= 1ULL << (at & 63);
}

/* Return whose step ends first, the smallest number if there are several, and take it out; -1 if none ends by a time */
static int32_t first_by(int64_t time) {
    for (const int64_t last = time >> width; day <= last; day++) {
        const uint32_t at = day & (BUCKETS - 1);
        const uint64_t word = filled[at >> 6] >> (at & 63);
        if (!word) { day |= 63; continue; }
        day += __builtin_ctzll(word);
        if (day > last) break;
        int32_t *link = &bucket[day & (BUCKETS - 1)], *best = NULL;
        for (; *link >= 0; link = &all[*link].next) {
            const declaration *it = &all[*link];
            if (it->due >> width != day) continue; /* of another year */
            if (!best || it->due < all[*best].due || (it->due == all[*best].due && it->number < all[*best].number)) best = link;
        }
        if (best) {
            const int32_t who = *best;
            if (all[who].due > time) return -1;
            *best = all[who].next;
            const uint32_t place = day & (BUCKETS - 1);
            if (bucket[place] < 0) filled[place >> 6] &= ~(1ULL << (place & 63));
            return who;
        }
    }
    if (day > time >> width) day = time >> width;
    return -1;
}

/* Sums */

static sums out;
static level *of_hour;
static int64_t hour_end;
static int32_t n_series;

static void change(int series, int by, int64_t now) {
    of_hour[series].change += by;
    of_hour[series].rest += by * (hour_end - now);
}

static unsigned __int128 squares[CHANNELS][QUANTITIES];

static void add_value(int channel, int quantity, int64_t value) {
    moment *m = &out.moment[channel * QUANTITIES + quantity];
    if (value < m->least) m->least = value;
    if (value > m->greatest) m->greatest = value;
    m->n++;
    m->sum += value;
    squares[channel][quantity] += (unsigned __int128)value * (uint64_t)value;
    const int octave = 63 - __builtin_clzll(value | 1 << SUB_BITS) - SUB_BITS;
    out.histogram[(channel * QUANTITIES + quantity) * BINS + (octave << SUB_BITS) + (value >> octave)]++;
}

/* The way through */

static void start(step *at, int s, int32_t who, int64_t now) {
    change(at->held, 1, now);
    all[who].started = now;
    schedule(who, now + duration(s, all[who].number));
}

static void come(int s, int32_t who, int64_t now) {
    step *at = &steps[s];
    all[who].step = s;
    all[who].queued = now;
    if (s == PAY) {
        schedule(who, now + duration(PAY, all[who].number));
    } else if (at->idle) { /* so nobody waits */
        at->idle--;
        start(at, s, who, now);
    } else {
        change(at->waiting, 1, now);
        all[who].next = -1;
        if (at->head < 0) at->head = who; else all[at->tail].next = who;
        at->tail = who;
    }
}

static void leave(int s, int32_t who, int64_t now) {
    declaration *it = &all[who];
    stays *sum = &out.stay[s];
    sum->n++;
    sum->stay += now - it->queued;
    it->visits++;
    if (s == PAY) return;
    const int64_t waited = it->started - it->queued, worked = now - it->started;
    sum->queue += waited;
    sum->work += worked;
    if (waited > sum->longest) sum->longest = waited;
    it->waited += waited;
    it->worked += worked;
    step *at = &steps[s];
    change(at->held, -1, now);
    const int32_t next = at->head;
    if (next < 0) { at->idle++; return; }
    at->head = all[next].next;
    change(at->waiting, -1, now);
    start(at, s, next, now);
}

static void finish(int32_t who) {
    const declaration *it = &all[who];
    out.ended[it->channel]++;
    add_value(it->channel, QUEUE, it->waited);
    add_value(it->channel, WORK, it->worked);
    add_value(it->channel, VISITS, it->visits);
    all[who].next = vacant;
    vacant = who;
}

static void create(uint32_t number, int64_t now) {
    if (vacant < 0) {
        all = realloc(all, 2 * room * sizeof *all);
        for (int32_t i = 2 * room - 1; i >= room; i--) { all[i].next = vacant; vacant = i; }
        room *= 2;
    }
    const int32_t who = vacant;
    vacant = all[who].next;
    all[who] = (declaration){ .number = number };
    come(SCREEN, who, now);
}

static void end_of_step(int32_t who, int64_t now, const double *chance) {
    const int s = all[who].step;
    if (s == SCREEN) {
        const double u = uniform(all[who].number, steps[SCREEN].hash, 1, EXAMINATION);
        all[who].channel = chance[GREEN] > u ? GREEN : chance[YELLOW] > u ? YELLOW : RED;
    }
    leave(s, who, now);
    const int channel = all[who].channel;
    switch (s) {
    case SCREEN: come(channel == GREEN ? PAY : REVIEW, who, now); break;
    case REVIEW: come(channel == RED ? SCAN : PAY, who, now); break;
    case SCAN: come(INSPECT, who, now); break;
    case INSPECT: come(PAY, who, now); break;
    case PAY: come(GATE, who, now); break;
    case GATE: finish(who); break;
    }
}

/* Fill in the sums of all declarations that come before until_h; return how many are still under way at the end */
int64_t w1_keyed(const parameters *given, const sums *into) {
    out = *into;
    seed = given->seed; replication = given->replication; n_series = given->n_series;
    room = 1024; vacant = -1; day = 0;
    all = malloc(room * sizeof *all);
    for (int32_t i = room - 1; i >= 0; i--) { all[i].next = vacant; vacant = i; }
    memset(bucket, -1, sizeof bucket);
    memset(filled, 0, sizeof filled);
    memset(squares, 0, sizeof squares);
    for (width = 0; (1LL << width) < HOUR_MS / (8 * given->rate); width++) {} /* about half an event a bucket */
    for (int s = 0; s < STEPS; s++)
        steps[s] = (step){ given->step[s].hash, given->step[s].servers, -1, -1, given->step[s].a, given->step[s].b,
                           given->step[s].held, given->step[s].waiting };
    for (int i = 0; i < CHANNELS * QUANTITIES; i++) out.moment[i].least = INT64_MAX;
    hour_end = 0;
    of_hour = out.level - n_series;
    double total = 0.0;
    uint32_t number = 0;
    int64_t arrival = -1;
    for (;;) {
        if (arrival < 0) {
            total += -log(1.0 - uniform(number, given->no_key, 0, ARRIVAL));
            arrival = total < given->rate * given->until_h ? (int64_t)floor(total / given->rate * HOUR_MS + 0.5) : INT64_MAX;
        }
        const int32_t who = first_by(arrival < given->end ? arrival : given->end - 1);
        const int64_t now = who >= 0 ? all[who].due : arrival;
        if (now >= given->end) break;
        while (now >= hour_end) { hour_end += HOUR_MS; of_hour += n_series; }
        if (who >= 0) {
            end_of_step(who, now, given->chance);
        } else {
            create(number++, now);
            arrival = -1;
        }
    }
    for (int c = 0; c < CHANNELS; c++)
        for (int q = 0; q < QUANTITIES; q++) {
            out.moment[c * QUANTITIES + q].high = (int64_t)(squares[c][q] >> 44);
            out.moment[c * QUANTITIES + q].low = (int64_t)(squares[c][q] & ((1ULL << 44) - 1));
        }
    int64_t ended = 0;
    for (int c = 0; c < CHANNELS; c++) ended += out.ended[c];
    free(all);
    return number - ended;
}
