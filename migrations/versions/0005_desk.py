"""The desk: what an item is waiting for, blocks, gestures."""

import sqlalchemy as sa
from alembic import op

import crm.db

revision = "0005"
down_revision = "0004"

FORMS = (
    "item", "editorial", "text", "picture", "quote", "button", "separator", "figure",
)  # fmt: skip


def upgrade() -> None:
    _asides()
    _gestures()
    _looks()
    with op.batch_alter_table("issues") as batch:
        batch.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("items") as batch:
        batch.add_column(sa.Column("link_error", sa.String(300), nullable=False, server_default=""))
        batch.add_column(sa.Column("link_checked_at", crm.db.Moment(timezone=True)))
    _blocks()
    for table, columns in DEFAULTS.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.alter_column(column, server_default=None)


# What existing rows are given; new ones are given it by their models.
DEFAULTS = {
    "issues": ["version"],
    "items": ["link_error"],
    "placements": ["form", "own_url", "own_source", "shows_picture"],
}


def downgrade() -> None:
    """Free blocks have nowhere to go: they are lost."""
    op.execute("DELETE FROM placements WHERE item_id IS NULL")
    with op.batch_alter_table("placements") as batch:
        batch.drop_constraint(op.f("ck_placements_form"), type_="check")
        batch.drop_constraint(op.f("fk_placements_own_picture_id_pictures"), type_="foreignkey")
        batch.drop_index(op.f("ix_placements_own_picture_id"))
        batch.alter_column("item_id", existing_type=sa.Integer(), nullable=False)
        for column in ("form", "own_url", "own_source", "own_picture_id", "own_alt",
                       "shows_picture"):  # fmt: skip
            batch.drop_column(column)
    with op.batch_alter_table("items") as batch:
        batch.drop_column("link_checked_at")
        batch.drop_column("link_error")
    with op.batch_alter_table("issues") as batch:
        batch.drop_column("version")
    for table in ("desk_looks", "desk_gestures", "asides"):
        op.drop_table(table)


def _asides() -> None:
    op.create_table(
        "asides",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column(
            "choice",
            sa.Enum("never", "next", name="choice", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", crm.db.Moment(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_id"], ["users.id"], name=op.f("fk_asides_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_asides_item_id_items"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publications.id"],
            name=op.f("fk_asides_publication_id_publications"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asides")),
        sa.UniqueConstraint(
            "publication_id", "item_id", name=op.f("uq_asides_publication_id_item_id")
        ),
    )
    op.create_index(op.f("ix_asides_item_id"), "asides", ["item_id"])


def _gestures() -> None:
    op.create_table(
        "desk_gestures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("typing", sa.String(length=40), nullable=False),
        sa.Column("at", crm.db.Moment(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("before", crm.db.Json(), nullable=False),
        sa.Column("after", crm.db.Json(), nullable=True),
        sa.Column("undone_at", crm.db.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_id"], ["users.id"], name=op.f("fk_desk_gestures_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_desk_gestures_issue_id_issues"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_gestures")),
    )  # fmt: skip
    op.create_index("ix_desk_gestures_issue_id_id", "desk_gestures", ["issue_id", "id"])


def _looks() -> None:
    op.create_table(
        "desk_looks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", crm.db.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_desk_looks_issue_id_issues"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_desk_looks_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_looks")),
        sa.UniqueConstraint("issue_id", "user_id", name=op.f("uq_desk_looks_issue_id_user_id")),
    )  # fmt: skip
    op.create_index(op.f("ix_desk_looks_user_id"), "desk_looks", ["user_id"])


def _blocks() -> None:
    """A placement may be something else than an item."""
    form = sa.Enum(*FORMS, name="form", native_enum=False, length=30)
    with op.batch_alter_table("placements") as batch:
        batch.add_column(sa.Column("form", form, nullable=False, server_default="item"))
        batch.add_column(sa.Column("own_url", sa.String(2000), nullable=False, server_default=""))
        batch.add_column(sa.Column("own_source", sa.String(300), nullable=False, server_default=""))
        batch.add_column(sa.Column("own_picture_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("own_alt", sa.String(300), nullable=True))
        batch.add_column(
            sa.Column("shows_picture", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        batch.alter_column("item_id", existing_type=sa.Integer(), nullable=True)
        batch.create_foreign_key(
            op.f("fk_placements_own_picture_id_pictures"), "pictures", ["own_picture_id"], ["id"]
        )
        batch.create_index(op.f("ix_placements_own_picture_id"), ["own_picture_id"])
    with op.batch_alter_table("placements") as batch:
        batch.create_check_constraint(
            op.f("ck_placements_form"), "(form = 'item') = (item_id IS NOT NULL)"
        )
