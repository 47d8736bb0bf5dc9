"""What the worksheet's scripts say."""

from django.utils.translation import gettext as _


def typing_words() -> dict[str, str]:
    """About what is typed."""
    return {
        "saving": _("Saving …"),
        "saved": _("Saved"),
        "offline": _("Not saved. It is tried again by itself when the connection is back."),
        "stopped": _("Not saved. The text is kept in this browser; it is tried again when you come back to this page."),
        "loggedOut": _("Not saved: you have been logged out. Log in again in the new window; the text stays here."),
        "logIn": _("Log in again"),
        "refused": _("Not saved: the server refused it. The text is kept in this browser. Reload the page."),
        "restored": _("Text from your last visit that had not been saved was put back."),
        "conflict": _("%(name)s has saved something else meanwhile. Yours and theirs differ:"),
        "gone": _("A colleague has handed this row in meanwhile. Yours has not been saved:"),
        "mine": _("Mine"),
        "theirs": _("Theirs"),
        "keepMine": _("Keep mine"),
        "takeTheirs": _("Take theirs"),
        "understood": _("understood as %(number)s"),
        "pasted": _("%(number)s cells filled."),
        "noPlace": _("%(number)s cells had no place in the grid and were left out."),
        "unsaved": _("Some rows have not been saved yet. Wait a moment and try again."),
        "noteWanted": _("A note is needed before this row can be handed in."),
    }


def file_words() -> dict[str, str]:
    """About files beside the figures."""
    return {
        "attach": _("Attach a file"),
        "remove": _("Remove"),
        "tryAgain": _("Try again"),
        "uploading": _("Uploading %(name)s …"),
        "attached": _("Attached: %(name)s"),
        "removed": _("Removed: %(name)s"),
        "fileOffline": _("%(name)s is not attached: no connection."),
        "fileLoggedOut": _("%(name)s is not attached: you have been logged out. Log in again in the new window."),
        "fileRefused": _("%(name)s is not attached: the server refused it. Reload the page."),
        "filesWaiting": _("Some files have not been attached yet. Wait a moment, try again, or remove them."),
    }
