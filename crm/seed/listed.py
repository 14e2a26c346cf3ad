"""Lists written to be read: words between spaces, or phrases between bars."""


def words(text: str) -> list[str]:
    """« Aubrin Gervolin » is two words; line ends do not count."""
    return text.split()


def phrases(text: str) -> list[str]:
    """« Les Passeurs | La Source » is two phrases, and so is one on each line."""
    return [phrase.strip() for line in text.strip().splitlines() for phrase in line.split("|")]
