"""Retention: who would be asked, who would be erased, when and why; started by an administrator."""

from datetime import datetime, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import IntegerField, validators

from crm.auth import ADMIN, allow
from crm.contacts.people import Person
from crm.db import db, now
from crm.forms import Form, ask_again, line
from crm.listing import Listing
from crm.privacy.identify import Identity, identify
from crm.privacy.lapses import Lapse, Retention
from crm.privacy.retain import ASKED_AT_ONCE, cutoff, fates, key_of, spare
from crm.privacy.silence import count_silent, silent

bp = Blueprint("retention", __name__, url_prefix="/conservation")


class RuleForm(Form):
    years = IntegerField(
        "Années sans signe de la personne", [validators.NumberRange(min=1, max=10)],
        description="Trois ans, recommande la CNIL.",
    )  # fmt: skip
    days = IntegerField(
        "Jours pour répondre", [validators.NumberRange(min=30, max=365)],
        description="De la question à l’effacement.",
    )  # fmt: skip


class SpareForm(Form):
    why = line(
        "Pourquoi la garder un an de plus", 300, required=True,
        hint="Un projet en cours, un litige… La personne peut demander à le lire.",
    )  # fmt: skip


@bp.route("/", methods=["GET", "POST"])
@allow(ADMIN)
def index() -> ResponseReturnValue:
    """GET rehearses the rule, POST changes its two numbers."""
    rule = Retention.current()
    form = RuleForm(obj=rule)
    if form.is_valid_post():
        rule.years, rule.days = form.years.data, form.days.data
        db.session.add(rule)
        db.session.commit()
        flash("La règle est enregistrée.")
        return redirect(url_for(".index"))
    at = now()
    waiting = db.session.scalars(Lapse.waiting().limit(200)).all()
    return render_template(
        "staff/privacy/retention/index.html",
        rule=rule,
        form=form,
        since=cutoff(rule, at),
        page=_rehearsed(rule, at),
        waiting=[(one, key_of(one.person_id, one.email)) for one in waiting],
        leaving_on=lambda one: one.found_at + timedelta(days=rule.days),
        at_once=ASKED_AT_ONCE,
    ), (422 if form.errors else 200)


def _rehearsed(rule: Retention, at: datetime) -> Listing:
    """One page of those who are silent, with what would become of each."""
    since, page = cutoff(rule, at), Listing.asked_page()
    some = silent(since, Listing.SIZE, (page - 1) * Listing.SIZE)
    return Listing(list(fates(rule, some, at)), count_silent(since), page)


@bp.route("/demarrage", methods=["GET", "POST"])
@allow(ADMIN)
def start() -> ResponseReturnValue:
    rule = Retention.current()
    if ask_again():
        count = count_silent(cutoff(rule, now()))
        return render_template(
            "staff/privacy/retention/start.html", rule=rule, count=count, at_once=ASKED_AT_ONCE
        )
    rule.start(current_user)
    db.session.commit()
    flash("La conservation se fait désormais d’elle-même, chaque nuit.")
    return redirect(url_for(".index"))


@bp.post("/arret")
@allow(ADMIN)
def stop() -> ResponseReturnValue:
    Retention.current().stop()
    db.session.commit()
    flash("Plus rien n’est demandé ni effacé tant que vous ne reprenez pas.")
    return redirect(url_for(".index"))


@bp.route("/garde/<key>", methods=["GET", "POST"])
@allow(ADMIN)
def keep(key: str) -> ResponseReturnValue:
    """Keep someone silent a year more, and say why."""
    found = identify(key) or abort(404)
    form = SpareForm()
    if form.is_valid_post():
        spare(*_whom(found), form.why.data, now())
        db.session.commit()
        flash("Cette personne est gardée un an de plus.")
        return redirect(url_for(".index"))
    code = 422 if form.errors else 200
    return render_template("staff/privacy/retention/keep.html", form=form, found=found), code


def _whom(found: Identity) -> tuple[int | None, str]:
    """A card, or the address of who has none."""
    if found.who.people:
        return db.session.get_one(Person, min(found.who.people)).survivor.id, ""
    return None, min(found.who.emails)
