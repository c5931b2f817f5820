"""Where everything in a chart goes."""

import math
from typing import Any

from tg_assets.scenes.concepts import COLORS
from tg_assets.scenes.families.canvas import INK, Color, Sheet, fitting, font

PAPERS: tuple[Color, ...] = ((255, 255, 255), (250, 249, 244), (241, 245, 250))
GRID: Color = (206, 210, 216)
Facts = dict[str, Any]
Frame = tuple[float, float, float, float]  # left, top, right, bottom of the plot


def lay_out(facts: Facts, width: int, height: int) -> Sheet:
    """The chart on a sheet."""
    sheet = Sheet(width, height, PAPERS[facts["look"]["paper"]])
    face = facts["look"]["face"]
    bold = f"{face} bold"
    size = fitting(bold, facts["title"], 18, width - 24, least=11)
    sheet.named_text("title", width / 2, 10, facts["title"], bold, size, anchor="ma")
    top = 40.0
    if facts["chart"] == "pie chart":
        _lay_out_pie(sheet, facts, face, top)
        return sheet
    if len(facts["series"]) > 1:
        _legend_row(sheet, facts, face, top)
        top += 22
    frame = _axes(sheet, facts, face, top)
    {
        "bar chart": _bars,
        "horizontal bar chart": _horizontal_bars,
        "line chart": _lines,
        "scatter plot": _scatter,
    }[facts["chart"]](sheet, facts, face, frame)
    left, top, right, bottom = frame
    sheet.line([(left, top), (left, bottom), (right, bottom)], INK, 1.5)
    return sheet


def _legend_row(sheet: Sheet, facts: Facts, face: str, top: float) -> None:
    lengths = [font(face, 12).getlength(s["name"]) + 34 for s in facts["series"]]
    x = (sheet.width - sum(lengths)) / 2
    for series, length in zip(facts["series"], lengths, strict=True):
        sheet.rect((x, top + 1, 12, 12), COLORS[series["color"]])
        sheet.named_text("legend", x + 18, top, series["name"], face, 12)
        x += length


def _axes(sheet: Sheet, facts: Facts, face: str, top: float) -> Frame:
    """Axis titles, ticks and gridlines; returns the plot's frame."""
    flat = facts["chart"] == "horizontal bar chart"
    limit, step = facts["axis"]["max"], facts["axis"]["step"]
    ticks = [i * step for i in range(limit // step + 1)]
    labels = facts["categories"] if flat else [str(t) for t in ticks]
    left = 34 + max(font(face, 12).getlength(t) for t in labels)
    frame = (left, top + 6, sheet.width - 22.0, sheet.height - 52.0)
    below, beside = (
        (facts["y_label"], facts["x_label"]) if flat else (facts["x_label"], facts["y_label"])
    )
    roles = ("y label", "x label") if flat else ("x label", "y label")
    middle = (frame[0] + frame[2]) / 2
    sheet.named_text(roles[0], middle, sheet.height - 10, below, face, 13, anchor="ms")
    sheet.named_text(roles[1], 15, (frame[1] + frame[3]) / 2, beside, face, 13, upright=True)
    for tick in ticks:
        if flat or facts["chart"] == "scatter plot":
            x = frame[0] + tick / limit * (frame[2] - frame[0])
            sheet.line([(x, frame[1]), (x, frame[3])], GRID)
            sheet.text(x, frame[3] + 6, str(tick), face, 11, anchor="ma")
        if not flat:
            y = frame[3] - tick / limit * (frame[3] - frame[1])
            sheet.line([(frame[0], y), (frame[2], y)], GRID)
            sheet.text(frame[0] - 6, y, str(tick), face, 11, anchor="rm")
    return frame


def _slots(facts: Facts, start: float, end: float) -> tuple[float, list[float]]:
    """The width of a category's slot, and the middle of each."""
    count = len(facts["categories"])
    slot = (end - start) / count
    return slot, [start + (i + 0.5) * slot for i in range(count)]


def _category_labels(sheet: Sheet, facts: Facts, face: str, frame: Frame) -> list[float]:
    slot, middles = _slots(facts, frame[0], frame[2])
    size = min(fitting(face, c, 12, slot - 4) for c in facts["categories"])
    for label, x in zip(facts["categories"], middles, strict=True):
        sheet.named_text("category", x, frame[3] + 6, label, face, size, anchor="ma")
    return middles


def _bars(sheet: Sheet, facts: Facts, face: str, frame: Frame) -> None:
    middles = _category_labels(sheet, facts, face, frame)
    slot, _ = _slots(facts, frame[0], frame[2])
    thick = slot * facts["look"]["bar"] / len(facts["series"])
    for k, series in enumerate(facts["series"]):
        for middle, label, value in zip(
            middles, facts["categories"], series["values"], strict=True
        ):
            height = value / facts["axis"]["max"] * (frame[3] - frame[1])
            x = middle + (k - len(facts["series"]) / 2) * thick
            box = (x, frame[3] - height, thick - 1, height)
            sheet.rect(box, COLORS[series["color"]])
            _mark_value(sheet, "bar", series, label, value, box)
            if facts["show_values"]:
                sheet.text(x + thick / 2, box[1] - 3, str(value), face, 11, anchor="ms")


def _horizontal_bars(sheet: Sheet, facts: Facts, face: str, frame: Frame) -> None:
    slot, middles = _slots(facts, frame[1], frame[3])
    thick = slot * facts["look"]["bar"] / len(facts["series"])
    for label, y in zip(facts["categories"], middles, strict=True):
        sheet.named_text("category", frame[0] - 6, y, label, face, 12, anchor="rm")
    for k, series in enumerate(facts["series"]):
        for middle, label, value in zip(
            middles, facts["categories"], series["values"], strict=True
        ):
            length = value / facts["axis"]["max"] * (frame[2] - frame[0])
            y = middle + (k - len(facts["series"]) / 2) * thick
            box = (frame[0], y, length, thick - 1)
            sheet.rect(box, COLORS[series["color"]])
            _mark_value(sheet, "bar", series, label, value, box)
            if facts["show_values"]:
                sheet.text(frame[0] + length + 3, y + thick / 2, str(value), face, 11, anchor="lm")


def _mark_value(
    sheet: Sheet, category: str, series: Facts, label: str, value: int,
    box: tuple[float, float, float, float],
) -> None:  # fmt: skip
    attributes = {
        "color": series["color"], "series": series["name"], "label": label, "value": str(value),
    }  # fmt: skip
    sheet.mark(category, attributes, box)


def _lines(sheet: Sheet, facts: Facts, face: str, frame: Frame) -> None:
    middles = _category_labels(sheet, facts, face, frame)
    for series in facts["series"]:
        color = COLORS[series["color"]]
        spots = [
            (x, frame[3] - v / facts["axis"]["max"] * (frame[3] - frame[1]))
            for x, v in zip(middles, series["values"], strict=True)
        ]
        sheet.line(spots, color, 2.5)
        for (x, y), label, value in zip(spots, facts["categories"], series["values"], strict=True):
            sheet.dot(x, y, 4.5, color, (255, 255, 255))
            _mark_value(sheet, "point", series, label, value, (x - 4.5, y - 4.5, 9, 9))
        if facts["show_values"]:
            _line_values(sheet, face, spots, series["values"])


def _line_values(
    sheet: Sheet, face: str, spots: list[tuple[float, float]], values: list[int]
) -> None:
    """Numbers above their points, in a valley below, where no line crosses them."""
    for k, ((x, y), value) in enumerate(zip(spots, values, strict=True)):
        around = values[max(0, k - 1) : k] + values[k + 1 : k + 2]
        valley = all(value < v for v in around) and value > 0
        text_y, anchor = (y + 8, "ma") if valley else (y - 8, "ms")
        sheet.text(x, text_y, str(value), face, 11, anchor=anchor, halo=True)


def _scatter(sheet: Sheet, facts: Facts, face: str, frame: Frame) -> None:
    limit = facts["axis"]["max"]
    for series in facts["series"]:
        for value_x, value_y in series["points"]:
            x = frame[0] + value_x / limit * (frame[2] - frame[0])
            y = frame[3] - value_y / limit * (frame[3] - frame[1])
            sheet.dot(x, y, 5, COLORS[series["color"]], (255, 255, 255))
            attributes = {"color": series["color"], "series": series["name"]}
            sheet.mark("point", attributes, (x - 5, y - 5, 10, 10))


def _lay_out_pie(sheet: Sheet, facts: Facts, face: str, top: float) -> None:
    """Slices with their percentage, and a legend beside them."""
    labels = facts["categories"]
    legend = max(font(face, 13).getlength(t) for t in labels) + 40
    room = sheet.width - legend - 30
    radius = min(room, sheet.height - top - 20) / 2
    middle = (16 + room / 2, top + (sheet.height - top) / 2 - 2)
    angle = float(facts["look"]["turn"])
    values = facts["series"][0]["values"]
    for label, share, color in zip(labels, values, facts["slice_colors"], strict=True):
        sweep = share * 3.6
        sheet.slice(middle, radius, angle, angle + sweep, COLORS[color])
        turn = math.radians(angle + sweep / 2)
        x = middle[0] + 0.68 * radius * math.cos(turn)
        y = middle[1] + 0.68 * radius * math.sin(turn)
        light = color in ("orange", "pink")
        ink = INK if light else (255, 255, 255)
        sheet.text(x, y, f"{share}%", f"{face} bold", 12, ink, anchor="mm")
        attributes = {"color": color, "label": label, "value": f"{share}"}
        reach = radius / 5
        sheet.mark("slice", attributes, (x - reach, y - reach, 2 * reach, 2 * reach))
        angle += sweep
    y = middle[1] - len(labels) * 12
    for label, color in zip(labels, facts["slice_colors"], strict=True):
        x = sheet.width - legend
        sheet.rect((x, y + 2, 13, 13), COLORS[color])
        sheet.named_text("legend", x + 20, y, label, face, 13)
        y += 24
