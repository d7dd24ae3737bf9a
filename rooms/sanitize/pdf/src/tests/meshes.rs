//! Method ② and mesh shadings: an honest mesh is drawn, one that would cost
//! gigabytes is left out and reported.

use std::time::Instant;

use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};

use super::*;

/// The mesh's data in hexadecimal: a red shape over the whole coordinate range.
fn data(kind: u8) -> String {
    const EDGE: &str = "0000 0055 00AA 00FF 55FF AAFF FFFF FFAA FF55 FF00 AA00 5500";
    const INNER: &str = "5555 55AA AAAA AA55";
    const RED: &str = "FF0000";
    let colors = RED.repeat(4);
    match kind {
        4 => format!("00 0000 {RED} 00 FF00 {RED} 00 00FF {RED} 01 FFFF {RED}"),
        5 => format!("0000 {RED} FF00 {RED} 00FF {RED} FFFF {RED}"),
        6 => format!("00 {EDGE} {colors}"),
        _ => format!("00 {EDGE} {INNER} {colors}"),
    }
}

fn stream(kind: u8, decode: &str, data: &str) -> String {
    format!(
        "<</ShadingType {kind}/ColorSpace/DeviceRGB/BitsPerCoordinate 8/BitsPerComponent 8\
         /BitsPerFlag 8/VerticesPerRow 2/Decode[{decode} 0 1 0 1 0 1]/Filter/ASCIIHexDecode\
         /Length {}>>stream\n{data}>\nendstream",
        data.len() + 1
    )
}

/// A page whose resources hold the shading S (object 6) and the pattern P.
fn shaded(content: &str, shading: &str, matrix: &str) -> Vec<u8> {
    let pattern = format!("<</PatternType 2/Matrix[{matrix}]/Shading 6 0 R>>");
    let bytes = page("", "", content, &[HELVETICA, shading, &pattern]);
    let names = b"/Resources<</Shading<</S 6 0 R>>/Pattern<</P 7 0 R>>";
    let at = crate::source::find(&bytes, b"/Resources<<").unwrap();
    [&bytes[..at], names, &bytes[at + b"/Resources<<".len()..]].concat()
}

struct Drawn {
    codes: Vec<&'static str>,
    center: [u8; 4],
}

fn draw(bytes: &[u8]) -> Drawn {
    let policy = Policy::default();
    let passwords = Passwords::default();
    let mut job =
        Job::open(&policy, &passwords, &NoEngines, policy.limits.clone(), bytes.len() as u64)
            .unwrap();
    let drawn = crate::image(bytes, &mut job, &crate::ImageOptions::default()).unwrap().bytes;
    let pdf = hayro_syntax::Pdf::new(drawn).unwrap();
    let target = PixmapSettings { x_scale: 1.0, y_scale: 1.0, bg_color: WHITE };
    let settings = hayro::hayro_interpret::InterpreterSettings::default();
    let map = hayro::render(
        &pdf.pages()[0],
        &RenderCache::new(),
        &settings,
        &RenderSettings::default(),
        &target,
    );
    let at = (usize::from(map.width()) * usize::from(map.height() / 2)
        + usize::from(map.width() / 2))
        * 4;
    Drawn {
        codes: job.removals().iter().map(|removal| removal.code.id).collect(),
        center: map.data_as_u8_slice()[at..at + 4].try_into().unwrap(),
    }
}

fn is_red([r, g, b, _]: [u8; 4]) -> bool {
    r > 200 && g < 60 && b < 60
}

#[test]
fn honest_meshes_are_drawn() {
    for kind in 4..=7 {
        let mesh = stream(kind, "20 180 20 180", &data(kind));
        for content in ["/S sh", "/Pattern cs /P scn 0 0 200 200 re f"] {
            let drawn = draw(&shaded(content, &mesh, "1 0 0 1 0 0"));
            assert!(is_red(drawn.center), "type {kind}, {content}: {:?}", drawn.center);
            assert_eq!(drawn.codes, [""; 0], "type {kind}, {content}");
        }
        // Much of this one lies outside the page, as with a mesh that bleeds.
        let mesh = stream(kind, "-400 600 -400 600", &data(kind));
        let drawn = draw(&shaded("/S sh", &mesh, "1 0 0 1 0 0"));
        assert!(is_red(drawn.center), "type {kind}: {:?}", drawn.center);
    }
}

#[test]
fn a_mesh_over_a_large_page_is_drawn_more_coarsely() {
    let mesh = stream(7, "0 2000 0 2000", &data(7));
    let bytes = shaded("/S sh", &mesh, "1 0 0 1 0 0");
    let bytes = String::from_utf8(bytes).unwrap().replace("0 0 200 200", "0 0 2000 2000");
    let drawn = draw(bytes.as_bytes());
    assert!(is_red(drawn.center), "{:?}", drawn.center);
    assert_eq!(drawn.codes, [""; 0]);
}

#[test]
fn meshes_of_gigabytes_are_left_out() {
    in_a_process_of_its_own("tests::meshes::meshes_of_gigabytes_are_left_out", || {
        const PLAIN: &str = "20 180 20 180";
        let tile = "<</PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep 9/YStep 9\
            /Resources<</Shading<</S 6 0 R>>>>/Length 48>>stream\n1000000 0 0 1000000 -50000000 -50000000 cm /S sh\nendstream";
        for kind in 4..=7 {
            let wide = stream(kind, "-1000000 1000000 -1000000 1000000", &data(kind));
            let plain = stream(kind, PLAIN, &data(kind));
            let one = "1 0 0 1 0 0";
            let cases = [
                ("decode", shaded("/S sh", &wide, one)),
                ("cm", shaded("100000 0 0 100000 -5000000 -5000000 cm /S sh", &plain, one)),
                ("text", shaded("/Pattern cs /P scn BT /A 9 Tf (Many) Tj ET", &wide, one)),
                (
                    "matrix",
                    shaded(
                        "/Pattern cs /P scn 0 0 200 200 re f",
                        &plain,
                        "70000 0 0 70000 -5000000 -5000000",
                    ),
                ),
            ];
            for (name, bytes) in cases {
                let start = Instant::now();
                let drawn = draw(&bytes);
                let place = format!("type {kind}, {name}");
                assert!(drawn.codes.contains(&"pdf-mesh-too-large"), "{place}: {:?}", drawn.codes);
                assert!(start.elapsed().as_millis() < 900, "{place}: {:?}", start.elapsed());
            }
            let bytes = shaded("/Pattern cs /P scn 0 0 200 200 re f", &plain, one);
            let bytes = String::from_utf8(bytes).unwrap();
            let at = bytes.find("<</PatternType 2").unwrap();
            let end = at + bytes[at..].find("\nendobj").unwrap();
            let drawn = draw([&bytes[..at], tile, &bytes[end..]].concat().as_bytes());
            assert!(drawn.codes.contains(&"pdf-mesh-too-large"), "type {kind}, tile");
        }
        let vertex = format!("00 0000 {}", "FF0000");
        let many = stream(4, PLAIN, &vertex.repeat(2_000_000));
        let drawn = draw(&shaded("/S sh", &many, "1 0 0 1 0 0"));
        assert!(drawn.codes.contains(&"pdf-mesh-too-large"), "triangles: {:?}", drawn.codes);
        let nested = "/Pattern cs /P scn q ".repeat(400) + "0 0 20 20 re f";
        let much = stream(4, PLAIN, &vertex.repeat(300_000));
        let start = Instant::now();
        let drawn = draw(&shaded(&nested, &much, "1 0 0 1 0 0"));
        assert!(drawn.codes.contains(&"pdf-mesh-too-large"), "uses: {:?}", drawn.codes);
        assert!(start.elapsed().as_millis() < 3000, "uses: {:?}", start.elapsed());
        let many = stream(6, PLAIN, &data(6).repeat(20_000));
        let drawn = draw(&shaded("/S sh", &many, "1 0 0 1 0 0"));
        assert!(drawn.codes.contains(&"pdf-mesh-too-large"), "patches: {:?}", drawn.codes);
    });
}

#[test]
fn gradients_of_any_extent_cost_little() {
    in_a_process_of_its_own("tests::meshes::gradients_of_any_extent_cost_little", || {
        let color = "/Function<</FunctionType 2/Domain[0 1]/N 1/C0[1 0 0]/C1[1 0 0]>>";
        let plane = "/Function<</FunctionType 4/Domain[0 1000000000 0 1000000000]/Range[0 1 0 1 0 1]/Length 21>>\
            stream\n{pop pop 1.0 0.0 0.0}\nendstream";
        for shading in [
            format!(
                "<</ShadingType 2/ColorSpace/DeviceRGB/Coords[-1000000000 -1000000000 1000000000 1000000000]{color}>>"
            ),
            format!("<</ShadingType 3/ColorSpace/DeviceRGB/Coords[0 0 0 0 0 1000000000]{color}>>"),
            format!(
                "<</ShadingType 1/ColorSpace/DeviceRGB/Domain[-1000000000 1000000000 -1000000000 1000000000]\
                 /Matrix[1000000 0 0 1000000 0 0]{plane}>>"
            ),
        ] {
            for content in ["/S sh", "1000000 0 0 1000000 0 0 cm /S sh"] {
                let start = Instant::now();
                let _ = draw(&shaded(content, &shading, "1000000 0 0 1000000 0 0"));
                assert!(start.elapsed().as_millis() < 900, "{shading}: {:?}", start.elapsed());
            }
        }
    });
}

#[test]
fn tiles_beyond_count_or_size_are_left_out() {
    let tiled = |place: &str| {
        let tile = format!(
            "<</PatternType 1/PaintType 1/TilingType 1{place}/Resources<<>>/Length 23>>stream\n\
             1 0 0 rg 0 0 90 90 re f\nendstream"
        );
        let bytes = page("", "", "/Pattern cs /P scn 0 0 200 200 re f", &[HELVETICA, &tile]);
        let bytes = String::from_utf8(bytes).unwrap();
        draw(bytes.replace("/Resources<</Font", "/Resources<</Pattern<</P 6 0 R>>/Font").as_bytes())
    };
    let many = tiled("/BBox[0 0 1000000 1000000]/XStep 1/YStep 1");
    assert!(many.codes.contains(&"pdf-pattern-too-large"), "{:?}", many.codes);
    for matrix in ["1 0 1000 1 0 0", "1 1 1 1.001 0 0"] {
        let flat = format!("/BBox[0 0 90000 90000]/XStep 90000/YStep 90000/Matrix[{matrix}]");
        let flat = tiled(&flat);
        assert!(flat.codes.contains(&"pdf-pattern-too-large"), "{matrix}: {:?}", flat.codes);
    }
    for honest in [
        "/BBox[0 0 9 9]/XStep 9/YStep 9",
        "/BBox[0 0 90 90]/XStep 30/YStep -30/Matrix[0.7 0.7 -0.7 0.7 3 3]",
        "/BBox[0 0 9 9]/XStep 5/YStep 5/Matrix[0.86 0.5 -0.86 0.5 0 0]",
    ] {
        let drawn = tiled(honest);
        assert!(is_red(drawn.center), "{honest}: {:?}", drawn.center);
        assert_eq!(drawn.codes, [""; 0], "{honest}");
    }
}

#[test]
fn meshes_laid_out_against_the_rules_go() {
    let good = stream(5, "20 180 20 180", &data(5));
    for (from, to) in [
        ("/VerticesPerRow 2", "/VerticesPerRow 0"),
        ("/VerticesPerRow 2", "/VerticesPerRow 1"),
        ("/BitsPerCoordinate 8", "/BitsPerCoordinate 0"),
        ("/BitsPerCoordinate 8", "/BitsPerCoordinate 264"),
        ("/BitsPerComponent 8", "/BitsPerComponent 7"),
        ("Decode[20 180", "Decode[20 9000000000000"),
        (" 0 1 0 1]", "]"),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good);
        let done = check(&shaded("/S sh", &bad, "1 0 0 1 0 0"), "pdf-content-broken", &[]);
        assert!(!done.plain.contains("ShadingType"), "{to}: {}", done.plain);
    }
    assert!(rebuild(&shaded("/S sh", &good, "1 0 0 1 0 0")).codes.is_empty());
}

/// Runs one test's work where no other test's memory is counted, and holds it
/// to 256 MB.
fn in_a_process_of_its_own(name: &str, work: impl FnOnce()) {
    const MARK: &str = "SEKISHO_TEST_ALONE";
    if std::env::var_os(MARK).is_some() {
        work();
        let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return };
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        eprintln!("peak {} MB", kilobytes / 1024);
        assert!(kilobytes < 256 * 1024, "{kilobytes} kB at the peak");
        return;
    }
    let program = std::env::current_exe().unwrap();
    let output = std::process::Command::new(program)
        .args(["--exact", name, "--nocapture"])
        .env(MARK, "1")
        .output()
        .unwrap();
    let said = [output.stderr.as_slice(), &output.stdout].map(String::from_utf8_lossy).concat();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{name} is not the name of one test: {said}");
}
