"""Templates over the values of a chart: comparing, calculating, ordering, trends."""

from itertools import pairwise
from typing import Any

from tg_assets.scenes.questions.asking import near
from tg_assets.scenes.questions.chart_facts import Chart, Mark
from tg_assets.scenes.questions.claims import verify_claim


def ask_values(chart: Chart) -> None:
    """Hand in every question over the values; not for scatter plots."""
    _values(chart)
    _extremes(chart)
    _comparisons(chart)
    _calculations(chart)
    _ordering(chart)
    _thresholds(chart)
    _trends(chart)
    _shares(chart)


def _values(chart: Chart) -> None:
    asker = chart.asker
    for mark in chart.marks:
        own, wrong = chart.figure(mark.value), chart.off(mark.value)
        asker.ask(
            "chart value", f"ocr~chart ocr~{chart.kind} value ocr",
            [("What is the {m} for {a}?", "The {m} for {a} is {v}."),
             ('Read the value for {a} from "{t}".', "{v}"),
             ("Which number does the {k} give for {a}?", "{v}")],
            own, wrong, a=mark.name, m=chart.measure, k=chart.kind, t=chart.title,
        )  # fmt: skip
        asker.ask(
            "category and value", "concept extraction~relationship extraction~"
            "category and value relationship extraction",
            [('Write the entry for {a} in "{t}" as "label: value".', "{a}: {v}"),
             ('Extract the pair of label and value for {a}, as "label: value".', "{a}: {v}")],
            own, wrong, a=mark.name, t=chart.title,
        )  # fmt: skip
        truth = asker.draw(2, "value claim", mark.name) == 0
        claim = f"The {chart.measure} for {mark.name} is {own if truth else wrong[0]}."
        verify_claim(asker, "claim value", "chart value claim", claim, truth)
        asker.ask_choice(
            "choose value", f"multiple choice questions~chart-based~{chart.kind} multiple choice",
            ("What does the {k} show for {a}?", 'Which value does {a} have in "{t}"?'),
            own, wrong, a=mark.name, k=chart.kind, t=chart.title,
        )  # fmt: skip


def _ranked(chart: Chart, series: str) -> list[Mark]:
    return sorted((m for m in chart.marks if m.series == series), key=lambda m: -m.value)


def _extremes(chart: Chart) -> None:
    asker = chart.asker
    for series in chart.series:
        ranked = _ranked(chart, series["name"])
        within = f" for {series['name']}" if len(chart.series) > 1 else ""
        for word, best, second in (
            ("maximum", ranked[0], ranked[1]), ("minimum", ranked[-1], ranked[-2]),
        ):  # fmt: skip
            if abs(best.value - second.value) <= chart.margin:
                continue
            wrong = [m.label for m in ranked if m is not best]
            top = "highest" if word == "maximum" else "lowest"
            asker.ask(
                f"chart {word}", f"analysis~{word} value analysis~{chart.kind} {word} analysis",
                [('Which {x} has the {h} value{w} in "{t}"?', "{v} has the {h} value."),
                 ("Where does the {k} reach its {h} value{w}?", "At {v}."),
                 ("Name the {x} with the {h} value{w}.", "{v}")],
                best.label, asker.some(wrong, 3, word), h=top, w=within, k=chart.kind,
                x=str(chart.facts["x_label"]).lower(), t=chart.title,
            )  # fmt: skip
            asker.ask(
                f"chart {word} value",
                f"analysis~{word} value analysis~{chart.kind} {word} analysis",
                [("What is the {h} value{w}?", "The {h} value is {v}."),
                 ('Give the {h} number{w} in "{t}".', "{v}")],
                chart.figure(best.value),
                [chart.figure(m.value) for m in ranked if m is not best][:3],
                h=top, w=within, t=chart.title,
            )  # fmt: skip


def _comparisons(chart: Chart) -> None:
    asker = chart.asker
    pairs = [
        (a, b) for i, a in enumerate(chart.marks) for b in chart.marks[i + 1 :]
        if abs(a.value - b.value) > chart.margin
    ]  # fmt: skip
    for a, b in asker.some(pairs, 6, "compare"):
        first, second = (a, b) if asker.draw(2, a.name, b.name) else (b, a)
        more, less = (a, b) if a.value > b.value else (b, a)
        path = f"logical reasoning~comparison reasoning~{chart.kind} value comparison"
        asker.ask(
            "compare values", path,
            [("Which is greater, {a} or {b}?", "{v} is greater."),
             ('In "{t}", is {a} or {b} higher?', "{v} is higher.")],
            more.name, [less.name], a=first.name, b=second.name, t=chart.title,
        )  # fmt: skip
        asker.ask_yes_no(
            "is value greater", path,
            ("Does {a} have a higher value than {b}?", "Is {a} above {b} in the {k}?"),
            first is more, "{a} is higher than {b}", "{a} is not higher than {b}",
            a=first.name, b=second.name, k=chart.kind,
        )  # fmt: skip


def _calculations(chart: Chart) -> None:
    asker = chart.asker
    pairs = [(a, b) for i, a in enumerate(chart.marks) for b in chart.marks[i + 1 :]]
    level = "logical reasoning~numerical reasoning~"
    for a, b in asker.some(pairs, 5, "calculate"):
        more, less = (a, b) if a.value >= b.value else (b, a)
        gap, total = more.value - less.value, a.value + b.value
        points = " percentage points" if chart.percent else ""
        if gap:
            asker.ask(
                "chart difference", f"{level}{chart.kind} difference calculation",
                [("By how much does {a} exceed {b}?", "{a} exceeds {b} by {v}{u}."),
                 ("What is the difference between {a} and {b}?", "The difference is {v}{u}.")],
                gap, near(gap, least=1), a=more.name, b=less.name, u=points,
            )  # fmt: skip
        asker.ask(
            "chart sum", f"{level}{chart.kind} sum calculation",
            [("What do {a} and {b} add up to?", "They add up to {v}."),
             ('Add the values of {a} and {b} in "{t}".', "{v}"),
             ("What is the combined value of {a} and {b}?", "Together they make {v}.")],
            chart.figure(total), chart.off(total), a=a.name, b=b.name, t=chart.title,
        )  # fmt: skip
        if less.value and more.value % less.value == 0 and gap:
            times = more.value // less.value
            asker.ask(
                "chart ratio", level + "chart ratio calculation",
                [("How many times as large as {b} is {a}?", "{a} is {v} times as large."),
                 ("Divide the value of {a} by that of {b}.", "{v}")],
                times, near(times, least=1), a=more.name, b=less.name,
            )  # fmt: skip
    for series in chart.series:
        values = series["values"]
        if sum(values) * 10 % len(values) == 0 and not chart.percent:
            mean = sum(values) / len(values)
            step = int(chart.facts["axis"]["step"])
            within = f" of {series['name']}" if len(chart.series) > 1 else ""
            asker.ask(
                "chart average", level + "chart average calculation",
                [("What is the average of all values{w}?", "The average is {v}."),
                 ('Compute the mean{w} in "{t}".', "{v}")],
                f"{mean:g}", [f"{mean + d:g}" for d in (step, -step, 2 * step)],
                w=within, t=chart.title,
            )  # fmt: skip


def _ordering(chart: Chart) -> None:
    asker = chart.asker
    for series in chart.series:
        ranked = _ranked(chart, series["name"])
        gaps = [a.value - b.value for a, b in pairwise(ranked)]
        if min(gaps) <= chart.margin // 2:
            continue
        words = [m.label for m in ranked]
        swapped = [words[1], words[0], *words[2:]]
        within = f" for {series['name']}" if len(chart.series) > 1 else ""
        asker.ask(
            "order values", f"logical reasoning~ordering reasoning~{chart.kind} value ordering",
            [("List the categories{w} from the highest to the lowest value.", "{v}"),
             ('Rank the entries of "{t}"{w} in descending order.', "{v}")],
            ", ".join(words), [", ".join(words[::-1]), ", ".join(swapped)],
            w=within, t=chart.title,
        )  # fmt: skip


def _thresholds(chart: Chart) -> None:
    asker, step = chart.asker, int(chart.facts["axis"]["step"])
    top = int(chart.facts["axis"]["max"])
    values = [m.value for m in chart.marks]
    for limit in (20, 30) if chart.percent else range(2 * step, top, 2 * step):
        if min(abs(v - limit) for v in values) <= chart.margin // 2:
            continue
        count = sum(v > limit for v in values)
        asker.ask(
            "count above", "counting~chart element counting~threshold counting",
            [("How many values in the {k} are above {a}?", "{v}"),
             ('Count the values greater than {a} in "{t}".', "{v}")],
            count, near(count), a=chart.figure(limit), k=chart.kind, t=chart.title,
        )  # fmt: skip


def _direction(first: int, last: int) -> str:
    return "rises" if last > first else "falls"


def _trends(chart: Chart) -> None:
    asker = chart.asker
    level = "analysis~trend analysis~"
    if chart.kind == "line chart":
        for series in chart.series:
            _line_trend(chart, series)
    if len(chart.series) < 2:
        return
    first, second = chart.series
    totals = sum(first["values"]), sum(second["values"])
    if totals[0] != totals[1]:
        best, rest = (first, second) if totals[0] > totals[1] else (second, first)
        asker.ask(
            "series total", level + "series comparison",
            [("Which series has the larger total, {a} or {b}?", "{v} has the larger total."),
             ('Added up over all categories of "{t}", which is larger: {a} or {b}?', "{v}")],
            best["name"], [rest["name"]], a=first["name"], b=second["name"], t=chart.title,
        )  # fmt: skip
    ahead = sum(a > b for a, b in zip(first["values"], second["values"], strict=True))
    asker.ask(
        "series ahead", level + "series comparison",
        [("In how many categories is {a} above {b}?", "{v}"),
         ('For how many labels of "{t}" does {a} exceed {b}?', "{v}")],
        ahead, near(ahead), a=first["name"], b=second["name"], t=chart.title,
    )  # fmt: skip


def _line_trend(chart: Chart, series: dict[str, Any]) -> None:
    asker, values = chart.asker, series["values"]
    level = "analysis~trend analysis~"
    within = f" of {series['name']}" if len(chart.series) > 1 else ""
    start, end = chart.categories[0], chart.categories[-1]
    if abs(values[0] - values[-1]) > 2 * chart.margin:
        own = _direction(values[0], values[-1])
        other = "falls" if own == "rises" else "rises"
        asker.ask(
            "overall trend", level + "overall trend analysis",
            [("From {a} to {b}, does the value{w} rise or fall overall?", "Overall it {v}."),
             ('Comparing {a} with {b} in "{t}", what does the line{w} do?', "It {v} overall.")],
            own, [other], a=start, b=end, w=within, t=chart.title,
        )  # fmt: skip
    steps = [b - a for a, b in pairwise(values)]
    ranked = sorted(steps, reverse=True)
    if ranked[0] > 0 and ranked[0] - ranked[1] > chart.margin:
        k = steps.index(ranked[0])
        names = [f"from {a} to {b}" for a, b in pairwise(chart.categories)]
        asker.ask(
            "largest increase", level + "step change analysis",
            [("Between which neighboring points does the line{w} rise the most?",
              "It rises the most {v}."),
             ('Where is the steepest increase{w} in "{t}"?', "{v}")],
            names[k], asker.some([n for n in names if n != names[k]], 3, "steps"),
            w=within, t=chart.title,
        )  # fmt: skip


def _shares(chart: Chart) -> None:
    if not chart.percent:
        return
    asker = chart.asker
    for mark in chart.marks:
        rest = 100 - mark.value
        asker.ask(
            "remaining share", "subject question and answer~mathematics~percentage calculation",
            [("What percentage is left when {a} is taken away?", "{v} is left."),
             ('What share of "{t}" is not {a}?', "{v}")],
            chart.figure(rest), chart.off(rest), a=mark.name, t=chart.title,
        )  # fmt: skip
        if abs(mark.value - 25) > 3:
            asker.ask_yes_no(
                "more than a quarter", "science-related~chart and diagram interpretation~"
                "percentage share interpretation",
                ("Does {a} make up more than a quarter of the pie?",
                 'Is {a} more than a quarter of "{t}"?'),
                mark.value > 25, "{a} is more than a quarter", "{a} is not more than a quarter",
                a=mark.name, t=chart.title,
            )  # fmt: skip
