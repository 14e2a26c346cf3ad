"""Accounts: second factor, sessions, attempts, mailed links, and the journal of sensitive acts."""

import sqlalchemy as sa
from alembic import op

import crm.db

revision = "0007"
down_revision = "0006"

# An act is never changed, and stays a year at least: the database itself refuses. Whoever rebuilds
# this table on SQLite (batch_alter_table) makes these again.
SQLITE = [
    """CREATE TRIGGER acts_never_change BEFORE UPDATE ON acts
       BEGIN SELECT RAISE(ABORT, 'an act is never changed'); END""",
    """CREATE TRIGGER acts_stay BEFORE DELETE ON acts
       WHEN OLD.at > datetime('now', '-365 days')
       BEGIN SELECT RAISE(ABORT, 'an act stays a year'); END""",
    """CREATE TRIGGER acts_are_not_replaced BEFORE INSERT ON acts
       WHEN EXISTS (SELECT 1 FROM acts WHERE id = NEW.id)
       BEGIN SELECT RAISE(ABORT, 'an act is never changed'); END""",
]
POSTGRESQL = [
    """CREATE FUNCTION acts_stay() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF TG_OP = 'DELETE' THEN
           IF OLD.at < now() - interval '365 days' THEN RETURN OLD; END IF;
         END IF;
         RAISE EXCEPTION 'an act is never changed, and stays a year';
       END $$""",
    """CREATE TRIGGER acts_stay BEFORE UPDATE OR DELETE ON acts
       FOR EACH ROW EXECUTE FUNCTION acts_stay()""",
    """CREATE TRIGGER acts_are_not_emptied BEFORE TRUNCATE ON acts
       FOR EACH STATEMENT EXECUTE FUNCTION acts_stay()""",
]


def upgrade() -> None:
    _change_users()
    _make_sessions()
    _make_attempts()
    _make_acts()
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("acts")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION acts_stay")
    for table in ("attempts", "account_links", "recovery_codes", "sign_in_policy", "user_sessions"):
        op.drop_table(table)
    op.drop_index("ix_users_openid_subject", table_name="users")
    for column in (
        "openid_subject",
        "totp_step",
        "totp_confirmed_at",
        "totp_secret",
        "password_changed_at",
    ):
        op.drop_column("users", column)


def _change_users() -> None:
    # One by one, none of them rebuilds the table on SQLite.
    for column in (
        sa.Column("password_changed_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_confirmed_at", crm.db.Moment(timezone=True), nullable=True),
        sa.Column("totp_step", sa.Integer(), server_default="0", nullable=False),
        sa.Column("openid_subject", sa.String(500), nullable=True),
    ):
        op.add_column("users", column)
    op.create_index("ix_users_openid_subject", "users", ["openid_subject"], unique=True)


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, crm.db.Moment(timezone=True), nullable=nullable)


def _of_user() -> sa.Column:
    return sa.Column("user_id", sa.Integer(), nullable=False)


def _goes_with_user(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_user_id_users")
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=name, ondelete="CASCADE")


def _make_sessions() -> None:
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        _of_user(),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("device", sa.String(80), nullable=False),
        sa.Column("remembered", sa.Boolean(), nullable=False),
        _moment("created_at"),
        _moment("seen_at"),
        _moment("expires_at"),
        _moment("proven_at", nullable=True),
        _goes_with_user("user_sessions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_user_sessions_key_hash")),
    )
    op.create_index("ix_user_sessions_user_id", "user_sessions", ["user_id"])
    op.create_index("ix_user_sessions_expires_at", "user_sessions", ["expires_at"])
    op.create_table(
        "sign_in_policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("second_factor", _words("asked"), nullable=False),
        _moment("updated_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_policy")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        _of_user(),
        sa.Column("selector", sa.String(8), nullable=False),
        sa.Column("code_hash", sa.String(200), nullable=False),
        _moment("created_at"),
        _moment("used_at", nullable=True),
        _goes_with_user("recovery_codes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("user_id", "selector", name=op.f("uq_recovery_codes_user_id_selector")),
    )


def _make_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", _words("try"), nullable=False),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("address", sa.String(32), nullable=False),
        _moment("at"),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_at", "attempts", ["at"])
    op.create_index("ix_attempts_kind_account_at", "attempts", ["kind", "account", "at"])
    op.create_index("ix_attempts_kind_address_at", "attempts", ["kind", "address", "at"])
    op.create_table(
        "account_links",
        sa.Column("id", sa.Integer(), nullable=False),
        _of_user(),
        sa.Column("kind", _words("linkkind"), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
        _goes_with_user("account_links"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_account_links_token_hash")),
    )
    op.create_index("ix_account_links_user_id", "account_links", ["user_id"])
    op.create_index("ix_account_links_expires_at", "account_links", ["expires_at"])


def _make_acts() -> None:
    op.create_table(
        "acts",
        sa.Column("id", sa.Integer(), nullable=False),
        _moment("at"),
        sa.Column("kind", _words("did"), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("about", sa.String(40), nullable=False),
        sa.Column("about_id", sa.Integer(), nullable=True),
        sa.Column("detail", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_acts_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acts")),
    )
    for column in ("at", "kind", "user_id"):
        op.create_index(f"ix_acts_{column}", "acts", [column])


def _words(name: str) -> sa.Enum:
    """A column of our words; which ones are allowed is the models' business."""
    return sa.Enum(name=name, native_enum=False, length=30)
