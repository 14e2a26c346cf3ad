"""Search of contacts: tables made by hand, that `crm contacts reindex` can fill again."""

from alembic import op

revision = "0002"
down_revision = "0001"

DOCUMENTS = """
CREATE TABLE search_documents (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    detail TEXT NOT NULL,
    names TEXT NOT NULL,
    words TEXT NOT NULL,
    mails TEXT NOT NULL,
    sort_name TEXT {binary} NOT NULL,
    sort_commune TEXT {binary} NOT NULL,
    updated BIGINT NOT NULL,
    facets TEXT NOT NULL,
    archived BOOLEAN NOT NULL
    {vectors}
)
"""
VECTORS = ", names_vector TSVECTOR NOT NULL, words_vector TSVECTOR NOT NULL"

# No unique key on words: two people may add the same one at once without waiting for each other.
ALIKE = [
    """CREATE TABLE search_titles (
        title TEXT {binary} NOT NULL, document_id INTEGER NOT NULL,
        PRIMARY KEY (title, document_id)
    ) {compact}""",
    "CREATE INDEX search_titles_document_id ON search_titles (document_id)",
    "CREATE INDEX search_documents_sort_name ON search_documents (sort_name, id)",
    "CREATE TABLE search_vocabulary (word TEXT {binary} NOT NULL)",
    "CREATE INDEX search_vocabulary_word ON search_vocabulary (word)",
    "CREATE TABLE search_spellings (key INTEGER NOT NULL, word TEXT {binary} NOT NULL)",
    "CREATE INDEX search_spellings_key ON search_spellings (key)",
    """CREATE TABLE search_bitmaps (
        generation BIGINT NOT NULL, name TEXT {binary} NOT NULL, bits {bytes} NOT NULL,
        PRIMARY KEY (generation, name)
    )""",
    "CREATE TABLE search_changes (id {serial}, document_id INTEGER NOT NULL)",
]
# Words are folded before they come here: the tokenizer only has to cut at spaces.
SQLITE = [
    """CREATE VIRTUAL TABLE search_names USING fts5(
        names, content='search_documents', content_rowid='id', tokenize='ascii',
        prefix='1 2 3 4 5', detail=none, columnsize=0
    )""",
    """CREATE VIRTUAL TABLE search_words USING fts5(
        names, words, content='search_documents', content_rowid='id', tokenize='ascii',
        prefix='1 2 3 4 5', detail=none, columnsize=0
    )""",
]
POSTGRESQL = [
    "CREATE INDEX search_documents_names ON search_documents USING gin (names_vector)",
    "CREATE INDEX search_documents_words ON search_documents USING gin (words_vector)",
]


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    kinds = {
        "binary": "" if sqlite else 'COLLATE "C"',
        "bytes": "BLOB" if sqlite else "BYTEA",
        "serial": "INTEGER PRIMARY KEY AUTOINCREMENT" if sqlite else "BIGSERIAL PRIMARY KEY",
        "compact": "WITHOUT ROWID" if sqlite else "",
        "vectors": "" if sqlite else VECTORS,
    }
    for statement in [DOCUMENTS, *ALIKE]:
        op.execute(statement.format(**kinds))
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    virtual = ["names", "words"] if op.get_bind().dialect.name == "sqlite" else []
    others = ["changes", "bitmaps", "spellings", "vocabulary", "titles", "documents"]
    for name in [*virtual, *others]:
        op.execute(f"DROP TABLE search_{name}")
