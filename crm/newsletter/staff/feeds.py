"""The sources: the addresses of the website that are read again and again."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Field, validators

from crm.auth import PUBLISH, READ, allow
from crm.db import db, now
from crm.forms import Form, choice, line
from crm.jobs import enqueue
from crm.newsletter.feeds.fetch import fetch_one
from crm.newsletter.feeds.reach import Unreachable
from crm.newsletter.feeds.web import check_address
from crm.newsletter.items import Feed, Kind

bp = Blueprint("feeds", __name__, url_prefix="/sources")


class ReadableAddress:
    """Refuses what is no address of a site, and keeps it as it will be asked for."""

    def __call__(self, _form: Form, field: Field) -> None:
        try:
            field.data = check_address(field.data or "")
        except Unreachable as error:
            raise validators.ValidationError(str(error)) from error


class FeedForm(Form):
    url = line("Adresse du flux", 2000, required=True, validators=[ReadableAddress()],
               hint="RSS, Atom, JSON Feed, ou WordPress (/wp-json/wp/v2/posts).")  # fmt: skip
    title = line("Nom de la source", 200)
    kind = choice("Ce qu’elle publie", [(kind.value, kind.plural) for kind in Kind])


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    feeds = db.session.scalars(Feed.all()).all()
    return render_template("staff/newsletter/feeds/index.html", feeds=feeds)


@bp.route("/nouvelle", methods=["GET", "POST"])
@allow(PUBLISH)
def new() -> ResponseReturnValue:
    return _edit(Feed(), "new")


@bp.route("/<int:feed_id>", methods=["GET", "POST"])
@allow(PUBLISH)
def edit(feed_id: int) -> ResponseReturnValue:
    return _edit(db.get_or_404(Feed, feed_id), "edit")


def _edit(feed: Feed, page: str) -> ResponseReturnValue:
    form = FeedForm(obj=feed, data={"kind": feed.kind.value} if feed.kind else None)
    if form.is_valid_post() and _is_new_address(form, feed):
        if feed.url != form.url.data:
            feed.etag = feed.last_modified = ""
        feed.url, feed.title, feed.kind = form.url.data, form.title.data or "", Kind(form.kind.data)
        db.session.add(feed)
        db.session.commit()
        enqueue(fetch_one, feed.id)
        flash("La source est enregistrée ; elle est relue dans un instant.")
        return redirect(url_for(".show", feed_id=feed.id))
    code = 422 if form.errors else 200
    return render_template(f"staff/newsletter/feeds/{page}.html", form=form, feed=feed), code


def _is_new_address(form: FeedForm, feed: Feed) -> bool:
    other = Feed.find(form.url.data)
    if other is not None and other.id != feed.id:
        form.url.errors = [f"Cette adresse est déjà suivie : « {other.name} »."]
    return not form.errors


@bp.get("/<int:feed_id>/etat")
@allow(READ)
def show(feed_id: int) -> ResponseReturnValue:
    feed = db.get_or_404(Feed, feed_id)
    page = db.paginate(feed.latest_items(), per_page=20)
    return render_template("staff/newsletter/feeds/show.html", feed=feed, page=page)


@bp.post("/<int:feed_id>/releve")
@allow(PUBLISH)
def refresh(feed_id: int) -> ResponseReturnValue:
    """Read the source again now; a worker does it, so that a slow site keeps nobody waiting."""
    feed = db.get_or_404(Feed, feed_id)
    enqueue(fetch_one, feed.id)
    flash("La source est relue ; rechargez cette page dans un instant.")
    return redirect(url_for(".show", feed_id=feed.id))


@bp.post("/<int:feed_id>/pause")
@allow(PUBLISH)
def pause(feed_id: int) -> ResponseReturnValue:
    feed = db.get_or_404(Feed, feed_id)
    feed.paused_at = (feed.paused_at or now()) if request.form.get("pause") == "1" else None
    db.session.commit()
    flash("La source est en pause." if feed.paused_at else "La source est de nouveau suivie.")
    return redirect(url_for(".show", feed_id=feed.id))


@bp.route("/<int:feed_id>/suppression", methods=["GET", "POST"])
@allow(PUBLISH)
def delete(feed_id: int) -> ResponseReturnValue:
    feed = db.get_or_404(Feed, feed_id)
    if request.method == "POST":
        db.session.delete(feed)
        db.session.commit()
        flash("La source est supprimée ; ses contenus restent.")
        return redirect(url_for(".index"))
    return render_template("staff/newsletter/feeds/delete.html", feed=feed)
