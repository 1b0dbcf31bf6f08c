#!/usr/bin/env python3
"""Write fixed_tables.h: the tables of fixed.c, exact to their last bit.

Run by hand when a table's shape changes; the result is kept in the tree, so
that building needs no Python and no floating point decides a bit.
"""
from decimal import Decimal, ROUND_HALF_EVEN, getcontext

getcontext().prec = 60
LN2 = Decimal(2).ln()
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494")
STEPS = 256      # per octave, logarithm and power
OCTAVES = 44     # of the normal's tail: down to 2^-45
NORMAL_STEPS = 32


def rounded(value):
    return int(value.to_integral_value(rounding=ROUND_HALF_EVEN))


def upper_tail(z):
    """P(Z > z), by the series of the error function for the lower half."""
    term = z
    total = z
    n = 0
    while abs(term) > Decimal(10) ** -58:
        n += 1
        term = term * z * z / (2 * n + 1)
        total += term
    density = (-(z * z) / 2).exp() / (2 * PI).sqrt()
    return Decimal("0.5") - density * total, density


def quantile(p, z):
    """z with P(Z > z) = p, by Newton's method from a near guess."""
    for _ in range(200):
        tail, density = upper_tail(z)
        step = (tail - p) / density
        step = max(min(step, Decimal("0.5")), Decimal("-0.5"))
        z += step
        if abs(step) < Decimal(10) ** -20:
            return z
    raise RuntimeError("no convergence")


def write_table(out, comment, declaration, values, suffix):
    out.append("/* %s */" % comment)
    out.append("%s = {" % declaration)
    line = "   "
    for value in values:
        text = " %d%s," % (value, suffix)
        if len(line) + len(text) > 98:
            out.append(line)
            line = "   "
        line += text
    out.append(line)
    out.append("};")
    out.append("")


def main():
    out = ["/* fixed_tables.h - written by fixed_tables.py; see fixed.h */", "#pragma once", "",
           "#include <glib.h>", ""]
    write_table(out, "log2(1 + i/256), Q48", "static const guint64 log2_table[%d]" % STEPS,
                [rounded((1 + Decimal(i) / STEPS).ln() / LN2 * 2**48) for i in range(STEPS)], "u")
    write_table(out, "1 / (1 + i/256), Q63", "static const guint64 inverse_table[%d]" % STEPS,
                [rounded(Decimal(2**63) * STEPS / (STEPS + i)) for i in range(STEPS)], "u")
    write_table(out, "2^(i/256), Q62", "static const guint64 exp2_table[%d]" % STEPS,
                [rounded((Decimal(i) / STEPS * LN2).exp() * 2**62) for i in range(STEPS)], "u")
    rows = []
    z = Decimal(0)
    for octave in range(OCTAVES):
        for i in range(NORMAL_STEPS + 2):
            # Two more than the octave needs, for the interpolation by three points; they may lie
            # beyond p = 1/2, where z is negative.
            p = Decimal(2) ** -(octave + 2) * (1 + Decimal(i) / NORMAL_STEPS)
            z = quantile(p, z)
            rows.append(rounded(z * 2**28))
    write_table(out, "z with P(Z > z) = 2^-(octave+2) * (1 + i/32), Q28",
                "static const gint32 normal_table[%d][%d]" % (OCTAVES, NORMAL_STEPS + 2), rows, "")
    # The rows lie one after the other: write them with braces of their own.
    start = out.index("static const gint32 normal_table[%d][%d] = {" % (OCTAVES, NORMAL_STEPS + 2))
    out = out[:start + 1]
    for octave in range(OCTAVES):
        row = rows[octave * (NORMAL_STEPS + 2):(octave + 1) * (NORMAL_STEPS + 2)]
        line = "    {"
        for i, value in enumerate(row):
            text = "%d%s" % (value, "}," if i == len(row) - 1 else ", ")
            if len(line) + len(text) > 99:
                out.append(line.rstrip())
                line = "     "
            line += text
        out.append(line)
    out += ["};", ""]
    with open("src/sim/fixed_tables.h", "w") as f:
        f.write("\n".join(out))


main()
