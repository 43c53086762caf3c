"""Whatever is in a value, it stays one string, also for readers that look for expressions in strings."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from perfreg.errors import UsageError
from perfreg.templating.escape import LANGUAGES, comment, docker, groovy
from perfreg.templating.escape import yaml as scalar

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.text("${}()[]'\"\\#:- \nua0", max_size=12)


@given(_TEXTS)
def test_a_yaml_scalar_reads_back_as_the_same_string(text: str) -> None:
    assert yaml.safe_load(f"a:\n- key: {scalar(text)}\n  other: 1\n") == {"a": [{"key": text, "other": 1}]}
    assert yaml.safe_load(f"[{scalar(text)}, 1]") == [text, 1]


@given(_TEXTS)
def test_expressions_of_github_are_no_longer_any(text: str) -> None:
    written = yaml.safe_load(LANGUAGES["github"].value(text))
    assert written.replace("${{ '${{' }}", "").count("${{") == 0
    assert written.replace("${{ '${{' }}", "${{") == text


@given(_TEXTS)
def test_gitlab_and_compose_expand_nothing(text: str) -> None:
    written = yaml.safe_load(LANGUAGES["gitlab"].value(text))
    assert re.search(r"(?<!\$)(\$\$)*\$(?!\$)", written) is None
    assert written.replace("$$", "$") == text


@given(_TEXTS)
def test_azure_refuses_what_it_would_expand(text: str) -> None:
    if re.search(r"\$[({\[]", text):
        with pytest.raises(UsageError, match="Azure"):
            LANGUAGES["azure"].value(text)
    else:
        assert yaml.safe_load(LANGUAGES["azure"].value(text)) == text


@given(_TEXTS)
def test_a_groovy_string_has_one_end(text: str) -> None:
    written = groovy(text)
    assert re.fullmatch(r"'(?:[^'\\\n\r]|\\['\\]|\\u[0-9a-f]{4})*'", written)
    assert all(" " <= char <= "~" for char in written)
    assert _ungroovy(written) == text


def _ungroovy(written: str) -> str:
    units = re.sub(
        r"\\(?:u([0-9a-f]{4})|(.))", lambda found: chr(int(found[1], 16)) if found[1] else found[2], written[1:-1]
    )
    return units.encode("utf-16-be", "surrogatepass").decode("utf-16-be")


@given(_TEXTS)
def test_a_dockerfile_gets_one_quoted_word_or_nothing(text: str) -> None:
    if text.isprintable():
        assert re.fullmatch(r'"(?:[^"\\$]|\\["\\$])*"', docker(text))
    else:
        with pytest.raises(UsageError):
            docker(text)


@given(_TEXTS, st.sampled_from(("#", "//")))
def test_a_comment_never_ends_early(text: str, prefix: str) -> None:
    written = comment(text, prefix)
    assert all(line.startswith(prefix) for line in written.splitlines())
    if prefix == "//":
        assert re.search(r"(?<!\\)(\\\\)*\\u", written) is None
