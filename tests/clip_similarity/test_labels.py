from collections.abc import Sequence

import pytest

from tg_assets.clip_similarity.labels import fit_labels, label_text

PATH = "counting~object counting~red object counting"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{label}", "counting, object counting, red object counting"),
        ("{leaf}", "red object counting"),
        (
            "a picture for {levels}",
            "a picture for counting > object counting > red object counting",
        ),
        ("{leaf} ({label}) {{x}}", f"red object counting ({PATH.replace('~', ', ')}) {{x}}"),
    ],
)
def test_a_path_becomes_text_by_its_template(template: str, text: str) -> None:
    assert label_text(PATH, template) == text


@pytest.mark.parametrize("template", ["a picture", "{label} {other}", "{label} {", "{label} {0}"])
def test_a_template_that_cannot_be_filled_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="label template"):
        label_text(PATH, template)


def test_a_label_that_fits_is_whole() -> None:
    (fitted,) = fit_labels([PATH], "{label}", lambda texts: [True] * len(texts))
    assert fitted.shortened is False


@pytest.mark.parametrize(
    ("room", "text"), [(45, "object counting, red object counting"), (20, "red object counting")]
)
def test_leading_levels_are_dropped_until_it_fits(room: int, text: str) -> None:
    (fitted,) = fit_labels([PATH], "{label}", lambda texts: [len(t) <= room for t in texts])
    assert (fitted.text, fitted.shortened) == (text, True)


def test_a_last_level_that_never_fits_is_left_to_the_tokenizer() -> None:
    (fitted,) = fit_labels([PATH], "{label}", lambda texts: [False] * len(texts))
    assert (fitted.text, fitted.shortened) == ("red object counting", True)


def test_labels_of_any_depth_are_fitted_together_and_in_order() -> None:
    asked: list[list[str]] = []

    def fits(texts: Sequence[str]) -> list[bool]:
        asked.append(list(texts))
        return [len(text) <= 20 for text in texts]

    fitted = fit_labels([PATH, "OCR", "much too long to be seen whole", "a~b"], "{label}", fits)
    assert [(label.text, label.shortened) for label in fitted] == [
        ("red object counting", True),
        ("OCR", False),
        ("much too long to be seen whole", True),
        ("a, b", False),
    ]
    assert [len(texts) for texts in asked] == [4, 1, 1]


def test_no_labels_are_fitted_without_asking() -> None:
    assert fit_labels([], "{label}", lambda texts: pytest.fail("was asked")) == []
