"""The recipes: what each number of a letter is composed from."""

import pytest
from drafts import draft, layout
from factories import awa, luc, resaclic
from queries import cost

from crm.db import db
from crm.newsletter.issues import Layout, Opens, Order, Publication, RecipeSection

RECIPE = "/gestion/lettres/publications/resaclic"
HUGE = "x" * 100_000
FORM = {
    "title": "Du côté des écoles", "kinds": ["news", "training"], "tags": "écoles, , jeunes ",
    "quota": "4", "order": "deadline", "layout": "lines", "lead_days": "7",
}  # fmt: skip


@pytest.fixture
def client(signed_in):
    return signed_in(awa())


def recipe():
    return [(section.position, section.title) for section in resaclic().recipe]


def test_a_section_is_added_at_the_end(client):
    before = recipe()
    answer = client.post(f"{RECIPE}/rubriques/nouvelle", data=FORM)
    assert answer.location == RECIPE
    assert recipe() == [*before, (len(before) + 1, "Du côté des écoles")]
    made = resaclic().recipe[-1]
    assert (made.kinds, made.tags) == (["news", "training"], ["écoles", "jeunes"])
    assert (made.quota, made.lead_days) == (4, 7)
    assert (made.order, made.layout) == (Order.DEADLINE, Layout.LINES)


def test_a_section_is_changed_for_the_numbers_to_come_only(client):
    issue = draft(news=2)
    before = layout(issue)
    first = resaclic().recipe[0]
    client.post(f"{RECIPE}/rubriques/{first.id}", data=FORM | {"quota": ""})
    assert (first.title, first.quota, first.position) == ("Du côté des écoles", None, 1)
    assert layout(issue) == before


def test_a_section_is_shown_as_it_is_saved(client):
    client.post(f"{RECIPE}/rubriques/nouvelle", data=FORM)
    page = client.get(f"{RECIPE}/rubriques/{resaclic().recipe[-1].id}").text
    assert 'value="écoles, jeunes"' in page
    assert 'value="4"' in page
    assert '<option selected value="deadline">' in page
    assert '<option selected value="lines">' in page
    assert page.count(" checked ") == 2
    for section in resaclic().recipe:
        assert client.get(f"{RECIPE}/rubriques/{section.id}").status_code == 200


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (dict.fromkeys(FORM, ""), "Ce champ est à remplir."),
        ({"title": HUGE}, "120 caractères au plus."),
        ({"kinds": []}, "Cochez au moins un genre de contenu."),
        ({"kinds": ["roman"]}, "Choisissez dans la liste."),
        ({"tags": HUGE}, "300 caractères au plus."),
        ({"quota": "0"}, "Entre 1 et 200."),
        ({"quota": "beaucoup"}, "Écrivez un nombre entier."),
        ({"quota": "9" * 5000}, "Écrivez un nombre entier."),
        ({"lead_days": ""}, "Indiquez 0 ou plus."),
        ({"lead_days": "-1"}, "Entre 0 et 90."),
        ({"lead_days": "9" * 30}, "Entre 0 et 90."),
        ({"order": "hasard"}, "Choisissez dans la liste."),
        ({"layout": "frise"}, "Choisissez dans la liste."),
    ],
)
def test_a_wrong_section_comes_back_as_typed(client, changes, said):
    before = recipe()
    answer = client.post(
        f"{RECIPE}/rubriques/nouvelle", data=FORM | {"title": "<u>Écoles</u>"} | changes
    )
    assert answer.status_code == 422
    assert said in answer.text
    assert "title" in changes or "&lt;u&gt;Écoles&lt;/u&gt;" in answer.text
    assert recipe() == before


def test_sections_move_up_and_down_and_stay_within_the_recipe(client):
    before = [title for _, title in recipe()]
    last = resaclic().recipe[-1]
    client.post(f"{RECIPE}/rubriques/{last.id}/place", data={"sens": "haut"})
    moved = [*before[:-2], before[-1], before[-2]]
    assert recipe() == list(enumerate(moved, 1))
    for _ in range(2):
        client.post(f"{RECIPE}/rubriques/{last.id}/place", data={"sens": "bas"})
    assert recipe() == list(enumerate(before, 1))


def test_a_section_is_removed_after_a_question(client):
    before = recipe()
    last = resaclic().recipe[-1]
    address = f"{RECIPE}/rubriques/{last.id}/suppression"
    assert "Supprimer la rubrique" in client.get(address).text
    assert recipe() == before
    assert client.post(address).location == RECIPE
    assert recipe() == before[:-1]
    assert client.post(address).status_code == 404


def test_the_presentation_is_saved_and_read_on_the_public_page(client, visitor):
    answer = client.post(
        f"{RECIPE}/presentation",
        data={
            "name": "RESA’CLIC",
            "description": "<b>Tout</b>",
            "frequency": "",
            "sender_name": "",
            "opens": "totals",
        },
    )
    assert answer.location == RECIPE
    assert (resaclic().opens, resaclic().counts_clicks) == (Opens.TOTALS, False)
    assert resaclic().description == "<b>Tout</b>"
    assert "&lt;b&gt;Tout&lt;/b&gt;" in visitor.get("/lettres/resaclic/").text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "Ce champ est à remplir."),
        ({"name": HUGE}, "120 caractères au plus."),
        ({"description": HUGE}, "1\u202f000 caractères au plus."),
        ({"frequency": HUGE}, "60 caractères au plus."),
        ({"sender_name": HUGE}, "120 caractères au plus."),
    ],
)
def test_a_wrong_presentation_changes_nothing(client, changes, said):
    typed = {"name": "Autre", "description": "d", "frequency": "f", "opens": "none"}
    answer = client.post(f"{RECIPE}/presentation", data=typed | changes)
    assert answer.status_code == 422
    assert said in answer.text
    assert resaclic().name == "RESA’CLIC"


def test_what_is_not_in_this_letter_is_not_found(client):
    foreign = Publication.named("lettre").recipe[0]
    for number in (foreign.id, 987654):
        for end in ("", "/suppression"):
            assert client.get(f"{RECIPE}/rubriques/{number}{end}").status_code == 404
        for end in ("", "/suppression", "/place"):
            answer = client.post(f"{RECIPE}/rubriques/{number}{end}", data=FORM)
            assert answer.status_code == 404
    assert db.session.get(RecipeSection, foreign.id).title == "Dossier"
    assert client.get("/gestion/lettres/publications/inconnue").status_code == 404


def test_who_only_reads_sees_the_recipe_and_no_button(signed_in):
    page = signed_in(luc()).get(RECIPE).text
    assert "Du côté des collectivités" in page
    assert "Ajouter une rubrique" not in page
    assert "Monter" not in page


def test_the_recipe_costs_the_same_for_many_rows(client):
    few = cost(client, RECIPE)
    publication = resaclic()
    for position in range(40):
        publication.recipe.append(RecipeSection(title="Encore", position=position + 20))
    db.session.commit()
    assert cost(client, RECIPE) == few
