"""Name scans for hard vectors, written apart from the sanitiser and its verifier.

A name scan proves nothing about reach; it is fair for ranking tools side by side.
"""

import re
import warnings
import zipfile

import pikepdf
from lxml import etree

PARTS = re.compile(
    r"vbaproject|vbadata|macrosheets/|dialogsheets/|activex/|embeddings/|customui|webextension|attachedtoolbars"
    r"|externallinks/|connections\.xml|querytables/|afchunk|keymapcustomizations|xmlmaps|ctrlprops/.*\.bin",
    re.I,
)
FIELD = re.compile(r"^\s*(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|INCLUDE|LINK|IMPORT|DATABASE|MACROBUTTON|RD|EMBED)\b", re.I)
FORMULA = re.compile(r"\|\s*'|\b(CALL|REGISTER\.ID|REGISTER|EXEC|RTD|WEBSERVICE|FILTERXML|IMAGE|PY)\s*\(|\[\d+\]|'?\\\\\\\\", re.I)
ACTION = re.compile(r"ppaction://(program|macro|ole|hlinkfile|hlinkpres|media)", re.I)
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, recover=True)


def ooxml(path):
    """Returns the hard vectors of an OOXML package as a sorted list of words."""
    found = set()
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            hit = PARTS.search(name)
            if hit:
                found.add("part:" + hit.group(0).lower())
            if name.lower().endswith((".xml", ".rels", ".vml")):
                try:
                    data = package.read(name)
                except Exception:
                    continue
                found |= markup(name, data)
    return sorted(found)


def markup(name, data):
    found = set()
    root = etree.fromstring(data, PARSER) if data.strip() else None
    if root is None:
        return found
    if name.endswith(".rels"):
        for relation in root.iter("{*}Relationship"):
            kind = relation.get("Type", "").rsplit("/", 1)[-1]
            if relation.get("TargetMode", "").lower() == "external" and kind != "hyperlink":
                found.add("external:" + kind)
            if relation.get("Target", "").strip().lower().startswith("javascript:"):
                found.add("javascript")
        return found
    instruction = ""
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        local = etree.QName(element).localname
        if local in ("altChunk", "subDoc", "OLEObject", "oleObj", "control", "ddeLink", "oleLink", "attachedTemplate", "mailMerge", "oleObject"):
            found.add("element:" + local)
        if local == "instrText":
            instruction += element.text or ""
        if local == "fldChar" and instruction:
            if FIELD.search(instruction):
                found.add("field:" + FIELD.search(instruction).group(1).upper())
            instruction = ""
        if local == "fldSimple":
            for key, value in element.items():
                if key.endswith("instr") and FIELD.search(value):
                    found.add("field:" + FIELD.search(value).group(1).upper())
        if local in ("f", "formula", "formula1", "formula2", "definedName") and "/main" in (etree.QName(element).namespace or ""):
            if FORMULA.search(element.text or ""):
                found.add("formula")
        if local == "cmd" and "presentationml" in (etree.QName(element).namespace or ""):
            found.add("command")
        for value in element.attrib.values():
            if ACTION.search(value):
                found.add("action:" + ACTION.search(value).group(1).lower())
            if value.strip().lower().startswith("javascript:"):
                found.add("javascript")
    return found


KEYS = {"/JS", "/XFA", "/OpenAction", "/EmbeddedFiles", "/RichMediaContent", "/RichMediaSettings", "/3DD", "/AF", "/Collection", "/FFilter"}
KINDS = {"/JavaScript", "/Launch", "/GoToR", "/GoToE", "/SubmitForm", "/ImportData", "/Rendition", "/Sound", "/Movie", "/Thread", "/GoTo3DView", "/RichMediaExecute"}
SUBTYPES = {"/RichMedia", "/3D", "/Sound", "/Movie", "/Screen", "/FileAttachment", "/PS"}


def pdf(path):
    """Returns the hard vectors of a PDF, every object walked, reachable or not."""
    found = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pikepdf.open(path) as document:
            walk(document.trailer, found, 0)
            for item in document.objects:
                walk(item, found, 0)
    return sorted(found)


def walk(item, found, depth):
    if depth > 30:
        return
    if isinstance(item, pikepdf.Array):
        for inner in item:
            direct(inner, found, depth)
        return
    if not isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
        return
    for key in item.keys():
        if key in KEYS:
            found.add(key)
        value = item.get(key)
        if key == "/AA" and isinstance(value, pikepdf.Dictionary) and len(value.keys()):
            found.add("/AA")
        if key == "/S" and str(value) in KINDS:
            found.add(str(value))
        if key == "/Subtype" and str(value) in SUBTYPES:
            found.add("subtype:" + str(value))
        if key == "/Type" and str(value) == "/EmbeddedFile":
            found.add("/EmbeddedFile")
        if key == "/FS" and str(value) == "/URL":
            found.add("/FS/URL")
        if key == "/Filter" and ("JBIG2" in str_of(value) or "JPX" in str_of(value)):
            found.add("filter:" + ("JBIG2" if "JBIG2" in str_of(value) else "JPX"))
        if key == "/URI" and str(value).strip().lower().startswith(("javascript:", "file:", "vbscript:", "data:", "\\\\")):
            found.add("uri:" + str(value).strip().lower().split(":")[0])
        direct(value, found, depth)


def direct(value, found, depth):
    if isinstance(value, pikepdf.Object) and not value.is_indirect:
        walk(value, found, depth + 1)


def str_of(value):
    if isinstance(value, pikepdf.Array):
        return " ".join(str(inner) for inner in value)
    return str(value)


def oletools(path):
    """Returns what oletools still finds: macros and DDE."""
    import logging

    logging.disable(logging.CRITICAL)
    from oletools import msodde
    from oletools.olevba import VBA_Parser

    found = set()
    try:
        parser = VBA_Parser(path)
        if parser.detect_vba_macros():
            found.add("olevba:macros")
        parser.close()
    except Exception:
        pass
    try:
        if msodde.process_file(path, msodde.FIELD_FILTER_DDE).strip():
            found.add("msodde:dde")
    except Exception:
        pass
    return sorted(found)
