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


# What a page is made of: each element with its classes, inside its parent, under these sheets.
SHAPES = """() => {
    const shape = one => `${one.localName}.${one.getAttribute('class') || ''}`;
    const sheets = [...document.styleSheets].map(one => one.href).join(' ');
    const all = [...document.querySelectorAll('body *')];
    return [...new Set(all.map(one => `${shape(one)} < ${shape(one.parentElement)} ${sheets}`))];
}"""
# Of the rows of a list that only their words tell apart, three show the colours of all.
ALIKE = """() => {
    const seen = 'class type role hidden disabled checked open aria-current'.split(' ');
    const look = one => `${one.localName} ${seen.map(name => one.getAttribute(name))}`
        + `(${[...one.children].map(look)})`;
    const alike = one => [one, ...one.querySelectorAll('*')].map(each => each.dataset.alike = '');
    document.querySelectorAll('[data-alike]').forEach(one => delete one.dataset.alike);
    for (const parent of document.querySelectorAll('body *')) {
        const met = {};
        for (const child of [...parent.children].slice(0, -1)) {
            const name = look(child);
            met[name] = (met[name] || 0) + 1;
            if (met[name] > 3) alike(child);
        }
    }
    axe.configure({rules: [{id: 'color-contrast', selector: ':not([data-alike])'}]});
}"""
_known: set[str] = set()


def faults(page) -> list[str]:
    """What axe says against the page, in light on a laptop, then in dark on a telephone.

    A page made of nothing but what the pages before were made of is not looked at a second time:
    only the style sheets would differ, and they are the same.
    """
    said, shapes, size = [], set(page.evaluate(SHAPES)), page.viewport_size
    passes = PASSES[:1] if shapes <= _known else PASSES
    _known.update(shapes)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    page.evaluate(ALIKE)
    for screen, scheme, rules in passes:
        _turn(page, screen, scheme)
        said += [f"{screen['width']} {scheme}: {fault}" for fault in page.evaluate(ASK, rules)]
    for screen in (LAPTOP, TELEPHONE):
        said += _sideways(page, screen)
    page.set_viewport_size(size)
    return said


def _turn(page, screen, scheme) -> None:
    page.set_viewport_size(screen)
    # Without motion: a colour on its way from light to dark is neither.
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")


def _sideways(page, screen) -> list[str]:
    page.set_viewport_size(screen)
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [f"scrolls sideways: {wide} px"] if wide > screen["width"] else []


def headings(page) -> list[str]:
    """What is wrong with the page's name: one h1, and the title begins with it."""
    names = page.locator("h1").all_inner_texts()
    if len(names) == 1 and page.title().startswith(names[0].strip()):
        return []
    return [f"h1 {names}, title {page.title()!r}"]
