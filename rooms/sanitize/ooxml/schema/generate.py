"""Writes names.txt: which elements and attributes each namespace has.

Reads the schema tables of the Open XML SDK (one JSON file a namespace; names
are facts of ECMA-376 and of Microsoft's published extensions), leaves out the
namespaces and elements that can act or that no office file needs, and adds the
few names that the tables lack. Run: generate.py DIRECTORY > names.txt
"""

import collections
import json
import pathlib
import sys

STRICT = {
    "w": "http://purl.oclc.org/ooxml/wordprocessingml/main",
    "x": "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "p": "http://purl.oclc.org/ooxml/presentationml/main",
    "a": "http://purl.oclc.org/ooxml/drawingml/main",
    "pic": "http://purl.oclc.org/ooxml/drawingml/picture",
    "c": "http://purl.oclc.org/ooxml/drawingml/chart",
    "cdr": "http://purl.oclc.org/ooxml/drawingml/chartDrawing",
    "dgm": "http://purl.oclc.org/ooxml/drawingml/diagram",
    "lc": "http://purl.oclc.org/ooxml/drawingml/lockedCanvas",
    "wp": "http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing",
    "xdr": "http://purl.oclc.org/ooxml/drawingml/spreadsheetDrawing",
    "r": "http://purl.oclc.org/ooxml/officeDocument/relationships",
    "m": "http://purl.oclc.org/ooxml/officeDocument/math",
    "ap": "http://purl.oclc.org/ooxml/officeDocument/extendedProperties",
    "op": "http://purl.oclc.org/ooxml/officeDocument/customProperties",
    "vt": "http://purl.oclc.org/ooxml/officeDocument/docPropsVTypes",
}

KEPT = """a a14 a15 a16 adec ahyp ask asvg c c14 c15 c16 c16ac c16r3 cdr cdr14
com14 comp cs cx dgm dgm14 dgm1611 dgm1612 dsp lc m o p p14 p15 p16 p1710 p188
p184 p1912 p202 p223 p228 p232 pic pic14 pvml r thm15 v vt w w10 w14 w15 w16cex
w16cid w16cur w16du w16sdtdh w16sdtfl w16se wp wp14 wp15 wpc wpg wps x x12ac x14
x14ac x15 x15ac x16 x16r2 x16r3 xcalcf xda xdr xdr14 xltc xltc2 xml xne xpdl xr
sle tsle xr2 xr3 xr5 xr6 xr9 xr10 xr16 xvml ap cp dc dcterms op mc""".split()

# Elements of kept namespaces that no rebuilt file carries: they act, call out,
# lead elsewhere, or hold what cannot be checked.
LEFT_OUT = {
    "sle": lambda name: True,
    "tsle": lambda name: True,
    "xne": lambda name: name not in ("f", "sqref"),
    "x15ac": lambda name: True,
    "ap": lambda name: name in ("HLinks", "HyperlinkBase", "DigSig"),
    "o": lambda name: name in ("LinkType", "LockedField", "FieldCodes", "signatureline", "ink", "entry"),
    "w": lambda name: name in (
        "altChunk", "altChunkPr", "subDoc", "control", "objectEmbed", "objectLink", "movie", "contentPart",
        "mailMerge", "attachedTemplate", "attachedSchema", "docVars", "docVar", "linkStyles",
        "saveThroughXslt", "useXSLTWhenSaving", "frameset", "frame", "dataBinding", "entryMacro",
        "exitMacro", "fldData", "updateFields", "recipients", "recipientData",
        "embedRegular", "embedBold", "embedItalic", "embedBoldItalic", "src", "binData"),
    "w14": lambda name: name == "contentPart",
    "w15": lambda name: name in ("dataBinding", "webExtensionLinked", "webExtensionCreated"),
    "x": lambda name: name in (
        "oleObjects", "oleObject", "objectPr", "controls", "control", "controlPr", "externalReferences",
        "externalReference", "functionGroups", "functionGroup", "webPublishing", "webPublishObjects",
        "webPublishItems", "webPublishItem", "webPublishObject", "smartTags", "smartTagTypes", "smartTagPr",
        "smartTagType", "cellSmartTags", "cellSmartTag", "cellSmartTagPr", "cellSmartTagsPr", "fileSharing", "customPr",
        "customProperties", "xmlColumnPr", "xmlCellPr", "xmlPr", "MapInfo", "connections", "connection", "dbPr", "olapPr", "webPr",
        "textPr", "queryTable", "externalLink", "externalBook", "ddeLink", "oleLink", "volTypes",
        "singleXmlCells", "singleXmlCell", "revisions", "headers", "users", "dialogsheet"),
    "p": lambda name: name in (
        "oleObj", "embed", "link", "control", "controls", "contentPart", "custDataLst", "custData", "tags",
        "tagLst", "tag", "smartTags", "htmlPubPr", "modifyVerifier", "sndAc", "snd", "stSnd", "endSnd", "sndTgt",
        "inkTgt", "cmd", "audio", "video", "cMediaNode", "embeddedFontLst", "embeddedFont", "sldSyncPr", "webPr"),
    "a": lambda name: name in ("audioCd", "audioFile", "videoFile", "quickTimeFile", "wavAudioFile", "snd"),
    "a14": lambda name: name in ("imgProps", "imgLayer", "contentPart"),
    "cdr14": lambda name: name == "contentPart",
    "xdr14": lambda name: name == "contentPart",
    "xdr": lambda name: name == "contentPart",
    "p14": lambda name: name in ("media", "trim", "fade", "bmkLst", "bmk", "bmkTgt", "nvContentPartPr", "playEvt",
                                 "stopEvt", "pauseEvt", "resumeEvt", "seekEvt", "nullEvt", "triggerEvt", "recCmd", "showEvtLst"),
    "x14": lambda name: "licer" in name and "Style" not in name or name in ("connection", "oleSize"),
    "x15": lambda name: "imeline" in name and "Style" not in name or "licer" in name or "odel" in name or "onnection" in name or name in (
        "dataFeedPr", "rangePr", "textPr", "oledbPr", "dbTable", "dbTables", "dbCommand", "queryTable", "qryTab",
        "pivotTableReference", "webExtensions", "webExtension"),
    "xvml": lambda name: name in ("FmlaMacro", "FmlaPict", "CF", "Camera", "MapOCX", "ScriptText", "ScriptExtended",
                                  "ScriptLanguage", "ScriptLocation", "DDE"),
    "pvml": lambda name: True,
    "thm15": lambda name: name != "themeFamily",
}

ATTRIBUTES_LEFT_OUT = {
    "sle": lambda name: True,
    "tsle": lambda name: True,
    "*": {"r:href", "r:pict", "xml:base"},
    "v:*": {":src", ":equationxml", "o:gfxdata", "o:href", "o:althref", "o:ole", ":class", "o:master"},
    "a:hlinkClick": {":invalidUrl"}, "a:hlinkHover": {":invalidUrl"}, "a:hlinkMouseOver": {":invalidUrl"},
    "a14:hlinkClick": {":invalidUrl"},
    "w:documentProtection": {"w:cryptProviderType", "w:cryptAlgorithmClass", "w:cryptAlgorithmType", "w:cryptAlgorithmSid",
        "w:cryptSpinCount", "w:cryptProvider", "w:algIdExt", "w:algIdExtSource", "w:cryptProviderTypeExt",
        "w:cryptProviderTypeExtSource", "w:hash", "w:salt", "w:algorithmName", "w:hashValue", "w:saltValue", "w:spinCount"},
    "x:sheetProtection": {":password", ":algorithmName", ":hashValue", ":saltValue", ":spinCount"},
    "x:protectedRange": {":password", ":algorithmName", ":hashValue", ":saltValue", ":spinCount", ":securityDescriptor"},
    "x14:protectedRange": {":password", ":algorithmName", ":hashValue", ":saltValue", ":spinCount", ":securityDescriptor"},
    "x:workbookProtection": {":workbookPassword", ":revisionsPassword", ":workbookAlgorithmName", ":workbookHashValue",
        ":workbookSaltValue", ":workbookSpinCount", ":revisionsAlgorithmName", ":revisionsHashValue",
        ":revisionsSaltValue", ":revisionsSpinCount"},
    "x:table": {":connectionId"},
    "x:tableColumn": {":queryTableFieldId"},
    "x:worksheetSource": {"r:id"},
    "x:pivotCacheDefinition": {":connectionId"},
    "x:cacheSource": {":connectionId"},
    "x:definedName": {":shortcutKey", ":function", ":vbProcedure", ":xlm", ":functionGroupId", ":publishToServer"},
}

# What the tables lack: VML roots and the HTML inside old text boxes, markup
# compatibility, Dublin Core, and names that old producers write.
EXTRA = """
:xml
:div* :style :align :dir
:font* :face :size :color :style
:span* :style
:br
:b*
:i*
:u*
:s*
:center*
:p* :style :align
mc:AlternateContent
mc:Choice :Requires
mc:Fallback
cp:coreProperties
cp:category*
cp:contentStatus*
cp:contentType*
cp:keywords*
cp:language*
cp:lastModifiedBy*
cp:lastPrinted*
cp:revision*
cp:version*
dc:creator*
dc:description*
dc:identifier*
dc:language*
dc:subject*
dc:title*
dcterms:created* xsi:type
dcterms:modified* xsi:type
xdr:sp :macro :textlink :fLocksText :fPublished
xdr:pic :macro :fPublished
xdr:graphicFrame :macro :fPublished
xdr:cxnSp :macro :fPublished
""".split("\n")

# Attributes of other namespaces that extension schemas put on elements.
EXTRA_ATTRIBUTES = {
    "w": {"p": "w14:paraId w14:textId w:rsidRPr w:rsidR w:rsidDel w:rsidP w:rsidRDefault",
          "tr": "w14:paraId w14:textId", "ins": "w16du:dateUtc", "del": "w16du:dateUtc", "moveFrom": "w16du:dateUtc",
          "moveTo": "w16du:dateUtc", "comment": "w16du:dateUtc", "rPrChange": "w16du:dateUtc", "pPrChange": "w16du:dateUtc",
          "sectPrChange": "w16du:dateUtc", "tblPrChange": "w16du:dateUtc", "tcPrChange": "w16du:dateUtc",
          "trPrChange": "w16du:dateUtc", "t": "xml:space", "delText": "xml:space", "instrText": "xml:space",
          "delInstrText": "xml:space", "headerReference": "r:id", "footerReference": "r:id", "tab": "",
          "tblGridChange": "w16du:dateUtc", "document": "w:conformance", "comments": "", "style": "",
          "tblStylePr": "", "abstractNum": "w15:restartNumberingAfterBreak"},
    "xr": {"revisionPtr": "xr6:coauthVersionLast xr6:coauthVersionMax xr10:uidLastSave"},
    "c16r3": {"dispNaAsBlank": ":val"},
    "v": {name: "w14:anchorId" for name in "shape shapetype group line rect roundrect oval polyline arc curve image".split()},
    "x": {"row": "x14ac:dyDescent", "sheetFormatPr": "x14ac:dyDescent", "fonts": "x14ac:knownFonts",
          "t": "xml:space", "v": "xml:space", "f": "xml:space", "worksheet": "xr:uid", "table": "xr:uid xr3:uid",
          "tableColumn": "xr3:uid", "workbook": ":conformance", "legacyDrawing": "r:id", "legacyDrawingHF": "r:id",
          "autoFilter": "xr:uid", "hyperlink": "xr:uid", "dataValidation": "xr:uid", "workbookView": "xr2:uid",
          "pivotTableDefinition": "xr:uid", "pivotCacheDefinition": "xr:uid", "comment": "xr:uid",
          "cellStyle": "xr:uid", "formula": "xml:space", "formula1": "xml:space", "formula2": "xml:space", "cfRule": "",
          "oddHeader": "xml:space", "oddFooter": "xml:space", "evenHeader": "xml:space", "evenFooter": "xml:space",
          "firstHeader": "xml:space", "firstFooter": "xml:space", "definedName": "xml:space", "text": "xml:space"},
    "x14": {"dataValidation": "xr:uid", "cfRule": "", "ext": ""},
    "c": {"userShapes": "r:id", "chart": "r:id", "legacyDrawingHF": "r:id"},
    "p": {"presentation": ":conformance", "sldLayout": ""},
    "a": {"t": "xml:space", "hlinkClick": "r:id", "hlinkHover": "r:id", "hlinkMouseOver": "r:id"},
    "o": {"idmap": "v:ext", "shapelayout": "v:ext", "shapedefaults": "v:ext", "lock": "v:ext", "callout": "v:ext",
          "extrusion": "v:ext", "diagram": "v:ext", "relationtable": "v:ext", "regrouptable": "v:ext", "rules": "v:ext"},
}


def main():
    """Prints the table."""
    root = pathlib.Path(sys.argv[1])
    spaces = {entry["Prefix"]: entry["Uri"] for entry in json.loads((root / "namespaces.json").read_text())}
    spaces[""] = ""
    spaces["xsi"] = "http://www.w3.org/2001/XMLSchema-instance"
    for prefix in ("xr2", "xr3", "xr5", "xr6", "xr9", "xr10", "xr16"):
        assert prefix in spaces, prefix
    elements = collections.defaultdict(set)
    texts = set()
    for file in sorted((root / "schemas").glob("*.json")):
        read(json.loads(file.read_text()), elements, texts)
    for line in filter(None, EXTRA):
        name, *attributes = line.split()
        if name.endswith("*"):
            name = name[:-1]
            texts.add(name)
        elements[name] |= set(attributes)
    for prefix, names in EXTRA_ATTRIBUTES.items():
        for name, attributes in names.items():
            elements[f"{prefix}:{name}"] |= set(attributes.split())
    show(spaces, elements, texts)


def read(schema, elements, texts):
    """Collects a namespace's elements with the attributes of their bases."""
    types = schema.get("Types", [])
    bases = {entry["ClassName"]: entry for entry in types}
    for entry in types:
        name = entry["Name"].split("/")[1]
        if not name:
            continue
        attributes, is_text, seen = elements[name], False, set()
        while entry and entry["ClassName"] not in seen:
            seen.add(entry["ClassName"])
            attributes |= {attribute["QName"] for attribute in entry.get("Attributes", [])}
            base = entry.get("BaseClass")
            is_text |= bool(entry.get("IsLeafText")) or base == "OpenXmlLeafTextElement"
            entry = bases.get(base)
        if is_text:
            texts.add(name)


def show(spaces, elements, texts):
    """Writes namespaces, then a section for each with its elements."""
    print("# Written by generate.py; do not edit. `prefix uri [strict uri]`, then `[prefix]` sections of")
    print("# `element[*] attributes`: a star marks elements that hold text, a colon leads names without a namespace.")
    for prefix in ["", *sorted(KEPT), "xsi"]:
        print(" ".join(filter(None, ["@", prefix or "-", spaces[prefix] or "-", STRICT.get(prefix)])))
    kept = set(KEPT) | {""}
    for prefix in ["", *sorted(KEPT)]:
        out = LEFT_OUT.get(prefix, lambda name: False)
        names = sorted(name for name in elements if name.split(":")[0] == prefix and not out(name.split(":")[1]))
        if names:
            print(f"[{prefix or '-'}]")
        for name in names:
            denied = ATTRIBUTES_LEFT_OUT["*"] | ATTRIBUTES_LEFT_OUT.get(name, set()) | ATTRIBUTES_LEFT_OUT.get(prefix + ":*", set())
            shown = []
            for attribute in sorted(elements[name] - denied):
                space, local = attribute.split(":")
                if space == "" or space in kept | {"xsi"}:
                    shown.append(f":{local}" if space == "" else attribute)
            star = "*" if name in texts else ""
            print(" ".join([name.split(":")[1] + star, *shown]))


if __name__ == "__main__":
    main()
