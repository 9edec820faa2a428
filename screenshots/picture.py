"""A terminal's screen as SVG, one picture or several that follow each other."""

import html

CELL_WIDTH, CELL_HEIGHT, SIZE = 8.4, 18, 14
BACK, FRONT = "#16181d", "#d7dae0"
NAMED = {
    "black": "#16181d", "red": "#e06c75", "green": "#98c379", "brown": "#e5c07b", "yellow": "#e5c07b",
    "blue": "#61afef", "magenta": "#c678dd", "cyan": "#56b6c2", "white": "#d7dae0",
}


def colour(name, otherwise):
    if name == "default":
        return otherwise
    return NAMED.get(name, f"#{name}")


def look(cell):
    front, back = colour(cell.fg, FRONT), colour(cell.bg, BACK)
    if cell.reverse:
        front, back = back, front
    return front, back, cell.bold, cell.underscore


def runs(row, columns):
    """(column, width, text, look) of neighbours that look the same."""
    start, text, last = 0, "", None
    for column in range(columns):
        cell = row[column]
        now = look(cell)
        if now != last and text:
            yield start, column - start, text, last
            start, text = column, ""
        if now != last:
            start, last = column, now
        text += cell.data
    if text:
        yield start, columns - start, text, last


def draw(screen):
    """The elements of one screen, without the frame around it."""
    parts = []
    for y in range(screen.lines):
        for x, width, text, (front, back, bold, underlined) in runs(screen.buffer[y], screen.columns):
            left, top = x * CELL_WIDTH, y * CELL_HEIGHT
            if back != BACK:
                parts.append(f'<rect x="{left:.1f}" y="{top}" width="{width * CELL_WIDTH:.1f}" '
                             f'height="{CELL_HEIGHT}" fill="{back}"/>')
            stripped = text.strip()
            if not stripped:
                continue
            lead = len(text) - len(text.lstrip())
            style = ' font-weight="bold"' if bold else ""
            style += ' text-decoration="underline"' if underlined else ""
            length = (width - lead - (len(text) - len(text.rstrip()))) * CELL_WIDTH
            parts.append(f'<text x="{left + lead * CELL_WIDTH:.1f}" y="{top + 13.5}" fill="{front}" '
                         f'textLength="{length:.1f}"{style}>{html.escape(stripped)}</text>')
    return "".join(parts)


def frame(screen, body, title):
    width, height = screen.columns * CELL_WIDTH + 24, screen.lines * CELL_HEIGHT + 24
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" '
            f'height="{height}" role="img" aria-label="{html.escape(title)}">'
            f'<title>{html.escape(title)}</title>'
            f'<rect width="100%" height="100%" rx="8" fill="{BACK}"/>'
            f'<g transform="translate(12,12)" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" '
            f'font-size="{SIZE}" xml:space="preserve">{body}</g></svg>\n')


def still(screen, title):
    return frame(screen, draw(screen), title)


def film(screen, scenes, title):
    """`scenes` are (seconds, elements); they follow each other for ever."""
    total = sum(seconds for seconds, _ in scenes)
    body, at = "", 0.0
    for seconds, elements in scenes:
        begin, end = at / total, (at + seconds) / total
        at += seconds
        times = f"0;{begin:.4f};{end:.4f};1" if begin > 0 else f"0;0;{end:.4f};1"
        values = "hidden;visible;hidden;hidden" if begin > 0 else "visible;visible;hidden;hidden"
        body += (f'<g visibility="hidden"><animate attributeName="visibility" dur="{total:.1f}s" '
                 f'repeatCount="indefinite" calcMode="discrete" keyTimes="{times}" values="{values}"/>'
                 f'{elements}</g>')
    return frame(screen, body, title)
