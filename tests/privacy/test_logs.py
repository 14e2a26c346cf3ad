"""What processes write about themselves names nobody, even when something breaks."""

import planted
import pytest
from factories import subscriber

from crm.db import db
from crm.jobs import _run, job
from crm.logs import Formatter, without_people


def written(caplog):
    return "\n".join(Formatter().format(record) for record in caplog.records)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("refus de chloe.martin@example.org : 550", "refus de …@… : 550"),
        ("GET /x?q=chloe%40example.org", "GET /x?q=…@…"),
        ("DETAIL:  Key (email)=(Chloé) already exists.", "DETAIL: …"),
        ("Exception on /demandes/AYd3kQ9xT2mZ7pLwE5vB8nRc [GET]", "Exception on /demandes/… [GET]"),
        ("tâche crm.mail.send_mails interrompue", "tâche crm.mail.send_mails interrompue"),
        ('File "/srv/site-packages/sqlalchemy/orm/session.py"',
         'File "/srv/site-packages/sqlalchemy/orm/session.py"'),
    ],
)  # fmt: skip
def test_what_people_are_told_apart_by_is_left_out(said, kept):
    assert without_people(said) == kept


def test_a_row_that_the_database_refuses_says_nothing_of_itself(app, caplog):
    subscriber("chloe@example.org", last_name=planted.LAST)
    db.session.commit()

    @job
    def twice():
        subscriber("chloe@example.org", last_name=planted.LAST)

    _run(f"{twice.__module__}.twice", [])
    assert "twice" in written(caplog)
    assert "IntegrityError" in written(caplog)
    assert "chloe" not in written(caplog)
    assert planted.LAST not in written(caplog)


def test_a_page_that_breaks_says_neither_its_link_nor_what_was_typed(app, visitor, caplog):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    url = "/lettres/preferences/AYd3kQ9xT2mZ7pLwE5vB8nRc"
    broken = app.view_functions["public.newsletter.preferences.edit"]
    app.view_functions["public.newsletter.preferences.edit"] = lambda token: 1 / 0
    try:
        assert visitor.post(url, data={"email": planted.EMAIL}).status_code == 500
    finally:
        app.view_functions["public.newsletter.preferences.edit"] = broken
        app.config["PROPAGATE_EXCEPTIONS"] = None
    assert "ZeroDivisionError" in written(caplog)
    assert "AYd3kQ9xT2mZ7pLwE5vB8nRc" not in written(caplog)
    assert planted.leaks({"logs": written(caplog)}) == []
