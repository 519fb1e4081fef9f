"""The page from end to end: its server in a process of its own, and a browser without a window.

Waits are for what a visitor would see; all time limits are generous, for slow machines.
"""

import contextlib
import csv
import http.client
import io
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.parse
import zipfile
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import soundfile

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
RATE = 16_000
MB = 1 << 20
LARGEST = 2  # MB
ALERT = "window.attacked = true"
HOSTILE = (
    f"<script>{ALERT}</script>.wav",
    f"<img src=x onerror='{ALERT}'>.wav",
    f"[**x**](javascript:{ALERT}) $x^2$ :red[r] `c` ~~s~~.wav",
    "two\nlines\r\n\n# head.wav",
    "é" * 125 + "1.wav",  # 255 bytes
    "\u202egpj.elif\u202c.wav",
)


# Settings of a user's other page, each of which would be felt.
OTHER_PAGE = """
server = {port = 1, baseUrlPath = "x", sslCertFile = "/x", sslKeyFile = "/x", maxUploadSize = 9999}
global = {developmentMode = true}
logger = {level = "debug"}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory, make_run):
    """Give the page's address, its process and the folder of its temporary files."""
    folder = tmp_path_factory.mktemp("page")
    run = make_run(folder / "runs" / "first")
    (run / "report").mkdir()
    (run / "report/index.html").write_text("<h1>How well it tells</h1>" + "<p>x</p>" * 999)
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit/config.toml").write_text(OTHER_PAGE)
    temporary = folder / "tmp"
    temporary.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
    command = [sys.executable, "-m", "detect.web.server", "--port", "0", "--run", str(run)]
    command += ["--checkpoints", str(run.parent), "--max-upload", str(LARGEST)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder, stderr=log, stdout=log)
    address = _address(folder / "log", process)
    yield SimpleNamespace(address=address, process=process, temporary=temporary, log=folder / "log")
    process.terminate()
    process.wait(30)


def _address(log, process):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        words = log.read_text().split()
        if len(words) > 1:
            port = urllib.parse.urlsplit(words[1]).port
            try:
                _ask("GET", port, "/_stcore/health")
                return words[1]
            except OSError:
                pass  # it is not listening yet
        time.sleep(0.1)
    pytest.fail(f"the server did not start: {log.read_text()}")


def _ask(method, port, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers or {}, encode_chunked=body is not None)
        with connection.getresponse() as response:
            return response.status


@pytest.fixture(scope="module")
def browser(tmp_path_factory, bright):
    """Give a browser whose microphone hears a recording again and again."""
    with sync_api.sync_playwright() as play:
        executable = play.chromium.executable_path
        if not Path(executable).exists():
            executable = next(filter(None, map(shutil.which, BROWSERS)), None)
        if executable is None:
            pytest.skip("no Chromium: neither Playwright's own nor one of the system")
        speech = tmp_path_factory.mktemp("microphone") / "speech.wav"
        soundfile.write(speech, bright, RATE)
        microphone = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
        microphone += [f"--use-file-for-fake-audio-capture={speech}"]
        # Tests may run as root, where Chromium's own sandbox cannot be.
        browser = play.chromium.launch(
            executable_path=executable, args=["--no-sandbox", *microphone]
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(server, browser):
    """Return a function that opens the page, and see that it talks to nobody else and stays."""
    contexts, urls, dialogs = [], [], []

    def open_(width=1280, height=900, scheme="light"):
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, color_scheme=scheme)
        contexts.append(context)
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.on("request", lambda request: urls.append(request.url))
        page.on("dialog", lambda dialog: dialogs.append(dialog.message) or dialog.dismiss())
        page.goto(server.address)
        page.get_by_test_id("stFileUploaderDropzoneInput").wait_for(state="attached")
        return page

    yield open_
    for context in contexts:
        assert not any(page.evaluate("window.attacked") for page in context.pages)
        context.close()
    elsewhere = [url for url in urls if not url.startswith((server.address, "data:", "blob:"))]
    assert not elsewhere
    assert not dialogs
    assert server.process.poll() is None
    assert "Traceback" not in server.log.read_text()
    assert list(server.temporary.glob("spoofsight-*")) == []


def flac(sound):
    data = io.BytesIO()
    soundfile.write(data, sound, RATE, format="FLAC")
    return data.getvalue()


def drop(page, *files):
    uploads = [{"name": name, "mimeType": "audio/wav", "buffer": data} for name, data in files]
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(uploads)
    page.get_by_text("Verdicts as CSV").wait_for()


def choose(page, name):
    option = page.get_by_role("option").filter(has_text=name)
    for _ in range(20):  # while the page grows the list closes again
        page.get_by_role("combobox", name="Look at one").click()
        with contextlib.suppress(sync_api.TimeoutError):
            option.click(timeout=1_000)
            return
    pytest.fail(f"there is no {name} to choose")


def download(page, label):
    with page.expect_download() as waiting:
        page.get_by_role("button", name=label).click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_text()


def wide(page):
    return page.evaluate("document.documentElement.scrollWidth")


@pytest.mark.slow
def test_a_recording_is_dropped_judged_shown_explained_and_the_verdict_downloaded(visit, bright):
    page = visit()
    drop(page, ("talk.wav", flac(bright)))
    page.get_by_role("heading", name="Fake").wait_for()
    assert page.get_by_text("It does not prove that it is fake").is_visible()
    page.get_by_test_id("stImage").first.wait_for()
    audio = page.get_by_test_id("stAudio").first
    assert audio.evaluate(
        "one => new Promise(done => one.readyState ? done(one.duration) : "
        "one.addEventListener('loadedmetadata', () => done(one.duration)))"
    ) == pytest.approx(5.0, abs=0.1)
    page.get_by_role("button", name="Why? Explain it").click()
    page.get_by_text("Measured: P(fake)").wait_for()
    name, text = download(page, "Verdicts as CSV")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (name, row["path"], row["label"]) == ("verdicts.csv", "talk.wav", "fake")
    name, text = download(page, "Verdicts as JSON")
    (verdict,) = json.loads(text)
    assert (name, verdict["path"], verdict["label"]) == ("verdicts.json", "talk.wav", "fake")
    assert verdict["p_fake"] == pytest.approx(float(row["p_fake"]))


def test_hostile_names_are_text(visit, bright):
    page = visit()
    drop(page, *((name, b"no sound") for name in HOSTILE), ("talk.wav", flac(bright)))
    page.get_by_text("7 files, the most suspicious first").wait_for()
    page.get_by_test_id("stImage").first.wait_for()
    for shown in (HOSTILE[0], HOSTILE[1], "two%0Alines%0D%0A%0A# head.wav"):
        choose(page, shown)
        page.get_by_role("heading", name="Not judged").wait_for()
        page.get_by_test_id("stText").get_by_text(shown, exact=True).wait_for()
    assert page.locator("img[src='x']").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0
    _, text = download(page, "Verdicts as JSON")
    names = {*HOSTILE[:3], HOSTILE[4], r"\u202egpj.elif\u202c.wav"}
    assert names <= {verdict["path"] for verdict in json.loads(text)}


def test_twenty_at_once_are_served_a_bomb_and_a_stranger_among_them(visit, bright, dull):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.wav", bytes(100 * MB))
    files = [(f"{number}.wav", flac((bright, dull)[number % 2])) for number in range(17)]
    picture = cv2.imencode(".png", np.zeros((256, 61), np.uint8))[1].tobytes()
    files += [("bomb.wav", packed.getvalue()), ("x.exe", b"MZ" * 99), ("picture.png", picture)]
    page = visit()
    drop(page, *files)
    page.get_by_text("20 files, the most suspicious first").wait_for()
    _, text = download(page, "Verdicts as CSV")
    rows = list(csv.DictReader(io.StringIO(text)))
    labels = {row["path"]: row["label"] for row in rows}
    assert len(rows) == len(labels) == 20
    assert all(labels[f"{number}.wav"] == ("fake", "real")[number % 2] for number in range(17))
    assert labels["picture.png"] == "real"
    reasons = {row["path"]: row["reason"] for row in rows if row["reason"]}
    assert set(reasons) == {"bomb.wav", "x.exe"}
    assert "a ZIP archive" in reasons["bomb.wav"]


def test_a_file_that_is_too_large_is_refused_by_the_page_and_by_the_server(
    visit, server, tmp_path, bright
):
    page = visit()
    uploaded = []
    page.on(
        "request", lambda request: uploaded.append(request) if request.method == "PUT" else None
    )
    large = tmp_path / "large.wav"
    with large.open("wb") as file:
        file.truncate(500 * MB)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(large)
    page.get_by_text(f"File must be {LARGEST}").or_(page.get_by_text("exceeds")).first.wait_for()
    assert not uploaded
    drop(page, ("talk.wav", flac(bright)))
    address = urllib.parse.urlsplit(uploaded[0].url)
    headers = {name: uploaded[0].headers.get(name, "") for name in ("x-xsrftoken", "content-type")}
    cookies = page.context.cookies()
    headers["Cookie"] = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in cookies)

    def body():  # chunked, so that the server cannot know beforehand
        edge = headers["content-type"].split("boundary=")[1]
        yield f'--{edge}\r\nContent-Disposition: form-data; name="x"; filename="x"\r\n\r\n'.encode()
        for _ in range(LARGEST + 3):
            yield bytes(MB)

    try:
        status = _ask("PUT", address.port, address.path, body(), headers)
    except (BrokenPipeError, ConnectionResetError):
        status = 413  # it hung up on us in the middle of it
    assert status == 413
    assert _ask("GET", address.port, "/_stcore/health") == 200


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_in_either_theme(visit, bright, scheme):
    page = visit(400, 800, scheme)
    drop(page, ("talk.wav", flac(bright)), ("bomb.wav", b"PK\x03\x04"))
    page.get_by_test_id("stImage").first.wait_for()
    assert wide(page) <= 400
    paper = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    red = int(paper.split("(")[1].split(",")[0])
    assert (red < 128) == (scheme == "dark")


def test_the_cursor_moves_by_keyboard(visit, bright):
    page = visit()
    drop(page, ("talk.wav", flac(bright)))
    slider = page.get_by_role("slider", name="Cursor, seconds")
    slider.wait_for()
    before = page.get_by_test_id("stImage").first.locator("img").get_attribute("src")
    for _ in range(60):  # every widget can be reached with the tabulator alone
        page.keyboard.press("Tab")
        if slider.evaluate("one => one === document.activeElement"):
            break
    else:
        pytest.fail("the cursor cannot be reached by keyboard")
    page.keyboard.press("Home")
    page.get_by_text("At 0.0 s:").wait_for()
    picture = "document.querySelector('[data-testid=stImage] img')"
    page.wait_for_function(f"before => {picture}.getAttribute('src') !== before", arg=before)


def test_the_microphone_is_judged(visit):
    page = visit()
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_timeout(3_000)
    page.get_by_role("button", name="Stop recording").click()
    page.get_by_text("Verdicts as CSV").wait_for()
    page.get_by_test_id("stText").get_by_text("Microphone").wait_for()
    _, text = download(page, "Verdicts as JSON")
    (verdict,) = json.loads(text)
    assert 2 < verdict["duration_s"] < 10
    assert verdict["label"] in ("fake", "uncertain", "real")


def test_the_report_is_shown_in_a_frame_that_reaches_nothing_of_the_page(visit):
    page = visit()
    page.get_by_text("How good is this detector?").click()
    toggle = page.get_by_role("switch", name="Show it here")
    frame = page.locator("iframe[src^='data:']")
    for _ in range(20):  # a click while the page is drawn anew is lost
        if not toggle.is_checked():
            page.get_by_text("Show it here").click()
        with contextlib.suppress(sync_api.TimeoutError):
            frame.wait_for(timeout=1_500)
            break
    frame.content_frame.get_by_role("heading", name="How well it tells").wait_for()
    inside = next(frame for frame in page.frames if frame.url.startswith("data:"))
    assert inside.evaluate("window.origin") == "null"


def test_a_page_elsewhere_cannot_connect_to_it(server):
    port = urllib.parse.urlsplit(server.address).port
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    same = {"Host": f"127.0.0.1:{port}", "Origin": f"http://127.0.0.1:{port}"}
    other = {"Host": f"evil.example:{port}", "Origin": f"http://evil.example:{port}"}
    assert _ask("GET", port, "/_stcore/stream", headers={**upgrade, **same}) == 101
    assert _ask("GET", port, "/_stcore/stream", headers={**upgrade, **other}) != 101
