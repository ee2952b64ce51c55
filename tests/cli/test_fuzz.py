"""Any combination of options ends with a documented exit code and never with a traceback."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DOCUMENTED = {0, 1, 2, 3}

numbers = st.one_of(
    st.integers(-3, 300), st.floats(-2, 3), st.sampled_from([10**30, "nan", "inf", "", "x", "-"])
)
words = st.one_of(st.text(max_size=6), st.sampled_from(["\\n", "a=1", "=", "a=nan", "e", "\x00"]))
SAMPLE = {
    **dict.fromkeys(
        [
            "--chars",
            "--min-chars",
            "--temperature",
            "--top-k",
            "--top-p",
            "--min-p",
            "--typical",
            "--repetition-penalty",
            "--repetition-window",
            "--best-of",
            "--beam",
            "--seed",
            "--novel",
        ],
        numbers,
    ),
    **dict.fromkeys(["--stop", "--ban", "--bias", "--separator"], words),
    "--until": st.sampled_from(["sentence", "line", "paragraph", "page"]),
    **dict.fromkeys(
        ["--greedy", "--json", "-0", "--strict", "--no-prompt", "--prompts"], st.none()
    ),
}
SCORE = {
    "--stride": numbers,
    "--documents": st.sampled_from(["auto", "line", "paragraph", "none", "file", "page"]),
    **dict.fromkeys(["--each", "--json", "--tokens", "--rank"], st.none()),
}


def command_lines(options: dict[str, Any]) -> st.SearchStrategy[list[str]]:
    """Up to five of the options, each with a value that may or may not be one."""
    option = st.sampled_from(sorted(options)).flatmap(
        lambda name: options[name].map(
            lambda value: (
                [name]
                if value is None
                else [f"{name}={value}"]
                if name.startswith("--")
                else [name, str(value)]
            )
        )
    )
    return st.lists(option, max_size=5).map(lambda found: [word for one in found for word in one])


fuzzed = settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@fuzzed
@given(arguments=command_lines(SAMPLE), prompt=st.text(max_size=5))
def test_sample_never_ends_in_a_traceback(rnngen, model_file, arguments, prompt):
    ran = rnngen(
        "sample", model_file, "--length", 8, "-n", 2, *arguments, "--", prompt, input="a\nb"
    )
    check(ran)


@fuzzed
@given(arguments=command_lines(SCORE), text=st.binary(max_size=40))
def test_score_never_ends_in_a_traceback(rnngen, model_file, arguments, text):
    check(rnngen("score", model_file, "-", *arguments, input=text))


def check(ran: Any) -> None:
    assert ran.exit_code in DOCUMENTED
    assert "Traceback" not in ran.stderr
    if ran.exit_code == 2:
        assert ran.error
