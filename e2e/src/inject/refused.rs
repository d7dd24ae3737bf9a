//! Kinds that must never come out, whatever they are called: programs,
//! scripts, shortcuts, disk images, add-ins; archives and documents that wait.

use crate::case::Case;
use crate::make::ole::{compound, program};
use crate::make::zip::{Member, Zip};

/// Every case of this file: each under its own name and under a harmless one.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, extension, make) in KINDS {
        cases.push(Case::stopped(&format!("refused-{name}"), extension, make));
    }
    for (name, _, make) in KINDS.iter().filter(|(_, _, make)| is_binary(&make("x"))) {
        cases.push(Case::stopped(&format!("refused-{name}-as-docx"), "docx", make));
        cases.push(Case::stopped(&format!("refused-{name}-as-txt"), "txt", make));
    }
    cases
}

/// Text kinds under the name `.txt` are plain text, and may be delivered.
fn is_binary(bytes: &[u8]) -> bool {
    bytes.contains(&0) || std::str::from_utf8(bytes).is_err()
}

type Kind = (&'static str, &'static str, fn(&str) -> Vec<u8>);

const KINDS: &[Kind] = &[
    ("pe", "exe", program),
    ("pe-dll", "dll", program),
    ("screensaver", "scr", program),
    ("xll", "xll", program),
    ("elf", "bin", |c| {
        [b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0", c.as_bytes()].concat()
    }),
    ("macho", "bin", |c| {
        [b"\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0\x02\0\0\0", c.as_bytes()].concat()
    }),
    ("class", "class", |c| [b"\xca\xfe\xba\xbe\0\0\0\x34\0\x10", c.as_bytes()].concat()),
    ("lnk", "lnk", |c| {
        [
            b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46\x81\0\0\0",
            &[0; 52][..],
            c.as_bytes(),
        ]
        .concat()
    }),
    ("url", "url", |c| {
        format!("[InternetShortcut]\r\nURL=file://{c}.example/x.exe\r\n").into_bytes()
    }),
    ("scf", "scf", |c| {
        format!("[Shell]\r\nCommand=2\r\nIconFile=\\\\{c}.example\\x.ico\r\n").into_bytes()
    }),
    ("desktop", "desktop", |c| {
        format!("[Desktop Entry]\nType=Application\nExec={c}\n").into_bytes()
    }),
    ("settingcontent", "settingcontent-ms", |c| {
        format!("<?xml version=\"1.0\"?><PCSettings><SearchableContent xmlns=\"http://schemas.microsoft.com/Search/2013/SettingContent\"><ApplicationInformation><DeepLink>{c}</DeepLink></ApplicationInformation></SearchableContent></PCSettings>").into_bytes()
    }),
    ("library", "library-ms", |c| {
        format!("<?xml version=\"1.0\"?><libraryDescription xmlns=\"http://schemas.microsoft.com/windows/2009/library\"><name>{c}</name></libraryDescription>").into_bytes()
    }),
    ("search", "search-ms", |c| {
        format!("<?xml version=\"1.0\"?><persistedQuery version=\"1.0\"><query>{c}</query></persistedQuery>").into_bytes()
    }),
    ("hta", "hta", |c| {
        format!("<html><hta:application id=\"x\"/><script>{c}</script></html>").into_bytes()
    }),
    ("js", "js", |c| {
        format!("var x = new ActiveXObject('WScript.Shell'); x.Run('{c}');").into_bytes()
    }),
    ("jse", "jse", |c| format!("#@~^{c}==^#~@").into_bytes()),
    ("vbs", "vbs", |c| format!("CreateObject(\"WScript.Shell\").Run \"{c}\"\r\n").into_bytes()),
    ("wsf", "wsf", |c| {
        format!("<job><script language=\"VBScript\">{c}</script></job>").into_bytes()
    }),
    ("ps1", "ps1", |c| format!("Invoke-Expression '{c}'\r\n").into_bytes()),
    ("bat", "bat", |c| format!("@echo off\r\n{c}\r\n").into_bytes()),
    ("cmd", "cmd", |c| format!("start {c}\r\n").into_bytes()),
    ("shell", "sh", |c| format!("#!/bin/sh\n{c}\n").into_bytes()),
    ("python", "py", |c| format!("#!/usr/bin/env python3\nprint('{c}')\n").into_bytes()),
    ("reg", "reg", |c| {
        format!("Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\{c}]\r\n")
            .into_bytes()
    }),
    ("iso", "iso", |c| [&[0; 32768][..], b"\x01CD001\x01\0", &[0; 2040], c.as_bytes()].concat()),
    ("vhd", "vhd", |c| [b"conectix\0\0\0\x02\0\x01\0\0", &[0; 496][..], c.as_bytes()].concat()),
    ("vhdx", "vhdx", |c| [b"vhdxfile", &[0; 504][..], c.as_bytes()].concat()),
    ("dmg-img", "img", |c| [&[0; 510][..], b"\x55\xaa", &[0; 512], c.as_bytes()].concat()),
    ("onenote", "one", |c| {
        [b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", c.as_bytes()].concat()
    }),
    ("chm", "chm", |c| [b"ITSF\x03\0\0\0\x60\0\0\0\x01\0\0\0", c.as_bytes()].concat()),
    ("msi", "msi", |c| {
        compound(Some("000c1084-0000-0000-c000-000000000046"), &[("x", c.as_bytes())])
    }),
    ("swf", "swf", |c| {
        [b"FWS\x09\x40\0\0\0\x78\0\x04\xe2\0\0\x0e\xa6\0\0\x18\x01\0", c.as_bytes()].concat()
    }),
    ("jar", "jar", |c| {
        Zip::of(&[
            ("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\r\nMain-Class: X\r\n"),
            ("X.class", &[b"\xca\xfe\xba\xbe", c.as_bytes()].concat()),
        ])
        .write()
    }),
    ("apk", "apk", |c| {
        Zip::of(&[
            ("AndroidManifest.xml", b"\x03\0\x08\0"),
            ("classes.dex", &[b"dex\n035\0", c.as_bytes()].concat()),
        ])
        .write()
    }),
    ("appx", "appx", |c| {
        Zip::of(&[
            ("AppxManifest.xml", b"<Package/>"),
            ("AppxBlockMap.xml", b"<x/>"),
            ("x.exe", &program(c)),
        ])
        .write()
    }),
    ("xlam", "xlam", |c| {
        addin("xl/workbook.xml", "application/vnd.ms-excel.addin.macroEnabled.main+xml", c)
    }),
    ("ppam", "ppam", |c| {
        addin(
            "ppt/presentation.xml",
            "application/vnd.ms-powerpoint.addin.macroEnabled.main+xml",
            c,
        )
    }),
    ("unknown-ole", "doc", |c| compound(None, &[("Unknown", c.as_bytes())])),
    ("rar", "rar", |c| [b"Rar!\x1a\x07\x01\0", c.as_bytes()].concat()),
    ("rar4", "rar", |c| [b"Rar!\x1a\x07\0", c.as_bytes()].concat()),
    ("unknown", "dat", |c| [b"\x93\x01\xfe\0\0\x88", c.as_bytes()].concat()),
    ("iqy", "iqy", |c| format!("WEB\r\n1\r\nhttp://{c}.example/\r\n").into_bytes()),
    ("slk", "slk", |c| {
        format!("ID;P\r\nO;E\r\nNN;NAuto_open;ER101C1\r\nC;X1;Y101;EEXEC(\"{c}\")\r\nE\r\n")
            .into_bytes()
    }),
    ("diagcab", "diagcab", |c| {
        [b"MSCF\0\0\0\0\x2c\0\0\0\0\0\0\0\x2c\0\0\0\0\0\0\0\x03\x01", c.as_bytes()].concat()
    }),
];

fn addin(main: &str, content_type: &str, canary: &str) -> Vec<u8> {
    let types = format!(
        "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/{main}\" ContentType=\"{content_type}\"/></Types>"
    );
    let rels = format!(
        "<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"{main}\"/></Relationships>"
    );
    let mut zip = Zip::default();
    zip.members.push(Member::new("[Content_Types].xml", types));
    zip.members.push(Member::new("_rels/.rels", rels));
    zip.members.push(Member::new(main, format!("<x>{canary}</x>")));
    zip.write()
}
