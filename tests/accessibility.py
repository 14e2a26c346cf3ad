"""What a page must be for everybody, asked of a real browser."""

from axe_playwright_python.base import AXE_SCRIPT

# What RGAA 4.1 asks of a public body, and WCAG 2.2.
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    },
    "resultTypes": ["violations"],
}
# What a telephone in dark may change: colours, sizes, and what a narrow screen hides of a name.
OTHERWISE = {
    "runOnly": {
        "type": "rule",
        "values": [
            "color-contrast", "link-in-text-block", "target-size", "button-name", "link-name",
            "label", "select-name", "scrollable-region-focusable",
        ],
    }
}  # fmt: skip
LAPTOP, TELEPHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PASSES = (LAPTOP, "light", RULES), (TELEPHONE, "dark", OTHERWISE)
ASK = """async rules => (await axe.run(document, rules)).violations
    .map(fault => `${fault.id} ${fault.nodes[0].html}`)"""


# What a page is made of: each element with its classes, inside its parent with its own.
SHAPES = """() => {
    const shape = one => `${one.localName}.${one.getAttribute('class') || ''}`;
    const all = [...document.querySelectorAll('body *')];
    return [...new Set(all.map(one => `${shape(one)} < ${shape(one.parentElement)}`))];
}"""


def faults(page, known: set[str] | None = None) -> list[str]:
    """What axe says against the page, in light on a laptop, then in dark on a telephone.

    `known` holds what the pages before were made of: one that adds nothing to it is not looked at
    a second time, where only the style sheets differ.
    """
    said, shapes = [], set(page.evaluate(SHAPES))
    passes = PASSES[:1] if known is not None and shapes <= known else PASSES
    if known is not None:
        known |= shapes
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    for size, scheme, rules in passes:
        page.set_viewport_size(size)
        # Without motion: a colour on its way from light to dark is neither.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        said += [f"{size['width']} {scheme}: {fault}" for fault in page.evaluate(ASK, rules)]
    page.set_viewport_size(TELEPHONE)
    wide = page.evaluate("document.documentElement.scrollWidth")
    return said if wide <= TELEPHONE["width"] else [*said, f"scrolls sideways: {wide} px"]


def headings(page) -> list[str]:
    """What is wrong with the page's name: one h1, and the title begins with it."""
    names = page.locator("h1").all_inner_texts()
    if len(names) == 1 and page.title().startswith(names[0].strip()):
        return []
    return [f"h1 {names}, title {page.title()!r}"]
