"""Markdown becomes what a reader would see, with exact offsets."""

from __future__ import annotations

from knowledge.extract import extract
from knowledge.extract.document import Document


def read(source: str, name: str = "lesson.md") -> Document:
    return extract(source.encode(), name)


def test_marks_links_images_and_comments_are_gone() -> None:
    source = "Use **bold**, *soft*, ~~old~~ and `code` as in [the guide](https://a.example 'title').\n\n"
    assert read(source + "![alt](x.png)\n<!-- no -->").text == "Use bold, soft, old and code as in the guide."


def test_soft_line_breaks_become_spaces_and_hard_ones_stay() -> None:
    assert read("one\ntwo  \nthree\n\nfour").text == "one two\nthree\n\nfour"


def test_code_is_verbatim_without_fences_and_whole() -> None:
    document = read("Run:\n\n```python\nif x:\n    **y** = '<b>'  \n\n# no heading\n```\n\nDone.")
    start, end = document.whole[0]
    assert document.text[start:end] == "if x:\n    **y** = '<b>'  \n\n# no heading"
    assert document.text == f"Run:\n\n{document.text[start:end]}\n\nDone."
    assert document.headings == ()


def test_small_tables_are_rows_that_must_not_be_cut() -> None:
    document = read("| a | b |\n|---|---|\n| `1` | [two](x) |\n| | 3 |")
    assert document.text == "a | b\n1 | two\n | 3"
    assert document.whole == ((0, len(document.text)),)


def test_large_tables_may_be_cut_between_rows() -> None:
    document = read("| a | b |\n|---|---|\n" + "| some words | more words |\n" * 100)
    assert document.whole == ()
    assert document.text.count("\n") == 100


def test_lists_keep_markers_numbers_and_depth() -> None:
    source = "Steps:\n\n3. first\n   - inner\n4. second\n\n* loose\n\n* items\n\nAfter."
    expected = "Steps:\n\n3. first\n  - inner\n4. second\n- loose\n- items\n\nAfter."
    assert read(source).text == expected


def test_code_inside_a_list_item_stays_code() -> None:
    document = read("1. Install:\n\n   ```sh\n   pip install x\n   ```\n\n2. Run.")
    assert document.text == "1. Install:\n\npip install x\n\n2. Run."
    assert len(document.whole) == 1


def test_headings_have_slugs_that_are_unique() -> None:
    document = read("# A *b* `c`?\n\n## Same\n\n## Same\n\n## Named [[my-id]]\n\n## Other {#own}\n\nSetext\n------\n")
    assert [(h.level, h.title, h.slug) for h in document.headings] == [
        (1, "A b c?", "a-b-c"),
        (2, "Same", "same"),
        (2, "Same", "same-1"),
        (2, "Named", "my-id"),
        (2, "Other", "own"),
        (2, "Setext", "setext"),
    ]
    for heading in document.headings:
        assert document.text[heading.start :].startswith(heading.title)


def test_headings_without_words_are_none() -> None:
    assert read("# ![logo](x.png)\n\ntext").headings == ()


def test_title_comes_from_front_matter_then_heading_then_name() -> None:
    assert read("---\ntitle: 'Own title'\n---\n# Heading\n").title == "Own title"
    assert read("---\nauthor: me\n---\n# Heading\n").title == "Heading"
    assert read("---\ntitle: [broken\n---\n# Heading\n").title == "Heading"
    assert read("words", "unit/03-first_steps.md").title == "First steps"
    assert read("words", "1-intro-to-ML/README.md").title == "Intro to ML"
    assert read("words", "README.md").title == "Untitled"
    assert read("words", "chapter5/2.mdx").title == "Chapter5 2"


def test_front_matter_is_not_text() -> None:
    assert read("---\ntitle: T\ntags: [a]\n---\n\nwords").text == "words"


def test_callouts_leave_only_their_words() -> None:
    assert read("> [!TIP]\n> Try *it*.\n\n> [!NOTE] Or this.\n\n> plain").text == "Try it.\n\nOr this.\n\nplain"


def test_formulas_stay_as_written_and_prices_stay_prices() -> None:
    assert read(r"Let $a_1 * b_2 * c$ be.").text == r"Let $a_1 * b_2 * c$ be."
    assert read("$$\nx < \\frac{1}{2}\n$$").text == "$$x < \\frac{1}{2}$$"
    assert read("It is $5 or *maybe* $6.").text == "It is $5 or maybe $6."


def test_html_inside_markdown_is_read_as_html() -> None:
    source = (
        '<p align="center"><img src="a.png"> caption <b>bold</b></p>\n\n'
        "<details><summary>More</summary>\n\nhidden **gem**\n\n</details>\n\n"
        "<table><tr><th>k</th><th>v</th></tr><tr><td>x &amp; y</td><td>1</td></tr></table>\n\n"
        "<script>no()</script>\n"
    )
    assert read(source).text == "caption bold\n\nMore\n\nhidden gem\n\nk | v\nx & y | 1"


def test_footnotes_stand_at_the_end() -> None:
    assert read("Claim[^1] here.\n\n[^1]: The source.").text == "Claim here.\n\n1. The source."


def test_task_lists_are_lists() -> None:
    assert read("- [ ] write\n- [x] read").text == "- write\n- read"


def test_words_in_angle_brackets_inside_code_stay() -> None:
    assert read("The `<think>` tag and `List<String>`.").text == "The <think> tag and List<String>."


def test_code_points_stay_as_they_are_except_control_characters() -> None:
    decomposed = "cafe\u0301 \u00a0\u200d👩\u200d🎓"
    assert read(f"\ufeffx {decomposed}\x00\x08\r\ny").text == f"x {decomposed} y"


def test_a_fence_that_is_itself_indented_is_no_text() -> None:
    document = read("Look at this:\n\n    ```html\n    <main>\n      <p>x</p>\n    </main>\n    ```\n\nThen go on.")
    assert document.text == "Look at this:\n\n<main>\n  <p>x</p>\n</main>\n\nThen go on."
    assert read("Look:\n\n    plain code\n    ``` not a fence").text == "Look:\n\nplain code\n``` not a fence"


def test_characters_that_take_no_room_are_gone_and_joiners_stay() -> None:
    assert (
        read("metrics\u200b. \ufeffA co\u00adhost 👩\u200d🏫 می\u200cخواهم").text
        == "metrics. A cohost 👩\u200d🏫 می\u200cخواهم"
    )


def test_front_matter_with_an_impossible_date_is_still_front_matter() -> None:
    document = read("---\ntitle: Knots\ndate: 2024-02-31\n---\n# Bowline\n\nWords.")
    assert (document.title, document.text) == ("Bowline", "Bowline\n\nWords.")


def test_an_anchor_behind_a_heading_is_its_slug() -> None:
    (one, two) = read("# Tides [[high-water]]  \n\n## Neaps {#low}\n").headings
    assert [(one.title, one.slug), (two.title, two.slug)] == [("Tides", "high-water"), ("Neaps", "low")]
