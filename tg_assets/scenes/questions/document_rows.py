"""Templates over the rows of documents: prices, distances, departures, hours."""

from itertools import pairwise
from typing import Any

from tg_assets.scenes.concepts import plural
from tg_assets.scenes.families.document_texts import clock, money
from tg_assets.scenes.questions.asking import Asker, near

Facts = dict[str, Any]
_NUMERICAL = "logical reasoning~numerical reasoning~"
_COMPARE = "logical reasoning~comparison reasoning~"
_TIME = "logical reasoning~temporal reasoning~"


def ask_rows(asker: Asker, kind: str, facts: Facts) -> None:
    """Hand in the questions over the rows of one document."""
    if kind == "receipt":
        _receipt(asker, facts)
    elif kind == "menu":
        _menu(asker, facts)
    elif kind == "road sign":
        _road_sign(asker, facts)
    elif kind == "timetable":
        _timetable(asker, facts)
    elif kind == "shop sign":
        _hours(asker, facts)


def _off(cents: int) -> list[str]:
    return [money(c) for c in (cents + 50, cents - 25, cents + 100) if c > 0]


def _receipt(asker: Asker, facts: Facts) -> None:
    rows: list[Facts] = facts["rows"]
    asker.ask(
        "count items", "counting~document element counting~receipt item counting",
        [("How many different items are on the receipt from {a}?", "There are {v} items."),
         ("Count the item lines of the receipt.", "{v}")],
        len(rows), near(len(rows)), a=facts["fields"]["store name"],
    )  # fmt: skip
    for row in rows:
        name = row["name"]
        asker.ask(
            "item price", "ocr~receipt ocr~item price extraction",
            [("Which amount stands at the end of the {a} line?", "{v}"),
             ("How much was paid for the {a} line before tax?", "{v} was paid.")],
            money(row["total"]), _off(row["total"]), a=name,
        )  # fmt: skip
        asker.ask(
            "item quantity", "ocr~receipt ocr~item quantity extraction",
            [("How many units of {a} were bought?", "{v}"),
             ("Read the quantity of {a} from the receipt; a line without a number means one.",
              "{v}")],
            row["quantity"], near(row["quantity"], least=1), a=name,
        )  # fmt: skip
        _pair(asker, name, row["total"])
        if row["quantity"] > 1:
            asker.ask(
                "unit price", "subject question and answer~business~unit price identification",
                [("What does a single unit of {a} cost?", "One unit costs {v}."),
                 ("Identify the unit price of {a}.", "{v}")],
                money(row["unit"]), [money(row["total"]), *_off(row["unit"])], a=name,
            )  # fmt: skip
            asker.ask(
                "line total", _NUMERICAL + "line total calculation",
                [("{q} units of {a} at {u} each: what do they cost together?", "They cost {v}."),
                 ("Multiply the unit price of {a} by its quantity.", "{v}")],
                money(row["total"]), _off(row["total"]),
                a=name, q=row["quantity"], u=money(row["unit"]),
            )  # fmt: skip
    prices = {r["name"]: int(r["total"]) for r in rows}
    _compare_prices(asker, prices, "item", "the line amounts")
    _receipt_sums(asker, facts)


def _receipt_sums(asker: Asker, facts: Facts) -> None:
    subtotal, tax, total = int(facts["subtotal"]), int(facts["tax"]), int(facts["total"])
    asker.ask(
        "item sum", _NUMERICAL + "receipt sum verification",
        [("Add up all item lines before tax. What do you get?", "The items add up to {v}."),
         ("What is the sum of the {n} item lines?", "{v}")],
        money(subtotal), [money(total), *_off(subtotal)], n=len(facts["rows"]),
    )  # fmt: skip
    said = subtotal if asker.draw(2, "sum") else subtotal + 110
    asker.ask_yes_no(
        "sum right", _NUMERICAL + "receipt sum verification",
        ("Do the item lines before tax add up to {a}?", "Is {a} the sum of all item lines?"),
        said == subtotal, "they add up to {a}", "they do not add up to {a}", a=money(said),
    )  # fmt: skip
    asker.ask(
        "tax added", _NUMERICAL + "tax addition calculation",
        [("What do subtotal and tax come to together?", "Together they come to {v}."),
         ("Add the tax of {t} to the subtotal of {s}.", "{v}")],
        money(total), [money(subtotal), *_off(total)], t=money(tax), s=money(subtotal),
    )  # fmt: skip
    rate = int(facts["tax_rate"])
    asker.ask(
        "tax rate", "subject question and answer~business~tax rate identification",
        [("What tax rate does the receipt from {a} apply?", "The tax rate is {v}%."),
         ("Identify the tax rate in percent.", "{v}%")],
        rate, near(rate), a=facts["fields"]["store name"],
    )  # fmt: skip
    if facts["change"]:
        paid, change = int(facts["paid"]), int(facts["change"])
        asker.ask(
            "change", _NUMERICAL + "change calculation",
            [("The customer paid {p} for a total of {t}. How much change is due?",
              "The change is {v}."),
             ("How much change did the customer get back?", "{v}")],
            money(change), [money(paid), *_off(change)], p=money(paid), t=money(total),
        )  # fmt: skip


def _pair(asker: Asker, name: str, cents: int) -> None:
    asker.ask(
        "item and price", "concept extraction~relationship extraction~"
        "item and price relationship extraction",
        [('Write the entry for {a} as "item: price".', "{a}: {v}"),
         ('Extract the pair of item and price for {a}, as "item: price".', "{a}: {v}")],
        money(cents), _off(cents), a=name,
    )  # fmt: skip


def _compare_prices(asker: Asker, prices: dict[str, int], noun: str, where: str) -> None:
    names = list(prices)
    ranked = sorted(names, key=lambda n: prices[n])
    spending = "analysis~spending analysis~"
    for word, best, second, path in (
        ("most expensive", ranked[-1], ranked[-2], "most expensive item analysis"),
        ("cheapest", ranked[0], ranked[1], "cheapest item analysis"),
    ):
        if prices[best] != prices[second]:
            asker.ask(
                f"{word} {noun}", spending + path,
                [("Going by {w}, which {n} is the {x}?", "{v} is the {x}."),
                 ("Name the {x} {n}, going by {w}.", "{v}")],
                best, asker.some([n for n in names if n != best], 3, word), n=noun, w=where, x=word,
            )  # fmt: skip
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if prices[a] != prices[b]]
    for a, b in asker.some(pairs, 4, "prices"):
        more, less = (a, b) if prices[a] > prices[b] else (b, a)
        asker.ask(
            f"compare {noun} prices", f"{_COMPARE}{noun} price comparison",
            [("Going by {w}, which costs more, {a} or {b}?", "{v} costs more."),
             ("Of {a} and {b}, which is the dearer one by {w}?", "{v}")],
            more, [less], a=a, b=b, w=where,
        )  # fmt: skip
        gap = prices[more] - prices[less]
        asker.ask(
            "price difference", _NUMERICAL + "price difference calculation",
            [("Going by {w}, how much more does {a} cost than {b}?", "{a} costs {v} more."),
             ("By {w}, what is the price difference between {a} and {b}?", "{v}")],
            money(gap), _off(gap), a=more, b=less, w=where,
        )  # fmt: skip
    limit = 500 if noun == "item" else 1000
    count = sum(p > limit for p in prices.values())
    asker.ask(
        f"count {noun}s above", "counting~document element counting~price range counting",
        [("Going by {w}, how many {n} cost more than {a}?", "{v}"),
         ("By {w}, count the {n} priced above {a}.", "{v}")],
        count, near(count), n=plural(noun), w=where, a=money(limit),
    )  # fmt: skip
    if len(set(prices.values())) == len(names):
        words = ranked[::-1]
        asker.ask(
            f"order {noun} prices", "logical reasoning~ordering reasoning~price ordering",
            [("Going by {w}, list the {n} from the most to the least expensive.", "{v}"),
             ("Rank the {n} by price, highest first, going by {w}.", "{v}")],
            ", ".join(words), [", ".join(ranked), ", ".join([words[1], words[0], *words[2:]])],
            n=plural(noun), w=where,
        )  # fmt: skip


def _menu(asker: Asker, facts: Facts) -> None:
    sections: list[Facts] = facts["sections"]
    dishes = [(s["heading"], d["name"], int(d["price"])) for s in sections for d in s["dishes"]]
    names, headings = [n for _, n, _ in dishes], [s["heading"] for s in sections]
    own = facts["fields"]["restaurant name"]
    asker.ask(
        "count dishes", "counting~document element counting~menu dish counting",
        [("How many entries does the menu of {a} list in all?", "It lists {v} entries."),
         ("Count everything that the menu offers.", "{v}")],
        len(dishes), near(len(dishes)), a=own,
    )  # fmt: skip
    asker.ask(
        "section headings", "ocr~menu ocr~section heading extraction",
        [("List the section headings of the menu, from top to bottom.", "{v}"),
         ("Into which sections is the menu of {a} divided?", "{v}")],
        ", ".join(headings), [", ".join(headings[::-1]), ", ".join(headings[:-1])], a=own,
    )  # fmt: skip
    for section in sections:
        first = section["dishes"][0]["name"]
        asker.ask(
            "first dish", "ocr~menu ocr~dish name extraction",
            [('What is the first entry under "{a}"?', 'The first entry under "{a}" is {v}.'),
             ('Read the top line of the section "{a}".', "{v}")],
            first, asker.some([n for n in names if n != first], 3, first), a=section["heading"],
        )  # fmt: skip
    for _, name, cents in dishes:
        asker.ask(
            "dish price", "ocr~menu ocr~dish price extraction",
            [("How much is the {a}?", "It costs {v}."),
             ("What price does the menu give for {a}?", "{v}")],
            money(cents), _off(cents), a=name,
        )  # fmt: skip
        _pair(asker, name, cents)
    prices = {n: p for _, n, p in dishes}
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    for a, b in asker.some(pairs, 4, "order"):
        cost = prices[a] + prices[b]
        asker.ask(
            "menu order", _NUMERICAL + "menu order calculation",
            [("A guest orders {a} and {b}. What does that cost?", "It costs {v}."),
             ("What is the price of one {a} and one {b} together?", "{v}")],
            money(cost), _off(cost), a=a, b=b,
        )  # fmt: skip
    _compare_prices(asker, prices, "dish", "the menu")


def _road_sign(asker: Asker, facts: Facts) -> None:
    rows: list[Facts] = facts["rows"]
    towns = [r["town"] for r in rows]
    asker.ask(
        "count destinations", "counting~document element counting~road sign destination counting",
        [("How many places are named on the sign of road {a}?", "The sign names {v} places."),
         ("Count the destinations on the road sign.", "{v}")],
        len(rows), near(len(rows)), a=facts["fields"]["road number"],
    )  # fmt: skip
    for row in rows:
        km = int(row["km"])
        asker.ask(
            "distance", "ocr~road sign ocr~distance extraction",
            [("How far is it to {a}?", "It is {v} km to {a}."),
             ("Read the distance to {a} from the sign.", "{v} km")],
            km, near(km, least=1), a=row["town"],
        )  # fmt: skip
        asker.ask(
            "destination", "ocr~road sign ocr~destination extraction",
            [("Which place is {a} km away?", "{v} is {a} km away."),
             ("Next to which place name does the sign say {a} km?", "{v}")],
            row["town"], [t for t in towns if t != row["town"]][:3], a=km,
        )  # fmt: skip
    for i, first in enumerate(rows):
        for second in rows[i + 1 :]:
            gap = int(second["km"]) - int(first["km"])
            asker.ask(
                "compare distances", _COMPARE + "distance comparison",
                [("Which is nearer, {a} or {b}?", "{v} is nearer."),
                 ("Is it a shorter way to {a} or to {b}?", "It is a shorter way to {v}.")],
                first["town"], [second["town"]], a=second["town"], b=first["town"],
            )  # fmt: skip
            asker.ask(
                "distance difference", _NUMERICAL + "distance difference calculation",
                [("How much farther is {a} than {b}?", "{a} is {v} km farther."),
                 ("By how many kilometers do the distances to {a} and {b} differ?", "{v} km")],
                gap, near(gap, least=1), a=second["town"], b=first["town"],
            )  # fmt: skip
    asker.ask(
        "order distances", "logical reasoning~ordering reasoning~distance ordering",
        [("List the destinations from the nearest to the farthest.", "{v}"),
         ("Rank the places on the sign by distance, nearest first.", "{v}")],
        ", ".join(towns), [", ".join(towns[::-1]), ", ".join([towns[1], towns[0], *towns[2:]])],
    )  # fmt: skip


def _timetable(asker: Asker, facts: Facts) -> None:
    rows: list[Facts] = facts["rows"]
    station = facts["fields"]["station name"]
    asker.ask(
        "count departures", "counting~document element counting~timetable departure counting",
        [("How many departures does the board at {a} list?", "It lists {v} departures."),
         ("Count the departures on the timetable.", "{v}")],
        len(rows), near(len(rows)), a=station,
    )  # fmt: skip
    for row in rows:
        own = (clock(row["time"]), row["town"], str(row["platform"]))
        others = [r for r in rows if r is not row]
        asker.ask(
            "departure time", "ocr~timetable ocr~departure time extraction",
            [("When does the service to {a} leave?", "It leaves at {v}."),
             ("Read the departure time for {a}.", "{v}")],
            own[0], [clock(r["time"]) for r in others][:3], a=own[1],
        )  # fmt: skip
        asker.ask(
            "timetable destination", "ocr~timetable ocr~destination extraction",
            [("Where does the {a} departure go?", "It goes to {v}."),
             ("Which destination is listed at {a}?", "{v}")],
            own[1], [r["town"] for r in others][:3], a=own[0],
        )  # fmt: skip
        asker.ask(
            "platform", "ocr~timetable ocr~platform extraction",
            [("From which platform does the service to {a} leave?", "It leaves from platform {v}."),
             ("Give the platform number for {a}.", "{v}")],
            own[2], near(int(own[2]), least=1), a=own[1],
        )  # fmt: skip
    for first, second in pairwise(rows):
        gap = int(second["time"]) - int(first["time"])
        asker.ask(
            "interval", _TIME + "departure interval reasoning",
            [("How many minutes pass between the departures to {a} and {b}?",
              "{v} minutes pass between them."),
             ("How many minutes after the {a} service does the one to {b} leave?", "{v} minutes")],
            gap, near(gap, least=1), a=first["town"], b=second["town"],
        )  # fmt: skip
        if gap > 2:
            now = clock(int(first["time"]) + 1)
            asker.ask(
                "next departure", _TIME + "next departure reasoning",
                [("It is {a}. Where does the next departure go?", "The next one goes to {v}."),
                 ("Someone arrives at {s} at {a}. Which destination is served next?", "{v}")],
                second["town"], [r["town"] for r in rows if r is not second][:3], a=now, s=station,
            )  # fmt: skip


def _hours(asker: Asker, facts: Facts) -> None:
    opens, closes = int(facts["opens"]), int(facts["closes"])
    shop = facts["fields"]["shop name"]
    hours = (closes - opens) / 60
    asker.ask(
        "opening duration", _TIME + "opening duration reasoning",
        [("For how many hours a day is {a} open?", "It is open for {v} hours."),
         ("How many hours lie between opening and closing time?", "{v}")],
        f"{hours:g}", [f"{hours + d:g}" for d in (1, -1, 0.5)], a=shop,
    )  # fmt: skip
    path = _TIME + "opening status reasoning"
    for minutes in (opens - 40, opens + 70, closes - 50, closes + 35):
        asker.ask_yes_no(
            "is open", path,
            ("On an opening day, is {a} open at {t}?", "Can one shop at {a} at {t} on a day when "
             "it opens?"),
            opens <= minutes < closes, "{a} is open at {t}", "{a} is closed at {t}",
            a=shop, t=clock(minutes),
        )  # fmt: skip
    for day in asker.some([d for d in ("Sunday", "Monday", "Wednesday")], 3, "days"):
        asker.ask_yes_no(
            "closed day", path, ("Is {a} closed on {t}?", "Does {a} stay shut on {t}?"),
            day == facts["closed"], "it is closed on {t}", "the sign names another closing day",
            a=shop, t=day,
        )  # fmt: skip
