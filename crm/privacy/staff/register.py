"""The register of processing, as a page and as a file."""

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from crm.auth import PUBLISH, allow
from crm.filters import today
from crm.privacy import register
from crm.privacy.notices import Notice

bp = Blueprint("register", __name__, url_prefix="/registre")


@bp.get("/")
@allow(PUBLISH)
def show() -> ResponseReturnValue:
    return render_template(
        "staff/privacy/register/show.html", lines=register.lines(), notice=Notice.current(),
        measures=register.MEASURES, transfers=register.TRANSFERS,
    )  # fmt: skip


@bp.get("/registre.pdf")
@allow(PUBLISH)
def pdf() -> Response:
    name = f"registre-des-traitements-{today().isoformat()}.pdf"
    return Response(
        register.as_pdf(),
        mimetype="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
