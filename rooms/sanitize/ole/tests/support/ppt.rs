//! A presentation from records.

use super::pack;

/// One record; containers have version 15.
pub fn record(version_instance: u16, kind: u16, body: &[u8]) -> Vec<u8> {
    let mut out = version_instance.to_le_bytes().to_vec();
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&(body.len() as u32).to_le_bytes());
    out.extend_from_slice(body);
    out
}

pub fn container(kind: u16, children: &[Vec<u8>]) -> Vec<u8> {
    record(0xF, kind, &children.concat())
}

/// A deck with one slide: what stands in the document beside the list of
/// slides, what stands in the slide, and an older edit's objects.
#[derive(Default)]
pub struct Deck {
    pub document: Vec<Vec<u8>>,
    pub slide: Vec<Vec<u8>>,
    pub more_objects: Vec<Vec<u8>>,
    pub pictures: Vec<u8>,
    pub more_streams: Vec<(&'static str, Vec<u8>)>,
}

impl Deck {
    pub fn bytes(&self) -> Vec<u8> {
        let mut persist = vec![2, 0, 0, 0];
        persist.resize(20, 0);
        let list = record(0xF, 0x0FF0, &record(0, 0x03F3, &persist));
        let mut document = vec![record(1, 0x03E9, &[0; 40])];
        document.extend(self.document.iter().cloned());
        document.push(list);
        let mut objects = vec![container(0x03E8, &document)];
        let mut slide = vec![record(2, 0x03EF, &[0; 24])];
        slide.extend(self.slide.iter().cloned());
        objects.push(container(0x03EE, &slide));
        objects.extend(self.more_objects.iter().cloned());
        let mut stream = Vec::new();
        let mut directory = (1_u32 | (objects.len() as u32) << 20).to_le_bytes().to_vec();
        for object in &objects {
            directory.extend_from_slice(&(stream.len() as u32).to_le_bytes());
            stream.extend_from_slice(object);
        }
        let directory_at = stream.len() as u32;
        stream.extend(record(0, 0x1772, &directory));
        let edit_at = stream.len() as u32;
        let mut edit = vec![0; 28];
        edit[12..16].copy_from_slice(&directory_at.to_le_bytes());
        edit[16] = 1;
        stream.extend(record(0, 0x0FF5, &edit));
        let mut user = vec![0; 24];
        user[8..12].copy_from_slice(&edit_at.to_le_bytes());
        let user = record(0, 0x0FF6, &user);
        let mut streams = vec![("PowerPoint Document", stream), ("Current User", user)];
        if !self.pictures.is_empty() {
            streams.push(("Pictures", self.pictures.clone()));
        }
        streams.extend(self.more_streams.iter().cloned());
        pack(&streams)
    }
}
