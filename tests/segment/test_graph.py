"""The graph against an example by hand, and against counting every path."""

import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lenet.segment.format import ANY, parse_format
from lenet.segment.graph import SKIP, Edge, Path, find_paths, weigh_edges

# three pieces; the first two may be a 4, or a 1 each
HAND = [
    Edge(0, 1, "1", 1.0),
    Edge(1, 2, "1", 1.5),
    Edge(0, 2, "4", 2.0),
    Edge(2, 3, "7", 0.5),
    Edge(2, 3, SKIP, 3.0),
]
FORMS = [ANY, *map(parse_format, ("dd", "d+", "1d*", "d{2,3}", "d?1?"))]

graphs = st.integers(2, 4).flatmap(
    lambda nodes: st.tuples(
        st.just(nodes),
        st.lists(
            st.tuples(
                st.integers(0, nodes - 2),
                st.integers(1, nodes - 1),
                st.sampled_from(["0", "1", SKIP]),
                st.floats(0, 9),
            )
            .filter(lambda edge: edge[0] < edge[1])
            .map(lambda edge: Edge(*edge)),
            max_size=9,
        ),
    )
)


def list_all(edges, nodes, form):
    """Every path of a form, by trying each; the cheapest first."""

    def walk(node, taken):
        if node == nodes - 1:
            yield taken
        for place, edge in enumerate(edges):
            if edge.start == node:
                yield from walk(edge.stop, (*taken, place))

    paths = [
        Path(sum(edges[place].cost for place in taken), taken)
        for taken in walk(0, ())
        if form.accepts("".join(edges[place].symbol for place in taken))
    ]
    return sorted(paths)


def test_the_cheapest_paths_of_the_example_by_hand():
    # 4 then 7: 2 + 0.5; 1, 1, 7: 1 + 1.5 + 0.5; 4 alone: 2 + 3; 1, 1: 1 + 1.5 + 3
    paths = find_paths(HAND, 4, ANY, 9)
    assert [path.cost for path in paths] == [2.5, 3.0, 5.0, 5.5]
    assert ["".join(HAND[place].symbol for place in path.edges) for path in paths] == ["47", "117", "4", "11"]


def test_a_form_leaves_only_its_own_paths():
    (path,) = find_paths(HAND, 4, parse_format("ddd"), 9)
    assert path == Path(3.0, (0, 1, 3))
    assert find_paths(HAND, 4, parse_format("d{4}"), 9) == []


def test_the_probabilities_of_the_example_by_hand():
    weights = weigh_edges(HAND, 4, ANY)
    total = sum(math.exp(-cost) for cost in (2.5, 3.0, 5.0, 5.5))
    assert weights.total == pytest.approx(math.log(total))
    assert weights.edges[2] == pytest.approx((math.exp(-2.5) + math.exp(-5)) / total)
    assert weights.edges[4] == pytest.approx((math.exp(-5) + math.exp(-5.5)) / total)
    assert weights.weigh(Path(3.0, (0, 1, 3))) == pytest.approx(math.exp(-3) / total)


@given(graphs, st.sampled_from(FORMS), st.integers(1, 6))
def test_the_paths_are_the_cheapest_of_all(graph, form, count):
    nodes, edges = graph
    expected = list_all(edges, nodes, form)[:count]
    found = find_paths(edges, nodes, form, count)
    assert [path.cost for path in found] == pytest.approx([path.cost for path in expected])
    for path in found:
        assert all(edges[one].stop == edges[next_].start for one, next_ in pairwise(path.edges))
        assert path.cost == pytest.approx(sum(edges[place].cost for place in path.edges))
    assert len({path.edges for path in found}) == len(found)


@given(graphs, st.sampled_from(FORMS), st.sampled_from([0.5, 1.0, 2.0]))
def test_the_probabilities_are_those_of_all_paths(graph, form, sharpness):
    nodes, edges = graph
    paths = list_all(edges, nodes, form)
    assume(paths)
    weights = weigh_edges(edges, nodes, form, sharpness)
    assert sum(map(weights.weigh, paths)) == pytest.approx(1)
    for place in range(len(edges)):
        share = sum(weights.weigh(path) for path in paths if place in path.edges)
        assert weights.edges[place] == pytest.approx(share)
    for piece in range(nodes - 1):
        over = [place for place, edge in enumerate(edges) if edge.start <= piece < edge.stop]
        assert weights.edges[over].sum() == pytest.approx(1)


def test_no_path_has_no_probabilities():
    weights = weigh_edges(HAND, 4, parse_format("d{4}"))
    assert weights.total == -math.inf
    assert not weights.edges.any()
