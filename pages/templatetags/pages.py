"""Links to pages of upper apps, and slots that those fill (`pages.links`, `pages.slots`)."""

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from pages.links import address_of_page
from pages.slots import draw_slot

register = template.Library()
register.simple_tag(address_of_page, name="page")


@register.simple_tag(takes_context=True)
def slot(context: Context, name: str) -> SafeString:
    """What upper apps show in this place of the page."""
    return draw_slot(name, context)
