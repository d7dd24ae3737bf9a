#!/usr/bin/env python3
"""Makes charsets.tsv: Japanese mail in every charset, at every place, with every
mistake that was met. Python's codecs encode; nothing of ours takes part.

One case a line: its name, where to look, what must stand there, and the message
with \\xNN for what is not printable. Run it in this folder; it writes the table."""

import base64
import quopri

CASES = []


def escape(raw: bytes) -> str:
    out = []
    for byte in raw:
        if byte == 0x5C:
            out.append("\\\\")
        elif 0x20 <= byte < 0x7F:
            out.append(chr(byte))
        else:
            out.append("\\x%02x" % byte)
    return "".join(out)


def case(name, where, expected, raw):
    assert "\t" not in expected and name not in [known[0] for known in CASES], name
    CASES.append((name, where, expected.replace("\n", "\\n"), escape(raw)))


# --- charsets -------------------------------------------------------------

NEC_IBM = {}
for lead in list(range(0xED, 0xEF)):
    for trail in list(range(0x40, 0x7F)) + list(range(0x80, 0xFD)):
        try:
            NEC_IBM[bytes([lead, trail]).decode("cp932")] = (lead, trail)
        except UnicodeDecodeError:
            pass


def jis_pair(c):
    """The two bytes of a character in JIS X 0208 with NEC's rows, as CP50221 has them."""
    lead, trail = NEC_IBM.get(c) or tuple(c.encode("cp932"))
    row = (lead - (0x81 if lead < 0xA0 else 0xC1)) * 2
    if trail >= 0x9F:
        row, cell = row + 1, trail - 0x9F
    else:
        cell = trail - 0x40 - (1 if trail > 0x7F else 0)
    return bytes([row + 0x21, cell + 0x21])


def cp50221(text, close=True, kana="esc"):
    """CP50221 (half-width katakana by escape), 50222 (by shift) or with the eighth bit."""
    out, mode = b"", "a"
    for c in text:
        if ord(c) < 0x80:
            want = "a"
        elif 0xFF61 <= ord(c) <= 0xFF9F:
            want = "k" if kana == "esc" else "8" if kana == "8bit" else "s"
        else:
            want = "d"
        if want != mode:
            if mode == "s":
                out += b"\x0f"
            if want == "s":
                out += b"\x0e"
            elif want == "8":
                pass
            else:
                out += {"a": b"\x1b(B", "k": b"\x1b(I", "d": b"\x1b$B"}[want]
            if want == "8" and mode == "d":
                out += b"\x1b(B"
            mode = want if want != "8" else "a"
        if want == "a":
            out += c.encode()
        elif want == "d":
            out += jis_pair(c)
        elif want == "8":
            out += bytes([ord(c) - 0xFF61 + 0xA1])
        else:
            out += bytes([ord(c) - 0xFF61 + 0x21])
    if mode == "s":
        out += b"\x0f"
    elif close and mode != "a":
        out += b"\x1b(B"
    return out


def encode(text, charset):
    if charset in ("cp50220", "cp50221"):
        return cp50221(text)
    return text.encode({"shift_jis": "cp932", "windows-31j": "cp932"}.get(charset, charset))


def word(text, charset, form="B", label=None):
    raw = encode(text, charset) if isinstance(text, str) else text
    label = label or charset
    if form == "B":
        return b"=?" + label.encode() + b"?B?" + base64.b64encode(raw) + b"?="
    body = b"".join(
        bytes([b]) if chr(b).isalnum() and b < 0x80 else b"_" if b == 0x20 else b"=%02X" % b for b in raw
    )
    return b"=?" + label.encode() + b"?Q?" + body + b"?="


# --- places ---------------------------------------------------------------

HEAD = b"From: a@b.example\r\nMIME-Version: 1.0\r\n"


def subject(raw):
    return HEAD + b"Subject: " + raw + b"\r\n\r\nx\r\n"


def sender(raw):
    return b"From: " + raw + b"\r\nSubject: s\r\n\r\nx\r\n"


def body(raw, label=None, transfer=None, kind=b"text/plain"):
    head = HEAD + b"Subject: s\r\n"
    if label is not None or kind != b"text/plain":
        head += b"Content-Type: " + kind + (b"; charset=" + label if label else b"") + b"\r\n"
    if transfer == "base64":
        raw = base64.encodebytes(raw).replace(b"\n", b"\r\n")
        head += b"Content-Transfer-Encoding: base64\r\n"
    elif transfer == "qp":
        raw = quopri.encodestring(raw).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        head += b"Content-Transfer-Encoding: quoted-printable\r\n"
    elif transfer:
        head += b"Content-Transfer-Encoding: " + transfer.encode() + b"\r\n"
    return head + b"\r\n" + raw + b"\r\n"


def file(disposition=None, kind=None):
    part = b"Content-Type: " + (kind or b"application/octet-stream") + b"\r\n"
    if disposition is not None:
        part += b"Content-Disposition: " + disposition + b"\r\n"
    return (
        HEAD + b"Subject: s\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nx\r\n--m\r\n"
        + part + b"\r\nDATA\r\n--m--\r\n"
    )


# --- texts ----------------------------------------------------------------

PLAIN = "会議のご案内"
LONG = "令和八年度防災訓練の実施について（第２回）のお知らせとお願い"
NEC = "①㈱№髙﨑Ⅲ㌔"
KANA = "ﾃｽﾄﾒｰﾙ"
MIXED = "Re: 会議ABC(第2回)の件 #7"
WAVE = "10：00～12：00－終了"
NAME = "緑野 太郎"
FILE = "表 申請書①.txt"
BODY = "担当者各位\nお世話になっております。\n添付の資料をご確認ください。"

# 1. Every charset, encoded as it should be, in every place.
SOUND = [
    ("iso-2022-jp", PLAIN), ("iso-2022-jp", LONG), ("iso-2022-jp", MIXED), ("cp50221", NEC),
    ("cp50220", KANA), ("cp50221", "㈱緑野ｼﾞﾑｼｮ"), ("shift_jis", PLAIN), ("shift_jis", NEC),
    ("shift_jis", KANA + "です"), ("shift_jis", WAVE), ("windows-31j", NEC), ("euc-jp", PLAIN),
    ("euc-jp", MIXED), ("utf-8", PLAIN), ("utf-8", NEC + KANA), ("utf-8", "𠮷野家と葛\U000E0100飾😀"),
    ("utf-8", "1️⃣👨‍👩‍👧"), ("utf-7", PLAIN), ("utf-16be", PLAIN), ("iso-2022-jp-1", "丂会議"),
    ("iso-2022-jp-2", "中文会議"), ("iso-2022-jp-3", PLAIN), ("gb2312", "会议のご案内"), ("big5", "會議"),
]
for charset, text in SOUND:
    short = f"{charset}/{text[:4]}"
    label = {"cp50221": "iso-2022-jp", "cp50220": "iso-2022-jp"}.get(charset, charset)
    for form in "BQ":
        case(f"subject {form} {short}", "subject", text, subject(word(text, charset, form, label)))
    case(f"sender {short}", "from", text, sender(word(text, charset, "B", label) + b" <a@b.example>"))
    if charset != "utf-16be":
        case(f"body {short}", "text", text, body(encode(text, charset), label.encode(), "8bit"))
    case(f"body base64 {short}", "text", text, body(encode(text, charset), label.encode(), "base64"))
    if charset != "utf-16be":
        case(f"body qp {short}", "text", text, body(encode(text, charset), label.encode(), "qp"))

# 2. Words of headers, cut and put together wrongly.
JIS = encode(LONG, "iso-2022-jp")
UTF = LONG.encode()
for at in (5, 6, 20, 21):
    first, second = JIS[:at], JIS[at:]
    case(f"iso-2022-jp run cut at {at}", "subject", LONG,
         subject(word(first, "iso-2022-jp") + b"\r\n " + word(second, "iso-2022-jp")))
    first, second = UTF[:at], UTF[at:]
    case(f"utf-8 character cut at {at}", "subject", LONG,
         subject(word(first, "utf-8") + b"\r\n " + word(second, "utf-8")))
    case(f"utf-8 character cut at {at} in Q", "subject", LONG,
         subject(word(first, "utf-8", "Q") + b"\r\n " + word(second, "utf-8", "Q")))
SJ = encode(LONG, "shift_jis")
case("shift_jis character cut", "subject", LONG, subject(word(SJ[:3], "shift_jis") + b" " + word(SJ[3:], "shift_jis")))
B64 = base64.b64encode(JIS)
for at in (9, 10, 11, 22):
    raw = b"=?iso-2022-jp?B?" + B64[:at] + b"?=\r\n =?iso-2022-jp?B?" + B64[at:] + b"?="
    case(f"base64 cut at digit {at}", "subject", LONG, subject(raw))
W = word(PLAIN, "iso-2022-jp")
U = word(PLAIN, "utf-8")
case("words without a space between", "subject", PLAIN * 2, subject(W + W))
case("words of two charsets", "subject", PLAIN * 2, subject(W + b" " + U))
case("word in parentheses", "subject", f"({PLAIN})", subject(b"(" + W + b")"))
case("word touching text", "subject", f"[1]{PLAIN}:end", subject(b"[1]" + W + b":end"))
case("word in quotes", "subject", f'"{PLAIN}"', subject(b'"' + W + b'"'))
case("small letters", "subject", PLAIN, subject(W.replace(b"?B?", b"?b?").replace(b"iso-2022-jp", b"ISO-2022-jp")))
case("language behind the charset", "subject", PLAIN, subject(U.replace(b"utf-8", b"utf-8*ja")))
case("no charset", "subject", PLAIN, subject(W.replace(b"iso-2022-jp", b"")))
case("unknown charset", "subject", PLAIN, subject(W.replace(b"iso-2022-jp", b"x-unknown")))
case("end is missing", "subject", PLAIN, subject(W[:-2]))
case("end is half", "subject", PLAIN, subject(W[:-1]))
case("space inside base64", "subject", PLAIN, subject(W[:22] + b" " + W[22:]))
case("folded inside base64", "subject", PLAIN, subject(W[:22] + b"\r\n " + W[22:]))
case("padding is missing", "subject", PLAIN, subject(word("会議のご案", "utf-8").replace(b"=?=", b"?=") + b" " + word("内", "utf-8")))
case("Q with raw spaces", "subject", "会議 ABC 案内", subject(b"=?utf-8?Q?=E4=BC=9A=E8=AD=B0 ABC =E6=A1=88=E5=86=85?="))
case("Q with a question mark", "subject", "会議?=C1", subject(b"=?utf-8?Q?=E4=BC=9A=E8=AD=B0=3F=3DC1?="))
case("text after a word keeps its space", "subject", f"{PLAIN} end", subject(W + b" end"))
case("text before a word keeps its space", "subject", f"Re: {PLAIN}", subject(b"Re: " + W))
case("no word at all", "subject", "a =? b ?= c", subject(b"a =? b ?= c"))
case("encoded words that say ASCII", "subject", PLAIN, subject(word(PLAIN, "utf-8", "B", "us-ascii")))
case("empty word between", "subject", PLAIN, subject(b"=?utf-8?B??= " + U))

# 3. Labels that lie, in headers and bodies.
for charset in ("iso-2022-jp", "shift_jis", "euc-jp", "utf-8"):
    raw = encode(LONG, charset)
    for label in ("iso-2022-jp", "shift_jis", "euc-jp", "utf-8", "us-ascii", "iso-8859-1", "windows-1252", "x-foo"):
        if label == charset:
            continue
        case(f"subject {charset} called {label}", "subject", LONG, subject(word(raw, charset, "B", label)))
        case(f"body {charset} called {label}", "text", BODY, body(encode(BODY.replace("\n", "\r\n"), charset), label.encode(), "8bit"))
    case(f"body {charset} without a label", "text", BODY, body(encode(BODY.replace("\n", "\r\n"), charset)))
    case(f"body {charset} with an empty label", "text", BODY, body(encode(BODY.replace("\n", "\r\n"), charset), b'""', "8bit"))
    case(f"body base64 {charset} called us-ascii", "text", BODY, body(encode(BODY.replace("\n", "\r\n"), charset), b"us-ascii", "base64"))
    case(f"html {charset} without a label", "text", LONG, body(b"<p>" + raw + b"</p>", None, "8bit", b"text/html"))
    other = "utf-8" if charset != "utf-8" else "shift_jis"
    case(f"html {charset} whose page says {other}", "text", LONG,
         body(b'<html><meta charset="' + other.encode() + b'"><p>' + raw + b"</p>", charset.encode(), "8bit", b"text/html"))
for label in ("cp932", "sjis", "x-sjis", "ms_kanji", "windows-31j", "csShiftJIS", "Shift-JIS", "x-ms-cp932"):
    case(f"body shift_jis under the name {label}", "text", NEC, body(encode(NEC, "shift_jis"), label.encode(), "8bit"))
for label in ("x-euc-jp", "ujis", "eucJP", "cp51932", "eucJP-ms"):
    case(f"body euc-jp under the name {label}", "text", LONG, body(encode(LONG, "euc-jp"), label.encode(), "8bit"))
for label in ("ISO-2022-JP-MS", "csISO2022JP", "JIS", "CP50220", "iso-2022-jp-2004"):
    case(f"body iso-2022-jp under the name {label}", "text", LONG, body(encode(LONG, "iso-2022-jp"), label.encode(), "7bit"))

# 4. Nothing encoded at all.
for charset in ("iso-2022-jp", "shift_jis", "euc-jp", "utf-8"):
    raw = encode(LONG, charset)
    case(f"raw subject {charset}", "subject", LONG, subject(raw))
    case(f"raw short subject {charset}", "subject", "表示", subject(encode("表示", charset)))
    case(f"raw subject {charset} after words", "subject", f"{PLAIN} {LONG}", subject(U + b" " + raw))
    case(f"raw sender {charset}", "from", NAME, sender(encode(NAME, charset) + b" <a@b.example>"))
    case(f"raw sender {charset} in quotes", "from", NAME, sender(b'"' + encode(NAME, charset) + b'" <a@b.example>'))
    # A fold stands for a space, except inside a run of ISO-2022-JP.
    middle = {"iso-2022-jp": 21, "utf-8": 12}.get(charset, 12)
    chars = {"iso-2022-jp": 9, "utf-8": 4}.get(charset, 6)
    space = "" if charset == "iso-2022-jp" else " "
    case(f"raw subject {charset} folded between characters", "subject", LONG[:chars] + space + LONG[chars:],
         subject(raw[:middle] + b"\r\n " + raw[middle:]))
    cut = middle + 1
    case(f"raw subject {charset} folded inside a character", "subject", LONG, subject(raw[:cut] + b"\r\n " + raw[cut:]))

# 5. ISO-2022-JP as old programs wrote it.
case("old escape $@", "subject", "漢字", subject(b"\x1b$@4A;z\x1b(B"))
case("roman letters behind", "subject", "漢字ABC", subject(b"\x1b$B4A;z\x1b(JABC"))
case("escape (H", "subject", "漢字ABC", subject(b"\x1b$B4A;z\x1b(HABC"))
case("katakana by shift", "text", "漢字" + KANA, body(cp50221("漢字" + KANA, kana="so"), b"iso-2022-jp"))
case("katakana with the eighth bit", "text", "漢字" + KANA + "。", body(cp50221("漢字" + KANA + "。", kana="8bit"), b"iso-2022-jp", "8bit"))
case("katakana with the eighth bit alone", "text", KANA, body(cp50221(KANA, kana="8bit"), b"iso-2022-jp", "8bit"))
case("line left open", "text", "漢字\nplain\n漢", body(b"\x1b$B4A;z\r\nplain\r\n\x1b$B4A\x1b(B", b"iso-2022-jp"))
case("text left open at its end", "subject", "漢字", subject(b"\x1b$B4A;z"))
case("escapes in a row", "subject", "漢字", subject(b"\x1b$B\x1b(B\x1b$B4A\x1b(B\x1b$B;z\x1b(B"))
case("escapes that lost ESC in a body", "text", "漢字 and 字", body(b"$B4A;z(B and $B;z(B", b"iso-2022-jp"))
case("escapes that lost ESC in a subject", "subject", "漢字の件", subject(b"$B4A;z$N7o(B"))
case("dollars and brackets stay", "text", "costs $BIG (B) and $B (B", body(b"costs $BIG (B) and $B (B", b"us-ascii"))
case("a colour of a terminal is no charset", "text", "a[31mred", body(b"a\x1b[31mred", b"us-ascii"))
case("JIS X 0212", "subject", "丂", subject(b"\x1b$(D0!\x1b(B"))
case("JIS X 0213 plane 1", "subject", "漢字", subject(b"\x1b$(Q4A;z\x1b(B"))
case("a code that no table has", "subject", "〓字", subject(b"\x1b$B/!;z\x1b(B"))
case("emoji of a phone", "text", "晴れ〓です", body("晴れ".encode("cp932") + b"\xf8\x9f" + "です".encode("cp932"), b"shift_jis", "8bit"))
case("character of one's own", "text", "外字〓", body("外字".encode("cp932") + b"\xf0\x40", b"shift_jis", "8bit"))
case("shift_jis line in an iso-2022-jp text", "text", "漢字\n署名の行です", body(b"\x1b$B4A;z\x1b(B\r\n" + "署名の行です".encode("cp932"), b"iso-2022-jp", "8bit"))

# 6. Decoded wrongly by somebody before.
case("utf-8 taken for latin-1", "subject", LONG, subject(word(LONG.encode().decode("latin-1").encode(), "utf-8")))
case("utf-8 taken for windows-1252", "subject", "住民票の写し", subject(word("住民票の写し".encode().decode("latin-1").encode(), "utf-8")))
case("utf-8 taken for latin-1 in a body", "text", LONG, body(LONG.encode().decode("latin-1").encode(), b"utf-8", "8bit"))
case("utf-8 taken for latin-1 in a file name", "file", "申請書.txt",
     file(b'attachment; filename="' + "申請書.txt".encode().decode("latin-1").encode() + b'"'))
case("shift_jis taken for latin-1", "subject", "ごあんないについて", subject(word("ごあんないについて".encode("cp932").decode("latin-1").encode(), "utf-8")))

# 7. Names of files.
for charset in ("iso-2022-jp", "shift_jis", "euc-jp", "utf-8"):
    text = FILE if charset in ("shift_jis", "utf-8") else "表 申請書.txt"
    raw = encode(text, charset)
    percent = b"".join(b"%%%02X" % b for b in raw)
    case(f"filename word {charset}", "file", text, file(b'attachment; filename="' + word(text, charset) + b'"'))
    case(f"filename word {charset} without quotes", "file", text, file(b"attachment; filename=" + word(text, charset)))
    case(f"filename raw {charset}", "file", text, file(b'attachment; filename="' + raw + b'"'))
    case(f"filename 2231 {charset}", "file", text, file(b"attachment; filename*=" + charset.encode() + b"'ja'" + percent))
    case(f"filename 2231 {charset} in pieces", "file", text,
         file(b"attachment;\r\n filename*0*=" + charset.encode() + b"''" + percent[:12] + b";\r\n filename*1*=" + percent[12:]))
    case(f"filename 2231 {charset} out of order", "file", text,
         file(b"attachment; filename*1*=" + percent[12:] + b"; filename*0*=" + charset.encode() + b"''" + percent[:12]))
    case(f"filename 2231 {charset} without a charset", "file", text, file(b"attachment; filename*=''" + percent))
    case(f"name word {charset}", "file", text, file(b"attachment", b'application/x; name="' + word(text, charset) + b'"'))
    case(f"name raw {charset}", "file", text, file(None, b'application/x; name="' + raw + b'"'))
case("filename 2231 beside a plain one", "file", "申請書.txt",
     file(b"attachment; filename=x.txt; filename*=utf-8''" + b"".join(b"%%%02X" % b for b in "申請書.txt".encode())))
case("filename escaped as in the web", "file", "申請書.txt", file(b'attachment; filename="' + b"".join(b"%%%02X" % b for b in "申請書.txt".encode()) + b'"'))
case("filename in two words", "file", "申請書の写し.txt",
     file(b'attachment; filename="' + word("申請書", "utf-8") + b"\r\n " + word("の写し.txt", "utf-8") + b'"'))
case("filename word cut inside a character", "file", "申請書.txt",
     file(b'attachment; filename="' + word("申請書.txt".encode()[:4], "utf-8") + b" " + word("申請書.txt".encode()[4:], "utf-8") + b'"'))
case("word inside pieces of 2231", "file", "申請書.txt",
     file(b'attachment; filename*0="' + word("申請", "utf-8")[:20] + b'"; filename*1="' + word("申請", "utf-8")[20:] + word("書.txt", "utf-8") + b'"'))
case("semicolon in a name", "file", "申請;書.txt", file(b'attachment; filename="' + word("申請;書.txt", "utf-8") + b'"'))
case("half-width katakana in a name", "file", "ｼﾝｾｲｼｮ.txt", file(b'attachment; filename="' + word("ｼﾝｾｲｼｮ.txt", "cp50221", "B", "iso-2022-jp") + b'"'))
case("decomposed kana in a name", "file", "がいよう.txt", file(b'attachment; filename="' + word("か\u3099いよう.txt", "utf-8") + b'"'))

# 8. Addresses.
case("two senders' names", "from", NAME, sender(word(NAME, "iso-2022-jp") + b" <a@b.example>, " + word("乙", "utf-8") + b" <c@d.example>"))
case("name with a comma in it", "from", "緑野,太郎", sender(word("緑野,太郎", "utf-8") + b" <a@b.example>"))
case("name in quotes that is a word", "from", NAME, sender(b'"' + word(NAME, "iso-2022-jp") + b'" <a@b.example>'))
case("name as a comment", "from", NAME, sender(b"a@b.example (" + word(NAME, "utf-8") + b")"))
case("name cut inside a run", "from", "緑野市役所総務課", sender(word(encode("緑野市役所総務課", "iso-2022-jp")[:9], "iso-2022-jp") + b"\r\n " + word(encode("緑野市役所総務課", "iso-2022-jp")[9:], "iso-2022-jp") + b" <a@b.example>"))
case("name touching its address", "from", NAME, sender(word(NAME, "utf-8") + b"<a@b.example>"))

with open("charsets.tsv", "w", encoding="utf-8", newline="\n") as table:
    for row in CASES:
        table.write("\t".join(row) + "\n")
print(len(CASES))
