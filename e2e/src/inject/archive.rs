//! Archive vectors: hostile members, hostile names, hidden bytes, in ZIP, TAR
//! and GZIP; locked ZIPs whose password is not given.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{docx, package};
use crate::case::{Case, Make};
use crate::make::ole::program;
use crate::make::pdf::{Layout, PAGE_TEXT, Pdf};
use crate::make::xml::Wording;
use crate::make::zip::{Member, UTF8, Zip};

/// Every case of this file.
pub fn cases() -> Vec<Case> {
    let document = docx::base().write(Wording::Plain);
    let pdf = Pdf::page().write(Layout::Plain);
    let mut cases = vec![
        Case::twin(
            "zip-twin",
            "zip",
            Zip::of(&[
                ("申請書.docx", &document),
                ("図面/図.pdf", &pdf),
                ("memo.txt", "Line 0123".as_bytes()),
            ])
            .write(),
            &[super::SENTENCE, "申請書.docx", "Line 0123"],
        ),
        Case::twin("zip-twin+cp932", "zip", named_in_cp932("申請書①.txt"), &["Line 0123"]),
        Case::twin(
            "tar-twin",
            "tar",
            tar(&[("a/memo.txt", b'0', "", b"Line 0123")]),
            &["Line 0123"],
        ),
        Case::twin("gz-twin", "gz", gzip("memo.txt", "", b"Line 0123\n"), &["Line 0123"]),
        Case::twin(
            "tgz-twin",
            "tar.gz",
            gzip("a.tar", "", &tar(&[("memo.txt", b'0', "", b"Line 0123")])),
            &["Line 0123"],
        ),
    ];
    for (name, make) in VECTORS {
        cases.push(Case::gone(&format!("zip-{name}"), "zip", |canary| {
            let mut zip = Zip::of(&[("memo.txt", b"Line 0123")]);
            make(&mut zip, canary);
            zip.write()
        }));
    }
    cases.push(Case::inert("zip-climb", "zip", &["../", "..\\"], |canary| {
        Zip::of(&[("memo.txt", b"Line 0123"), (&format!("../../{canary}.txt"), b"x")]).write()
    }));
    for (name, make) in TARS {
        cases.push(Case::gone(&format!("tar-{name}"), "tar", make));
    }
    cases
        .push(Case::gone("gz-name", "gz", |c| gzip(&format!("../../{c}.exe"), "", b"Line 0123\n")));
    cases.push(Case::gone("gz-comment", "gz", |c| gzip("memo.txt", c, b"Line 0123\n")));
    cases.push(Case::gone("gz-tail", "gz", |c| {
        [&gzip("memo.txt", "", b"Line 0123\n")[..], c.as_bytes()].concat()
    }));
    cases.push(Case::gone("gz-program", "gz", |c| gzip("a.exe", "", &program(c))));
    cases.push(
        Case::stopped("zip-locked", "zip", |c| {
            let mut zip = Zip::default();
            zip.members
                .push(Member { password: Some(b"Himitsu1".to_vec()), ..Member::new("a.txt", c) });
            zip.write()
        })
        .veiled(),
    );
    cases.extend(nested());
    // Document packages and archives share a container; its tricks are tried here too.
    cases.extend(package::cases().into_iter().filter(|case| case.id.starts_with("opc-zip")).map(
        |case| {
            let inside = Zip::of(&[("a.docx", &case.bytes)]).write();
            Case {
                id: format!("zip-with-{}", case.id),
                file: format!("zip-with-{}.zip", case.id),
                bytes: inside,
                ..case
            }
        },
    ));
    cases
}

type Named = (&'static str, fn(&mut Zip, &str));

const VECTORS: &[Named] = &[
    ("program", |z, c| z.members.push(Member::new("a.exe", program(c)))),
    ("program-as-docx", |z, c| z.members.push(Member::new("a.docx", program(c)))),
    ("script", |z, c| z.members.push(Member::new("a.vbs", c))),
    ("climb-back", |z, c| {
        z.members.push(Member::new(format!("..\\..\\{c}\\..\\x.exe"), program("x")))
    }),
    ("symlink", |z, c| {
        z.members
            .push(Member { attributes: 0xa1ff_0000, ..Member::new("link", format!("/etc/{c}")) })
    }),
    ("device", |z, c| {
        z.members.push(Member { attributes: 0x21ff_0000, ..Member::new("device", c) })
    }),
    ("comment", |z, c| z.comment = c.into()),
    ("member-comment", |z, c| z.members[0].comment = c.into()),
    ("before", |z, c| z.before = program(c)),
    ("between", |z, c| z.between = c.into()),
    ("after", |z, c| z.after = c.into()),
    ("unlisted", |z, c| {
        z.members.push(Member { is_unlisted: true, is_stored: true, ..Member::new("x.txt", c) })
    }),
    ("local-name", |z, c| z.members[0].local_name = Some(format!("{c}.exe").into_bytes())),
    ("duplicate-program", |z, c| z.members.push(Member::new("memo.txt", program(c)))),
    ("extra", |z, c| {
        let mut extra = vec![0x53, 0x4b, u8::try_from(c.len()).expect("short"), 0];
        extra.extend(c.as_bytes());
        z.members[0].extra = extra;
    }),
    ("unicode-path", |z, c| {
        // A Unicode Path field that renames the member to a program.
        let name = format!("{c}.exe");
        let mut field = vec![1];
        field.extend(crc32fast::hash(b"memo.txt").to_le_bytes());
        field.extend(name.as_bytes());
        let mut extra = vec![0x75, 0x70, u8::try_from(field.len()).expect("short"), 0];
        extra.extend(field);
        z.members[0].extra = extra;
        z.members[0].data = program("x");
    }),
    ("bidi-name", |z, c| {
        z.members.push(Member {
            flags: UTF8,
            ..Member::new(format!("{c}\u{202e}txt.exe"), program("x"))
        })
    }),
    ("shortcut", |z, c| {
        z.members.push(Member::new(
            "a.lnk",
            [
                b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46\x81\0\0\0",
                &[0; 52][..],
                c.as_bytes(),
            ]
            .concat(),
        ))
    }),
    ("configuration", |z, c| {
        z.members.push(Member::new(
            "desktop.ini",
            format!("[.ShellClassInfo]\r\nIconResource=\\\\{c}.example\\x\r\n"),
        ))
    }),
    ("autorun", |z, c| {
        z.members.push(Member::new("autorun.inf", format!("[autorun]\r\nopen={c}.exe\r\n")))
    }),
];

const TARS: &[(&str, Make)] = &[
    ("program", |c| tar(&[("memo.txt", b'0', "", b"Line 0123"), ("a.exe", b'0', "", &program(c))])),
    ("symlink", |c| {
        tar(&[("memo.txt", b'0', "", b"Line 0123"), ("link", b'2', &format!("/etc/{c}"), b"")])
    }),
    ("hard-link", |c| {
        tar(&[("memo.txt", b'0', "", b"Line 0123"), ("link", b'1', &format!("../{c}"), b"")])
    }),
    ("device", |c| tar(&[("memo.txt", b'0', "", b"Line 0123"), (c, b'3', "", b"")])),
    ("climb", |c| {
        tar(&[
            ("memo.txt", b'0', "", b"Line 0123"),
            (&format!("../../{c}.exe"), b'0', "", &program("x")),
        ])
    }),
    ("tail", |c| [&tar(&[("memo.txt", b'0', "", b"Line 0123")])[..], c.as_bytes()].concat()),
    ("header-record", |c| {
        tar(&[
            ("x", b'x', "", format!("30 comment={c}\n").as_bytes()),
            ("memo.txt", b'0', "", b"Line 0123"),
        ])
    }),
];

/// A ZIP whose name bytes are CP932 without the UTF-8 flag, as Windows writes.
fn named_in_cp932(name: &str) -> Vec<u8> {
    let mut zip = Zip::default();
    zip.members.push(Member::new(encoding_rs::SHIFT_JIS.encode(name).0.into_owned(), "Line 0123"));
    zip.write()
}

fn tar(members: &[(&str, u8, &str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, kind, link, data) in members {
        let mut head = [0; 512];
        head[..name.len()].copy_from_slice(name.as_bytes());
        head[100..108].copy_from_slice(b"0000644\0");
        head[124..136].copy_from_slice(format!("{:011o}\0", data.len()).as_bytes());
        head[136..148].copy_from_slice(b"00000000000\0");
        head[148..156].copy_from_slice(b"        ");
        head[156] = *kind;
        head[157..157 + link.len()].copy_from_slice(link.as_bytes());
        head[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
        head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        out.extend(head);
        out.extend(*data);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

fn gzip(name: &str, comment: &str, data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(data).expect("writing to memory cannot fail");
    let plain = encoder.finish().expect("writing to memory cannot fail");
    let flags = 0x08 | if comment.is_empty() { 0 } else { 0x10 };
    let mut out = vec![0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3];
    out.extend(name.as_bytes());
    out.push(0);
    if !comment.is_empty() {
        out.extend(comment.as_bytes());
        out.push(0);
    }
    out.extend(&plain[10..]);
    out
}

/// The same vector, one to five containers deep, and a depth nobody needs.
fn nested() -> Vec<Case> {
    let mut cases = Vec::new();
    for depth in [1, 2, 3, 5] {
        cases.push(Case::gone(&format!("zip-depth{depth}-pdf"), "zip", |canary| {
            let mut pdf = Pdf::page();
            pdf.catalog(&format!("/OpenAction<</S/JavaScript/JS({canary})>>"));
            wrapped("a.pdf", pdf.write(Layout::Plain), depth)
        }));
        let twin = wrapped("a.pdf", Pdf::page().write(Layout::Plain), depth);
        cases.push(Case::twin(&format!("zip-depth{depth}-twin"), "zip", twin, &[PAGE_TEXT]));
    }
    cases.push(
        Case::gone("zip-depth40", "zip", |canary| wrapped("a.exe", program(canary), 40)).veiled(),
    );
    cases
}

fn wrapped(name: &str, data: Vec<u8>, depth: u32) -> Vec<u8> {
    let mut name = name.to_owned();
    (0..depth).fold(data, |data, level| {
        let zip = Zip::of(&[(&name, &data)]).write();
        name = format!("level{level}.zip");
        zip
    })
}
