"""Looks into the injector's outputs with readers by others: pikepdf's decoder, oletools, zipfile.

Usage: check_outputs.py FOLDER, where FOLDER was filled by the injector test with SEKISHO_KEEP=FOLDER.
Prints what it finds and ends with 1 when it finds anything.
"""

import io
import os
import re
import sys
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench", "oracles"))

import hard
import pikepdf

STEM = b"skcanary"
# Their canary is visible text, or the test says that it is still wrong.
TEXT = re.compile(r"^(csv|tsv|txt)-|^html-(script-nested|xml-island)|^(7z|cab|lzh|zip)-(climb|drive|rooted|share)|-twin|^ods-formula-indirect")
# Words that the name scan counts and that cannot act here.
HARMLESS = {"/OpenAction"}


def main():
    folder = sys.argv[1]
    names = sorted(os.listdir(folder))
    found = 0
    for name in names:
        path = os.path.join(folder, name)
        for what in look(path, name):
            print(f"{name}: {what}")
            found += 1
    print(f"{len(names)} outputs, {found} findings")
    sys.exit(1 if found else 0)


def look(path, name):
    extension = name.rsplit(".", 1)[-1]
    with open(path, "rb") as file:
        data = file.read()
    if not TEXT.search(name) and any(STEM in part.replace(b"\0", b"").lower() for part in parts(data, 0)):
        yield "canary"
    try:
        if extension == "pdf":
            yield from hard.pdf(path)
        if extension in hard_kinds():
            yield from hard.ooxml(path)
        if extension in hard_kinds() | {"doc", "xls", "rtf"}:
            yield from hard.oletools(path)
    except Exception as error:
        yield f"checker: {type(error).__name__}: {error}"


def hard_kinds():
    return {"docx", "xlsx", "pptx"}


def parts(data, depth):
    """The bytes themselves and everything unpacked from them."""
    yield data
    if depth > 6:
        return
    if data[:4] == b"PK\3\4":
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            for member in package.infolist():
                yield member.filename.encode("utf-8", "surrogateescape")
                if not member.flag_bits & 1:
                    yield from parts(package.read(member), depth + 1)
    if data[:4] == b"%PDF":
        with pikepdf.open(io.BytesIO(data)) as document:
            for item in document.objects:
                yield str(item.unparse()).encode("latin-1", "replace")
                if isinstance(item, pikepdf.Stream):
                    try:
                        yield from parts(item.read_bytes(), depth + 1)
                    except pikepdf.PdfError:
                        yield from parts(item.read_raw_bytes(), depth + 1)


if __name__ == "__main__":
    main()
