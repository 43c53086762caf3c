from __future__ import annotations

import pytest

from perfreg.config.secrecy import without_secrets


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://ann:pw@host/x?q=tea", "http://host/x?q=tea"),
        ("http://host/?q=1&api_key=abc&token=d%20e#top", "http://host/?q=1&api_key=***&token=***#top"),
        (
            "http://host/?access_token=abc: cannot connect (try again)",
            "http://host/?access_token=*** cannot connect (try again)",
        ),
        ("curl 'http://u:p@a/' 'http://b/?password=x'", "curl 'http://a/' 'http://b/?password=***'"),
        ("is 3 < 4? yes", "is 3 < 4? yes"),
    ],
)
def test_urls_show_no_secrets(text: str, expected: str) -> None:
    assert without_secrets(text) == expected
