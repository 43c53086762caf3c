from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.contexts import make_context
from tests.support.load import load
from tests.support.tls import secure_server

from perfreg.errors import MeasureError
from perfreg.measure.context import Outcome
from perfreg.measure.scenarios.api import ApiSpec, measure

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl for a certificate")


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    with secure_server(tmp_path_factory.mktemp("tls")) as found:
        yield found


def run(url: str, directory: Path, **changes: Any) -> Outcome:
    values = {"name": "s", "type": "api", "endpoint": "/", "concurrent_users": 2, "duration": 0.3, "warm_up": 0}
    return measure(ApiSpec.model_validate({**values, **changes}), make_context(directory, base_url=url))


def test_an_unknown_authority_is_said(secure: tuple[str, Path], tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match=r"(?i)certificate"):
        run(secure[0], tmp_path)


def test_a_certificate_of_ones_own_is_trusted_when_named(secure: tuple[str, Path]) -> None:
    url, certificate = secure
    outcome = run(url, certificate.parent, verify="cert.pem")
    assert outcome.status == "ok"
    with pytest.raises(MeasureError, match=r"(?i)certificate"):
        run(url.replace("localhost", "127.0.0.1"), certificate.parent, verify="cert.pem")


def test_who_does_not_want_to_verify_need_not(secure: tuple[str, Path], tmp_path: Path) -> None:
    url, _ = secure
    outcome = run(url.replace("localhost", "127.0.0.1"), tmp_path, verify=False)
    assert outcome.status == "ok"


def test_phases_of_connecting_are_told(secure: tuple[str, Path]) -> None:
    url, certificate = secure
    result = load(url + "/", verify=str(certificate))
    assert result.tls.n == result.connect.n >= 2
    assert result.tls.quantile(0.5) > result.connect.quantile(0.5)
    assert result.first_byte.n == result.answers


@pytest.mark.parametrize("text", ["", "no certificate"])
def test_a_file_without_certificates_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "ca.pem").write_text(text)
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(MeasureError, match="certificates"):
            run("https://localhost:9", tmp_path, verify=name)


def test_plain_http_on_a_tls_port_and_the_other_way_round(secure: tuple[str, Path], tmp_path: Path) -> None:
    url, _ = secure
    outcome = run(url.replace("https", "http"), tmp_path)
    assert set(outcome.errors) <= {"protocol", "reset"}
    assert outcome.status == "broken"
