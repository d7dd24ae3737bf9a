//! Writes 7z, LZH and Cabinet archives with stored members, so that a plain
//! search sees what is in them. Writes what it is told, correct or not.

/// One member: its name as the archive stores it, and its content.
#[derive(Debug, Clone, Default)]
pub struct Item {
    /// Name, in the form that the writer in question wants.
    pub name: Vec<u8>,
    /// Content.
    pub data: Vec<u8>,
    /// Attributes: Windows and Unix ones in 7z, a Unix mode in LZH, MS-DOS
    /// ones in a Cabinet.
    pub attributes: u32,
}

impl Item {
    /// Makes a plain member.
    #[must_use]
    pub fn new(name: impl Into<Vec<u8>>, data: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), data: data.into(), attributes: 0 }
    }
}

/// An archive and the places in it where bytes can hide.
#[derive(Debug, Clone, Default)]
pub struct Packed {
    /// The members, names in UTF-8 (7z), CP932 (LZH) or either (Cabinet).
    pub items: Vec<Item>,
    /// Between the packed members and what stands behind them.
    pub between: Vec<u8>,
    /// Behind the archive.
    pub after: Vec<u8>,
    /// In the header's own room for others: archive properties of a 7z, a
    /// comment of the first LZH member, the reserve of a Cabinet.
    pub reserve: Vec<u8>,
    /// Packed bytes that no member owns.
    pub unowned: Vec<u8>,
    /// Deflated rather than stored; Cabinet only.
    pub is_deflated: bool,
}

impl Packed {
    /// Makes an archive of plain members.
    #[must_use]
    pub fn of(items: &[(&str, &[u8])]) -> Self {
        let items = items.iter().map(|(name, data)| Item::new(*name, *data)).collect();
        Self { items, ..Self::default() }
    }

    /// Writes a 7z: one block by the Copy method, one stream a member.
    #[must_use]
    pub fn seven_zip(&self) -> Vec<u8> {
        let mut packed: Vec<u8> = self.items.iter().flat_map(|item| item.data.clone()).collect();
        packed.extend(&self.unowned);
        let header = self.seven_zip_header(packed.len());
        packed.extend(&self.between);
        let mut start = Vec::new();
        put64(&mut start, packed.len());
        put64(&mut start, header.len());
        start.extend(crc32fast::hash(&header).to_le_bytes());
        let signature = b"7z\xbc\xaf\x27\x1c\x00\x04";
        let crc = crc32fast::hash(&start).to_le_bytes();
        [&signature[..], &crc, &start, &packed, &header, &self.after].concat()
    }

    fn seven_zip_header(&self, packed: usize) -> Vec<u8> {
        const END: u8 = 0;
        let mut out = vec![1];
        if !self.reserve.is_empty() {
            out.extend([2, 0x19]);
            out.extend(number(self.reserve.len()));
            out.extend(&self.reserve);
            out.push(END);
        }
        // One packed stream, one folder of one coder: Copy.
        out.extend([4, 6, 0, 1, 9]);
        out.extend(number(packed));
        out.extend([END, 7, 11, 1, 0, 1, 1, 0, 12]);
        out.extend(number(packed));
        out.extend([END, 8]);
        let streams = self.items.len() + usize::from(!self.unowned.is_empty());
        out.push(13);
        out.extend(number(streams));
        out.push(9);
        // The last size is what is left.
        let sizes: Vec<usize> = self.items.iter().map(|item| item.data.len()).collect();
        out.extend(sizes.iter().take(streams.saturating_sub(1)).flat_map(|size| number(*size)));
        out.extend([10, 1]);
        for item in &self.items {
            out.extend(crc32fast::hash(&item.data).to_le_bytes());
        }
        if !self.unowned.is_empty() {
            out.extend(crc32fast::hash(&self.unowned).to_le_bytes());
        }
        out.extend([END, END, 5]);
        out.extend(number(self.items.len()));
        let mut names = vec![0];
        for item in &self.items {
            let name = String::from_utf8_lossy(&item.name).into_owned() + "\0";
            names.extend(name.encode_utf16().flat_map(u16::to_le_bytes));
        }
        out.push(17);
        out.extend(number(names.len()));
        out.extend(names);
        out.push(21);
        out.extend(number(2 + 4 * self.items.len()));
        out.extend([1, 0]);
        for item in &self.items {
            out.extend(item.attributes.to_le_bytes());
        }
        out.extend([END, END]);
        out
    }

    /// Writes an LZH of level 2 headers, members by `-lh0-`. A `/` in a name
    /// parts the directory from the file. Has no place for unowned bytes.
    #[must_use]
    pub fn lzh(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            let comment: &[u8] = if index == 0 { &self.reserve } else { &[] };
            out.extend(lzh_header(item, comment));
            out.extend(&item.data);
        }
        out.extend(&self.between);
        out.push(0);
        out.extend(&self.after);
        out
    }

    /// Writes a Cabinet of one folder ([MS-CAB] 2).
    #[must_use]
    pub fn cabinet(&self) -> Vec<u8> {
        const BLOCK: usize = 0x8000;
        let data: Vec<u8> = self.items.iter().flat_map(|item| item.data.clone()).collect();
        let data = [data, self.unowned.clone()].concat();
        let mut blocks = Vec::new();
        for block in data.chunks(BLOCK) {
            let packed = if self.is_deflated {
                [b"CK", &super::zip::deflate(block)[..]].concat()
            } else {
                block.to_vec()
            };
            blocks.extend([0; 4]);
            put16(&mut blocks, packed.len());
            put16(&mut blocks, block.len());
            blocks.extend(packed);
        }
        let files = self.cabinet_files();
        let reserve = if self.reserve.is_empty() { 0 } else { 4 + self.reserve.len() };
        let files_at = 36 + reserve + 8;
        let data_at = files_at + files.len() + self.between.len();
        let mut out = b"MSCF\0\0\0\0".to_vec();
        put32(&mut out, data_at + blocks.len());
        put32(&mut out, 0);
        put32(&mut out, files_at);
        out.extend([0, 0, 0, 0, 3, 1]);
        put16(&mut out, 1);
        put16(&mut out, self.items.len());
        put16(&mut out, if reserve > 0 { 4 } else { 0 });
        out.extend([0; 4]);
        if reserve > 0 {
            put16(&mut out, self.reserve.len());
            out.extend([0, 0]);
            out.extend(&self.reserve);
        }
        put32(&mut out, data_at);
        put16(&mut out, data.chunks(BLOCK).count());
        put16(&mut out, usize::from(self.is_deflated));
        [out, files, self.between.clone(), blocks, self.after.clone()].concat()
    }

    fn cabinet_files(&self) -> Vec<u8> {
        let (mut out, mut at) = (Vec::new(), 0);
        for item in &self.items {
            put32(&mut out, item.data.len());
            put32(&mut out, at);
            out.extend([0, 0, 0x21, 0x5a, 0, 0]);
            put16(&mut out, usize::try_from(item.attributes).unwrap_or(0));
            out.extend(&item.name);
            out.push(0);
            at += item.data.len();
        }
        out
    }
}

/// A level 2 header: sizes, time, CRC, then headers that chain.
fn lzh_header(item: &Item, comment: &[u8]) -> Vec<u8> {
    const SEPARATOR: u8 = 0xff;
    // Names that climb stand whole in the file's header, as they were typed.
    let climbs = item.name.windows(2).any(|pair| pair == b"..");
    let slash = item.name.iter().rposition(|&byte| byte == b'/').filter(|_| !climbs);
    let cut = slash.map_or(0, |at| at + 1);
    let (folder, file) = item.name.split_at(cut);
    let folder: Vec<u8> =
        folder.iter().map(|&byte| if byte == b'/' { SEPARATOR } else { byte }).collect();
    let mut extras: Vec<(u8, Vec<u8>)> = vec![(1, file.to_vec())];
    if !folder.is_empty() {
        extras.push((2, folder));
    }
    if !comment.is_empty() {
        extras.push((0x3f, comment.to_vec()));
    }
    if let Ok(mode @ 1..) = u16::try_from(item.attributes) {
        extras.push((0x50, mode.to_le_bytes().to_vec()));
    }
    let mut tail = Vec::new();
    for (kind, data) in &extras {
        put16(&mut tail, data.len() + 3);
        tail.push(*kind);
        tail.extend(data);
    }
    tail.extend([0, 0]);
    let mut out = Vec::new();
    // The size of all headers; a multiple of 256 would read as the end.
    put16(&mut out, 24 + tail.len());
    out.extend(b"-lh0-");
    put32(&mut out, item.data.len());
    put32(&mut out, item.data.len());
    out.extend([0, 0, 0, 0x60, 0x20, 2]);
    out.extend(crc16(&item.data).to_le_bytes());
    out.push(b'U');
    out.extend(tail);
    out
}

/// CRC-16 with the polynomial that LHA uses.
fn crc16(data: &[u8]) -> u16 {
    data.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xa001 } else { crc >> 1 }
        })
    })
}

/// A number of a 7z header: small ones in one byte, others in nine.
fn number(value: usize) -> Vec<u8> {
    match u8::try_from(value) {
        Ok(small @ 0..0x80) => vec![small],
        _ => {
            let mut out = vec![0xff];
            put64(&mut out, value);
            out
        }
    }
}

fn put16(out: &mut Vec<u8>, value: usize) {
    out.extend(u16::try_from(value).expect("made files are small").to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: usize) {
    out.extend(u32::try_from(value).expect("made files are small").to_le_bytes());
}

fn put64(out: &mut Vec<u8>, value: usize) {
    out.extend(u64::try_from(value).expect("made files are small").to_le_bytes());
}
