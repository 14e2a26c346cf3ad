"""The tables of the search, made by hand in the migrations: what both databases have alike.

They can be thrown away and made again from the cards (`crm contacts reindex`), so they are kept
out of the models. SQLite has two FTS5 tables besides, PostgreSQL two tsvector columns.
"""

import sqlalchemy as sa

_metadata = sa.MetaData()

documents = sa.Table(
    "search_documents",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.Text),
    sa.Column("detail", sa.Text),
    sa.Column("names", sa.Text),
    sa.Column("words", sa.Text),
    sa.Column("mails", sa.Text),
    sa.Column("sort_name", sa.Text),
    sa.Column("sort_commune", sa.Text),
    sa.Column("updated", sa.BigInteger),
    sa.Column("facets", sa.Text),
    sa.Column("archived", sa.Boolean),
)
# Whole names, and acronyms: « 1,000 contacts have Lyon in a name, which one is called Lyon? »
titles = sa.Table(
    "search_titles",
    _metadata,
    sa.Column("title", sa.Text, primary_key=True),
    sa.Column("document_id", sa.Integer, primary_key=True),
)
vocabulary = sa.Table("search_vocabulary", _metadata, sa.Column("word", sa.Text))
spellings = sa.Table(
    "search_spellings", _metadata, sa.Column("key", sa.Integer), sa.Column("word", sa.Text)
)
# Facets counted in advance, as bitmaps, and the documents that changed since.
bitmaps = sa.Table(
    "search_bitmaps",
    _metadata,
    sa.Column("generation", sa.BigInteger, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("bits", sa.LargeBinary),
)
changes = sa.Table(
    "search_changes",
    _metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("document_id", sa.Integer),
)

TABLES = (changes, bitmaps, spellings, vocabulary, titles, documents)
