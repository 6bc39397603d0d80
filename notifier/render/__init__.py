"""Put notices into people's words: the only room that knows Jinja2, Babel and css-inline."""

from notifier.render.envelopes import envelopes
from notifier.render.plain import text
from notifier.render.renderer import Renderer

__all__ = ["Renderer", "envelopes", "text"]
