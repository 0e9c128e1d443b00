"""Steps 1 to 7 of the terms, counted: what each signal lost, out of how much, and in which bucket every tick lies.

A signal is one byte a tick: the rank of the tick's loss among the losses of the case, 0 where nothing is lost.
"""

import math
from fractions import Fraction

from tests.rules.ticks import (
    AT_LEAST,
    MICRO,
    QUARTER_HOUR,
    Json,
    Span,
    Ticks,
    both,
    clock_blocks,
    either,
    instant,
    local,
    local_midnight,
    lost,
    minutes,
    outside,
    passes,
    runs,
    without,
    zone_of,
)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
RATIO_LEVEL = ("min", "mean", "pooled")


class Refused(Exception):
    """The case has no meaning; the word says why."""


class Case:
    """One case's terms and inputs on a line of ticks long enough for everything that matters to it."""

    def __init__(self, document: Json) -> None:
        self.terms: Json = document["terms"]
        self.input: Json = document["input"]
        components = self.terms["components"]
        self.names: list[str] = components["names"]
        self.combine: str = components.get("combine") or ("any_down" if len(self.names) == 1 else "")
        self.refuse()
        self.signal: Json = self.terms["signal"]
        self.shape: Json = self.terms.get("shape") or {}
        self.exclude: Json = self.terms.get("exclude") or {}
        self.no_data: str = self.terms.get("no_data") or "as_up"
        self.hours: Json | None = self.terms.get("service_hours")
        self.min_run: Json | None = self.shape.get("min_run")
        self.quantum = self.shape.get("quantum_seconds", 1) * MICRO
        self.find_period()
        self.find_windows()
        self.lay_out_ticks()

    def refuse(self) -> None:
        rules = self.terms["credit"].get("rules", [])
        if len(self.names) > 1 and not self.combine:
            raise Refused("several components, and nothing says how they combine")
        if self.combine in RATIO_LEVEL and any(
            rule["quantity"] in ("runs", "days_touched") or rule.get("per") == "run" for rule in rules
        ):
            raise Refused("runs have no meaning where ratios are combined")
        cap = self.terms.get("cap")
        if cap and cap.get("per") == "run" and not any(rule.get("per") == "run" for rule in rules):
            raise Refused("a cap per run, but nothing is metered per run")
        weights = self.terms["signal"]["severity_weight"]
        windows = [] if self.terms["signal"].get("source") == "requests" else self.input.get("outages", [])
        if any(window["severity"] not in weights for window in windows):
            raise Refused("a severity without a weight")

    def find_period(self) -> None:
        period = self.input["period"]
        self.zone = zone_of(period.get("timezone") or "UTC")
        if period["kind"] == "explicit":
            self.start, self.end = instant(period["start"]), instant(period["end"])
        else:
            year, month = period["year"], period["month"]
            self.start = local_midnight(year, month, self.zone)
            self.end = local_midnight(year, month + period.get("months", 1), self.zone)
        as_of = self.input.get("as_of")
        self.as_of = instant(as_of) if as_of else None
        self.term_start, self.term_end = (
            instant(self.input[key]) if self.input.get(key) else otherwise
            for key, otherwise in (("service_start", self.start), ("service_end", self.end))
        )

    def span(self, window: Json) -> Span:
        """A window's instants; an open one lasts until the period's end; nothing is known after `as_of`."""
        end = instant(window["end"]) if window.get("end") else self.end
        return instant(window["start"]), end if self.as_of is None else min(end, self.as_of)

    def find_windows(self) -> None:
        """What happened, as (facts, span), without what ends where it starts."""

        def real(spans: list[tuple[Json, Span]]) -> list[tuple[Json, Span]]:
            return [(facts, (a, b)) for facts, (a, b) in spans if a < b]

        source = self.signal.get("source") or "both"
        self.outages = (
            real([(w, self.span(w)) for w in self.input.get("outages", [])]) if source != "requests" else []
        )
        self.maintenance = real([(w, self.span(w)) for w in self.input.get("maintenance", [])])
        self.gaps = real([(w, self.span(w)) for w in self.input.get("no_data", [])])
        self.requests = []
        for row in self.input.get("requests", []) if source != "windows" else []:
            start = instant(row["start"])
            end = start + int(Fraction(row["seconds"]) * MICRO)
            self.requests.append((row, (start, end if self.as_of is None else min(end, self.as_of))))
        self.requests = real(self.requests)

    def lay_out_ticks(self) -> None:
        """Choose the tick and the line: every instant on a tick, every grid cell whole."""
        spans = [span for _, span in self.outages + self.maintenance + self.gaps + self.requests]
        marks = {self.start, self.end, self.term_start, self.term_end, self.as_of or 0} | {
            t for s in spans for t in s
        }
        self.clock_step = QUARTER_HOUR
        if self.hours:
            lists = [*self.hours["weekly"].values(), *(self.hours.get("exceptions") or {}).values()]
            self.clock_step = math.gcd(
                QUARTER_HOUR, *(minutes(t) * 60 * MICRO for h in lists for p in h for t in p)
            )
            marks.add(self.clock_step)
        if self.quantum > MICRO:
            marks.add(self.quantum)
        if self.min_run:
            marks.add(int(Fraction(self.min_run["seconds"]) * MICRO))
        marks.add(int(Fraction(self.exclude.get("allowance_seconds") or 0) * MICRO))
        self.tick = math.gcd(*marks)
        cell = self.quantum if self.quantum > MICRO else self.tick
        self.origin = min([self.start, *(a for a, _ in spans)]) // cell * cell
        far = max([self.end, *(b for _, b in spans)])
        self.length = -((self.origin - far) // cell) * cell // self.tick
        assert self.length < 60_000_000, "too many ticks to count"

    def ticks(self, start: int, end: int) -> slice:
        return slice(*(min(max((when - self.origin) // self.tick, 0), self.length) for when in (start, end)))

    def marked(self, *spans: Span) -> bytes:
        line = bytearray(self.length)
        for span in spans:
            where = self.ticks(*span)
            line[where] = b"\xff" * (where.stop - where.start)
        return bytes(line)

    def seconds(self, ticks: int | Fraction) -> Fraction:
        return Fraction(ticks) * self.tick / MICRO


# Step 1: the signal.


def outage_loss(case: Case, window: Json) -> Fraction:
    weight = Fraction(case.signal["severity_weight"][window["severity"]])
    share = Fraction(window["affected_share"]) if window.get("affected_share") is not None else Fraction(1)
    how = case.signal.get("affected_share") or {"mode": "ignore"}
    if how["mode"] == "weight":
        return weight * share
    if how["mode"] == "threshold":
        return weight if passes(share, how.get("op", ">"), Fraction(how["above"])) else Fraction(0)
    return weight


def request_loss(case: Case, row: Json) -> Fraction:
    if not row["total"]:
        return Fraction(0)
    rate = Fraction(row["errors"], row["total"])
    how = case.signal.get("requests") or {"mode": "rate"}
    if how["mode"] == "threshold":
        return Fraction(passes(rate, how.get("op", ">"), Fraction(how["above"])))
    return rate


def counted_window(case: Case, span: Span) -> Span:
    """What the minimum on single windows leaves of one: all, nothing, or what exceeds the minimum."""
    rule = case.min_run
    if not rule or rule["test_on"] != "window":
        return span
    start, end = span
    if rule["straddle"] == "clipped":
        start, end = max(start, case.start), min(end, case.end)
    needed = int(Fraction(rule["seconds"]) * MICRO)
    if not passes(Fraction(end - start), rule["op"], Fraction(needed)):
        return start, start
    return start + (needed if rule["counts"] == "excess" else 0), end


def component_signal(case: Case, name: str, losses: list[Fraction], *, minimum: bool) -> bytes:
    """One component's loss, tick by tick, after the minimum on windows if asked; gaps in the data as the terms say."""
    line = bytearray(case.length)
    painted = [
        (counted_window(case, span) if minimum else span, outage_loss(case, window))
        for window, span in case.outages
        if window["component"] == name
    ]
    painted += [(span, request_loss(case, row)) for row, span in case.requests if row["component"] == name]
    for span, loss in painted:
        where = case.ticks(*span)
        if where.start < where.stop:
            line[where] = line[where].translate(AT_LEAST[losses.index(loss)])
    for gap, span in case.gaps:
        if gap["component"] == name:
            where = case.ticks(*span)
            rank = losses.index(Fraction(1)) if case.no_data == "as_down" else 0
            line[where] = bytes([rank]) * (where.stop - where.start)
    return bytes(line)


# Steps 2 to 7: one signal, masked, shaped and clipped.


def after_minimum(case: Case, line: Ticks, test_on: str) -> bytes:
    rule = case.min_run
    if not rule or rule["test_on"] != test_on:
        return bytes(line)
    if rule["straddle"] == "clipped":
        line = both(line, case.marked((case.start, case.end)))
    needed = int(Fraction(rule["seconds"]) * MICRO) // case.tick
    kept = bytearray(case.length)
    for start, end in runs(line):
        if passes(Fraction(end - start), rule["op"], Fraction(needed)):
            first = start + (needed if rule["counts"] == "excess" else 0)
            kept[first:end] = line[first:end]
    return bytes(kept)


def on_grid(case: Case, line: Ticks) -> bytes:
    if case.quantum <= MICRO:
        return bytes(line)
    worst = max if case.shape.get("quantum_rule", "any") == "any" else min
    cell = case.quantum // case.tick
    return b"".join(bytes([worst(line[at : at + cell])]) * cell for at in range(0, case.length, cell))


def is_excluded(case: Case, window: Json, span: Span) -> bool:
    category = window.get("category") or "scheduled_maintenance"
    listed = case.exclude.get("categories")
    notice = case.exclude.get("notice_seconds")
    if listed is not None and category not in listed:
        return False
    if category != "scheduled_maintenance" or notice is None:
        return True
    announced = window.get("announced_at")
    return announced is not None and instant(announced) <= span[0] - int(Fraction(notice) * MICRO)


def promised(case: Case) -> bytes:
    """The period's ticks within service hours, each judged by what a clock on the wall reads."""
    if not case.hours:
        return case.marked((case.start, case.end))
    zone = zone_of(case.hours["timezone"])
    exceptions = case.hours.get("exceptions") or {}
    spans = []
    for block in clock_blocks(case.start, case.end, case.clock_step):
        wall = local(block[0], zone)
        usual = case.hours["weekly"].get(WEEKDAYS[wall.weekday()], [])
        reading = wall.strftime("%H:%M")
        if any(opens <= reading < closes for opens, closes in exceptions.get(wall.date().isoformat(), usual)):
            spans.append(block)
    return case.marked(*spans)


class Clips:
    """The four sets of ticks that step 7 clips to."""

    def __init__(self, case: Case) -> None:
        self.period = case.marked((case.start, case.end))
        self.known = case.marked((case.origin, case.end if case.as_of is None else min(case.end, case.as_of)))
        self.hours = promised(case)
        self.term = both(self.period, case.marked((case.term_start, case.term_end)))
        self.all = both(both(self.hours, self.term), both(self.period, self.known))


def exclusions(case: Case, clips: Clips, names: list[str]) -> tuple[dict[str, bytes], bytes]:
    """Per component and for "*": the ticks that effective exclusions cover, the allowance used up in time order."""
    nothing = bytes(case.length)
    scheduled, other = (dict.fromkeys([*names, "*"], nothing) for _ in range(2))
    for window, span in case.maintenance:
        if window["component"] in scheduled and is_excluded(case, window, span):
            category = window.get("category") or "scheduled_maintenance"
            lines = scheduled if category == "scheduled_maintenance" else other
            lines[window["component"]] = either(lines[window["component"]], case.marked(span))
    allowance = case.exclude.get("allowance_seconds")
    if allowance is not None:
        used = nothing
        for line in scheduled.values():
            used = either(used, line)
        used = both(used, clips.all)
        beyond = bytearray(used)
        left = int(Fraction(allowance) * MICRO) // case.tick
        for start, end in runs(used):
            free = min(left, end - start)
            beyond[start : start + free] = bytes(free)
            left -= free
        scheduled = {name: without(line, beyond) for name, line in scheduled.items()}
    covered = {name: either(scheduled[name], other[name]) for name in scheduled}
    return covered, covered.pop("*")


def everywhere(case: Case, lines: list[bytes]) -> bytes:
    common = b"\xff" * case.length
    for line in lines:
        common = both(common, line)
    return common


def combined(case: Case, lines: list[bytes]) -> bytes:
    worst = min if case.combine == "all_down" else max
    return lines[0] if len(lines) == 1 else bytes(map(worst, *lines))


class Measured:
    """One signal carried through the steps: what it lost, out of how much, and where every tick went."""

    def __init__(self, case: Case, clips: Clips, names: list[str], losses: list[Fraction]) -> None:
        gaps = {n: case.marked(*(span for gap, span in case.gaps if gap["component"] == n)) for n in names}
        dark = everywhere(case, list(gaps.values()))
        own, star = exclusions(case, clips, names)
        excluded = either(star, everywhere(case, list(own.values())))
        reported = [component_signal(case, name, losses, minimum=False) for name in names]
        counted = [component_signal(case, name, losses, minimum=True) for name in names]

        def masked(lines: list[bytes]) -> bytes:
            return combined(case, [without(line, own[name]) for line, name in zip(lines, names, strict=True)])

        removed = dark if case.no_data == "remove" else bytes(case.length)
        if case.exclude.get("effect") == "remove":
            removed = either(removed, without(excluded, dark))
        line = after_minimum(case, masked(counted), "merged")
        line = on_grid(case, without(line, excluded))
        line = after_minimum(case, without(line, either(excluded, removed)), "net")
        line = without(line, dark)
        if case.no_data == "as_down":
            full = bytes([losses.index(Fraction(1))]) * case.length
            line = either(line, both(full, dark))
        self.line = both(without(line, removed), clips.all)
        self.sum_up(case, clips, losses, removed)
        unshaped = without(masked(reported), excluded)
        excused = without(lost(combined(case, reported)), either(lost(unshaped), lost(self.line)))
        self.fill_buckets(case, clips, dark, either(excluded, excused), unshaped)

    def sum_up(self, case: Case, clips: Clips, losses: list[Fraction], removed: bytes) -> None:
        in_term = clips.term if case.terms.get("partial_period", "lived") == "lived" else clips.period
        in_time = clips.known if case.terms.get("provisional", "elapsed") == "elapsed" else clips.period
        eligible = both(both(clips.hours, in_term), both(in_time, outside(both(removed, clips.all))))
        self.eligible = case.seconds(eligible.count(255))
        self.lost = [
            case.seconds(sum(self.line[a:b].count(rank) * loss for rank, loss in enumerate(losses) if loss))
            for a, b in runs(self.line)
        ]
        self.runs = [(case.origin + a * case.tick, case.origin + b * case.tick) for a, b in runs(self.line)]
        self.downtime = sum(self.lost, Fraction(0))
        self.ratio = 1 - self.downtime / self.eligible if self.eligible else Fraction(1)

    def fill_buckets(self, case: Case, clips: Clips, dark: bytes, excluded: bytes, unshaped: bytes) -> None:
        fitting = [
            ("not_in_term", outside(clips.term)),
            ("after_as_of", outside(clips.known)),
            ("outside_service_hours", outside(clips.hours)),
            ("no_data", dark),
            ("excluded", excluded),
            ("down", lost(self.line)),
            ("below_minimum", lost(unshaped)),
            ("up", b"\xff" * case.length),
        ]
        left = clips.period
        self.buckets: dict[str, Fraction] = {}
        for bucket, line in fitting:
            self.buckets[bucket] = case.seconds(both(left, line).count(255))
            left = without(left, line)
