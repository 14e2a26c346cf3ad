"""Who may ask for what: every staff address, each role, written down once."""

import factories
import pytest

READ, WORK, PUBLISH, ADMIN = "lecture", "charge_de_mission", "communication", "admin"
# The least role for each address; those further right in this list may as well.
ORDER = [READ, WORK, PUBLISH, ADMIN]
PEOPLE = {READ: "luc", WORK: "benoit", PUBLISH: "awa", ADMIN: "nadia"}
LETTERS = "staff.newsletter"
CONTACTS = "staff.contacts"
REQUESTS = "staff.requests"
EVENTS = "staff.events"

LEAST = {
    "staff.dashboard.index": READ,
    "staff.settings.identity.edit": PUBLISH,
    "staff.settings.courtesy.edit": PUBLISH,
    "staff.settings.courtesy.trial": PUBLISH,
    "staff.settings.accounts.index": ADMIN,
    "staff.settings.accounts.new": ADMIN,
    "staff.settings.accounts.edit": ADMIN,
    "staff.settings.accounts.policy": ADMIN,
    "staff.settings.accounts.invite": ADMIN,
    "staff.settings.accounts.unlock": ADMIN,
    "staff.settings.accounts.disconnect": ADMIN,
    "staff.settings.acts.index": ADMIN,
    "staff.settings.acts.table": ADMIN,
    "staff.accounts.me.show": READ,
    "staff.accounts.me.edit": READ,
    "staff.accounts.password.edit": READ,
    "staff.accounts.factor.show": READ,
    "staff.accounts.factor.create": READ,
    "staff.accounts.factor.new": READ,
    "staff.accounts.factor.drawing": READ,
    "staff.accounts.factor.delete": READ,
    "staff.accounts.recovery.new": READ,
    "staff.accounts.sessions.delete": READ,
    "staff.accounts.sessions.clear": READ,
    "staff.accounts.confirmation.new": READ,
    "staff.settings.backups.index": ADMIN,
    "staff.settings.backups.create": ADMIN,
    "staff.settings.checkup.show": ADMIN,
    "staff.settings.hold.edit": PUBLISH,
    "staff.privacy.people.index": ADMIN,
    "staff.privacy.people.show": ADMIN,
    "staff.privacy.people.file": ADMIN,
    "staff.privacy.people.erase": ADMIN,
    "staff.privacy.retention.index": ADMIN,
    "staff.privacy.retention.start": ADMIN,
    "staff.privacy.retention.stop": ADMIN,
    "staff.privacy.retention.keep": ADMIN,
    "staff.privacy.consents.index": PUBLISH,
    "staff.privacy.consents.table": PUBLISH,
    "staff.privacy.register.show": PUBLISH,
    "staff.privacy.register.pdf": PUBLISH,
    "staff.privacy.notices.edit": PUBLISH,
    "staff.settings.mails.index": WORK,
    "staff.settings.mails.show": WORK,
    "staff.settings.mails.html": WORK,
    "staff.contacts.search.index": READ,
    "staff.contacts.search.suggestions": READ,
    "staff.contacts.segments.index": READ,
    "staff.contacts.segments.show": READ,
    "staff.contacts.segments.new": WORK,
    "staff.contacts.segments.delete": WORK,
    "staff.contacts.imports.index": READ,
    "staff.contacts.imports.show": READ,
    "staff.contacts.imports.progress": READ,
    "staff.contacts.imports.create": WORK,
    "staff.contacts.imports.understand": WORK,
    "staff.contacts.imports.decide": WORK,
    "staff.contacts.imports.apply": WORK,
    "staff.contacts.imports.cancel": WORK,
    "staff.contacts.imports.delete": WORK,
    "staff.contacts.pairs.index": READ,
    "staff.contacts.pairs.look": WORK,
    "staff.contacts.pairs.dismiss": WORK,
    "staff.contacts.merges.index": READ,
    "staff.contacts.merges.new": WORK,
    "staff.contacts.merges.undo": WORK,
    "staff.contacts.exports.new": WORK,
    "staff.contacts.exports.create": WORK,
    f"{LETTERS}.issues.index": READ,
    f"{LETTERS}.issues.create": PUBLISH,
    f"{LETTERS}.issues.show": READ,
    f"{LETTERS}.issues.update": PUBLISH,
    f"{LETTERS}.issues.delete": PUBLISH,
    f"{LETTERS}.issues.bring": PUBLISH,
    f"{LETTERS}.placements.create": PUBLISH,
    f"{LETTERS}.placements.add": PUBLISH,
    f"{LETTERS}.placements.edit": PUBLISH,
    f"{LETTERS}.placements.move": PUBLISH,
    f"{LETTERS}.placements.delete": PUBLISH,
    f"{LETTERS}.asides.create": PUBLISH,
    f"{LETTERS}.asides.delete": PUBLISH,
    f"{LETTERS}.gestures.undo": PUBLISH,
    f"{LETTERS}.gestures.redo": PUBLISH,
    f"{LETTERS}.gestures.presences": READ,
    f"{LETTERS}.sections.new": PUBLISH,
    f"{LETTERS}.sections.edit": PUBLISH,
    f"{LETTERS}.sections.move": PUBLISH,
    f"{LETTERS}.sections.delete": PUBLISH,
    f"{LETTERS}.preview.show": READ,
    f"{LETTERS}.preview.choose": READ,
    f"{LETTERS}.preview.live": READ,
    f"{LETTERS}.preview.html": READ,
    f"{LETTERS}.preview.text": READ,
    f"{LETTERS}.figures.show": READ,
    f"{LETTERS}.health.show": PUBLISH,
    f"{LETTERS}.copies.create": PUBLISH,
    f"{LETTERS}.publications.new": PUBLISH,
    f"{LETTERS}.propositions.index": READ,
    f"{LETTERS}.propositions.show": READ,
    f"{LETTERS}.propositions.create": PUBLISH,
    f"{LETTERS}.propositions.recognised": PUBLISH,
    f"{LETTERS}.propositions.delete": PUBLISH,
    f"{LETTERS}.propositions.sort": PUBLISH,
    f"{LETTERS}.checks.show": READ,
    f"{LETTERS}.checks.progress": READ,
    f"{LETTERS}.checks.create": PUBLISH,
    f"{LETTERS}.checks.update": PUBLISH,
    f"{LETTERS}.checks.typography": PUBLISH,
    f"{LETTERS}.variants.index": READ,
    f"{LETTERS}.variants.html": READ,
    f"{LETTERS}.variants.text": READ,
    f"{LETTERS}.variants.section": PUBLISH,
    f"{LETTERS}.variants.placement": PUBLISH,
    f"{LETTERS}.variants.recipe": PUBLISH,
    f"{LETTERS}.reviews.show": READ,
    f"{LETTERS}.reviews.create": PUBLISH,
    f"{LETTERS}.reviews.decide": WORK,
    f"{LETTERS}.lateness.create": PUBLISH,
    f"{LETTERS}.sending.trial": PUBLISH,
    f"{LETTERS}.sending.new": PUBLISH,
    f"{LETTERS}.sending.delete": PUBLISH,
    f"{LETTERS}.sending.pause": PUBLISH,
    f"{LETTERS}.sending.stop": PUBLISH,
    f"{LETTERS}.sending.again": PUBLISH,
    f"{LETTERS}.sending.show": READ,
    f"{LETTERS}.sending.progress": READ,
    f"{LETTERS}.items.index": READ,
    f"{LETTERS}.items.new": PUBLISH,
    f"{LETTERS}.items.edit": PUBLISH,
    f"{LETTERS}.items.delete": PUBLISH,
    f"{LETTERS}.feeds.index": READ,
    f"{LETTERS}.feeds.show": READ,
    f"{LETTERS}.feeds.new": PUBLISH,
    f"{LETTERS}.feeds.edit": PUBLISH,
    f"{LETTERS}.feeds.delete": PUBLISH,
    f"{LETTERS}.feeds.refresh": PUBLISH,
    f"{LETTERS}.feeds.pause": PUBLISH,
    f"{LETTERS}.subscribers.index": READ,
    f"{LETTERS}.subscribers.show": READ,
    f"{LETTERS}.subscribers.new": WORK,
    f"{LETTERS}.subscribers.leave": WORK,
    f"{LETTERS}.subscribers.revive": WORK,
    f"{LETTERS}.subscribers.erase": WORK,
    f"{LETTERS}.subscribers.snippet": READ,
    f"{LETTERS}.publications.show": READ,
    f"{LETTERS}.publications.edit": PUBLISH,
    f"{LETTERS}.publications.new_section": PUBLISH,
    f"{LETTERS}.publications.edit_section": PUBLISH,
    f"{LETTERS}.publications.move_section": PUBLISH,
    f"{LETTERS}.publications.delete_section": PUBLISH,
    f"{REQUESTS}.queue.index": READ,
    f"{REQUESTS}.suspects.index": READ,
    f"{REQUESTS}.suspects.sort": WORK,
    f"{REQUESTS}.card.show": READ,
    f"{REQUESTS}.card.new": WORK,
    f"{REQUESTS}.card.edit": WORK,
    f"{REQUESTS}.card.presence": READ,
    f"{REQUESTS}.messages.create": WORK,
    f"{REQUESTS}.messages.file": READ,
    f"{REQUESTS}.moves.assign": WORK,
    f"{REQUESTS}.moves.move": WORK,
    f"{REQUESTS}.moves.close": WORK,
    f"{REQUESTS}.moves.reopen": WORK,
    f"{REQUESTS}.moves.spend": WORK,
    f"{REQUESTS}.moves.renew": WORK,
    f"{REQUESTS}.ties.person": WORK,
    f"{REQUESTS}.ties.organisation": WORK,
    f"{REQUESTS}.models.index": READ,
    f"{REQUESTS}.models.new": WORK,
    f"{REQUESTS}.models.edit": WORK,
    f"{REQUESTS}.models.close": WORK,
    f"{REQUESTS}.models.fill": WORK,
    f"{REQUESTS}.frame.show": READ,
    f"{CONTACTS}.organisations.show": READ,
    f"{CONTACTS}.organisations.new": WORK,
    f"{CONTACTS}.organisations.edit": WORK,
    f"{CONTACTS}.organisations.archive": WORK,
    f"{CONTACTS}.organisations.restore": WORK,
    f"{CONTACTS}.people.show": READ,
    f"{CONTACTS}.people.new": WORK,
    f"{CONTACTS}.people.edit": WORK,
    f"{CONTACTS}.people.archive": WORK,
    f"{CONTACTS}.people.restore": WORK,
    f"{CONTACTS}.roles.new": WORK,
    f"{CONTACTS}.roles.edit": WORK,
    f"{CONTACTS}.roles.end": WORK,
    f"{CONTACTS}.roles.move": WORK,
    f"{CONTACTS}.entries.new": WORK,
    f"{CONTACTS}.entries.file": READ,
    f"{CONTACTS}.entries.edit": WORK,
    f"{CONTACTS}.entries.delete": WORK,
    f"{CONTACTS}.terms.index": ADMIN,
    f"{CONTACTS}.terms.create": ADMIN,
    f"{CONTACTS}.terms.edit": ADMIN,
    f"{CONTACTS}.terms.merge": ADMIN,
    f"{CONTACTS}.terms.close": ADMIN,
    f"{CONTACTS}.terms.reopen": ADMIN,
    f"{CONTACTS}.terms.move": ADMIN,
    f"{REQUESTS}.meetings.index": READ,
    f"{REQUESTS}.meetings.create": WORK,
    f"{REQUESTS}.meetings.decide": WORK,
    f"{REQUESTS}.meetings.update": WORK,
    f"{REQUESTS}.meetings.close": WORK,
    f"{REQUESTS}.meetings.delete": WORK,
    f"{REQUESTS}.minutes.index": READ,
    f"{REQUESTS}.minutes.show": READ,
    f"{REQUESTS}.minutes.pdf": READ,
    f"{REQUESTS}.rules.edit": WORK,
    f"{REQUESTS}.slots.index": READ,
    f"{REQUESTS}.slots.new": WORK,
    f"{REQUESTS}.slots.delete": WORK,
    f"{REQUESTS}.hours.new": WORK,
    f"{REQUESTS}.hours.delete": WORK,
    f"{REQUESTS}.absences.new": WORK,
    f"{REQUESTS}.absences.delete": WORK,
    f"{REQUESTS}.appointments.edit": WORK,
    f"{REQUESTS}.appointments.offer": WORK,
    f"{REQUESTS}.appointments.delete": WORK,
    f"{REQUESTS}.answers.index": READ,
    f"{REQUESTS}.answers.new": WORK,
    f"{REQUESTS}.answers.create": WORK,
    f"{REQUESTS}.answers.worker": WORK,
    f"{REQUESTS}.answers.edit": WORK,
    f"{REQUESTS}.answers.delete": WORK,
    f"{REQUESTS}.answers.become": WORK,
    f"{REQUESTS}.figures.index": READ,
    f"{REQUESTS}.figures.show": READ,
    f"{REQUESTS}.figures.table": READ,
    f"{REQUESTS}.figures.rows": WORK,
    f"{EVENTS}.programme.index": READ,
    f"{EVENTS}.card.show": READ,
    f"{EVENTS}.card.new": WORK,
    f"{EVENTS}.card.edit": WORK,
    f"{EVENTS}.card.duplicate": WORK,
    f"{EVENTS}.moves.publish": WORK,
    f"{EVENTS}.moves.cancel": WORK,
    f"{EVENTS}.moves.restore": WORK,
    f"{EVENTS}.documents.create": WORK,
    f"{EVENTS}.documents.show": READ,
    f"{EVENTS}.documents.delete": WORK,
    f"{EVENTS}.registrations.index": READ,
    f"{EVENTS}.registrations.export": WORK,
    f"{EVENTS}.registrations.new": WORK,
    f"{EVENTS}.registrations.group": WORK,
    f"{EVENTS}.registrations.edit": WORK,
    f"{EVENTS}.gestures.create": WORK,
    f"{EVENTS}.series.index": READ,
    f"{EVENTS}.series.edit": WORK,
    f"{EVENTS}.widget.show": READ,
    f"{EVENTS}.checkin.show": WORK,
    f"{EVENTS}.checkin.state": WORK,
    f"{EVENTS}.checkin.create": WORK,
    f"{EVENTS}.checkin.close": WORK,
    f"{EVENTS}.checkin.worker": WORK,
    f"{EVENTS}.checkin.pdf": READ,
    f"{EVENTS}.checkin.ticket": WORK,
    f"{EVENTS}.attendance.show": READ,
    f"{EVENTS}.attendance.create": WORK,
    f"{EVENTS}.attendance.count": WORK,
    f"{EVENTS}.attendance.edit": WORK,
    f"{EVENTS}.attendance.delete": WORK,
    f"{EVENTS}.headcounts.index": READ,
    f"{EVENTS}.thanks.edit": READ,
    f"{EVENTS}.thanks.update": WORK,
    f"{EVENTS}.certificates.index": READ,
    f"{EVENTS}.certificates.every": WORK,
    f"{EVENTS}.certificates.pdf": WORK,
    f"{EVENTS}.certificates.withdraw": WORK,
    f"{EVENTS}.satisfaction.show": READ,
    f"{EVENTS}.satisfaction.rows": READ,
    f"{EVENTS}.figures.index": READ,
    f"{EVENTS}.figures.show": READ,
    f"{EVENTS}.figures.people": READ,
    f"{EVENTS}.figures.edit": PUBLISH,
    f"{EVENTS}.figures.table": READ,
    f"{EVENTS}.figures.totals": READ,
    f"{EVENTS}.figures.rows": READ,
    f"{EVENTS}.figures.people_file": WORK,
    f"{EVENTS}.figures.pdf": READ,
    f"{EVENTS}.past.index": READ,
    f"{EVENTS}.past.create": WORK,
    f"{EVENTS}.past.show": WORK,
    f"{EVENTS}.past.update": WORK,
    f"{EVENTS}.past.delete": WORK,
}


def staff_rules(app):
    """Every staff address with its methods, its parameters filled with values of their type."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/gestion"):
            continue
        values = dict.fromkeys(rule.arguments, 987654 if "int:" in rule.rule else "x")
        values |= {"slug": "resaclic"} if "slug" in rule.arguments else {}
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield rule.endpoint, method, adapter.build(rule.endpoint, values, method)


def test_the_table_names_every_staff_address(app):
    assert {endpoint for endpoint, _, _ in staff_rules(app)} == set(LEAST)


def test_a_visitor_is_kept_out_of_every_staff_address(app, visitor):
    for endpoint, method, url in staff_rules(app):
        answer = visitor.open(url, method=method)
        if method == "GET":
            assert answer.status_code == 302, endpoint
            assert answer.location.startswith("/connexion?suite="), endpoint
        else:
            assert answer.status_code == 401, endpoint
        assert "Set-Cookie" not in answer.headers, endpoint


@pytest.mark.parametrize("role", ORDER)
def test_each_role_gets_what_the_table_says(app, signed_in, role):
    client = signed_in(getattr(factories, PEOPLE[role])())
    for endpoint, method, url in staff_rules(app):
        answer = client.open(url, method=method)
        is_in = ORDER.index(role) >= ORDER.index(LEAST[endpoint])
        assert (answer.status_code != 403) == is_in, (endpoint, method, answer.status_code)


def test_a_closed_account_is_out_at_once(app, signed_in):
    awa = factories.awa()
    client = signed_in(awa)
    assert client.get("/gestion/").status_code == 200
    awa.disabled_at = factories.now()
    assert client.get("/gestion/").status_code == 302


def test_what_is_not_named_is_closed(app, signed_in):
    """A staff view that names no role is open to nobody, not even the administrator."""
    from crm import auth

    with app.test_request_context("/gestion/"):
        app.view_functions["staff.unnamed"] = lambda: "secret"
        assert auth.roles_of("staff.unnamed") == frozenset()
        del app.view_functions["staff.unnamed"]
