"""HTML pages: the main content, nothing a browser would not show."""

from __future__ import annotations

from knowledge.extract import extract
from knowledge.extract.document import Document

PAGE = """<!doctype html><html><head><title>Site | Page</title><style>p{}</style></head><body>
<nav>Menu</nav><header>Logo</header>
<main><header><h1 id="top">The  page<a class="headerlink" href="#top">¶</a></h1></header>
<p>One &amp; two&nbsp;three<br>four <span style="display: none">x</span><span hidden>y</span></p>
<p aria-hidden="true">z</p><template>t</template><noscript>n</noscript><script>s()</script>
<div>loose <b>words</b><div>next block</div> tail</div>
<ol start="2"><li>two<ul><li>deep</li></ul></li><li>three</li></ol>
<pre><code>a
  b</code></pre>
<table><caption>Sizes</caption><tr><th>k</th><th>v</th></tr><tr><td>x</td><td><p>1</p><p>2</p></td></tr></table>
</main><footer>Imprint</footer></body></html>"""


def read(source: str, name: str = "page.html") -> Document:
    return extract(source.encode(), name)


def test_a_page_reads_as_a_browser_shows_it() -> None:
    document = read(PAGE)
    assert document.text == (
        "The page\n\nOne & two\u00a0three\nfour\n\nloose words\n\nnext block\n\ntail\n\n"
        "2. two\n  - deep\n3. three\n\na\n  b\n\nSizes\n\nk | v\nx | 1 2"
    )
    assert (document.title, document.kind) == ("The page", "page")
    assert document.headings[0].slug == "top"
    assert [document.text[start:end] for start, end in document.whole] == ["a\n  b", "k | v\nx | 1 2"]


def test_without_main_the_furniture_of_the_body_is_left_out() -> None:
    source = "<html><body><header>Logo</header><p>words</p><div role=navigation>m</div><footer>f</footer></body></html>"
    assert read(source).text == "words"


def test_title_element_serves_where_there_is_no_heading() -> None:
    assert read("<html><title>T &amp; U</title><p>x</p></html>").title == "T & U"


def test_layout_tables_are_read_as_blocks() -> None:
    source = "<html><table><tr><td><h2>Left</h2><p>a</p></td><td><pre>b</pre></td></tr></table></html>"
    assert read(source).text == "Left\n\na\n\nb"


def test_mathml_gives_its_tex() -> None:
    tex = '<math><mi>x</mi><annotation encoding="application/x-tex">x^2</annotation></math>'
    assert read(f"<html><p>Let {tex} be.</p></html>").text == "Let $x^2$ be."


def test_declared_encoding_is_believed() -> None:
    data = '<html><meta charset="windows-1251"><p>Привет, это урок</p></html>'.encode("windows-1251")
    assert extract(data, "a.html").text == "Привет, это урок"


def test_xhtml_and_pages_with_a_lying_name_are_html() -> None:
    source = '<?xml version="1.0"?>\n<!DOCTYPE html><html><body><p>x</p></body></html>'
    assert read(source, "a.xhtml").text == "x"
    assert read("<html><p>a <i>b</i></p></html>", "a.txt").text == "a b"


def test_entities_of_a_doctype_are_not_resolved() -> None:
    source = '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html><p>a &x; b</p></html>'
    assert "root:" not in read(source).text


def test_deep_nesting_is_read_without_its_structure() -> None:
    assert read("<html>" + "<div>" * 5_000 + "deep").text == "deep"
