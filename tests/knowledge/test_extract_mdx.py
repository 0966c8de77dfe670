"""MDX: components and their props vanish, what stands between them stays."""

from __future__ import annotations

import pytest

from knowledge.extract import extract
from knowledge.extract.document import Document

QUIZ = """### Which one?

<Question
  choices={[
    {
      text: "The user's <b>first</b> choice > all {others}",
      explain: 'It isn\\'t "right".',
    },
    {
      text: `A template ${x} choice`,

      explain: "Correct! {/* don't */}",
      correct: true
    },
  ]}
/>

Go on.
"""


def read(source: str, name: str = "lesson.mdx") -> Document:
    return extract(source.encode(), name)


@pytest.mark.parametrize("name", ["quiz.mdx", "quiz.md"])
def test_choices_of_a_quiz_are_not_text(name: str) -> None:
    assert read(QUIZ, name).text == "Which one?\n\nGo on."


def test_children_of_components_are_read_as_markdown() -> None:
    tip = "<Tip warning={true}>\n**Mind** this.\n</Tip>\n\n"
    tabs = '<Tabs>\n  <TabItem value="a">\n\n    - one\n\n  </TabItem>\n</Tabs>'
    assert read(tip + tabs).text == "Mind this.\n\n- one"


def test_components_inside_a_sentence_leave_their_words() -> None:
    assert read('Press <Key name="x > y">Enter</Key> or <Icon kind={1}/>go.').text == "Press Enter or go."


def test_modules_are_not_text_and_prose_that_begins_alike_is() -> None:
    source = (
        "import Tabs from '@theme/Tabs';\nimport {\n  A,\n} from 'b'\n\nexport const meta = {\n  title: 'x'\n}\n\n"
        "import data from CSV files first.\n\nexport your model then."
    )
    assert read(source).text == "import data from CSV files first.\n\nexport your model then."


def test_imports_inside_code_stay() -> None:
    assert read("```python\nimport os\n\nfrom a import b\n```").text == "import os\n\nfrom a import b"


def test_expressions_and_template_blocks_vanish() -> None:
    comment = "{/* a *comment*\n\n over lines */}\n\n"
    blocks = "{#if fw === 'pt'}\n\nTorch.\n\n{:else}\n\nFlow.\n\n{/if}\n\n"
    assert read(comment + blocks + "A{/* x */}B{' '}C").text == "Torch.\n\nFlow.\n\nAB C"


def test_braces_of_formulas_and_code_stay() -> None:
    source = "Take $\\frac{a}{b}$, `{x}` and {name}.\n\n```jsx\n<Tip a={1}>{/* c */}</Tip>\n```"
    assert read(source).text == "Take $\\frac{a}{b}$, {x} and {name}.\n\n<Tip a={1}>{/* c */}</Tip>"


def test_html_tags_with_program_text_keep_their_children() -> None:
    box = "<div className={styles.box}>\nSome *words*.\n</div>\n\n"
    table = "<table>\n  <tr>\n    <td>a</td>\n    <td>b</td>\n  </tr>\n</table>"
    assert read(box + table).text == "Some words.\n\na | b"


def test_embeds_vanish() -> None:
    frame = '<iframe\n\tsrc="https://x.example"\n\twidth="850"\n></iframe>\n\n'
    others = '<Youtube id="abc"/>\n\n<img src="a" alt="no"/>\n\nText.'
    assert read(frame + others).text == "Text."


def test_a_tag_that_never_ends_is_text_not_a_trap() -> None:
    assert "Open" in read("Open <Tip a={ and nothing more.").text
    assert "Open" in read("Open <Tip a={/* and nothing more.").text
    assert len(read("<A {" * 20_000).text) == 80_000
