"""The publications and their recipes: what each number is composed from."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, IntegerField, validators

from crm.auth import PUBLISH, READ, allow
from crm.db import db
from crm.forms import Form, as_choices, checkboxes, choice, line, text
from crm.newsletter import duplicate
from crm.newsletter.desk import sense
from crm.newsletter.issues import Layout, Opens, Order, Publication, RecipeSection
from crm.newsletter.items import Kind

bp = Blueprint("publications", __name__, url_prefix="/publications")


class PublicationForm(Form):
    name = line("Nom", 120, required=True)
    description = text("Présentation, lue sur la page publique", 1000)
    frequency = line("Parution", 60, hint="« chaque mois », « trois fois par an »…")
    sender_name = line("Nom d’expéditeur", 120, hint="Vide : le nom court du réseau.")
    offers_rhythms = BooleanField(
        "Laisser ses lecteurs choisir de recevoir moins de numéros",
        description="Tous, un par mois au plus, ou un par trimestre au plus.",
    )
    counts_clicks = BooleanField(
        "Compter les liens suivis",
        description="Pour tout le monde ensemble : rien dans un lien ne dit qui le suit.",
    )
    needs_review = BooleanField(
        "Faire relire chaque numéro avant l’envoi",
        description="Par quelqu’un d’autre que son auteur\u00a0; l’équipe le voit sur sa page "
        "d’accueil.",
    )
    opens = choice(
        "Ouvertures", [(opens.value, opens.label) for opens in Opens],
        hint="Mesurer celles d’une personne demande son accord, distinct de l’abonnement (CNIL).",
    )  # fmt: skip


class NewForm(Form):
    name = line("Nom", 120, required=True)
    description = text("Présentation, lue sur la page publique", 1000)
    frequency = line(
        "Parution", 60, hint="«\u00a0chaque mois\u00a0», «\u00a0trois fois par an\u00a0»…"
    )
    like = choice("Recette de départ", [], default="")


class SectionForm(Form):
    title = line("Titre de la rubrique", 120, required=True)
    kinds = checkboxes(
        "Ce qu’elle prend",
        [(kind.value, kind.plural) for kind in Kind],
        none="Cochez au moins un genre de contenu.",
    )
    tags = line("Seulement avec ces étiquettes", 300, hint="Séparées par des virgules : "
                "une rubrique à étiquettes se sert avant les autres.")  # fmt: skip
    quota = IntegerField(
        "Nombre au plus", [validators.Optional(), validators.NumberRange(1, 200)],
        description="Vide : tout ce qui est nouveau.",
    )  # fmt: skip
    order = choice("Ordre", [(order.value, order.label) for order in Order])
    layout = choice("Présentation", [(layout.value, layout.label) for layout in Layout])
    lead_days = IntegerField(
        "Délai avant l’échéance, en jours", [validators.InputRequired("Indiquez 0 ou plus."),
                                             validators.NumberRange(0, 90)],
        description="Ce qui se termine plus tôt n’est pas proposé.",
    )  # fmt: skip


@bp.route("/nouvelle", methods=["GET", "POST"])
@allow(PUBLISH)
def new() -> ResponseReturnValue:
    form = NewForm()
    known = db.session.scalars(Publication.open()).all()
    recipes = [(one.slug, f"Comme {one.name}") for one in known]
    form.like.choices = as_choices([("", "Sans rubrique pour l’instant"), *recipes])
    if form.is_valid_post():
        publication = duplicate.create(form.name.data, Publication.find(form.like.data or ""))
        publication.description = form.description.data or ""
        publication.frequency = form.frequency.data or ""
        db.session.commit()
        flash(f"{publication.name} est créée\u00a0: voici sa recette.")
        return redirect(url_for(".show", slug=publication.slug))
    code = 422 if form.errors else 200
    return render_template("staff/newsletter/publications/new.html", form=form), code


@bp.route("/<slug>", methods=["GET"])
@allow(READ)
def show(slug: str) -> ResponseReturnValue:
    publication = _publication(slug)
    return render_template(
        "staff/newsletter/publications/show.html",
        publication=publication,
        kinds=Kind,
        troubles=sense.unheard(publication.recipe) | sense.troubles(publication.recipe),
    )


@bp.route("/<slug>/presentation", methods=["GET", "POST"])
@allow(PUBLISH)
def edit(slug: str) -> ResponseReturnValue:
    publication = _publication(slug)
    form = PublicationForm(obj=publication)
    if form.is_valid_post():
        form.populate_obj(publication)
        db.session.commit()
        flash(f"{publication.name} est enregistrée.")
        return redirect(url_for(".show", slug=slug))
    code = 422 if form.errors else 200
    return render_template(
        "staff/newsletter/publications/edit.html", form=form, publication=publication
    ), code


@bp.route("/<slug>/rubriques/nouvelle", methods=["GET", "POST"])
@allow(PUBLISH)
def new_section(slug: str) -> ResponseReturnValue:
    publication = _publication(slug)
    return _edit_section(publication, RecipeSection(lead_days=0, kinds=[], tags=[]))


@bp.route("/<slug>/rubriques/<int:section_id>", methods=["GET", "POST"])
@allow(PUBLISH)
def edit_section(slug: str, section_id: int) -> ResponseReturnValue:
    publication = _publication(slug)
    return _edit_section(publication, _section(publication, section_id))


def _edit_section(publication: Publication, section: RecipeSection) -> ResponseReturnValue:
    form = SectionForm(data=_shown(section))
    if form.is_valid_post():
        for name, value in _typed(form).items():
            setattr(section, name, value)
        if section not in publication.recipe:
            section.position = len(publication.recipe) + 1
            publication.recipe.append(section)
        db.session.commit()
        flash(f"La rubrique « {section.title} » vaut pour les prochains numéros.")
        return redirect(url_for(".show", slug=publication.slug))
    return render_template(
        "staff/newsletter/publications/section.html",
        form=form,
        publication=publication,
        section=section,
    ), (422 if form.errors else 200)


@bp.post("/<slug>/rubriques/<int:section_id>/place")
@allow(PUBLISH)
def move_section(slug: str, section_id: int) -> ResponseReturnValue:
    publication = _publication(slug)
    sections = list(publication.recipe)
    index = sections.index(_section(publication, section_id))
    beside = index + (-1 if request.form.get("sens") == "haut" else 1)
    if 0 <= beside < len(sections):
        sections[index], sections[beside] = sections[beside], sections[index]
    for position, section in enumerate(sections, 1):
        section.position = position
    db.session.commit()
    return redirect(url_for(".show", slug=slug))


@bp.route("/<slug>/rubriques/<int:section_id>/suppression", methods=["GET", "POST"])
@allow(PUBLISH)
def delete_section(slug: str, section_id: int) -> ResponseReturnValue:
    publication = _publication(slug)
    section = _section(publication, section_id)
    if request.method == "POST":
        title = section.title
        publication.recipe.remove(section)
        db.session.commit()
        flash(f"La rubrique « {title} » est supprimée de la recette.")
        return redirect(url_for(".show", slug=slug))
    return render_template(
        "staff/newsletter/publications/delete.html", publication=publication, section=section
    )


def _shown(section: RecipeSection) -> dict[str, Any]:
    order, layout = section.order or Order.NEWEST, section.layout or Layout.CARDS
    plain = ("title", "kinds", "quota", "lead_days")
    return {name: getattr(section, name) for name in plain} | {
        "tags": ", ".join(section.tags), "order": order.value, "layout": layout.value,
    }  # fmt: skip


def _typed(form: SectionForm) -> dict[str, Any]:
    return {
        "title": form.title.data,
        "kinds": form.kinds.data,
        "tags": [tag.strip() for tag in (form.tags.data or "").split(",") if tag.strip()],
        "quota": form.quota.data,
        "order": Order(form.order.data),
        "layout": Layout(form.layout.data),
        "lead_days": form.lead_days.data,
    }


def _publication(slug: str) -> Publication:
    return Publication.find(slug) or abort(404)


def _section(publication: Publication, section_id: int) -> RecipeSection:
    found = (section for section in publication.recipe if section.id == section_id)
    return next(found, None) or abort(404)
