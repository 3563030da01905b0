"""The simulated day: timetables moved to now, the runs on them, and the scenario in force."""

from collections.abc import Mapping
from datetime import date

from sandbox import scenario as scenarios
from sandbox.clock import Clock
from sandbox.live.runs import Board, RunState
from sandbox.live.situations import Announcement, announced, of_cancellations
from sandbox.scenario import CoachFigures, MetroFigures, RailwayFigures, Scenario
from sandbox.timetable.coach import coach
from sandbox.timetable.day import ServiceDays
from sandbox.timetable.metro import metro
from sandbox.timetable.network import network
from sandbox.timetable.railway import railway

DATASETS = ("railway", "metro", "coach")


class Day:
    """Everything but the taxis: a function of seed, scenario and the moment of the start."""

    def __init__(self, scenario: Scenario, seed: int, clock: Clock) -> None:
        self.clock = clock
        self.seed = seed
        self.scenario = scenario
        self.began = clock.start.timestamp()
        self.days = ServiceDays.begun(clock.start, scenario.day)
        places = network()
        made = (
            railway(places.railway, scenario.railway, seed),
            metro(places.metro, scenario.metro),
            coach(places.coach, scenario.coach, seed),
        )
        self.boards: Mapping[str, Board] = {
            timetable.dataset: Board(
                self.days.moved(timetable),
                self.days,
                figures.disruption,
                seed=seed,
                preview=figures.preview_minutes * 60,
                linger=figures.linger_minutes * 60,
            )
            for timetable, figures in zip(made, self._services(scenario), strict=True)
        }

    def switch(self, name: str) -> Scenario:
        """Another scenario from now on; what has happened and the timetables stay.

        Raises scenarios.ScenarioError.
        """
        self.scenario = scenarios.load(name)
        self.began = self.clock.posix()
        for dataset, figures in zip(DATASETS, self._services(self.scenario), strict=True):
            self.boards[dataset].turn(figures.disruption, self.began)
        return self.scenario

    def today(self) -> date:
        """The calendar day in the station's zone."""
        return self.days.calendar_day(self.clock.posix())

    def situations(self, dataset: str, states: list[RunState], now: float) -> list[Announcement]:
        """What is announced in a dataset at `now`; `states` are its live runs."""
        found = announced(self.scenario.situations, dataset, self.began, now)
        if dataset == "railway" and self.scenario.railway.situation_per_cancellation:
            found += of_cancellations(states, network().railway.station.id)
        return found

    def load_percent(self, dataset: str, now: float) -> float:
        """How full the average vehicle is at this hour of the day."""
        figures = self.scenario.metro if dataset == "metro" else self.scenario.coach
        return figures.load_percent[self.days.nominal_hour(now)]

    @staticmethod
    def _services(scenario: Scenario) -> tuple[RailwayFigures, MetroFigures, CoachFigures]:
        return scenario.railway, scenario.metro, scenario.coach
