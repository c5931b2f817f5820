"""Where every line of a document goes."""

from collections.abc import Callable
from typing import Any

from tg_assets.scenes.families.canvas import INK, Color, Sheet, fitting
from tg_assets.scenes.families.document_texts import clock, money

Facts = dict[str, Any]
WHITE: Color = (255, 255, 255)
FADED: Color = (96, 98, 104)
# A strong color and the paper that goes with it.
THEMES: tuple[tuple[Color, Color], ...] = (
    ((28, 84, 146), (238, 244, 250)),
    ((20, 104, 72), (240, 247, 240)),
    ((150, 38, 44), (252, 244, 240)),
    ((92, 52, 132), (246, 242, 250)),
    ((160, 84, 12), (252, 247, 236)),
    ((44, 52, 64), (244, 244, 242)),
)


def lay_out(facts: Facts, width: int, height: int) -> Sheet:
    """The document on a sheet."""
    strong, paper = THEMES[facts["look"]["theme"]]
    sheet = Sheet(width, height, paper)
    _LAYOUTS[facts["document"]](sheet, facts, strong)
    return sheet


def _receipt(sheet: Sheet, facts: Facts, strong: Color) -> None:
    """A narrow slip of paper on a colored desk."""
    fields, face = facts["fields"], "mono" if facts["look"]["style"] else "sans"
    sheet.rect((0, 0, sheet.width, sheet.height), _lighter(strong))
    sheet.rect((14, 10, sheet.width - 28, sheet.height - 20), (253, 253, 250))
    left, right, y = 30.0, sheet.width - 30.0, 22.0
    name = fields["store name"]
    size = fitting(f"{face} bold", name, 20, right - left)
    sheet.named_text("store name", sheet.width / 2, y, name, f"{face} bold", size, anchor="ma")
    y += 32
    for role, label in (("date", ""), ("receipt number", "Receipt no. "),
                        ("cashier name", "Cashier: ")):  # fmt: skip
        text = f"{label}{fields[role]}"
        sheet.named_text(role, sheet.width / 2, y, text, face, 12, FADED, anchor="ma")
        y += 19
    y = _rule(sheet, y + 2, left, right)
    for row in facts["rows"]:
        count = row["quantity"]
        text = row["name"] if count == 1 else f"{count} x {row['name']}"
        sheet.named_text("item", left, y, text, face, 13)
        if count > 1:
            sheet.text(right - 76, y + 1, f"@ {money(row['unit'])}", face, 11, FADED, anchor="ra")
        sheet.named_text("item price", right, y, money(row["total"]), face, 13, anchor="ra")
        y += 24
    y = _rule(sheet, y, left, right)
    lines = [("subtotal", "Subtotal", fields["subtotal"]),
             ("tax", f"Tax {facts['tax_rate']}%", fields["tax"]),
             ("total", "TOTAL", fields["total"])]  # fmt: skip
    if facts["change"]:
        lines += [("paid", "Cash", money(facts["paid"])),
                  ("change", "Change", money(facts["change"]))]  # fmt: skip
    for role, label, text in lines:
        bold = f"{face} bold" if role == "total" else face
        size = 15 if role == "total" else 13
        sheet.text(left, y, label, bold, size)
        sheet.named_text(role, right, y, text, bold, size, anchor="ra")
        y += 22
    sheet.named_text(
        "payment method", sheet.width / 2, y + 4, f"Paid by {fields['payment method']}", face, 12,
        FADED, anchor="ma",
    )  # fmt: skip


def _rule(sheet: Sheet, y: float, left: float, right: float) -> float:
    for k in range(int((right - left) / 8)):
        sheet.line([(left + 8 * k, y), (left + 8 * k + 4, y)], FADED)
    return y + 10


def _lighter(color: Color, share: float = 0.45) -> Color:
    red, green, blue = (round(c + (255 - c) * share) for c in color)
    return red, green, blue


def _menu(sheet: Sheet, facts: Facts, strong: Color) -> None:
    face = "serif" if facts["look"]["style"] else "sans"
    left, right = 36.0, sheet.width - 36.0
    if facts["look"]["style"] < 2:
        frame = (10, 10, sheet.width - 20, sheet.height - 20)
        sheet.rect(frame, None, strong, weight=2, radius=8)
    name = facts["fields"]["restaurant name"]
    sheet.named_text(
        "restaurant name", sheet.width / 2, 24, name, f"{face} bold", 24, strong, anchor="ma"
    )
    y = 70.0
    for section in facts["sections"]:
        sheet.named_text("section heading", left, y, section["heading"], f"{face} bold", 16, strong)
        sheet.line([(left, y + 22), (right, y + 22)], _lighter(strong))
        y += 30
        for dish in section["dishes"]:
            sheet.named_text("dish name", left, y, dish["name"], face, 14)
            sheet.named_text("dish price", right, y, money(dish["price"]), face, 14, anchor="ra")
            y += 24
        y += 14


def _ticket(sheet: Sheet, facts: Facts, strong: Color) -> None:
    """A banner, a grid of labelled fields, and a stub."""
    fields, face = facts["fields"], facts["look"]["face"]
    sheet.rect((0, 0, sheet.width, sheet.height), _lighter(strong, 0.7))
    sheet.rect((16, 16, sheet.width - 32, sheet.height - 32), WHITE, radius=12)
    sheet.rect((16, 16, sheet.width - 32, 70), strong, radius=12)
    sheet.rect((16, 60, sheet.width - 32, 26), strong)
    size = fitting(f"{face} bold", fields["event name"], 28, sheet.width - 80)
    sheet.named_text(
        "event name", sheet.width / 2, 51, fields["event name"], f"{face} bold", size, WHITE,
        anchor="mm",
    )  # fmt: skip
    columns = (36.0, sheet.width / 2 + 10)
    spots = [("venue", 0, 0), ("date", 1, 0), ("time", 0, 1), ("seat", 1, 1), ("price", 0, 2),
             ("ticket number", 1, 2)]  # fmt: skip
    for role, column, row in spots:
        x, y = columns[column], 104.0 + 68 * row
        label = "TICKET NO." if role == "ticket number" else role.upper()
        sheet.text(x, y, label, face, 11, strong)
        size = fitting(f"{face} bold", fields[role], 18, sheet.width / 2 - 50)
        sheet.named_text(role, x, y + 18, fields[role], f"{face} bold", size)


def _shop_sign(sheet: Sheet, facts: Facts, strong: Color) -> None:
    """A board over a brick wall, with a card of opening hours."""
    fields, face = facts["fields"], "serif" if facts["look"]["style"] else "sans"
    _bricks(sheet, (196, 170, 150) if facts["look"]["style"] != 1 else (188, 192, 196))
    sheet.rect((20, 24, sheet.width - 40, 116), strong, _lighter(strong), weight=4, radius=10)
    size = fitting(f"{face} bold", facts["owner"], 34, sheet.width - 90)
    sheet.text(sheet.width / 2, 58, facts["owner"], f"{face} bold", size, WHITE, anchor="mm")
    size = fitting(f"{face} bold", fields["trade"], 32, sheet.width - 90)
    sheet.named_text(
        "trade", sheet.width / 2, 104, fields["trade"], f"{face} bold", size, WHITE, anchor="mm"
    )
    x = sheet.width / 2 - 130
    sheet.rect((x, 162, 260, 136), WHITE, (120, 122, 126), weight=2, radius=4)
    middle = sheet.width / 2
    sheet.text(middle, 172, "OPENING HOURS", f"{face} bold", 16, strong, anchor="ma")
    sheet.named_text(
        "opening hours", middle, 198, fields["opening hours"], f"{face} bold", 22, anchor="ma"
    )
    sheet.named_text("closed", middle, 234, f"Closed on {facts['closed']}", face, 15, anchor="ma")
    text = f"Tel. {fields['phone number']}"
    sheet.named_text("phone number", middle, 264, text, face, 15, anchor="ma")


def _bricks(sheet: Sheet, color: Color) -> None:
    sheet.rect((0, 0, sheet.width, sheet.height), _lighter(color, 0.55))
    for row in range(sheet.height // 22 + 1):
        for column in range(-1, sheet.width // 52 + 1):
            x = column * 52 + (26 if row % 2 else 0)
            sheet.rect((x + 1, row * 22 + 1, 50, 20), _lighter(color, 0.08 * ((row + column) % 3)))


def _road_sign(sheet: Sheet, facts: Facts, strong: Color) -> None:
    """A direction sign on two posts."""
    board = THEMES[facts["look"]["theme"] % 2][0]
    sheet.rect((0, 0, sheet.width, sheet.height), (198, 222, 240))
    sheet.rect((0, sheet.height - 26, sheet.width, 26), (132, 164, 104))
    for x in (70, sheet.width - 82):
        sheet.rect((x, 30, 12, sheet.height - 36), (130, 134, 138))
    height = sheet.height - 66
    sheet.rect((18, 16, sheet.width - 36, height), board, WHITE, weight=3, radius=12)
    number = facts["fields"]["road number"]
    sheet.rect((sheet.width / 2 - 42, 26, 84, 30), (250, 206, 40), (40, 40, 40), 1, radius=5)
    sheet.named_text("road number", sheet.width / 2, 41, number, "sans bold", 18, anchor="mm")
    y = 84.0
    for row in facts["rows"]:
        _way(sheet, 48, y, row["way"])
        sheet.named_text("destination", 82, y, row["town"], "sans bold", 22, WHITE, anchor="lm")
        text = f"{row['km']} km"
        x = sheet.width - 40
        sheet.named_text("distance", x, y, text, "sans bold", 20, WHITE, anchor="rm")
        y += 62 - 62 / (2 * len(facts["rows"]))


def _way(sheet: Sheet, x: float, y: float, way: str) -> None:
    """A white arrow."""
    up: list[tuple[float, float]] = [
        (0, -15),
        (11, -2),
        (4, -2),
        (4, 14),
        (-4, 14),
        (-4, -2),
        (-11, -2),
    ]
    turned: list[tuple[float, float]] = {
        "straight ahead": up,
        "left": [(b, -a) for a, b in up],
        "right": [(-b, a) for a, b in up],
    }[way]
    sheet.polygon([(x + a, y + b) for a, b in turned], WHITE)


def _notice(sheet: Sheet, facts: Facts, strong: Color) -> None:
    """A sheet pinned to a cork board."""
    fields, face = facts["fields"], facts["look"]["face"]
    sheet.rect((0, 0, sheet.width, sheet.height), (206, 168, 120))
    sheet.rect((24, 20, sheet.width - 44, sheet.height - 36), (150, 118, 80))
    sheet.rect((20, 16, sheet.width - 44, sheet.height - 36), THEMES[facts["look"]["theme"]][1])
    middle = sheet.width / 2 - 2
    sheet.dot(middle, 28, 7, (200, 40, 44), (140, 24, 28))
    room = sheet.width - 80
    size = fitting(f"{face} bold", fields["heading"], 30, room)
    sheet.named_text(
        "heading", middle, 48, fields["heading"], f"{face} bold", size, strong, anchor="ma"
    )
    size = fitting(face, facts["body"], 16, room)
    sheet.named_text("body", middle, 98, facts["body"], face, size, anchor="ma")
    sheet.line([(60, 132), (sheet.width - 64, 132)], strong, 2)
    y = 150.0
    for role, label in (("date", "Date"), ("time", "Time"), ("place", "Place"),
                        ("contact", "Contact")):  # fmt: skip
        sheet.text(48, y, f"{label}:", f"{face} bold", 16, strong)
        size = fitting(face, fields[role], 17, sheet.width - 190)
        sheet.named_text(role, 140, y, fields[role], face, size)
        y += 38
    sheet.named_text("phone", 140, y, facts["phone"], face, 16)
    sheet.text(48, y, "Phone:", f"{face} bold", 16, strong)


def _timetable(sheet: Sheet, facts: Facts, strong: Color) -> None:
    """A departure board, dark or printed."""
    dark = facts["look"]["style"] == 0
    paper, ink = ((24, 30, 40), (255, 214, 92)) if dark else (WHITE, INK)
    sheet.rect((0, 0, sheet.width, sheet.height), paper)
    sheet.rect((0, 0, sheet.width, 58), strong)
    name = facts["fields"]["station name"]
    size = fitting("sans bold", name, 24, sheet.width - 150)
    sheet.named_text("station name", 18, 29, name, "sans bold", size, WHITE, anchor="lm")
    sheet.text(sheet.width - 18, 29, "Departures", "sans", 16, WHITE, anchor="rm")
    columns = (24.0, 110.0, sheet.width - 60.0)
    head = (190, 196, 206) if dark else FADED
    sheet.text(columns[0], 72, "Time", "sans bold", 13, head)
    sheet.text(columns[1], 72, "Destination", "sans bold", 13, head)
    sheet.text(columns[2], 72, "Platform", "sans bold", 13, head, anchor="ma")
    y = 112.0
    for number, row in enumerate(facts["rows"]):
        if number % 2 == 0:
            band = (36, 44, 58) if dark else _lighter(strong, 0.9)
            sheet.rect((8, y - 16, sheet.width - 16, 32), band)
        face = "mono bold" if dark else "sans"
        sheet.named_text("departure time", columns[0], y, clock(row["time"]), face, 17, ink,
                         anchor="lm")  # fmt: skip
        sheet.named_text("destination", columns[1], y, row["town"], face, 17, ink, anchor="lm")
        sheet.named_text("platform", columns[2], y, str(row["platform"]), face, 17, ink,
                         anchor="mm")  # fmt: skip
        y += 34


_LAYOUTS: dict[str, Callable[[Sheet, Facts, Color], None]] = {
    "receipt": _receipt,
    "menu": _menu,
    "ticket": _ticket,
    "shop sign": _shop_sign,
    "road sign": _road_sign,
    "notice": _notice,
    "timetable": _timetable,
}
