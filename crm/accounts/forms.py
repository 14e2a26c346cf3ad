"""The forms of accounts: passwords, codes, and who one says one is."""

from wtforms import BooleanField, PasswordField, StringField, validators
from wtforms.fields import Field

from crm.accounts.passwords import MAX_PASSWORD, MIN_PASSWORD, weakness
from crm.forms import Form, email, line
from crm.identity import Identity

HINT = (
    f"{MIN_PASSWORD} caractères au moins. Quatre ou cinq mots sans lien entre eux, une phrase… "
    "Peu importent les chiffres et les majuscules."
)


def secret(label: str, *, new: bool = False, hint: str = "", required: bool = True) -> Field:
    """A password as it is typed: neither trimmed nor cut (ASVS 6.2.8)."""
    check = validators.InputRequired("Ce champ est à remplir.") if required else None
    return PasswordField(
        label,
        [check or validators.Optional(), validators.Length(
            max=MAX_PASSWORD, message=f"{MAX_PASSWORD} caractères au plus.")],
        description=hint,
        render_kw={"autocomplete": "new-password" if new else "current-password"},
    )  # fmt: skip


class LoginForm(Form):
    email = email("Courriel", required=True)
    password = secret("Mot de passe")
    remember = BooleanField("Rester connecté·e sur cet ordinateur")


class CodeForm(Form):
    code = StringField(
        "Code à six chiffres",
        [
            validators.InputRequired("Ce champ est à remplir."),
            validators.Length(max=40, message="40 caractères au plus."),
        ],
        description="Celui de votre application, ou l’un de vos codes de secours.",
        render_kw={"autocomplete": "one-time-code", "inputmode": "text", "autocapitalize": "off",
                   "spellcheck": "false", "autofocus": True},
    )  # fmt: skip


class ForgottenForm(Form):
    email = email("Courriel", required=True)


class ChosenForm(Form):
    """A new password, typed twice: what one does not see may be wrong."""

    password = secret("Nouveau mot de passe", new=True, hint=HINT)
    again = secret("Le même, encore une fois", new=True)

    words: tuple[str, ...] = ()  # those of the person, which are tried first

    def validate_password(self, field: Field) -> None:
        if reason := weakness(field.data, (*self.words, *network_words())):
            raise validators.ValidationError(reason)

    def validate_again(self, field: Field) -> None:
        if field.data != self.password.data:
            raise validators.ValidationError("Ce n’est pas le même mot de passe.")


class ChangeForm(ChosenForm):
    current = secret("Mot de passe actuel")


class NameForm(Form):
    name = line("Prénom et nom", 120, required=True)


class ConfirmationForm(Form):
    """The password, or a code: one of them proves who is there."""

    password = secret("Mot de passe", required=False)
    code = StringField(
        "Code de votre application",
        [validators.Optional(), validators.Length(max=40, message="40 caractères au plus.")],
        render_kw={"autocomplete": "one-time-code", "spellcheck": "false"},
    )


def network_words() -> tuple[str, str]:
    """What whoever knows the network tries first."""
    identity = Identity.current()
    return identity.name, identity.short_name
