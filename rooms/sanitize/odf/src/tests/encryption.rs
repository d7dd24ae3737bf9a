//! Encrypted packages: opened with the right password, held without it.

use std::io::Write;

use aes::Aes256;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockEncryptMut, KeyIvInit};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use sanitize_container::zip::{Level, Writer};
use sanitize_core::{Format, Policy};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{content, names, part, run_with};

const ROUNDS: u32 = 1000;

/// Encodes Base64 for the manifest.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> =
        bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    bits.chunks(6)
        .map(|chunk| {
            let value =
                (0..6).fold(0, |value, at| value << 1 | chunk.get(at).copied().unwrap_or(0));
            char::from(ALPHABET[usize::from(value)])
        })
        .collect()
}

/// Makes a package whose content is locked; `cipher` names its algorithm.
fn locked(password: &str, cipher: &str, rounds: u32) -> Vec<u8> {
    let text = content("<text:p>秘密</text:p>");
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    let mut plain = encoder.finish().unwrap();
    let checksum = Sha256::digest(&plain[..plain.len().min(1024)]);
    let added = 16 - plain.len() % 16;
    plain.extend(std::iter::repeat_n(0, added - 1));
    plain.push(u8::try_from(added).unwrap());
    let (salt, vector, mut key) = ([7; 16], [9; 16], [0; 32]);
    pbkdf2::pbkdf2_hmac::<Sha1>(&Sha256::digest(password), &salt, ROUNDS, &mut key);
    let cipher_text = cbc::Encryptor::<Aes256>::new(&key.into(), &vector.into())
        .encrypt_padded_vec_mut::<NoPadding>(&plain);
    let manifest = format!(
        "<m:manifest xmlns:m='urn:oasis:names:tc:opendocument:xmlns:manifest:1.0'>\
         <m:file-entry m:full-path='content.xml' m:size='{}'>\
         <m:encryption-data m:checksum-type='urn:oasis:names:tc:opendocument:xmlns:manifest:1.0#sha256-1k' m:checksum='{}'>\
         <m:algorithm m:algorithm-name='http://www.w3.org/2001/04/xmlenc#{cipher}' m:initialisation-vector='{}'/>\
         <m:start-key-generation m:start-key-generation-name='http://www.w3.org/2000/09/xmldsig#sha256'/>\
         <m:key-derivation m:key-derivation-name='PBKDF2' m:key-size='32' m:iteration-count='{rounds}' m:salt='{}'/>\
         </m:encryption-data></m:file-entry></m:manifest>",
        text.len(),
        base64(&checksum),
        base64(&vector),
        base64(&salt),
    );
    let mut writer = Writer::new();
    writer.add("content.xml", &cipher_text, Level::Stored);
    writer.add("META-INF/manifest.xml", manifest.as_bytes(), Level::Deflated);
    writer.finish().unwrap()
}

#[test]
fn the_right_password_opens() {
    let file = locked("合言葉", "aes256-cbc", ROUNDS);
    let (out, removals) =
        run_with(&file, Format::Odt, &Policy::default(), &["x", "合言葉"]).unwrap();
    assert_eq!(
        removals.iter().map(|removal| removal.code.id).collect::<Vec<_>>(),
        ["odf-encryption"]
    );
    assert_eq!(names(&out), ["mimetype", "content.xml", "META-INF/manifest.xml"]);
    assert!(part(&out, "content.xml").unwrap().contains("秘密"));
}

#[test]
fn without_it_the_file_waits() {
    let file = locked("合言葉", "aes256-cbc", ROUNDS);
    let reason = |file: &[u8], passwords: &[&str]| {
        run_with(file, Format::Odt, &Policy::default(), passwords).unwrap_err().reason().code.id
    };
    assert_eq!(reason(&file, &[]), "password-needed");
    assert_eq!(reason(&file, &["x", ""]), "password-wrong");
    assert_eq!(reason(&locked("p", "blowfish", ROUNDS), &["p"]), "protection-unknown");
    assert_eq!(reason(&locked("p", "aes256-cbc", u32::MAX), &["p"]), "protection-unknown");
}

#[test]
fn a_file_made_by_libreoffice_opens() {
    let (Some(file), Ok(password)) =
        (std::env::var_os("SEKISHO_ODF_LOCKED"), std::env::var("SEKISHO_ODF_PASSWORD"))
    else {
        println!("SKIPPED: SEKISHO_ODF_LOCKED and SEKISHO_ODF_PASSWORD name no locked file");
        return;
    };
    let bytes = std::fs::read(file).unwrap();
    let (out, _) = run_with(&bytes, Format::Odt, &Policy::default(), &[&password]).unwrap();
    assert!(part(&out, "content.xml").unwrap().contains("office:text"));
}
