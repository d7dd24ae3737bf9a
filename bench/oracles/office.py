"""Opens Office files in LibreOffice, before and after, and compares the printed pages.

Reads jobs like check.py; conversions are kept by content, so a second run is quick.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

import pypdfium2

import check

BATCH = 24
BATCH_SECONDS_MAX = 240
ONE_SECONDS_MAX = 60


def main():
    jobs_path, answers_path, cache = sys.argv[1:4]
    os.makedirs(cache, exist_ok=True)
    with open(jobs_path, encoding="utf-8") as file:
        jobs = [json.loads(line) for line in file]
    kinds = ("docx", "xlsx", "pptx", "xlsb", "odt", "ods", "odp", "doc", "xls", "ppt", "rtf")
    jobs = [job for job in jobs if job["type"] in kinds]
    wanted = [(job["input"], os.path.splitext(job["input"])[1]) for job in jobs]
    wanted += [(job["output"], os.path.splitext(job["output"])[1]) for job in jobs if job["output"]]
    convert(wanted, cache)
    with open(answers_path, "w", encoding="utf-8") as file:
        for job in jobs:
            file.write(json.dumps(compare(job, cache), ensure_ascii=False) + "\n")


def key(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:24]


def convert(wanted, cache):
    todo = {}
    for path, extension in wanted:
        name = key(path)
        if not os.path.exists(f"{cache}/{name}.pdf") and not os.path.exists(f"{cache}/{name}.fail"):
            todo[name + extension.lower()] = path
    names = sorted(todo)
    for start in range(0, len(names), BATCH):
        batch = names[start : start + BATCH]
        soffice(batch, todo, cache, BATCH_SECONDS_MAX)
        left = [name for name in batch if not os.path.exists(f"{cache}/{os.path.splitext(name)[0]}.pdf")]
        for name in left:
            # One that hangs or crashes takes its batch along: try each alone.
            soffice([name], todo, cache, ONE_SECONDS_MAX)
            stem = os.path.splitext(name)[0]
            if not os.path.exists(f"{cache}/{stem}.pdf"):
                open(f"{cache}/{stem}.fail", "w").close()
        print(f"LibreOffice {start + len(batch)}/{len(names)}", file=sys.stderr, flush=True)


def soffice(batch, todo, cache, seconds):
    with tempfile.TemporaryDirectory() as folder:
        for name in batch:
            shutil.copy(todo[name], f"{folder}/{name}")
        command = ["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", "pdf", "--outdir", cache]
        process = subprocess.Popen(command + [f"{folder}/{name}" for name in batch], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()


def compare(job, cache):
    before = f"{cache}/{key(job['input'])}.pdf"
    answer = {"input": job["input"], "office_in": os.path.exists(before)}
    if not job["output"]:
        return answer
    after = f"{cache}/{key(job['output'])}.pdf"
    answer["office_out"] = os.path.exists(after)
    if not (answer["office_in"] and answer["office_out"]):
        return answer
    try:
        old, new = pypdfium2.PdfDocument(before), pypdfium2.PdfDocument(after)
        answer["office_pages"] = [len(old), len(new)]
        text = [" ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document) for document in (old, new)]
        answer["office_text_same"] = text[0] == text[1]
        if text[0] != text[1]:
            at = next((i for i, (a, b) in enumerate(zip(*text)) if a != b), min(map(len, text)))
            answer["office_text_first"] = [part[max(0, at - 20) : at + 40] for part in text]
        if len(old) != len(new):
            answer["office_looks"] = 1.0
            return answer
        worst = 0.0
        for index in range(min(len(old), check.PAGES_MAX)):
            worst = max(worst, check.page_difference(old[index], new[index]))
        answer["office_looks"] = round(worst, 5)
    except Exception as error:
        answer["office_error"] = str(error)[:100]
    return answer


if __name__ == "__main__":
    main()
