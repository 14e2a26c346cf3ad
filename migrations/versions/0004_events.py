"""Events: programme, registrations, attendance."""

import sqlalchemy as sa
from alembic import op

import crm.db

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _programme()
    _afterwards()


def downgrade() -> None:
    for table in reversed((*PROGRAMME, *AFTERWARDS)):
        op.drop_table(table)


PROGRAMME = (
    "event_series",
    "events",
    "event_documents",
    "event_sessions",
    "event_steps",
    "event_themes",
    "partnerships",
    "registrations",
)

# What figures walk: the indexes of those who came, by what they count.
COUNTED = (
    ("people", ["person_id", "event_id"], "person_id IS NOT NULL"),
    ("addresses", ["email", "event_id"], "coalesce(person_id, 0) = 0 AND email <> ''"),
    ("cards", ["organisation_id", "event_id"], "organisation_id IS NOT NULL"),
    ("names", ["organisation_name", "event_id"], "coalesce(organisation_id, 0) = 0"),
    ("nameless", ["event_id", "seats"], "(seats > 1 OR (person_id IS NULL AND email = ''))"),
)


def _programme() -> None:
    """Events, who organises them, and who registers."""
    op.create_table(
        "event_series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", crm.db.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_series")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "meeting",
                "training",
                "webinar",
                "workshop",
                "briefing",
                "committee",
                "forum",
                "talk",
                "other",
                name="eventkind",
                native_enum=False,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("mission_id", sa.Integer(), nullable=True),
        sa.Column("project", sa.String(length=300), nullable=False),
        sa.Column("audience", sa.String(length=500), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("is_online", sa.Boolean(), nullable=False),
        sa.Column("online_url", sa.String(length=1000), nullable=False),
        sa.Column("venue", sa.String(length=200), nullable=False),
        sa.Column("street", sa.String(length=300), nullable=False),
        sa.Column("postcode", sa.String(length=10), nullable=False),
        sa.Column("commune", sa.String(length=120), nullable=False),
        sa.Column("department", sa.String(length=3), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("ends_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("takes_registrations", sa.Boolean(), nullable=False),
        sa.Column("registration_url", sa.String(length=1000), nullable=False),
        sa.Column("opens_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("closes_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("most_together", sa.Integer(), nullable=False),
        sa.Column("offer_hours", sa.Integer(), nullable=False),
        sa.Column("questions", crm.db.Json(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("last_rank", sa.Integer(), nullable=False),
        sa.Column("replay_url", sa.String(length=1000), nullable=False),
        sa.Column("head_count", sa.Integer(), nullable=True),
        sa.Column(
            "head_count_kind",
            sa.Enum(
                "counted", "declared", "estimated", name="countkind", native_enum=False, length=30
            ),
            nullable=True,
        ),
        sa.Column("came", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=120), nullable=False),
        sa.Column("typed", crm.db.Json(), nullable=False),
        sa.Column("import_key", sa.String(length=64), nullable=True),
        sa.Column("created_at", crm.db.Moment(timezone=True), nullable=False),
        sa.Column("updated_at", crm.db.Moment(timezone=True), nullable=False),
        sa.Column("published_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("cancelled_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("cancelled_why", sa.String(length=500), nullable=False),
        sa.Column("news", sa.String(length=1000), nullable=False),
        sa.CheckConstraint(
            "(head_count IS NULL) = (head_count_kind IS NULL)", name=op.f("ck_events_count_kind")
        ),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_events_capacity")),
        sa.CheckConstraint("head_count >= 0", name=op.f("ck_events_head_count")),
        sa.CheckConstraint("taken >= 0 AND waiting >= 0", name=op.f("ck_events_places")),
        sa.ForeignKeyConstraint(
            ["mission_id"], ["terms.id"], name=op.f("fk_events_mission_id_terms")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["users.id"], name=op.f("fk_events_officer_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["series_id"],
            ["event_series.id"],
            name=op.f("fk_events_series_id_event_series"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("import_key", name=op.f("uq_events_import_key")),
        sa.UniqueConstraint("slug", name=op.f("uq_events_slug")),
        sa.UniqueConstraint("uid", name=op.f("uq_events_uid")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_events_department"), ["department"], unique=False)
        batch_op.create_index(batch_op.f("ix_events_ends_at"), ["ends_at"], unique=False)
        batch_op.create_index("ix_events_first_day", ["first_day", "id"], unique=False)
        batch_op.create_index(
            "ix_events_mission_id_first_day", ["mission_id", "first_day"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_events_officer_id"), ["officer_id"], unique=False)
        batch_op.create_index(
            "ix_events_programme",
            ["first_day", "ends_at", "department", "is_online", "id"],
            unique=False,
            sqlite_where=sa.text("published_at IS NOT NULL"),
            postgresql_where=sa.text("published_at IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_events_project"), ["project"], unique=False)
        batch_op.create_index(batch_op.f("ix_events_series_id"), ["series_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_events_updated_at"), ["updated_at"], unique=False)
    op.create_table(
        "event_documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column(
            "shown",
            sa.Enum("everyone", "registered", name="shown", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("created_at", crm.db.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.id"],
            name=op.f("fk_event_documents_event_id_events"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_documents")),
    )
    with op.batch_alter_table("event_documents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_documents_event_id"), ["event_id"], unique=False)
    op.create_table(
        "event_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("ends_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("uid", sa.String(length=120), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("updated_at", crm.db.Moment(timezone=True), nullable=False),
        sa.Column("cancelled_at", crm.db.Moment(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(starts_at IS NULL) = (ends_at IS NULL)", name=op.f("ck_event_sessions_hours")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_event_sessions_order")),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.id"],
            name=op.f("fk_event_sessions_event_id_events"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_sessions")),
        sa.UniqueConstraint("uid", name=op.f("uq_event_sessions_uid")),
    )
    with op.batch_alter_table("event_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_sessions_day"), ["day"], unique=False)
        batch_op.create_index("ix_event_sessions_event_id_day", ["event_id", "day"], unique=False)
    op.create_table(
        "event_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("at", crm.db.Moment(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.id"],
            name=op.f("fk_event_steps_event_id_events"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_event_steps_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_steps")),
    )
    with op.batch_alter_table("event_steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_steps_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_steps_user_id"), ["user_id"], unique=False)
    op.create_table(
        "event_themes",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("term_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.id"],
            name=op.f("fk_event_themes_event_id_events"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["term_id"], ["terms.id"], name=op.f("fk_event_themes_term_id_terms")
        ),
        sa.PrimaryKeyConstraint("event_id", "term_id", name=op.f("pk_event_themes")),
    )
    with op.batch_alter_table("event_themes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_themes_term_id"), ["term_id"], unique=False)
    op.create_table(
        "partnerships",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("name_key", sa.String(length=300), nullable=False),
        sa.Column(
            "part",
            sa.Enum(
                "organiser",
                "co_organiser",
                "speaker",
                "host",
                "partner",
                "funder",
                name="part",
                native_enum=False,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.id"],
            name=op.f("fk_partnerships_event_id_events"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_partnerships_organisation_id_organisations"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnerships")),
    )
    with op.batch_alter_table("partnerships", schema=None) as batch_op:
        batch_op.create_index(
            "ix_partnerships_event_id_position", ["event_id", "position"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_partnerships_name_key"), ["name_key"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_partnerships_organisation_id"), ["organisation_id"], unique=False
        )
    op.create_table(
        "registrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "confirmed",
                "offered",
                "waiting",
                "cancelled",
                "suspect",
                name="state",
                native_enum=False,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum("form", "staff", "door", "file", name="channel", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("first_name", sa.String(length=100), nullable=False),
        sa.Column("last_name", sa.String(length=100), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("organisation_name", sa.String(length=300), nullable=False),
        sa.Column("function", sa.String(length=200), nullable=False),
        sa.Column("department", sa.String(length=3), nullable=False),
        sa.Column("answers", crm.db.Json(), nullable=False),
        sa.Column("access_needs", sa.Text(), nullable=False),
        sa.Column("group_name", sa.String(length=200), nullable=False),
        sa.Column("leader_id", sa.Integer(), nullable=True),
        sa.Column("consent_text", sa.Text(), nullable=False),
        sa.Column("consent_version", sa.String(length=60), nullable=False),
        sa.Column("news_text", sa.Text(), nullable=False),
        sa.Column("news_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column(
            "attendance",
            sa.Enum("came", "late", "absent", name="attendance", native_enum=False, length=30),
            nullable=True,
        ),
        sa.Column(
            "attendance_known",
            sa.Enum(
                "sheet", "name", "code", "file", "team", name="known", native_enum=False, length=30
            ),
            nullable=True,
        ),
        sa.Column("arrived_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("created_at", crm.db.Moment(timezone=True), nullable=False),
        sa.Column("confirmed_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("offered_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("offer_ends_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("cancelled_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column(
            "owed",
            sa.Enum("state", "moved", "off", name="owed", native_enum=False, length=30),
            nullable=True,
        ),
        sa.Column("told_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column(
            "logged",
            sa.Enum(
                "confirmed",
                "offered",
                "waiting",
                "cancelled",
                "suspect",
                name="state",
                native_enum=False,
                length=30,
            ),
            nullable=True,
        ),
        sa.Column("reminded_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("erased_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("suspicion", sa.String(length=300), nullable=False),
        sa.Column("link_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state <> 'waiting' OR rank IS NOT NULL", name=op.f("ck_registrations_rank")
        ),
        sa.CheckConstraint("seats > 0", name=op.f("ck_registrations_seats")),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.id"],
            name=op.f("fk_registrations_event_id_events"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["leader_id"],
            ["registrations.id"],
            name=op.f("fk_registrations_leader_id_registrations"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_registrations_organisation_id_organisations"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_registrations_person_id_people"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_registrations_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
    )
    with op.batch_alter_table("registrations", schema=None) as batch_op:
        batch_op.create_index(
            "ix_registrations_counted",
            ["event_id", "person_id", "email", "organisation_id", "organisation_name", "seats"],
            unique=False,
            sqlite_where=sa.text("attendance IN ('came', 'late')"),
            postgresql_where=sa.text("attendance IN ('came', 'late')"),
        )
        for name, columns, where in COUNTED:
            came = sa.text(f"attendance IN ('came', 'late') AND {where}")
            batch_op.create_index(
                f"ix_registrations_counted_{name}",
                columns,
                unique=False,
                sqlite_where=came,
                postgresql_where=came,
            )
        batch_op.create_index(
            "ix_registrations_event_id_state_rank",
            ["event_id", "state", "rank", "id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_registrations_leader_id"), ["leader_id"], unique=False)
        batch_op.create_index(
            "ix_registrations_owed",
            ["owed", "id"],
            unique=False,
            sqlite_where=sa.text("owed IS NOT NULL"),
            postgresql_where=sa.text("owed IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_registrations_offer_ends_at",
            ["offer_ends_at"],
            unique=False,
            sqlite_where=sa.text("state = 'offered'"),
            postgresql_where=sa.text("state = 'offered'"),
        )
        batch_op.create_index(
            batch_op.f("ix_registrations_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_registrations_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_registrations_user_id"), ["user_id"], unique=False)
        batch_op.create_index(
            "uq_registrations_event_id_email",
            ["event_id", "email"],
            unique=True,
            sqlite_where=sa.text("email <> ''"),
            postgresql_where=sa.text("email <> ''"),
        )


AFTERWARDS = (
    "event_rules",
    "event_follow_ups",
    "event_opinions",
    "certificates",
    "event_files",
    "event_thanks",
    "gestures",
    "presences",
)


def _afterwards() -> None:
    """Who came, what is said and sent after an event, the files put in."""
    op.create_table(
        "event_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inside", crm.db.Json(), nullable=False),
        sa.Column("ask_after", sa.Integer(), nullable=False),
        sa.Column("ask_every", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_rules")),
    )
    op.create_table(
        "event_follow_ups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asks_opinion", sa.Boolean(), nullable=False),
        sa.Column("thanked_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("thanked_by_id", sa.Integer(), nullable=True),
        sa.Column("sent_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("asked_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("given_up_at", crm.db.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.id"],
            name=op.f("fk_event_follow_ups_event_id_events"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["thanked_by_id"], ["users.id"], name=op.f("fk_event_follow_ups_thanked_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_follow_ups")),
        sa.UniqueConstraint("event_id", name=op.f("uq_event_follow_ups_event_id")),
    )
    op.create_index(
        op.f("ix_event_follow_ups_thanked_at"), "event_follow_ups", ["thanked_at"], unique=False
    )
    op.create_index(
        op.f("ix_event_follow_ups_thanked_by_id"),
        "event_follow_ups",
        ["thanked_by_id"],
        unique=False,
    )
    op.create_table(
        "event_opinions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("answerer", sa.String(length=64), nullable=False),
        sa.Column("marks", crm.db.Json(), nullable=False),
        sa.Column("liked", sa.Text(), nullable=False),
        sa.Column("better", sa.Text(), nullable=False),
        sa.Column("at", crm.db.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.id"],
            name=op.f("fk_event_opinions_event_id_events"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_opinions")),
        sa.UniqueConstraint(
            "event_id", "answerer", name=op.f("uq_event_opinions_event_id_answerer")
        ),
    )
    op.create_table(
        "certificates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("facts", crm.db.Json(), nullable=False),
        sa.Column("issued_at", crm.db.Moment(timezone=True), nullable=False),
        sa.Column("withdrawn_at", crm.db.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_certificates_registration_id_registrations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
        sa.UniqueConstraint("registration_id", name=op.f("uq_certificates_registration_id")),
    )
    op.create_table(
        "event_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum("table", "attendance", name="purpose", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("options", crm.db.Json(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("created_at", crm.db.Moment(timezone=True), nullable=False),
        sa.Column("applied_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("said", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.id"],
            name=op.f("fk_event_files_event_id_events"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["event_sessions.id"],
            name=op.f("fk_event_files_session_id_event_sessions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_event_files_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_files")),
    )
    op.create_index(op.f("ix_event_files_event_id"), "event_files", ["event_id"], unique=False)
    op.create_index(op.f("ix_event_files_session_id"), "event_files", ["session_id"], unique=False)
    op.create_index(op.f("ix_event_files_user_id"), "event_files", ["user_id"], unique=False)
    op.create_table(
        "event_thanks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("sent_at", crm.db.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_event_thanks_registration_id_registrations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_thanks")),
        sa.UniqueConstraint("registration_id", name=op.f("uq_event_thanks_registration_id")),
    )
    op.create_table(
        "gestures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("received_at", crm.db.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_gestures_registration_id_registrations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gestures")),
        sa.UniqueConstraint("key", name=op.f("uq_gestures_key")),
    )
    op.create_index(
        op.f("ix_gestures_registration_id"), "gestures", ["registration_id"], unique=False
    )
    op.create_table(
        "presences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column(
            "attendance",
            sa.Enum("came", "late", "absent", name="attendance", native_enum=False, length=30),
            nullable=True,
        ),
        sa.Column(
            "known",
            sa.Enum(
                "sheet", "name", "code", "file", "team", name="known", native_enum=False, length=30
            ),
            nullable=False,
        ),
        sa.Column("arrived_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("changed_at", crm.db.Moment(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_presences_registration_id_registrations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["event_sessions.id"],
            name=op.f("fk_presences_session_id_event_sessions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_presences_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presences")),
        sa.UniqueConstraint(
            "registration_id", "session_id", name=op.f("uq_presences_registration_id_session_id")
        ),
    )
    op.create_index(op.f("ix_presences_session_id"), "presences", ["session_id"], unique=False)
    op.create_index(op.f("ix_presences_user_id"), "presences", ["user_id"], unique=False)
