"""Files: spreadsheets of contacts coming in, with a rehearsal and an undo, and going out."""
