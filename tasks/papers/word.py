"""The printed notice as a Word file, with the measures of GB/T 9704-2012.

Type area 156 × 225 mm, body 仿宋 size 3 (16 pt) in lines of 29 pt (22 to a page, 28 letters each), title 小标宋 size 2
(22 pt). Fonts are named, not shipped; Word takes the Chinese one from `w:eastAsia`.
"""

from io import BytesIO

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from tasks.papers.notice import Paper

BODY, TITLE = "仿宋_GB2312", "方正小标宋简体"
RED = RGBColor(0xE6, 0x00, 0x12)
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
CENTRE, RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
SIZE_3, SIZE_2, SIZE_4, LINE = Pt(16), Pt(22), Pt(14), Pt(29)


def as_docx(paper: Paper) -> bytes:
    """Makes the Word file."""
    document = Document()
    _lay_out(document)
    _add(document, paper.letterhead, font=TITLE, size=Pt(paper.letterhead_size), align=CENTRE, colour=RED, line=Pt(56))
    _add(document, "")
    _underline(_add(document, paper.number, align=CENTRE))
    _add(document, "")
    _add(document, paper.title, font=TITLE, size=SIZE_2, align=CENTRE, line=Pt(34))
    _add(document, "")
    _add(document, f"{paper.addressees}：")
    for text in paper.paragraphs:
        _add(document, text).paragraph_format.first_line_indent = SIZE_3 * 2
    _add_annexes(document, paper)
    _add(document, "")
    for text in (paper.signer, paper.day):
        _add(document, text, align=RIGHT).paragraph_format.right_indent = SIZE_3 * 2
    _number_pages(document)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _lay_out(document: DocumentObject) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(28)
    normal = document.styles["Normal"]
    _use_font(normal, BODY)
    normal.font.size = SIZE_3


def _add(
    document: DocumentObject,
    text: str,
    *,
    font: str = BODY,
    size: Length = SIZE_3,
    align: WD_ALIGN_PARAGRAPH | None = None,
    colour: RGBColor | None = None,
    line: Length = LINE,
) -> Paragraph:
    paragraph = document.add_paragraph()
    if align is not None:
        paragraph.alignment = align
    kind = paragraph.paragraph_format
    kind.space_before = kind.space_after = Pt(0)
    kind.line_spacing_rule, kind.line_spacing = WD_LINE_SPACING.EXACTLY, line
    run = paragraph.add_run(text)
    _use_font(run, font)
    run.font.size = size
    if colour is not None:
        run.font.color.rgb = colour
    return paragraph


def _add_annexes(document: DocumentObject, paper: Paper) -> None:
    """Writes the annexes one line below the text, if there are any."""
    if paper.annexes:
        _add(document, "")
    for annex in paper.annexes:
        kind = _add(document, annex.text).paragraph_format
        kind.left_indent, kind.first_line_indent = SIZE_3 * annex.left, -SIZE_3 * annex.hanging


def _use_font(styled: Run | ParagraphStyle, name: str) -> None:
    """Sets the font for Western and Chinese letters alike."""
    styled.font.name = name
    styled.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), name)


def _underline(paragraph: Paragraph) -> None:
    """Draws the red line under the number, across the type area."""
    borders = OxmlElement("w:pBdr")
    line = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "12"), ("space", "11"), ("color", "E60012")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().append(borders)


def _number_pages(document: DocumentObject) -> None:
    """Numbers the pages as — 1 —, in 宋体 size 4."""
    paragraph = document.sections[0].footer.paragraphs[0]
    paragraph.alignment = CENTRE
    for kind, text in (("text", "— "), ("begin", ""), ("code", "PAGE"), ("end", ""), ("text", " —")):
        run = paragraph.add_run(text if kind == "text" else "")
        _use_font(run, "宋体")
        run.font.size = SIZE_4
        if kind == "code":
            code = OxmlElement("w:instrText")
            code.text = text
            run._r.append(code)
        elif kind != "text":
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
