"""Backups, retention, and what they found."""

import sqlalchemy as sa
from alembic import op

import crm.db

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    _backups()
    _holds()
    _erasures()
    _forgotten()
    _retention()
    _notices()


def downgrade() -> None:
    for table in ("notices", "retention", "lapses", "forgotten", "erasures"):
        op.drop_table(table)
    op.drop_table("holds")
    op.drop_table("backups")


def _backups() -> None:
    op.create_table(
        "backups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "why",
            sa.Enum(
                "night", "asked", "upgrade", "restore", name="why", native_enum=False, length=30
            ),
            nullable=False,
        ),
        sa.Column("asked_at", crm.db.Moment(timezone=True), nullable=False),
        sa.Column("begun_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("made_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("host", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("checked_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("trouble", sa.String(length=500), nullable=False),
        sa.Column("removed_at", crm.db.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backups")),
    )
    with op.batch_alter_table("backups") as batch_op:
        batch_op.create_index(op.f("ix_backups_asked_at"), ["asked_at"])


def _holds() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("began_at", crm.db.Moment(timezone=True), nullable=False),
        sa.Column("data_from", crm.db.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ended_by_id"],
            ["users.id"],
            name=op.f("fk_holds_ended_by_id_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )


def _erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum("asked", "ours", "silence", name="reason", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("at", crm.db.Moment(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("settled_at", crm.db.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_erasures_user_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    with op.batch_alter_table("erasures") as batch_op:
        batch_op.create_index(op.f("ix_erasures_at"), ["at"])
        batch_op.create_index(op.f("ix_erasures_settled_at"), ["settled_at"])


def _forgotten() -> None:
    op.create_table(
        "forgotten",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", crm.db.Moment(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("due_since", crm.db.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forgotten")),
    )
    with op.batch_alter_table("forgotten") as batch_op:
        batch_op.create_index(op.f("ix_forgotten_at"), ["at"])
        batch_op.create_index(op.f("ix_forgotten_due_since"), ["due_since"])


def _retention() -> None:
    op.create_table(
        "lapses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("last_at", crm.db.Moment(timezone=True), nullable=False),
        sa.Column("found_at", crm.db.Moment(timezone=True), nullable=False),
        sa.Column("asked_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("answered_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("kept_until", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("kept_why", sa.String(length=300), nullable=False),
        sa.Column("erased_at", crm.db.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_lapses_person_id_people"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lapses")),
    )
    with op.batch_alter_table("lapses") as batch_op:
        batch_op.create_index(op.f("ix_lapses_email"), ["email"])
        batch_op.create_index(op.f("ix_lapses_found_at"), ["found_at"])
        batch_op.create_index(op.f("ix_lapses_person_id"), ["person_id"])
    op.create_table(
        "retention",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("started_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("started_by_id", sa.Integer(), nullable=True),
        sa.Column("ran_at", crm.db.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["started_by_id"],
            ["users.id"],
            name=op.f("fk_retention_started_by_id_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention")),
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("legal_form", sa.String(length=300), nullable=False),
        sa.Column("publisher", sa.String(length=200), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("officer", sa.String(length=200), nullable=False),
        sa.Column("officer_email", sa.String(length=254), nullable=False),
        sa.Column("processors", sa.Text(), nullable=False),
        sa.Column("legal_more", sa.Text(), nullable=False),
        sa.Column("privacy_more", sa.Text(), nullable=False),
        sa.Column("updated_at", crm.db.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
