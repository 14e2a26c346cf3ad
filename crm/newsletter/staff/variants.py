"""Versions of a number: for whom its parts are, and every distinct letter before it leaves."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.auth import PUBLISH, READ, allow
from crm.contacts.departments import DEPARTMENTS
from crm.contacts.search.segments import Segment
from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.forms import Form, as_choices, checkboxes, choice
from crm.identity import Identity
from crm.newsletter import variants
from crm.newsletter.conditions import Condition, terms
from crm.newsletter.content import Content
from crm.newsletter.delivery.editions import MOST, editions
from crm.newsletter.desk.gestures import gesture
from crm.newsletter.issues import Issue, Publication, RecipeSection, Section
from crm.newsletter.placements import Placement
from crm.newsletter.render import Letter, personal, render
from crm.newsletter.staff.issues import draft, find
from crm.newsletter.subscriptions import Subscription
from crm.preview import mail_page

bp = Blueprint("variants", __name__)


class ReadersForm(Form):
    """Whom a part of a letter is for; nothing chosen: everybody."""

    actor_types = checkboxes("Types d’acteurs", hint="Aucun coché\u00a0: tous.")
    departments = checkboxes("Départements", hint="Ceux de vos abonnés. Aucun coché\u00a0: tous.")
    segment = choice("Segment", [], default="")

    @classmethod
    def of(cls, only: dict[str, Any], publication: Publication) -> "ReadersForm":
        kept = Condition.load(only) or Condition()
        form = cls(
            data={
                "actor_types": [str(term.id) for term in terms(kept.actor_types)],
                "departments": list(kept.departments),
                "segment": str(kept.segment or ""),
            }
        )
        form.actor_types.choices = as_choices(_types(kept))
        form.departments.choices = as_choices(_departments(kept, publication))
        form.segment.choices = as_choices([("", "Tous les abonnés"), *_segments()])
        return form

    @property
    def condition(self) -> Condition:
        return Condition(
            tuple(int(one) for one in self.actor_types.data or ()),
            tuple(self.departments.data or ()),
            int(self.segment.data) if self.segment.data else None,
        )


def _types(kept: Condition) -> list[tuple[str, str]]:
    open_ones = list(db.session.scalars(Term.of(Vocabulary.ACTOR_TYPE)))
    known = {term.id: term for term in (*open_ones, *terms(kept.actor_types))}
    return [(str(term.id), term.label) for term in known.values()]


def _departments(kept: Condition, publication: Publication) -> list[tuple[str, str]]:
    """Those where somebody reads this letter, and those already chosen."""
    mine = Subscription.publication_id == publication.id, Subscription.department != ""
    used = db.session.scalars(sa.select(Subscription.department).where(*mine).distinct())
    codes = sorted({*used, *kept.departments} & DEPARTMENTS.keys())
    return [(code, f"{code} {DEPARTMENTS[code]}") for code in codes]


def _segments() -> list[tuple[str, str]]:
    return [(str(one.id), one.name) for one in db.session.scalars(Segment.by_name())]


@bp.get("/numeros/<int:issue_id>/versions")
@allow(READ)
def index(issue_id: int) -> ResponseReturnValue:
    issue = find(issue_id)
    found = editions(issue)
    shown = found[:MOST]
    return render_template(
        "staff/newsletter/variants/index.html",
        issue=issue,
        found=[(one, _size(_drawn(one.content))) for one in shown],
        total=len(found),
        most=MOST,
        lost=variants.lost(Content.of(issue)),
    )


def _size(letter: Letter) -> int:
    return len(letter.html.encode())


@bp.get("/numeros/<int:issue_id>/versions/<int:bits>.html")
@allow(READ)
def html(issue_id: int, bits: int) -> Response:
    return mail_page(_filled(_letter(issue_id, bits).html))


@bp.get("/numeros/<int:issue_id>/versions/<int:bits>.txt")
@allow(READ)
def text(issue_id: int, bits: int) -> Response:
    return Response(_filled(_letter(issue_id, bits).text), mimetype="text/plain")


def _letter(issue_id: int, bits: int) -> Letter:
    return _drawn(variants.seen(Content.of(find(issue_id)), bits))


def _drawn(content: Content) -> Letter:
    # Pictures are asked of the address one is reading on, which may differ from the public one.
    return render(content, Identity.current(), request.url_root.rstrip("/"))


def _filled(part: str) -> str:
    """With links that lead somewhere true, and that change nothing for anybody."""
    here = url_for("public.newsletter.subscriptions.new", _external=True)
    return personal(part, leave_url=here, preferences_url=here)


@bp.route("/rubriques/<int:section_id>/lecteurs", methods=["GET", "POST"])
@allow(PUBLISH)
def section(section_id: int) -> ResponseReturnValue:
    found = db.get_or_404(Section, section_id)
    issue = draft(found.issue_id)
    after = url_for("staff.newsletter.issues.show", issue_id=issue.id) + f"#rubrique-{found.id}"
    name = f"la rubrique «\u00a0{found.title}\u00a0»"
    return _edit(found.only, issue.publication, name, after, _keeper(found, issue))


@bp.route("/places/<int:placement_id>/lecteurs", methods=["GET", "POST"])
@allow(PUBLISH)
def placement(placement_id: int) -> ResponseReturnValue:
    found = db.get_or_404(Placement, placement_id)
    issue = draft(found.section.issue_id)
    after = url_for("staff.newsletter.issues.show", issue_id=issue.id) + f"#place-{found.id}"
    name = f"«\u00a0{found.name}\u00a0»"
    return _edit(found.only, issue.publication, name, after, _keeper(found, issue))


@bp.route("/publications/<slug>/rubriques/<int:section_id>/lecteurs", methods=["GET", "POST"])
@allow(PUBLISH)
def recipe(slug: str, section_id: int) -> ResponseReturnValue:
    publication = Publication.find(slug) or abort(404)
    sections = (one for one in publication.recipe if one.id == section_id)
    found: RecipeSection = next(sections, None) or abort(404)
    name = f"la rubrique «\u00a0{found.title}\u00a0» des prochains numéros"
    after = url_for("staff.newsletter.publications.show", slug=slug)
    return _edit(found.only, publication, name, after, _keeper(found))


def _keeper(
    part: Section | Placement | RecipeSection, issue: Issue | None = None
) -> Callable[[Condition], None]:
    def keep(condition: Condition) -> None:
        part.only = condition.dump()

    def keep_in(condition: Condition) -> None:
        assert issue is not None
        with gesture(issue, "changer qui reçoit une partie", by=current_user):
            keep(condition)

    return keep if issue is None else keep_in


def _edit(
    only: dict[str, Any],
    publication: Publication,
    name: str,
    after: str,
    keep: Callable[[Condition], None],
) -> ResponseReturnValue:
    form = ReadersForm.of(only, publication)
    if form.is_valid_post():
        keep(form.condition)
        drawn_now = Condition.draw(form.condition.dump())
        db.session.commit()
        flash(f"{name[:1].upper()}{name[1:]} est pour {_whom(drawn_now)}.")
        return redirect(after)
    return render_template(
        "staff/newsletter/variants/edit.html",
        form=form,
        name=name,
        after=after,
        publication=publication,
    ), (422 if form.errors else 200)


def _whom(condition: Condition | None) -> str:
    return f"les {condition.label}" if condition else "tout le monde"
