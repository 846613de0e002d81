"""Bars of ratios as an SVG, for docs/benchmarks: no library, nothing but text."""
import html
import math


def bars(title, rows, subtitle=""):
    """rows: (label, ratio, text, bound or None). A logarithmic axis around 1; left of it is less than the peer's."""
    left, width, step, top = 360, 420, 30, 70
    largest = max(max(abs(math.log10(ratio)), abs(math.log10(bound)) if bound else 0) for _, ratio, _, bound in rows)
    scale = (width / 2 - 10) / max(largest, 0.3)
    middle = left + width / 2
    height = top + step * len(rows) + 40

    def x(value):
        return middle + math.log10(value) * scale
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 130} {height}" '
           'font-family="system-ui, sans-serif" font-size="13">',
           f'<title>{html.escape(title)}</title>',
           f'<rect width="100%" height="100%" fill="#fff"/>',
           f'<text x="16" y="26" font-size="16" font-weight="600">{html.escape(title)}</text>',
           f'<text x="16" y="46" fill="#555">{html.escape(subtitle)}</text>',
           f'<line x1="{middle}" y1="{top - 8}" x2="{middle}" y2="{height - 30}" stroke="#333"/>',
           f'<text x="{middle}" y="{height - 12}" text-anchor="middle" fill="#555">1 = the peer</text>']
    for i, (label, ratio, text, bound) in enumerate(rows):
        y = top + i * step
        begin, end = sorted((middle, x(ratio)))
        out.append(f'<text x="{left - 12}" y="{y + 14}" text-anchor="end">{html.escape(label)}</text>')
        out.append(f'<rect x="{begin:.1f}" y="{y}" width="{max(end - begin, 1):.1f}" height="18" rx="2" fill="#2f6f9f"/>')
        if bound:
            out.append(f'<line x1="{x(bound):.1f}" y1="{y - 3}" x2="{x(bound):.1f}" y2="{y + 21}" stroke="#c2410c" '
                       'stroke-width="2"/>')
        out.append(f'<text x="{left + width + 10}" y="{y + 14}">{html.escape(text)}</text>')
    out.append('</svg>\n')
    return "\n".join(out)
