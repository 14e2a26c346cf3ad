"""The two letters an empty network starts with, and their recipes."""

from crm.newsletter.issues import Layout, Order, Publication, RecipeSection
from crm.newsletter.items import Kind


def publications() -> list[Publication]:
    """RESA'CLIC, sent by mail each month, and La Lettre, printed and posted since 1995."""
    return [
        Publication(
            slug="resaclic",
            name="RESA’CLIC",
            description="La lettre électronique du réseau\u00a0: actualités, financements, agenda, "
            "ressources et offres d’emploi.",
            frequency="chaque mois",
            recipe=_numbered(_resaclic()),
        ),
        Publication(
            slug="lettre",
            name="La Lettre",
            description="La lettre imprimée du réseau, en huit pages, depuis juin 1995.",
            frequency="trois fois par an",
            recipe=_numbered(_lettre()),
        ),
    ]


def _resaclic() -> list[RecipeSection]:
    news, lines = [Kind.NEWS.value], Layout.LINES
    return [
        _section("À la une", news, quota=1, layout=Layout.FEATURE),
        _section("Du côté du réseau", news, tags=["réseau", "resacoop"], quota=3),
        _section("Du côté des collectivités", news, tags=["collectivités"], quota=3),
        _section("Actualités de la région", news, quota=6),
        _section("Financements", [Kind.FUNDING.value], order=Order.DEADLINE, lead_days=3,
                 layout=lines),
        _section("Agenda", [Kind.EVENT.value], order=Order.DEADLINE, quota=12, layout=lines),
        _section("Formations", [Kind.TRAINING.value], order=Order.DEADLINE, layout=lines),
        _section("Ressources", [Kind.RESOURCE.value], quota=3),
        _section("Offres d’emploi", [Kind.JOB.value], order=Order.DEADLINE, lead_days=1,
                 layout=lines),
    ]  # fmt: skip


def _lettre() -> list[RecipeSection]:
    return [
        _section("Dossier", [Kind.NEWS.value], quota=1, layout=Layout.FEATURE),
        _section("Du côté des collectivités", [Kind.NEWS.value], tags=["collectivités"], quota=3),
        _section("Vie du réseau", [Kind.NEWS.value], quota=8),
        _section("Ressources", [Kind.RESOURCE.value], quota=4),
        _section("Financements", [Kind.FUNDING.value], order=Order.DEADLINE, quota=8, lead_days=30,
                 layout=Layout.LINES),
        _section("À vos agendas", [Kind.EVENT.value, Kind.TRAINING.value], order=Order.DEADLINE,
                 quota=8, lead_days=14, layout=Layout.LINES),
    ]  # fmt: skip


def _section(
    title: str,
    kinds: list[str],
    *,
    tags: list[str] | None = None,
    quota: int | None = None,
    order: Order = Order.NEWEST,
    layout: Layout = Layout.CARDS,
    lead_days: int = 0,
) -> RecipeSection:
    return RecipeSection(
        title=title, kinds=kinds, tags=tags or [], quota=quota, order=order, layout=layout,
        lead_days=lead_days,
    )  # fmt: skip


def _numbered(sections: list[RecipeSection]) -> list[RecipeSection]:
    for position, section in enumerate(sections, 1):
        section.position = position
    return sections
