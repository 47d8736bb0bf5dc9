"""Who is an author of what stands in an entry, and who is none."""

from reviews.authors import REMEMBERED, Typists, authors_of, note_typists

ANN, BEN, CAT = 1, 2, 3
WORDS = ("done",)


def typed(*savings: tuple[int, dict[str, str]], handed_in: dict[str, str] | None = None) -> Typists:
    """What is known of a draft after people have saved it one after the other."""
    known: Typists = {}
    before: dict[str, str] = {}
    for by, now in savings:
        known = note_typists(known, before, now, handed_in or {}, by=by, words=WORDS)
        before = now
    return known


def authors(
    *savings: tuple[int, dict[str, str]],
    handed_in: dict[str, str] | None = None,
    earlier: dict[str, list[int]] | None = None,
) -> dict[int, list[str]]:
    by, now = savings[-1]
    known = typed(*savings, handed_in=handed_in)
    return authors_of(known, now, handed_in or {}, earlier or {}, saved_by=by, words=WORDS)


def test_who_types_a_number_is_its_author() -> None:
    assert authors((ANN, {"value": "5"})) == {ANN: ["value"]}


def test_who_saves_the_same_number_again_is_none() -> None:
    assert authors((ANN, {"value": "5"}), (BEN, {"value": "5"})) == {ANN: ["value"]}


def test_who_changes_the_denominator_alone_is_an_author_beside_the_first() -> None:
    ratio = {"numerator": "90", "denominator": "100"}
    found = authors((ANN, ratio), (BEN, ratio | {"denominator": "110"}))
    assert found == {ANN: ["numerator"], BEN: ["denominator"]}


def test_whose_number_a_colleague_has_replaced_is_none_any_more() -> None:
    assert authors((ANN, {"value": "5"}), (BEN, {"value": "6"})) == {BEN: ["value"]}


def test_a_number_that_is_emptied_and_put_back_keeps_its_author() -> None:
    assert authors((ANN, {"value": "5"}), (BEN, {}), (BEN, {"value": "5"})) == {ANN: ["value"], BEN: ["value"]}


def test_an_emptied_draft_has_the_author_of_what_is_typed_next() -> None:
    assert authors((ANN, {"value": "5"}), (BEN, {}), (CAT, {"value": "7"})) == {CAT: ["value"]}


def test_a_correction_leaves_the_other_number_with_its_author() -> None:
    returned = {"numerator": "90", "denominator": "100"}
    found = authors(
        (CAT, {"numerator": "90", "denominator": "110"}),
        handed_in=returned,
        earlier={"numerator": [ANN], "denominator": [BEN]},
    )
    assert found == {ANN: ["numerator"], CAT: ["denominator"]}


def test_who_takes_an_entry_along_to_attach_a_file_is_no_author_of_it() -> None:
    assert authors((BEN, {"value": "5"}), handed_in={"value": "5"}, earlier={"value": [ANN]}) == {ANN: ["value"]}


def test_a_number_typed_before_somebody_else_handed_in_the_same_has_both_for_authors() -> None:
    known = typed((BEN, {"value": "5"}))
    assert authors_of(known, {"value": "5"}, {"value": "5"}, {"value": [ANN]}, saved_by=CAT) == {
        BEN: ["value"],
        ANN: ["value"],
    }


def test_authors_of_words_add_up_until_the_text_is_emptied() -> None:
    first, second = (ANN, {"done": "已检查10家。"}), (BEN, {"done": "已检查12家。"})
    assert authors(first, second) == {ANN: ["done"], BEN: ["done"]}
    assert authors(first, (BEN, {}), second) == {BEN: ["done"]}


def test_a_draft_does_not_grow_with_every_change() -> None:
    known = typed(*((ANN, {"value": str(number)}) for number in range(3 * REMEMBERED)))
    assert len(known["value"]) == REMEMBERED
