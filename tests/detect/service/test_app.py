"""The paths of the service, with a judge that answers at once, hangs or dies."""

import re
import threading
import time

import pytest
from starlette.testclient import TestClient

from detect.service.app import application
from detect.service.limits import Limits
from tests.detect.service import judges

KEY = "a key of one line".replace(" ", "-")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """Give a client of a service with one worker and no queue; uploads must be gone at the end."""
    folder = tmp_path_factory.mktemp("uploads")
    limits = Limits(megabytes=2, queue=0)
    app = application(judges.load, limits, {"name": "a run"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(folder))
        with TestClient(app, "http://localhost") as client:
            yield client
    assert list(folder.iterdir()) == []


def counted(client, name):
    """The number of a metric, 0 before it is counted."""
    found = re.search(rf"^spoofsight_{re.escape(name)} (\S+)$", client.get("/metrics").text, re.M)
    return float(found[1]) if found else 0.0


def refused(answer, status, sentence):
    """Whether an answer is a refusal with a sentence, and nothing else."""
    assert answer.headers["content-type"] == "application/json"
    assert (answer.status_code, answer.json()) == (status, {"error": sentence})
    return True


def test_a_form_and_a_body_are_judged_under_their_names(client):
    answer = client.post("/v1/detect", files={"file": ("a b.wav", b"12345")})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"path": "a b.wav", "size": 5, "channels": "mix"}
    answer = client.post("/v1/detect?channels=each", content=b"123")
    assert answer.json() == {"path": "-", "size": 3, "channels": "each"}
    answer = client.post("/v1/detect", content=iter([b"12", b"34"]))  # chunked: without its length
    assert answer.json() == {"path": "-", "size": 4, "channels": "mix"}


def test_a_form_of_more_than_a_megabyte_is_kept_on_disk_and_whole(client):
    answer = client.post("/v1/detect", files={"file": ("a", bytes(3 << 19))})
    assert answer.json()["size"] == 3 << 19


def test_what_cannot_be_taken_is_refused_in_one_sentence(client):
    post = client.post
    too_large = "expected at most 2 MB, got more"
    assert refused(post("/v1/detect", content=bytes((2 << 20) + 1)), 413, too_large)
    parts = (bytes(1 << 16) for _ in range(33))
    assert refused(post("/v1/detect", content=parts), 413, too_large)
    files = {"file": ("a", bytes(2 << 20))}
    assert refused(post("/v1/detect", files=files), 413, too_large)
    channels = "expected channels=mix or channels=each, got 7"
    assert refused(post("/v1/detect?channels=7", content=b"1"), 422, channels)
    fields = "expected a recording in the field file of the form, got the fields: other"
    assert refused(post("/v1/detect", files={"other": ("a", b"1")}), 400, fields)
    answer = post("/v1/detect", files=[("file", ("a", b"1")), ("file", ("b", b"2"))])
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("expected a form with one file, got one that is none")


def test_other_paths_and_methods_are_refused_in_one_sentence(client):
    assert refused(client.get("/v1"), 404, "expected a path that /docs lists, got /v1")
    assert refused(client.get("/v1/detect"), 405, "expected POST, got GET")
    assert client.get("/v1/detect").headers["allow"] == "POST"
    answer = client.post("/healthz")
    assert refused(answer, 405, f"expected {answer.headers['allow']}, got POST")


def test_without_a_key_another_name_of_this_machine_is_refused(client):
    for name in ("127.0.0.1", "localhost:80", "[::1]:80"):
        assert client.get("/healthz", headers={"Host": name}).json() == {"status": "ok"}
    answer = client.get("/healthz", headers={"Host": "evil.example:80"})
    sentence = "expected localhost in the header Host, got evil.example:80"
    assert refused(answer, 421, sentence)


def test_with_a_key_it_must_be_sent_and_any_name_may_lead_here():
    client = TestClient(application(judges.load, Limits(), {"name": "a run"}, KEY), "http://a.b")
    right = {"Authorization": f"Bearer {KEY}"}
    assert client.get("/v1/model", headers=right).json() == {"name": "a run"}
    assert client.get("/healthz").status_code == 503  # without workers
    for wrong in ({}, {"Authorization": f"Bearer {KEY}x"}, {"Authorization": KEY}):
        for path in ("/v1/model", "/metrics", "/nowhere"):
            answer = client.get(path, headers=wrong)
            assert answer.status_code == 401, (path, wrong)
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.json()["error"].startswith("expected the header Authorization with")
        assert client.post("/v1/detect", content=b"1", headers=wrong).status_code == 401
    for path in ("/docs", "/openapi.json"):
        assert client.get(path).status_code == 200


def test_a_recording_that_kills_its_worker_is_refused_and_the_next_one_judged(client):
    before = counted(client, 'requests_total{path="/v1/detect",status="422"}')
    sentence = "expected a recording that can be judged, got one that failed"
    for text, count in ((b"die", 1), (b"fill", 2)):
        assert refused(client.post("/v1/detect", content=text), 422, sentence)
        assert client.post("/v1/detect", content=b"1").status_code == 200
        assert counted(client, 'workers_restarted_total{reason="death"}') == count
    assert counted(client, 'requests_total{path="/v1/detect",status="422"}') == before + 2


def test_a_request_too_many_is_sent_away_and_told_when_to_come_again(client):
    answers = []
    first = threading.Thread(
        target=lambda: answers.append(client.post("/v1/detect", content=b"wait"))
    )
    first.start()
    while not counted(client, "requests_taken"):
        time.sleep(0.01)
    answer = client.post("/v1/detect", content=b"1")
    assert refused(answer, 429, "expected at most 1 requests at a time, got more")
    assert int(answer.headers["retry-after"]) >= 1
    first.join()
    assert answers[0].status_code == 200
    assert client.post("/v1/detect", content=b"1").status_code == 200


def test_docs_and_schema_say_what_there_is(client):
    schema = client.get("/openapi.json").json()
    page = client.get("/docs").text
    for path, operations in schema["paths"].items():
        for method in operations:
            assert f"{method.upper()} {path}" in page
            assert client.request(method, path).status_code not in (404, 405)
    assert "http" not in page.replace("<!doctype html>", "").lower().replace("/html", "")
    assert "over 2 MB" in page
