"""Which language a text is in, where that is plain to see; None where it is not, since a wrong guess costs a good draft."""

from __future__ import annotations

import re
from collections import Counter

# Words that hardly any sentence does without. One that several of these languages share counts for each of them in part.
_FUNCTION_WORDS = {
    "en": "a an at in i the of and to is are was were be it that this these for with as on by from you your not"
    " or which when what how do does can will would should there they have has if than then",
    "de": "kommt kommen hat haben sie wir so am der die das und ist sind war nicht ein eine einen einem einer"
    " mit von zu den dem des auf für wie wann wenn was wird werden kann ich es bei nach auch oder aus dass"
    " sich im zum zur warum",
    "fr": "de d l qu à a le la les des est sont et une un du dans pour pas que qui avec sur ce cette ces il"
    " elle ne au aux ou où quand comment pourquoi quel quelle vous nous être été par plus",
    "es": "de a el la los las es son y una un del en para no que con por se su lo como cuando qué cómo cuándo"
    " pero más está hay ser cada entre porque sobre",
    "it": "l d a di il lo la gli le è sono e una un del della dei nel per non che con si come quando perché"
    " cosa più dal alla questo questa ogni anche",
    "pt": "de a o os as é são e uma um do da dos das em para não que com por se como quando mas mais você há"
    " ser cada porque no na ao também isso",
    "nl": "de het een en is zijn was niet van met voor op aan dat die wat hoe wanneer waarom ook bij naar"
    " worden wordt kan je u er maar of uit",
    "sv": "och att det som en på är av för med till den har inte om ett jag hur när vad man kan eller från vid",
    "da": "og at det som en på er af for med til den har ikke om et jeg hvordan hvornår hvad man kan eller fra ved",
    "pl": "i w na z do to jest nie się że jak co kiedy dlaczego czy dla od po przez są być oraz ale jego",
}
_SHARED = Counter(word for words in _FUNCTION_WORDS.values() for word in words.split())
_WEIGHTS = {name: {word: 1 / _SHARED[word] for word in words.split()} for name, words in _FUNCTION_WORDS.items()}
# In the order in which they decide: Japanese is written with Chinese signs as well.
_SCRIPTS = {
    "ja": re.compile("[\u3041-\u30ff]"),
    "ko": re.compile("[\uac00-\ud7a3]"),
    "zh": re.compile("[\u4e00-\u9fff]"),
    "cyrillic": re.compile("[\u0400-\u04ff]"),
    "greek": re.compile("[\u0370-\u03ff]"),
    "arabic": re.compile("[\u0600-\u06ff]"),
    "hebrew": re.compile("[\u0590-\u05ff]"),
    "devanagari": re.compile("[\u0900-\u097f]"),
    "thai": re.compile("[\u0e00-\u0e7f]"),
}
_WORD = re.compile(r"[^\W\d_]+")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
SCRIPT_SHARE = 0.3  # of the letters: technical words of another script stand in most such texts
DENSE, LETTERS_EACH = ("ja", "ko", "zh"), 3  # scripts of which one sign says as much as several letters


def language(text: str, *, hits: float = 1.0) -> str | None:
    """A language code, or the name of a script that several languages share; None when the text does not tell.

    `hits`: function words that must be seen, and twice as many as of the next language.
    """
    prose = _CODE.sub(" ", text)
    words = _WORD.findall(prose)
    return _by_script("".join(words)) or _by_words([word.lower() for word in words], hits)


def in_another_language(answer: str, question: str) -> bool:
    """Whether both texts plainly tell their language, and it is not the same; the longer one must be plainer."""
    asked, answered = language(question), language(answer, hits=2.0)
    return asked is not None and answered is not None and asked != answered


def _by_script(letters: str) -> str | None:
    for name, script in _SCRIPTS.items():
        weight = LETTERS_EACH if name in DENSE else 1
        if letters and weight * len(script.findall(letters)) >= SCRIPT_SHARE * len(letters):
            return name
    return None


def _by_words(words: list[str], hits: float) -> str | None:
    seen = {name: sum(weights.get(word, 0.0) for word in words) for name, weights in _WEIGHTS.items()}
    best, following = sorted(seen, key=seen.__getitem__, reverse=True)[:2]
    return best if seen[best] >= hits and seen[best] >= 2 * seen[following] else None
