"""Runs one peer over a list of files on one core and says how long each file took.

Usage: peers.py PEER LIST ANSWER. Reading and writing files is not counted for peers that work in process.
"""

import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time


def gatekeeper(path, data, _folder):
    import gatekeeper_cdr

    result = gatekeeper_cdr.disarm(data)
    return len(result.png_buffer or result.buffer), 0


def mat2(path, data, folder):
    from libmat2 import UnknownMemberPolicy, parser_factory

    copy = os.path.join(folder, "copy" + os.path.splitext(path)[1].lower())
    with open(copy, "wb") as file:
        file.write(data)
    parser, _ = parser_factory.get_parser(copy)
    parser.sandbox = False
    parser.unknown_member_policy = UnknownMemberPolicy.OMIT
    if not parser.remove_all():
        raise RuntimeError("refused")
    return os.path.getsize(parser.output_filename), 0


def command(words):
    def run(path, _data, folder):
        out = os.path.join(folder, "out.pdf")
        done = subprocess.run([word.format(path, out) for word in words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        if not os.path.exists(out):
            raise RuntimeError(f"exit {done.returncode}")
        size = os.path.getsize(out)
        os.remove(out)
        return size, 0

    return run


def libreoffice(path, _data, folder):
    subprocess.run(["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", "pdf", "--outdir", folder, path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
    out = os.path.join(folder, os.path.splitext(os.path.basename(path))[0] + ".pdf")
    return os.path.getsize(out), 0


def raster(_path, data, _folder):
    """What pixel tools do: each page at 150 dpi, as JPEG, into a new PDF."""
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    pages = []
    for page in document:
        pages.append(page.render(scale=150 / 72).to_pil().convert("RGB"))
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], resolution=150, quality=75)
    return len(out.getvalue()), len(pages)


PEERS = {
    "gatekeeper-cdr": gatekeeper,
    "mat2": mat2,
    "qpdf": command(["qpdf", "{0}", "{1}"]),
    "pdftocairo": command(["pdftocairo", "-pdf", "{0}", "{1}"]),
    "libreoffice": libreoffice,
    "pixels": raster,
}


def main():
    name, list_path, answer_path = sys.argv[1:4]
    peer = PEERS[name]
    with open(list_path, encoding="utf-8") as file:
        paths = file.read().splitlines()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            with open(path, "rb") as file:
                data = file.read()
            start = time.perf_counter()
            try:
                size, pages = peer(path, data, folder)
                error = None
            except BaseException as problem:
                if isinstance(problem, KeyboardInterrupt):
                    raise
                size, pages, error = 0, 0, f"{type(problem).__name__}: {problem}"[:120]
            micros = int((time.perf_counter() - start) * 1e6)
            rows.append({"input": path, "micros": micros, "bytes_in": len(data), "bytes_out": size, "pages": pages, "error": error})
    who = resource.RUSAGE_SELF if name in ("gatekeeper-cdr", "mat2", "pixels") else resource.RUSAGE_CHILDREN
    with open(answer_path, "w", encoding="utf-8") as file:
        json.dump({"rows": rows, "peak_kib": resource.getrusage(who).ru_maxrss}, file)


if __name__ == "__main__":
    main()
