"""Messages that come back, written for a delivery of the tests: see tests/data/returns."""

from pathlib import Path

from crm.config import Settings
from crm.newsletter.deliveries import Delivery
from crm.newsletter.readers import links

SAMPLES = Path(__file__).parent / "data" / "returns"
NAMES = sorted(file.stem for file in SAMPLES.glob("*.eml"))


def sample(name: str, delivery: Delivery, date: str = "") -> bytes:
    """A sample about that delivery; `date` replaces the days it was written on."""
    settings, subscription = Settings.current(), delivery.subscription
    identifier = links.signer(settings.keys, "message").sign(delivery.id)
    before, star, after = settings.bounces_mail.partition("*")
    token = links.signer(settings.keys, "retour", folded=True).sign(delivery.id) if star else ""
    values = {
        "RECIPIENT": subscription.email,
        "VERP": f"{before}{token}{after}" or "lettre@example.org",
        "MESSAGE_ID": f"<resaclic.1.{identifier}@127.0.0.1>",
        "DELIVERY": identifier,
        "LEAVE": links.leave_token(subscription.id),
    }
    text = (SAMPLES / f"{name}.eml").read_text()
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    if date:
        text = text.replace("Tue, 3 Mar 2026 09:05:00 +0100", date)
    return text.encode()
