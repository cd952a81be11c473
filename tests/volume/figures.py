"""What the scenarios measured: a table for people, each figure beside the bound it was held to."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `bound` says what was demanded of it, empty where nothing was."""

    scenario: str
    name: str
    value: float
    unit: str
    bound: str = ""
    is_met: bool = True


@dataclass(slots=True)
class Figures:
    """All figures of a run, in the order they came."""

    all: list[Figure] = field(default_factory=list)

    def note(self, scenario: str, name: str, value: float, unit: str) -> None:
        """Add a figure of which nothing is demanded."""
        self.all.append(Figure(scenario, name, value, unit))

    def at_most(self, scenario: str, name: str, value: float, unit: str, most: float) -> None:
        """Add a figure that must not exceed `most`; what did is told by `unmet`."""
        figure = Figure(scenario, name, value, unit, f"<= {most:,g}", value <= most)
        self.all.append(figure)

    def at_least(self, scenario: str, name: str, value: float, unit: str, least: float) -> None:
        """Add a figure that must reach `least`."""
        figure = Figure(scenario, name, value, unit, f">= {least:,g}", value >= least)
        self.all.append(figure)

    def unmet(self, scenario: str) -> list[str]:
        """Return the scenario's figures that are not within their bounds, in words."""
        return [
            f"{one.name}: {one.value:,.2f} {one.unit}, not {one.bound}"
            for one in self.all
            if one.scenario == scenario and not one.is_met
        ]

    def table(self) -> list[str]:
        """Return the lines of the table."""
        lines = []
        for one in self.all:
            mark = "" if one.is_met else "  NOT MET"
            value = f"{one.value:>14,.2f} {one.unit:12} {one.bound:14}"
            lines.append(f"{one.scenario:14} {one.name:46} {value}{mark}".rstrip())
        return lines
