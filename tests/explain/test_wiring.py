from lenet.architecture import MODERN, ORIGINAL
from lenet.explain.wiring import draw_table, group_maps


def test_table_i_has_four_groups_with_the_seed_texts_formulas():
    groups = group_maps(ORIGINAL)
    assert [(group.maps[0], group.maps[-1], group.inputs, group.neighbours) for group in groups] == [
        (0, 5, 3, True),
        (6, 11, 4, True),
        (12, 14, 4, False),
        (15, 15, 6, True),
    ]
    assert " + ".join(group.trainable.formula for group in groups) == (
        "6 x (3 x 5 x 5 + 1) + 6 x (4 x 5 x 5 + 1) + 3 x (4 x 5 x 5 + 1) + 1 x (6 x 5 x 5 + 1)"
    )
    assert sum(group.trainable for group in groups) == 1516


def test_without_a_table_all_maps_are_one_group():
    (group,) = group_maps(MODERN)
    assert (len(group.maps), group.inputs, group.trainable) == (16, 6, 2416)


def test_the_table_is_drawn_as_it_is_read():
    header, *rows = draw_table(ORIGINAL)
    assert header.split() == [
        "S2",
        "\\",
        "C3",
        *map(str, range(6)),
        "|",
        *map(str, range(6, 12)),
        "|",
        "12",
        "13",
        "14",
        "|",
        "15",
    ]
    for source, row in enumerate(rows):
        name, *marks = row.replace("|", "").split()
        assert int(name) == source
        assert [mark == "X" for mark in marks] == [source in inputs for inputs in ORIGINAL.table]
