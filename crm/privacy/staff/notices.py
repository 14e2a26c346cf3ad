"""What visitors are told: who publishes, who hosts, whom to ask about one’s data."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from crm.auth import PUBLISH, allow
from crm.db import db
from crm.forms import Form, email, line, text
from crm.privacy.notices import TEXTS, Notice

bp = Blueprint("notices", __name__, url_prefix="/mentions")

_MARKDOWN = "Vous pouvez y mettre des titres, des listes et des liens (Markdown)."


class NoticeForm(Form):
    legal_form = line("Forme juridique", 300,
                      hint="Groupement d’intérêt public, association loi 1901, SIREN…")  # fmt: skip
    publisher = line("Directrice ou directeur de la publication", 200,
                     hint="La personne qui représente le réseau.")  # fmt: skip
    host = text("Hébergeur", 1000, hint="Son nom, son adresse et son téléphone.")
    officer = line("Délégué·e à la protection des données", 200,
                   hint="Son nom, ou celui de sa structure.")  # fmt: skip
    officer_email = email("À qui écrire pour ses données")
    processors = text(
        "Sous-traitants", 2000, hint="Un par ligne\u00a0: l’hébergeur, qui achemine les courriels…"
    )
    legal_more = text("À ajouter aux mentions légales", 10_000, hint=_MARKDOWN)
    privacy_more = text("À ajouter à la page de confidentialité", 10_000, hint=_MARKDOWN)


@bp.route("/", methods=["GET", "POST"])
@allow(PUBLISH)
def edit() -> ResponseReturnValue:
    notice = Notice.current()
    form = NoticeForm(obj=notice)
    if form.is_valid_post():
        for name in TEXTS:
            setattr(notice, name, form[name].data or "")
        db.session.add(notice)
        db.session.commit()
        flash("C’est enregistré, et déjà en ligne.")
        return redirect(url_for(".edit"))
    code = 422 if form.errors else 200
    return render_template("staff/privacy/notices/edit.html", form=form, notice=notice), code
