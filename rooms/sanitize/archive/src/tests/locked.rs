//! Encrypted archives, made by Info-ZIP, pyzipper and py7zr.

use super::*;

/// `a.txt` = "hello secret hello secret hello", password "pass".
const ZIP_CRYPTO: &str = "UEsDBBQACQAIABEQdl1BLyhnHgAAAB8AAAAFAAAAYS50eHQnupe9XeNhlEi/+LJmIVAvsmoOW19pXwQdmcfjgrlQSwcIQS8oZx4AAAAfAAAAUEsBAh4DFAAJAAgAERB2XUEvKGceAAAAHwAAAAUAAAAAAAAAAQAAAKSBAAAAAGEudHh0UEsFBgAAAAABAAEAMwAAAFEAAAAAAA==";
const AES_128: &str = "UEsDBBQAAQBjABEQdl0AAAAAJgAAAB8AAAAFAAsAYS50eHQBmQcAAgBBRQEIANALhsvVDJWIjkKMR1AcmLDnDSHUUQi+2VjWeJbdDC4UVK2IFOYMUEsBAhQDFAABAGMAERB2XQAAAAAmAAAAHwAAAAUACwAAAAAAAAAAAIABAAAAAGEudHh0AZkHAAIAQUUBCABQSwUGAAAAAAEAAQA+AAAAVAAAAAAA";
const AES_256: &str = "UEsDBBQAAQBjABEQdl0AAAAALgAAAB8AAAAFAAsAYS50eHQBmQcAAgBBRQMIAGXzopSUJoCObIKs47CNEwNjruuDJO84xhrTwzCE5UstoOGxWmea61A715xp4CNQSwECFAMUAAEAYwAREHZdAAAAAC4AAAAfAAAABQALAAAAAAAAAAAAgAEAAAAAYS50eHQBmQcAAgBBRQMIAFBLBQYAAAAAAQABAD4AAABcAAAAAAA=";
const BZIP2: &str = "UEsDBC4AAAAMABEQdl3BNwxANQAAAHAXAAAFAAAAYS50eHRCWmg5MUFZJlNZo6NuRwAF25EAQAACRKAAUGaATVRjakGVIP1IMqQbVIOF3JFOFCQo6NuRwFBLAQIuAy4AAAAMABEQdl3BNwxANQAAAHAXAAAFAAAAAAAAAAAAAACAAQAAAABhLnR4dFBLBQYAAAAAAQABADMAAABYAAAAAAA=";
const LZMA: &str = "UEsDBD8AAgAOABEQdl3BNwxANgAAAHAXAAAFAAAAYS50eHQJBAUAXQAAgAAANBlJ7o3pX8Hw9xdEUIViwwiC3GETYDPhkbVpUyUeunFPq+wTWcE///fSQABQSwECPwM/AAIADgAREHZdwTcMQDYAAABwFwAABQAAAAAAAAAAAAAAgAEAAAAAYS50eHRQSwUGAAAAAAEAAQAzAAAAWQAAAAAA";
/// `フォルダ/a.txt` and `b.txt` ("bad"), names encrypted too, password "合言葉".
const SEVEN_ZIP: &str = "N3q8ryccAAR93CVHoAAAAAAAAAAqAAAAAAAAACuSgAkEHV34pNynvjmFRDdaLQ1QXWcblBe50FStsZgkJmjYek4zdvUGrj6QX4k+divjfOfszUSfV9nArKjQk8EGpCaRRgsHOB5Ozhe03r6wzd5EzpTax4Biz4DpD3ZNrMgfhUaT461V7t6cZ1MMbdkmbjZw69olCkeJQ7sxszv3/3j20tYjkZFwxLeu7XphDxrXVwMb1v8OfOd0W1MKf9qud3wjFwYQAQmAkAAHCwEAASQG8QcBElMPxxb89ezPoMS9avPiD+oz6gyAjwAA";

/// A solid block that is damaged within its first file.
const DAMAGED: &str = "N3q8ryccAAT8XzIYpgAAAAAAAAAUAAAAAAAAAMUUoJbgF1AAKP8ANBlJ7o3pX8Hw9/9EUIViwwiC3GETYDPhkbVpUyUeunFPq+wGYiQAAADgAH4Abl0AAIEzB64P0QDUPKCKabC54UquoYjvQYSvtPWgk6QrW9FkQ56KTtfN8qSKH8kCFini0fuf3aaQRABFxVJpbvL5H3GRSeuxotIOOpXDncYCbOaDDDcBB2DFx+A/DDrvhXefhlSPOAuoSdg0lcIbAAAAFwYwAQl2AAcLAQABISEBGAx/AAA=";

pub(crate) fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    let (mut value, mut bits) = (0_u32, 0);
    for digit in text.bytes().filter_map(|byte| DIGITS.iter().position(|&known| known == byte)) {
        value = (value << 6 | digit as u32) & 0xFFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((value >> bits) as u8);
        }
    }
    out
}

fn again() -> Policy {
    let mut policy = Policy::default();
    policy.archive.encrypt_again = true;
    policy
}

#[test]
fn every_encryption_opens_with_its_password() {
    for archive in [ZIP_CRYPTO, AES_128, AES_256] {
        let bytes = base64(archive);
        assert_eq!(run(&bytes, Format::Zip).stopped_by(), "password-needed");
        let wrong = run_with(&bytes, Format::Zip, &Policy::default(), &["word"]);
        assert_eq!(wrong.stopped_by(), "password-wrong");
        let done = run_with(&bytes, Format::Zip, &Policy::default(), &["word", "pass"]);
        let text = "hello secret hello secret hello".to_owned();
        assert_eq!(done.members(), [("a.txt".to_owned(), text)]);
        assert_eq!(done.report, ["archive-encryption-removed "]);
    }
}

#[test]
fn a_locked_archive_is_locked_again_where_policy_says_so() {
    let first = run_with(&base64(ZIP_CRYPTO), Format::Zip, &again(), &["pass"]);
    assert_eq!(first.report, Vec::<String>::new());
    let second = run_with(first.bytes(), Format::Zip, &again(), &["pass"]);
    assert_eq!(second.result, first.result);
    assert_eq!(run(first.bytes(), Format::Zip).stopped_by(), "password-needed");
}

#[test]
fn japanese_passwords_are_tried_as_windows_types_them() {
    let mut writer = Writer::new();
    let (legacy, _, _) = encoding_rs::SHIFT_JIS.encode("合言葉");
    writer.add_locked("a.txt", b"text", Level::Stored, &legacy);
    let bytes = writer.finish().unwrap();
    let done = run_with(&bytes, Format::Zip, &Policy::default(), &["合言葉"]);
    assert_eq!(done.members()[0].1, "text");
}

#[test]
fn a_changed_locked_member_does_not_open() {
    let mut bytes = base64(AES_256);
    bytes[80] ^= 1;
    let done = run_with(&bytes, Format::Zip, &Policy::default(), &["pass"]);
    assert_eq!(done.stopped_by(), "password-wrong");
}

#[test]
fn older_packing_methods_open() {
    for archive in [BZIP2, LZMA] {
        let done = run(&base64(archive), Format::Zip);
        assert_eq!(done.members()[0].1, "hello ".repeat(1000));
    }
}

#[test]
fn a_7z_with_hidden_names_becomes_a_zip() {
    let bytes = base64(SEVEN_ZIP);
    assert_eq!(run(&bytes, Format::SevenZip).stopped_by(), "password-needed");
    let wrong = run_with(&bytes, Format::SevenZip, &Policy::default(), &["word"]);
    assert_eq!(wrong.stopped_by(), "password-wrong");
    let done = run_with(&bytes, Format::SevenZip, &Policy::default(), &["合言葉"]);
    assert_eq!(done.names(), ["フォルダ/a.txt", "b.txt"]);
    assert_eq!(done.report, ["archive-encryption-removed ", "archive-repacked-as-zip 7z"]);
    let locked = run_with(&bytes, Format::SevenZip, &again(), &["合言葉"]);
    assert_eq!(run(locked.bytes(), Format::Zip).stopped_by(), "password-needed");
}

#[test]
fn a_damaged_7z_ends() {
    let done = run_with(&base64(DAMAGED), Format::SevenZip, &Policy::default(), &[]);
    assert_eq!(done.stopped_by(), "file-broken");
    assert!(done.reports("archive-member-removed c.txt"), "{:?}", done.report);
}
