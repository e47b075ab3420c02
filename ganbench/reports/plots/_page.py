"""The page of a figure: title, explanation, panels at places in inches, legend, caption."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ganbench.reports.plots import _style
from ganbench.reports.plots._style import WIDTH

LETTER, BROAD = 0.0535, 0.077  # inches of one letter of a name, and of those of ``BROADER``
BROADER = "mwMW+=<>…%@"
RIGHT = 0.12  # inches free at the right end


class Page:
    """A figure of which the panels share ``body`` inches of height.

    Attributes:
        figure: of matplotlib. canvas: that it is drawn on.
    """

    def __init__(
        self,
        body: float,
        title: str,
        explained: str,
        caption: str,
        families: Iterable[str] = (),
        marks: bool = False,
        below: float = 0.36,
        above: float = 0.0,
        width: float = WIDTH,
    ) -> None:
        """Make the figure.

        Args:
            body: inches. families: in the legend; ``marks`` if each has a mark of its own.
            below, above: inches below the panels for ticks and labels, and above them.
            width: inches.
        """
        explained = textwrap.fill(explained, int(148 * width / WIDTH))
        caption = textwrap.fill(caption, int(172 * width / WIDTH))
        self.families = [family for family in families if family != "control"]
        end = 0.1 + 0.09 * (caption.count("\n") + 1)
        legend = _style.legend_height(self.families) + 0.04 if self.families else 0.0
        top = 0.3 + 0.115 * (explained.count("\n") + 1) + above
        self.width, self.body, self.bottom = width, body, end + legend + below
        self.height = top + body + self.bottom
        self.figure = Figure(figsize=(width, self.height))  # pyplot would keep it for ever
        self.canvas = FigureCanvasAgg(self.figure)
        _style.says(self.figure, title, explained, caption)
        _style.family_legend(self.figure, self.families, end, marks)

    def panel(self, left: float, right: float, low: float = 0.0, high: float | None = None) -> Axes:
        """Return a panel between ``left`` and ``right``, inches from the left end.

        Args:
            low, high: inches from the end of the body; all of it by default.
        """
        high = self.body if high is None else high
        return self.figure.add_axes(
            (
                left / self.width,
                (self.bottom + low) / self.height,
                (right - left) / self.width,
                (high - low) / self.height,
            )
        )


def name_margin(names: Sequence[str]) -> float:
    """Return the inches that a column of names takes."""
    return 0.14 + max((sum(BROAD if c in BROADER else LETTER for c in n) for n in names), default=0)
