//! Writes the smallest PowerPoint 97 presentation that readers open: one
//! master, one slide, one text ([MS-PPT] 2.1 and 2.3).

use super::ole::compound;

/// A presentation being made, with the places where things can be planted.
#[derive(Debug, Clone, Default)]
pub struct Deck {
    /// Records of the document, before its end.
    pub document: Vec<u8>,
    /// Records in the list of outside objects.
    pub outside: Vec<u8>,
    /// Records in the document's general information.
    pub information: Vec<u8>,
    /// Records at the end of the slide.
    pub slide: Vec<u8>,
    /// Records behind the slide's text.
    pub text: Vec<u8>,
    /// Records in the client data of the slide's shape.
    pub shape: Vec<u8>,
    /// Properties of the slide's shape: number, value, bytes behind all.
    pub properties: Vec<(u16, u32, Vec<u8>)>,
    /// More objects of the directory, whole records.
    pub objects: Vec<Vec<u8>>,
    /// An older state of the slide, kept in the file.
    pub older: Vec<u8>,
    /// Bytes behind the last record.
    pub tail: Vec<u8>,
    /// Who wrote last.
    pub user: String,
    /// The stream of pictures.
    pub pictures: Vec<u8>,
    /// More streams.
    pub streams: Vec<(String, Vec<u8>)>,
    /// Behind the compound file.
    pub after: Vec<u8>,
}

/// One record: version and instance, type, body ([MS-PPT] 2.3.1).
#[must_use]
pub fn record(version: u8, instance: u16, kind: u16, body: &[u8]) -> Vec<u8> {
    let head = (instance << 4) | u16::from(version);
    let size = u32::try_from(body.len()).expect("made records are small");
    [&head.to_le_bytes()[..], &kind.to_le_bytes(), &size.to_le_bytes(), body].concat()
}

/// A record of records.
#[must_use]
pub fn container(instance: u16, kind: u16, children: &[Vec<u8>]) -> Vec<u8> {
    record(0xf, instance, kind, &children.concat())
}

/// A string record.
#[must_use]
pub fn string(instance: u16, text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    record(0, instance, 0x0fba, &units)
}

/// A record whose body is a run of numbers.
#[must_use]
pub fn numbers(version: u8, instance: u16, kind: u16, values: &[u32]) -> Vec<u8> {
    let body: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    record(version, instance, kind, &body)
}

impl Deck {
    /// Writes the presentation.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut objects = vec![self.document(), master(), self.slide()];
        objects.extend(self.objects.iter().cloned());
        let mut stream = self.older.clone();
        let mut offsets = Vec::new();
        for object in &objects {
            offsets.push(u32::try_from(stream.len()).expect("made decks are small"));
            stream.extend(object);
        }
        let directory_at = u32::try_from(stream.len()).expect("made decks are small");
        let count = u32::try_from(offsets.len()).expect("few objects");
        let mut directory = vec![1 | (count << 20)];
        directory.extend(offsets);
        stream.extend(numbers(0, 0, 0x1772, &directory));
        let edit_at = u32::try_from(stream.len()).expect("made decks are small");
        let edit = [256, 0x0300_0000, 0, directory_at, 1, count + 1, 1];
        stream.extend(numbers(0, 0, 0x0ff5, &edit));
        stream.extend(&self.tail);
        let user = self.user(edit_at);
        let mut streams: Vec<(&str, Vec<u8>)> =
            vec![("Current User", user), ("PowerPoint Document", padded(stream))];
        if !self.pictures.is_empty() {
            streams.push(("Pictures", padded(self.pictures.clone())));
        }
        streams.extend(self.streams.iter().map(|(path, data)| (path.as_str(), data.clone())));
        let streams: Vec<(&str, &[u8])> =
            streams.iter().map(|(path, data)| (*path, data.as_slice())).collect();
        let file = compound(Some("64818d10-4f9b-11cf-86ea-00aa00b929e8"), &streams);
        [file, self.after.clone()].concat()
    }

    fn user(&self, edit_at: u32) -> Vec<u8> {
        let name: Vec<u8> = self.user.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let length = u16::try_from(self.user.len()).expect("short");
        let mut body = [20_u32, 0xe391_c05f, edit_at].map(u32::to_le_bytes).concat();
        body.extend(length.to_le_bytes());
        body.extend([0xf4, 3, 3, 0, 0, 0]);
        body.extend(self.user.as_bytes());
        body.extend(8_u32.to_le_bytes());
        body.extend(name);
        record(0, 0, 0x0ff6, &body)
    }

    fn document(&self) -> Vec<u8> {
        let mut atom = [5760, 4320, 4320, 5760, 1, 2, 0, 0, 1].map(u32::to_le_bytes).concat();
        atom.extend([0, 0, 0, 1]);
        let list = |instance, persist: u32, slide: u32| {
            let entry = numbers(0, 0, 0x03f3, &[persist, 4, 0, slide, 0]);
            container(instance, 0x0ff0, &[entry])
        };
        let mut children = vec![record(1, 0, 0x03e9, &atom)];
        if !self.outside.is_empty() {
            children.push(container(
                0,
                0x0409,
                &[numbers(0, 0, 0x040a, &[9]), self.outside.clone()],
            ));
        }
        children.push(environment());
        children.push(drawing_group());
        children.push(list(1, 2, 0x8000_0000));
        if !self.information.is_empty() {
            children.push(record(0xf, 0, 0x07d0, &self.information));
        }
        children.push(list(0, 3, 256));
        children.push(self.document.clone());
        children.push(record(0, 0, 0x03ea, &[]));
        container(0, 0x03e8, &children)
    }

    fn slide(&self) -> Vec<u8> {
        let text = "Line 0123";
        let mut body = vec![numbers(0, 0, 0x0f9f, &[4]), record(0, 0, 0x0fa8, text.as_bytes())];
        body.push(self.text.clone());
        let mut shape = vec![numbers(2, 202, 0xf00a, &[2050, 0x0a00])];
        if !self.properties.is_empty() {
            shape.push(properties(&self.properties));
        }
        shape.push(record(0, 0, 0xf010, &anchor()));
        if !self.shape.is_empty() {
            shape.push(record(0xf, 0, 0xf011, &self.shape));
        }
        shape.push(container(0, 0xf00d, &body));
        let atom = numbers(2, 0, 0x03ef, &[0, 0, 0, 0x8000_0000, 0, 7]);
        let drawing = drawing(2, &[container(0, 0xf004, &shape)]);
        container(0, 0x03ee, &[atom, drawing, scheme(), self.slide.clone()])
    }
}

/// Readers expect the main stream outside the small-stream area.
fn padded(mut stream: Vec<u8>) -> Vec<u8> {
    stream.resize(stream.len().max(4096), 0);
    stream
}

fn anchor() -> Vec<u8> {
    [500_u16, 500, 5000, 1500].iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn master() -> Vec<u8> {
    let atom = numbers(2, 0, 0x03ef, &[0, 0, 0, 0, 0, 0]);
    container(0, 0x03f8, &[atom, drawing(1, &[]), scheme()])
}

fn scheme() -> Vec<u8> {
    let colors = [0x00ff_ffff, 0, 0x0080_8080, 0, 0x00e3_e0bb, 0x0099_3333, 0x0099_9900, 0x00cc];
    numbers(0, 1, 0x07f0, &colors)
}

/// A drawing of a group with its shapes, and the background ([MS-ODRAW] 2.2.13).
fn drawing(number: u16, shapes: &[Vec<u8>]) -> Vec<u8> {
    let id = u32::from(number) * 1024;
    let group =
        container(0, 0xf004, &[numbers(1, 0, 0xf009, &[0; 4]), numbers(2, 0, 0xf00a, &[id, 5])]);
    let background = container(0, 0xf004, &[numbers(2, 1, 0xf00a, &[id + 1, 0x0c00])]);
    let all = container(0, 0xf003, &[group, shapes.concat()]);
    let count = u32::try_from(shapes.len()).expect("few shapes") + 2;
    let head = numbers(0, number, 0xf008, &[count, id + 2]);
    container(0, 0x040c, &[container(0, 0xf002, &[head, all, background])])
}

fn drawing_group() -> Vec<u8> {
    let clusters = numbers(0, 0, 0xf006, &[3075, 3, 5, 2, 1, 3, 2, 3]);
    container(0, 0x040b, &[container(0, 0xf000, &[clusters])])
}

/// One font ([MS-PPT] 2.9.9).
fn environment() -> Vec<u8> {
    let mut font: Vec<u8> = "Arial".encode_utf16().flat_map(u16::to_le_bytes).collect();
    font.resize(64, 0);
    font.extend([0, 0, 4, 0x22]);
    container(0, 0x03f2, &[container(0, 0x07d5, &[record(0, 0, 0x0fb7, &font)])])
}

/// Properties of a shape; the complex ones have their bytes behind all.
fn properties(list: &[(u16, u32, Vec<u8>)]) -> Vec<u8> {
    let (mut fixed, mut behind) = (Vec::new(), Vec::new());
    for (number, value, data) in list {
        let is_complex = !data.is_empty();
        let size = u32::try_from(data.len()).expect("made properties are small");
        let mark = if is_complex { 0x8000 } else { 0 };
        fixed.extend((number | mark).to_le_bytes());
        fixed.extend(if is_complex { size } else { *value }.to_le_bytes());
        behind.extend(data);
    }
    let count = u16::try_from(list.len()).expect("few properties");
    record(3, count, 0xf00b, &[fixed, behind].concat())
}
