//! Writes and reads the tar archive (POSIX.1-1988 ustar: plain files only).

use std::io;
use std::path::Path;

use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufReader, BufWriter};

const BLOCK: usize = 512;
/// Eleven octal digits.
pub(super) const MEMBER_BYTES_MAX: u64 = 0o777_7777_7777;
const BUFFER: usize = 256 * 1024;

/// An archive being written.
pub(super) struct Writer {
    file: BufWriter<File>,
    /// Bytes that the open member still wants.
    left: u64,
    padding: usize,
}

/// An archive being read.
pub(super) struct Reader {
    file: BufReader<File>,
    left: u64,
    padding: usize,
}

/// A member's head.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) bytes: u64,
}

impl Writer {
    /// Makes a new file that only its owner can read.
    pub(super) async fn create(path: &Path) -> io::Result<Self> {
        let mut options = tokio::fs::OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(path).await?;
        Ok(Self { file: BufWriter::with_capacity(BUFFER, file), left: 0, padding: 0 })
    }

    /// Begins a member; exactly `bytes` must follow.
    pub(super) async fn begin(&mut self, member: &Member, seconds: i64) -> io::Result<()> {
        self.end().await?;
        let header = header(member, seconds).ok_or(io::ErrorKind::InvalidInput)?;
        self.file.write_all(&header).await?;
        self.left = member.bytes;
        self.padding = padding(member.bytes);
        Ok(())
    }

    /// Writes a piece of the open member.
    pub(super) async fn piece(&mut self, piece: &[u8]) -> io::Result<()> {
        let left = self.left.checked_sub(piece.len() as u64);
        self.left = left.ok_or(io::ErrorKind::InvalidInput)?;
        self.file.write_all(piece).await
    }

    async fn end(&mut self) -> io::Result<()> {
        if self.left != 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.file.write_all(&[0; BLOCK][..self.padding]).await?;
        self.padding = 0;
        Ok(())
    }

    /// Ends the archive and puts it on the disk.
    pub(super) async fn finish(mut self) -> io::Result<()> {
        self.end().await?;
        self.file.write_all(&[0; 2 * BLOCK]).await?;
        self.file.flush().await?;
        self.file.get_ref().sync_all().await
    }
}

impl Reader {
    pub(super) async fn open(path: &Path) -> io::Result<Self> {
        let file = BufReader::with_capacity(BUFFER, File::open(path).await?);
        Ok(Self { file, left: 0, padding: 0 })
    }

    /// Goes back to the first member.
    pub(super) async fn rewind(&mut self) -> io::Result<()> {
        self.file.rewind().await?;
        (self.left, self.padding) = (0, 0);
        Ok(())
    }

    /// The next member; what was not read of the last is skipped. Nothing at
    /// the archive's end.
    pub(super) async fn next(&mut self) -> io::Result<Option<Member>> {
        let mut rest = self.left + self.padding as u64;
        let mut skipped = [0; BLOCK];
        while rest > 0 {
            let length = usize::try_from(rest).unwrap_or(BLOCK).min(BLOCK);
            self.file.read_exact(&mut skipped[..length]).await?;
            rest -= length as u64;
        }
        let mut header = [0; BLOCK];
        self.file.read_exact(&mut header).await?;
        if header == [0; BLOCK] {
            (self.left, self.padding) = (0, 0);
            return Ok(None);
        }
        let member = read_header(&header)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not a tar header"))?;
        self.left = member.bytes;
        self.padding = padding(member.bytes);
        Ok(Some(member))
    }

    /// The next bytes of the open member; none at its end.
    pub(super) async fn piece(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if length == 0 {
            return Ok(0);
        }
        let read = self.file.read(&mut buffer[..length]).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        Ok(read)
    }

    /// All bytes of the open member, if there are at most `bytes_max`.
    pub(super) async fn all(&mut self, bytes_max: u64) -> io::Result<Vec<u8>> {
        if self.left > bytes_max {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a part is too long"));
        }
        let mut all = vec![0; usize::try_from(self.left).unwrap_or(0)];
        self.file.read_exact(&mut all).await?;
        self.left = 0;
        Ok(all)
    }

    /// The open member as a reader.
    pub(super) fn reader(&mut self) -> impl tokio::io::AsyncRead + Send + Unpin + '_ {
        let left = self.left;
        self.left = 0;
        (&mut self.file).take(left)
    }
}

fn padding(bytes: u64) -> usize {
    let over = usize::try_from(bytes % BLOCK as u64).unwrap_or(0);
    (BLOCK - over) % BLOCK
}

fn header(member: &Member, seconds: i64) -> Option<[u8; BLOCK]> {
    let mut header = [0; BLOCK];
    let mut put = |from: usize, text: &[u8]| header[from..from + text.len()].copy_from_slice(text);
    if member.name.len() > 100 || member.bytes > MEMBER_BYTES_MAX {
        return None;
    }
    put(0, member.name.as_bytes());
    put(100, b"0000600\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{:011o}\0", member.bytes).as_bytes());
    put(136, format!("{:011o}\0", seconds.clamp(0, 0o777_7777_7777)).as_bytes());
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Some(header)
}

fn read_header(header: &[u8; BLOCK]) -> Option<Member> {
    let mut blank = *header;
    blank[148..156].fill(b' ');
    let sum: u32 = blank.iter().map(|&byte| u32::from(byte)).sum();
    let is_file = header[156] == b'0' && &header[257..262] == b"ustar";
    if !is_file || octal(&header[148..156])? != u64::from(sum) {
        return None;
    }
    let name = header[..100].split(|&byte| byte == 0).next()?;
    Some(Member {
        name: std::str::from_utf8(name).ok()?.to_owned(),
        bytes: octal(&header[124..136])?,
    })
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?;
    u64::from_str_radix(text.trim_matches(['\0', ' ']), 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_reads_back_and_a_changed_one_does_not() {
        let member = Member { name: format!("blobs/{}", "a".repeat(91)), bytes: 1 << 32 };
        let written = header(&member, 1_800_000_000).unwrap();
        assert_eq!(read_header(&written).unwrap(), member);
        for at in [0, 124, 156] {
            let mut changed = written;
            changed[at] ^= 1;
            assert_eq!(read_header(&changed), None, "byte {at}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(header(&Member { name: "a".repeat(101), bytes: 0 }, 0).is_none());
        assert!(header(&Member { name: "a".into(), bytes: MEMBER_BYTES_MAX + 1 }, 0).is_none());
    }
}
