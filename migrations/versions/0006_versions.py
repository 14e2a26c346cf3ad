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


def downgrade() -> None:
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
