"""Templates over charts: reading, comparing, calculating, summing up."""

from dataclasses import replace

from tg_assets.scenes.concepts import CHARTS, article, listed
from tg_assets.scenes.questions.asking import Asker, near
from tg_assets.scenes.questions.captions import Caption, ask_captions, ask_summary
from tg_assets.scenes.questions.chart_facts import Chart, Mark, other_titles
from tg_assets.scenes.questions.chart_values import ask_values
from tg_assets.scenes.questions.claims import verify_claim
from tg_assets.scenes.vocabulary import TOPICS


def ask_chart(asker: Asker) -> None:
    """Hand in every question about a chart."""
    chart = Chart(asker)
    _titles(chart)
    _axis_labels(chart)
    _legend(chart)
    _elements(chart)
    _topic(chart)
    _captions(chart)
    if chart.kind == "scatter plot":
        _scatter(chart)
        return
    ask_values(chart)


def _titles(chart: Chart) -> None:
    asker, wrong = chart.asker, other_titles(chart)
    asker.ask(
        "chart title", f"ocr~chart ocr~{chart.kind} title ocr",
        [("What is the title of the {k}?", 'The title is "{v}".'),
         ("Read the title of this {k}.", "{v}"),
         ("Transcribe the heading above the {k}.", "{v}")],
        chart.title, wrong, k=chart.kind,
    )  # fmt: skip
    truth = asker.draw(2, "title claim") == 0
    said = chart.title if truth else asker.pick(wrong, "title claim")
    verify_claim(asker, "claim title", "chart title claim", f'The title is "{said}".', truth)
    asker.ask(
        "recognize chart",
        f"target recognition in special image domains~target recognition in infographics~"
        f"{chart.kind} recognition",
        [('What type of chart shows "{t}"?', "It is a {v}."),
         ('Name the chart type used for "{t}".', "{v}")],
        chart.kind, [c for c in CHARTS if c.split()[-2:] != chart.kind.split()[-2:]][:3],
        t=chart.title,
    )  # fmt: skip
    phrases = [chart.title, *(chart.categories or [chart.facts["x_label"], chart.facts["y_label"]])]
    asker.ask(
        "chart keyphrases",
        f"concept extraction~keyphrase extraction~"
        f"{chart.kind} keyphrase extraction",
        [("Extract the key phrases printed on this {k}: title first, then the labels.", "{v}"),
         ("List the title and the labels of the {k}, separated by semicolons.", "{v}")],
        "; ".join(phrases), ["; ".join([w, *phrases[1:]]) for w in wrong], k=chart.kind,
    )  # fmt: skip


def _axis_labels(chart: Chart) -> None:
    if chart.percent:
        return
    asker = chart.asker
    flat = chart.kind == "horizontal bar chart"
    across, upward = chart.facts["x_label"], chart.facts["y_label"]
    if flat:
        across, upward = upward, across
    for axis, own, other in (("horizontal", across, upward), ("vertical", upward, across)):
        asker.ask(
            "axis label", "ocr~chart ocr~axis label ocr",
            [('What is the label of the {a} axis of "{t}"?', 'It is labeled "{v}".'),
             ("Read the label of the {a} axis.", "{v}")],
            own, [other, chart.title], a=axis, t=chart.title,
        )  # fmt: skip
        asker.ask(
            "axis meaning", "science-related~chart and diagram interpretation~"
            "axis meaning interpretation",
            [('What does the {a} axis of "{t}" stand for?', "It stands for: {v}."),
             ("Which quantity runs along the {a} axis?", "{v}")],
            own, [other, "Population"], a=axis, t=chart.title,
        )  # fmt: skip
    unit = str(chart.facts["unit"])
    if unit and "(" in chart.facts["y_label"]:
        asker.ask(
            "unit", "science-related~chart and diagram interpretation~"
            "measurement unit interpretation",
            [('In which unit are the values of "{t}" given?', "They are given in {v}."),
             ("Name the unit of measurement in the chart.", "{v}")],
            unit, [u for u in ("hours", "mm", "kg", "tonnes", "kWh") if u != unit][:3],
            t=chart.title,
        )  # fmt: skip


def _keys(chart: Chart) -> list[tuple[str, str]]:
    """Legend entries: name and color."""
    if chart.percent:
        return list(zip(chart.categories, chart.facts["slice_colors"], strict=True))
    return [(s["name"], s["color"]) for s in chart.series] if len(chart.series) > 1 else []


def _legend(chart: Chart) -> None:
    asker, keys = chart.asker, _keys(chart)
    asker.ask_yes_no(
        "legend present", "detection~chart element detection~legend detection",
        ('Does the {k} "{t}" have a legend?', "Is there a legend that explains the colors?"),
        bool(keys), "there is a legend", "there is no legend", k=chart.kind, t=chart.title,
    )  # fmt: skip
    asker.ask_yes_no(
        "values printed", "detection~chart element detection~value label detection",
        ('Are the values printed next to the marks of "{t}"?',
         "Does the {k} print a number at each mark?"),
        bool(chart.facts["show_values"]), "the values are printed", "the values are not printed",
        k=chart.kind, t=chart.title,
    )  # fmt: skip
    if not keys:
        return
    names = [n for n, _ in keys]
    asker.ask(
        "legend entries", "ocr~chart ocr~legend ocr",
        [("List the entries of the legend.", "{v}"),
         ("What does the legend say, from first to last entry?", "The legend lists {v}.")],
        listed(names), [listed(names[::-1]), listed(names[:-1])],
    )  # fmt: skip
    for name, color in keys:
        asker.ask(
            "legend color",
            "science-related~chart and diagram interpretation~"
            "legend interpretation",
            [("Which color stands for {a}?", "{a} is shown in {v}."),
             ("In the legend, what color marks {a}?", "{v}")],
            color, [c for n, c in keys if n != name][:3], a=name,
        )  # fmt: skip
        asker.ask(
            "legend name", "science-related~chart and diagram interpretation~legend interpretation",
            [('What does {a} stand for in "{t}"?', "It stands for {v}."),
             ("Which legend entry is {a}?", "{v}")],
            name, [n for n in names if n != name][:3], a=color, t=chart.title,
        )  # fmt: skip


_ELEMENTS = {"bar chart": "bar", "horizontal bar chart": "bar", "pie chart": "pie slice"}
_ABSENT = ("Berlin", "Kites", "Robots", "Tigers", "Sunday Club", "Violins")


def _elements(chart: Chart) -> None:
    asker = chart.asker
    if chart.kind in _ELEMENTS:
        noun, count = _ELEMENTS[chart.kind], len(chart.marks)
        asker.ask(
            f"count {noun}s", f"counting~chart element counting~{noun} counting",
            [('How many {n}s does "{t}" have?', "It has {v} {n}s."),
             ("Count the {n}s of the {k}.", "{v}")],
            count, near(count), n=noun, k=chart.kind, t=chart.title,
        )  # fmt: skip
    if chart.kind != "pie chart":
        count = len(chart.series)
        asker.ask(
            "count series", "counting~chart element counting~data series counting",
            [("How many data series (colors) does the {k} show?", "{v}"),
             ('How many differently colored series are in "{t}"?', "{v}")],
            count, near(count, least=1), k=chart.kind, t=chart.title,
        )  # fmt: skip
    if not chart.categories:
        return
    if chart.kind == "line chart":
        asker.ask(
            "count categories", "counting~chart element counting~line chart category counting",
            [("How many points in time does the horizontal axis name?", "{v}"),
             ('Over how many {a} labels does "{t}" run?', "{v}")],
            len(chart.categories), near(len(chart.categories)),
            a=str(chart.facts["x_label"]).lower(), t=chart.title,
        )  # fmt: skip
    asker.ask(
        "list categories", "ocr~chart ocr~category label ocr",
        [("List the categories of the {k} in the order shown.", "{v}"),
         ('Which labels does "{t}" compare?', "It compares {v}.")],
        listed(chart.categories),
        [listed(chart.categories[::-1]), listed(chart.categories[:-1]),
         listed([*chart.categories[:-1], _ABSENT[0]])],
        k=chart.kind, t=chart.title,
    )  # fmt: skip
    absent = [a for a in _ABSENT if a not in chart.categories]
    for label in asker.some(chart.categories, 2, "present") + asker.some(absent, 2, "absent"):
        asker.ask_yes_no(
            "category present", "detection~chart element detection~chart category detection",
            ("Is {a} one of the categories shown?", 'Does "{t}" include {a}?'),
            label in chart.categories, "{a} is shown", "{a} is not shown", a=label, t=chart.title,
        )  # fmt: skip


def _topic(chart: Chart) -> None:
    topic = str(chart.facts["topic"])
    wrong = chart.asker.some([t for t in TOPICS if t != topic], 3, "topic")
    chart.asker.ask(
        "chart topic", f"topic classification~chart topic classification~{topic} chart topic",
        [('Which topic does "{t}" belong to: {o}?', "It belongs to {v}."),
         ('Classify the chart "{t}" by topic. Choose from: {o}.', "{v}")],
        topic, wrong, t=chart.title, o=", ".join(sorted([topic, *wrong])),
    )  # fmt: skip


def _scatter(chart: Chart) -> None:
    asker, facts = chart.asker, chart.facts
    names = [s["name"] for s in chart.series]
    total = sum(len(s["points"]) for s in chart.series)
    path = "counting~chart element counting~scatter point counting"
    asker.ask(
        "count points", path,
        [('How many points does "{t}" show?', "It shows {v} points."),
         ("Count all the points of the scatter plot.", "{v}")],
        total, near(total), t=chart.title,
    )  # fmt: skip
    if len(names) > 1:
        for series in chart.series:
            count = len(series["points"])
            asker.ask(
                "count group points", path,
                [("How many {c} points are there?", "There are {v} {c} points."),
                 ("How many points belong to {a}?", "{v}")],
                count, near(count), a=series["name"], c=series["color"],
            )  # fmt: skip
    kinds = {"positive": "rise", "negative": "fall", "none": "show no clear trend"}
    own = kinds[facts["correlation"]]
    asker.ask(
        "correlation", "science-related~data correlation analysis~correlation direction analysis",
        [("As {x} increases, do the points rise, fall, or show no clear trend?", "They {v}."),
         ('What do the points of "{t}" do from left to right: rise, fall, or show no clear trend?',
          "They {v}.")],
        own, [k for k in kinds.values() if k != own], x=facts["x_label"], t=chart.title,
    )  # fmt: skip
    pair = f"{facts['x_label']} and {facts['y_label']}"
    asker.ask(
        "correlated quantities",
        "science-related~data correlation analysis~correlation axis analysis",
        [('Which two quantities does "{t}" set against each other?', "{v}"),
         ("Which two quantities does the scatter plot relate?", "It relates {v}.")],
        pair, [f"{facts['x_label']} and Price", f"Population and {facts['y_label']}"],
        t=chart.title,
    )  # fmt: skip
    asker.ask_choice(
        "choose correlation", "multiple choice questions~chart-based~scatter plot multiple choice",
        ("From left to right, the points ...", 'What do the points of "{t}" do?'),
        own, [k for k in kinds.values() if k != own], t=chart.title,
    )  # fmt: skip
    points = [(p[1], s["name"]) for s in chart.series for p in s["points"]]
    ranked = sorted(points, reverse=True)
    if len(names) > 1 and ranked[0][0] - ranked[1][0] > 2 * chart.margin:
        asker.ask(
            "highest point", "science-related~data correlation analysis~outlying value analysis",
            [("Which group has the highest point, {a} or {b}?", "{v} has it."),
             ('Does the topmost point of "{t}" belong to {a} or {b}?', "It belongs to {v}.")],
            ranked[0][1], [n for n in names if n != ranked[0][1]],
            a=names[0], b=names[1], t=chart.title,
        )  # fmt: skip


def _pairs(chart: Chart, marks: list[Mark]) -> str:
    return listed([f"{m.name} {chart.figure(m.value)}" for m in marks])


def _captions(chart: Chart) -> None:
    facts, titles = chart.facts, other_titles(chart)
    kind = article(chart.kind)

    def brief(title: str) -> str:
        return f'{kind.capitalize()} titled "{title}".'

    if chart.kind == "scatter plot":
        count = sum(len(s["points"]) for s in chart.series)
        line = f"{facts['x_label']} runs along the horizontal axis, "
        line += f"{facts['y_label']} up the vertical."
        numbers = (count, *near(count)[:3])
        long = [f"{brief(chart.title)} {line} There are {n} points." for n in numbers]
    else:
        changed = [
            [replace(m, value=m.value + (chart.margin * 8 if m is one else 0)) for m in chart.marks]
            for one in chart.marks[:3]
        ]
        long = [
            f"{brief(chart.title)} The values are {_pairs(chart, marks)}."
            for marks in (chart.marks, *changed)
        ]
    ask_captions(
        chart.asker,
        Caption(chart.kind, brief(chart.title), [brief(t) for t in titles], long[0], long[1:]),
    )
    _summary(chart)


def _summary(chart: Chart) -> None:
    path = f"summarization~chart summarization~{chart.kind} summarization"
    facts = chart.facts
    if chart.kind == "scatter plot":
        said = {"positive": "tends to rise", "negative": "tends to fall",
                "none": "shows no clear trend"}  # fmt: skip
        text = "{}: as {} increases, {} {}."
        texts = [text.format(chart.title, facts["x_label"], facts["y_label"], s)
                 for s in (said.pop(facts["correlation"]), *said.values())]  # fmt: skip
    else:
        ranked = sorted(chart.marks, key=lambda m: -m.value)
        if ranked[0].value == ranked[1].value or ranked[-1].value == ranked[-2].value:
            return
        text = "{}: {} is highest with {} and {} lowest with {}."
        ends = [(ranked[0], ranked[-1]), (ranked[1], ranked[-1]), (ranked[0], ranked[-2])]
        texts = [
            text.format(chart.title, a.name, chart.figure(a.value), b.name, chart.figure(b.value))
            for a, b in ends
        ]
    ask_summary(chart.asker, path, texts[0], texts[1:], chart.kind)
