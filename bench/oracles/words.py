"""The text of a document as a list of strings, by readers that share nothing with the sanitiser."""

import posixpath
import re
import zipfile

from lxml import etree

PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, recover=True)


def local(element):
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


class Package:
    """An OPC package, read trustingly."""

    def __init__(self, path):
        self.zip = zipfile.ZipFile(path)
        self.names = {}
        for name in self.zip.namelist():
            self.names.setdefault(name.replace("\\", "/").lstrip("/").lower(), name)

    def xml(self, part):
        name = self.names.get(part.lstrip("/").lower())
        if name is None:
            return None
        data = self.zip.read(name)
        return etree.fromstring(data, PARSER) if data.strip() else None

    def relations(self, part):
        """Internal relations of a part, in order: (id, kind, target part)."""
        folder, file = posixpath.split(part)
        root = self.xml(posixpath.join(folder, "_rels", file + ".rels"))
        if root is None:
            return []
        out = []
        for relation in root.iter("{*}Relationship"):
            if relation.get("TargetMode", "").lower() == "external":
                continue
            target = relation.get("Target", "").replace("\\", "/")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            out.append((relation.get("Id"), relation.get("Type", "").rsplit("/", 1)[-1], path))
        return out

    def main(self):
        for _, kind, target in self.relations(""):
            if kind == "officeDocument":
                return target
        return None


def relation_id(element):
    return next((value for key, value in element.attrib.items() if key.endswith("}id") and "elationships" in key), None)


def pieces(root, tags, seen_fallback=False):
    """Text of the wanted elements in order; a fallback beside a choice says the same twice."""
    out = []
    stack = [root]
    while stack:
        element = stack.pop()
        if local(element) == "Fallback" and "markup-compatibility" in element.tag:
            if any(local(peer) == "Choice" for peer in element.getparent()):
                continue
        if local(element) in tags:
            out.append("".join(element.itertext()))
        stack.extend(reversed([child for child in element if isinstance(child.tag, str)]))
    return out


def docx(path):
    package = Package(path)
    main = package.main()
    stories = ["".join(pieces(package.xml(main), ("t", "delText")))]
    others = []
    for _, kind, target in package.relations(main):
        if kind in ("header", "footer", "footnotes", "endnotes", "comments"):
            root = package.xml(target)
            if root is not None:
                others.append("".join(pieces(root, ("t", "delText"))))
    return stories + sorted(text for text in others if text)


def xlsx(path):
    package = Package(path)
    main = package.main()
    relations = package.relations(main)
    shared = []
    for _, kind, target in relations:
        if kind == "sharedStrings":
            root = package.xml(target)
            if root is not None:
                shared = ["".join(t.text or "" for t in item.iter("{*}t") if local(t.getparent()) != "rPh") for item in root if local(item) == "si"]
    parts = {relation: (kind, target) for relation, kind, target in relations}
    out = []
    for sheet in package.xml(main).iter("{*}sheet"):
        kind, target = parts.get(relation_id(sheet), ("", ""))
        if kind != "worksheet" or package.xml(target) is None:
            continue
        out.append("sheet " + sheet.get("name", ""))
        row_number = 0
        for row in package.xml(target).iter("{*}row"):
            row_number = int(row.get("r") or row_number + 1)
            column = 0
            for cell in (c for c in row if local(c) == "c"):
                column = column_of(cell.get("r")) or column + 1
                value = next((c.text or "" for c in cell if local(c) == "v"), "")
                if cell.get("t") == "s" and value.strip().isdigit():
                    index = int(value)
                    value = shared[index] if index < len(shared) else ""
                elif cell.get("t") == "inlineStr":
                    value = "".join(t.text or "" for t in cell.iter("{*}t") if local(t.getparent()) != "rPh")
                if value:
                    out.append(f"{row_number},{column}={value}")
    return out


def column_of(reference):
    letters = re.match(r"[A-Za-z]+", reference or "")
    number = 0
    for letter in letters.group(0).upper() if letters else "":
        number = number * 26 + ord(letter) - 64
    return number


def pptx(path):
    package = Package(path)
    main = package.main()
    parts = {relation: target for relation, _, target in package.relations(main)}
    out = []
    for slide in package.xml(main).iter("{*}sldId"):
        target = parts.get(relation_id(slide))
        root = package.xml(target) if target else None
        if root is None:
            continue
        out.append("".join(pieces(root, ("t",))))
        for _, kind, other in package.relations(target):
            if kind in ("notesSlide", "diagramData") and package.xml(other) is not None:
                out.append(kind + "".join(pieces(package.xml(other), ("t",))))
    return out


def odf(path):
    package = zipfile.ZipFile(path)
    root = etree.fromstring(package.read("content.xml"), PARSER)
    return ["".join(element.itertext()) for element in root.iter() if local(element) in ("p", "h")]


def pdf(document):
    """Text of each page of an open pypdfium2 document, white space evened out."""
    return [" ".join(page.get_textpage().get_text_range().split()) for page in document]
