"""What a page must be for everybody, asked of a real browser."""

from axe_playwright_python.base import AXE_SCRIPT

# What RGAA 4.1 asks of a public body, and WCAG 2.2; contrasts are asked apart.
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    },
    "rules": {"color-contrast": {"enabled": False}},
    "resultTypes": ["violations"],
}
# What a telephone in dark may change: colours, sizes, and what a narrow screen hides of a name.
OTHERWISE = {
    "runOnly": {
        "type": "rule",
        "values": [
            "link-in-text-block", "target-size", "button-name", "link-name", "label", "select-name",
            "scrollable-region-focusable",
        ],
    },
    "resultTypes": ["violations"],
}  # fmt: skip
LAPTOP, TELEPHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
ASK = """async rules => (await axe.run(document, rules)).violations
    .map(fault => `${fault.id} ${fault.nodes[0].html}`)"""
NAMES = "() => [document.title, [...document.querySelectorAll('h1')].map(one => one.innerText)]"

# What a page is made of: each element with its classes, inside its parent, under these sheets.
SHAPES = """() => {
    const shape = one => `${one.localName}.${one.getAttribute('class') || ''}`;
    const sheets = [...document.styleSheets].map(one => one.href).join(' ');
    const all = [...document.querySelectorAll('body *')];
    return [...new Set(all.map(one => `${shape(one)} < ${shape(one.parentElement)} ${sheets}`))];
}"""
# What decides of a contrast, as the browser has computed it: colours and letters of an element and
# of all that it stands in. The looks of what says something; what looks so is kept in the page.
LOOKS = """() => {
    const parts = ['color', 'backgroundColor', 'backgroundImage', 'opacity', 'fontSize',
        'fontWeight', 'textShadow', 'position', 'zIndex', 'display'];
    const digest = text => {
        let one = 0xdeadbeef, two = 0x41c6ce57;
        for (let at = 0; at < text.length; at++) {
            one = Math.imul(one ^ text.charCodeAt(at), 2654435761);
            two = Math.imul(two ^ text.charCodeAt(at), 1597334677);
        }
        return `${(two >>> 0).toString(36)}.${(one >>> 0).toString(36)}`;
    };
    const typed = 'select, textarea, input:not([type=checkbox], [type=radio], [type=hidden])';
    const seen = ({width, right, bottom}) => width > 1 && right > 0 && bottom > 0;
    const own = one => [...one.childNodes].filter(node => node.nodeType === 3)
        .map(node => node.data.trim()).join('');
    const says = one => (one.matches(typed) || own(one).length > 1) && !one.matches(':disabled')
        && one.checkVisibility({visibilityProperty: true}) && seen(one.getBoundingClientRect());
    const all = new Map();
    window.looks = {};
    for (const one of document.querySelectorAll('html, html *')) {
        const style = getComputedStyle(one);
        const look = [one.localName, one.className, ...parts.map(name => style[name])];
        all.set(one, digest(`${all.get(one.parentElement)} ${look}`));
        if (says(one)) (looks[all.get(one)] ??= []).push(one);
    }
    return Object.keys(looks);
}"""
# The contrasts of looks that were not met; which of them axe could tell, and its faults. Three of
# those that look alike are asked about: where one is half hidden, another is not.
CONTRASTS = """async fresh => {
    const include = fresh.flatMap(look => looks[look].slice(0, 3));
    const {passes, violations, incomplete} = await axe.run({include}, {
        runOnly: {type: 'rule', values: ['color-contrast']}, elementRef: true, selectors: false});
    // Wherever it stands, axe does not measure what is written on a picture.
    const pictures = node => /bgImage|bgGradient/.test(node.any[0].data.messageKey);
    const told = new Set([...passes, ...violations, ...incomplete].flatMap(one => one.nodes
        .filter(node => one.result !== 'incomplete' || pictures(node)).map(node => node.element)));
    return [
        fresh.filter(look => looks[look].some(one => told.has(one))),
        violations.flatMap(one => one.nodes).map(node => `color-contrast ${node.html}`),
    ];
}"""
_shapes: set[str] = set()
_looks: set[str] = set()


def ready(context) -> None:
    """Have axe wait in every page that opens there: quicker, where each is asked about."""
    context.add_init_script(f"if (window === top) {{{AXE_SCRIPT}}}")


def faults(page) -> list[str]:
    """What axe says against the page, in light on a laptop, then in dark on a telephone.

    What the pages before have shown in the same way is not looked at a second time: contrasts are
    asked of what looks like nothing met so far, and the telephone of a page with a new shape.
    """
    said, shapes, size = [], set(page.evaluate(SHAPES)), page.viewport_size
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    for screen, scheme, rules in (LAPTOP, "light", RULES), (TELEPHONE, "dark", OTHERWISE):
        _turn(page, screen, scheme)
        found = _contrasts(page) + _sideways(page, screen)
        if screen is LAPTOP or shapes - _shapes:
            found += page.evaluate(ASK, rules)
        said += [f"{screen['width']} {scheme}: {fault}" for fault in found]
    _shapes.update(shapes)
    page.set_viewport_size(size)
    return said


def _contrasts(page) -> list[str]:
    fresh = set(page.evaluate(LOOKS)) - _looks
    told, found = page.evaluate(CONTRASTS, list(fresh)) if fresh else ((), [])
    _looks.update(told)
    return found


def _turn(page, screen, scheme) -> None:
    page.set_viewport_size(screen)
    # Without motion: a colour on its way from light to dark is neither.
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")


def _sideways(page, screen) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [f"scrolls sideways, {wide} px"] if wide > screen["width"] else []


def headings(page) -> list[str]:
    """What is wrong with the page's name: one h1, and the title begins with it."""
    title, names = page.evaluate(NAMES)
    if len(names) == 1 and title.startswith(names[0].strip()):
        return []
    return [f"h1 {names}, title {title!r}"]
