"""The form by which a file comes in."""

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from imports.messages import unreadable
from imports.readers import UnreadableError


class UploadForm(forms.Form):
    """One file; what stands in it is the service's to judge."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or a workbook: XLSX, XLS, ODS."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xlsm,.xls,.ods"}),
        error_messages={"empty": _("The file is empty.")},
        max_length=255,
    )

    def clean_file(self) -> UploadedFile:
        """Refuses what is too large before it is read."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
            limit = format(settings.UPLOAD_MAX_BYTES / 1024 / 1024, ".0f")
            raise forms.ValidationError(unreadable(UnreadableError("too_large", limit=limit)))
        return file
