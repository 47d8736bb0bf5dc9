"""How a task may be split: weights are whole percent and make 100 together, or nobody weighs (pure)."""

from collections.abc import Sequence

WHOLE = 100


def weights_fault(weights: Sequence[int | None]) -> str:
    """Why these weights of a task's milestones do not go together: "weight_range", "weights_missing" where some are
    empty and others not, "weights_sum"; empty if they do. All empty is allowed: then all weigh the same."""
    given = [weight for weight in weights if weight is not None]
    if any(not 1 <= weight <= WHOLE for weight in given):
        return "weight_range"
    if given and len(given) < len(weights):
        return "weights_missing"
    return "weights_sum" if given and sum(given) != WHOLE else ""
