"""Quantities as k8s.io/apimachinery parses and prints them (held against its 0.37: ParseQuantity, CanonicalizeBytes)."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiwfe.quantity import canonical, parse, show

# As written -> as the API server writes it.
CANONICAL = {
    # Whole numbers, and what is behind the point in the next smaller unit.
    "0": "0", "1": "1", "+1": "1", "-1": "-1", "007": "7", "5.": "5", ".5": "500m", "0.5": "500m", "1.0": "1",
    "1.5": "1500m", "1.25": "1250m", "1.0001": "1000100u", "0.000001": "1u", "-0": "0", "-1.5": "-1500m",
    # Decimal suffixes: the largest that leaves a whole number.
    "250m": "250m", "1000m": "1", "1500m": "1500m", "2000m": "2", "0m": "0", "1000u": "1m", "1000000n": "1m",
    "1000": "1k", "1500": "1500", "1k": "1k", "1000k": "1M", "999999k": "999999k", "1.5k": "1500", "1024": "1024",
    "1G": "1G", "1000T": "1P", "1E": "1E", "10E": "10E", "1024E": "1024E", "9223372036854775808": "9223372036854775808",
    # Binary suffixes.
    "1Ki": "1Ki", "1024Ki": "1Mi", "1025Ki": "1025Ki", "1.5Gi": "1536Mi", "3.0Gi": "3Gi", "1536Mi": "1536Mi",
    "2048Mi": "2Gi", "1048576Ki": "1Gi", "0Gi": "0", "7Ei": "7Ei", "-2048Ki": "-2Mi",
    # Under 1024 they are decimal, and so where a binary one would round.
    "0.5Ki": "512", "-0.5Ki": "-512", "0.001Ki": "1024m", "1.00001Ki": "1024010240u", "0.1Gi": "107374182400m",
    "0.3Mi": "314572800m", "1.1111111111Gi": "1193046471099180647n",
    # Binary ones, and only these, end at 2^63 - 1.
    "8Ei": "9223372036854775807", "-8Ei": "-9223372036854775807", "9223372036854775807Ki": "9223372036854775807",
    # Exponents stay exponents, in steps of three.
    "1e3": "1e3", "1E3": "1e3", "1e+3": "1e3", "1e0": "1", "1500e0": "1500", "12e4": "120e3", "1e4": "10e3", "1.5e3": "1500",
    "1e-3": "1e-3", "100e-2": "1", "1e-1": "100e-3", "1e30": "1e30", "0e3": "0", "-1e3": "-1e3",
    # Finer than a billionth is rounded up, away from zero: who asks for something gets something.
    "0.1n": "1n", "-0.1n": "-1n", "1e-10": "1e-9", "0.0000000001": "1n", "0.123456789123": "123456790n",
}  # fmt: skip

NO_QUANTITIES = [
    "", " ", " 1", "1 ", "1\n", "\t1", "one", "1,5", "1.5.5", "1_000", "0x10", "--1", "+-1", "1-", "1+", "NaN", "inf", "-inf",
    "1K", "1ki", "1KI", "1mi", "1Gib", "1GB", "1 Gi", "1g", "1kB", "1Mi2", "1m1", "1mm", "1µ", "1i", "1e", "1e+", "1e3.5",
    "1Ee3", "1EE", "1e3Gi", "٣", "1e٣", "1\N{KELVIN SIGN}i", "²",
    # apimachinery reads these as 0, against the grammar that it documents; nobody means that.
    ".", "-", "+", "+.", "Ki", "m", "e3", "-n",
    # So large that Go calculates for minutes, and more digits than anything that is meant.
    "1e31", "1e-31", "1e999999999999", "-1e100", "9" * 65, "0" * 64 + "1", "9999999999999E",
]  # fmt: skip


@pytest.mark.parametrize("written", CANONICAL)
def test_quantities_are_written_as_the_api_server_writes_them(written: str) -> None:
    assert canonical(written) == CANONICAL[written]


@pytest.mark.parametrize("written", NO_QUANTITIES)
def test_what_is_no_quantity_is_refused(written: str) -> None:
    message = f"^{re.escape(repr(written[:80]))} is no quantity$"
    with pytest.raises(ValueError, match=message):
        parse(written)
    with pytest.raises(ValueError, match=message):
        canonical(written)


@pytest.mark.parametrize("value", [None, True, False, [1], {"cpu": 1}, float("nan"), float("inf"), b"1"])
def test_values_that_are_no_text_or_number_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"is no quantity$"):
        parse(value)


def test_numbers_of_yaml_are_quantities() -> None:
    assert [canonical(value) for value in (2, 0.5, 0, -1, 1000, 1e22)] == ["2", "500m", "0", "-1", "1k", "10e21"]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("250m", Fraction(1, 4)),
        ("0.1", Fraction(1, 10)),
        ("1n", Fraction(1, 10**9)),
        ("8Gi", Fraction(8 * 1024**3)),
        ("1.5Gi", Fraction(3 * 1024**3, 2)),
        ("0.1Gi", Fraction(1024**3, 10)),
        ("3e2", Fraction(300)),
        ("0.0000000015", Fraction(2, 10**9)),
    ],
)
def test_quantities_are_exact_numbers(written: str, number: Fraction) -> None:
    assert parse(written) == number


def test_sums_are_shown_in_the_units_of_their_resource() -> None:
    gibibyte = Fraction(1024**3)
    assert show(gibibyte * 12, "requests.memory") == "12Gi"
    assert show(gibibyte * 12, "requests.storage") == "12Gi"
    assert show(-gibibyte / 2, "limits.memory") == "-512Mi"
    assert show(Fraction(100), "requests.memory") == "100"
    assert show(Fraction(27, 10), "requests.cpu") == "2700m"
    assert show(Fraction(2), "requests.nvidia.com/gpu") == "2"


SUFFIXES = ["", *"numkMGTPE", *(f"{letter}i" for letter in "KMGTPE")]
quantities = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "+", "-"]),
    st.integers(0, 10**11),  # above 1e30 nothing is read
    st.just("") | st.builds(".{:0{}}".format, st.integers(0, 10**9), st.integers(1, 12)),
    st.sampled_from(SUFFIXES) | st.builds("{}{}".format, st.sampled_from("eE"), st.integers(-12, 12)),
)


@settings(max_examples=200, deadline=None)
@given(quantities)
def test_the_canonical_form_is_canonical_and_the_same_number(written: str) -> None:
    once = canonical(written)
    assert canonical(once) == once
    assert parse(once) == parse(written)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("0159.+-eEKMGimnu \n")))
def test_any_text_is_a_quantity_or_a_value_error(text: str) -> None:
    try:
        number = parse(text)
    except ValueError:
        return
    assert parse(canonical(text)) == number
