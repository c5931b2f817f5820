"""Questions are English: articles, plurals, adjectives, one way of asking or another."""

from __future__ import annotations

import pytest
from market_library import market

from tg_assets.task_space.dice import Dice
from tg_assets.task_space.instance import Claim
from tg_assets.task_space.library import Attribute
from tg_assets.task_space.phrasing import question
from tg_assets.task_space.words import adjective, heads, noun, with_article, words_of
from tg_assets.task_space.world import Kind, Motion

MARKET = market()


def ways(claim: Claim, kind: Kind = "2d") -> set[str]:
    return {question(MARKET, claim, kind, Dice("words", n)) for n in range(60)}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("apple", "an apple"),
        ("hourglass", "an hourglass"),
        ("horse", "a horse"),
        ("utensil", "a utensil"),
        ("umbrella", "an umbrella"),
        ("usb flash drive", "a usb flash drive"),
        ("unicycle", "a unicycle"),
        ("American football", "an American football"),
        ("one-way sign", "a one-way sign"),
    ],
)
def test_articles(name: str, said: str) -> None:
    assert with_article(name) == said


@pytest.mark.parametrize(
    ("name", "one", "many"),
    [
        ("apple", "apple", "apples"),
        ("computer mouse", "computer mouse", "computer mice"),
        ("toy box", "toy box", "toy boxes"),
        ("strawberry", "strawberry", "strawberries"),
        ("key", "key", "keys"),
        ("snowman", "snowman", "snowmen"),
        ("scissors", "pair of scissors", "pairs of scissors"),
        ("pair of jeans", "pair of jeans", "pairs of jeans"),
        ("loaf of bread", "loaf of bread", "loaves of bread"),
        ("furniture", "piece of furniture", "pieces of furniture"),
        ("clothes", "piece of clothing", "pieces of clothing"),
        ("lettuce", "head of lettuce", "heads of lettuce"),
        ("fish", "fish", "fish"),
    ],
)
def test_one_and_many(name: str, one: str, many: str) -> None:
    assert (noun(name).one, noun(name).many) == (one, many)


def test_values_are_said_as_adjectives_before_a_noun() -> None:
    assert adjective("material", "wood") == "wooden"
    assert adjective("material", "metal") == "metal"
    assert adjective("shape", "cylinder") == "cylindrical"
    assert adjective("shape", "heart-shape") == "heart-shaped"
    assert adjective("color", "red") == "red"


def test_names_are_compared_by_their_words_and_their_heads() -> None:
    assert words_of("a pair of Wine-Glasses") == {"wine", "glass"}
    assert heads(["wine glass", "pair of jeans", "cup of coffee"]) == {
        "glass", "jean", "cup", "coffee",
    }  # fmt: skip


WOODEN = Attribute("material", "wood")


@pytest.mark.parametrize(
    ("claim", "kind", "said"),
    [
        (Claim("count", category="apple", attribute=Attribute("color", "red")), "2d",
         "How many red apples are there in the image?"),
        (Claim("category", cell="top left"), "2d",
         "What is the object in the top left of the image?"),
        (Claim("category", attribute=WOODEN, reference="ball", position="left"), "2d",
         "What wooden object is directly to the left of the ball in the image?"),
        (Claim("category", size="largest", attribute=WOODEN), "3d",
         "What is the largest wooden object in the image?"),
        (Claim("attribute", attribute_type="material", distance="closest", reference="saw"), "3d",
         "In the image, what is the object closest to the saw made of?"),
        (Claim("attribute", attribute_type="color", cell="middle"), "3d",
         "What color is the object in the middle of the image?"),
        (Claim("cell", category="apple"), "2d",
         "There is an apple in the image. Where is it?"),
        (Claim("position", motion=Motion("rotate", "clockwise"), reference="saw", inverted=True),
         "video", "Where in the video is the saw relative to the object turning clockwise "
         "(as seen from above)?"),
        (Claim("category", motion=Motion("move", "left")), "video",
         "What kind of object is moving to the left in the video?"),
    ],
)  # fmt: skip
def test_a_claim_is_put_in_several_ways(claim: Claim, kind: Kind, said: str) -> None:
    said_so = ways(claim, kind)
    assert said in said_so
    assert len(said_so) >= 4
    for one in said_so:
        assert one[0].isupper()
        assert one[-1] in "?."
        assert "  " not in one
