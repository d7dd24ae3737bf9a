//! Vectors of old PowerPoint presentations: actions, links, objects, media,
//! macros, shape properties, older states, and bytes beside the records.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::{docx, ole};
use crate::case::Case;
use crate::make::ole::{macro_project, packaged, program};
use crate::make::ppt::{Deck, container, numbers, record, string};
use crate::make::zip::Zip;

/// Every case of this file.
pub fn cases() -> Vec<Case> {
    let mut linked = Deck { outside: hyperlink("https://www.example.jp/town"), ..Deck::default() };
    linked.text = action(4, 7, "");
    let mut cases = vec![
        Case::twin("ppt-twin", "ppt", Deck::default().write(), &["Line 0123"]),
        Case::twin(
            "ppt-twin+link",
            "ppt",
            linked.write(),
            &["Line 0123", "https://www.example.jp/town"],
        ),
    ];
    for (name, plant) in VECTORS.iter().chain(SHAPES).chain(HIDDEN) {
        cases.push(gone(name, *plant));
    }
    for (name, kind, jump) in ACTIONS {
        for (place, plant) in ACTION_PLACES {
            cases.push(gone(&format!("action-{name}-{place}"), |deck, c| {
                plant(deck, action_of(*kind, *jump, 0, c));
            }));
        }
    }
    for (index, target) in docx::SCHEMES.iter().enumerate() {
        cases.push(gone(&format!("link-scheme{index:02}"), |deck, c| {
            deck.outside = hyperlink(&target.replace("{}", c));
            deck.text = action(4, 7, "");
        }));
    }
    for (name, path, wrap) in ole::STREAMS.iter().chain(STREAMS) {
        cases.push(gone(&format!("stream-{name}"), |deck, c| {
            deck.streams.push(((*path).to_owned(), wrap(c)));
        }));
    }
    cases
}

fn gone(name: &str, plant: impl FnOnce(&mut Deck, &str)) -> Case {
    Case::gone(&format!("ppt-{name}"), "ppt", |canary| {
        let mut deck = Deck::default();
        plant(&mut deck, canary);
        deck.write()
    })
}

/// A link of the document, number 7 ([MS-PPT] 2.10.16).
fn hyperlink(target: &str) -> Vec<u8> {
    let atom = numbers(0, 0, 0x0fd3, &[7]);
    container(0, 0x0fd7, &[atom, string(0, "押す"), string(1, target)])
}

/// What a click does (2.6.8), and the letters that it is on.
fn action(kind: u8, link: u32, name: &str) -> Vec<u8> {
    let info = action_of(kind, 0, link, name);
    [info, numbers(0, 0, 0x0fdf, &[0, 4])].concat()
}

fn action_of(kind: u8, jump: u8, link: u32, name: &str) -> Vec<u8> {
    let mut atom = [0, link].map(u32::to_le_bytes).concat();
    let target = if kind == 4 { 8 } else { 0xff };
    atom.extend([kind, 0, jump, 0, target, 0, 0, 0]);
    let mut children = vec![record(0, 0, 0x0ff3, &atom)];
    if !name.is_empty() {
        children.push(string(2, name));
    }
    container(0, 0x0ff2, &children)
}

/// An object outside of the slides: its atom, then its names.
fn object(kind: u16, atom: u16, names: &[(u16, &str)]) -> Vec<u8> {
    let mut children = vec![numbers(0, 0, atom, &[0, 1, 5, 0, 4, 0])];
    children.extend(names.iter().map(|(instance, name)| string(*instance, name)));
    container(0, kind, &children)
}

/// A storage as an object of the directory, packed or not (2.10.34).
fn storage(data: &[u8], is_packed: bool) -> Vec<u8> {
    if !is_packed {
        return record(0, 0, 0x1011, data);
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(data).expect("writing to memory cannot fail");
    let packed = encoder.finish().expect("writing to memory cannot fail");
    let size = u32::try_from(data.len()).expect("made objects are small");
    record(0, 1, 0x1011, &[&size.to_le_bytes()[..], &packed].concat())
}

/// A programmable tag with data of newer programs (2.11.22).
fn tag(name: &str, data: &[u8]) -> Vec<u8> {
    let inner = container(0, 0x138a, &[string(0, name), record(0, 0, 0x138b, data)]);
    container(0, 0x1388, &[inner])
}

fn wide(text: &str) -> Vec<u8> {
    format!("{text}\0").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

type InDeck = fn(&mut Deck, &str);
type Named = (&'static str, InDeck);

/// Kinds of action (2.6.9): program, macro, object, media, custom show, and
/// ones that nobody defined.
const ACTIONS: &[(&str, u8, u8)] = &[
    ("none", 0, 0),
    ("macro", 1, 0),
    ("program", 2, 0),
    ("jump", 3, 1),
    ("link", 4, 0),
    ("object", 5, 0),
    ("media", 6, 0),
    ("show", 7, 0),
    ("undefined", 9, 0),
];

const ACTION_PLACES: &[(&str, fn(&mut Deck, Vec<u8>))] = &[
    ("text", |deck, info| deck.text = [info, numbers(0, 0, 0x0fdf, &[0, 4])].concat()),
    ("shape", |deck, info| deck.shape = info),
    ("hover", |deck, mut info| {
        // Instance 1 is the mouse over a shape.
        info[0] |= 0x10;
        deck.shape = info;
    }),
    ("slide", |deck, info| deck.slide = info),
    ("document", |deck, info| deck.document = info),
];

const VECTORS: &[Named] = &[
    ("macro-storage", |deck, c| {
        let project = macro_project(&format!("Sub Auto_Open()\r\nShell \"{c}\"\r\nEnd Sub"));
        deck.objects.push(storage(&project, false));
        let atom = numbers(2, 0, 0x0400, &[4, 1, 2]);
        deck.information = container(1, 0x03ff, &[atom]);
    }),
    ("macro-storage-packed", |deck, c| {
        let project = macro_project(&format!("Sub Auto_Open()\r\nShell \"{c}\"\r\nEnd Sub"));
        deck.objects.push(storage(&project, true));
        let atom = numbers(2, 0, 0x0400, &[4, 1, 2]);
        deck.information = container(1, 0x03ff, &[atom]);
    }),
    ("object-embedded", |deck, c| {
        deck.outside = object(0x0fcc, 0x0fc3, &[(1, "Package"), (2, "Package"), (3, "a")]);
        deck.objects.push(storage(&packaged("a.exe", c.as_bytes()), false));
        deck.shape = numbers(0, 0, 0x0bc1, &[1]);
    }),
    ("object-embedded-packed", |deck, c| {
        deck.outside = object(0x0fcc, 0x0fc3, &[(1, "Package"), (2, "Package"), (3, "a")]);
        deck.objects.push(storage(&packaged("a.exe", c.as_bytes()), true));
        deck.shape = numbers(0, 0, 0x0bc1, &[1]);
    }),
    ("object-names", |deck, c| {
        deck.outside = object(0x0fcc, 0x0fc3, &[(1, c), (2, c), (3, c)]);
    }),
    ("object-linked", |deck, c| {
        let path = format!("\\\\{c}.example\\share\\x.xls!S!R1C1");
        let atom = numbers(0, 0, 0x0fd1, &[256, 1, 0]);
        let link = object(0x0fce, 0x0fc3, &[(1, &path), (2, "Excel.Sheet.8"), (3, &path)]);
        deck.outside = [link, atom].concat();
    }),
    ("object-control", |deck, c| {
        deck.outside = object(0x0fee, 0x0fc3, &[(1, c), (2, "Shell.Explorer.2")]);
        deck.objects.push(storage(&packaged("a.exe", c.as_bytes()), false));
    }),
    ("object-metafile", |deck, c| deck.outside = record(0, 0, 0x0fc1, c.as_bytes())),
    ("object-unknown", |deck, c| deck.outside = container(0, 0x0fcf, &[string(1, c)])),
    ("movie", |deck, c| deck.outside = media(0x1006, c)),
    ("movie-device", |deck, c| deck.outside = media(0x1007, c)),
    ("sound-linked", |deck, c| {
        deck.outside = container(0, 0x1010, &[string(0, &format!("\\\\{c}.example\\x.wav"))]);
    }),
    ("sound-midi", |deck, c| deck.outside = media(0x100d, c)),
    ("sound-disc", |deck, c| {
        deck.outside = container(0, 0x100e, &[record(0, 0, 0x1012, c.as_bytes())]);
    }),
    ("sound-data", |deck, c| {
        let sound = [string(0, "x"), string(1, c), record(0, 0, 0x07e7, c.as_bytes())];
        deck.document = container(5, 0x07e4, &[container(0, 0x07e6, &sound)]);
    }),
    ("action-sound", |deck, c| {
        let mut info = action(4, 7, "");
        info[16] = 1;
        deck.text = info;
        deck.outside = hyperlink("https://www.example.jp/");
        deck.document = container(5, 0x07e4, &[container(0, 0x07e6, &[string(0, c)])]);
    }),
    ("link-name-flags", |deck, c| {
        // The address lies in the third string, which few readers show.
        let atom = numbers(0, 0, 0x0fd3, &[7]);
        let target = string(1, "https://www.example.jp/");
        let rest = string(3, &format!("\\\\{c}.example\\x.exe"));
        deck.outside = container(0, 0x0fd7, &[atom, target, rest]);
        deck.text = action(4, 7, "");
    }),
    ("link-twice", |deck, c| {
        let atom = numbers(0, 0, 0x0fd3, &[7]);
        let names = ["https://www.example.jp/", &format!("file://{c}.example/x.exe")]
            .map(|name| string(1, name));
        deck.outside = container(0, 0x0fd7, &[&[atom][..], &names].concat());
        deck.text = action(4, 7, "");
    }),
    ("link-like-a-slide", |deck, c| {
        deck.outside = hyperlink(&format!("256,1,\\\\{c}.example\\x.exe"));
        deck.text = action(2, 7, c);
    }),
    ("broadcast", |deck, c| deck.information = record(0, 0, 0x177e, c.as_bytes())),
    ("publish", |deck, c| {
        deck.information = container(0, 0x177d, &[string(0, &format!("\\\\{c}.example\\x"))]);
    }),
    ("mail-envelope", |deck, c| {
        deck.information = tag("___PPT10", &record(0, 0, 0x1785, c.as_bytes()));
    }),
    ("routing", |deck, c| deck.document = record(0, 0, 0x0406, c.as_bytes())),
    ("named-show", |deck, c| {
        let show = container(0, 0x0411, &[string(0, c), numbers(0, 0, 0x0412, &[256])]);
        deck.document = container(0, 0x0410, &[show]);
    }),
    ("bookmark", |deck, c| {
        let entry = record(0, 0, 0x0fd0, &wide(c));
        deck.document = container(0, 0x07e3, &[container(0, 0x07e9, &[entry])]);
    }),
    ("font-embedded", |deck, c| {
        let font = record(0, 0, 0x0fb8, c.as_bytes());
        deck.document = container(0, 0x07d5, &[font]);
    }),
    ("tag-string", |deck, c| {
        let pair = container(0, 0x1389, &[string(0, "NAME"), string(1, c)]);
        deck.slide = container(0, 0x1388, &[pair]);
    }),
    ("tag-unknown", |deck, c| deck.slide = tag("___PPT12", &record(0, 0, 0x7eee, c.as_bytes()))),
    ("tag-not-records", |deck, c| deck.slide = tag("___PPT9", c.as_bytes())),
    ("tag-name", |deck, c| deck.slide = tag(c, &[])),
    ("tag-name-data", |deck, c| deck.slide = tag(c, &numbers(0, 0, 0x0fd8, &[1]))),
    ("animation", |deck, c| {
        // A behaviour that sends a command to an object (2.8.55).
        let command = container(0, 0xf132, &[record(0, 0, 0xf142, &wide(c))]);
        deck.slide = tag("___PPT10", &container(1, 0xf144, &[command]));
    }),
    ("unknown-record", |deck, c| deck.slide = record(0, 0, 0x7eee, c.as_bytes())),
    ("unknown-container", |deck, c| {
        deck.document = container(0, 0x7eef, &[string(0, c)]);
    }),
    ("object-directory-unknown", |deck, c| {
        deck.objects.push(record(0, 0, 0x7eee, c.as_bytes()));
    }),
    ("slide-unlisted", |deck, c| {
        let atom = numbers(2, 0, 0x03ef, &[0, 0, 0, 0x8000_0000, 0, 7]);
        deck.objects.push(container(0, 0x03ee, &[atom, string(3, c)]));
    }),
];

fn media(kind: u16, canary: &str) -> Vec<u8> {
    let path = string(0, &format!("\\\\{canary}.example\\x.avi"));
    let video = container(0, 0x1005, &[numbers(0, 0, 0x1004, &[1, 0]), path]);
    container(0, kind, &[video])
}

/// Properties of a shape ([MS-ODRAW] 2.3).
const SHAPES: &[Named] = &[
    ("shape-link", |deck, c| {
        let mut data = b"\xd0\xc9\xea\x79\xf9\xba\xce\x11\x8c\x82\x00\xaa\x00\x4b\xa9\x0b".to_vec();
        data.extend(b"\x02\0\0\0\x03\0\0\0");
        data.extend(b"\xe0\xc9\xea\x79\xf9\xba\xce\x11\x8c\x82\x00\xaa\x00\x4b\xa9\x0b");
        let path = wide(&format!("\\\\{c}.example\\x.exe"));
        data.extend(u32::try_from(path.len()).expect("short").to_le_bytes());
        data.extend(path);
        deck.properties.push((0x382, 0, data));
    }),
    ("shape-package", |deck, c| {
        let package = Zip::of(&[("a.exe", &program(c))]).write();
        deck.properties.push((0x3a9, 0, package));
    }),
    ("shape-picture-linked", |deck, c| {
        deck.properties.push((0x4105, 0, wide(&format!("\\\\{c}.example\\x.png"))));
        deck.properties.push((0x106, 0x0a, Vec::new()));
    }),
    ("shape-fill-linked", |deck, c| {
        deck.properties.push((0x4187, 0, wide(&format!("http://{c}.example/x.png"))));
        deck.properties.push((0x188, 0x0a, Vec::new()));
    }),
    ("shape-picture-inside", |deck, c| deck.properties.push((0x4104, 0, program(c)))),
    ("shape-script", |deck, c| deck.properties.push((0x38e, 0, wide(c)))),
    ("shape-script-address", |deck, c| {
        deck.properties.push((0x397, 0, wide(&format!("javascript:{c}"))));
    }),
    ("shape-web-component", |deck, c| deck.properties.push((0x690, 0, wide(c)))),
    ("shape-number-with-data", |deck, c| deck.properties.push((0x004, 0, c.into()))),
    ("shape-text-rtf", |deck, c| deck.properties.push((0x0c1, 0, c.into()))),
    ("shape-signature", |deck, c| deck.properties.push((0x781, 0, wide(c)))),
];

/// Bytes beside the records, and states that are no longer shown.
const HIDDEN: &[Named] = &[
    ("tail", |deck, c| deck.tail = c.into()),
    ("tail-program", |deck, c| deck.tail = program(c)),
    ("older-slide", |deck, c| {
        deck.older = container(0, 0x03ee, &[string(3, c)]);
    }),
    ("older-bytes", |deck, c| deck.older = c.into()),
    ("user", |deck, c| deck.user = c.to_owned()),
    ("picture-unused", |deck, c| {
        deck.pictures = record(0, 0x6e0, 0xf01e, &[&[0; 17][..], c.as_bytes()].concat());
    }),
    ("picture-program", |deck, c| {
        deck.pictures = record(0, 0x6e0, 0xf01e, &[&[0; 17][..], &program(c)].concat());
    }),
    ("picture-slack", |deck, c| deck.pictures = c.into()),
    ("atom-slack", |deck, c| {
        deck.slide = record(0, 0, 0x03f9, &[&[0; 16][..], c.as_bytes()].concat());
    }),
    ("ruler-slack", |deck, c| {
        deck.text = record(0, 0, 0x0fa6, &[&[0; 4][..], c.as_bytes()].concat())
    }),
    ("action-slack", |deck, c| {
        deck.outside = hyperlink("https://www.example.jp/");
        let atom = [&[0; 4][..], &[7, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0], c.as_bytes()].concat();
        let info = container(0, 0x0ff2, &[record(0, 0, 0x0ff3, &atom)]);
        deck.text = [info, numbers(0, 0, 0x0fdf, &[0, 4])].concat();
    }),
    ("after", |deck, c| deck.after = c.into()),
    ("after-program", |deck, c| deck.after = program(c)),
];

/// Streams that only presentations have.
const STREAMS: &[ole::Stream] = &[
    ("dual-storage", "PP97_DUALSTORAGE/Header", |c| c.into()),
    ("pictures-other", "Pictures2", program),
    ("macro-deck", "_VBA_PROJECT/VBA/Module1", macro_project),
];
