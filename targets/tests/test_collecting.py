"""The garbage collector rests during work that makes no circles, and only then."""

import gc

import pytest

from targets.bulk.garbage_collection import uncollected


def test_the_collector_rests_within_and_works_again_afterwards() -> None:
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_works_again_after_an_error() -> None:
    with pytest.raises(RuntimeError), uncollected():
        raise RuntimeError
    assert gc.isenabled()
