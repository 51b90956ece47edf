"""What coach and athlete add: set inputs, approvals, references, screens."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _text(length: int | None = None) -> sa.types.TypeEngine:
    return sqlmodel.sql.sqltypes.AutoString(length=length) if length else sqlmodel.sql.sqltypes.AutoString()


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "set_input",
        sa.Column("id", _text(64), nullable=False),
        sa.Column("session_id", _text(), nullable=False),
        sa.Column("set_index", sa.Integer(), nullable=False),
        sa.Column("load_kg", sa.Float(), nullable=True),
        sa.Column("rpe", sa.Float(), nullable=True),
        sa.Column("rating", sa.Float(), nullable=True),
        sa.Column("warm_up", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_set_input_session_id_session")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_input")),
        sa.UniqueConstraint("session_id", "set_index", name=op.f("uq_set_input_session_id")),
    )
    op.create_index(op.f("ix_set_input_session_id"), "set_input", ["session_id"], unique=False)
    op.create_table(
        "rep_approval",
        sa.Column("id", _text(64), nullable=False),
        sa.Column("session_id", _text(), nullable=False),
        sa.Column("set_index", sa.Integer(), nullable=False),
        sa.Column("rep_index", sa.Integer(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_rep_approval_session_id_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rep_approval")),
        sa.UniqueConstraint("session_id", "set_index", "rep_index", name=op.f("uq_rep_approval_session_id")),
    )
    op.create_index(op.f("ix_rep_approval_session_id"), "rep_approval", ["session_id"], unique=False)
    op.create_table(
        "reference",
        sa.Column("id", _text(64), nullable=False),
        sa.Column("athlete_id", _text(), nullable=False),
        sa.Column("exercise", _text(64), nullable=False),
        sa.Column("side", _text(8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["athlete_id"], ["athlete.id"], name=op.f("fk_reference_athlete_id_athlete")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference")),
        sa.UniqueConstraint(
            "athlete_id", "exercise", "side", "version", name=op.f("uq_reference_athlete_id")
        ),
    )
    op.create_index(op.f("ix_reference_athlete_id"), "reference", ["athlete_id"], unique=False)
    op.create_table(
        "screen_outcome",
        sa.Column("id", _text(64), nullable=False),
        sa.Column("athlete_id", _text(), nullable=False),
        sa.Column("session_id", _text(), nullable=False),
        sa.Column("screen", _text(64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athlete.id"], name=op.f("fk_screen_outcome_athlete_id_athlete")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_screen_outcome_session_id_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screen_outcome")),
    )
    op.create_index(op.f("ix_screen_outcome_athlete_id"), "screen_outcome", ["athlete_id"], unique=False)
    op.create_index(op.f("ix_screen_outcome_session_id"), "screen_outcome", ["session_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    for table in ("screen_outcome", "reference", "rep_approval", "set_input"):
        op.drop_table(table)
