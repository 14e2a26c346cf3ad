"""Everything that was sent, on the web, for ever, at a stable address."""

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from crm.config import Settings
from crm.db import db
from crm.newsletter import archive
from crm.newsletter.content import Content
from crm.newsletter.issues import Issue, Publication
from crm.newsletter.items import Picture
from crm.newsletter.render import web
from crm.newsletter.variants import public
from crm.text import one_line

bp = Blueprint("archive", __name__)

FOR_A_YEAR = "public, max-age=31536000, immutable"
IN_A_FEED = 20


@bp.get("/")
def index() -> ResponseReturnValue:
    publications = db.session.scalars(Publication.open()).all()
    letters = [(p, db.session.scalars(Issue.published(p).limit(3)).all()) for p in publications]
    return render_template("public/newsletter/archive/index.html", letters=letters)


@bp.get("/recherche")
def search() -> ResponseReturnValue:
    words = one_line(request.args.get("q"))[:200]
    publication = Publication.find(request.args.get("lettre", ""))
    return render_template(
        "public/newsletter/archive/search.html",
        words=words,
        publication=publication,
        found=archive.search(words, publication),
        most=archive.MOST,
    )


@bp.get("/<slug>/")
def publication(slug: str) -> ResponseReturnValue:
    found = _publication(slug)
    page = db.paginate(Issue.published(found), per_page=50)
    return render_template(
        "public/newsletter/archive/publication.html", publication=found, page=page
    )


@bp.get("/<slug>/<int:number>")
def show(slug: str, number: int) -> ResponseReturnValue:
    issue = Issue.find(slug, number)
    if issue is None or not issue.is_public:
        abort(404)
    return render_template(
        "public/newsletter/archive/show.html", issue=issue, letter=web(public(Content.of(issue)))
    )


@bp.get("/<slug>/flux.xml")
def feed(slug: str) -> Response:
    found = _publication(slug)
    issues = db.session.scalars(Issue.published(found).limit(IN_A_FEED)).all()
    xml = render_template(
        "public/newsletter/archive/feed.xml",
        publication=found,
        issues=[(issue, public(Content.of(issue))) for issue in issues],
        base_url=Settings.current().base_url,
    )
    return Response(xml, mimetype="application/atom+xml")


@bp.get("/images/<filename>")
def picture(filename: str) -> Response:
    found = Picture.named(filename)
    if found is None:
        abort(404)
    return Response(
        found.content,
        mimetype=found.media_type,
        # Webmails fetch pictures from their own site.
        headers={"Cache-Control": FOR_A_YEAR, "Cross-Origin-Resource-Policy": "cross-origin"},
    )


def _publication(slug: str) -> Publication:
    return Publication.find(slug) or abort(404)
