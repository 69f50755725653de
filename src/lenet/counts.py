"""Numbers that carry the computation that gives them, so that no count is ever typed in."""

from __future__ import annotations

from typing import Self


class Count(int):
    """A number together with the computation that gives it: `Count("6 x (25 + 1)")` is 156.

    Args:
        formula: whole numbers joined by `x`, `+` and parentheses.
    """

    formula: str

    def __new__(cls, formula: str) -> Self:
        """Read the formula; the count is its value."""
        count = super().__new__(cls, _evaluate_formula(formula))
        count.formula = formula
        return count

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        """A copy or a pickle is made from the formula."""
        return type(self), (self.formula,)


def _evaluate_formula(formula: str) -> int:
    """The value of a formula made of whole numbers, `x`, `+` and parentheses."""
    tokens = formula.replace("(", " ( ").replace(")", " ) ").split()

    def read_sum() -> int:
        total = read_product()
        while tokens and tokens[0] == "+":
            tokens.pop(0)
            total += read_product()
        return total

    def read_product() -> int:
        product = read_factor()
        while tokens and tokens[0] == "x":
            tokens.pop(0)
            product *= read_factor()
        return product

    def read_factor() -> int:
        sign = tokens.pop(0)
        if sign != "(":
            return int(sign)
        value = read_sum()
        tokens.pop(0)
        return value

    return read_sum()
