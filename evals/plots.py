"""Plots as SVG that stands inside a page."""

from __future__ import annotations

import io
from html import escape

from evals.harness import Plot

SIZE = (5.2, 3.6)  # inches; two fit side by side
NOT_INSTALLED = "Plots need matplotlib: make evals installs it."


def svg(plot: Plot) -> str:
    """The plot, or a line that says how to get it where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure  # half a second, and only `make evals` brings it
    except ImportError:
        return f"<p>{escape(plot.title)}. {NOT_INSTALLED}</p>"
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    for curve in plot.curves:
        axes.plot(curve.x, curve.y, marker="o" if len(curve.x) < 20 else "", markersize=3, label=curve.label)
    axes.set(title=plot.title, xlabel=plot.x_label, ylabel=plot.y_label)
    if plot.log_x:
        axes.set_xscale("log")
        ticks = sorted({x for curve in plot.curves for x in curve.x})
        axes.set_xticks(ticks, [f"{x:g}" for x in ticks])
        axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()[out.getvalue().index("<svg") :]
