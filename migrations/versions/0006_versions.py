"""Versions of a letter, second reader, propositions."""

import sqlalchemy as sa
from alembic import op

import crm.db

revision = "0006"
down_revision = "0005"

CONDITIONAL = ("recipe_sections", "sections", "placements")
EVERYBODY = sa.text("'{}'")
KINDS = ("news", "funding", "job", "event", "resource", "training")
ANSWERS = ("accepted", "known", "refused")


def upgrade() -> None:
    for table in CONDITIONAL:
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(
                sa.Column("only", crm.db.Json(), nullable=False, server_default=EVERYBODY)
            )
    with op.batch_alter_table("deliveries") as batch_op:
        batch_op.add_column(sa.Column("bits", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("publications") as batch_op:
        batch_op.add_column(
            sa.Column("needs_review", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    _review()
    _probes()
    _propositions()
    op.create_table(
        "issue_words",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], ondelete="CASCADE",
            name=op.f("fk_issue_words_issue_id_issues"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_words")),
        sa.UniqueConstraint("issue_id", name=op.f("uq_issue_words_issue_id")),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("issue_words")
    op.drop_table("propositions")
    op.drop_table("probes")
    with op.batch_alter_table("issues") as batch_op:
        for name in ("reviewed_by_id", "review_asked_by_id"):
            batch_op.drop_constraint(batch_op.f(f"fk_issues_{name}_users"), type_="foreignkey")
        for name in (
            "insisted_at", "review_note", "reviewed_digest", "reviewed_by_id", "reviewed_at",
            "review_asked_by_id", "review_asked_at",
        ):  # fmt: skip
            batch_op.drop_column(name)
    with op.batch_alter_table("publications") as batch_op:
        batch_op.drop_column("needs_review")
    with op.batch_alter_table("deliveries") as batch_op:
        batch_op.drop_column("bits")
    for table in reversed(CONDITIONAL):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("only")


def _propositions() -> None:
    moment = crm.db.Moment(timezone=True)
    op.create_table(
        "propositions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.Enum(*KINDS, name="kind", native_enum=False, length=30), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("canonical_url", sa.String(length=2000), nullable=False),
        sa.Column("organisation", sa.String(length=300), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("department", sa.String(length=3), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("consent_text", sa.Text(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("suspicion", sa.String(length=300), nullable=False),
        sa.Column("suspected_at", moment, nullable=True),
        sa.Column(
            "answer",
            sa.Enum(*ANSWERS, name="answer", native_enum=False, length=30),
            nullable=True,
        ),
        sa.Column("answered_at", moment, nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("erased_at", moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["users.id"], ondelete="SET NULL",
            name=op.f("fk_propositions_answered_by_id_users"),
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], ondelete="SET NULL", name=op.f("fk_propositions_item_id_items")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_propositions")),
        sa.UniqueConstraint("key", name=op.f("uq_propositions_key")),
    )  # fmt: skip
    with op.batch_alter_table("propositions") as batch_op:
        for name in ("created_at", "email", "item_id"):
            batch_op.create_index(batch_op.f(f"ix_propositions_{name}"), [name])


def _probes() -> None:
    moment = crm.db.Moment(timezone=True)
    op.create_table(
        "probes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("asked_at", moment, nullable=True),
        sa.Column("checked_at", moment, nullable=True),
        sa.Column("leads_to", sa.Text(), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        sa.Column("vouched_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_probes")),
        sa.UniqueConstraint("digest", name=op.f("uq_probes_digest")),
    )
    with op.batch_alter_table("probes") as batch_op:
        batch_op.create_index(batch_op.f("ix_probes_asked_at"), ["asked_at"])


def _review() -> None:
    moment = crm.db.Moment(timezone=True)
    with op.batch_alter_table("issues") as batch_op:
        for name in ("review_asked_at", "reviewed_at", "insisted_at"):
            batch_op.add_column(sa.Column(name, moment, nullable=True))
        for name in ("review_asked_by_id", "reviewed_by_id"):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=True))
            batch_op.create_foreign_key(
                batch_op.f(f"fk_issues_{name}_users"), "users", [name], ["id"], ondelete="SET NULL"
            )
        for name, length in (("reviewed_digest", 64), ("review_note", 1000)):
            batch_op.add_column(
                sa.Column(name, sa.String(length=length), nullable=False, server_default="")
            )
