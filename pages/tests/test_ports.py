"""What lower apps leave open for upper ones: links to their pages, and slots in a page."""

import pytest
from django import forms
from django.template import engines
from django.urls import reverse

from pages.choices import offer_choices, offer_rows
from pages.links import address_of_page, offer_page
from pages.slots import draw_template, fill_slot


class Chosen(forms.Form):
    name = forms.CharField()
    colour = forms.ChoiceField()


def drawn(source: str, **context: object) -> str:
    """What a template of this text shows."""
    return str(engines["django"].from_string("{% load pages %}" + source).render(context))


def test_a_link_leads_to_the_page_that_an_upper_app_offers() -> None:
    assert address_of_page("target", "plan-2014", "houses") == reverse("target", args=["plan-2014", "houses"])
    assert drawn('{% page "target" "plan-2014" code %}', code="houses") == reverse(
        "target", args=["plan-2014", "houses"]
    )


def test_a_subject_without_a_page_is_a_fault_and_no_dead_link() -> None:
    with pytest.raises(LookupError):
        address_of_page("nothing")


def test_the_last_offer_of_a_subject_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.links._names", {})
    offer_page("target", url_name="home")
    offer_page("target", url_name="target")
    assert address_of_page("target", "plan-2014", "houses") == reverse("target", args=["plan-2014", "houses"])


def test_a_slot_shows_what_was_put_into_it_in_order_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.slots._slots", {})
    draws = [lambda context: f"<b>{context['number']}</b>", lambda context: "<i></i>"]
    for draw in [*draws, *draws]:
        fill_slot("desk", draw)
    assert drawn('{% slot "desk" %}', number=3) == "<b>3</b><i></i>"


def test_an_empty_slot_shows_nothing() -> None:
    assert drawn('{% slot "nobody fills it" %}') == ""


def test_a_template_in_a_slot_knows_what_the_page_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.slots._slots", {})
    fill_slot("messages", draw_template("pages/_messages.html"))
    assert "&lt;b&gt;" in drawn('{% slot "messages" %}', messages=["<b>"])


def test_a_field_offers_its_choices() -> None:
    form = Chosen()
    offer_choices(form, "colour", [("red", "红"), ("green", "绿")])
    assert "红" in str(form["colour"])
    assert str(form["colour"]).count("<option") == 2


@pytest.mark.parametrize("name", ["name", "colour"])
def test_a_field_without_rows_or_choices_is_a_fault(name: str) -> None:
    with pytest.raises(TypeError, match="offers no rows"):
        offer_rows(Chosen(), name, None)  # type: ignore[arg-type]  # refused before the rows are looked at
    with pytest.raises(TypeError, match="offers no choices"):
        offer_choices(Chosen(), "name", [])
