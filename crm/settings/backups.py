"""« Sauvegardes »: those there are, what their check found, and « sauvegarder maintenant »."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from crm.acts import Did, record_mine
from crm.auth import ADMIN, allow
from crm.config import Settings
from crm.db import db, now
from crm.jobs import enqueue
from crm.keeping.backups import LATE, Backup, Why
from crm.keeping.nightly import keep_backups

bp = Blueprint("backups", __name__, url_prefix="/sauvegardes")

SHOWN = 60


@bp.get("/")
@allow(ADMIN)
def index() -> ResponseReturnValue:
    backups = db.session.scalars(Backup.newest().limit(SHOWN)).all()
    good = Backup.last_good()
    return render_template(
        "staff/settings/backups/index.html",
        backups=backups,
        good=good,
        is_late=good is None or good.made_at is None or good.made_at < now() - LATE,
        is_going_on=any(backup.is_going_on for backup in backups),
        folder=Settings.current().backup_folder,
        keep=Settings.current().backup_keep,
    )


@bp.post("/")
@allow(ADMIN)
def create() -> ResponseReturnValue:
    """Ask for one; a second click while it waits asks for nothing more."""
    if db.session.scalar(Backup.waiting().limit(1)) is None:
        db.session.add(Backup(why=Why.ASKED))
        record_mine(Did.BACKED_UP)
        db.session.commit()
        enqueue(keep_backups)
    flash("La sauvegarde commence. Vous pouvez continuer à travailler.")
    return redirect(url_for(".index"))
