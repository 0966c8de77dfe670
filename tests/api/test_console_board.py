"""What members see: the board, their questions, and nothing that is not theirs."""

from __future__ import annotations

import pytest
from console_visitor import Visitor

from cohost.model import SourceInput
from cohost.store.audit import OPERATOR

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # pages know no database

SCRIPT = '<script>document.title="taken over"</script>'


@pytest.fixture
def visit(client, core):
    return lambda name: Visitor(client, core).sign_in(name)


def post(core, space, source_id, text="Hello.", **fields):
    new = SourceInput(source_id, fields.pop("kind", "post"), fields.pop("title", "A post"), text, **fields)
    core.intake.put("harbour", space, new, OPERATOR)


def work(core):
    while core.worker.step():
        pass


def test_the_board_lists_only_spaces_one_may_read(visit):
    assert "Den" in visit("ada").text("/board")
    ben = visit("ben").text("/board")
    assert "Lounge" in ben
    assert "Den" not in ben


@pytest.mark.parametrize("address", ["/board/{}", "/board/{}/sources/key", "/board/{}/sources/none"])
def test_a_private_space_looks_like_one_that_does_not_exist(visit, cast, address):
    ben = visit("ben")
    private, absent = ben.get(address.format("den")), ben.get(address.format("nowhere"))
    assert private.status_code == absent.status_code == 404
    assert private.text.replace("den", "nowhere") == absent.text.replace("den", "nowhere")


def test_a_private_space_cannot_be_asked_in_from_outside(visit):
    ben = visit("ben")
    assert "Den" not in ben.text("/ask")
    assert ben.submit("/ask", on="/ask", question="Where is the key?", space="den").status_code == 404


def test_course_material_is_read_with_its_headings(visit):
    page = visit("ben").text("/board/course/sources/tides.md")
    assert ">Spring tides</h" in page
    assert "at new moon and at full moon" in page


def test_a_thread_shows_its_replies_with_names_and_ages(visit, core, clock):
    post(core, "lounge", "t1", "Who sails on Sunday?", title="Sunday", author_id="ada")
    post(core, "lounge", "t2", "**I** do!", author_id="ben", parent_id="t1")
    clock.forward(hours=3)
    page = visit("ben").text("/board/lounge")
    assert "Sunday" in page
    assert "<strong>I</strong> do!" in page
    assert "3 hours ago" in page
    assert page.index("Ada") < page.index("Who sails on Sunday?") < page.index("Ben</strong>")


def test_the_author_of_an_erased_member_has_no_name(visit, core, client, as_):
    post(core, "lounge", "t1", "Who sails on Sunday?", author_id="ada")
    post(core, "lounge", "t2", "I do.", author_id="ben", parent_id="t1")
    client.delete("/v1/members/ada", headers=as_("hana"))
    assert "Ada" not in visit("ben").text("/board/lounge")


def test_an_approved_answer_is_clearly_no_person(visit, core):
    ada, hana = visit("ada"), visit("hana")
    ada.submit("/ask", on="/ask", question="When do spring tides come?", space="course")
    work(core)
    path = hana.text("/queue").split('href="/queue/sg_')[1].split('"')[0]
    hana.submit(f"/queue/sg_{path}/decision", on=f"/queue/sg_{path}", verdict="approve", version="1")
    work(core)
    page = visit("ben").text("/board/course")
    assert page.count("Approved by a person") == 1  # the answer stands under its question, not in the threads too
    assert '<article class="card cohost">' in page
    link = page.split('<a href="/board/course/sources/tides.md?quote=')[1].split("#")[0]
    assert '<mark id="quote">' in visit("ben").text(f"/board/course/sources/tides.md?quote={link}")


def test_a_question_shows_passages_at_once_and_the_answer_later(visit, core):
    ada, hana = visit("ada"), visit("hana")
    answer = ada.submit("/ask", on="/ask", question="When do spring tides come?")
    page = answer.text
    assert "From the course, while you wait" in page
    assert "at new moon and at full moon" in page
    assert "Thank you. A host will answer here soon." in page
    assert '<meta http-equiv="refresh" content="5">' in page
    work(core)
    suggestion = hana.text("/queue").split('href="/queue/sg_')[1].split('"')[0]
    hana.submit(f"/queue/sg_{suggestion}/decision", on=f"/queue/sg_{suggestion}", verdict="approve", version="1")
    work(core)
    page = ada.text(answer.url.path)
    assert "Approved by a person" in page
    assert "http-equiv" not in page
    assert "Answered" in ada.text("/ask")


def test_a_page_left_open_for_long_asks_less_often(visit, clock):
    ada = visit("ada")
    path = ada.submit("/ask", on="/ask", question="When do spring tides come?").url.path
    clock.forward(minutes=11)
    assert 'content="60"' in ada.text(path)


def test_a_members_page_tells_nothing_of_the_suggestion(visit, core):
    ada = visit("ada")
    path = ada.submit("/ask", on="/ask", question="Which brand of oilskin is best?").url.path
    work(core)
    assert "abstained" not in ada.text(path).lower()
    assert "abstained" in visit("hana").text(path).lower()


def test_nobody_opens_the_question_of_another_member(visit):
    path = visit("ada").submit("/ask", on="/ask", question="When do spring tides come?").url.path
    assert visit("ben").get(path).status_code == 404


def test_scripts_in_titles_posts_and_questions_are_shown_not_run(visit, core, client, as_):
    client.put("/v1/members/ben", headers=as_("hana"), json={"name": f"Ben {SCRIPT}"})
    post(core, "lounge", "t1", SCRIPT, title=SCRIPT, author_id="ben")
    post(core, "lounge", f"{SCRIPT}.md", f"# {SCRIPT}\n\n{SCRIPT}", kind="lesson", title=SCRIPT)
    ada = visit("ada")
    question = ada.submit("/ask", on="/ask", question=SCRIPT, space="lounge").url.path
    work(core)
    pages = [ada.text(p) for p in ("/board/lounge", "/board/lounge/sources/t1", question, "/ask")]
    pages += [visit("hana").text(p) for p in ("/people", "/queue?status=abstained", "/audit")]
    for page in pages:
        assert "<script" not in page.replace('<script src="/static/keys.js" defer></script>', "")
    assert "&lt;script&gt;" in pages[0]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "/sign-out"])
def test_only_web_links_become_links(visit, core, link):
    post(core, "lounge", "t1", f"[click here]({link}) ![pic](https://example.org/a.png) [fine](https://example.org)")
    page = visit("ada").text("/board/lounge")
    assert f'href="{link}"' not in page.split("<main")[1]
    assert "example.org/a.png" not in page
    assert '<a href="https://example.org" rel="nofollow noopener noreferrer">fine</a>' in page


def test_a_very_long_text_comes_in_parts_and_the_quote_opens_the_right_one(visit, core):
    paragraphs = [f"Paragraph number {n} speaks of knots." for n in range(700)]
    html = "".join(f"<p>{text}</p>" for text in paragraphs)
    post(core, "course", "long", "", kind="page", html="<h2>Knots</h2>" + html)
    ada = visit("ada")
    assert "Part 1 of 3" in ada.text("/board/course/sources/long")
    assert paragraphs[0] not in ada.text("/board/course/sources/long?part=2")
    found = ada.text("/board/course/sources/long?quote=number+650+speaks")
    assert "Part 3 of 3" in found
    assert '<mark id="quote">number 650 speaks</mark>' in found
