"""Inverse distribution functions, one uniform number in, one value out: monotone, and built on `math` alone.

`math.log` and `math.exp` give the same bits compiled and uncompiled; numpy's functions of the same name do not.
"""

from __future__ import annotations

import math

from workbench.models.queueing.jit import kernel

__all__ = ["gamma_quantile", "normal_quantile", "triangular_quantile", "weibull_quantile"]

CENTRAL, TAIL, FAR_TAIL = (
    (
        (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
         4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3),
        (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
         2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3),
    ),
    (
        (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
         1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4),
        (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
         1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9),
    ),
    (
        (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
         2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7),
        (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
         7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15),
    ),
)  # fmt: skip
"""Numerators and denominators of algorithm AS 241 (Wichura 1988, PPND16), from the constant term up."""

DIGITS = 4e-16  # where the next term no longer changes a double
MOST_PHASES = 12.0  # of so many the sum is shorter than the series
CLOSE = 1e-7  # errors shrink with the third power, so what follows a step this small changes no digit


@kernel(inline=True)
def ratio(coefficients, x):
    """Return numerator / denominator of one of the three pieces of AS 241 at x."""
    above, below = coefficients
    top = bottom = 0.0
    for i in range(7, -1, -1):
        top = top * x + above[i]
        bottom = bottom * x + below[i]
    return top / bottom


@kernel(entry=True)
def normal_quantile(u):
    """Return z with P(Z ≤ z) = u for a standard normal Z; relative error about 1e-16."""
    q = u - 0.5
    if abs(q) <= 0.425:
        return q * ratio(CENTRAL, 0.180625 - q * q)
    r = math.sqrt(-math.log(u if q < 0.0 else 1.0 - u))
    z = ratio(TAIL, r - 1.6) if r <= 5.0 else ratio(FAR_TAIL, r - 5.0)
    return -z if q < 0.0 else z


@kernel(entry=True)
def triangular_quantile(u, low, mode, high):
    """Return the quantile of the triangular distribution on [low, high] with that mode."""
    if u * (high - low) < mode - low:
        return low + math.sqrt(u * (high - low) * (mode - low))
    return high - math.sqrt((1.0 - u) * (high - low) * (high - mode))


@kernel(entry=True)
def weibull_quantile(u, shape, scale):
    """Return scale · (−log(1 − u)) ** (1 / shape)."""
    return scale * math.exp(math.log(-math.log(1.0 - u)) / shape)


@kernel
def lower_series(shape, x):
    """Return P(shape, x) · Γ(shape + 1) / (x**shape e**−x), by its series; for x < shape + 1."""
    term = total = 1.0
    a = shape
    while term > total * DIGITS:
        a += 1.0
        term *= x / a
        total += term
    return total


@kernel
def upper_fraction(shape, x):
    """Return Q(shape, x) · Γ(shape) / (x**shape e**−x), by its continued fraction (Lentz); for x ≥ shape + 1."""
    b = x + 1.0 - shape
    c = 1e300
    d = 1.0 / b
    h = d
    for i in range(1, 10_000):
        an = -i * (i - shape)
        b += 2.0
        d = 1.0 / (an * d + b)
        c = b + an / c
        h *= d * c
        if abs(d * c - 1.0) < DIGITS:
            break
    return h


@kernel
def upper_sum(phases, x):
    """Return Q(phases, x) · Γ(phases) / (x**(phases − 1) e**−x) of a whole number of phases: a sum of that many terms."""
    term = total = 1.0
    while phases > 1.0:
        phases -= 1.0
        term *= phases / x
        total += term
    return total


@kernel
def gamma_tails(shape, log_gamma, x, u):
    """Return (P, Q, density) of the gamma distribution of scale 1 at x > 0; the smaller tail is exact to ~1e-15."""
    density = math.exp((shape - 1.0) * math.log(x) - x - log_gamma)
    if u > 0.1 and shape <= MOST_PHASES and shape == math.floor(shape):
        q = upper_sum(shape, x) * density
        return 1.0 - q, q, density
    if x < shape + 1.0:
        p = lower_series(shape, x) * density * x / shape
        return p, 1.0 - p, density
    q = upper_fraction(shape, x) * density * x
    return 1.0 - q, q, density


@kernel
def gamma_start(u, shape):
    """Return a first guess at the gamma quantile: Wilson and Hilferty's cube, or the power law of the lower tail."""
    z = normal_quantile(u)
    cube = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * math.sqrt(shape))
    if cube > 0.3:
        return shape * cube * cube * cube
    return 0.0


@kernel(entry=True)
def gamma_quantile(u, shape, log_gamma):
    """Return x with P(shape, x) = u, scale 1, by Newton's method with Halley's correction inside a bracket.

    ``log_gamma`` is log Γ(shape), computed once by the caller: `math.lgamma` is not the same function compiled.
    """
    x = gamma_start(u, shape)
    if x <= 0.0:
        # P(a, x) ≈ x**a / Γ(a + 1) near 0
        x = math.exp((math.log(u) + log_gamma + math.log(shape)) / shape)
    low, high = 0.0, math.inf
    for _ in range(100):
        if x < 1e-300:
            return x
        p, q, density = gamma_tails(shape, log_gamma, x, u)
        # The smaller tail keeps its relative precision; 1 − u is exact.
        error = p - u if u < 0.5 else (1.0 - u) - q
        if error > 0.0:
            high = x
        else:
            low = x
        new = 0.5 * (low + high) if high < math.inf else 2.0 * x
        if density > 0.0:
            newton = error / density
            step = newton / (1.0 - 0.5 * min(1.0, newton * ((shape - 1.0) / x - 1.0)))
            if abs(step) <= CLOSE * x:
                return x - step
            if low < x - step < high:
                new = x - step
        x = new
    return x
