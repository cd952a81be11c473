"""A picture of a case: a bar for each figure, in groups of one unit, as SVG."""

from collections.abc import Sequence
from html import escape
from typing import Final

from tests.bench.figures import Figure

_WIDTH: Final = 720
_LABEL: Final = 300
_ROW: Final = 26
_BAR: Final = _WIDTH - _LABEL - 130
_STYLE: Final = (
    "<style>text{font:13px system-ui,sans-serif;fill:#222}.bar{fill:#2f6f9f}.base{fill:#9aa7b1}"
    ".missed{fill:#b5482f}@media(prefers-color-scheme:dark){text{fill:#ddd}}</style>"
)


def chart_of(figures: Sequence[Figure]) -> str:
    """Return the picture of one case's figures. Bars are to scale among those of one unit."""
    largest: dict[str, float] = {}
    for one in figures:
        largest[one.unit] = max(largest.get(one.unit, 0.0), one.value)
    height = _ROW * (len(figures) + 1)
    rows = [_row(one, place, largest[one.unit]) for place, one in enumerate(figures)]
    title = f'<text x="8" y="18" font-weight="bold">{escape(figures[0].case)}</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" role="img">'
        f"{_STYLE}{title}{''.join(rows)}</svg>\n"
    )


def _row(one: Figure, place: int, largest: float) -> str:
    y = _ROW * (place + 1)
    width = _BAR * one.value / largest if largest else 0.0
    kind = "base" if one.ratio is None else "missed" if one.is_met is False else "bar"
    ratio = "" if one.ratio is None else f" ({one.ratio:.2f})"
    return (
        f'<text x="8" y="{y + 17}">{escape(one.name)}</text>'
        f'<rect class="{kind}" x="{_LABEL}" y="{y + 4}" width="{width:.1f}" height="{_ROW - 8}"/>'
        f'<text x="{_LABEL + width + 6:.1f}" y="{y + 17}">'
        f"{one.value:,.4g} {escape(one.unit)}{ratio}</text>"
    )
