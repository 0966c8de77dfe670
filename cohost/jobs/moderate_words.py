"""The wording of flags: what each category is called, the mildest step that helps, and the private note to the author."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

Step = Literal["none", "private_note", "ask_to_edit", "support", "move", "hold", "remove", "escalate"]
STEPS: Final = get_args(Step)
SILENT: Final[frozenset[Step]] = frozenset({"none", "escalate"})  # nothing is sent to the author
ACTING: Final[frozenset[Step]] = frozenset({"move", "hold", "remove"})  # upon the post itself
HIDING: Final[frozenset[Step]] = frozenset({"hold", "remove"})
BY_HAND: Final[Mapping[Step, str]] = {
    "move": "Move the post to a fitting space on your platform.",
    "hold": "Hide the post on your platform until it is settled.",
    "remove": "Remove the post on your platform.",
}
BACK_BY_HAND: Final[Mapping[str, str]] = {
    "move": "If you moved the post on your platform, move it back.",
    "hold": "If you hid the post on your platform, show it again.",
    "remove": "If you removed the post on your platform, put it back.",
}
# How a note ends: what has become of the post, and that one may answer.
ENDS: Final[Mapping[str, str]] = {
    "": "Nothing has been changed, and you can answer this note if we misread you.",
    "move": "Your post stands in another space now. You can answer this note if we misread you.",
    "hold": "Until this is settled, only you and the moderators see your post. You can answer this note if we misread you.",
    "remove": "Others do not see your post any more. You can answer this note if we misread you.",
}
ORDERS: Final[Mapping[str, str]] = {  # to a platform that carries them out
    "move": "Move this post to the space that is named.",
    "hold": "Hide this post from everybody but its author and moderators until this is undone.",
    "remove": "Remove this post from sight, and keep it so that it can be put back.",
}


OVER_TIME: Final = ("one_sided", "pile_on")  # seen in several posts, by no head of their own


@dataclass(frozen=True)
class Words:
    """How a category is spoken of."""

    name: str  # "Harassment"
    seen: str  # in "The words marked … "
    meaning: str  # what a guideline about it would say, to find that guideline
    step: Step  # mildest first: where a suggestion begins
    note: str  # the private note without greeting and guideline
    advice: str  # to somebody who has not posted yet


CATEGORIES: Final[Mapping[str, Words]] = {
    "harassment": Words(
        "Harassment", "read as an attack on a member",
        "Be kind and respectful to other members. No insults, bullying or personal attacks.", "ask_to_edit",
        "Part of your post can hurt the person it speaks to, perhaps more than you meant. Could you say what you think of"
        " the matter without the marked words?",
        "This may hurt the person you are writing to. You could say what you think of the matter and leave the person out.",
    ),
    "hate": Words(
        "Hate", "read as an attack on a group of people",
        "Respect everyone. No discrimination or hate against people for origin, religion, gender, disability or orientation.",
        "ask_to_edit",
        "Part of your post speaks about a group of people in a way that members of it should not have to read here. Please"
        " take the marked words out.",
        "This speaks of a whole group of people. Members of it read along here; please leave that part out.",
    ),
    "threat": Words(
        "Threat", "read as a threat", "Everyone is safe here. Threats and violence are not allowed.", "hold",
        "Part of your post reads as a threat. If it was meant as a joke, it does not come across as one. Please take it"
        " out, or write to us if something has happened that we should know.",
        "This can be read as a threat, also where it is meant as a joke. Please say it another way.",
    ),
    "sexual": Words(
        "Sexual remarks", "are sexual", "No sexual remarks, advances or explicit content.", "ask_to_edit",
        "Part of your post is sexual, and people are here to learn. Please take it out.",
        "This is sexual, and people are here to learn. Please leave it out.",
    ),
    "distress": Words(
        "Distress", "sound as if the author is not well",
        "Look after each other. Send people in need of help to someone who is trained for it.", "support",
        "Thank you for telling us how you are. We are sorry that it is so hard at the moment. You do not have to carry it"
        " alone: please speak to somebody near you, or to a helpline in your country (findahelpline.com lists them). If"
        " you are in danger now, call your local emergency number. We are glad that you are here, and you can write to us"
        " at any time.",
        "This sounds as if things are very hard at the moment. You do not have to carry it alone: findahelpline.com lists"
        " helplines in your country, and in danger your local emergency number is the quickest help. The hosts are glad"
        " to hear from you, too.",
    ),
    "spam": Words(
        "Spam or self-promotion", "read as advertising",
        "No advertising, spam, selling or self-promotion.", "private_note",
        "Your post reads as an advertisement, and this is a place for learning. If it belongs to a conversation here,"
        " please tell us how, and we will find the right place for it.",
        "This reads as an advertisement. If it answers a question here, say so at the beginning.",
    ),
    "personal_data": Words(
        "Personal data", "are personal data",
        "Protect privacy. Do not post names, addresses, phone numbers or other personal data.", "ask_to_edit",
        "Your post holds personal data, such as a telephone number or an address, that everybody here can read. If it is"
        " yours, you may want to take it out; if it is somebody else's, please do so now.",
        "This holds personal data, such as a telephone number or an address. Everybody who reads the post will see it.",
    ),
    "off_purpose": Words(
        "Off purpose", "seem to be about something else",
        "Stay on topic. Politics, gossip and quarrels from elsewhere do not belong here.", "private_note",
        "Your post seems to be about something other than what we are here for. Would another place suit it better?",
        "This seems to be about something other than what this community is for.",
    ),
    "one_sided": Words(
        "Harsh to one person, again and again", "are harsh, and nothing harsh came back",
        "Be kind and respectful to other members. No insults, bullying or personal attacks.", "private_note",
        "Several of your posts of the last two weeks can hurt, more together than each of them alone. Could you let it"
        " rest for a while? If something stands behind it, tell us: we would like to help.",
        "",
    ),
    "pile_on": Words(
        "Many against one", "are harsh, from several people within a day",
        "Be kind and respectful to other members. No insults, bullying or personal attacks.", "escalate", "", "",
    ),
    "reported": Words(
        "Reported by a member", "were reported", "Be kind.", "none", "", "",
    ),
}  # fmt: skip


def private_note(
    category: str,
    guideline: int | None,
    guideline_text: str,
    quotes: tuple[str, ...],
    *,
    said: str = "",
    step: str = "",
) -> str:
    """What is drafted to the author: their own words, the guideline, and a way on; "" where there is nothing to say.

    `said` takes the place of the template's sentences, except to people who may not be well.
    """
    words = CATEGORIES[category]
    if not words.note:
        return ""
    said = words.note if category == "distress" else said or words.note
    shown = "" if category == "distress" else "\n".join(f"> {' '.join(quote.split())[:200]}" for quote in quotes[:3])
    rule = f"Guideline {guideline} says: {guideline_text}" if guideline and category != "distress" else ""
    end = "" if category == "distress" else ending(step)
    return "\n\n".join(filter(None, ("Hello,", said, shown, rule, end)))


def ending(step: str) -> str:
    """The sentence with which a note ends, by what is done to the post."""
    return ENDS.get(step, ENDS[""])
