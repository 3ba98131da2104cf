"""The documents that come out: Word from templates that an office can change, Excel where it is a table, PDF for the archive.

Each module of a group of documents (``problem_documents``, ``village_documents`` …) holds queries that gather what a user may see and
pure functions that turn it into a ``content.Document``. ``making.make`` renders it. What stands in the documents is written in the
plan's language.
"""
