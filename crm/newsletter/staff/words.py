"""What an issue says of what is placed in it, as forms: one for each form of block."""

import json
from collections.abc import Mapping

from flask import request
from wtforms import BooleanField, FileField

from crm.forms import Form as BaseForm
from crm.forms import WebAddress, line, text
from crm.newsletter.feeds.pictures import BadPicture, keep
from crm.newsletter.issues import Issue
from crm.newsletter.placements import Form, Placement

MARKDOWN = (
    "Mise en forme\u00a0: **gras**, *italique*, [lien](https://…), listes avec «\u00a0-\u00a0»."
)
ALT = "Lu à la place de l’image. Vide si elle n’apporte rien de plus que le texte."


class ItemWords(BaseForm):
    title = line("Titre dans ce numéro", 300, required=True)
    summary = text("Texte dans ce numéro", 5000)
    shows_picture = BooleanField("Montrer son image")
    alt = line("Ce que montre l’image", 300, hint=ALT)


class ProseWords(BaseForm):
    title = line("Titre", 300)
    summary = text("Texte", 10_000, hint=MARKDOWN)
    source = line("Signature", 300)


class PictureWords(BaseForm):
    picture = FileField(
        "Image",
        description="JPEG, PNG, WebP ou GIF, 8 Mo au plus.",
        render_kw={"accept": "image/jpeg,image/png,image/webp,image/gif"},
    )
    alt = line("Ce que montre l’image", 300, hint=ALT)
    summary = text("Légende", 1000)
    url = line("Lien", 2000, validators=[WebAddress()])


class QuoteWords(BaseForm):
    summary = text("Citation", 2000, hint="Sans guillemets\u00a0: ils sont ajoutés.")
    source = line("Qui le dit", 300)


class ButtonWords(BaseForm):
    title = line("Texte du bouton", 120)
    url = line("Lien", 2000, validators=[WebAddress()])


class FigureWords(BaseForm):
    title = line("Chiffre", 60, hint="«\u00a03 812\u00a0», «\u00a068\u00a0%\u00a0»…")
    summary = text("Ce qu’il compte", 1000)
    source = line("Source", 300)


class SeparatorWords(BaseForm):
    """A line: nothing to say."""


_FORMS: Mapping[Form, type[BaseForm]] = {
    Form.ITEM: ItemWords,
    Form.EDITORIAL: ProseWords,
    Form.TEXT: ProseWords,
    Form.PICTURE: PictureWords,
    Form.QUOTE: QuoteWords,
    Form.BUTTON: ButtonWords,
    Form.SEPARATOR: SeparatorWords,
    Form.FIGURE: FigureWords,
}
_YES = "1"


def form_for(placement: Placement, *, is_posted: bool = True) -> BaseForm:
    """The form of this placement, filled with what was posted for it, else with what it says."""
    said = said_by(placement)
    data = {**said, "shows_picture": bool(said["shows_picture"])}
    form = _FORMS[placement.form](data=data)
    if not is_posted:
        form.process(data=data)
    if "alt" in form and placement.item is not None and placement.item.picture is None:
        del form.alt, form.shows_picture  # there is nothing to show
    return form


def apart(form: BaseForm, placement: Placement) -> BaseForm:
    """The same form beside others: its fields have names of their own in the page."""
    for field in form:
        field.id = field.label.field_id = f"{field.name}-{placement.id}"
    return form


def said_by(placement: Placement) -> dict[str, str]:
    """What a placement says, field by field, as plain text."""
    return {
        "title": placement.title,
        "summary": placement.summary,
        "url": placement.own_url,
        "source": placement.own_source,
        "alt": placement.alt,
        "shows_picture": _YES if placement.shows_picture else "",
    }


def typed(form: BaseForm) -> dict[str, str]:
    """What was typed, field by field; a file set apart."""
    return {
        field.name: (_YES if field.data else "")
        if isinstance(field, BooleanField)
        else field.data or ""
        for field in form
        if not isinstance(field, FileField)
    }


def write(placement: Placement, values: Mapping[str, str]) -> None:
    """Have the placement say this."""
    said = said_by(placement) | dict(values)
    placement.reword(said["title"], said["summary"])
    placement.own_url, placement.own_source = said["url"], said["source"]
    placement.shows_picture = bool(said["shows_picture"])
    item = placement.item
    if "alt" in values:
        placement.own_alt = said["alt"] if item is None or said["alt"] != item.picture_alt else None


def keep_picture(placement: Placement, form: BaseForm) -> bool:
    """Keep the picture that was sent, if any. False when it cannot be: the form says why."""
    sent = request.files.get("picture")
    if "picture" not in form or sent is None or not sent.filename:
        return True
    try:
        with sent.stream as file:
            placement.own_picture = keep(file.read())
    except BadPicture as refused:
        form["picture"].errors = [*form["picture"].errors, str(refused)]
        return False
    return True


def seen(said: Mapping[str, str]) -> str:
    """What a text says at this moment, to be posted with its form."""
    return json.dumps(said, ensure_ascii=False)


def posted() -> dict[str, str]:
    """What the text said when the form was opened; nothing when that was not posted."""
    try:
        found = json.loads(request.form.get("vu", "{}"))
    except (ValueError, RecursionError):
        return {}
    pairs = found.items() if isinstance(found, dict) else ()
    return {name: said for name, said in pairs if isinstance(said, str)}


def texts_of(issue: Issue) -> dict[str, str]:
    """The texts of an issue, field by field."""
    return {
        "subject": issue.subject,
        "preheader": issue.preheader,
        "editorial": issue.editorial,
        "planned_on": issue.planned_on.isoformat(),
    }
