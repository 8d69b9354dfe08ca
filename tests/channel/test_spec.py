"""The grammar: what is read, what is written back, and what an error says."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.channel import LADDERS, STEPS, Channel, Step, ladder, parse_channel
from indelible.channel.arguments import Bitrate, Choice, Integer, Kind, Number, Ratio, Word
from indelible.channel.codecs import X264, Codec
from indelible.channel.geometry import CropBox, CropShare, ScaleBy, ScaleShort, ScaleTo, ScaleWidth, Stretch
from indelible.channel.step import arguments
from indelible.channel.timing import FrameRate, Trim, TrimRandom
from indelible.errors import SpecError


@pytest.mark.parametrize(
    ("spec", "steps"),
    [
        ("none", ()),
        ("x264", (X264(crf=23),)),
        ("x264:crf=28:preset=fast:gop=48:profile=high", (X264(crf=28, preset="fast", gop=48, profile="high"),)),
        ("x264:bitrate=800k", (X264(bitrate_bps=800_000),)),
        ("x264:bitrate=2.5M", (X264(bitrate_bps=2_500_000),)),
        ("scale=640x360", (ScaleTo(640, 360),)),
        ("scale=0.5:scaler=area", (ScaleBy(0.5, scaler="area"),)),
        ("scale=short:360", (ScaleShort(360),)),
        ("scale=width:480", (ScaleWidth(480),)),
        ("stretch=1.1", (Stretch(1.1),)),
        ("crop=area:0.7:at=random", (CropShare("area", 0.7, at="random"),)),
        ("crop=32:16:8:4", (CropBox(32, 16, 8, 4),)),
        ("fps=30000/1001", (FrameRate(Fraction(30000, 1001)),)),
        ("fps=24:of=30", (FrameRate(Fraction(24), of=Fraction(30)),)),
        ("trim=1:3.5", (Trim(1.0, 3.5),)),
        ("trim=random:3", (TrimRandom(3.0),)),
        (" scale=640x360 | x264:crf=28 ", (ScaleTo(640, 360), X264(crf=28))),
    ],
)
def test_reads(spec: str, steps: tuple[Step, ...]) -> None:
    assert parse_channel(spec) == Channel(steps)


@pytest.mark.parametrize(
    ("spec", "canonical"),
    [
        ("none", "none"),
        ("x264", "x264:crf=23"),
        ("x264:preset=medium:crf=28.0", "x264:crf=28"),
        ("av1:preset=8", "av1:crf=35"),
        ("vp9:bitrate=1.5M", "vp9:bitrate=1500k"),
        ("scale=.50:scaler=bicubic", "scale=0.5"),
        ("speed=1.10", "speed=1.1"),
        ("fps=23.976", "fps=23.976"),
        ("fps=24000/1001", "fps=24000/1001"),
    ],
)
def test_writes_canonical_text(spec: str, canonical: str) -> None:
    assert str(parse_channel(spec)) == canonical


@pytest.mark.parametrize(
    ("spec", "parts"),
    [
        ("", ["empty step", "none"]),
        ("x264||x264", ["empty step"]),
        ("x64", ["unknown step 'x64'", "did you mean 'x264'"]),
        ("x264:cfr=28", ["unknown option 'cfr'", "did you mean 'crf'", "preset"]),
        ("x264:crf=99", ["crf", "99", "0 to"]),
        ("x264:crf=abc", ["crf is 'abc'", "a number"]),
        ("x264:crf=nan", ["crf is 'nan'"]),
        ("x264:crf=1_0", ["crf is '1_0'"]),
        ("x264:crf=28:crf=30", ["twice"]),
        ("x264:crf=28:bitrate=800k", ["exclude"]),
        ("x264:preset=fastt", ["preset", "fastt", "medium"]),
        ("vp9:crf=28.5", ["whole number"]),
        ("vp9:profile=main", ["unknown option 'profile'", "gop"]),
        ("x264=28", ["cannot read", "write x264[:crf=CRF]"]),
        ("x264:28", ["cannot read", "write x264"]),
        ("x264:bitrate=800kb", ["bitrate is '800kb'", "800k or 2.5M"]),
        ("scale", ["cannot read", "scale=WIDTHxHEIGHT", "scale=short:SHORT", "scale=FACTOR"]),
        ("scale=641x360", ["width is '641'", "even"]),
        ("scale=0", ["factor is '0'", "0.02"]),
        ("scale=0.5:scaler=bicubik", ["did you mean 'bicubic'"]),
        ("crop=aera:0.7", ["kind is 'aera'", "did you mean 'area'"]),
        ("crop=at=random", ["cannot read", "crop=KIND:SHARE"]),
        ("crop=1:2:3", ["cannot read", "crop=WIDTH:HEIGHT:X:Y"]),
        ("trim=3:1", ["start 3.0 is not before end 1.0"]),
        ("fps=24/0", ["rate is '24/0'"]),
        ("speed=1.00001", ["factor is '1.00001'", "3 places"]),
        ("flip=x", ["axis is 'x'", "h, v"]),
        ("grey=1", ["cannot read", "write grey"]),
        ("__class__", ["unknown step"]),
    ],
)
def test_an_error_says_what_is_wrong_and_what_is_allowed(spec: str, parts: list[str]) -> None:
    with pytest.raises(SpecError) as caught:
        parse_channel(spec)
    assert [part for part in parts if part not in str(caught.value)] == []


def test_a_step_made_in_code_checks_itself_too() -> None:
    with pytest.raises(SpecError, match="factor"):
        ScaleBy(0.0)
    with pytest.raises(SpecError, match="kind"):
        CropShare("volume", 0.5)  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="share"):
        CropShare("area", True)


def values_of(kind: Kind) -> st.SearchStrategy[object]:
    match kind:
        case Number(low, high):
            return st.floats(low, high)
        case Integer(low, high, even):
            return st.integers(low, high).map(lambda value: value // 2 * 2 if even else value).filter(lambda value: value >= low)
        case Ratio(low, high):
            return st.fractions(low, high, max_denominator=1001)
        case Bitrate(low, high):
            return st.integers(low, high)
        case Choice(words):
            return st.sampled_from(words)
    raise AssertionError(kind)


@st.composite
def any_step(draw: st.DrawFn) -> Step:
    step = draw(st.sampled_from([step for steps in STEPS.values() for step in steps]))
    if issubclass(step, Codec):
        rate = draw(st.sampled_from([{"crf": draw(st.integers(1, 51))}, {"bitrate_bps": draw(st.integers(1000, 10**8))}]))
        return step(**rate, gop=draw(st.none() | st.integers(1, 300)))
    given_values = {argument.field.name: draw(values_of(argument.kind)) for argument in arguments(step)}
    if step is Trim:
        given_values["end_seconds"] = float(given_values["start_seconds"]) + 1.0  # type: ignore[arg-type]
        given_values["start_seconds"] = min(float(given_values["start_seconds"]), 1e5)  # type: ignore[arg-type]
        given_values["end_seconds"] = min(float(given_values["end_seconds"]), 1e6)
    return step(**given_values)


@given(st.lists(any_step(), max_size=4).map(tuple))
def test_parsing_undoes_writing(steps: tuple[Step, ...]) -> None:
    channel = Channel(steps)
    assert parse_channel(str(channel)) == channel


@given(st.text(alphabet="x264scale=:|.0159crfnoe/k ", max_size=30))
def test_any_text_is_a_channel_or_a_spec_error(text: str) -> None:
    try:
        channel = parse_channel(text)
    except SpecError:
        return
    assert parse_channel(str(channel)) == channel


def test_every_argument_has_a_kind_that_describes_itself() -> None:
    for name, steps in STEPS.items():
        for step in steps:
            assert step.__doc__, name
            assert step.usage().startswith(name)
            assert len(arguments(step)) == len(fields(step))
            assert all(str(argument.kind) for argument in arguments(step))
            assert isinstance(step, type)
    assert str(Word())


@pytest.mark.parametrize("name", LADDERS)
def test_every_ladder_is_canonical_and_without_repeats(name: str) -> None:
    assert tuple(map(str, ladder(name))) == LADDERS[name]
    assert len(set(LADDERS[name])) == len(LADDERS[name])


def test_an_unknown_ladder_is_named() -> None:
    with pytest.raises(SpecError, match=r"h256.*did you mean 'h264'.*robustness"):
        ladder("h256")


def test_the_reference_has_every_step_and_every_ladder() -> None:
    reference = (Path(__file__).parents[2] / "docs" / "reference" / "channels.md").read_text()
    for step in (step for steps in STEPS.values() for step in steps):
        assert f"| `{step.usage()}` |" in reference
    assert all(f"| `{name}` |" in reference for name in LADDERS)
