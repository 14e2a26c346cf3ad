"""The desk: what an item is waiting for, blocks, gestures."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
