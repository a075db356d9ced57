"""Line charts and stacked bars as SVG, without any library. Entry points: lines, bars."""
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 40, 50
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#7f7f7f")


def ticks(most):
    """Up to six round numbers from 0 to `most`."""
    step = 1.0
    while most / step > 5:
        step *= 2 if str(step)[0] in "15" else 2.5
    while most / step < 2.5:
        step /= 2
    return [i * step for i in range(int(most / step) + 1)]


def text(x, y, words, anchor="middle", extra=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" {extra}>{escape(words)}</text>'


def frame(title, x_title, y_title, y_most):
    """The parts that both charts share, and the scale of the y axis."""
    def y_at(value):
        return HEIGHT - BOTTOM - value / y_most * (HEIGHT - TOP - BOTTOM)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
             ' font-family="sans-serif" font-size="12">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
             text((WIDTH - RIGHT + LEFT) / 2, 22, title, extra='font-size="14"'),
             text((WIDTH - RIGHT + LEFT) / 2, HEIGHT - 12, x_title),
             text(16, 28, y_title, "start")]
    for value in ticks(y_most):
        parts.append(f'<path d="M{LEFT} {y_at(value):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(text(LEFT - 8, y_at(value) + 4, f"{value:g}", "end"))
    return parts, y_at


def legend(index, words):
    y = TOP + 20 * index
    return (f'<rect x="{WIDTH - RIGHT + 15}" y="{y}" width="12" height="12"'
            f' fill="{COLOURS[index % len(COLOURS)]}"/>'
            + text(WIDTH - RIGHT + 33, y + 11, words, "start"))


def lines(path, title, x_title, y_title, curves):
    """`curves`: name to points (x, y). Writes nothing if there are none."""
    curves = {name: points for name, points in curves.items() if points}
    if not curves:
        return
    x_most = max(x for points in curves.values() for x, _ in points) or 1
    y_most = max(y for points in curves.values() for _, y in points) * 1.05 or 1
    parts, y_at = frame(title, x_title, y_title, y_most)

    def x_at(value):
        return LEFT + value / x_most * (WIDTH - LEFT - RIGHT)

    for value in ticks(x_most):
        parts.append(text(x_at(value), HEIGHT - BOTTOM + 18, f"{value:g}"))
    for index, (name, points) in enumerate(curves.items()):
        way = "L".join(f"{x_at(x):.1f} {y_at(y):.1f}" for x, y in points)
        parts.append(f'<path d="M{way}" fill="none" stroke-width="2"'
                     f' stroke="{COLOURS[index % len(COLOURS)]}"/>')
        parts.append(legend(index, name))
    path.write_text("\n".join(parts + ["</svg>"]) + "\n")


def bars(path, title, y_title, columns):
    """`columns`: name to {part: value}, stacked."""
    if not columns:
        return
    names = list(dict.fromkeys(part for parts in columns.values() for part in parts))
    y_most = max(sum(parts.values()) for parts in columns.values()) * 1.05 or 1
    parts, y_at = frame(title, "", y_title, y_most)
    width = (WIDTH - LEFT - RIGHT) / len(columns)
    for position, (name, values) in enumerate(columns.items()):
        x, below = LEFT + width * (position + 0.25), 0.0
        for index, part in enumerate(names):
            value = values.get(part, 0)
            parts.append(f'<rect x="{x:.1f}" y="{y_at(below + value):.1f}" width="{width / 2:.1f}"'
                         f' height="{y_at(below) - y_at(below + value):.1f}"'
                         f' fill="{COLOURS[index % len(COLOURS)]}"/>')
            below += value
        parts.append(text(x + width / 4, HEIGHT - BOTTOM + 18, name))
    parts += [legend(index, name) for index, name in enumerate(names)]
    path.write_text("\n".join(parts + ["</svg>"]) + "\n")
