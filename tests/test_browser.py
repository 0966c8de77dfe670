"""The console in headless Chromium: the whole story, without scripts; and what scripts in posts cannot do."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

import pytest
import uvicorn

from api.app import create_app
from cohost.model import SourceInput
from cohost.store import credentials
from cohost.store.audit import OPERATOR

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),  # pages know no database
]

CHROMIUM = Path("/usr/bin/chromium")
REQUIRED = os.environ.get("COHOST_REQUIRE_ALL") == "1"
KNOTS = b"# Knots\n\n## The bowline\n\nThe bowline makes a fixed loop at the end of a rope. It does not slip.\n"
QUESTION = "Which knot makes a fixed loop at the end of a rope?"
PAGES = ["/queue", "/ask", "/board", "/board/course", "/upload", "/people", "/community", "/audit"]
SCRIPT = '<script>document.title="taken over"</script><img src=x onerror="document.title=\'taken over\'">'


@pytest.fixture(scope="module")
def chromium():
    if not CHROMIUM.exists():
        assert not REQUIRED, "Chromium is required here"
        pytest.skip(f"no Chromium at {CHROMIUM}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def address(core, cast):
    """A real server over the cast's application."""
    free = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(core), log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [free]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{free.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    free.close()


@pytest.fixture
def visit(chromium, core, address):
    """A signed-in page: `visit("hana")`; without scripts unless asked for."""
    contexts = []

    def open_page(name, **options):
        context = chromium.new_context(base_url=address, **{"java_script_enabled": False, **options})
        contexts.append(context)
        page = context.new_page()
        with core.store.write() as tx:
            link = credentials.create_sign_in_link(tx, "harbour", name, actor=OPERATOR, now=core.clock())
        page.goto(f"/sign-in/{link.secret}")
        page.get_by_role("button", name="Sign in").click()
        return page

    yield open_page
    for context in contexts:
        context.close()


def shows(page, text):
    """Wait until the text can be seen; raises when it does not come."""
    page.get_by_text(text).first.wait_for(timeout=15_000)


def work(core):
    while core.worker.step():
        pass


def test_from_a_lesson_to_an_answer_and_back(visit, core):
    hana, ada = visit("hana"), visit("ada")

    hana.get_by_role("link", name="Upload").click()
    hana.get_by_label("Space", exact=True).first.select_option("course")
    file = {"name": "knots.md", "mimeType": "text/markdown", "buffer": KNOTS}
    hana.get_by_label("Files", exact=True).set_input_files(file)
    hana.get_by_role("button", name="Upload").click()
    shows(hana, "Waiting to be read")
    work(core)
    hana.reload()
    shows(hana, "Added")

    ada.get_by_label("Your question", exact=True).fill(QUESTION)
    ada.get_by_label("Who should see the answer?").select_option("course")
    ada.get_by_role("button", name="Ask").click()
    shows(ada, "From the course, while you wait")
    shows(ada, "A host will answer here soon.")
    work(core)

    hana.get_by_role("link", name="Queue").click()
    hana.get_by_role("link", name="Read and decide").click()
    assert "fixed loop" in hana.locator("mark").first.inner_text()
    hana.get_by_role("button", name="Approve and post").click()
    shows(hana, "Thank you. Approved, and about to be posted.")
    work(core)

    ada.reload()
    shows(ada, "Approved by a person")
    assert "fixed loop" in ada.locator("article.cohost blockquote").first.inner_text()

    hana.reload()
    hana.get_by_role("button", name="Undo").click()
    shows(hana, "has been taken back")
    ada.reload()
    shows(ada, "A host will answer here soon.")
    assert ada.get_by_text("Approved by a person").count() == 0


def test_a_waiting_page_shows_the_answer_by_itself(visit, core):
    ada, hana = visit("ada"), visit("hana")
    ada.get_by_label("Your question", exact=True).fill("When do spring tides come?")
    ada.get_by_role("button", name="Ask").click()
    work(core)
    hana.goto("/queue")
    hana.get_by_role("link", name="Read and decide").click()
    hana.get_by_role("button", name="Approve and post").click()
    work(core)
    shows(ada, "Approved by a person")


def test_scripts_in_posts_names_and_file_names_do_not_run(visit, core):
    def put(source_id, kind, title, text, author="ben"):
        core.intake.put("harbour", "lounge", SourceInput(source_id, kind, title, text, author_id=author), OPERATOR)

    put("t1", "post", SCRIPT, SCRIPT)
    put(f"{SCRIPT}.md", "lesson", SCRIPT, f"# {SCRIPT}\n\n{SCRIPT}")
    hana = visit("hana", java_script_enabled=True)
    said = []
    hana.on("console", lambda message: said.append(message.text))
    hana.goto("/upload")
    file = {"name": "<img src=x onerror=document.title=1>.md", "mimeType": "text/plain", "buffer": KNOTS}
    hana.get_by_label("Files", exact=True).set_input_files(file)
    hana.get_by_role("button", name="Upload").click()
    hana.goto("/ask")
    hana.get_by_label("Your question", exact=True).fill(SCRIPT)
    hana.get_by_role("button", name="Ask").click()
    shows(hana, "A host will answer here soon.")
    question = hana.url
    work(core)
    for path in ("/board/lounge", "/board/lounge/sources/t1", question, "/ask", "/upload", "/queue?status=abstained"):
        hana.goto(path)
        assert hana.title() not in ("taken over", "1"), path
        assert hana.locator("main script, main img[src='x']").count() == 0, path
    assert said == []  # nothing was even tried and refused


def test_even_a_script_that_got_into_a_page_would_not_run(visit):
    page = visit("ada", java_script_enabled=True)
    shows(page, "Ask a question")
    page.evaluate("""
        const script = document.createElement("script");
        script.textContent = 'document.title = "taken over"';
        document.body.append(script);
        document.body.insertAdjacentHTML("beforeend", '<img src="x" onerror="document.title = 1">');
    """)
    page.wait_for_timeout(100)
    assert page.title().startswith("Ask")


@pytest.mark.parametrize("path", PAGES)
def test_pages_fit_a_phone_and_name_all_their_fields(visit, path):
    page = visit("hana", java_script_enabled=True, viewport={"width": 390, "height": 800})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    fields = "[...document.querySelectorAll('input:not([type=hidden]), textarea, select')]"
    assert page.evaluate(f"{fields}.every(field => field.labels.length)")
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(e => +e.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in zip(levels, levels[1:], strict=False))


def key(page, name):
    """Press a key once the page is there with its script."""
    page.wait_for_load_state("load")
    page.keyboard.press(name)


def test_flags_are_decided_by_keyboard_alone(visit, core, story):
    story.settings(jobs=("moderate",))
    for n in (1, 2, 3):
        text = f"Log {n}. You fool, the tide was out."
        core.intake.put("harbour", "lounge", SourceInput(f"p{n}", "post", "Log", text, author_id="ben"), OPERATOR)
    work(core)
    page = visit("mo", java_script_enabled=True)
    refused = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto("/queue")
    key(page, "j")
    key(page, "j")
    key(page, "k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue/sg_*")
    first = page.url
    veiled = page.locator(".veiled").first
    assert veiled.evaluate("one => getComputedStyle(one).filter") != "none"
    key(page, "r")
    page.locator(".veiled.shown").first.wait_for()
    key(page, "j")
    page.wait_for_url(lambda url: url != first)
    key(page, "k")
    page.wait_for_url(first)
    key(page, "a")
    shows(page, "Thank you.")
    key(page, "j")
    page.wait_for_url(lambda url: not url.startswith(first))
    key(page, "d")
    page.keyboard.type("ja, old friends.")  # letters in a field are letters
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    shows(page, "Rejected.")
    key(page, "j")
    page.wait_for_url("**/queue/sg_*")
    page.get_by_text("Keys").click()
    assert page.get_by_text("change, then agree").is_visible()
    key(page, "e")
    page.keyboard.type("Please look.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    shows(page, "Escalated to Hana")
    assert refused == []


def test_the_keyboard_reaches_the_content_first(visit):
    page = visit("ada")
    page.goto("/board")
    page.keyboard.press("Tab")
    assert page.get_by_role("link", name="Skip to the content").is_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/board#main")


def test_an_edit_is_previewed_while_it_is_typed_and_by_a_button_without_scripts(visit, core, story):
    story.draft()
    hana = visit("hana", java_script_enabled=True)
    refused = []
    hana.on("console", lambda message: refused.append(message.text))
    hana.goto("/queue")
    hana.get_by_role("link", name="Read and decide").first.click()
    hana.get_by_text("Edit, then approve").click()
    text = hana.get_by_label("Your version")
    text.fill(f"{text.input_value()}\n\nBring a **lamp**. {SCRIPT}")
    hana.locator(".preview-beside strong", has_text="lamp").wait_for(timeout=15_000)
    assert hana.title() != "taken over"
    assert refused == []

    plain = visit("hana")
    plain.goto(hana.url)
    plain.get_by_text("Edit, then approve").click()
    plain.get_by_label("Your version").fill("Bring a **rope**.")
    plain.get_by_role("button", name="Preview").click()
    shows(plain, "As it will appear")
    assert plain.locator(".preview-beside strong").inner_text() == "rope"
    assert plain.get_by_label("Your version").input_value().strip() == "Bring a **rope**."
