"""Robots: a field that a person never sees."""

from wtforms import StringField

from crm.forms import Form


class Honeypot(Form):
    """A form with a trap: what fills the hidden field is a robot."""

    nickname = StringField(
        "Laissez ce champ vide", render_kw={"tabindex": "-1", "autocomplete": "off"}
    )

    @property
    def is_robot(self) -> bool:
        return bool(self.nickname.data)
