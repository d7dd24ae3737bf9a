"""Looks at inputs and outputs side by side: hard vectors, text, looks, whether readers open them.

Reads one JSON job a line from a file, writes one JSON answer a line to another.
"""

import json
import multiprocessing
import os
import signal
import sys
import warnings

import numpy
import pypdfium2

import hard
import words

SECONDS_MAX = 60
PAGES_MAX = 12
OOXML = {"docx", "xlsx", "pptx", "xlsb"}


def main():
    jobs_path, answers_path = sys.argv[1:3]
    with open(jobs_path, encoding="utf-8") as file:
        jobs = [json.loads(line) for line in file]
    with multiprocessing.Pool(int(os.environ.get("ORACLE_JOBS", "2")), maxtasksperchild=40) as pool:
        with open(answers_path, "w", encoding="utf-8") as file:
            for answer in pool.imap_unordered(guarded, jobs, chunksize=1):
                file.write(json.dumps(answer, ensure_ascii=False) + "\n")


def guarded(job):
    """One job under an alarm; a checker's own failure is an answer too."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError()))
    signal.alarm(SECONDS_MAX)
    answer = {"input": job["input"]}
    try:
        look(job, answer)
    except BaseException as error:
        answer["checker"] = f"{type(error).__name__}: {error}"[:200]
    finally:
        signal.alarm(0)
    return answer


def look(job, answer):
    kind, before, after = job["type"], job["input"], job["output"]
    answer["opens_in"] = attempt(lambda: opens(kind, before))
    answer["hard_in"] = attempt(lambda: vectors(kind, before)) or []
    if not after:
        return
    answer["opens_out"] = attempt(lambda: opens(kind, after))
    answer["hard_out"] = vectors(kind, after)
    if kind == "pdf":
        compare_pdf(before, after, answer)
    elif kind in ("docx", "xlsx", "pptx", "odt", "ods", "odp"):
        reader = words.odf if kind.startswith("od") else getattr(words, kind)
        compare_text(attempt(lambda: reader(before)), reader(after), answer)


def attempt(work):
    try:
        return work()
    except TimeoutError:
        raise
    except Exception:
        return None


def opens(kind, path):
    """Opens with the usual library of the kind; true, or an exception."""
    with open(path, "rb") as file:
        if kind == "docx":
            import docx

            docx.Document(patched(file, path))
        elif kind == "xlsx":
            import openpyxl

            openpyxl.load_workbook(file)
        elif kind == "pptx":
            import pptx

            pptx.Presentation(patched(file, path))
        elif kind == "pdf":
            document = pypdfium2.PdfDocument(path)
            len(document) and document[0]
            import pikepdf

            with pikepdf.open(path) as second:
                second.pages[0]
        elif kind in ("odt", "ods", "odp"):
            from odf.opendocument import load

            load(file)
        elif kind in ("doc", "xls", "ppt"):
            import olefile

            olefile.OleFileIO(file).listdir()
        else:
            return None
    return True


def patched(file, path):
    """The libraries refuse macro and template types that they could read; say the plain type instead."""
    import io
    import zipfile

    macro = (b"macroEnabled", b"template", b"slideshow")
    with zipfile.ZipFile(file) as package:
        types = package.read("[Content_Types].xml")
        if not any(word in types for word in macro):
            file.seek(0)
            return file
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as new:
            for name in dict.fromkeys(package.namelist()):
                data = package.read(name)
                if name == "[Content_Types].xml":
                    for old, plain in TYPES:
                        data = data.replace(old, plain)
                new.writestr(name, data)
    out.seek(0)
    return out


WORD = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
DECK = b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
TYPES = [
    (b"application/vnd.ms-word.document.macroEnabled.main+xml", WORD),
    (b"application/vnd.ms-word.template.macroEnabledTemplate.main+xml", WORD),
    (b"application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml", WORD),
    (b"application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml", DECK),
    (b"application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml", DECK),
    (b"application/vnd.ms-powerpoint.template.macroEnabled.main+xml", DECK),
    (b"application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml", DECK),
    (b"application/vnd.openxmlformats-officedocument.presentationml.template.main+xml", DECK),
]


def vectors(kind, path):
    if kind == "pdf":
        return hard.pdf(path)
    found = hard.ooxml(path) if kind in OOXML else []
    if kind in OOXML or kind in ("doc", "xls", "ppt", "rtf"):
        found += hard.oletools(path)
    return found


def compare_text(before, after, answer):
    if before is None:
        return
    answer["text_same"] = before == after
    if before != after:
        pairs = zip(before + [""] * len(after), after + [""] * len(before))
        first = next((pair for pair in pairs if pair[0] != pair[1]), ("", ""))
        at = next((i for i, (a, b) in enumerate(zip(*first)) if a != b), min(map(len, first)))
        answer["text_first"] = [text[max(0, at - 20) : at + 40] for text in first]


def compare_pdf(before, after, answer):
    try:
        old = pypdfium2.PdfDocument(before)
    except Exception:
        return
    new = pypdfium2.PdfDocument(after)
    answer["pages"] = [len(old), len(new)]
    if len(old) != len(new):
        answer["text_same"] = False
        answer["looks"] = 1.0
        return
    old.init_forms()
    plain = attempt(lambda: words.pdf(old))
    rebuilt = words.pdf(new)
    worst, worst_page = 0.0, 0
    for index in range(min(len(old), PAGES_MAX)):
        difference = page_difference(old[index], new[index])
        if difference > worst:
            worst, worst_page = difference, index + 1
    answer["looks"], answer["looks_page"] = round(worst, 5), worst_page
    if plain is None:
        return
    if plain != rebuilt:
        # Fields and notes are drawn on the page by policy; so is the other side here.
        flat = pypdfium2.PdfDocument(before)
        for index in range(len(flat)):
            pypdfium2.raw.FPDFPage_Flatten(flat[index], pypdfium2.raw.FLAT_NORMALDISPLAY)
        if words.pdf(flat) == rebuilt or all(kept(a, b) for a, b in zip(plain, rebuilt)):
            answer["text_same"] = True
            answer["text_more"] = True
            return
    compare_text(plain, rebuilt, answer)


def kept(before, after):
    """Says whether every word is still there, in order; more may stand between."""
    rest = iter(after.split())
    return all(word in rest for word in before.split())


def page_difference(old, new):
    """Mean difference of two grey pictures of about 300 by 400 points, 0 to 1."""
    width, height = old.get_size()
    scale = min(300 / max(width, 1), 400 / max(height, 1), 4)
    pictures = []
    for page in (old, new):
        bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=True)
        pictures.append(bitmap.to_numpy().astype("float32").squeeze())
    if pictures[0].shape != pictures[1].shape:
        return 1.0
    return float(numpy.abs(pictures[0] - pictures[1]).mean() / 255)


if __name__ == "__main__":
    main()
