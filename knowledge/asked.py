"""What kind of thing a question asks for, and whether a sentence holds such a thing. English only; else it stays silent."""

from __future__ import annotations

import re

# The first pattern that a question matches says what it asks for.
QUESTIONS = {
    "difference": r"\b(?:differ(?:s|ent|ences?)?|versus|vs|rather than|compared? (?:to|with)|better than)\b",
    "number": r"\bhow (?:many|much|long|old|far|tall|often|big|large|warm|hot|high|deep|fast|thick|heavy)\b"
    r"|\b(?:what|which) (?:\w+ )?(?:percentage|number|temperature|amount|size|price)",
    "time": r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|time)\b",
    "person": r"\bwho(?:se|m)?\b",
    "place": r"\bwhere\b",
    "reason": r"\bwhy\b|\bwhat (?:causes|is the reason)\b|\bhow come\b",
    "way": r"\bhow\b|\bwhat (?:should|do|can) (?:i|we|you)\b",
    "meaning": r"\bwhat (?:is|are|was|were|does)\b|\bmean(?:s|ing)?\b|\bdefin",
}
ANSWERS = {
    "difference": r"\bdiffer|\b(?:unlike|whereas|while|instead|rather|contrast|however|although|than|both|only|but)\b",
    "number": r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty"
    r"|hundred|thousand|half|twice|once|dozen|several)\b",
    "time": r"\b(?:1\d{3}|20\d\d)s?\b|\b\d{1,2}[:.]\d\d\b|\b(?:jan|febr)uary|\b(?:march|april|may|june|july|august)\b"
    r"|\b(?:septem|octo|novem|decem)ber\b|day\b|\b(?:spring|summer|autumn|winter|morning|evening|night|hour|minute|week"
    r"|month|year|century|before|after|until)s?\b",
    "person": r"(?<=[a-z,] )[A-Z][a-z]+",
    "place": r"\b(?:in|at|near|from|on|under|into) (?:the )?\w+",
    "reason": r"\b(?:because|since|due to|so that|therefore|cause[sd]?|reason|leads? to|results? in|thanks to|makes?|means?)\b",
    "way": r"\b(?:by \w+ing|use|using|with|then|first|until|instead|try|put|take|add|keep|let|you can|you should)\b",
    "meaning": r"\b(?:is|are|was|were) (?:an?|the|one|called|known|when|how)\b|\b(?:refers? to|means?|known as|consists?)\b",
}
_NAME = r"(?:an?\s+|the\s+)?((?:[\w'’.@+#-]+\s+){0,3}?[\w'’.@+#-]+)"
_THING = re.compile(  # what is asked about, in at most four words: "what is it good for", "what it means"
    rf"\bwhat(?:['’]s| is| are| was| were| does| do)\s+{_NAME}"
    r"(?=\s*(?:[?.,;:]|$)|\s+(?:mean|means|stand|good|used|in|for|and|telling|about|do|does)\b)"
    rf"|\bwhat\s+{_NAME}(?=\s+(?:is|are|means?)\b)",
    re.IGNORECASE,
)
_QUESTIONS = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in QUESTIONS.items()}
_ANSWERS = {k: re.compile(p, 0 if k == "person" else re.IGNORECASE) for k, p in ANSWERS.items()}


def kind_asked(question: str) -> str | None:
    """A key of QUESTIONS, or None where the form does not tell."""
    return next((kind for kind, pattern in _QUESTIONS.items() if pattern.search(question)), None)


def holds(kind: str | None, sentence: str) -> float:
    """1.0 or 0.0, and 0.5 where nothing particular was asked for."""
    return 0.5 if kind is None else float(bool(_ANSWERS[kind].search(sentence)))


def defines(question: str, sentence: str) -> bool:
    """Whether a sentence begins with the thing that a question asks about, and says what it is."""
    found = _THING.search(question)
    if found is None:
        return False
    thing = re.escape((found[1] or found[2]).strip("'’.")).replace(r"\ ", r"\s+")
    begins = rf"\W*(?:(?:an?|the|in [\w ]+,)\s+)?['\"“‘]?{thing}(?:s|es)?['\"”’]?\s*(?:\([^)]*\)\s*)?(?:,[^,]*,\s*)?"
    return (
        re.match(rf"{begins}(?:is|are|was|were|means?|refers?|describes?|consists?|can be)\b", sentence, re.I)
        is not None
    )
