//! Makes OLE compound files: macro projects, packaged objects, and the frame
//! of old Office documents.

use std::io::{Cursor, Write};

/// Writes a compound file; `/` in a path makes storages. `class` is the root's
/// class id, as text.
#[must_use]
pub fn compound(class: Option<&str>, streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file =
        cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new()))
            .expect("memory takes a compound file");
    for (path, data) in streams {
        if let Some((storage, _)) = path.rsplit_once('/') {
            file.create_storage_all(storage).expect("made paths are valid");
        }
        let mut stream = file.create_stream(path).expect("made paths are unique");
        stream.write_all(data).expect("memory takes a stream");
    }
    if let Some(class) = class {
        let id = cfb_class(class);
        file.set_storage_clsid("/", id).expect("the root is there");
    }
    file.into_inner().into_inner()
}

fn cfb_class(text: &str) -> uuid::Uuid {
    uuid::Uuid::parse_str(text).expect("made class ids are valid")
}

/// A macro project whose only module holds `source`, in a raw (unpacked)
/// container so that a plain search sees it ([MS-OVBA] 2.4.1).
#[must_use]
pub fn macro_project(source: &str) -> Vec<u8> {
    let dir = container(&project_directory());
    let module = container(format!("Attribute VB_Name = \"Module1\"\r\n{source}\r\n").as_bytes());
    compound(
        None,
        &[
            ("PROJECT", b"ID=\"{00000000-0000-0000-0000-000000000000}\"\r\nModule=Module1\r\nName=\"P\"\r\n"),
            ("PROJECTwm", b"Module1\0M\0o\0d\0u\0l\0e\x001\0\0\0\0\0"),
            ("VBA/_VBA_PROJECT", b"\xcc\x61\xff\xff\x00\x00\x00"),
            ("VBA/dir", &dir),
            ("VBA/Module1", &module),
        ],
    )
}

/// A container of raw chunks.
fn container(data: &[u8]) -> Vec<u8> {
    let mut out = vec![1];
    for chunk in data.chunks(4096) {
        let mut block = chunk.to_vec();
        block.resize(4096, b' ');
        out.extend(0x3fff_u16.to_le_bytes());
        out.extend(block);
    }
    out
}

/// The `dir` stream ([MS-OVBA] 2.3.4.2), only what a reader needs.
fn project_directory() -> Vec<u8> {
    let mut out = Vec::new();
    let mut put = |id: u16, data: &[u8]| {
        out.extend(id.to_le_bytes());
        out.extend(u32::try_from(data.len()).expect("small").to_le_bytes());
        out.extend(data);
    };
    put(0x01, &1_u32.to_le_bytes());
    put(0x02, &0x0411_u32.to_le_bytes());
    put(0x14, &0x0411_u32.to_le_bytes());
    put(0x03, &932_u16.to_le_bytes());
    put(0x04, b"P");
    put(0x05, b"");
    put(0x40, b"");
    put(0x06, b"");
    put(0x3d, b"");
    put(0x07, &0_u32.to_le_bytes());
    put(0x08, &0_u32.to_le_bytes());
    // The version record states four bytes and holds six.
    put(0x09, &1_u32.to_le_bytes());
    out.extend(1_u16.to_le_bytes());
    let mut put = |id: u16, data: &[u8]| {
        out.extend(id.to_le_bytes());
        out.extend(u32::try_from(data.len()).expect("small").to_le_bytes());
        out.extend(data);
    };
    put(0x0c, b"");
    put(0x3c, b"");
    put(0x0f, &1_u16.to_le_bytes());
    put(0x13, &0xffff_u16.to_le_bytes());
    put(0x19, b"Module1");
    put(0x47, b"M\0o\0d\0u\0l\0e\x001\0");
    put(0x1a, b"Module1");
    put(0x32, b"M\0o\0d\0u\0l\0e\x001\0");
    put(0x1c, b"");
    put(0x48, b"");
    put(0x31, &0_u32.to_le_bytes());
    put(0x1e, &0_u32.to_le_bytes());
    put(0x2c, &0xffff_u16.to_le_bytes());
    put(0x21, b"");
    put(0x2b, b"");
    put(0x10, b"");
    out
}

/// An object that carries a program ([MS-OLEDS] 2.3.6).
#[must_use]
pub fn packaged(file: &str, data: &[u8]) -> Vec<u8> {
    let mut body = 2_u16.to_le_bytes().to_vec();
    for name in [file, &format!("C:\\{file}")] {
        body.extend(name.as_bytes());
        body.push(0);
    }
    body.extend([0, 0, 3, 0]);
    let path = format!("C:\\Temp\\{file}\0");
    body.extend(u32::try_from(path.len()).expect("small").to_le_bytes());
    body.extend(path.as_bytes());
    body.extend(u32::try_from(data.len()).expect("small").to_le_bytes());
    body.extend(data);
    let size = u32::try_from(body.len()).expect("small").to_le_bytes();
    let native = [&size[..], &body].concat();
    compound(Some("0003000c-0000-0000-c000-000000000046"), &[("\u{1}Ole10Native", &native)])
}

/// A program, as far as its first bytes tell.
#[must_use]
pub fn program(text: &str) -> Vec<u8> {
    let mut exe = vec![0; 64];
    exe[..2].copy_from_slice(b"MZ");
    exe[60] = 64;
    exe.extend(b"PE\0\0\x4c\x01\0\0");
    exe.extend([0; 64]);
    exe.extend(text.as_bytes());
    exe
}
