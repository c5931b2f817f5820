import pytest

from tg_assets.clip_similarity.labels import fit_label, label_text

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
    assert fit_label(PATH, "{label}", lambda text: True).shortened is False


@pytest.mark.parametrize(
    ("room", "text"), [(45, "object counting, red object counting"), (20, "red object counting")]
)
def test_leading_levels_are_dropped_until_it_fits(room: int, text: str) -> None:
    fitted = fit_label(PATH, "{label}", lambda text: len(text) <= room)
    assert (fitted.text, fitted.shortened) == (text, True)


def test_a_last_level_that_never_fits_is_left_to_the_tokenizer() -> None:
    fitted = fit_label(PATH, "{label}", lambda text: False)
    assert (fitted.text, fitted.shortened) == ("red object counting", True)
