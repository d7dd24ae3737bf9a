//! Outlook's two ways to wrap a message, made here byte by byte.

use sanitize_container::cfb::Writer;

use super::*;

/// Streams of one storage: tag in hexadecimal, value.
fn put(
    writer: &mut Writer,
    path: &[&str],
    values: &[(&str, &[u8])],
    fixed: &[(u32, u32)],
    header: usize,
) {
    for (tag, value) in values {
        let name = format!("__substg1.0_{tag}");
        let path: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
        writer.add_stream(&path, value.to_vec()).unwrap();
    }
    let mut data = vec![0; header];
    for (tag, value) in fixed {
        data.extend_from_slice(&tag.to_le_bytes());
        data.extend_from_slice(&[6, 0, 0, 0]);
        data.extend_from_slice(&u64::from(*value).to_le_bytes());
    }
    let path: Vec<&str> = path.iter().copied().chain(["__properties_version1.0"]).collect();
    writer.add_stream(&path, data).unwrap();
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

const FIRST: &str = "__attach_version1.0_#00000000";

fn message() -> Writer {
    let mut writer = Writer::new();
    let (narrow, _, _) = encoding_rs::SHIFT_JIS.encode("本文です\r\n");
    let values: &[(&str, &[u8])] = &[
        ("0037001F", &wide("会議の件")),
        ("0C1A001F", &wide("山田")),
        ("5D01001F", &wide("yamada@a.lg.jp")),
        ("1000001E", &narrow),
    ];
    put(&mut writer, &[], values, &[(0x3FFD_0003, 932)], 32);
    let values: &[(&str, &[u8])] =
        &[("3001001F", &wide("佐藤")), ("39FE001F", &wide("sato@b.lg.jp"))];
    put(&mut writer, &["__recip_version1.0_#00000000"], values, &[(0x0C15_0003, 1)], 8);
    writer
}

#[test]
fn an_outlook_message_becomes_a_plain_one() {
    let mut writer = message();
    let values: &[(&str, &[u8])] = &[("3707001F", &wide("名簿.txt")), ("37010102", b"attached")];
    put(&mut writer, &[FIRST], values, &[(0x3705_0003, 1)], 8);
    let done = run(&writer.finish().unwrap(), Format::Msg);
    let part = done.part();
    assert_eq!(crate::field::text(part.header("subject").unwrap()), "会議の件");
    assert_eq!(crate::field::text(part.header("from").unwrap()), "山田 <yamada@a.lg.jp>");
    assert_eq!(crate::field::text(part.header("to").unwrap()), "佐藤 <sato@b.lg.jp>");
    assert_eq!(done.leaves()[0].2, "本文です\r\n");
    assert_eq!(done.leaves()[1], ("text/plain".into(), "名簿.txt".into(), "attached".into()));
    assert!(done.reports("mail-msg-to-eml "));
}

#[test]
fn messages_links_and_objects_in_an_outlook_message() {
    let mut writer = message();
    put(&mut writer, &[FIRST], &[], &[(0x3705_0003, 5)], 8);
    let inner = [FIRST, "__substg1.0_3701000D"];
    put(&mut writer, &inner, &[("0037001F", &wide("内側")), ("1000001F", &wide("inner"))], &[], 24);
    for (number, method) in [(1, 7), (2, 6)] {
        let path = format!("__attach_version1.0_#0000000{number}");
        put(&mut writer, &[&path], &[("3707001F", &wide("x.doc"))], &[(0x3705_0003, method)], 8);
    }
    let done = run(&writer.finish().unwrap(), Format::Msg);
    let leaves = done.leaves();
    assert_eq!((leaves.len(), leaves[1].1.as_str()), (2, "内側.eml"));
    assert!(leaves[1].2.contains("inner"));
    assert!(
        done.reports("mail-linked-attachment x.doc") && done.reports("mail-ole-attachment x.doc")
    );
}

#[test]
fn a_reminder_sound_is_not_carried() {
    let mut writer = message();
    // The mapping's third entry: number 0x851F, so that 0x8002 is its property.
    let mut names = vec![0; 16];
    names.extend_from_slice(&[0x1F, 0x85, 0, 0, 6, 0, 2, 0]);
    writer.add_stream(&["__nameid_version1.0", "__substg1.0_00030102"], names).unwrap();
    writer.add_stream(&["__substg1.0_8002001F"], wide("\\\\host\\share\\x.wav")).unwrap();
    let done = run(&writer.finish().unwrap(), Format::Msg);
    assert!(done.reports("mail-reminder-file "));
    assert!(!String::from_utf8_lossy(done.bytes()).contains("share"));
}

fn attribute(id: u32, data: &[u8]) -> Vec<u8> {
    let mut out = vec![1];
    out.extend_from_slice(&id.to_le_bytes());
    out.extend_from_slice(&u32::try_from(data.len()).unwrap().to_le_bytes());
    out.extend_from_slice(data);
    out.extend_from_slice(&[0, 0]);
    out
}

fn winmail() -> Vec<u8> {
    let name = wide("申請書.docx");
    let mut properties = vec![1, 0, 0, 0, 0x1F, 0, 0x07, 0x37, 1, 0, 0, 0];
    properties.extend_from_slice(&u32::try_from(name.len()).unwrap().to_le_bytes());
    properties.extend_from_slice(&name);
    properties.resize(properties.len().next_multiple_of(4), 0);
    let parts = [
        attribute(0x0006_9002, &[0; 14]),
        attribute(0x0001_8010, b"SHORT.DOC\0"),
        attribute(0x0006_800F, b"DOCX"),
        attribute(0x0006_9005, &properties),
        attribute(0x0006_9002, &[0; 14]),
        attribute(0x0001_8010, b"run.exe\0"),
        attribute(0x0006_800F, b"EXE"),
    ];
    [&[0x78, 0x9F, 0x3E, 0x22, 1, 0][..], &parts.concat()].concat()
}

#[test]
fn winmail_dat_is_opened() {
    let message = format!(
        "From: a@b.jp\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nbody\n--m\n\
         Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n{}\n--m--\n",
        crate::transfer::base64(&winmail())
    );
    let done = eml(&message);
    let names: Vec<_> = done.leaves().into_iter().map(|leaf| leaf.1).collect();
    assert_eq!(names, ["", "申請書.docx", "取り除いた添付_run.exe.txt"]);
    assert!(
        done.reports("mail-tnef winmail.dat") && done.reports("mail-attachment-removed run.exe")
    );
}

#[test]
fn rubbish_never_panics() {
    let message = message().finish().unwrap();
    for at in (0..message.len()).step_by(3) {
        let mut hostile = message.clone();
        hostile[at] ^= 0x55;
        let _ = run_with(&hostile, Format::Msg, &Policy::default());
    }
    let winmail = winmail();
    let head = b"From: a@b.jp\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n\r\n";
    for at in 6..winmail.len() {
        for value in [0, 0x7F, 0xFF] {
            let mut hostile = [head, winmail.as_slice()].concat();
            hostile[head.len() + at] = value;
            let _ = run_with(&hostile, Format::Eml, &Policy::default());
        }
    }
}
