"""What a model wrote becomes harmless to post, and harmless text stays as it is."""

from __future__ import annotations

import time

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cohost.safety import clean, urls_in

LESSON = "https://learn.example/lessons/rye?part=2"
ALLOWED = (LESSON, "https://learn.example/w(1)", "/spaces/baking")


@pytest.mark.parametrize(
    "text",
    [
        "Knead for 10 minutes, then rest.",
        "Use `@decorator` and `List<int>`, not `#include <x>`.",
        "a < b and b > c, 3<4, I <3 bread",
        "Write to anna@example.org or v1.2@home",
        "```python\n@property\ndef f(x: List[int]) -> int:\n    return a[i](x)  # <b>\n```",
        "> quoted *words*\n> over `two` lines\n\n1. one\n2. two\n\n---\n",
        "main.py, node.js, ASP.NET, System.IO and and/or and C:/temp",
        f"See [the lesson]({LESSON}) or <{LESSON}> or {LESSON}.",
        f"({LESSON}), **{LESSON}**",
        "Look [here](/spaces/baking) and [there](<https://learn.example/w(1)>).",
        "می\u200cخواهم نان 👩\u200d🍳 मैं क्\u200dष",
        "AT&T &amp; &lt;b&gt; f(x)[0] \\*not\\* ~50 %",
        "größer, 面团, тесто, 🍞",
    ],
)
def test_harmless_text_stays(text: str) -> None:
    assert clean(text, ALLOWED) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[win](https://evil.example/x)", "win"),
        (f"[win]({LESSON}&a=b)", "win"),
        ("[win](https://learn.example/lessons/rye?part=2#x 'title')", "win"),
        (f"[safe]({LESSON} 'a title')", f"[safe]({LESSON})"),
        ("[win](javascript:alert(1))", "win"),
        ("[win](<data:text/html,x>)", "win"),
        ("[win](//evil.example)", "win"),
        ("[win][ref]\n\n[ref]: https://evil.example 'x'", "win\n\n"),
        ("[win]\n\n[win]:\nhttps://evil.example", "win\n\n"),
        (f"[safe][r]\n\n[r]: {LESSON}", f"[safe]({LESSON})\n\n"),
        ("> [a\n> b](https://evil.example)", "> a\n> b"),
        ("[![x](https://evil.example/p.png)](https://evil.example)", "x"),
        ("![a chart](https://evil.example/p.png)", "a chart"),
        (f"![a chart]({LESSON})", "a chart"),
        ("<https://evil.example>", "(link removed)"),
        ("go to https://evil.example/x, now", "go to (link removed), now"),
        (f"{LESSON}/more", "(link removed)"),
        ("hxxps://evil.example www.evil.example HTTP://EVIL", "(link removed) (link removed) (link removed)"),
        ("`curl https://evil.example/x`", "`curl (link removed)`"),
        ("visit evil.com or bit.ly/abc", "visit evil[.]com or bit[.]ly/abc"),
        ("http&#58;//evil.example and http\\://evil.example", "(link removed) and (link removed)"),
        ("mailto:x@evil.example", "(link removed)"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)>"),
        ("<script>x</script><!-- y -->", "&lt;script>x&lt;/script>&lt;!-- y -->"),
        ("List<int> in prose", "List&lt;int> in prose"),
        ("<div>\n[win](https://evil.example)\n</div>", "&lt;div>\nwin\n&lt;/div>"),
        ("@everyone, @anna and @**all**", "@ everyone, @ anna and @ **all**"),
        ("x@everyone \\@anna &#64;anna &commat;here", "x@ everyone @ anna @ anna @ here"),
        ("@[everyone](https://evil.example)", "@ everyone"),
        ("<@123> <@!42> <@&7> <!channel> <!subteam^S1|x> <#C02>", " ".join(["(mention)"] * 6)),
        ("`<!here>` and `@everyone`", "`(mention)` and `@ everyone`"),
        ("    @anna is notified in code like this", "    @ anna is notified in code like this"),
        ("ev\u200bil \u202eabc\u202c \ufefftag\U000e0041\U000e0042 n\u00adb\x00\x1b[0m", "evil abc tag nb[0m"),
        ("@\u200beveryone \u3164x j\u200da", "@ everyone x ja"),
        ("a\r\nb\u2028c", "a\nb\nc"),
        ("text\n```\nnever closed", "text\n```\nnever closed\n```"),
        ("`[win](x)` and [win](x)", "`[win](x)` and win"),
    ],
)
def test_harm_is_taken_out(text: str, expected: str) -> None:
    assert clean(text, ALLOWED) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[[win](https://a.example)](https://b.example)",
        "[a](x" * 40 + ")" * 40,
        "[" * 60 + "a" + "](https://evil.example)" * 60,
        ">" * 60 + " [a](https://evil.example) @everyone",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "![![![a](https://e.example)](https://e.example)](https://e.example)",
        "- " * 40 + "[a](https://evil.example)",
        "&" * 500 + "amp;#64;everyone",
        "`" * 301 + "@everyone" + "`" * 300,
    ],
)
def test_nested_tricks_end_and_leave_nothing(text: str) -> None:
    _assert_safe(clean(text, ALLOWED))


# Pieces that break out of one another when they are put together.
PIECES = st.sampled_from(
    [*"[]()<>!`*|\\&@ \n\u200b", "```", "\n\n", "    ", "> ", "- ", "&#64;", "&lt;", "](", "[r]: ", "[r]", LESSON]
    + ["everyone", "a", "b.com", "https://evil.example", "javascript:x"]
)
TAGS = {"a", "p", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "hr", "h1", "h2", "br"}


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_any_text_is_safe_and_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean(text, ALLOWED)
    assert clean(once, ALLOWED) == once
    _assert_safe(once)


def test_long_text_is_cleaned_quickly() -> None:
    began = time.monotonic()
    clean("A sentence with a [link](https://evil.example) and `code`.\n\n" * 300, ALLOWED)
    assert time.monotonic() - began < 5  # 0.1 s where this was written


def test_urls_of_a_quote_can_be_collected() -> None:
    text = f"see [a](https://a.example/b_(c)) or https://d.example/e_(f)), not x@y.example; `{LESSON}`"
    assert urls_in(text) == {"https://a.example/b_(c)", "https://d.example/e_(f)", LESSON}


def _assert_safe(text: str) -> None:
    """What a platform that renders Markdown with raw HTML would show."""
    page = BeautifulSoup(MarkdownIt("commonmark", {"html": True}).render(text), "html.parser")
    assert {a["href"] for a in page.find_all("a")} <= {*ALLOWED, *(url.replace("&", "&amp;") for url in ALLOWED)}
    assert {tag.name for tag in page.find_all()} <= TAGS
    assert "@everyone" not in text
    assert "evil.example" not in text
