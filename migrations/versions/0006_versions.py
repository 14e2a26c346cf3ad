"""Versions of a letter, second reader, propositions."""

import sqlalchemy as sa
from alembic import op

import crm.db

revision = "0006"
down_revision = "0005"

CONDITIONAL = ("recipe_sections", "sections", "placements")
EVERYBODY = sa.text("'{}'")


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


def downgrade() -> None:
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
