import pytest

from benchmarks.pages import fill_page

PAGE = """before
<!-- errors -->
old
<!-- /errors -->
between
<!-- speed -->

old

<!-- end -->
after
"""


def test_a_part_takes_the_place_of_what_stood_between_the_marks():
    expected = PAGE.replace("-->\nold", "-->\nnew\n\nrow")
    assert fill_page(PAGE, {"errors": "new\n\nrow"}) == expected


def test_blank_lines_beside_the_marks_stay():
    assert fill_page(PAGE, {"speed": r"a\1b"}) == PAGE.replace("\n\nold\n\n", "\n\na\\1b\n\n")


@pytest.mark.parametrize("page", ["nothing", "<!-- errors -->\nno end\n"])
def test_a_part_without_a_place_is_a_mistake(page):
    with pytest.raises(ValueError, match="no place for errors"):
        fill_page(page, {"errors": ""})


def test_two_places_of_one_name_are_a_mistake():
    with pytest.raises(ValueError, match="2 places for errors"):
        fill_page(PAGE + PAGE, {"errors": ""})
