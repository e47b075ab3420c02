"""Plots of a run directory, as PNG and SVG, one file a figure or a few alike.

They receive values, estimates and the leaderboard, and compute nothing but medians and ranges.
"""

from ganbench.reports.plots._style import axis_label, save, style
from ganbench.reports.plots.shown import Shown, shown_of
from ganbench.reports.plots.write import figure, write_all

__all__ = ["Shown", "axis_label", "figure", "save", "shown_of", "style", "write_all"]
