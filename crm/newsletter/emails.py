"""The single mails of the letters: one function per message."""

from crm.config import Settings
from crm.identity import Identity
from crm.mail import Mail, post, write
from crm.newsletter.content import Content
from crm.newsletter.propositions import Proposition
from crm.newsletter.readers.moves import Move
from crm.newsletter.render import personal, render
from crm.newsletter.subscriptions import Subscription
from crm.text import cut


def trial(content: Content, to: str) -> Mail:
    """`content` as it will arrive, to one address; its personal links open the public form."""
    base_url = Settings.current().base_url
    letter = render(content, Identity.current(), base_url)
    links = dict.fromkeys(("leave_url", "preferences_url"), f"{base_url}/lettres/inscription")
    return write(
        to,
        subject=f"[Essai] {letter.subject}",
        text=personal(letter.text, **links),
        html=personal(letter.html, **links),
    )


def confirm(subscription: Subscription, url: str) -> Mail:
    """Ask the address itself to confirm, at `url`: nobody is subscribed by somebody else."""
    publication = subscription.publication.name
    return post(
        subscription.email,
        "newsletter/confirm",
        subject=f"Confirmez votre abonnement à {publication}",
        publication=publication,
        confirm_url=url,
    )


def move(asked: Move, url: str) -> Mail:
    """Ask the new address to confirm, at `url`, that it wants what the old one receives."""
    return post(
        asked.new_email,
        "newsletter/move",
        subject="Confirmez votre nouvelle adresse",
        old_email=asked.old_email,
        confirm_url=url,
    )


def moved(done: Move) -> Mail:
    """Tell the old address: if it asked for nothing, it must be able to say so."""
    return post(
        done.old_email,
        "newsletter/moved",
        subject="Vos lettres arrivent à une autre adresse",
        new_email=done.new_email,
    )


def answer_proposition(proposition: Proposition) -> Mail:
    """What became of what they proposed, with the word of the team when there is one."""
    return post(
        proposition.email,
        "newsletter/proposition",
        subject=f"Votre proposition\u00a0: {cut(proposition.title, 80)}",
        name=proposition.name,
        title=proposition.title,
        answer=proposition.answer,
        word=proposition.word,
    )
