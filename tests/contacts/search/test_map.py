"""The map of departments."""

from crm.contacts.search.map import draw


def test_a_map_holds_its_departments_and_nothing_else():
    drawn = draw({"69": 10, "38": 5, "01": 2, "99": 4})
    assert [(shape.code, shape.count) for shape in drawn.shapes] == [
        ("01", 2),
        ("38", 5),
        ("69", 10),
    ]
    left, top, width, height = map(float, drawn.frame.split())
    for shape in drawn.shapes:
        assert left < shape.x < left + width
        assert top < shape.y < top + height


def test_departments_are_where_they_are():
    place = {shape.code: shape for shape in draw({"69": 1, "38": 1, "03": 1, "74": 1}).shapes}
    assert place["03"].x < place["69"].x < place["38"].x < place["74"].x
    assert place["03"].y < place["69"].y < place["38"].y


def test_the_most_is_the_darkest():
    strength = {shape.code: shape.strength for shape in draw({"69": 10, "38": 5, "01": 0}).shapes}
    assert strength["69"] > strength["38"] > strength["01"] > 0


def test_there_is_nothing_to_draw_without_a_french_department():
    assert draw({"99": 3}) is None
    assert draw({}) is None
