"""The command `crm events`: reminders, and past tables read in."""

from flask.cli import AppGroup

events = AppGroup("events", help="Événements : rappeler, reprendre les tableaux passés.")
